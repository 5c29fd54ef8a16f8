"""What comes next for whom: turns, hidden gold, silent repeats, then open work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.routing import Draws, Eligibility
from adjudge.errors import RefusedError
from adjudge.services.bench import side_key
from adjudge.services.guidelines import current
from adjudge.storage import claims, eligibility

if TYPE_CHECKING:
    from adjudge.domain.people import Actor
    from adjudge.domain.queue import Queue
    from adjudge.services.bench import Bench
    from adjudge.storage.claims import Claimant, Lease
    from adjudge.storage.store import Unit

AHEAD = 2  # tasks in hand: the one on screen, and the next, rendered ahead


def admit(bench: Bench, unit: Unit, actor: Actor, queue: Queue) -> Eligibility:
    """Find out what a person may get from a queue.

    Raises:
        RefusedError: If the person is paused, or lacks the queue's clearance.
    """
    found = eligibility.of(unit, actor.name, actor.role, at=bench.now())
    if found.paused_why is not None:
        raise RefusedError(
            f"{actor.name} is paused: {found.paused_why}",
            hint="what you have done is kept; talk to a lead",
        )
    if queue.requires is not None and queue.requires not in found.clearances:
        raise RefusedError(
            f"queue {queue.name!r} needs the clearance {queue.requires!r}",
            hint=f"a lead gives it: `adjudge people clear {actor.name} "
            f"{queue.requires}`",
        )
    return found


def fill_hand(
    bench: Bench, unit: Unit, actor: Actor, queue: Queue, found: Eligibility
) -> list[Lease]:
    """Give the leases a person holds, and claim more until two are in hand."""
    claims.expire(unit, queue.name)
    leases = claims.held(unit, queue.name, actor.name)
    while not queue.paused and len(leases) < AHEAD:
        who = claimant(bench, actor, queue, found, guideline=current(unit, queue))
        lease = _next(bench, unit, who, queue)
        if lease is None:
            break
        leases.append(lease)
        if found.labels:
            # What was just given may have filled a daily cap.
            found = admit(bench, unit, actor, queue)
    return leases


def claimant(
    bench: Bench,
    actor: Actor,
    queue: Queue,
    found: Eligibility,
    *,
    guideline: str | None = None,
) -> Claimant:
    """Describe who claims, with a fresh token."""
    return claims.Claimant(
        queue=queue.name,
        who=actor.name,
        token=bench.new_id(),
        seconds=queue.lease_minutes * 60,
        eligible=found,
        guideline=guideline,
    )


def _next(bench: Bench, unit: Unit, who: Claimant, queue: Queue) -> Lease | None:
    if queue.training:
        return claims.take_training(unit, who)
    if lease := claims.take_turn(unit, who):
        return lease
    if lease := _drawn(unit, who, queue):
        return lease
    place = (queue.name, who.who)
    lease = claims.take(unit, who, after=bench.places.get(place))
    if lease is not None:
        bench.places[place] = claims.Place(lease.precedence, lease.task_id)
    return lease


def _drawn(unit: Unit, who: Claimant, queue: Queue) -> Lease | None:
    """Draw gold or a repeat at the queue's rates; both look like any other task."""
    if not queue.gold_rate and not queue.repeat_rate:
        return None
    draws = Draws(token=who.token, key=side_key(unit))
    if draws.draw("gold") < queue.gold_rate and (lease := claims.take_gold(unit, who)):
        return lease
    if draws.draw("repeat") < queue.repeat_rate:
        return claims.take_repeat(unit, who)
    return None
