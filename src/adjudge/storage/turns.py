"""Second looks: withdrawals, reopen requests, rejudgments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Standing:
    """A standing judgment that a lead selected."""

    judgment_id: str
    task_id: int
    annotator: str
    occasion: int


WHERE: dict[str, str] = {
    "annotator": "j.annotator = :annotator",
    "guideline": "j.guideline = :guideline",
    "batch": "t.batch = :batch",
    "topic": "t.topic = :topic",
    "comparison": "t.comparison_id = :comparison",
    "judgment": "j.id = :judgment",
    "before": "j.received_at < :before",
    "after": "j.received_at >= :after",
}


def select(unit: Unit, queue: str, chosen: dict[str, str]) -> list[Standing]:
    """Select standing judgments of a queue's work by an allow-list of keys."""
    which = "".join(f" AND {WHERE[key]}" for key in sorted(chosen))
    rows = unit.all(
        "SELECT j.id, j.task_id, j.annotator, s.occasion FROM slot s "
        "JOIN judgment j ON j.id = s.judgment_id JOIN task t ON t.id = s.task_id "
        "WHERE s.queue = :queue AND s.state = 2 AND t.role = 'work' "
        f"AND s.purpose IN ('first', 'rejudge'){which} ORDER BY j.id",
        queue=queue,
        **chosen,
    )
    return [Standing(*row) for row in rows]


def invite(
    unit: Unit,
    *,
    task_id: int,
    who: str,
    occasion: int,
    queue: str,
    purpose: str,
    why: str | None,
    by: str,
    at: str,
) -> None:
    """Let a task wait for one person; asked again, it waits again."""
    unit.run(
        insert(
            "turn",
            conflict="(task_id, annotator, occasion) DO UPDATE SET state = 0, "
            "why = excluded.why, by_person = excluded.by_person, at = excluded.at",
        ),
        task_id=task_id,
        annotator=who,
        occasion=occasion,
        queue=queue,
        purpose=purpose,
        state=0,
        why=why,
        by_person=by,
        at=at,
    )


def next_rejudge(unit: Unit, task_id: int, who: str) -> int:
    """Number the next rejudgment of a task by a person: 2, 4, …, sides as at first."""
    row = unit.one(
        "SELECT max(o) FROM (SELECT max(occasion) AS o FROM slot WHERE "
        "task_id = :task_id AND annotator = :who UNION ALL SELECT max(occasion) "
        "FROM turn WHERE task_id = :task_id AND annotator = :who) x",
        task_id=task_id,
        who=who,
    )
    last = int(row[0] or 0) if row else 0
    return last + 2 - last % 2


def why_back(unit: Unit, task_id: int, who: str, occasion: int) -> str | None:
    """Tell why a task came back to a person."""
    row = unit.one(
        "SELECT why FROM turn WHERE task_id = :task_id AND annotator = :who "
        "AND occasion = :occasion",
        task_id=task_id,
        who=who,
        occasion=occasion,
    )
    return row[0] if row else None


def withdraw(
    unit: Unit, judgment_id: str, *, by: str, why: str | None, at: str
) -> None:
    """Note that a judgment was taken back; it is kept and counts no more."""
    unit.run(
        insert("withdrawal", conflict="DO NOTHING"),
        judgment_id=judgment_id,
        by_person=by,
        why=why,
        at=at,
    )


def ask(unit: Unit, judgment_id: str, *, by: str, at: str) -> None:
    """Note that somebody asks to take up a judgment whose result was used."""
    unit.run(
        insert("reopen_request", conflict="DO NOTHING"),
        judgment_id=judgment_id,
        by_person=by,
        at=at,
        state="open",
        answer=None,
    )


def answer(unit: Unit, judgment_id: str, *, state: str) -> None:
    """Answer a reopen request."""
    unit.run(
        "UPDATE reopen_request SET state = :state WHERE judgment_id = :id "
        "AND state = 'open'",
        id=judgment_id,
        state=state,
    )


def requests(unit: Unit, queue: str) -> list[dict[str, Any]]:
    """List open reopen requests of a queue."""
    return [
        {"judgment": id, "by": by, "at": at, "comparison": comparison}
        for id, by, at, comparison in unit.all(
            "SELECT r.judgment_id, r.by_person, r.at, j.comparison_id "
            "FROM reopen_request r JOIN judgment j ON j.id = r.judgment_id "
            "JOIN task t ON t.id = j.task_id "
            "WHERE t.queue = :queue AND r.state = 'open' ORDER BY r.at, 1",
            queue=queue,
        )
    ]


def stands_still(unit: Unit, task_id: int) -> bool:
    """Tell whether an incident holds a task."""
    row = unit.one("SELECT frozen FROM task WHERE id = :id", id=task_id)
    return bool(row and row[0])
