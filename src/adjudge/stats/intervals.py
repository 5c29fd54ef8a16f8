"""Intervals: how far a number could have come out otherwise, and why it has none.

The bootstrap resamples units (or whole clusters of them), never judgments: judgments of
one unit are not independent. Since a table holds each row once, a resample is a draw of
multiplicities, and all resamples together are one matrix.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from adjudge.errors import NotEnoughDataError
from adjudge.stats.agreement import Coefficient
from adjudge.stats.arrays import as_floats, as_ints, numbered
from adjudge.stats.counts import ClusteredTable, CountTable, unique_rows
from adjudge.stats.resampling import redrawn

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray, IntArray

Statistic: TypeAlias = Coefficient | Callable[[CountTable], float]

TOO_MANY_UNDEFINED = 0.05
REASONS = {
    "no_pairable_items": "undefined: no comparison has two or more judgments",
    "single_category": "undefined: all judgments are in one category",
    "no_items": "undefined: there is nothing to count",
    "no_common_units": "undefined: no two people share enough comparisons",
    "all_tied": "undefined: everything is tied",
    "no_spread": "undefined: all values are the same",
    "below_chance": "undefined: agreement is below chance",
    "no_ties": "undefined: there is no tie",
    "not_connected": "undefined: the comparisons do not connect all candidates",
    "separated": "undefined: a predictor separates the outcomes completely",
    "too_few_candidates": "undefined: fewer than three candidates",
    "one_answer": "no interval: one of the two never varied",
    "too_few_units": "no interval: fewer than two units",
    "undefined_resamples": "no interval: the value is undefined in too many resamples",
}


@dataclass(frozen=True)
class Interval:
    """A percentile interval.

    Attributes:
        low: Lower end; None where there is no interval.
        high: Upper end; None where there is no interval.
        n_resamples: Resamples drawn; 0 for an interval from a formula.
        n_undefined: Resamples on which the number was undefined.
        reason: Code of the reason why there is no interval.
    """

    low: float | None
    high: float | None
    n_resamples: int = 0
    n_undefined: int = 0
    reason: str | None = None


@dataclass(frozen=True)
class Estimate:
    """A number with its interval, or the reason in words why it has none.

    Attributes:
        value: The number; None where it is undefined.
        low: Lower end of the interval.
        high: Upper end of the interval.
        n: Units used.
        reason: In words, why ``value`` or the interval is missing.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: str | None = None


def in_words(reason: str) -> str:
    """Say a reason code in words; an unknown one comes back readable."""
    return REASONS.get(reason, "undefined: " + reason.replace("_", " "))


def undefined(error: NotEnoughDataError, n: int = 0) -> Estimate:
    """Make the estimate of a number that has no value."""
    return Estimate(None, None, None, n, in_words(error.reason))


