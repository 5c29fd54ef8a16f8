"""Handing in: sign what was said, keep it, and take what comes next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from adjudge.domain.people import Act, Actor
from adjudge.domain.routing import Draws
from adjudge.errors import AlreadyJudgedError, ConflictError, UnknownError
from adjudge.services import auditlog
from adjudge.services.campaign.guidelines import load
from adjudge.services.measuring import overlaps
from adjudge.services.people import qualification
from adjudge.services.work import assigning, routing
from adjudge.storage import (
    claims,
    drafts,
    hand,
    handover,
    judgments,
    log,
    reviews,
)

if TYPE_CHECKING:
    from adjudge.domain.guideline import Guideline
    from adjudge.domain.judging import Draft, Judgment
    from adjudge.domain.qualification import Feedback
    from adjudge.domain.queue import Queue
    from adjudge.services.bench import Bench
    from adjudge.services.work.assigning import Assignment
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Clock:
    """How long a judgment took, in seconds.

    Attributes:
        active: Time between inputs, each gap capped.
        wall: Time from first sight to submit.
        idle: What the cap left out.
        research: Time outside the window, started by the person.
        seen: Share of the texts that was on screen, in [0, 1].
        fast: The person was asked whether that was all, and said so.
    """

    active: float
    wall: float = 0.0
    idle: float = 0.0
    research: float = 0.0
    seen: float = 0.0
    fast: bool = False

    def as_json(self) -> dict[str, float]:
        """Write what is stored beside the judgment."""
        fast = {"fast": True} if self.fast else {}
        return fast | {
            "wall": round(self.wall, 3),
            "idle": round(self.idle, 3),
            "research": round(self.research, 3),
            "seen": round(self.seen, 4),
        }


@dataclass(frozen=True)
class Submitted:
    """What became of a judgment, and what comes next.

    Attributes:
        feedback: The right answer and why; only of a training task.
    """

    judgment: Judgment
    late: bool = False
    surplus: bool = False
    next: tuple[Assignment, ...] = ()
    feedback: Feedback | None = None


def submit(
    bench: Bench,
    actor: Actor,
    assignment: Assignment,
    draft: Draft,
    *,
    clock: Clock,
    submission_id: str,
) -> Submitted:
    """Sign the draft, keep it, and claim the next task, in one transaction.

    Where the database loses its connection or cannot finish, it is done again.

    Args:
        bench: The bench.
        actor: Who signs.
        assignment: The task in hand; of a revision, what ``reopen`` gave.
        draft: What was said.
        clock: How long it took.
        submission_id: Made by the caller once; sent again, it changes nothing.

    Raises:
        InvalidInputError: If the draft is not complete.
        AlreadyJudgedError: If this person's judgment of the task stands already.
    """
    actor.must(Act.WORK)
    done, is_due = bench.store.persist(
        lambda: _submit_once(
            _Saying(
                bench, actor, assignment, draft, clock, submission_id, bench.new_id()
            )
        )
    )
    if is_due:
        overlaps.measure_kindly(bench, actor, assignment.queue)
    return done


def _submit_once(say: _Saying) -> tuple[Submitted, bool]:
    """Do it, and tell whether the people's accuracies are due to be measured."""
    store = say.bench.store
    if store.dialect == "postgresql" and (done := _at_once(say)):
        return done, False
    with store.write() as unit:
        return _submit_step_by_step(unit, say)


def _at_once(say: _Saying) -> Submitted | None:
    """Hand in by what was found last; where that has changed since, look again.

    Returns:
        ``None``, with nothing written, where it must go step by step.
    """
    bench, place = say.bench, (say.assignment.queue, say.actor.name)
    hands, task_id = bench.hands.get(place, ()), say.assignment.task_id
    others = [given for given in hands if given.lease.task_id != task_id]
    if len(others) != 1:
        return None
    (ahead,) = others
    with bench.store.statements() as unit:
        glance = bench.glances.get(place)
        done = _hand_over(unit, say, glance, ahead) if glance else None
        if done is None or glance is None:
            glance = say.glance(unit)
            if lasting := glance.lasting():
                bench.glances[place] = lasting
            log.sealed(bench.store, ago=glance.sealed_ago)
            # Whoever seals goes step by step: one of all people, once a second.
            seals = log.is_due(bench.store)
            done = None if seals else _hand_over(unit, say, glance, ahead)
    return _handed_over(say, *done, ahead, glance) if done else None


