"""Commands about appeals: file, list, answer."""

from __future__ import annotations

from typing import Annotated

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session
from adjudge.errors import InvalidInputError

app = typer.Typer(
    help="Appeals against what became of a judgment: file, list, answer.",
    no_args_is_help=True,
)


@app.command()
def file(
    context: typer.Context,
    judgment: Annotated[
        str, typer.Argument(help="A judgment of yours, or its comparison.")
    ],
    why: Annotated[str, typer.Option(help="Why it was right; a lead reads it.")] = "",
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Appeal against what became of a judgment of yours."""
    from adjudge.services.work import appeals

    session = Session.of(context, db=db, as_name=as_name, json=json)
    filed = appeals.file(session.bench, session.actor, judgment, why=why)
    session.answer(vars(filed), f"appeal {filed.id} waits for a lead")


@app.command(name="list")
def list_(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that were answered, too.")
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List appeals: to a lead everybody's, to others their own."""
    from adjudge.services.work import appeals

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = appeals.listed(session.bench, session.actor, everything=everything)
    session.table(
        [vars(a) for a in found],
        ("appeal", "by", "comparison", "about", "why", "outcome", "answer"),
        [
            (a.id, a.by, a.comparison, a.about, a.why, a.outcome, a.answer)
            for a in found
        ],
    )


@app.command()
def answer(
    context: typer.Context,
    appeal: Annotated[str, typer.Argument(help="The appeal's id.")],
    grant: Annotated[
        bool | None, typer.Option("--grant/--refuse", help="Was the person right?")
    ] = None,
    why: Annotated[str, typer.Option(help="What the person will read.")] = "",
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Answer an appeal in words; the person finds them as a message."""
    from adjudge.services.work import appeals

    if grant is None:
        raise InvalidInputError(
            "was the person right?", hint="say --grant or --refuse, and --why TEXT"
        )
    session = Session.of(context, db=db, as_name=as_name, json=json)
    done = appeals.answer(session.bench, session.actor, appeal, grant=grant, why=why)
    words = f"{done.outcome}; {done.by} finds your words as a message"
    if grant:
        words += f"\nto act on it: {appeals.then(done)}"
    session.answer(vars(done), words)
