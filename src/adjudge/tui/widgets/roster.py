"""The list of responses beside a ranking: number, place, length."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.reactive import reactive

from adjudge.domain.words import count_of
from adjudge.tui.widgets.lines import Bit, Drawn, stacked
from adjudge.tui.widgets.order import Places, badge

if TYPE_CHECKING:
    from textual.content import Content


class Entry(NamedTuple):
    """One response of the list."""

    number: int
    words: int


class Roster(Drawn):
    """Best first as far as placed, then the rest; the one being read is marked.

    Attributes:
        front: Number of the response being read.
    """

    DEFAULT_CSS = """
    Roster {
        width: 24;
        height: 1fr;
        padding: 0 1;
        border: round $edge;
        border-title-color: $foreground 75%;
        border-title-style: bold;
    }
    """
    entries: reactive[tuple[Entry, ...]] = reactive(())
    places: reactive[Places] = reactive(())
    front: reactive[int] = reactive(1)

    def on_mount(self) -> None:
        """Name the columns."""
        self.border_title = "place  response"

    def render(self) -> Content:
        """Draw the list."""
        order = [n for tier in self.places for n in tier]
        entries = sorted(
            self.entries,
            key=lambda e: order.index(e.number) if e.number in order else 99,
        )
        lines = []
        for entry in entries:
            action = f"screen.read_number({entry.number})"
            place = badge(self.places, entry.number)
            here = entry.number == self.front
            lines.append(
                [
                    Bit(f"{place:>3}   ", "bold $key", action),
                    Bit(
                        f"{'>' if here else ' '}{entry.number} ",
                        "bold reverse" if here else "bold",
                        action,
                    ),
                    Bit(f" {count_of(entry.words, 'word')}", "$quiet", action),
                ]
            )
        return stacked(lines)
