"""The last line: the keys that matter here, as many as there is room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import reactive

from adjudge.tui.widgets.lines import Bit, Cell, Drawn, content, fitting

if TYPE_CHECKING:
    from textual.content import Content

Hint = tuple[str, str, str]  # the key, what it does, what a click runs


class Hints(Drawn):
    """Keys in the order of their importance."""

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
        return content(fitting(cells, self.content_size.width))
