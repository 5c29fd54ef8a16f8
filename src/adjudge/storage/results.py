"""What resolution needs to know of every task of a queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.storage.store import Unit


@dataclass(frozen=True)
class TaskHead:
    """A work task without its texts.

    Attributes:
        adjudicated: The lead's standing decision, tiers by place.
        sent_on: Somebody passed it on for an expert.
    """

    comparison: str
    task_id: int
    response_ids: str
    overlap: int
    frozen: bool
    adjudicated: str | None
    sent_on: bool
    topic: str | None = None


def tasks(unit: Unit, queue: str) -> Iterator[TaskHead]:
    """Stream the work tasks of a queue, by the comparisons' ids."""
    for row in unit.stream(
        "SELECT t.comparison_id, t.id, c.response_ids, t.overlap, t.frozen, "
        "(SELECT a.ranking FROM adjudication a WHERE a.task_id = t.id AND NOT EXISTS "
        "(SELECT 1 FROM adjudication l WHERE l.supersedes = a.id) LIMIT 1), "
        "EXISTS (SELECT 1 FROM skip k WHERE k.task_id = t.id "
        "AND k.code = 'needs_expert'), t.topic "
        "FROM task t JOIN comparison c ON c.id = t.comparison_id "
        "WHERE t.queue = :queue AND t.role = 'work' ORDER BY t.comparison_id",
        queue=queue,
    ):
        comparison, task_id, ids, overlap, frozen, decided, sent_on, topic = row
        yield TaskHead(
            comparison,
            task_id,
            ids,
            overlap,
            bool(frozen),
            decided,
            bool(sent_on),
            topic,
        )
