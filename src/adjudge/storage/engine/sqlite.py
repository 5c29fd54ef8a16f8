"""What SQLite needs to be trusted with people's work."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adjudge.errors import StoreUnusableError

if TYPE_CHECKING:
    from types import ModuleType

_NETWORK = (
    "nfs",
    "cifs",
    "smb",
    "afs",
    "9p",
    "ceph",
    "fuse.sshfs",
    "gluster",
    "lustre",
)
# "ADJG": says that a file is ours, so that no other is changed by looking at it.
APPLICATION_ID = 0x41444A47
# The WAL-reset race: 3.7.0 to 3.51.2, fixed in 3.51.3 and in two backports.
_FIXED_FROM = (3, 51, 3)
_BACKPORTS = {(3, 44): 6, (3, 50): 7}


def driver() -> ModuleType:
    """Give the SQLite driver: pysqlite3 with its fixed library where installed."""
    try:
        from pysqlite3 import dbapi2  # noqa: PLC0415 - a wheel not made everywhere
    except ImportError:
        import sqlite3  # noqa: PLC0415 - the fallback of the line above

        return sqlite3
    module: ModuleType = dbapi2
    return module


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Tell whether this SQLite can lose committed work when writers race in WAL mode.

    Source:
        SQLite 3.51.3 release notes; backports 3.44.6 and 3.50.7.
    """
    backport = _BACKPORTS.get((version[0], version[1]))
    if backport is not None and version[2] >= backport:
        return False
    return (3, 7, 0) <= version < _FIXED_FROM


def file_system_of(path: Path, mounts: str | None = None) -> str:
    """Name the file system a path lies on; empty where the system does not say."""
    if mounts is None:
        try:
            mounts = Path("/proc/self/mounts").read_text()
        except OSError:
            return ""
    place = str(path.resolve())
    best, kind = "", ""
    for line in mounts.splitlines():
        point, found = line.split()[1:3]
        point = point.replace("\\040", " ")
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, found
    return kind


def refuse_network_disk(path: Path, mounts: str | None = None) -> None:
    """Refuse a path where file locks cannot be trusted.

    Raises:
        StoreUnusableError: On NFS, SMB, sshfs and their like.
    """
    kind = file_system_of(path.parent, mounts)
    if kind.startswith(_NETWORK):
        raise StoreUnusableError(
            f"{path} lies on a network file system ({kind}), where SQLite loses data",
            hint="use a local disk, or a PostgreSQL store for a team",
        )


def create_file(path: Path) -> None:
    """Create an empty database file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def sign(path: Path) -> None:
    """Write into an empty database file that it is ours."""
    connection = driver().connect(str(path))
    try:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    finally:
        connection.close()


def open_connection(path: Path) -> Any:
    """Open a connection the way every write of this program relies on."""
    module = driver()
    connection = module.connect(
        str(path), isolation_level=None, check_same_thread=False, timeout=10
    )
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    ours = cursor.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    if ours and not has_wal_reset_bug(module.sqlite_version_info):
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA trusted_schema = OFF")
    cursor.execute("PRAGMA temp_store = MEMORY")
    # What is erased leaves the file, too: not every build of SQLite does that unasked.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()
    return connection


class WriterLock:
    """One writer at a time, in order of arrival, over every process of this machine.

    SQLite's own busy handler lets a lucky writer pass and others starve for
    seconds; a lock file queues them. It also keeps checkpoints from racing with
    writers where the library has the WAL-reset bug.

    Of those who wait, one waits for the lock and the others to be that one. Else
    whoever lets go and comes back at once is in again before the next has woken, and
    a busy person passes twenty times while others stand.
    """

    def __init__(self, database: Path, suffix: str = ".lock") -> None:
        self._path = database.with_name(database.name + suffix)
        self._next = self._path.with_name(self._path.name + "-next")

    def __enter__(self) -> None:
        """Wait for the turn."""
        to_be_next = _locked(self._next)
        try:
            self._file = _locked(self._path)
        finally:
            os.close(to_be_next)

    def __exit__(self, *_: object) -> None:
        """Let the next one in."""
        os.close(self._file)


def _locked(path: Path) -> int:
    """Wait until nobody else has a file locked; it is let go by being closed."""
    # A descriptor of its own, so that threads of one process queue as well.
    file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except BaseException:
        os.close(file)
        raise
    return file
