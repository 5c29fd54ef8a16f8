"""Truth and reliability estimated from judgments, and when to stop asking."""

from __future__ import annotations

import numpy as np
import pytest

from adjudge.errors import NotEnoughDataError
from adjudge.stats.dawid_skene import dawid_skene, expertise_prior
from adjudge.stats.gold import sequential_test
from adjudge.stats.reliability import effective_weight, measure_reliability
from adjudge.stats.stopping import (
    accuracies,
    needs_more,
    posterior,
)


@pytest.fixture
def patients(golden):
    """Unit, rater and code of the 1979 data, and its published estimates."""
    case = golden("dawid_skene")
    cells = [
        (unit, rater, category - 1)
        for unit, row in enumerate(case["observers_by_patient"])
        for rater, said in enumerate(row)
        for category in said
    ]
    return (*np.array(cells).T, case)


def test_the_1979_data_give_the_published_estimates(patients):
    unit, rater, code, case = patients
    fit = dawid_skene(unit, rater, code, 4)
    assert fit.converged
    assert fit.log_likelihood == pytest.approx(case["log_likelihood"], abs=1e-6)
    assert fit.log_posterior == fit.log_likelihood
    assert fit.prevalence == pytest.approx(case["prevalence"], abs=1e-6)
    assert np.allclose(fit.confusion, case["confusion"], atol=1e-6)
    assert np.allclose(fit.posterior, case["posterior"], atol=1e-6)


def test_the_estimate_overrules_the_majority_on_three_patients(patients):
    """Patients are numbered from 1; a tie of votes goes to the lower category."""
    unit, rater, code, case = patients
    votes = np.zeros((45, 4))
    np.add.at(votes, (unit, code), 1)
    fit = dawid_skene(unit, rater, code, 4)
    differs = np.flatnonzero(votes.argmax(axis=1) != fit.posterior.argmax(axis=1))
    assert (differs + 1).tolist() == case["majority_differs_on_patients"]


@pytest.mark.parametrize("one_coin", [False, True])
@pytest.mark.parametrize("strength", [0.0, 5.0])
def test_the_likelihood_never_falls(patients, one_coin, strength):
    unit, rater, code, _ = patients
    prior = expertise_prior(np.full(5, 0.8), strength, 4)
    heights = [
        dawid_skene(
            unit,
            rater,
            code,
            4,
            confusion_prior=prior,
            prevalence_prior=[strength] * 4,
            one_coin=one_coin,
            max_iter=steps,
        ).log_posterior
        for steps in range(1, 16)
    ]
    assert np.all(np.diff(heights) > -1e-9)


def test_a_fit_that_was_cut_short_says_so(patients):
    unit, rater, code, _ = patients
    fit = dawid_skene(unit, rater, code, 4, max_iter=2)
    assert (fit.n_iter, fit.converged) == (2, False)


def test_one_coin_finds_who_is_good(simulate):
    accuracy = [0.95, 0.85, 0.75, 0.65]
    unit, rater, code, truth = simulate(n_units=3000, accuracy=accuracy, n_categories=3)
    fit = dawid_skene(unit, rater, code, 3, one_coin=True)
    assert fit.confusion[:, 0, 0] == pytest.approx(accuracy, abs=0.03)
    assert fit.confusion[0, 0, 1] == fit.confusion[0, 0, 2]
    assert (fit.posterior.argmax(axis=1) == truth).mean() > 0.95


def test_pseudo_counts_pull_towards_expertise(simulate):
    unit, rater, code, _ = simulate(n_units=10, accuracy=[0.6, 0.6, 0.6])
    prior = expertise_prior([0.99, 0.5, 0.5], 1e6, 2)
    fit = dawid_skene(unit, rater, code, 2, confusion_prior=prior)
    assert fit.confusion[0, 0, 0] == pytest.approx(0.99, abs=1e-3)
    expert = code[rater == 0][np.argsort(unit[rater == 0])]
    assert np.array_equal(fit.posterior.argmax(axis=1), expert)


