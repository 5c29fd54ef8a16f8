"""Commands about incidents: raised hands that a lead must answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session
from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from adjudge.domain.incident import Incident

app = typer.Typer(
    help="Raise a hand about a task, see who answers, close.", no_args_is_help=True
)

Id = Annotated[str, typer.Argument(metavar="ID", help="The incident.")]
Why = Annotated[str, typer.Option(help="The reason; it stays in the history.")]


@app.command(name="list")
def list_(
    context: typer.Context,
    state: Annotated[str, typer.Option(metavar="open|closed|all")] = "open",
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List incidents, the most urgent first; annotators see those they opened."""
    from adjudge.services.work import incidents

    session = Session.of(context, db=db, as_name=as_name, json=json)
    chosen = None if state == "all" else state
    found = incidents.listed(session.bench, session.actor, state=chosen)
    now = session.bench.now()
    session.table(
        [i.as_json(now) for i in found],
        ("id", "severity", "category", "state", "owner", "due", "queue", "comparison"),
        [
            (
                i.id,
                i.severity,
                i.category,
                i.state,
                i.owner,
                f"{i.due} overdue" if i.is_overdue(now) else i.due,
                i.queue,
                i.comparison,
            )
            for i in found
        ],
    )


@app.command()
def show(
    context: typer.Context,
    id: Id,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show an incident with its history."""
    from adjudge.services.work import incidents

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = incidents.show(session.bench, session.actor, id)
    now = session.bench.now()
    note = "hidden; `incidents reveal` shows it" if found.is_hidden else found.note
    lines = [_brief(found), f"note: {note or '-'}"]
    for step in found.history:
        changed = " ".join(f"{k}={v}" for k, v in sorted(step.detail.items()))
        reason = f": {step.why}" if step.why else ""
        lines.append(f"{step.at}  {step.kind} by {step.by}  {changed}{reason}")
    session.answer(found.as_json(now), "\n".join(lines))


@app.command()
def assign(
    context: typer.Context,
    id: Id,
    owner: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A lead who answers.")
    ] = None,
    due: Annotated[
        str | None, typer.Option(metavar="TIME", help="Until when, UTC.")
    ] = None,
    severity: Annotated[
        str | None, typer.Option(metavar="low|medium|high|critical")
    ] = None,
    why: Annotated[str | None, typer.Option(help="The reason.")] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Give an incident an owner, another due time or another severity."""
    from adjudge.services.work import incidents

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = incidents.assign(
        session.bench,
        session.actor,
        id,
        owner=owner,
        until=due,
        grade=severity,
        why=why,
    )
    session.answer(found.as_json(session.bench.now()), _brief(found))


@app.command()
def close(
    context: typer.Context,
    id: Id,
    why: Why,
    outcome: Annotated[
        str | None,
        typer.Option(
            metavar="release|withdraw",
            help="Let the task go on, or take it out for good.",
        ),
    ] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Close an incident; a hidden task stays hidden unless --outcome release."""
    from adjudge.services.work import incidents

    session = Session.of(context, db=db, as_name=as_name, json=json)
    if outcome not in {None, "release", "withdraw"}:
        raise InvalidInputError(
            f"there is no outcome {outcome!r}", hint="outcomes: release, withdraw"
        )
    found = incidents.close(
        session.bench,
        session.actor,
        id,
        why=why,
        outcome=outcome,  # type: ignore[arg-type]
    )
    session.answer(found.as_json(session.bench.now()), _brief(found))


@app.command()
def reveal(
    context: typer.Context,
    id: Id,
    why: Why,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show a hidden task to a lead who must report it; the history keeps that."""
    from adjudge.services.work import incidents

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = incidents.reveal(session.bench, session.actor, id, why=why)
    texts = found.comparison.model_dump(mode="json") if found.comparison else None
    lines = [_brief(found.incident), f"note: {found.incident.note or '-'}"]
    if found.comparison:
        lines += [f"{m.role}: {m.content}" for m in found.comparison.prompt]
        lines += [f"[{r.id}] {r.judged}" for r in found.comparison.responses]
    document = {
        **found.incident.as_json(session.bench.now()),
        "texts": texts,
    }
    session.answer(document, "\n".join(lines))


def _brief(found: Incident) -> str:
    marks = [
        word
        for word, holds in (
            ("frozen", found.holds),
            ("hidden", found.is_hidden),
            (f"outcome {found.outcome}", bool(found.outcome)),
        )
        if holds
    ]
    tail = f"; {', '.join(marks)}" if marks else ""
    return (
        f"incident {found.id}: {found.category}, {found.severity}, {found.state}, "
        f"owner {found.owner or 'nobody'}, due {found.due}{tail}"
    )
