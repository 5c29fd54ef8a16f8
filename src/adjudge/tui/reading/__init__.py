"""Text as people read it: Markdown turned into strips, lazily and honestly."""

from adjudge.tui.reading.look import Look
from adjudge.tui.reading.rendered import Facts, Rendered, Setting, Shelf, View, facts_of

__all__ = ["Facts", "Look", "Rendered", "Setting", "Shelf", "View", "facts_of"]
