"""Units of work: everything or nothing, seen whole, told in words."""

from __future__ import annotations

import threading
import time

import pytest

from adjudge.errors import (
    BusyError,
    ConflictError,
    InvalidInputError,
    StoreUnusableError,
    UnknownError,
)
from adjudge.storage.engine import schema
from adjudge.storage.engine.pool import Pool
from adjudge.storage.engine.store import Store


def _set(unit, value):
    schema.set_fact(unit, "x", value)


def _get(store):
    with store.read() as unit:
        return schema.fact(unit, "x")


def test_a_unit_of_work_is_kept(bench):
    with bench.store.write() as unit:
        _set(unit, "1")
    assert _get(bench.store) == "1"


def test_nothing_is_kept_of_a_unit_that_failed(bench):
    def fail():
        with bench.store.write() as unit:
            _set(unit, "1")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert _get(bench.store) is None


def test_a_rehearsal_sees_its_own_writes_and_keeps_none(bench):
    with bench.store.rehearse() as unit:
        _set(unit, "1")
        assert schema.fact(unit, "x") == "1"
    assert _get(bench.store) is None


def test_a_reader_sees_one_state_while_others_write(bench):
    with bench.store.read() as unit:
        assert schema.fact(unit, "x") is None
        with bench.store.write() as other:
            _set(other, "1")
        assert schema.fact(unit, "x") is None
    assert _get(bench.store) == "1"


def test_a_reader_cannot_write_on_postgresql(make_bench, postgres_url):
    store = make_bench(postgres_url).store

    def write():
        with store.read() as unit:
            _set(unit, "1")

    with pytest.raises(StoreUnusableError, match="read-only"):
        write()


def test_rows_stream_in_chunks(bench):
    with bench.store.write() as unit:
        for i in range(25):
            schema.set_fact(unit, f"f{i:02d}", str(i))
    with bench.store.read() as unit:
        rows = unit.stream(
            "SELECT name FROM fact WHERE name LIKE 'f%' ORDER BY name", chunk=4
        )
        assert [name for (name,) in rows] == [f"f{i:02d}" for i in range(25)]


def test_a_stream_may_be_left_half_read(bench):
    with bench.store.read() as unit:
        rows = unit.stream("SELECT name FROM fact", chunk=1)
        next(rows)
        rows.close()
    _get(bench.store)


