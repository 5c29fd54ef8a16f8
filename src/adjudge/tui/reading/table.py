"""Lay out a table in the cells there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adjudge.tui.reading.lines import PLAIN, Line, Span, is_rtl, text_of, width_of, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adjudge.tui.reading.look import Look
    from adjudge.tui.reading.signs import Signs

MIN_COLUMN = 4
GAP = 3  # cells between two columns


@dataclass
class Row:
    """One row: its cells, and the source line if that says more than the cells."""

    cells: list[Line] = field(default_factory=list)
    extra: str = ""


@dataclass
class Table:
    """A table as it was parsed.

    Attributes:
        aligns: ``left``, ``right``, ``center`` or empty, one for each column.
        rows: The head first.
    """

    aligns: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def natural(self) -> list[int]:
        """How wide each column would like to be, in cells."""
        widths = [1] * len(self.aligns)
        for row in self.rows:
            for place, cell in enumerate(row.cells):
                widths[place] = max(widths[place], width_of(cell))
        return widths


def fit(natural: Sequence[int], width: int) -> list[int] | None:
    """Share ``width`` cells among the columns; the widest give first.

    Returns:
        Column widths, or None if there is no room for a table.
    """
    room = width - GAP * (len(natural) - 1)
    if room < MIN_COLUMN * len(natural):
        return None
    widths = list(natural)
    if sum(widths) <= room:
        return widths
    low, high = MIN_COLUMN, max(widths)
    while low < high:
        cap = (low + high + 1) // 2
        if sum(min(w, cap) for w in widths) <= room:
            low = cap
        else:
            high = cap - 1
    return [min(w, low) for w in widths]


def draw(
    row: Row, widths: Sequence[int], aligns: Sequence[str], gap: Span
) -> Iterator[Line]:
    """Draw one row, on as many lines as its tallest cell needs."""
    columns = [wrap(cell, width) for cell, width in zip(row.cells, widths, strict=True)]
    for level in range(max(map(len, columns))):
        line: Line = []
        for place, column in enumerate(columns):
            if place:
                line.append(gap)
            part = column[level] if level < len(column) else []
            line.extend(_aligned(part, widths[place], aligns[place]))
        yield line


def rule(widths: Sequence[int], look: Look, signs: Signs) -> Line:
    """Draw the line between two rows."""
    cross = f"{signs.rule}{signs.cross}{signs.rule}"
    return [(cross.join(signs.rule * width for width in widths), look.rule)]


def _aligned(line: Line, width: int, align: str) -> Iterator[Span]:
    room = max(0, width - width_of(line))
    side = align or ("right" if is_rtl(text_of(line)) else "left")
    before = {"right": room, "center": room // 2}.get(side, 0)
    yield " " * before, PLAIN
    yield from line
    yield " " * (room - before), PLAIN
