"""Scores by criterion: one row for each, one column for each response."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from adjudge.domain.safe_text import safe_text
from adjudge.tui.texts import clipped
from adjudge.tui.widgets.lines import Bit, stacked

if TYPE_CHECKING:
    from textual import events
    from textual.content import Content
    from textual.geometry import Size

    from adjudge.domain.guideline import Criterion
    from adjudge.domain.ids import ResponseId

Ratings = dict[str, dict[str, float]]


class RatingGrid(Widget, can_focus=True):
    """Digits score the marked cell and go on; arrows move; Backspace takes back.

    Attributes:
        ratings: Scores by response and criterion.
        at: The marked cell, row and column.
    """

    DEFAULT_CSS = """
    RatingGrid { height: auto; padding: 0 1; }
    """
    ratings: reactive[Ratings] = reactive(dict)
    at: reactive[tuple[int, int]] = reactive((0, 0))

    class Scored(Message):
        """A cell was scored, or its score (None) taken back."""

        def __init__(
            self, response: ResponseId, criterion: str, score: float | None
        ) -> None:
            super().__init__()
            self.response = response
            self.criterion = criterion
            self.score = score

    class Refused(Message):
        """A digit that the scale of a criterion does not have."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, *, driven: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._driven = driven  # the screen hands over the keys; no focus is needed
        self._criteria: tuple[Criterion, ...] = ()
        self._shown: tuple[ResponseId, ...] = ()
        self._names: tuple[str, ...] = ()

    def offer(
        self,
        criteria: tuple[Criterion, ...],
        shown: tuple[ResponseId, ...],
        names: tuple[str, ...],
    ) -> None:
        """Take the criteria, and the responses as they are shown."""
        self._criteria, self._shown, self._names = criteria, shown, names
        self.at = (0, 0)
        self.refresh(layout=True)

    # --- keys ------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Score, move, or leave the key to the screen."""
        if self.press(event.key, event.character or ""):
            event.stop()

    def press(self, key: str, sign: str) -> bool:
        """Do what a key means here; return whether it means anything."""
        if not self._criteria:
            return False
        if sign.isdecimal():  # ``²`` is a digit, and no number
            self._score(int(sign))
        elif key == "backspace":
            row, column = self.at
            name = self._criteria[row].name
            self.post_message(self.Scored(self._shown[column], name, None))
        elif key in _STEPS:
            self._step(*_STEPS[key])
        else:
            return False
        return True

    def _score(self, digit: int) -> None:
        row, column = self.at
        criterion = self._criteria[row]
        if not criterion.low <= digit <= criterion.high:
            title = safe_text(criterion.title, newlines=False)
            span = f"{criterion.low} to {criterion.high}"
            self.post_message(self.Refused(f"{title} goes from {span}."))
            return
        self.post_message(self.Scored(self._shown[column], criterion.name, digit))
        if column + 1 < len(self._shown):
            self._step(0, 1)
        elif row + 1 < len(self._criteria):
            self.at = (row + 1, 0)

    def _step(self, down: int, right: int) -> None:
        row, column = self.at
        self.at = (
            min(max(0, row + down), len(self._criteria) - 1),
            min(max(0, column + right), len(self._shown) - 1),
        )

    def on_focus(self) -> None:
        """Mark the cell."""
        self.refresh()

    def on_blur(self) -> None:
        """Unmark it."""
        self.refresh()

    # --- drawing ---------------------------------------------------------------

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Need a row for each criterion, a head, and the words of the marked one."""
        return len(self._criteria) + (4 if len(self._shown) > 1 else 2)

    def render(self) -> Content:
        """Draw the grid and the anchors of the marked criterion."""
        room = self.content_size.width
        lines = []
        if len(self._shown) > 1:
            head = [Bit(" " * 22)]
            head += [Bit(f"  {name:<5}", "bold") for name in self._names]
            lines.append(head)
        lines += [self._row(row, c) for row, c in enumerate(self._criteria)]
        if self._criteria:
            most = 3 if len(self._shown) > 1 else 2
            words = textwrap.wrap(clipped(self._anchors(), most * room - 20), room)
            lines += [[Bit(line, "$quiet")] for line in words[:most]]
        return stacked(lines)

    def _row(self, row: int, criterion: Criterion) -> list[Bit]:
        line = [Bit(f"{clipped(criterion.title, 21):<22}")]
        for column, response in enumerate(self._shown):
            score = self.ratings.get(response, {}).get(criterion.name)
            said = "·" if score is None else f"{score:g}"
            if (row, column) == self.at and (self.has_focus or self._driven):
                line.append(Bit(f" [{said}] ", "bold reverse"))
            else:
                line.append(Bit(f"  {said}  ", "" if score is None else "bold"))
            line.append(Bit("  "))
        line.append(Bit(f"{criterion.low}-{criterion.high}", "$quiet"))
        return line

    def _anchors(self) -> str:
        criterion = self._criteria[self.at[0]]
        anchors = "; ".join(f"{n}: {words}" for n, words in criterion.anchors.items())
        return anchors or criterion.definition


_STEPS = {
    "up": (-1, 0),
    "down": (1, 0),
    "left": (0, -1),
    "right": (0, 1),
}
