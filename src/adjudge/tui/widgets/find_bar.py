"""Find and replace in the editor; letter case does not matter, words are plain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from adjudge.domain.words import count_of
from adjudge.tui.widgets.line import Line

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from adjudge.tui.widgets.text_box import TextBox


Deed = Literal["next", "replace", "all"]
_NOWHERE = "It stands nowhere in the text."


class FindBar(Horizontal):
    """Two fields: Enter finds the next, or replaces it; Ctrl+R replaces all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back to the editor", show=False),
        Binding("ctrl+r", "all", "replace all", show=False),
        Binding("ctrl+g", "next", "next place found", show=False),
        Binding("tab", "other", "other field", show=False),
    ]
    DEFAULT_CSS = """
    FindBar { height: 1; padding: 0 1; display: none; }
    FindBar.-open { display: block; }
    FindBar Static { width: auto; }
    FindBar Input { width: 1fr; padding: 0; background: $panel; margin-right: 1; }
    FindBar Input:focus { background: $surface; }
    """

    class Wanted(Message):
        """Something is to be found, or replaced."""

        def __init__(self, deed: Deed, phrase: str, by: str) -> None:
            super().__init__()
            self.deed: Deed = deed
            self.phrase = phrase
            self.by = by

    class Left(Message):
        """The person goes back to the editor."""

    def compose(self) -> ComposeResult:
        """Build the fields."""
        yield Static("Find ", markup=False)
        yield Line(compact=True, id="find")
        yield Static("Replace by ", markup=False)
        yield Line(placeholder="Enter this one, ^r all", compact=True, id="replace")

    def begin(self, phrase: str) -> None:
        """Open; what is selected is looked for."""
        self.add_class("-open")
        find = self.query_one("#find", Input)
        if phrase and "\n" not in phrase:
            find.value = phrase
        find.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Find the next, or replace this one."""
        event.stop()
        self._want("replace" if event.input.id == "replace" else "next")

    def action_next(self) -> None:
        """Find the next."""
        self._want("next")

    def action_all(self) -> None:
        """Replace everywhere."""
        self._want("all")

    def action_other(self) -> None:
        """Go to the other field."""
        name = "replace" if self.query_one("#find").has_focus else "find"
        self.query_one(f"#{name}").focus()

    def action_leave(self) -> None:
        """Close."""
        self.remove_class("-open")
        self.post_message(self.Left())

    def _want(self, deed: Deed) -> None:
        phrase = self.query_one("#find", Input).value
        by = self.query_one("#replace", Input).value
        self.post_message(self.Wanted(deed, phrase, by))

    def run(
        self, box: TextBox, wanted: Wanted
    ) -> tuple[str, Literal["", "good", "bad"]]:
        """Do in an editor what was wanted; say what came of it, and in which tone."""
        if not wanted.phrase:
            return "Say first what to find.", "bad"
        pattern = re.compile(re.escape(wanted.phrase), re.IGNORECASE)
        if wanted.deed == "all":
            text, count = pattern.subn(lambda _: wanted.by, box.text)
            if not count:
                return _NOWHERE, "bad"
            box.put(text)
            return f"Replaced in {count_of(count, 'place')}; ^z takes it back.", "good"
        if wanted.deed == "replace" and pattern.fullmatch(box.selected_text):
            box.replace(wanted.by, *sorted(box.selection))
        return _next(box, pattern)


def _next(
    box: TextBox, pattern: re.Pattern[str]
) -> tuple[str, Literal["", "good", "bad"]]:
    text = box.text
    places = [match.span() for match in pattern.finditer(text)]
    if not places:
        return _NOWHERE, "bad"
    here = box.cursor_index
    at = next((n for n, (start, _) in enumerate(places) if start >= here), 0)
    box.go_to(*places[at])
    return f"Place {at + 1} of {len(places):,}.", ""
