"""End with the terminal: no key may be lost, and no orphan may spin."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_SAVE_SECONDS = 3.0
_LEAVE_SECONDS = 3.0
_RESTORE_SECONDS = 1.0
# What Textual switches on, off again: mouse, paste, wrap, keys, screen, cursor, focus.
_RESTORE = (
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?2004l\x1b[?7h"
    b"\x1b[?2048l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[0m"
)


class Watch:
    """While this lasts, SIGHUP, SIGTERM, SIGINT and a lost terminal end the process.

    A Textual process whose terminal is gone waits for ever: its input thread
    reads nothing, and its output thread has died. So nothing of Textual is asked
    then: the draft is saved from a thread of its own, and the process ends. A
    terminal that lives is given back as it was: by the app, or, where that hangs or
    an editor has the terminal, from here.

    Args:
        save: Keeps what is not kept yet; called from a thread.
        leave: Ends the app in good order with an exit code; called from a thread.
            It raises ``RuntimeError`` where the app does not run yet, or any more.
        is_lent: Whether another program has the terminal now.
    """

    def __init__(
        self,
        save: Callable[[], None],
        leave: Callable[[int], object],
        is_lent: Callable[[], bool],
    ) -> None:
        self._save = save
        self._leave = leave
        self._is_lent = is_lent
        self._once = threading.Lock()
        self._before: dict[int, object] = {}
        self._modes: list[Any] | None = None

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._modes = _modes()
        for number, what in (
            (signal.SIGHUP, self._hung_up),
            (signal.SIGTERM, self._terminated),
            (signal.SIGINT, self._interrupted),
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

    def _hung_up(self, number: int, frame: FrameType | None) -> None:
        if _modes() is not None:  # somebody sent the signal; the terminal lives
            self._terminated(number, frame)
            return
        threading.Thread(target=self._end, args=(128 + number,), daemon=True).start()

    def _terminated(self, number: int, _frame: FrameType | None) -> None:
        threading.Thread(
            target=self._end_orderly, args=(128 + number,), daemon=True
        ).start()

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if not self._is_lent():  # else it is for the pager, or for the editor
            self._terminated(number, frame)

    def _end(self, code: int) -> None:
        """Save and be gone."""
        if self._once.acquire(blocking=False):
            _within(_SAVE_SECONDS, self._save)
            os._exit(code)

    def _end_orderly(self, code: int) -> None:
        """Save, give the terminal back as it was, and be gone in any case."""
        if self._once.acquire(blocking=False):
            _within(_SAVE_SECONDS, self._save)
            cannot = threading.Event()

            def leave() -> None:
                try:
                    self._leave(code)
                except RuntimeError:
                    cannot.set()

            threading.Thread(target=leave, daemon=True).start()
            cannot.wait(_LEAVE_SECONDS)
            _within(_RESTORE_SECONDS, self._restore)
            os._exit(code)

    def _restore(self) -> None:
        """Give the terminal back, unless it has been."""
        if self._modes is None or self._modes == _modes():
            return
        with suppress(OSError, termios.error, ValueError, AttributeError):
            os.write(sys.__stderr__.fileno(), _RESTORE)  # type: ignore[union-attr]
            termios.tcsetattr(sys.__stdin__, termios.TCSANOW, self._modes)  # type: ignore[arg-type]


def _modes() -> list[Any] | None:
    """Ask how the terminal takes keys; nothing where it is gone, or never was."""
    try:
        return termios.tcgetattr(sys.__stdin__)  # type: ignore[arg-type]
    except (termios.error, ValueError, TypeError):
        return None


def _within(seconds: float, do: Callable[[], None]) -> None:
    """Do something that may hang, and wait for it so long."""
    doing = threading.Thread(target=do, daemon=True)
    doing.start()
    doing.join(seconds)
