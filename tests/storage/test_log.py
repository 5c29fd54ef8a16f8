"""The log: chained at once or sealed, and whatever is done to it is found."""

from __future__ import annotations

import hmac
import sqlite3
import stat

import psycopg
import pytest

from adjudge.errors import StoreUnusableError
from adjudge.services import auditlog
from adjudge.services.campaign import queueing
from adjudge.services.work import judging
from adjudge.storage import log, log_files
from adjudge.storage.engine.store import Store


@pytest.fixture
def _own_folder(tmp_path, monkeypatch):
    """PostgreSQL keeps the key and the head on its host; here, per test."""
    monkeypatch.setenv("ADJUDGE_LOG_DIR", str(tmp_path / "log"))


@pytest.mark.parametrize("length", [1, 32, 64, 65, 200])
def test_a_code_is_an_hmac(length):
    key, value = bytes(range(length)), ["Zoë", 1, None]
    expected = hmac.digest(key, '["Zoë",1,null]'.encode(), "sha256").hex()
    assert log._code(key, value) == expected


pytestmark = pytest.mark.usefixtures("_own_folder")


@pytest.fixture
def worked(bench, fill, lead, ann):
    """A store in which a lead and an annotator did something."""
    fill(bench, 6)
    queueing.create(bench, lead, queueing.settings(name="other"))
    hand = judging.claim(bench, ann, "q")
    for _ in range(4):
        hand = judging.submit(
            bench,
            ann,
            hand[0],
            hand[0].blank().grade(2),
            clock=judging.Clock(active=1),
            submission_id=bench.new_id(),
        ).next
    assert auditlog.verify(bench, lead).bad is None
    return bench


def tamper(bench, *statements):
    """Change the database past the program and past its triggers."""
    place = bench.store.place
    if bench.store.path is None:
        address = bench.store.url if hasattr(bench.store, "url") else place
        with psycopg.connect(address) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement)
        return
    connection = sqlite3.connect(place, isolation_level=None)
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    for (name,) in names.fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_deeds_and_acts_are_logged_and_hold(worked, lead):
    found = auditlog.show(worked, lead, limit=99)
    acts = {entry.act for entry in found}
    assert {"import", "queue.create", "claim", "submit", "seal"} <= acts
    verdict = auditlog.verify(worked, lead)
    assert verdict.bad is None
    assert verdict.deeds == sum(e.seq is None for e in found)


def test_a_changed_entry_is_named(worked, lead):
    tamper(worked, "UPDATE log_entry SET actor = 'eve' WHERE seq = 2")
    assert auditlog.verify(worked, lead).bad == 2


def test_a_removed_entry_is_named(worked, lead):
    tamper(worked, "DELETE FROM log_entry WHERE seq = 1")
    assert auditlog.verify(worked, lead).bad == 1


def test_reordered_entries_are_named(worked, lead):
    tamper(
        worked,
        "UPDATE log_entry SET seq = -1 WHERE seq = 1",
        "UPDATE log_entry SET seq = 1 WHERE seq = 2",
        "UPDATE log_entry SET seq = 2 WHERE seq = -1",
    )
    assert auditlog.verify(worked, lead).bad == 1


def test_a_cut_tail_is_named(worked, lead):
    """Even when the head in the database is set back with it."""
    files = log.of(worked.store).files
    with worked.store.read() as unit:
        before = files.head(unit)
        (code,) = unit.one(
            "SELECT hash FROM log_entry WHERE seq = :seq", seq=before.seq - 1
        )
    tamper(
        worked,
        f"DELETE FROM log_entry WHERE seq = {before.seq}",
        f"UPDATE log_head SET seq = {before.seq - 1}, hash = '{code}'",
    )
    with worked.store.read() as unit:
        found = log.verify(unit, files, before)
    assert found.bad == before.seq
    assert "cut" in found.why


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE deed SET actor = 'eve' WHERE id = 2",
        "UPDATE deed SET object = '9/0' WHERE act = 'claim'",
        "DELETE FROM deed WHERE id = 2",
        "UPDATE deed SET id = 999 WHERE id = 2",
    ],
)
def test_a_changed_or_removed_deed_is_found(worked, lead, deed):
    tamper(worked, deed)
    assert auditlog.verify(worked, lead).bad is not None


