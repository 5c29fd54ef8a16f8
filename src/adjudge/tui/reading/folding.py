"""What two answers both begin with: read once, it need not be read twice."""

from __future__ import annotations

import re

from adjudge.domain.words import count_words

FEWEST_WORDS = 60  # less is read faster than a key is pressed

_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*\n")


def shared_beginning(first: str, second: str) -> int:
    """Measure what two texts both begin with, in whole blocks.

    Returns:
        Characters, up to the end of a blank line outside any code; 0 if it is short,
        if nothing would be left of a text, or if the rest needs what stands in it.
    """
    shared = first[: _shared_length(first, second)]
    for found in reversed(list(_BLANK.finditer(shared))):
        end = found.end()
        beginning = shared[:end]
        if count_words(beginning) < FEWEST_WORDS or _DEFINITION.search(beginning):
            return 0
        is_open = len(_FENCE.findall(beginning)) % 2
        if not is_open and first[end:].strip() and second[end:].strip():
            return end
    return 0


def _shared_length(first: str, second: str) -> int:
    """Find by halves how many characters are the same from the beginning."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