def test_gold_is_certain_and_teaches(simulate):
    unit, rater, code, truth = simulate(n_units=60, accuracy=[0.9, 0.4, 0.4])
    gold = np.where(np.arange(60) < 40, truth, -1)
    fit = dawid_skene(unit, rater, code, 2, gold=gold)
    assert np.array_equal(fit.posterior[:40].argmax(axis=1), truth[:40])
    assert fit.posterior[:40].max(axis=1).min() == 1.0
    blind = dawid_skene(unit, rater, code, 2)
    right = (fit.posterior.argmax(axis=1) == truth)[40:].mean()
    assert right >= (blind.posterior.argmax(axis=1) == truth)[40:].mean()


@pytest.mark.parametrize("one_coin", [False, True])
def test_units_and_raters_without_judgments_stay_open(one_coin):
    fit = dawid_skene([0, 0, 1], [0, 2, 0], [0, 0, 1], 2, n_units=3, one_coin=one_coin)
    assert fit.posterior[2] == pytest.approx(fit.prevalence)
    assert fit.confusion[1].tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_judgments_that_do_not_fit_are_refused():
    with pytest.raises(NotEnoughDataError) as caught:
        dawid_skene([], [], [], 2)
    assert caught.value.reason == "no_items"
    with pytest.raises(ValueError, match="code outside"):
        dawid_skene([0], [0], [2], 2)
    with pytest.raises(ValueError, match="code outside"):
        dawid_skene([0], [0], [0], 1)
    with pytest.raises(ValueError, match="one known category"):
        dawid_skene([0], [0], [0], 2, gold=[0, 1])
    with pytest.raises(ValueError, match="at least 0"):
        dawid_skene([0], [0], [0], 2, prevalence_prior=[-1, 1])


def test_reliability_counts_gold_and_what_others_make_probable(simulate):
    accuracy = [0.95, 0.9, 0.9, 0.9, 0.9, 0.7]
    unit, rater, code, truth = simulate(n_units=400, accuracy=accuracy)
    gold = np.where(np.arange(400) < 50, truth, -1)
    found = measure_reliability(unit, rater, code, 2, gold=gold)
    assert found.n.tolist() == [400] * 6
    assert found.n_gold.tolist() == [50] * 6
    assert found.value == pytest.approx(accuracy, abs=0.05)
    parts = 8 + found.gold_hits + found.expected_hits
    assert found.value == pytest.approx(parts / (10 + found.n))


def test_uncertain_others_confirm_nobody(simulate):
    """Two guessers leave open what was right, so the good judge stays below .95."""
    unit, rater, code, _ = simulate(n_units=400, accuracy=[0.95, 0.55, 0.55])
    found = measure_reliability(unit, rater, code, 2)
    assert found.value[0] < 0.8


def test_a_judge_alone_tells_nothing_about_themselves():
    found = measure_reliability([0, 1, 2], [0, 0, 0], [0, 1, 0], 2)
    assert found.n.tolist() == [0]
    assert found.value == pytest.approx([0.8])


def test_own_judgments_do_not_vouch_for_themselves():
    """Two who always disagree are equally doubtful, however sure each is."""
    unit, rater = np.repeat(np.arange(20), 2), np.tile([0, 1], 20)
    found = measure_reliability(unit, rater, rater, 2)
    assert found.value[0] == pytest.approx(found.value[1])
    assert found.value.max() < 0.8


def test_the_effective_weight_shows_its_parts():
    usual = effective_weight(2.0, 0.8, 50)
    assert (usual.weight, usual.factor, usual.is_measured) == (
        pytest.approx(2.0),
        pytest.approx(1.0),
        True,
    )
    assert effective_weight(1.0, 0.94, 50).weight == pytest.approx(1.985, abs=1e-3)


def test_the_effective_weight_has_a_floor_a_cap_and_patience():
    assert effective_weight(1.0, 0.3, 50).weight == 0.1
    assert effective_weight(2.0, 1.0, 50).weight == 3.0
    few = effective_weight(5.0, 0.3, 9)
    assert (few.weight, few.is_measured) == (5.0, False)


@pytest.mark.parametrize(("declared", "value"), [(0.0, 0.5), (1.0, 1.5)])
def test_impossible_weights_are_refused(declared, value):
    with pytest.raises(ValueError, match="declared weight"):
        effective_weight(declared, value, 20)


