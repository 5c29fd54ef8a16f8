"""Copies of a store, whole and checked."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from adjudge.errors import (
    ConflictError,
    StoreUnusableError,
    UnknownError,
)
from adjudge.storage import dumping, gone
from adjudge.storage.engine import integrity, schema, sqlite
from adjudge.storage.engine.store import Store
from adjudge.storage.log_files import (
    GONE_SUFFIX,
    LOG_SUFFIXES,
    LogFiles,
    beside,
    write_private,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adjudge.storage.engine.store import Unit

_RUNNING = ("-wal", "-shm", "-journal")  # what SQLite keeps while a store is open
_KEPT_BESIDE = (".lock", ".lock-next", ".head.lock", GONE_SUFFIX)
_OF_STORE = LOG_SUFFIXES
_OF_BACKUP = (*LOG_SUFFIXES, GONE_SUFFIX)


def copy(store: Store, target: str | Path) -> Path:
    """Copy a store into a new file while it is in use.

    Raises:
        ConflictError: If the file exists.
    """
    path = Path(target)
    with _held(path, _OF_BACKUP) as draft:
        if store.path is None:
            _dump(store, draft)
        else:
            # Before the store itself: a head that is ahead of it would look like a cut.
            _copy_log_files(store.path, draft)
            _copy(store.path, draft)
        _take_along(store, draft)
    return path


def restore(
    store: Store, source: str | Path, settle: Callable[[Unit], None] | None = None
) -> Path:
    """Put a backup where a store is named but not there.

    Args:
        store: The place.
        source: The backup.
        settle: What must be done to it before anybody finds it there.

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
        _fill(store, path, settle)
        return path
    with _held(store.path, _OF_STORE) as draft:
        _copy_log_files(path, draft)
        _copy(path, draft)
        if settle is not None:
            _settle(draft, settle)
        for suffix in _RUNNING:  # of a store that is not there any more
            beside(store.path, suffix).unlink(missing_ok=True)
    return store.path


@contextmanager
def _held(path: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Hold a name while what will bear it is made beside it; then put that there.

    Whoever is killed meanwhile leaves an empty file of that name, which is free again.

    Args:
        path: The name.
        suffixes: What is put beside it.

    Raises:
        ConflictError: If there is something of that name, or somebody else makes it.
    """
    descriptor = _hold(path)
    draft = beside(path, ".draft")
    try:
        _remove(draft)
        _claim(draft)
        yield draft
        for suffix in (*suffixes, ""):  # itself last
            if beside(draft, suffix).exists():
                beside(draft, suffix).replace(beside(path, suffix))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        _remove(draft)
        os.close(descriptor)


def must_be_free(path: Path) -> None:
    """Refuse a name that is taken.

    Raises:
        ConflictError: If there is something of that name.
    """
    if path.is_symlink() or path.is_dir() or (path.exists() and path.stat().st_size):
        raise _taken(path)


def _taken(path: Path) -> ConflictError:
    return ConflictError(
        f"{path} exists already", hint="nothing is overwritten; name another file"
    )


def _hold(path: Path) -> int:
    must_be_free(path)
    taken = _taken(path)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreUnusableError(
            f"{path} cannot be written: {error.strerror}"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Somebody may have put theirs there before we held it.
        found = os.fstat(descriptor)
        if found.st_size or not os.path.samestat(found, path.stat()):
            raise taken
    except (BlockingIOError, FileNotFoundError, ConflictError):
        os.close(descriptor)
        raise taken from None
    return descriptor


def _settle(draft: Path, settle: Callable[[Unit], None]) -> None:
    """Let something be done to a copy that is not in its place yet."""
    store = Store.at(str(draft))
    try:
        found = schema.version(store)
        if found is not None and found < schema.HEAD:
            schema.upgrade(store)
        schema.check(store)
        with store.write() as unit:
            settle(unit)
    finally:
        store.close()


def _take_along(store: Store, path: Path) -> None:
    with store.read() as unit:
        gone.take_along(unit, path)


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


def _fill(store: Store, path: Path, settle: Callable[[Unit], None] | None) -> None:
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
        if settle is not None:
            settle(unit)


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
    for suffix in ("", *LOG_SUFFIXES, *_RUNNING, *_KEPT_BESIDE):
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
