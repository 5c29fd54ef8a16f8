"""Every sign in its place, however wide a terminal takes it to be.

Terminals do not agree how many cells a vowel sign of an Indian script takes, or an
emoji made of several. xterm, VTE, PuTTY and tmux give such a sign a cell of its own,
others draw it into the letter before. Who counts fewer than the terminal paints over
the end of the line; who counts more leaves what follows out of line. So we count as
those do that count more, and write such a text between two marks: back to where it
began, then forward by what was counted.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

from rich import cells
from rich._unicode_data import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.cells import CellTable
    from textual.driver import Driver

_SAVE, _BACK = "\x1b7", "\x1b8"  # where the cursor is, and how it writes
# Scripts with signs that take a cell (Brahmic ones, and musical notes).
_SIGNS = re.compile(
    "[\u0900-\u0dff\u0f00-\u109f\u1700-\u1cff\ua800-\uabff"
    "\U00011000-\U00016fff\U0001d000-\U0001d1ff]"
)
# Emoji that are made of several, flags, and what became wide of late.
_MADE = (
    "[#*0-9\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]"
    "(?:[\ufe0f\u20e3\U0001f3fb-\U0001f3ff]|\u200d[\u2190-\u2bff\U0001f000-\U0001faff])+"
    "|[\U0001f1e6-\U0001f1ff]{1,2}"
    "|[\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\U0001d300-\U0001d37f]"
)
_UNSURE = re.compile(f"{_SIGNS.pattern}|{_MADE}")
# Controls, which pass as they are, and the texts between them.
_RUNS = re.compile(
    "\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|.)"
    "|([^\x00-\x1f\x7f]+)"
)
_PIECES = re.compile(
    f"({_MADE}|[\u2500-\u259f]+)"
)  # lines and bars stand by themselves


def count_signs() -> None:
    """Let Rich, and whoever asks it, count a cell for a sign that takes one.

    There is no public way to say so; a test pins that it holds.
    """
    if getattr(cells, "load_cell_table") is not _table:  # noqa: B009 - not exported
        setattr(cells, "load_cell_table", _table)  # noqa: B010
        cells.get_character_cell_size.cache_clear()
        cells.cached_cell_len.cache_clear()


def in_place(data: str) -> str:
    """Hold texts in place whose width is not sure, in what is sent to a terminal."""
    if data.isascii() or not _UNSURE.search(data):
        return data
    return _RUNS.sub(lambda run: _run(run[1]) if run[1] else run[0], data)


def driver_of(plain: type[Driver]) -> type[Driver]:
    """Make a driver that writes every text in its place."""

    def write(self: Driver, data: str) -> None:
        plain.write(self, in_place(data))

    return type(f"InPlace{plain.__name__}", (plain,), {"write": write})


def _run(run: str) -> str:
    """Hold what needs it of a text without controls; lines drawn beside it are sure."""
    if not _UNSURE.search(run):
        return run
    pieces = _PIECES.split(run)
    return "".join(
        _held(piece) if n % 2 or _SIGNS.search(piece) else piece
        for n, piece in enumerate(pieces)
    )


def _held(piece: str) -> str:
    if "\u2500" <= piece[0] <= "\u259f":
        return piece
    width = cells.cell_len(piece)
    if not width:
        return piece
    return f"{_SAVE}{' ' * width}{_BACK}{piece}{_BACK}\x1b[{width}C"


@cache
def _table(version: str = "auto") -> CellTable:
    """Give Rich's table, with a cell for each sign that takes one."""
    found = load(version)
    return found._replace(widths=tuple(_with_signs(found.widths)))


def _with_signs(widths: Any) -> Iterator[tuple[int, int, int]]:
    """Part ranges without a width at the signs in them."""
    for start, end, width in widths:
        if width or start >= 0xE0000:  # tags: thousands, and none of them a sign
            yield start, end, width
            continue
        for point in range(start, end + 1):
            yield point, point, int(unicodedata.category(chr(point)) == "Mc")
