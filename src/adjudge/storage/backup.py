"""Copies of a SQLite store, whole and checked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from adjudge.errors import (
    ConflictError,
    RefusedError,
    StoreUnusableError,
    UnknownError,
)
from adjudge.storage import sqlite
from adjudge.storage.log_files import LOG_SUFFIXES, beside, write_private

if TYPE_CHECKING:
    from adjudge.storage.store import Store


def copy(store: Store, target: str | Path) -> Path:
    """Copy a store into a new file while it is in use.

    Raises:
        ConflictError: If the file exists.
        RefusedError: On PostgreSQL, which brings its own tools.
    """
    path = Path(target)
    if store.path is None:
        raise RefusedError(
            "a PostgreSQL store is backed up with PostgreSQL's own tools",
            hint="pg_dump --format=custom --file=FILE DATABASE",
        )
    _claim(path)
    try:
        # Before the store itself: a head that is ahead of it would look like a cut.
        _copy_log_files(store.path, path)
        _copy(store.path, path)
    except BaseException:
        _remove(path)
        raise
    return path


def restore(store: Store, source: str | Path) -> Path:
    """Put a backup where a store is named but not there.

    Raises:
        ConflictError: If the store exists.
        UnknownError: If there is no such backup.
        StoreUnusableError: If the backup is damaged.
    """
    path = Path(source)
    if store.path is None:
        raise RefusedError(
            "a PostgreSQL store is restored with PostgreSQL's own tools",
            hint="pg_restore --dbname=DATABASE FILE",
        )
    if not path.is_file():
        raise UnknownError(f"there is no backup {path}")
    _claim(store.path)
    try:
        _copy_log_files(path, store.path)
        _copy(path, store.path)
    except BaseException:
        _remove(store.path)
        raise
    return store.path


def _copy_log_files(source: Path, target: Path) -> None:
    """Take the key and the head of the log along; without them it proves nothing."""
    for suffix in LOG_SUFFIXES:
        found = beside(source, suffix)
        if found.is_file():
            write_private(beside(target, suffix), found.read_bytes())


def _remove(path: Path) -> None:
    for suffix in ("", *LOG_SUFFIXES):
        beside(path, suffix).unlink(missing_ok=True)


def _claim(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise ConflictError(
            f"{path} exists already", hint="nothing is overwritten; name another file"
        ) from None
    except OSError as error:
        raise StoreUnusableError(
            f"{path} cannot be written: {error.strerror}"
        ) from error


def _copy(source: Path, target: Path) -> None:
    driver = sqlite.driver()
    try:
        origin = driver.connect(str(source))
        copied = driver.connect(str(target))
        try:
            origin.backup(copied)
            (verdict,) = copied.execute("PRAGMA integrity_check").fetchone()
        finally:
            copied.close()
            origin.close()
    except driver.Error as error:
        raise StoreUnusableError(f"{source} cannot be copied: {error}") from error
    if verdict != "ok":
        raise StoreUnusableError(f"{source} is damaged: {verdict}")
