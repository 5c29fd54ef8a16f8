"""The line at the top: where we are, how far, how long, and whether it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size
from textual.reactive import reactive
from textual.widget import Widget

from adjudge.domain.safe_text import safe_text
from adjudge.tui.glyphs import UNICODE, Glyphs
from adjudge.tui.widgets.lines import Bit, content, spread, width

if TYPE_CHECKING:
    from textual.content import Content


class Facts(NamedTuple):
    """What the top line tells.

    Attributes:
        spent: Active time on this task.
        research: Time outside the window, empty for none.
        kept: What is stored of the draft.
        place: Which judgment is taken up again, empty for the task in hand.
    """

    queue: str = ""
    done: int = 0
    total: int = 0
    spent: str = ""
    research: str = ""
    kept: str = ""
    place: str = ""


class TopLine(Widget):
    """One line of facts, never wider than its terminal."""

    DEFAULT_CSS = """
    TopLine { height: 1; padding: 0 1; background: $panel; color: $foreground; }
    TopLine:ansi { background: ansi_default; text-style: bold; }
    """
    facts: reactive[Facts] = reactive(Facts)

    def __init__(self, glyphs: Glyphs = UNICODE, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs

    def render(self) -> Content:
        """Draw as much as there is room for."""
        facts, room = self.facts, self.content_size.width
        right = [Bit(f"{facts.done}/{facts.total} ")] if facts.total else []
        if facts.total and room >= 70:
            right.append(Bit(f"{self._bar(facts, 10)}  ", "$quiet"))
        if facts.spent:
            right.append(Bit(f"time {facts.spent}"))
        if facts.research:
            right.append(Bit(f"  research {facts.research}", "bold $key"))
        if facts.kept:
            right.append(Bit(f"  {facts.kept:<8}", _TONE.get(facts.kept, "$quiet")))
        name = safe_text(facts.queue, newlines=False)
        left = [Bit("adjudge  ", "$quiet"), Bit(name, "bold")]
        if facts.place:
            left.append(Bit(f"  {facts.place}", "bold $key"))
        over, wide = width([*left, *right]) + 1 - room, cell_len(name)
        if over > 0 and wide > over + 1:
            left[1] = Bit(f"{set_cell_size(name, wide - over - 1)}…", "bold")
        return content(spread(left, right, room))

    def _bar(self, facts: Facts, length: int) -> str:
        full = min(length, facts.done * length // max(1, facts.total))
        return self._glyphs.full * full + self._glyphs.rest * (length - full)


_TONE = {"saved": "$good", "not saved": "bold $bad"}
