"""The line in which people write a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.widgets import Input

from adjudge.domain.clean_text import cleaned

if TYPE_CHECKING:
    from textual import events
    from textual.app import App


class Line(Input):
    """An input of one line; its cursor blinks only for who wants that.

    What is pasted comes in as one line, as far as there is room, and whoever pastes
    more is told: of several lines none is dropped unseen.
    """

    class Cut(Message):
        """There was no room for all that was pasted.

        Attributes:
            count: Characters that were left out.
            most: How many the line holds.
        """

        def __init__(self, count: int, most: int) -> None:
            super().__init__()
            self.count = count
            self.most = most

    def on_mount(self) -> None:
        """Do as the person's settings say."""
        self.cursor_blink = blinks(self.app)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()  # the library's way takes the first line
        self._take_in(event.text)

    def action_paste(self) -> None:
        """Put in what was copied or cut here."""
        self._take_in(self.app.clipboard)

    def _take_in(self, text: str) -> None:
        line = " ".join(cleaned(text)[0].split())
        start, end = sorted(self.selection)
        if self.max_length is not None:
            room = max(0, self.max_length - len(self.value) + (end - start))
            if len(line) > room:
                self.post_message(self.Cut(len(line) - room, self.max_length))
            line = line[:room]
        self.replace(line, start, end)


def blinks(app: App[object]) -> bool:
    """Tell whether cursors blink: a setting of the workbench, off by default."""
    settings = getattr(app, "settings", None)
    return bool(getattr(settings, "blink", False))
