"""Agreement in which raters count by their expertise.

Weights change what is estimated and can be gamed: the unweighted figure always stands
beside these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from adjudge.errors import NotEnoughDataError
from adjudge.stats.agreement import Alpha, Level
from adjudge.stats.arrays import as_floats, as_judgments, require_once
from adjudge.stats.intervals import (
    Estimate,
    percentile_interval,
    ratio_estimate,
    undefined,
    with_interval,
)
from adjudge.stats.resampling import redrawn

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class WeightedUnits:
    """Pairable units with weighted judgments, each different one once.

    Attributes:
        coincidences: Shape (n_rows, n_categories, n_categories). Weighted pairs of
            codes in a unit, scaled so that they sum to the unit's weight.
        agreeing: Shape (n_rows,). Sum of ``w_a·w_b`` over agreeing pairs of raters.
        pairs: Shape (n_rows,). Sum of ``w_a·w_b`` over all pairs of raters.
        multiplicity: Shape (n_rows,). Units that look like this.
    """

    coincidences: FloatArray
    agreeing: FloatArray
    pairs: FloatArray
    multiplicity: IntArray

    @property
    def n_units(self) -> int:
        """Units with two or more judgments."""
        return int(self.multiplicity.sum())

    @classmethod
    def from_codes(
        cls,
        unit_index: npt.ArrayLike,
        rater_index: npt.ArrayLike,
        code: npt.ArrayLike,
        weight: npt.ArrayLike,
        n_categories: int,
    ) -> WeightedUnits:
        """Weigh judgments given one by one.

        Args:
            unit_index: Shape (n_judgments,). Unit of each judgment, counted from 0.
            rater_index: Shape (n_judgments,). Rater of each judgment, counted from 0.
            code: Shape (n_judgments,). Category of each judgment.
            weight: Shape (n_judgments,). Weight of the rater on the unit's topic, above
                0; scaled so that the raters' mean weights have mean 1.
            n_categories: Categories of the guideline.

        Raises:
            ValueError: If shapes do not fit, a weight is not positive or a rater judged
                a unit twice.
        """
        unit, rater, category = as_judgments(unit_index, rater_index, code)
        require_once(unit, rater)
        if category.max(initial=-1) >= n_categories:
            message = f"code outside 0 … {n_categories - 1}"
            raise ValueError(message)
        scaled = _scaled(as_floats(weight), rater)
        _, unit, raters = np.unique(unit, return_inverse=True, return_counts=True)
        kept = raters[unit] >= 2
        _, unit = np.unique(unit[kept], return_inverse=True)
        return cls._of_units(unit, category[kept], scaled[kept], n_categories)

    @classmethod
    def _of_units(
        cls, unit: IntArray, category: IntArray, weight: FloatArray, n_categories: int
    ) -> WeightedUnits:
        """Sum the weights of each unit and keep the different ones."""
        shape = (int(unit.max(initial=-1)) + 1, n_categories)
        cell, size = unit * n_categories + category, shape[0] * n_categories
        sums = np.bincount(cell, weight, minlength=size).reshape(shape)
        squared = np.bincount(cell, weight**2, minlength=size).reshape(shape)
        # Rounded so that the same weights summed in another order are the same row.
        both = as_floats(np.round(np.hstack((sums, squared)), 12))
        kinds, times = np.unique(both, axis=0, return_counts=True)
        mass, square = kinds[:, :n_categories], kinds[:, n_categories:]
        total, squares = mass.sum(axis=1), square.sum(axis=1)
        within = mass[:, :, None] * mass[:, None, :]
        diagonal = np.arange(n_categories)
        within[:, diagonal, diagonal] -= square
        return cls(
            coincidences=within / (total - squares / total)[:, None, None],
            agreeing=(mass**2 - square).sum(axis=1),
            pairs=total**2 - squares,
            multiplicity=times.astype(np.int64),
        )

    def alpha(self, level: Level = "nominal") -> float:
        """Compute expertise-weighted alpha.

        ``o_ck = Σ_u Σ_{a≠b} w_a w_b [c,k] / (W_u - Σ w²/W_u)``; a unit's codes sum to
        its weight, and with equal weights this is Krippendorff's alpha. Our definition.

        Raises:
            NotEnoughDataError: Reason ``no_pairable_items`` or ``single_category``.
        """
        if self.n_units == 0:
            message = "no unit has two or more judgments"
            raise NotEnoughDataError(message, reason="no_pairable_items")
        value = float(
            self._alphas(self.multiplicity[None].astype(np.float64), level)[0]
        )
        if np.isnan(value):
            message = "all judgments are in one category"
            raise NotEnoughDataError(message, reason="single_category")
        return value

    def alpha_estimate(
        self,
        level: Level = "nominal",
        *,
        seed: int,
        n_resamples: int = 1000,
        coverage: float = 0.95,
    ) -> Estimate:
        """Compute expertise-weighted alpha with an interval over units."""
        try:
            value = self.alpha(level)
        except NotEnoughDataError as error:
            return undefined(error, self.n_units)

        def draw(rng: np.random.Generator, size: int) -> FloatArray:
            return redrawn(rng, self.multiplicity, size).astype(np.float64)

        interval = percentile_interval(
            draw,
            lambda times: self._alphas(times, level),
            n_units=self.n_units,
            width=max(len(self.multiplicity), self.coincidences[0].size),
            seed=seed,
            n_resamples=n_resamples,
            level=coverage,
        )
        return with_interval(value, interval, self.n_units)

    def percent_estimate(
        self, *, seed: int, n_resamples: int = 1000, coverage: float = 0.95
    ) -> Estimate:
        """Compute the share of agreeing pairs, each pair counted ``w_a·w_b`` times."""
        return ratio_estimate(
            np.repeat(self.agreeing, self.multiplicity),
            np.repeat(self.pairs, self.multiplicity),
            seed=seed,
            n_resamples=n_resamples,
            level=coverage,
        )

    def _alphas(self, times: FloatArray, level: Level) -> FloatArray:
        """Compute alpha on many resamples; NaN where undefined."""
        q = self.coincidences.shape[1]
        flat = self.coincidences.reshape(len(self.coincidences), q * q)
        together = (times @ flat).reshape(-1, q, q)
        used = together.sum(axis=2)
        distance = _distances(used, level)
        observed = (together * distance).sum(axis=(1, 2))
        expected = (used[:, :, None] * used[:, None, :] * distance).sum(axis=(1, 2))
        undefined_yet = np.full(len(times), np.nan)
        ratio = np.divide(
            (used.sum(axis=1) - 1.0) * observed,
            expected,
            out=undefined_yet,
            where=expected > 1e-12,
        )
        return np.asarray(1.0 - ratio)


def _distances(used: FloatArray, level: Level) -> FloatArray:
    """Square the distances of categories, shape (n or 1, n_categories squared)."""
    if level == "ordinal":
        rank = np.cumsum(used, axis=1) - used / 2.0
        return np.asarray((rank[:, :, None] - rank[:, None, :]) ** 2)
    return Alpha(level).distances(used.shape[1])[None]


def _scaled(weight: FloatArray, rater: IntArray) -> FloatArray:
    """Scale weights so that the mean of the raters' means is 1."""
    if weight.shape != rater.shape or np.any(weight <= 0):
        message = "one weight above 0 per judgment expected"
        raise ValueError(message)
    if len(weight) == 0:
        return weight
    _, place = np.unique(rater, return_inverse=True)
    means = np.bincount(place, weight) / np.bincount(place)
    return np.asarray(weight / means.mean())
