"""Judging: sit down at a queue, claim, say, sign, take back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field

from adjudge.domain.conversation import Tiers
from adjudge.domain.judging import (
    NOTE_LIMIT,
    SKIP_CODES,
    Draft,
    Judgment,
    Margin,
    side_order,
)
from adjudge.domain.people import Act, Actor
from adjudge.domain.record import Record
from adjudge.errors import (
    AlreadyJudgedError,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    RefusedError,
    UnknownError,
)
from adjudge.services.bench import Bench, find_queue, side_key
from adjudge.services.guidelines import load
from adjudge.storage import claims, comparisons, drafts, judgments, people, queues, work

if TYPE_CHECKING:
    from adjudge.domain.conversation import Comparison
    from adjudge.domain.guideline import Guideline
    from adjudge.domain.ids import JudgmentId, ResponseId
    from adjudge.domain.queue import Queue
    from adjudge.storage.store import Unit

AHEAD = 2  # tasks in hand: the one on screen, and the next, rendered ahead


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


@dataclass(frozen=True)
class Assignment:
    """A task in somebody's hand.

    Attributes:
        shown: The responses' order on screen, fixed for person and comparison.
        token: Proof of the lease.
        recovered: Drafts of this person on this task, newest first.
        supersedes: The judgment that a revision would supersede.
    """

    task_id: int
    queue: str
    comparison: Comparison
    shown: tuple[ResponseId, ...]
    token: str
    occasion: int = 0
    recovered: tuple[tuple[Draft, str], ...] = ()
    supersedes: Judgment | None = None

    def blank(self) -> Draft:
        """Start a draft with nothing said, or with what a revision starts from."""
        draft = Draft(comparison=self.comparison, shown=self.shown)
        return draft.recall(self.supersedes) if self.supersedes else draft


@dataclass(frozen=True)
class Clock:
    """How long a judgment took, in seconds.

    Attributes:
        active: Time between inputs, each gap capped.
        wall: Time from first sight to submit.
        idle: What the cap left out.
        research: Time outside the window, started by the person.
        seen: Share of the texts that was on screen, in [0, 1].
    """

    active: float
    wall: float = 0.0
    idle: float = 0.0
    research: float = 0.0
    seen: float = 0.0

    def as_json(self) -> dict[str, float]:
        """Write what is stored beside the judgment."""
        return {
            "wall": round(self.wall, 3),
            "idle": round(self.idle, 3),
            "research": round(self.research, 3),
            "seen": round(self.seen, 4),
        }


@dataclass(frozen=True)
class Submitted:
    """What became of a judgment, and what comes next."""

    judgment: Judgment
    late: bool = False
    surplus: bool = False
    next: tuple[Assignment, ...] = ()


@dataclass(frozen=True)
class Past:
    """A judgment this person made, to look at or take up again."""

    judgment: Judgment
    comparison: Comparison | None = None
    revision: int = 1


def sit_down(bench: Bench, actor: Actor, queue: str) -> Sitting:
    """Open a queue for a person.

    Raises:
        UnknownError: If there is no such queue.
        RefusedError: If it is paused, or its tasks are not comparisons.
    """
    actor.must(Act.WORK)
    with bench.store.read() as unit:
        found = find_queue(unit, queue)
        if found.paused:
            raise RefusedError(
                f"queue {queue!r} is paused: {found.paused_why or 'no reason given'}",
                hint="ask a lead when it goes on",
            )
        if found.kind == "rewrite":
            raise RefusedError(f"queue {queue!r} holds rewrites, not comparisons")
        return Sitting(
            queue=found,
            guideline=load(unit, found.guideline) if found.guideline else None,
            done=work.done_by(unit, queue, actor.name),
            left=work.left_for(unit, queue, actor.name),
        )


def claim(bench: Bench, actor: Actor, queue: str) -> tuple[Assignment, ...]:
    """Give a person the tasks they hold, and more until two are in hand.

    Raises:
        UnknownError: If there is no such queue.
    """
    actor.must(Act.WORK)
    with bench.store.write() as unit:
        people.add_names(unit, [actor.name], at=bench.now())
        return _in_hand(bench, unit, actor, find_queue(unit, queue))


def _in_hand(
    bench: Bench, unit: Unit, actor: Actor, queue: Queue
) -> tuple[Assignment, ...]:
    claims.expire(unit, queue.name)
    leases = claims.held(unit, queue.name, actor.name)
    while not queue.paused and len(leases) < AHEAD:
        lease = _take(bench, unit, actor, queue)
        if lease is None:
            break
        leases.append(lease)
    key = side_key(unit)
    return tuple(_open(unit, actor, lease, key) for lease in leases)


def _take(bench: Bench, unit: Unit, actor: Actor, queue: Queue) -> claims.Lease | None:
    place = (queue.name, actor.name)
    lease = claims.take(
        unit,
        queue.name,
        actor.name,
        token=bench.new_id(),
        seconds=queue.lease_minutes * 60,
        after=bench.places.get(place),
    )
    if lease is not None:
        bench.places[place] = claims.Place(lease.precedence, lease.task_id)
    return lease


def _open(unit: Unit, actor: Actor, lease: claims.Lease, key: bytes) -> Assignment:
    task = comparisons.task(unit, lease.task_id)
    if task is None:
        raise UnknownError(f"task {lease.task_id} has lost its texts")
    shown = side_order(
        task.comparison.response_ids,
        key=key,
        who=actor.name,
        comparison=task.comparison.id,
        occasion=lease.occasion,
    )
    saved = drafts.of_task(unit, actor.name, lease.task_id, lease.occasion)
    return Assignment(
        task_id=lease.task_id,
        queue=task.queue,
        comparison=task.comparison,
        shown=shown,
        token=lease.token,
        occasion=lease.occasion,
        recovered=tuple(
            (_drafted(task.comparison, shown, s.body), s.saved_at) for s in saved
        ),
    )


def _drafted(comparison: Comparison, shown: tuple[ResponseId, ...], body: str) -> Draft:
    return _DraftBody.model_validate_json(body).onto(
        Draft(comparison=comparison, shown=shown)
    )


class _DraftBody(Record):
    """What is stored of a draft: everything but the texts it is about."""

    ranking: Tiers = ()
    margin: Margin | None = None
    none_acceptable: bool = False
    reasons: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    ratings: dict[str, dict[str, float]] = Field(default_factory=dict)
    note: str = ""

    @classmethod
    def of(cls, draft: Draft) -> Self:
        """Take what was said out of a draft."""
        return cls(**{key: getattr(draft, key) for key in cls.model_fields})

    def onto(self, draft: Draft) -> Draft:
        """Put what was said into a draft."""
        said = {key: getattr(self, key) for key in type(self).model_fields}
        return draft.model_copy(update=said)


def save_draft(
    bench: Bench,
    actor: Actor,
    assignment: Assignment,
    draft: Draft,
    *,
    session: str,
    seq: int,
) -> None:
    """Keep what has been said so far; it survives whatever happens next.

    Args:
        bench: The bench.
        actor: Who acts.
        assignment: The task in hand.
        draft: What has been said.
        session: Which window says it.
        seq: Grows with every save of a session.
    """
    actor.must(Act.WORK)
    with bench.store.write() as unit:
        drafts.save(
            unit,
            who=actor.name,
            task_id=assignment.task_id,
            occasion=assignment.occasion,
            session=session,
            seq=seq,
            body=_DraftBody.of(draft).model_dump_json(),
            at=bench.now(),
        )


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
    with bench.store.write() as unit:
        queue = find_queue(unit, assignment.queue)
        if done := judgments.find(unit, submission_id):
            if done.judgment.annotator != actor.name:
                raise ConflictError(f"submission {submission_id} is somebody else's")
            following = _in_hand(bench, unit, actor, queue)
            return Submitted(done.judgment, done.late, done.surplus, following)
        signed = _sign(
            bench,
            actor,
            assignment,
            draft,
            queue=queue,
            guideline=load(unit, queue.guideline) if queue.guideline else None,
            clock=clock,
            submission_id=submission_id,
        )
        if assignment.supersedes is not None:
            late, surplus = _revise(bench, unit, assignment, signed, clock)
        else:
            late, surplus = _submit(bench, unit, assignment, signed, clock)
        drafts.drop(unit, actor.name, assignment.task_id)
        return Submitted(signed, late, surplus, _in_hand(bench, unit, actor, queue))


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
    if lacking := draft.missing(ties=queue.ties):
        raise InvalidInputError(lacking)
    if len(draft.note) > NOTE_LIMIT:
        raise InvalidInputError(
            f"the note has {len(draft.note)} characters; at most {NOTE_LIMIT} are kept"
        )
    if guideline is not None:
        for tag in (t for tags in draft.reasons.values() for t in tags):
            if tag not in guideline.tags:
                raise InvalidInputError(f"{guideline.ref} has no reason tag {tag!r}")
    return draft.sign(
        id=submission_id,  # type: ignore[arg-type]
        by=actor.name,
        at=bench.now(),
        seconds=round(clock.active, 3),
        guideline=guideline.ref if guideline else None,
        occasion=assignment.occasion,
    )


def _submit(
    bench: Bench, unit: Unit, assignment: Assignment, signed: Judgment, clock: Clock
) -> tuple[bool, bool]:
    filled = claims.fill(
        unit,
        signed.annotator,
        assignment.task_id,
        token=assignment.token,
        judgment_id=str(signed.id),
    )
    if filled is None:
        raise AlreadyJudgedError(
            f"{signed.annotator} already judged {signed.comparison}",
            hint="it was done in another window; u there takes it up again",
        )
    _keep(bench, unit, assignment, signed, clock)
    return filled.late, filled.surplus


def _revise(
    bench: Bench, unit: Unit, assignment: Assignment, signed: Judgment, clock: Clock
) -> tuple[bool, bool]:
    before = assignment.supersedes
    stored = judgments.find(unit, str(before.id)) if before else None
    if stored is None or stored.judgment.annotator != signed.annotator:
        raise NotAllowedError("a judgment is revised by whoever made it")
    if not claims.restand(unit, str(stored.judgment.id), str(signed.id)):
        raise ConflictError(
            f"the judgment of {signed.comparison} was revised elsewhere",
            hint="open it again to see how it stands now",
        )
    _keep(
        bench,
        unit,
        assignment,
        signed,
        clock,
        revision=stored.revision + 1,
        supersedes=str(stored.judgment.id),
    )
    return stored.late, stored.surplus


def _keep(
    bench: Bench,
    unit: Unit,
    assignment: Assignment,
    signed: Judgment,
    clock: Clock,
    *,
    revision: int = 1,
    supersedes: str | None = None,
) -> None:
    stored = judgments.Stored(
        judgment=signed,
        task_id=assignment.task_id,
        revision=revision,
        supersedes=supersedes,
        judged_digest=assignment.comparison.judged_digest,
        clock=clock.as_json(),
    )
    judgments.add(
        unit, [stored], [assignment.comparison.response_ids], received_at=bench.now()
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
    if code not in SKIP_CODES:
        raise InvalidInputError(
            f"there is no skip code {code!r}", hint=f"codes: {', '.join(SKIP_CODES)}"
        )
    with bench.store.write() as unit:
        queue = find_queue(unit, assignment.queue)
        work.skip(
            unit,
            who=actor.name,
            task_id=assignment.task_id,
            code=code,
            note=note[:NOTE_LIMIT],
            seconds=clock.active,
            at=bench.now(),
        )
        claims.release(unit, actor.name, assignment.task_id)
        drafts.drop(unit, actor.name, assignment.task_id)
        return _in_hand(bench, unit, actor, queue)


def flag(
    bench: Bench, actor: Actor, assignment: Assignment, category: str, *, note: str
) -> str:
    """Raise a hand about a task; a lead will see it. Gives the flag's id."""
    actor.must(Act.WORK)
    with bench.store.write() as unit:
        id = bench.new_id()
        work.flag(
            unit,
            id=id,
            who=actor.name,
            task_id=assignment.task_id,
            category=category,
            note=note,
            at=bench.now(),
        )
    return id


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
        return tuple(Past(judgment=s.judgment, revision=s.revision) for s in last)


