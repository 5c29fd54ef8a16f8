"""The hot path: claim a slot, submit into it, pass it on. Hand-written statements.

A lease belongs to a person. Starting again, or in a second window, gives the
same tasks back, so that no work is stranded and nobody gets two copies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adjudge.domain.record import canonical
from adjudge.domain.routing import GOLD_EXPOSURES, REPEAT_GAP, REPEAT_OCCASION

if TYPE_CHECKING:
    from adjudge.domain.routing import Eligibility
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Lease:
    """A slot that somebody holds.

    Attributes:
        until: When it ends, in Unix seconds of the database's clock.
        guideline: The version that was current at the claim; leased work is
            finished under it, whatever comes later.
    """

    task_id: int
    slot: int
    token: str
    occasion: int
    until: float
    precedence: int
    guideline: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a person's claims have come to, so that done tasks are not read again."""

    precedence: int
    task_id: int


@dataclass(frozen=True)
class Claimant:
    """Who claims, from which queue, and for how long.

    Attributes:
        token: Proof of the lease, made by the caller.
        seconds: How long the lease runs, by the database's clock.
        guideline: The version that is current now.
    """

    queue: str
    who: str
    token: str
    seconds: float
    eligible: Eligibility
    guideline: str | None = None

    def values(self) -> dict[str, Any]:
        """Give the parameters that every claim statement takes."""
        return {
            **self.person(),
            **self.ordinary(),
        }

    @property
    def is_ordinary(self) -> bool:
        """Tell whether ``ORDINARY`` says what this person may get."""
        e = self.eligible
        return not (e.languages or e.is_expert or e.labels)

    def ordinary(self) -> dict[str, Any]:
        """Give the parameters of a claim by an ordinary person."""
        return {
            "queue": self.queue,
            "who": self.who,
            "token": self.token,
            "lease_seconds": self.seconds,
            "current": self.guideline,
        }

    def person(self) -> dict[str, Any]:
        """Give the parameters that say who it is and what they may get."""
        e = self.eligible
        return {
            "queue": self.queue,
            "who": self.who,
            "languages": canonical(sorted(e.languages)).decode(),
            "any_language": int(not e.languages),
            "topics": canonical(sorted(e.topics)).decode(),
            "expert": int(e.is_expert),
            "any_topic": int(e.knows_every_topic),
            "labels": canonical(sorted(e.labels)).decode(),
        }


