"""Copies of a store, whole and checked; and a disk that is full."""

from __future__ import annotations

import fcntl
import shutil
import stat

import pytest

from adjudge.errors import (
    ConflictError,
    NoSpaceError,
    StoreUnusableError,
    UnknownError,
)
from adjudge.services import auditlog, storekeeping
from adjudge.services.work import judging
from adjudge.storage import backup
from adjudge.storage.engine import integrity, schema
from adjudge.storage.engine.store import Store


def comparisons(store):
    with store.read() as unit:
        assert integrity.broken(unit) == []
        return [id for (id,) in unit.all("SELECT id FROM comparison ORDER BY id")]


def test_a_copy_holds_what_the_store_holds(sqlite_bench, fill, tmp_path, make_bench):
    fill(sqlite_bench, 3)
    copied = backup.copy(sqlite_bench.store, tmp_path / "copy.db")
    assert stat.S_IMODE(copied.stat().st_mode) == 0o600
    assert comparisons(make_bench(str(copied)).store) == ["c1", "c2", "c3"]


def test_a_copy_is_made_while_somebody_writes(sqlite_bench, fill, tmp_path, make_bench):
    fill(sqlite_bench, 2)
    with sqlite_bench.store.write() as unit:
        schema.set_fact(unit, "x", "not yet")
        copied = backup.copy(sqlite_bench.store, tmp_path / "copy.db")
    with make_bench(str(copied)).store.read() as unit:
        assert schema.fact(unit, "x") is None


def test_a_backup_comes_back_where_no_store_is(
    sqlite_bench, fill, tmp_path, make_bench
):
    fill(sqlite_bench, 2)
    copied = backup.copy(sqlite_bench.store, tmp_path / "copy.db")
    fresh = make_bench(str(tmp_path / "fresh.db"))
    backup.restore(fresh.store, copied)
    assert comparisons(fresh.store) == ["c1", "c2"]
    assert stat.S_IMODE(fresh.store.path.stat().st_mode) == 0o600


def test_nothing_is_overwritten(sqlite_bench, tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ConflictError, match="exists already"):
        backup.copy(sqlite_bench.store, tmp_path / "mine")
    copied = backup.copy(sqlite_bench.store, tmp_path / "copy.db")
    with pytest.raises(ConflictError, match="exists already"):
        backup.restore(sqlite_bench.store, copied)
    assert (tmp_path / "mine").read_text() == "mine"


def test_the_name_that_an_interrupted_copy_held_is_free_again(bench, fill, tmp_path):
    """Whoever is killed leaves an empty file and a draft, never half a backup."""
    fill(bench, 2)
    target, draft = tmp_path / "copy", tmp_path / "copy.draft"
    target.touch()
    draft.write_text("half of it")
    with target.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ConflictError, match="exists already"):
            backup.copy(bench.store, target)
    assert target.stat().st_size == 0
    backup.copy(bench.store, target)
    assert target.stat().st_size > 0
    assert not draft.exists()


def test_a_damaged_backup_is_refused_and_leaves_nothing(tmp_path):
    (tmp_path / "bad.db").write_bytes(b"no database" * 100)
    store = Store.at(str(tmp_path / "fresh.db"))
    with pytest.raises(StoreUnusableError, match="cannot be copied"):
        backup.restore(store, tmp_path / "bad.db")
    assert not store.path.exists()
    with pytest.raises(UnknownError, match="there is no backup"):
        backup.restore(store, tmp_path / "none.db")


def test_a_folder_that_is_not_there_is_told(sqlite_bench, tmp_path):
    with pytest.raises(StoreUnusableError, match="cannot be written"):
        backup.copy(sqlite_bench.store, tmp_path / "none" / "copy.db")


# --- PostgreSQL ---------------------------------------------------------------------
ODD = "tabs\t, lines\n, \\N and ü"
EVERY = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = "
    "current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name"
)


