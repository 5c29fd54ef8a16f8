"""Agreement that knows who said what: pairs, sets, rankings, expertise."""

from __future__ import annotations

import numpy as np
import pytest

from adjudge.errors import NotEnoughDataError
from adjudge.stats.concordance import (
    each_kendall_w,
    each_mean_tau_b,
    kendall_w,
    mean_tau_b,
    tau_b,
)
from adjudge.stats.expertise import WeightedUnits
from adjudge.stats.influence import agreement_with_others, influence
from adjudge.stats.kappa import (
    RaterPairs,
    cohen,
    cohen_estimate,
    cohen_of_table,
    conger,
    contingency,
    mean_kappas,
    rater_pairs,
)
from adjudge.stats.sets import jaccard_distances, masi_alpha, masi_distances, set_codes

NAN = float("nan")


def reason_of(function, *arguments):
    with pytest.raises(NotEnoughDataError) as caught:
        function(*arguments)
    return caught.value.reason


def test_only_units_judged_by_both_are_compared():
    assert contingency([0, 1, -1, 1], [0, 0, 1, -1], 2).tolist() == [[1, 0], [1, 0]]


def test_codes_of_two_raters_must_fit():
    with pytest.raises(ValueError, match="two aligned arrays"):
        cohen([0], [0, 1], 2)
    with pytest.raises(ValueError, match="code outside"):
        cohen([0], [2], 2)


def test_cohen_is_undefined_without_common_units_or_with_one_category():
    assert reason_of(cohen, [0, -1], [-1, 0], 2) == "no_pairable_items"
    assert reason_of(cohen, [0, 0], [0, 0], 2) == "single_category"
    assert reason_of(conger, [0, 0], [0, 1], [1, 1], 2) == "single_category"
    assert reason_of(conger, [0, 1], [0, 1], [1, 1], 2) == "no_pairable_items"


def test_two_raters_with_constant_different_habits_agree_by_chance():
    assert cohen([0, 0], [1, 1], 2) == 0.0


def test_conger_is_cohen_for_two_raters():
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 3, 40), rng.integers(0, 3, 40)
    unit = np.concatenate((np.arange(40), np.arange(40)))
    rater = np.repeat([0, 7], 40)
    both = conger(unit, rater, np.concatenate((first, second)), 3)
    assert both == pytest.approx(cohen(first, second, 3))


def test_kappa_of_a_pair_has_an_interval():
    found = cohen_estimate([[20, 5], [10, 15]], seed=1)
    assert (found.value, found.n) == (pytest.approx(0.4), 50)
    assert 0.1 < found.low < 0.4 < found.high < 0.7
    undefined = cohen_estimate([[3, 0], [0, 0]], seed=1)
    assert undefined.reason == "undefined: all judgments are in one category"


def test_mean_kappa_asks_for_enough_common_units(simulate):
    unit, rater, code, _ = simulate(n_units=30, accuracy=[0.9, 0.9, 0.9])
    pairs = rater_pairs(unit, rater, code, 2)
    kappas = [cohen_of_table(table) for table in pairs.tables]
    assert pairs.mean_kappa() == pytest.approx(np.mean(kappas))
    assert reason_of(lambda: pairs.mean_kappa(min_common=31)) == "no_common_units"


def test_raters_without_common_units_make_no_pair():
    pairs = rater_pairs([0, 1], [0, 1], [0, 1], 2)
    assert len(pairs.n) == 0
    assert reason_of(pairs.mean_kappa) == "no_common_units"


def test_a_judgment_that_stands_is_picked_before():
    with pytest.raises(ValueError, match="judged a unit twice"):
        rater_pairs([0, 0], [1, 1], [0, 1], 2)
    with pytest.raises(ValueError, match="code outside"):
        rater_pairs([0, 0], [0, 1], [0, 2], 2)


def test_no_tag_is_an_answer_too():
    sets = [[0, 0], [0, 0], [1, 0]]
    expected = [[0, 0, 1], [0, 0, 1], [1, 1, 0]]
    assert masi_distances(sets).tolist() == expected
    assert jaccard_distances(sets).tolist() == expected


def test_sets_are_numbered_and_strict():
    code, sets = set_codes([[1, 0], [0, 0], [1, 0]])
    assert code.tolist() == [1, 0, 1]
    assert sets.tolist() == [[0, 0], [1, 0]]
    with pytest.raises(ValueError, match="0 and 1"):
        set_codes([[2, 0]])


def test_equal_sets_everywhere_leave_alpha_undefined():
    assert reason_of(masi_alpha, [0, 0], [[1, 0], [1, 0]]) == "single_category"
    assert reason_of(masi_alpha, [0, 1], [[1, 0], [0, 1]]) == "no_pairable_items"


def test_the_rankings_of_squality_agree_as_reported(golden):
    case = golden("squality_rankings")
    ranks = np.array(case["ranks_by_question_and_reviewer"])
    assert each_kendall_w(ranks).mean() == pytest.approx(
        case["mean_kendall_w"], abs=5e-5
    )
    assert each_mean_tau_b(ranks).mean() == pytest.approx(case["mean_tau_b"], abs=5e-5)


