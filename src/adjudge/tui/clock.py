"""The honest clock: how long somebody was at work on a task.

Between two inputs a person may read or be gone. The gap counts as work up to a
cap: one minute, or longer if there is more on screen to read. Work outside the
window counts apart, and only while the person says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SLOW_WORDS_PER_SECOND = 2.0  # 120 words a minute, half of what most people read
RESEARCH_LIMIT = 1_800.0  # seconds of work outside the window, for one task


@dataclass(frozen=True)
class Times:
    """Seconds spent so far; ``active + idle + research == wall``.

    Attributes:
        aside: Seconds the task was set aside for another one.
        read_at: When the clock was read.
        fast: The person was asked whether that was all, and said so.
    """

    active: float = 0.0
    idle: float = 0.0
    research: float = 0.0
    aside: float = field(default=0.0, compare=False)
    read_at: float | None = field(default=None, compare=False, repr=False)
    fast: bool = field(default=False, compare=False, repr=False)

    @property
    def wall(self) -> float:
        """Seconds since the task came on screen, without what was set aside."""
        return self.active + self.idle + self.research

    @property
    def span(self) -> float:
        """Seconds since the task came on screen, all of them.

        A statement of work places what was worked within this span, so that two
        windows never count the same minute.
        """
        return self.wall + self.aside


class ActiveClock:
    """Adds up the gaps between inputs.

    Args:
        now: Gives seconds that never go back.
        cap: Seconds that a gap counts at most, with nothing to read.
    """

    def __init__(self, now: Callable[[], float], cap: float = 60.0) -> None:
        self._now = now
        self.cap = cap
        self._words = 0
        self._spent = Times()
        self._last = now()
        self._researching = False
        self._came_back = False

    def start(self, spent: Times | None = None) -> None:
        """Begin a task, or take one up again where its time stood."""
        now = self._now()
        self._spent = spent or Times()
        if spent is not None and spent.read_at is not None:
            away = max(0.0, now - spent.read_at)
            self._spent = replace(spent, aside=spent.aside + away)
        self._last = now
        self._researching = self._came_back = False

    def show(self, words: int) -> None:
        """Take note of how many words are on screen to read."""
        self._words = words

    def touch(self) -> bool:
        """Take note of an input; tell whether somebody came back from research."""
        self._spent = self.read()
        self._last = self._now()
        self._came_back, self._researching = self._researching, False
        return self._came_back

    def research(self) -> bool:
        """Go to work outside the window, or come back; return which.

        The key that asks for this was an input already, and ended the research.
        """
        begins = not (self._researching or self._came_back)
        self.touch()
        self._came_back, self._researching = False, begins
        return begins

    def read(self) -> Times:
        """Read the clock; the gap that is still open counts as if it closed now."""
        now = self._now()
        gap = max(0.0, now - self._last)
        spent = replace(self._spent, read_at=now)
        if self._researching:
            worked = min(gap, max(0.0, RESEARCH_LIMIT - spent.research))
            return replace(
                spent,
                idle=spent.idle + gap - worked,
                research=spent.research + worked,
            )
        worked = min(gap, max(self.cap, self._words / SLOW_WORDS_PER_SECOND))
        return replace(
            spent, active=spent.active + worked, idle=spent.idle + gap - worked
        )


def spoken(seconds: float) -> str:
    """Write a duration as ``1:07`` or ``1:02:03``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def clock_time(at: str) -> str:
    """Write the local time of day of a stored moment."""
    return datetime.fromisoformat(at).astimezone().strftime("%H:%M")


def day_and_time(at: str) -> str:
    """Write the local day and time of day of a stored moment."""
    return datetime.fromisoformat(at).astimezone().strftime("%d %b %H:%M")
