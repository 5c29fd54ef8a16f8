"""Write a dataset of a queue: what goes in, three rows of it, and what stays out."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from adjudge.domain.safe_text import safe_text
from adjudge.errors import AdjudgeError
from adjudge.tui.export_form import FIELDS, Field, Form
from adjudge.tui.key_help import KeyHelp
from adjudge.tui.keys import EXPORT, bindings
from adjudge.tui.patience import Patient
from adjudge.tui.status import Status
from adjudge.tui.texts import clipped, words_of
from adjudge.tui.widgets.hints import Hints
from adjudge.tui.widgets.line import Line
from adjudge.tui.widgets.top_line import Facts, TopLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from adjudge.services.exporting import Exported
    from adjudge.tui.session import Workplace

_OFTEN = 0.2  # seconds between two words on how far it is
_ROW = 400  # characters of a row that are shown


class StoppedError(Exception):
    """The person stopped what was being made."""


class ExportScreen(KeyHelp, Status, Patient, Screen[None]):
    """Arrows choose and change; ``p`` counts; F2 writes.

    Attributes:
        form: What is asked so far.
    """

    CSS_PATH = "export.tcss"
    AUTO_FOCUS = "OptionList"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"),
        (100, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = bindings(EXPORT)
    TABLE = EXPORT
    HELP_MORE = ()

    class Step(Message):
        """How far it is."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Previewed(Message):
        """What would be written."""

        def __init__(self, made: Exported, rows: list[dict[str, Any]]) -> None:
            super().__init__()
            self.made = made
            self.rows = rows

    class Written(Message):
        """The dataset is written."""

        def __init__(self, made: Exported) -> None:
            super().__init__()
            self.made = made

    class Failed(Message):
        """Nothing is written, and why; no error where the person stopped it."""

        def __init__(self, error: AdjudgeError | None) -> None:
            super().__init__()
            self.error = error

    def __init__(self, place: Workplace, queue: str) -> None:
        super().__init__()
        self.place = place
        self.form = Form(queue=queue, folder=f"./{_file_name(queue)}-dataset")
        self._busy = ""  # what is being done
        self._is_stopped = False

    def compose(self) -> ComposeResult:
        """Build the form beside what comes of it."""
        yield TopLine(self.place.glyphs, id="top")
        with Horizontal(id="room"):
            with Vertical(id="form"):
                yield OptionList(id="fields", compact=True, markup=False)
                yield Line(compact=True, id="typed")
            with VerticalScroll(id="outcome", can_focus=False):
                yield Static(id="told", markup=False)
        yield Static(id="said", markup=False)
        yield Hints(id="hints")

    def on_mount(self) -> None:
        """Show the form, and count what it would write."""
        self.query_one(Input).display = False
        place = f"export {clipped(self.form.queue, 50)}"
        self.query_one(TopLine).facts = Facts(queue=place)
        self.query_one(Hints).keys = self.hints_of(
            [
                ("← →", "change"),
                ("preview", "count"),
                ("write_dataset", "write"),
                ("j k", "scroll"),
                ("close", "stop"),
                ("help", "help"),
                ("home", "back"),
            ]
        )
        self._show(0)
        self.opened()
        self.action_preview()

    def _show(self, at: int) -> None:
        fields = self.query_one(OptionList)
        fields.clear_options()
        for field in FIELDS:
            value = field.say(getattr(self.form, field.name))
            fields.add_option(
                Option(
                    Content.assemble(f"{field.words:<21}", (clipped(value, 40), "bold"))
                )
            )
        fields.highlighted = at

    # --- changing --------------------------------------------------------------

    @property
    def _field(self) -> Field:
        return FIELDS[self.query_one(OptionList).highlighted or 0]

    def action_turn(self, step: int) -> None:
        """Take the next value, or type one."""
        field = self._field
        now = getattr(self.form, field.name)
        if not field.values:
            box = self.query_one(Input)
            box.display, box.value = True, str(now)
            box.focus()
            self.say(f"Enter takes it; {self.key('close')} leaves it as it was.")
            self.passes = False
            return
        at = field.values.index(now) if now in field.values else -step
        self._take(field, field.values[(at + step) % len(field.values)])

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_turn(1)

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        self._put_line_away()
        self._take(self._field, event.value.strip())

    def _put_line_away(self) -> None:
        self.query_one(Input).display = False
        self.query_one(OptionList).focus()
        self.say("")

    def _take(self, field: Field, value: Any) -> None:
        if field.name == "folder" and not value:
            self.say("A dataset needs a folder.", "bad")
            return
        self.form = replace(self.form, **{field.name: value})
        self._show(self.query_one(OptionList).highlighted or 0)
        self.say(f"{self.key('preview')} counts what this would write.")

    # --- making ----------------------------------------------------------------

    def action_preview(self) -> None:
        """Count what would be written, and show three rows."""
        if not self._is_busy():
            self._begin("counting")
            self._preview(self.form)

    def action_write(self) -> None:
        """Write the dataset; a folder that holds something is refused."""
        if not self._is_busy():
            self._begin("writing")
            self._write(self.form)

    def _begin(self, what: str) -> None:
        self._busy, self._is_stopped = what, False
        self.say(f"{what}…")
        self.passes = False

    def _is_busy(self) -> bool:
        if self._busy:
            self.say(f"{self._busy}; {self.key('close')} stops it.")
        return bool(self._busy)

    @work(thread=True, exclusive=True, group="export")
    def _preview(self, form: Form) -> None:
        lead = self.place.deeds.lead
        self._make(lambda tell: self.Previewed(*lead.preview(form, tell)))

    @work(thread=True, exclusive=True, group="export")
    def _write(self, form: Form) -> None:
        lead = self.place.deeds.lead
        self._make(lambda tell: self.Written(lead.export(form, tell)))

    def _make(self, deed: Callable[[Callable[[int, int], None]], Message]) -> None:
        """Do it in this worker, and say how far it is; stopped, it leaves nothing."""
        last = [0.0]

        def tell(done: int, of_all: int) -> None:
            if self._is_stopped:
                raise StoppedError
            if time.monotonic() - last[0] > _OFTEN:
                last[0] = time.monotonic()
                self.post_message(self.Step(f"{done:,}/{of_all:,}"))

        try:
            self.post_message(deed(tell))
        except StoppedError:
            self.post_message(self.Failed(None))
        except AdjudgeError as error:
            self.post_message(self.Failed(error))

    @on(Step)
    def _stepped(self, message: Step) -> None:
        if self._busy:
            self.say(f"{self._busy} {message.words} - {self.key('close')} stops it")
            self.passes = False

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self._busy = ""
        error = message.error
        if error is None:
            self.say("Stopped; nothing is written.", "key")
            return
        self.say(words_of(error), "bad")

    @on(Previewed)
    def _previewed(self, message: Previewed) -> None:
        self._busy = ""
        self.say(f"Nothing is written yet: {self.key('write_dataset')} writes it.")
        rows = [_line_of(row) for row in message.rows]
        self._tell("Would be written", message.made, rows)

    @on(Written)
    def _written(self, message: Written) -> None:
        self._busy = ""
        made = message.made
        self.say(f"Written: {made.path}", "good")
        self._tell(
            "Written",
            made,
            [f"path    {made.path}", f"sha256  {made.digest}",
             "`adjudge verify` on it tells whether it is still so"],
        )  # fmt: skip

    def _tell(self, head: str, made: Exported, lines: list[str]) -> None:
        parts: list[str | tuple[str, str]] = [(f"{head}\n", "bold")]
        parts += [(f"! {warning}\n", "bold $bad") for warning in made.warnings]
        for config, counts in made.rows.items():
            rows = ", ".join(f"{n:,} {split}" for split, n in counts.items())
            parts.append(f"  {config:<12} {rows or 'no rows'}\n")
            left = [f"{n:,} {why}" for why, n in made.excluded.get(config, {}).items()]
            if left:
                parts.append((f"    left out: {', '.join(left)}\n", "$quiet"))
        parts += [f"\n{line}" for line in lines]
        cleaned = [
            safe_text(p) if isinstance(p, str) else (safe_text(p[0]), p[1])
            for p in parts
        ]
        self.query_one("#told", Static).update(Content.assemble(*cleaned))

    def action_scroll_told(self, lines: int) -> None:
        """Read on in what would be written."""
        outcome = self.query_one("#outcome", VerticalScroll)
        outcome.scroll_relative(y=lines, animate=False)

    # --- saying, leaving -------------------------------------------------------

    def say(self, words: str, tone: str = "") -> None:
        """Put one line where the person looks for it."""
        self.has_said(words, passes=not tone)
        line = safe_text(words, newlines=False)
        style = f"bold ${tone}" if tone else ""
        self.query_one("#said", Static).update(Content.assemble((line, style)))

    def let_go(self) -> None:
        """Take the words of the status line away."""
        self.say("")

    def action_close(self) -> None:
        """Put the line away, or stop what is being made."""
        if self.query_one(Input).display:
            self._put_line_away()
        elif self._busy:
            self._is_stopped = True
        else:
            self.say(f"Nothing is open. {self.key('home')} goes back.")

    def action_back(self) -> None:
        """Go back to the numbers; what is being made is stopped."""
        self._is_stopped = True
        self.dismiss(None)


def _file_name(queue: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in queue)[:60]


def _line_of(row: dict[str, Any]) -> str:
    return f"{clipped(json.dumps(row, ensure_ascii=False), _ROW)}\n"
