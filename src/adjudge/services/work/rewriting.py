"""Rewriting: claim a complaint, write, sign; drafts survive whatever happens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from adjudge.domain.people import Act, Actor
from adjudge.domain.record import canonical, digest
from adjudge.domain.rewriting import (
    Draft,
    Outcome,
    RewriteTask,
    Said,
    Start,
    edited_share,
)
from adjudge.errors import (
    AlreadyJudgedError,
    ConflictError,
    InvalidInputError,
    RefusedError,
    UnknownError,
)
from adjudge.services import auditlog
from adjudge.services.bench import Bench, find_queue
from adjudge.services.campaign.guidelines import current
from adjudge.services.work import drafting, routing, skipping
from adjudge.storage import (
    claims,
    drafts,
    hand,
    people,
    rewrites,
    turns,
)

if TYPE_CHECKING:
    from adjudge.domain.privacy import Span
    from adjudge.domain.queue import Queue
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Assignment:
    """A rewrite in somebody's hand.

    Attributes:
        start_from: What the queue lets people start from.
        labels: Content labels, to be read before the texts.
        before: What this person wrote before it was sent back.
        why_back: Why it came back, and which clause says so.
        recovered: Drafts of this person, the newest first, with when they were saved.
    """

    task_id: int
    queue: str
    task: RewriteTask
    token: str
    sources_required: bool = False
    start_from: Start = "empty"
    labels: tuple[str, ...] = ()
    guideline: str | None = None
    occasion: int = 0
    before: str | None = None
    why_back: str | None = None
    recovered: tuple[tuple[Draft, str], ...] = ()

    def blank(self) -> Draft:
        """Start as the queue says, or with what was sent back."""
        draft = Draft(task=self.task)
        if self.before is not None:
            return draft.write(self.before)
        return draft.from_original() if self.start_from == "original" else draft


def claim(bench: Bench, actor: Actor, queue: str) -> tuple[Assignment, ...]:
    """Give a person the rewrites they hold, and more until two are in hand.

    What was sent back to them comes first.

    Raises:
        UnknownError: If there is no such queue.
        RefusedError: If it holds no rewrites, or is paused.
    """
    actor.must(Act.WORK)
    # Another window of theirs may be given the same task at the same moment.
    return bench.store.persist(lambda: _claim(bench, actor, queue))


def _claim(bench: Bench, actor: Actor, queue: str) -> tuple[Assignment, ...]:
    with bench.store.write() as unit:
        people.arrive(unit, actor, at=bench.now())
        return _in_hand(bench, unit, actor, _rewrite_queue(unit, queue))


def _rewrite_queue(unit: Unit, name: str) -> Queue:
    queue = find_queue(unit, name)
    if queue.kind != "rewrite":
        raise RefusedError(f"queue {name!r} holds no rewrites")
    routing.must_be_open(queue)
    return queue


def _in_hand(
    bench: Bench, unit: Unit, actor: Actor, queue: Queue
) -> tuple[Assignment, ...]:
    glance = hand.glance(unit, queue.name, actor.name, actor.role, at=bench.now())
    if glance is None:  # found a moment ago, in this very unit
        raise UnknownError(f"there is no queue {queue.name!r}")
    if glance.has_turn and not queue.paused:
        # What was sent back comes first, whatever is in hand.
        found = routing.check(unit, actor, queue, glance.eligible)
        who = routing.claimant(
            bench, actor, queue, found, guideline=current(unit, queue)
        )
        while claims.take_turn(unit, who):
            glance = replace(glance, held=glance.held + 1)
    routing.fill_hand(bench, unit, actor, glance)
    tasks = []
    for lease in claims.held(unit, queue.name, actor.name):
        task = rewrites.task(unit, lease.task_id)
        if task is None:
            # Erased between the lease and now: nobody waits for it.
            claims.release(unit, actor.name, lease.task_id)
        else:
            tasks.append(_open(unit, actor, queue, lease, task))
    return tuple(tasks)


def _following(
    bench: Bench, unit: Unit, actor: Actor, queue: Queue
) -> tuple[Assignment, ...]:
    """Claim what comes next; whoever gets no more has handed in all the same."""
    try:
        return _in_hand(bench, unit, actor, queue)
    except RefusedError:
        return ()


def _open(
    unit: Unit, actor: Actor, queue: Queue, lease: claims.Lease, task: RewriteTask
) -> Assignment:
    why = turns.why_back(unit, lease.task_id, actor.name, lease.occasion)
    last = rewrites.newest(unit, task.id, actor.name) if why else None
    before = rewrites.find(unit, last[0]) if last else None
    return Assignment(
        task_id=lease.task_id,
        queue=queue.name,
        task=task,
        token=lease.token,
        sources_required=queue.sources_required,
        start_from=queue.start_from,
        labels=rewrites.labels(unit, lease.task_id),
        guideline=lease.guideline,
        occasion=lease.occasion,
        before=before.text if before else None,
        why_back=why,
        recovered=tuple(
            (_drafted(task, saved.body), saved.saved_at)
            for saved in drafts.of_task(unit, actor.name, lease.task_id, lease.occasion)
        ),
    )


def _drafted(task: RewriteTask, body: str) -> Draft:
    return Draft(task=task).saying(Said.model_validate_json(body))


def save_draft(
    bench: Bench,
    actor: Actor,
    assignment: Assignment,
    draft: Draft,
    *,
    session: str,
    seq: int,
    alone: bool = False,
) -> tuple[tuple[str, Draft, str], ...]:
    """Keep what has been written so far; an older save never replaces a newer one.

    Args:
        bench: The bench.
        actor: Who writes.
        assignment: The task in hand.
        draft: What was written.
        session: Names the window.
        seq: Grows with every save of a window.
        alone: Let go of what other windows, dead or alive, keep of the task.

    Returns:
        What other windows of this person keep of the task, newest first: the
        window, the draft, and when it was saved.
    """
    actor.must(Act.WORK)
    place = drafting.Place(actor.name, assignment.task_id, assignment.occasion)
    with bench.store.write() as unit:
        others = drafting.keep(
            bench, unit, place, draft.said, session=session, seq=seq, alone=alone
        )
        return tuple(
            (other.session, _drafted(assignment.task, other.body), other.saved_at)
            for other in others
        )


def warnings(bench: Bench, actor: Actor, draft: Draft) -> tuple[Span, ...]:
    """Find what in a text looks private, so that its author can think twice."""
    actor.must(Act.WORK)
    return bench.redactor.find(draft.text)


@dataclass(frozen=True)
class Submitted:
    """What became of a rewrite, and what comes next."""

    id: str
    outcome: Outcome
    edited_share: float | None = None
    late: bool = False
    surplus: bool = False
    next: tuple[Assignment, ...] = ()


def submit(
    bench: Bench,
    actor: Actor,
    assignment: Assignment,
    draft: Draft,
    *,
    seconds: float,
    submission_id: str,
) -> Submitted:
    """Sign a rewrite or a verdict, keep it, and claim the next task.

    A rewrite then waits for a second expert. Whoever says that another expert is
    needed passes the task on.

    Args:
        bench: The bench.
        actor: Who signs.
        assignment: The task in hand.
        draft: What was written.
        seconds: How long it took.
        submission_id: Made by the caller once; sent again, it changes nothing.

    Raises:
        InvalidInputError: If the draft is not complete.
        AlreadyJudgedError: If this person's rewrite of the task stands already.
    """
    actor.must(Act.WORK)
    draft.check(sources_required=assignment.sources_required)
    _must_mean_it(bench, draft)
    return bench.store.persist(
        lambda: _submit_once(
            bench,
            actor,
            assignment,
            draft,
            seconds=seconds,
            submission_id=submission_id,
        )
    )


def _must_mean_it(bench: Bench, draft: Draft) -> None:
    """Refuse what looks private, unless its author says why it may stand.

    Raises:
        InvalidInputError: With the kinds that were found, never with the words.
    """
    if draft.verdict is not None or draft.private_why.strip():
        return
    if kinds := sorted({span.kind for span in bench.redactor.find(draft.text)}):
        raise InvalidInputError(
            f"the text looks private: {', '.join(kinds)}",
            hint="take it out, or say why it may stand",
        )


def _submit_once(
    bench: Bench,
    actor: Actor,
    assignment: Assignment,
    draft: Draft,
    *,
    seconds: float,
    submission_id: str,
) -> Submitted:
    with bench.store.write() as unit:
        queue = find_queue(unit, assignment.queue)
        if done := rewrites.find(unit, submission_id):
            if done.annotator != actor.name:
                raise ConflictError(f"submission {submission_id} is somebody else's")
            if (done.outcome, done.text) != (draft.outcome, _kept_text(draft)):
                raise ConflictError(
                    f"submission {submission_id} is kept with other words",
                    hint="sign what you say now as a submission of its own",
                )
            following = _following(bench, unit, actor, queue)
            outcome: Outcome = done.outcome  # type: ignore[assignment]
            return Submitted(done.id, outcome, done.edited_share, next=following)
        if draft.outcome == "needs_expert":
            # Only experts of the topic get it from now on, and not this one.
            skipping.pass_on(
                bench,
                unit,
                actor,
                assignment,
                code="needs_expert",
                note=draft.note,
                seconds=seconds,
            )
            following = _following(bench, unit, actor, queue)
            return Submitted(submission_id, "needs_expert", next=following)
        filled = claims.fill(
            unit,
            actor.name,
            assignment.task_id,
            token=assignment.token,
            judgment_id=submission_id,
            occasion=assignment.occasion,
        )
        if filled is None:
            raise AlreadyJudgedError(
                f"{actor.name} already rewrote {assignment.task.id}",
                hint="it was done in another window",
            )
        share = _keep(
            bench,
            unit,
            actor,
            assignment,
            draft=draft,
            filled=filled,
            seconds=seconds,
            id=submission_id,
        )
        auditlog.note(
            bench, unit, actor, "rewrite", submission_id, said=_said(assignment, draft)
        )
        rewrites.send_to_review(unit, submission_id, queue.name)
        drafts.drop(unit, actor.name, assignment.task_id)
        following = _following(bench, unit, actor, queue)
        return Submitted(
            submission_id, draft.outcome, share, filled.late, filled.surplus, following
        )


def _said(assignment: Assignment, draft: Draft) -> str:
    """Hash what was signed, so that the log can tell whether it still is."""
    said = draft.said.model_dump(mode="json")
    return digest([assignment.task.id, draft.outcome, said])


def _keep(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    assignment: Assignment,
    *,
    draft: Draft,
    filled: claims.Filled,
    seconds: float,
    id: str,
) -> float | None:
    """Add the rewrite; it supersedes what this person wrote before."""
    before = rewrites.newest(unit, assignment.task.id, actor.name)
    if before is not None:
        rewrites.supersede(unit, before[0])
    original = assignment.task.original.judged
    text_kept = _kept_text(draft)
    share = None if text_kept is None else edited_share(original, text_kept)
    rewrites.add(
        unit,
        text=text_kept,
        id=id,
        rewrite_task=assignment.task.id,
        annotator=actor.name,
        revision=before[1] + 1 if before else 1,
        supersedes=before[0] if before else None,
        outcome=draft.outcome,
        edited_share=share,
        started_from=draft.started_from,
        reasons=canonical(list(draft.reasons)).decode(),
        spans=canonical([s.model_dump() for s in draft.spans]).decode(),
        sources=canonical([s for s in draft.sources if s.strip()]).decode(),
        seconds=round(seconds, 3),
        at=bench.now(),
        received_at=bench.now(),
        guideline=filled.guideline or assignment.guideline,
        late=int(filled.late),
        surplus=int(filled.surplus),
        meta=canonical(_besides(draft)).decode(),
    )
    return share


def _kept_text(draft: Draft) -> str | None:
    """Give the words that are kept of a draft; of an unusable prompt none."""
    if draft.outcome == "prompt_unusable":
        return None
    is_fine = draft.outcome == "original_was_fine"
    return draft.task.original.judged if is_fine else draft.text


def _besides(draft: Draft) -> dict[str, str]:
    said = {"note": draft.note, "private_why": draft.private_why}
    return {key: words for key, words in said.items() if words}


def skip(
    bench: Bench,
    actor: Actor,
    assignment: Assignment,
    code: str,
    *,
    note: str,
    seconds: float,
) -> tuple[Assignment, ...]:
    """Pass a task on with a reason, which routes it; it does not come back.

    Returns:
        What is in hand now.

    Raises:
        InvalidInputError: If the code is none of ``SKIP_CODES``.
    """
    actor.must(Act.WORK)

    def deed() -> tuple[Assignment, ...]:
        with bench.store.write() as unit:
            queue = find_queue(unit, assignment.queue)
            skipping.pass_on(
                bench, unit, actor, assignment, code=code, note=note, seconds=seconds
            )
            return _following(bench, unit, actor, queue)

    return bench.store.persist(deed, after_loss=False)


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


def release(bench: Bench, actor: Actor, assignment: Assignment) -> None:
    """Give a task back that was only held ahead."""
    actor.must(Act.WORK)
    with bench.store.write() as unit:
        claims.release(unit, actor.name, assignment.task_id)
