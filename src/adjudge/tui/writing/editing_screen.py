"""Write beside what is read: the frame of the rewrite and the review screen.

The editor is the stock text area, cleaned, and quick in long paragraphs. What costs
more than an echo, the word diff and the counts, waits for a short pause and is done in
a worker.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on, work
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from adjudge.domain.clean_text import cleaned
from adjudge.domain.judging import NOTE_LIMIT
from adjudge.domain.rewriting import HIDING, edited_share
from adjudge.domain.word_diff import word_diff
from adjudge.domain.words import count_of, count_words
from adjudge.tui.held_screen import HeldScreen
from adjudge.tui.reading.diff_lines import DiffLines, lay_out
from adjudge.tui.widgets.asked import Asked
from adjudge.tui.widgets.banner import Banner
from adjudge.tui.widgets.diff_pane import DiffPane
from adjudge.tui.widgets.drawer import Drawer
from adjudge.tui.widgets.find_bar import FindBar
from adjudge.tui.widgets.hints import Hints
from adjudge.tui.widgets.line import Line
from adjudge.tui.widgets.lines import Bit, content
from adjudge.tui.widgets.pane import Pane
from adjudge.tui.widgets.reasons import Reasons
from adjudge.tui.widgets.text_box import TextBox
from adjudge.tui.widgets.top_line import TopLine
from adjudge.tui.writing import editor

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.timer import Timer
    from textual.widget import Widget
    from textual.widgets import TextArea

    from adjudge.tui.reading.diff_lines import DiffLook
    from adjudge.tui.session import Workplace

PAUSE_SECONDS = 0.3  # of the keys, before the diff is made anew
SPARED = 10.0  # times what the last diff cost, the next one waits
TABS = (("left", "Original"), ("editor", "Editor"), ("diff", "Diff"))


class Change(NamedTuple):
    """What became of the original so far, in numbers."""

    before: int = 0
    after: int = 0
    share: float = 0.0


class EditingScreen(HeldScreen):
    """Left what is read, right the editor over the diff, below the bar."""

    # Heirs live in other folders; a bare name would be looked for there.
    CSS_PATH = Path(__file__).with_name("writing.tcss")
    TITLES: ClassVar[tuple[str, str]] = ("Original", "Answer")

    class Compared(Message):
        """The diff was made anew."""

        def __init__(
            self, text: str, lines: DiffLines, change: Change, seconds: float
        ) -> None:
            super().__init__()
            self.seconds = seconds
            self.text = text
            self.lines = lines
            self.change = change

    def __init__(self, place: Workplace) -> None:
        super().__init__(place)
        self.change = Change()
        self._pause: Timer | None = None
        self._pause_seconds = PAUSE_SECONDS
        self._is_comparing = False
        self._is_wanted_again = False
        self._read_from: Widget | None = None
        self._last_text = ""

    # --- what subclasses say ---------------------------------------------------

    def compose_verdict(self) -> ComposeResult:
        """Build the line that says how things stand."""
        raise NotImplementedError

    def compare_with(self) -> str:
        """Give the text that the diff begins with."""
        raise NotImplementedError

    def compared(self) -> str:
        """Give the text that the diff ends with."""
        return self.box.text

    def looked_at(self) -> int:
        """Give the place in the text that the diff keeps in sight."""
        return self.box.cursor_index

    def typed(self) -> None:
        """See that what was written is kept."""
        raise NotImplementedError

    def paint(self) -> None:
        """Show how things stand."""
        raise NotImplementedError

    def show_hints(self) -> None:
        """Show the keys that matter now."""
        raise NotImplementedError

    def keep_now(self) -> None:
        """Keep what was written before the screen is given away."""
        raise NotImplementedError

    # --- building --------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Build the frame."""
        glyphs = self.place.glyphs
        yield TopLine(glyphs, id="top")
        yield Banner(id="away")
        yield Asked(key="^o", id="asked-line")
        yield Static(id="tabs", markup=False)
        with Horizontal(id="room"):
            with Vertical(id="reading"):
                yield Static(id="veil", markup=False)
                with Horizontal(id="panes"):
                    with Vertical(id="left"):
                        yield Asked(key="^o", id="asked")
                        yield Pane(id="complaint")
                        yield Pane(
                            title=self.TITLES[0], id="original",
                            classes="response -front",
                        )  # fmt: skip
                    with Vertical(id="right"):
                        yield from self.compose_right()
            yield Drawer(id="drawer")
        with Vertical(id="bar"):
            yield from self.compose_verdict()
            yield Reasons(glyphs, id="reasons")
            for name, hint in (("note", "F7 writes a note"), ("sources", "")):
                with Horizontal(id=f"{name}-line", classes="line"):
                    yield Static(f"{name.capitalize()} ", markup=False)
                    yield Line(
                        placeholder=hint, max_length=NOTE_LIMIT, compact=True, id=name
                    )
            yield FindBar(id="find-bar")
            yield Static(id="said", markup=False)
            with Horizontal(id="search-line"):
                yield Static("Search ", markup=False)
                yield Line(placeholder="Enter marks it", compact=True, id="search")
            yield Hints(id="hints")

    def compose_right(self) -> ComposeResult:
        """Build the editor over the diff."""
        yield TextBox(title=self.TITLES[1], id="editor")
        yield DiffPane(id="diff")

    def on_mount(self) -> None:
        """Make ready; subclasses put the first task on the desk."""
        self.query_one("#search-line").display = False
        self.query_one("#complaint", Pane).view = "raw"
        self._show_tab(self.fields[0])

    # --- fields ----------------------------------------------------------------

    @property
    def box(self) -> TextBox:
        """The editor."""
        return self.query_one("#editor", TextBox)

    @property
    def diff(self) -> DiffPane:
        """The pane of the diff."""
        return self.query_one("#diff", DiffPane)

    @property
    def fields(self) -> list[Widget]:
        """What Tab goes through, in order."""
        names = ("editor", "diff", "original", "complaint")
        return [self.query_one(f"#{name}") for name in names]

    def action_next_field(self, step: int) -> None:
        """Go to the next field; where room is short, to the next tab."""
        fields = self.fields
        focused = self.focused
        at = fields.index(focused) if focused in fields else -1 if step > 0 else 0
        self.go_to(fields[(at + step) % len(fields)])

    def action_write(self) -> None:
        """Go to the editor."""
        self.go_to(self.box)

    def go_to(self, field: Widget) -> None:
        """Give a field the keys, and show it where room is short."""
        if self.veiled:
            return
        self._show_tab(field)
        self.set_focus(field)

    def bring_to_front(self, pane: Pane) -> None:
        """Let the original take the keys."""
        self.go_to(pane)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the tab and the keys of whatever has the focus."""
        self._show_tab(event.widget)
        self.show_hints()

    def on_descendant_blur(self, _event: events.DescendantBlur) -> None:
        """Keep what was written when the keys go elsewhere."""
        if self.is_mounted:
            self.keep_now()

    def _show_tab(self, field: Widget) -> None:
        names = {"editor": "editor", "rewritten": "editor", "diff": "diff"}
        name = names.get(field.id or "", "")
        if any(a.id == "left" for a in field.ancestors):
            name = "left"
        if not name or self.has_class(f"-tab-{name}"):
            return
        self.call_after_refresh(self.tab_shown)
        for tab, _ in TABS:
            self.set_class(tab == name, f"-tab-{tab}")
        bits = [Bit(" ")]
        for tab, words in TABS:
            bits.append(Bit(f" {words} ", "bold reverse" if tab == name else "$quiet"))
            bits.append(Bit(" "))
        bits.append(Bit("  Tab: next", "$quiet"))
        self.query_one("#tabs", Static).update(content(bits))

    def action_conversation(self) -> None:
        """Open the whole conversation, with what the answer leaned on."""
        self._remember_field()
        super().action_conversation()

    def action_guideline(self) -> None:
        """Open the guideline."""
        self._remember_field()
        super().action_guideline()

    def _remember_field(self) -> None:
        if self.focused in self.fields:
            self._read_from = self.focused

    def close_drawer(self) -> None:
        """Put the drawer away and go back to where the keys were."""
        super().close_drawer()
        if self._read_from is not None:
            self.go_to(self._read_from)

    def tab_shown(self) -> None:
        """Lay out what has its width only now."""
        if self.has_class("-narrow") and self.has_class("-tab-diff"):
            self.compare()

    # --- writing ---------------------------------------------------------------

    def load(self, text: str) -> None:
        """Put a text on the desk as it was kept."""
        self.box.begin(text)
        self._last_text = self.box.text
        self.compare()

    @on(TextBox.Changed, "#editor")
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        if (text := self.box.text) == self._last_text:
            return  # what was put on the desk was not typed
        self._last_text = text
        self.typed()
        if self._pause is None:
            self._pause = self.set_timer(self._pause_seconds, self.compare)
        else:
            self._pause.reset()

    @on(TextBox.Cleaned)
    def _cleaned(self, message: TextBox.Cleaned) -> None:
        self.say(_left_out(message.count), "bad")

    def compare(self) -> None:
        """Make the diff anew, in a worker."""
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        if self._is_comparing:
            self._is_wanted_again = True
            return
        self._is_comparing = True
        wanted = self.diff.wanted
        if wanted is None:
            # Out of sight where room is short: the numbers are wanted all the same.
            wanted = (76, self.diff.look)
        self._compare(self.compare_with(), self.compared(), *wanted)

    @work(thread=True, group="diff")
    def _compare(self, before: str, after: str, width: int, look: DiffLook) -> None:
        started = time.thread_time()
        lines = lay_out(word_diff(before, after), width, look)
        change = Change(
            count_words(before), count_words(after), edited_share(before, after)
        )
        spent = time.thread_time() - started
        self.post_message(self.Compared(after, lines, change, spent))

    @on(Compared)
    def _compared(self, message: Compared) -> None:
        self._is_comparing = False
        again, self._is_wanted_again = self._is_wanted_again, False
        # What costs more waits longer, so that writing is never held up by it.
        self._pause_seconds = max(PAUSE_SECONDS, SPARED * message.seconds)
        if again or message.text != self.compared():
            if self._pause is None:
                self._pause = self.set_timer(self._pause_seconds, self.compare)
        else:
            self.change = message.change
            self.diff.show(message.lines, self.looked_at())
            self.paint()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay the diff out anew."""
        self.call_after_refresh(self.compare)

    def action_external(self) -> None:
        """Write in the person's own editor."""
        if self.veiled:
            self.say("The texts stand behind a warning: o opens them.", "bad")
            return
        self.keep_now()
        edited = editor.edit(self.app, self.box.text)
        said, is_clean = edited.said, edited.text is not None
        if edited.text is not None:
            text, left_out = cleaned(edited.text)
            self.box.put(text)
            if left_out:
                said, is_clean = f"{said} {_left_out(left_out)}", False
        self.go_to(self.box)
        self.say(said, "good" if is_clean else "bad")
        self.refresh()

    # --- find and replace ------------------------------------------------------

    def action_find(self) -> None:
        """Find and replace in the editor."""
        self.query_one(FindBar).begin(self.box.selected_text)

    @on(FindBar.Wanted)
    def _find(self, message: FindBar.Wanted) -> None:
        bar = self.query_one(FindBar)
        self.say(*bar.run(self.box, message))

    @on(FindBar.Left)
    def _found_enough(self) -> None:
        self.go_to(self.box)


def _left_out(count: int) -> str:
    """Say how much of what came in may not stand in a text."""
    return f"Left out: {count_of(count, *HIDING)}."
