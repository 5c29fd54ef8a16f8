"""A ranking in the making: the order so far, and who has no place yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import reactive

from adjudge.tui.glyphs import UNICODE, Glyphs
from adjudge.tui.widgets.lines import Bit, Drawn, content, spread

if TYPE_CHECKING:
    from textual.content import Content

Places = tuple[tuple[int, ...], ...]  # numbers on screen, tier by tier, best first


class Order(Drawn):
    """One line: best first, ties with ``=``, then what is left.

    Attributes:
        places: The order so far.
        left: Numbers without a place.
        tie_next: The next number ties with the last.
    """

    DEFAULT_CSS = """
    Order { height: 1; padding: 0 1; }
    """
    places: reactive[Places] = reactive(())
    left: reactive[tuple[int, ...]] = reactive(())
    tie_next: reactive[bool] = reactive(False)
    none_acceptable: reactive[bool] = reactive(False)

    def __init__(self, glyphs: Glyphs = UNICODE, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs

    def render(self) -> Content:
        """Draw the line."""
        bits = [Bit("Best first ")]
        for n, tier in enumerate(self.places):
            if n:
                bits.append(Bit(" > "))
            words = " = ".join(map(str, tier))
            bits.append(Bit(f" {words} ", "bold reverse"))
        if self.tie_next:
            bits.append(Bit(" = ?", "bold $key"))
        elif self.left and self.places:
            bits.append(Bit(" > ?", "$quiet"))
        if self.left:
            bits.append(Bit("   to place", "$quiet"))
            for number in self.left:
                action = f"screen.place({number})"
                bits.append(Bit(f" {number}", "bold $key", action))
        else:
            bits.append(Bit(f"   {self._glyphs.check} all placed", "bold $good"))
        return content(spread(bits, self._none(), self.content_size.width))

    def _none(self) -> list[Bit]:
        action = "screen.none_acceptable"
        if self.none_acceptable:
            words = f"[0 {self._glyphs.check} none acceptable]"
            return [Bit(words, "bold reverse $bad", action)]
        return [Bit("0", "bold $key", action), Bit(" none acceptable", "", action)]


def badge(places: Places, number: int) -> str:
    """Write the place of a response: ``2``, ``2=`` in a tie, empty without one."""
    for place, tier in enumerate(places, 1):
        if number in tier:
            return f"{place}=" if len(tier) > 1 else str(place)
    return ""
