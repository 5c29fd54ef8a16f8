"""Lay out what became of a text: ``[-removed-]`` and ``{+added+}``, folded, wrapped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from textual.strip import Strip

from adjudge.domain.safe_text import safe_text
from adjudge.domain.words import count_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.style import Style

    from adjudge.domain.word_diff import Piece

DOTS = "…"
KEPT_WORDS = 24  # of an unchanged stretch, on either side
_PARTS = re.compile(r"\n|[^\S\n]+|\S+")
_WORDS = re.compile(r"\S+\s*")
_SIGNS = {"removed": ("[-", "-]"), "added": ("{+", "+}"), "same": ("", "")}


class DiffLook(NamedTuple):
    """The style of each sort of piece; a frozen value, so that threads may share it."""

    same: Style
    removed: Style
    added: Style
    fold: Style
    dots: str = DOTS  # around what is folded


@dataclass(frozen=True)
class DiffLines:
    """Lines to paint.

    Attributes:
        strips: The lines.
        starts: For each line, how much of the new text stands before it.
        n_changes: How many passages were changed.
    """

    strips: tuple[Strip, ...] = ()
    starts: tuple[int, ...] = ()
    n_changes: int = 0


def lay_out(pieces: Iterable[Piece], width: int, look: DiffLook) -> DiffLines:
    """Write pieces as lines of a width."""
    page = _Page(max(8, width))
    changes = 0
    changing = False
    at = 0
    for piece, folded in _folded(list(pieces)):
        if piece.sort == "same":
            changing = changing and not piece.text.strip()
        elif not changing:
            changing, changes = True, changes + 1
        style = look.fold if folded else getattr(look, piece.sort)
        opening, closing = ("", "") if folded else _SIGNS[piece.sort]
        body = piece.text.rstrip()
        dots = look.dots
        shown = (
            f"{dots} {count_of(folded, 'word')} the same {dots} " if folded else None
        )
        text = shown or f"{opening}{body}{closing}{piece.text[len(body) :]}"
        page.write(safe_text(text), style, at)
        if piece.sort != "removed":
            at += len(piece.text)
    page.end(at)
    return DiffLines(tuple(page.strips), tuple(page.starts), changes)


def _folded(pieces: list[Piece]) -> Iterator[tuple[Piece, int]]:
    """Cut long unchanged stretches; give how many words each cut leaves out."""
    last = len(pieces) - 1
    for n, piece in enumerate(pieces):
        words = list(_WORDS.finditer(piece.text)) if piece.sort == "same" else []
        head = KEPT_WORDS if n else 0
        tail = KEPT_WORDS if n < last else 0
        left_out = len(words) - head - tail
        if left_out <= KEPT_WORDS:
            yield piece, 0
            continue
        start = words[head].start()
        end = words[len(words) - tail].start() if tail else len(piece.text)
        if start:
            yield piece._replace(text=piece.text[:start]), 0
        yield piece._replace(text=piece.text[start:end]), left_out
        if tail:
            yield piece._replace(text=piece.text[end:]), 0


class _Page:
    """Lines as they are filled."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.strips: list[Strip] = []
        self.starts: list[int] = []
        self._line: list[tuple[str, Style]] = []
        self._used = 0
        self._start = 0

    def write(self, text: str, style: Style, at: int) -> None:
        """Add words, breaking lines where they are full."""
        if not self._line:
            self._start = at
        for match in _PARTS.finditer(text):
            part = match.group()
            if part == "\n":
                self.end(at + match.end())
                continue
            size = len(part) if part.isascii() else cell_len(part)
            if self._used + size > self.width:
                if part.isspace():
                    self.end(at + match.end())
                    continue
                if self._used:
                    self.end(at + match.start())
                if size > self.width:
                    self._split(part, style, at + match.start())
                    continue
            self._line.append((part, style))
            self._used += size

    def _split(self, part: str, style: Style, at: int) -> None:
        for n, char in enumerate(part):
            size = get_character_cell_size(char)
            if self._used + size > self.width:
                self.end(at + n)
            self._line.append((char, style))
            self._used += size

    def end(self, next_start: int) -> None:
        """End the line."""
        segments: list[Segment] = []
        run: list[str] = []
        style: Style | None = None
        for text, own in self._line:
            if own is not style and run:
                segments.append(Segment("".join(run), style))
                run = []
            run.append(text)
            style = own
        if run:
            segments.append(Segment("".join(run), style))
        self.strips.append(Strip(segments, self._used))
        self.starts.append(self._start)
        self._line, self._used, self._start = [], 0, next_start
