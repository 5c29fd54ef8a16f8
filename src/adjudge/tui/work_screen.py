"""What all work has on its screen: a warning before it, time outside, words for it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from adjudge.domain.safe_text import safe_text
from adjudge.tui.guided_screen import GuidedScreen


class WorkScreen(GuidedScreen):
    """Hides what stands behind a warning, and lets people work outside the window.

    Attributes:
        LEAVING: What leaving it to others means.
    """

    LEAVING: ClassVar[str] = "passes it on: paid, never scored"

    class Told(Message):
        """Something to say in the status line."""

        def __init__(self, words: str, *, is_bad: bool = False) -> None:
            super().__init__()
            self.words = words
            self.is_bad = is_bad

    # --- what subclasses say ---------------------------------------------------

    def labels(self) -> tuple[str, ...]:
        """Give the content labels of what is in hand."""
        raise NotImplementedError

    def tick(self) -> None:
        """Bring the top line up to date."""
        raise NotImplementedError

    # --- saying ----------------------------------------------------------------

    @on(Told)
    def _was_told(self, message: Told) -> None:
        self.say(message.words, "bad" if message.is_bad else "good")

    @property
    def listed_labels(self) -> str:
        """The content labels in one line."""
        return ", ".join(safe_text(label, newlines=False) for label in self.labels())

    def refuse_veiled(self) -> None:
        """Say that nothing can be said before the warning was read."""
        words = f"Behind a warning ({self.listed_labels}): {self.key('open')} opens it"
        self.refuse(f"{words}, {self.key_of('skip')} passes it on.")

    def watch_veiled(self, veiled: bool) -> None:
        """Hide the texts, prompt and responses, or show them."""
        self.set_class(veiled, "-veiled")
        if veiled:
            self.set_focus(None)
            self.query_one("#veil", Static).update(
                Content.assemble(
                    ("Content warning\n\n", "bold $bad"),
                    (self.listed_labels, "bold"),
                    f"\n\no opens it     x {self.LEAVING}",
                )
            )

    # --- time ------------------------------------------------------------------

    def action_research(self) -> None:
        """Go to work outside the window, or come back."""
        if self.place.clock.research():
            self.say("Research: time runs apart until your next key.", "key")
        self.tick()

    def back_from_research(self) -> None:
        """Say that time runs as usual again."""
        self.say("Back from research.", "key")
        self.tick()
