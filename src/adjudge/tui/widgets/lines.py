"""Lines that widgets draw: words with styles, never markup, fitted to a width."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.style import Style
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events


# Textual's own "@click" would underline every word that can be clicked.
CLICK = "adjudge-click"


class Bit(NamedTuple):
    """A few words in one style.

    Attributes:
        style: In Textual's terms, for example ``bold $key``.
        action: What a click on it runs, if anything.
    """

    text: str
    style: str = ""
    action: str = ""


Cell = tuple[Bit, ...]


class Drawn(Widget):
    """A widget of bits; a click on one runs what it says."""

    async def on_click(self, event: events.Click) -> None:
        """Run what stands under the pointer."""
        action = event.style.meta.get(CLICK)
        if isinstance(action, str):
            event.stop()
            await self.run_action(action)


def width(cell: Iterable[Bit]) -> int:
    """Count the cells that some words take."""
    return sum(cell_len(bit.text) for bit in cell)


def content(bits: Iterable[Bit]) -> Content:
    """Make what a widget renders."""
    parts: list[Content | tuple[str, str | Style]] = []
    for bit in bits:
        if bit.action:
            clickable = Content.assemble((bit.text, bit.style)).stylize(
                Style.from_meta({CLICK: bit.action})
            )
            parts.append(clickable)
        else:
            parts.append((bit.text, bit.style))
    return Content.assemble(*parts)


def spread(left: Iterable[Bit], right: Iterable[Bit], room: int) -> list[Bit]:
    """Put words at both ends of a line."""
    left, right = list(left), list(right)
    gap = max(1, room - width(left) - width(right))
    return [*left, Bit(" " * gap), *right]


def fitting(cells: Sequence[Cell], room: int, gap: str = "  ") -> list[Bit]:
    """Join the first cells that a line has room for."""
    line: list[Bit] = []
    for cell in cells:
        wanted = [Bit(gap), *cell] if line else list(cell)
        if width(line) + width(wanted) > room:
            break
        line += wanted
    return line


def wrapped(cells: Sequence[Cell], room: int, indent: int = 0) -> list[list[Bit]]:
    """Break cells over as many lines as they need; later lines are indented."""
    lines: list[list[Bit]] = [list(cells[0])]
    for cell in cells[1:]:
        line = [*lines[-1], Bit("  "), *cell]
        if width(line) <= room:
            lines[-1] = line
        else:
            lines.append([Bit(" " * indent), *cell])
    return lines


def stacked(lines: Iterable[Iterable[Bit]]) -> Content:
    """Make several lines."""
    return Content("\n").join([content(line) for line in lines])
