"""Gold: comparisons with a known answer, mixed in unseen."""

from __future__ import annotations

from typing import Any

from adjudge.domain.conversation import Tiers, check_tiers, places_of, tiers_of
from adjudge.domain.people import Act, Actor
from adjudge.errors import ConflictError, InvalidInputError, UnknownError
from adjudge.services import auditlog
from adjudge.services.bench import Bench, find_queue
from adjudge.storage import comparisons, gold


def add(
    bench: Bench,
    actor: Actor,
    comparison: str,
    ranking: Tiers,
    *,
    why: str,
    queue: str | None = None,
) -> str:
    """Make gold of a comparison: a task of its own that points at its source.

    Args:
        bench: The bench.
        actor: Who acts.
        comparison: Its id.
        ranking: The right answer; every pair in different tiers is asserted.
        why: Why it is certain; shown in training and to appeals.
        queue: Needed where the comparison is a task of several queues.

    Returns:
        The queue.

    Raises:
        UnknownError: If the comparison is no task.
        InvalidInputError: If the ranking does not fit, asserts nothing, or no reason
            is given.
        ConflictError: If it is gold already.
    """
    actor.must(Act.MANAGE_QUEUES)
    if not why.strip():
        raise InvalidInputError("gold needs a reason", hint="--why TEXT")
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "gold.add", comparison)
        found = comparisons.load(unit, comparison)
        if found is None:
            raise UnknownError(f"there is no comparison {comparison!r}")
        try:
            check_tiers(ranking, found.response_ids)
        except ValueError as error:
            raise InvalidInputError(f"--ranking: {error}") from None
        if len(ranking) < 2:
            raise InvalidInputError("--ranking: a tie of all asserts nothing")
        name = queue or _only_queue(gold.queues_of(unit, comparison), comparison)
        find_queue(unit, name)
        if not gold.add(
            unit,
            queue=name,
            comparison=comparison,
            ranking=places_of(ranking, found.response_ids),
            why=why,
            import_id=f"gold:{bench.new_id()}",
        ):
            raise ConflictError(
                f"{comparison} is gold in {name!r} already, or no work task of it"
            )
    return name


def _only_queue(tasks: list[tuple[str, str]], comparison: str) -> str:
    names = sorted({queue for queue, role in tasks if role == "work"})
    if len(names) == 1:
        return names[0]
    if not names:
        raise UnknownError(f"comparison {comparison!r} is no work task of any queue")
    raise InvalidInputError(
        f"comparison {comparison!r} is a task of {', '.join(names)}",
        hint="name one with --queue",
    )


def suspend(
    bench: Bench, actor: Actor, comparison: str, queue: str, *, suspended: bool = True
) -> None:
    """Take gold out of circulation, or put it back; answers to it are kept.

    Raises:
        UnknownError: If it is no gold of that queue.
    """
    actor.must(Act.MANAGE_QUEUES)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "gold.suspend", comparison)
        find_queue(unit, queue)
        if not gold.suspend(unit, queue, comparison, suspended=suspended):
            raise UnknownError(f"{comparison!r} is no gold of queue {queue!r}")


def listed(
    bench: Bench, actor: Actor, queue: str | None = None
) -> list[dict[str, Any]]:
    """List gold with its answer, reason and how often it was seen."""
    actor.must(Act.ADJUDICATE)
    with bench.store.read() as unit:
        if queue is not None:
            find_queue(unit, queue)
        found = gold.listed(unit, queue)
        for row in found:
            comparison = comparisons.load(unit, row["comparison"])
            ids = comparison.response_ids if comparison else ()
            row["ranking"] = tiers_of(row["ranking"], ids) if ids else None
            if row["why"] is None and comparison and comparison.gold:
                row["why"] = comparison.gold.why
            row["suspended"] = bool(row["suspended"])
    return found
