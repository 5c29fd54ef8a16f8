"""Commands for reviewing rewrites."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session

app = typer.Typer(
    help="Rewrites: list what waits, approve, or return to the author.",
    no_args_is_help=True,
)

IdArgument = Annotated[str, typer.Argument(help="The rewrite's id, or its task's.")]
Clause = Annotated[
    str | None, typer.Option(help="The clause of the guideline it goes against.")
]


@app.command(name="list")
def list_(
    context: typer.Context,
    queue: Annotated[str, typer.Argument(help="The queue.")],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List rewrites that wait for your review."""
    from adjudge.services.work import reviewing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = reviewing.waiting(session.bench, session.actor, queue)
    session.table(
        [_said(written) for written in found],
        ("rewrite", "task", "annotator", "topic", "weight", "outcome", "edited", "rev"),
        [
            (
                w.id,
                w.task,
                w.annotator,
                w.topic or "",
                f"{w.weight:g}",
                w.outcome,
                w.edited_share,
                w.revision,
            )
            for w in found
        ],
    )


@app.command()
def approve(
    context: typer.Context,
    id: IdArgument,
    why: Annotated[str, typer.Option(help="What convinced you.")] = "",
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Approve a rewrite of somebody else."""
    from adjudge.services.work import reviewing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    done = reviewing.approve(session.bench, session.actor, id, why=why)
    session.answer(_said(done), f"approved rewrite {done.id} of {done.task}")


@app.command(name="return")
def return_(
    context: typer.Context,
    id: IdArgument,
    why: Annotated[str, typer.Option(help="What the author will read.")],
    clause: Clause = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Send a rewrite back to its author; for them it comes first."""
    from adjudge.services.work import reviewing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    done = reviewing.send_back(session.bench, session.actor, id, why=why, clause=clause)
    words = f"returned rewrite {done.id} of {done.task} to {done.annotator}"
    session.answer(_said(done), words)


def _said(written: Any) -> dict[str, Any]:
    keys = (
        "id task queue annotator outcome edited_share reasons sources revision state "
        "reviewer why clause fixed_by topic weight reviewer_weight"
    )
    return {key: getattr(written, key) for key in keys.split()}
