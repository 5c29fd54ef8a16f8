"""What judging any task has in common: undo, time, keys, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.message import Message
from textual.worker import get_current_worker

from adjudge.domain.ids import JudgmentId
from adjudge.errors import AdjudgeError
from adjudge.tui.clock import clock_time, spoken
from adjudge.tui.dialogs.choose import Choice, Choose
from adjudge.tui.dialogs.criteria import Criteria
from adjudge.tui.judging.signing_screen import SigningScreen
from adjudge.tui.keys import TASK, bindings
from adjudge.tui.texts import verdict
from adjudge.tui.widgets.drawer import Drawer
from adjudge.tui.widgets.hints import Hint, Hints
from adjudge.tui.widgets.reasons import Reasons
from adjudge.tui.widgets.top_line import Facts, TopLine

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType

    from adjudge.services.work.judging import Assignment, Past

BEAT_SECONDS = 60.0
_TAGGING: tuple[Hint, ...] = (
    ("letter", "sets a reason or takes it back", ""),
    ("Tab", "about whom", ""),
    ("1-7", "grade", ""),
    ("Esc", "done", "screen.close"),
)


class TaskScreen(SigningScreen):
    """One task at a time of one queue, until none is left."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TASK)
    HINTED: ClassVar[tuple[tuple[str, str], ...]] = ()

    class Reopened(Message):
        """An earlier judgment was taken back."""

        def __init__(self, assignment: Assignment) -> None:
            super().__init__()
            self.assignment = assignment

    class Remembered(Message):
        """The last judgments, newest first."""

        def __init__(self, past: tuple[Past, ...]) -> None:
            super().__init__()
            self.past = past

    def on_mount(self) -> None:
        """Keep the leases while the screen is open."""
        self.set_interval(BEAT_SECONDS, self._beat)
        if self.session.said:
            self.say(self.session.said, "good")
            self.session.said = ""

    # --- back and on -----------------------------------------------------------

    def action_undo(self) -> None:
        """Take the last judgment back."""
        self.take_back(0)

    def action_redo(self) -> None:
        """Put a judgment that was taken back as it was."""
        assignment = self.session.current
        if assignment is None or self._storing:
            return
        if not self.session.back or assignment.supersedes is None:
            self.say("This is the task in hand; there is nothing to redo.", "bad")
            return
        self.sign(assignment, assignment.blank())

    @on(Drawer.Chosen)
    def _chosen(self, message: Drawer.Chosen) -> None:
        self.close_drawer()
        self.take_back(message.place)

    def take_back(self, place: int) -> None:
        """Take back one of the last judgments, 0 the newest."""
        if self._storing:
            self.say("Saving… one moment.")
            return
        if why := self.session.why_not_back(place):
            self.say(why, "bad")
            return
        if (id := self.session.past[place].judgment.id) is not None:
            self.keep_draft()
            self._storing = True
            self._reopen(id)

    @work(thread=True, exclusive=True, group="store")
    def _reopen(self, id: JudgmentId) -> None:
        try:
            assignment = self.place.deeds.reopen(id)
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            self.post_message(self.Reopened(assignment))

    @on(Reopened)
    def _reopened(self, message: Reopened) -> None:
        self.session.park(self.draft, self.place.clock.read())
        self.session.go_back(message.assignment)
        self.show_past()
        undo, redo = self.key("undo"), self.key("redo")
        self.go_on(
            f"Taken back. Enter signs it anew, {redo} as it was, {undo} goes further."
        )

    def remember(self) -> None:
        """Learn anew what was judged last."""
        self._remember()

    @work(thread=True, exclusive=True, group="past")
    def _remember(self) -> None:
        try:
            past = self.place.deeds.past(self.session.queue)
        except AdjudgeError as error:
            self.post_message(self.Told(error.message, is_bad=True))
        else:
            if not get_current_worker().is_cancelled:  # by a later judgment
                self.post_message(self.Remembered(past))

    @on(Remembered)
    def _remembered(self, message: Remembered) -> None:
        self.session.remember(message.past)
        self.show_past()

    def show_past(self) -> None:
        """List the last judgments in the drawer."""
        self.drawer.show_past(self._past_in_lines())

    def _past_in_lines(self) -> list[str]:
        lines = []
        for past in self.session.past:
            judgment = past.judgment
            tags = sorted({t for tags in judgment.reasons.values() for t in tags})
            at = clock_time(judgment.at) if judgment.at else "--:--"
            lines.append(" ".join([at, verdict(judgment), *tags]))
        return lines

    def action_appeal(self) -> None:
        """Ask a lead to look again at what became of one of the last judgments."""
        past = self.session.past
        if not past:
            self.say("There is no earlier judgment of yours in this queue.", "bad")
            return
        options = {
            str(p.judgment.id): line
            for p, line in zip(past, self._past_in_lines(), strict=True)
        }

        def take(choice: Choice | None) -> None:
            if choice is not None:
                self.say("Your appeal is on its way…")
                self._appeal(JudgmentId(choice.code), choice.words)

        dialog = Choose(
            "Appeal: which of your judgments was right?",
            options,
            wanting=frozenset(options),
            explain="A lead answers in words; you find them among your messages.",
        )
        self.app.push_screen(dialog, take)

    @work(thread=True, exclusive=True, group="appeal")
    def _appeal(self, id: JudgmentId, why: str) -> None:
        try:
            self.place.deeds.appeal(id, why)
        except AdjudgeError as error:
            self.post_message(self.Told(error.message, is_bad=True))
        else:
            self.post_message(self.Told("Your appeal waits for a lead.", is_bad=False))

    # --- time ------------------------------------------------------------------

    def tick(self) -> None:
        """Bring the top line up to date."""
        session, clock = self.session, self.place.clock
        times = clock.read()
        unsaid = self.unkept() is None
        self.query_one(TopLine).facts = Facts(
            queue=session.queue,
            done=session.done,
            total=session.total,
            spent=spoken(times.active),
            research=spoken(times.research) if times.research >= 1 else "",
            kept="" if unsaid else ("…" if self._unkept else "saved"),
            place=f"taken back {session.back}" if session.back else "",
        )

    def ask_store(self) -> None:
        """Prolong the leases, as every minute."""
        self._beat()

    @work(thread=True, exclusive=True, group="beat")
    def _beat(self) -> None:
        hand = self.session.hand
        try:
            held = self.place.deeds.heartbeat(hand)
        except AdjudgeError as error:
            self.post_message(self.Heard(error))
            if not self.place.away_since:
                self.post_message(self.Told(error.message, is_bad=True))
            return
        self.post_message(self.Heard(None))
        if not held and hand == self.session.hand:
            words = "The lease has run out; your judgment will be kept as late."
            self.post_message(self.Told(words, is_bad=True))

    # --- keys ------------------------------------------------------------------

    def show_hints(self) -> None:
        """Show the keys that matter now."""
        if self.query_one(Reasons).has_focus:
            self.query_one(Hints).keys = _TAGGING
            return
        self.query_one(Hints).keys = self.hints_of(self.HINTED)

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """Show the keys of whatever has the focus."""
        self.show_place()
        self.show_hints()

    def show_place(self) -> None:
        """Say which response is in front, where only one has room."""

    def ask_criteria(self, names: tuple[str, ...]) -> None:
        """Let the responses, shown under these names, be rated by criteria."""
        guideline, draft = self.guideline, self.edit()
        if draft is None:
            return
        if guideline is None or not guideline.criteria:
            self.say("The guideline of this queue has no criteria.")
            return

        def take(ratings: dict[str, dict[str, float]] | None) -> None:
            if ratings is not None and self.draft is not None:
                self.draft = self.draft.model_copy(update={"ratings": ratings})

        self.app.push_screen(
            Criteria(guideline.criteria, draft.shown, names, draft.ratings), take
        )

    def action_close(self) -> None:
        """Close what is open; never the program."""
        bar = self.query_one("#bar")
        if bar.has_class("-searching"):
            self.end_search()
        elif self.drawer.kind not in ("", "desk") or self.drawer.has_the_keys:
            self.close_drawer()
        elif self.focused not in self.all_panes and not self.veiled:
            self.bring_to_front(self.front)
        else:
            self.say(f"Nothing is open. {self.key('home')} leaves the queue.")

    def action_home(self) -> None:
        """Leave the queue; the draft stays."""
        if self._storing:
            self.say("Saving… one moment.")
            return
        self.keep_draft()
        self.app.leave_queue(self.session, self.unkept())  # type: ignore[attr-defined]
