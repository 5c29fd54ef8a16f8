"""Commands that take prompts to other models."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session
from adjudge.domain.words import count_of

app = typer.Typer(
    help="Take prompts to your own inference; `import responses` brings answers back.",
    no_args_is_help=True,
)


@app.callback()
def main() -> None:
    """Keep ``export`` a command of its own, though it is the only one."""


@app.command()
def export(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A file that is not there yet.")],
    queue: Annotated[str | None, typer.Option(help="Only of this queue.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Only where topic, language, label, batch or model is VALUE; "
            "may be repeated.",
        ),
    ] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Write each prompt once, as a JSON line with its id and messages."""
    from adjudge.services.importing import prompts

    session = Session.of(context, db=db, as_name=as_name, json=json)
    done = prompts.export(
        session.bench,
        session.actor,
        file,
        queue=queue,
        where=prompts.conditions(where or ()),
    )
    words = f"wrote {count_of(done.prompts, 'prompt')} to {file}"
    if done.left_out:
        kept = ", ".join(f"{n} {reason}" for reason, n in done.left_out.items())
        words += f"; comparisons kept back: {kept}"
    session.answer(asdict(done), words)
