"""Choose one of a few reasons, and say more where words are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from adjudge.domain.judging import NOTE_LIMIT
from adjudge.domain.safe_text import safe_text
from adjudge.tui.widgets.line import Line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType


class Choice(NamedTuple):
    """What was chosen, and the words with it."""

    code: str
    words: str


class Choose(ModalScreen[Choice | None]):
    """A digit or the arrows choose; Enter takes it; Esc leaves all as it was.

    Args:
        title: What is asked.
        options: Words by code, in the order they are offered.
        wanting: Codes that need words.
        first: The code that is chosen to begin with.
        by_code: What is typed is the beginning of a code, as of a clause's number,
            and not a place in the list.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "leave", "Leave"),
        ("enter", "take", "Take it"),  # typed ahead of the focus
    ]
    AUTO_FOCUS = "#options"

    def __init__(
        self,
        title: str,
        options: Mapping[str, str],
        *,
        wanting: frozenset[str] = frozenset(),
        first: str = "",
        explain: str = "",
        by_code: bool = False,
    ) -> None:
        super().__init__(classes="dialog")
        self._heading = title
        self._codes = list(options)
        self._words = dict(options)
        self._wanting = wanting
        self._first = first
        self._explain = explain
        self._by_code = by_code
        self._typed = ""

    def compose(self) -> ComposeResult:
        """Build the list and the line for words."""
        with Vertical(classes="box") as box:
            box.border_title = Content(safe_text(self._heading, newlines=False))
            if self._explain:
                yield Static(Content(safe_text(self._explain)), classes="quiet")
            yield OptionList(
                *(
                    Option(
                        Content.assemble(
                            ("" if self._by_code else f"{n} ", "bold"),
                            safe_text(self._words[code]),
                        )
                    )
                    for n, code in enumerate(self._codes, 1)
                ),
                id="options",
                compact=True,
                markup=False,
            )
            yield Line(
                placeholder="say more (Tab)",
                max_length=NOTE_LIMIT,
                compact=True,
                id="words",
            )
            yield Static(
                Content("Enter takes it   Tab for words   Esc leaves it"),
                classes="quiet",
                id="told",
            )

    def on_mount(self) -> None:
        """Start at the first, or at what was asked for."""
        start = self._codes.index(self._first) if self._first in self._codes else 0
        self.query_one("#options", OptionList).highlighted = start

    def on_key(self, event: events.Key) -> None:
        """Let a digit choose."""
        sign = event.character or ""
        if self.query_one("#words").has_focus or not (sign.isdecimal() or sign == "."):
            return
        place = self._place_of(sign)
        if place is not None:
            event.stop()
            self.query_one("#options", OptionList).highlighted = place

    def _place_of(self, sign: str) -> int | None:
        """Find what a sign chooses; typed one after the other they make a code."""
        if not self._by_code:
            known = sign.isdecimal() and 0 < int(sign) <= len(self._codes)
            return int(sign) - 1 if known else None
        for typed in (self._typed + sign, sign):
            found = [n for n, c in enumerate(self._codes) if c.startswith(typed)]
            if found:
                self._typed = typed
                same = (n for n in found if self._codes[n] == typed)
                return next(same, found[0])
        return None

    def on_option_list_option_selected(self) -> None:
        """Take it, or ask for words first."""
        self._take()

    def on_input_submitted(self) -> None:
        """Take it."""
        self._take()

    def action_take(self) -> None:
        """Take it."""
        self._take()

    def action_leave(self) -> None:
        """Leave all as it was."""
        self.dismiss(None)

    def _take(self) -> None:
        at = self.query_one("#options", OptionList).highlighted
        code = self._codes[at or 0]
        words = self.query_one("#words", Input)
        if code in self._wanting and not words.value.strip():
            words.focus()
            self.query_one("#told", Static).update(
                Content.assemble(("A few words are needed with this one.", "bold $bad"))
            )
            return
        self.dismiss(Choice(code, words.value.strip()))
