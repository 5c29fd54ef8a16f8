"""Intervals cover, repeat, and say when there is none."""

from __future__ import annotations

import numpy as np
import pytest

from adjudge.errors import NotEnoughDataError
from adjudge.stats.agreement import Alpha, PercentAgreement, krippendorff_alpha
from adjudge.stats.counts import ClusteredTable, CountTable
from adjudge.stats.intervals import (
    bootstrap_interval,
    estimate,
    in_words,
    intervals_of,
    mean_estimate,
    percentile_interval,
    ratio_estimate,
)
from adjudge.stats.proportions import (
    accuracy,
    proportion,
    shrunk_shares,
    wilson_interval,
)


def test_the_interval_of_a_real_data_set_is_the_reported_one(golden):
    """PandaLM, 999 comparisons by 3 people; reported [.8425, .8867] by another seed."""
    case = next(c for c in golden("agreement") if c["id"] == "pandalm_testset_v1")
    table = CountTable.from_counts(case["data"], case["multiplicity"])
    found = estimate(table, Alpha(), seed=1)
    assert found.n == 999
    assert (found.low, found.high) == pytest.approx((0.8425, 0.8867), abs=0.003)
    assert found.reason is None


@pytest.mark.parametrize("n", [1, 2, 40, 951, 1000])
@pytest.mark.parametrize("level", [0.95, 0.5, 0.9])
def test_ends_are_the_quantiles_of_numpy_to_the_last_digit(n, level):
    values = np.random.default_rng(n).normal(size=(3, n))
    values[1, 0] = np.nan
    found = intervals_of(values, np.full(3, 9), level)
    expected = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=1)
    for i in (0, 2):
        assert (found[i].low, found[i].high) == tuple(expected[:, i])
    defined = values[1, 1:]
    if n == 1000:  # 1 of 1000 is undefined: it is dropped
        ends = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
        assert (found[1].low, found[1].high) == tuple(ends)


def test_independent_raters_have_intervals_around_zero():
    """About 95 of 100 data sets do; which ones is up to the seeds."""
    around = 0
    for seed in range(100):
        code = np.random.default_rng(seed).integers(0, 2, 600)
        table = CountTable.from_codes(np.repeat(np.arange(200), 3), code, 2)
        interval = bootstrap_interval(table, Alpha(), seed=1)
        around += interval.low < 0 < interval.high
    assert around >= 90


def test_pairs_of_one_ranking_move_together():
    """Three copies of each unit tell no more than one when resampled as one cluster."""
    rng = np.random.default_rng(5)
    counts = np.eye(2, dtype=int)[rng.integers(0, 2, (60, 3))].sum(axis=1)
    alone = bootstrap_interval(CountTable.from_counts(counts), Alpha(), seed=1)
    copies = np.repeat(counts, 3, axis=0)
    clustered = ClusteredTable.from_counts(copies, np.repeat(np.arange(60), 3))
    apart = bootstrap_interval(CountTable.from_counts(copies), Alpha(), seed=1)
    together = bootstrap_interval(clustered, Alpha(), seed=1)
    assert together.high - together.low == pytest.approx(
        alone.high - alone.low, rel=0.15
    )
    assert apart.high - apart.low < 0.7 * (together.high - together.low)


def test_clusters_of_different_sizes_are_resampled_whole():
    counts = [[2, 0], [1, 1], [0, 2], [2, 0], [0, 0]]
    table = ClusteredTable.from_counts(counts, [7, 7, 7, 3, 9])
    assert table.n_units == 2
    drawn = table.draw(np.random.default_rng(0), 100)
    assert set(drawn.sum(axis=1)) <= {2.0, 4.0, 6.0}
    assert estimate(table, PercentAgreement(), seed=0).n == 4


def test_an_undefined_number_says_why_in_words():
    one_category = estimate(CountTable.from_counts([[2, 0], [2, 0]]), Alpha(), seed=1)
    assert one_category.value is None
    assert one_category.n == 2
    assert one_category.reason == "undefined: all judgments are in one category"
    nobody = estimate(CountTable.from_counts([[1, 0]]), krippendorff_alpha, seed=1)
    assert nobody.reason == "undefined: no comparison has two or more judgments"
    nothing = estimate(CountTable.from_codes([], [], 2), Alpha(), seed=1)
    assert (nothing.value, nothing.n) == (None, 0)
    assert in_words("no_such_code") == "undefined: no such code"


def test_one_unit_has_a_value_and_no_interval():
    found = estimate(CountTable.from_counts([[1, 2]]), krippendorff_alpha, seed=1)
    assert found.value is not None
    assert (found.low, found.high) == (None, None)
    assert found.reason == "no interval: fewer than two units"


def test_too_many_undefined_resamples_leave_no_interval():
    """One dissent in three units: many resamples hold one category only."""
    table = CountTable.from_counts([[2, 0], [2, 0], [1, 1]])
    interval = bootstrap_interval(table, Alpha(), seed=1)
    assert interval.low is None
    assert interval.n_undefined > 50
    found = estimate(table, Alpha(), seed=1)
    assert found.reason == "no interval: the value is undefined in too many resamples"
    assert found.value == pytest.approx(0.0)


