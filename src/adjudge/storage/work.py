"""Work as one person sees it: done, left, passed on, flagged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjudge.storage.sql import insert
from adjudge.storage.tables_content import TextRow
from adjudge.storage.tables_queue import FlagRow, SkipRow

if TYPE_CHECKING:
    from adjudge.storage.store import Unit

COUNT_LIMIT = 10_000  # counting on would cost more than it tells

_NOT_MINE = (
    "(SELECT 1 FROM slot m WHERE m.annotator = :who AND m.task_id = s.task_id) IS NULL "
    "AND (SELECT 1 FROM skip k WHERE k.annotator = :who AND k.task_id = s.task_id) "
    "IS NULL"
)


def done_by(unit: Unit, queue: str, who: str) -> int:
    """Count a person's standing judgments in a queue."""
    row = unit.one(
        "SELECT count(*) FROM slot WHERE annotator = :who AND queue = :queue "
        "AND state = 2",
        who=who,
        queue=queue,
    )
    return int(row[0]) if row else 0


def left_for(unit: Unit, queue: str, who: str) -> int:
    """Count the tasks a person holds or could still get, up to ``COUNT_LIMIT``."""
    row = unit.one(
        "SELECT count(*) FROM (SELECT DISTINCT s.task_id FROM slot s "
        f"WHERE s.queue = :queue AND s.state = 0 AND {_NOT_MINE} LIMIT :limit) x",
        queue=queue,
        who=who,
        limit=COUNT_LIMIT,
    )
    held = unit.one(
        "SELECT count(*) FROM slot WHERE annotator = :who AND queue = :queue "
        "AND state = 1",
        who=who,
        queue=queue,
    )
    return (int(row[0]) if row else 0) + (int(held[0]) if held else 0)


def since(unit: Unit, who: str, day: str) -> dict[str, Any]:
    """Sum up a person's judgments since the beginning of a day (UTC)."""
    row = unit.one(
        "SELECT count(*), coalesce(sum(seconds), 0) FROM judgment "
        "WHERE annotator = :who AND received_at >= :day AND import_id IS NULL",
        who=who,
        day=day,
    ) or (0, 0.0)
    return {"judgments": int(row[0]), "seconds": float(row[1])}


def skip(
    unit: Unit, *, who: str, task_id: int, code: str, note: str, seconds: float, at: str
) -> None:
    """Note that somebody passed a task on."""
    text_id = f"skip:{who}:{task_id}" if note else None
    if text_id:
        unit.run(
            insert(TextRow, conflict="DO NOTHING"),
            id=text_id,
            body=note,
            erased_at=None,
        )
    unit.run(
        insert(SkipRow, conflict="DO NOTHING"),
        annotator=who,
        task_id=task_id,
        code=code,
        text_id=text_id,
        seconds=seconds,
        at=at,
    )


def flag(
    unit: Unit, *, id: str, who: str, task_id: int, category: str, note: str, at: str
) -> None:
    """Note that somebody raised a hand."""
    text_id = f"flag:{id}" if note else None
    if text_id:
        unit.run(insert(TextRow), id=text_id, body=note, erased_at=None)
    unit.run(
        insert(FlagRow),
        id=id,
        task_id=task_id,
        annotator=who,
        category=category,
        text_id=text_id,
        at=at,
    )


def is_used(unit: Unit, task_id: int) -> bool:
    """Tell whether a result of the task was adjudicated or exported."""
    return (
        unit.one(
            "SELECT 1 FROM adjudication WHERE task_id = :task_id UNION ALL "
            "SELECT 1 FROM dataset_member m JOIN task t "
            "ON t.comparison_id = m.comparison_id WHERE t.id = :task_id LIMIT 1",
            task_id=task_id,
        )
        is not None
    )


def why_empty(unit: Unit, queue: str, who: str) -> dict[str, int]:
    """Count a queue's tasks by what keeps them from this person."""
    row = unit.one(
        "SELECT count(*), "
        "coalesce(sum(CASE WHEN mine THEN 1 ELSE 0 END), 0), "
        "coalesce(sum(CASE WHEN passed AND NOT mine THEN 1 ELSE 0 END), 0), "
        "coalesce(sum(CASE WHEN NOT mine AND NOT passed AND free = 0 AND held > 0 "
        "THEN 1 ELSE 0 END), 0), "
        "coalesce(sum(CASE WHEN NOT mine AND NOT passed AND free = 0 AND held = 0 "
        "THEN 1 ELSE 0 END), 0) FROM (SELECT "
        "EXISTS (SELECT 1 FROM slot m WHERE m.annotator = :who "
        "AND m.task_id = t.id) AS mine, "
        "EXISTS (SELECT 1 FROM skip k WHERE k.annotator = :who "
        "AND k.task_id = t.id) AS passed, "
        "(SELECT count(*) FROM slot s WHERE s.task_id = t.id AND s.state = 0) AS free, "
        "(SELECT count(*) FROM slot s WHERE s.task_id = t.id AND s.state = 1) AS held "
        "FROM task t WHERE t.queue = :queue) x",
        queue=queue,
        who=who,
    ) or (0, 0, 0, 0, 0)
    names = ("tasks", "done_by_you", "passed_on_by_you", "held_by_others", "complete")
    return dict(zip(names, map(int, row), strict=True))
