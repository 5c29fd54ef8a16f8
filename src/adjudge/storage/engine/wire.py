"""A PostgreSQL connection asked without the driver's cursor, for what is asked most.

A cursor finds out of every value what it is and of every column how it is read, each
time: with eight people at once, whose caches others have had in between, that takes
longer than all the rest of sending a question. What is asked through this names its
values and reads its columns itself, as texts.
"""

from __future__ import annotations

import itertools
import select
from typing import TYPE_CHECKING, Any

from adjudge.storage.engine.sql import numbered

if TYPE_CHECKING:
    from types import ModuleType

_TAKEN = b"23505"  # a row with this key stands already
# The driver lets go of all that is kept after a rollback, ours as well.
_FORGOTTEN = b"26000"
# For five seconds, as the driver's cursor does.
_CALLS, _LOOK_MS, _HEARD_S = 50, 100, 5.0
_numbers = itertools.count()


class Wire:
    """One connection, and the statements that the server keeps for it."""

    def __init__(self, connection: Any, driver: ModuleType) -> None:
        self._connection = connection
        self._raw = connection.pgconn
        self._encoding: str = connection.info.encoding
        self._driver: Any = driver
        self._sqlstate = self._driver.pq.DiagnosticField.SQLSTATE
        self._kept: dict[str, tuple[bytes, tuple[str, ...]]] = {}
        self._answered = _watch(self._raw.socket, select.POLLIN)
        self._writable = _watch(self._raw.socket, select.POLLIN | select.POLLOUT)

    def ask(
        self, statement: str, values: dict[str, Any]
    ) -> list[tuple[str | None, ...]] | None:
        """Ask what is kept by itself, outside of any transaction.

        Returns:
            All rows; ``None``, with nothing written, if a row stands already whose key
            one that it adds would have.
        """
        answer = self._asked(statement, values)
        if self._state(answer) == _FORGOTTEN:
            self._kept.clear()
            answer = self._asked(statement, values)
        if answer.status == self._driver.pq.ExecStatus.TUPLES_OK:
            return self._read(answer)
        if self._state(answer) == _TAKEN:
            return None
        raise self._driver.errors.error_from_result(answer, encoding=self._encoding)

    def _asked(self, statement: str, values: dict[str, Any]) -> Any:
        name, wanted = self._kept.get(statement) or self._keep(statement)
        self._raw.send_query_prepared(name, self._written(values, wanted))
        return self._answer()

    def _state(self, answer: Any) -> bytes | None:
        state: bytes | None = answer.error_field(self._sqlstate)
        return state

    def _keep(self, statement: str) -> tuple[bytes, tuple[str, ...]]:
        text, wanted = numbered(statement)
        name = b"kept_%d" % next(_numbers)
        self._raw.send_prepare(name, text)
        answer = self._answer()
        if answer.status != self._driver.pq.ExecStatus.COMMAND_OK:
            raise self._driver.errors.error_from_result(answer, encoding=self._encoding)
        self._kept[statement] = name, wanted
        return name, wanted

    def _written(
        self, values: dict[str, Any], wanted: tuple[str, ...]
    ) -> list[bytes | None]:
        encoding = self._encoding
        written = [
            None
            if value is None
            else (value if value.__class__ is str else repr(value)).encode(encoding)
            for value in map(values.__getitem__, wanted)
        ]
        if b"\0" in b"".join(filter(None, written)):
            raise self._driver.DataError("a text for PostgreSQL holds a NUL character")
        return written

    def _answer(self) -> Any:
        """Take all that is answered and give the last of it.

        Rows come before what they tell of is kept: if that fails, it is said after
        them.
        """
        raw = self._raw
        while raw.flush():
            # More than the socket takes at once; the server may have to write first.
            ((_, ready),) = self._writable.poll()
            if ready & select.POLLIN:
                raw.consume_input()
        last = None
        while True:
            while raw.is_busy():
                self._wait()
                raw.consume_input()
            answer = raw.get_result()
            if answer is None:
                return last
            last = answer

    def _wait(self) -> None:
        try:
            self._answered.poll()
        except KeyboardInterrupt:
            if not self._called_off():
                # Whoever has the connection next would be given the answer.
                self._raw.finish()
            raise

    def _called_off(self) -> bool:
        """Have the server stop what it is asked, and say whether it did.

        A server that is busy may be told to stop before it has read what to do: it
        stops nothing then, so it is told again until it answers.
        """
        answered = _watch(self._raw.socket, select.POLLIN)
        for _ in range(_CALLS):
            try:
                self._connection.cancel_safe(timeout=_HEARD_S)
                while answered.poll(_LOOK_MS):
                    self._raw.consume_input()
                    if not self._raw.is_busy():
                        while self._raw.get_result() is not None:
                            pass
                        return True
            except self._driver.Error:
                return False
        return False

    def _read(self, answer: Any) -> list[tuple[str | None, ...]]:
        value, encoding = answer.get_value, self._encoding
        columns = range(answer.nfields)
        return [
            tuple(
                [
                    None if found is None else found.decode(encoding)
                    for found in [value(row, column) for column in columns]
                ]
            )
            for row in range(answer.ntuples)
        ]


def _watch(socket: int, event: int) -> select.poll:
    watched = select.poll()
    watched.register(socket, event)
    return watched
