"""What the user asked last, in a few lines; the rest is one key away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from adjudge.domain.safe_text import safe_text
from adjudge.tui.ascii_signs import as_written, is_ascii, typed
from adjudge.tui.texts import clipped
from adjudge.tui.widgets.lines import Bit, content, spread, width

if TYPE_CHECKING:
    from textual.filter import LineFilter
    from textual.geometry import Size

_MOST_CHARS = 4_000  # of a prompt; more would never be in sight


class Asked(Widget):
    """One line where room is short, a box of a few lines elsewhere."""

    DEFAULT_CSS = """
    Asked {
        height: auto;
        padding: 0 1;
        border: round $edge;
        border-title-color: $foreground 75%;
        border-title-style: bold;
        border-subtitle-color: $foreground 75%;
    }
    """

    def __init__(self, *, key: str = "c", id: str | None = None) -> None:
        super().__init__(id=id)
        self._key = key
        self._head = ""
        self._topic = ""
        self._text = Content("")
        self._aside = ""

    def show(self, head: str, text: str, *, topic: str) -> None:
        """Take the last question; foreign text, cleaned here."""
        self._head, self._topic = head, clipped(topic, 30)
        self._text = Content(safe_text(text[:_MOST_CHARS]).strip())
        self._entitle()
        self.refresh(layout=True)

    def tell(self, aside: str) -> None:
        """Add a few words where the box is one line: what else there is to see."""
        if aside != self._aside:
            self._aside = aside
            self.refresh()

    def get_line_filters(self) -> list[LineFilter]:
        """Show a text with its own signs."""
        return as_written(super().get_line_filters())

    def on_resize(self) -> None:
        """Say whether there is more."""
        self._entitle()

    def _entitle(self) -> None:
        topic = f" · {self._topic}" if self._topic else ""
        title = f"{self._head}{topic}"
        self.border_title = Content(typed(title) if is_ascii(self) else title)
        room = self.content_size.width
        more = room > 0 and self._text.get_height({}, room) > self._most
        self.border_subtitle = Content(
            f"more: {self._key} opens the whole conversation"
            if more
            else f"{self._key}: conversation"
        )

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Need a few lines."""
        return max(1, min(self._most, self._text.get_height({}, width)))

    @property
    def _most(self) -> int:
        return 4 if self.app.size.height < 48 else 7

    def render(self) -> Content:
        """Draw the beginning of the text."""
        room = self.content_size.width
        if self.styles.border_top[0]:
            return self._text
        head = [Bit(f"{self._head}> ", "bold")]
        keys = [Bit(f"  {self._aside}", "bold"), Bit(f"  {self._key}: all", "$quiet")]
        line = clipped(self._text.plain, max(8, room - width(head) - width(keys) - 1))
        if is_ascii(self) and line.endswith("…"):
            line = f"{line[:-1]}."
        return content(spread([*head, Bit(line)], keys, room))
