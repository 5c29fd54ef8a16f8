"""Judgments: added, superseded, never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from adjudge.domain.conversation import places_of, tiers_of
from adjudge.domain.judging import Judgment
from adjudge.domain.record import canonical, digest
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from adjudge.domain.ids import JudgmentId, ResponseId
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Stored:
    """A judgment with where it came to stand.

    Attributes:
        clock: Wall, idle and research seconds, and the share of the text seen.
        content_digest: What ``content_digest`` gives, where it is known already.
    """

    judgment: Judgment
    task_id: int
    revision: int = 1
    supersedes: str | None = None
    late: bool = False
    surplus: bool = False
    judged_digest: str = ""
    clock: dict[str, float] = field(default_factory=dict)
    content_digest: str = ""
    batch: str | None = None


class Known(NamedTuple):
    """A judgment that stands in the way of one that comes in."""

    id: str
    content_digest: str
    revision: int


def add(
    unit: Unit, stored: Stored, ids: tuple[ResponseId, ...], *, received_at: str
) -> None:
    """Add a judgment; whether it stands is for its slot to say.

    Args:
        unit: The unit of work.
        stored: The judgment, which has an id.
        ids: The responses of its comparison in file order.
        received_at: When it reached the store.
    """
    if stored.judgment.note:
        unit.run(insert("text"), **_note(stored))
    came = {"received_at": received_at, "import_id": None, "line": 0}
    unit.run(insert("judgment"), **row(stored, ids, **came))


def add_imported(
    unit: Unit,
    stored: Sequence[tuple[Stored, tuple[ResponseId, ...], int]],
    *,
    received_at: str,
    import_id: str,
) -> int:
    """Add judgments of an import; give how many are new.

    Args:
        unit: The unit of work.
        stored: Judgments, the responses of their comparisons in file order, and
            their lines in the file.
        received_at: When they reached the store.
        import_id: Nothing of it can be seen until the import is published.
    """
    unit.load("text", [_note(s) for s, _, _ in stored if s.judgment.note])
    came = {"received_at": received_at, "import_id": import_id}
    return unit.load(
        "judgment",
        (row(s, places, **came, line=line) for s, places, line in stored),
    )


@lru_cache(maxsize=1024)
def _order(shown: tuple[ResponseId, ...], ids: tuple[ResponseId, ...]) -> str:
    return ",".join([str(ids.index(r)) for r in shown])


def _note(stored: Stored) -> dict[str, Any]:
    id = f"note:{stored.judgment.id}"
    return {"id": id, "body": stored.judgment.note, "erased_at": None}


def row(
    stored: Stored, ids: tuple[ResponseId, ...], **came: str | int | None
) -> dict[str, Any]:
    """Write the columns that the judgment decides, and those of how it came."""
    judgment = stored.judgment
    shown = judgment.shown
    return {
        "id": judgment.id,
        "task_id": stored.task_id,
        "comparison_id": judgment.comparison,
        "annotator": judgment.annotator,
        "occasion": judgment.occasion,
        "revision": stored.revision,
        "supersedes": stored.supersedes,
        "ranking": places_of(judgment.ranking, ids),
        "margin": judgment.margin,
        "none_acceptable": int(judgment.none_acceptable),
        "reasons": _written(judgment.reasons),
        "ratings": _written(judgment.ratings),
        "note_id": f"note:{judgment.id}" if judgment.note else None,
        "shown": _order(shown, ids) if shown else None,
        "seconds": judgment.seconds,
        "guideline": judgment.guideline,
        "at": judgment.at,
        "source": judgment.source,
        "judged_digest": stored.judged_digest,
        "content_digest": stored.content_digest or content_digest(judgment),
        "clock": _written(stored.clock),
        "meta": _written(judgment.meta),
        **came,
    }


def _written(value: dict[str, Any]) -> str:
    return canonical(value).decode() if value else "{}"


def content_digest(judgment: Judgment) -> str:
    """Hash what a judgment says, its id apart."""
    return digest(judgment.content())


def known_ids(unit: Unit, ids: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Find which ids stand in the store, with the hash of their content and task."""
    rows = unit.all(
        "SELECT id, content_digest, task_id FROM judgment WHERE id IN {among ids}",
        ids=canonical(list(ids)).decode(),
    )
    return {id: (digest, task_id) for id, digest, task_id in rows}


def newest(unit: Unit, task_ids: Iterable[int]) -> dict[tuple[int, str, int], Known]:
    """Find the newest judgment of every (task, annotator, occasion) of these tasks."""
    rows = unit.all(
        "SELECT task_id, annotator, occasion, id, content_digest, revision "
        "FROM judgment WHERE task_id IN {among numbers ids} "
        "ORDER BY task_id, annotator, occasion, revision",
        ids=canonical(sorted(set(task_ids))).decode(),
    )
    return {(task, who, occasion): Known(*rest) for task, who, occasion, *rest in rows}


