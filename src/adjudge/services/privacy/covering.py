"""Covering records on their way in: what is kept to be shown holds nothing recognised.

What was covered is kept apart, for whoever may look at it with a reason; every query
that reads a text to be shown reads the covered one, and cannot forget to cover it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from adjudge.domain.privacy import (
    Span,
    count,
    mask,
    masked_within,
    merged,
    texts_within,
)
from adjudge.telemetry.self_naming import may_be_named, on_every_side

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adjudge.domain.conversation import Comparison, Message, Response
    from adjudge.domain.privacy import Redactor, Spans
    from adjudge.domain.rewriting import Rewrite, RewriteTask


def comparison(
    redactor: Redactor, given: Comparison
) -> tuple[Comparison, Counter[str]]:
    """Cover a comparison, both sides alike; give it back as it is if nothing is found.

    Returns:
        The comparison to be shown, and how many stretches of each kind are covered.
    """
    found: Counter[str] = Counter()
    if _is_plain(redactor, given):
        return given, found
    prompt = _messages(redactor, given.prompt, found)
    responses = _responses(redactor, given.responses, given.models, found)
    gold = given.gold
    if gold is not None and gold.why:
        gold = gold.model_copy(update={"why": text(redactor, gold.why, found)})
    if not found:
        return given, found
    kept = {name: getattr(given, name) for name in type(given).model_fields}
    # A new record: what the old one has worked out of its texts is not true of it.
    shown = type(given).model_construct(
        given.model_fields_set,
        **{**kept, "prompt": prompt, "responses": responses, "gold": gold},
    )
    return shown, found


def _is_plain(redactor: Redactor, given: Comparison) -> bool:
    """Tell quickly that nothing is to be covered: most comparisons hold nothing.

    All texts are asked about at once; only what tools are called with is not read here.
    """
    said: list[str] = []
    for message in given.prompt:
        if message.tool_calls:
            return False
        said += [message.content or "", message.name or ""]
    answers: list[str] = []
    models: set[str] = set()
    for response in given.responses:
        if response.messages is not None:
            return False
        answers.append(response.text or "")
        if response.model:
            models.add(response.model)
    if given.gold is not None and given.gold.why:
        said.append(given.gold.why)
    told = "\n".join(answers)
    if may_be_named(told, models):
        return False
    return not redactor.may_hold("\n".join([*said, told]))


def task(redactor: Redactor, given: RewriteTask) -> tuple[RewriteTask, Counter[str]]:
    """Cover what is to be rewritten; the task says how much of it is covered."""
    found: Counter[str] = Counter()
    prompt = _messages(redactor, given.prompt, found)
    (original,) = _responses(redactor, [given.original], [given.original.model], found)
    if not found:
        return given, found
    changed = {"prompt": prompt, "original": original, "covered": dict(found)}
    return given.model_copy(update=changed), found


def rewritten(redactor: Redactor, given: Rewrite) -> tuple[str, Counter[str]]:
    """Cover a rewrite as its original is covered, names it gives itself included."""
    found: Counter[str] = Counter()
    model = given.original.model
    sides = on_every_side([given.original.judged, given.text], [model] if model else [])
    spans = merged([*redactor.find(given.text), *sides[1]])
    return _masked(given.text, spans, found), found


def text(redactor: Redactor, given: str, found: Counter[str]) -> str:
    """Cover one text."""
    return _masked(given, redactor.find(given), found)


def leaves(redactor: Redactor, value: Any, found: Counter[str] | None = None) -> Any:
    """Cover what is recognised in any text inside a value: it may hold anything."""
    spans = spans_within(redactor, value, "")
    if not spans:
        return value
    if found is not None:
        found.update(count(spans))
    return masked_within(value, "", spans)


def spans_within(redactor: Redactor, value: Any, key: str) -> Spans:
    """Find what stays covered in any text inside a value, by where it stands."""
    found: Spans = {}
    for at, called, said in texts_within(value, key):
        if spans := _spans_of_entry(redactor, called, said):
            found[at] = spans
    return found


def _spans_of_entry(redactor: Redactor, called: str, said: str) -> tuple[Span, ...]:
    """Look into a text, and with its name before it: `token` makes a word a secret."""
    spans = redactor.find(said)
    if not called:
        return spans
    before = len(called) + 1
    beside = (
        Span(max(0, span.start - before), span.end - before, span.kind)
        for span in redactor.find(f"{called}={said}")
        if span.end > before
    )
    return merged([*spans, *beside])


def spans_of_message(redactor: Redactor, given: Message, key: str) -> Spans:
    """Find what stays covered in a message: words, name, what it calls tools with."""
    found: Spans = {}
    if given.content and (spans := redactor.find(given.content)):
        found[f"{key}.content"] = spans
    if given.name is not None and (spans := redactor.find(given.name)):
        found[f"{key}.name"] = spans
    if given.tool_calls:
        found |= spans_within(redactor, given.tool_calls, f"{key}.tool_calls")
    return found


def masked_message(given: Message, key: str, spans: Spans) -> Message:
    """Cover a message by what ``spans_of_message`` found in it at import."""
    changed = {
        part: masked_within(said, f"{key}.{part}", spans)
        for part in ("content", "name", "tool_calls")
        if (said := getattr(given, part))
    }
    return given.model_copy(update=changed)


def _masked(given: str, spans: Sequence[Span], found: Counter[str]) -> str:
    if not spans:
        return given
    found.update(span.kind for span in spans)
    return mask(given, spans)


def _messages(
    redactor: Redactor, given: tuple[Message, ...], found: Counter[str]
) -> tuple[Message, ...]:
    return tuple(_message(redactor, m, (), found) for m in given)


def _message(
    redactor: Redactor, given: Message, names: Sequence[Span], found: Counter[str]
) -> Message:
    spans = spans_of_message(redactor, given, "")
    if names and given.content:
        spans[".content"] = merged([*spans.get(".content", ()), *names])
    if not spans:
        return given
    found.update(count(spans))
    return masked_message(given, "", spans)


def _responses(
    redactor: Redactor,
    given: Sequence[Response],
    models: Iterable[str | None],
    found: Counter[str],
) -> tuple[Response, ...]:
    """Cover every answer; a name that one gives itself is covered in all of them."""
    judged = [r.judged for r in given]
    names = on_every_side(judged, [m for m in models if m])
    return tuple(
        _response(redactor, response, own, found)
        for response, own in zip(given, names, strict=True)
    )


def _response(
    redactor: Redactor, given: Response, names: Sequence[Span], found: Counter[str]
) -> Response:
    """Cover one answer; one in which nothing is found stays the same object."""
    if given.messages is None:
        said = given.text or ""
        spans = redactor.find(said)
        if names:
            spans = merged([*spans, *names])
        if not spans:
            return given
        return given.model_copy(update={"text": _masked(said, spans, found)})
    *before, last = given.messages
    turns = (
        *_messages(redactor, tuple(before), found),
        _message(redactor, last, names, found),
    )
    if all(new is old for new, old in zip(turns, given.messages, strict=True)):
        return given
    return given.model_copy(update={"messages": turns})
