"""A connection asked past its cursor says what the cursor would say."""

from __future__ import annotations

import pytest

from adjudge.errors import ConnectionLostError, StoreUnusableError

ADD = (
    "INSERT INTO person (name, role, languages, login, state, meta, added_at) "
    "VALUES (:name, 'annotator', :languages, 1, 'active', '{}', '') "
    "RETURNING name, state_why, login"
)


@pytest.fixture
def store(postgres_url, make_bench):
    return make_bench(postgres_url).store


def add(store, name, languages="[]"):
    with store.statements() as unit:
        return unit.texts(ADD, {"name": name, "languages": languages})


def names(store):
    with store.read() as unit:
        return [name for (name,) in unit.all("SELECT name FROM person ORDER BY name")]


def test_values_come_as_texts_and_what_is_null_as_none(store):
    assert add(store, "Zoë 李") == [("Zoë 李", None, "1")]
    with store.statements() as unit:
        said = (
            "SELECT CAST(:n AS bigint) + 1, CAST(:x AS real), CAST(:b AS boolean), "
            ":nothing || ''"
        )
        values = {"n": 2**40, "x": 0.25, "b": 1, "nothing": None}
        assert unit.texts(said, values) == [(str(2**40 + 1), "0.25", "t", None)]
        assert unit.texts("SELECT 1 WHERE :no = 'yes'", {"no": "no"}) == []


def test_a_row_that_stands_already_is_no_error(store):
    add(store, "bea")
    assert add(store, "bea", "[1]") is None
    assert add(store, "cem") is not None
    assert names(store) == ["bea", "cem"]


def test_what_the_driver_forgot_after_a_rollback_is_kept_anew(store):
    add(store, "bea")
    with store.rehearse() as unit:
        unit.all("SELECT 1")
    for name in ("cem", "dov"):
        assert add(store, name)
    with store.statements() as unit:
        unit.run("DEALLOCATE ALL")
        assert unit.texts(ADD, {"name": "eva", "languages": "[]"})
    assert len(names(store)) == 4


def test_a_text_longer_than_the_socket_takes_at_once_arrives(store):
    text = "ü" * 2_000_000
    with store.statements() as unit:
        asked = "SELECT :text || ''"
        assert unit.texts(asked, {"text": text}) == [(text,)]


def test_a_nul_character_is_refused_and_not_cut_off(store):
    with pytest.raises(store._driver.DataError, match="holds a NUL"):
        add(store, "bea", "a\0b")
    assert names(store) == []


def test_errors_are_those_of_every_other_statement(store, postgres_url, make_bench):
    with pytest.raises(StoreUnusableError), store.statements() as unit:
        unit.texts("SELECT * FROM no_such_table", {})
    with store.statements() as unit:
        ((pid,),) = unit.texts("SELECT pg_backend_pid()", {})
    with make_bench(postgres_url).store.read() as unit:
        unit.one("SELECT pg_terminate_backend(:pid, 5000)", pid=int(pid))
    with pytest.raises(ConnectionLostError), store.statements() as unit:
        unit.texts("SELECT 1", {})
    assert add(store, "bea")


def test_rows_that_came_before_the_end_failed_count_for_nothing(store):
    """What is checked when a statement is kept is found wrong after its rows came."""
    with store.statements() as unit:
        unit.run("CREATE TEMP TABLE late (x integer UNIQUE INITIALLY DEFERRED)")
        add = "INSERT INTO late (x) VALUES (:x) RETURNING x"
        assert unit.texts(add, {"x": 1}) == [("1",)]
        assert unit.texts(add, {"x": 1}) is None
        assert unit.all("SELECT x FROM late") == [(1,)]
        unit.run("DROP TABLE late")


RUNNING = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
    "AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%''slow''%'"
)


def interrupted(store, monkeypatch, cancel):
    """Press Ctrl-C while the server is at work; give what the wire asked with."""

    class Interrupted:
        def poll(self):
            raise KeyboardInterrupt

    slow = "SELECT 'slow', pg_sleep(60)"
    with store.statements() as unit:
        unit.texts("SELECT 1", {})
        wire = unit.wire
        wire._keep(slow)
        driven = wire._connection
        real = driven.cancel_safe
        monkeypatch.setattr(driven, "cancel_safe", lambda **how: cancel(real, **how))
    with monkeypatch.context() as waiting:
        waiting.setattr(wire, "_answered", Interrupted())
        with pytest.raises(KeyboardInterrupt), store.statements() as unit:
            unit.texts(slow, {})
    return wire


@pytest.mark.parametrize("lost", [0, 1, 3])
def test_who_is_tired_of_waiting_leaves_nothing_running(store, monkeypatch, lost):
    """The server may be told to stop before it has read what to do."""
    told = []

    def cancel(real, **how):
        told.append(how)
        if len(told) > lost:
            real(**how)

    wire = interrupted(store, monkeypatch, cancel)
    assert len(told) > lost
    assert wire._raw.transaction_status == store._driver.pq.TransactionStatus.IDLE
    with store.read() as unit:
        assert not unit.all(RUNNING)
    with store.statements() as unit:
        assert unit.texts("SELECT 2", {}) == [("2",)]
    assert add(store, "bea")


def test_a_server_that_does_not_stop_is_left(store, monkeypatch):
    monkeypatch.setattr("adjudge.storage.engine.wire._CALLS", 2)
    wire = interrupted(store, monkeypatch, lambda real, **how: None)
    assert wire._raw.status == store._driver.pq.ConnStatus.BAD
    with store.statements() as unit:
        assert unit.texts("SELECT 2", {}) == [("2",)]
        ended = (
            "SELECT pg_terminate_backend(pid, 5000)::text FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE '%''slow''%' "
            "AND pid <> pg_backend_pid()"
        )
        assert unit.texts(ended, {}) == [("true",)]


def test_a_transaction_is_not_asked_this_way(store):
    with pytest.raises(TypeError, match="transaction"), store.write() as unit:
        unit.texts("SELECT 1", {})
