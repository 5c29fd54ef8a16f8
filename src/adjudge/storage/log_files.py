"""What the log keeps outside the database: its key, and where it ended last.

Whoever can write the database can cut its end or make it anew; without the key they
cannot chain, and a shorter chain than the file says is found.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import platformdirs

from adjudge.errors import StoreUnusableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.storage.engine.store import Unit


LOG_SUFFIXES = (".secret", ".head")
GONE_SUFFIX = ".withdrawn"


@dataclass(frozen=True)
class Head:
    """The end of the chain."""

    seq: int
    hash: str


class LogFiles:
    """The key and the head of one store's log, in files that only their owner reads."""

    def __init__(self, database: Path | None) -> None:
        self._database = database
        self._key: bytes | None = None
        self._head_name: Path | None = None

    def key_name(self, unit: Unit) -> Path:
        """Name the file of the key."""
        if self._database is not None:
            return beside(self._database, ".secret")
        return _folder() / f"{store_id(unit)}.secret"

    def head_name(self, unit: Unit) -> Path:
        """Name the file of the head; copies of a database have their own."""
        if self._head_name is None:
            self._head_name = self._find_head(unit)
        return self._head_name

    def _find_head(self, unit: Unit) -> Path:
        if self._database is not None:
            return beside(self._database, ".head")
        row = unit.one("SELECT current_database()")
        return _folder() / f"{store_id(unit)}.{row[0] if row else ''}.head"

    def gone_name(self, unit: Unit) -> Path:
        """Name the journal of who took consent back or was forgotten."""
        if self._database is not None:
            return beside(self._database, GONE_SUFFIX)
        return _folder() / f"{store_id(unit)}{GONE_SUFFIX}"

    def key(self, unit: Unit) -> bytes:
        """Give the key; made with the first entry.

        Raises:
            StoreUnusableError: If the key is gone while entries stand.
        """
        if self._key is None:
            path = self.key_name(unit)
            try:
                self._key = bytes.fromhex(path.read_text())
            except FileNotFoundError:
                self._key = _made(path, unit)
            except ValueError:
                raise StoreUnusableError(
                    f"{path} is damaged: expected 64 hexadecimal digits",
                    hint="restore it from a backup",
                ) from None
        return self._key

    def head(self, unit: Unit) -> Head | None:
        """Read where the log ended; ``None`` where nothing is known."""
        return _read(self.head_name(unit))

    def keep_head(self, head: Head) -> None:
        """Write where the log ends now, unless somebody was further already.

        The deed is done and kept: a head that cannot be written, or is damaged, does
        not undo it; ``head`` says so to whoever checks the log.
        """
        if self._head_name is not None:
            with suppress(OSError, StoreUnusableError):
                _keep(self._head_name, head)


def _keep(path: Path, head: Head) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path):
        known = _read(path)
        if known is not None and known.seq >= head.seq:
            return
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        write_private(draft, orjson.dumps({"seq": head.seq, "hash": head.hash}))
        draft.replace(path)


def beside(database: Path, suffix: str) -> Path:
    """Name a file of the log beside a database file."""
    return database.with_name(database.name + suffix)


def _folder() -> Path:
    given = os.environ.get("ADJUDGE_LOG_DIR")
    return Path(given) if given else platformdirs.user_config_path("adjudge") / "log"


def store_id(unit: Unit) -> str:
    """Tell which store this is; copies of it have the same id."""
    row = unit.one("SELECT value FROM fact WHERE name = 'store_id'")
    return str(row[0]) if row else "store"


def _made(path: Path, unit: Unit) -> bytes:
    row = unit.one("SELECT seq FROM log_head")
    if row and row[0]:
        raise StoreUnusableError(
            f"{path}, the key of the log, is gone",
            hint="restore it from a backup, or let ADJUDGE_LOG_DIR name the folder in "
            "which it lies: without it nothing can be added to the log",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    write_private(draft, secrets.token_bytes(32).hex().encode())
    try:
        # Linked whole, so that two first writers agree on one key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return bytes.fromhex(path.read_text())


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _read(path: Path) -> Head | None:
    try:
        found = orjson.loads(path.read_bytes())
        return Head(int(found["seq"]), str(found["hash"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise StoreUnusableError(
            f"{path} is damaged", hint="restore it from a backup"
        ) from None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(
        path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600
    )
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
