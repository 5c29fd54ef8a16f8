"""Find places on a rendered page: what was searched, what the other side lacks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from adjudge.tui.reading.lines import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.style import Style

MAX_MATCHES = 5_000
MAX_DIFF_WORDS = 6_000
ENOUGH_ALIKE = 0.5

_EDGES = " \t\u200b│┃┌└─═┼•.,;:!?()[]{}<>\"'`“”‘’«»…*_~|、。，！？；：（）「」"  # noqa: RUF001
_NEGATIONS = frozenset(
    {
        *("no", "not", "never", "none", "nothing", "nobody", "nor", "neither"),
        *("without", "cannot", "can't", "don't", "doesn't", "didn't", "isn't"),
        *("aren't", "wasn't", "weren't", "won't", "wouldn't", "shouldn't"),
        *("couldn't", "mustn't", "hasn't", "haven't", "hadn't"),
        *("nicht", "kein", "keine", "nie", "pas", "jamais", "sans"),
        *("нет", "не", "ни", "никогда", "لا", "ليس", "لم", "لن"),
        *("नहीं", "मत", "不", "没", "沒", "ない"),
    }
)
_WORD = re.compile(r"\w")
_FACT = re.compile(r"\d|_|\w\(|[a-z][A-Z]|\w\.\w")


class Mark(NamedTuple):
    """A stretch of one line, in characters."""

    line: int
    start: int
    end: int


def plain(strip: Strip) -> str:
    """Read a strip without its styles."""
    return "".join([text for text, _, _ in strip])


def find(lines: Sequence[str], query: str) -> list[tuple[Mark, ...]]:
    """Find a phrase; letter case and line ends do not matter.

    Returns:
        One entry for each place, with a mark on each line it touches.
    """
    words = query.split()
    if not words:
        return []
    pattern = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE)
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    found: list[tuple[Mark, ...]] = []
    for match in pattern.finditer("\n".join(lines)):
        found.append(tuple(_across(match.start(), match.end(), starts, lines)))
        if len(found) == MAX_MATCHES:
            break
    return found


def differences(mine: Sequence[str], theirs: Sequence[str]) -> list[tuple[Mark, ...]]:
    """Mark the words of one page that the other lacks.

    Two answers that are worded differently throughout would be painted all over,
    which helps nobody. Unless at least half the words are shared in order, only
    numbers, code names and negations that differ are marked.

    Returns:
        One entry for each run of differing words.
    """
    ours = list(_words(mine))
    others = [word for word, _ in _words(theirs)]
    names = [word for word, _ in ours]
    differing = _diff(names, others)
    if differing is None:
        differing = _differing_facts(names, others)
    return _runs([(index, ours[index][1]) for index in differing])


def paint(strip: Strip, marks: Iterable[tuple[int, int, Style]]) -> Strip:
    """Lay styles over parts of a strip, given in characters."""
    segments = list(strip)
    for start, end, style in marks:
        segments = list(_paint(segments, start, end, style))
    return Strip(segments, strip.cell_length)


def _across(
    start: int, end: int, starts: Sequence[int], lines: Sequence[str]
) -> Iterator[Mark]:
    line = bisect_right(starts, start) - 1
    while line < len(lines) and starts[line] < end:
        first = max(0, start - starts[line])
        last = min(len(lines[line]), end - starts[line])
        if last > first:
            yield Mark(line, first, last)
        line += 1


def _words(lines: Sequence[str]) -> Iterator[tuple[str, Mark]]:
    for number, line in enumerate(lines):
        for match in CHUNK.finditer(line):
            chunk = match.group()
            word = chunk.strip(_EDGES)
            if _WORD.search(word):
                start = match.start() + chunk.index(word)
                yield word.casefold(), Mark(number, start, start + len(word))


def _diff(mine: Sequence[str], theirs: Sequence[str]) -> list[int] | None:
    """Indices of words without a partner; None if the texts are not alike."""
    total = len(mine) + len(theirs)
    if not mine or max(len(mine), len(theirs)) > MAX_DIFF_WORDS:
        return None
    shared = (Counter(mine) & Counter(theirs)).total()
    if 2 * shared < ENOUGH_ALIKE * total:
        return None
    blocks = SequenceMatcher(
        None, mine, theirs, autojunk=total > 400
    ).get_matching_blocks()
    if 2 * sum(block.size for block in blocks) < ENOUGH_ALIKE * total:
        return None
    same = {block.a + step for block in blocks for step in range(block.size)}
    return [index for index in range(len(mine)) if index not in same]


def _differing_facts(mine: Sequence[str], theirs: Sequence[str]) -> list[int]:
    """Indices of numbers, code names and negations that the other says less often."""
    ours, others = Counter(mine), Counter(theirs)
    return [
        index
        for index, word in enumerate(mine)
        if (_FACT.search(word) and not others[word])
        or (word in _NEGATIONS and ours[word] > others[word])
    ]


def _runs(places: Sequence[tuple[int, Mark]]) -> list[tuple[Mark, ...]]:
    """Group neighbouring words, so that a jump goes to the next passage."""
    runs: list[list[Mark]] = []
    last = -2
    for index, mark in places:
        if index != last + 1:
            runs.append([])
        runs[-1].append(mark)
        last = index
    return [tuple(run) for run in runs]


def _over(own: Style | None, style: Style) -> Style:
    """Lay a style over a text's own; one without a text colour goes beneath.

    Otherwise a marked background would meet a text colour chosen for another.
    """
    if own is None:
        return style
    return style + own if style.color is None else own + style


def _paint(
    segments: Iterable[Segment], start: int, end: int, style: Style
) -> Iterator[Segment]:
    position = 0
    for text, own, control in segments:
        stop = position + len(text)
        left, right = max(start, position), min(end, stop)
        if control or left >= right:
            yield Segment(text, own, control)
        else:
            inside = _over(own, style)
            for part, look in (
                (text[: left - position], own),
                (text[left - position : right - position], inside),
                (text[right - position :], own),
            ):
                if part:
                    yield Segment(part, look)
        position = stop
