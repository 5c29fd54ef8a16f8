"""What is drawn beside a text: in lines, or in signs that every font has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Signs:
    """One sign for each thing that the renderer draws; all as wide as the drawn one.

    Attributes:
        rule: A line across, and under a smaller heading.
        double: Under a great heading.
        bullet: Before an item; deeper ones have a hyphen.
        quote: Left of what is quoted.
        top: Where a block of code begins.
        side: Left of a line of code, and between two columns.
        bottom: Where a block of code ends.
        cross: Where the line under a row crosses a column's.
        more: Where a line was cut.
    """

    rule: str = "─"
    double: str = "═"
    bullet: str = "•"
    quote: str = "┃"
    top: str = "┌─"
    side: str = "│"
    bottom: str = "└─"
    cross: str = "┼"
    more: str = "…"


DRAWN = Signs()
TYPED = Signs(
    rule="-",
    double="=",
    bullet="*",
    quote="|",
    top="+-",
    side="|",
    bottom="+-",
    cross="+",
    more=".",
)
