"""A full disk: said in words, nothing half kept, and work goes on with room."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from adjudge.errors import NoSpaceError
from adjudge.services import auditlog
from adjudge.services.work import judging
from adjudge.storage.engine import integrity


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a few MiB."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"no small file system can be mounted: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill_up(path):
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def test_a_full_disk_keeps_what_was_acknowledged(
    small_disk, sqlite_template, make_bench, fill, ann, lead
):
    path = small_disk / "adjudge.db"
    shutil.copy(sqlite_template, path)
    path.chmod(0o600)
    bench = make_bench(str(path))
    fill(bench, 200)
    ballast = small_disk / "ballast"
    hand = list(judging.claim(bench, ann, "q"))
    acked = []

    def submit(task):
        done = judging.submit(
            bench,
            ann,
            task,
            task.blank().grade(3).with_note("word " * 90),
            clock=judging.Clock(active=1),
            submission_id=f"s-{task.comparison.id}",
        )
        acked.append(str(done.judgment.id))
        return list(done.next)

    for _ in range(3):
        hand = submit(hand[0])

    def work_on():
        nonlocal hand
        for _ in range(150):
            hand = submit(hand[0])

    with pytest.raises(OSError, match="No space"):
        fill_up(ballast)
    with pytest.raises(NoSpaceError, match="is full"):
        work_on()
    ballast.unlink()
    for _ in range(5):
        hand = submit(hand[0])
    with bench.store.read() as unit:
        kept = {row[0] for row in unit.all("SELECT id FROM judgment")}
        assert integrity.broken(unit) == []
    assert set(acked) <= kept
    assert auditlog.verify(bench, lead).bad is None