def newest_of(unit: Unit, task_id: int, who: str, occasion: int) -> Known | None:
    """Find the newest judgment of one person on one occasion, standing or not."""
    row = unit.one(
        "SELECT id, content_digest, revision FROM judgment WHERE task_id = :task_id "
        "AND annotator = :who AND occasion = :occasion ORDER BY revision DESC LIMIT 1",
        task_id=task_id,
        who=who,
        occasion=occasion,
    )
    return Known(*row) if row else None


def find(unit: Unit, id: str) -> Stored | None:
    """Load one judgment."""
    return next(iter(_load(unit, "j.id = :id", id=id)), None)


def of_comparison(
    unit: Unit, comparison: str, queue: str | None = None
) -> list[Stored]:
    """Load the standing judgments of a comparison."""
    which = "j.comparison_id = :comparison AND s.slot IS NOT NULL"
    values = {"comparison": comparison}
    if queue:
        which, values = which + " AND t.queue = :queue", {**values, "queue": queue}
    return _load(unit, which, **values)


def by_ids(unit: Unit, ids: Iterable[str]) -> list[Stored]:
    """Load judgments by id, in the order of their ids."""
    return _load(unit, "j.id IN {among ids}", ids=canonical(list(ids)).decode())


def last_of(unit: Unit, queue: str, who: str, limit: int) -> list[Stored]:
    """Load what somebody submitted last in a queue, newest first."""
    return _load(
        unit,
        "t.queue = :queue AND j.annotator = :who AND s.slot IS NOT NULL",
        order="j.received_at DESC, j.id DESC LIMIT :limit",
        queue=queue,
        who=who,
        limit=limit,
    )


_COLUMNS = (
    "j.id, j.task_id, j.comparison_id, j.annotator, j.occasion, j.revision, "
    "j.supersedes, j.ranking, j.margin, j.none_acceptable, j.reasons, j.ratings, "
    "n.body, j.shown, j.seconds, j.guideline, j.at, j.source, j.meta, "
    "j.judged_digest, j.clock, c.response_ids, s.late, s.surplus, t.batch"
)
_FROM = (
    "FROM judgment j JOIN comparison c ON c.id = j.comparison_id "
    "JOIN task t ON t.id = j.task_id LEFT JOIN text n ON n.id = j.note_id "
    "LEFT JOIN slot s ON s.task_id = j.task_id AND s.judgment_id = j.id "
)


def _load(
    unit: Unit, which: str, *, order: str = "j.id", **values: Any
) -> list[Stored]:
    rows = unit.all(
        f"SELECT {_COLUMNS} {_FROM} WHERE {which} ORDER BY {order}", **values
    )
    return [_stored(row) for row in rows]


def _stored(row: tuple[Any, ...]) -> Stored:
    ids = tuple(orjson.loads(row[21]))
    shown = tuple(ids[int(p)] for p in row[13].split(",")) if row[13] else None
    judgment = Judgment.model_construct(
        id=row[0],
        comparison=row[2],
        annotator=row[3],
        occasion=row[4],
        ranking=tiers_of(row[7], ids),
        margin=row[8],
        none_acceptable=bool(row[9]),
        reasons={k: tuple(v) for k, v in orjson.loads(row[10]).items()},
        ratings=orjson.loads(row[11]),
        note=row[12],
        shown=shown,
        seconds=row[14],
        guideline=row[15],
        at=row[16],
        source=row[17],
        meta=orjson.loads(row[18]),
    )
    return Stored(
        judgment=judgment,
        task_id=row[1],
        revision=row[5],
        supersedes=row[6],
        judged_digest=row[19],
        clock=orjson.loads(row[20]),
        late=bool(row[22]),
        surplus=bool(row[23]),
        batch=row[24],
    )


class Ballot(NamedTuple):
    """A standing judgment, short: what counting needs and no more.

    Attributes:
        ranking: Tiers by place in file order, for example ``1>0``.
    """

    comparison: str
    id: JudgmentId
    annotator: str
    ranking: str
    margin: int | None
    none_acceptable: int


# Comparison by comparison: SQLite then sorts the few judgments of one, not all of
# them in memory. PostgreSQL reads CROSS JOIN as it likes.
_WORK = (
    "FROM task t CROSS JOIN slot s CROSS JOIN judgment j "
    "WHERE t.queue = :queue AND t.role = 'work' AND s.task_id = t.id "
    "AND j.id = s.judgment_id AND s.state = 2 "
    "AND s.purpose IN ('first', 'rejudge') "
)


def ballots(unit: Unit, queue: str) -> Iterator[Ballot]:
    """Stream the standing judgments of a queue's work.

    Gold, repeats and training are not work; a rejudgment stands in for the
    judgment it repeats.
    """
    last: tuple[str, str] | None = None
    for row in unit.stream(
        "SELECT t.comparison_id, j.id, j.annotator, j.ranking, j.margin, "
        "j.none_acceptable "
        f"{_WORK} ORDER BY t.comparison_id, j.annotator, s.occasion DESC",
        queue=queue,
    ):
        key = (row[0], row[2])
        if key != last:
            yield Ballot._make(row)
        last = key


