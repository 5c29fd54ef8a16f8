"""Training tells the right answer; a gate proposes, a lead decides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adjudge.domain.conversation import tiers_of
from adjudge.domain.ids import ResponseId
from adjudge.domain.people import Act
from adjudge.domain.qualification import Feedback, Gate
from adjudge.domain.routing import is_gold_hit
from adjudge.errors import InvalidInputError, RefusedError, UnknownError
from adjudge.services import auditlog
from adjudge.services.bench import find_queue
from adjudge.services.people.standing import end_of
from adjudge.storage import people, standing

if TYPE_CHECKING:
    from adjudge.domain.conversation import Comparison
    from adjudge.domain.judging import Judgment
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit

_PLACES = tuple(ResponseId(place) for place in "012345678")


def feedback_on(
    unit: Unit, task_id: int, comparison: Comparison, judgment: Judgment
) -> Feedback | None:
    """Tell the right answer of a training task; ``None`` of any other.

    Args:
        unit: The unit of work the judgment is submitted in.
        task_id: The task.
        comparison: What was judged.
        judgment: What was said.
    """
    answer = standing.training_answer(unit, task_id)
    if answer is None or answer[0] is None:
        return None
    known = tiers_of(answer[0], comparison.response_ids)
    said_why = comparison.gold.why if comparison.gold else None
    return Feedback(
        is_right=is_gold_hit(known, judgment.ranking),
        ranking=known,
        why=answer[1] or said_why,
    )


def gate(bench: Bench, actor: Actor, name: str, queue: str) -> Gate:
    """Show what the sequential test says of somebody in a queue.

    Everybody may see it of themselves where the queue is for training.

    Raises:
        UnknownError: If there is nobody of that name, or no such queue.
    """
    with bench.store.read() as unit:
        found = find_queue(unit, queue)
        own = actor.name == name and found.training
        actor.must(Act.WORK if own else Act.QUALIFY)
        if people.find(unit, name) is None:
            raise UnknownError(f"there is nobody called {name!r}")
        return _gate(unit, name, queue)


def _gate(unit: Unit, name: str, queue: str) -> Gate:
    hits = [
        int(is_gold_hit(tiers_of(known, _PLACES), tiers_of(said, _PLACES)))
        for said, known in standing.gold_judgments(unit, queue, name)
    ]
    # Late: whoever opens the workbench needs no NumPy (140 ms, 10 MiB).
    from adjudge.stats.gold import sequential_test  # noqa: PLC0415

    test = sequential_test(hits)
    return Gate(
        person=name,
        queue=queue,
        n_gold=len(hits),
        n_right=sum(hits),
        proposal=Gate.proposes(test.state),
        score=test.score,
        accept_at=test.pass_at,
        refuse_at=test.flag_at,
    )


def decide(
    bench: Bench,
    actor: Actor,
    name: str,
    queue: str,
    *,
    accept: bool,
    why: str | None = None,
    label: str | None = None,
    until: str | None = None,
) -> Gate:
    """Accept or refuse somebody; accepting clears them for a label.

    The proposal binds nobody, but whoever decides against it says why, and a refusal
    always has a reason: the person sees it.

    Args:
        bench: The bench.
        actor: Who decides.
        name: Whom.
        queue: Where they were tested.
        accept: Whether they pass.
        why: The reason.
        label: What they are cleared for; the queue's name unless said otherwise.
        until: When the clearance ends.

    Raises:
        InvalidInputError: If a reason is needed, or the time is none or past.
        UnknownError: If there is nobody of that name, or no such queue.
        RefusedError: If somebody would decide on themselves.
    """
    actor.must(Act.QUALIFY)
    if actor.name == name:
        raise RefusedError(
            f"{name} cannot decide on themselves", hint="ask another lead"
        )
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "qualification.decide", name)
        find_queue(unit, queue)
        if people.find(unit, name) is None:
            raise UnknownError(f"there is nobody called {name!r}")
        found = _gate(unit, name, queue)
        decision = "accept" if accept else "refuse"
        if not (why or "").strip() and (not accept or found.proposal != decision):
            raise InvalidInputError(
                f"to {decision} {name} a reason is needed "
                f"(the test says {found.proposal})",
                hint="give it with --why; the person sees it",
            )
        cleared, end = label or queue, end_of(until, bench.now())
        decided = replace(
            found,
            decision="accepted" if accept else "refused",
            label=cleared,
            until=end if accept else None,
        )
        if accept:
            standing.clear(unit, name, cleared, end)
        elif standing.unclear(unit, name, cleared):
            decided = replace(decided, until=None)
        standing.step(
            unit,
            name,
            "qualified" if accept else "not_qualified",
            {k: v for k, v in decided.as_json().items() if k != "person"},
            id=bench.new_id(),
            why=why,
            by=actor.name,
            at=bench.now(),
        )
        return decided
