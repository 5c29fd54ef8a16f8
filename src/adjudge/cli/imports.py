"""The command that brings files in."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adjudge.cli.session import (
    AsOption,
    DbOption,
    DryRunOption,
    JsonOption,
    Session,
    say,
)
from adjudge.domain.words import count_of
from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adjudge.services.importing.ingest import Options, Total


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command(name="import")(import_)


def import_(
    context: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(
            help="comparisons, judgments, people, rewrites, feedback or responses."
        ),
    ],
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
    pair: Annotated[
        str | None,
        typer.Option(metavar="all|random", help="Of responses: which to compare."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of responses: draws the random pairs.")
    ] = None,
    dry_run: DryRunOption = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Import files: each wholly, or not at all."""
    from adjudge.services.importing import ingest

    if on_error not in {"stop", "skip"}:
        raise InvalidInputError(f"--on-error {on_error!r} is neither stop nor skip")
    session = Session.of(context, db=db, as_name=as_name, json=json)
    options = ingest.Options(
        queue=queue,
        batch=batch,
        dry_run=dry_run,
        on_error="skip" if on_error == "skip" else "stop",
    )
    if kind == "responses":
        counts, total = _responses(session, files, options, pair, seed)
    else:
        if pair is not None or seed is not None:
            raise InvalidInputError("--pair and --seed are for responses")
        with bar(f"importing {kind}") as progress:
            total = ingest.import_files(
                session.bench, session.actor, kind, files, options, progress=progress
            )
        counts = total.as_json()
    if total.tasks > total.added:
        # "unchanged" alone would say that nothing came of it.
        say(f"{count_of(total.tasks, 'task')} made in {queue}")
    for name in total.rejects:
        say(f"refused lines are in {name}")
    if forgotten := counts.get("forgotten"):
        lines = count_of(forgotten, "line is", "lines are")
        say(f"{lines} of people who were forgotten, left out: no file brings them back")
    if kind == "feedback" and not dry_run:
        _say_feedback(session)
    words = ", ".join(f"{v} {k}" for k, v in counts.items() if v or k == "read")
    session.answer(counts, ("would import: " if dry_run else "") + words)


def _responses(
    session: Session,
    files: list[str],
    options: Options,
    pair: str | None,
    seed: int | None,
) -> tuple[dict[str, Any], Total]:
    """Bring other models' answers back as comparisons; give counts, and more."""
    from adjudge.services.importing import prompts

    if pair not in {"all", "random"}:
        raise InvalidInputError(
            f"--pair {pair!r} is neither all nor random"
            if pair
            else "responses need --pair all or --pair random"
        )
    with bar("pairing responses") as progress:
        done = prompts.import_responses(
            session.bench,
            session.actor,
            files,
            options,
            how="all" if pair == "all" else "random",
            seed=prompts.SEED if seed is None else seed,
            progress=progress,
        )
    return done.as_json(), done.imported


def _say_feedback(session: Session) -> None:
    """Tell what the store holds now that a reader of counts must know."""
    from adjudge.services.importing import feedback_ingest

    found = feedback_ingest.counts(session.bench, session.actor)
    consent, ratings = found["consent"], found["ratings"]
    say(
        f"events in the store: {found['events']}; without consent "
        f"{consent.get('refused', 0)}, consent unstated {consent.get('unstated', 0)}, "
        f"of {count_of(found['withdrawn_users'], 'withdrawn user')} "
        f"{found['withdrawn_events']}; "
        f"orphans {found['orphans']}; ratings {ratings['given']}, superseded "
        f"{ratings['superseded']}, standing up {ratings.get('up', 0)} and down "
        f"{ratings.get('down', 0)}"
    )
    for what in ("unknown_kinds", "unknown_reasons"):
        if found[what]:
            listed = ", ".join(f"{n} {name}" for name, n in found[what].items())
            say(f"{what.replace('_', ' ')}, kept: {listed}")
    covered = found["covered"]["events"]
    say(
        f"recognised and covered in {count_of(covered['comments'], 'comment')} and "
        f"{count_of(covered['answers'], 'answer')}; what was not recognised is not "
        "covered"
    )


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
