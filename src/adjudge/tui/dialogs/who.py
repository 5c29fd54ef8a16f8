"""Who is at the keyboard, where the program does not know the person."""

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

    from adjudge.domain.people import Person


class Who(ModalScreen[str | None]):
    """Enter comes in under a name; Esc leaves."""

    COMES_UNASKED: ClassVar[bool] = True  # no key typed before it is meant for it
    BINDINGS: ClassVar[list[BindingType]] = [("escape,q", "leave", "Leave")]
    AUTO_FOCUS = "OptionList"

    def __init__(self, people: Sequence[Person]) -> None:
        super().__init__(classes="dialog")
        self._people = people

    def compose(self) -> ComposeResult:
        """Build the list: name, role, what they are expert in."""
        with Vertical(classes="box") as box:
            box.border_title = Content("Who are you?")
            yield OptionList(
                *(Option(_line(person)) for person in self._people),
                compact=True,
                markup=False,
            )
            yield Static(
                Content("arrows choose   Enter comes in   Esc leaves"),
                classes="quiet",
            )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Come in."""
        self.dismiss(self._people[event.option_index].name)

    def action_leave(self) -> None:
        """Leave."""
        self.dismiss(None)


def _line(person: Person) -> Content:
    topics = ", ".join(sorted(t for t in person.expertise if t != "*"))
    words = f"{person.role}, {topics}" if topics else str(person.role)
    return Content.assemble(
        (f"{safe_text(person.name, newlines=False)}  ", "bold"),
        safe_text(words, newlines=False),
    )
