"""Handing in with one statement on PostgreSQL does what going step by step does."""

from __future__ import annotations

import time

import pytest

from adjudge.domain.routing import Draws
from adjudge.services import auditlog
from adjudge.services.campaign import queueing
from adjudge.services.people import standing
from adjudge.services.work import arriving, judging
from adjudge.storage import hand as hands
from adjudge.storage import handover, incidents, log

SLOTS = (
    "SELECT t.comparison_id, s.slot, s.state, s.annotator, s.occasion, s.purpose, "
    "s.late, s.surplus, s.guideline, s.token IS NULL, s.judgment_id IS NULL "
    "FROM slot s JOIN task t ON t.id = s.task_id ORDER BY t.id, s.slot"
)
JUDGMENTS = (
    "SELECT comparison_id, annotator, occasion, revision, supersedes IS NULL, ranking, "
    "margin, none_acceptable, reasons, ratings, shown, seconds, guideline, at, source, "
    "judged_digest, content_digest, clock, import_id, line, meta, received_at "
    "FROM judgment ORDER BY comparison_id, annotator, revision"
)
DEEDS = "SELECT actor, act, object FROM deed WHERE act = 'claim' ORDER BY id"


def told(bench):
    with bench.store.read() as unit:
        return [unit.all(sql) for sql in (SLOTS, JUDGMENTS, DEEDS)]


def work(bench, ann, bob, sign, run_out):
    """Hand in as people do: with drafts, late, twice, to the end."""
    first, _ = judging.claim(bench, ann, "q")
    draft = first.blank().grade(1)
    judging.save_draft(bench, ann, first, draft, session="w", seq=1)
    after = sign(bench, ann, first, id="one")
    assert [task.comparison.id for task in after.next] == ["c2", "c3"]
    again = sign(bench, ann, first, id="one")
    assert again.next == after.next
    late = judging.claim(bench, bob, "q")[0]
    run_out(bench)
    assert sign(bench, bob, late).late
    hand = judging.claim(bench, ann, "q")
    while hand:
        hand = sign(bench, ann, hand[0]).next
    return arriving.desk(bench, ann).drafts


def test_both_ways_leave_the_same(
    make_postgres,
    make_bench,
    fill,
    ann,
    bob,
    lead,
    sign,
    run_out,
    promises,
    monkeypatch,
):
    found = []
    # Whoever has deeds to seal goes step by step.
    for seal_after in (1e9, -1e9):
        monkeypatch.setattr(log, "SEAL_AFTER", seal_after)
        bench = make_bench(make_postgres())
        fill(bench, 7)
        assert work(bench, ann, bob, sign, run_out) == ()
        promises(bench)
        assert auditlog.verify(bench, lead).bad is None
        found.append(told(bench))
    at_once, step_by_step = found
    assert len(at_once[1]) == 8
    assert at_once == step_by_step


def test_an_ordinary_submit_is_one_statement(
    postgres_url, make_bench, fill, ann, sign, monkeypatch
):
    bench = make_bench(postgres_url)
    fill(bench, 3)
    told = []
    known = handover.hand_over

    def listen(*said, **more):
        told.append(known(*said, **more))
        return told[-1]

    monkeypatch.setattr(handover, "hand_over", listen)
    hand = judging.claim(bench, ann, "q")
    log.of(bench.store).sealed_at = time.monotonic() + 1000
    sign(bench, ann, hand[0])
    assert [done.claimed.task_id for done in told] == [3]


def test_a_submit_is_planned_once(postgres_url, make_bench, fill, ann, sign):
    bench = make_bench(postgres_url)
    fill(bench, 3)
    hand = judging.claim(bench, ann, "q")
    log.of(bench.store).sealed_at = time.monotonic() + 1000
    sign(bench, ann, hand[0])
    with bench.store.statements() as unit:
        kept = unit.all("SELECT statement FROM pg_prepared_statements")
    assert any(statement.startswith("WITH filled") for (statement,) in kept)


def test_nobody_seals_what_somebody_else_has_sealed_just_now(
    postgres_url, make_bench, fill, ann, bob, sign, monkeypatch
):
    """Of a hundred processes one goes the long way in a second, and not a hundred."""
    told = []
    known = handover.hand_over
    monkeypatch.setattr(
        handover, "hand_over", lambda *a, **more: told.append(a) or known(*a, **more)
    )
    bench, other = make_bench(postgres_url), make_bench(postgres_url)
    fill(bench, 5)
    hand, theirs = judging.claim(bench, ann, "q"), judging.claim(other, bob, "q")
    with bench.store.write() as unit:
        unit.run("UPDATE log_head SET sealed_at = 0")
    log.of(bench.store).sealed_at = log.of(other.store).sealed_at = -1e9
    sign(bench, ann, hand[0])
    assert told == []
    with bench.store.write() as unit:
        unit.run("UPDATE log_head SET sealed_at = {now} + 1000")
    assert log.is_due(other.store)
    hand = sign(other, bob, theirs[0]).next
    assert len(told) == 1
    # Nor does anybody look beforehand: the statement asks.
    log.of(other.store).sealed_at = -1e9
    monkeypatch.delattr(hands, "glance")
    sign(other, bob, hand[0])
    assert len(told) == 2


