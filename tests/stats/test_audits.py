"""Audits find what they look for, and little else."""

from __future__ import annotations

from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adjudge.errors import NotEnoughDataError
from adjudge.stats.audits import (
    accuracy_from_agreement,
    agreement_from_accuracy,
    answer_entropy,
    benjamini_hochberg,
    judgments_for_power,
    log_time_scores,
    longest_run,
    over_others,
    position_bias,
    reading_ratios,
    self_consistency,
)
from adjudge.stats.drift import cusum, cusum_limit, cusum_run_length, mix_change
from adjudge.stats.logit import length_logit, logit
from adjudge.stats.strata import cochran_mantel_haenszel
from adjudge.stats.triads import Triads, circular_triads


def reason_of(function, *arguments):
    with pytest.raises(NotEnoughDataError) as caught:
        function(*arguments)
    return caught.value.reason


def test_a_side_that_wins_too_often_is_found():
    biased, fair = position_bias(130, 200), position_bias(104, 200)
    assert biased.p_value < 0.001
    assert fair.p_value > 0.5
    assert biased.low > 0.55
    assert reason_of(position_bias, 0, 0) == "no_items"


def test_the_judgments_it_takes_are_as_tabulated(golden):
    for rate, n in golden("audits")["judgments_for_80_percent_power"].items():
        assert judgments_for_power(float(rate)) == n
    with pytest.raises(ValueError, match=r"rate 0\.5"):
        judgments_for_power(0.5)


def test_many_tests_are_corrected_together():
    """Benjamini and Hochberg (1995), section 4: four of fifteen at 5 %."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
    adjusted = benjamini_hochberg(p)
    assert (adjusted <= 0.05).sum() == 4
    assert adjusted[::-1].tolist() == benjamini_hochberg(p[::-1]).tolist()
    assert benjamini_hochberg([]).tolist() == []


def test_the_fast_stand_out_within_their_kind_of_task():
    seconds = [30, 32, 28, 31, 1, 300, 310, 290]
    score = log_time_scores(seconds, [0] * 5 + [1] * 3)
    assert score[4] < -10
    assert np.abs(np.delete(score, 4)).max() < 3
    assert log_time_scores([5, 5, 9], [0, 0, 0]).tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="above 0"):
        log_time_scores([0], [0])


def test_a_value_is_held_against_the_others_of_its_unit():
    rng = np.random.default_rng(4)
    unit = rng.integers(0, 60, 200)
    value = np.rint(rng.normal(3, 1, 200) * 4)
    expected = [
        value[i] - np.median(others)
        if len(others := value[(unit == unit[i]) & (np.arange(200) != i)])
        else np.nan
        for i in range(200)
    ]
    assert np.isnan(expected).any()
    np.testing.assert_allclose(over_others(unit, value), expected)
    assert len(over_others([], [])) == 0


def test_reading_takes_time():
    assert reading_ratios([60, 6], [240, 240]).tolist() == [1.0, 0.1]


def test_the_probability_of_a_run_is_exact():
    """Against all sequences of the same answers' shares."""
    code = [0, 0, 0, 0, 1, 0, 2]
    found = longest_run(code)
    share = np.bincount(code) / 7
    total = 0.0
    for sequence in product(range(3), repeat=7):
        longest = run = 1
        for before, after in pairwise(sequence):
            run = run + 1 if before == after else 1
            longest = max(longest, run)
        total += np.prod(share[list(sequence)]) * (longest >= 4)
    assert (found.length, found.n) == (4, 7)
    assert found.p_value == pytest.approx(total)


def test_straight_lining_is_improbable_and_alternating_is_not():
    lining = longest_run([0, 1] * 20 + [1] * 25)
    assert lining.p_value < 0.001
    assert longest_run([0, 1] * 20).p_value == 1.0
    assert longest_run([1, 1, 1]).p_value == pytest.approx(1.0)
    assert reason_of(longest_run, []) == "no_items"


def test_entropy_tells_the_varied_from_the_uniform():
    assert answer_entropy([5, 5]) == pytest.approx(1.0)
    assert answer_entropy([9, 0]) == 0.0
    assert reason_of(answer_entropy, [0, 0]) == "no_items"


def test_self_consistency_is_a_share_with_its_interval():
    found = self_consistency([0, 1, 1, 0], [0, 1, 0, 0])
    assert (found.value, found.n) == (0.75, 4)
    with pytest.raises(ValueError, match="two aligned"):
        self_consistency([0], [0, 1])


