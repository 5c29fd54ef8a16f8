"""Batches of a queue: one wave of tasks each, and how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.queue import Batch
from adjudge.domain.record import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adjudge.storage.engine.store import Unit


_SLOTS = (
    "SELECT count(*) FROM slot s WHERE s.task_id = t.id AND s.surplus = 0 "
    "AND s.purpose IN ('first', 'open')"
)


def names(unit: Unit, queues: Sequence[str]) -> list[str]:
    """List the batches in which tasks of some queues came; of all if none is named."""
    chosen = "AND queue IN {among queues}" if queues else ""
    values = {"queues": canonical(list(queues)).decode()} if queues else {}
    rows = unit.all(
        f"SELECT DISTINCT batch FROM task WHERE batch IS NOT NULL {chosen}", **values
    )
    return sorted(name for (name,) in rows)


def listed(unit: Unit, queue: str) -> list[Batch]:
    """List the batches of a queue, oldest first; tasks of none come last.

    Slots are those of ``queue show``: surplus ones, repeats and rejudgments are not
    counted. A queue that knows no batch has nothing to list, and costs one look-up.
    """
    if not unit.one("SELECT 1 FROM batch WHERE queue = :queue LIMIT 1", queue=queue):
        return []
    rows = unit.all(
        "SELECT x.batch, b.added_at, count(*), "
        "sum(CASE WHEN x.frozen = 0 THEN x.free ELSE 0 END), "
        "sum(CASE WHEN x.frozen = 0 THEN 0 ELSE x.free END), sum(x.held), "
        "sum(x.filled), sum(CASE WHEN x.free + x.held = 0 THEN 1 ELSE 0 END) "
        f"FROM (SELECT t.batch, t.frozen, ({_SLOTS} AND s.state = 0) AS free, "
        f"({_SLOTS} AND s.state = 1) AS held, ({_SLOTS} AND s.state = 2) AS filled "
        "FROM task t WHERE t.queue = :queue AND t.role = 'work') x "
        "LEFT JOIN batch b ON b.queue = :queue AND b.name = x.batch "
        "GROUP BY x.batch, b.added_at "
        "ORDER BY CASE WHEN x.batch IS NULL THEN 1 ELSE 0 END, b.added_at, x.batch",
        queue=queue,
    )
    return [
        Batch(
            name=name,
            added_at=at,
            tasks=int(tasks),
            open=int(free),
            frozen=int(frozen),
            leased=int(held),
            done=int(filled),
            complete=int(complete),
        )
        for name, at, tasks, free, frozen, held, filled, complete in rows
    ]
