"""Commands that open the workbench: work, demo, and no command at all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session, say
from adjudge.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from adjudge.tui.app import Lobby


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(work)
    app.command()(demo)


def work(
    context: typer.Context,
    queue: Annotated[str | None, typer.Argument(help="The queue.")] = None,
    plain: Annotated[
        bool,
        typer.Option("--plain", help="Line by line, for screen readers and pipes."),
    ] = False,
    review: Annotated[
        bool,
        typer.Option("--review", help="Review what others judged or wrote in it."),
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
) -> None:
    """Open the workbench, straight into a queue when one is named."""
    session = Session.of(context, db=db, as_name=as_name)
    if review and queue is None:
        raise InvalidInputError(
            "--review needs a queue", hint="`adjudge work QUEUE --review`"
        )
    if plain:
        _plain(session, queue, review=review)
        return
    _open(session, queue, review=review)


def _open(session: Session, queue: str | None, *, review: bool = False) -> None:
    from adjudge.tui import app

    code = app.run(
        lambda: (session.bench, session.actor),
        queue=queue,
        review=review,
        settings=session.settings,
        lobby=_lobby(session) if queue is None else None,
    )
    if code:
        raise typer.Exit(code)


def _lobby(session: Session) -> Lobby | None:
    """Let people say who they are, on a local file, where nobody said it for them."""
    from adjudge.services.people import people
    from adjudge.tui import app

    if session.settings.user or session.unopened.store.path is None:
        return None
    return app.Lobby(
        lambda: people.with_login(session.bench),
        lambda name: (session.bench, people.identify(session.bench, name)),
    )


def _plain(session: Session, queue: str | None, *, review: bool) -> None:
    from adjudge.tui.plain import plain

    plain.run_plain(session.bench, session.actor, queue, review=review)


def home(session: Session) -> None:
    """Open the workbench at its home screen."""
    _open(session, None)


def demo(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Option("--dir", metavar="DIR", help="Where the sample campaign goes."),
    ] = Path("adjudge-demo"),
    crowd: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=64, help="Let N simulated people race for tasks."
        ),
    ] = None,
    db: DbOption = None,
    json: JsonOption = False,
) -> None:
    """Make the sample campaign and open it; without a terminal, run its loop once."""
    from adjudge.services import demo as campaign
    from adjudge.services import storekeeping
    from adjudge.wiring import shipped

    given = Session.of(context, db=db).db
    session = Session.of(context, db=given or str(folder / "adjudge.db"), json=json)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        storekeeping.init(session.unopened, session.user)
        say(f"made the sample campaign in {session.unopened.store.place}")
    except ConflictError:
        campaign.must_be_sample(session.bench, session.actor)
    sample = shipped.folder("fixtures") / "sample"
    campaign.prepare(session.bench, session.actor, fixtures=sample)
    if crowd is not None:
        from adjudge.cli import crowd as race

        race.run(session, sample, crowd)
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        _open(session, None)
        return
    steps = campaign.loop(session.bench, session.actor, folder, fixtures=sample)
    session.answer(steps, "\n".join(f"{s['step']}: {s['said']}" for s in steps))
