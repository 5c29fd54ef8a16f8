"""The terms of the campaign: read once, agreed to once, before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from adjudge.domain.safe_text import safe_text
from adjudge.tui.dialogs.painted import Painted, is_unseen

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from adjudge.services.people.terms import Terms


class TermsScreen(ModalScreen[bool]):
    """``y`` agrees; ``q`` leaves the workbench."""

    COMES_UNASKED: ClassVar[bool] = True  # no key typed before it is meant for it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "I agree", show=False),
        Binding("q,ctrl+q", "answer(False)", "leave", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
        Binding("space,pagedown", "scroll(10)", "Page down", show=False),
        Binding("b,pageup", "scroll(-10)", "Page up", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self, terms: Terms, who: str) -> None:
        super().__init__(classes="dialog")
        self._terms = terms
        self._who = who

    def compose(self) -> ComposeResult:
        """Build the words."""
        terms = self._terms
        news = "They have changed since you agreed." if terms.before else ""
        with Vertical(classes="box tall") as box:
            box.border_title = Content("Before you work here")
            box.border_subtitle = Content("y I agree   q leaves   j k")
            yield Painted(
                Content.assemble(
                    "Terms, version ",
                    (terms.version, "bold"),
                    f", asked of {safe_text(self._who, newlines=False)}. {news}\n",
                ),
                markup=False,
            )
            with VerticalScroll(can_focus=False):
                yield Static(Content(safe_text(terms.text)), markup=False)

    def action_answer(self, agrees: bool) -> None:
        """Go on, or leave."""
        if not agrees or not is_unseen(self):
            self.dismiss(agrees)

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
