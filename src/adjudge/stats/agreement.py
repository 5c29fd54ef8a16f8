"""Agreement among raters, from counts of raters per unit and category.

Every coefficient exists twice. As a function it takes one table and gives one number.
As a ``Coefficient`` it also works on many resamples of the table at once, which is what
intervals are made of.

All of them correct the same observed agreement for chance, and differ in what they take
for chance; therefore none is shown alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_floats
from adjudge.stats.counts import is_pairable
from adjudge.stats.weights import checked_weights

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray, IntArray
    from adjudge.stats.counts import CountTable

Level: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]


class Coefficient(ABC):
    """A number on a count table."""

    def of(self, table: CountTable) -> float:
        """Compute the coefficient.

        Raises:
            NotEnoughDataError: With reason ``no_pairable_items`` if no unit has two
                judgments, ``single_category`` if all judgments that count are one
                category and the coefficient has no value there.
        """
        return self.value(table.rows, table.multiplicity)

    def value(self, rows: IntArray, multiplicity: IntArray) -> float:
        """Compute the coefficient of rows that need not be sorted or different.

        Raises:
            NotEnoughDataError: As ``of``.
        """
        if not np.any(multiplicity[is_pairable(rows)] > 0):
            message = "no unit has two or more judgments"
            raise NotEnoughDataError(message, reason="no_pairable_items")
        value = float(self.many(rows, multiplicity[None, :].astype(np.float64))[0])
        if np.isnan(value):
            message = "all judgments are in one category"
            raise NotEnoughDataError(message, reason="single_category")
        return value

    @abstractmethod
    def many(self, rows: IntArray, multiplicity: FloatArray) -> FloatArray:
        """Compute the coefficient on many resamples.

        Args:
            rows: Shape (n_rows, n_categories). Raters per category.
            multiplicity: Shape (n_resamples, n_rows). Units that show the row.

        Returns:
            Shape (n_resamples,); NaN where the coefficient is undefined.
        """


@dataclass(frozen=True, eq=False)
class PercentAgreement(Coefficient):
    """``percent_agreement`` for many resamples."""

    weights: npt.ArrayLike | None = None

    def many(self, rows: IntArray, multiplicity: FloatArray) -> FloatArray:
        """Average the agreement of the units with two or more judgments."""
        weights = checked_weights(self.weights, rows.shape[1])
        return _observed(rows, multiplicity, weights)


@dataclass(frozen=True, eq=False)
class Gwet(Coefficient):
    """``gwet`` for many resamples."""

    weights: npt.ArrayLike | None = None

    def many(self, rows: IntArray, multiplicity: FloatArray) -> FloatArray:
        """Correct for the chance that both raters guess in an uncertain unit."""
        n_categories = rows.shape[1]
        weights = checked_weights(self.weights, n_categories)
        observed = _observed(rows, multiplicity, weights)
        share = _prevalence(rows, multiplicity)
        pairs = max(1, n_categories * (n_categories - 1))
        chance = weights.sum() / pairs * (share * (1.0 - share)).sum(axis=1)
        return _corrected(observed, chance)


@dataclass(frozen=True, eq=False)
class Fleiss(Coefficient):
    """``fleiss`` for many resamples."""

    weights: npt.ArrayLike | None = None

    def many(self, rows: IntArray, multiplicity: FloatArray) -> FloatArray:
        """Correct for the chance that two raters draw from the same pool of codes."""
        weights = checked_weights(self.weights, rows.shape[1])
        observed = _observed(rows, multiplicity, weights)
        share = _prevalence(rows, multiplicity)
        return _corrected(observed, ((share @ weights) * share).sum(axis=1))


@dataclass(frozen=True, eq=False)
class BrennanPrediger(Coefficient):
    """``brennan_prediger`` for many resamples."""

    weights: npt.ArrayLike | None = None

    def many(self, rows: IntArray, multiplicity: FloatArray) -> FloatArray:
        """Correct for the chance that both raters draw a category blindly."""
        weights = checked_weights(self.weights, rows.shape[1])
        observed = _observed(rows, multiplicity, weights)
        return _corrected(observed, np.full(len(observed), weights.mean()))


@dataclass(frozen=True, eq=False)
class Alpha(Coefficient):
    """``krippendorff_alpha`` for many resamples.

    Attributes:
        level: Scale of the codes.
        values: Shape (n_categories,). What the categories stand for on an interval or
            ratio scale; 1, 2, … by default.
        distance: Shape (n_categories, n_categories). A squared distance of one's own,
            for example MASI between sets; takes the place of ``level``.
    """

    level: Level = "nominal"
    values: npt.ArrayLike | None = None
    distance: npt.ArrayLike | None = None

    def __post_init__(self) -> None:
        """Refuse an unknown level."""
        if self.level not in get_args(Level):
            message = f"unknown level {self.level!r}"
            raise ValueError(message)

    def many(self, rows: IntArray, multiplicity: FloatArray) -> FloatArray:
        """Compare observed with expected disagreement of pairable codes."""
        paired = rows[is_pairable(rows)].astype(np.float64)
        times = multiplicity[:, is_pairable(rows)]
        used = times @ paired
        if self.level == "ordinal" and self.distance is None:
            observed, expected = _rank_disagreement(paired, times, used)
        else:
            distance = self.distances(rows.shape[1])
            share = 1.0 / (paired.sum(axis=1) - 1.0)
            within = ((paired @ distance) * paired).sum(axis=1) * share
            observed = times @ within
            expected = ((used @ distance) * used).sum(axis=1)
        n_codes = used.sum(axis=1)
        return 1.0 - _divided((n_codes - 1.0) * observed, expected)

    def distances(self, n_categories: int) -> FloatArray:
        """Square the distance of every two categories, zero on the diagonal."""
        if self.distance is not None:
            own = as_floats(self.distance)
            if own.shape != (n_categories, n_categories) or np.any(np.diag(own) != 0):
                message = "distance must be square with zeros on the diagonal"
                raise ValueError(message)
            return own
        if self.level == "nominal":
            return 1.0 - np.eye(n_categories)
        default = np.arange(1, n_categories + 1)
        point = as_floats(default if self.values is None else self.values)
        if point.shape != (n_categories,):
            message = "one value per category expected"
            raise ValueError(message)
        gap = np.subtract.outer(point, point)
        if self.level == "interval":
            return np.asarray(gap**2)
        if np.any(point < 0):
            message = "values of a ratio scale must be at least 0"
            raise ValueError(message)
        total = np.add.outer(point, point)
        return np.asarray(
            np.divide(gap, total, out=np.zeros_like(gap), where=gap != 0) ** 2
        )


def percent_agreement(table: CountTable, weights: npt.ArrayLike | None = None) -> float:
    """Average over units the share of its pairs of raters that agree.

    Args:
        table: Counts of raters per category; units with one judgment are left out.
        weights: Shape (n_categories, n_categories). Partial agreement; none by default.

    Returns:
        A fraction, 0 … 1.

    Raises:
        NotEnoughDataError: If no unit has two judgments.

    Source:
        Gwet (2014), Handbook of Inter-Rater Reliability, 4th edition.
    """
    return PercentAgreement(weights).of(table)


def gwet(table: CountTable, weights: npt.ArrayLike | None = None) -> float:
    """Compute Gwet's AC1, or AC2 with weights.

    Chance depends on the number of categories declared, used or not. It is 1 where all
    judgments are one category.

    Args:
        table: Counts of raters per category.
        weights: Shape (n_categories, n_categories), for AC2.

    Returns:
        At most 1; 0 is chance.

    Raises:
        NotEnoughDataError: If no unit has two judgments.

    Source:
        Gwet (2008), Computing inter-rater reliability and its variance in the presence
        of high agreement; Gwet (2014) for AC2.
    """
    return Gwet(weights).of(table)


def fleiss(table: CountTable, weights: npt.ArrayLike | None = None) -> float:
    """Compute Fleiss' kappa, which for two raters is Scott's pi.

    It generalises Scott's pi, not Cohen's kappa: raters are taken as interchangeable.
    Units may have different numbers of raters.

    Returns:
        At most 1; 0 is chance.

    Raises:
        NotEnoughDataError: If no unit has two judgments, or all are one category.

    Source:
        Scott (1955), Reliability of content analysis; Fleiss (1971), Measuring nominal
        scale agreement among many raters.
    """
    return Fleiss(weights).of(table)


def brennan_prediger(table: CountTable, weights: npt.ArrayLike | None = None) -> float:
    """Compute Brennan and Prediger's kappa, also known as Bennett's S and Randolph's.

    Chance is one over the number of categories declared, used or not.

    Returns:
        At most 1; 0 is chance.

    Raises:
        NotEnoughDataError: If no unit has two judgments, or one category is declared.

    Source:
        Brennan and Prediger (1981), Coefficient kappa: some uses, misuses and
        alternatives.
    """
    return BrennanPrediger(weights).of(table)


def krippendorff_alpha(
    table: CountTable,
    level: Level = "nominal",
    values: npt.ArrayLike | None = None,
) -> float:
    """Compute Krippendorff's alpha.

    Units with one judgment play no part, and categories nobody used change nothing.

    Args:
        table: Counts of raters per category, categories in their order.
        level: Scale of the codes.
        values: Shape (n_categories,). What the categories stand for on an interval or
            ratio scale; 1, 2, … by default.

    Returns:
        At most 1; 0 is chance; negative where raters avoid each other.

    Raises:
        NotEnoughDataError: If no unit has two judgments, or all are one category.

    Source:
        Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.
    """
    return Alpha(level, values).of(table)


def _observed(
    rows: IntArray, multiplicity: FloatArray, weights: FloatArray
) -> FloatArray:
    """Average the weighted agreement of pairs over units. Shape (n_resamples,)."""
    paired = rows[is_pairable(rows)].astype(np.float64)
    times = multiplicity[:, is_pairable(rows)]
    raters = paired.sum(axis=1)
    agreeing = (paired * (paired @ weights - 1.0)).sum(axis=1)
    return _divided(times @ (agreeing / (raters * (raters - 1.0))), times.sum(axis=1))


def _prevalence(rows: IntArray, multiplicity: FloatArray) -> FloatArray:
    """Average over units the share of each category. Shape (n_resamples, q)."""
    share = multiplicity @ (rows / rows.sum(axis=1, keepdims=True))
    return np.asarray(share / multiplicity.sum(axis=1, keepdims=True))


def _rank_disagreement(
    paired: FloatArray, times: FloatArray, used: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Sum observed and expected squared distances between mid-ranks.

    Krippendorff's ordinal distance of two categories is the distance of their mid-ranks
    among all codes, so it differs from resample to resample.
    """
    rank = np.cumsum(used, axis=1) - used / 2.0
    raters = paired.sum(axis=1)
    spread = raters * (rank**2 @ paired.T) - (rank @ paired.T) ** 2
    observed = (times * spread * (2.0 / (raters - 1.0))).sum(axis=1)
    total = used.sum(axis=1)
    squares, sums = (used * rank**2).sum(axis=1), (used * rank).sum(axis=1)
    return observed, 2.0 * (total * squares - sums**2)


def _corrected(observed: FloatArray, chance: FloatArray) -> FloatArray:
    """Rescale agreement so that chance is 0; NaN where chance is certain."""
    return _divided(observed - chance, 1.0 - chance)


def _divided(above: FloatArray, below: FloatArray) -> FloatArray:
    """Divide; NaN where the divisor is zero but for rounding."""
    undefined = np.full(above.shape, np.nan)
    return np.asarray(np.divide(above, below, out=undefined, where=below > 1e-12))
