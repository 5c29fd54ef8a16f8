"""What resolution needs to know of every task of a queue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.storage.engine.store import Unit


class TaskHead(NamedTuple):
    """A work task without its texts.

    Attributes:
        adjudicated: The lead's standing decision, tiers by place; with ``!`` behind
            them, no response is acceptable.
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


# The columns of a head, and where they come from; an export reads the texts as well.
HEAD = (
    "t.comparison_id, t.id, c.response_ids, t.overlap, t.frozen, "
    "(SELECT a.ranking || CASE WHEN a.none_acceptable = 1 THEN '!' ELSE '' END "
    "FROM adjudication a WHERE a.task_id = t.id AND NOT EXISTS "
    "(SELECT 1 FROM adjudication l "
    "WHERE l.task_id = t.id AND l.supersedes = a.id) LIMIT 1), "
    # Looked up once, and not anew for every task.
    "t.id IN (SELECT k.task_id FROM skip k WHERE k.code = 'needs_expert'), t.topic"
)
TASKS = "task t JOIN comparison c ON c.id = t.comparison_id"
OF_QUEUE = "t.queue = :queue AND t.role = 'work' ORDER BY t.comparison_id"


def tasks(unit: Unit, queue: str) -> Iterator[TaskHead]:
    """Stream the work tasks of a queue, by the comparisons' ids."""
    for row in unit.stream(f"SELECT {HEAD} FROM {TASKS} WHERE {OF_QUEUE}", queue=queue):
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


@dataclass(frozen=True)
class Decision:
    """A lead's decision that stands.

    Attributes:
        ranking: Tiers by place.
        blind: Tiers by place: what they said before they saw the judgments.
    """

    id: str
    task_id: int
    ranking: str
    by: str
    at: str
    cause: str | None = None
    why: str | None = None
    blind: str | None = None
    none_acceptable: bool = False


_DECISION = (
    "SELECT a.id, a.task_id, a.ranking, a.by_person, a.at, a.cause, x.body, "
    "a.blind, a.none_acceptable = 1 "
    "FROM adjudication a JOIN task t ON t.id = a.task_id "
    "LEFT JOIN text x ON x.id = a.why_id "
)
_STANDS = "NOT EXISTS (SELECT 1 FROM adjudication l WHERE l.supersedes = a.id)"


def decisions(unit: Unit, queue: str) -> dict[int, Decision]:
    """Load the standing decisions of a queue, by task id."""
    rows = unit.all(
        f"{_DECISION} WHERE t.queue = :queue AND {_STANDS} ORDER BY a.task_id",
        queue=queue,
    )
    return {row[1]: _decision(row) for row in rows}


def causes(unit: Unit, queue: str) -> dict[str | None, int]:
    """Count the standing decisions of a queue by cause, the most frequent first."""
    rows = unit.all(
        "SELECT a.cause, count(*) FROM adjudication a JOIN task t ON t.id = a.task_id "
        f"WHERE t.queue = :queue AND {_STANDS} GROUP BY a.cause",
        queue=queue,
    )
    return dict(sorted(rows, key=lambda row: (-row[1], row[0] is None, row[0] or "")))


def decision_of(unit: Unit, task_id: int) -> Decision | None:
    """Load the standing decision on a task."""
    row = unit.one(f"{_DECISION} WHERE a.task_id = :id AND {_STANDS}", id=task_id)
    return _decision(row) if row else None


def _decision(row: tuple[Any, ...]) -> Decision:
    return replace(Decision(*row[:-1]), none_acceptable=bool(row[-1]))


def decide(unit: Unit, decision: Decision, *, supersedes: str | None) -> None:
    """Add a decision; the one it supersedes is kept."""
    why_id = f"adjudication:{decision.id}"
    unit.run(insert("text"), id=why_id, body=decision.why, erased_at=None)
    unit.run(
        insert("adjudication"),
        id=decision.id,
        task_id=decision.task_id,
        ranking=decision.ranking,
        none_acceptable=int(decision.none_acceptable),
        cause=decision.cause,
        why_id=why_id,
        blind=decision.blind,
        by_person=decision.by,
        at=decision.at,
        supersedes=supersedes,
    )


def frozen(unit: Unit, queue: str) -> int:
    """Count the tasks of a queue's work that stand still."""
    row = unit.one(
        "SELECT count(*) FROM task WHERE queue = :queue AND role = 'work' "
        "AND frozen = 1",
        queue=queue,
    )
    return int(row[0]) if row else 0


def judged_by(unit: Unit, queue: str, who: str) -> set[int]:
    """Name the tasks of a queue in which a judgment of somebody stands."""
    rows = unit.all(
        "SELECT task_id FROM slot WHERE queue = :queue AND annotator = :who "
        "AND state = 2 AND purpose IN ('first', 'rejudge')",
        queue=queue,
        who=who,
    )
    return {task_id for (task_id,) in rows}


@dataclass(frozen=True)
class WorkTask:
    """A comparison as work of a queue."""

    task_id: int
    queue: str
    topic: str | None


def work_of(unit: Unit, comparison: str) -> list[WorkTask]:
    """Find the queues of which a comparison is work."""
    rows = unit.all(
        "SELECT id, queue, topic FROM task WHERE comparison_id = :id "
        "AND role = 'work' ORDER BY queue",
        id=comparison,
    )
    return [WorkTask(*row) for row in rows]
