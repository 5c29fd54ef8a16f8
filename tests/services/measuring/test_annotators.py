"""People as their judgments show them, and how their weight came about."""

from __future__ import annotations

import json
import math

import pytest

from adjudge.errors import NotAllowedError, UnknownError
from adjudge.services.measuring import adjudication, annotators
from adjudge.services.people import people

A, B = [["a"], ["b"]], [["b"], ["a"]]


@pytest.fixture
def campaign(bring_in, comparison_of, judgment_of):
    """Thirty comparisons, ten of them gold; ann is right, bob a coin, cyd new."""

    def make(bench):
        asked = [
            comparison_of(
                f"c{i:02d}", topic="sql", **({"gold": {"ranking": A}} if i < 10 else {})
            )
            for i in range(30)
        ]
        bring_in(bench, "comparisons", asked, queue="q")
        said = []
        for i in range(30):
            at = f"2026-01-05T09:{i:02d}:00Z"
            said.append(
                judgment_of(
                    f"c{i:02d}", "ann", A, at=at, seconds=20.0, shown=["a", "b"]
                )
            )
            said.append(
                judgment_of(
                    f"c{i:02d}",
                    "bob",
                    A if i % 2 else B,
                    at=at,
                    seconds=5.0,
                    shown=["b", "a"],
                )
            )
            said.append(judgment_of(f"c{i:02d}", "dee", A, at=at, seconds=22.0))
        said += [judgment_of(f"c{i:02d}", "cyd", A) for i in (20, 21, 22)]
        bring_in(bench, "judgments", said, name="j.jsonl", queue="q")

    return make


def rows(bench, lead):
    found = annotators.listed(bench, lead, "q")
    json.dumps(found, allow_nan=False)
    return {p["name"]: p for p in found["people"]}


def test_people_are_counted_timed_and_put_to_the_test(bench, lead, campaign):
    campaign(bench)
    found = rows(bench, lead)
    ann, bob = found["ann"], found["bob"]
    assert ann["judgments"] == {
        "first": 20,
        "rejudge": 0,
        "gold": 10,
        "repeat": 0,
        "training": 0,
    }
    assert ann["active_seconds"] == 600
    assert ann["gold"]["accuracy"]["value"] == 1
    assert bob["gold"]["accuracy"]["value"] == 0.5
    assert bob["gold"]["state"] == "flagged"
    # Nobody is compared with themselves: the others took 20 and 22 s, 5 and 22 s.
    assert bob["pace"] == pytest.approx(5 / math.sqrt(20 * 22))
    assert ann["pace"] == pytest.approx(20 / math.sqrt(5 * 22))
    assert ann["side_bias"]["value"] == 1
    assert bob["side_bias"]["value"] == 0.5
    assert bob["with_others"]["value"] == 0.5


def test_reliability_makes_the_weight_and_few_judgments_do_not(bench, lead, campaign):
    campaign(bench)
    found = rows(bench, lead)
    assert found["ann"]["reliability"] > 0.8 > found["bob"]["reliability"]
    assert found["ann"]["weights"]["sql"]["effective"] > 1
    assert found["bob"]["weights"]["sql"]["effective"] < 0.5
    cyd = found["cyd"]["weights"]["sql"]
    assert (cyd["effective"], cyd["is_measured"]) == (1.0, False)


def test_why_lays_out_every_part(bench, lead, campaign):
    campaign(bench)
    people.declare_expertise(bench, lead, "ann", "sql", 2.0)
    found = annotators.why(bench, lead, "q", "ann")
    part = found["topics"]["sql"]
    assert part["declared"] == 2.0
    assert part["effective"] == pytest.approx(min(3.0, 2.0 * part["factor"]))
    assert found["reliability"] == pytest.approx(
        (8 + found["gold_hits"] + found["expected_hits"]) / (10 + found["n"])
    )
    assert [g["hit"] for g in found["gold"]] == [True] * 10
    assert "10 of 10 right on gold" in found["words"][0]


def test_somebody_without_judgments_has_the_declared_weight(bench, lead, campaign):
    campaign(bench)
    people.declare_expertise(bench, lead, "ann", "*", 1.5)
    found = annotators.why(bench, lead, "q", "ann")
    assert found["topics"]["sql"]["declared"] == 1.5
    with pytest.raises(UnknownError, match="nobody called 'zoe'"):
        annotators.why(bench, lead, "q", "zoe")


def test_a_number_that_is_not_there_says_why(bench, lead, fill, bring_in, judgment_of):
    fill(bench, 2)
    said = [judgment_of("c1", "ann"), judgment_of("c1", "bob")]
    bring_in(bench, "judgments", [*said, judgment_of("c2", "cy", seconds=9)])
    found = rows(bench, lead)
    untimed = dict.fromkeys(
        ("active_seconds", "median_seconds", "pace"),
        "undefined: no times were measured",
    )
    assert found["ann"]["reasons"] == untimed
    why = "undefined: nobody else was timed on the same tasks"
    assert found["cy"]["reasons"] == {"pace": why}


def test_a_silent_repeat_feeds_self_consistency_only(
    bench, lead, campaign, bring_in, judgment_of
):
    campaign(bench)
    before = rows(bench, lead)["ann"]["reliability"]
    again = [
        judgment_of("c20", "ann", B, occasion=1),
        judgment_of("c21", "ann", A, occasion=1),
    ]
    bring_in(bench, "judgments", again, name="again.jsonl", queue="q")
    ann = rows(bench, lead)["ann"]
    assert ann["judgments"]["repeat"] == 2
    assert ann["self_consistency"]["value"] == 0.5
    assert ann["reliability"] == before


def test_decisions_measure_everybody_but_whoever_made_them(bench, lead, campaign):
    campaign(bench)
    for i in (20, 21):
        adjudication.adjudicate(bench, lead, f"c{i}", (("a",), ("b",)), why="clear")
    found = rows(bench, lead)
    assert found["ann"]["adjudicated"]["value"] == 1
    assert found["bob"]["adjudicated"]["value"] == 0.5
    assert found["bob"]["adjudicated"]["n"] == 2


def test_annotators_may_not_look_at_each_other(bench, ann, lead, campaign):
    campaign(bench)
    with pytest.raises(NotAllowedError):
        annotators.listed(bench, ann, "q")


def test_a_queue_nobody_judged_lists_nobody(bench, lead, fill):
    fill(bench, 2)
    found = annotators.listed(bench, lead, "q")
    assert found["people"] == []
    assert found["warnings"]
