"""Two windows hold drafts of one task: show both, take one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from adjudge.domain.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType


class WhichDraft(ModalScreen[int | None]):
    """Enter takes a draft; Esc takes the first, which is on the screen already.

    Args:
        drafts: Where or when each was said, and what.
        leaving: What the first one is.
    """

    COMES_UNASKED: ClassVar[bool] = True  # no key typed before it is meant for it
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "Leave")]
    AUTO_FOCUS = "OptionList"

    def __init__(
        self, drafts: Sequence[tuple[str, str]], *, leaving: str = "the newest"
    ) -> None:
        super().__init__(classes="dialog")
        self._drafts = drafts
        self._leaving = leaving

    def compose(self) -> ComposeResult:
        """Build the list."""
        with Vertical(classes="box") as box:
            box.border_title = Content("Two windows hold drafts of this task")
            yield OptionList(
                *(
                    Option(
                        Content.assemble(
                            (f"{at}  ", "bold"), safe_text(said, newlines=False)
                        )
                    )
                    for at, said in self._drafts
                ),
                compact=True,
                markup=False,
            )
            yield Static(
                Content(f"arrows choose   Enter takes it   Esc {self._leaving}"),
                classes="quiet",
            )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take it."""
        self.dismiss(event.option_index)

    def action_leave(self) -> None:
        """Keep the first."""
        self.dismiss(None)
