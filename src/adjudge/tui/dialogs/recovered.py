"""A draft was kept, or another window wrote too: restore, compare, discard."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from adjudge.domain.safe_text import safe_text
from adjudge.domain.word_diff import word_diff
from adjudge.domain.words import count_of, count_words
from adjudge.tui.reading.diff_lines import lay_out
from adjudge.tui.widgets.diff_pane import DiffPane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

PAUSE_SECONDS = 0.7  # after which a key is meant for the dialog that came amid typing


class Kept(NamedTuple):
    """A draft as the dialog shows it.

    Attributes:
        at: When it was saved, as people read it.
        text: What was written.
        more: What was said besides.
    """

    at: str
    text: str
    more: str = ""

    @property
    def line(self) -> str:
        """Write it in one line."""
        counted = count_of(count_words(self.text), "word")
        more = f" · {self.more}" if self.more else ""
        return safe_text(f"Draft from {self.at} ({counted}){more}", newlines=False)


class Recovered(ModalScreen[int | None]):
    """``r`` takes a draft, ``c`` compares, ``d`` leaves it; Esc leaves it as well.

    Args:
        heading: What happened.
        drafts: The newest first.
        against: What ``c`` compares a draft with.
        keys: What ``r`` and ``d`` do, in a word each.
        amid_typing: It came while somebody wrote: whatever they go on typing is no
            answer, until they pause.
    """

    COMES_UNASKED: ClassVar[bool] = True  # no key typed before it is meant for it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r,enter", "take", "take the draft", show=False),
        Binding("c", "compare", "compare", show=False),
        Binding("d,escape", "leave", "leave the draft", show=False),
    ]
    AUTO_FOCUS = "OptionList"
    DEFAULT_CSS = """
    Recovered DiffPane { height: 12; display: none; margin-top: 1; }
    Recovered.-comparing DiffPane { display: block; }
    Recovered .box { width: 76; }
    """

    def __init__(
        self,
        heading: str,
        drafts: Sequence[Kept],
        against: str,
        keys: tuple[str, str] = ("restore", "discard"),
        *,
        amid_typing: bool = False,
    ) -> None:
        super().__init__(classes="dialog")
        self._deaf_until = time.monotonic() + PAUSE_SECONDS if amid_typing else 0.0
        self._heading = heading
        self._drafts = drafts
        self._against = against
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Build the list."""
        take, leave = self._keys
        with Vertical(classes="box") as box:
            box.border_title = Content(safe_text(self._heading, newlines=False))
            yield OptionList(
                *(Content(draft.line) for draft in self._drafts),
                compact=True,
                markup=False,
            )
            yield DiffPane(id="compared")
            yield Static(
                Content.assemble(
                    ("r", "bold $key"), f" {take}   ",
                    ("c", "bold $key"), " compare   ",
                    ("d", "bold $key"), f" {leave}",
                ),
                classes="quiet",
            )  # fmt: skip

    def hears(self) -> bool:
        """Tell whether a key that comes now is an answer, and no letter of a text."""
        now = time.monotonic()
        if now < self._deaf_until:
            self._deaf_until = now + PAUSE_SECONDS
            return False
        return True

    @property
    def _at(self) -> int:
        return self.query_one(OptionList).highlighted or 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take it."""
        self.dismiss(event.option_index)

    def on_option_list_option_highlighted(self) -> None:
        """Compare the one that is marked."""
        if self.has_class("-comparing"):
            self._compare()

    def action_take(self) -> None:
        """Take it."""
        self.dismiss(self._at)

    def action_leave(self) -> None:
        """Leave it."""
        self.dismiss(None)

    def action_compare(self) -> None:
        """Show what it changes, or put that away."""
        self.toggle_class("-comparing")
        if self.has_class("-comparing"):
            self.call_after_refresh(self._compare)

    def _compare(self) -> None:
        pane = self.query_one(DiffPane)
        if (wanted := pane.wanted) is not None:
            pieces = word_diff(self._against, self._drafts[self._at].text)
            pane.show(lay_out(pieces, *wanted), 0)
