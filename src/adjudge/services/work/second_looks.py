"""Judgments drawn for a second look: a reviewer accepts them or returns them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adjudge.domain.people import Act, Actor, Role
from adjudge.domain.second_looks import SecondLook
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
from adjudge.storage import (
    claims,
    comparisons,
    drafts,
    judgments,
    people,
    reviews,
    standing,
    turns,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from adjudge.domain.conversation import Comparison, Message, Response
    from adjudge.domain.ids import ResponseId
    from adjudge.domain.judging import Judgment
    from adjudge.domain.queue import Queue
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.judgments import Stored

_NOBODYS_OWN = "nobody reviews their own judgment"


@dataclass(frozen=True)
class Drawn:
    """A judgment that waits for a review, and what it is about.

    Attributes:
        guideline: The version it is reviewed under: the one it was made under; the
            queue's own where it names none.
        recovered: What this reviewer had said of it, with when, the newest first.
    """

    judgment: Judgment
    comparison: Comparison
    queue: str
    task_id: int
    guideline: str | None = None
    recovered: tuple[tuple[SecondLook, str], ...] = ()

    @property
    def shown(self) -> tuple[ResponseId, ...]:
        """The responses as the author had them before them, from left to right."""
        return self.judgment.shown or self.comparison.response_ids

    @property
    def responses(self) -> tuple[Response, ...]:
        """Their texts, in that order."""
        return tuple(self.comparison.response(id) for id in self.shown)

    def as_json(self) -> dict[str, Any]:
        """Write what ``review show --json`` prints: no model, no known answer."""
        said = self.judgment
        return {
            "judgment": said.id,
            "annotator": said.annotator,
            "comparison": said.comparison,
            "guideline": said.guideline,
            "prompt": [_told(message) for message in self.comparison.prompt],
            "responses": [
                {"id": r.id, "messages": [_told(message) for message in r.turns]}
                for r in self.responses
            ],
            "ranking": [list(tier) for tier in said.ranking],
            "margin": said.margin,
            "none_acceptable": said.none_acceptable,
            "reasons": {about: list(tags) for about, tags in said.reasons.items()},
            "ratings": said.ratings,
            "note": said.note,
            "seconds": said.seconds,
        }


def _told(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": message.content}


# --- what waits --------------------------------------------------------------------
def to_review(bench: Bench, actor: Actor, queue: str) -> list[dict[str, Any]]:
    """List judgments that wait for a review by this person.

    Raises:
        RefusedError: If the person is paused, or lacks the queue's clearance.
    """
    actor.must(Act.REVIEW)
    with bench.store.read() as unit:
        routing.admit_reviewer(bench, unit, actor, find_queue(unit, queue))
        return reviews.waiting(unit, queue, actor.name)


def counts(bench: Bench, actor: Actor) -> dict[str, tuple[int, int]]:
    """Count by queue what this person reviewed, and what waits for them."""
    actor.must(Act.REVIEW)
    with bench.store.read() as unit:
        return reviews.counts(unit, reviewer(bench, unit, actor))


def reviewer(bench: Bench, unit: Unit, actor: Actor) -> reviews.Reviewer:
    """Say which judgments a person may look at: a lead looks at every one."""
    if actor.role is Role.LEAD:
        return reviews.Reviewer(actor.name)
    labels = standing.labels_now(unit, actor.name, at=bench.now())
    return reviews.Reviewer(actor.name, labels)


def drawn(bench: Bench, actor: Actor, judgment_id: str) -> Drawn:
    """Show a judgment to whoever reviews it.

    Raises:
        UnknownError: If the judgment waits for no review.
        NotAllowedError: If it is the reviewer's own.
        RefusedError: If the reviewer is paused, lacks the queue's clearance, or did not
            opt into its content labels; or if the task stands still.
    """
    actor.must(Act.REVIEW)
    with bench.store.read() as unit:
        stored = judgments.find(unit, judgment_id)
        if stored is None or reviews.state(unit, judgment_id) != "open":
            raise UnknownError(f"judgment {judgment_id} waits for no review")
        queue = _admitted(bench, unit, actor, stored)
        found = _open(unit, actor, stored, queue)
        _must_have_agreed(bench, unit, actor, found.comparison.labels)
        return found


def _admitted(bench: Bench, unit: Unit, actor: Actor, stored: Stored) -> Queue:
    """Give the queue of a judgment that this person may review."""
    if stored.judgment.annotator == actor.name:
        raise NotAllowedError(_NOBODYS_OWN)
    row = unit.one("SELECT queue FROM task WHERE id = :id", id=stored.task_id)
    queue = find_queue(unit, str(row[0]) if row else "")
    routing.admit_reviewer(bench, unit, actor, queue)
    return queue


def _open(unit: Unit, actor: Actor, stored: Stored, queue: Queue) -> Drawn:
    said = stored.judgment
    found = comparisons.load(unit, said.comparison)
    if found is None or turns.stands_still(unit, stored.task_id):
        raise RefusedError(
            f"comparison {said.comparison} stands still until a lead has looked"
        )
    kept = [
        (SecondLook.model_validate_json(draft.body), draft.saved_at)
        for draft in drafts.of_task(unit, actor.name, stored.task_id, drafts.OF_REVIEW)
    ]
    return Drawn(
        said,
        found,
        queue.name,
        stored.task_id,
        guideline=said.guideline or current(unit, queue),
        recovered=tuple(draft for draft in kept if draft[0].judgment == said.id),
    )


def _must_have_agreed(
    bench: Bench, unit: Unit, actor: Actor, labels: Iterable[str]
) -> None:
    if actor.role is Role.LEAD:
        return
    unseen = set(labels) - standing.labels_now(unit, actor.name, at=bench.now())
    if unseen:
        named = ", ".join(sorted(unseen))
        raise RefusedError(
            f"it is behind a content warning ({named}) that you did not opt in to, or "
            "of which you had today's share",
            hint=f"`adjudge people opt-in {actor.name} LABEL`, or leave it to others",
        )


# --- one in hand -------------------------------------------------------------------
def claim(
    bench: Bench, actor: Actor, queue: str, *, leaving: Collection[str] = ()
) -> Drawn | None:
    """Hold the next judgment that waits for a review, never one's own.

    Args:
        bench: The bench.
        actor: Who reviews.
        queue: The queue.
        leaving: Judgments that this person leaves to others.

    Raises:
        RefusedError: If the person is paused, or lacks the queue's clearance.
    """
    actor.must(Act.REVIEW)
    with bench.store.write() as unit:
        found = find_queue(unit, queue)
        routing.admit_reviewer(bench, unit, actor, found)
        people.arrive(unit, actor, at=bench.now())
        id = reviews.take(
            unit,
            queue,
            reviewer(bench, unit, actor),
            leaving=leaving,
            seconds=found.lease_minutes * 60,
        )
        stored = judgments.find(unit, id) if id else None
        return _open(unit, actor, stored, found) if stored else None


def save_draft(
    bench: Bench, actor: Actor, held: Drawn, said: SecondLook, *, session: str, seq: int
) -> None:
    """Keep what was said of a judgment so far, until it is signed."""
    actor.must(Act.REVIEW)
    place = drafting.Place(actor.name, held.task_id, drafts.OF_REVIEW)
    with bench.store.write() as unit:
        drafting.keep(bench, unit, place, said, session=session, seq=seq, alone=True)


def heartbeat(bench: Bench, actor: Actor, held: Drawn) -> bool:
    """Prolong the hold while its screen is open; ``False`` if it is gone."""
    actor.must(Act.REVIEW)
    with bench.store.write() as unit:
        seconds = find_queue(unit, held.queue).lease_minutes * 60
        return reviews.extend(unit, str(held.judgment.id), actor.name, seconds=seconds)


def release(bench: Bench, actor: Actor, held: Drawn) -> None:
    """Let somebody else review it."""
    actor.must(Act.REVIEW)
    with bench.store.write() as unit:
        reviews.release(unit, str(held.judgment.id), actor.name)


# --- the decision ------------------------------------------------------------------
def review(
    bench: Bench,
    actor: Actor,
    judgment_id: str,
    *,
    accept: bool,
    clause: str | None = None,
    why: str = "",
    seconds: float = 0.0,
) -> Judgment:
    """Accept a judgment, or return it to its author with a clause.

    Raises:
        InvalidInputError: If a return names no clause, or one that is not there.
        UnknownError: If the judgment was never drawn for a review.
        ConflictError: If somebody has reviewed it meanwhile.
        NotAllowedError: If it is the reviewer's own.
        RefusedError: If the reviewer is paused, or lacks the queue's clearance.
    """
    actor.must(Act.REVIEW)
    if not accept and not clause:
        raise InvalidInputError(
            "a return names the clause of the guideline", hint="--clause 3"
        )
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "second_looks.review", judgment_id)
        stored = judgments.find(unit, judgment_id)
        if stored is None:
            raise UnknownError(f"judgment {judgment_id} waits for no review")
        queue = _admitted(bench, unit, actor, stored)
        if clause:
            clause = cited(
                unit, stored.judgment.guideline or current(unit, queue), clause
            )
        at = bench.now()
        if not reviews.close(
            unit,
            judgment_id,
            state="accepted" if accept else "returned",
            reviewer=actor.name,
            clause=clause,
            seconds=seconds,
            at=at,
        ):
            raise _closed(unit, judgment_id)
        drafts.drop_of(unit, actor.name, stored.task_id, drafts.OF_REVIEW)
        if not accept and claims.reopen(unit, judgment_id):
            reason = f"clause {clause}: {why}" if why else f"clause {clause}"
            turns.withdraw(unit, judgment_id, by=actor.name, why=reason, at=at)
            turns.invite(
                unit,
                task_id=stored.task_id,
                who=stored.judgment.annotator,
                occasion=stored.judgment.occasion,
                queue=queue.name,
                purpose="first",
                why=reason,
                by=actor.name,
                at=at,
            )
    return stored.judgment


def _closed(unit: Unit, judgment_id: str) -> ConflictError | UnknownError:
    """Say why a judgment waits for no review."""
    state = reviews.state(unit, judgment_id)
    if state is None:
        return UnknownError(f"judgment {judgment_id} waits for no review")
    return ConflictError(
        f"judgment {judgment_id} waits for no review: somebody has {state} it",
        hint="what they said stands; go on to the next",
    )
