"""End with the terminal: no key may be lost, and no orphan may spin."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_SAVE_SECONDS = 3.0
_LEAVE_SECONDS = 3.0


class Watch:
    """While this lasts, SIGHUP, SIGTERM and a vanished terminal end the process.

    A Textual process whose terminal is gone waits for ever: its input thread
    reads nothing, and its output thread has died. So nothing of Textual is asked
    here: the draft is saved from a thread of its own, and the process ends.

    Args:
        save: Keeps what is not kept yet; called from a thread.
        leave: Ends the app in good order with an exit code; called from a thread.
    """

    def __init__(
        self, save: Callable[[], None], leave: Callable[[int], object]
    ) -> None:
        self._save = save
        self._leave = leave
        self._once = threading.Lock()
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        """Begin to watch."""
        for number, what in (
            (signal.SIGHUP, self._hung_up),
            (signal.SIGTERM, self._terminated),
        ):
            self._before[number] = signal.signal(number, what)
        threading.Thread(target=self._wait, name="hangup", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._once.acquire(blocking=False)
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _wait(self) -> None:
        """Wait for the other end of the terminal to go."""
        poll = select.poll()
        try:
            poll.register(sys.__stdin__.fileno(), 0)  # type: ignore[union-attr]
        except (OSError, ValueError, AttributeError):
            return
        while not self._once.locked():
            found = poll.poll(1_000)
            if any(event & select.POLLNVAL for _, event in found):
                return  # some systems cannot poll terminals
            if found:
                self._end(128 + signal.SIGHUP)
                return

    def _hung_up(self, _number: int, _frame: FrameType | None) -> None:
        threading.Thread(
            target=self._end, args=(128 + signal.SIGHUP,), daemon=True
        ).start()

    def _terminated(self, _number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=self._end_orderly, daemon=True).start()

    def _end(self, code: int) -> None:
        """Save and be gone."""
        if self._once.acquire(blocking=False):
            self._save_within()
            os._exit(code)

    def _end_orderly(self) -> None:
        """Save, give the terminal back as it was, and be gone in any case."""
        if self._once.acquire(blocking=False):
            self._save_within()
            code = 128 + signal.SIGTERM
            leaving = threading.Thread(target=self._leave, args=(code,), daemon=True)
            leaving.start()
            threading.Event().wait(_LEAVE_SECONDS)
            os._exit(code)

    def _save_within(self) -> None:
        saving = threading.Thread(target=self._save, daemon=True)
        saving.start()
        saving.join(_SAVE_SECONDS)
