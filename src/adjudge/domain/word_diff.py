"""What became of a text, word by word, in any script.

A word carries the space behind it, so that a space alone is a change only where
words were joined or parted. Scripts without spaces are compared by the character
as a reader counts them, which is what their word processors do.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from adjudge.domain.words import UNSPACED, cluster_pattern, marks_in, word_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Sort = Literal["same", "removed", "added"]

Step = tuple[Sort, int, int]

_LONG = 1_500  # words; beyond this whole sentences are compared first
_MANY = 250_000  # pairs of words; beyond, those that stand everywhere are no anchors
_ENDS = frozenset(".!?:。！？।؟")  # noqa: RUF001


class Piece(NamedTuple):
    """A stretch of text that is the same, was removed or was added."""

    sort: Sort
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """Tell what became of ``before``.

    Returns:
        Pieces in order. What is the same or added, joined, is ``after``; what is
        the same or removed says what ``before`` says, with the spaces of ``after``.
    """
    old, new = tokens(before), tokens(after)
    found: list[Piece] = []
    steps = _steps([t.rstrip() for t in old], [t.rstrip() for t in new])
    for sort, start, end in steps:
        text = "".join((old if sort == "removed" else new)[start:end])
        if text:
            found.append(Piece(sort, text))
    return found


def tokens(text: str) -> list[str]:
    """Split a text into words with the space behind them; nothing is lost."""
    pattern = _token_pattern(marks_in(text))
    found: list[str] = []
    for match in pattern.finditer(text):
        run = match.group()
        if run[0].isalnum() and UNSPACED.search(run) is None:
            found.append(run)
        else:
            found += _clusters(run)
    return found


def _clusters(run: str) -> list[str]:
    """Split signs, or a run of an unspaced script; the space stays with the last."""
    body = run.rstrip()
    parts = [m.group() for m in cluster_pattern(marks_in(body)).finditer(body)]
    if not parts:
        return [run]
    parts[-1] += run[len(body) :]
    return parts


@lru_cache(maxsize=64)
def _token_pattern(marks: str) -> re.Pattern[str]:
    word = word_pattern(marks).pattern
    # A word, or a run of signs, or the space a text begins with.
    return re.compile(f"(?:{word})\\s*|(?:[^\\w\\s]|_)+\\s*|\\s+|\\w\\s*")


def _steps(old: Sequence[str], new: Sequence[str]) -> Iterator[Step]:
    """Compare what lies between a common beginning and a common end."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    yield "same", 0, head
    by_sentence = len(a) + len(b) > _LONG
    yield from _within(a, b, head, by_sentence=by_sentence)
    yield "same", len(new) - tail, len(new)


def _within(
    a: Sequence[str], b: Sequence[str], at: int, *, by_sentence: bool
) -> Iterator[Step]:
    if not by_sentence:
        yield from _compared(a, b, at, at)
        return
    # Sentences that stand in both hold the rest in place, and cost little to find.
    one, other = _sentences(a), _sentences(b)
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    i = j = 0
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        left, right = sum(map(len, one[i1:i2])), sum(map(len, other[j1:j2]))
        if tag == "equal":
            yield "same", at + j, at + j + right
        else:
            yield from _compared(a[i : i + left], b[j : j + right], at + i, at + j)
        i, j = i + left, j + right


def _compared(
    a: Sequence[str], b: Sequence[str], in_old: int, in_new: int
) -> Iterator[Step]:
    matcher = SequenceMatcher(None, a, b, autojunk=len(a) * len(b) > _MANY)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield "same", in_new + j1, in_new + j2
            continue
        yield "removed", in_old + i1, in_old + i2
        yield "added", in_new + j1, in_new + j2


def _sentences(words: Sequence[str]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    start = 0
    for at, word in enumerate(words, 1):
        if word in _ENDS:
            found.append(tuple(words[start:at]))
            start = at
    if start < len(words):
        found.append(tuple(words[start:]))
    return found


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    count = 0
    for one, other in zip(a, b, strict=False):
        if one != other:
            break
        count += 1
    return count
