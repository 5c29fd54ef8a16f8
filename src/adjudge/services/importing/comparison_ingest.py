"""Comparisons from files: texts on their way in, and tasks of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from adjudge.services.importing.chunks import Kept, Line, Wrong
from adjudge.services.measuring import overlaps
from adjudge.services.privacy import covering
from adjudge.storage import comparisons, queues

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.domain.conversation import Comparison
    from adjudge.domain.queue import Queue
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit


def keep(
    bench: Bench, unit: Unit, lines: Iterable[Line], *, kind: str, import_id: str
) -> Kept:
    """Keep the comparisons of a chunk.

    Args:
        bench: The bench.
        unit: The unit of work.
        lines: The chunk.
        kind: Of the queue: whoever rates sees one response, whoever compares several.
        import_id: Nothing of it can be seen until the import is published.
    """
    kept = Kept()
    good: list[tuple[int, Comparison]] = []
    for line in lines:
        n = len(line.record.responses)
        if (n == 1) != (kind == "rate"):
            wanted = "one response" if kind == "rate" else "two to nine responses"
            problem = f"expected {wanted} in a {kind} queue, found {n}"
            kept.wrong.append(Wrong(line.number, "responses", problem))
        else:
            good.append((line.number, line.record))
    known = comparisons.digests(unit, good)
    clashes = comparisons.clashes(unit, good, known)
    kept.clashes = [
        (number, f"comparison {id!r} exists with other content")
        for number, id in clashes.items()
    ]
    kept.added, kept.unchanged = comparisons.add_chunk(
        unit,
        [(n, c) for n, c in good if n not in clashes] if clashes else good,
        known,
        import_id=import_id,
        cover=partial(covering.comparison, bench.redactor),
    )
    return kept


def publish(
    bench: Bench, unit: Unit, queue: Queue, *, import_id: str, batch: str | None
) -> int:
    """Make tasks of an import's comparisons, in a queue that is made if missing.

    Returns:
        How many; a comparison that is a task of the queue stays the one it is.
    """
    queues.add(unit, queue, at=bench.now())
    if batch:
        queues.add_batch(unit, queue.name, batch, at=bench.now())
    return overlaps.open_tasks(unit, queue, import_id, batch=batch)
