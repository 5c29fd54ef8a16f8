"""The store does not take a judgment now: try again, keep it in a file, or go back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from adjudge.domain.safe_text import safe_text
from adjudge.tui.texts import words_of

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from adjudge.errors import AdjudgeError

Next = Literal["again", "keep", "back"]


class Unsaved(ModalScreen[Next]):
    """Nothing is lost, whichever key is pressed."""

    COMES_UNASKED: ClassVar[bool] = True  # no key typed before it is meant for it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "choose('again')", "try again", show=False),
        Binding("k", "choose('keep')", "keep it in a file and go on", show=False),
        Binding("escape", "choose('back')", "back to the draft", show=False),
    ]

    def __init__(self, error: AdjudgeError) -> None:
        super().__init__(classes="dialog")
        self._error = error

    def compose(self) -> ComposeResult:
        """Build the words."""
        error = self._error
        words = words_of(error)
        with Vertical(classes="box") as box:
            box.border_title = Content("Not saved yet")
            yield Static(Content(safe_text(words)), markup=False)
            yield Static(
                Content.assemble(
                    ("r", "bold $key"), "    tries again\n",
                    ("k", "bold $key"), "    keeps the judgment in a file on this "
                    "machine and goes on; it is brought in when the store answers\n",
                    ("Esc", "bold $key"), "  back to the draft",
                ),
                classes="quiet",
            )  # fmt: skip

    def action_choose(self, what: Next) -> None:
        """Do it."""
        self.dismiss(what)
