"""Appeals against what became of a judgment, and their answers; only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Appeal:
    """Somebody holds that their judgment was right.

    Attributes:
        about: What was decided on it, as leads see it: gold, adjudicated, returned,
            withdrawn; ``judged`` where nothing was.
        why: The person's words; ``None`` once they were erased.
        outcome: ``granted`` or ``refused``; ``None`` while it is open.
        answer: The lead's words.
    """

    id: str
    judgment: str
    queue: str
    comparison: str
    by: str
    at: str
    about: str
    why: str | None
    outcome: str | None = None
    answer: str | None = None
    answered_by: str | None = None
    answered_at: str | None = None


def add(unit: Unit, *, id: str, judgment: str, by: str, why: str, at: str) -> None:
    """Add an appeal."""
    text_id = f"appeal:{id}"
    unit.run(insert("text"), id=text_id, body=why, erased_at=None)
    unit.run(
        insert("appeal"),
        id=id,
        judgment_id=judgment,
        by_person=by,
        text_id=text_id,
        at=at,
    )


def answer(unit: Unit, id: str, *, outcome: str, words: str, by: str, at: str) -> bool:
    """Add the answer; ``False`` if there is one."""
    text_id = f"appeal-answer:{id}"
    done = unit.run(
        insert("appeal_answer", conflict="DO NOTHING"),
        appeal_id=id,
        outcome=outcome,
        text_id=text_id,
        by_person=by,
        at=at,
    )
    if done == 1:
        unit.run(insert("text"), id=text_id, body=words, erased_at=None)
    return done == 1


def open_on(unit: Unit, judgment: str) -> str | None:
    """Find the appeal on a judgment that nobody has answered."""
    row = unit.one(
        "SELECT a.id FROM appeal a WHERE a.judgment_id = :judgment AND NOT EXISTS "
        "(SELECT 1 FROM appeal_answer w WHERE w.appeal_id = a.id)",
        judgment=judgment,
    )
    return row[0] if row else None


_ABOUT = (
    "CASE WHEN t.role = 'gold' THEN 'gold' "
    "WHEN EXISTS (SELECT 1 FROM adjudication d WHERE d.task_id = t.id) "
    "THEN 'adjudicated' "
    "WHEN EXISTS (SELECT 1 FROM review r WHERE r.judgment_id = j.id "
    "AND r.state = 'returned') THEN 'returned' "
    "WHEN EXISTS (SELECT 1 FROM withdrawal v WHERE v.judgment_id = j.id "
    "AND v.by_person <> j.annotator) THEN 'withdrawn' ELSE 'judged' END"
)


def listed(
    unit: Unit, *, id: str | None = None, by: str | None = None, everything: bool = True
) -> list[Appeal]:
    """List appeals, oldest first.

    Args:
        unit: The unit of work.
        id: Only this one.
        by: Only this person's.
        everything: Those that were answered, too.
    """
    which = ["1 = 1"] if everything else ["w.appeal_id IS NULL"]
    values = {}
    if id is not None:
        which.append("a.id = :id")
        values["id"] = id
    if by is not None:
        which.append("a.by_person = :by")
        values["by"] = by
    rows = unit.all(
        "SELECT a.id, j.id, t.queue, j.comparison_id, a.by_person, a.at, "
        f"{_ABOUT}, x.body, w.outcome, y.body, w.by_person, w.at FROM appeal a "
        "JOIN judgment j ON j.id = a.judgment_id JOIN task t ON t.id = j.task_id "
        "JOIN text x ON x.id = a.text_id "
        "LEFT JOIN appeal_answer w ON w.appeal_id = a.id "
        "LEFT JOIN text y ON y.id = w.text_id "
        f"WHERE {' AND '.join(which)} ORDER BY a.at, a.id",
        **values,
    )
    return [Appeal(*row) for row in rows]


def newest_of(unit: Unit, comparison: str, who: str) -> str | None:
    """Find somebody's newest judgment of a comparison."""
    row = unit.one(
        "SELECT id FROM judgment WHERE comparison_id = :comparison "
        "AND annotator = :who ORDER BY received_at DESC, id DESC LIMIT 1",
        comparison=comparison,
        who=who,
    )
    return row[0] if row else None
