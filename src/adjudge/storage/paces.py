"""How fast a queue is worked, and what is left in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from adjudge.domain.forecast import Cell
from adjudge.domain.record import canonical

if TYPE_CHECKING:
    from collections.abc import Collection

    from adjudge.storage.engine.store import Unit

# An imported judgment without a time says nothing about anybody's pace.
_DAY = "substr(coalesce(j.at, j.received_at), 1, 10)"


def person_days(
    unit: Unit, queue: str, *, since: str
) -> list[tuple[str, str, int, int, float]]:
    """Sum up what each person did on each day (UTC).

    Gold, repeats and training cost time and fill no slot: their seconds count, they
    do not.

    Returns:
        Day, person, judgments, judgments with a time, active seconds of everything.
    """
    return _summed(unit, _JUDGED, queue, since) or _summed(
        unit, _REWRITTEN, queue, since
    )


# What was made, and which of it is work that fills a slot.
_JUDGED = (
    "judgment j JOIN task t ON t.id = j.task_id",
    "j.source IN ('person', 'imported')",
    "t.role = 'work' AND j.occasion = 0 AND j.revision = 1",
)
# What a reviewer mended is the reviewer's work.
_REWRITTEN = (
    "rewrite j JOIN rewrite_task t ON t.id = j.rewrite_task",
    "j.fixed_by IS NULL",
    "j.revision = 1",
)


def _summed(
    unit: Unit, of: tuple[str, str, str], queue: str, since: str
) -> list[tuple[str, str, int, int, float]]:
    made_of, which, work = of
    return [
        (day, who, int(made), int(timed), float(seconds))
        for day, who, made, timed, seconds in unit.all(
            f"SELECT {_DAY}, j.annotator, "
            f"sum(CASE WHEN {work} THEN 1 ELSE 0 END), "
            f"sum(CASE WHEN {work} AND j.seconds IS NOT NULL THEN 1 ELSE 0 END), "
            f"coalesce(sum(j.seconds), 0) FROM {made_of} WHERE t.queue = :queue "
            f"AND {_DAY} >= :since AND {which} "
            "AND (j.import_id IS NULL OR j.at IS NOT NULL) "
            f"GROUP BY {_DAY}, j.annotator ORDER BY 1, 2",
            queue=queue,
            since=since,
        )
    ]


def left(unit: Unit, queue: str) -> tuple[int, int, int]:
    """Count judgments still wanted: in nobody's hand, in somebody's, and frozen."""
    row = unit.one(
        "SELECT coalesce(sum(CASE WHEN s.state = 0 AND t.frozen = 0 THEN 1 ELSE 0 END)"
        ", 0), coalesce(sum(CASE WHEN s.state = 1 AND s.purpose = 'first' "
        "AND s.surplus = 0 THEN 1 ELSE 0 END), 0), "
        "coalesce(sum(CASE WHEN s.state = 0 AND t.frozen = 1 THEN 1 ELSE 0 END), 0) "
        "FROM slot s JOIN task t ON t.id = s.task_id "
        "WHERE s.queue = :queue AND s.state IN (0, 1)",
        queue=queue,
    ) or (0, 0, 0)
    return int(row[0]), int(row[1]), int(row[2])


def cells(unit: Unit, queue: str) -> list[Cell]:
    """Count open slots by what decides who may have them."""
    return [
        Cell(topic, language, tuple(orjson.loads(labels)), bool(expert), int(n))
        for topic, language, labels, expert, n in unit.all(
            "SELECT t.topic, t.language, t.labels, t.needs_expert, count(*) "
            "FROM slot s JOIN task t ON t.id = s.task_id WHERE s.queue = :queue "
            "AND s.state = 0 AND t.frozen = 0 "
            "GROUP BY t.topic, t.language, t.labels, t.needs_expert "
            "ORDER BY count(*) DESC, t.topic, t.language, t.labels, t.needs_expert",
            queue=queue,
        )
    ]


def stuck(unit: Unit, queue: str, cell: Cell, people: Collection[str]) -> int:
    """Count open slots of a cell for which no eligible person is left.

    Each slot of a task wants somebody who has neither judged nor passed it on.
    """
    row = unit.one(
        "SELECT coalesce(sum(CASE WHEN x.free > :able - x.met THEN x.free - :able "
        "+ x.met ELSE 0 END), 0) FROM (SELECT t.id, "
        "(SELECT count(*) FROM slot o WHERE o.task_id = t.id AND o.state = 0) AS free, "
        "(SELECT count(*) FROM person p WHERE p.name IN {among people} AND ("
        "EXISTS (SELECT 1 FROM slot m WHERE m.annotator = p.name "
        "AND m.task_id = t.id) OR EXISTS (SELECT 1 FROM skip k "
        "WHERE k.annotator = p.name AND k.task_id = t.id))) AS met "
        "FROM task t WHERE t.queue = :queue AND t.frozen = 0 "
        "AND coalesce(t.topic, '') = :topic AND coalesce(t.language, '') = :language "
        "AND t.labels = :labels AND t.needs_expert = :expert AND EXISTS "
        "(SELECT 1 FROM slot o WHERE o.task_id = t.id AND o.state = 0)) x",
        queue=queue,
        able=len(people),
        people=canonical(sorted(people)).decode(),
        topic=cell.topic or "",
        language=cell.language or "",
        labels=canonical(list(cell.labels)).decode(),
        expert=int(cell.needs_expert),
    )
    return int(row[0]) if row else 0
