"""What leads have to say to this person: one message after the other, with receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from adjudge.domain.safe_text import safe_text
from adjudge.tui.clock import day_and_time
from adjudge.tui.dialogs.painted import Painted, is_unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from adjudge.services.people.messages import Message

_KEYS = "y I have read it   n later   Esc leaves"


class Messages(ModalScreen[None]):
    """``y`` says that a message was read, ``n`` goes on without; Esc leaves.

    Args:
        messages: Oldest first.
        receipt: Keeps that one was read.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "read", "I have read it", show=False),
        Binding("n", "next", "later", show=False),
        Binding("q,escape", "leave", "Leave", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
        Binding("space,pagedown", "scroll(10)", "Page down", show=False),
        Binding("b,pageup", "scroll(-10)", "Page up", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(
        self, messages: Sequence[Message], receipt: Callable[[Message], object]
    ) -> None:
        super().__init__(classes="dialog")
        self._messages = messages
        self._receipt = receipt
        self._at = 0

    def compose(self) -> ComposeResult:
        """Build the frame."""
        with Vertical(classes="box tall"):
            yield Painted(id="about", markup=False)
            with VerticalScroll(can_focus=False):
                yield Static(id="text", markup=False)

    def on_mount(self) -> None:
        """Show the first."""
        self._show()

    def _show(self) -> None:
        message, count = self._messages[self._at], len(self._messages)
        number = f" {self._at + 1} of {count}" if count > 1 else ""
        box = self.query_one(".box")
        box.border_title = Content(f"Message{number}")
        box.border_subtitle = Content(_KEYS)
        about = f", to everybody in {message.queue}" if message.queue else ""
        head = f"From {message.by}, {day_and_time(message.at)}{about}\n"
        line = safe_text(head.rstrip(), newlines=False)
        self.query_one(Painted).put(Content(f"{line}\n"))
        self.query_one("#text", Static).update(Content(safe_text(message.text or "")))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_read(self) -> None:
        """Keep the receipt of what was on the screen, and go on."""
        if not is_unseen(self):
            self._receipt(self._messages[self._at])
            self.action_next()

    def action_next(self) -> None:
        """Go on to the next one, or leave after the last."""
        self._at += 1
        if self._at < len(self._messages):
            self._show()
        else:
            self.dismiss(None)

    def action_leave(self) -> None:
        """Leave the rest for later."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
