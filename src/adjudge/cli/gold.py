"""Commands about gold."""

from __future__ import annotations

from typing import Annotated

import typer

from adjudge.cli.reading import tiers
from adjudge.cli.session import AsOption, DbOption, JsonOption, Session

app = typer.Typer(
    help="Known answers, mixed in unseen: add, suspend, list.", no_args_is_help=True
)

Comparison = Annotated[str, typer.Argument(help="The comparison's id.")]
QueueOption = Annotated[str | None, typer.Option("--queue", help="The queue.")]


@app.command()
def add(
    context: typer.Context,
    comparison: Comparison,
    ranking: Annotated[str, typer.Option(metavar="JSON", help='As [["b"],["a"]].')],
    why: Annotated[str, typer.Option(help="Why it is certain.")],
    queue: QueueOption = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Make gold of a comparison; its judgments stay exportable."""
    from adjudge.services.campaign import gold

    session = Session.of(context, db=db, as_name=as_name, json=json)
    name = gold.add(
        session.bench,
        session.actor,
        comparison,
        tiers(ranking),
        why=why,
        queue=queue,
    )
    value = {"comparison": comparison, "queue": name}
    session.answer(value, f"{comparison} is gold in {name}")


@app.command()
def suspend(
    context: typer.Context,
    comparison: Comparison,
    queue: Annotated[str, typer.Option("--queue", help="The queue.")],
    restore: Annotated[
        bool, typer.Option("--restore", help="Put it back into circulation.")
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Take gold out of circulation, or put it back."""
    from adjudge.services.campaign import gold

    session = Session.of(context, db=db, as_name=as_name, json=json)
    gold.suspend(session.bench, session.actor, comparison, queue, suspended=not restore)
    value = {"comparison": comparison, "queue": queue, "suspended": not restore}
    session.answer(value, f"{comparison}: {'restored' if restore else 'suspended'}")


@app.command(name="list")
def list_(
    context: typer.Context,
    queue: QueueOption = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List gold with its answer and how often it was seen."""
    from adjudge.services.campaign import gold

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = gold.listed(session.bench, session.actor, queue)
    session.table(
        found,
        ("queue", "comparison", "answer", "seen", "suspended", "why"),
        [
            (
                g["queue"],
                g["comparison"],
                " > ".join(" = ".join(t) for t in g["ranking"] or ()),
                g["seen"],
                "yes" if g["suspended"] else "no",
                g["why"],
            )
            for g in found
        ],
    )
