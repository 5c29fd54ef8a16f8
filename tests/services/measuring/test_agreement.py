"""Agreement of a queue, from stored judgments to the numbers people read."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest

from adjudge.errors import InvalidInputError, UnknownError
from adjudge.services.campaign import queueing
from adjudge.services.importing import ingest
from adjudge.services.measuring import agreement, auditing, overview
from adjudge.services.people import people
from adjudge.stats.sets import jaccard_alpha, masi_alpha

SHARED = Path("/work/shared/data")
A, B, TIE = [["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]


@pytest.fixture
def judged(bring_in, comparison_of, judgment_of):
    """Fill a queue and judge it: rows are comparisons, columns people."""

    def make(bench, table, *, queue="q"):
        asked = [comparison_of(f"{queue}{i}") for i in range(1, len(table) + 1)]
        bring_in(bench, "comparisons", asked, queue=queue)
        records = [
            judgment_of(f"{queue}{i}", f"p{j}", ranking)
            for i, row in enumerate(table, 1)
            for j, ranking in enumerate(row, 1)
            if ranking is not None
        ]
        bring_in(bench, "judgments", records, name="judgments.jsonl", queue=queue)

    return make


def numbers_in(found):
    """Find every number with its reason in a document."""
    if isinstance(found, dict):
        if set(found) == {"value", "low", "high", "n", "reason"}:
            yield found
        else:
            for inner in found.values():
                yield from numbers_in(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from numbers_in(inner)


def is_sound(found):
    """No NaN, no infinity, and no number missing without a reason."""
    json.dumps(found, allow_nan=False)
    for number in numbers_in(found):
        if number["value"] is None:
            assert number["reason"]
            assert number["low"] is None
        for key in ("value", "low", "high"):
            assert number[key] is None or math.isfinite(number[key])
    return True


def test_total_disagreement_is_far_from_one(bench, lead, judged):
    """A leading tool calls this perfect."""
    judged(bench, [[A, B]] * 30)
    found = agreement.agree(bench, lead, "q")
    assert found["winner"]["percent"]["value"] == 0
    assert found["winner"]["alpha"]["value"] < -0.9
    assert "hardly agree" in found["warnings"][0]
    assert is_sound(found)


def test_unanimity_on_one_answer_has_no_alpha_and_says_so(bench, lead, judged):
    judged(bench, [[A, A, A]] * 5)
    found = agreement.agree(bench, lead, "q", everything=True)
    winner = found["winner"]
    assert winner["percent"]["value"] == 1
    assert winner["ac1"]["value"] == 1
    for key in ("alpha", "fleiss", "scott"):
        assert winner[key]["value"] is None
        assert winner[key]["reason"] == "undefined: all judgments are in one category"
    assert is_sound(found)


def test_a_queue_of_single_judgments_has_no_agreement_at_all(bench, lead, judged):
    judged(bench, [[A], [B], [TIE]])
    found = agreement.agree(bench, lead, "q", everything=True)
    assert found["n_units"] == 0
    assert found["n_judgments"] == 3
    for key in ("percent", "alpha", "ac1"):
        assert found["winner"][key]["value"] is None
    assert found["pairs"] == []
    assert is_sound(found)


def test_an_empty_queue_says_that_there_is_nothing(bench, lead, fill):
    fill(bench, 2)
    found = agreement.agree(bench, lead, "q", by="week", everything=True)
    assert found["warnings"] == ["there are no judgments yet"]
    assert is_sound(found)


def test_what_says_no_time_was_made_in_no_week(
    bench, lead, fill, bring_in, judgment_of
):
    """When a file came in says nothing about when people judged."""
    fill(bench, 2)
    said = [judgment_of("c1", who) for who in ("ann", "bob")]
    said += [judgment_of("c2", w, at="2026-01-05T10:00:00Z") for w in ("ann", "bob")]
    bring_in(bench, "judgments", said)
    found = agreement.agree(bench, lead, "q", by="week")
    judged = {week: part["n_judgments"] for week, part in found["by"].items()}
    assert judged == {"(none)": 2, "2026-W02": 2}
    [week] = overview.glance(bench, lead, "q")["weeks"]
    assert (week["week"], week["n_judgments"]) == ("2026-W02", 2)
    [week] = auditing.audit(bench, lead, "q", texts=False)["drift"]["weeks"]
    assert (week["week"], week["n_judgments"]) == ("2026-W02", 2)


def test_single_judgments_more_leave_alpha_as_it_is(bench, lead, judged):
    table = [[A, A], [A, B], [B, B], [TIE, A]] * 5
    judged(bench, table)
    judged(bench, [*table, [A], [B]], queue="r")
    one = agreement.agree(bench, lead, "q")["winner"]["alpha"]["value"]
    other = agreement.agree(bench, lead, "r")["winner"]["alpha"]["value"]
    assert one == pytest.approx(other, abs=1e-12)


def test_ties_are_a_category_or_left_out(bench, lead, judged):
    judged(bench, [[A, A], [B, B], [A, TIE], [TIE, TIE]] * 3)
    found = agreement.agree(bench, lead, "q")
    assert found["winner"]["percent"]["value"] == 0.75
    assert found["winner"]["percent"]["n"] == 12
    assert found["winner_without_ties"]["percent"]["value"] == 1
    assert found["winner_without_ties"]["percent"]["n"] == 6


def test_the_categories_come_from_the_queue_not_from_the_data(bench, lead, judged):
    table = [[A, A], [B, B], [A, B], [A, A]] * 5
    judged(bench, table)
    queueing.create(
        bench, lead, queueing.settings(name="r", kind="compare", ties=False)
    )
    judged(bench, table, queue="r")
    three = agreement.agree(bench, lead, "q")
    two = agreement.agree(bench, lead, "r")
    assert three["categories"] == ["first", "second", "tie"]
    assert two["categories"] == ["first", "second"]
    assert three["winner"]["alpha"]["value"] == two["winner"]["alpha"]["value"]
    assert three["winner"]["ac1"]["value"] > two["winner"]["ac1"]["value"]


def test_margins_count_with_their_direction(bench, lead, fill, bring_in, judgment_of):
    fill(bench, 4)
    said = {
        "ann": [(A, 3), (B, 1), (TIE, None), (A, 2)],
        "bob": [(A, 3), (B, 2), (TIE, None), (B, None)],
    }
    records = [
        judgment_of(f"c{i}", who, ranking, margin=margin)
        for who, given in said.items()
        for i, (ranking, margin) in enumerate(given, 1)
    ]
    bring_in(bench, "judgments", records, queue="q")
    margin = agreement.agree(bench, lead, "q")["margin"]
    assert margin["alpha_ordinal"]["n"] == 3
    assert 0.9 < margin["alpha_ordinal"]["value"] < 1
    assert 0.9 < margin["ac2"]["value"] < 1


def test_a_queue_where_nobody_was_asked_for_margins_has_none(bench, lead, judged):
    judged(bench, [[TIE, TIE], [A, A]])
    assert agreement.agree(bench, lead, "q")["margin"]["ac2"]["value"] is None


def test_what_one_person_judged_is_no_unit_of_any_number(bench, lead, judged):
    """Nor is what one judgment is left of once ties are dropped."""
    table = [[A, A], [A, B], [B, B], [B, B], [A, TIE]]
    judged(bench, table[:4], queue="few")
    judged(bench, table + [[A, None]] * 9, queue="more")
    few, more = (
        agreement.agree(bench, lead, queue, everything=True)
        for queue in ("few", "more")
    )
    assert more["n_comparisons"] == 14
    assert more["winner_without_ties"] == few["winner_without_ties"]
    assert more["winner_without_ties"]["ac1"]["n"] == 4
    judged(bench, table, queue="all")
    every = agreement.agree(bench, lead, "all", everything=True)
    assert more["winner"] == every["winner"]
    shares = [(1 + 0.5 + 0.5) / 5, (0.5 + 2) / 5, 0.5 / 5]
    chance = sum(share * (1 - share) for share in shares) / 2
    assert more["winner"]["ac1"]["value"] == pytest.approx(
        (0.6 - chance) / (1 - chance)
    )


def test_reasons_agree_as_sets_and_tag_by_tag(bench, lead, fill, bring_in, judgment_of):
    fill(bench, 4)
    records = []
    for i, (one, two) in enumerate(
        [
            ({"a": ["incorrect"]}, {"a": ["incorrect"]}),
            ({"b": ["too_long"]}, {"b": ["too_long", "incorrect"]}),
            ({}, {}),
            ({"a": ["incorrect"]}, {"b": ["incorrect"]}),
        ],
        1,
    ):
        records.append(judgment_of(f"c{i}", "ann", reasons=one))
        records.append(judgment_of(f"c{i}", "bob", reasons=two))
    bring_in(bench, "judgments", records, queue="q")
    reasons = agreement.agree(bench, lead, "q")["reasons"]
    assert 0 < reasons["masi_alpha"]["value"] < 1
    both = agreement.agree(bench, lead, "q", everything=True)["reasons"]
    assert both["masi_alpha"] == reasons["masi_alpha"]
    assert both["jaccard_alpha"]["value"] > both["masi_alpha"]["value"]
    assert both["jaccard_alpha"]["n"] == 4
    assert reasons["by_tag"]["too_long"]["value"] == 1
    assert reasons["by_tag"]["incorrect"]["value"] < 0.6
    assert reasons["by_tag"]["incorrect"]["n"] == 4


def test_more_sets_of_reasons_than_a_table_holds_agree_as_few_do(
    bench, lead, fill, bring_in, judgment_of
):
    """600 different sets of ten tags: the same alphas, and no interval."""
    fill(bench, n := 300)
    held = np.array([[(i >> k) & 1 for k in range(10)] for i in range(1, 2 * n + 1)])
    records = [
        judgment_of(
            f"c{i // 2 + 1}",
            ("ann", "bob")[i % 2],
            reasons={"a": [f"t{k}" for k in np.flatnonzero(row).tolist()]},
        )
        for i, row in enumerate(held)
    ]
    bring_in(bench, "judgments", records, queue="q")
    reasons = agreement.agree(bench, lead, "q", everything=True)["reasons"]
    unit = np.arange(2 * n) // 2
    for key, alpha in (("masi_alpha", masi_alpha), ("jaccard_alpha", jaccard_alpha)):
        assert reasons[key]["value"] == pytest.approx(alpha(unit, held), abs=1e-12)
        assert reasons[key]["reason"].startswith("no interval: 600 different sets")
    assert reasons["masi_alpha"]["value"] < reasons["jaccard_alpha"]["value"]


def test_ratings_agree_by_criterion(bench, lead, fill, bring_in, judgment_of):
    fill(bench, 3)
    scores = {"ann": [1, 3, 5], "bob": [1, 3, 4]}
    records = [
        judgment_of(
            f"c{i}",
            who,
            ratings={"a": {"clarity": n}, "b": {"clarity": 6 - n, "depth": 2}},
        )
        for who, given in scores.items()
        for i, n in enumerate(given, 1)
    ]
    bring_in(bench, "judgments", records, queue="q")
    criteria = agreement.agree(bench, lead, "q")["criteria"]
    assert criteria["clarity"]["percent"]["value"] == pytest.approx(4 / 6)
    assert criteria["clarity"]["percent"]["n"] == 6
    assert criteria["depth"]["percent"]["value"] == 1
    assert criteria["depth"]["alpha_ordinal"]["value"] is None


def test_gold_counts_as_accuracy_and_not_as_agreement(
    bench, lead, bring_in, comparison_of, judgment_of
):
    records = [
        comparison_of("g1", gold={"ranking": [["a"], ["b"]]}),
        comparison_of("g2", gold={"ranking": [["b"], ["a"]]}),
        comparison_of("c1"),
    ]
    bring_in(bench, "comparisons", records, queue="q")
    judged = [judgment_of(c, p) for c in ("g1", "g2", "c1") for p in ("ann", "bob")]
    bring_in(bench, "judgments", judged, name="j.jsonl", queue="q")
    found = agreement.agree(bench, lead, "q")
    assert found["gold"]["accuracy"]["value"] == 0.5
    assert found["gold"]["accuracy"]["n"] == 4
    assert found["n_comparisons"] == 1


def test_expertise_is_shown_beside_and_never_instead(bench, lead, judged):
    judged(bench, [[A, A, B], [B, B, A], [A, B, A], [B, B, B]] * 5)
    plain = agreement.agree(bench, lead, "q")["winner"]
    assert plain["alpha_weighted"] == plain["alpha"]
    people.declare_expertise(bench, lead, "p1", "*", 4.0)
    people.declare_expertise(bench, lead, "p2", "*", 4.0)
    weighted = agreement.agree(bench, lead, "q")["winner"]
    assert weighted["alpha"] == plain["alpha"]
    assert weighted["alpha_weighted"]["value"] > plain["alpha"]["value"]


def test_experts_who_only_rate_have_no_agreement_on_who_wins(
    bench, lead, bring_in, comparison_of, judgment_of
):
    bring_in(bench, "people", [{"name": "ann", "expertise": {"*": 2.0}}])
    queueing.create(bench, lead, queueing.settings(name="q", kind="rate"))
    bring_in(bench, "comparisons", [comparison_of("c1", responses="a")], queue="q")
    rated = judgment_of("c1", "ann", [], ratings={"a": {"clarity": 4}})
    bring_in(bench, "judgments", [rated], queue="q")
    assert agreement.agree(bench, lead, "q")["winner"]["alpha"]["value"] is None


def test_a_queue_of_ratings_has_agreement_on_its_criteria(
    bench, lead, bring_in, comparison_of, judgment_of
):
    queueing.create(bench, lead, queueing.settings(name="q", kind="rate"))
    asked = [comparison_of(f"c{i}", responses="a") for i in range(4)]
    bring_in(bench, "comparisons", asked, queue="q")
    said = [
        judgment_of(f"c{i}", who, [], ratings={"a": {"clarity": 1 + (i + j) % 5}})
        for i in range(4)
        for j, who in enumerate(("ann", "bob", "cy"))
    ]
    # bob and cy say the same; ann is always one below.
    for one in said[2::3]:
        one["ratings"] = said[said.index(one) - 1]["ratings"]
    bring_in(bench, "judgments", said, queue="q")
    found = agreement.agree(bench, lead, "q", by="annotator", everything=True)
    assert (found["n_comparisons"], found["n_judgments"]) == (4, 12)
    clarity = found["criteria"]["clarity"]
    assert clarity["percent"]["value"] == pytest.approx(1 / 3)
    assert clarity["alpha_ordinal"]["value"] is not None
    for group in ("winner", "margin", "ranking"):
        for number in found[group].values():
            why = "undefined: answers are rated one by one here, not compared"
            assert (number["value"], number["reason"]) == (None, why)
    assert found["warnings"] == []
    assert set(found["by"]) == {"ann", "bob", "cy"}
    assert is_sound(found)
    seen = overview.glance(bench, lead, "q")
    assert seen["alpha"]["reason"] == why
    assert "agreement on each criterion" in seen["warnings"][0]


@pytest.mark.parametrize("by", agreement.SLICES)
def test_every_slice_holds_the_same_keys(bench, lead, judged, by):
    judged(bench, [[A, A, None], [None, B, A], [A, None, A], [B, B, B]] * 3)
    found = agreement.agree(bench, lead, "q", by=by)
    keys = set(found)
    assert found["by"]
    for inner in found["by"].values():
        assert keys <= set(inner)
    assert is_sound(found)


def test_topics_are_measured_apart(bench, lead, bring_in, comparison_of, judgment_of):
    records = [
        comparison_of(f"c{i}", topic="sql" if i % 2 else "python") for i in range(1, 9)
    ]
    bring_in(bench, "comparisons", records, queue="q")
    judged = [
        judgment_of(f"c{i}", who, A if who == "ann" or i % 2 else B)
        for i in range(1, 9)
        for who in ("ann", "bob")
    ]
    bring_in(bench, "judgments", judged, name="j.jsonl", queue="q")
    by = agreement.agree(bench, lead, "q", by="topic")["by"]
    assert by["sql"]["winner"]["percent"]["value"] == 1
    assert by["python"]["winner"]["percent"]["value"] == 0


def test_a_person_against_the_rest_is_told(bench, lead, judged):
    judged(bench, [[A, A, B], [B, B, A]] * 10)
    by = agreement.agree(bench, lead, "q", by="annotator")["by"]
    assert by["p3"]["with_others"]["value"] == 0
    assert by["p3"]["alpha_without"] == 1
    assert by["p1"]["alpha_without"] < by["p3"]["alpha_without"]


def test_comparisons_of_one_prompt_are_resampled_together(
    bench, lead, bring_in, comparison_of, judgment_of
):
    """Ten copies of a prompt are one piece of evidence, not ten."""
    records = [comparison_of(f"c{i}", prompt=f"p{i // 10}") for i in range(200)]
    bring_in(bench, "comparisons", records, queue="q")
    chance = random.Random(4)
    hard = {i for i in range(20) if chance.random() < 0.4}
    judged = [
        judgment_of(f"c{i}", who, B if who == "bob" and i // 10 in hard else A)
        for i in range(200)
        for who in ("ann", "bob")
    ]
    bring_in(bench, "judgments", judged, name="j.jsonl", queue="q")
    found = agreement.agree(bench, lead, "q")
    percent = found["winner"]["percent"]
    assert found["resampled"] == "prompts"
    assert percent["high"] - percent["low"] > 0.3


def test_the_order_of_files_and_people_leaves_no_trace(
    make_bench, make_sqlite, make_postgres, lead, bring_in, comparison_of, judgment_of
):
    chance = random.Random(7)
    comparisons = [comparison_of(f"c{i}", responses="abc") for i in range(25)]
    judgments = []
    for i in range(25):
        for who in chance.sample(["ann", "bob", "cyd", "dee", "eve"], 3):
            order = chance.sample("abc", 3)
            tiers = [[r] for r in order] if chance.random() < 0.7 else [order]
            judgments.append(judgment_of(f"c{i}", who, tiers))
    found = []
    for url in (make_sqlite(), make_sqlite(), make_postgres()):
        bench = make_bench(url)
        chance.shuffle(comparisons)
        chance.shuffle(judgments)
        bring_in(bench, "comparisons", comparisons, queue="q")
        bring_in(bench, "judgments", judgments, name="j.jsonl", queue="q")
        found.append(agreement.agree(bench, lead, "q", everything=True))
    assert found[0] == found[1] == found[2]
    assert found[0]["ranking"]["kendall_w"]["value"] is not None
    assert is_sound(found[0])


def test_ten_thousand_people_with_one_judgment_each(
    sqlite_bench, lead, fill, bring_in, judgment_of
):
    fill(sqlite_bench, 5000)
    records = [
        judgment_of(f"c{i // 2 + 1}", f"p{i}", A if i % 3 else B) for i in range(10_000)
    ]
    bring_in(sqlite_bench, "judgments", records, name="j.jsonl", queue="q")
    found = agreement.agree(sqlite_bench, lead, "q", everything=True)
    assert found["n_annotators"] == 10_000
    assert found["winner"]["cohen_mean"]["value"] is None
    assert is_sound(found)


def test_nobody_slices_by_what_is_not_there(bench, lead, fill):
    fill(bench, 1)
    with pytest.raises(InvalidInputError, match="mood"):
        agreement.agree(bench, lead, "q", by="mood")
    with pytest.raises(UnknownError, match="nowhere"):
        agreement.agree(bench, lead, "nowhere")


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_published_figures_come_out_of_stored_judgments(bench, lead):
    for name, queue in (("squality_ranking", "sq"), ("pandalm", "pl")):
        for kind in ("comparisons", "judgments"):
            file = str(SHARED / name / f"{kind}.jsonl")
            ingest.import_files(bench, lead, kind, [file], ingest.Options(queue=queue))
    rankings = agreement.agree(bench, lead, "sq")
    assert rankings["winner"]["alpha"]["value"] == pytest.approx(0.4390, abs=5e-5)
    assert rankings["ranking"]["kendall_w"]["value"] == pytest.approx(0.8644, abs=5e-5)
    assert rankings["ranking"]["tau_b"]["value"] == pytest.approx(0.7422, abs=5e-5)
    pairs = agreement.agree(bench, lead, "pl")
    assert [p["kappa"]["value"] for p in pairs["pairs"]] == pytest.approx(
        [0.8520, 0.8789, 0.8617], abs=5e-5
    )
    assert pairs["winner"]["ac1"]["value"] == pytest.approx(0.8864, abs=5e-5)


def test_what_never_happened_may_still_happen(bench, lead, judged):
    """Zero of ten is not surely zero."""
    judged(bench, [[A, A]] * 10)
    share = agreement.agree(bench, lead, "q")["none_acceptable"]["share"]
    assert (share["value"], share["low"], share["n"]) == (0.0, 0.0, 20)
    assert 0.2 < share["high"] < 0.4


def test_agreement_is_put_as_the_accuracy_that_would_agree_as_often():
    """p² + (1 - p)² is .68 for .8; below one half no accuracy explains it."""

    def said(percent):
        return agreement.as_accuracy(
            {"winner_without_ties": {"percent": {"value": percent}}}
        )

    assert "on 68% of pairs: as often as two who are right 80% of" in said(0.68)
    assert said(0.49) is None
    assert said(None) is None