def publish(unit: Unit, import_id: str) -> tuple[int, int]:
    """Let the judgments of an import stand; give how many filled and were surplus.

    The newest of each (task, annotator, occasion) stands. A person's standing
    judgment is superseded in its slot; else the judgment fills an open slot of
    its task; else it is surplus.
    """
    unit.count_again("judgment", "slot", "task")
    _gather_fresh(unit, import_id)
    unit.run(
        "UPDATE slot SET judgment_id = f.id, state = 2, lease_until = NULL, "
        "token = NULL FROM fresh f WHERE slot.task_id = f.task_id "
        "AND slot.annotator = f.annotator AND slot.occasion = f.occasion"
    )
    # What stands has its slot; what is left waits for one.
    unit.run(
        "DELETE FROM fresh WHERE EXISTS (SELECT 1 FROM slot s WHERE "
        "s.annotator = fresh.annotator AND s.task_id = fresh.task_id "
        "AND s.occasion = fresh.occasion)"
    )
    waiting = (
        "waiting AS (SELECT f.*, row_number() OVER (PARTITION BY f.task_id "
        "ORDER BY f.line, f.id) AS place FROM fresh f WHERE f.occasion <of> 0)"
    )
    first = waiting.replace("<of>", "=")
    filled = unit.run(
        f"WITH {first}, free AS (SELECT s.task_id, s.slot, row_number() OVER "
        "(PARTITION BY s.task_id ORDER BY s.slot) AS place FROM slot s "
        "WHERE s.state = 0 AND s.task_id IN (SELECT task_id FROM fresh)) "
        "UPDATE slot SET state = 2, annotator = w.annotator, purpose = 'first', "
        "judgment_id = w.id FROM free f JOIN waiting w "
        "ON w.task_id = f.task_id AND w.place = f.place "
        # Somebody may have claimed the slot since it was found free.
        "WHERE slot.task_id = f.task_id AND slot.slot = f.slot AND slot.state = 0"
    )
    unit.run(
        "DELETE FROM fresh WHERE EXISTS (SELECT 1 FROM slot s WHERE "
        "s.annotator = fresh.annotator AND s.task_id = fresh.task_id "
        "AND s.occasion = fresh.occasion)"
    )
    extra = (
        "INSERT INTO slot (task_id, slot, queue, precedence, state, annotator, "
        "occasion, purpose, judgment_id, late, surplus) SELECT w.task_id, (SELECT "
        "coalesce(max(s.slot), -1) FROM slot s WHERE s.task_id = w.task_id) + w.place, "
        "t.queue, -t.priority, 2, w.annotator, w.occasion, <purpose>, w.id, 0, "
        "<surplus> FROM waiting w JOIN task t ON t.id = w.task_id WHERE t.role <where>"
    )
    beyond = extra.replace("<purpose>", "'first'").replace("<surplus>", "1")
    surplus = unit.run(
        f"WITH {first} {beyond.replace('<where>', '= :role')}", role="work"
    )
    other = extra.replace("<purpose>", "t.role").replace("<surplus>", "0")
    filled += unit.run(
        f"WITH {first} {other.replace('<where>', '<> :role')}", role="work"
    )
    repeat = extra.replace("<purpose>", "'repeat'").replace("<surplus>", "0")
    again = waiting.replace("<of>", ">")
    unit.run(f"WITH {again} {repeat.replace('<where>', '<> :role')}", role="")
    unit.run("DROP TABLE fresh")
    return filled, surplus


def _gather_fresh(unit: Unit, import_id: str) -> None:
    """Gather the newest judgments of an import once; five statements ask for them."""
    unit.run(
        "CREATE TEMP TABLE fresh (id TEXT NOT NULL, task_id BIGINT NOT NULL, "
        "annotator TEXT NOT NULL, occasion INTEGER NOT NULL, line INTEGER NOT NULL, "
        "PRIMARY KEY (task_id, annotator, occasion))"
        + (" WITHOUT ROWID" if not unit.is_postgres else "")
    )
    unit.run(
        "INSERT INTO fresh (id, task_id, annotator, occasion, line) "
        "SELECT j.id, j.task_id, j.annotator, j.occasion, j.line FROM judgment j "
        "WHERE j.import_id = :id AND NOT EXISTS (SELECT 1 FROM judgment l WHERE "
        "l.task_id = j.task_id AND l.annotator = j.annotator "
        "AND l.occasion = j.occasion AND l.revision > j.revision)",
        id=import_id,
    )
    unit.count_again("fresh")


def discard(unit: Unit, import_id: str) -> list[str]:
    """Forget the judgments of an unpublished import; name their authors."""
    names = unit.all(
        "SELECT DISTINCT annotator FROM judgment WHERE import_id = :id", id=import_id
    )
    unit.run(
        # On PostgreSQL only the owner of the tables may delete a judgment.
        "SELECT discard_judgments(:id)"
        if unit.is_postgres
        else "DELETE FROM judgment WHERE import_id = :id "
        "AND EXISTS (SELECT 1 FROM import i WHERE i.id = :id AND i.state = 'open')",
        id=import_id,
    )
    unit.run(
        "DELETE FROM text WHERE id LIKE 'note:%' "
        "AND NOT EXISTS (SELECT 1 FROM judgment j WHERE j.note_id = text.id)"
    )
    return [name for (name,) in names]
