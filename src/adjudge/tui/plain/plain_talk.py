"""Asking and telling, one line at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from adjudge.domain.safe_text import safe_text
from adjudge.tui.clock import ActiveClock

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[], str | None]
    Write = Callable[[str], None]


class Ended(Exception):  # noqa: N818 - an end, not an error
    """The input has ended."""


class Left(Exception):  # noqa: N818 - a wish, not an error
    """The person leaves."""


class Talk:
    """Asking and telling, one line at a time; every text is cleaned."""

    def __init__(self, read: Read, write: Write) -> None:
        self._read = read
        self._write = write
        self.clock = ActiveClock(time.monotonic)

    def say(self, text: str) -> None:
        """Tell something."""
        self._write(safe_text(text))

    def ask(self, question: str) -> str:
        """Ask something and wait for the line.

        Raises:
            Ended: If there is none.
        """
        self.say(question)
        return self.line().strip()

    def line(self) -> str:
        """Wait for a line, as it was typed.

        Raises:
            Ended: If there is none.
        """
        line = self._read()
        self.clock.touch()
        if line is None:
            raise Ended
        return line
