"""The right answer of a training task and why; nowhere else is it told."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from adjudge.domain.safe_text import safe_text
from adjudge.tui.texts import told

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from adjudge.domain.judging import Judgment
    from adjudge.domain.qualification import Feedback


class Answer(ModalScreen[None]):
    """Enter goes on to the next task."""

    COMES_UNASKED: ClassVar[bool] = True  # no key typed before it is meant for it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape,space", "leave", "go on", show=False)
    ]

    def __init__(self, judgment: Judgment, feedback: Feedback) -> None:
        super().__init__(classes="dialog")
        self._judgment = judgment
        self._feedback = feedback

    def compose(self) -> ComposeResult:
        """Build the words."""
        with Vertical(classes="box") as box:
            box.border_title = Content("Training")
            box.border_subtitle = Content("Enter goes on")
            yield Static(self._words(), markup=False)

    def action_leave(self) -> None:
        """Go on."""
        self.dismiss(None)

    def _words(self) -> Content:
        head, *lines = told(self._judgment, self._feedback)
        tone = "bold $good" if self._feedback.is_right else "bold $bad"
        return Content.assemble((head, tone), "\n", safe_text("\n".join(["", *lines])))
