"""What judging any task has in common: signing, passing on, undo, and the way out.

Only thread workers ask the services; they touch no widget and answer by messages,
whose handlers decide what comes next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.message import Message

from adjudge.domain.incident import CATEGORIES
from adjudge.domain.judging import SKIP_CODES
from adjudge.errors import AdjudgeError, AlreadyJudgedError
from adjudge.tui.clock import Times, spoken
from adjudge.tui.dialogs.choose import Choice, Choose
from adjudge.tui.dialogs.help import Help
from adjudge.tui.drafting_screen import DraftingScreen, clock_time
from adjudge.tui.keys import READING, TASK, Key, bindings, shown, shown_all
from adjudge.tui.texts import brief
from adjudge.tui.widgets.drawer import Drawer
from adjudge.tui.widgets.hints import Hint, Hints
from adjudge.tui.widgets.reasons import Reasons
from adjudge.tui.widgets.top_line import Facts, TopLine

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType

    from adjudge.domain.ids import JudgmentId
    from adjudge.domain.judging import Draft, Judgment
    from adjudge.services.judging import Assignment, Past, Submitted

BEAT_SECONDS = 60.0
_TAGGING: tuple[Hint, ...] = (
    ("letter", "sets a reason or takes it back", ""),
    ("Tab", "about whom", ""),
    ("1-7", "grade", ""),
    ("Esc", "done", "screen.close"),
)


class TaskScreen(DraftingScreen):
    """One task at a time of one queue, until none is left."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TASK)
    TABLE: ClassVar[tuple[Key, ...]] = TASK
    HINTED: ClassVar[tuple[tuple[str, str], ...]] = ()

    class Saved(Message):
        """A judgment stands in the store."""

        def __init__(self, submitted: Submitted) -> None:
            super().__init__()
            self.submitted = submitted

    class Refused(Message):
        """The store said no; nothing was lost."""

        def __init__(self, error: AdjudgeError) -> None:
            super().__init__()
            self.error = error

    class Moved(Message):
        """Other tasks are in hand now."""

        def __init__(self, hand: tuple[Assignment, ...], words: str) -> None:
            super().__init__()
            self.hand = hand
            self.words = words

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

    class Told(Message):
        """Something to say in the status line."""

        def __init__(self, words: str, *, is_bad: bool = False) -> None:
            super().__init__()
            self.words = words
            self.is_bad = is_bad

    _attempt: tuple[Draft, str] | None = None

    def on_mount(self) -> None:
        """Keep the leases while the screen is open."""
        self.set_interval(BEAT_SECONDS, self._beat)
        if self.session.said:
            self.say(self.session.said, "good")
            self.session.said = ""

    # --- signing ---------------------------------------------------------------

    def action_submit(self) -> None:
        """Sign, or say in one line what is missing."""
        draft, assignment = self.edit(), self.session.current
        if draft is None or assignment is None:
            return
        if lacking := draft.missing(ties=self.session.seat.sitting.queue.ties):
            self.say(lacking, "bad")
            return
        self._sign(assignment, draft)

    def _sign(self, assignment: Assignment, draft: Draft) -> None:
        if self._attempt is None or self._attempt[0] != draft:
            # The same words sent again are the same submission.
            self._attempt = (draft, self.place.new_id())
        self._storing = True
        self.say("Saving…")
        self._store(
            assignment, draft, self._attempt[1], self.place.clock.read(), self.seen()
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
            self.post_message(self.Refused(error))
        else:
            self.post_message(self.Saved(submitted))

    @on(Saved)
    def _saved(self, message: Saved) -> None:
        """Go on with the next task; it is here already."""
        done, session = message.submitted, self.session
        number = "" if session.back else f" #{session.done + 1}"
        verb = "Signed anew:" if session.back else "Saved"
        words = [f"{verb}{number} {self._verdict(done.judgment)}."]
        if done.late:
            words.append("It came after its lease and is kept as late.")
        if done.surplus:
            words.append("Others were faster; it is kept as surplus.")
        session.signed(done)
        self._attempt = None
        self._go_on(f"{' '.join(words)} {self.key('undo')} undoes.")
        self._remember()

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        self._storing = False
        error = message.error
        words = f"{error.message}. {error.hint}" if error.hint else error.message
        if isinstance(error, AlreadyJudgedError) and not self.session.back:
            self._claim(f"{error.message}, in another window; here is the next.")
            return
        self.say(words, "bad")

    @work(thread=True, exclusive=True, group="store")
    def _claim(self, words: str) -> None:
        try:
            hand = self.place.deeds.claim(self.session.queue)
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            self.post_message(self.Moved(hand, words))

    @on(Moved)
    def _moved(self, message: Moved) -> None:
        self.session.take(message.hand)
        self._go_on(message.words)

    def _go_on(self, words: str) -> None:
        """Show the session's task here, or leave it to the screen that can."""
        self.session.said = words
        self.app.show_session(self.session)  # type: ignore[attr-defined]
        if self.is_current and self.session.current is not None and self.session.said:
            self.say(words, "good")
            self.session.said = ""

    def _verdict(self, judgment: Judgment) -> str:
        return brief(
            judgment.shown or (),
            judgment.ranking,
            judgment.margin,
            none_acceptable=judgment.none_acceptable,
        )

    def summary(self, draft: Draft) -> str:
        """Write a draft in one line."""
        said = "no verdict"
        if draft.ranking or draft.ratings:
            said = brief(draft.shown, draft.ranking, draft.margin)
        tags = sorted({tag for tags in draft.reasons.values() for tag in tags})
        return " · ".join([said, *tags, *([f"“{draft.note}”"] if draft.note else [])])

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

        self.app.push_screen(
            Choose(title, SKIP_CODES, wanting=frozenset({"other"}), first=first), take
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

        self.app.push_screen(
            Choose(
                "Call a lead to this task",
                {code: c.says for code, c in CATEGORIES.items()},
                wanting=frozenset({"other"}),
                first="other",
                explain="The task stays with you; judge it or pass it on as well.",
            ),
            take,
        )

    @work(thread=True, group="flag")
    def _flag(self, assignment: Assignment, choice: Choice) -> None:
        deeds, says = self.place.deeds, CATEGORIES[choice.code].says
        try:
            flagged = deeds.flag(assignment, choice.code, choice.words)
            if flagged.is_hidden:
                hand = deeds.claim(assignment.queue)
                words = "Nobody sees this task any more; a lead has been called."
                self.post_message(self.Moved(hand, words))
                return
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
            return
        still = " It stands still for others." if flagged.is_frozen else ""
        self.post_message(self.Told(f"A lead has been called: {says}.{still}"))

    @on(Told)
    def _told(self, message: Told) -> None:
        self.say(message.words, "bad" if message.is_bad else "good")

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
        self._sign(assignment, assignment.blank())

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
        self._go_on(
            f"Taken back. Enter signs it anew, {redo} as it was, {undo} goes further."
        )

    @work(thread=True, exclusive=True, group="past")
    def _remember(self) -> None:
        try:
            past = self.place.deeds.past(self.session.queue)
        except AdjudgeError as error:
            self.post_message(self.Told(error.message, is_bad=True))
        else:
            self.post_message(self.Remembered(past))

    @on(Remembered)
    def _remembered(self, message: Remembered) -> None:
        self.session.past = message.past
        self.show_past()

    def show_past(self) -> None:
        """List the last judgments in the drawer."""
        lines = []
        for past in self.session.past:
            judgment = past.judgment
            tags = sorted({t for tags in judgment.reasons.values() for t in tags})
            at = clock_time(judgment.at) if judgment.at else "--:--"
            lines.append(" ".join([at, self._verdict(judgment), *tags]))
        self.drawer.show_past(lines)

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

    @work(thread=True, exclusive=True, group="beat")
    def _beat(self) -> None:
        hand = self.session.hand
        try:
            held = self.place.deeds.heartbeat(hand)
        except AdjudgeError as error:
            self.post_message(self.Told(error.message, is_bad=True))
            return
        if not held and hand == self.session.hand:
            words = "The lease has run out; your judgment will be kept as late."
            self.post_message(self.Told(words, is_bad=True))

    # --- keys ------------------------------------------------------------------

    def key(self, id: str) -> str:
        """Name the key that starts an action, as this person has set it."""
        default = next((k.keys for k in self.TABLE if k.id == id), "")
        return shown(self.place.keys.get(id, default))

    def show_hints(self) -> None:
        """Show the keys that matter now."""
        if self.query_one(Reasons).has_focus:
            self.query_one(Hints).keys = _TAGGING
            return
        actions = {k.id: f"screen.{k.action}" for k in self.TABLE}
        self.query_one(Hints).keys = tuple(
            (self.key(id) if id in actions else id, words, actions.get(id, ""))
            for id, words in self.HINTED
        )

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """Show the keys of whatever has the focus."""
        self.show_place()
        self.show_hints()

    def on_key(self, event: events.Key) -> None:
        """Refuse in words a key that does nothing here."""
        if event.is_printable and event.key not in self.active_bindings:
            self.say(
                f"{event.character} does nothing here; {self.key('help')} lists keys."
            )

    def show_place(self) -> None:
        """Say which response is in front, where only one has room."""

    def action_help(self) -> None:
        """Show every key."""
        table = [
            (k.group, shown_all(self.place.keys.get(k.id, k.keys)), k.words)
            for k in self.TABLE
        ]
        reading: list[tuple[str, str, str]] = [("Read", *row) for row in READING]
        self.app.push_screen(Help([*table, *reading]))

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
