"""Clocks that jump, migrations that are killed, programs of another age."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudge.errors import StoreUnusableError
from adjudge.services import storekeeping
from adjudge.services.work import judging
from adjudge.storage.engine import integrity, schema
from adjudge.storage.engine.store import Store

CLOCK = judging.Clock(active=1.0)


@given(jumps=st.lists(st.integers(-(10**8), 10**8), min_size=3, max_size=8))
def test_a_clock_that_jumps_makes_nobody_late(
    sqlite_bench, comparison_of, bring_in, clock, make_actor, jumps
):
    """Leases run by the database's clock, whatever people's machines say."""
    bench, who = sqlite_bench, make_actor(f"ann{sqlite_bench.new_id()}")
    records = [comparison_of(f"{who.name}-{n}") for n in range(len(jumps))]
    bring_in(bench, "comparisons", records, queue=who.name)
    hand = judging.claim(bench, who, who.name)
    for jump in jumps:
        clock.tick(jump)
        done = judging.submit(
            bench,
            who,
            hand[0],
            hand[0].blank().grade(2),
            clock=CLOCK,
            submission_id=bench.new_id(),
        )
        assert (done.late, done.surplus) == (False, False)
        hand = done.next
    assert hand == ()
    with bench.store.read() as unit:
        assert integrity.broken(unit) == []


MIGRATE_AND_DIE = """
import os, sys
from sqlalchemy import Engine, event
from adjudge.storage.engine import schema, sqlite
from adjudge.storage.engine.store import Store

url, after = sys.argv[1], int(sys.argv[2])
store = Store.at(url)
left = [after]

@event.listens_for(Engine, "after_cursor_execute")
def die(*_):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), 9)

schema.upgrade(store)
"""


@pytest.mark.parametrize("after", [3, 20, 45])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killed_migration_is_run_again(request, tmp_path, make_bench, kind, after):
    """It left nothing behind: the next one finds the store as it was."""
    if kind == "sqlite":
        from adjudge.storage.engine import sqlite

        path = tmp_path / "half.db"
        sqlite.create_file(path)
        sqlite.sign(path)
        url = str(path)
    else:
        url = request.getfixturevalue("make_postgres")(empty=True)
    words = [sys.executable, "-W", "ignore", "-c", MIGRATE_AND_DIE, url, str(after)]
    died = subprocess.run(words, capture_output=True, text=True, check=False)
    assert died.returncode == -9, died.stderr
    bench = make_bench(url)
    assert schema.version(bench.store) is None
    schema.upgrade(bench.store)
    assert schema.version(bench.store) == schema.HEAD
    with bench.store.read() as unit:
        assert integrity.broken(unit) == []


def test_an_older_program_refuses_a_newer_store(bench, url):
    """It says so in words, and touches nothing."""
    with bench.store.write() as unit:
        unit.run("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnusableError, match="made by a newer adjudge"):
        storekeeping.open_store(bench)


def test_a_server_that_is_not_there_is_said_at_once():
    store = Store.at("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(StoreUnusableError, match="cannot be opened"), store.read():
        pass
