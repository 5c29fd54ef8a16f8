"""Items ranked by how they are preferred."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adjudge.errors import NotEnoughDataError
from adjudge.stats.ranking import bradley_terry, plackett_luce
from adjudge.stats.ties import davidson, rao_kupper

win_matrices = st.lists(
    st.lists(st.integers(0, 5), min_size=4, max_size=4), min_size=4, max_size=4
).map(np.array)


@pytest.fixture
def pudding(golden):
    """Wins and ties of six puddings, and the estimates on them."""
    case = golden("ranking")["ties"]
    wins, ties = np.zeros((6, 6)), np.zeros((6, 6))
    for i, j, n, won, lost, tied in case["games_first_second_n_won_lost_tied"]:
        assert won + lost + tied == n
        wins[i - 1, j - 1], wins[j - 1, i - 1] = won, lost
        ties[i - 1, j - 1] = ties[j - 1, i - 1] = tied
    return wins, ties, case


def reason_of(function, *arguments, **options):
    with pytest.raises(NotEnoughDataError) as caught:
        function(*arguments, **options)
    return caught.value.reason


def test_baseball_teams_have_the_published_worth(golden):
    case = golden("ranking")["bradley_terry"]
    fit = bradley_terry(case["wins"], prior=0)
    assert fit.converged
    assert fit.is_connected
    over_last = fit.log_worth - fit.log_worth[-1]
    assert over_last == pytest.approx(case["log_worth_over_last"], abs=1e-6)
    assert fit.log_worth.sum() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "model"), [("davidson", davidson), ("rao_kupper", rao_kupper)]
)
def test_puddings_have_the_published_worth(pudding, name, model):
    wins, ties, case = pudding
    fit = model(wins, ties, prior=0)
    assert fit.worths.converged
    assert fit.worths.worth == pytest.approx(case[name]["worth"], abs=1e-6)
    assert fit.tie == pytest.approx(case[name]["tie"], abs=1e-6)
    expected = case[name]["log_likelihood"]
    assert fit.worths.log_likelihood == pytest.approx(expected, abs=1e-6)


def test_half_wins_are_another_model_of_ties(pudding):
    wins, ties, case = pudding
    fit = bradley_terry(wins + ties / 2, prior=0)
    assert fit.worth == pytest.approx(case["half_wins"]["worth"], abs=1e-6)


def test_rankings_are_not_pairs(golden):
    case = golden("ranking")["plackett_luce"]
    rankings = np.array(case["rankings_best_first"])
    fit = plackett_luce(rankings, 4, prior=0)
    assert fit.log_worth == pytest.approx(case["log_worth"], abs=1e-6)
    wins = np.zeros((4, 4))
    for ranking in rankings:
        for place, better in enumerate(ranking):
            wins[better, ranking[place + 1 :]] += 1
    pairs = bradley_terry(wins, prior=0)
    assert pairs.log_worth == pytest.approx(
        case["bradley_terry_on_all_pairs"], abs=1e-6
    )


def test_a_ranking_of_two_is_a_comparison():
    pairs = plackett_luce([[0, 1], [0, 1], [1, 0], [1, 2], [2, 0]], 3, prior=0.5)
    wins = [[0, 2, 0], [1, 0, 1], [1, 0, 0]]
    expected = bradley_terry(wins, prior=0.5)
    assert pairs.log_worth == pytest.approx(expected.log_worth, abs=1e-8)
    assert pairs.log_likelihood == pytest.approx(expected.log_likelihood, abs=1e-8)


def test_partial_rankings_are_filled_up():
    fit = plackett_luce([[0, 1, 2], [2, 0, -1], [1, -1, -1]], 3)
    assert fit.converged
    assert np.isfinite(fit.log_worth).all()


@pytest.mark.parametrize(
    ("rankings", "message"),
    [
        ([[0, 3]], "item numbers"),
        ([[-1, 0]], "at their end"),
        ([[0, 0]], "stands twice"),
    ],
)
def test_rankings_that_are_none_are_refused(rankings, message):
    with pytest.raises(ValueError, match=message):
        plackett_luce(rankings, 3)


@given(win_matrices)
@settings(deadline=None, max_examples=25)
def test_every_step_climbs(wins):
    heights = [
        bradley_terry(wins, max_iter=steps).log_posterior for steps in range(1, 12)
    ]
    assert np.all(np.diff(heights) > -1e-9)


@given(win_matrices, st.permutations(range(4)))
@settings(deadline=None, max_examples=25)
def test_worth_follows_the_item_not_its_number(wins, order):
    first = bradley_terry(wins).log_worth
    second = bradley_terry(wins[np.ix_(order, order)]).log_worth
    assert second == pytest.approx(first[list(order)], abs=1e-6)


def test_items_that_never_met_are_told_apart_by_component():
    fit = bradley_terry([[0, 3, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 2, 0]])
    assert fit.components.tolist() == [0, 0, 1, 1]
    assert not fit.is_connected
    assert np.isfinite(fit.log_worth).all()


def test_without_a_prior_an_unbeaten_item_has_no_worth():
    assert reason_of(bradley_terry, [[0, 3], [0, 0]], prior=0) == "not_connected"
    assert reason_of(plackett_luce, [[0, 1]], 2, prior=0) == "not_connected"
    assert reason_of(bradley_terry, [[0]]) == "no_items"


def test_a_fit_that_was_cut_short_says_so():
    assert not bradley_terry([[0, 3], [1, 0]], max_iter=1).converged


def test_the_prior_keeps_an_unbeaten_item_on_the_ground(pudding):
    wins, ties, _ = pudding
    wins[:, 0] = 0
    ties[:, 0] = ties[0, :] = 0
    for model in (davidson, rao_kupper):
        fit = model(wins, ties)
        assert fit.worths.converged
        assert fit.worths.log_worth.argmax() == 0
        assert fit.worths.log_posterior < fit.worths.log_likelihood


def test_models_of_ties_need_ties_and_decisions():
    wins, ties = [[0, 2], [1, 0]], [[0, 1], [1, 0]]
    none = [[0, 0], [0, 0]]
    assert reason_of(davidson, wins, none) == "no_ties"
    assert reason_of(rao_kupper, none, ties) == "all_tied"
    with pytest.raises(ValueError, match="symmetric"):
        davidson(wins, wins)
    with pytest.raises(ValueError, match="square matrix"):
        davidson([[1, 2]], ties)