LANGUAGE = (
    "t.language IS NULL OR :any_language = 1 OR EXISTS (SELECT 1 FROM "
    "{each :languages} WHERE t.language = {value} OR t.language LIKE {value} || '-%')"
)
EXPERT = (
    "t.needs_expert = 0 OR (:expert = 1 AND (:any_topic = 1 "
    "OR coalesce(t.topic, '') IN {among topics}))"
)
LABELS = (
    "t.labels = '[]' OR NOT EXISTS (SELECT 1 FROM {each t.labels} "
    "WHERE {value} NOT IN {among labels})"
)
# Of somebody who reads every language, is no expert, and opted into nothing.
ORDINARY = "t.frozen = 0 AND t.needs_expert = 0 AND t.labels = '[]'"
ELIGIBLE = f"t.frozen = 0 AND ({LANGUAGE}) AND ({EXPERT}) AND ({LABELS})"
_MINE = (
    "SELECT 1 FROM slot m WHERE m.annotator = :who AND m.task_id = s.task_id LIMIT 1"
)
_SKIPPED = "SELECT 1 FROM skip k WHERE k.annotator = :who AND k.task_id = s.task_id"
_AS_GOLD = (
    "SELECT 1 FROM task g WHERE g.source_task = s.task_id AND (SELECT 1 FROM slot m "
    "WHERE m.task_id = g.id AND m.annotator = :who LIMIT 1) IS NOT NULL LIMIT 1"
)
_MAY = f"SELECT 1 FROM task t WHERE t.id = s.task_id AND {ELIGIBLE}"
# Scalar sub-selects on purpose: NOT EXISTS becomes a merge anti join over the whole
# index on PostgreSQL (227 ms instead of 2 ms on 100,000 tasks).
_PICK = (
    "SELECT s.task_id, s.slot FROM slot s WHERE s.queue = :queue AND s.state = 0 "
    f"AND ({_MINE}) IS NULL AND ({_SKIPPED}) IS NULL AND ({_MAY}) IS NOT NULL "
    f"AND ({_AS_GOLD}) IS NULL <after>"
    "ORDER BY s.precedence, s.task_id, s.slot LIMIT 1 {skip_locked}"
)
# More urgent work first, wherever it stands; then on from the last claim.
_URGENT = "AND s.precedence < :precedence "
_AFTER = "AND (s.precedence, s.task_id) > (:precedence, :after_task) "
_RETURNING = (
    "RETURNING slot.task_id, slot.slot, slot.token, slot.occasion, slot.lease_until, "
    "slot.precedence, slot.guideline"
)
# MATERIALIZED: compared with the cost of the pick, PostgreSQL finds no difference
# between looking the slot up and reading all of them.
LEASE_PICKED = (
    "UPDATE slot SET state = 1, annotator = :who, purpose = 'first', token = :token, "
    "claimed_at = {now}, lease_until = {now} + :lease_seconds, guideline = :current "
    "FROM p "
    "WHERE slot.task_id = p.task_id AND slot.slot = p.slot AND slot.state = 0 "
    + _RETURNING
)
_LEASE = f"WITH p AS MATERIALIZED (<pick>) {LEASE_PICKED}"
PICK_NEXT = _PICK.replace("<after>", f"{_AFTER}<also>")
_TAKE_NEXT = _LEASE.replace("<pick>", PICK_NEXT.replace("<also>", ""))
_TAKE_URGENT = _LEASE.replace("<pick>", _PICK.replace("<after>", _URGENT))
_TAKE_FIRST = _LEASE.replace("<pick>", _PICK.replace("<after>", ""))
# A slot made for one person: gold, training, a repeat, a rejudgment, or surplus.
_MAKE = (
    "INSERT INTO slot (task_id, slot, queue, precedence, state, annotator, occasion, "
    "purpose, token, claimed_at, lease_until, guideline, late, surplus) "
    "SELECT t.id, (SELECT coalesce(max(x.slot), -1) + 1 FROM slot x "
    "WHERE x.task_id = t.id), t.queue, -t.priority, 1, :who, :occasion, :purpose, "
    ":token, {now}, {now} + :lease_seconds, :current, 0, :surplus FROM task t "
    "WHERE t.id = (<pick>) "
    "ON CONFLICT DO NOTHING " + _RETURNING.replace("slot.", "")
)
_PICK_GOLD = (
    "SELECT t.id FROM task t WHERE t.queue = :queue AND t.role = :role "
    f"AND t.gold_suspended = 0 AND {ELIGIBLE} "
    "AND (SELECT 1 FROM slot m JOIN task o ON o.id = m.task_id "
    "WHERE m.annotator = :who AND o.comparison_id = t.comparison_id LIMIT 1) IS NULL "
    "AND (SELECT 1 FROM skip k WHERE k.annotator = :who AND k.task_id = t.id) IS NULL "
    "AND (SELECT count(*) FROM slot e WHERE e.task_id = t.id) < :exposures "
    "ORDER BY <order>t.id LIMIT 1"
)
_LEAST_SEEN = "(SELECT count(*) FROM slot e WHERE e.task_id = t.id), "
_MAKE_GOLD = _MAKE.replace("<pick>", _PICK_GOLD.replace("<order>", _LEAST_SEEN))
_MAKE_TRAINING = _MAKE.replace("<pick>", _PICK_GOLD.replace("<order>", ""))
_MAKE_REPEAT = _MAKE.replace(
    "<pick>",
    "SELECT t.id FROM slot s JOIN task t ON t.id = s.task_id "
    "WHERE s.annotator = :who AND s.queue = :queue AND s.state = 2 "
    f"AND s.purpose = 'first' AND t.role = 'work' AND {ELIGIBLE} "
    "AND (SELECT 1 FROM slot r WHERE r.annotator = :who AND r.task_id = t.id "
    "AND r.occasion = :occasion) IS NULL "
    "ORDER BY s.claimed_at DESC, t.id LIMIT 1 OFFSET :gap",
)


