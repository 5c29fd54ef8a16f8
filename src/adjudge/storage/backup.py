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
        _copy(store.path, path)
    except BaseException:
        path.unlink(missing_ok=True)
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
        _copy(path, store.path)
    except BaseException:
        store.path.unlink(missing_ok=True)
        raise
    return store.path


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
