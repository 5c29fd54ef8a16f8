"""Counts kept block by block give what reading every judgment gives."""

from __future__ import annotations

import itertools

import pytest

from adjudge.errors import UnknownError
from adjudge.services import storekeeping
from adjudge.services.campaign import queueing
from adjudge.services.measuring import agreement, counting, overview
from adjudge.services.people import standing
from adjudge.services.work import judging, reopening
from adjudge.storage import counts
from adjudge.storage.engine import integrity


@pytest.fixture
def judged(fill, bring_in, judgment_of):
    """Fill a queue with three judgments each, of people who often agree."""

    def make(bench, n=40, **others):
        fill(bench, n, **others)
        rankings = itertools.cycle(
            [
                [["a"], ["b"]],
                [["a"], ["b"]],
                [["b"], ["a"]],
                [["a", "b"]],
                [["a"], ["b"]],
            ]
        )
        records = [
            judgment_of(
                f"c{i}",
                name,
                ranking,
                **({"margin": 1 + i % 3} if len(ranking) == 2 else {}),
                seconds=5.0 + i,
                shown=["b", "a"] if i % 3 else ["a", "b"],
                none_acceptable=i % 7 == 0,
                at=f"2026-01-{1 + i % 20:02}T10:00:00Z",
            )
            for i in range(1, n + 1)
            for name, ranking in zip(("ann", "bob", "cy"), rankings, strict=False)
        ]
        bring_in(bench, "judgments", records, queue="q", name="judged.jsonl")

    return make


def same(bench, lead, queue="q"):
    """Compare the glance with agreement on every judgment."""
    seen = overview.glance(bench, lead, queue)
    full = agreement.agree(bench, lead, queue, by="week")
    assert seen["percent"] == full["winner"]["percent"]
    assert seen["alpha"] == full["winner"]["alpha"]
    ordinal = full["margin"]["alpha_ordinal"]
    assert seen["alpha_ordinal"] == ordinal
    assert seen["none_acceptable"] == full["none_acceptable"]
    for name in ("kendall_w", "tau_b"):
        assert seen[name] == full["ranking"][name]
    for key in ("n_judgments", "n_comparisons", "n_annotators"):
        assert seen[key] == full[key]
    # What came without a time was judged in no week that we know.
    assert [w["week"] for w in seen["weeks"]] == [w for w in full["by"] if w[0] == "2"]
    for week in seen["weeks"]:
        found = full["by"][week["week"]]
        assert week["alpha"] == found["winner"]["alpha"]
        assert week["percent"] == found["winner"]["percent"]
        assert week["alpha_ordinal"] == found["margin"]["alpha_ordinal"]
        assert week["kendall_w"] == found["ranking"]["kendall_w"]
        assert week["tau_b"] == found["ranking"]["tau_b"]
    pairs = {(p["a"], p["b"]): p for p in full["pairs"]}
    assert {(p["a"], p["b"]) for p in seen["pairs"]} == set(pairs)
    for pair in seen["pairs"]:
        other = pairs[pair["a"], pair["b"]]
        assert (pair["n"], pair["percent"]["value"]) == (other["n"], other["percent"])
        if pair["n"] >= 20:
            assert pair["kappa"]["value"] == other["kappa"]["value"]
    return seen


def test_the_glance_is_agreement_on_every_judgment(bench, lead, judged):
    judged(bench)
    seen = same(bench, lead)
    assert seen["n_judgments"] == 120
    assert seen["median_seconds"]["value"] == 25.5
    assert seen["left_wins"]["n"] < 120
    assert [p["judgments"] for p in seen["people"]] == [40, 40, 40]


def test_prompts_that_repeat_are_resampled_together(
    bench, lead, judged, bring_in, comparison_of, judgment_of
):
    """Also when a prompt comes to repeat after its block was counted."""
    judged(bench, 30)
    before = same(bench, lead)
    again = [
        {**comparison_of(f"d{i}"), "prompt": f"question c{i}"} for i in range(1, 9)
    ]
    bring_in(bench, "comparisons", again, queue="q", name="again.jsonl")
    after = same(bench, lead)
    assert after["alpha"]["value"] == before["alpha"]["value"]
    with bench.store.read() as unit:
        assert overview.added_up(unit, "q").kinds["winner"].shared
    said = [judgment_of(f"d{i}", who) for i in range(1, 9) for who in ("ann", "bob")]
    bring_in(bench, "judgments", said, queue="q", name="said.jsonl")
    assert same(bench, lead)["n_judgments"] == 106


def test_rankings_are_counted_pair_by_pair(
    bench, lead, bring_in, comparison_of, judgment_of
):
    """Pairs of answers, three or six to a comparison, and beside them two responses."""
    widths = ["ab" if i % 5 == 0 else "abc" if i % 2 else "abcd" for i in range(30)]
    rows = [
        {**comparison_of(f"k{i}", responses=w), "prompt": f"question {i // 3}"}
        for i, w in enumerate(widths)
    ]
    bring_in(bench, "comparisons", rows, queue="q")
    said = [
        judgment_of(f"k{i}", who, ranked(w, (i * (n + 1) + n) % 4))
        for i, w in enumerate(widths)
        for n, who in enumerate(("ann", "bob", "cy")[: 2 if i > 24 else 3])
    ]
    bring_in(bench, "judgments", said, queue="q", name="said.jsonl")
    seen = same(bench, lead)
    assert seen["ties"]["share"]["value"] is None
    assert seen["left_wins"]["value"] is None
    assert seen["kendall_w"]["n"] == 24
    together = {(p["a"], p["b"]): p["n"] for p in seen["pairs"]}
    assert together == {("ann", "bob"): 30, ("ann", "cy"): 25, ("bob", "cy"): 25}
    assert all(p["kappa"]["low"] is not None for p in seen["pairs"])