def expire(unit: Unit, queue: str) -> int:
    """Return slots whose lease has run out; give how many.

    A slot that was made for one person goes; an ordinary one is open again.
    """
    gone = (
        "SELECT task_id, slot FROM slot WHERE queue = :queue AND state = 1 "
        "AND lease_until < {now} AND purpose = 'first' AND surplus = 0 {skip_locked}"
    )
    opened = unit.all(
        "UPDATE slot SET state = 0, annotator = NULL, purpose = 'open', token = NULL, "
        "claimed_at = NULL, lease_until = NULL, guideline = NULL "
        f"FROM ({gone}) x WHERE slot.task_id = x.task_id AND slot.slot = x.slot "
        "RETURNING slot.task_id",
        queue=queue,
    )
    for (task_id,) in opened:
        _withdraw_beyond(unit, task_id)
    return len(opened) + drop_made(
        unit, "slot.queue = :queue AND slot.lease_until < {now}", queue=queue
    )


def _withdraw_beyond(unit: Unit, task_id: int) -> None:
    """Take open slots away that an overlap lowered meanwhile does not want."""
    unit.run(
        "DELETE FROM slot WHERE task_id = :task_id AND state = 0 AND slot IN "
        "(SELECT r.slot FROM (SELECT s.slot, row_number() OVER "
        "(ORDER BY s.state DESC, s.slot) AS place FROM slot s "
        "WHERE s.task_id = :task_id AND s.surplus = 0 "
        "AND s.purpose IN ('first', 'open')) r "
        "WHERE r.place > (SELECT overlap FROM task WHERE id = :task_id))",
        task_id=task_id,
    )


def drop_made(unit: Unit, which: str, **values: Any) -> int:
    """Take back leased slots that were made for one person; turns wait again."""
    made = (
        "slot.state = 1 AND (slot.purpose NOT IN ('first', 'open') "
        f"OR slot.surplus = 1) AND {which}"
    )
    unit.run(
        "UPDATE turn SET state = 0 WHERE state = 1 AND EXISTS (SELECT 1 FROM slot "
        "WHERE slot.task_id = turn.task_id AND slot.annotator = turn.annotator "
        f"AND slot.occasion = turn.occasion AND {made})",
        **values,
    )
    return unit.run(f"DELETE FROM slot WHERE {made}", **values)


# Two are often claimed within one tick of the clock; what came back is the first.
IN_HAND = (
    "s.claimed_at, (SELECT 1 FROM turn u WHERE u.task_id = s.task_id "
    "AND u.annotator = s.annotator AND u.occasion = s.occasion) IS NULL, "
    "s.precedence, s.task_id"
)


def held(unit: Unit, queue: str, who: str) -> list[Lease]:
    """List the leases a person holds in a queue, oldest first."""
    rows = unit.all(
        "SELECT task_id, slot, token, occasion, lease_until, precedence, guideline "
        "FROM slot s WHERE queue = :queue AND annotator = :who "
        f"AND lease_until IS NOT NULL ORDER BY {IN_HAND}",
        queue=queue,
        who=who,
    )
    return [Lease(*row) for row in rows]


def take(
    unit: Unit, claimant: Claimant, *, after: Place | None, most_urgent: int | None
) -> Lease | None:
    """Lease the next open slot that this person may have.

    Args:
        unit: The unit of work.
        claimant: Who claims.
        after: Where this person's claims have come to.
        most_urgent: The least precedence of an open slot of the queue.
    """
    values = claimant.values()
    row = None
    if after is not None:
        if most_urgent is not None and most_urgent < after.precedence:
            row = unit.one(_TAKE_URGENT, **values, precedence=after.precedence)
        row = row or unit.one(
            _TAKE_NEXT,
            **values,
            precedence=after.precedence,
            after_task=after.task_id,
        )
    if row is None:
        row = unit.one(_TAKE_FIRST, **values)
    return Lease(*row) if row else None


def take_gold(unit: Unit, claimant: Claimant) -> Lease | None:
    """Lease a gold task this person has not met in any form, the least seen first."""
    return _make(
        unit,
        _MAKE_GOLD,
        claimant,
        role="gold",
        occasion=0,
        purpose="gold",
        exposures=GOLD_EXPOSURES,
    )


def take_training(unit: Unit, claimant: Claimant) -> Lease | None:
    """Lease the next training task in order; everybody gets every one."""
    return _make(
        unit,
        _MAKE_TRAINING,
        claimant,
        role="training",
        occasion=0,
        purpose="training",
        exposures=2**31 - 1,
    )


def take_repeat(unit: Unit, claimant: Claimant) -> Lease | None:
    """Lease a comparison this person judged a while ago, with the sides flipped."""
    return _make(
        unit,
        _MAKE_REPEAT,
        claimant,
        occasion=REPEAT_OCCASION,
        purpose="repeat",
        gap=REPEAT_GAP,
    )


