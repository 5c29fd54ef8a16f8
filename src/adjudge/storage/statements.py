"""What somebody worked in a month, and the lines of it that stand for good."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.pay import HARM_SKIP, Kind, Line, Work
from adjudge.domain.record import canonical
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.storage.engine.store import Unit


# --- what was done --------------------------------------------------
def works(unit: Unit, who: str, since: str, until: str) -> list[Work]:
    """Load everything a person did between two days, the second one left out."""
    return [
        *_judgments(unit, who, since, until),
        *_rewrites(unit, who, since, until),
        *_skips(unit, who, since, until),
        *_reviews(unit, who, since, until),
    ]


def _judgments(unit: Unit, who: str, since: str, until: str) -> Iterable[Work]:
    rows = unit.all(
        "SELECT j.id, j.task_id, j.occasion, j.revision, t.queue, t.role, "
        "j.received_at, j.at, j.seconds, j.clock, j.import_id, "
        "coalesce(s.late, 0), coalesce(s.surplus, 0), "
        "(SELECT 1 FROM slot o WHERE o.annotator = j.annotator "
        "AND o.task_id = j.task_id AND o.occasion = j.occasion AND o.state = 2), "
        "(SELECT max(1) FROM review r JOIN judgment b ON b.id = r.judgment_id "
        "WHERE r.state = 'returned' AND b.task_id = j.task_id "
        "AND b.annotator = j.annotator AND b.occasion = j.occasion "
        "AND b.revision < j.revision) "
        "FROM judgment j JOIN task t ON t.id = j.task_id "
        "LEFT JOIN import i ON i.id = j.import_id "
        "LEFT JOIN slot s ON s.task_id = j.task_id AND s.judgment_id = j.id "
        "WHERE j.annotator = :who AND coalesce(i.state, 'done') = 'done' "
        "AND CASE WHEN j.import_id IS NULL THEN j.received_at "
        "ELSE coalesce(j.at, j.received_at) END >= :since "
        "AND CASE WHEN j.import_id IS NULL THEN j.received_at "
        "ELSE coalesce(j.at, j.received_at) END < :until ORDER BY j.id",
        who=who,
        since=since,
        until=until,
    )
    for row in rows:
        clock = orjson.loads(row[9])
        imported = row[10] is not None
        active = float(row[8] or 0)
        research = float(clock.get("research", 0))
        idle = float(clock.get("idle", 0))
        yield Work(
            id=row[0],
            kind=_kind(row[5], row[3], imported=imported),
            task_id=row[1],
            occasion=row[2],
            queue=row[4],
            at=(row[7] or row[6]) if imported else row[6],
            active=active,
            idle=idle,
            research=research,
            wall=float(clock.get("wall", 0)) or active + idle + research,
            late=bool(row[11]),
            surplus=bool(row[12]),
            stands=bool(row[13]),
            was_returned=bool(row[14]),
        )


def _rewrites(unit: Unit, who: str, since: str, until: str) -> Iterable[Work]:
    """Load what a person wrote; what a reviewer made of it is the reviewer's work."""
    when = (
        "CASE WHEN w.import_id IS NULL THEN w.received_at "
        "ELSE coalesce(w.at, w.received_at) END"
    )
    rows = unit.all(
        f"SELECT w.id, r.task_id, w.revision, t.queue, {when}, w.seconds, w.import_id, "
        "coalesce(s.late, w.late), coalesce(s.surplus, w.surplus), "
        "(SELECT max(1) FROM slot o WHERE o.annotator = w.annotator "
        "AND o.task_id = r.task_id AND o.state = 2), "
        "(SELECT max(1) FROM rewrite b JOIN rewrite_review v ON v.rewrite_id = b.id "
        "WHERE v.state = 'returned' AND b.rewrite_task = w.rewrite_task "
        "AND b.annotator = w.annotator AND b.revision < w.revision) "
        "FROM rewrite w JOIN rewrite_task r ON r.id = w.rewrite_task "
        "JOIN task t ON t.id = r.task_id LEFT JOIN import i ON i.id = w.import_id "
        "LEFT JOIN slot s ON s.task_id = r.task_id AND s.judgment_id = w.id "
        "WHERE w.annotator = :who AND w.fixed_by IS NULL "
        "AND coalesce(i.state, 'done') = 'done' "
        f"AND {when} >= :since AND {when} < :until ORDER BY w.id",
        who=who,
        since=since,
        until=until,
    )
    for row in rows:
        imported = row[6] is not None
        yield Work(
            id=row[0],
            kind=_kind("work", row[2], imported=imported),
            task_id=row[1],
            occasion=0,
            queue=row[3],
            at=row[4],
            active=float(row[5] or 0),
            late=bool(row[7]),
            surplus=bool(row[8]),
            stands=bool(row[9]),
            was_returned=bool(row[10]),
        )


def _kind(role: str, revision: int, *, imported: bool) -> Kind:
    if imported:
        return "imported"
    if role == "training":
        return "training"
    return "work" if revision == 1 else "rework"


def _skips(unit: Unit, who: str, since: str, until: str) -> Iterable[Work]:
    rows = unit.all(
        "SELECT k.task_id, t.queue, k.at, k.seconds, k.code FROM skip k "
        "JOIN task t ON t.id = k.task_id WHERE k.annotator = :who "
        "AND k.at >= :since AND k.at < :until ORDER BY k.at, k.task_id",
        who=who,
        since=since,
        until=until,
    )
    for task_id, queue, at, seconds, code in rows:
        yield Work(
            id=f"skip:{who}:{task_id}",
            kind="skip",
            task_id=task_id,
            occasion=0,
            queue=queue,
            at=at,
            active=float(seconds or 0),
            is_harm=code == HARM_SKIP,
        )


