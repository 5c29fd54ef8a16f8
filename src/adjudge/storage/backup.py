"""Copies of a store, whole and checked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from adjudge.errors import (
    ConflictError,
    StoreUnusableError,
    UnknownError,
)
from adjudge.storage import dumping
from adjudge.storage.engine import integrity, schema, sqlite
from adjudge.storage.log_files import LOG_SUFFIXES, LogFiles, beside, write_private

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Store, Unit


def copy(store: Store, target: str | Path) -> Path:
    """Copy a store into a new file while it is in use.

    Raises:
        ConflictError: If the file exists.
    """
    path = Path(target)
    _claim(path)
    try:
        if store.path is None:
            _dump(store, path)
            return path
        # Before the store itself: a head that is ahead of it would look like a cut.
        _copy_log_files(store.path, path)
        _copy(store.path, path)
    except BaseException:
        _remove(path)
        raise
    return path


def restore(store: Store, source: str | Path) -> Path:
    """Put a backup where a store is named but not there.

    Returns:
        The store's file; on PostgreSQL the backup's.

    Raises:
        ConflictError: If the store exists.
        UnknownError: If there is no such backup.
        StoreUnusableError: If the backup is damaged, or of another schema.
    """
    path = Path(source)
    if not path.is_file():
        raise UnknownError(f"there is no backup {path}")
    if store.path is None:
        _fill(store, path)
        return path
    _claim(store.path)
    try:
        _copy_log_files(path, store.path)
        _copy(path, store.path)
    except BaseException:
        _remove(store.path)
        raise
    return store.path


def _dump(store: Store, path: Path) -> None:
    with store.read() as unit:
        files = LogFiles(None)
        # Before the store itself, as below.
        for name, suffix in _log_files(files, unit):
            if name.is_file():
                write_private(beside(path, suffix), name.read_bytes())
    with store.read() as unit:
        unit.run("SET LOCAL statement_timeout = 0")
        dumping.write(unit, path, schema.HEAD)
    dumping.revision_of(path)  # reads it whole, and its sums


def _fill(store: Store, path: Path) -> None:
    """Make a store in an empty database, and fill it."""
    revision = dumping.revision_of(path)
    if revision != schema.HEAD:
        raise StoreUnusableError(
            f"{path} has schema {revision}, this adjudge writes {schema.HEAD}",
            hint="restore it with the adjudge that made it, then `adjudge db upgrade`",
        )
    schema.create(store)
    with store.write() as unit:
        unit.run("SET LOCAL statement_timeout = 0")
        dumping.read(unit, path)
        if broken := integrity.broken(unit):
            raise StoreUnusableError(f"{path} is damaged: {'; '.join(broken)}")
        for name, suffix in _log_files(LogFiles(None), unit):
            found = beside(path, suffix)
            if found.is_file():
                name.parent.mkdir(parents=True, exist_ok=True)
                write_private(name, found.read_bytes())


def _log_files(files: LogFiles, unit: Unit) -> list[tuple[Path, str]]:
    names = (files.key_name(unit), files.head_name(unit))
    return list(zip(names, LOG_SUFFIXES, strict=True))


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