def take_turn(unit: Unit, claimant: Claimant) -> Lease | None:
    """Lease what waits for this person: a return, a rejudgment, a reopened task."""
    turn = unit.one(
        "UPDATE turn SET state = 1 WHERE queue = :queue AND annotator = :who "
        "AND state = 0 AND (task_id, occasion) = (SELECT u.task_id, u.occasion "
        "FROM turn u JOIN task t ON t.id = u.task_id "
        "WHERE u.queue = :queue AND u.annotator = :who "
        "AND u.state = 0 AND t.frozen = 0 AND (SELECT 1 FROM slot m "
        "WHERE m.annotator = :who AND m.task_id = u.task_id "
        "AND m.occasion = u.occasion) IS NULL "
        "ORDER BY u.at, u.task_id, u.occasion LIMIT 1) "
        "RETURNING task_id, occasion, purpose",
        queue=claimant.queue,
        who=claimant.who,
    )
    if turn is None:
        return None
    task_id, occasion, purpose = turn
    values = claimant.values()
    if purpose == "first":
        row = unit.one(
            _LEASE.replace(
                "<pick>",
                "SELECT s.task_id, s.slot FROM slot s WHERE s.task_id = :task_id "
                "AND s.state = 0 ORDER BY s.slot LIMIT 1 {skip_locked}",
            ),
            **values,
            task_id=task_id,
        )
        if row:
            return Lease(*row)
    row = unit.one(
        _MAKE.replace("<pick>", ":task_id"),
        **values,
        task_id=task_id,
        occasion=occasion,
        purpose=purpose,
        surplus=int(purpose == "first"),
    )
    return Lease(*row) if row else None


def _make(
    unit: Unit, statement: str, claimant: Claimant, **values: Any
) -> Lease | None:
    row = unit.one(statement, **claimant.values(), surplus=0, **values)
    return Lease(*row) if row else None


def pinned(unit: Unit, who: str, task_id: int, occasion: int) -> str | None:
    """Name the guideline version that a person's lease was taken under."""
    row = unit.one(
        "SELECT guideline FROM slot WHERE annotator = :who AND task_id = :task_id "
        "AND occasion = :occasion",
        who=who,
        task_id=task_id,
        occasion=occasion,
    )
    return row[0] if row else None


def extend(unit: Unit, who: str, task_id: int, token: str, *, seconds: float) -> bool:
    """Prolong a lease while its screen is open; ``False`` if it is gone."""
    return (
        unit.run(
            "UPDATE slot SET lease_until = {now} + :seconds WHERE task_id = :task_id "
            "AND annotator = :who AND token = :token AND state + 0 = 1",
            who=who,
            task_id=task_id,
            token=token,
            seconds=seconds,
        )
        == 1
    )


def release(unit: Unit, who: str, task_id: int) -> int:
    """Give a lease back unused."""
    mine = "slot.task_id = :task_id AND slot.annotator = :who"
    made = drop_made(unit, mine, task_id=task_id, who=who)
    opened = unit.run(
        "UPDATE slot SET state = 0, annotator = NULL, purpose = 'open', token = NULL, "
        "claimed_at = NULL, lease_until = NULL, guideline = NULL "
        "WHERE task_id = :task_id AND annotator = :who AND state + 0 = 1",
        who=who,
        task_id=task_id,
    )
    if opened:
        _withdraw_beyond(unit, task_id)
    return made + opened


@dataclass(frozen=True)
class Filled:
    """Which slot a judgment went into.

    Attributes:
        purpose: first, gold, training, repeat or rejudge.
        guideline: The version the lease was given with; ``None`` once it is gone.
    """

    slot: int
    late: bool
    surplus: bool
    purpose: str = "first"
    guideline: str | None = None


FILL = (
    "UPDATE slot SET state = 2, judgment_id = :judgment_id, "
    "late = CASE WHEN lease_until < {now} THEN 1 ELSE 0 END, lease_until = NULL, "
    "token = NULL "
    # state + 0: the index of leases would be read whole, dead entries too.
    "WHERE task_id = :task_id AND annotator = :who AND token = :lease "
    "AND state + 0 = 1 RETURNING slot, late, surplus, purpose, guideline"
)


