"""Judgments are only ever added, whoever asks."""

from __future__ import annotations

import pytest

from adjudge.storage.engine import integrity
from adjudge.storage.engine.sql import translate


@pytest.fixture
def judged(bench, fill, bring_in, judgment_of):
    fill(bench)
    bring_in(bench, "judgments", [judgment_of()])
    return bench


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE judgment SET ranking = '1>0'",
        "UPDATE judgment SET annotator = 'bob'",
        "UPDATE judgment SET note_id = NULL",
        "DELETE FROM judgment",
        "UPDATE import SET state = 'open'",  # whose judgments may be deleted
    ],
)
def test_a_judgment_is_never_changed_or_removed(judged, statement):
    def tamper():
        with judged.store.write() as unit:
            unit.run(statement)

    with pytest.raises(Exception, match=r"(?i)append|never|only"):
        tamper()
    with judged.store.read() as unit:
        row = unit.one("SELECT ranking, annotator FROM judgment")
        assert row == ("0>1", "ann")
        assert integrity.broken(unit) == []


def test_broken_promises_are_found(judged):
    with judged.store.write() as unit:
        unit.run(
            "UPDATE slot SET judgment_id = 'nowhere' WHERE judgment_id IS NOT NULL"
        )
        unit.run("UPDATE text SET body = NULL WHERE id = 'comparison:c1'")
    with judged.store.read() as unit:
        broken = " / ".join(integrity.broken(unit))
    assert "every done slot has its judgment" in broken
    assert "every comparison has its text" in broken


def test_a_new_store_has_every_trigger_that_keeps_it(bench):
    """Whoever adds one to the schema lets `db check` ask for it."""
    with bench.store.read() as unit:
        dialect = "postgresql" if unit.is_postgres else "sqlite"
        assert integrity.triggers(unit) == integrity.TRIGGERS[dialect]


def test_a_trigger_that_is_gone_is_found(bench):
    with bench.store.write() as unit:
        table = " ON judgment" if unit.is_postgres else ""
        unit.run(f"DROP TRIGGER judgment_unchanged{table}")
    with bench.store.read() as unit:
        (found,) = integrity.broken(unit)
    assert found.endswith("the trigger judgment_unchanged is gone")


def test_statements_are_written_for_each_database():
    statement = "SELECT {now} WHERE a LIKE 'x%' AND b = :b::text AND c IN {among c}"
    assert translate(statement, "postgresql") == (
        "SELECT extract(epoch from statement_timestamp())::double precision "
        "WHERE a LIKE 'x%%' AND b = %(b)s::text "
        "AND c IN (SELECT jsonb_array_elements_text(%(c)s::jsonb))"
    )
    assert "unixepoch('subsec')" in translate(statement, "sqlite")
