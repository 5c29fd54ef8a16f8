"""Arriving: what waits for a person, what they did, and why nothing is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adjudge.domain.people import MAY, Act, Actor
from adjudge.errors import RefusedError
from adjudge.services.bench import Bench, find_queue
from adjudge.services.campaign.guidelines import load
from adjudge.services.people import terms
from adjudge.services.work import routing, second_looks
from adjudge.storage import (
    claims,
    drafts,
    eligibility,
    messages,
    queues,
    reviews,
    rewrites,
    work,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adjudge.domain.guideline import Guideline
    from adjudge.domain.queue import Queue
    from adjudge.domain.routing import Eligibility
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.messages import Message


@dataclass(frozen=True)
class Sitting:
    """A person at a queue.

    Attributes:
        done: Judgments this person has in the queue.
        left: Tasks this person could still get, counted up to ``COUNT_LIMIT``.
    """

    queue: Queue
    guideline: Guideline | None
    done: int
    left: int


def sit_down(bench: Bench, actor: Actor, queue: str) -> Sitting:
    """Open a queue for a person.

    Raises:
        UnknownError: If there is no such queue.
        RefusedError: If it is paused, or the terms are not agreed to.
    """
    actor.must(Act.WORK)
    with bench.store.read() as unit:
        found = find_queue(unit, queue)
        routing.must_be_open(found)
        terms.must_be_accepted(unit, actor)
        admitted = routing.admit(bench, unit, actor, found)
        done, left = _progress(bench, unit, actor, found, admitted)
        return Sitting(
            queue=found,
            guideline=load(unit, found.guideline) if found.guideline else None,
            done=done,
            left=left,
        )


def _progress(
    bench: Bench, unit: Unit, actor: Actor, queue: Queue, admitted: Eligibility
) -> tuple[int, int]:
    return work.progress(
        unit,
        routing.claimant(bench, actor, queue, admitted),
        gold_rate=queue.gold_rate,
        repeat_rate=queue.repeat_rate,
    )


def _claimant(bench: Bench, unit: Unit, actor: Actor, queue: Queue) -> claims.Claimant:
    admitted = routing.admit(bench, unit, actor, queue)
    return routing.claimant(bench, actor, queue, admitted)


def why_empty(bench: Bench, actor: Actor, queue: str) -> dict[str, int]:
    """Say in counts why there is nothing left for this person."""
    actor.must(Act.WORK)
    with bench.store.read() as unit:
        found = find_queue(unit, queue)
        return work.why_empty(unit, _claimant(bench, unit, actor, found))


@dataclass(frozen=True)
class Desk:
    """What a person finds when they come in.

    Attributes:
        queues: With what was done and what is left, as of ``reviews``.
        reviews: Queues in which this person may review what others did; of those of
            judgments the ones that draw some, or where some wait.
        messages: What leads say that this person has not read yet, oldest first.
        paused_why: Why the person is paused; ``None`` while active.
    """

    queues: tuple[tuple[Queue, int, int], ...]
    drafts: tuple[tuple[str, str, str], ...]
    reviews: tuple[tuple[Queue, int, int], ...] = ()
    today: dict[str, Any] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    paused_why: str | None = None


def desk(bench: Bench, actor: Actor) -> Desk:
    """Show a person's queues (done, left), waiting drafts and today's work."""
    actor.must(Act.WORK)
    with bench.store.read() as unit:
        open_queues = queues.every(unit)
        admitted = eligibility.of(unit, actor.name, actor.role, at=bench.now())
        return Desk(
            reviews=tuple(_reviews(bench, unit, actor, open_queues)),
            queues=tuple(
                (q, *_done_and_left(bench, unit, actor, q, admitted))
                for q in open_queues
            ),
            drafts=tuple(drafts.waiting(unit, actor.name)),
            today=work.since(unit, actor.name, bench.now()[:10]),
            messages=tuple(messages.waiting(unit, actor.name, None)),
            paused_why=admitted.paused_why,
        )


def _reviews(
    bench: Bench, unit: Unit, actor: Actor, every: Iterable[Queue]
) -> Iterator[tuple[Queue, int, int]]:
    """Count what this person reviewed and what waits for them, where they may."""
    if Act.REVIEW not in MAY[actor.role]:
        return
    looks = reviews.counts(unit, second_looks.reviewer(bench, unit, actor))
    for queue in every:
        done, left = looks.get(queue.name, (0, 0))
        if queue.kind == "rewrite":
            done, left = rewrites.to_review(unit, queue.name, actor.name)
        elif not (queue.review_rate or left):
            continue
        yield queue, done, left


def _done_and_left(
    bench: Bench, unit: Unit, actor: Actor, queue: Queue, found: Eligibility
) -> tuple[int, int]:
    """Count what is done and left; nothing is left where somebody may not work."""
    done, left = _progress(bench, unit, actor, queue, found)
    try:
        routing.check(unit, actor, queue, found)
    except RefusedError:
        return done, 0
    return done, left
