"""Drafts survive, and an older one never replaces a newer one."""

from __future__ import annotations

from adjudge.storage import drafts


def _save(bench, seq, body, session="w1", at="2026-01-05T09:00:00Z"):
    with bench.store.write() as unit:
        drafts.save(
            unit,
            who="ann",
            task_id=1,
            occasion=0,
            session=session,
            seq=seq,
            body=body,
            at=at,
        )


def _bodies(bench):
    with bench.store.read() as unit:
        return [d.body for d in drafts.of_task(unit, "ann", 1)]


def test_the_newest_sequence_number_stands(bench, fill):
    fill(bench)
    _save(bench, 1, "one")
    _save(bench, 3, "three")
    _save(bench, 2, "two, late")
    assert _bodies(bench) == ["three"]


def test_two_windows_keep_a_draft_each_newest_first(bench, fill):
    fill(bench)
    _save(bench, 1, "first window", session="w1", at="2026-01-05T09:00:00Z")
    _save(bench, 1, "second window", session="w2", at="2026-01-05T09:00:05Z")
    assert _bodies(bench) == ["second window", "first window"]


def test_a_damaged_draft_is_left_out(bench, fill):
    fill(bench)
    _save(bench, 1, "whole")
    with bench.store.write() as unit:
        unit.run("UPDATE draft SET body = 'torn'")
    assert _bodies(bench) == []


def test_waiting_drafts_name_their_queue_and_comparison(bench, fill):
    fill(bench)
    _save(bench, 1, "x")
    with bench.store.read() as unit:
        assert drafts.waiting(unit, "ann") == [("q", "c1", "2026-01-05T09:00:00Z")]
        assert drafts.waiting(unit, "bob") == []


def test_a_signed_task_has_no_drafts(bench, fill):
    fill(bench)
    _save(bench, 1, "x")
    with bench.store.write() as unit:
        drafts.drop(unit, "ann", 1)
    assert _bodies(bench) == []
