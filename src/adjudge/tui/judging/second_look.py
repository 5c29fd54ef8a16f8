"""Review what somebody else judged: accept it, or send it back with a clause."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import on, work
from textual.message import Message
from textual.widgets import Input

from adjudge.domain.second_looks import SecondLook
from adjudge.errors import AdjudgeError
from adjudge.tui.case_screen import CaseScreen
from adjudge.tui.clock import clock_time, spoken
from adjudge.tui.dialogs.help import NUMBERS
from adjudge.tui.dialogs.send_back import SendBack
from adjudge.tui.held_screen import BEAT_SECONDS, SAVE_SECONDS, HeldScreen
from adjudge.tui.keys import LOOK, Key, bindings
from adjudge.tui.texts import clauses_of, clipped, verdict, words_of
from adjudge.tui.widgets.evidence import names_of
from adjudge.tui.widgets.hints import Hints
from adjudge.tui.widgets.judged import Judged
from adjudge.tui.widgets.ruling import OF_A_JUDGMENT, Ruling

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from adjudge.domain.ids import ResponseId
    from adjudge.domain.judging import Judgment
    from adjudge.services.work.second_looks import Drawn
    from adjudge.tui.dialogs.choose import Choice
    from adjudge.tui.second_look_deeds import SecondLookDeeds
    from adjudge.tui.session import Workplace
    from adjudge.tui.writing_session import ReviewSession

Decision = Literal["accept", "return"]
_DONE = {"accept": "Accepted", "return": "Sent back to its author"}


class SecondLookScreen(CaseScreen, HeldScreen):
    """One judgment, with what its author had before them; one digit, then Enter."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(LOOK)
    TABLE: ClassVar[tuple[Key, ...]] = LOOK
    WHAT: ClassVar[str] = "task"
    BESIDES: ClassVar[str] = "accept it, send it back or leave it"
    LEAVING: ClassVar[str] = "leaves it to another reviewer"
    RUN_OUT: ClassVar[str] = "Your hold has run out: another reviewer may get it too."
    WHY: ClassVar[str] = "Why"
    WHY_STANDS: ClassVar[str] = "It stands; Enter signs."
    UNDECIDED: ClassVar[str] = "leaves the queue"
    HELP_NUMBERS = (
        ("3/12", "reviews you made, of those and what waits for you"),
        *NUMBERS[1:4],
    )
    HINTED: ClassVar[tuple[tuple[str, str], ...]] = (
        ("accept", "accept"),
        ("send_back", "send back"),
        ("write_submit", "sign"),
        ("evidence", "judgment"),
        ("write_skip", "leave it"),
        ("write_flag", "flag"),
        ("help", "help"),
        ("other_pane", "other"),
        ("diff", "differences"),
        ("guideline", "guideline"),
        ("conversation", "conversation"),
        ("search", "search"),
        ("home", "leave"),
    )

    class Kept(Message):
        """What was said was kept, or not."""

        def __init__(self, said: SecondLook, error: AdjudgeError | None = None) -> None:
            super().__init__()
            self.said = said
            self.error = error

    def __init__(self, place: Workplace, session: ReviewSession) -> None:
        super().__init__(place)
        self._session = self.session = session
        self.held = cast("Drawn", session.current)  # of this screen, to its end
        self._blank = SecondLook(judgment=str(self.held.judgment.id))
        self._said = self._confirmed = self._blank
        self._rest: Timer | None = None

    # --- what the frame asks ---------------------------------------------------

    @property
    def shown(self) -> tuple[ResponseId, ...]:
        """The responses as the author had them before them."""
        return self.held.shown

    @property
    def deeds(self) -> SecondLookDeeds:
        """What can be done with judgments under review."""
        return self.place.deeds.looks

    def compose_evidence(self) -> Judged:
        """Build the judgment."""
        return Judged(self.place.glyphs, id="evidence")

    def compose_verdict(self) -> ComposeResult:
        """Build the line of the decision."""
        yield Ruling(OF_A_JUDGMENT, id="ruling")

    def key_of_task(self) -> str:
        """Name the judgment under review."""
        return self._blank.judgment

    def task_id(self) -> int:
        """Name the task that a flag is about."""
        return self.held.task_id

    def labels(self) -> tuple[str, ...]:
        """Give the content labels."""
        return self.held.comparison.labels

    def is_begun(self) -> bool:
        """Tell whether something was said of it."""
        return self.said_now() != self._blank

    def beat(self) -> bool:
        """Prolong the hold."""
        return self.deeds.prolong(self.held)

    def release(self) -> None:
        """Let somebody else review what was not begun."""
        if not self.is_begun():
            self.deeds.let_go(self.held)

    def next_in_hand(self) -> Drawn | None:
        """Hold what is next."""
        return self.deeds.next_review(self.session.queue, self.session.left)

    # --- opening ---------------------------------------------------------------

    def on_mount(self) -> None:
        """Put the judgment on the desk, and what was said of it before."""
        held = self.held
        self.set_interval(1.0, self.tick)
        self.set_interval(BEAT_SECONDS, self.prolong)
        self.place.clock.start()
        self.comes()
        self.lay_out(held.comparison)
        self.hand_out_guideline()
        self.show_banner()
        self.query_one(Judged).lay_out(held.judgment, self.shown, self.guideline)
        self.query_one(Hints).keys = self.hints_of(self.HINTED)
        self.veiled = bool(self.labels()) and self.key_of_task() not in (
            self.session.opened
        )
        self.add_class("-judged")
        self.show_responses(held.comparison)
        self._begin()
        if not self.veiled:
            self.bring_to_front(self.all_panes[0])
        self.say_what_was_done()
        self.opened()
        self.call_after_refresh(self._settled)

    def _begin(self) -> None:
        said, at = next(iter(self.held.recovered), (self._blank, ""))
        self._confirmed = said
        self._put(said)
        if at:
            self.say(f"Draft from {clock_time(at)} restored.", "good")

    def begin_reading(self) -> None:
        """Give the keys to the first response, now that it is in sight."""
        self.bring_to_front(self.all_panes[0])
        self.call_after_refresh(self._settled)

    def _settled(self) -> None:
        self.place.clock.show(self.words_on_screen())

    # --- what is said ----------------------------------------------------------

    def said_now(self) -> SecondLook:
        """Give what was said, the words as they stand in their line."""
        why = self.query_one("#why", Input).value
        if why != self._said.why:
            self._said = self._said.model_copy(update={"why": why})
        return self._said

    def _put(self, said: SecondLook) -> None:
        self._said = said
        self.query_one("#why", Input).value = said.why
        self.set_class(said.verdict == "return", "-returning")
        ruling, judged = self.query_one(Ruling), self.held.judgment
        ruling.verdict = said.verdict or ""
        ruling.clause = clipped(said.clause or "", 12)
        ruling.facts = in_short(judged)
        self.tick()

    def action_decide(self, verdict: Decision) -> None:
        """Decide; sending back asks for clause and words."""
        if not self.edit():
            return
        if verdict == "return":
            self._ask_why()
        else:
            self._put(self.said_now().model_copy(update={"verdict": verdict}))
            self.keep()

    def _ask_why(self) -> None:
        if not clauses_of(self.guideline):
            self.refuse(
                "What goes back names a clause, and there is no guideline with any: "
                f"{self.key('write_flag')} calls a lead."
            )
            return

        def take(choice: Choice | None) -> None:
            if choice is not None:
                values = {"clause": choice.code, "why": choice.words}
                said = self.said_now().model_copy(update=values)
                self._put(said.model_copy(update={"verdict": "return"}))
                self.keep()

        first = self.said_now().clause or ""
        dialog = SendBack(self.guideline, first=first, needs_clause=True)
        self.app.push_screen(dialog, take)

    def action_why(self) -> None:
        """Write on why it goes back."""
        if not self.edit():
            return
        if self.said_now().verdict == "return":
            self.set_focus(self.query_one("#why", Input))
        else:
            self.refuse(f"Only what goes back says why: {self.key('send_back')} asks.")

    # --- keeping ---------------------------------------------------------------

    @on(Input.Changed, "#why")
    def _written(self, event: Input.Changed) -> None:
        event.stop()
        if self.said_now() == self._confirmed:
            return
        self._unkept = True
        self.tick()
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(SAVE_SECONDS, self.keep)

    def on_descendant_blur(self, _event: events.DescendantBlur) -> None:
        """Keep what was written when the keys go elsewhere."""
        if self.is_mounted:
            self.keep()

    def keep(self) -> None:
        """Keep what is not kept yet, in a worker."""
        said = self.said_now()
        if said != self._confirmed and not self._storing:
            self._unkept = True
            self.tick()
            self._keep(said, self.deeds.next_seq())

    @work(thread=True, group="draft")
    def _keep(self, said: SecondLook, seq: int) -> None:
        try:
            self.deeds.save(self.held, said, self.place.window, seq=seq)
        except AdjudgeError as error:
            self.post_message(self.Kept(said, error))
        else:
            self.post_message(self.Kept(said))

    @on(Kept)
    def _kept(self, message: Kept) -> None:
        self.heard(message.error)
        self._problem = message.error is not None
        if message.error is None:
            self._confirmed = message.said
            self._unkept = False
            self.keep()  # what was written meanwhile
        elif not self.place.away_since:
            self.say(f"Not saved yet: {words_of(message.error)}.", "bad")
        self.tick()

    def keep_what_waits(self) -> None:
        """Keep what the store did not take."""
        self.keep()

    def save_now(self) -> None:
        """Keep everything before the process ends; from any thread, and waiting."""
        said = self.said_now()
        if not self._storing and said != self._confirmed:
            seq = self.deeds.next_seq()
            self.deeds.save(self.held, said, self.place.window, seq=seq)

    def stay(self, error: AdjudgeError) -> None:
        """Say why leaving would lose something, and how to leave all the same."""
        self.say(f"Not saved: {words_of(error)}. Once more leaves without it.", "bad")

    # --- signing, leaving it ---------------------------------------------------

    def action_submit(self) -> None:
        """Sign the review, or say in one line what is missing."""
        if not self.edit():
            return
        said = self.said_now()
        if lacking := said.missing():
            self.refuse(lacking)
        elif not self.is_unseen():
            self._storing = True
            self.say("Saving…")
            self._store(said, self.place.clock.read().active)

    @work(thread=True, exclusive=True, group="store")
    def _store(self, said: SecondLook, seconds: float) -> None:
        try:
            self.deeds.decide(said, round(seconds, 3))
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            done = _DONE[said.verdict or "accept"]
            self._go_on(f"{done}: {self.held.judgment.comparison}.", signed=True)

    def _go_on(self, words: str, *, signed: bool = False) -> None:
        """Hold what is next; what was done before stands, whatever becomes of it."""
        upcoming = None
        words = clipped(words, 100)
        try:
            upcoming = self.next_in_hand()
        except AdjudgeError as error:
            words = f"{words} The next one: {words_of(error)}"
        self.post_message(self.Moved(upcoming, words, signed=signed))

    def action_skip(self) -> None:
        """Leave it to another reviewer; the next one comes."""
        if not self._storing:
            self._storing = True
            self.session.left.add(self.key_of_task())
            self._leave()

    @work(thread=True, exclusive=True, group="store")
    def _leave(self) -> None:
        try:
            self.deeds.let_go(self.held)
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            self._go_on("Left to another reviewer.")

    # --- keys ------------------------------------------------------------------

    def action_evidence(self) -> None:
        """Go to the judgment, or back to the responses."""
        if self.veiled:
            self.edit()
        else:
            self.to_evidence()


def in_short(said: Judgment) -> tuple[str, str]:
    """Write a verdict with its time, and what was given with it."""
    names = names_of(said.shown or ())
    time = "" if said.seconds is None else f" in {spoken(said.seconds)}"
    verb = "said " if said.ranking else ""
    given = [
        f"{names.get(id, id)}: "
        + ", ".join(f"{name} {score:g}" for name, score in scores.items())
        for id, scores in said.ratings.items()
    ]
    given += [
        f"{names.get(id, 'whole')}: {', '.join(tags)}"
        for id, tags in said.reasons.items()
    ]
    return f"{verb}{verdict(said)}{time}", clipped("; ".join(given), 120)