def _reviews(unit: Unit, who: str, since: str, until: str) -> Iterable[Work]:
    rows = unit.all(
        "SELECT r.judgment_id, j.task_id, r.queue, r.at, r.seconds FROM review r "
        "JOIN judgment j ON j.id = r.judgment_id WHERE r.reviewer = :who "
        "AND r.at >= :since AND r.at < :until UNION ALL "
        "SELECT v.rewrite_id, k.task_id, v.queue, v.at, v.seconds "
        "FROM rewrite_review v JOIN rewrite w ON w.id = v.rewrite_id "
        "JOIN rewrite_task k ON k.id = w.rewrite_task WHERE v.reviewer = :who "
        "AND v.import_id IS NULL AND w.fixed_by IS NULL "
        "AND v.at >= :since AND v.at < :until ORDER BY 4, 1",
        who=who,
        since=since,
        until=until,
    )
    for n, (judgment, task_id, queue, at, seconds) in enumerate(rows):
        yield Work(
            id=f"review:{judgment}",
            kind="review",
            task_id=task_id,
            occasion=n,  # one line a review
            queue=queue,
            at=at,
            active=float(seconds or 0),
        )


# --- lines that stand --------------------------------------------------
_LINE = (
    "l.line, l.kind, l.queue, l.at, l.tasks, l.active, l.idle, l.research, l.training, "
    "l.review, l.paid_seconds, l.amount, l.currency, l.late, l.surplus, l.corrects, "
    "x.body, l.events"
)


def lines(unit: Unit, who: str, month: str) -> list[Line]:
    """Load the lines of a month that stand for good, in the order they were added."""
    rows = unit.all(
        f"SELECT {_LINE} FROM statement_line l LEFT JOIN text x ON x.id = l.why_id "
        "WHERE l.person = :who AND l.month = :month "
        "ORDER BY CASE WHEN l.kind = 'correction' THEN 1 ELSE 0 END, l.at, l.line",
        who=who,
        month=month,
    )
    return [_read(row) for row in rows]


def _read(row: tuple[Any, ...]) -> Line:
    return Line(
        id=row[0],
        kind=row[1],
        queue=row[2],
        at=row[3],
        tasks=row[4],
        active=row[5],
        idle=row[6],
        research=row[7],
        training=row[8],
        review=row[9],
        paid_seconds=row[10],
        amount=Decimal(row[11]) if row[11] is not None else None,
        currency=row[12],
        late=bool(row[13]),
        surplus=bool(row[14]),
        corrects=row[15],
        why=row[16],
        state="locked",
        events=tuple(orjson.loads(row[17])),
    )


def add_lines(
    unit: Unit, who: str, month: str, found: Iterable[Line], *, by: str, at: str
) -> None:
    """Let lines stand for good."""
    for line in found:
        why_id = f"statement:{who}:{month}:{line.id}" if line.why else None
        if why_id:
            unit.run(insert("text"), id=why_id, body=line.why, erased_at=None)
        unit.run(
            insert("statement_line"),
            person=who,
            month=month,
            line=line.id,
            kind=line.kind,
            queue=line.queue,
            at=line.at,
            tasks=line.tasks,
            active=line.active,
            idle=line.idle,
            research=line.research,
            training=line.training,
            review=line.review,
            paid_seconds=line.paid_seconds,
            amount=str(line.amount) if line.amount is not None else None,
            currency=line.currency,
            late=int(line.late),
            surplus=int(line.surplus),
            corrects=line.corrects,
            why_id=why_id,
            events=canonical(list(line.events)).decode(),
            by_person=by,
            added_at=at,
        )


# --- what was said of them --------------------------------------------------
@dataclass(frozen=True)
class StatementAct:
    """Somebody locked, acknowledged, disputed or answered.

    Attributes:
        digest: Of the lines that were meant.
    """

    id: str
    kind: str
    by: str
    at: str
    line: str | None = None
    why: str | None = None
    digest: str | None = None


def add_act(unit: Unit, who: str, month: str, act: StatementAct) -> None:
    """Keep what somebody said of a statement."""
    text_id = f"statement_act:{act.id}" if act.why else None
    if text_id:
        unit.run(insert("text"), id=text_id, body=act.why, erased_at=None)
    unit.run(
        insert("statement_act"),
        id=act.id,
        person=who,
        month=month,
        kind=act.kind,
        line=act.line,
        text_id=text_id,
        digest=act.digest,
        by_person=act.by,
        at=act.at,
    )


def acts(unit: Unit, who: str, month: str) -> list[StatementAct]:
    """Load what was said of a statement, in order."""
    rows = unit.all(
        "SELECT a.id, a.kind, a.by_person, a.at, a.line, x.body, a.digest "
        "FROM statement_act a LEFT JOIN text x ON x.id = a.text_id "
        "WHERE a.person = :who AND a.month = :month ORDER BY a.at, a.id",
        who=who,
        month=month,
    )
    return [StatementAct(*row) for row in rows]


# --- the trace of a line --------------------------------------------------
def trace(unit: Unit, events: Iterable[str]) -> list[dict[str, Any]]:
    """Tell what a line was made of, as the store keeps it; for leads only."""
    rows = unit.all(
        "SELECT j.id, j.comparison_id, t.role, j.occasion, j.revision, j.received_at, "
        "j.seconds, j.clock, j.source FROM judgment j JOIN task t ON t.id = j.task_id "
        "WHERE j.id IN {among ids} ORDER BY j.received_at, j.id",
        ids=canonical(list(events)).decode(),
    )
    names = ("judgment", "comparison", "role", "occasion", "revision", "received_at")
    return [
        {
            **dict(zip(names, row[:6], strict=True)),
            "seconds": row[6],
            **orjson.loads(row[7]),
            "source": row[8],
        }
        for row in rows
    ]
