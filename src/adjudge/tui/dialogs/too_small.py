"""Covers the screen while the terminal is too small to judge in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.geometry import Size

LEAST = (80, 24)


def is_too_small(size: Size) -> bool:
    """Tell whether a terminal has less than 80 columns or 24 lines."""
    return size.width < LEAST[0] or size.height < LEAST[1]


class TooSmall(ModalScreen[None]):
    """Takes every key, so that nobody grades what they cannot see."""

    DEFAULT_CSS = """
    TooSmall { align: center middle; background: $background; }
    TooSmall Static { width: auto; text-align: center; }
    """

    def compose(self) -> ComposeResult:
        """Build the words."""
        yield Static(markup=False)

    def on_mount(self) -> None:
        """Say how large it is now."""
        self._tell(self.app.size)

    def on_screen_resume(self) -> None:
        """Go, where the terminal grew while a question stood over this."""
        if not is_too_small(self.app.size):
            self.dismiss()

    def on_resize(self, event: events.Resize) -> None:
        """Say it again."""
        self._tell(event.size)

    def _tell(self, size: Size) -> None:
        now = f"{size.width}x{size.height}"
        self.query_one(Static).update(
            Content(f"resize to 80x24 (now {now})\nyour work is kept")
        )
