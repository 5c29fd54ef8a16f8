"""What stays covered: spans of a text that are not shown, and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Span(NamedTuple):
    """A stretch of a text that stays covered, in characters, end excluded."""

    start: int
    end: int
    kind: str


class Redactor(Protocol):
    """Finds what should stay covered. It misses some of it; nothing finds all."""

    def find(self, text: str) -> tuple[Span, ...]:
        """Find spans, in order, none overlapping another."""

    def may_hold(self, text: str) -> bool:
        """Tell quickly that there is nothing to find; in doubt, say yes.

        What is found in a text may be held by every text that has it on lines of its
        own, so that many short texts can be asked about at once.
        """


Spans = dict[str, tuple[Span, ...]]  # by the key of the text inside its record


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Put spans in order; where two overlap, one covers both under the wider's kind."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if found and span.start < found[-1].end:
            last = found[-1]
            found[-1] = Span(last.start, max(last.end, span.end), last.kind)
        else:
            found.append(span)
    return tuple(found)


def mask(text: str, spans: Iterable[Span]) -> str:
    """Write a text with its spans covered by their kind, for example ``[email]``."""
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], f"[{span.kind}]"]
        at = span.end
    return "".join([*parts, text[at:]])


def texts_within(
    value: Any, key: str, called: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Walk through every text inside a JSON value, names of its entries included.

    Args:
        value: For example the tool calls of a message.
        key: Where it stands in its record.
        called: The name of the entry whose value this is, if it is one's.

    Yields:
        Where a text stands, the name of its entry if it has one, and the text. Entries
        are numbered, so that no place says what an entry is called: its name may be
        what stays covered.
    """
    if isinstance(value, str):
        yield key, called, value
    elif isinstance(value, (list, tuple)):
        for i, inner in enumerate(value):
            yield from texts_within(inner, f"{key}[{i}]", called)
    elif isinstance(value, dict):
        for i, (name, inner) in enumerate(value.items()):
            yield f"{key}#{i}", "", name
            yield from texts_within(inner, f"{key}.{i}", name)


def masked_within(value: Any, key: str, spans: Spans) -> Any:
    """Cover the texts inside a JSON value, by where ``texts_within`` found them."""
    if isinstance(value, str):
        return mask(value, spans.get(key, ()))
    if isinstance(value, (list, tuple)):
        shown = (masked_within(v, f"{key}[{i}]", spans) for i, v in enumerate(value))
        return type(value)(shown)
    if isinstance(value, dict):
        entries: dict[str, Any] = {}
        for i, (name, inner) in enumerate(value.items()):
            said = mask(name, spans.get(f"{key}#{i}", ()))
            while said in entries:
                said += "'"  # two names that look alike once covered stay two
            entries[said] = masked_within(inner, f"{key}.{i}", spans)
        return entries
    return value


def count(spans: Mapping[str, tuple[Span, ...]]) -> dict[str, int]:
    """Count spans by kind."""
    found: dict[str, int] = {}
    for some in spans.values():
        for span in some:
            found[span.kind] = found.get(span.kind, 0) + 1
    return found