def ranked(responses, turn):
    """Rank responses in one of a few ways, some with a tie."""
    order = [*responses[turn % 2 :], *responses[: turn % 2]]
    if turn == 3:
        return [order[:2], *([one] for one in order[2:])]
    return [[one] for one in (order if turn else order[::-1])]


def test_two_who_share_few_rankings_get_no_kappa_whatever_the_pairs_of_answers(
    sqlite_bench, lead, bring_in, comparison_of, judgment_of
):
    """Four responses make six pairs of answers, and still one comparison."""
    rows = [comparison_of(f"k{i}", responses="abcd") for i in range(10)]
    bring_in(sqlite_bench, "comparisons", rows, queue="q")
    said = [
        judgment_of(f"k{i}", who, ranked("abcd", i % 3))
        for i in range(10)
        for who in ("ann", "bob")
    ]
    bring_in(sqlite_bench, "judgments", said, queue="q", name="said.jsonl")
    (pair,) = overview.glance(sqlite_bench, lead, "q")["pairs"]
    assert (pair["n"], pair["percent"]["n"]) == (10, 60)
    assert pair["kappa"]["reason"] == "undefined: fewer than 20 comparisons in common"
    (other,) = agreement.agree(sqlite_bench, lead, "q")["pairs"]
    assert other["kappa"]["reason"].startswith("no interval: fewer than 20 comparisons")
    assert pair["percent"]["value"] == 1.0
    assert 0.7 < pair["percent"]["low"] < 0.8


@pytest.mark.parametrize("size", [1, 3])
def test_blocks_of_any_size_add_up_to_the_same(
    sqlite_bench, lead, judged, monkeypatch, size
):
    judged(sqlite_bench, 12)
    whole = overview.glance(sqlite_bench, lead, "q")
    with sqlite_bench.store.write() as unit:
        unit.run("DELETE FROM count_block")
        unit.run("DELETE FROM count_shared")
        monkeypatch.setattr(counts, "BLOCK", size)
        rows = unit.all("SELECT DISTINCT id FROM task")
        counts.note(unit, sorted({id // size for (id,) in rows}))
    parts = overview.glance(sqlite_bench, lead, "q")
    assert parts == whole
    with sqlite_bench.store.read() as unit:
        assert len(list(counts.blocks(unit, "q"))) >= 12 // size


def test_every_way_to_stand_or_fall_moves_its_block(bench, lead, ann, judged, clock):
    judged(bench, 6)
    same(bench, lead)

    def moved():
        with bench.store.read() as unit:
            return counts.waiting(unit)

    assert moved() == 0
    queueing.change(bench, lead, "q", overlap=4)
    eve = ann.model_copy(update={"name": "eve"})
    hand = judging.claim(bench, eve, "q")
    assert moved() == 0, "to claim counts nothing"
    judging.submit(
        bench,
        eve,
        hand[0],
        hand[0].blank().grade(6),
        clock=judging.Clock(active=3.0),
        submission_id="s1",
    )
    assert moved() == 1
    assert same(bench, lead)["n_judgments"] == 19
    judging.reopen(bench, eve, "s1")
    assert moved() == 1
    assert same(bench, lead)["n_judgments"] == 18
    reopening.reopen(bench, lead, "q", ["annotator=bob"], why="look again")
    assert moved() == 1
    assert same(bench, lead)["n_judgments"] == 12
    standing.pause(bench, lead, "cy", why="a rest", requeue=("q",))
    assert moved() == 1
    assert same(bench, lead)["n_judgments"] == 6


def test_no_judgments_and_one_person_are_said_in_words(
    bench, lead, fill, bring_in, judgment_of
):
    fill(bench, 2)
    seen = overview.glance(bench, lead, "q")
    assert seen["warnings"] == ["there are no judgments yet"]
    assert seen["alpha"]["value"] is None
    assert seen["median_seconds"]["reason"] == "undefined: no times were measured"
    bring_in(bench, "judgments", [judgment_of("c1")], queue="q", name="one.jsonl")
    seen = overview.glance(bench, lead, "q")
    assert seen["warnings"] == ["one person judged alone: agreement takes two"]
    assert seen["pairs"] == []
    with pytest.raises(UnknownError, match="no queue 'nowhere'"):
        overview.glance(bench, lead, "nowhere")


def test_counting_stops_when_it_is_told_to(bench, lead, judged):
    judged(bench, 3)
    told = []

    def stop(left):
        told.append(left)
        return False

    seen = overview.glance(bench, lead, "q", tell=stop)
    assert told == [1]
    assert seen["n_judgments"] == 0
    assert "1 block is not counted yet, of 1,024 tasks each" in seen["warnings"]


def test_check_finds_counts_that_are_not_those_of_the_judgments(bench, lead, judged):
    judged(bench, 3)
    counting.advance(bench, lead, "q")
    assert storekeeping.check(bench, lead) == []
    with bench.store.write() as unit:
        unit.run(
            "UPDATE count_block SET body = replace(body, '\"comparisons\":3', "
            "'\"comparisons\":4')"
        )
    assert ["counts of queue 'q'" in line for line in counting.wrong(bench, lead)] == [
        True
    ]
    with bench.store.write() as unit:
        unit.run("UPDATE count_block SET standing = standing - 1")
    with bench.store.read() as unit:
        assert "block of counts" in " ".join(integrity.broken(unit))
