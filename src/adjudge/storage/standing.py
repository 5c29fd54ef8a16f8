"""Pauses, clearances, opt-ins, and the history of what was decided about people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.record import canonical
from adjudge.domain.standing import Clearance, OptIn, PersonStanding, StandingStep
from adjudge.storage import queues
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit


_CLEARING = {"cleared", "uncleared", "qualified", "not_qualified"}


def of(unit: Unit, who: str, *, day: str) -> PersonStanding | None:
    """Load where a person stands.

    Args:
        unit: The unit of work.
        who: The person.
        day: The day, UTC, on which opt-ins are counted: 2026-01-31.
    """
    row = unit.one("SELECT state, state_why FROM person WHERE name = :who", who=who)
    if row is None:
        return None
    history = _history(unit, who)
    moves = [s for s in history if s.kind in {"paused", "resumed"}]
    return PersonStanding(
        name=who,
        state=row[0],
        why=row[1],
        since=moves[-1].at if moves else None,
        clearances=tuple(
            Clearance(label, until)
            for label, until in unit.all(
                "SELECT label, until FROM clearance WHERE person = :who ORDER BY label",
                who=who,
            )
        ),
        opt_ins=tuple(_opt_ins(unit, who, day)),
        history=history,
    )


def _history(unit: Unit, who: str) -> tuple[StandingStep, ...]:
    rows = unit.all(
        "SELECT kind, detail, why, by_person, at FROM person_step "
        "WHERE person = :who ORDER BY at, id",
        who=who,
    )
    return tuple(
        StandingStep(kind, orjson.loads(detail), why, by, at)
        for kind, detail, why, by, at in rows
    )


def step(
    unit: Unit,
    who: str,
    kind: str,
    detail: dict[str, Any],
    *,
    id: str,
    why: str | None,
    by: str,
    at: str,
) -> None:
    """Add to the history of what was decided about a person."""
    unit.run(
        insert("person_step"),
        id=id,
        person=who,
        kind=kind,
        detail=canonical(detail).decode(),
        why=why,
        by_person=by,
        at=at,
    )


def newest_read(unit: Unit, who: str, kind: str, guideline: str) -> int:
    """Find the newest version of a guideline that somebody said they read; 0: none."""
    found = details(unit, who, kind)
    read = (d["version"] for d in found if d["guideline"] == guideline)
    return max(read, default=0)


def details(unit: Unit, who: str, kind: str) -> list[dict[str, Any]]:
    """Give what was noted with every step of a kind, oldest first."""
    return [
        orjson.loads(detail)
        for (detail,) in unit.all(
            "SELECT detail FROM person_step WHERE person = :who AND kind = :kind "
            "ORDER BY at, id",
            who=who,
            kind=kind,
        )
    ]


def last_word(unit: Unit, who: str, label: str) -> StandingStep | None:
    """Find what was decided last about a person's clearance for a label."""
    steps = [
        step
        for step in _history(unit, who)
        if step.kind in _CLEARING and step.detail.get("label") == label
    ]
    return steps[-1] if steps else None


def set_state(unit: Unit, who: str, state: str, why: str | None) -> bool:
    """Pause or resume somebody; ``False`` if they are so already."""
    return (
        unit.run(
            "UPDATE person SET state = :state, state_why = :why WHERE name = :who "
            "AND (state <> :state OR coalesce(state_why, '') <> coalesce(:why, ''))",
            who=who,
            state=state,
            why=why,
        )
        == 1
    )


# --- clearances ------------------------------------------------------------------
def clear(unit: Unit, who: str, label: str, until: str | None) -> None:
    """Clear a person for a label; a later word counts."""
    unit.run(
        insert(
            "clearance",
            conflict="(person, label) DO UPDATE SET until = excluded.until",
        ),
        person=who,
        label=label,
        until=until,
    )