def test_units_of_different_shape_are_filled_up():
    two_raters = [[1, 2, 3], [1, 3, 2], [NAN, NAN, NAN]]
    two_items = [[1, 2, NAN], [1, 2, NAN], [2, 1, NAN]]
    w = each_kendall_w([two_raters, two_items])
    assert w == pytest.approx(
        [
            kendall_w([[1, 2, 3], [1, 3, 2]]),
            kendall_w([[1, 2], [1, 2], [2, 1]]),
        ]
    )
    tau = each_mean_tau_b([two_raters, two_items])
    assert tau == pytest.approx([1 / 3, -1 / 3])


def test_an_incomplete_ranking_counts_in_tau_and_leaves_w_undefined():
    ranks = [[1, 2, 3], [1, NAN, 2], [NAN, 1, NAN]]
    assert mean_tau_b(ranks) == 1.0
    assert reason_of(kendall_w, ranks) == "no_pairable_items"


def test_rankings_without_a_decision_are_undefined():
    assert reason_of(kendall_w, [[1, 1], [1, 1]]) == "all_tied"
    assert reason_of(mean_tau_b, [[1, 1], [1, 2]]) == "all_tied"
    assert reason_of(tau_b, [1, NAN], [1, 2]) == "no_pairable_items"
    assert reason_of(kendall_w, [[1, 2]]) == "no_pairable_items"
    assert kendall_w([[1, 1], [1, 2]]) == pytest.approx(0.5)


def test_stacked_rankings_have_three_dimensions():
    assert len(each_kendall_w(np.empty((0, 2, 3)))) == 0
    with pytest.raises(ValueError, match="units by raters by items"):
        each_mean_tau_b([[1, 2]])


def test_an_expert_moves_agreement_towards_those_who_agree_with_them():
    unit, rater, code = [0, 0, 0, 1, 1, 1], [0, 1, 2] * 2, [0, 0, 1, 1, 1, 0]
    weight = np.array([3.0, 3.0, 1.0])[rater]
    expert = WeightedUnits.from_codes(unit, rater, code, weight, 2)
    plain = WeightedUnits.from_codes(unit, rater, code, np.ones(6), 2)
    assert expert.alpha() > plain.alpha()
    share = expert.percent_estimate(seed=1)
    assert share.value == pytest.approx(9 / (9 + 3 + 3))
    assert share.n == 2


def test_weighted_agreement_has_an_interval(simulate):
    unit, rater, code, _ = simulate(
        n_units=200, accuracy=[0.9, 0.8, 0.7], n_categories=3
    )
    weight = np.array([2.0, 1.0, 0.5])[rater]
    units = WeightedUnits.from_codes(unit, rater, code, weight, 3)
    for level in ("nominal", "ordinal", "interval"):
        found = units.alpha_estimate(level, seed=1)
        assert found.low < found.value == units.alpha(level) < found.high


def test_weighted_agreement_is_undefined_like_the_plain_one():
    nobody = WeightedUnits.from_codes([], [], [], [], 2)
    assert reason_of(nobody.alpha) == "no_pairable_items"
    assert nobody.percent_estimate(seed=1).value is None
    same = WeightedUnits.from_codes([0, 0], [0, 1], [1, 1], [1, 2], 2)
    found = same.alpha_estimate(seed=1)
    assert found.reason == "undefined: all judgments are in one category"


def test_weights_of_judgments_must_be_positive():
    with pytest.raises(ValueError, match="above 0"):
        WeightedUnits.from_codes([0, 0], [0, 1], [0, 1], [1, 0], 2)
    with pytest.raises(ValueError, match="code outside"):
        WeightedUnits.from_codes([0, 0], [0, 1], [0, 2], [1, 1], 2)


def test_the_one_who_disagrees_lowers_agreement(simulate):
    unit, rater, code, _ = simulate(n_units=100, accuracy=[0.9, 0.9, 0.9, 0.5])
    found = influence(unit, rater, code, 2)
    assert found.change.argmax() == 3
    assert found.change[3] > 0


def test_nobody_helps_to_make_the_majority_they_are_held_against():
    unit, rater = [0, 0, 0, 1, 1, 2], [0, 1, 2, 0, 1, 2]
    code = [0, 0, 1, 1, 0, 0]
    first, second, third = agreement_with_others(unit, rater, code, 2)
    assert (first.value, first.n) == (0.0, 1)
    assert (second.value, second.n) == (0.0, 1)
    assert (third.value, third.n) == (0.0, 1)


def test_a_weighted_vote_of_others_can_settle_a_tie():
    found = agreement_with_others([0, 0, 0], [0, 1, 2], [0, 0, 1], 2, weight=[1, 2, 1])
    assert [one.n for one in found] == [1, 0, 1]
    assert found[0].value == 1.0
    alone = agreement_with_others([0, 0], [0, 1], [0, 0], 1)
    assert [one.value for one in alone] == [1.0, 1.0]


def test_means_of_many_resamples_are_those_of_each():
    rng = np.random.default_rng(7)
    tables = rng.integers(0, 4, size=(30, 5, 3, 3))
    tables[3] = 0
    tables[4, 1:] = 0
    found = mean_kappas(tables)
    who = np.arange(5)
    for one, value in zip(tables, found, strict=True):
        try:
            alone = RaterPairs(who, who + 1, one).mean_kappa(min_common=1)
        except NotEnoughDataError:
            alone = np.nan
        assert value == pytest.approx(alone, nan_ok=True, abs=1e-12)
