"""The last line: the keys that matter here, as many as there is room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import reactive

from adjudge.tui.widgets.lines import Bit, Cell, Drawn, content, fitting, width

if TYPE_CHECKING:
    from textual.content import Content

Hint = tuple[str, str, str]  # the key, what it does, what a click runs


class Hints(Drawn):
    """Keys in the order of their importance; the one of help is always there."""

    DEFAULT_CSS = """
    Hints { height: 1; padding: 0 1; color: $quiet; }
    """
    keys: reactive[tuple[Hint, ...]] = reactive(())

    def render(self) -> Content:
        """Draw the keys."""
        cells: list[Cell] = [
            (Bit(key, "bold $key", action), Bit(f" {words}", "$quiet", action))
            for key, words, action in self.keys
        ]
        room = self.content_size.width
        line = fitting(cells, room)
        help_ = [cell for cell in cells if cell[-1].text == " help"]
        if help_ and help_[0][0] not in line:
            last = [Bit("  "), *help_[0]]
            line = [*fitting(cells, room - width(last)), *last]
        return content(line)
