"""The seven grades, spatially: 1 far left, 7 far right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import reactive

from adjudge.tui.glyphs import UNICODE, Glyphs
from adjudge.tui.texts import GRADES
from adjudge.tui.widgets.lines import Bit, Drawn, content

if TYPE_CHECKING:
    from textual.content import Content


class Scale(Drawn):
    """Shows the grade in brackets and reversed, so that no colour is needed."""

    DEFAULT_CSS = """
    Scale { height: 1; padding: 0 1; }
    """
    digit: reactive[int | None] = reactive[int | None](None)
    none_acceptable: reactive[bool] = reactive(False)

    def __init__(
        self, glyphs: Glyphs = UNICODE, *, ties: bool = True, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self.ties = ties

    def render(self) -> Content:
        """Draw the scale; at 80 columns it just fits."""
        roomy = self.content_size.width >= 96
        bits = [Bit("Better ")] if roomy else []
        for digit, name in GRADES.items():
            if digit == 4 and not self.ties:
                continue
            if digit in {4, 5} and roomy:
                bits.append(Bit("  "))
            bits += self._grade(digit, name)
        return content([*bits, *self._none(roomy=roomy)])

    def _grade(self, digit: int, name: str) -> list[Bit]:
        action = f"screen.give_grade({digit})"
        if digit == self.digit:
            return [Bit(f"[{digit} {name}]", "bold reverse", action)]
        tone = {4: ""}.get(digit, "$side-a" if digit < 4 else "$side-b")
        return [
            Bit(f" {digit}", "bold $key", action),
            Bit(f" {name} ", tone, action),
        ]

    def _none(self, *, roomy: bool) -> list[Bit]:
        action = "screen.none_acceptable"
        gap = Bit("     " if roomy else " ")
        if self.none_acceptable:
            words = f"[0 {self._glyphs.check} none acceptable]"
            return [gap, Bit(words, "bold reverse $bad", action)]
        words = " none acceptable" if self.ties and not roomy else " none acceptable "
        return [gap, Bit("0", "bold $key", action), Bit(words, "", action)]
