"""Comparisons that people could not settle, as work for others."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from adjudge.errors import InvalidInputError
from adjudge.services.feedback import filling
from adjudge.services.measuring import overlaps
from adjudge.services.measuring.resolving import results_of
from adjudge.storage import comparisons, complaints, imports, queues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.domain.conversation import Comparison
    from adjudge.domain.people import Actor
    from adjudge.domain.queue import Queue
    from adjudge.services.bench import Bench
    from adjudge.services.feedback.filling import Asked, Filled
    from adjudge.storage.engine.store import Unit

BATCH = 200
WHERE = ("topic", "locale", "model", "model_version")


def fill(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    queue: Queue,
    *,
    asked: Asked,
    filled: Filled,
) -> None:
    """Make tasks of comparisons whose result is escalated in some other queue.

    A comparison keeps its id and its judgments; those made here come beside them.

    Raises:
        InvalidInputError: If a condition is asked that comparisons cannot answer.
    """
    if unknown := sorted(asked.where.keys() - set(WHERE)):
        raise InvalidInputError(
            f"--where {unknown[0]}: comparisons know nothing of that",
            hint=f"keys with --from disputed: {', '.join(WHERE)}",
        )
    here = complaints.compared_in(unit, queue.name)
    disputed = iter(list(_disputed(unit, queue)))
    lines: list[tuple[int, Comparison]] = []
    while some := list(islice(disputed, BATCH)):
        filled.found += len(some)
        fresh = [id for id in some if id not in here]
        filled.left_out["already_a_task"] += len(some) - len(fresh)
        stated = complaints.consents(unit, fresh)
        readable = {str(c.id): c for c in comparisons.stream(unit, fresh)}
        for id in fresh:
            comparison = readable.get(id)
            why = _hindered(comparison, stated.get(id, ""), asked)
            if why or comparison is None:
                filled.left_out[why] += 1
            elif asked.limit is not None and len(lines) >= asked.limit:
                filled.left_out["beyond_limit"] += 1
            else:
                lines.append((len(lines) + 1, comparison))
    filled.left_out = +filled.left_out
    if lines:
        _make(bench, unit, actor, queue, lines)
        filled.filled = len(lines)


def _make(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    queue: Queue,
    lines: list[tuple[int, Comparison]],
) -> None:
    """Name the comparisons again, as a file would; their tasks are made of that."""
    fill_id, at = f"fill-{bench.new_id()}", bench.now()
    imports.begin(
        unit,
        id=fill_id,
        kind="disputed",
        queue=queue.name,
        file="",
        sha256="",
        by=actor.name,
        at=at,
    )
    known = comparisons.digests(unit, lines)
    comparisons.add_chunk(unit, lines, known, import_id=fill_id)
    overlaps.open_tasks(unit, queue, fill_id)
    imports.finish(unit, fill_id, counts={"added": len(lines)}, at=at)


def _disputed(unit: Unit, queue: Queue) -> Iterator[str]:
    """List comparisons that are escalated and do not stand still, each once."""
    seen: set[str] = set()
    for other in queues.every(unit):
        if other.kind != "compare" or other.name == queue.name or other.training:
            continue
        for result in results_of(unit, other):
            escalated = result.resolution.state == "escalated" and not result.frozen
            if escalated and result.comparison not in seen:
                seen.add(result.comparison)
                yield result.comparison


def _hindered(comparison: Comparison | None, consent: str, asked: Asked) -> str:
    if comparison is None:
        return "erased"
    if consent == "refused":
        return "no_consent"
    if asked.require_consent and consent == "unstated":
        return "consent_unstated"
    fits = all(_fits(comparison, key, value) for key, value in asked.where.items())
    return "" if fits else "not_asked_for"


def _fits(comparison: Comparison, key: str, value: str) -> bool:
    if key == "topic":
        return comparison.topic == value
    if key == "locale":
        return comparison.language == filling.language(value)
    return any(getattr(r, key) == value for r in comparison.responses)
