"""The drawer at the right: guideline, conversation, or the desk with my last ten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from adjudge.domain.safe_text import safe_text
from adjudge.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from adjudge.domain.guideline import Guideline

Kind = Literal["", "desk", "guideline", "conversation"]

_GRADES = {"1": "3 5", "2": "2 6", "3": "1 7"}


class Drawer(Vertical):
    """Shows one thing at a time; closed it takes no room."""

    DEFAULT_CSS = """
    Drawer {
        width: 44;
        display: none;
        background: $background;
        & > * { display: none; }
        & > #desk { padding: 0 1; border: round $edge; scrollbar-size-vertical: 1; }
        & #legend { height: auto; }
        & #last-ten {
            height: auto; border: none; padding: 0; background: $background;
        }
        & #last-ten:focus { background: $surface; }
        & > #desk { border-title-color: $foreground 75%; border-title-style: bold; }
        &.-desk { display: block; & > #desk { display: block; } }
        &.-guideline { display: block; & > #guideline { display: block; } }
        &.-conversation { display: block; & > #conversation { display: block; } }
    }
    """
    kind: reactive[Kind] = reactive[Kind]("", layout=True)

    class Chosen(Message):
        """One of the last ten is to be taken back.

        Attributes:
            place: Which one, 0 the newest.
        """

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def compose(self) -> ComposeResult:
        """Build all three; one is seen."""
        with VerticalScroll(id="desk", can_focus=False):
            yield Static(id="legend", markup=False)
            yield OptionList(id="last-ten", compact=True, markup=False)
        yield Pane(id="guideline", title="Guideline")
        yield Pane(id="conversation", title="Conversation")

    def watch_kind(self, old: Kind, new: Kind) -> None:
        """Show what was asked for."""
        if old:
            self.remove_class(f"-{old}")
        if new:
            self.add_class(f"-{new}")

    def focus_inside(self) -> None:
        """Give the keys to what is shown."""
        if self.kind == "desk":
            options = self.query_one("#last-ten", OptionList)
            options.highlighted = options.highlighted or 0
            self.screen.set_focus(options)
        elif self.kind:
            self.screen.set_focus(self.query_one(f"#{self.kind}"))

    @property
    def has_the_keys(self) -> bool:
        """Whether something in the drawer has the focus."""
        focused = self.screen.focused
        return focused is not None and self in focused.ancestors

    def show_guideline(
        self,
        guideline: Guideline | None,
        body: str,
        *,
        graded: bool,
        lists_past: bool = True,
    ) -> None:
        """Take the guideline's text, and its short form for the desk.

        Args:
            guideline: The queue's, if it has one.
            body: What people read.
            graded: Say which digits give a margin.
            lists_past: Below it stands what was judged last.
        """
        self.query_one("#desk").border_title = Content("Guideline")
        legend = self.query_one("#legend", Static)
        if guideline is None:
            self.query_one("#guideline", Pane).show("This queue has no guideline.")
            legend.update(Content("This queue has no guideline.\n"))
            return
        name = safe_text(guideline.ref, newlines=False)
        self.query_one("#desk").border_title = Content(name)
        self.query_one("#guideline", Pane).show(body, title=name)
        parts: list[str | Content | tuple[str, str]] = []
        for step, words in guideline.margin.items():
            if graded and step in _GRADES:
                parts.append((f"{_GRADES[step]}  ", "bold"))
            parts.append(f"{safe_text(words)}\n")
        parts.append("\n")
        for clause in guideline.clauses:
            if "." not in clause.number:
                line = safe_text(f"{clause.number} {clause.title}", newlines=False)
                parts.append(f"{line}\n")
        if lists_past:
            parts.append(("\nMy last ten", "bold"))
            parts.append(("  h, Enter takes one back", "$quiet"))
        self.query_one("#last-ten").display = lists_past
        legend.update(Content.assemble(*parts))

    def show_conversation(self, text: str) -> None:
        """Take the whole prompt."""
        self.query_one("#conversation", Pane).show(text)

    def show_past(self, lines: Sequence[str]) -> None:
        """Take the last judgments, newest first."""
        options = self.query_one("#last-ten", OptionList)
        options.clear_options()
        options.add_options(Option(Content(line)) for line in lines)
        if not lines:
            options.add_option(Option(Content("none yet"), disabled=True))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take one back."""
        event.stop()
        self.post_message(self.Chosen(event.option_index))
