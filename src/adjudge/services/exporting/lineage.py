"""Where a row comes from: judgments, rewrites, people, guideline, feedback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.privacy import mask
from adjudge.services.campaign import guidelines
from adjudge.services.privacy import covering
from adjudge.storage import (
    comparisons,
    complaints,
    demonstrations,
    feedback,
    judgments,
    people,
    results,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.domain.people import Person
    from adjudge.services.bench import Bench
    from adjudge.storage.demonstrations import Written
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.judgments import Stored

OF_USERS = frozenset({"upvote", "downvote"})


def sources(bench: Bench, unit: Unit, trace: dict[str, Any]) -> dict[str, Any]:
    """Look up everything that a row stands on.

    Args:
        bench: The bench.
        unit: The unit of work.
        trace: What the export wrote down about the row.
    """
    known = {str(p.name): p for p in people.everybody(unit)}
    stored = judgments.by_ids(unit, trace["judgments"])
    derived = trace.get("derived_from", "comparison")
    by_users = derived in OF_USERS or derived == "rewrite"
    comparison = None if by_users else comparisons.load(unit, trace["comparison"])
    topic = comparison.topic if comparison else None
    events = trace.get("events") or _signals(unit, trace["comparison"])
    return {
        "derived_from": "regenerate" if events and comparison else derived,
        "judgments": [_judged(bench, s, known, trace, topic) for s in stored],
        "adjudication": _decision(bench, unit, stored) if comparison else None,
        "rewrite": _rewritten(bench, unit, trace, known),
        "feedback": _feedback(bench, unit, events),
        "guideline_texts": _texts(unit, trace["guidelines"]),
    }


def _judged(
    bench: Bench,
    stored: Stored,
    known: dict[str, Person],
    trace: dict[str, Any],
    topic: str | None,
) -> dict[str, Any]:
    said = stored.judgment
    person = known[said.annotator]
    declared = person.weight(topic)
    return {
        "id": said.id,
        "annotator": said.annotator,
        "pseudonym": bench.pseudonym(said.annotator),
        "role": person.role.value,
        "weight": trace.get("weights", {}).get(said.id, declared),
        "declared_weight": declared,
        "ranking": said.ranking,
        "margin": said.margin,
        "ratings": said.ratings,
        "reasons": said.reasons,
        "note": said.note,
        "seconds": said.seconds,
        "at": said.at,
        "guideline": said.guideline,
        "revision": stored.revision,
        "late": stored.late,
        "surplus": stored.surplus,
        "batch": stored.batch,
    }


def _decision(bench: Bench, unit: Unit, stored: list[Stored]) -> dict[str, Any] | None:
    """Say which lead decided, if one did."""
    found = results.decision_of(unit, stored[0].task_id) if stored else None
    if found is None:
        return None
    return {
        "by": found.by,
        "pseudonym": bench.pseudonym(found.by),
        "at": found.at,
        "cause": found.cause,
        "why": found.why,
    }


def _rewritten(
    bench: Bench, unit: Unit, trace: dict[str, Any], known: dict[str, Person]
) -> dict[str, Any] | None:
    found = demonstrations.by_id(unit, trace.get("rewrite", ""))
    if found is None:
        return None
    return {
        "id": found.id,
        "task": found.task,
        "outcome": found.outcome,
        "state": found.state,
        "author": _person(bench, found.annotator, known, trace),
        "approved_by": _person(bench, found.reviewer, known, trace),
        "fixed_by": found.fixed_by,
        "reasons": _listed(found.reasons),
        "sources": _listed(found.sources),
        "seconds": found.seconds,
        "guideline": found.guideline,
        "batch": found.batch,
        "source": found.source,
        "original": _original(found),
    }


def _listed(written: str | None) -> list[str]:
    found: list[str] = orjson.loads(written or "[]")
    return found


def _original(found: Written) -> dict[str, Any] | None:
    """Name the answer that was rewritten; its words stand in the row."""
    if found.body is None:
        return None
    original = orjson.loads(found.body)["original"]
    return {key: original.get(key) for key in ("id", "model", "model_version")}


def _person(
    bench: Bench, name: str | None, known: dict[str, Person], trace: dict[str, Any]
) -> dict[str, Any] | None:
    if name is None:
        return None
    pseudonym = bench.pseudonym(name)
    return {
        "name": name,
        "pseudonym": pseudonym,
        "role": known[name].role.value,
        "weight": trace["weights"].get(pseudonym),
    }


# --- what users did ------------------------------------------------------------------
def _signals(unit: Unit, comparison: str) -> list[str]:
    """Name the events that a comparison was made of."""
    return complaints.events_of(unit, comparison)


def _feedback(bench: Bench, unit: Unit, ids: Iterable[str]) -> list[dict[str, Any]]:
    """Show events as tasks show them; of what may not be shown, only that it was."""
    wanted = sorted(set(ids))
    kept = {k.event.event_id: k for k in feedback.load(unit, wanted)}
    found: list[dict[str, Any]] = []
    for id in wanted:
        if id not in kept:
            found.append({"event": id, "state": "erased or withdrawn"})
            continue
        event, spans = kept[id].event, kept[id].spans
        words = {
            key: mask(said, spans.get(key, ()))
            for key in ("comment", "text")
            if (said := getattr(event, key))
        }
        found.append(
            {
                "event": id,
                "state": "kept",
                "type": event.type,
                "at": event.at,
                "message": event.message_id,
                "trace": event.trace_id,
                "polarity": event.polarity,
                # One that is none of ours may hold anything.
                "reasons": covering.leaves(bench.redactor, list(event.reason_codes)),
                "consent": kept[id].consent,
                **words,
            }
        )
    return found


def _texts(unit: Unit, refs: Iterable[str]) -> list[dict[str, Any]]:
    """Give the guideline texts themselves; ``None`` where the store has none."""
    found = []
    for ref in refs:
        text = guidelines.named(unit, ref)
        found.append(
            {
                "ref": ref,
                "title": text.title if text else None,
                "sha256": text.sha256 if text else None,
                "text": text.source if text else None,
            }
        )
    return found