@dataclass(frozen=True)
class _Saying:
    """What somebody hands in.

    Attributes:
        token: Of the next claim: what it draws is drawn once, whichever way it goes.
    """

    bench: Bench
    actor: Actor
    assignment: Assignment
    draft: Draft
    clock: Clock
    submission_id: str
    token: str

    def glance(self, unit: Unit) -> hand.Glance:
        """Look at what decides before anything is written."""
        return assigning.look(
            self.bench,
            unit,
            self.actor,
            self.assignment.queue,
            task_id=self.assignment.task_id,
            occasion=self.assignment.occasion,
            submission_id=self.submission_id,
        )

    def sign(self, unit: Unit, glance: hand.Glance) -> judgments.Stored:
        """Sign it, as it will be kept."""
        signed = _sign(
            self.bench,
            self.actor,
            self.assignment,
            self.draft,
            queue=glance.queue,
            guideline=_pinned(unit, self.assignment, glance),
            clock=self.clock,
            submission_id=self.submission_id,
        )
        return judgments.Stored(
            judgment=signed,
            task_id=self.assignment.task_id,
            judged_digest=self.assignment.comparison.judged_digest,
            clock=self.clock.as_json(),
            content_digest=judgments.content_digest(signed),
        )


def _submit_step_by_step(unit: Unit, say: _Saying) -> tuple[Submitted, bool]:
    bench, actor, assignment = say.bench, say.actor, say.assignment
    glance = say.glance(unit)
    queue = glance.queue
    if glance.is_submitted and (done := judgments.find(unit, say.submission_id)):
        if done.judgment.annotator != actor.name:
            raise ConflictError(f"submission {say.submission_id} is somebody else's")
        if say.draft.recall(done.judgment) != say.draft:
            raise ConflictError(
                f"submission {say.submission_id} is kept with other words",
                hint="sign what you say now as a submission of its own",
            )
        following = assigning.following(bench, unit, actor, glance)
        told = _told(unit, assignment, done.judgment, queue)
        known = Submitted(done.judgment, done.late, done.surplus, following, told)
        return known, False
    stored = say.sign(unit, glance)
    overlaps.hold(unit, queue, assignment.task_id)
    filled = _submit(bench, unit, assignment, stored, glance=glance)
    is_due = (
        filled.purpose in {"first", "rejudge"}
        and not filled.surplus
        and overlaps.settle(unit, queue, assignment.task_id, say.submission_id)
    )
    signed, said = stored.judgment, stored.content_digest
    auditlog.note(bench, unit, actor, "submit", str(signed.id), said=said)
    if glance.has_drafts:
        drafts.drop(unit, actor.name, assignment.task_id)
    # Hidden gold as well: whoever reviews would tell it by what nobody reviews.
    if filled.purpose in {"first", "gold"} and _is_drawn(
        str(signed.id), glance.side_key, queue.review_rate
    ):
        reviews.draw(unit, str(signed.id), queue.name)
    following = assigning.following(bench, unit, actor, glance, token=say.token)
    told = _told(unit, assignment, signed, queue)
    handed_in = Submitted(signed, filled.late, filled.surplus, following, told)
    return handed_in, is_due


def _hand_over(
    unit: Unit, say: _Saying, glance: hand.Glance, ahead: hand.Given
) -> tuple[Judgment, handover.HandedOver] | None:
    """Do in one statement what nearly every submit asks for.

    Returns:
        ``None``, with nothing written, where it must go step by step.
    """
    next_up = routing.plain_next(say.bench, unit, say.actor, glance, token=say.token)
    if (
        next_up is None
        or glance.rules is None
        or glance.eligible.role != say.actor.role
        or say.draft.note
        or glance.is_submitted
        or glance.has_judged
        or _is_drawn(say.submission_id, glance.side_key, glance.queue.review_rate)
    ):
        return None
    claimant, after = next_up
    stored = say.sign(unit, glance)
    done = handover.hand_over(
        unit,
        stored,
        say.assignment.comparison.response_ids,
        token=say.assignment.token,
        claimant=claimant,
        after=after,
        rules=glance.rules,
        ahead=ahead,
    )
    if done is None:
        return None
    if done.claimed is not None:
        routing.come_to(say.bench, glance.queue, say.actor.name, done.claimed)
    return stored.judgment, done