def test_agreement_and_accuracy_translate_into_each_other(golden):
    case = golden("audits")
    for accuracy, agreement in case["agreement_from_accuracy"].items():
        assert agreement_from_accuracy(float(accuracy)) == pytest.approx(agreement)
    for agreement, accuracy in case["accuracy_from_agreement"].items():
        found = accuracy_from_agreement(float(agreement))
        assert found == pytest.approx(accuracy, abs=5e-5)
    assert reason_of(accuracy_from_agreement, 0.4) == "below_chance"


def test_published_tournaments_have_their_triads(golden):
    for case in golden("audits")["triads"]:
        found = circular_triads(case["tournament"])
        assert found.circular == case["circular_triads"]
        assert found.zeta == pytest.approx(case["zeta"])


@given(st.integers(3, 7), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_triads_counted_by_score_are_triads_counted_one_by_one(k, random):
    beats = np.zeros((k, k), dtype=int)
    for i, j in combinations(range(k), 2):
        first = random.randint(0, 1)
        beats[i, j], beats[j, i] = first, 1 - first
    circles = sum(
        sorted(beats[np.ix_(three, three)].sum(axis=1)) == [1, 1, 1]
        for three in combinations(range(k), 3)
    )
    found = circular_triads(beats)
    assert found.circular == circles <= found.most
    assert 0 <= found.zeta <= 1


def test_a_coin_is_told_from_a_judge_by_its_circles():
    """Of coins one in twenty passes; who is right four times in five always does."""
    rng = np.random.default_rng(1)

    def judge(sure):
        beats = np.zeros((5, 5), dtype=int)
        for i, j in combinations(range(5), 2):
            beats[i, j] = rng.random() < sure
            beats[j, i] = 1 - beats[i, j]
        return circular_triads(beats)

    coins = [sum((judge(0.5) for _ in range(6)), Triads()) for _ in range(300)]
    circles = np.array([one.circular for one in coins])
    assert {one.triads for one in coins} == {60}
    assert circles.mean() == pytest.approx(60 / 4, rel=0.03)
    assert circles.var() == pytest.approx(60 * 3 / 16, rel=0.2)
    assert 0.01 < np.mean([not one.is_chance for one in coins]) < 0.1
    judges = [sum((judge(0.97) for _ in range(6)), Triads()) for _ in range(50)]
    assert not any(one.is_chance for one in judges)


def test_zeta_of_several_sets_weighs_them_by_what_is_possible():
    circle, line = ([[0, 1, 0], [0, 0, 1], [1, 0, 0]], np.triu(np.ones((5, 5)), k=1))
    both = circular_triads(circle) + circular_triads(line)
    assert (both.circular, both.triads, both.most) == (1, 11, 6)
    assert both.zeta == pytest.approx(5 / 6)
    assert reason_of(lambda: Triads().zeta) == "too_few_candidates"


def test_what_is_no_tournament_is_refused():
    with pytest.raises(ValueError, match="tournament"):
        circular_triads([[0, 1], [1, 0]])
    assert reason_of(circular_triads, [[0, 1], [0, 0]]) == "too_few_candidates"


def test_a_longer_response_that_wins_shows_in_the_logit():
    rng = np.random.default_rng(1)
    left, right = rng.integers(20, 200, 800), rng.integers(20, 200, 800)
    pull = 1 / (1 + np.exp(-(0.2 + 1.0 * (np.log(left) - np.log(right)))))
    wins = (rng.random(800) < pull).astype(int)
    fit = length_logit(wins, left, right, clusters=np.arange(800) // 4)
    assert fit.coefficients == pytest.approx([0.2, 1.0], abs=0.3)
    assert fit.p_values[1] < 1e-6
    assert (fit.n, fit.n_clusters, fit.converged) == (800, 200, True)
    quality = rng.normal(size=(800, 1))
    more = length_logit(wins, left, right, controls=quality)
    assert len(more.coefficients) == 3
    assert abs(more.coefficients[2]) < 3 * more.standard_errors[2]


def test_a_fit_that_was_cut_short_says_so():
    fit = logit([0, 1, 0, 1, 1], [[1], [2], [3], [4], [2]], max_iter=1)
    assert (fit.n_iter, fit.converged) == (1, False)


def test_a_step_that_overshoots_is_halved():
    """Far-out predictors, where Newton's full step would lower the likelihood."""
    rng = np.random.default_rng(1039)
    n, p = int(rng.integers(8, 25)), int(rng.integers(1, 4))
    x = np.round(rng.standard_cauchy((n, p)) * 3)
    y = (rng.random(n) < 0.5).astype(float)
    fit = logit(y, x)
    assert fit.converged
    design = np.column_stack((np.ones(n), x))
    fitted = 1 / (1 + np.exp(-design @ fit.coefficients))
    assert np.abs(design.T @ (y - fitted)).max() < 1e-6


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_the_logit_has_no_slope_left_at_its_maximum(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_t(2, size=(60, 2)) * 3
    y = (rng.random(60) < 1 / (1 + np.exp(-x[:, 0]))).astype(int)
    try:
        fit = logit(y, x)
    except NotEnoughDataError:
        return  # separated, or all outcomes alike
    design = np.column_stack((np.ones(60), x))
    fitted = 1 / (1 + np.exp(-design @ fit.coefficients))
    assert np.abs(design.T @ (y - fitted)).max() < 1e-4


def test_data_without_a_fit_say_why():
    assert reason_of(logit, [0, 0, 1, 1], [[1], [2], [3], [4]]) == "separated"
    assert reason_of(logit, [0, 0, 1, 1], [[1], [2], [2], [3]]) == "separated"
    assert reason_of(logit, [0, 1, 1], [[1], [1], [1]]) == "no_spread"
    assert reason_of(logit, [1, 1, 1, 1], [[1], [2], [3], [5]]) == "separated"
    with pytest.raises(ValueError, match="outcomes of 0 and 1"):
        logit([0, 2], [[1], [2]])
    with pytest.raises(ValueError, match="one cluster per outcome"):
        logit([0, 1], [[1], [2]], clusters=[0])
    with pytest.raises(ValueError, match="lengths must be above 0"):
        length_logit([0, 1], [0, 1], [1, 1])


def test_a_fall_of_accuracy_raises_an_alarm_soon():
    rng = np.random.default_rng(2)
    good, bad = rng.random(100) < 0.9, rng.random(100) < 0.6
    chart = cusum(np.concatenate((good, bad)), usual=0.9, changed=0.7)
    assert 100 < chart.alarm_at < 160
    assert cusum(good, usual=0.9, changed=0.7).alarm_at is None
    assert np.isneginf(chart.low).all()


def test_the_limit_keeps_false_alarms_as_rare_as_asked():
    """Simulated mean run length in control, against the Markov chain."""
    limit = cusum_limit(0.9, 0.7)
    expected = cusum_run_length(limit, 0.9, 0.7, 0.9)
    assert expected >= 500
    rng = np.random.default_rng(4)
    lengths = []
    for _ in range(300):
        now, at = 0.0, 0
        while now < limit:
            now = max(0.0, now + (np.log(7 / 9) if rng.random() < 0.9 else np.log(3)))
            at += 1
        lengths.append(at)
    assert np.mean(lengths) == pytest.approx(expected, rel=0.2)
    assert cusum_run_length(limit, 0.9, 0.7, 0.7) < 30


@pytest.mark.parametrize(("usual", "changed"), [(0.5, 0.5), (0.0, 0.5), (0.5, 1.0)])
def test_a_chart_between_impossible_rates_is_refused(usual, changed):
    with pytest.raises(ValueError, match="rates"):
        cusum([0, 1], usual=usual, changed=changed)


def test_a_changed_mix_is_found_and_measured():
    found = mix_change([50, 30, 20, 0], [20, 30, 50, 0])
    assert found.p_value < 0.001
    assert found.effect == pytest.approx(0.36, abs=0.01)
    assert found.n == 200
    assert mix_change([5, 5], [5, 5]).p_value == pytest.approx(1.0)
    assert reason_of(mix_change, [0, 0], [1, 1]) == "no_items"
    assert reason_of(mix_change, [3, 0], [1, 0]) == "no_spread"


def test_strata_take_away_what_they_explain():
    """Simpson's paradox: no association within annotators, one in the sum."""
    within = [[[40, 10], [8, 2]], [[2, 8], [10, 40]]]
    assert cochran_mantel_haenszel(within).p_value > 0.9
    assert cochran_mantel_haenszel([np.sum(within, axis=0)]).p_value < 1e-4
    assert cochran_mantel_haenszel([[[5, 0], [0, 5]]]).odds_ratio == float("inf")
    assert reason_of(cochran_mantel_haenszel, [[[5, 5], [0, 0]]]) == "no_spread"
    with pytest.raises(ValueError, match="2 by 2"):
        cochran_mantel_haenszel([[1, 2], [3, 4]])
