"""Break styled text into lines that fit a number of cells.

All widths are terminal cells as the compositor counts them: two for a Chinese
character, none for a combining mark. Text is given as spans of one style each.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from rich.style import Style

from adjudge.domain.safe_text import pieces, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Span = tuple[str, Style]
Line = list[Span]

PLAIN = Style()

_NEAR = 24  # characters from the edge in which a space is looked for

# What ``veiled`` puts around a made-visible character. Both are noncharacters,
# which ``pieces`` never lets through, so a text cannot bring its own.
VEIL, UNVEIL = "\ufdd0", "\ufdd1"
_VEILED = re.compile(f"{VEIL}([^{VEIL}{UNVEIL}]*){UNVEIL}?|{UNVEIL}")

_WIDE = (
    "\u2e80-\u2fdf\u3003-\u3007\u3021-\u3029\u3031-\u30ff\u3100-\u312f\u31a0-\u31bf"
    "\u31f0-\u4dbf\u4e00-\ua4cf\uf900-\ufaff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
    "\uff66-\uff9d\U00020000-\U0003fffd"
)
_OPENERS = "\u3008\u300a\u300c\u300e\u3010\u3014\uff08\uff3b\uff5b"
_CLOSERS = (
    "\u3001\u3002\u3005\u3009\u300b\u300d\u300f\u3011\u3015\u30fb\u30fc"
    "\uff01\uff05\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3d\uff5d"
)
_VARIANT = "\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
# A word with the spaces before it, or one ideograph with its punctuation.
CHUNK = re.compile(
    f"\\s*[{_OPENERS}]*(?:[{_WIDE}][{_VARIANT}]*|[^\\s\u200b{_WIDE}{_OPENERS}]+)"
    f"[{_CLOSERS}]*\u200b?|\\s*[{_OPENERS}]+|\\s+|\u200b"
)


def veiled(text: str) -> str:
    """Make hidden characters visible and remember which ones they were."""
    return "".join(
        f"{VEIL}{piece.text}{UNVEIL}" if piece.hidden else piece.text
        for piece in pieces(text)
    )


def unveiled(text: str) -> str:
    """Take the marks of ``veiled`` off and clean what a decoder brought in."""
    return safe_text(_VEILED.sub(r"\1", text) if VEIL in text else text)


def spans(text: str, style: Style, hidden: Style) -> Iterator[Span]:
    """Style a veiled text: made-visible characters stand out from spelled ones.

    The text is cleaned once more, since entities are decoded after cleaning.
    """
    start = 0
    if VEIL in text or UNVEIL in text:
        for match in _VEILED.finditer(text):
            yield from _cleaned(text[start : match.start()], style, hidden)
            if match[1]:
                yield match[1], style + hidden
            start = match.end()
    yield from _cleaned(text[start:], style, hidden)


def _cleaned(text: str, style: Style, hidden: Style) -> Iterator[Span]:
    # In one piece: what is parted at a joiner is measured as if nothing joined it.
    for is_hidden, run in groupby(pieces(text), key=lambda piece: piece.hidden > 0):
        yield (
            "".join([piece.text for piece in run]),
            (style + hidden if is_hidden else style),
        )


def text_of(line: Iterable[Span]) -> str:
    """Read a line without its styles."""
    return "".join([text for text, _ in line])


def width_of(line: Iterable[Span]) -> int:
    """Measure a line in cells."""
    return cell_len(text_of(line))


def wrap(line: Line, width: int) -> list[Line]:
    """Break at words, and between Chinese or Japanese characters.

    Line feeds inside the text break hard. Nothing but spaces at a break goes.
    """
    text = text_of(line)
    if "\n" not in text and _fits(text, width):
        return [line]
    return [_slice(line, start, end) for start, end in _breaks(text, width)]


def fold(line: Line, width: int) -> list[Line]:
    """Break at the last cell and keep every space, as source text is shown."""
    text = text_of(line)
    if _fits(text, width):
        return [line]
    ends = _fold_points(text, 0, len(text), width)
    starts = [0, *ends[:-1]]
    return [_slice(line, start, end) for start, end in zip(starts, ends, strict=True)]


def fold_softly(line: Line, width: int) -> list[Line]:
    """Fold, but after a space where one stands near the edge; nothing goes."""
    text = text_of(line)
    if _fits(text, width):
        return [line]
    parts: list[Line] = []
    start = 0
    while start < len(text):
        # Marks take no cell, so a line may hold more characters than cells.
        end = _fold_points(text, start, min(len(text), start + 8 * width), width)[0]
        if end < len(text) and not text[end].isspace():
            space = text.rfind(" ", max(start, end - _NEAR), end)
            end = space + 1 if space > start else end
        parts.append(_slice(line, start, end))
        start = end
    return parts


def cut(line: Line, width: int, marker: Span) -> Line:
    """Cut a line at the right edge and say how many characters follow."""
    text = text_of(line)
    if _fits(text, width):
        return line
    more, style = marker
    room = max(1, width - len(f"{more}+{len(text)}"))
    end = _fold_points(text, 0, len(text), room)[0]
    return [*_slice(line, 0, end), (f"{more}+{len(text) - end}", style)]


def segments(line: Iterable[Span]) -> list[Segment]:
    """Hand a line over to the terminal library."""
    return [Segment(text, style) for text, style in line if text]


def is_rtl(text: str) -> bool:
    """Whether the first letter of a paragraph is written from right to left."""
    if text.isascii():
        return False
    for char in text[:400]:
        direction = unicodedata.bidirectional(char)
        if direction in {"R", "AL"}:
            return True
        if direction == "L":
            return False
    return False


def _fits(text: str, width: int) -> bool:
    if text.isascii():
        return len(text) <= width
    # A character is at most two cells; measuring is only needed in between.
    return 2 * len(text) <= width or cell_len(text) <= width


def _breaks(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Find where each line starts and ends; spaces at a break belong to none."""
    position = 0
    for paragraph in text.split("\n"):
        end = position + len(paragraph)
        yield from _break_paragraph(text, position, end, width)
        position = end + 1


