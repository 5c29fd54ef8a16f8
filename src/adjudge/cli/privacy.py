"""Commands about what end users allow, and about what is covered."""

from __future__ import annotations

from typing import Annotated

import typer

from adjudge.cli.session import (
    NOT_VACUUMED,
    AsOption,
    DbOption,
    JsonOption,
    Session,
    say,
    write_json,
)
from adjudge.domain.words import count_of
from adjudge.errors import InvalidInputError

_WRITINGS = "rewrites, drafts and notes"

consent_app = typer.Typer(
    help="Take back an end user's consent: everything of theirs, past and future.",
    no_args_is_help=True,
)


@consent_app.callback()
def consent() -> None:
    """Keep `withdraw` a command of its own."""


@consent_app.command()
def withdraw(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="The end user's id, as events give it.")],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Block everything of an end user, past and future; say what was erased."""
    from adjudge.services.privacy import privacy

    session = Session.of(context, db=db, as_name=as_name, json=json)
    done = privacy.withdraw(session.bench, session.actor, user)
    reach = done.reach
    head = (
        f"withdrew the consent of {done.user}"
        if done.is_new
        else (f"the consent of {done.user} was withdrawn before")
    )
    session.answer(
        done.as_json(),
        f"{head}: erased the words of {count_of(reach.events, 'event')}, "
        f"{count_of(reach.comparisons, 'comparison')} and "
        f"{count_of(reach.rewrite_tasks, 'rewrite task')} made of them, "
        f"{count_of(reach.writings, 'rewrite, draft or note', _WRITINGS)}; "
        f"{count_of(reach.tasks, 'task stands', 'tasks stand')} still"
        + "".join(
            f"\ndataset {id[:16]} holds {count_of(n, 'row')} of theirs: export it "
            "again, and see "
            f"`adjudge datasets tombstones {id[:16]}`"
            for id, n in reach.datasets.items()
        ),
    )
    if not done.vacuumed:
        say(NOT_VACUUMED)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(unmask)


def unmask(
    context: typer.Context,
    kind: Annotated[
        str | None, typer.Argument(metavar="event|comparison|rewrite")
    ] = None,
    id: Annotated[str | None, typer.Argument(help="Its id.")] = None,
    why: Annotated[str, typer.Option(help="Why it must be seen; it is kept.")] = "",
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show a record with nothing covered, on the record; alone, list who looked."""
    from adjudge.services.privacy import privacy

    session = Session.of(context, db=db, as_name=as_name, json=json)
    if kind is None:
        found = privacy.unmaskings(session.bench, session.actor)
        keys = ("at", "by", "text", "why")
        session.table(found, keys, [[f[key] for key in keys] for f in found])
        return
    if id is None:
        raise InvalidInputError(f"which {kind}?", hint="adjudge unmask KIND ID --why …")
    write_json(privacy.unmask(session.bench, session.actor, kind, id, why=why))
