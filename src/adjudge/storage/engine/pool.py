"""Connections of one store: opened when wanted, kept, and used again."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adjudge.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 10
_WAIT = 30.0  # seconds for one of the others to come back


@dataclass(frozen=True, eq=False)
class Held:
    """A connection in somebody's hand.

    Attributes:
        age: How often all connections had been let go when it was opened.
        kept: What is made once for a connection.
    """

    driven: Any
    age: int
    kept: dict[str, Any] = field(default_factory=dict)


class Pool:
    """At most so many connections; whoever wants one more waits for one.

    SQLAlchemy's would do. To load it takes a fifth of a second, which is more than most
    commands take to work.
    """

    def __init__(self, opening: Callable[[], Any]) -> None:
        self.opening = opening
        self._idle: list[Held] = []
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._open = 0  # in use, idle, or being opened
        self._waiting = 0
        self._age = 0

    def take(self) -> Held:
        """Take a connection, the one used last if there is any.

        Raises:
            BusyError: If all are in use for long.
        """
        with self._lock:
            if not self._idle and self._open >= _MOST:
                self._wait()
            if self._idle:
                return self._idle.pop()
            self._open += 1
            age = self._age
        try:
            return Held(self.opening(), age)
        except BaseException:
            with self._lock:
                self._gone()
            raise

    def _wait(self) -> None:
        """Wait until a connection is idle, or may be opened."""
        self._waiting += 1
        try:
            came = self._room.wait_for(
                lambda: self._idle or self._open < _MOST, timeout=_WAIT
            )
        finally:
            self._waiting -= 1
        if not came:
            raise BusyError(
                f"all {_MOST} connections are in use", hint="try again in a moment"
            )

    def _gone(self) -> None:
        self._open -= 1
        if self._waiting:
            self._room.notify()

    def give(self, held: Held, *, broken: bool = False) -> None:
        """Give a connection back; a broken one goes to nobody else."""
        with self._lock:
            keep = not broken and held.age == self._age
            if keep:
                self._idle.append(held)
                if self._waiting:
                    self._room.notify()
        if not keep:
            _close(held)
            with self._lock:
                self._gone()

    def dispose(self) -> None:
        """Close every connection: idle ones now, others when they are given back."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._open -= len(idle)
            self._age += 1
            self._room.notify_all()
        for held in idle:
            _close(held)


def _close(held: Held) -> None:
    # Whatever the driver says: nobody needs the connection any more.
    with suppress(Exception):
        held.driven.close()