def test_three_errors_in_a_row_flag():
    """ln(.3/.1) = 1.099 each; the limit is 2.944."""
    found = sequential_test([0, 0, 0, 1])
    assert (found.state, found.n_used) == ("flagged", 3)
    assert found.flag_at == pytest.approx(2.944, abs=1e-3)
    assert found.pass_at == pytest.approx(-2.944, abs=1e-3)


def test_twelve_hits_in_a_row_pass():
    assert sequential_test([1] * 11).state == "undecided"
    found = sequential_test([1] * 12)
    assert (found.state, found.n_used) == ("passed", 12)
    assert sequential_test([]).score == 0.0


def test_the_sequential_test_flags_as_often_as_simulated(golden):
    rng = np.random.default_rng(3)
    for row in golden("audits")["sequential_test"]:
        runs = [sequential_test(hits) for hits in rng.random((1500, 400)) < row["p"]]
        flagged = np.mean([run.state == "flagged" for run in runs])
        assert flagged == pytest.approx(row["flag_rate"], abs=0.035)
        used = np.mean([run.n_used for run in runs])
        assert used == pytest.approx(row["mean_gold"], rel=0.08)


def test_a_test_between_equals_is_refused():
    with pytest.raises(ValueError, match="good"):
        sequential_test([1], good=0.7, bad=0.7)


def test_the_posterior_weighs_judges_by_their_odds():
    belief = posterior([0, 1], [0.9, 0.6], 2)
    assert belief[0] == pytest.approx(9 / (9 + 1.5))
    assert posterior([], [], 2, [0.7, 0.3]) == pytest.approx([0.7, 0.3])


def test_judgments_without_a_possible_accuracy_are_refused():
    with pytest.raises(ValueError, match="strictly between"):
        posterior([0], [1.0], 2)
    with pytest.raises(ValueError, match="code outside"):
        posterior([2], [0.9], 2)


@pytest.mark.parametrize(
    ("n", "belief", "is_forced", "expected"),
    [
        (1, 0.99, False, True),
        (2, 0.89, False, True),
        (2, 0.90, False, False),
        (2, 0.99, True, True),
        (5, 0.50, False, False),
        (5, 0.50, True, False),
    ],
)
def test_a_unit_is_judged_until_it_is_clear_or_capped(n, belief, is_forced, expected):
    assert needs_more(n, belief, is_forced=is_forced) is expected


def test_limits_that_cross_are_refused():
    with pytest.raises(ValueError, match="minimum 3, maximum 2"):
        needs_more(1, 0.5, minimum=3, maximum=2)


def test_accuracies_are_found_where_units_have_two_judgments():
    """Reliability, which leaves a person's own vote out, leans low there."""
    rng = np.random.default_rng(5)
    right = np.array([0.95, 0.85, 0.75, 0.65, 0.9, 0.7])
    unit = np.repeat(np.arange(4000), 2)
    rater = np.argsort(rng.random((4000, 6)), axis=1)[:, :2].ravel()
    truth = rng.integers(0, 2, 4000)[unit]
    code = np.where(rng.random(8000) < right[rater], truth, 1 - truth)
    assert accuracies(unit, rater, code, 2) == pytest.approx(right, abs=0.04)


def test_gold_tells_who_is_right_and_nobody_is_measured_on_nothing():
    found = accuracies([0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0], 2, gold=[0, 1])
    assert found[0] == pytest.approx(10 / 12)
    assert found[1] == pytest.approx(8 / 12)
    with pytest.raises(NotEnoughDataError):
        accuracies([], [], [], 2)


def test_where_nobody_can_be_compared_everybody_is_as_imagined():
    """What a fit would say of judgments that stand alone is not asked for."""
    found = measure_reliability([0, 1, 2], [0, 1, 0], [0, 1, 1], 2, gold=[-1, -1, -1])
    assert found.value.tolist() == [0.8, 0.8]
    assert found.n.tolist() == found.gold_hits.tolist() == [0, 0]
    assert found.expected_hits.tolist() == [0.0, 0.0]
