"""How many judgments each task of an adaptive queue wants, and who said what so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from adjudge.domain.record import canonical
from adjudge.storage import queues
from adjudge.storage.engine.sql import insert
from adjudge.storage.slots import DONE, LEASED, OPEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Said:
    """A standing judgment, as far as stopping depends on it.

    Attributes:
        ranking: Tiers by place.
        accuracy: The author's as it was measured last; ``None`` before that.
    """

    who: str
    ranking: str
    accuracy: float | None


@dataclass(frozen=True)
class Asked:
    """A task of an adaptive queue and how far it is.

    Attributes:
        overlap: Judgments it wants as things stand.
        sampled: Whether it is in the random part that gets every judgment.
        counted: Judgments in slots that are not surplus.
        leased: Slots in somebody's hand.
        said: Every standing judgment, surplus and rejudgments too, one a person.
    """

    task_id: int
    overlap: int
    sampled: bool
    counted: int
    leased: int
    said: tuple[Said, ...] = field(default_factory=tuple)


_ROWS = (
    "SELECT t.id, t.overlap, t.sampled, s.state, s.surplus, s.annotator, s.occasion, "
    "j.ranking, a.value FROM task t LEFT JOIN slot s ON s.task_id = t.id "
    "AND s.purpose IN ('first', 'open', 'rejudge') "
    "LEFT JOIN judgment j ON j.id = s.judgment_id "
    "LEFT JOIN accuracy a ON a.queue = t.queue AND a.annotator = s.annotator "
    "WHERE t.role = 'work' AND <which> ORDER BY t.id, s.annotator, s.occasion"
)
ONE = "t.id = :task_id"
WHOLE = "t.queue = :queue"
# Judgments beyond the overlap reopen nothing, so only what filled a slot counts.
IMPORTED = (
    "t.id IN (SELECT x.task_id FROM slot x JOIN judgment y ON y.id = x.judgment_id "
    "WHERE y.import_id = :import_id AND x.surplus = 0 AND x.purpose = 'first') "
    "AND t.queue = :queue"
)


def lock(unit: Unit, which: str, **values: Any) -> None:
    """Let nobody else decide on these tasks until this is done.

    Two people who hand in at once would each see one judgment where there are two.
    SQLite has one writer at a time and needs nothing.
    """
    if unit.is_postgres:
        unit.all(
            f"SELECT t.id FROM task t WHERE {which} ORDER BY t.id FOR UPDATE", **values
        )


def asked(unit: Unit, which: str, **values: Any) -> Iterator[Asked]:
    """Read tasks with what was said on them, by id."""
    rows = unit.all(_ROWS.replace("<which>", which), **values)
    for task_id, group in groupby(rows, key=lambda row: row[0]):
        yield _asked(int(task_id), list(group))


def _asked(task_id: int, rows: list[tuple[Any, ...]]) -> Asked:
    overlap, sampled = rows[0][1:3]
    newest: dict[str, Said] = {}
    counted = leased = 0
    for _, _, _, state, surplus, who, occasion, ranking, accuracy in rows:
        if occasion == 0 and not surplus:
            counted += state == DONE
            leased += state == LEASED
        if state == DONE and ranking is not None:
            newest[who] = Said(who, ranking, accuracy)
    return Asked(
        task_id, overlap, bool(sampled), counted, leased, tuple(newest.values())
    )


def surplus_of(unit: Unit, import_id: str) -> int:
    """Count an import's judgments that are beyond the overlap."""
    row = unit.one(
        "SELECT count(*) FROM slot s JOIN judgment j ON j.id = s.judgment_id "
        "WHERE j.import_id = :import_id AND s.surplus = 1",
        import_id=import_id,
    )
    return int(row[0]) if row else 0


def want(unit: Unit, wanted: Mapping[int, int]) -> None:
    """Bring tasks to a number of judgments; slots are opened or withdrawn."""
    if not wanted:
        return
    unit.many(
        "UPDATE task SET overlap = :overlap WHERE id = :id",
        [{"id": id, "overlap": overlap} for id, overlap in wanted.items()],
    )
    ids = canonical([str(id) for id in wanted]).decode()
    queues.fit_slots(unit, "id IN {among numbers ids}", ids=ids)


