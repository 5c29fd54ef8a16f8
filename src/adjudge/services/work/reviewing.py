"""Reviewing rewrites: a second expert approves, fixes, or sends back with a clause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adjudge.domain.people import Act, Actor
from adjudge.domain.record import canonical
from adjudge.domain.rewriting import Review, edited_share, outcome_of
from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    RefusedError,
    UnknownError,
)
from adjudge.services import auditlog
from adjudge.services.bench import Bench, find_queue
from adjudge.services.campaign.guidelines import cited, current
from adjudge.services.work import drafting, routing
from adjudge.storage import claims, drafts, people, rewrites, turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.domain.rewriting import RewriteTask
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.rewrites import Written


@dataclass(frozen=True)
class InReview:
    """A rewrite in a reviewer's hand.

    Attributes:
        guideline: The version it is reviewed under: the one it was written under,
            since nobody is sent back for a rule that came later; the queue's own
            where it names none.
        labels: Content labels, to be read before the texts.
        recovered: What this person had said of it, the newest first.
    """

    rewrite: Written
    task: RewriteTask
    guideline: str | None = None
    labels: tuple[str, ...] = ()
    recovered: tuple[tuple[Review, str], ...] = ()


def waiting(bench: Bench, actor: Actor, queue: str) -> list[Written]:
    """List rewrites that wait for a review by this person, in the order they get them.

    Mended returns come first, then the topics in which they are experts.

    Raises:
        RefusedError: If the person is paused, or lacks the queue's clearance.
    """
    actor.must(Act.REVIEW)
    with bench.store.read() as unit:
        routing.admit_reviewer(bench, unit, actor, find_queue(unit, queue))
        found = rewrites.listed(unit, queue, state="submitted")
        person = people.find(unit, actor.name)
    others = [w for w in found if w.annotator != actor.name and not w.is_erased]
    if person is None:
        return others
    return sorted(others, key=lambda w: (-w.revision, -person.weight(w.topic)))


def claim(bench: Bench, actor: Actor, queue: str) -> InReview | None:
    """Hold the next rewrite that waits for a review, never one's own.

    Raises:
        RefusedError: If the person is paused, or lacks the queue's clearance.
    """
    actor.must(Act.REVIEW)
    with bench.store.write() as unit:
        found = find_queue(unit, queue)
        routing.admit_reviewer(bench, unit, actor, found)
        people.arrive(unit, actor, at=bench.now())
        seconds = found.lease_minutes * 60
        id = rewrites.take_review(unit, queue, actor.name, seconds=seconds)
        if id is None:
            return None
        written = _find(unit, id)
        task = rewrites.task(unit, written.task_id)
        if task is None:
            raise UnknownError(f"rewrite task {written.task} has lost its texts")
        return InReview(
            written,
            task,
            guideline=written.guideline or current(unit, found),
            labels=rewrites.labels(unit, written.task_id),
            recovered=tuple(_recovered(unit, actor, written)),
        )


def _recovered(
    unit: Unit, actor: Actor, written: Written
) -> Iterator[tuple[Review, str]]:
    place = (actor.name, written.task_id, drafts.OF_REVIEW)
    for saved in drafts.of_task(unit, *place):
        said = Review.model_validate_json(saved.body)
        if said.rewrite == written.id:
            yield said, saved.saved_at


def save_draft(
    bench: Bench,
    actor: Actor,
    held: InReview,
    said: Review,
    *,
    session: str,
    seq: int,
    alone: bool = False,
) -> tuple[tuple[str, Review, str], ...]:
    """Keep what was said of a rewrite so far; see ``rewriting.save_draft``."""
    actor.must(Act.REVIEW)
    written = held.rewrite
    place = drafting.Place(actor.name, written.task_id, drafts.OF_REVIEW)
    with bench.store.write() as unit:
        kept = drafting.keep(
            bench, unit, place, said, session=session, seq=seq, alone=alone
        )
        others = [
            (other.session, Review.model_validate_json(other.body), other.saved_at)
            for other in kept
        ]
        return tuple(other for other in others if other[1].rewrite == written.id)


def heartbeat(bench: Bench, actor: Actor, held: InReview) -> bool:
    """Prolong the hold while its screen is open; ``False`` if it is gone."""
    actor.must(Act.REVIEW)
    with bench.store.write() as unit:
        seconds = find_queue(unit, held.rewrite.queue).lease_minutes * 60
        return rewrites.extend_review(
            unit, held.rewrite.id, actor.name, seconds=seconds
        )


def release(bench: Bench, actor: Actor, held: InReview) -> None:
    """Let somebody else review it."""
    actor.must(Act.REVIEW)
    with bench.store.write() as unit:
        rewrites.release_review(unit, held.rewrite.id, actor.name)


def counts(bench: Bench, actor: Actor, queue: str) -> tuple[int, int]:
    """Count what this person reviewed in a queue, and what waits for them."""
    actor.must(Act.REVIEW)
    with bench.store.read() as unit:
        find_queue(unit, queue)
        return rewrites.to_review(unit, queue, actor.name)


def approve(
    bench: Bench, actor: Actor, id: str, *, why: str = "", seconds: float | None = None
) -> Written:
    """Approve a rewrite, named by its own id or by its task's.

    Raises:
        UnknownError: If there is no such rewrite.
        NotAllowedError: If it is the reviewer's own.
        RefusedError: If the reviewer is paused, or lacks the queue's clearance.
        ConflictError: If it waits for no review any more.
    """
    actor.must(Act.REVIEW)
    with bench.store.write() as unit:
        written = _reviewable(bench, unit, actor, id)
        _close(bench, unit, actor, written, "approved", why=why, seconds=seconds)
        return _find(unit, written.id)


def send_back(
    bench: Bench,
    actor: Actor,
    id: str,
    *,
    why: str,
    clause: str | None = None,
    seconds: float | None = None,
) -> Written:
    """Send a rewrite back to its author, for whom it comes first.

    Raises:
        InvalidInputError: If nothing says why, or the guideline has no such clause.
        UnknownError: If there is no such rewrite.
        NotAllowedError: If it is the reviewer's own.
        RefusedError: If the reviewer is paused, or lacks the queue's clearance.
        ConflictError: If it waits for no review any more.
    """
    actor.must(Act.REVIEW)
    if not why.strip():
        raise InvalidInputError(
            "say why it goes back: the author will read it", hint="--why TEXT"
        )
    with bench.store.write() as unit:
        written = _reviewable(bench, unit, actor, id)
        if clause:
            ref = written.guideline or current(unit, find_queue(unit, written.queue))
            clause = cited(unit, ref, clause)
        _close(
            bench,
            unit,
            actor,
            written,
            "returned",
            why=why,
            clause=clause,
            seconds=seconds,
        )
        reason = f"clause {clause}: {why}" if clause else why
        claims.reopen(unit, written.id)
        turns.invite(
            unit,
            task_id=written.task_id,
            who=written.annotator,
            occasion=0,
            queue=written.queue,
            purpose="first",
            why=reason,
            by=actor.name,
            at=bench.now(),
        )
        return _find(unit, written.id)


def fix(
    bench: Bench,
    actor: Actor,
    id: str,
    text: str,
    *,
    why: str,
    seconds: float | None = None,
) -> Written:
    """Mend a rewrite oneself; what comes out stands, approved, with both names.

    Raises:
        InvalidInputError: If nothing was changed, or nothing says why.
        UnknownError: If there is no such rewrite.
        NotAllowedError: If it is the reviewer's own.
        RefusedError: If the reviewer is paused, or lacks the queue's clearance.
        ConflictError: If it waits for no review any more.
    """
    actor.must(Act.REVIEW)
    if not why.strip():
        raise InvalidInputError("say what was fixed and why", hint="--why TEXT")
    with bench.store.write() as unit:
        written = _reviewable(bench, unit, actor, id)
        if not text.strip() or text == written.text:
            raise InvalidInputError("nothing was fixed: approve it as it is")
        task = rewrites.task(unit, written.task_id)
        if task is None:
            raise UnknownError(f"rewrite task {written.task} has lost its texts")
        fixed, at = bench.new_id(), bench.now()
        original = task.original.judged
        _close(
            bench,
            unit,
            actor,
            written,
            "fixed",
            why=why,
            fixed_id=fixed,
            seconds=seconds,
        )
        rewrites.add(
            unit,
            text=text,
            id=fixed,
            rewrite_task=written.task,
            annotator=written.annotator,
            revision=written.revision + 1,
            supersedes=written.id,
            outcome=outcome_of(original, text, started_from="original"),
            edited_share=edited_share(original, text),
            reasons=canonical(list(written.reasons)).decode(),
            sources=canonical(list(written.sources)).decode(),
            fixed_by=actor.name,
            guideline=written.guideline,
            seconds=seconds,
            at=at,
            received_at=at,
        )
        rewrites.stand_in(unit, written.id, fixed)
        rewrites.send_to_review(
            unit, fixed, written.queue, approved_by=actor.name, at=at
        )
        return _find(unit, fixed)


def show(bench: Bench, actor: Actor, id: str) -> Written:
    """Show a rewrite by its own id, or the newest one of a task."""
    actor.must(Act.REVIEW)
    with bench.store.read() as unit:
        written = _find(unit, id)
        routing.admit_reviewer(bench, unit, actor, find_queue(unit, written.queue))
        return written


def _find(unit: Unit, id: str) -> Written:
    written = rewrites.find(unit, id)
    if written is None:
        raise UnknownError(
            f"there is no rewrite {id!r}", hint="name a rewrite, or its task"
        )
    return written


def _reviewable(bench: Bench, unit: Unit, actor: Actor, id: str) -> Written:
    written = _find(unit, id)
    routing.admit_reviewer(bench, unit, actor, find_queue(unit, written.queue))
    if actor.name in {written.annotator, written.fixed_by}:
        raise NotAllowedError("nobody reviews their own rewrite")
    if written.is_erased:
        raise RefusedError(
            f"rewrite {written.id} is of a user who took their consent back"
        )
    return written


def _close(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    written: Written,
    state: str,
    *,
    why: str,
    clause: str | None = None,
    fixed_id: str | None = None,
    seconds: float | None = None,
) -> None:
    people.arrive(unit, actor, at=bench.now())
    if not rewrites.close_review(
        unit,
        written.id,
        state=state,
        reviewer=actor.name,
        why=why,
        clause=clause,
        fixed_id=fixed_id,
        seconds=seconds,
        at=bench.now(),
    ):
        raise ConflictError(
            f"rewrite {written.id} waits for no review: it is {written.state}"
        )
    auditlog.keep(
        bench,
        unit,
        actor,
        f"reviewing.{state}",
        written.id,
        why=why,
        clause=clause,
        fixed_id=fixed_id,
    )
    drafts.drop_of(unit, actor.name, written.task_id, drafts.OF_REVIEW)
