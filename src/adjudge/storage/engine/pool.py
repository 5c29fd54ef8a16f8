"""Connections of one store: opened when wanted, kept, and used again."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
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
    """

    driven: Any
    age: int


class Pool:
    """At most so many connections; whoever wants one more waits for one.

    SQLAlchemy's would do. To load it takes a fifth of a second, which is more than most
    commands take to work.
    """

    def __init__(self, opening: Callable[[], Any]) -> None:
        self.opening = opening
        self._idle: list[Held] = []
        self._room = threading.BoundedSemaphore(_MOST)
        self._lock = threading.Lock()
        self._age = 0

    def take(self) -> Held:
        """Take a connection, the one used last if there is any.

        Raises:
            BusyError: If all are in use for long.
        """
        if not self._room.acquire(timeout=_WAIT):
            raise BusyError(
                f"all {_MOST} connections are in use", hint="try again in a moment"
            )
        try:
            with self._lock:
                if self._idle:
                    return self._idle.pop()
                age = self._age
            return Held(self.opening(), age)
        except BaseException:
            self._room.release()
            raise

    def give(self, held: Held, *, broken: bool = False) -> None:
        """Give a connection back; a broken one goes to nobody else."""
        with self._lock:
            keep = not broken and held.age == self._age
            if keep:
                self._idle.append(held)
        if not keep:
            _close(held)
        self._room.release()

    def dispose(self) -> None:
        """Close every connection: idle ones now, others when they are given back."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._age += 1
        for held in idle:
            _close(held)


def _close(held: Held) -> None:
    # Whatever the driver says: nobody needs the connection any more.
    with suppress(Exception):
        held.driven.close()