def unclear(unit: Unit, who: str, label: str) -> bool:
    """Take a clearance back; ``False`` if there is none."""
    return (
        unit.run(
            "DELETE FROM clearance WHERE person = :who AND label = :label",
            who=who,
            label=label,
        )
        == 1
    )


# --- opt-ins ---------------------------------------------------------------------
def opt_in(unit: Unit, who: str, label: str, daily_cap: int) -> None:
    """Note that a person agreed to see a label, so many tasks a day."""
    unit.run(
        insert(
            "opt_in",
            conflict="(person, label) DO UPDATE SET daily_cap = excluded.daily_cap",
        ),
        person=who,
        label=label,
        daily_cap=daily_cap,
    )


def opt_out(unit: Unit, who: str, label: str) -> bool:
    """Note that a person agrees no more; ``False`` if they never did."""
    return (
        unit.run(
            "DELETE FROM opt_in WHERE person = :who AND label = :label",
            who=who,
            label=label,
        )
        == 1
    )


# A task counts from the moment it is in somebody's hand, and when it was passed on.
# Days are UTC by the database's clock, as leases are.
_TODAY = (
    "SELECT o.label, o.daily_cap, "
    "(SELECT count(*) FROM slot s JOIN task t ON t.id = s.task_id "
    "WHERE s.annotator = :who AND s.claimed_at >= {today} "
    "AND EXISTS (SELECT 1 FROM {each t.labels} WHERE {value} = o.label)) + "
    "(SELECT count(*) FROM skip k JOIN task t ON t.id = k.task_id "
    "WHERE k.annotator = :who AND k.at >= :day "
    "AND EXISTS (SELECT 1 FROM {each t.labels} WHERE {value} = o.label)) "
    "FROM opt_in o WHERE o.person = :who ORDER BY o.label"
)


def _counted(unit: Unit, who: str, day: str) -> list[tuple[str, int, int]]:
    now = unit.one("SELECT {now}")
    midnight = float(now[0]) // 86_400 * 86_400 if now else 0.0
    return [
        (label, int(cap), int(n))
        for label, cap, n in unit.all(
            _TODAY.replace("{today}", ":midnight"), who=who, day=day, midnight=midnight
        )
    ]


def labels_now(unit: Unit, who: str, *, at: str) -> frozenset[str]:
    """Give the harm labels that a person may still get today.

    Nobody gets any by default; whoever has opted into nothing costs one look-up.

    Args:
        unit: The unit of work.
        who: The person.
        at: Now, UTC ISO 8601.
    """
    if not unit.one("SELECT 1 FROM opt_in WHERE person = :who LIMIT 1", who=who):
        return frozenset()
    return frozenset(label for label, cap, n in _counted(unit, who, at[:10]) if n < cap)


def _opt_ins(unit: Unit, who: str, day: str) -> list[OptIn]:
    seconds = dict(
        unit.all(
            "SELECT o.label, coalesce(sum(j.seconds), 0) FROM opt_in o "
            "JOIN judgment j ON j.annotator = o.person AND j.received_at >= :day "
            "AND j.import_id IS NULL JOIN task t ON t.id = j.task_id "
            "WHERE o.person = :who "
            "AND EXISTS (SELECT 1 FROM {each t.labels} WHERE {value} = o.label) "
            "GROUP BY o.label",
            who=who,
            day=day,
        )
    )
    return [
        OptIn(label, cap, today=n, seconds_today=float(seconds.get(label, 0)))
        for label, cap, n in _counted(unit, who, day)
    ]


# --- setting aside ---------------------------------------------------------------
# Set-aside work keeps its slot and its judgment under a purpose that counts in no
# result; the task gets an open slot in its place.
_ASIDE = (
    "queue = :queue AND annotator = :who AND state = 2 AND task_id IN "
    "(SELECT t.id FROM task t WHERE t.queue = :queue AND t.role = 'work')"
)
_DECIDED = "task_id IN (SELECT a.task_id FROM adjudication a)"


