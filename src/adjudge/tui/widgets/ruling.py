"""The line of a review: what was decided, and what the author gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import reactive

from adjudge.tui.widgets.lines import Bit, Cell, Drawn, fitting, stacked

if TYPE_CHECKING:
    from textual.content import Content
    from textual.geometry import Size

Choices = tuple[tuple[str, str, str], ...]  # code, digit, words
OF_A_REWRITE: Choices = (
    ("approve", "1", "approve"),
    ("fix", "2", "fix, then sign"),
    ("return", "3", "send back"),
)
OF_A_JUDGMENT: Choices = (("accept", "1", "accept"), ("return", "3", "send back"))


class Ruling(Drawn):
    """A few choices; the one that stands is in brackets."""

    DEFAULT_CSS = """
    Ruling { height: auto; padding: 0 1; }
    """
    verdict: reactive[str] = reactive("")
    clause: reactive[str] = reactive("")
    facts: reactive[tuple[str, str]] = reactive(("", ""), layout=True)

    def __init__(
        self, choices: Choices = OF_A_REWRITE, *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._choices = choices

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Need two lines."""
        return 2

    def render(self) -> Content:
        """Draw the facts over the choices."""
        room = self.content_size.width
        counted, given = self.facts
        facts: list[Cell] = [(Bit(counted, "bold"),)]
        if given:
            facts.append((Bit("author: ", "$quiet"), Bit(given)))
        cells: list[Cell] = [(Bit("Decide:"),)]
        for code, digit, words in self._choices:
            action = f"screen.decide('{code}')"
            if code == self.verdict:
                more = f" ({self.clause})" if code == "return" and self.clause else ""
                text = f"[{digit} {words}{more}]"
                cells.append((Bit(text, "bold reverse $key", action),))
            else:
                key, rest = (
                    Bit(digit, "bold $key", action),
                    Bit(f" {words}", "", action),
                )
                cells.append((key, rest))
        return stacked([fitting(facts, room), fitting(cells, room)])
