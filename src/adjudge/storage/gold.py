"""Gold tasks: known answers that look like work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit


def add(
    unit: Unit, *, queue: str, comparison: str, ranking: str, why: str, import_id: str
) -> bool:
    """Make a gold task that points at its source; ``False`` if there is one.

    The source task keeps its judgments and stays exportable.
    """
    return (
        unit.run(
            "INSERT INTO task (queue, kind, role, comparison_id, batch, priority, "
            "overlap, topic, language, labels, gold, gold_why, source_task, frozen, "
            "import_id) SELECT t.queue, t.kind, 'gold', t.comparison_id, t.batch, "
            "t.priority, t.overlap, t.topic, t.language, t.labels, :ranking, :why, "
            "t.id, 0, :import_id FROM task t WHERE t.queue = :queue "
            "AND t.comparison_id = :comparison AND t.role = 'work' "
            "ON CONFLICT DO NOTHING",
            queue=queue,
            comparison=comparison,
            ranking=ranking,
            why=why,
            import_id=import_id,
        )
        == 1
    )


def queues_of(unit: Unit, comparison: str) -> list[tuple[str, str]]:
    """List the queues and roles in which a comparison is a task."""
    return [
        (queue, role)
        for queue, role in unit.all(
            "SELECT queue, role FROM task WHERE comparison_id = :id ORDER BY 1, 2",
            id=comparison,
        )
    ]


def suspend(unit: Unit, queue: str, comparison: str, *, suspended: bool) -> bool:
    """Take a gold task out of circulation, or put it back."""
    return (
        unit.run(
            "UPDATE task SET gold_suspended = :flag WHERE queue = :queue "
            "AND comparison_id = :comparison AND role = 'gold'",
            flag=int(suspended),
            queue=queue,
            comparison=comparison,
        )
        == 1
    )


def listed(unit: Unit, queue: str | None) -> list[dict[str, Any]]:
    """List gold tasks with how often they were seen; hits are for statistics."""
    keys = ("queue", "comparison", "ranking", "why", "suspended", "seen")
    rows = unit.all(
        "SELECT t.queue, t.comparison_id, t.gold, t.gold_why, t.gold_suspended, "
        "(SELECT count(*) FROM slot s WHERE s.task_id = t.id AND s.state = 2) "
        "FROM task t WHERE t.role = 'gold' "
        + ("AND t.queue = :queue " if queue else "")
        + "ORDER BY t.queue, t.comparison_id",
        **({"queue": queue} if queue else {}),
    )
    return [dict(zip(keys, row, strict=True)) for row in rows]


def answer(unit: Unit, queue: str, comparison: str, *, ranking: str, why: str) -> None:
    """Correct the known answer of a gold task; judgments of it are kept."""
    unit.run(
        "UPDATE task SET gold = :ranking, gold_why = :why WHERE queue = :queue "
        "AND comparison_id = :comparison AND role = 'gold'",
        queue=queue,
        comparison=comparison,
        ranking=ranking,
        why=why,
    )
