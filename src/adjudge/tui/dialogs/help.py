"""Every key, searched as you type, and what the numbers mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from adjudge.tui.widgets.line import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

Row = tuple[str, str, str]  # group, keys, what they do

NUMBERS = (
    ("37/120", "judgments you made, of those and what is left for you"),
    ("time", "your time at work: gaps between keys, each capped while you read"),
    ("research", "time outside the window, after R and until your next key"),
    ("hidden", "characters in a text that could deceive; all are made visible"),
    ("late", "submitted after the lease ran out; kept, counted and paid"),
    ("surplus", "beyond the judgments that were wanted; kept, counted and paid"),
)


class Help(ModalScreen[None]):
    """Typing narrows the list; Esc closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,f1", "leave", "Close"),
        ("down", "scroll(1)", "Down"),
        ("up", "scroll(-1)", "Up"),
        ("pagedown", "scroll(10)", "Page down"),
        ("pageup", "scroll(-10)", "Page up"),
    ]
    AUTO_FOCUS = "Input"

    def __init__(
        self, rows: Sequence[Row], numbers: Sequence[tuple[str, str]] = NUMBERS
    ) -> None:
        super().__init__(classes="dialog")
        self._rows = rows
        self._numbers = numbers

    def compose(self) -> ComposeResult:
        """Build the list."""
        with Vertical(classes="box tall") as box:
            box.border_title = Content("Keys")
            box.border_subtitle = Content("type to search   ↑ ↓ scroll   Esc closes")
            yield Line(placeholder="search", compact=True)
            with VerticalScroll(can_focus=False):
                yield Static(id="keys", markup=False)

    def on_mount(self) -> None:
        """Show everything."""
        self._show("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        self._show(event.value)

    def action_scroll(self, lines: int) -> None:
        """Scroll the list."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)

    def _show(self, phrase: str) -> None:
        wanted = phrase.casefold().split()
        numbers = [("What the numbers mean", *row) for row in self._numbers]
        parts: list[str | tuple[str, str]] = []
        group = ""
        for row in sorted([*self._rows, *numbers], key=lambda r: _ORDER.index(r[0])):
            if not all(word in " ".join(row).casefold() for word in wanted):
                continue
            if row[0] != group:
                group = row[0]
                parts.append((f"{'' if not parts else chr(10)}{group}\n", "bold"))
            pad = " " * max(1, 17 - cell_len(row[1]))
            parts += [(f"  {row[1]}{pad}", "bold $key"), f"{row[2]}\n"]
        if not parts:
            parts.append(("Nothing by that name.", "$quiet"))
        self.query_one("#keys", Static).update(Content.assemble(*parts))


_ORDER = (
    *("Judge", "Rank", "Rate", "Write", "Review", "Decide", "Numbers"),
    *("Read", "Go", "What the numbers mean"),
)
