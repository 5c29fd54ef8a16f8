"""Events on their way in: covered, told from those that came before, kept."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from adjudge.domain.feedback import EVENT_TYPES, KNOWN_REASONS, Event
from adjudge.domain.people import Act, Actor
from adjudge.services.importing.chunks import Kept
from adjudge.services.privacy import covering
from adjudge.storage import feedback
from adjudge.storage.feedback import Arrival

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.domain.privacy import Redactor, Spans
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit


def keep(
    unit: Unit,
    lines: Iterable[tuple[int, Event, bytes]],
    *,
    redactor: Redactor,
    import_id: str | None,
    gone: set[str] | None = None,
) -> Kept:
    """Keep the events of a chunk, each id once.

    Words of users who took their consent back are not kept at all: most of what a
    withdrawal erases has never been written then.

    Args:
        unit: The unit of work.
        lines: Number, event and bytes of each line.
        redactor: Finds what stays covered; asked once, here.
        import_id: Nothing of it can be seen until the import is published.
        gone: Users who took their consent back; those of the chunk are added.
    """
    lines = list(lines)
    gone = set() if gone is None else gone
    gone |= {
        e.user_id for _, e, _ in lines if e.type == "consent_withdrawn" and e.user_id
    }
    known = feedback.known(unit, [event.event_id for _, event, _ in lines])
    kept = Kept()
    new: dict[str, Arrival] = {}
    differ: list[tuple[int, Event]] = []
    for number, event, raw in lines:
        content = hashlib.sha256(raw).hexdigest()
        before = known.get(event.event_id)
        if before is None:
            known[event.event_id] = content
            is_kept = (
                event.consent is not False
                and event.type != "consent_withdrawn"
                and event.user_id not in gone
            )
            spans = spans_of(event, redactor) if is_kept else {}
            new[event.event_id] = Arrival(number, event, raw, content, spans, is_kept)
        elif before == content:
            kept.unchanged += 1
        else:
            differ.append((number, event))
    kept.clashes = _clashes(unit, differ, new)
    kept.unchanged += len(differ) - len(kept.clashes)
    kept.added = feedback.add_chunk(unit, list(new.values()), import_id=import_id)
    kept.unchanged += len(new) - kept.added
    return kept


def _clashes(
    unit: Unit, differ: list[tuple[int, Event]], new: dict[str, Arrival]
) -> list[tuple[int, str]]:
    """Tell lines that only look different from those that say something else.

    Where the words were never kept, or are erased, there is nothing to compare.
    """
    if not differ:
        return []
    before = {id: arrival.event for id, arrival in new.items()}
    stored = feedback.bodies(unit, {e.event_id for _, e in differ} - before.keys())
    before |= {id: Event.model_validate_json(body) for id, body in stored.items()}
    return [
        (number, f"event_id: {event.event_id!r} exists with other content")
        for number, event in differ
        if event.event_id in before and not event.says_the_same(before[event.event_id])
    ]


def spans_of(event: Event, redactor: Redactor) -> Spans:
    """Find what stays covered in every text of an event that is kept."""
    if event.consent is False:
        return {}
    found: Spans = {}
    for i, message in enumerate(event.messages or ()):
        found |= covering.spans_of_message(redactor, message, f"messages[{i}]")
    for key in ("response", "comment", "text"):
        text = getattr(event, key)
        if text and (spans := redactor.find(text)):
            found[key] = spans
    return found


def counts(bench: Bench, actor: Actor) -> dict[str, Any]:
    """Count the feedback in the store: kinds, consent, orphans, ratings, reasons.

    Types and reason codes that we do not know are kept, counted and named apart.
    """
    actor.must(Act.SEE_QUEUES)
    with bench.store.read() as unit:
        found = feedback.counts(unit)
    found["unknown_kinds"] = {
        kind: n for kind, n in found["kinds"].items() if kind not in EVENT_TYPES
    }
    said: dict[str, int] = {}
    for code, n in found["reasons"].items():
        shown = code if code in KNOWN_REASONS else covering.leaves(bench.redactor, code)
        said[shown] = said.get(shown, 0) + n
    found["reasons"] = said
    found["unknown_reasons"] = {c: n for c, n in said.items() if c not in KNOWN_REASONS}
    return found
