"""Adaptive overlap: as many judgments as make it sure, and a random part with all."""

from __future__ import annotations

import itertools
import threading

import pytest

from adjudge.domain.ids import AnnotatorId
from adjudge.domain.people import Actor, Person, Role
from adjudge.domain.queue import Adaptive
from adjudge.errors import AdjudgeError, InvalidInputError
from adjudge.services import exporting
from adjudge.services.bench import Bench
from adjudge.services.campaign import forecasting, queueing
from adjudge.services.measuring import (
    agreement,
    auditing,
    overlaps,
    overview,
    resolving,
)
from adjudge.services.people import people
from adjudge.services.work import judging, reopening
from adjudge.storage.engine.store import Store
from adjudge.storage.overlaps import Asked, Said

RULE = {"least": 2, "most": 4, "sure": 0.9}
A, B, TIE = [["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]


@pytest.fixture
def adaptive(bench, lead, bring_in, comparison_of):
    """Sixty comparisons in a queue that stops between two and four judgments."""
    with bench.store.write() as unit:
        # Every store draws by a key of its own; the same one here in every run.
        key = {"name": "side_key", "value": "5e" * 32}
        unit.run("UPDATE fact SET value = :value WHERE name = :name", **key)
    queueing.create(bench, lead, queueing.settings(name="q", adaptive=RULE))
    asked = [comparison_of(f"c{i:02d}") for i in range(60)]
    bring_in(bench, "comparisons", asked, queue="q")
    return bench


def tasks(bench):
    """Comparison: judgments wanted, in the random part, open slots, done slots."""
    with bench.store.read() as unit:
        return {
            name: (overlap, bool(sampled), open_, done)
            for name, overlap, sampled, open_, done in unit.all(
                "SELECT t.comparison_id, t.overlap, t.sampled, "
                "sum(CASE WHEN s.state = 0 THEN 1 ELSE 0 END), "
                "sum(CASE WHEN s.state = 2 AND s.surplus = 0 THEN 1 ELSE 0 END) "
                "FROM task t JOIN slot s ON s.task_id = t.id WHERE t.role = 'work' "
                "GROUP BY t.comparison_id, t.overlap, t.sampled"
            )
        }


def drawn(bench):
    return {name for name, (_, sampled, *_) in tasks(bench).items() if sampled}


def ordinary(bench, n=1):
    return sorted(tasks(bench).keys() - drawn(bench))[:n]


def work(bench, name, say, *, most=1000):
    """One person judges until nothing is left; ``say`` gives the winner."""
    who = Actor(name=AnnotatorId(name), role=Role.ANNOTATOR)
    hand = judging.claim(bench, who, "q")
    for _ in range(most):
        if not hand:
            return
        task = hand[0]
        place = task.shown.index(say(task.comparison.id))
        hand = judging.submit(
            bench,
            who,
            task,
            task.blank().grade((2, 6)[place]),
            clock=judging.Clock(active=1.0),
            submission_id=bench.new_id(),
        ).next


# --- the rule -----------------------------------------------
def asked(*rankings, sampled=False, leased=0, overlap=2, accuracy=None):
    said = tuple(Said(f"p{i}", r, accuracy) for i, r in enumerate(rankings))
    return Asked(1, overlap, sampled, len(said), leased, said)


@pytest.mark.parametrize(
    ("task", "wanted"),
    [
        (asked(), 2),
        (asked("0>1"), 2),
        (asked("0>1", "0>1"), 2),
        (asked("0>1", "1>0"), 3),
        (asked("0>1", "1>0", "0=1"), 4),
        (asked("0>1", "1>0", "0=1", "0>1"), 4),
        (asked("0>1", "1>0", "0>1", "1>0"), 4),
        (asked("0>1", "0>1", accuracy=0.55), 3),
        (asked("0>1", "0>1", accuracy=0.05), 3),
        (asked("0=1", "0=1"), 2),
        (asked("0>1", "0>1", sampled=True), 4),
        (asked("0>1", "0>1", leased=1), 3),
        (asked("0>1>2", "0>1>2"), 2),
        (asked("0>1>2", "0>2>1"), 3),
        (asked("0>1>2", "1>2>0", "2>0>1"), 4),
        (asked("0", "0"), 3),
    ],
)
def test_a_task_wants_one_more_until_it_is_sure(task, wanted):
    assert overlaps.wanted(task, Adaptive(**RULE), 3) == wanted


def test_a_queue_without_ties_has_two_answers():
    said = asked("0>1", "0>1").said
    assert overlaps.surety(said, 3) == pytest.approx(0.64 / (0.64 + 2 * 0.01))
    assert overlaps.surety(said, 2) == pytest.approx(0.64 / (0.64 + 0.04))
    assert overlaps.surety(asked("0=1", "0=1").said, 2) == 0.0


def test_only_comparisons_are_asked_adaptively():
    for others in ({"kind": "rate"}, {"kind": "rewrite"}, {"training": True}):
        with pytest.raises(InvalidInputError, match="adaptive"):
            queueing.settings(name="q", adaptive=RULE, **others)


# --- in the claim path -----------------------------------------------
def test_a_tenth_is_drawn_by_the_stores_key_and_opens_with_all(adaptive):
    found = tasks(adaptive)
    assert 1 <= len(drawn(adaptive)) <= 15
    for overlap, sampled, open_, done in found.values():
        assert (overlap, open_, done) == ((4, 4, 0) if sampled else (2, 2, 0))


def test_people_who_agree_are_asked_twice_and_the_drawn_four_times(adaptive, lead):
    for name in ("ann", "bob", "cyd", "dee", "eve"):
        work(adaptive, name, lambda _: "a")
    for overlap, sampled, open_, done in tasks(adaptive).values():
        assert (overlap, open_, done) == ((4, 0, 4) if sampled else (2, 0, 2))
    states = queueing.show(adaptive, lead, "q").states
    assert states == dict.fromkeys(resolving.STATES, 0) | {"settled": 60}


def test_people_who_differ_are_asked_up_to_the_most_and_escalated(adaptive, lead):
    queueing.change(adaptive, lead, "q", adaptive={**RULE, "sure": 0.9999})
    for name, answer in zip(("ann", "bob", "cyd", "dee", "eve"), "ababa", strict=True):
        work(adaptive, name, lambda _, answer=answer: answer)
    found = tasks(adaptive)
    assert {(overlap, open_, done) for overlap, _, open_, done in found.values()} == {
        (4, 0, 4)
    }
    shown = queueing.show(adaptive, lead, "q")
    assert shown.states["escalated"] == 60
    assert (shown.saved.stopped, shown.saved.at_most) == (0, 60 - len(drawn(adaptive)))


def test_the_third_slot_opens_in_the_transaction_of_the_second_judgment(adaptive):
    first = ordinary(adaptive)[0]
    work(adaptive, "ann", lambda _: "a")
    assert tasks(adaptive)[first] == (2, False, 1, 1)
    work(adaptive, "bob", lambda c: "b" if c == first else "a")
    assert tasks(adaptive)[first] == (3, False, 1, 2)
    others = [t for c, t in tasks(adaptive).items() if c != first and not t[1]]
    assert set(others) == {(2, False, 0, 2)}
    work(adaptive, "cyd", lambda _: "b")
    # Two of three is not nine in ten.
    assert tasks(adaptive)[first] == (4, False, 1, 3)
    assert resolving.resolved(adaptive, LEAD, "q")[0].comparison == "c00"
    with adaptive.store.read() as unit:
        from adjudge.storage.engine import integrity

        assert integrity.broken(unit) == []


LEAD = Actor(name=AnnotatorId("lea"), role=Role.LEAD)


def test_a_task_taken_back_is_decided_again(adaptive, lead):
    first = ordinary(adaptive)[0]
    work(adaptive, "ann", lambda _: "a")
    work(adaptive, "bob", lambda _: "a")
    assert tasks(adaptive)[first] == (2, False, 0, 2)
    where = ["annotator=bob", f"comparison={first}"]
    reopening.reopen(adaptive, lead, "q", where, why="look again")
    assert tasks(adaptive)[first] == (2, False, 1, 1)
    work(adaptive, "bob", lambda _: "b")
    assert tasks(adaptive)[first] == (3, False, 1, 2)


def test_two_who_hand_in_at_once_are_both_seen(url, adaptive, lead, make_bench, clock):
    """Each alone would see one judgment, and the third would never be asked."""
    names, errors = itertools.count(), []

    def bench():
        return Bench(
            store=Store.at(url),
            now=clock,
            new_id=lambda: f"t{threading.get_ident()}-{next(names)}",
            secret=b"a test",
        )

    def run(name, answer):
        own = bench()
        try:
            work(own, name, lambda _: answer)
        except AdjudgeError as error:  # pragma: no cover - a failure of the test
            errors.append(error)
        finally:
            own.store.close()

    people_ = [
        threading.Thread(target=run, args=(name, answer))
        for name, answer in (("ann", "a"), ("bob", "b"))
    ]
    for thread in people_:
        thread.start()
    for thread in people_:
        thread.join()
    assert errors == []
    for overlap, sampled, open_, done in tasks(adaptive).values():
        assert done == 2
        assert (overlap, open_) == ((4, 2) if sampled else (3, 1))


# --- imports and settings -----------------------------------------------
def test_imported_judgments_are_taken_in_up_to_the_most(
    adaptive, bring_in, judgment_of
):
    one, two, three = ordinary(adaptive, 3)
    said = [judgment_of(one, f"p{i}", A) for i in range(6)]
    said += [judgment_of(two, f"p{i}", A if i % 2 else B) for i in range(6)]
    said += [judgment_of(three, "p0", A)]
    done = bring_in(adaptive, "judgments", said, name="j.jsonl", queue="q")
    found = tasks(adaptive)
    assert found[one] == (4, False, 0, 4)
    assert found[two] == (4, False, 0, 4)
    assert found[three] == (2, False, 1, 1)
    assert done.surplus == 4
    more = [judgment_of(one, "late", B), judgment_of(three, "p1", B)]
    done = bring_in(adaptive, "judgments", more, name="k.jsonl", queue="q")
    assert done.surplus == 1
    assert tasks(adaptive)[one] == (4, False, 0, 4)
    assert tasks(adaptive)[three] == (3, False, 1, 2)


def test_a_queue_becomes_adaptive_and_stops_being_it(
    bench, lead, fill, bring_in, judgment_of
):
    fill(bench, 40)
    said = [judgment_of(f"c{i}", "ann", A) for i in range(1, 41)]
    said += [judgment_of(f"c{i}", "bob", A if i > 20 else B) for i in range(1, 41)]
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    queueing.change(bench, lead, "q", adaptive=RULE)
    for name, (overlap, sampled, open_, done) in tasks(bench).items():
        agreed = int(name[1:]) > 20
        wanted = 4 if sampled else 2 if agreed else 3
        assert (overlap, open_, done) == (wanted, wanted - 2, 2)
    chosen = drawn(bench)
    queueing.change(bench, lead, "q", adaptive=None)
    assert {t[0] for t in tasks(bench).values()} == {3}
    queueing.change(bench, lead, "q", adaptive=RULE)
    assert drawn(bench) == chosen


# --- people -----------------------------------------------
def test_everybodys_accuracy_is_measured_and_kept(adaptive, lead):
    for name in ("ann", "bob", "cyd", "dee"):
        work(adaptive, name, lambda c: "ab"[int(c[1:]) % 2])
    found = overlaps.measure(adaptive, lead, "q")
    assert found.keys() == {"ann", "bob", "cyd", "dee"}
    assert min(found.values()) > 0.8
    with adaptive.store.read() as unit:
        kept = dict(unit.all("SELECT annotator, value FROM accuracy"))
        (counted,) = unit.one("SELECT max(counted) FROM accuracy")
        (stored,) = unit.one("SELECT count(*) FROM judgment")
    assert kept == pytest.approx(dict(found))
    assert counted == stored


def test_people_are_measured_after_some_judgments_without_being_asked(adaptive):
    for name in ("ann", "bob", "cyd", "dee", "eve"):
        work(adaptive, name, lambda _: "a")
    with adaptive.store.read() as unit:
        (n,) = unit.one("SELECT count(*) FROM accuracy")
    assert n >= 1


# --- what is said about it -----------------------------------------------
def test_agreement_is_measured_on_the_random_part_and_says_so(
    adaptive, lead, bring_in, judgment_of
):
    sample = drawn(adaptive)
    everything = sorted(tasks(adaptive))
    at = "2026-01-05T10:00:00Z"
    said = [
        judgment_of(c, "ann", A if i % 2 else B, at=at)
        for i, c in enumerate(everything)
    ]
    said += [
        judgment_of(
            c, "bob", (A if i % 2 else B) if c in sample else (B if i % 2 else A), at=at
        )
        for i, c in enumerate(everything)
    ]
    bring_in(adaptive, "judgments", said, name="j.jsonl", queue="q")
    found = agreement.agree(adaptive, lead, "q", by="annotator")
    assert found["winner"]["percent"]["value"] == 1.0
    assert found["n_comparisons"] == len(sample)
    words = f"the random 10% that always get 4 judgments: {len(sample)} of 60"
    assert any(words in w for w in found["warnings"])
    shown = overview.glance(adaptive, lead, "q")
    assert shown["percent"]["value"] == 1.0
    assert shown["n_judgments"] == 120
    assert any("the random 10%" in w for w in shown["warnings"])
    (week,) = auditing.audit(adaptive, lead, "q", texts=False)["drift"]["weeks"]
    assert (week["n_judgments"], week["percent"]["value"]) == (2 * len(sample), 1.0)
    queueing.change(adaptive, lead, "q", adaptive=None)
    found = agreement.agree(adaptive, lead, "q")
    assert found["winner"]["percent"]["value"] < 0.5
    shown = overview.glance(adaptive, lead, "q")
    assert shown["percent"]["value"] == found["winner"]["percent"]["value"]
    assert not any("random" in w for w in found["warnings"])


def test_a_random_part_nobody_judged_has_no_number(
    adaptive, lead, bring_in, judgment_of
):
    said = [judgment_of(c, who) for c in ordinary(adaptive, 9) for who in ("x", "y")]
    bring_in(adaptive, "judgments", said, name="j.jsonl", queue="q")
    found = agreement.agree(adaptive, lead, "q")
    assert found["winner"]["alpha"]["value"] is None
    assert found["winner"]["alpha"]["reason"].startswith("undefined")
    assert "0 of 9 comparisons judged" in found["warnings"][0]


def test_the_forecast_learns_where_tasks_stop(adaptive, lead):
    low = forecasting.forecast(adaptive, lead, "q").judgments
    n = len(drawn(adaptive))
    assert (low.value, low.low, low.high) == (240, 120 + 2 * n, 240)
    work(adaptive, "ann", lambda _: "a")
    work(adaptive, "bob", lambda _: "a", most=45)
    found = forecasting.forecast(adaptive, lead, "q").judgments
    assert found.low <= found.value < found.high
    assert "close after 2.0 judgments" in found.reason


def test_rows_say_between_what_the_overlap_lay(adaptive, lead, tmp_path):
    for name in ("ann", "bob", "cyd", "dee"):
        work(adaptive, name, lambda c: "ab"[int(c[1:]) % 2])
    out = tmp_path / "out"
    exporting.export(adaptive, lead, out, exporting.ExportOptions())
    text = (out / "README.md").read_text(encoding="utf-8")
    assert "judgments wanted per comparison: 2 to 4" in text
    assert "the random 10% that always get 4 judgments" in text


def test_the_commands_know_the_rule(adjudge, tmp_path, monkeypatch, write_lines):
    monkeypatch.setenv("ADJUDGE_DB", str(tmp_path / "q.db"))
    assert adjudge("init").code == 0
    made = ["queue", "create", "q", "--kind", "compare", "--adaptive"]
    for wrong in ("2", "2,5", "2,5,x", "5,2,0.9", "2,5,0.4", "2,5,1", "2,5,0.9,1"):
        assert adjudge(*made, wrong).code == 2, wrong
    assert adjudge(*made, "2,4,0.9").code == 0
    shown = adjudge("queue", "show", "q").out
    assert "overlap 2 to 4" in shown
    assert "stops at 0.9 sure" in shown
    found = adjudge("queue", "show", "q", "--json").json["adaptive"]
    assert found == {"sampled": 0, "stopped": 0, "at_most": 0, "judgments": 0}
    assert adjudge("queue", "set", "q", "--adaptive", "none").code == 0
    assert adjudge("queue", "show", "q", "--json").json["adaptive"] is None


def test_whoever_is_known_keeps_what_was_measured(adaptive, lead):
    people.add(adaptive, lead, Person(name="ann"))
    assert overlaps.measure(adaptive, lead, "q") == {}


def test_before_the_random_part_is_judged_agreement_says_just_that(adaptive, lead):
    others = [name for name, task in tasks(adaptive).items() if not task[1]]
    with adaptive.store.read() as unit:
        queue = agreement.find_queue(unit, "q")
        material = agreement.read(unit, queue)
    numbers = agreement.measured(
        agreement.Material(queue, material.coded, everywhere=len(others))
    )
    assert numbers["n_judgments"] == 0
    assert numbers["warnings"][1:] == ["nothing of that random part is judged yet"]
    nobody = agreement.agree(adaptive, lead, "q")["warnings"]
    assert nobody[1:] == ["there are no judgments yet"]
