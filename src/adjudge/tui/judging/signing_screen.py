"""Signing a judgment, passing a task on, calling a lead.

Only thread workers ask the services; they touch no widget and answer by messages,
whose handlers decide what comes next.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.message import Message

from adjudge.domain.judging import SKIP_CODES, skips
from adjudge.errors import AdjudgeError, AlreadyJudgedError
from adjudge.tui.dialogs.answer import Answer
from adjudge.tui.dialogs.call_a_lead import CallALead, told
from adjudge.tui.dialogs.choose import Choice, Choose
from adjudge.tui.dialogs.unsaved import Unsaved
from adjudge.tui.drafting_screen import DraftingScreen
from adjudge.tui.journal import FOR_NOW
from adjudge.tui.keys import TASK, Key
from adjudge.tui.session import key_of
from adjudge.tui.texts import in_a_line, verdict, words_of

if TYPE_CHECKING:
    from adjudge.domain.judging import Draft
    from adjudge.services.work.judging import Assignment, Submitted
    from adjudge.tui.clock import Times
    from adjudge.tui.dialogs.unsaved import Next
    from adjudge.tui.session import TaskKey


PATIENT_SECONDS = 5.0  # until it is said that saving takes long


class SigningScreen(DraftingScreen):
    """What was said becomes a judgment, or the task goes to somebody else."""

    TABLE: ClassVar[tuple[Key, ...]] = TASK

    class Saved(Message):
        """A judgment stands in the store."""

        def __init__(self, submitted: Submitted) -> None:
            super().__init__()
            self.submitted = submitted

    class Refused(Message):
        """The store said no; nothing was lost."""

        def __init__(self, error: AdjudgeError, *, is_signing: bool = False) -> None:
            super().__init__()
            self.error = error
            self.is_signing = is_signing

    class Moved(Message):
        """Other tasks are in hand now; the one on screen may be done."""

        def __init__(
            self, hand: tuple[Assignment, ...], words: str, *, is_done: bool = False
        ) -> None:
            super().__init__()
            self.hand = hand
            self.words = words
            self.is_done = is_done

    _attempt: tuple[Draft, str] | None = None
    _asked_about: TaskKey | None = None  # whether that was all

    def remember(self) -> None:
        """Learn anew what was judged last."""
        raise NotImplementedError

    # --- signing ---------------------------------------------------------------

    def action_submit(self) -> None:
        """Sign, or say in one line what is missing."""
        draft, assignment = self.edit(), self.session.current
        if draft is None or assignment is None:
            return
        if lacking := draft.missing(ties=self.session.seat.sitting.queue.ties):
            self.refuse(lacking)
            return
        if self.is_unseen() or self._is_too_fast(assignment):
            return
        if not self.asks_between(assignment, draft):
            self.sign(assignment, draft)

    def _is_too_fast(self, assignment: Assignment) -> bool:
        """Ask once whether that was all, where a person wants to be asked."""
        active, key = self.place.clock.read().active, key_of(assignment)
        if active >= self.place.confirm_fast or self._asked_about == key:
            return False
        self._asked_about = key
        words = f"Only {active:.0f} s of work. {self.key('submit')} again signs it."
        self.refuse(words)
        return True

    def _times(self, assignment: Assignment) -> Times:
        is_fast = self._asked_about == key_of(assignment)
        return replace(self.place.clock.read(), fast=is_fast)

    def sign(self, assignment: Assignment, draft: Draft) -> None:
        """Send a judgment to the store."""
        if self._attempt is None or self._attempt[0] != draft:
            # The same words sent again are the same submission.
            self._attempt = (draft, self.place.new_id())
        self._storing = True
        self.say("Saving…")
        self.set_timer(PATIENT_SECONDS, partial(self._still_saving, self._attempt[1]))
        self._store(
            assignment, draft, self._attempt[1], self._times(assignment), self.seen()
        )

    def seen(self) -> float:
        """Tell the share of the responses that was in sight."""
        panes = self.all_panes
        return sum(pane.share_seen for pane in panes) / max(1, len(panes))

    @work(thread=True, exclusive=True, group="store")
    def _store(
        self,
        assignment: Assignment,
        draft: Draft,
        submission_id: str,
        times: Times,
        seen: float,
    ) -> None:
        try:
            submitted = self.place.deeds.submit(
                assignment, draft, times=times, seen=seen, submission_id=submission_id
            )
        except AdjudgeError as error:
            self.post_message(self.Refused(error, is_signing=True))
        else:
            self.post_message(self.Saved(submitted))

    @on(Saved)
    def _saved(self, message: Saved) -> None:
        """Go on with the next task; it is here already."""
        self.heard(None)
        done, session = message.submitted, self.session
        number = "" if session.back else f" #{session.done + 1}"
        verb = "Signed anew:" if session.back else "Saved"
        words = [f"{verb}{number} {verdict(done.judgment)}."]
        if done.late:
            words.append("It came after its lease and is kept as late.")
        if done.surplus:
            words.append("Others were faster; it is kept as surplus.")
        session.signed(done)
        self._attempt = None
        self.go_on(f"{' '.join(words)} {self.key('undo')} undoes.")
        self.remember()
        if done.feedback is not None:
            self.app.push_screen(Answer(done.judgment, done.feedback))

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        self._storing = False
        error = message.error
        self.app.forget_typed_ahead()  # type: ignore[attr-defined]
        self.heard(error)
        words = words_of(error)
        if message.is_signing and isinstance(error, FOR_NOW):
            self.app.push_screen(Unsaved(error), self._unsaved)
        if isinstance(error, AlreadyJudgedError) and not self.session.back:
            self._signed_elsewhere(error.message)
            return
        self.say(words, "bad")

    def _signed_elsewhere(self, message: str) -> None:
        """Go on; what was said here stays beside what the other window signed."""
        assignment, draft = self.session.current, self.draft
        words = f"{message}, in another window; here is the next."
        if assignment is not None and draft is not None:
            self.session.contested.add(key_of(assignment))
            self.keep(assignment, draft)
            words = (
                f"{words} What this one said is kept: {self.key('undo')} shows both."
            )
        self._claim(words)

    def _unsaved(self, chosen: Next | None) -> None:
        """Try again, keep the judgment in a file, or go back to the draft."""
        assignment, attempt = self.session.current, self._attempt
        if assignment is None or attempt is None or chosen in {None, "back"}:
            return
        if chosen == "again":
            self.sign(assignment, attempt[0])
            return
        self._storing = True
        times = self._times(assignment)
        self._keep_aside(assignment, *attempt, times, self.seen())

    @work(thread=True, exclusive=True, group="store")
    def _keep_aside(
        self,
        assignment: Assignment,
        draft: Draft,
        submission_id: str,
        times: Times,
        seen: float,
    ) -> None:
        try:
            path = self.place.deeds.keep_aside(
                assignment,
                draft,
                times=times,
                seen=seen,
                submission_id=submission_id,
            )
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
            return
        rest = tuple(a for a in self.session.hand if a.task_id != assignment.task_id)
        words = f"Kept; it comes into the store when that answers. The file: {path}"
        self.post_message(self.Moved(rest, words, is_done=True))

    def _still_saving(self, id: str) -> None:
        if self._storing and self._attempt is not None and self._attempt[1] == id:
            self.say("Still saving: the store is busy. The judgment is not lost.")

    @work(thread=True, exclusive=True, group="store")
    def _claim(self, words: str) -> None:
        """Take what comes after a task that was signed elsewhere."""
        try:
            hand = self.place.deeds.claim(self.session.queue)
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            self.post_message(self.Moved(hand, words, is_done=True))

    @on(Moved)
    def _moved(self, message: Moved) -> None:
        self._attempt = None
        if message.is_done:
            self.session.done_with(message.hand)
            self.remember()
        else:
            self.session.take(message.hand)
        self.go_on(message.words)

    def go_on(self, words: str) -> None:
        """Show the session's task here, or leave it to the screen that can."""
        self.session.said = f"{words} {self.session.why_back}".strip()
        self.app.show_session(self.session)  # type: ignore[attr-defined]
        if self.is_current and self.session.current is not None and self.session.said:
            self.say(words, "good")
            self.session.said = ""

    # --- passing on, calling a lead --------------------------------------------

    def action_skip(self) -> None:
        """Pass the task on, with a reason."""
        self.pass_on("Pass this task on", "needs_expert")

    def pass_on(self, title: str, first: str) -> None:
        """Ask why, then pass the task on."""
        assignment = self.session.current
        if assignment is None or self._storing:
            return
        if self.session.back:
            self.say(f"It was judged; {self.key('redo')} puts it as it was.", "bad")
            return

        def take(choice: Choice | None) -> None:
            if choice is not None:
                self._storing = True
                self._skip(assignment, choice, self.place.clock.read())

        reasons = skips(len(assignment.shown))
        self.app.push_screen(
            Choose(title, reasons, wanting=frozenset({"other"}), first=first), take
        )

    @work(thread=True, exclusive=True, group="store")
    def _skip(self, assignment: Assignment, choice: Choice, times: Times) -> None:
        try:
            hand = self.place.deeds.skip(assignment, choice.code, choice.words, times)
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            words = f"Passed on: {SKIP_CODES[choice.code]}."
            self.post_message(self.Moved(hand, words))

    def action_flag(self) -> None:
        """Call a lead to the task; it stays on the screen."""
        assignment = self.session.current
        if assignment is None:
            return

        def take(choice: Choice | None) -> None:
            if choice is not None:
                self._flag(assignment, choice)

        self.app.push_screen(CallALead("task", "judge it or pass it on"), take)

    @work(thread=True, group="flag")
    def _flag(self, assignment: Assignment, choice: Choice) -> None:
        deeds = self.place.deeds
        try:
            flagged = deeds.flag(assignment, choice.code, choice.words)
            words = told(flagged, choice, "task")
            if flagged.is_hidden:
                self.post_message(self.Moved(deeds.claim(assignment.queue), words))
                return
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
            return
        self.post_message(self.Told(words))

    def summary(self, draft: Draft) -> str:
        """Write a draft in one line."""
        return in_a_line(draft)
