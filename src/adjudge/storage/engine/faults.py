"""What a driver raises, in words a user can act on."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any

from adjudge.errors import (
    AdjudgeError,
    BusyError,
    ConflictError,
    ConnectionLostError,
    NoSpaceError,
    StoreUnusableError,
)


@dataclass(frozen=True)
class _Known:
    """How a failure is recognised and what it means."""

    words: tuple[str, ...]
    states: tuple[str, ...]
    error: type[AdjudgeError]
    message: str
    hint: str


_KNOWN = (
    _Known(
        (
            "server closed the connection",
            "terminating connection",
            "the connection is closed",
            "the connection is lost",
            "consuming input failed",
            "SSL connection has been closed",
        ),
        ("57P01", "57P02", "57P03", "08000", "08003", "08006"),
        ConnectionLostError,
        "the connection to {place} was lost",
        "do it again when the server is back; what was kept is not kept twice",
    ),
    _Known(
        ("disk is full", "disk I/O error"),
        ("53100",),
        NoSpaceError,
        "the disk under {place} is full; nothing of this was kept",
        "free some space and do it again",
    ),
    _Known(
        ("database is locked", "database table is locked"),
        ("55P03", "40001", "40P01"),
        BusyError,
        "the store at {place} is busy",
        "somebody else is writing for long; try again",
    ),
    _Known(
        ("FOREIGN KEY constraint failed",),
        ("23503",),
        ConflictError,
        "what this is about is not there any more; nothing of this was kept",
        "somebody took it out meanwhile: look again ({words})",
    ),
    _Known(
        ("slot_once",),
        (),
        BusyError,
        "another window of yours was given the same task; nothing of this was kept",
        "do it again",
    ),
    _Known(
        ("UNIQUE constraint failed",),
        ("23505",),
        ConflictError,
        "somebody did the same at the same moment; nothing of this was kept",
        "look again, and do it again if need be ({words})",
    ),
    _Known(
        ("no such table", "no such column", "no such function"),
        ("42P01", "42703", "42883"),
        StoreUnusableError,
        "{place} is not an adjudge store, or one of another version",
        "`adjudge init` makes a new one, `adjudge db upgrade` mends an older one",
    ),
    _Known(
        ("not a database", "malformed"),
        ("XX001", "XX002"),
        StoreUnusableError,
        "{place} is damaged or not a database: {words}",
        "restore a backup with `adjudge db restore FILE`",
    ),
    _Known(
        (),
        ("42501",),
        StoreUnusableError,
        "the database role of {place} may not do this: {words}",
        "the role that owns the tables may: name its address with --db. What a role "
        "needs for its work, `adjudge db grant ROLE` gives it",
    ),
    _Known(
        ("readonly", "read-only", "unable to open"),
        ("25006",),
        StoreUnusableError,
        "{place} cannot be opened for this: {words}",
        "check that it exists and the permissions of the file and its folder",
    ),
)


def translated(
    error: BaseException | None, driver: Any, place: str
) -> AdjudgeError | None:
    """Turn what the driver raises into what a user can be told.

    Returns:
        ``None`` for what is not the driver's, or is a defect of ours.
    """
    if not isinstance(error, driver.Error):
        return None
    words = next(iter(str(error).strip().splitlines()), "unknown")
    state = getattr(error, "sqlstate", None)
    for known in _KNOWN:
        if state in known.states or any(w in words for w in known.words):
            message = known.message.format(place=place, words=words)
            return known.error(message, hint=known.hint.format(words=words))
    if isinstance(error, driver.IntegrityError):
        return ConflictError(
            f"the store refused a value that contradicts one it holds: {words}"
        )
    if isinstance(error, driver.OperationalError):
        return StoreUnusableError(f"the store at {place} failed: {words}")
    return None


def of_system(error: OSError, place: str) -> AdjudgeError:
    """Turn what the operating system says into what a user can be told."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return NoSpaceError(
            f"the disk under {place} is full; nothing of this was kept",
            hint="free some space and do it again",
        )
    return StoreUnusableError(f"{place}: {error.strerror or error}")
