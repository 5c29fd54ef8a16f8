"""A lead decides a disputed comparison. Judgments are never touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adjudge.domain.conversation import Tiers, check_tiers, places_of, tiers_of
from adjudge.domain.people import Act
from adjudge.errors import ConflictError, InvalidInputError, UnknownError
from adjudge.services import auditlog
from adjudge.services.bench import Bench, find_queue
from adjudge.services.measuring import weighing
from adjudge.services.measuring.resolving import Resolver, results_in
from adjudge.storage import comparisons, judgments, people, results

if TYPE_CHECKING:
    from adjudge.domain.conversation import Comparison
    from adjudge.domain.people import Actor
    from adjudge.services.measuring.resolving import Result
    from adjudge.services.measuring.weighing import Weighing
    from adjudge.storage.engine.store import Unit

# Why people disagreed: what a lead can do about it differs.
CAUSES: dict[str, str] = {
    "ambiguous_prompt": "the prompt can be read in more than one way",
    "guideline_unclear": "the guideline does not say, or says two things",
    "close_call": "the responses are about equally good",
    "mistake": "some judgments overlooked something plain",
    "expertise": "it takes knowledge that not everybody has",
    "taste": "a matter of taste or style",
    "other": "another cause (said in the reason)",
}


Seen = str | None
ANY = ""  # whoever decides asks for no decision that stands


@dataclass(frozen=True)
class Adjudicated:
    """A decision as it stands now.

    Attributes:
        supersedes: The decision that stood before.
        blind: What was said before the judgments were seen, if that was asked.
    """

    id: str
    queue: str
    comparison: str
    ranking: Tiers
    winner: str | None
    cause: str | None
    why: str
    by: str
    at: str
    supersedes: str | None
    blind: Tiers | None = None
    none_acceptable: bool = False

    def as_json(self) -> dict[str, Any]:
        """Write what ``adjudicate --json`` prints."""
        return {**vars(self), "state": "adjudicated"}


@dataclass(frozen=True)
class Disputed:
    """A comparison that nobody could settle, and what a decision would change.

    Attributes:
        closeness: Share of the (weighted) judgments on the leading answer; the nearer
            to one half, the more a decision tells.
        gives_row: Whether a decision could give a preference row that is missing now.
    """

    comparison: str
    state: str
    n_judgments: int
    answers: dict[str, int]
    closeness: float
    gives_row: bool
    sent_on: bool


def adjudicate(
    bench: Bench,
    actor: Actor,
    comparison: str,
    ranking: Tiers,
    *,
    why: str,
    cause: str | None = None,
    queue: str | None = None,
    blind: Tiers | None = None,
    none_acceptable: bool = False,
    over: Seen = ANY,
) -> Adjudicated:
    """Decide a comparison. It stands until somebody decides again.

    Args:
        bench: The bench.
        actor: Who decides.
        comparison: Its id.
        ranking: The answer, tiers best first; one tier is a tie.
        why: The reason, which everybody may be shown.
        cause: Why people disagreed, one of ``CAUSES``.
        queue: Needed where the comparison is work of several queues.
        blind: What the lead said before they saw the judgments; kept beside.
        none_acceptable: No response is acceptable, whichever is the better one.
        over: The decision that the lead saw standing, ``None`` if they saw none.

    Raises:
        UnknownError: If the comparison is no work of this (or any) queue.
        InvalidInputError: If the ranking does not fit, or no reason is given.
        ConflictError: If it is work of several queues and none is named, or another
            decision stands than the one they saw.
    """
    actor.must(Act.ADJUDICATE)
    if not why.strip():
        raise InvalidInputError("a decision needs a reason", hint="--why TEXT")
    if cause is not None and cause not in CAUSES:
        raise InvalidInputError(
            f"there is no cause {cause!r}", hint=f"causes: {', '.join(CAUSES)}"
        )
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "adjudication.adjudicate", comparison)
        task = work_task(unit, comparison, queue)
        found = comparisons.load(unit, comparison)
        if found is None:
            raise UnknownError(
                f"comparison {comparison} has lost its texts",
                hint="they were erased, or an incident hides them",
            )
        for tiers in (ranking, *([blind] if blind else [])):
            _check(found, tiers)
        # Whoever owns the file may act as lead before anybody has added them.
        people.arrive(unit, actor, at=bench.now())
        before = results.decision_of(unit, task.task_id)
        if over != ANY and before is not None and before.id != over:
            raise ConflictError(
                f"{before.by} has decided {comparison} meanwhile",
                hint="see what was decided; deciding again stands over it",
            )
        decision = results.Decision(
            id=bench.new_id(),
            task_id=task.task_id,
            ranking=places_of(ranking, found.response_ids),
            by=str(actor.name),
            at=bench.now(),
            cause=cause,
            why=why,
            blind=places_of(blind, found.response_ids) if blind else None,
            none_acceptable=none_acceptable,
        )
        results.decide(unit, decision, supersedes=before.id if before else None)
    return Adjudicated(
        id=decision.id,
        queue=task.queue,
        comparison=comparison,
        ranking=tiers_of(decision.ranking, found.response_ids),
        winner=ranking[0][0] if len(ranking[0]) == 1 else None,
        cause=cause,
        why=why,
        by=decision.by,
        at=decision.at,
        supersedes=before.id if before else None,
        blind=blind,
        none_acceptable=none_acceptable,
    )


def _check(comparison: Comparison, ranking: Tiers) -> None:
    try:
        check_tiers(ranking, comparison.response_ids)
    except ValueError as error:
        raise InvalidInputError(f"--ranking: {error}") from None


def work_task(unit: Unit, comparison: str, queue: str | None) -> results.WorkTask:
    """Find a comparison as work of a queue.

    Raises:
        UnknownError: If it is no work of this (or any) queue.
        ConflictError: If it is work of several queues and none is named.
    """
    if queue is not None:
        find_queue(unit, queue)
    found = [t for t in results.work_of(unit, comparison) if queue in {None, t.queue}]
    if not found:
        if not comparisons.is_there(unit, comparison):
            raise UnknownError(f"there is no comparison {comparison!r}")
        where = f" in queue {queue!r}" if queue else ""
        raise UnknownError(
            f"comparison {comparison!r} is no work{where}",
            hint="gold and training are not adjudicated; see `adjudge gold`",
        )
    if len(found) > 1:
        raise ConflictError(
            f"comparison {comparison!r} is work of {len(found)} queues",
            hint=f"say which: --queue {'|'.join(t.queue for t in found)}",
        )
    return found[0]


def disputed(
    bench: Bench,
    actor: Actor,
    queue: str,
    *,
    limit: int | None = 100,
    judge: str | None = None,
) -> list[Disputed]:
    """List what waits for a decision, most telling first.

    First what a decision would turn into a row, then what is closest to even.

    Args:
        bench: The bench.
        actor: Who asks.
        queue: The queue.
        limit: At most so many; ``None`` for all.
        judge: Only what this person judged.

    Raises:
        UnknownError: If there is no such queue.
    """
    actor.must(Act.ADJUDICATE)
    with bench.store.read() as unit:
        resolver = Resolver.ready(unit, find_queue(unit, queue), "majority")
        heads = {t.task_id: t for t in results.tasks(unit, queue)}
        mine = results.judged_by(unit, queue, judge) if judge else None
        found = [
            _dispute(r, heads[r.task_id].sent_on)
            for r in results_in(unit, resolver)
            if r.resolution.state in {"escalated", "tie"}
            and not r.frozen
            and (mine is None or r.task_id in mine)
        ]
    found.sort(key=lambda d: (not d.gives_row, d.closeness, d.comparison))
    return found[:limit]


def standing_still(bench: Bench, actor: Actor, queue: str) -> int:
    """Count the comparisons of a queue that wait for an incident, and are not listed.

    Raises:
        UnknownError: If there is no such queue.
    """
    actor.must(Act.ADJUDICATE)
    with bench.store.read() as unit:
        find_queue(unit, queue)
        return results.frozen(unit, queue)


def causes(bench: Bench, actor: Actor, queue: str) -> dict[str, int]:
    """Count by cause what leads decided in a queue, the most frequent first.

    Raises:
        UnknownError: If there is no such queue.
    """
    actor.must(Act.SEE_AGREEMENT)
    with bench.store.read() as unit:
        find_queue(unit, queue)
        return named(results.causes(unit, queue))


def named(found: dict[str | None, int]) -> dict[str, int]:
    """Name what has no cause."""
    return {cause or "not said": n for cause, n in found.items()}


def _dispute(result: Result, sent_on: bool) -> Disputed:
    answers: dict[str, int] = {}
    for vote in result.votes:
        said = " > ".join(" = ".join(sorted(tier)) for tier in vote.ranking)
        answers[said] = answers.get(said, 0) + 1
    most = max(answers.values(), default=0)
    return Disputed(
        comparison=result.comparison,
        state=result.resolution.state,
        n_judgments=len(result.votes),
        answers=dict(sorted(answers.items(), key=lambda a: (-a[1], a[0]))),
        closeness=most / len(result.votes) if result.votes else 0.0,
        gives_row=result.resolution.state == "escalated",
        sent_on=sent_on,
    )


def evidence(
    bench: Bench, actor: Actor, comparison: str, *, queue: str | None = None
) -> dict[str, Any]:
    """Lay out the judgments on a comparison with their weights, judges by number.

    Raises:
        UnknownError: If the comparison is no work of this (or any) queue.
        ConflictError: If it is work of several queues and none is named.
    """
    actor.must(Act.ADJUDICATE)
    with bench.store.read() as unit:
        task = work_task(unit, comparison, queue)
        found = find_queue(unit, task.queue)
        weights = weighing.weigh(unit, found)
        cast = judgments.of_comparison(unit, comparison, task.queue)
        decision = results.decision_of(unit, task.task_id)
    return {
        "comparison": comparison,
        "queue": task.queue,
        "judgments": [
            _shown(stored, i, weights, task.topic) for i, stored in enumerate(cast, 1)
        ],
        "shares": _shares(cast, weights, task.topic),
        "decision": None if decision is None else vars(decision),
        "causes": CAUSES,
    }


def _shown(
    stored: judgments.Stored, number: int, weights: Weighing, topic: str | None
) -> dict[str, Any]:
    judgment = stored.judgment
    part = weights.effective(str(judgment.annotator), topic)
    return {
        "judge": number,
        "id": judgment.id,
        "ranking": judgment.ranking,
        "margin": judgment.margin,
        "none_acceptable": judgment.none_acceptable,
        "reasons": judgment.reasons,
        "ratings": judgment.ratings,
        "note": judgment.note,
        "seconds": judgment.seconds,
        "guideline": judgment.guideline,
        "weight": part.weight,
        "declared": part.declared,
        "reliability": part.reliability,
    }


def _shares(
    cast: list[judgments.Stored], weights: Weighing, topic: str | None
) -> dict[str, float]:
    """Give each answer's share of the weight."""
    sums: dict[str, float] = {}
    for stored in cast:
        judgment = stored.judgment
        said = " > ".join(" = ".join(sorted(tier)) for tier in judgment.ranking)
        weight = weights.weight(str(judgment.annotator), topic)
        sums[said] = sums.get(said, 0.0) + weight
    total = sum(sums.values())
    return {said: weight / total for said, weight in sorted(sums.items())}
