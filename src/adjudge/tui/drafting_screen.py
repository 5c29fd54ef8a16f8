"""One task on the screen and the draft about it, kept with every few keys.

One reactive value, ``draft``, holds everything that was said; keys edit it,
``watch_draft`` paints it. Subclasses say how a verdict is given and where the
responses stand.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input, Static

from adjudge.domain.judging import NOTE_LIMIT, WHOLE, Draft
from adjudge.errors import AdjudgeError
from adjudge.tui.clock import clock_time
from adjudge.tui.dialogs.drafts import WhichDraft
from adjudge.tui.session import key_of
from adjudge.tui.texts import asked, candidate_text, clipped, conversation_text
from adjudge.tui.widgets.asked import Asked
from adjudge.tui.widgets.banner import Banner
from adjudge.tui.widgets.drawer import Drawer
from adjudge.tui.widgets.hints import Hints
from adjudge.tui.widgets.line import Line
from adjudge.tui.widgets.pane import prerender
from adjudge.tui.widgets.reasons import Reasons
from adjudge.tui.widgets.top_line import TopLine
from adjudge.tui.work_screen import WorkScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from adjudge.services.work.judging import Assignment
    from adjudge.tui.deeds import Seat
    from adjudge.tui.reading import Setting
    from adjudge.tui.session import Session, Workplace

SAVE_SECONDS = 0.25  # after the first key that is not kept yet


class DraftingScreen(WorkScreen):
    """One task at a time of one queue; what is said about it survives anything.

    Attributes:
        draft: Everything said about the task on screen.
    """

    # Heirs live in other folders; a bare name would be looked for there.
    CSS_PATH = Path(__file__).with_name("task.tcss")
    draft: reactive[Draft | None] = reactive[Draft | None](None, init=False)

    class Kept(Message):
        """A draft was kept, or not; other windows may hold drafts of its task."""

        def __init__(
            self,
            assignment: Assignment,
            others: tuple[tuple[Draft, str], ...] = (),
            error: AdjudgeError | None = None,
        ) -> None:
            super().__init__()
            self.assignment = assignment
            self.others = others
            self.error = error

    def __init__(self, place: Workplace, session: Session) -> None:
        super().__init__(place)
        self.session = session
        self._opening = False
        self._storing = False
        self._unkept = False
        self._others: tuple[tuple[Draft, str], ...] = ()  # what other windows say
        self._settled_between: set[str] = set()  # of these, what was seen

    @property
    def seat(self) -> Seat:
        """What this person found on sitting down."""
        return self.session.seat

    @property
    def guideline_ref(self) -> str | None:
        """The version that the task was taken under."""
        assignment = self.session.current
        return assignment.guideline if assignment else None

    @property
    def read_guidelines(self) -> set[str]:
        """The versions whose changes were read while sitting here."""
        return self.session.read_guidelines

    # --- what subclasses say ---------------------------------------------------

    def compose_reading(self) -> Widget:
        """Build what the responses are read in, with the id ``panes``."""
        raise NotImplementedError

    def compose_verdict(self) -> Widget:
        """Build the line that shows the verdict."""
        raise NotImplementedError

    def show_responses(self, assignment: Assignment) -> None:
        """Put the responses into their panes."""
        raise NotImplementedError

    def paint_verdict(self, draft: Draft) -> None:
        """Show what was said so far."""
        raise NotImplementedError

    def side_names(self, assignment: Assignment) -> dict[str, str]:
        """Name the responses as they are shown."""
        raise NotImplementedError

    def show_hints(self) -> None:
        """Show the keys that matter now."""
        raise NotImplementedError

    def show_past(self) -> None:
        """List the last judgments in the drawer."""
        raise NotImplementedError

    def summary(self, draft: Draft) -> str:
        """Write a draft in one line."""
        raise NotImplementedError

    # --- building --------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Build the frame that all task screens share."""
        glyphs = self.place.glyphs
        yield TopLine(glyphs, id="top")
        yield Banner(id="away")
        yield Asked(id="asked")
        with Horizontal(id="room"):
            with Vertical(id="reading"):
                yield Static(id="veil", markup=False)
                yield self.compose_reading()
            yield Drawer(id="drawer")
        with Vertical(id="bar"):
            yield self.compose_verdict()
            yield Reasons(glyphs, id="reasons")
            with Horizontal(id="note-line"):
                yield Static("Note ", markup=False)
                yield Line(
                    placeholder="n writes a note", max_length=NOTE_LIMIT, compact=True,
                    id="note",
                )  # fmt: skip
            yield Static(id="said", markup=False)
            with Horizontal(id="search-line"):
                yield Static("Search ", markup=False)
                yield Line(placeholder="Enter marks it", compact=True, id="search")
            yield Hints(id="hints")

    def on_mount(self) -> None:
        """Put the first task on the desk."""
        self.query_one("#search-line").display = False
        self.show_past()
        self.show_hints()
        self.set_interval(1.0, self.tick)
        # Not after the next refresh: keys may be waiting already.
        self.open_task()

    def open_task(self) -> None:
        """Show the session's task, with whatever was said about it before."""
        assignment = self.session.current
        if assignment is None:
            return
        key = key_of(assignment)
        self.place.clock.start(self.session.times.get(key))
        self.comes()
        self.hand_out_guideline()
        self.show_banner()
        self._opening, self._storing, self._unkept = True, False, False
        self._others, self._settled_between = (), set()
        draft = self._begin_draft(assignment)
        self.veiled = (
            bool(assignment.comparison.labels) and key not in self.session.opened
        )
        self.unmark()
        head, text = asked(assignment.comparison.prompt)
        self.query_one(Asked).show(head, text, topic=assignment.comparison.topic or "")
        self.drawer.show_conversation(conversation_text(assignment.comparison.prompt))
        tags = self.guideline.reasons if self.guideline else ()
        self.query_one(Reasons).offer(tags, self.side_names(assignment))
        self.show_responses(assignment)
        self.set_reactive(DraftingScreen.draft, draft)
        self._paint(draft)
        self._opening = False
        self.bring_to_front(self.all_panes[0])
        self.opened()
        self.call_after_refresh(self._settled)

    def _settled(self) -> None:
        """Look ahead once the task stands on the screen."""
        self.place.clock.show(self.words_on_screen())
        panes = self.panes
        if (upcoming := self.session.upcoming) is not None and panes:
            self._look_ahead(upcoming, panes[0].setting)

    @work(thread=True, exclusive=True, group="ahead")
    def _look_ahead(self, upcoming: Assignment, setting: Setting | None) -> None:
        """Render the next responses before they are wanted."""
        for text in self.texts_to_show(upcoming):
            prerender(text, setting)

    def texts_to_show(self, assignment: Assignment) -> list[str]:
        """Give the responses' texts as their panes will show them."""
        return [candidate_text(r) for r in assignment.comparison.responses]

    # --- drafts ----------------------------------------------------------------

    def _begin_draft(self, assignment: Assignment) -> Draft:
        blank = assignment.blank()
        if (parked := self.session.parked.get(key_of(assignment))) is not None:
            return parked
        found = [(d, at) for d, at in assignment.recovered if d != blank]
        if not found:
            return blank
        if assignment.supersedes is not None:  # said here, and signed elsewhere
            found.append((blank, assignment.supersedes.at or ""))
        if len({d.model_dump_json() for d, _ in found}) > 1:
            self.call_after_refresh(self._ask_which, assignment, found)
        else:
            self.keep(assignment, found[0][0], alone=True)
            self.say(f"Draft from {clock_time(found[0][1])} restored.", "good")
        return found[0][0]

    def _ask_which(
        self, assignment: Assignment, found: list[tuple[Draft, str]]
    ) -> None:
        """Two windows hold drafts of this task: show both."""
        signed = assignment.supersedes and assignment.blank()
        lines = [
            (
                f"{clock_time(at)} signed" if draft == signed else clock_time(at),
                self.summary(draft),
            )
            for draft, at in found
        ]

        def take(chosen: int | None) -> None:
            if chosen is not None and self.session.current is assignment:
                draft, at = found[chosen]
                self.draft = draft
                self.keep(assignment, draft, alone=True)
                self.say(f"Draft from {clock_time(at)} taken.", "good")

        self.app.push_screen(WhichDraft(lines), take)

    def _unsettled(self, draft: Draft) -> list[tuple[Draft, str]]:
        """List what other windows say otherwise, and nobody has decided on yet."""
        return [
            (said, at)
            for said, at in self._others
            if said != draft and _words(said) not in self._settled_between
        ]

    def asks_between(self, assignment: Assignment, draft: Draft) -> bool:
        """Ask before signing, where another window says something else of the task."""
        others = self._unsettled(draft)
        if not others:
            return False
        found = [(draft, "here"), *((said, clock_time(at)) for said, at in others)]
        self._settled_between |= {_words(said) for said, _ in others}

        def take(chosen: int | None) -> None:
            if self.session.current is not assignment:
                return
            taken = found[chosen or 0][0]
            self.draft, self._others = taken, ()
            self.keep(assignment, taken, alone=True)
            where = "the other window" if chosen else "this window"
            self.say(f"What {where} says is taken: {self.key('submit')} signs.", "good")

        lines = [(at, self.summary(said)) for said, at in found]
        self.app.push_screen(WhichDraft(lines, leaving="this window's"), take)
        return True

    def watch_draft(self, draft: Draft | None) -> None:
        """Paint what was said, and see that it is kept."""
        if draft is None or self._opening:
            return
        self._paint(draft)
        if not self._unkept:
            self._unkept = True
            self.tick()
            self.set_timer(SAVE_SECONDS, self.keep_draft)

    def _paint(self, draft: Draft) -> None:
        self.paint_verdict(draft)
        reasons = self.query_one(Reasons)
        reasons.said = draft.reasons
        note = self.query_one("#note", Input)
        if note.value != draft.note:
            note.value = draft.note
        self.tick()

    def keep_draft(self) -> None:
        """Keep what is not kept yet."""
        draft, assignment = self.draft, self.session.current
        if not self._unkept or draft is None or assignment is None:
            return
        self._unkept = False
        self.keep(assignment, draft)

    def keep(
        self, assignment: Assignment, draft: Draft, *, alone: bool = False
    ) -> None:
        """Keep a draft; ``alone`` lets go of what other windows keep of its task."""
        self._keep(assignment, draft, self.place.deeds.next_seq(), alone=alone)

    @work(thread=True, group="draft")
    def _keep(
        self, assignment: Assignment, draft: Draft, seq: int, *, alone: bool
    ) -> None:
        try:
            others = self.place.deeds.save_draft(
                assignment, draft, self.place.window, seq=seq, alone=alone
            )
        except AdjudgeError as error:
            self.post_message(self.Kept(assignment, error=error))
        else:
            self.post_message(self.Kept(assignment, others))

    @on(Kept)
    def _kept(self, message: Kept) -> None:
        if message.error is not None:
            self._unkept = True
            if not self.place.away_since:
                self.say(f"The draft is not kept: {message.error.message}", "bad")
        elif message.assignment is self.session.current and self.draft is not None:
            self._hear_others(self.draft, message.others)
        self.heard(message.error)
        self.tick()

    def _hear_others(self, draft: Draft, others: tuple[tuple[Draft, str], ...]) -> None:
        """Say what another window of this person says, as long as it is otherwise."""
        self._others = others
        if unsettled := self._unsettled(draft):
            line = clipped(self.summary(unsettled[0][0]), 60)
            asks = f"{self.key('submit')} asks which"
            self.say(f"Another window of yours says {line}: {asks}.", "bad")

    def keep_what_waits(self) -> None:
        """Keep the draft that the store did not take."""
        self.keep_draft()

    def unkept(self) -> tuple[Assignment, Draft] | None:
        """Give what a sudden end would lose."""
        draft, assignment = self.draft, self.session.current
        if assignment is None or draft is None or draft == assignment.blank():
            return None
        return assignment, draft

    # --- saying ----------------------------------------------------------------

    def edit(self) -> Draft | None:
        """Give the draft if it can be edited now; else say why not."""
        if self._storing:
            self.say("Saving… the next task comes in a moment.")
            return None
        if self.veiled:
            self.refuse_veiled()
            return None
        if self.is_news:
            self.say_news()
            return None
        self.say("" if self.draft else "One moment: the task is being opened.")
        self._take_note()
        return self.draft

    def _take_note(self) -> None:
        """Take the note as it stands; the message about its last letters may wait."""
        value = self.query_one("#note", Input).value
        if self.draft is not None and self.draft.note != value:
            self.draft = self.draft.with_note(value)

    def action_none_acceptable(self) -> None:
        """Say, or take back, that none is acceptable."""
        if draft := self.edit():
            self.draft = draft.flip_none_acceptable()

    def action_note(self) -> None:
        """Write the note."""
        if self.edit():
            self.set_focus(self.query_one("#note", Input))

    @on(Input.Changed, "#note")
    def _noted(self, event: Input.Changed) -> None:
        event.stop()
        # What is stale was typed about a task that has left the screen.
        stale = event.value != event.input.value
        if self.draft and not stale and self.draft.note != event.value:
            self.draft = self.draft.with_note(event.value)

    @on(Input.Submitted, "#note")
    def _note_done(self, event: Input.Submitted) -> None:
        event.stop()
        self.bring_to_front(self.front)

    def action_tags(self) -> None:
        """Set reason tags by their letters."""
        if draft := self.edit():
            self.query_one(Reasons).begin(self.blamed(draft))
            self.show_hints()

    def blamed(self, draft: Draft) -> str:
        """Name whom a tag is about unless somebody says: the one that came last."""
        if len(draft.shown) == 1:
            return draft.shown[0]
        if len(draft.ranking) > 1 and len(draft.ranking[-1]) == 1:
            return draft.ranking[-1][0]
        return WHOLE

    @on(Reasons.Flipped)
    def _flipped(self, message: Reasons.Flipped) -> None:
        if draft := self.edit():
            self.draft = draft.flip_reason(message.tag, message.about or WHOLE)

    @on(Reasons.Refused)
    def _no_such_tag(self, message: Reasons.Refused) -> None:
        self.say(message.words, "bad")

    @on(Reasons.Left)
    def _tags_done(self) -> None:
        self.bring_to_front(self.front)

    def action_open(self) -> None:
        """Open what stands behind a warning."""
        if not self.veiled:
            self.say("Nothing stands behind a warning here.")
            return
        if self.session.current is not None:
            self.session.opened.add(key_of(self.session.current))
        self.veiled = False
        self.bring_to_front(self.front)
        self.call_after_refresh(self._settled)

    def labels(self) -> tuple[str, ...]:
        """Give the content labels."""
        assignment = self.session.current
        return assignment.comparison.labels if assignment else ()


def _words(draft: Draft) -> str:
    """Write down what a draft says, the texts it is about apart."""
    return draft.said.model_dump_json()