def estimate(
    table: CountTable | ClusteredTable,
    statistic: Statistic,
    *,
    seed: int,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Compute a number and its interval; an undefined one says why.

    Args:
        table: Units, or units in clusters that are resampled whole.
        statistic: A coefficient, or a function of a table.
        seed: Makes the interval repeatable.
        n_resamples: At least 1.
        level: Coverage of the interval, between 0 and 1.
    """
    units = table.table if isinstance(table, ClusteredTable) else table
    try:
        value = _one(statistic, units)
    except NotEnoughDataError as error:
        return undefined(error, units.n_pairable)
    interval = bootstrap_interval(
        table, statistic, seed=seed, n_resamples=n_resamples, level=level
    )
    return with_interval(value, interval, units.n_pairable)


def with_interval(value: float, interval: Interval, n: int) -> Estimate:
    """Put a number and its interval together."""
    reason = None if interval.reason is None else in_words(interval.reason)
    return Estimate(value, interval.low, interval.high, n, reason)


def bootstrap_interval(
    table: CountTable | ClusteredTable,
    statistic: Statistic,
    *,
    seed: int,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Resample units, or clusters where given, and take percentiles.

    The same seed gives the same interval whatever the order of units and raters.
    Resamples on which the number is undefined are dropped; beyond 5 % of them there is
    no interval, because those left would be a selection.

    Args:
        table: Units, or units in clusters that are resampled whole.
        statistic: A coefficient, or (slower) a function of a table.
        seed: Makes the interval repeatable.
        n_resamples: At least 1.
        level: Coverage of the interval, between 0 and 1.

    Source:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    rows = (table.table if isinstance(table, ClusteredTable) else table).rows

    def many(multiplicity: FloatArray) -> FloatArray:
        if isinstance(statistic, Coefficient):
            return statistic.many(rows, multiplicity)
        return as_floats([_resampled(statistic, rows, times) for times in multiplicity])

    widest = max(len(table.multiplicity), rows.shape[0], rows.shape[1] ** 2)
    return percentile_interval(
        table.draw,
        many,
        n_units=table.n_units,
        width=widest,
        seed=seed,
        n_resamples=n_resamples,
        level=level,
    )


def percentile_interval(
    draw: Callable[[np.random.Generator, int], FloatArray],
    many: Callable[[FloatArray], FloatArray],
    *,
    n_units: int,
    width: int,
    seed: int,
    n_resamples: int = 1000,
    level: float = 0.95,
    at_once: int = 4_000_000,
) -> Interval:
    """Take percentiles of a number over resamples, a block of resamples at a time.

    Args:
        draw: Gives that many resamples, shape (size, n_rows).
        many: Gives the number on each, shape (size,), NaN where undefined.
        n_units: Units resampled; below 2 there is no interval.
        width: Numbers held per resample, which decides the size of a block.
        seed: Makes the interval repeatable.
        n_resamples: At least 1.
        level: Coverage of the interval, between 0 and 1.
        at_once: Numbers in memory at once.
    """
    _require_level(n_resamples, level)
    if n_units < 2:
        return Interval(None, None, reason="too_few_units")
    rng = np.random.default_rng(seed)
    block = max(1, at_once // max(1, width))
    sizes = [min(block, n_resamples - done) for done in range(0, n_resamples, block)]
    values = np.concatenate([many(draw(rng, size)) for size in sizes])
    return _percentiles(values, level)


def intervals_of(
    values: FloatArray, n_units: IntArray, level: float = 0.95
) -> list[Interval]:
    """Take percentiles of many numbers over their resamples, as of one.

    Args:
        values: Shape (n_numbers, n_resamples), NaN where undefined.
        n_units: Shape (n_numbers,). Units resampled; below 2 there is no interval.
        level: Coverage of the intervals, between 0 and 1.
    """
    n_resamples = values.shape[1]
    _require_level(n_resamples, level)
    lows, highs = (ends.tolist() for ends in _ends(np.sort(values, axis=1), level))
    found = []
    for i, (n, low, high) in enumerate(zip(n_units.tolist(), lows, highs, strict=True)):
        if n < 2:
            found.append(Interval(None, None, reason="too_few_units"))
        elif math.isnan(low):  # some resamples have none
            found.append(_percentiles(values[i], level))
        else:
            found.append(Interval(low, high, n_resamples))
    return found


def _percentiles(values: FloatArray, level: float) -> Interval:
    """Take percentiles of what is defined, unless too much is not."""
    defined = values[~np.isnan(values)]
    n_undefined = len(values) - len(defined)
    if n_undefined > TOO_MANY_UNDEFINED * len(values):
        return Interval(
            None, None, len(values), n_undefined, reason="undefined_resamples"
        )
    low, high = _ends(np.sort(defined), level)
    return Interval(float(low), float(high), len(values), n_undefined)


def _ends(ranked: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Take the two quantiles that leave out as much on either side.

    As ``numpy.quantile`` does, to the last digit, at a tenth of its cost.

    Args:
        ranked: Shape (…, n). Sorted along the last axis; where the last is NaN, both
            are.
        level: What lies between the two, a fraction.
    """
    last = ranked.shape[-1] - 1
    low, high = (_between(ranked, q * last) for q in ((1 - level) / 2, (1 + level) / 2))
    undefined = np.isnan(ranked[..., -1])
    return np.where(undefined, np.nan, low), np.where(undefined, np.nan, high)


def _between(ranked: FloatArray, place: float) -> FloatArray:
    """Go straight from the value before a place to the one after it."""
    before = math.floor(place)
    share = place - before
    one, other = ranked[..., before], ranked[..., math.ceil(place)]
    gap = other - one
    # From the nearer end, so that equal values stay equal.
    found = one + gap * share if share < 0.5 else other - gap * (1 - share)
    return np.asarray(found)


def mean_estimate(
    values: npt.ArrayLike,
    *,
    seed: int,
    clusters: npt.ArrayLike | None = None,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Average one number per unit, for example Kendall's W of each comparison.

    See ``ratio_estimate`` for the arguments.
    """
    # Sums of fractions depend on their order in the last place.
    order = np.argsort(as_floats(values), kind="stable")
    value = as_floats(values)[order]
    return ratio_estimate(
        value,
        np.ones(len(value)),
        seed=seed,
        clusters=None if clusters is None else np.asarray(clusters)[order],
        n_resamples=n_resamples,
        level=level,
    )


def ratio_estimate(
    above: npt.ArrayLike,
    below: npt.ArrayLike,
    *,
    seed: int,
    clusters: npt.ArrayLike | None = None,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Divide two sums over units, with an interval over units or clusters.

    Args:
        above: Shape (n_units,).
        below: Shape (n_units,), at least 0. Units with 0 are left out.
        seed: Makes the interval repeatable.
        clusters: Shape (n_units,). Cluster of each unit, a whole number of at least 0;
            each its own by default.
        n_resamples: At least 1.
        level: Coverage of the interval, between 0 and 1.
    """
    divisor = as_floats(below)
    kept = divisor > 0
    dividend, divisor = as_floats(above)[kept], divisor[kept]
    n_units = len(divisor)
    if n_units == 0:
        return Estimate(None, None, None, 0, in_words("no_items"))
    value = float(dividend.sum() / divisor.sum())
    if clusters is not None:
        _, cluster = numbered(as_ints(clusters)[kept])
        dividend = as_floats(np.bincount(cluster, dividend))
        divisor = as_floats(np.bincount(cluster, divisor))
    kinds, times = _kinds(np.column_stack((dividend, divisor)))
    n = int(times.sum())

    def draw(rng: np.random.Generator, size: int) -> FloatArray:
        return redrawn(rng, times, size).astype(np.float64)

    def many(multiplicity: FloatArray) -> FloatArray:
        return np.asarray((multiplicity @ kinds[:, 0]) / (multiplicity @ kinds[:, 1]))

    interval = percentile_interval(
        draw,
        many,
        n_units=n,
        width=len(kinds),
        seed=seed,
        n_resamples=n_resamples,
        level=level,
    )
    return with_interval(value, interval, n_units)


def _kinds(rows: FloatArray) -> tuple[FloatArray, IntArray]:
    """Find the different rows, sorted, and how many there are of each."""
    whole = rows.astype(np.int64)
    if not (whole == rows).all() or whole.min(initial=0) < 0:
        kinds, times = np.unique(rows, axis=0, return_counts=True)
        return kinds, times.astype(np.int64)
    counts, place = unique_rows(whole)
    return as_floats(counts), np.bincount(place, minlength=len(counts)).astype(np.int64)


def _one(statistic: Statistic, table: CountTable) -> float:
    """Compute the number on the data as they are."""
    if isinstance(statistic, Coefficient):
        return statistic.of(table)
    return statistic(table)


def _resampled(
    statistic: Callable[[CountTable], float], rows: IntArray, times: FloatArray
) -> float:
    """Compute a function of a table on one resample; NaN where undefined."""
    drawn = times > 0
    try:
        return statistic(CountTable(rows[drawn], times[drawn].astype(np.int64)))
    except NotEnoughDataError:
        return float("nan")


def _require_level(n_resamples: int, level: float) -> None:
    """Refuse a bootstrap that cannot be."""
    if n_resamples < 1 or not 0 < level < 1:
        message = f"{n_resamples} resamples at level {level}"
        raise ValueError(message)
