"""The command that brings files in."""

from __future__ import annotations

import sys
from contextlib import contextmanager
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
from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command(name="import")(import_)


def import_(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="comparisons, judgments or people.")],
    files: Annotated[
        list[str], typer.Argument(help="JSON Lines, plain or .gz; - is stdin.")
    ],
    queue: Annotated[
        str | None, typer.Option(help="The queue; made if missing.")
    ] = None,
    batch: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of this wave of tasks.")
    ] = None,
    on_error: Annotated[
        str,
        typer.Option(
            metavar="stop|skip",
            help="Stop with nothing kept, or keep the good lines and write the "
            "others to FILE.rejected.jsonl.",
        ),
    ] = "stop",
    dry_run: DryRunOption = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Import files: each wholly, or not at all."""
    from adjudge.services import ingest

    if on_error not in {"stop", "skip"}:
        raise InvalidInputError(f"--on-error {on_error!r} is neither stop nor skip")
    session = Session.of(context, db=db, as_name=as_name, json=json)
    options = ingest.Options(
        queue=queue,
        batch=batch,
        dry_run=dry_run,
        on_error="skip" if on_error == "skip" else "stop",
    )
    with bar(f"importing {kind}") as progress:
        total = ingest.import_files(
            session.bench, session.actor, kind, files, options, progress=progress
        )
    for name in total.rejects:
        say(f"refused lines are in {name}")
    counts = total.as_json()
    words = ", ".join(f"{v} {k}" for k, v in counts.items() if v or k == "read")
    session.answer(counts, ("would import: " if dry_run else "") + words)


@contextmanager
def bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on stderr where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _size: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, size: progress.update(task, completed=done, total=size)
