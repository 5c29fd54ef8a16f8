"""Rate the responses of a comparison by the guideline's criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from adjudge.tui.widgets.rating_grid import RatingGrid, Ratings

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from adjudge.domain.guideline import Criterion
    from adjudge.domain.ids import ResponseId


class Criteria(ModalScreen[Ratings | None]):
    """Enter keeps the scores, Esc leaves them as they were."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "leave", "Leave"),
        ("enter,f2", "take", "Keep"),
    ]
    AUTO_FOCUS = "RatingGrid"

    def __init__(
        self,
        criteria: tuple[Criterion, ...],
        shown: tuple[ResponseId, ...],
        names: tuple[str, ...],
        ratings: Ratings,
    ) -> None:
        super().__init__(classes="dialog")
        self._offered = (criteria, shown, names)
        self._ratings = ratings

    def compose(self) -> ComposeResult:
        """Build the grid."""
        with Vertical(classes="box wide") as box:
            box.border_title = Content("Rate by criterion")
            yield RatingGrid()
            yield Static(
                Content("digits score   arrows move   Backspace   Enter keeps   Esc"),
                classes="quiet",
                id="told",
            )

    def on_mount(self) -> None:
        """Show what was scored before."""
        grid = self.query_one(RatingGrid)
        grid.offer(*self._offered)
        grid.ratings = self._ratings

    def on_rating_grid_scored(self, message: RatingGrid.Scored) -> None:
        """Score a cell, or take its score back."""
        scores = dict(self._ratings.get(message.response, {}))
        if message.score is None:
            scores.pop(message.criterion, None)
        else:
            scores[message.criterion] = message.score
        ratings = {**self._ratings, message.response: scores}
        self._ratings = {id: kept for id, kept in ratings.items() if kept}
        self.query_one(RatingGrid).ratings = self._ratings

    def on_rating_grid_refused(self, message: RatingGrid.Refused) -> None:
        """Say which digits there are."""
        self.query_one("#told", Static).update(Content(message.words))

    def action_take(self) -> None:
        """Keep the scores."""
        self.dismiss(self._ratings)

    def action_leave(self) -> None:
        """Leave them as they were."""
        self.dismiss(None)
