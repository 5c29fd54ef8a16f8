"""A person's own settings: each kept in their file as soon as it is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from adjudge.domain.safe_text import safe_text
from adjudge.errors import AdjudgeError
from adjudge.tui.texts import words_of
from adjudge.tui.widgets.line import Line
from adjudge.wiring import settings as own

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from adjudge.wiring.settings import Settings


class Row(NamedTuple):
    """A setting that can be changed here.

    Attributes:
        values: What the arrows go through; empty for free text.
        note: When it holds, if not at once.
    """

    name: str
    words: str
    values: tuple[Any, ...] = ()
    note: str = ""


ROWS = (
    Row("theme", "Colours", ("adjudge-dark", "adjudge-light", "ansi-dark",
                             "ansi-light"), "more in ^p, Theme"),
    Row("glyphs", "Signs", ("unicode", "ascii"), "from the next start"),
    Row("density", "Density", ("comfortable", "compact")),
    Row("animations", "Animations", ("none", "basic", "full")),
    Row("sync_scroll", "Scroll together", (True, False), "from the next screen"),
    Row("idle_cap", "A gap counts at most", (30.0, 60.0, 90.0, 120.0, 180.0)),
    Row("break_after", "Offer a break after", (0.0, 25.0, 50.0, 90.0)),
    Row("confirm_fast", "Ask if signed within", (0.0, 3.0, 5.0, 10.0, 20.0)),
    Row("blink", "Blinking cursor", (False, True), "from the next screen"),
    Row("sound", "Bell with a refusal", (False, True)),
    Row("editor", "Editor", (), "Enter, then type a command"),
)  # fmt: skip
_UNITS = {"idle_cap": "s", "break_after": "min", "confirm_fast": "s"}


def _origins() -> dict[str, str]:
    """Tell where each setting comes from; nothing while a file cannot be read."""
    try:
        return {name: origin for name, (_, origin) in own.origins({}).items()}
    except AdjudgeError:
        return {}


class SettingsScreen(ModalScreen[None]):
    """Arrows choose and change; Enter changes or types; Esc closes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f3", "leave", "close", show=False),
        Binding("right,space", "turn(1)", "next value", show=False),
        Binding("left", "turn(-1)", "value before", show=False),
    ]
    AUTO_FOCUS = "OptionList"

    class Changed(Message):
        """A setting has another value from now on."""

        def __init__(self, settings: Settings) -> None:
            super().__init__()
            self.settings = settings

    def __init__(self, settings: Settings) -> None:
        super().__init__(classes="dialog")
        self._settings = settings

    def compose(self) -> ComposeResult:
        """Build the list, the line to type in, and where it is kept."""
        with Vertical(classes="box wide settings") as box:
            box.border_title = Content("Settings")
            box.border_subtitle = Content(
                "\u2191\u2193 choose   ← → change   Esc closes"
            )
            yield OptionList(id="options", compact=True, markup=False)
            yield Line(placeholder="a command, for example nano", compact=True)
            yield Static(id="told", classes="quiet", markup=False)
            yield Static(self._place(), classes="quiet", markup=False)

    def on_mount(self) -> None:
        """Show the values."""
        self.query_one(Input).display = False
        self._show(0)

    def _place(self) -> Content:
        keys = len(self._settings.keys)
        mine = f"{keys} of your own" if keys else "none of your own yet"
        return Content(
            f"Kept in {safe_text(str(own.personal_file()), newlines=False)}\n"
            f"Keys: {mine}; a [keys] table in that file moves any action "
            "(docs/keys.md)."
        )

    def _show(self, at: int) -> None:
        options = self.query_one(OptionList)
        origins = _origins()
        options.clear_options()
        for row in ROWS:
            origin = origins.get(row.name, "default")
            note = row.note
            if origin not in {"default", "personal"}:
                note = f"{origin} sets it"
            options.add_option(
                Option(
                    Content.assemble(
                        f"{row.words:<22}",
                        (f"{self._value(row):<18}", "bold"),
                        f" {safe_text(note, newlines=False)}",
                    )
                )
            )
        options.highlighted = at

    def _value(self, row: Row) -> str:
        value = getattr(self._settings, row.name)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if row.name in {"break_after", "confirm_fast"} and not value:
            return "never"
        if isinstance(value, float):
            return f"{value:g} {_UNITS[row.name]}"
        return safe_text(str(value), newlines=False) or "$VISUAL or $EDITOR"

    # --- changing --------------------------------------------------------------

    @property
    def _row(self) -> Row:
        return ROWS[self.query_one(OptionList).highlighted or 0]

    def action_turn(self, step: int) -> None:
        """Take the next value."""
        row = self._row
        if not row.values:
            self._type()
            return
        now = getattr(self._settings, row.name)
        at = row.values.index(now) if now in row.values else -step
        self._keep(row, row.values[(at + step) % len(row.values)])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the next value, or type one."""
        event.stop()
        self.action_turn(1)

    def _type(self) -> None:
        box = self.query_one(Input)
        box.display = True
        box.value = str(getattr(self._settings, self._row.name))
        box.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep what was typed."""
        event.stop()
        event.input.display = False
        self.query_one(OptionList).focus()
        self._keep(self._row, event.value.strip())

    def _keep(self, row: Row, value: Any) -> None:
        at = self.query_one(OptionList).highlighted or 0
        self._settings = self._settings.model_copy(update={row.name: value})
        told = f"{row.words}: {self._value(row)}."
        try:
            own.keep(row.name, value)
        except AdjudgeError as error:
            told = words_of(error)
        self.query_one("#told", Static).update(Content(safe_text(told)))
        self._show(at)
        self.app.post_message(self.Changed(self._settings))

    def action_leave(self) -> None:
        """Put the line away, or close."""
        box = self.query_one(Input)
        if box.display:
            box.display = False
            self.query_one(OptionList).focus()
        else:
            self.dismiss(None)
