"""Commands about the log: show, verify."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from adjudge.cli.session import MOST, AsOption, DbOption, JsonOption, Session
from adjudge.domain.words import count_of
from adjudge.errors import RefusedError

app = typer.Typer(help="Show or verify the log of who did what.")


@app.command()
def verify(
    context: typer.Context,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Check that nothing of the log was changed, removed, moved or cut off."""
    from adjudge.services import auditlog

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = auditlog.verify(session.bench, session.actor)
    if found.bad is not None:
        session.answer(asdict(found))
        raise RefusedError(
            f"the log does not hold from entry {found.bad} on: {found.why}",
            hint="keep the store as it is, and compare with the last good backup",
        )
    words = (
        f"{count_of(found.entries, 'entry')} and {count_of(found.deeds, 'deed')} hold"
    )
    session.answer(asdict(found), words)


@app.command()
def show(
    context: typer.Context,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=MOST, help="How many.")
    ] = 50,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show what was done last: ids and hashes, never anybody's words."""
    from adjudge.services import auditlog

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = auditlog.show(session.bench, session.actor, limit=limit)
    rows = [(e.seq or "", e.at, e.actor, e.act, e.object) for e in found]
    heads = ("entry", "when", "who", "did", "to")
    session.table([asdict(e) for e in found], heads, rows)