def test_a_deed_slipped_in_below_the_seal_is_found(worked, lead):
    tamper(
        worked,
        "INSERT INTO deed (id, at, actor, act, object, payload, mac) "
        "SELECT -5, at, actor, act, object, payload, mac FROM deed WHERE id = 2",
    )
    assert auditlog.verify(worked, lead).bad is not None


@pytest.mark.parametrize("table", ["log_entry", "deed"])
def test_nothing_of_the_log_is_changed_through_the_store(worked, table):
    for statement in (f"UPDATE {table} SET actor = 'eve'", f"DELETE FROM {table}"):
        with pytest.raises(Exception, match="never changed"), worked.store.write() as u:
            u.run(statement)


def test_the_log_holds_no_words(worked, lead):
    with worked.store.read() as unit:
        rows = unit.all("SELECT object, payload FROM log_entry")
        rows += unit.all("SELECT object, payload FROM deed")
    assert not [row for row in rows if "question" in row[0] + row[1]]


def test_key_and_head_belong_to_their_owner_alone(worked):
    files = log.of(worked.store).files
    with worked.store.read() as unit:
        names = files.key_name(unit), files.head_name(unit)
    assert [stat.S_IMODE(name.stat().st_mode) for name in names] == [0o600, 0o600]


def test_without_its_key_nothing_is_added(worked, make_bench, lead):
    files = log.of(worked.store).files
    with worked.store.read() as unit:
        files.key_name(unit).unlink()
    files._key = None
    with pytest.raises(StoreUnusableError, match="the key of the log, is gone"):
        queueing.create(worked, lead, queueing.settings(name="third"))


def test_a_damaged_head_refuses_no_deed_that_is_kept_already(worked, lead):
    """It is written after the deed; to raise then would tell people the opposite."""
    files = log.of(worked.store).files
    with worked.store.read() as unit:
        files.head_name(unit).write_bytes(b"")
    assert queueing.create(worked, lead, queueing.settings(name="third"))
    assert not queueing.create(worked, lead, queueing.settings(name="third"))
    with pytest.raises(StoreUnusableError, match="is damaged"):
        auditlog.verify(worked, lead)


def test_a_number_that_is_kept_late_is_sealed_late(postgres_url, make_bench, lead):
    """A slow transaction got its number first and is kept last."""
    bench, other = make_bench(postgres_url), make_bench(postgres_url)
    slow = bench.store.write()
    unit = slow.__enter__()
    log.note(unit, "ann", "claim", "1/0", at="2026")
    for flush in unit.before_commit:
        flush()
    unit.before_commit.clear()
    with other.store.write() as fast:
        log.note(fast, "bob", "claim", "2/0", at="2026")
    assert auditlog.verify(other, lead).bad is None
    slow.__exit__(None, None, None)
    verdict = auditlog.verify(other, lead)
    assert (verdict.bad, verdict.deeds) == (None, 2)


def test_what_this_process_did_is_sealed_when_it_ends(sqlite_url, make_bench, ann):
    bench = make_bench(sqlite_url)
    for n in range(3):
        with bench.store.write() as unit:
            log.note(unit, "ann", "claim", f"{n}/0", at="2026")
    bench.store.close()
    with Store.at(sqlite_url).read() as unit:
        (sealed,) = unit.one("SELECT sealed FROM log_head")
    assert sealed == 3


def test_ranges_say_numbers_short():
    assert log.ranges([1, 2, 3, 5, 7, 8]) == "1-3,5,7-8"
    assert log.in_ranges("1-3,5,7-8") == [(1, 3), (5, 5), (7, 8)]


def test_an_older_head_never_replaces_a_newer_one(tmp_path):
    path = tmp_path / "x.head"
    log_files._keep(path, log_files.Head(5, "e"))
    log_files._keep(path, log_files.Head(4, "d"))
    assert log_files._read(path) == log_files.Head(5, "e")
