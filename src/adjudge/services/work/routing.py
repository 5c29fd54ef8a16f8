"""What comes next for whom: turns, hidden gold, silent repeats, then open work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.people import Role
from adjudge.domain.routing import Draws, Eligibility
from adjudge.errors import RefusedError
from adjudge.services import auditlog
from adjudge.services.campaign.guidelines import current
from adjudge.storage import claims, eligibility, standing

if TYPE_CHECKING:
    from adjudge.domain.people import Actor
    from adjudge.domain.queue import Queue
    from adjudge.services.bench import Bench
    from adjudge.storage.claims import Claimant, Lease
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.hand import Glance

AHEAD = 2  # tasks in hand: the one on screen, and the next, rendered ahead


def must_be_open(queue: Queue) -> None:
    """Refuse a queue that a lead has paused, with the reason.

    Raises:
        RefusedError: If it is paused.
    """
    if queue.paused:
        raise RefusedError(
            f"queue {queue.name!r} is paused: {queue.paused_why or 'no reason given'}",
            hint="ask a lead when it goes on",
        )


def admit(bench: Bench, unit: Unit, actor: Actor, queue: Queue) -> Eligibility:
    """Find out what a person may get from a queue.

    Raises:
        RefusedError: If the person is paused, or lacks the queue's clearance.
    """
    found = eligibility.of(unit, actor.name, actor.role, at=bench.now())
    return check(unit, actor, queue, found)


def admit_reviewer(bench: Bench, unit: Unit, actor: Actor, queue: Queue) -> None:
    """Refuse who may not look into a queue; a lead looks into every one.

    Raises:
        RefusedError: If the person is paused, or lacks the queue's clearance.
    """
    if actor.role is not Role.LEAD:
        admit(bench, unit, actor, queue)


def check(unit: Unit, actor: Actor, queue: Queue, found: Eligibility) -> Eligibility:
    """Refuse who may get nothing from a queue, with what was decided about them.

    Raises:
        RefusedError: If the person is paused, or lacks the queue's clearance.
    """
    if found.paused_why is not None:
        raise RefusedError(
            f"{actor.name} is paused: {found.paused_why}",
            hint="what you have done is kept; talk to a lead",
        )
    if queue.requires is not None and queue.requires not in found.clearances:
        raise RefusedError(
            f"queue {queue.name!r} needs the clearance {queue.requires!r}",
            hint=_why_not_cleared(unit, actor, queue.requires),
        )
    return found


def _why_not_cleared(unit: Unit, actor: Actor, label: str) -> str:
    """Say what was decided last about a clearance, as the person may read it."""
    last = standing.last_word(unit, actor.name, label)
    if last is None:
        return f"a lead gives it: `adjudge people clear {actor.name} {label}`"
    if until := last.detail.get("until"):
        return f"yours ran out on {until[:10]}; ask a lead"
    words = {
        "qualified": "it was given",
        "cleared": "it was given",
        "uncleared": "it was taken back",
        "not_qualified": "it was refused",
    }[last.kind]
    why = f": {last.why}" if last.why else ""
    return f"{words} on {last.at[:10]} by {last.by}{why}"


def fill_hand(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    glance: Glance,
    *,
    token: str | None = None,
) -> None:
    """Claim for a person until two tasks are in hand.

    Args:
        bench: The bench.
        unit: The unit of work.
        actor: Who claims.
        glance: The queue as this person finds it.
        token: Of the first claim, where one was made already; it draws gold and
            repeats, so that whoever tries twice draws once.

    Raises:
        RefusedError: If the person is paused, or lacks the queue's clearance.
    """
    queue, held = glance.queue, glance.held
    found = check(unit, actor, queue, glance.eligible)
    if glance.has_expired:
        claims.expire(unit, queue.name)
        held = len(claims.held(unit, queue.name, actor.name))
    while not queue.paused and held < AHEAD:
        token = token or bench.new_id()
        now = current(unit, queue)
        who = claimant(bench, actor, queue, found, guideline=now, token=token)
        token = None
        lease = _next(bench, unit, who, glance)
        if lease is None:
            break
        said = {"lease": lease.token}
        object = f"{lease.task_id}/{lease.slot}"
        auditlog.note(bench, unit, actor, "claim", object, **said)
        held += 1
        if found.labels:
            # What was just given may have filled a daily cap.
            found = admit(bench, unit, actor, queue)


def plain_next(
    bench: Bench, unit: Unit, actor: Actor, glance: Glance, *, token: str
) -> tuple[Claimant, claims.Place] | None:
    """Say who claims after which place where the next task is an ordinary one.

    Returns:
        ``None`` where something else comes first: a turn, gold, a repeat, urgent work,
        leases that have run out, a queue or a person that gets nothing, an overlap
        that follows the answers.
    """
    queue, found = glance.queue, glance.eligible
    after = bench.places.get((queue.name, actor.name))
    is_refused = found.paused_why is not None or (
        queue.requires is not None and queue.requires not in found.clearances
    )
    if (
        is_refused
        or queue.paused
        or queue.training
        or queue.adaptive is not None
        or glance.has_expired
        or glance.has_turn
        or glance.held != AHEAD - 1
        or after is None
        or glance.most_urgent is None
        or glance.most_urgent < after.precedence
    ):
        return None
    now = current(unit, queue)
    who = claimant(bench, actor, queue, found, guideline=now, token=token)
    if queue.gold_rate or queue.repeat_rate:
        draws = Draws(token=who.token, key=glance.side_key)
        gold, repeat = draws.draw("gold"), draws.draw("repeat")
        if gold < queue.gold_rate or repeat < queue.repeat_rate:
            return None
    return who, after


def claimant(
    bench: Bench,
    actor: Actor,
    queue: Queue,
    found: Eligibility,
    *,
    guideline: str | None = None,
    token: str | None = None,
) -> Claimant:
    """Describe who claims, with a fresh token where none is given."""
    return claims.Claimant(
        queue=queue.name,
        who=actor.name,
        token=token or bench.new_id(),
        seconds=queue.lease_minutes * 60,
        eligible=found,
        guideline=guideline,
    )


def _next(bench: Bench, unit: Unit, who: Claimant, glance: Glance) -> Lease | None:
    queue = glance.queue
    if queue.training:
        return claims.take_training(unit, who)
    if glance.has_turn and (lease := claims.take_turn(unit, who)):
        return lease
    if lease := _drawn(unit, who, glance):
        return lease
    place = (queue.name, who.who)
    lease = claims.take(
        unit, who, after=bench.places.get(place), most_urgent=glance.most_urgent
    )
    if lease is not None:
        come_to(bench, queue, who.who, lease)
    return lease


def come_to(bench: Bench, queue: Queue, who: str, lease: Lease) -> None:
    """Remember where a person's claims have come to."""
    bench.places[queue.name, who] = claims.Place(lease.precedence, lease.task_id)


def _drawn(unit: Unit, who: Claimant, glance: Glance) -> Lease | None:
    """Draw gold or a repeat at the queue's rates; both look like any other task."""
    queue = glance.queue
    if not queue.gold_rate and not queue.repeat_rate:
        return None
    draws = Draws(token=who.token, key=glance.side_key)
    if draws.draw("gold") < queue.gold_rate and (lease := claims.take_gold(unit, who)):
        return lease
    if draws.draw("repeat") < queue.repeat_rate:
        return claims.take_repeat(unit, who)
    return None