def test_writers_take_turns(bench):
    def add(n):
        for i in range(10):
            with bench.store.write() as unit:
                schema.set_fact(unit, f"w{n}-{i}", "x")

    threads = [threading.Thread(target=add, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with bench.store.read() as unit:
        row = unit.one("SELECT count(*) FROM fact WHERE name LIKE 'w%'")
    assert row == (40,)


def test_imports_take_turns_while_people_write(bench):
    entered = threading.Event()

    def second():
        with bench.store.import_turn():
            entered.set()

    with bench.store.import_turn():
        thread = threading.Thread(target=second)
        thread.start()
        with bench.store.write() as unit:
            _set(unit, "1")
        assert not entered.wait(0.1)
    thread.join()
    assert entered.is_set()


@pytest.mark.slow
def test_an_import_waits_for_another_as_long_as_it_takes(make_bench, postgres_url):
    """The lock timeout of five seconds is for people's deeds."""
    store = make_bench(postgres_url).store
    done = []

    def second():
        with store.import_turn():
            done.append("second")

    with store.import_turn():
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(5.5)
        done.append("first")
    thread.join()
    assert done == ["first", "second"]


def test_a_value_that_contradicts_one_is_a_conflict(bench):
    def twice():
        with bench.store.write() as unit:
            for _ in range(2):
                unit.run("INSERT INTO fact (name, value) VALUES ('twice', 'x')")

    with pytest.raises(ConflictError, match="same moment"):
        twice()


def test_a_defect_of_ours_is_no_users_fault(bench):
    def wrong():
        with bench.store.write() as unit:
            unit.run("INSERT INTO fact (name, value) VALUES (:name, 'x')")

    with pytest.raises(Exception) as raised:  # noqa: PT011 - each driver has its own
        wrong()
    assert not isinstance(raised.value, (ConflictError, StoreUnusableError))
    assert _get(bench.store) is None


# --- addresses --------------------------------------------------------------------
@pytest.mark.parametrize(
    "url", ["mysql://x/y", "postgresql://u@h:port/db", "x://", "://"]
)
def test_an_address_of_another_kind_is_refused(url):
    with pytest.raises(InvalidInputError):
        Store.at(url)


def test_a_sqlite_url_names_the_same_store_as_the_file(sqlite_url, make_bench):
    assert make_bench(f"sqlite:///{sqlite_url}").store.path.samefile(sqlite_url)


def test_a_password_is_never_shown():
    store = Store.at("postgresql://me:secret@nowhere.invalid/db")
    assert "secret" not in store.place
    with pytest.raises(StoreUnusableError) as raised, store.read():
        pass
    assert "secret" not in str(raised.value)
    assert store.dialect == "postgresql"
    store.close()


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    store = Store.at(str(tmp_path / "none.db"))
    with pytest.raises(UnknownError, match="there is no store"), store.read():
        pass
    with pytest.raises(UnknownError, match="there is no store"), store.write():
        pass
    with pytest.raises(UnknownError, match="there is no store"), store.import_turn():
        pass
    store.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage", [b"no database at all, really", b"SQLite format 3\0" + bytes(200)]
)
def test_a_damaged_file_is_named(tmp_path, damage):
    file = tmp_path / "broken.db"
    file.write_bytes(damage * 20)
    store = Store.at(str(file))
    with pytest.raises(StoreUnusableError, match=r"broken\.db"):
        schema.check(store)
    store.close()


def test_a_directory_is_no_store(tmp_path):
    store = Store.at(str(tmp_path))
    with pytest.raises(StoreUnusableError, match="cannot be opened"):
        schema.check(store)
    store.close()


def test_a_server_that_ends_the_connection_is_told_in_words(
    make_bench, postgres_url, postgres_admin
):
    """The next deed gets a connection of its own."""
    store = make_bench(postgres_url).store

    def cut():
        with store.read() as unit:
            (pid,) = unit.one("SELECT pg_backend_pid()")
            postgres_admin(f"SELECT pg_terminate_backend({pid})")
            unit.one("SELECT 1")

    with pytest.raises(StoreUnusableError):
        cut()
    assert _get(store) is None


def test_who_reads_may_count_for_longer_than_who_writes_may_stand_still(
    make_bench, postgres_url
):
    store = make_bench(postgres_url).store
    asked = "SHOW idle_in_transaction_session_timeout"
    for _ in range(10):  # what is asked often is prepared, which two at once cannot be
        with store.read() as unit:
            assert unit.one(asked) == ("10min",)
    with store.write() as unit:
        assert unit.one(asked) == ("1min",)


def test_somebody_who_writes_for_long_makes_others_wait_not_fail_forever(
    make_bench, postgres_url
):
    """PostgreSQL gives up after its lock timeout, in words."""
    store = make_bench(postgres_url).store
    with store.write() as unit:
        _set(unit, "0")
    with store.write() as unit:
        unit.one("SELECT 1 FROM fact WHERE name = 'x' FOR UPDATE")

        def blocked():
            with store.write() as other:
                other.run("SET LOCAL lock_timeout = '50ms'")
                _set(other, "1")

        with pytest.raises(BusyError, match="busy"):
            blocked()


# --- connections -------------------------------------------------------------------
class Driven:
    """A connection of which only the closing counts."""

    is_closed = False

    def close(self):
        self.is_closed = True


def test_a_connection_is_used_again_and_a_broken_one_is_not():
    pool = Pool(Driven)
    first = pool.take()
    pool.give(first)
    assert pool.take() is first
    pool.give(first, broken=True)
    second = pool.take()
    assert (first.driven.is_closed, second is first) == (True, False)


def test_letting_go_closes_what_is_idle_and_later_what_is_in_use():
    pool = Pool(Driven)
    held, idle = pool.take(), pool.take()
    pool.give(idle)
    pool.dispose()
    assert (idle.driven.is_closed, held.driven.is_closed) == (True, False)
    pool.give(held)
    assert held.driven.is_closed
    assert pool.take() is not held


def test_a_connection_that_cannot_be_opened_takes_no_room():
    pool = Pool(lambda: 1 / 0)
    for _ in range(40):
        with pytest.raises(ZeroDivisionError):
            pool.take()
    pool.opening = Driven
    assert [pool.take() for _ in range(10)]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://me:s%40p@h:1/d", "postgresql://me@h:1/d"),
        ("postgresql+psycopg://me:s@h/d", "postgresql://me@h/d"),
        ("postgresql:///d?host=/run/x&user=me", "postgresql://me@/d?host=/run/x"),
        ("postgresql://h1:1,h2:2/d", "postgresql://h1:1,h2:2/d"),
    ],
)
def test_an_address_is_shown_without_its_password(url, shown):
    assert Store.at(url).place == shown