def set_aside(unit: Unit, queue: str, who: str) -> tuple[int, int]:
    """Set a person's standing work in a queue aside and open slots in its place.

    Tasks on which a lead has decided stay as they are.

    Returns:
        How many judgments were set aside, and how many a decision keeps.
    """
    values = {"queue": queue, "who": who}
    kept = unit.one(
        f"SELECT count(*) FROM slot WHERE {_ASIDE} AND purpose IN ('first', 'rejudge') "
        f"AND {_DECIDED}",
        **values,
    )
    n = unit.run(
        f"UPDATE slot SET purpose = 'set_aside', surplus = 0 WHERE {_ASIDE} "
        f"AND purpose IN ('first', 'rejudge') AND NOT {_DECIDED}",
        **values,
    )
    queues.fit_slots(unit, _OF_ASIDE, **values)
    return n, int(kept[0]) if kept else 0


def take_back_in(unit: Unit, queue: str, who: str) -> int:
    """Let set-aside work count again; what is beyond the overlap is surplus."""
    values = {"queue": queue, "who": who}
    tasks = [
        int(id)
        for (id,) in unit.all(
            f"SELECT DISTINCT task_id FROM slot WHERE {_ASIDE} "
            "AND purpose = 'set_aside' ORDER BY task_id",
            **values,
        )
    ]
    n = unit.run(
        "UPDATE slot SET purpose = CASE WHEN occasion = 0 THEN 'first' "
        f"ELSE 'rejudge' END WHERE {_ASIDE} AND purpose = 'set_aside'",
        **values,
    )
    for id in tasks:
        queues.fit_slots(unit, "id = :id", id=id)
    return n


def aside(unit: Unit, who: str) -> dict[str, int]:
    """Count a person's judgments that are set aside, by queue."""
    return {
        str(queue): int(n)
        for queue, n in unit.all(
            "SELECT queue, count(*) FROM slot WHERE annotator = :who "
            "AND purpose = 'set_aside' GROUP BY queue ORDER BY queue",
            who=who,
        )
    }


_OF_ASIDE = (
    "id IN (SELECT s.task_id FROM slot s WHERE s.queue = :queue "
    "AND s.annotator = :who AND s.purpose = 'set_aside')"
)


def leases_of(unit: Unit, who: str) -> list[int]:
    """List the tasks a person holds, in every queue."""
    return [
        int(id)
        for (id,) in unit.all(
            "SELECT task_id FROM slot WHERE annotator = :who AND state = 1 "
            "ORDER BY task_id",
            who=who,
        )
    ]


# --- qualification ---------------------------------------------------------------
def gold_judgments(unit: Unit, queue: str, who: str) -> list[tuple[str, str]]:
    """List a person's first answers on tasks whose right answer is known, in order.

    A revision comes after the right answer was shown, so only first answers count.

    Returns:
        Rankings as judged and as known, tiers by place.
    """
    return [
        (str(said), str(known))
        for said, known in unit.all(
            "SELECT j.ranking, coalesce(t.gold, c.gold) FROM judgment j "
            "JOIN task t ON t.id = j.task_id "
            "JOIN comparison c ON c.id = j.comparison_id "
            "WHERE t.queue = :queue AND j.annotator = :who AND j.revision = 1 "
            "AND j.occasion = 0 AND t.role IN ('training', 'gold') "
            "AND t.gold_suspended = 0 AND coalesce(t.gold, c.gold) IS NOT NULL "
            "ORDER BY j.received_at, j.id",
            queue=queue,
            who=who,
        )
    ]


def training_answer(unit: Unit, task_id: int) -> tuple[str | None, str | None] | None:
    """Give the right answer of a training task and why; ``None`` if it is none."""
    row = unit.one(
        "SELECT coalesce(t.gold, c.gold), t.gold_why FROM task t "
        "JOIN comparison c ON c.id = t.comparison_id "
        "WHERE t.id = :id AND t.role = 'training'",
        id=task_id,
    )
    return (row[0], row[1]) if row else None
