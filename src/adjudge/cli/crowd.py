"""The crowd of `adjudge demo --crowd`: one process a person."""

from __future__ import annotations

import multiprocessing
from time import monotonic
from typing import TYPE_CHECKING, Any

from adjudge.cli.session import Session, say
from adjudge.domain.words import count_of
from adjudge.errors import RefusedError

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

_PATIENCE = 120  # seconds for every process to come up


def run(session: Session, fixtures: Path, size: int) -> None:
    """Let ``size`` people race for the same tasks; say whether N was N."""
    from adjudge.services import crowd

    queue, names = crowd.invite(session.bench, session.actor, fixtures, size)
    say(
        f"{count_of(size, 'person races', 'people race')} for the same tasks, a "
        "process each"
    )
    # Spawned, not forked: a database connection never survives a fork.
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(size + 1)
    with context.Pool(size, _line_up, (start,)) as pool:
        racing = pool.starmap_async(
            _person,
            [(session.settings.db, queue, who, n) for n, who in enumerate(names)],
            chunksize=1,
        )
        start.wait(_PATIENCE)
        started = monotonic()
        kept = racing.get()
    seconds = monotonic() - started
    found = crowd.exactness(session.bench, session.actor, queue)
    value: dict[str, Any] = {
        **found.as_json(),
        "people": dict(zip(names, kept, strict=True)),
        "seconds": round(seconds, 2),
    }
    counts = ", ".join(
        f"{count_of(n, 'task')} with {k}" for k, n in found.by_count.items()
    )
    session.answer(
        value,
        f"{count_of(sum(kept), 'judgment')} by {count_of(size, 'person')} in "
        f"{seconds:.1f} s, "
        f"between {min(kept)} and {max(kept)} each\n"
        f"judgments per task: {counts}; wanted: {crowd.OVERLAP}",
    )
    if not found.is_exact:
        raise RefusedError("some task does not have exactly what was wanted")


_START: list[Barrier] = []


def _line_up(start: Barrier) -> None:
    """Remember the line that everybody waits at."""
    _START.append(start)


def _person(db: str, queue: str, name: str, seed: int) -> int:
    """Be one person in a process of their own."""
    from adjudge import wiring
    from adjudge.services import crowd
    from adjudge.services.people import people
    from adjudge.wiring import settings

    bench = wiring.build(settings.load(db=db))
    _START[0].wait(_PATIENCE)
    try:
        actor = people.identify(bench, name)
        return crowd.race(bench, actor, queue, seed=seed)
    finally:
        bench.store.close()
