"""Commands about a campaign as one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from adjudge.cli.session import (
    AsOption,
    DbOption,
    DryRunOption,
    JsonOption,
    Session,
    say,
)
from adjudge.errors import UnknownError

if TYPE_CHECKING:
    from adjudge.domain.campaign import Plan, Step

app = typer.Typer(
    help="Set up people, guidelines, queues and gold from one file.",
    no_args_is_help=True,
)

File = Annotated[str, typer.Argument(help="A campaign file (TOML).")]


@app.command()
def check(
    context: typer.Context,
    file: File,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Find every fault of the file and print what it would change."""
    from adjudge.services.campaign import campaigns

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = campaigns.read(file)
    try:
        bench = session.bench
    except UnknownError as error:
        say(f"only the file was checked: {error.message}")
        session.answer(
            {"file": file, "campaign": found.campaign.name, "steps": None},
            f"{file} is well formed",
        )
        return
    plan = campaigns.check(bench, session.actor, file)
    session.answer(as_json(plan), in_words(plan))


@app.command()
def apply(
    context: typer.Context,
    file: File,
    dry_run: DryRunOption = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Bring the store to what the file says, wholly or not at all."""
    from adjudge.services.campaign import campaigns

    session = Session.of(context, db=db, as_name=as_name, json=json)
    deed = campaigns.check if dry_run else campaigns.apply
    plan = deed(session.bench, session.actor, file)
    session.answer(as_json(plan), in_words(plan))


def as_json(plan: Plan) -> dict[str, object]:
    """Write the plan as one document."""
    return {**plan.model_dump(mode="json"), "counts": plan.counts}


def in_words(plan: Plan) -> str:
    """Write the plan, a line for each thing and one for each of its changes."""
    lines = [line for step in plan.steps for line in _lines(step)]
    counts = ", ".join(f"{n} {action}" for action, n in plan.counts.items() if n)
    lines.append(f"{'applied' if plan.kept else 'would apply'}: {counts}")
    return "\n".join(lines)


def _lines(step: Step) -> list[str]:
    lines = [f"{step.action:9}  {step.kind:9}  {step.name}"]
    for d in step.differences:
        value = d.after if d.before is None else f"{d.before} -> {d.after}"
        lines.append(f"{'':11}{d.key}: {value}")
    if step.note:
        lines.append(f"{'':11}note: {step.note}")
    return lines