def rows_of(store):
    with store.read() as unit:
        assert integrity.broken(unit) == []
        return {
            name: sorted(map(str, unit.all(f'SELECT * FROM "{name}"')))
            for (name,) in unit.all(EVERY)
        }


@pytest.fixture
def dumped(make_bench, postgres_url, fill, lead, ann, tmp_path, monkeypatch):
    """A PostgreSQL store in which somebody worked, and its backup."""
    monkeypatch.setenv("ADJUDGE_LOG_DIR", str(tmp_path / "log"))
    bench = make_bench(postgres_url)
    fill(bench, 3, note=ODD)
    task = judging.claim(bench, ann, "q")[0]
    draft = task.blank().grade(1).with_note("a\tb\\n")
    clock = judging.Clock(active=1)
    judging.submit(bench, ann, task, draft, clock=clock, submission_id="s1")
    storekeeping.back_up(bench, lead, str(tmp_path / "store.zip"))
    return bench


def test_postgresql_comes_back_as_it_was(
    dumped, make_bench, make_postgres, fill, lead, ann, tmp_path, monkeypatch
):
    before = rows_of(dumped.store)
    copied = tmp_path / "store.zip"
    assert stat.S_IMODE(copied.stat().st_mode) == 0o600
    monkeypatch.setenv("ADJUDGE_LOG_DIR", str(tmp_path / "another host"))
    fresh = make_bench(make_postgres(empty=True))
    backup.restore(fresh.store, copied)
    assert rows_of(fresh.store) == before
    assert auditlog.verify(fresh, lead).bad is None
    # Numbers go on where they were.
    fill(fresh, 5, note=ODD)
    task = judging.claim(fresh, ann, "q")[0]
    draft = task.blank().grade(1)
    clock = judging.Clock(active=1)
    judging.submit(fresh, ann, task, draft, clock=clock, submission_id="s2")
    assert auditlog.verify(fresh, lead).bad is None


def test_a_restore_into_postgresql_overwrites_nothing(
    dumped, make_bench, make_postgres, tmp_path
):
    copied = tmp_path / "store.zip"
    with pytest.raises(ConflictError, match="holds an adjudge store"):
        backup.restore(dumped.store, copied)
    whole = copied.read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    empty = make_bench(make_postgres(empty=True)).store
    with pytest.raises(StoreUnusableError, match="damaged"):
        backup.restore(empty, tmp_path / "cut.zip")
    with pytest.raises(UnknownError, match="there is no backup"):
        backup.restore(empty, tmp_path / "none.zip")
    backup.restore(empty, copied)


# --- a full disk -------------------------------------------------------------------
@pytest.fixture
def cramped(small_disk, sqlite_template, make_bench):
    """A bench whose disk has room for little."""
    path = small_disk("4m") / "adjudge.db"
    shutil.copy(sqlite_template, path)
    return make_bench(str(path))


def test_a_full_disk_keeps_nothing_of_an_import_and_everything_before(
    cramped, fill, bring_in, comparison_of
):
    fill(cramped, 3)
    big = [comparison_of(f"big{i}", note="x" * 4000) for i in range(2000)]
    with pytest.raises(NoSpaceError, match="is full") as refused:
        bring_in(cramped, "comparisons", big, queue="q")
    assert refused.value.hint
    assert comparisons(cramped.store) == ["c1", "c2", "c3"]
    fill(cramped, 4)
    assert comparisons(cramped.store) == ["c1", "c2", "c3", "c4"]


def test_a_copy_that_does_not_fit_leaves_nothing(small_disk, sqlite_bench, fill):
    fill(sqlite_bench, 3)
    target = small_disk("64k") / "copy.db"
    with pytest.raises((NoSpaceError, StoreUnusableError), match="full"):
        backup.copy(sqlite_bench.store, target)
    assert not target.exists()


def test_a_store_that_could_not_be_finished_is_removed(small_disk):
    place = small_disk("64k")
    store = Store.at(str(place / "new.db"))
    with pytest.raises(NoSpaceError, match="is full"):
        schema.create(store)
    assert list(place.iterdir()) == []
