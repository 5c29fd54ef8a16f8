"""Results: by heads, by weights, by the most probable truth."""

from __future__ import annotations

import json

import pytest

from adjudge.errors import InvalidInputError
from adjudge.services.campaign import queueing
from adjudge.services.measuring import resolving, standings
from adjudge.services.people import people

A, B, TIE = [["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]


@pytest.fixture
def judged(bring_in, comparison_of, judgment_of):
    """Judge comparisons; rows are comparisons, columns people."""

    def make(bench, table, *, responses="ab", **others):
        asked = [
            comparison_of(f"c{i:03d}", responses=responses, **others)
            for i in range(len(table))
        ]
        bring_in(bench, "comparisons", asked, queue="q")
        records = [
            judgment_of(f"c{i:03d}", f"p{j}", ranking)
            for i, row in enumerate(table)
            for j, ranking in enumerate(row, 1)
            if ranking is not None
        ]
        bring_in(bench, "judgments", records, name="judgments.jsonl", queue="q")

    return make


def one(bench, lead, method="majority"):
    return resolving.resolved(bench, lead, "q", method=method)[0]


def test_a_strict_majority_settles(bench, lead, judged):
    judged(bench, [[A, A, B]])
    found = one(bench, lead).as_json()
    assert (found["winner"], found["state"]) == ("a", "settled")
    assert found["confidence"] == pytest.approx(2 / 3)
    assert found["flipped"] is False


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ([A, B, TIE], "escalated"),
        ([TIE, TIE, A], "tie"),
        ([A, A], "open"),
        ([A, A, B, B], "escalated"),
    ],
)
def test_anything_less_than_a_majority_gives_nobody(bench, lead, judged, row, state):
    judged(bench, [row])
    for method in ("majority", "weighted"):
        found = one(bench, lead, method).as_json()
        assert (found["winner"], found["state"]) == (None, state)


def test_a_circle_of_majorities_is_escalated(bench, lead, judged):
    circle = [[["a"], ["b"], ["c"]], [["b"], ["c"], ["a"]], [["c"], ["a"], ["b"]]]
    judged(bench, [circle], responses="abc")
    for method in resolving.METHODS:
        found = one(bench, lead, method)
        assert found.resolution.state == "escalated"
        assert found.resolution.winner is None


def test_an_expert_outweighs_and_the_flip_is_named(bench, lead, judged):
    judged(bench, [[A, B, B]])
    people.declare_expertise(bench, lead, "p1", "*", 3.0)
    found = one(bench, lead, "weighted").as_json()
    assert found["winner"] == "a"
    assert found["unweighted_winner"] == "b"
    assert found["flipped"] is True
    assert found["confidence"] == pytest.approx(3 / 5)
    document = standings.resolution(bench, lead, "q", method="weighted")
    assert document["flips"] == ["c000"]


def test_expertise_counts_in_its_topic_only(
    bench, lead, bring_in, comparison_of, judgment_of
):
    asked = [comparison_of("c1", topic="sql"), comparison_of("c2", topic="poems")]
    bring_in(bench, "comparisons", asked, queue="q")
    said = [
        judgment_of(c, who, ranking)
        for c in ("c1", "c2")
        for who, ranking in (("ann", A), ("bob", B), ("cyd", B))
    ]
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    people.declare_expertise(bench, lead, "ann", "sql", 3.0)
    found = resolving.resolved(bench, lead, "q", method="weighted")
    assert [r.resolution.winner for r in found] == ["a", "b"]


def test_measured_reliability_takes_weight_from_who_guesses(bench, lead, judged):
    """Two coins that fall alike once do not beat one person who is always right."""
    rows = []
    for i in range(60):
        truth, other = (A, B) if i % 2 else (B, A)
        rows.append(
            [truth, truth, truth, A if i % 3 else B, other if i % 4 == 0 else A]
        )
    rows.append([A, None, None, B, B])
    judged(bench, rows)
    found = {r.comparison: r for r in resolving.resolved(bench, lead, "q")}
    assert found["c060"].resolution.winner == "b"
    weighted = {
        r.comparison: r for r in resolving.resolved(bench, lead, "q", method="weighted")
    }
    assert weighted["c060"].resolution.winner == "a"
    assert weighted["c060"].is_flipped


def test_the_most_probable_class_wins_with_its_posterior(bench, lead, judged):
    judged(bench, [[A, A, B], [B, B, B], [TIE, TIE, TIE], [A, A, A]] * 10)
    found = resolving.resolved(bench, lead, "q", method="dawid-skene")
    assert [r.resolution.winner for r in found[:2]] == ["a", "b"]
    assert found[2].resolution.state == "tie"
    assert all(0.5 < r.resolution.confidence <= 1 for r in found)
    document = standings.resolution(bench, lead, "q", method="dawid-skene")
    assert document["converged"] is True
    assert document["n_iter"] >= 1


