"""A lead's numbers on one queue: agreement, people, queues, what is disputed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Input, Static
from textual.worker import get_current_worker

from adjudge.domain.safe_text import safe_text
from adjudge.domain.words import count_of
from adjudge.errors import AdjudgeError
from adjudge.tui.clock import clock_time
from adjudge.tui.key_help import KeyHelp
from adjudge.tui.keys import DASHBOARD, bindings
from adjudge.tui.lead import listing
from adjudge.tui.lead.adjudicate import AdjudicateScreen
from adjudge.tui.patience import Patient
from adjudge.tui.status import Status
from adjudge.tui.texts import clipped, words_of
from adjudge.tui.widgets.figures import Figures, TabLine, Tiles, Weeks
from adjudge.tui.widgets.hints import Hints
from adjudge.tui.widgets.line import Line
from adjudge.tui.widgets.pairs import MEASURES, Pairs, Spelt
from adjudge.tui.widgets.top_line import Facts, TopLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from adjudge.services.measuring.adjudication import Disputed
    from adjudge.services.work.casework import Case
    from adjudge.tui.lead.listing import Listing
    from adjudge.tui.session import Workplace

AGREEMENT, ANNOTATORS, QUEUES, DISPUTED = 1, 2, 3, 4
_PANELS = ("tiles", "pairs-room", "weeks")
_STEPS = (
    ("glance", "counts"),
    ("queues", "queues"),
    ("disputed", "what is disputed"),
    ("people", "people"),
)
_FEW = 5  # disputed comparisons under the numbers
_NUMBERS = (
    ("alpha", "agreement beyond chance: 1 is perfect, 0 is what chance gives"),
    ("ordinal", "by margin: far better against slightly better is half a dispute"),
    ("[low, high]", "95 % interval; resampled by comparison, or by prompt if shared"),
    ("n", "how many comparisons, pairs or judgments a number rests on"),
    ("Kendall's W", "agreement of whole rankings: 0 none, 1 all the same"),
    ("tau-b", "of two rankings, averaged: 1 the same, -1 turned round"),
    ("kappa", "agreement of two people beyond chance, from 20 comparisons on"),
    ("same answer", "share of pairs of judgments that say the same"),
    ("left side wins", "50 % if nobody looks at the side; ties are left out"),
    ("undefined", "the data say nothing about it; the reason stands beside"),
)


class DashboardScreen(KeyHelp, Status, Patient, Screen[None]):
    """Numbers that are there at once, and those that are computed aside.

    Attributes:
        queue: The queue in sight.
        judge: Whose disputed comparisons are listed; empty for everybody's.
    """

    CSS_PATH = "dashboard.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = bindings(DASHBOARD)
    TABLE = DASHBOARD
    HELP_MORE = ()
    HELP_NUMBERS = _NUMBERS
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"),
        (100, "-wide"),
        (160, "-huge"),
    ]

    class Step(Message):
        """How far the computing is."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Found(Message):
        """A part of the numbers is there."""

        def __init__(self, queue: str, part: str) -> None:
            super().__init__()
            self.queue = queue
            self.part = part

    class Listed(Message):
        """What one person's judgments are disputed about."""

        def __init__(self, queue: str, judge: str, found: list[Disputed]) -> None:
            super().__init__()
            self.queue = queue
            self.judge = judge
            self.found = found

    class CaseOpened(Message):
        """A comparison is ready to be decided."""

        def __init__(self, case: Case) -> None:
            super().__init__()
            self.case = case

    class Ready(Message):
        """All is computed."""

    class Failed(Message):
        """The store said no."""

        def __init__(self, error: AdjudgeError) -> None:
            super().__init__()
            self.error = error

    def __init__(self, place: Workplace, queue: str) -> None:
        super().__init__()
        self.place = place
        self.queue = queue
        self.judge = ""
        self.tab = AGREEMENT
        self._panel = 0
        self._computing = False
        self._mine: list[Disputed] = []
        self._listings: dict[int, Listing] = {}
        self._told = ""  # what was done last, said again when all is computed

    def compose(self) -> ComposeResult:
        """Build the frame; the numbers come."""
        glyphs = self.place.glyphs
        yield TopLine(glyphs, id="top")
        yield TabLine(id="tabs")
        with Vertical(id="agreement"):
            yield Static(id="warnings", markup=False)
            yield Tiles(glyphs, id="tiles")
            with Horizontal(id="middle"):
                with Vertical(id="pairs-room"):
                    with VerticalScroll(id="pairs-table", can_focus=False):
                        yield Pairs(glyphs, id="pairs")
                    yield Spelt(glyphs, id="spelt")
                yield Weeks(glyphs, id="weeks")
            yield Static(id="most", markup=False)
        with Vertical(id="lists"):
            yield Static(id="head", markup=False)
            yield DataTable(id="list", cursor_type="row", zebra_stripes=False)
        with Vertical(id="bar"):
            yield Static(id="said", markup=False)
            with Horizontal(id="filter-line"):
                yield Static("Keep lines with ", markup=False)
                yield Line(placeholder="Enter keeps, empty clears", compact=True)
            yield Hints(id="hints")

    def on_mount(self) -> None:
        """Show what is known of the queue, and compute it anew."""
        self.query_one("#filter-line").display = False
        self._paint()
        self.compute()
        self.opened()

    # --- computing -------------------------------------------------------------

    def compute(self) -> None:
        """Begin to compute; what is known stands until then."""
        self._computing = True
        self._compute(self.queue)

    @work(thread=True, exclusive=True, group="numbers")
    def _compute(self, queue: str) -> None:
        lead, worker = self.place.deeds.lead, get_current_worker()

        def tell(left: int) -> bool:
            more = f", {left:,} blocks to count" if left > 1 else ""
            self.post_message(self.Step(f"1/{len(_STEPS)}: counts{more}"))
            return not worker.is_cancelled

        deeds: dict[str, Callable[[], object]] = {
            "glance": lambda: lead.glance(queue, tell),
            "queues": lambda: lead.queues(queue),
            "disputed": lambda: lead.disputed(queue),
            "people": lambda: lead.people(queue),
        }
        for number, (part, words) in enumerate(_STEPS, 1):
            self.post_message(self.Step(f"{number}/{len(_STEPS)}: {words}"))
            try:
                deeds[part]()
            except AdjudgeError as error:
                self.post_message(self.Failed(error))
                return
            if worker.is_cancelled:
                return
            self.post_message(self.Found(queue, part))
        self.post_message(self.Ready())

    @on(Step)
    def _stepped(self, message: Step) -> None:
        if self._computing:
            self.say(f"computing {message.words} - {self.key('close')} cancels")
            self.passes = False

    @on(Found)
    def _found(self, message: Found) -> None:
        if message.queue == self.queue:
            self._paint()

    @on(Ready)
    def _ready(self) -> None:
        self._computing = False
        self.say(self._told, "good" if self._told else "")
        self._told = ""
        self._paint()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self._computing = False
        error = message.error
        self.say(words_of(error), "bad")

    def _stop(self) -> None:
        self.workers.cancel_group(self, "numbers")
        self._computing = False
        self.say(f"Stopped. {self._since()}", "key")

    def known(self, part: str) -> Any:
        """Give what was measured last, or nothing."""
        found = self.place.deeds.lead.known.get((self.queue, part))
        return None if found is None else found[1]

    def _since(self) -> str:
        found = self.place.deeds.lead.known.get((self.queue, "glance"))
        if found is None:
            return "Nothing is counted yet."
        return f"as of {clock_time(found[0])}"

    # --- painting --------------------------------------------------------------

    def _paint(self) -> None:
        """Show what is known, with the time it is from."""
        glance = self.known("glance")
        self.query_one(TopLine).facts = Facts(
            queue=clipped(self.queue, 60), place=self._since() if glance else ""
        )
        self.query_one(TabLine).tab = self.tab
        for widget in self.query(Figures).results(Figures):
            widget.glance = glance
        self._warn(glance)
        self._most()
        self._show_tab()
        self._hint()

    def _warn(self, glance: dict[str, Any] | None) -> None:
        warnings = glance["warnings"] if glance else ()
        lines = [safe_text(w, newlines=False) for w in warnings]
        box = self.query_one("#warnings", Static)
        box.display = bool(lines)
        box.update(Content.assemble(("\n".join(f"! {w}" for w in lines), "bold $bad")))

    def _most(self) -> None:
        """Name what adjudication would change most, under the numbers."""
        found: list[Disputed] | None = self.known("disputed")
        parts: list[str | tuple[str, str]] = [("Most disputed", "bold")]
        parts.append(("  4 lists all; Enter there decides\n", "$quiet"))
        if found is None:
            parts.append(("computing…", "$quiet"))
        elif not found:
            parts.append(("nothing waits for a decision", "$quiet"))
        for line in listing.disputed(found).lines[:_FEW]:
            name, state, _, said, gives = (words for words, _ in line.cells)
            parts += [(f"{name:<24} ", "bold"), f"{state:<10} {said}"]
            parts.append((f"   gives {gives}\n", "$quiet"))
        self.query_one("#most", Static).update(Content.assemble(*parts))

    def _show_tab(self) -> None:
        is_first = self.tab == AGREEMENT
        self.query_one("#agreement").display = is_first
        self.query_one("#lists").display = not is_first
        for number, name in enumerate(_PANELS):
            self.query_one(f"#{name}").set_class(number == self._panel, "-front")
        self.set_class(self._panel > 0, "-middle")
        if is_first:
            self.set_focus(None)
            return
        self._fill(self._listing())

    def _listing(self) -> Listing:
        if self.tab == ANNOTATORS:
            found = listing.annotators(self.known("glance"), self.known("people"))
        elif self.tab == QUEUES:
            found = listing.queues(self.known("queues") or ())
        else:
            mine = self._mine if self.judge else self.known("disputed")
            found = listing.disputed(mine)
        before = self._listings.get(self.tab)
        if before is not None:
            found = replace(
                found,
                sorted_by=before.sorted_by,
                backwards=before.backwards,
                wanted=before.wanted,
            )
        self._listings[self.tab] = found
        return found

    def _fill(self, found: Listing) -> None:
        table: DataTable[Text] = self.query_one("#list", DataTable)
        at = table.cursor_row
        table.clear(columns=True)
        for number, head in enumerate(found.heads):
            mark = (
                "" if number != found.sorted_by else " v" if found.backwards else " ^"
            )
            table.add_column(Text(f"{head}{mark}"))
        lines = found.shown()
        for line in lines:
            table.add_row(*(Text(words) for words, _ in line.cells), key=line.key)
        self.query_one("#head", Static).update(self._headline(len(lines), found))
        table.display = bool(lines)
        if lines:
            table.move_cursor(row=min(at, len(lines) - 1))
        if not isinstance(self.focused, Input):
            self.set_focus(table if lines else None)

    def _headline(self, count: int, found: Listing) -> Content:
        """Say what is listed, or why nothing is."""
        if self.tab == DISPUTED:
            whose = f" judged by {clipped(self.judge, 30)}" if self.judge else ""
            waits = self.known("disputed") is None and not self.judge
            what = "computing…" if waits else f"{count} wait for a decision{whose}"
            more = "what a decision changes most comes first" if count else ""
        elif self.tab == ANNOTATORS:
            what = count_of(count, "person")
            more = "Enter: what of theirs is disputed"
        else:
            what, more = count_of(count, "queue"), "Enter: its numbers"
        wanted = f"  with “{clipped(found.wanted, 20)}”" if found.wanted else ""
        decided = self._decided() if self.tab == DISPUTED else ""
        # The hint comes last: a narrow screen cuts it, and not what was left out.
        return Content.assemble(
            (what, "bold"),
            (wanted, "$key"),
            (f"  {more}", "$quiet"),
            (decided, "$quiet"),
        )

    def _decided(self) -> str:
        """Say why people disagreed where a lead decided already."""
        glance = self.known("glance")
        if not glance or not glance["decided"]["n"]:
            return ""
        found = glance["decided"]
        parts = (f"{c.replace('_', ' ')} {n}" for c, n in found["causes"].items())
        return f"\n{found['n']} decided, by cause: {', '.join(parts)}"

    # --- tabs, panels, cells -----------------------------------------------------

    def action_tab(self, number: int) -> None:
        """Go to a tab."""
        if number != DISPUTED or self.tab == DISPUTED:
            self.judge = ""
        self.tab = number
        self._paint()

    def action_panel(self) -> None:
        """Go to the next panel of numbers."""
        if self.tab != AGREEMENT:
            self.say("This tab has one panel; 1 goes to the numbers.")
            return
        if not self.has_class("-narrow"):
            self.say("All panels are in sight.")
            return
        self._panel = (self._panel + 1) % len(_PANELS)
        self._show_tab()

    def action_measure(self) -> None:
        """Print something else about pairs."""
        if self.tab != AGREEMENT:
            self.say("m goes with the table of pairs: 1 shows it.")
            return
        pairs = self.query_one(Pairs)
        place = (MEASURES.index(pairs.measure) + 1) % len(MEASURES)
        pairs.measure = MEASURES[place]
        self._panel = 1
        self._show_tab()

    def action_as_list(self) -> None:
        """List every pair with interval and n, or go back to the table."""
        if self.tab != AGREEMENT:
            self.say("i goes with the pairs: 1 shows them.")
            return
        pairs = self.query_one(Pairs)
        pairs.is_list = not pairs.is_list
        self._panel = 1
        self._show_tab()

    @on(Pairs.Marked)
    def _marked(self) -> None:
        self.query_one(Spelt).refresh(layout=True)

    def action_cell(self, down: int, right: int) -> None:
        """Go to another pair."""
        if self.tab == AGREEMENT:
            self.query_one(Pairs).move(down, right)

    # --- lists ---------------------------------------------------------------------

    def action_sort(self) -> None:
        """Sort by the next column."""
        if (found := self._sortable()) is not None:
            place = found.sorted_by + 1
            self._rearrange(
                replace(found, sorted_by=place if place < len(found.heads) else -1)
            )

    def action_turn_round(self) -> None:
        """Turn the order round."""
        if (found := self._sortable()) is not None:
            self._rearrange(replace(found, backwards=not found.backwards))

    def _sortable(self) -> Listing | None:
        found = self._listings.get(self.tab)
        if self.tab == AGREEMENT or found is None:
            self.say("Tables are sorted: 2, 3 and 4 are tables.")
            return None
        return found

    def _rearrange(self, found: Listing) -> None:
        self._listings[self.tab] = found
        self._fill(found)
        column = found.heads[found.sorted_by] if found.sorted_by >= 0 else "as it came"
        self.say(f"Sorted: {column}{', turned round' if found.backwards else ''}.")

    def action_filter(self) -> None:
        """Ask what lines are to hold."""
        box = self.query_one(Input)
        found = self._listings.get(self.tab)
        pairs = self.query_one(Pairs).wanted
        box.value = pairs if self.tab == AGREEMENT else found.wanted if found else ""
        self.query_one("#filter-line").display = True
        self.set_focus(box)

    @on(Input.Submitted)
    def _filtered(self, event: Input.Submitted) -> None:
        event.stop()
        self._end_filter()
        if self.tab == AGREEMENT:
            self.query_one(Pairs).wanted = event.value
        elif (found := self._listings.get(self.tab)) is not None:
            self._listings[self.tab] = replace(found, wanted=event.value)
        self._paint()

    def _end_filter(self) -> None:
        self.query_one("#filter-line").display = False
        self.set_focus(None)

    # --- drilling ------------------------------------------------------------------

    @on(DataTable.RowSelected)
    def _selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        self._drill(str(event.row_key.value))

    def action_drill(self) -> None:
        """Go to what stands behind the marked line."""
        if self.tab != AGREEMENT:
            self.say("Nothing is listed here.")
            return
        pairs = self.query_one(Pairs)
        marked = pairs.marked()
        if marked is None:
            self.say(f"No pair is marked: {pairs.why_none()}.")
            return
        self._of_judge(marked[0])

    def _drill(self, key: str) -> None:
        if self.tab == ANNOTATORS:
            self._of_judge(key)
        elif self.tab == QUEUES:
            self.queue, self.judge = key, ""
            self._listings.clear()
            self.tab = AGREEMENT
            self._paint()
            self.compute()
        else:
            self.say(f"opening {clipped(key, 60)}…")
            self._open_case(key, self.queue)

    def _of_judge(self, judge: str) -> None:
        self.say(f"looking for what {clipped(judge, 40)} judged…")
        self._list_of(judge, self.queue)

    @work(thread=True, exclusive=True, group="drill")
    def _list_of(self, judge: str, queue: str) -> None:
        try:
            found = self.place.deeds.lead.disputed_of(queue, judge)
        except AdjudgeError as error:
            self.post_message(self.Failed(error))
        else:
            self.post_message(self.Listed(queue, judge, found))

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        if message.queue != self.queue:
            return  # another queue was opened meanwhile
        self.judge, self._mine = message.judge, message.found
        self.tab = DISPUTED
        self.say("")
        self._paint()

    @work(thread=True, exclusive=True, group="drill")
    def _open_case(self, comparison: str, queue: str) -> None:
        try:
            case = self.place.deeds.lead.open_case(comparison, queue)
        except AdjudgeError as error:
            self.post_message(self.Failed(error))
        else:
            self.post_message(self.CaseOpened(case))

    @on(CaseOpened)
    def _case_opened(self, message: CaseOpened) -> None:
        def decided(words: str | None) -> None:
            if not words:
                return
            if self.judge:
                self._of_judge(self.judge)
            self._told = words
            self.compute()

        self.say("")
        self.app.push_screen(AdjudicateScreen(self.place, message.case), decided)

    # --- saying, leaving -------------------------------------------------------------

    def say(self, words: str, tone: str = "") -> None:
        """Put one line where the person looks for it."""
        self.has_said(words, passes=not tone)
        line = safe_text(words, newlines=False)
        style = f"bold ${tone}" if tone else ""
        self.query_one("#said", Static).update(Content.assemble((line, style)))

    def let_go(self) -> None:
        """Take the words of the status line away."""
        self.say("")

    def action_again(self) -> None:
        """Count again."""
        self.compute()

    def action_export(self) -> None:
        """Write a dataset of this queue."""
        from adjudge.tui.lead.export_screen import ExportScreen  # noqa: PLC0415 - late

        self.app.push_screen(ExportScreen(self.place, self.queue))

    def action_close(self) -> None:
        """Stop computing, or go one step back."""
        if self.query_one("#filter-line").display:
            self._end_filter()
            self._paint()
        elif self.judge:
            self.judge, self.tab = "", ANNOTATORS
            self._paint()
        elif self._computing:
            self._stop()
        elif self.tab != AGREEMENT:
            self.action_tab(AGREEMENT)
        else:
            self.say(f"Nothing is open. {self.key('home')} goes home.")

    def action_home(self) -> None:
        """Go home."""
        self.workers.cancel_group(self, "numbers")
        self.dismiss(None)

    def _hint(self) -> None:
        table = [("drill", "open"), ("sort", "sort"), ("sort_back", "turn round")]
        numbers = [
            ("panel", "next panel"),
            ("measure", "kappa, agreement, n"),
            ("as_list", "pairs as a list"),
        ]
        if not self.has_class("-narrow"):
            numbers = numbers[1:]
        first = numbers if self.tab == AGREEMENT else table
        rest = [
            ("filter", "filter"),
            ("again", "count again"),
            ("export", "export"),
            ("help", "help"),
            ("home", "home"),
        ]
        self.query_one(Hints).keys = self.hints_of([("1-4", "tabs"), *first, *rest])

    def on_resize(self) -> None:
        """Fit what is shown to the room."""
        self.call_after_refresh(self._hint)
