"""One text at a time on the screen: opening it, and the lines below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.widgets import Input

from adjudge.errors import AlreadyJudgedError
from adjudge.tui.held_screen import BEAT_SECONDS
from adjudge.tui.key_help import KeyHelp
from adjudge.tui.keys import EDITING
from adjudge.tui.texts import asked, complaint_text, context_text, conversation_text
from adjudge.tui.widgets.asked import Asked
from adjudge.tui.widgets.find_bar import FindBar
from adjudge.tui.widgets.hints import Hint, Hints
from adjudge.tui.widgets.pane import Pane
from adjudge.tui.widgets.reasons import Reasons
from adjudge.tui.writing.keeping_screen import KeepingScreen

if TYPE_CHECKING:
    from textual import events

    from adjudge.domain.rewriting import RewriteTask
    from adjudge.errors import AdjudgeError

_TAGGING: tuple[Hint, ...] = (
    ("letter", "sets a reason or takes it back", ""),
    ("Esc", "done", "screen.close"),
)


class WritingScreen(KeepingScreen):
    """One text at a time; what was written of it survives anything."""

    HELP_MORE = (*(("Write", *row) for row in EDITING), *KeyHelp.HELP_MORE)
    HINTED: ClassVar[tuple[tuple[str, str], ...]] = ()
    READING_HINTS: ClassVar[tuple[tuple[str, str], ...]] = ()

    # --- what subclasses say ---------------------------------------------------

    def task_in_hand(self) -> RewriteTask:
        """Give what is to be rewritten."""
        raise NotImplementedError

    # --- opening ---------------------------------------------------------------

    def on_mount(self) -> None:
        """Put the first task on the desk."""
        self.set_interval(1.0, self.tick)
        self.set_interval(BEAT_SECONDS, self.prolong)
        self.app.app_suspend_signal.subscribe(self, lambda _: self.keep_now())
        self.watch(self.app, "app_focus", self._focus_moved, init=False)
        self.call_after_refresh(self.open_task)

    def open_task(self) -> None:
        """Show the task in hand, with whatever was said of it before."""
        key = self.key_of_task()
        if key is None:
            return
        session, task = self._session, self.task_in_hand()
        self.place.clock.start(session.times.get(key))
        self.comes()
        self.hand_out_guideline()
        self.show_banner()
        self._storing = self._unkept = self._problem = self._alone = False
        self._windows = set()
        self.veiled = bool(self.labels()) and key not in session.opened
        head, text = asked(task.prompt)
        for box in self.query(Asked):
            box.show(head, text, topic=task.topic or "")
        self.drawer.show_conversation(
            "\n\n".join([conversation_text(task.prompt), *context_text(task.context)])
        )
        title, words, n_words = complaint_text(task.complaint)
        self.query_one("#complaint", Pane).show(words, title=title, n_words=n_words)
        self.query_one("#original", Pane).show(task.original.judged)
        self.query_one(FindBar).remove_class("-open")
        self.show_task()
        self._confirmed = said = self._begin(key)
        self.take_said(said)
        self.tick()
        self.show_hints()
        if not self.veiled:
            self.go_to(self.first_field())
        self.say_what_was_done()
        self.opened()
        self.call_after_refresh(self._settled)

    def show_task(self) -> None:
        """Show what else there is of it."""

    def first_field(self) -> Any:
        """Give what has the keys at first."""
        return self.box

    def _settled(self) -> None:
        self.size_complaint()
        self.place.clock.show(self.words_on_screen())

    def size_complaint(self) -> None:
        """Give the complaint as many lines as it has, up to a third."""
        pane = self.query_one("#complaint", Pane)
        height = self.query_one("#left").size.height
        if not height:
            return  # out of sight, where room is short
        wanted = max(1, pane.virtual_size.height) + 2
        pane.styles.height = max(3, min(wanted, height // 3))

    def tab_shown(self) -> None:
        """Lay out what has its width only now."""
        super().tab_shown()
        self.size_complaint()

    def on_resize(self, _event: events.Resize) -> None:
        """Give every part its room."""
        self.call_after_refresh(self.size_complaint)

    def begin_reading(self) -> None:
        """Give the keys to the first field, now that it is in sight."""
        self.go_to(self.first_field())
        self.call_after_refresh(self._settled)
        self.call_after_refresh(self.compare)

    def take_refusal(self, error: AdjudgeError) -> None:
        """Keep the draft anew where another window's signature dropped it."""
        if isinstance(error, AlreadyJudgedError):
            self._confirmed = None

    # --- fields below ----------------------------------------------------------

    def action_note(self) -> None:
        """Write the note."""
        if self.edit():
            self._open_line("note")

    def _open_line(self, name: str) -> None:
        self.query_one(f"#{name}-line").add_class("-open")
        self.set_focus(self.query_one(f"#{name}", Input))

    @on(Input.Submitted, "#note, #sources")
    def _line_done(self, event: Input.Submitted) -> None:
        event.stop()
        self._close_lines()
        self.go_to(self.box if self.box.display else self.first_field())

    def _close_lines(self) -> None:
        for name in ("note", "sources"):
            line = self.query_one(f"#{name}-line")
            line.set_class(bool(self.query_one(f"#{name}", Input).value), "-open")

    def keep_what_waits(self) -> None:
        """Keep the draft that the store did not take."""
        self.keep_now()

    # --- keys ------------------------------------------------------------------

    def show_hints(self) -> None:
        """Show the keys that matter now."""
        if self.query_one(Reasons).has_focus:
            self.query_one(Hints).keys = _TAGGING
            return
        wanted = self.HINTED if self.box.has_focus else self.READING_HINTS
        self.query_one(Hints).keys = self.hints_of(wanted)

    def action_close(self) -> None:
        """Close what is open, or leave the editor to the command keys."""
        bar = self.query_one("#bar")
        self._close_lines()
        if bar.has_class("-searching"):
            self.end_search()
        elif self.drawer.kind not in ("", "desk") or self.drawer.has_the_keys:
            self.close_drawer()
        elif self.box.has_focus or self.focused not in self.fields:
            self.go_to(self.query_one("#original"))
            self.say(f"{self.key('write')} goes back to the editor; letters are keys.")
        else:
            self.say(f"Nothing is open. {self.key('home')} leaves the queue.")
