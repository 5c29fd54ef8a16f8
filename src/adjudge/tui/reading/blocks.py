"""Cut a long text into chunks that can be parsed and shown one by one.

A cut is made at an empty line before a line that starts at the left edge and
continues no list or quote. Where none comes in time the cut is forced; a table or
a fence that it goes through is opened again in the next chunk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE = 8_000
SOFT_CHARS = 1_200  # a chunk this long ends at the next good place
HARD_CHARS = 8_000  # and this long at the next line
HARD_LINES = 120

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_CONTINUES = re.compile(r"[\s>]|[-*+](?:\s|$)|\d{1,9}[.)](?:\s|$)")
_DELIMITER = re.compile(
    r"[ >]{0,8}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*"
)


@dataclass(frozen=True)
class Chunk:
    """Some lines of the source, and what has to be said again before them.

    Attributes:
        lines: The lines, in order; all chunks together are the whole source.
        carry: Lines repeated from an earlier chunk: a fence, or a table's head.
        open_end: The next chunk carries on what this one leaves open.
        head: First line of a table that spans several chunks, or empty.
        columns: The widths in cells of that table's columns.
    """

    lines: tuple[str, ...]
    carry: tuple[str, ...] = ()
    open_end: bool = False
    head: str = ""
    columns: tuple[int, ...] = ()

    @property
    def source(self) -> str:
        """The Markdown to parse."""
        return "\n".join((*self.carry, *self.lines))


def chunks(source: str) -> list[Chunk]:
    """Cut a Markdown text into chunks."""
    lines = list(fold_long(source))
    found: list[Chunk] = []
    state = _State()
    start = size = 0
    carry: tuple[str, ...] = ()
    for index, line in enumerate(lines):
        forced = size > HARD_CHARS or index - start >= HARD_LINES
        if forced or (size > SOFT_CHARS and state.may_end(lines[index - 1], line)):
            following = state.carry() if forced else ()
            if len(following) == 2 and not state.columns:
                state.columns = _columns(lines, state.table_at)
            known = (state.table[0], state.columns) if state.columns else ("", ())
            part = tuple(lines[start:index])
            found.append(Chunk(part, carry, bool(following), *known))
            start, size, carry = index, 0, following
        state.take(index, line)
        size += len(line) + 1
    known = (state.table[0], state.columns) if state.columns else ("", ())
    found.append(Chunk(tuple(lines[start:]), carry, False, *known))
    return found


def raw_chunks(source: str) -> list[Chunk]:
    """Cut a text that is shown as it is."""
    found: list[Chunk] = []
    lines: list[str] = []
    size = 0
    for line in fold_long(source):
        lines.append(line)
        size += len(line)
        if size > HARD_CHARS or len(lines) == HARD_LINES:
            found.append(Chunk(tuple(lines)))
            lines, size = [], 0
    return [*found, Chunk(tuple(lines))] if lines else found


def fold_long(source: str) -> Iterator[str]:
    """Split at line feeds, and lines without end at a space or at 8,000."""
    for line in source.split("\n"):
        rest = line
        while len(rest) > MAX_LINE:
            space = rest.rfind(" ", MAX_LINE - 1_000, MAX_LINE)
            at = space if space > 0 else MAX_LINE
            yield rest[:at]
            rest = rest[at:]
        yield rest


class _State:
    """What is open at the current line: a fence, a table, or nothing."""

    def __init__(self) -> None:
        self.fence = ""
        self.table: tuple[str, ...] = ()
        self.table_at = 0
        self.columns: tuple[int, ...] = ()
        self._last = ""

    def take(self, index: int, line: str) -> None:
        """Read one line."""
        match = _FENCE.match(line)
        if self.fence:
            run = _run(self.fence.strip())
            closes = match and match[1].startswith(run) and not match[2].strip()
            self.fence = "" if closes else self.fence
        elif match and not ("`" in match[1] and "`" in match[2]):
            self.fence = line
            self._no_table()
        elif not line.strip(" >\t"):
            self._no_table()
        elif not self.table and "|" in self._last and _DELIMITER.fullmatch(line):
            self.table, self.table_at = (self._last, line), index - 1
        self._last = line

    def _no_table(self) -> None:
        self.table, self.columns = (), ()

    def may_end(self, before: str, line: str) -> bool:
        """Whether a chunk may end before this line."""
        whole = not self.fence and not before.strip()
        return whole and bool(line) and _CONTINUES.match(line) is None

    def carry(self) -> tuple[str, ...]:
        """What the next chunk has to open again."""
        return (self.fence,) if self.fence else self.table


def _run(mark: str) -> str:
    """The run of backticks or tildes a fence starts with."""
    return mark[: len(mark) - len(mark.lstrip(mark[0]))]


def _columns(lines: list[str], start: int) -> tuple[int, ...]:
    """Estimate the column widths of the table at ``start`` from its source."""
    widths: list[int] = []
    for line in islice(lines, start, start + 5_000):
        if not line.strip(" >\t"):
            break
        if _DELIMITER.fullmatch(line):
            continue
        cells = line.strip().strip("|").split("|")[: len(widths) or 64]
        widths += [1] * (len(cells) - len(widths))
        for place, cell in enumerate(cells):
            widths[place] = max(widths[place], cell_len(cell.strip()))
    return tuple(widths)