def _handed_over(
    say: _Saying,
    judgment: Judgment,
    done: handover.HandedOver,
    ahead: hand.Given,
    glance: hand.Glance,
) -> Submitted:
    bench, actor, queue = say.bench, say.actor, glance.queue.name
    following: tuple[Assignment, ...]
    if done.given is not None:
        hands = bench.hands[queue, actor.name] = (ahead, done.given)
        following = tuple(
            assigning.laid_out(actor, queue, given, glance.side_key) for given in hands
        )
    else:
        # Nothing after where this person has come to: once more from the beginning.
        with bench.store.write() as unit:
            found = assigning.look(bench, unit, actor, queue)
            following = assigning.following(bench, unit, actor, found)
    return Submitted(judgment, done.late, done.surplus, following)


def _told(
    unit: Unit, assignment: Assignment, judgment: Judgment, queue: Queue
) -> Feedback | None:
    """Tell the right answer where people are in training; nowhere else."""
    if not queue.training:
        return None
    found = assignment.comparison
    return qualification.feedback_on(unit, assignment.task_id, found, judgment)


def _pinned(
    unit: Unit, assignment: Assignment, glance: hand.Glance
) -> Guideline | None:
    """Load the version that was current when the task was taken.

    A guideline that changed meanwhile is for the next task; this one was read and
    judged under the old text. What was taken before the queue had a guideline is
    signed under none.

    Raises:
        UnknownError: If the store does not hold that version.
    """
    ref = glance.pinned or assignment.guideline
    found = load(unit, ref) if ref else None
    if ref and found is None:
        raise UnknownError(
            f"the task was taken under the guideline {ref}, which is not in the store",
            hint="take the task again; what you have said is kept as a draft",
        )
    return found


def _is_drawn(judgment_id: str, key: bytes, rate: float) -> bool:
    """Draw a judgment for review at the queue's rate, repeatably."""
    return rate > 0 and Draws(judgment_id, key).draw("review") < rate


def _sign(
    bench: Bench,
    actor: Actor,
    assignment: Assignment,
    draft: Draft,
    *,
    queue: Queue,
    guideline: Guideline | None,
    clock: Clock,
    submission_id: str,
) -> Judgment:
    draft.check(ties=queue.ties, guideline=guideline)
    return draft.sign(
        id=submission_id,  # type: ignore[arg-type]
        by=actor.name,
        at=bench.now(),
        seconds=round(clock.active, 3),
        guideline=guideline.ref if guideline else None,
        occasion=assignment.occasion,
    )


def _submit(
    bench: Bench,
    unit: Unit,
    assignment: Assignment,
    stored: judgments.Stored,
    *,
    glance: hand.Glance,
) -> claims.Filled:
    """Put the judgment into its slot; it supersedes what stood or was taken back."""
    signed = stored.judgment
    filled = claims.fill(
        unit,
        signed.annotator,
        assignment.task_id,
        token=assignment.token,
        judgment_id=str(signed.id),
        occasion=assignment.occasion,
    )
    if filled is None:
        raise AlreadyJudgedError(
            f"{signed.annotator} already judged {signed.comparison}",
            hint="it was done in another window; u there takes it up again",
        )
    key = (assignment.task_id, signed.annotator, signed.occasion)
    before = judgments.newest_of(unit, *key) if glance.has_judged else None
    if before is not None:
        revision = before.revision + 1
        stored = replace(stored, revision=revision, supersedes=before.id)
    places = assignment.comparison.response_ids
    judgments.add(unit, stored, places, received_at=bench.now())
    return filled
