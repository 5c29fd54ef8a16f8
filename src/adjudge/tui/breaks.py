"""When a break is offered: after so many minutes at work, never forced."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SNOOZE_SECONDS = 600.0
_RESTED_SECONDS = 300.0  # who was away this long has had a break


class Breaks:
    """Adds up time at work since the last break.

    Args:
        now: Gives seconds that never go back.
        minutes: At work until a break is offered; 0 for never.
        cap: Seconds that a gap between two inputs counts at most.
    """

    def __init__(self, now: Callable[[], float], minutes: float, cap: float) -> None:
        self._now = now
        self._last = now()
        self.minutes = minutes
        self.cap = cap
        self._worked = 0.0
        self._snoozed_to: float | None = None
        self._is_off = False

    def touch(self) -> bool:
        """Take note of an input; tell whether a break is to be offered now."""
        now = self._now()
        gap, self._last = max(0.0, now - self._last), now
        if gap >= _RESTED_SECONDS:
            self._worked, self._snoozed_to = 0.0, None
            return False
        self._worked += min(gap, self.cap)
        due = self.minutes * 60 if self._snoozed_to is None else self._snoozed_to
        if self._is_off or not self.minutes or self._worked < due:
            return False
        # Offered once; then after as long again, unless it is put off.
        self._snoozed_to = self._worked + self.minutes * 60
        return True

    @property
    def worked_minutes(self) -> int:
        """Whole minutes at work since the last break."""
        return int(self._worked // 60)

    def snooze(self) -> None:
        """Offer it again ten minutes of work from now."""
        self._snoozed_to = self._worked + SNOOZE_SECONDS

    def stop(self) -> None:
        """Offer none any more while this window is open."""
        self._is_off = True
