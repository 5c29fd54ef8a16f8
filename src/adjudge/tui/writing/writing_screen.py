"""One text at a time on the screen: opening it, saying things of it, passing it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from adjudge.domain.safe_text import safe_text
from adjudge.errors import AdjudgeError, AlreadyJudgedError
from adjudge.tui.clock import spoken
from adjudge.tui.dialogs.call_a_lead import CallALead, told
from adjudge.tui.key_help import KeyHelp
from adjudge.tui.keys import EDITING
from adjudge.tui.texts import (
    asked,
    complaint_text,
    context_text,
    conversation_text,
    words_of,
)
from adjudge.tui.widgets.asked import Asked
from adjudge.tui.widgets.find_bar import FindBar
from adjudge.tui.widgets.hints import Hint, Hints
from adjudge.tui.widgets.pane import Pane
from adjudge.tui.widgets.reasons import Reasons
from adjudge.tui.widgets.top_line import Facts, TopLine
from adjudge.tui.writing.keeping_screen import KeepingScreen

if TYPE_CHECKING:
    from textual import events

    from adjudge.domain.rewriting import Draft, Review, RewriteTask
    from adjudge.tui.dialogs.choose import Choice
    from adjudge.tui.writing_session import (
        ReviewSeat,
        WritingSeat,
    )

    Said = Draft | Review
    Others = tuple[tuple[str, Said, str], ...]

BEAT_SECONDS = 60.0
_TAGGING: tuple[Hint, ...] = (
    ("letter", "sets a reason or takes it back", ""),
    ("Esc", "done", "screen.close"),
)


class WritingScreen(KeepingScreen):
    """One text at a time; what was written of it survives anything."""

    LISTS_PAST = False
    HELP_MORE = (*(("Write", *row) for row in EDITING), *KeyHelp.HELP_MORE)
    HINTED: ClassVar[tuple[tuple[str, str], ...]] = ()
    READING_HINTS: ClassVar[tuple[tuple[str, str], ...]] = ()

    class Told(Message):
        """Something to say in the status line."""

        def __init__(self, words: str, *, is_bad: bool = False) -> None:
            super().__init__()
            self.words = words
            self.is_bad = is_bad

    class Refused(Message):
        """The store said no; nothing was lost."""

        def __init__(self, error: AdjudgeError) -> None:
            super().__init__()
            self.error = error

    class Moved(Message):
        """Something else is in hand now."""

        def __init__(self, hand: Any, words: str, *, signed: bool = False) -> None:
            super().__init__()
            self.hand = hand
            self.words = words
            self.signed = signed

    @property
    def seat(self) -> WritingSeat | ReviewSeat:
        """What this person found on sitting down."""
        return self._session.seat

    @property
    def guideline_ref(self) -> str | None:
        """The version that what is in hand was taken under."""
        current = self._session.current
        return current.guideline if current else None

    @property
    def read_guidelines(self) -> set[str]:
        """The versions whose changes were read while sitting here."""
        return self._session.read_guidelines

    # --- what subclasses say ---------------------------------------------------

    def task_in_hand(self) -> RewriteTask:
        """Give what is to be rewritten."""
        raise NotImplementedError

    def labels(self) -> tuple[str, ...]:
        """Give the content labels of what is in hand."""
        raise NotImplementedError

    def beat(self) -> bool:
        """Prolong the hold; called in a worker."""
        raise NotImplementedError

    # --- opening ---------------------------------------------------------------

    def on_mount(self) -> None:
        """Put the first task on the desk."""
        self.set_interval(1.0, self.tick)
        self.set_interval(BEAT_SECONDS, self._beat)
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
        if session.said:
            self.say(session.said, "good")
            session.said = ""
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

    # --- one line of words -----------------------------------------------------

    def edit(self) -> bool:
        """Tell whether anything can be said now; else say why not."""
        if self._storing:
            self.say("Saving… the next one comes in a moment.")
            return False
        if self.veiled:
            self._say_veiled()
            return False
        if self.is_news:
            self.say_news()
            return False
        self.say("")
        return True

    def _say_veiled(self) -> None:
        listed = ", ".join(safe_text(x, newlines=False) for x in self.labels())
        words = f"Behind a warning ({listed}): {self.key('open')} opens it"
        self.refuse(f"{words}, {self.key('write_skip')} passes it on.")

    @on(Told)
    def _was_told(self, message: Told) -> None:
        self.say(message.words, "bad" if message.is_bad else "good")

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        self.heard(message.error)
        self._storing = False
        self.keep_now()  # what came in meanwhile waited for the answer
        self.refuse(f"{words_of(message.error)}.")
        if isinstance(message.error, AlreadyJudgedError):
            self._confirmed = None  # the other window's signature dropped the draft
        self.tick()

    @on(Moved)
    def _moved(self, message: Moved) -> None:
        parked: dict[Any, Any] = self._session.parked
        times: dict[Any, Any] = self._session.times
        for kept in (parked, times):
            kept.pop(self.key_of_task(), None)
        self._session.take(message.hand, signed=message.signed)
        self._session.said = message.words
        self._storing = self._unkept = False
        self.app.show_writing(self._session)  # type: ignore[attr-defined]

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

    # --- passing on, calling a lead --------------------------------------------

    def action_flag(self) -> None:
        """Call a lead to the task; it stays on the screen."""
        task_id = self.task_id()
        if task_id is None:
            return

        def take(choice: Choice | None) -> None:
            if choice is not None:
                self._flag(task_id, choice)

        self.app.push_screen(CallALead("text", "go on or pass it on"), take)

    def task_id(self) -> int | None:
        """Name the task that a flag is about."""
        raise NotImplementedError

    def next_in_hand(self) -> Any:
        """Take what is next; called in a worker."""
        raise NotImplementedError

    @work(thread=True, group="flag")
    def _flag(self, task_id: int, choice: Choice) -> None:
        try:
            flagged = self.deeds.flag(task_id, choice.code, choice.words)
            words = told(flagged, choice, "text")
            if flagged.is_hidden:
                self.post_message(self.Moved(self.next_in_hand(), words))
                return
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
            return
        self.post_message(self.Told(words))

    # --- warnings, time --------------------------------------------------------

    def action_open(self) -> None:
        """Open what stands behind a warning."""
        if not self.veiled:
            self.say("Nothing stands behind a warning here.")
            return
        self._session.opened.add(self.key_of_task())
        self.veiled = False
        self.go_to(self.first_field())
        self.call_after_refresh(self._settled)
        self.call_after_refresh(self.compare)

    def watch_veiled(self, veiled: bool) -> None:
        """Hide the texts, or show them."""
        self.set_class(veiled, "-veiled")
        if veiled:
            self.set_focus(None)
            listed = ", ".join(safe_text(x, newlines=False) for x in self.labels())
            self.query_one("#veil", Static).update(
                Content.assemble(
                    ("Content warning\n\n", "bold $bad"),
                    (listed, "bold"),
                    "\n\no opens it     x passes it on: paid, never scored",
                )
            )

    def action_research(self) -> None:
        """Go to work outside the window, or come back."""
        if self.place.clock.research():
            self.say("Research: time runs apart until your next key.", "key")
        self.tick()

    def back_from_research(self) -> None:
        """Say that time runs as usual again."""
        self.say("Back from research.", "key")
        self.tick()

    def tick(self) -> None:
        """Bring the top line up to date."""
        session, times = self._session, self.place.clock.read()
        kept = "not saved" if self._problem else "…" if self._unkept else "saved"
        if self.key_of_task() is not None and not self._problem and not self._unkept:
            kept = "saved" if self.is_begun() else ""
        self.query_one(TopLine).facts = Facts(
            queue=session.queue,
            done=session.done,
            total=session.total,
            spent=spoken(times.active),
            research=spoken(times.research) if times.research >= 1 else "",
            kept=kept,
        )

    def ask_store(self) -> None:
        """Prolong the hold, as every minute."""
        self._beat()

    def keep_what_waits(self) -> None:
        """Keep the draft that the store did not take."""
        self.keep_now()

    @work(thread=True, exclusive=True, group="beat")
    def _beat(self) -> None:
        try:
            held = self.beat()
        except AdjudgeError as error:
            self.post_message(self.Heard(error))
            if not self.place.away_since:
                self.post_message(self.Told(words_of(error), is_bad=True))
            return
        self.post_message(self.Heard(None))
        if not held:
            words = "The lease has run out; what you sign will be kept as late."
            self.post_message(self.Told(words, is_bad=True))

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

    def action_home(self) -> None:
        """Leave the queue; the draft stays."""
        if self._storing:
            self.say("Saving… one moment.")
            return
        self.app.leave_writing(self)  # type: ignore[attr-defined]
