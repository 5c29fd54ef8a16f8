"""The store does not answer: say so across the screen, ask again, and catch up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from textual import on, work
from textual.message import Message

from adjudge.errors import AdjudgeError, NoSpaceError
from adjudge.tui.journal import FOR_NOW
from adjudge.tui.reading_screen import ReadingScreen
from adjudge.tui.widgets.banner import Banner

if TYPE_CHECKING:
    from textual.timer import Timer

AGAIN_SECONDS = 5.0  # until a store that did not answer is asked again


class StoreWatch(ReadingScreen):
    """A screen that works on while the store is away, and says so.

    Whatever a worker hears of the store comes here: an error that may pass, or that
    it was answered. What is said meanwhile stays on the screen and in the journal.
    """

    _asks_again: Timer | None = None

    class Heard(Message):
        """The store answered, or did not."""

        def __init__(self, error: AdjudgeError | None) -> None:
            super().__init__()
            self.error = error

    class CaughtUp(Message):
        """What waited outside the store was brought in, or waits on."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    # --- what subclasses say ---------------------------------------------------

    @property
    def queue_name(self) -> str:
        """Name the queue."""
        raise NotImplementedError

    def ask_store(self) -> None:
        """Ask the store for something small in a worker, which posts ``Heard``."""
        raise NotImplementedError

    def keep_what_waits(self) -> None:
        """Keep what could not be kept while the store was away."""
        raise NotImplementedError

    # --- away and back ---------------------------------------------------------

    @on(Heard)
    def _heard(self, message: Heard) -> None:
        self.heard(message.error)

    def heard(self, error: AdjudgeError | None) -> None:
        """Take note of whether the store answered."""
        if isinstance(error, FOR_NOW):
            if not self.place.away_since:
                self.place.away_since = f"{datetime.now():%H:%M}"  # noqa: DTZ005 - a clock on the wall
            self.place.away_why = _why(error)
            self.show_banner()
            if self._asks_again is None:
                self._asks_again = self.set_timer(AGAIN_SECONDS, self._ask_again)
        elif error is None and self.place.away_since:
            self.place.away_since = ""
            self.show_banner()
            self.keep_what_waits()
            self._catch_up()

    def _ask_again(self) -> None:
        self._asks_again = None
        if self.place.away_since and self.is_attached:
            self.ask_store()

    def show_banner(self) -> None:
        """Say that the store is away, as long as it is."""
        since, why = self.place.away_since, self.place.away_why
        words = f"{why} since {since}. Go on: what you say waits here."
        self.query_one(Banner).tell(words if since else "")
        if since and self._asks_again is None:
            # Another screen heard it; this one asks on.
            self._asks_again = self.set_timer(AGAIN_SECONDS, self._ask_again)

    @work(thread=True, group="catch-up")
    def _catch_up(self) -> None:
        try:
            words = self.place.deeds.catch_up(self.queue_name)
        except AdjudgeError as error:
            self.post_message(self.Heard(error))
        else:
            self.post_message(self.CaughtUp(words))

    @on(CaughtUp)
    def _caught_up(self, message: CaughtUp) -> None:
        if message.words:  # else the banner that goes says it
            self.say(f"The store answers again. {message.words}", "good")


def _why(error: AdjudgeError) -> str:
    """Say what is the matter: a full disk is mended elsewhere than a lost line."""
    if isinstance(error, NoSpaceError):
        return "The disk of the store has been full"
    return "No answer from the store"
