"""Text as people read it: Markdown turned into strips, lazily and honestly."""

from adjudge.tui.reading.look import Look
from adjudge.tui.reading.rendered import Facts, Rendered, Setting, Shelf, View, facts_of
from adjudge.tui.reading.signs import DRAWN, TYPED, Signs

__all__ = [
    "DRAWN",
    "TYPED",
    "Facts",
    "Look",
    "Rendered",
    "Setting",
    "Shelf",
    "Signs",
    "View",
    "facts_of",
]
