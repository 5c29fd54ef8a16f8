"""What one rater does to the agreement of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from adjudge.stats.agreement import Alpha, Coefficient
from adjudge.stats.arrays import as_floats, as_judgments, require_once
from adjudge.stats.counts import count_codes, unique_rows
from adjudge.stats.proportions import proportion

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray, IntArray
    from adjudge.stats.intervals import Estimate


@dataclass(frozen=True, eq=False)
class Influence:
    """How a coefficient would change without each rater.

    Attributes:
        value: The coefficient of all raters.
        without: Shape (n_raters,). The coefficient without the rater; NaN where nothing
            is left to compute it on.
    """

    value: float
    without: FloatArray

    @property
    def change(self) -> FloatArray:
        """Gain when the rater leaves; above 0 for those who disagree with the rest."""
        return np.asarray(self.without - self.value)


def influence(
    unit_index: npt.ArrayLike,
    rater_index: npt.ArrayLike,
    code: npt.ArrayLike,
    n_categories: int,
    coefficient: Coefficient | None = None,
) -> Influence:
    """Leave each rater out in turn.

    Args:
        unit_index: Shape (n_judgments,). Unit of each judgment, counted from 0.
        rater_index: Shape (n_judgments,). Rater of each judgment, counted from 0.
        code: Shape (n_judgments,). Category of each judgment.
        n_categories: Categories of the guideline.
        coefficient: Nominal alpha by default.

    Raises:
        NotEnoughDataError: If the coefficient of all raters is undefined.
        ValueError: If a rater judged a unit twice, or a code is not a category.
    """
    unit, rater, category = as_judgments(unit_index, rater_index, code)
    require_once(unit, rater)
    measure = Alpha() if coefficient is None else coefficient
    counts = count_codes(unit, category, n_categories)
    fewer = counts[unit]
    fewer[np.arange(len(unit)), category] -= 1
    rows, place = unique_rows(np.vstack((counts, fewer)))
    before, after = place[: len(counts)], place[len(counts) :]
    shape = (int(rater.max(initial=-1)) + 1, len(rows))
    everybody = np.bincount(before, minlength=len(rows))
    step = np.zeros(shape)
    np.add.at(step, (rater, before[unit]), -1.0)
    np.add.at(step, (rater, after), 1.0)
    some = rows.sum(axis=1) > 0
    value = measure.value(rows[some], everybody[some])
    return Influence(value, measure.many(rows[some], (everybody + step)[:, some]))


def agreement_with_others(
    unit_index: npt.ArrayLike,
    rater_index: npt.ArrayLike,
    code: npt.ArrayLike,
    n_categories: int,
    weight: npt.ArrayLike | None = None,
) -> tuple[Estimate, ...]:
    """Compute how often each rater gives what most of the others give.

    The rater's own judgment never helps to make the majority; units where the others
    are tied, or where there are none, are left out.

    Args:
        unit_index: Shape (n_judgments,). Unit of each judgment, counted from 0.
        rater_index: Shape (n_judgments,). Rater of each judgment, counted from 0.
        code: Shape (n_judgments,). Category of each judgment.
        n_categories: Categories of the guideline.
        weight: Shape (n_judgments,). Vote of each judgment, above 0; equal by default.

    Returns:
        One share with Wilson's interval per rater.
    """
    unit, rater, category = as_judgments(unit_index, rater_index, code)
    require_once(unit, rater)
    vote = np.ones(len(unit)) if weight is None else as_floats(weight)
    votes = np.zeros((int(unit.max(initial=-1)) + 1, n_categories))
    np.add.at(votes, (unit, category), vote)
    others = votes[unit]
    others[np.arange(len(unit)), category] -= vote
    ranked = np.sort(others, axis=1)
    second = ranked[:, -2] if n_categories > 1 else np.zeros(len(unit))
    clear = ranked[:, -1] > second + 1e-9
    hit = clear & (others.argmax(axis=1) == category)
    n_raters = int(rater.max(initial=-1)) + 1
    hits, n = _per_rater(rater, hit, n_raters), _per_rater(rater, clear, n_raters)
    return tuple(proportion(int(h), int(k)) for h, k in zip(hits, n, strict=True))


def _per_rater(rater: IntArray, flag: npt.NDArray[np.bool_], n_raters: int) -> IntArray:
    """Count flagged judgments of each rater."""
    return np.bincount(rater[flag], minlength=n_raters).astype(np.int64)
