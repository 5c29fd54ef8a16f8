"""Agreement between named raters: Cohen's and Conger's kappa, and every pair of raters.

Unlike the coefficients on counts these know who said what, and take each rater's own
habits for chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from adjudge.errors import NotEnoughDataError
from adjudge.stats.agreement import percent_agreement
from adjudge.stats.arrays import as_floats, as_ints, as_judgments, require_once
from adjudge.stats.counts import CountTable, count_codes
from adjudge.stats.intervals import (
    Estimate,
    Interval,
    in_words,
    intervals_of,
    with_interval,
)
from adjudge.stats.resampling import drawn_up_to
from adjudge.stats.weights import checked_weights

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray, IntArray

NOTHING_VARIES = Interval(None, None, reason="one_answer")
_PAIRS_AT_ONCE = 2_000_000  # pairs of judgments that are laid side by side
_DRAWN_ONE_BY_ONE = 500  # units, up to which a draw of each costs less than of cells


def contingency(
    first: npt.ArrayLike, second: npt.ArrayLike, n_categories: int
) -> IntArray:
    """Count how often two raters gave each pair of categories.

    Args:
        first: Shape (n_units,). One rater's categories; below 0 where none was given.
        second: Shape (n_units,). The other's.
        n_categories: Categories of the guideline.

    Returns:
        Shape (n_categories, n_categories); rows are the first rater's categories.

    Raises:
        ValueError: If the shapes do not fit or a code is not a category.
    """
    one, two = as_ints(first), as_ints(second)
    if one.ndim != 1 or one.shape != two.shape:
        message = "two aligned arrays of codes expected"
        raise ValueError(message)
    if max(one.max(initial=-1), two.max(initial=-1)) >= n_categories:
        message = f"code outside 0 … {n_categories - 1}"
        raise ValueError(message)
    both = (one >= 0) & (two >= 0)
    cell = one[both] * n_categories + two[both]
    cells = np.bincount(cell, minlength=n_categories**2)
    return cells.reshape(n_categories, n_categories).astype(np.int64, copy=False)


def cohen(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    n_categories: int,
    weights: npt.ArrayLike | None = None,
) -> float:
    """Compute Cohen's kappa of two raters, weighted if weights are given.

    See ``contingency`` and ``cohen_of_table``.
    """
    return cohen_of_table(contingency(first, second, n_categories), weights)


def cohen_of_table(table: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Compute Cohen's kappa from a table of two raters.

    Args:
        table: Shape (n_categories, n_categories). Units per pair of categories.
        weights: Shape (n_categories, n_categories). Partial agreement; none by default.

    Returns:
        At most 1; 0 is chance.

    Raises:
        NotEnoughDataError: With reason ``no_pairable_items`` if no unit was judged by
            both, ``single_category`` if both gave one and the same category only.

    Source:
        Cohen (1960), A coefficient of agreement for nominal scales; Cohen (1968).
    """
    cells = as_floats(table)
    if cells.sum() == 0:
        message = "the two raters share no unit"
        raise NotEnoughDataError(message, reason="no_pairable_items")
    value = float(_kappas(cells[None], checked_weights(weights, len(cells)))[0])
    if np.isnan(value):
        message = "both raters gave one and the same category only"
        raise NotEnoughDataError(message, reason="single_category")
    return value


