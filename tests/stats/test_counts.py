"""Counts are read strictly and kept short."""

from __future__ import annotations

import numpy as np
import pytest

from adjudge.errors import NotEnoughDataError
from adjudge.stats.agreement import Alpha, krippendorff_alpha, percent_agreement
from adjudge.stats.arrays import as_ints, as_judgments
from adjudge.stats.counts import ClusteredTable, CountTable, unique_rows
from adjudge.stats.weights import linear_weights, ordinal_weights, quadratic_weights


def test_a_table_keeps_each_row_once_in_a_fixed_order():
    table = CountTable.from_counts([[2, 0], [0, 2], [2, 0], [0, 0], [1, 0]])
    assert table.rows.tolist() == [[0, 2], [1, 0], [2, 0]]
    assert table.multiplicity.tolist() == [1, 1, 2]
    assert (table.n_units, table.n_pairable, table.n_judgments) == (4, 3, 7)
    assert table.n_pairs == 3
    assert table.used().tolist() == [True, True]


def test_multiplicities_stand_for_repeated_rows():
    short = CountTable.from_counts([[2, 0], [1, 1], [2, 0], [0, 2]], [3, 1, 2, 0])
    long = CountTable.from_counts([[2, 0]] * 5 + [[1, 1]])
    assert short.rows.tolist() == long.rows.tolist()
    assert short.multiplicity.tolist() == long.multiplicity.tolist()


def test_resamples_hold_as_many_units():
    table = CountTable.from_counts([[2, 0], [1, 1], [0, 2]])
    drawn = table.draw(np.random.default_rng(1), 50)
    assert drawn.shape == (50, 3)
    assert set(drawn.sum(axis=1)) == {3.0}


@pytest.mark.parametrize(
    "rows",
    [
        np.random.default_rng(1).integers(0, 3, (500, 3)),
        np.random.default_rng(1).integers(0, 10**6, (50, 2)),
        np.random.default_rng(1).integers(0, 10**6, (50, 9)),
    ],
    ids=["few-valued", "many-valued", "beyond one number"],
)
def test_different_rows_are_found_sorted(rows):
    rows = np.vstack((rows, rows))
    found, place = unique_rows(rows)
    expected, expected_place = np.unique(rows, axis=0, return_inverse=True)
    assert np.array_equal(found, expected)
    assert np.array_equal(place, expected_place.ravel())


def test_a_large_scale_is_counted_right():
    """A scale of 1 to 100 leaves no room for a row in one number."""
    rng = np.random.default_rng(1)
    code = rng.integers(0, 100, 300)
    table = CountTable.from_codes(np.repeat(np.arange(100), 3), code, 100)
    assert table.n_judgments == 300
    assert krippendorff_alpha(table, "interval") == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize(
    ("unit", "code", "message"),
    [
        ([0, 1], [0], "one unit and one code"),
        ([0, -1], [0, 0], "unit outside"),
        ([0, 1], [0, 2], "code outside 0 … 1"),
        ([0, 0.5], [0, 1], "whole numbers"),
    ],
)
def test_codes_that_do_not_fit_are_refused(unit, code, message):
    with pytest.raises(ValueError, match=message):
        CountTable.from_codes(unit, code, 2)


@pytest.mark.parametrize(
    ("counts", "multiplicity", "message"),
    [
        ([1, 2], None, "matrix of counts"),
        ([[1, -1]], None, "matrix of counts"),
        ([[1, 1]], [1, 1], "multiplicity"),
        ([[1, 1]], [-1], "multiplicity"),
    ],
)
def test_counts_that_do_not_fit_are_refused(counts, multiplicity, message):
    with pytest.raises(ValueError, match=message):
        CountTable.from_counts(counts, multiplicity)


def test_every_unit_needs_a_cluster():
    with pytest.raises(ValueError, match="one cluster per unit"):
        ClusteredTable.from_counts([[1, 1], [2, 0]], [0])


def test_judgments_are_three_aligned_arrays_counted_from_zero():
    with pytest.raises(ValueError, match="one unit, one rater and one code"):
        as_judgments([0], [0, 1], [0])
    with pytest.raises(ValueError, match="counted from 0"):
        as_judgments([0], [-1], [0])
    assert as_ints([1.0, 2.0]).dtype == np.int64


def test_weights_fall_with_distance():
    assert linear_weights(3).tolist() == [[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]
    assert quadratic_weights(3)[0].tolist() == [1, 0.75, 0]
    assert ordinal_weights(3)[0] == pytest.approx([1, 2 / 3, 0])
    assert linear_weights(3, [0, 1, 4])[0].tolist() == [1, 0.75, 0]
    assert linear_weights(2, [3, 3]).tolist() == [[1, 1], [1, 1]]
    with pytest.raises(ValueError, match="one value per category"):
        linear_weights(3, [1, 2])


@pytest.mark.parametrize("wrong", [np.eye(3), [[1, 0.5], [0, 1]], [[0.5, 0], [0, 1]]])
def test_weights_that_are_none_are_refused(wrong):
    with pytest.raises(ValueError, match="symmetric with ones"):
        percent_agreement(CountTable.from_counts([[1, 1]]), wrong)


def test_scales_that_are_none_are_refused():
    table = CountTable.from_counts([[1, 1], [2, 0]])
    with pytest.raises(ValueError, match="unknown level"):
        krippendorff_alpha(table, "cardinal")
    with pytest.raises(ValueError, match="one value per category"):
        krippendorff_alpha(table, "interval", [1, 2, 3])
    with pytest.raises(ValueError, match="at least 0"):
        krippendorff_alpha(table, "ratio", [-1, 2])
    with pytest.raises(ValueError, match="zeros on the diagonal"):
        Alpha(distance=[[1, 0], [0, 1]]).of(table)


def test_values_without_spread_leave_alpha_undefined():
    with pytest.raises(NotEnoughDataError):
        krippendorff_alpha(CountTable.from_counts([[1, 1]]), "interval", [2, 2])


def test_zero_may_be_a_value_of_a_ratio_scale():
    """The distance of 0 from anything is full, and from itself none."""
    table = CountTable.from_counts([[2, 0], [1, 1], [0, 2]])
    ratio = krippendorff_alpha(table, "ratio", [0, 5])
    assert ratio == pytest.approx(krippendorff_alpha(table))
