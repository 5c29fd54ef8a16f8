"""Second looks: take back, reopen, rejudge, review. Nothing is overwritten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

from adjudge.domain.people import Act, Actor, Role
from adjudge.domain.record import utc
from adjudge.errors import (
    InvalidInputError,
    NotAllowedError,
    RefusedError,
    UnknownError,
)
from adjudge.services import auditlog
from adjudge.services.bench import Bench, find_queue
from adjudge.services.campaign.guidelines import cited, current
from adjudge.services.work import routing
from adjudge.storage import claims, comparisons, judgments, standing, turns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.domain.conversation import Message, Response
    from adjudge.domain.judging import Judgment
    from adjudge.storage.engine.store import Unit


def chosen(where: list[str]) -> dict[str, str]:
    """Read ``key=value`` conditions against the allow-list.

    Raises:
        InvalidInputError: If a key is not on the list, or a time is none.
    """
    found = {}
    for condition in where:
        key, equals, value = condition.partition("=")
        if not equals or key not in turns.WHERE:
            raise InvalidInputError(
                f"--where {condition!r} is not key=value with a known key",
                hint=f"keys: {', '.join(sorted(turns.WHERE))}",
            )
        found[key] = _time(value) if key in {"before", "after"} else value
    return found


def _time(text: str) -> str:
    """Read a day, which begins in UTC, or a time."""
    try:
        moment = datetime.fromisoformat(text)
        return utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise InvalidInputError(
            f"{text!r} is no day and no time",
            hint="for example 2026-12-31 or 2026-01-31T12:00:00Z",
        ) from None


def reopen(
    bench: Bench, actor: Actor, queue: str, where: list[str], *, why: str
) -> list[str]:
    """Open the slots of selected judgments again, for their authors first of all.

    The judgments are kept and count no more until their authors sign again.

    Returns:
        The judgments' ids.
    """
    actor.must(Act.ADJUDICATE)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "reopening.reopen", queue)
        find_queue(unit, queue)
        opened = []
        for found in turns.select(unit, queue, chosen(where)):
            if found.occasion or not claims.reopen(unit, found.judgment_id):
                continue
            at = bench.now()
            turns.withdraw(unit, found.judgment_id, by=actor.name, why=why, at=at)
            turns.answer(unit, found.judgment_id, state="granted")
            turns.invite(
                unit,
                task_id=found.task_id,
                who=found.annotator,
                occasion=0,
                queue=queue,
                purpose="first",
                why=why,
                by=actor.name,
                at=at,
            )
            opened.append(found.judgment_id)
    return opened


def rejudge(
    bench: Bench,
    actor: Actor,
    queue: str,
    where: list[str],
    *,
    why: str,
    sample: int | None = None,
    seed: int = 0,
) -> int:
    """Ask the authors of selected judgments to judge again, on a new occasion.

    A rejudgment stands from then on; until then the old judgment does.

    Args:
        bench: The bench.
        actor: Who acts.
        queue: The queue.
        where: Which judgments, as ``key=value``.
        why: What the people will read.
        sample: Ask for so many of them, drawn at random; for all where none is given.
        seed: Draws the same ones again.

    Returns:
        How many judgments will be made again.

    Raises:
        InvalidInputError: If the sample is empty.
    """
    actor.must(Act.ADJUDICATE)
    if sample is not None and sample < 1:
        raise InvalidInputError(f"expected a sample of at least 1, found {sample}")
    with bench.store.write() as unit:
        said = {"where": sorted(where), "sample": sample, "seed": seed}
        auditlog.keep(bench, unit, actor, "reopening.rejudge", queue, **said)
        find_queue(unit, queue)
        found = turns.select(unit, queue, chosen(where))
        people = sorted({(s.task_id, s.annotator) for s in found})
        if sample is not None and sample < len(people):
            people = Random(seed).sample(people, sample)  # noqa: S311 - no secret
        for task_id, who in sorted(people):
            turns.invite(
                unit,
                task_id=task_id,
                who=who,
                occasion=turns.next_rejudge(unit, task_id, who),
                queue=queue,
                purpose="rejudge",
                why=why,
                by=actor.name,
                at=bench.now(),
            )
    return len(people)


def requests(bench: Bench, actor: Actor, queue: str) -> list[dict[str, Any]]:
    """List who asks to take up a judgment whose result was used."""
    actor.must(Act.ADJUDICATE)
    with bench.store.read() as unit:
        find_queue(unit, queue)
        return turns.requests(unit, queue)


def to_review(bench: Bench, actor: Actor, queue: str) -> list[dict[str, Any]]:
    """List judgments that wait for a review by this person.

    Raises:
        RefusedError: If the person is paused, or lacks the queue's clearance.
    """
    actor.must(Act.REVIEW)
    with bench.store.read() as unit:
        routing.admit_reviewer(bench, unit, actor, find_queue(unit, queue))
        return turns.reviews(unit, queue, actor.name)


@dataclass(frozen=True)
class Drawn:
    """A judgment that waits for a review, and what it is about.

    Attributes:
        responses: As the author had them before them, from left to right.
    """

    judgment: Judgment
    prompt: tuple[Message, ...]
    responses: tuple[Response, ...]

    def as_json(self) -> dict[str, Any]:
        """Write what ``review show --json`` prints: no model, no known answer."""
        said = self.judgment
        return {
            "judgment": said.id,
            "annotator": said.annotator,
            "comparison": said.comparison,
            "guideline": said.guideline,
            "prompt": [_told(message) for message in self.prompt],
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
        }


def _told(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": message.content}


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
        if stored is None or not turns.waits(unit, judgment_id):
            raise UnknownError(f"judgment {judgment_id} waits for no review")
        said = stored.judgment
        if said.annotator == actor.name:
            raise NotAllowedError("nobody reviews their own judgment")
        queue = find_queue(unit, _queue_of(unit, stored.task_id))
        routing.admit_reviewer(bench, unit, actor, queue)
        found = comparisons.load(unit, said.comparison)
        if found is None or turns.stands_still(unit, stored.task_id):
            raise RefusedError(
                f"comparison {said.comparison} stands still until a lead has looked"
            )
        _must_have_agreed(bench, unit, actor, found.labels)
    shown = said.shown or found.response_ids
    return Drawn(said, found.prompt, tuple(found.response(id) for id in shown))


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
        UnknownError: If the judgment waits for no review.
        NotAllowedError: If it is the reviewer's own.
        RefusedError: If the reviewer is paused, or lacks the queue's clearance.
    """
    actor.must(Act.REVIEW)
    if not accept and not clause:
        raise InvalidInputError(
            "a return names the clause of the guideline", hint="--clause 3"
        )
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "reopening.review", judgment_id)
        stored = judgments.find(unit, judgment_id)
        if stored is not None and stored.judgment.annotator == actor.name:
            raise NotAllowedError("nobody reviews their own judgment")
        if stored is not None:
            queue = find_queue(unit, _queue_of(unit, stored.task_id))
            routing.admit_reviewer(bench, unit, actor, queue)
            if clause:
                ref = stored.judgment.guideline or current(unit, queue)
                clause = cited(unit, ref, clause)
        state = "accepted" if accept else "returned"
        at = bench.now()
        if stored is None or not turns.close_review(
            unit,
            judgment_id,
            state=state,
            reviewer=actor.name,
            clause=clause,
            seconds=seconds,
            at=at,
        ):
            raise UnknownError(f"judgment {judgment_id} waits for no review")
        if not accept and claims.reopen(unit, judgment_id):
            reason = f"clause {clause}: {why}" if why else f"clause {clause}"
            turns.withdraw(unit, judgment_id, by=actor.name, why=reason, at=at)
            turns.invite(
                unit,
                task_id=stored.task_id,
                who=stored.judgment.annotator,
                occasion=stored.judgment.occasion,
                queue=_queue_of(unit, stored.task_id),
                purpose="first",
                why=reason,
                by=actor.name,
                at=at,
            )
    return stored.judgment


def _queue_of(unit: Any, task_id: int) -> str:
    row = unit.one("SELECT queue FROM task WHERE id = :id", id=task_id)
    return str(row[0])
