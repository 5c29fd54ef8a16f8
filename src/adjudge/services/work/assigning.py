"""A task in somebody's hand: what they see of it, and what they hold next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from adjudge.domain.judging import Draft, Judgment, Said, side_order
from adjudge.errors import RefusedError
from adjudge.services.bench import Bench, no_queue
from adjudge.services.work import routing
from adjudge.storage import claims, comparisons, drafts, hand

if TYPE_CHECKING:
    from adjudge.domain.conversation import Comparison
    from adjudge.domain.ids import ResponseId
    from adjudge.domain.people import Actor
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Assignment:
    """A task in somebody's hand.

    Attributes:
        shown: The responses' order on screen, fixed for person and comparison.
        token: Proof of the lease.
        guideline: The version that was current when the task was taken, for
            example ``helpfulness@3``; the judgment is signed under it.
        recovered: Drafts of this person on this task, newest first.
        supersedes: The judgment that was taken back, to start from.
        why_back: Why the task came back to this person.
    """

    task_id: int
    queue: str
    comparison: Comparison
    shown: tuple[ResponseId, ...]
    token: str
    guideline: str | None = None
    occasion: int = 0
    recovered: tuple[tuple[Draft, str], ...] = ()
    supersedes: Judgment | None = None
    why_back: str | None = None

    def blank(self) -> Draft:
        """Start a draft with nothing said, or with what a revision starts from."""
        draft = Draft(comparison=self.comparison, shown=self.shown)
        return draft.recall(self.supersedes) if self.supersedes else draft


def look(
    bench: Bench, unit: Unit, actor: Actor, queue: str, **asked: Any
) -> hand.Glance:
    """Look at a queue as this person finds it.

    Raises:
        UnknownError: If there is no such queue.
    """
    found = hand.glance(unit, queue, actor.name, actor.role, at=bench.now(), **asked)
    if found is None:
        raise no_queue(unit, queue)
    return found


def in_hand(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    glance: hand.Glance,
    *,
    token: str | None = None,
) -> tuple[Assignment, ...]:
    """Claim until two tasks are in hand, and lay out all that are."""
    routing.fill_hand(bench, unit, actor, glance, token=token)
    found, hands = [], []
    for held in hand.held(unit, glance.queue.name, actor.name):
        if held.task is None:
            # Hidden or erased between the lease and now: nobody waits for it.
            claims.release(unit, actor.name, held.lease.task_id)
        else:
            found.append(open_task(unit, actor, held, held.task, glance.side_key))
            hands.append(hand.Given(held.lease, held.task.comparison, held.why_back))
    bench.hands[glance.queue.name, actor.name] = tuple(hands)
    return tuple(found)


def following(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    glance: hand.Glance,
    *,
    token: str | None = None,
) -> tuple[Assignment, ...]:
    """Claim what comes next; whoever gets no more has handed in all the same."""
    try:
        return in_hand(bench, unit, actor, glance, token=token)
    except RefusedError:
        return ()


def open_task(
    unit: Unit, actor: Actor, held: hand.Held, task: comparisons.Task, key: bytes
) -> Assignment:
    """Lay a task out for a person, with what they have drafted."""
    given = hand.Given(held.lease, task.comparison, held.why_back)
    opened = laid_out(actor, task.queue, given, key)
    if not held.has_drafts:
        return opened
    saved = drafts.of_task(unit, actor.name, opened.task_id, opened.occasion)
    return replace(
        opened,
        recovered=tuple(
            (drafted(task.comparison, opened.shown, s.body), s.saved_at) for s in saved
        ),
    )


def laid_out(
    actor: Actor,
    queue: str,
    given: hand.Given,
    key: bytes,
) -> Assignment:
    """Lay a task out for a person, drafts apart."""
    lease, comparison = given.lease, given.comparison
    return Assignment(
        task_id=lease.task_id,
        queue=queue,
        comparison=comparison,
        shown=side_order(
            comparison.response_ids,
            key=key,
            who=actor.name,
            comparison=comparison.id,
            occasion=lease.occasion,
        ),
        token=lease.token,
        guideline=lease.guideline,
        occasion=lease.occasion,
        why_back=given.why_back,
    )


def drafted(comparison: Comparison, shown: tuple[ResponseId, ...], body: str) -> Draft:
    """Read a draft as it was kept."""
    blank = Draft(comparison=comparison, shown=shown)
    return blank.saying(Said.model_validate_json(body))