def _break_paragraph(
    text: str, begin: int, end: int, width: int
) -> Iterator[tuple[int, int]]:
    start, stop, used = begin, begin, 0
    for match in CHUNK.finditer(text, begin, end):
        chunk = match.group()
        cells = len(chunk) if chunk.isascii() else cell_len(chunk)
        if used + cells <= width:
            stop, used = match.end(), used + cells
            continue
        bare = chunk.lstrip()
        if not bare:
            continue  # spaces at the right edge: the next word starts a line
        if stop > start:
            yield start, stop
            start = match.end() - len(bare)
            cells = len(bare) if bare.isascii() else cell_len(bare)
        stop, used = match.end(), cells
        if cells > width:
            *whole, last = _fold_points(text, start, match.end(), width)
            for point in whole:
                yield start, point
                start = point
            stop, used = last, cell_len(text[start:last])
    yield start, max(stop, start)


def _fold_points(text: str, start: int, end: int, width: int) -> list[int]:
    """Cut a stretch into pieces of at most ``width`` cells; return their ends."""
    stretch = text[start:end]
    if stretch.isascii():
        return [*range(start + width, end, width), end]
    points: list[int] = []
    used = 0
    for begin, cells in _letters(stretch):
        if used + cells > width and used:
            points.append(start + begin)
            used = 0
        used += cells
    return [*points, end]


def _letters(text: str) -> Iterator[tuple[int, int]]:
    """Say where each letter begins, and its cells with those of its vowel sign."""
    first, size = 0, 0
    for begin, _, cells in split_graphemes(text)[0]:
        if begin and unicodedata.category(text[begin]) != "Mc":
            yield first, size
            first, size = begin, 0
        size += cells
    yield first, size


def _slice(line: Line, start: int, end: int) -> Line:
    """Take the characters from ``start`` to ``end``."""
    taken: Line = []
    position = 0
    for text, style in line:
        stop = position + len(text)
        if stop > start and position < end:
            taken.append((text[max(0, start - position) : end - position], style))
        if stop >= end:
            break
        position = stop
    return taken