def test_gold_teaches_the_most_probable_truth_whom_to_trust(
    bench, lead, bring_in, comparison_of, judgment_of
):
    """One who fails all gold against one who knows it: heads alone could not say."""
    gold = [comparison_of(f"g{i}", gold={"ranking": A}) for i in range(20)]
    bring_in(bench, "comparisons", [*gold, comparison_of("c1")], queue="q")
    queueing.change(bench, lead, "q", overlap=2)
    said = [judgment_of(f"g{i}", "ann", A) for i in range(20)]
    said += [judgment_of(f"g{i}", "bob", B) for i in range(20)]
    said += [judgment_of("c1", "ann", A), judgment_of("c1", "bob", B)]
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    assert one(bench, lead).resolution.state == "escalated"
    assert one(bench, lead, "weighted").resolution.winner == "a"
    assert one(bench, lead, "dawid-skene").resolution.winner == "a"


@pytest.mark.parametrize("method", resolving.METHODS)
def test_a_queue_nobody_judged_is_open(bench, lead, fill, method):
    fill(bench, 3)
    found = standings.resolution(bench, lead, "q", method=method)
    assert found["states"]["open"] == 3
    json.dumps(found, allow_nan=False)


def test_a_method_that_is_not_there_is_refused(bench, lead, fill):
    fill(bench, 1)
    with pytest.raises(InvalidInputError, match="oracle"):
        resolving.resolved(bench, lead, "q", method="oracle")


def modelled(comparison_of, id, models):
    """Write a comparison whose responses name their models."""
    found = comparison_of(id, responses="ab" if len(models) == 2 else "abc")
    for response, model in zip(found["responses"], models, strict=True):
        response["model"] = model
    return found


def test_models_are_ranked_and_a_separable_league_is_named(
    bench, lead, bring_in, comparison_of, judgment_of
):
    asked = [modelled(comparison_of, f"c{i}", ("oak", "elm")) for i in range(9)]
    bring_in(bench, "comparisons", asked, queue="q")
    said = [judgment_of(f"c{i}", "ann", A) for i in range(9)]
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    league = standings.resolution(bench, lead, "q")["league"]
    assert league["model"] == "bradley-terry"
    assert [row["name"] for row in league["rows"]] == ["oak", "elm"]
    assert "never lost" in league["warnings"][0]
    assert league["rows"][0]["low"] is league["rows"][0]["high"] is None
    json.dumps(league, allow_nan=False)


def test_models_that_never_met_are_named(
    bench, lead, bring_in, comparison_of, judgment_of
):
    pairs = [("oak", "elm"), ("elm", "oak"), ("fir", "yew"), ("yew", "fir")]
    asked = [modelled(comparison_of, f"c{i}", pair) for i, pair in enumerate(pairs)]
    bring_in(bench, "comparisons", asked, queue="q")
    said = [judgment_of(f"c{i}", "ann", A) for i in range(4)]
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    league = standings.resolution(bench, lead, "q")["league"]
    assert "never compared" in league["warnings"][0]
    assert {row["group"] for row in league["rows"]} == {0, 1}


def test_rankings_give_a_league_of_their_own(
    bench, lead, bring_in, comparison_of, judgment_of
):
    asked = [modelled(comparison_of, f"c{i}", ("oak", "elm", "fir")) for i in range(6)]
    bring_in(bench, "comparisons", asked, queue="q")
    orders = ["abc", "acb", "abc", "bac", "cab", "abc"]
    said = [
        judgment_of(f"c{i}", "ann", [[r] for r in order])
        for i, order in enumerate(orders)
    ]
    said.append(judgment_of("c0", "bob", [["a", "b"], ["c"]]))
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    league = standings.resolution(bench, lead, "q")["league"]
    assert league["model"] == "plackett-luce"
    assert league["rows"][0]["name"] == "oak"
    assert "1 ranking with ties" in league["warnings"][0]


def test_pieces_of_a_league_have_intervals_around_their_worths(
    bench, lead, bring_in, comparison_of, judgment_of
):
    """Where one piece is separable, the resamples once moved the other."""
    pairs = [("oak", "elm")] * 6 + [("fir", "yew")] * 9
    asked = [modelled(comparison_of, f"c{i}", pair) for i, pair in enumerate(pairs)]
    bring_in(bench, "comparisons", asked, queue="q")
    said = [judgment_of(f"c{i}", "ann", B if i in {7, 9, 11} else A) for i in range(15)]
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    league = standings.resolution(bench, lead, "q")["league"]
    assert ["never compared" in w for w in league["warnings"]] == [True, False]
    assert "(elm, oak)" in league["warnings"][1]
    for row in league["rows"]:
        if row["name"] in {"oak", "elm"}:
            assert row["low"] is None
        else:
            assert row["low"] <= row["log_worth"] <= row["high"]
