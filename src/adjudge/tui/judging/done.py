"""Nothing is left: say in counts why, and offer the way back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from adjudge.domain.safe_text import safe_text
from adjudge.errors import AdjudgeError
from adjudge.tui.patience import Patient
from adjudge.tui.texts import why_nothing_is_left, words_of
from adjudge.tui.widgets.hints import Hint, Hints
from adjudge.tui.widgets.top_line import Facts, TopLine

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from adjudge.domain.ids import JudgmentId
    from adjudge.services.work.judging import Assignment
    from adjudge.tui.session import Session, Workplace


class DoneScreen(Patient, Screen[None]):
    """Enter goes home, ``u`` takes the last judgment up again, ``r`` looks again."""

    # Heirs live in other folders; a bare name would be looked for there.
    CSS_PATH = Path(__file__).with_name("done.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q,escape", "home", "home", show=False),
        Binding("u", "undo", "one judgment back", show=False),
        Binding("r,f5", "look", "look again", show=False),
        Binding("question_mark,f1", "help", "all keys", show=False),
    ]

    UNDO_HINT: ClassVar[tuple[Hint, ...]] = (
        ("u", "take the last judgment back", "screen.undo"),
    )

    class Counted(Message):
        """Why nothing is left, in counts."""

        def __init__(self, counts: dict[str, int]) -> None:
            super().__init__()
            self.counts = counts

    class Found(Message):
        """There is work again."""

        def __init__(self, hand: tuple[Assignment, ...]) -> None:
            super().__init__()
            self.hand = hand

    class Reopened(Message):
        """The last judgment was taken back."""

        def __init__(self, assignment: Assignment) -> None:
            super().__init__()
            self.assignment = assignment

    class Failed(Message):
        """The store said no."""

        def __init__(self, error: AdjudgeError) -> None:
            super().__init__()
            self.error = error

    def __init__(self, place: Workplace, session: Session) -> None:
        super().__init__()
        self.place = place
        self.session = session

    def compose(self) -> ComposeResult:
        """Build the words."""
        yield TopLine(self.place.glyphs, id="top")
        with Vertical(id="done"):
            yield Static(id="headline", markup=False)
            yield Static("counting…", id="why", markup=False)
        yield Static(id="said", markup=False)
        yield Hints(id="hints")

    def on_mount(self) -> None:
        """Say what is known, and count the rest."""
        session = self.session
        self.query_one(TopLine).facts = Facts(session.queue, session.done, session.done)
        done = session.done > 0
        words = "Queue done." if done else "Nothing here for you now."
        self.query_one("#headline", Static).update(Content(words))
        self.query_one("#said", Static).update(
            Content.assemble((safe_text(session.said, newlines=False), "bold $good"))
        )
        session.said = ""
        self.query_one(Hints).keys = (
            ("Enter", "home", "screen.home"),
            *self.UNDO_HINT,
            ("r", "look again", "screen.look"),
            ("?", "help", "screen.help"),
            ("^q", "quit", "app.quit"),
        )
        self._count()
        self.opened()

    @work(thread=True, exclusive=True)
    def _count(self) -> None:
        try:
            counts = self.count()
        except AdjudgeError as error:
            self.post_message(self.Failed(error))
        else:
            self.post_message(self.Counted(counts))

    def count(self) -> dict[str, int]:
        """Count why nothing is left; called in a worker."""
        self.session.past = self.place.deeds.past(self.session.queue)
        return self.place.deeds.why_empty(self.session.queue)

    @on(Counted)
    def _counted(self, message: Counted) -> None:
        lines = self.why(message.counts)
        self.query_one("#why", Static).update(Content("\n".join(lines)))

    def why(self, counts: dict[str, int]) -> list[str]:
        """Say in words why nothing is left."""
        is_training = self.session.seat.sitting.queue.training
        return why_nothing_is_left(counts, is_training=is_training)

    def action_look(self) -> None:
        """Ask whether there is work again."""
        self._look()

    @work(thread=True, exclusive=True)
    def _look(self) -> None:
        try:
            hand = self.place.deeds.claim(self.session.queue)
            counts = self.place.deeds.why_empty(self.session.queue)
        except AdjudgeError as error:
            self.post_message(self.Failed(error))
            return
        self.post_message(self.Found(hand) if hand else self.Counted(counts))

    @on(Found)
    def _found(self, message: Found) -> None:
        self.session.take(message.hand)
        self.app.show_session(self.session)  # type: ignore[attr-defined]

    def action_undo(self) -> None:
        """Take the last judgment back."""
        if why := self.session.why_not_back():
            self._say(why)
        elif (id := self.session.past[0].judgment.id) is not None:
            self._reopen(id)

    @work(thread=True, exclusive=True)
    def _reopen(self, id: JudgmentId) -> None:
        try:
            assignment = self.place.deeds.reopen(id)
        except AdjudgeError as error:
            self.post_message(self.Failed(error))
        else:
            self.post_message(self.Reopened(assignment))

    @on(Reopened)
    def _reopened(self, message: Reopened) -> None:
        self.session.go_back(message.assignment)
        self.session.said = "Taken back. Enter signs it anew, U as it was."
        self.app.show_session(self.session)  # type: ignore[attr-defined]

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        error = message.error
        self._say(words_of(error))

    def _say(self, words: str) -> None:
        line = safe_text(words, newlines=False)
        self.query_one("#said", Static).update(Content.assemble((line, "bold $bad")))

    def action_home(self) -> None:
        """Go home."""
        self.app.leave_queue(self.session, None)  # type: ignore[attr-defined]

    def action_help(self) -> None:
        """Show the keys."""
        from adjudge.tui.dialogs.help import Help  # noqa: PLC0415 - seldom wanted

        rows = [("Go", "Enter q Esc", "home")]
        rows += [("Go", key, words) for key, words, _ in self.UNDO_HINT]
        rows += [("Go", "r F5", "look again"), ("Go", "^q", "quit")]
        self.app.push_screen(Help(rows))

    def on_key(self, event: events.Key) -> None:
        """Refuse in words a key that does nothing here."""
        if event.is_printable and event.key not in self.active_bindings:
            self._say(f"{event.character} does nothing here; Enter goes home.")
