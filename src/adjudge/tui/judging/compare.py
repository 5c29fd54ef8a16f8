"""Compare two responses: one digit, then Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal

from adjudge.tui.judging.task_screen import TaskScreen
from adjudge.tui.keys import COMPARE, TASK, Key, bindings
from adjudge.tui.reading.folding import shared_beginning
from adjudge.tui.texts import candidate_text
from adjudge.tui.widgets.asked import Asked
from adjudge.tui.widgets.pane import Pane
from adjudge.tui.widgets.scale import Scale

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.widget import Widget

    from adjudge.domain.judging import Draft
    from adjudge.services.work.judging import Assignment


class CompareScreen(TaskScreen):
    """Two responses, seven grades."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(COMPARE)
    TABLE: ClassVar[tuple[Key, ...]] = (*COMPARE, *TASK)
    GRADED: ClassVar[bool] = True
    HINTED: ClassVar[tuple[tuple[str, str], ...]] = (
        ("1-7", "grade"),
        ("0", "none"),
        ("submit", "submit"),
        ("tags", "tags"),
        ("note", "note"),
        ("skip", "pass on"),
        ("flag", "flag"),
        ("undo", "undo"),
        ("help", "help"),
        ("other_pane", "other"),
        ("diff", "differences"),
        ("guideline", "guideline"),
        ("conversation", "conversation"),
        ("search", "search"),
        ("raw", "source"),
        ("home", "leave"),
    )

    _folded = 0

    def compose_reading(self) -> Widget:
        """Build two panes."""
        return Horizontal(
            Pane(side="A", id="left", classes="response -front"),
            Pane(side="B", id="right", classes="response"),
            id="panes",
        )

    def compose_verdict(self) -> Widget:
        """Build the scale."""
        queue = self.session.seat.sitting.queue
        return Scale(self.place.glyphs, ties=queue.ties, id="verdict")

    def side_names(self, assignment: Assignment) -> dict[str, str]:
        """Name the responses A and B, as shown."""
        return dict(zip(assignment.shown, "AB", strict=True))

    def show_responses(self, assignment: Assignment) -> None:
        """Put each response on its side; what both begin with is folded."""
        self._put(_texts(assignment), fold=True)

    def _put(self, texts: list[str], *, fold: bool) -> None:
        self._folded = shared_beginning(*texts) if fold else 0
        for pane, text in zip(self.all_panes, texts, strict=True):
            pane.show(text, folded=self._folded, unfold=self.key("fold"))

    def texts_to_show(self, assignment: Assignment) -> list[str]:
        """Give both texts without what both begin with; more than two are whole."""
        texts = _texts(assignment)
        if len(texts) != 2:
            return texts  # what comes next is not for this screen
        folded = shared_beginning(*texts)
        return [text[folded:] for text in texts]

    def action_fold(self) -> None:
        """Show what both begin with, or fold it again."""
        texts = [pane.text for pane in self.all_panes]
        if not shared_beginning(*texts):
            self.say("The two do not begin with the same paragraphs.")
            return
        marked = self.front.other is not None
        self.unmark()
        self._put(texts, fold=not self._folded)
        if marked:
            self._mark_differences()
        words = "is folded: read it once." if self._folded else "is shown."
        self.say(f"What both begin with {words}")

    def show_place(self) -> None:
        """Say which response is behind the other where one has room."""
        other = "B" if self.front is self.all_panes[0] else "A"
        self.query_one(Asked).tell(f"{self.key('other_pane')}: {other}")

    def paint_verdict(self, draft: Draft) -> None:
        """Show the grade."""
        scale = self.query_one(Scale)
        scale.digit = draft.digit
        scale.none_acceptable = draft.none_acceptable

    def action_give_grade(self, digit: int) -> None:
        """Take a grade."""
        if draft := self.edit():
            if digit == 4 and not self.session.seat.sitting.queue.ties:
                self.say("This queue takes no ties: choose a side.", "bad")
                return
            self.draft = draft.grade(digit)

    def action_nudge(self, step: int) -> None:
        """Move the grade one step."""
        if draft := self.edit():
            moved = draft.nudge(step)
            if moved.digit == 4 and not self.session.seat.sitting.queue.ties:
                moved = moved.nudge(step)
            self.draft = moved

    def action_criteria(self) -> None:
        """Rate both responses by the guideline's criteria."""
        self.ask_criteria(("A", "B"))


def _texts(assignment: Assignment) -> list[str]:
    """Give the texts of both sides, as shown."""
    return [candidate_text(assignment.comparison.response(r)) for r in assignment.shown]
