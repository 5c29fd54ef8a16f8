"""Answers of users as they leave: covered as tasks show them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from adjudge.domain.privacy import mask, merged
from adjudge.formats import trl
from adjudge.services.privacy import covering
from adjudge.storage import feedback, thumbs
from adjudge.telemetry.self_naming import find_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adjudge.storage.engine.store import Unit
    from adjudge.storage.feedback import Kept
    from adjudge.storage.thumbs import Thumbed

BATCH = 200  # answers whose words are in memory at once
Messages = list[dict[str, Any]]


def conversations(unit: Unit) -> Iterator[tuple[str, Messages]]:
    """Stream conversation and prompt of rated answers, for the splits."""
    found = (a for a in thumbs.answers(unit) if a.conversation is not None)
    while batch := list(islice(found, BATCH)):
        kept = words(unit, batch)
        for one in batch:
            if one.answer in kept:
                yield str(one.conversation), prompt(kept[one.answer])


def words(unit: Unit, batch: Sequence[Thumbed]) -> dict[str, Kept]:
    """Read the words of answers that may be shown, by the ids of their events."""
    ids = [one.answer for one in batch if one.has_words]
    return {kept.event.event_id: kept for kept in feedback.load(unit, ids)}


def prompt(kept: Kept) -> Messages:
    """Write the prompt of an answer with everything covered that was recognised."""
    messages = []
    for i, message in enumerate(kept.event.messages or ()):
        shown = covering.masked_message(message, f"messages[{i}]", kept.spans)
        said = shown.model_dump(mode="json", exclude_defaults=True)
        messages.append({**said, "role": shown.role, "content": shown.content})
    return trl.messages(messages)


def answer(kept: Kept) -> Messages:
    """Write an answer; what its model says of itself is covered, as in tasks."""
    text, context = kept.event.response or "", kept.event.context
    models = [context.model] if context is not None and context.model else []
    spans = merged([*kept.spans.get("response", ()), *find_names(text, models)])
    return [{"role": "assistant", "content": mask(text, spans)}]