def work_of(unit: Unit, which: str, **values: Any) -> list[tuple[int, str]]:
    """List tasks with their comparisons."""
    return [
        (int(id), str(comparison))
        for id, comparison in unit.all(
            "SELECT t.id, t.comparison_id FROM task t "
            f"WHERE t.role = 'work' AND {which} ORDER BY t.id",
            **values,
        )
    ]


def sample(unit: Unit, tasks: Iterable[int]) -> None:
    """Put tasks into the random part that gets every judgment."""
    unit.many("UPDATE task SET sampled = 1 WHERE id = :id", [{"id": i} for i in tasks])


def raise_sampled(unit: Unit, import_id: str, most: int) -> None:
    """Let the random part of tasks that have no slots yet want every judgment."""
    unit.run(
        "UPDATE task SET overlap = :most WHERE import_id = :import_id AND sampled = 1",
        most=most,
        import_id=import_id,
    )


def sampled(unit: Unit, queue: str) -> list[int]:
    """List the tasks of the random part, by id."""
    rows = unit.all(
        "SELECT id FROM task WHERE queue = :queue AND role = 'work' AND sampled = 1 "
        "ORDER BY id",
        queue=queue,
    )
    return [int(id) for (id,) in rows]


def measured(unit: Unit, queue: str) -> int:
    """Count the judgments on which accuracies were measured last."""
    row = unit.one(
        "SELECT max(counted) FROM accuracy WHERE queue = :queue", queue=queue
    )
    return int(row[0] or 0) if row else 0


def remember(
    unit: Unit, queue: str, accuracies: Mapping[str, float], *, counted: int
) -> None:
    """Keep everybody's measured accuracy, in place of what was measured before."""
    newer = (
        "(queue, annotator) DO UPDATE SET value = excluded.value, "
        "counted = excluded.counted"
    )
    unit.many(
        insert("accuracy", conflict=newer),
        [
            {"queue": queue, "annotator": name, "value": value, "counted": counted}
            for name, value in sorted(accuracies.items())
        ],
    )


@dataclass(frozen=True)
class Saved:
    """What stopping early has saved so far.

    Attributes:
        sampled: Tasks of the random part.
        stopped: Other tasks that were sure before MAX.
        at_most: Other tasks that went to MAX.
        judgments: Judgments on the tasks that stopped or went to MAX.
    """

    sampled: int = 0
    stopped: int = 0
    at_most: int = 0
    judgments: int = 0


_CLOSED = (
    "FROM task t WHERE t.queue = :queue AND t.role = 'work' AND t.sampled = 0 "
    "AND NOT EXISTS (SELECT 1 FROM slot s WHERE s.task_id = t.id "
    f"AND s.state IN ({OPEN}, {LEASED}) AND s.purpose IN ('first', 'open'))"
)


def saved(unit: Unit, queue: str, *, most: int) -> Saved:
    """Count the tasks that want no more, by whether they stopped early."""
    row = unit.one(
        "SELECT coalesce(sum(CASE WHEN t.overlap < :most THEN 1 ELSE 0 END), 0), "
        "coalesce(sum(CASE WHEN t.overlap >= :most THEN 1 ELSE 0 END), 0), "
        f"coalesce(sum(t.overlap), 0) {_CLOSED}",
        queue=queue,
        most=most,
    )
    stopped, at_most, judgments = row or (0, 0, 0)
    return Saved(len(sampled(unit, queue)), int(stopped), int(at_most), int(judgments))


def still_open(unit: Unit, queue: str) -> list[tuple[int, int, bool]]:
    """Count judgments, and slots in work, of every task that still wants some.

    Returns:
        Done, open or leased, and whether it is in the random part.
    """
    return [
        (int(done), int(rest), bool(is_sampled))
        for done, rest, is_sampled in unit.all(
            "SELECT sum(CASE WHEN s.state = 2 THEN 1 ELSE 0 END), "
            "sum(CASE WHEN s.state < 2 THEN 1 ELSE 0 END), t.sampled "
            "FROM task t JOIN slot s ON s.task_id = t.id WHERE t.queue = :queue "
            "AND t.frozen = 0 AND t.role = 'work' AND s.surplus = 0 "
            "AND s.purpose IN ('first', 'open') GROUP BY t.id, t.sampled "
            "HAVING sum(CASE WHEN s.state < 2 THEN 1 ELSE 0 END) > 0 ORDER BY t.id",
            queue=queue,
        )
    ]
