"""Work as one person sees it: done, left, passed on, flagged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjudge.domain.routing import REPEAT_GAP
from adjudge.storage import lineages
from adjudge.storage.claims import ELIGIBLE, EXPERT, LABELS, LANGUAGE
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from adjudge.storage.claims import Claimant
    from adjudge.storage.engine.store import Unit

EMPTY_REASONS = (
    "done_by_you",
    "passed_on_by_you",
    "held_by_others",
    "complete",
    "frozen",
    "other_language",
    "needs_expert",
    "needs_opt_in",
    "capped_today",
    "open_to_you",
)
COUNT_LIMIT = 10_000  # counting on would cost more than it tells

_OPTED_IN = (
    "(SELECT 1 FROM {each t.labels} WHERE {value} NOT IN "
    "(SELECT o.label FROM opt_in o WHERE o.person = :who) LIMIT 1) IS NULL"
)
_NOT_MINE = (
    "(SELECT 1 FROM slot m WHERE m.annotator = :who AND m.task_id = s.task_id "
    "LIMIT 1) IS NULL AND (SELECT 1 FROM skip k WHERE k.annotator = :who "
    "AND k.task_id = s.task_id) IS NULL"
)


def progress(
    unit: Unit, claimant: Claimant, *, gold_rate: float, repeat_rate: float
) -> tuple[int, int]:
    """Count what a person has done in a queue, and about what is left for them.

    Hidden gold and silent repeats come on top of what is open. Were they not counted
    before they come, the number left would stand still whenever one was done, and
    tell it apart from work. So what is to be expected of them is counted from the
    beginning, and one that comes takes one away like any other task.
    """
    first, hidden, others, held, golden, asked = _counted(unit, claimant)
    done = first + hidden + others
    open_now = _open_to(unit, claimant) + asked
    if open_now >= COUNT_LIMIT:
        return done, COUNT_LIMIT
    work = first + held + open_now
    share = max(0.1, 1.0 - gold_rate - repeat_rate)
    expected = min(golden, round(work * gold_rate / share))
    # A repeat is of something long ago, and of everything once at most.
    expected += min(max(0, work - REPEAT_GAP), round(work * repeat_rate / share))
    at_least = held or min(1, open_now)
    return done, max(work + expected - first - hidden, at_least)


def _counted(unit: Unit, claimant: Claimant) -> tuple[int, ...]:
    """Count a person's slots by what they are for, and the queue's gold.

    What they are asked to judge again has no slot before it is taken.
    """
    return tuple(
        unit.one(
            "SELECT count(CASE WHEN state = 2 AND purpose = 'first' THEN 1 END), "
            "count(CASE WHEN state = 2 AND purpose IN ('gold', 'repeat') THEN 1 END), "
            "count(CASE WHEN state = 2 AND purpose NOT IN ('first', 'gold', 'repeat') "
            "THEN 1 END), "
            "count(CASE WHEN state = 1 AND purpose NOT IN ('gold', 'repeat') "
            "THEN 1 END), "
            "(SELECT count(*) FROM task WHERE queue = :queue AND role = 'gold'), "
            "(SELECT count(*) FROM turn u JOIN task t ON t.id = u.task_id "
            "WHERE u.queue = :queue AND u.annotator = :who AND u.state = 0 "
            "AND u.purpose = 'rejudge' AND t.frozen = 0) "
            "FROM slot WHERE annotator = :who AND queue = :queue",
            who=claimant.who,
            queue=claimant.queue,
        )
        or ()
    )


def _open_to(unit: Unit, claimant: Claimant) -> int:
    """Count tasks with an open slot, and training, of which everybody gets all."""
    row = unit.one(
        "SELECT count(*) FROM (SELECT DISTINCT s.task_id FROM slot s "
        f"WHERE s.queue = :queue AND s.state = 0 AND {_NOT_MINE} "
        f"AND (SELECT 1 FROM task t WHERE t.id = s.task_id AND {ELIGIBLE}) IS NOT NULL "
        "LIMIT :limit) x",
        **claimant.person(),
        limit=COUNT_LIMIT,
    )
    lessons = unit.one(
        "SELECT count(*) FROM task t WHERE t.queue = :queue AND t.role = 'training' "
        f"AND {ELIGIBLE} AND (SELECT 1 FROM slot m WHERE m.annotator = :who "
        "AND m.task_id = t.id LIMIT 1) IS NULL AND (SELECT 1 FROM skip k "
        "WHERE k.annotator = :who AND k.task_id = t.id) IS NULL",
        **claimant.person(),
    )
    return (int(row[0]) if row else 0) + (int(lessons[0]) if lessons else 0)


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
            insert("text", conflict="DO NOTHING"),
            id=text_id,
            body=note,
            erased_at=None,
        )
    unit.run(
        insert("skip", conflict="DO NOTHING"),
        annotator=who,
        task_id=task_id,
        code=code,
        text_id=text_id,
        seconds=seconds,
        at=at,
    )


def is_used(unit: Unit, task_id: int) -> bool:
    """Tell whether a result of the task was adjudicated or exported."""
    found = unit.one(
        "SELECT comparison_id, EXISTS (SELECT 1 FROM adjudication "
        "WHERE task_id = :task_id) FROM task WHERE id = :task_id",
        task_id=task_id,
    )
    if found is None:
        return False
    comparison, is_adjudicated = found
    return bool(is_adjudicated) or (
        comparison is not None and lineages.is_exported(unit, comparison)
    )


def pass_to_experts(unit: Unit, task_id: int) -> None:
    """Let only people with expertise in its topic get a task from now on."""
    unit.run("UPDATE task SET needs_expert = 1 WHERE id = :id", id=task_id)


def why_empty(unit: Unit, claimant: Claimant) -> dict[str, int]:
    """Count a queue's tasks by the first thing that keeps them from this person."""
    reasons = unit.all(
        "SELECT why, count(*) FROM (SELECT CASE "
        "WHEN (SELECT 1 FROM slot m WHERE m.annotator = :who AND m.task_id = t.id "
        "LIMIT 1) IS NOT NULL THEN 'done_by_you' "
        "WHEN (SELECT 1 FROM skip k WHERE k.annotator = :who AND k.task_id = t.id) "
        "IS NOT NULL THEN 'passed_on_by_you' "
        "WHEN t.frozen = 1 THEN 'frozen' "
        # Everybody gets every task of a training; it has no open slots.
        "WHEN t.role <> 'training' AND "
        "(SELECT 1 FROM slot s WHERE s.task_id = t.id AND s.state = 0 LIMIT 1) "
        "IS NULL THEN CASE WHEN (SELECT 1 FROM slot s WHERE s.task_id = t.id "
        "AND s.state = 1 LIMIT 1) IS NOT NULL THEN 'held_by_others' "
        "ELSE 'complete' END "
        f"WHEN NOT ({LANGUAGE}) THEN 'other_language' "
        f"WHEN NOT ({EXPERT}) THEN 'needs_expert' "
        f"WHEN NOT ({LABELS}) THEN CASE WHEN {_OPTED_IN} THEN 'capped_today' "
        "ELSE 'needs_opt_in' END "
        "ELSE 'open_to_you' END AS why "
        # Gold that was done is work that was done; what is to come, nobody knows.
        "FROM task t WHERE t.queue = :queue AND (t.role <> 'gold' OR "
        "(SELECT 1 FROM slot g WHERE g.annotator = :who AND g.task_id = t.id "
        "LIMIT 1) IS NOT NULL)) x GROUP BY why",
        **claimant.person(),
    )
    found = {str(why): int(n) for why, n in reasons}
    # A silent repeat is one more task to whoever did it, and no other one.
    repeats = unit.one(
        "SELECT count(*) FROM slot WHERE queue = :queue AND annotator = :who "
        "AND state = 2 AND purpose = 'repeat'",
        queue=claimant.queue,
        who=claimant.who,
    )
    if repeats and repeats[0]:
        found["done_by_you"] = found.get("done_by_you", 0) + int(repeats[0])
    return {"tasks": sum(found.values())} | {
        name: found[name] for name in EMPTY_REASONS if name in found
    }