def fill(
    unit: Unit, who: str, task_id: int, *, token: str, judgment_id: str, occasion: int
) -> Filled | None:
    """Put a judgment into the slot it was leased for, else a free one, else surplus.

    Returns:
        ``None`` if this person's judgment of the task stands already.
    """
    row = unit.one(
        FILL,
        who=who,
        task_id=task_id,
        lease=token,
        judgment_id=judgment_id,
    )
    if row:
        return Filled(row[0], bool(row[1]), bool(row[2]), row[3], row[4])
    if unit.one(
        "SELECT 1 FROM slot WHERE annotator = :who AND task_id = :task_id "
        "AND occasion = :occasion AND state = 2",
        who=who,
        task_id=task_id,
        occasion=occasion,
    ):
        return None
    return _fill_late(unit, who, task_id, judgment_id, occasion)


def _fill_late(
    unit: Unit, who: str, task_id: int, judgment_id: str, occasion: int
) -> Filled:
    """Find a place for work whose lease is gone: it is kept and counted, always."""
    release(unit, who, task_id)
    # The task row serialises two late judgments that arrive at once.
    lock = " FOR UPDATE" if unit.is_postgres else ""
    task = unit.one(f"SELECT role FROM task WHERE id = :id{lock}", id=task_id)
    purpose = _purpose(task[0] if task else "work", occasion)
    if purpose == "first":
        row = unit.one(
            "UPDATE slot SET state = 2, annotator = :who, purpose = 'first', "
            "judgment_id = :judgment_id, claimed_at = {now}, late = 1 FROM "
            "(SELECT task_id, slot FROM slot WHERE task_id = :task_id AND state = 0 "
            "ORDER BY slot LIMIT 1 {skip_locked}) f "
            "WHERE slot.task_id = f.task_id AND slot.slot = f.slot RETURNING slot.slot",
            who=who,
            task_id=task_id,
            judgment_id=judgment_id,
        )
        if row:
            return Filled(row[0], late=True, surplus=False, purpose=purpose)
    row = unit.one(
        "INSERT INTO slot (task_id, slot, queue, precedence, state, annotator, "
        "occasion, purpose, claimed_at, judgment_id, late, surplus) "
        "SELECT t.id, (SELECT coalesce(max(x.slot), -1) + 1 FROM slot x "
        "WHERE x.task_id = t.id), t.queue, -t.priority, 2, :who, :occasion, :purpose, "
        "{now}, :judgment_id, 1, :surplus FROM task t WHERE t.id = :task_id "
        "RETURNING slot",
        who=who,
        task_id=task_id,
        judgment_id=judgment_id,
        occasion=occasion,
        purpose=purpose,
        surplus=int(purpose == "first"),
    )
    slot = row[0] if row else -1
    return Filled(slot, late=True, surplus=purpose == "first", purpose=purpose)


def _purpose(role: str, occasion: int) -> str:
    """Tell what a judgment is for, from its task and occasion."""
    if role != "work":
        return role
    if occasion == 0:
        return "first"
    return "repeat" if occasion % 2 else "rejudge"


def withdraw(
    unit: Unit, judgment_id: str, who: str, *, token: str, seconds: float
) -> Lease | None:
    """Take a standing judgment out of its slot and hold the slot again.

    Returns:
        ``None`` if the judgment does not stand.
    """
    row = unit.one(
        "UPDATE slot SET state = 1, judgment_id = NULL, token = :token, "
        "lease_until = {now} + :seconds WHERE judgment_id = :judgment_id "
        "AND annotator = :who AND state = 2 " + _RETURNING.replace("slot.", ""),
        judgment_id=judgment_id,
        who=who,
        token=token,
        seconds=seconds,
    )
    return Lease(*row) if row else None


def reopen(unit: Unit, judgment_id: str) -> bool:
    """Open the slot of a standing judgment again, for its author first of all.

    A slot beyond the overlap goes; its author gets one like it again.
    """
    gone = unit.run(
        "DELETE FROM slot WHERE judgment_id = :id AND state = 2 "
        "AND purpose = 'first' AND surplus = 1",
        id=judgment_id,
    )
    opened = unit.run(
        "UPDATE slot SET state = 0, annotator = NULL, purpose = 'open', "
        "judgment_id = NULL, claimed_at = NULL, late = 0 "
        "WHERE judgment_id = :id AND state = 2 AND purpose = 'first'",
        id=judgment_id,
    )
    return gone + opened == 1
