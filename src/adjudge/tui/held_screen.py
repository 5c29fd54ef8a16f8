"""One thing of a queue in hand: its warning, its time, its lead, the way out.

A screen says what it holds and what was said of it; this keeps the hold, hides what
stands behind a warning, counts the time, and hands on what comes next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.message import Message

from adjudge.errors import AdjudgeError
from adjudge.tui.clock import spoken
from adjudge.tui.dialogs.call_a_lead import CallALead, told
from adjudge.tui.texts import words_of
from adjudge.tui.widgets.top_line import Facts, TopLine
from adjudge.tui.work_screen import WorkScreen

if TYPE_CHECKING:
    from adjudge.tui.dialogs.choose import Choice
    from adjudge.tui.second_look_deeds import SecondLookDeeds
    from adjudge.tui.writing_deeds import WritingDeeds
    from adjudge.tui.writing_session import (
        ReviewSeat,
        ReviewSession,
        WritingSeat,
        WritingSession,
    )

BEAT_SECONDS = 60.0
SAVE_SECONDS = 0.4  # after the last key


class HeldScreen(WorkScreen):
    """One thing in hand at a time, until none is left.

    Attributes:
        WHAT: What it is, in a word.
        BESIDES: What can be done with it beside calling a lead.
        RUN_OUT: What to say when the hold is gone.
    """

    LISTS_PAST = False
    WHAT: ClassVar[str] = "text"
    BESIDES: ClassVar[str] = "go on or pass it on"
    RUN_OUT: ClassVar[str] = (
        "The lease has run out; what you sign will be kept as late."
    )
    _session: WritingSession | ReviewSession
    _storing = False
    _unkept = False
    _problem = False

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

    @property
    def deeds(self) -> WritingDeeds | SecondLookDeeds:
        """What can be done with what is in hand."""
        raise NotImplementedError

    def key_of_task(self) -> Any:
        """Name what is in hand; None when nothing is left."""
        raise NotImplementedError

    def task_id(self) -> int | None:
        """Name the task that a flag is about."""
        raise NotImplementedError

    def is_begun(self) -> bool:
        """Tell whether something was said of what is in hand."""
        raise NotImplementedError

    def beat(self) -> bool:
        """Prolong the hold; called in a worker."""
        raise NotImplementedError

    def release(self) -> None:
        """Give back what was not begun; called in a worker."""
        raise NotImplementedError

    def next_in_hand(self) -> Any:
        """Take what is next; called in a worker."""
        raise NotImplementedError

    def save_now(self) -> None:
        """Keep everything before the process ends; from any thread, and waiting."""
        raise NotImplementedError

    def stay(self, error: AdjudgeError) -> None:
        """Say why leaving would lose something, and how to leave all the same."""
        raise NotImplementedError

    def begin_reading(self) -> None:
        """Give the keys to what is read first."""
        raise NotImplementedError

    # --- saying ----------------------------------------------------------------

    def edit(self) -> bool:
        """Tell whether anything can be said now; else say why not."""
        if self._storing:
            self.say("Saving… the next one comes in a moment.")
            return False
        if self.veiled:
            self.refuse_veiled()
            return False
        if self.is_news:
            self.say_news()
            return False
        self.say("")
        return True

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        self.heard(message.error)
        self._storing = False
        self.keep_what_waits()  # what came in meanwhile waited for the answer
        self.refuse(f"{words_of(message.error)}.")
        self.take_refusal(message.error)
        self.tick()

    def take_refusal(self, error: AdjudgeError) -> None:
        """Do what else a refusal asks for."""

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

    def say_what_was_done(self) -> None:
        """Say what became of the one before."""
        if self._session.said:
            self.say(self._session.said, "good")
            self._session.said = ""

    # --- calling a lead --------------------------------------------------------

    def action_flag(self) -> None:
        """Call a lead to the task; it stays on the screen."""
        task_id = self.task_id()
        if task_id is None:
            return

        def take(choice: Choice | None) -> None:
            if choice is not None:
                self._flag(task_id, choice)

        self.app.push_screen(CallALead(self.WHAT, self.BESIDES), take)

    @work(thread=True, group="flag")
    def _flag(self, task_id: int, choice: Choice) -> None:
        try:
            flagged = self.deeds.flag(task_id, choice.code, choice.words)
            words = told(flagged, choice, self.WHAT)
            if flagged.is_hidden:
                self.post_message(self.Moved(self.next_in_hand(), words))
                return
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
            return
        self.post_message(self.Told(words))

    # --- warnings --------------------------------------------------------------

    def action_open(self) -> None:
        """Open what stands behind a warning."""
        if not self.veiled:
            self.say("Nothing stands behind a warning here.")
            return
        self._session.opened.add(self.key_of_task())
        self.veiled = False
        self.begin_reading()

    # --- time ------------------------------------------------------------------

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
        self.prolong()

    @work(thread=True, exclusive=True, group="beat")
    def prolong(self) -> None:
        """Prolong the hold, in a worker."""
        try:
            held = self.beat()
        except AdjudgeError as error:
            self.post_message(self.Heard(error))
            if not self.place.away_since:
                self.post_message(self.Told(words_of(error), is_bad=True))
            return
        self.post_message(self.Heard(None))
        if not held:
            self.post_message(self.Told(self.RUN_OUT, is_bad=True))

    # --- the way out -----------------------------------------------------------

    def put_down(self) -> None:
        """Keep everything and give back what was not begun; from any thread."""
        self.save_now()
        self.release()

    def action_home(self) -> None:
        """Leave the queue; the draft stays."""
        if self._storing:
            self.say("Saving… one moment.")
            return
        self.app.leave_writing(self)  # type: ignore[attr-defined]
