"""A receipt is given for what was on the screen; nobody has read what was not."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from textual.content import Content
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.geometry import Region
    from textual.screen import ModalScreen
    from textual.strip import Strip

_UNSEEN = "Typed before this was on the screen: now y counts"


class Painted(Static):
    """The head of a dialog; it is painted in one frame with what stands below it.

    Attributes:
        painted_at: When these words were first painted, by the monotonic clock;
            never, before they were.
    """

    painted_at = math.inf

    def put(self, words: Content) -> None:
        """Show other words; nobody has seen them yet."""
        self.painted_at = math.inf
        self.update(words)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint, and keep when that was first begun.

        Not when it was done: whoever sees it could be refused for being quick.
        """
        self.painted_at = min(self.painted_at, time.monotonic())
        return super().render_lines(crop)


def is_unseen(dialog: ModalScreen[Any]) -> bool:
    """Refuse a key that was typed before the dialog was painted; say so at its edge."""
    app: Any = dialog.app
    if app.typed_at >= dialog.query_one(Painted).painted_at:
        return False
    app.forget_typed_ahead()
    dialog.query_one(".box").border_subtitle = Content(_UNSEEN)
    return True
