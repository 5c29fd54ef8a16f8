"""A guideline is not what somebody worked under last: show what changed, once."""

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

    from adjudge.services.work.reading import Reading

_TONES = {"+": "$good", "-": "$bad", "~": ""}


class GuidelineChanged(ModalScreen[bool]):
    """``y`` says that it was read; ``q`` leaves the queue; nothing else goes on."""

    COMES_UNASKED: ClassVar[bool] = True  # no key typed before it is meant for it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "I have read it", show=False),
        Binding("q", "answer(False)", "leave the queue", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
        Binding("space,pagedown", "scroll(10)", "Page down", show=False),
        Binding("b,pageup", "scroll(-10)", "Page up", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self, reading: Reading) -> None:
        super().__init__(classes="dialog")
        self.reading = reading

    def compose(self) -> ComposeResult:
        """Build the words and the list of changes."""
        with Vertical(classes="box tall") as box:
            box.border_title = Content("The guideline has changed")
            box.border_subtitle = Content("y I have read it   q leaves the queue   j k")
            yield Painted(self._intro(), markup=False)
            with VerticalScroll(can_focus=False, id="changes"):
                yield Static(self._changes(), markup=False)

    def action_answer(self, read: bool) -> None:
        """Go on, or leave."""
        if not read or not is_unseen(self):
            self.dismiss(read)

    def action_scroll(self, lines: int) -> None:
        """Scroll the list."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def _intro(self) -> Content:
        news = self.reading.news
        before = safe_text(news.before if news else "", newlines=False)
        after = safe_text(self.reading.guideline.ref, newlines=False)
        return Content.assemble(
            "You worked under ",
            (before, "bold"),
            "; this task is judged under ",
            (after, "bold"),
            ". What changed:\n",
        )

    def _changes(self) -> Content:
        diff = self.reading.news.diff if self.reading.news else None
        if diff is None:
            return Content(
                "The text you worked under is not in this store. The new one:\n\n"
                + safe_text(self.reading.body)
            )
        parts: list[str | tuple[str, str]] = []
        for line in diff.lines():
            text = safe_text(line, newlines=False)
            mark = text.strip()[:1]
            style = _TONES.get(mark, "") if line.startswith(" ") else "bold"
            parts.append((f"{text}\n", style))
        return Content.assemble(*parts)
