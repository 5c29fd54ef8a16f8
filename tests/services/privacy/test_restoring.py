"""A backup brings nobody back who withdrew, or was forgotten, after it was made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from adjudge.domain.people import Person, Role
from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    StoreUnusableError,
    UnknownError,
)
from adjudge.services import auditlog, storekeeping
from adjudge.services.people import people
from adjudge.services.privacy import privacy
from adjudge.storage import backup, gone
from adjudge.storage.engine import integrity
from adjudge.storage.log_files import LogFiles

NAME = "zaphod-canary"
WORDS = "CANARY words"


@pytest.fixture(autouse=True)
def _own_log_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ADJUDGE_LOG_DIR", str(tmp_path / "log"))


@pytest.fixture
def empty_place(tmp_path, make_postgres):
    """Name a place where no store is, of the kind of another one."""

    def make(bench):
        if bench.store.path is None:
            return make_postgres(empty=True)
        place = tmp_path / bench.new_id()
        place.mkdir()
        return str(place / "adjudge.db")

    return make


def said(n, user):
    at = "2026-01-05T09:00:00Z"
    told = {"type": "message", "messages": [{"role": "user", "content": WORDS}]}
    told |= {"event_id": f"e{n}", "at": at, "user_id": user, "message_id": f"m{n}"}
    return {**told, "response": WORDS}


@pytest.fixture
def let_go(lead, fill, bring_in, judgment_of, clock, tmp_path):
    """Back a store up; then users withdraw and a person is forgotten."""

    def work(bench):
        fill(bench, 1)
        people.add(bench, lead, Person(name=NAME, role=Role.EXPERT))
        bring_in(bench, "judgments", [judgment_of("c1", NAME)])
        bring_in(bench, "feedback", [said(1, "u"), said(2, "other"), said(3, "v")])
        copied = str(tmp_path / "copy")
        storekeeping.back_up(bench, lead, copied)
        clock.tick(60)
        privacy.withdraw(bench, lead, "u")
        gone_too = {"event_id": "w", "type": "consent_withdrawn", "user_id": "v"}
        gone_too["at"] = "2026-01-05T10:00:00Z"
        bring_in(bench, "feedback", [gone_too], name="later.jsonl")
        people.forget(bench, lead, NAME, why="they asked")
        return copied

    return work


def journal_of(bench):
    with bench.store.read() as unit:
        return LogFiles(bench.store.path).gone_name(unit)


def texts(bench):
    with bench.store.read() as unit:
        assert integrity.broken(unit) == []
        return dict(unit.all("SELECT id, body FROM text WHERE id LIKE 'event:%'"))


def names(bench):
    with bench.store.read() as unit:
        found = unit.all("SELECT name FROM person UNION SELECT actor FROM log_entry")
        made = unit.all("SELECT annotator FROM judgment")
        kept = unit.all("SELECT name FROM person WHERE name LIKE 'forgotten-%'")
    assert made == kept
    return {name for (name,) in found}


def test_who_withdrew_or_was_forgotten_since_does_not_come_back(
    bench, let_go, make_bench, empty_place, lead, bring_in
):
    backed_up = let_go(bench)
    fresh = make_bench(empty_place(bench))
    done = storekeeping.restore(fresh, backed_up, "lea")
    assert (done.withdrawn, done.forgotten, done.is_known) == (2, 1, True)
    assert {id for id, body in texts(fresh).items() if body} == {"event:e2"}
    assert NAME not in names(fresh)
    assert auditlog.verify(fresh, lead).bad is None
    # What arrives of them later is known as theirs.
    bring_in(fresh, "feedback", [said(4, "u")], name="again.jsonl")
    assert {id for id, body in texts(fresh).items() if body} == {"event:e2"}


def test_a_restore_without_the_journal_says_so_and_takes_it_later(
    sqlite_bench, let_go, make_bench, empty_place, tmp_path
):
    bench, backed_up = sqlite_bench, let_go(sqlite_bench)
    saved = shutil.move(journal_of(bench), tmp_path / "saved")
    blind = make_bench(empty_place(bench))
    done = storekeeping.restore(blind, backed_up, "lea")
    assert (done.withdrawn, done.forgotten, done.is_known) == (0, 0, False)
    fresh = make_bench(empty_place(bench))
    done = storekeeping.restore(fresh, backed_up, "lea", journal=str(saved))
    assert (done.withdrawn, done.forgotten, done.is_known) == (2, 1, True)
    assert NAME not in names(fresh)
    # What is restored has a journal of its own: the lost one is not asked for again.
    fresh.store.close()
    fresh.store.path.unlink()
    again = storekeeping.restore(make_bench(fresh.store.place), backed_up, "lea")
    assert (again.withdrawn, again.forgotten, again.is_known) == (2, 1, True)


def test_nobody_is_named_in_the_journal_who_was_forgotten(sqlite_bench, let_go):
    let_go(sqlite_bench)
    journal = journal_of(sqlite_bench)
    assert NAME not in journal.read_text()
    assert "forgotten-" not in journal.read_text()
    assert journal.stat().st_mode & 0o777 == 0o600


def test_somebody_new_of_the_same_name_is_not_forgotten(
    sqlite_bench, let_go, make_bench, empty_place, lead, clock, tmp_path
):
    bench = sqlite_bench
    let_go(bench)
    clock.tick(60)
    people.add(bench, lead, Person(name=NAME, role=Role.ANNOTATOR))
    newer = str(tmp_path / "newer")
    storekeeping.back_up(bench, lead, newer)
    fresh = make_bench(empty_place(bench))
    done = storekeeping.restore(fresh, newer, "lea")
    assert (done.withdrawn, done.forgotten) == (0, 0)
    assert people.identify(fresh, NAME).role is Role.ANNOTATOR


def test_a_journal_that_cannot_be_read_stops_the_restore(
    sqlite_bench, let_go, make_bench, empty_place, tmp_path
):
    backed_up = let_go(sqlite_bench)
    fresh = make_bench(empty_place(sqlite_bench))
    with pytest.raises(UnknownError, match="no journal"):
        storekeeping.restore(fresh, backed_up, "lea", journal=str(tmp_path / "none"))
    other = tmp_path / "other"
    gone.append(other, "another store", [{"user": "u", "at": "2026"}])
    with pytest.raises(InvalidInputError, match="no journal of this store"):
        storekeeping.restore(fresh, backed_up, "lea", journal=str(other))
    beside = Path(f"{backed_up}.withdrawn")
    beside.write_bytes(beside.read_bytes() + b"{\n")
    with pytest.raises(StoreUnusableError, match="line 2, is damaged"):
        storekeeping.restore(fresh, backed_up, "lea")
    assert list(fresh.store.path.parent.iterdir()) == []


def test_a_line_that_a_crash_cut_off_was_never_kept(tmp_path):
    journal = tmp_path / "journal"
    gone.append(journal, "s", [{"user": "u", "at": "2026"}])
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"store":"s","us')
    gone.append(journal, "s", [{"user": "v", "at": "2026"}])
    assert journal.read_bytes().startswith(whole)
    assert len(journal.read_bytes().splitlines()) == 3


def test_nothing_is_withdrawn_that_could_come_back(bench, lead, bring_in, monkeypatch):
    """Where the journal cannot be written, the withdrawal says so and is not done."""
    bring_in(bench, "feedback", [said(1, "u")])
    journal_of(bench).mkdir(parents=True)
    with pytest.raises(StoreUnusableError, match="cannot be written"):
        privacy.withdraw(bench, lead, "u")
    assert texts(bench)["event:e1"]


def test_a_restore_leaves_nothing_half_done(sqlite_bench, fill, make_bench, tmp_path):
    fill(sqlite_bench, 1)
    copied = backup.copy(sqlite_bench.store, tmp_path / "copy.db")
    fresh = make_bench(str(tmp_path / "new" / "adjudge.db"))
    fresh.store.path.parent.mkdir()

    def fail(unit):
        raise ConflictError("no")

    with pytest.raises(ConflictError):
        backup.restore(fresh.store, copied, fail)
    assert list(fresh.store.path.parent.iterdir()) == []
