"""One line across the screen while something holds that a person must know of."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from adjudge.domain.safe_text import safe_text


class Banner(Static):
    """Out of sight until it has words."""

    DEFAULT_CSS = """
    Banner { height: auto; padding: 0 1; background: $bad; color: $background; text-style: bold; display: none; }
    Banner:ansi { background: ansi_default; color: ansi_default; text-style: bold reverse; }
    Banner:nocolor { text-style: bold reverse; }
    """  # noqa: E501 - a rule a line

    def tell(self, words: str) -> None:
        """Stand across the screen; without words, go."""
        self.display = bool(words)
        self.update(Content(safe_text(words, newlines=False)))
