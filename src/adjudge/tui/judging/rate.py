"""Rate one response by the guideline's criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal

from adjudge.tui.judging.task_screen import TaskScreen
from adjudge.tui.keys import RATE, TASK, Key, bindings
from adjudge.tui.texts import candidate_text
from adjudge.tui.widgets.pane import Pane
from adjudge.tui.widgets.rating_grid import RatingGrid

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.widget import Widget

    from adjudge.domain.judging import Draft
    from adjudge.services.work.judging import Assignment


class RateScreen(TaskScreen):
    """Digits score, the arrows left and right go from criterion to criterion."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(RATE)
    TABLE: ClassVar[tuple[Key, ...]] = (*RATE, *TASK)
    HINTED: ClassVar[tuple[tuple[str, str], ...]] = (
        ("1-9", "score"),
        ("← →", "criterion"),
        ("submit", "submit"),
        ("tags", "tags"),
        ("note", "note"),
        ("skip", "pass on"),
        ("flag", "flag"),
        ("undo", "undo"),
        ("help", "help"),
        ("guideline", "guideline"),
        ("conversation", "conversation"),
        ("search", "search"),
        ("home", "leave"),
    )

    def compose_reading(self) -> Widget:
        """Build one pane."""
        pane = Pane(title="Response", classes="response -front")
        return Horizontal(pane, id="panes")

    def compose_verdict(self) -> Widget:
        """Build the grid of criteria."""
        return RatingGrid(driven=True, id="verdict")

    def side_names(self, assignment: Assignment) -> dict[str, str]:
        """There is one response, and nothing to name."""
        return {assignment.shown[0]: "1"}

    def show_responses(self, assignment: Assignment) -> None:
        """Show the response and the criteria."""
        response = assignment.comparison.response(assignment.shown[0])
        self.all_panes[0].show(candidate_text(response))
        guideline = self.guideline
        grid = self.query_one(RatingGrid)
        grid.offer(guideline.criteria if guideline else (), assignment.shown, ("",))
        if guideline is None or not guideline.criteria:
            self.say("The guideline has no criteria: ! calls a lead.", "bad")

    def paint_verdict(self, draft: Draft) -> None:
        """Show the scores."""
        self.query_one(RatingGrid).ratings = draft.ratings

    def action_score(self, digit: int) -> None:
        """Score the marked criterion and go on."""
        if self.edit():
            self.query_one(RatingGrid).press("", str(digit))

    def action_turn(self, key: str) -> None:
        """Go to another criterion, or take a score back."""
        if self.edit():
            self.query_one(RatingGrid).press(key, "")

    def on_rating_grid_scored(self, message: RatingGrid.Scored) -> None:
        """Score a criterion, or take its score back."""
        if self.draft is None:
            return
        if message.score is None:
            self.draft = self.draft.unrate(message.response, message.criterion)
        else:
            self.draft = self.draft.rate(
                message.response, message.criterion, message.score
            )

    def on_rating_grid_refused(self, message: RatingGrid.Refused) -> None:
        """Say which digits there are."""
        self.say(message.words, "bad")
