"""The few signs that are not letters, in two sets: most fonts, and every font."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Glyphs:
    """Signs that widgets draw.

    Attributes:
        check: Something is set.
        full: A done part of a bar.
        rest: What is left of a bar.
        dot: Between two facts.
    """

    check: str = "✓"
    full: str = "━"
    rest: str = "─"
    dot: str = "·"
    is_ascii: bool = False


UNICODE = Glyphs()
ASCII = Glyphs(check="x", full="=", rest="-", dot="-", is_ascii=True)
