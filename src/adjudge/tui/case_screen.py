"""A comparison with what people said of it beside: a lead decides, a reviewer looks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from adjudge.tui.key_help import KeyHelp
from adjudge.tui.reading_screen import ReadingScreen
from adjudge.tui.texts import asked, candidate_text, clipped, conversation_text
from adjudge.tui.widgets.asked import Asked
from adjudge.tui.widgets.banner import Banner
from adjudge.tui.widgets.drawer import Drawer
from adjudge.tui.widgets.evidence import Evidence
from adjudge.tui.widgets.hints import Hints
from adjudge.tui.widgets.line import Line
from adjudge.tui.widgets.pane import Pane
from adjudge.tui.widgets.top_line import TopLine

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from adjudge.domain.conversation import Comparison
    from adjudge.domain.ids import ResponseId

WHY_LIMIT = 2000


class CaseScreen(KeyHelp, ReadingScreen):
    """The responses as they are shown, and beside them what was said.

    Attributes:
        WHY: What the line for words is called.
        WHY_STANDS: What to say when words stand in it.
        UNDECIDED: What leaving means.
    """

    # Heirs live in other folders; a bare name would be looked for there.
    CSS_PATH = Path(__file__).with_name("case.tcss")
    HAS_DESK: ClassVar[bool] = False  # what people said stands in its place
    WHY: ClassVar[str] = "Reason"
    WHY_STANDS: ClassVar[str] = "The reason stands; Enter decides."
    UNDECIDED: ClassVar[str] = "goes back undecided"

    # --- what subclasses say ---------------------------------------------------

    @property
    def shown(self) -> tuple[ResponseId, ...]:
        """The responses as they stand on the screen."""
        raise NotImplementedError

    def compose_evidence(self) -> Evidence:
        """Build what was said, with the id ``evidence``."""
        raise NotImplementedError

    def compose_verdict(self) -> ComposeResult:
        """Build the lines over the reason."""
        raise NotImplementedError

    def compose_below(self) -> ComposeResult:
        """Build the lines under the reason."""
        yield from ()

    # --- building --------------------------------------------------------------

    @property
    def is_pair(self) -> bool:
        """Whether there are two responses, a left one and a right one."""
        return len(self.shown) == 2

    def compose(self) -> ComposeResult:
        """Build the frame; the panes come with the comparison."""
        yield TopLine(self.place.glyphs, id="top")
        yield Banner(id="away")
        yield Asked(id="asked")
        with Horizontal(id="room"):
            with Vertical(id="reading"):
                yield Static(id="veil", markup=False)
                yield Horizontal(*self._new_panes(), id="panes")
            yield self.compose_evidence()
            yield Drawer(id="drawer")
        with Vertical(id="bar"):
            yield from self.compose_verdict()
            with Horizontal(id="note-line"):
                yield Static(f"{self.WHY} ", markup=False)
                yield Line(
                    placeholder=f"n writes the {self.WHY.lower()}",
                    max_length=WHY_LIMIT, compact=True, id="why",
                    select_on_focus=False,
                )  # fmt: skip
            yield from self.compose_below()
            yield Static(id="said", markup=False)
            with Horizontal(id="search-line"):
                yield Static("Search ", markup=False)
                yield Line(placeholder="Enter marks it", compact=True, id="search")
            yield Hints(id="hints")

    def _new_panes(self) -> list[Pane]:
        if self.is_pair:
            return [
                Pane(side="A", id="left", classes="response -front"),
                Pane(side="B", id="right", classes="response"),
            ]
        if len(self.shown) == 1:
            return [Pane(title="Response", classes="response -front")]
        return [
            Pane(title=str(n), classes="response -front" if n == 1 else "response")
            for n in range(1, len(self.shown) + 1)
        ]

    def lay_out(self, comparison: Comparison) -> None:
        """Put what was asked on the desk; the responses need their room first."""
        self.query_one("#search-line").display = False
        head, text = asked(comparison.prompt)
        self.query_one(Asked).show(head, text, topic=comparison.topic or "")
        self.drawer.show_conversation(conversation_text(comparison.prompt))

    def show_responses(self, comparison: Comparison) -> None:
        """Put each response into its pane."""
        for pane, id in zip(self.all_panes, self.shown, strict=True):
            pane.show(candidate_text(comparison.response(id)))

    def titled(self, queue: str, comparison: str) -> str:
        """Name the queue and the comparison for the top line."""
        return f"{clipped(queue, 40)}  {clipped(comparison, 30)}"

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """Say which response is behind the other where one has room."""
        panes = self.all_panes
        place = panes.index(self.front) + 1 if self.front in panes else 1
        words = f"{place} of {len(panes)}, next"
        if self.is_pair:
            words = "AB"[place % 2]
        if len(panes) > 1:
            self.query_one(Asked).tell(f"{self.key('other_pane')}: {words}")

    # --- what was said ---------------------------------------------------------

    def to_evidence(self) -> None:
        """Go to what people said, or back to the responses."""
        if self.query_one(Evidence).has_focus or (
            self.has_class("-narrow") and self.has_class("-evidence")
        ):
            self.remove_class("-evidence")
            self.bring_to_front(self.front)
        else:
            self.add_class("-evidence")
            self.set_focus(self.query_one(Evidence))

    @on(Input.Submitted, "#why")
    def _why_done(self, event: Input.Submitted) -> None:
        event.stop()
        self.bring_to_front(self.front)
        self.say(self.WHY_STANDS)

    # --- keys ------------------------------------------------------------------

    def action_swap_pane(self, step: int) -> None:
        """Go to the next response."""
        self.remove_class("-evidence")
        super().action_swap_pane(step)

    def close_drawer(self) -> None:
        """Put the drawer away."""
        self.drawer.kind = ""
        self.bring_to_front(self.front)

    def action_close(self) -> None:
        """Close what is open; never the screen, with all that was said."""
        if self.query_one("#bar").has_class("-searching"):
            self.end_search()
        elif self.drawer.kind:
            self.close_drawer()
        elif isinstance(self.focused, (Input, Evidence)):
            self.remove_class("-evidence")
            self.bring_to_front(self.front)
        else:
            self.say(f"Nothing is open. {self.key('home')} {self.UNDECIDED}.")