def reopen(bench: Bench, actor: Actor, id: JudgmentId) -> Assignment:
    """Take up a judgment again; submitting it makes a revision.

    Raises:
        UnknownError: If there is no such judgment of this person.
        ConflictError: If a lead has decided on it since.
    """
    actor.must(Act.WORK)
    with bench.store.read() as unit:
        stored = judgments.find(unit, id)
        if stored is None or stored.judgment.annotator != actor.name:
            raise UnknownError(f"there is no judgment {id} of {actor.name}")
        if work.is_used(unit, stored.task_id):
            raise ConflictError(
                "a lead has decided on this comparison, or it was exported",
                hint="tell a lead what you would change",
            )
        task = comparisons.task(unit, stored.task_id)
        if task is None:
            raise UnknownError(
                f"comparison {stored.judgment.comparison} has lost its texts"
            )
        occasion = stored.judgment.occasion
        shown = stored.judgment.shown or task.comparison.response_ids
        saved = drafts.of_task(unit, actor.name, stored.task_id, occasion)
        return Assignment(
            task_id=stored.task_id,
            queue=task.queue,
            comparison=task.comparison,
            shown=shown,
            token="",
            occasion=occasion,
            supersedes=stored.judgment,
            recovered=tuple(
                (_drafted(task.comparison, shown, s.body), s.saved_at) for s in saved
            ),
        )


def why_empty(bench: Bench, actor: Actor, queue: str) -> dict[str, int]:
    """Say in counts why there is nothing left for this person."""
    actor.must(Act.WORK)
    with bench.store.read() as unit:
        find_queue(unit, queue)
        return work.why_empty(unit, queue, actor.name)


@dataclass(frozen=True)
class Desk:
    """What a person finds when they come in."""

    queues: tuple[tuple[Queue, int, int], ...]
    drafts: tuple[tuple[str, str, str], ...]
    today: dict[str, Any] = field(default_factory=dict)


def desk(bench: Bench, actor: Actor) -> Desk:
    """Show a person's queues (done, left), waiting drafts and today's work."""
    actor.must(Act.WORK)
    with bench.store.read() as unit:
        open_queues = [q for q in queues.every(unit) if q.kind != "rewrite"]
        return Desk(
            queues=tuple(
                (
                    q,
                    work.done_by(unit, q.name, actor.name),
                    work.left_for(unit, q.name, actor.name),
                )
                for q in open_queues
            ),
            drafts=tuple(drafts.waiting(unit, actor.name)),
            today=work.since(unit, actor.name, bench.now()[:10]),
        )
