"""Everything adjudge raises on purpose.

    AdjudgeError                    exit  what it means
    ├── RefusedError                  1   a foreseen refusal
    │   ├── NotAllowedError           1   the actor's role does not permit the act
    │   ├── StoreUnusableError        1   missing, too new, damaged, on a network disk
    │   │   └── ConnectionLostError   1   the server went away in the middle
    │   └── NoSpaceError              1   the disk is full
    ├── InvalidInputError             2   bad usage, bad record, bad value
    ├── UnknownError                  3   no such thing, no such person
    ├── ConflictError                 4   it exists already, with other content
    │   ├── AlreadyJudgedError        4   this person judged this comparison
    │   └── BusyError                 4   somebody else holds it; try again
    └── NotEnoughDataError            1   a statistic is undefined here

The first sentence of a message names the thing and its id; ``hint`` says what to do.
"""

from __future__ import annotations

from dataclasses import dataclass


class AdjudgeError(Exception):
    """Anything a user can be told in one sentence."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class RefusedError(AdjudgeError):
    """A refusal that was foreseen: the request is understood and not done."""


class NotAllowedError(RefusedError):
    """The actor's role does not permit this act."""


class StoreUnusableError(RefusedError):
    """The store cannot be opened as it is."""


class ConnectionLostError(StoreUnusableError):
    """The server went away; what was under way may be kept or not."""


class NoSpaceError(RefusedError):
    """The disk is full; nothing half-written stays."""


class InvalidInputError(AdjudgeError):
    """A record, an option or a value is not what was expected."""

    exit_code = 2


class UnknownError(AdjudgeError):
    """There is no such queue, person, comparison, file or row."""

    exit_code = 3


class ConflictError(AdjudgeError):
    """It exists already, with other content, or somebody was faster."""

    exit_code = 4


class AlreadyJudgedError(ConflictError):
    """This person already judged this comparison on this occasion."""


class BusyError(ConflictError):
    """The store or the thing is held by somebody else; trying again helps."""


class NotEnoughDataError(AdjudgeError):
    """A statistic has no value on this data.

    Attributes:
        reason: Short code, for example ``no_pairable_items`` or ``single_category``.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one place of a file.

    Attributes:
        place: File and line, for example ``judgments.jsonl:7``.
        key: The key inside the record, dotted; empty when the whole line is meant.
        problem: What was found and what was expected, without a full stop.
    """

    place: str
    key: str
    problem: str

    def __str__(self) -> str:
        """Write the fault on one line."""
        where = f"{self.place}: {self.key}" if self.key else self.place
        return f"{where}: {self.problem}"


class BadFileError(InvalidInputError):
    """A file holds lines that are not what was expected.

    Attributes:
        faults: The first faults found, in file order.
    """

    def __init__(
        self, message: str, *, faults: tuple[Fault, ...] = (), hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.faults = faults
