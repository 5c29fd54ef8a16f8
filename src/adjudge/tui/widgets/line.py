"""The line in which people write a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input

if TYPE_CHECKING:
    from textual.app import App


class Line(Input):
    """An input of one line; its cursor blinks only for who wants that."""

    def on_mount(self) -> None:
        """Do as the person's settings say."""
        self.cursor_blink = blinks(self.app)


def blinks(app: App[object]) -> bool:
    """Tell whether cursors blink: a setting of the workbench, off by default."""
    settings = getattr(app, "settings", None)
    return bool(getattr(settings, "blink", False))