def cohen_estimate(
    table: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    seed: int,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Compute Cohen's kappa of a table with an interval over units."""
    cells = as_ints(table)[None]
    return cohen_estimates(
        cells, weights, seed=seed, n_resamples=n_resamples, level=level
    )[0]


def cohen_estimates(
    tables: IntArray,
    weights: npt.ArrayLike | None = None,
    *,
    seed: int,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> list[Estimate]:
    """Compute Cohen's kappa of many tables, each with an interval over its units.

    Every table is resampled with the same seed, so that it gets the same interval
    whatever others stand beside it.

    Args:
        tables: Shape (n_tables, n_categories, n_categories).
        weights: Shape (n_categories, n_categories). Partial agreement; none by default.
        seed: Makes the intervals repeatable.
        n_resamples: At least 1.
        level: Coverage of the intervals, between 0 and 1.
    """
    q = tables.shape[1]
    matrix = checked_weights(weights, q)
    n = tables.sum(axis=(1, 2))
    values = _kappas(tables.astype(np.float64), matrix)
    step = max(1, 1_000_000 // (n_resamples * q * q))
    found: list[Estimate] = []
    for first in range(0, len(tables), step):
        some = slice(first, first + step)
        drawn = _redrawn(tables[some].reshape(-1, q * q), n[some], seed, n_resamples)
        kappas = _kappas(drawn.reshape(-1, q, q), matrix)
        intervals = intervals_of(kappas.reshape(-1, n_resamples), n[some], level)
        honest = [
            NOTHING_VARIES if is_fixed else interval
            for interval, is_fixed in zip(
                intervals, gave_one_answer(tables[some]), strict=True
            )
        ]
        found.extend(map(_estimate, values[some].tolist(), n[some].tolist(), honest))
    return found


def gave_one_answer(tables: IntArray) -> list[bool]:
    """Tell where one of the two always gave the same answer.

    Kappa is 0 then, in every resample too: that is no certainty.

    Args:
        tables: Shape (n_tables, n_categories, n_categories).
    """
    one = (tables.any(axis=2).sum(axis=1) == 1) | (tables.any(axis=1).sum(axis=1) == 1)
    found: list[bool] = one.tolist()
    return found


def mean_kappas(
    tables: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> FloatArray:
    """Average Cohen's kappa over the pairs of every resample.

    Args:
        tables: Shape (n_resamples, n_pairs, n_categories, n_categories).
        weights: Shape (n_categories, n_categories). Partial agreement; none by default.

    Returns:
        Shape (n_resamples,); NaN where no pair has a kappa.
    """
    cells = as_floats(tables)
    n_resamples, n_pairs, q, _ = cells.shape
    kappas = _kappas(cells.reshape(-1, q, q), checked_weights(weights, q))
    kappas = kappas.reshape(n_resamples, n_pairs)
    defined = ~np.isnan(kappas)
    n = defined.sum(axis=1)
    found = np.full(n_resamples, np.nan)
    total = np.where(defined, kappas, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, n, out=found, where=n > 0))


def _redrawn(cells: IntArray, n: IntArray, seed: int, n_resamples: int) -> FloatArray:
    """Draw each table's units with replacement; a table of none stays empty."""
    drawn = np.zeros((len(cells), n_resamples, cells.shape[1]))
    for total in sorted(set(n[n > 0].tolist())):
        same = np.flatnonzero(n == total)
        if total > _DRAWN_ONE_BY_ONE:
            for i in same.tolist():
                rng = np.random.default_rng(seed)
                drawn[i] = rng.multinomial(total, cells[i] / total, size=n_resamples)
            continue
        # Laid end to end, a table's units are places; tables of one size share the
        # draw of places, and what falls into a cell is a difference of running sums.
        upto = drawn_up_to(np.random.default_rng(seed), total, n_resamples)
        ends = np.cumsum(cells[same], axis=1)
        some = upto.take(ends, axis=1).transpose(1, 0, 2)
        drawn[same, :, 0] = some[..., 0]
        drawn[same, :, 1:] = some[..., 1:]
        drawn[same, :, 1:] -= some[..., :-1]
    return drawn


def _estimate(value: float, n: int, interval: Interval) -> Estimate:
    if n and not np.isnan(value):
        return with_interval(value, interval, n)
    reason = "single_category" if n else "no_pairable_items"
    return Estimate(None, None, None, n, in_words(reason))


def conger(
    unit_index: npt.ArrayLike,
    rater_index: npt.ArrayLike,
    code: npt.ArrayLike,
    n_categories: int,
    weights: npt.ArrayLike | None = None,
) -> float:
    """Compute Conger's kappa, which is Cohen's for more than two raters.

    Chance is the mean over pairs of raters of what their own habits would give. Units
    may have different raters.

    Args:
        unit_index: Shape (n_judgments,). Unit of each judgment, counted from 0.
        rater_index: Shape (n_judgments,). Rater of each judgment, counted from 0.
        code: Shape (n_judgments,). Category of each judgment.
        n_categories: Categories of the guideline.
        weights: Shape (n_categories, n_categories). Partial agreement; none by default.

    Returns:
        At most 1; 0 is chance.

    Raises:
        NotEnoughDataError: With reason ``no_pairable_items`` or ``single_category``.
        ValueError: If a rater judged a unit twice, or a code is not a category.

    Source:
        Conger (1980), Integration and generalization of kappas for multiple raters;
        Gwet (2014) for units with missing raters.
    """
    unit, rater, category = as_judgments(unit_index, rater_index, code)
    require_once(unit, rater)
    table = CountTable.from_codes(unit, category, n_categories)
    observed = percent_agreement(table, weights)
    _, place = np.unique(rater, return_inverse=True)
    cells = count_codes(place, category, n_categories)
    habit = cells / cells.sum(axis=1, keepdims=True)
    matrix = checked_weights(weights, n_categories)
    total, n_raters = habit.sum(axis=0), len(habit)
    together = total @ matrix @ total - ((habit @ matrix) * habit).sum()
    chance = float(together / (n_raters * (n_raters - 1)))
    if 1.0 - chance < 1e-12:
        message = "all judgments are in one category"
        raise NotEnoughDataError(message, reason="single_category")
    return (observed - chance) / (1.0 - chance)


@dataclass(frozen=True, eq=False)
class RaterPairs:
    """Every pair of raters with a unit in common.

    Attributes:
        first: Shape (n_pairs,). The rater with the lower number.
        second: Shape (n_pairs,). The other.
        tables: Shape (n_pairs, n_categories, n_categories). Common units.
    """

    first: IntArray
    second: IntArray
    tables: IntArray

    @property
    def n(self) -> IntArray:
        """Common units of each pair. Shape (n_pairs,)."""
        return np.asarray(self.tables.sum(axis=(1, 2)), dtype=np.int64)

    @property
    def percent(self) -> FloatArray:
        """Share of common units with the same category. Shape (n_pairs,), 0 … 1."""
        return np.asarray(np.trace(self.tables, axis1=1, axis2=2) / self.n)

    def among(self, chosen: IntArray) -> RaterPairs:
        """Keep some pairs."""
        return RaterPairs(self.first[chosen], self.second[chosen], self.tables[chosen])

    def mean_kappa(
        self, weights: npt.ArrayLike | None = None, *, min_common: int = 20
    ) -> float:
        """Average Cohen's kappa over the pairs with enough units in common.

        Pairs whose kappa is undefined are left out.

        Raises:
            NotEnoughDataError: With reason ``no_common_units`` if no pair is left.
        """
        kappas = _kappas(
            self.tables[self.n >= min_common].astype(np.float64),
            checked_weights(weights, self.tables.shape[1]),
        )
        defined = kappas[~np.isnan(kappas)]
        if len(defined) == 0:
            message = f"no two raters share {min_common} units with a defined kappa"
            raise NotEnoughDataError(message, reason="no_common_units")
        return float(defined.mean())


def rater_pairs(
    unit_index: npt.ArrayLike,
    rater_index: npt.ArrayLike,
    code: npt.ArrayLike,
    n_categories: int,
) -> RaterPairs:
    """Compare every rater with every other on the units both judged.

    Args:
        unit_index: Shape (n_judgments,). Unit of each judgment, counted from 0.
        rater_index: Shape (n_judgments,). Rater of each judgment, counted from 0.
        code: Shape (n_judgments,). Category of each judgment.
        n_categories: Categories of the guideline.

    Raises:
        ValueError: If a rater judged a unit twice, or a code is not a category.
    """
    unit, rater, category = as_judgments(unit_index, rater_index, code)
    require_once(unit, rater)
    if category.max(initial=-1) >= n_categories:
        message = f"code outside 0 … {n_categories - 1}"
        raise ValueError(message)
    size = np.bincount(unit)
    if int((size * (size - 1) // 2).sum()) <= _PAIRS_AT_ONCE:
        return _met(unit, rater, category, n_categories)
    return _multiplied(unit, rater, category, n_categories)


def _met(
    unit: IntArray, rater: IntArray, category: IntArray, n_categories: int
) -> RaterPairs:
    """Take every two judgments of a unit in hand."""
    one, two = met(unit, rater)
    n_raters = int(rater.max(initial=0)) + 1
    pair, place = np.unique(rater[one] * n_raters + rater[two], return_inverse=True)
    cell = (place * n_categories + category[one]) * n_categories + category[two]
    counted = np.bincount(cell, minlength=len(pair) * n_categories**2)
    tables = counted.astype(np.int64, copy=False)
    return RaterPairs(
        pair // n_raters,
        pair % n_raters,
        tables.reshape(len(pair), n_categories, n_categories),
    )


def met(unit: IntArray, rater: IntArray) -> tuple[IntArray, IntArray]:
    """List every two judgments of a unit, that of the lower rater first.

    Returns:
        Indices of judgments, shape (n_meetings,) each.
    """
    order = np.lexsort((rater, unit))
    size = np.bincount(unit)
    start = np.cumsum(size) - size
    ones, twos = [order[:0]], [order[:0]]
    for m in np.flatnonzero(np.bincount(size[size > 1])).tolist():
        member = order[start[size == m][:, None] + np.arange(m)]
        i, j = np.triu_indices(m, k=1)
        ones.append(member[:, i].ravel())
        twos.append(member[:, j].ravel())
    return np.concatenate(ones), np.concatenate(twos)


def _multiplied(
    unit: IntArray, rater: IntArray, category: IntArray, n_categories: int
) -> RaterPairs:
    """Multiply who judged what with itself: few people who share very much."""
    shape = (int(rater.max(initial=-1)) + 1, int(unit.max(initial=-1)) + 1)
    chose = [
        _indicator(rater[hit], unit[hit], shape)
        for hit in _hits(category, n_categories)
    ]
    judged = _indicator(rater, unit, shape)
    common = scipy.sparse.triu(judged @ judged.T, k=1).tocoo()
    order = np.lexsort((common.col, common.row))
    first, second = (
        common.row[order].astype(np.int64),
        common.col[order].astype(np.int64),
    )
    tables = np.zeros((len(first), n_categories, n_categories), dtype=np.int64)
    if len(first):
        for k, one in enumerate(chose):
            for j, two in enumerate(chose):
                tables[:, k, j] = np.asarray(
                    (one @ two.T).tocsr()[first, second]
                ).ravel()
    return RaterPairs(first, second, tables)


def _hits(category: IntArray, n_categories: int) -> list[npt.NDArray[np.bool_]]:
    """Tell for each category which judgments gave it."""
    return [np.asarray(category == k, dtype=np.bool_) for k in range(n_categories)]


def _indicator(
    rater: IntArray, unit: IntArray, shape: tuple[int, int]
) -> scipy.sparse.csr_array:
    """Mark which rater judged which unit."""
    ones = np.ones(len(unit), dtype=np.int64)
    return scipy.sparse.csr_array((ones, (rater, unit)), shape=shape)


def _kappas(tables: FloatArray, weights: FloatArray) -> FloatArray:
    """Compute kappa of many tables, shape (n, q, q); NaN where undefined."""
    # The long axis last: sums along axes of three are slow.
    cells = np.ascontiguousarray(tables.transpose(1, 2, 0))
    n = cells.sum(axis=(0, 1))
    safe = np.where(n > 0, n, 1.0)
    observed = (cells * weights[:, :, None]).sum(axis=(0, 1)) / safe
    rows, columns = cells.sum(axis=1) / safe, cells.sum(axis=0) / safe
    chance = (np.einsum("jk,jn->kn", weights, rows) * columns).sum(axis=0)
    room = 1.0 - chance
    undefined_yet = np.full(len(tables), np.nan)
    some = (room > 1e-12) & (n > 0)
    return np.asarray(np.divide(observed - chance, room, out=undefined_yet, where=some))