def test_a_label_and_a_language_hold_in_one_statement(
    postgres_url, make_bench, bring_in, comparison_of, lead, ann, sign
):
    """Somebody with languages is asked about them; nobody gets what warns of harm."""
    bench = make_bench(postgres_url)
    languages = ["en", "de", "de", "fr", "de"]
    bring_in(
        bench,
        "comparisons",
        [
            comparison_of(f"c{n}", language=language, labels=["gore"] * (n == 4))
            for n, language in enumerate(languages)
        ],
        queue="q",
    )
    person = {"name": "ann", "role": "annotator", "languages": ["de"]}
    bring_in(bench, "people", [person])
    hand = judging.claim(bench, ann, "q")
    log.of(bench.store).sealed_at = time.monotonic() + 1000
    got = []
    while hand:
        got.append(hand[0].comparison.id)
        hand = sign(bench, ann, hand[0]).next
    assert got == ["c1", "c2"]


def test_gold_is_drawn_once_whichever_way_a_submit_goes(
    postgres_url, make_bench, fill, lead, ann, sign, monkeypatch
):
    """Drawn again on the long way, gold at a rate of a tenth came once in a hundred."""
    bench = make_bench(postgres_url)
    fill(bench, 5)
    queueing.change(bench, lead, "q", gold_rate=0.5)
    hand = judging.claim(bench, ann, "q")
    log.of(bench.store).sealed_at = time.monotonic() + 1000
    drawn = []
    monkeypatch.setattr(
        Draws, "draw", lambda draws, _what: drawn.append(draws.token) or 0.0
    )
    sign(bench, ann, hand[0])
    assert len(drawn) > 1
    assert len(set(drawn)) == 1


def pause_queue(bench, lead):
    queueing.pause(bench, lead, "q", why="stop")


def pause_person(bench, lead):
    standing.pause(bench, lead, "ann", why="stop")


def clear_person(bench, lead):
    standing.clear(bench, lead, "ann", "medical")


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (pause_queue, ["c4"]),
        (pause_person, []),
        (clear_person, ["c4", "c5"]),
    ],
)
def test_what_was_found_last_is_gone_by_until_it_changes(
    postgres_url, make_bench, fill, lead, ann, sign, monkeypatch, change, left
):
    bench = make_bench(postgres_url)
    fill(bench, 6)
    hand = judging.claim(bench, ann, "q")
    log.of(bench.store).sealed_at = time.monotonic() + 1000
    looks, known = [], hands.glance
    monkeypatch.setattr(
        hands, "glance", lambda *a, **more: looks.append(a) or known(*a, **more)
    )
    hand = sign(bench, ann, hand[0]).next
    assert looks
    looks.clear()
    hand = sign(bench, ann, hand[0]).next
    assert looks == []
    change(make_bench(postgres_url), lead)
    hand = sign(bench, ann, hand[0]).next
    assert looks
    assert [task.comparison.id for task in hand] == left


def hide(bench, bob, task):
    flagged = judging.flag(
        bench, bob, judging.claim(bench, bob, "q")[0], "other", note=""
    )
    with bench.store.write() as unit:
        incidents.hide(unit, task.comparison.id, flagged.incident, at=bench.now())


def erase(bench, bob, task):
    with bench.store.write() as unit:
        unit.run(
            "UPDATE text SET body = NULL WHERE id = "
            "(SELECT text_id FROM comparison WHERE id = :id)",
            id=task.comparison.id,
        )


def draft_it(bench, ann, task):
    draft = task.blank().grade(2)
    judging.save_draft(bench, ann, task, draft, session="other", seq=1)


def give_it_back(bench, ann, task):
    judging.release(bench, ann, task)


@pytest.mark.parametrize(
    ("change", "who", "left"),
    [
        (hide, "bob", {"c4": []}),
        (erase, "bob", {"c4": []}),
        (draft_it, "ann", {"c3": [2], "c4": []}),
        (give_it_back, "ann", {"c4": [], "c5": []}),
    ],
)
def test_the_task_ahead_is_not_shown_as_it_was_once_something_became_of_it(
    postgres_url, make_bench, fill, make_actor, ann, sign, change, who, left
):
    """Its text is not read again, but whether it may still be seen is asked."""
    bench = make_bench(postgres_url)
    fill(bench, 6)
    hand = judging.claim(bench, ann, "q")
    log.of(bench.store).sealed_at = time.monotonic() + 1000
    hand = sign(bench, ann, hand[0]).next
    assert [task.comparison.id for task in hand] == ["c2", "c3"]
    change(make_bench(postgres_url), make_actor(who), hand[1])
    hand = sign(bench, ann, hand[0]).next
    assert {
        task.comparison.id: [draft.digit for draft, _ in task.recovered]
        for task in hand
    } == left
