"""Soft wrapping that is done anew only where something was typed.

Textual wraps a line of the document from its beginning, however long it is: in one
paragraph of 4,000 words that is most of what a key costs. Here the breaks before the
place of an edit stay, and those behind it are taken over as soon as one falls where it
fell before.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from textual._wrap import compute_wrap_offsets
from textual.document._wrapped_document import WrappedDocument

if TYPE_CHECKING:
    from textual.document._document import DocumentBase, Location

_AT_ONCE = 2_000  # characters that are wrapped before it is looked whether to go on


class Wrapping(WrappedDocument):
    """A wrapped document that remembers what it has wrapped."""

    def __init__(
        self, document: DocumentBase, width: int = 0, tab_width: int = 4
    ) -> None:
        self._wrapped: list[str] = []  # the lines as they were wrapped last
        super().__init__(document, width, tab_width)

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        """Wrap everything."""
        super().wrap(width, tab_width)
        self._wrapped = list(self.document.lines)

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """Wrap what an edit has changed; one line of it only as far as it must."""
        row, lines = start[0], self.document.lines
        is_one_line = row == old_end[0] == new_end[0] and row < len(lines)
        if is_one_line and len(lines) == len(self._wrapped) and self._width:
            before, after = self._wrapped[row], lines[row]
            if "\t" not in before and "\t" not in after:
                breaks = rewrapped(before, self._wrap_offsets[row], after, self._width)
                self._take(row, breaks)
                self._wrapped[row] = after
                return
        super().wrap_range(start, old_end, new_end)
        self._wrapped = list(lines)

    def _take(self, row: int, breaks: list[int]) -> None:
        """Put the breaks of a line in place; what stands below moves along."""
        height, more = len(breaks) + 1, len(breaks) - len(self._wrap_offsets[row])
        self._wrap_offsets[row] = breaks
        if not more:
            return
        places = self._line_index_to_offsets
        top = places[row][0]
        self._offset_to_line_info[top : top + height - more] = [
            (row, section) for section in range(height)
        ]
        places[row] = list(range(top, top + height))
        for below in range(row + 1, len(places)):
            places[below] = [place + more for place in places[below]]

    def get_sections(self, line_index: int) -> list[str]:
        """Give a line as it is cut."""
        line = self.document.get_line(line_index)
        cuts = [0, *self._wrap_offsets[line_index], len(line)]
        return [line[start:end] for start, end in pairwise(cuts)]


def rewrapped(before: str, breaks: list[int], after: str, width: int) -> list[int]:
    """Break a line that was changed somewhere, as if it were broken anew.

    Args:
        before: The line as it was; no tab stands in it.
        breaks: Where it was broken.
        after: The line as it is; no tab stands in it.
        width: How many cells a line may have.
    """
    same = _common(before, after)
    shift = len(after) - len(before)
    tail = _common(before[same:][::-1], after[same:][::-1])
    kept = _kept(after, breaks, same)
    start = kept[-1] if kept else 0
    found = list(kept)
    while start < len(after):
        end = _word_end(after, start + _AT_ONCE)
        new = [start + n for n in _breaks(after[start:end], width)]
        for number, place in enumerate(new):
            old = bisect_left(breaks, place - shift)
            if (
                place > len(after) - tail
                and old < len(breaks)
                and breaks[old] == place - shift
                and _begins_a_word(after, place)
            ):
                # From here on all is as it was.
                return [*found, *new[:number], *(b + shift for b in breaks[old:])]
        if end == len(after):
            return [*found, *new]
        # The last break that begins a word is where the next stretch begins.
        sure = [n for n, place in enumerate(new) if _begins_a_word(after, place)]
        if not sure:
            return [*found, *(start + n for n in _breaks(after[start:], width))]
        found += new[: sure[-1] + 1]
        start = new[sure[-1]]
    return found


def _breaks(text: str, width: int) -> list[int]:
    return compute_wrap_offsets(text, width, 4)


def _kept(after: str, breaks: list[int], same: int) -> list[int]:
    """Find the breaks that a change at ``same`` cannot move."""
    for number in range(bisect_right(breaks, same), 0, -1):
        # A word that did not fit above still does not, if it ends before the change.
        place = breaks[number - 1]
        if _begins_a_word(after, place) and _word_end(after, place) < same:
            return breaks[:number]
    return []


def _begins_a_word(text: str, place: int) -> bool:
    return (
        0 < place < len(text)
        and text[place - 1].isspace()
        and not text[place].isspace()
    )


def _word_end(text: str, place: int) -> int:
    """Find where the word at a place ends, with the blanks behind it."""
    end, size = place, len(text)
    while end < size and not text[end].isspace():
        end += 1
    while end < size and text[end].isspace():
        end += 1
    return min(end, size)


def _common(one: str, other: str) -> int:
    """Count the characters that two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
