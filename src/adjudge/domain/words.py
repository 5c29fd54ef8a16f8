"""Count words and letters the way the script at hand counts them.

Spaces separate words in most scripts. Chinese and Japanese writing has none, and
there a character is counted as a word, as word processors do. Thai, Lao, Khmer and
Burmese have none either; without a dictionary four letters are taken for a word,
which is an estimate and good enough to say that one answer is twice as long.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_IRREGULAR = {"person": "people", "entry": "entries"}


def count_of(n: int, one: str, several: str = "") -> str:
    """Write how many there are of something: ``1 judgment``, ``2 judgments``.

    Args:
        n: How many.
        one: One of them, perhaps with what it does: ``task waits``.
        several: More of them, where that is not ``one`` with an ``s``.
    """
    return f"{n:,} {one if n == 1 else several or _IRREGULAR.get(one, f'{one}s')}"


LETTERS_PER_WORD = 4  # in Thai, Lao, Khmer, Burmese

_IDEOGRAPHS = (
    "\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fd-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003fffd"
)
_UNSPACED = "\u0e00-\u0e3a\u0e40-\u0eff\u1000-\u109f\u1780-\u17b3\u17b6-\u17d3"
_JOINERS = "\u200c\u200d\u30fc"
UNSPACED = re.compile(f"[{_IDEOGRAPHS}{_UNSPACED}]")
_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}]")


def count_words(text: str) -> int:
    """Count the words of a text in any script.

    Numbers count as words, punctuation and emoji do not; ``don't``, ``e-mail``
    and ``3.14`` are one word each.
    """
    pattern = word_pattern(marks_in(text))
    if UNSPACED.search(text) is None:
        return sum(1 for _ in pattern.finditer(text))
    return sum(_words_in(match.group()) for match in pattern.finditer(text))


def _words_in(run: str) -> int:
    """Count the words of a run that holds letters of unspaced scripts."""
    ideographs = len(_IDEOGRAPH.findall(run))
    rest = _IDEOGRAPH.sub(" ", run)
    letters = sum(1 for char in rest if UNSPACED.match(char) and char.isalpha())
    estimate = -(-letters // LETTERS_PER_WORD)
    others = len(re.findall(f"[^\\W{_UNSPACED}]+", rest))
    return ideographs + estimate + others


def marks_in(text: str) -> str:
    """Collect the combining marks of a text, which ``re`` has no class for."""
    if text.isascii():
        return ""
    return "".join(
        sorted(
            char
            for char in set(text)
            if char > "\u02ff" and unicodedata.category(char)[0] == "M"
        )
    )


@lru_cache(maxsize=64)
def word_pattern(marks: str) -> re.Pattern[str]:
    """Match a word of letters and the given marks; unspaced scripts in runs."""
    letter = f"[\\w{marks}{_JOINERS}]"
    return re.compile(f"[^\\W_]{letter}*(?:['’.\\-·]{letter}+)*")  # noqa: RUF001


@lru_cache(maxsize=64)
def cluster_pattern(marks: str) -> re.Pattern[str]:
    """Match what a reader calls a character, with the given marks."""
    extend = (
        f"[{marks}\u200c\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff"
        "\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
    )
    emoji = "[\u2190-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
    return re.compile(
        "\r\n"
        "|[\U0001f1e6-\U0001f1ff]{2}"
        f"|{emoji}{extend}*(?:(?<=\u200d){emoji}{extend}*)*"
        "|[\u1100-\u115f]*[\u1160-\u11a7]+[\u11a8-\u11ff]*"
        f"|[\\s\\S]{extend}*"
    )
