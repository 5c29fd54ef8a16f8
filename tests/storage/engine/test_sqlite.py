"""What SQLite needs to be trusted: a sound library, a local disk, one writer."""

from __future__ import annotations

import fcntl
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from adjudge.errors import AdjudgeError, StoreUnusableError
from adjudge.services import storekeeping
from adjudge.storage.engine import sqlite

MOUNTS = """\
overlay / overlay rw 0 0
server:/export /mnt/team nfs4 rw 0 0
//win/share /mnt/team\\040files cifs rw 0 0
me@host: /home/me/remote fuse.sshfs rw 0 0
/dev/sda1 /mnt/team/local ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 4), False),
        ((4, 0, 0), False),
    ],
)
def test_the_wal_reset_bug_is_known_by_version(version, affected):
    assert sqlite.has_wal_reset_bug(version) is affected


def test_the_driver_that_tests_run_on_is_sound():
    assert not sqlite.has_wal_reset_bug(sqlite.driver().sqlite_version_info)


_OTHER_LIBRARY = """
import sys
sys.modules["pysqlite3"] = None  # as on a machine without the wheel
from pathlib import Path
from adjudge.storage.engine import sqlite
assert sqlite.driver().__name__ == "sqlite3"
connection = sqlite.open_connection(Path(sys.argv[1]))
print(connection.execute("PRAGMA journal_mode").fetchone()[0])
print(sqlite.has_wal_reset_bug(sqlite.driver().sqlite_version_info))
connection.close()
"""


def test_an_affected_library_does_not_use_the_write_ahead_log(tmp_path):
    """The standard library's SQLite stands in for every machine without the wheel."""
    ran = subprocess.run(
        [sys.executable, "-c", _OTHER_LIBRARY, str(tmp_path / "new.db")],
        capture_output=True,
        text=True,
        check=True,
    )
    mode, affected = ran.stdout.split()
    assert mode == ("delete" if affected == "True" else "wal")


def test_a_sound_library_uses_the_write_ahead_log_and_syncs_every_commit(tmp_path):
    sqlite.create_file(tmp_path / "new.db")
    sqlite.sign(tmp_path / "new.db")
    connection = sqlite.open_connection(tmp_path / "new.db")
    found = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
    }
    connection.close()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
    }


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/data/a.db", "overlay"),
        ("/mnt/team/a.db", "nfs4"),
        ("/mnt/team/local/a.db", "ext4"),
        ("/mnt/teammate/a.db", "overlay"),
        ("/mnt/team files/a.db", "cifs"),
        ("/home/me/remote/deep/a.db", "fuse.sshfs"),
        ("/tmp/a.db", "tmpfs"),
    ],
)
def test_the_nearest_mount_decides(place, kind):
    assert sqlite.file_system_of(Path(place).parent, MOUNTS) == kind


@pytest.mark.parametrize(
    "place", ["/mnt/team/a.db", "/mnt/team files/a.db", "/home/me/remote/a.db"]
)
def test_a_network_disk_is_refused(place):
    with pytest.raises(StoreUnusableError, match="network file system"):
        sqlite.refuse_network_disk(Path(place), MOUNTS)


@pytest.mark.parametrize("place", ["/data/a.db", "/mnt/team/local/a.db"])
def test_a_local_disk_is_not(place):
    sqlite.refuse_network_disk(Path(place), MOUNTS)


def test_where_the_system_does_not_say_nothing_is_refused():
    assert sqlite.file_system_of(Path("/data"), "") == ""
    sqlite.refuse_network_disk(Path("/data/a.db"), "")


def test_the_lock_is_free_again_after_a_failure(tmp_path):
    lock = tmp_path / "a.db"
    with pytest.raises(KeyboardInterrupt), sqlite.WriterLock(lock):
        raise KeyboardInterrupt
    with sqlite.WriterLock(lock):
        pass


def test_whoever_comes_back_at_once_waits_for_those_who_waited(tmp_path):
    lock, turns = tmp_path / "a.db", []

    def take(name: str) -> None:
        with sqlite.WriterLock(lock):
            turns.append(name)

    for _ in range(20):
        with sqlite.WriterLock(lock):
            waiting = threading.Thread(target=take, args=["waited"])
            waiting.start()
            end = time.monotonic() + 90
            while is_free(tmp_path / "a.db.lock-next"):
                assert time.monotonic() < end, "nobody waits to be the next"
        take("came back")
        waiting.join()
    assert turns == ["waited", "came back"] * 20


def is_free(path: Path) -> bool:
    """Whether nobody waits to be the next; nobody does after this look."""
    if not path.exists():
        return True
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_a_file_that_is_not_ours_is_not_changed_by_a_look(tmp_path, make_bench):
    path = tmp_path / "theirs.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(AdjudgeError):
        storekeeping.open_store(make_bench(str(path)))
    assert path.read_bytes() == before
