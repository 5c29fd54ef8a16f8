"""Judging: claim, say, pass on, take back; what is signed is handed in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from adjudge.domain.judging import NOTE_LIMIT, Draft, Judgment
from adjudge.domain.people import Act, Actor
from adjudge.errors import ConflictError, RefusedError, UnknownError
from adjudge.services.bench import Bench, find_queue, side_key
from adjudge.services.work import (
    assigning,
    drafting,
    incidents,
    routing,
    skipping,
)
from adjudge.services.work.assigning import Assignment
from adjudge.services.work.handing_in import Clock, Submitted, submit
from adjudge.storage import (
    claims,
    comparisons,
    drafts,
    hand,
    judgments,
    people,
    turns,
    work,
)

if TYPE_CHECKING:
    from adjudge.domain.conversation import Comparison
    from adjudge.domain.ids import JudgmentId
    from adjudge.storage.engine.store import Unit

__all__ = [
    "Assignment",
    "Clock",
    "Past",
    "Submitted",
    "claim",
    "flag",
    "heartbeat",
    "history",
    "release",
    "reopen",
    "save_draft",
    "skip",
    "submit",
]


@dataclass(frozen=True)
class Past:
    """A judgment this person made, to look at or take up again."""

    judgment: Judgment
    task_id: int
    comparison: Comparison | None = None
    revision: int = 1


def claim(bench: Bench, actor: Actor, queue: str) -> tuple[Assignment, ...]:
    """Give a person the tasks they hold, and more until two are in hand.

    Raises:
        UnknownError: If there is no such queue.
        RefusedError: If its tasks are rewrites.
    """
    actor.must(Act.WORK)
    # Another window of theirs may be given the same task at the same moment.
    return bench.store.persist(lambda: _claim(bench, actor, queue))


def _claim(bench: Bench, actor: Actor, queue: str) -> tuple[Assignment, ...]:
    with bench.store.write() as unit:
        people.arrive(unit, actor, at=bench.now())
        glance = assigning.look(bench, unit, actor, queue)
        if glance.queue.kind == "rewrite":
            raise RefusedError(f"queue {queue!r} holds rewrites, not comparisons")
        return assigning.in_hand(bench, unit, actor, glance)


def save_draft(
    bench: Bench,
    actor: Actor,
    assignment: Assignment,
    draft: Draft,
    *,
    session: str,
    seq: int,
    alone: bool = False,
) -> tuple[tuple[Draft, str], ...]:
    """Keep what has been said so far; it survives whatever happens next.

    Args:
        bench: The bench.
        actor: Who acts.
        assignment: The task in hand.
        draft: What has been said.
        session: Which window says it.
        seq: Grows with every save of a session.
        alone: Let go of what other windows, dead or alive, keep of the task.

    Returns:
        What other windows of this person keep of the task, the newest first, and when
        each was saved.
    """
    actor.must(Act.WORK)
    place = _place(actor, assignment)
    with bench.store.write() as unit:
        # What was taken back is in this window's hands: no other window says it.
        drafts.drop_window(
            unit, actor.name, assignment.task_id, assignment.occasion, assignment.token
        )
        others = drafting.keep(
            bench, unit, place, draft.said, session=session, seq=seq, alone=alone
        )
    comparison, shown = assignment.comparison, assignment.shown
    return tuple(
        (assigning.drafted(comparison, shown, other.body), other.saved_at)
        for other in others
    )


def _place(actor: Actor, assignment: Assignment) -> drafting.Place:
    return drafting.Place(actor.name, assignment.task_id, assignment.occasion)


def heartbeat(bench: Bench, actor: Actor, assignment: Assignment) -> bool:
    """Prolong the lease while its screen is open; ``False`` if it is gone."""
    actor.must(Act.WORK)
    with bench.store.write() as unit:
        queue = find_queue(unit, assignment.queue)
        return claims.extend(
            unit,
            actor.name,
            assignment.task_id,
            assignment.token,
            seconds=queue.lease_minutes * 60,
        )


def skip(
    bench: Bench,
    actor: Actor,
    assignment: Assignment,
    code: str,
    *,
    note: str,
    clock: Clock,
) -> tuple[Assignment, ...]:
    """Pass a task on; it does not come back to this person.

    Returns:
        What is in hand now.

    Raises:
        InvalidInputError: If the code is none of ``SKIP_CODES``.
    """
    actor.must(Act.WORK)
    seconds = clock.active

    def deed() -> tuple[Assignment, ...]:
        task_id, queue = assignment.task_id, assignment.queue
        with bench.store.write() as unit:
            glance = assigning.look(bench, unit, actor, queue, task_id=task_id)
            skipping.pass_on(
                bench, unit, actor, assignment, code=code, note=note, seconds=seconds
            )
            return assigning.following(bench, unit, actor, glance)

    return bench.store.persist(deed, after_loss=False)


def flag(
    bench: Bench, actor: Actor, assignment: Assignment, category: str, *, note: str
) -> incidents.Flagged:
    """Raise a hand about a task in hand; it opens an incident.

    Raises:
        InvalidInputError: If there is no such category.
    """
    actor.must(Act.WORK)
    note = note[:NOTE_LIMIT]
    return incidents.flag(bench, actor, assignment.task_id, category, note=note)


def release(bench: Bench, actor: Actor, assignment: Assignment) -> None:
    """Give a task back that was only held ahead."""
    actor.must(Act.WORK)
    with bench.store.write() as unit:
        claims.release(unit, actor.name, assignment.task_id)


def history(
    bench: Bench, actor: Actor, queue: str, *, limit: int = 10
) -> tuple[Past, ...]:
    """List what this person submitted last, newest first."""
    actor.must(Act.WORK)
    with bench.store.read() as unit:
        find_queue(unit, queue)
        last = judgments.last_of(unit, queue, actor.name, limit)
        return tuple(Past(s.judgment, s.task_id, revision=s.revision) for s in last)


def reopen(bench: Bench, actor: Actor, id: JudgmentId) -> Assignment:
    """Take a judgment back; its slot is held again until it is signed anew.

    Raises:
        UnknownError: If there is no such judgment of this person.
        RefusedError: If its result was used, and a lead is asked to reopen it; if the
            task is frozen; or if the person is paused.
        ConflictError: If it does not stand any more.
    """
    actor.must(Act.WORK)
    assignment = None
    with bench.store.write() as unit:
        stored = judgments.find(unit, id)
        if stored is None or stored.judgment.annotator != actor.name:
            raise UnknownError(f"there is no judgment {id} of {actor.name}")
        if work.is_used(unit, stored.task_id):
            turns.ask(unit, id, by=actor.name, at=bench.now())
        else:
            assignment = _take_back(bench, unit, actor, stored)
    if assignment is None:
        raise RefusedError(
            "a lead has decided on this comparison, or it was exported",
            hint="a lead has been asked to reopen it for you",
        )
    return assignment


def _take_back(
    bench: Bench, unit: Unit, actor: Actor, stored: judgments.Stored
) -> Assignment:
    judgment = stored.judgment
    incidents.must_not_be_hidden(unit, judgment.comparison)
    incidents.must_not_stand_still(unit, stored.task_id)
    task = comparisons.task(unit, stored.task_id)
    if task is None:
        raise UnknownError(f"comparison {judgment.comparison} has lost its texts")
    queue = find_queue(unit, task.queue)
    routing.admit(bench, unit, actor, queue)
    lease = claims.withdraw(
        unit,
        str(judgment.id),
        actor.name,
        token=bench.new_id(),
        seconds=queue.lease_minutes * 60,
    )
    if lease is None:
        raise ConflictError(
            f"the judgment of {judgment.comparison} does not stand any more",
            hint="it was revised or taken back in another window",
        )
    turns.withdraw(unit, str(judgment.id), by=actor.name, why=None, at=bench.now())
    # What another window said of it may wait since this was signed.
    held = hand.Held(lease, task, None, has_drafts=True)
    assignment = replace(
        assigning.open_task(unit, actor, held, task, side_key(unit)),
        supersedes=judgment,
    )
    # Whatever happens now, the person finds the judgment as a draft again.
    said = assignment.blank().said
    place = _place(actor, assignment)
    drafting.keep(bench, unit, place, said, session=lease.token, seq=1)
    return assignment