def test_few_undefined_resamples_are_dropped_and_counted():
    table = CountTable.from_counts([[2, 0], [0, 2]], [4, 2])
    interval = bootstrap_interval(table, krippendorff_alpha, seed=1, n_resamples=10)
    more = bootstrap_interval(
        CountTable.from_counts([[2, 0], [0, 2]], [8, 3]), Alpha(), seed=1
    )
    assert interval.n_resamples == 10
    assert 0 < more.n_undefined <= 50
    assert (more.low, more.high) == (1.0, 1.0)


@pytest.mark.parametrize("wrong", [{"n_resamples": 0}, {"level": 1.0}])
def test_a_bootstrap_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="resamples at level"):
        bootstrap_interval(
            CountTable.from_counts([[2, 0]] * 3), Alpha(), seed=1, **wrong
        )


def test_a_mean_has_an_interval_over_units():
    rng = np.random.default_rng(1)
    found = mean_estimate(rng.normal(0.5, 0.1, 400), seed=1)
    half = 1.96 * 0.1 / 20
    assert found.high - found.low == pytest.approx(2 * half, rel=0.15)
    assert found.low < 0.5 < found.high
    assert mean_estimate([], seed=1).reason == "undefined: there is nothing to count"
    assert mean_estimate([0.4], seed=1).value == 0.4


def test_a_ratio_leaves_out_what_it_cannot_divide_by():
    found = ratio_estimate([1, 9, 1], [2, 0, 2], seed=1)
    assert (found.value, found.n) == (0.5, 2)


def test_a_clustered_mean_is_less_certain():
    value = np.repeat(np.random.default_rng(1).normal(size=40), 5)
    alone = mean_estimate(value, seed=1)
    together = mean_estimate(value, seed=1, clusters=np.repeat(np.arange(40), 5))
    assert together.value == pytest.approx(alone.value)
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_wilson_is_the_interval_of_the_papers():
    """Newcombe (1998), 81 of 263 and 0 of 20, printed to four digits."""
    found = wilson_interval(81, 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    none = wilson_interval(0, 20)
    assert (none.low, none.high) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(20, 20).high == 1.0


def test_a_share_of_nothing_is_undefined():
    assert proportion(0, 0).reason == "undefined: there is nothing to count"
    with pytest.raises(NotEnoughDataError):
        wilson_interval(0, 0)
    with pytest.raises(ValueError, match="3 hits in 2 trials"):
        wilson_interval(3, 2)


def test_accuracy_counts_judgments_with_a_known_answer():
    found = accuracy([0, 1, 1, 0], [0, 1, 0, -1])
    assert (found.value, found.n) == (pytest.approx(2 / 3), 3)
    with pytest.raises(ValueError, match="one right category"):
        accuracy([0, 1], [0])


def test_shares_of_few_trials_are_shrunk_most():
    shrunk = shrunk_shares([1, 20, 80], [1, 100, 100])
    assert 0.2 < shrunk[1] < shrunk[0] < 1.0
    assert abs(shrunk[1] - 0.2) < abs(shrunk[0] - 1.0)


def test_shares_that_differ_by_chance_only_become_one():
    assert shrunk_shares([5, 5], [10, 10]) == pytest.approx([0.5, 0.5])
    assert shrunk_shares([3, 2], [3, 2]) == pytest.approx([1.0, 1.0])
    with pytest.raises(ValueError, match="must not exceed"):
        shrunk_shares([3], [2])
    with pytest.raises(NotEnoughDataError):
        shrunk_shares([], [])


@pytest.mark.slow
def test_the_bootstrap_covers_the_truth_about_as_often_as_it_says():
    """300 data sets of 150 units by 3 raters; reported coverage 95.7 %."""
    rng = np.random.default_rng(11)

    def draw(n_units):
        truth = rng.integers(0, 3, (n_units, 1))
        code = np.where(
            rng.random((n_units, 3)) < 0.68, truth, rng.integers(0, 3, (n_units, 3))
        )
        unit = np.repeat(np.arange(n_units), 3)
        return CountTable.from_codes(unit, code.ravel(), 3)

    truth = krippendorff_alpha(draw(1_000_000))
    intervals = [bootstrap_interval(draw(150), Alpha(), seed=k) for k in range(300)]
    covered = np.mean([found.low <= truth <= found.high for found in intervals])
    assert 0.92 <= covered <= 0.98


@pytest.mark.slow
def test_resamples_of_many_kinds_cover_the_truth_as_often():
    """Margins of 150 units by 3 raters: their places are drawn for many tables."""
    rng = np.random.default_rng(13)
    statistic = Alpha("ordinal")

    def draw(n_units):
        truth = rng.normal(0, 1.6, (n_units, 1))
        code = np.clip(np.rint(truth + rng.normal(0, 1.2, (n_units, 3))), -3, 3) + 3
        unit = np.repeat(np.arange(n_units), 3)
        return CountTable.from_codes(unit, code.ravel().astype(int), 7)

    def interval(table, seed):
        return percentile_interval(
            lambda _rng, size: table.draw_alike(seed, size),
            lambda times: statistic.many(table.rows, times),
            n_units=table.n_units,
            width=1,
            seed=seed,
        )

    truth = krippendorff_alpha(draw(1_000_000), "ordinal")
    tables = [draw(150) for _ in range(300)]
    assert min(len(table.rows) for table in tables) >= 40
    intervals = [interval(table, seed) for seed, table in enumerate(tables)]
    covered = np.mean([found.low <= truth <= found.high for found in intervals])
    assert 0.92 <= covered <= 0.98
