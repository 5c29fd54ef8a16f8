"""Home: the queues, what was done today, and drafts to come back to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Static
from textual.worker import get_current_worker

from adjudge.domain.safe_text import safe_text
from adjudge.domain.words import count_of
from adjudge.errors import AdjudgeError
from adjudge.tui.clock import day_and_time, spoken
from adjudge.tui.keys import shown
from adjudge.tui.patience import Patient
from adjudge.tui.status import Status
from adjudge.tui.texts import clipped, words_of
from adjudge.tui.widgets.hints import Hints
from adjudge.tui.widgets.top_line import Facts, TopLine

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from adjudge.services.work.arriving import Desk
    from adjudge.tui.session import Workplace

_LOADING = "opening the store…"
_NO_QUEUES = "This store has no queue yet.\n\n"
_START = (
    "Enter puts the sample campaign into it: comparisons and rankings in several\n"
    "languages, six people and their judgments, guidelines.\n\n"
    "Or bring your own responses:\n\n"
    "    adjudge import comparisons FILE --queue NAME\n"
)
_WAIT = "A lead fills it; r looks again.\n"
_NOTHING_LEFT = (
    "Nothing is left for you right now. New tasks appear here when a lead adds them; "
    "Enter on a queue says why it is empty."
)
_PAUSED = "What you have done is kept; talk to a lead."


class HomeScreen(Status, Patient, Screen[None]):
    """Enter or a digit opens a queue.

    Args:
        place: What every screen works with.
        waiting_for: The queue that opens by itself, if one was named.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(n), f"enter_queue({n})", f"open queue {n}", show=False)
            for n in range(1, 10)
        ),
        Binding("r,f5", "look", "look again", show=False),
        Binding("enter", "start_sample", "start the sample campaign", show=False),
        Binding("d", "resume", "back to the newest draft", show=False),
        Binding("m", "messages", "what leads say", show=False),
        Binding("l", "numbers", "a lead's numbers on the queue", show=False),
        Binding("question_mark,f1", "help", "all keys", show=False),
        Binding("q", "app.quit", "quit", show=False),
    ]

    AUTO_FOCUS = ""  # a table out of sight must not take Enter

    class Looked(Message):
        """What there is to do."""

        def __init__(
            self, desk: Desk, name: str, *, may_start: bool, is_lead: bool
        ) -> None:
            super().__init__()
            self.desk = desk
            self.name = name
            self.may_start = may_start
            self.is_lead = is_lead

    class Started(Message):
        """The sample campaign is in the store."""

    class Receipted(Message):
        """A message was read."""

    class Failed(Message):
        """The store did not answer."""

        def __init__(self, error: AdjudgeError) -> None:
            super().__init__()
            self.error = error

    def __init__(self, place: Workplace, *, waiting_for: str | None = None) -> None:
        super().__init__()
        self.place = place
        self._waiting_for = waiting_for
        self._desk: Desk | None = None
        self._may_start = False
        self._is_lead = False

    def compose(self) -> ComposeResult:
        """Build the frame; it stands before the store is open."""
        yield TopLine(self.place.glyphs, id="top")
        with Vertical(id="home"):
            yield Static(self._loading(), id="words", markup=False)
            yield DataTable(id="queues", cursor_type="row", zebra_stripes=False)
            yield Static(id="today", markup=False)
            yield Static(id="drafts", markup=False)
            yield Static(id="messages", markup=False)
        yield Static(id="said", markup=False)
        yield Hints(id="hints")

    def _loading(self) -> Content:
        if self._waiting_for is None:
            return Content(_LOADING)
        return Content(f"opening {clipped(self._waiting_for, 60)}…")

    def on_mount(self) -> None:
        """Show the keys."""
        self.query_one(TopLine).facts = Facts(queue="home")
        self.query_one("#queues", DataTable).display = False
        self.query_one("#messages").display = False
        self._hint("open")
        self.opened()

    def _hint(self, enter: str) -> None:
        quit_key = shown(self.place.keys.get("quit", "ctrl+q"))
        self.query_one(Hints).keys = (
            ("Enter", enter, ""),
            ("1-9", "open by number", ""),
            *([("l", "numbers", "screen.numbers")] if self._is_lead else []),
            ("d", "newest draft", "screen.resume"),
            *([("m", "messages", "screen.messages")] if self._has_messages else []),
            ("r", "look again", "screen.look"),
            ("?", "help", "screen.help"),
            ("^p", "palette", "app.command_palette"),
            (quit_key, "quit", "app.quit"),
        )

    # --- looking ---------------------------------------------------------------

    def look(self) -> None:
        """Ask what there is to do."""
        self._look()

    def action_look(self) -> None:
        """Look again."""
        self._look()

    @work(thread=True, exclusive=True, group="look")
    def _look(self) -> None:
        try:
            deeds = self.place.deeds
            looked = self.Looked(
                deeds.desk(),
                deeds.name(),
                may_start=deeds.may_start(),
                is_lead=deeds.is_lead(),
            )
        except AdjudgeError as error:
            self.post_message(self.Failed(error))
        else:
            if not get_current_worker().is_cancelled:  # by whoever looks later
                self.post_message(looked)

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self.tell(message.error)

    def tell(self, error: AdjudgeError) -> None:
        """Say what went wrong, and what to do."""
        words = words_of(error)
        self.has_said(words, passes=False)
        line = Content.assemble((safe_text(words, newlines=False), "bold $bad"))
        self.query_one("#said", Static).update(line)

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        self._desk = desk = message.desk
        self._is_lead = message.is_lead
        self._may_start = message.may_start and not desk.queues
        self._hint("start the sample campaign" if self._may_start else "open")
        self.query_one(TopLine).facts = Facts(queue=message.name)
        self._fill(desk)
        today = desk.today
        self.query_one("#today", Static).update(
            Content.assemble(
                ("Today    ", "bold"),
                f"{count_of(today.get('judgments', 0), 'judgment')}, "
                f"{spoken(today.get('seconds', 0))} at work",
            )
        )
        lines = [
            f"{clipped(queue, 40)}, saved {day_and_time(at)}"
            for queue, _, at in desk.drafts
        ]
        more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
        self.query_one("#drafts", Static).update(
            Content.assemble(
                ("Drafts   ", "bold"),
                (" · ".join(lines[:3]) + more) if lines else "none to come back to",
            )
        )

        line = self.query_one("#messages", Static)
        line.display = self._has_messages
        if desk.messages:
            names = ", ".join(dict.fromkeys(m.by for m in desk.messages))
            n = len(desk.messages)
            words = f"{n:,} to read, from {clipped(names, 40)}: m opens"
            line.update(Content.assemble(("Messages ", "bold"), (words, "bold $key")))

    @property
    def _has_messages(self) -> bool:
        return self._desk is not None and bool(self._desk.messages)

    def _fill(self, desk: Desk) -> None:
        table: DataTable[Text] = self.query_one("#queues", DataTable)
        at = table.cursor_row
        table.clear(columns=True)
        for head in ("", "Queue", "Kind", "Yours", "Left", "Guideline", ""):
            table.add_column(Text(head))
        rows = [(*row, False) for row in desk.queues]
        rows += [(*row, True) for row in desk.reviews]
        for number, (queue, done, left, is_review) in enumerate(rows, 1):
            note = "paused" if queue.paused else "training" if queue.training else ""
            table.add_row(
                Text(str(number) if number < 10 else "", style="bold"),
                Text(clipped(queue.name, 40)),
                Text("review" if is_review else queue.kind),
                Text(f"{done:,}", justify="right"),
                Text("none" if not left else f"{left:,}", justify="right"),
                Text(clipped(queue.guideline or "none", 24)),
                Text(note, style="bold"),
            )
        words = ""
        if not desk.queues:
            words = _NO_QUEUES + (_START if self._may_start else _WAIT)
        if rows and not any(left for _, _, left, _ in rows):
            words = _NOTHING_LEFT
        if desk.paused_why is not None:
            words = f"You are paused: {clipped(desk.paused_why, 400)}. {_PAUSED}"
        table.display = bool(desk.queues)
        self.query_one("#words", Static).update(Content(words))
        self.query_one("#words").display = bool(words)
        if desk.queues:
            table.move_cursor(row=min(at, len(rows) - 1))
            table.focus()

    # --- opening ---------------------------------------------------------------

    @on(DataTable.RowSelected)
    def _selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        self._enter(event.cursor_row)

    def action_enter_queue(self, number: int) -> None:
        """Open a queue by its number."""
        self._enter(number - 1)

    def action_start_sample(self) -> None:
        """Put the sample campaign into an empty store."""
        if self._desk is None:
            self._say("One moment: the store is being opened.")
        elif not self._may_start:
            self._say("There is no queue to open; a lead fills the store.")
        else:
            self._may_start = False
            self._say("making the sample campaign…")
            self._start_sample()

    @work(thread=True, exclusive=True, group="start")
    def _start_sample(self) -> None:
        try:
            self.place.deeds.start_sample()
        except AdjudgeError as error:
            self.post_message(self.Failed(error))
        else:
            self.post_message(self.Started())

    @on(Started)
    def _started(self) -> None:
        self._say("Here it is. Enter opens a queue.")
        self.look()

    def action_numbers(self) -> None:
        """Show a lead the numbers of the marked queue."""
        if self._desk is None:
            self._say("One moment: the store is being opened.")
        elif not self._is_lead:
            self._say("The numbers are for leads; ask one, or start with --as NAME.")
        elif not self._desk.queues:
            self._say("There is no queue yet, so there are no numbers.")
        else:
            from adjudge.tui.lead.dashboard import DashboardScreen  # noqa: PLC0415 - late

            row = self.query_one("#queues", DataTable).cursor_row
            place = min(max(0, row), len(self._desk.queues) - 1)
            queue = self._desk.queues[place][0].name
            self.app.push_screen(DashboardScreen(self.place, queue))

    def action_messages(self) -> None:
        """Read what leads say."""
        if self._desk is None or not self._desk.messages:
            self._say("No message waits for you.")
            return
        from adjudge.tui.dialogs.messages import Messages  # noqa: PLC0415 - seldom

        dialog = Messages(self._desk.messages, lambda m: self._read_message(m.id))
        self.app.push_screen(dialog, lambda _: self.look())

    @work(thread=True, group="receipt")
    def _read_message(self, id: str) -> None:
        try:
            self.place.deeds.read_message(id)
        except AdjudgeError as error:
            self.post_message(self.Failed(error))
        else:
            self.post_message(self.Receipted())

    @on(Receipted)
    def _receipted(self) -> None:
        self.look()

    def action_resume(self) -> None:
        """Go to the queue of the newest draft; it opens with it."""
        if self._desk is None or not self._desk.drafts:
            self._say("There is no draft to come back to.")
            return
        self._open(self._desk.drafts[0][0])

    def _enter(self, index: int) -> None:
        desk = self._desk
        if desk is None:
            self._say("One moment: the store is being opened.")
            return
        count = len(desk.queues)
        if index >= count + len(desk.reviews):
            self._say("There is no queue of that number.")
        elif index < count:
            self._open(desk.queues[index][0].name)
        else:
            self._open(desk.reviews[index - count][0].name, review=True)

    def _open(self, queue: str, *, review: bool = False) -> None:
        self._say(f"opening {clipped(queue, 60)}…")
        self.app.enter(queue, review=review)  # type: ignore[attr-defined]

    def let_go(self) -> None:
        """Take the words of the status line away."""
        self._say("")

    def _say(self, words: str) -> None:
        self.has_said(words, passes=True)
        self.query_one("#said", Static).update(Content(words))

    def on_screen_resume(self) -> None:
        """Forget what was said before a queue was opened."""
        self._say("")

    def on_key(self, event: events.Key) -> None:
        """Refuse in words a key that does nothing here."""
        if event.is_printable and event.key not in self.active_bindings:
            self._say(f"{event.character} does nothing here; ? lists the keys.")

    def action_help(self) -> None:
        """Show the keys."""
        from adjudge.tui.dialogs.help import Help  # noqa: PLC0415 - seldom wanted

        quit_key = shown(self.place.keys.get("quit", "ctrl+q"))
        self.app.push_screen(
            Help(
                [
                    ("Go", "Enter 1-9", "open a queue"),
                    ("Go", "l", "a lead's numbers on the marked queue"),
                    ("Go", "d", "back to the newest draft"),
                    ("Go", "m", "messages from leads"),
                    ("Go", "r F5", "look again"),
                    ("Go", "^p", "every action by name"),
                    ("Go", f"q {quit_key}", "quit"),
                ]
            )
        )
