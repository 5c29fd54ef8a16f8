"""The results of a queue in one document: states, flips, and a league of models."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from adjudge.domain.people import Act
from adjudge.services.bench import find_queue
from adjudge.services.measuring import league as models
from adjudge.services.measuring.resolving import (
    STATES,
    Resolver,
    check_method,
    results_in,
)

if TYPE_CHECKING:
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench


def resolution(
    bench: Bench,
    actor: Actor,
    queue: str,
    *,
    method: str = "majority",
    league: bool = True,
) -> dict[str, Any]:
    """Resolve a queue and rank its models, as ``resolve --json`` prints it.

    Args:
        bench: The bench.
        actor: Who asks.
        queue: The queue.
        method: One of ``METHODS``.
        league: Whether to rank the models.

    Raises:
        UnknownError: If there is no such queue.
        InvalidInputError: If there is no such method.
    """
    actor.must(Act.RESOLVE)
    check_method(method)
    with bench.store.read() as unit:
        resolver = Resolver.ready(unit, find_queue(unit, queue), method)
        results = list(results_in(unit, resolver))
        ranked = models.table(unit, queue) if league else models.nothing()
    counts = Counter(r.resolution.state for r in results)
    return {
        "queue": queue,
        **resolver.fit.as_json(),
        "states": {state: counts[state] for state in STATES},
        "flips": [r.comparison for r in results if r.is_flipped],
        "results": [r.as_json() for r in results],
        "league": ranked,
        "warnings": [*resolver.fit.warnings, *ranked["warnings"]],
    }
