"""What must not change agreement does not, whatever the judgments are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adjudge.errors import NotEnoughDataError
from adjudge.stats.agreement import (
    Alpha,
    BrennanPrediger,
    Fleiss,
    Gwet,
    PercentAgreement,
    krippendorff_alpha,
)
from adjudge.stats.counts import ClusteredTable, CountTable
from adjudge.stats.expertise import WeightedUnits
from adjudge.stats.influence import influence
from adjudge.stats.intervals import bootstrap_interval, estimate
from adjudge.stats.kappa import cohen, rater_pairs
from adjudge.stats.weights import quadratic_weights

COEFFICIENTS = [
    PercentAgreement(),
    Gwet(),
    Gwet(quadratic_weights(3)),
    Fleiss(),
    BrennanPrediger(),
    Alpha(),
    Alpha("ordinal"),
    Alpha("interval"),
    Alpha("ratio"),
]
calm = settings(deadline=None)  # the machine may be busy
few = settings(deadline=None, max_examples=25)
NOMINAL = [PercentAgreement(), Gwet(), Fleiss(), BrennanPrediger(), Alpha()]
matrices = st.lists(
    st.lists(st.integers(-1, 2), min_size=4, max_size=4), min_size=2, max_size=12
).map(np.array)


def unpack(matrix):
    """Unit, rater and code of each judgment; below 0 is not judged."""
    unit, rater = np.nonzero(matrix >= 0)
    return unit, rater, matrix[unit, rater]


def table_of(matrix):
    unit, _, code = unpack(matrix)
    return CountTable.from_codes(unit, code, 3)


def value_or_reason(coefficient, table):
    try:
        return coefficient.of(table)
    except NotEnoughDataError as error:
        return error.reason


def same(first, second):
    if isinstance(first, str) or isinstance(second, str):
        return first == second
    return first == pytest.approx(second, abs=1e-9)


def alpha_by_definition(matrix):
    """Nominal alpha from the matrix, unit by unit."""
    together = np.zeros((3, 3))
    for row in matrix:
        codes = row[row >= 0]
        for a, one in enumerate(codes):
            for b, two in enumerate(codes):
                if a != b:
                    together[one, two] += 1 / (len(codes) - 1)
    used = together.sum(axis=0)
    observed = together.sum() - np.trace(together)
    expected = used.sum() ** 2 - (used**2).sum()
    return 1 - (used.sum() - 1) * observed / expected


@given(matrices, st.randoms(use_true_random=False))
@calm
def test_the_order_of_units_and_raters_leaves_no_trace(matrix, random):
    units, raters = list(range(len(matrix))), list(range(4))
    random.shuffle(units)
    random.shuffle(raters)
    first, second = table_of(matrix), table_of(matrix[units][:, raters])
    assert np.array_equal(first.rows, second.rows)
    assert np.array_equal(first.multiplicity, second.multiplicity)


@given(matrices, st.permutations(range(3)))
@calm
def test_nominal_agreement_does_not_know_the_names_of_categories(matrix, names):
    renamed = np.where(matrix >= 0, np.array(names)[matrix], -1)
    for coefficient in NOMINAL:
        assert same(
            value_or_reason(coefficient, table_of(matrix)),
            value_or_reason(coefficient, table_of(renamed)),
        )


@given(matrices)
@calm
def test_reversing_a_scale_changes_no_ordered_agreement(matrix):
    reverse = np.where(matrix >= 0, 2 - matrix, -1)
    for coefficient in (
        Alpha("ordinal"),
        Alpha("interval"),
        Gwet(quadratic_weights(3)),
    ):
        assert same(
            value_or_reason(coefficient, table_of(matrix)),
            value_or_reason(coefficient, table_of(reverse)),
        )


@given(matrices, st.lists(st.integers(0, 2), max_size=5))
@calm
def test_units_judged_once_leave_alpha_alone(matrix, singles):
    lonely = np.array([[code, -1, -1, -1] for code in singles] or np.empty((0, 4), int))
    more = np.vstack((matrix, lonely))
    for level in ("nominal", "ordinal", "interval", "ratio"):
        assert same(
            value_or_reason(Alpha(level), table_of(matrix)),
            value_or_reason(Alpha(level), table_of(more)),
        )


@given(matrices)
@calm
def test_alpha_of_counts_is_alpha_of_the_matrix(matrix):
    value = value_or_reason(Alpha(), table_of(matrix))
    assume(not isinstance(value, str))
    assert value == pytest.approx(alpha_by_definition(matrix), abs=1e-9)


@given(matrices, st.floats(0.1, 10))
@calm
def test_equal_expertise_weighs_nothing(matrix, weight):
    unit, rater, code = unpack(matrix)
    assume(len(unit) > 0)
    weighted = WeightedUnits.from_codes(unit, rater, code, [weight] * len(unit), 3)
    for level in ("nominal", "ordinal", "interval", "ratio"):
        plain = value_or_reason(Alpha(level), table_of(matrix))
        try:
            found = weighted.alpha(level)
        except NotEnoughDataError as error:
            found = error.reason
        assert same(plain, found)


@given(matrices)
@calm
def test_no_coefficient_exceeds_one(matrix):
    for coefficient in COEFFICIENTS:
        value = value_or_reason(coefficient, table_of(matrix))
        assert isinstance(value, str) or value <= 1.0 + 1e-12


@given(st.lists(st.integers(0, 2), min_size=2, max_size=10), st.integers(2, 5))
@calm
def test_raters_who_all_say_the_same_agree_fully(codes, n_raters):
    assume(len(set(codes)) > 1)
    table = CountTable.from_counts(n_raters * np.eye(3, dtype=int)[codes])
    for coefficient in COEFFICIENTS:
        assert coefficient.of(table) == pytest.approx(1.0)


@given(matrices, st.integers(0, 2**32))
@few
def test_an_interval_depends_on_the_seed_and_not_on_the_order(matrix, seed):
    again = matrix[::-1][:, ::-1]
    for coefficient in (Alpha("ordinal"), Gwet()):
        first = estimate(table_of(matrix), coefficient, seed=seed, n_resamples=50)
        assert first == estimate(
            table_of(again), coefficient, seed=seed, n_resamples=50
        )


@given(matrices, st.integers(0, 2**32))
@few
def test_clusters_may_come_in_any_order_and_under_any_name(matrix, seed):
    unit, _, code = unpack(matrix)
    cluster = np.arange(len(matrix)) // 2
    table = ClusteredTable.from_codes(unit, code, 3, cluster)
    backwards = ClusteredTable.from_codes(
        len(matrix) - 1 - unit, code, 3, 1000 - cluster[::-1]
    )
    first = estimate(table, PercentAgreement(), seed=seed, n_resamples=50)
    second = estimate(backwards, PercentAgreement(), seed=seed, n_resamples=50)
    assert first == second


@given(matrices)
@calm
def test_the_fast_form_and_a_plain_function_give_one_interval(matrix):
    table = table_of(matrix)
    assume(table.n_units >= 2)
    fast = bootstrap_interval(table, Alpha(), seed=3, n_resamples=20)
    plain = bootstrap_interval(table, krippendorff_alpha, seed=3, n_resamples=20)
    assert fast.n_undefined == plain.n_undefined
    assert fast.low == pytest.approx(plain.low, abs=1e-9)
    assert fast.high == pytest.approx(plain.high, abs=1e-9)


@given(matrices)
@calm
def test_influence_is_alpha_computed_without_the_rater(matrix):
    unit, rater, code = unpack(matrix)
    assume(not isinstance(value_or_reason(Alpha(), table_of(matrix)), str))
    found = influence(unit, rater, code, 3)
    for person, without in enumerate(found.without):
        rest = table_of(np.delete(matrix, person, axis=1))
        expected = value_or_reason(Alpha(), rest)
        if isinstance(expected, str):
            assert np.isnan(without)
        else:
            assert without == pytest.approx(expected, abs=1e-9)


@given(matrices)
@calm
def test_pairs_from_sparse_products_equal_pairs_compared_one_by_one(matrix):
    unit, rater, code = unpack(matrix)
    pairs = rater_pairs(unit, rater, code, 3)
    for place, (a, b) in enumerate(zip(pairs.first, pairs.second, strict=True)):
        both = (matrix[:, a] >= 0) & (matrix[:, b] >= 0)
        agree = matrix[both, a] == matrix[both, b]
        assert pairs.n[place] == both.sum()
        assert pairs.percent[place] == pytest.approx(agree.mean())
        try:
            expected = cohen(matrix[:, a], matrix[:, b], 3)
        except NotEnoughDataError:
            continue
        alone = rater_pairs(*unpack(np.where(np.isin(range(4), [a, b]), matrix, -1)), 3)
        assert alone.mean_kappa(min_common=1) == pytest.approx(expected, abs=1e-9)


def test_influence_has_a_coefficient_of_choice(simulate):
    unit, rater, code, _ = simulate(n_units=50, accuracy=[0.9, 0.9, 0.5])
    found = influence(unit, rater, code, 2, Gwet())
    assert found.change[2] > 0 > found.change[:2].max()
