"""Rate one response by the guideline's criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal

from adjudge.tui.keys import TASK, Key
from adjudge.tui.task_screen import TaskScreen
from adjudge.tui.texts import candidate_text
from adjudge.tui.widgets.pane import Pane
from adjudge.tui.widgets.rating_grid import RatingGrid

if TYPE_CHECKING:
    from textual import events
    from textual.widget import Widget

    from adjudge.domain.judging import Draft
    from adjudge.services.judging import Assignment

_RATE = (
    Key("score", "1-9", "", "score the marked criterion", "Rate"),
    Key("move", "left,right", "", "go to another criterion", "Rate"),
    Key("unscore", "backspace", "", "take the score back", "Rate"),
)


_TURNS = {"left": "up", "right": "down", "backspace": "backspace"}


class RateScreen(TaskScreen):
    """Digits score, the arrows left and right go from criterion to criterion."""

    TABLE: ClassVar[tuple[Key, ...]] = (*_RATE, *TASK)
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
        guideline = self.session.seat.sitting.guideline
        grid = self.query_one(RatingGrid)
        grid.offer(guideline.criteria if guideline else (), assignment.shown, ("",))
        if guideline is None or not guideline.criteria:
            self.say("The guideline has no criteria: ! calls a lead.", "bad")

    def paint_verdict(self, draft: Draft) -> None:
        """Show the scores."""
        self.query_one(RatingGrid).ratings = draft.ratings

    def on_key(self, event: events.Key) -> None:
        """Hand digits and the arrows left and right to the grid."""
        sign = event.character or ""
        if event.key in _TURNS or sign.isdigit():
            event.stop()
            event.prevent_default()
            if self.edit():
                key = _TURNS.get(event.key, event.key)
                self.query_one(RatingGrid).press(key, sign)

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
