"""When a unit has judgments enough. The posterior only steers; it is no accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from adjudge.stats.arrays import as_floats, as_ints
from adjudge.stats.dawid_skene import dawid_skene, expertise_prior
from adjudge.stats.reliability import PRIOR_HITS, PRIOR_MISSES, TYPICAL

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray


def accuracies(
    unit_index: npt.ArrayLike,
    rater_index: npt.ArrayLike,
    code: npt.ArrayLike,
    n_categories: int,
    *,
    gold: npt.ArrayLike | None = None,
    n_units: int | None = None,
) -> FloatArray:
    """Estimate how often each rater is right, as ``posterior`` takes it.

    The one-coin model of Dawid and Skene, with a Beta(8, 2) prior for everybody. It
    counts a rater's own vote among those that say what is right, which the reliability
    that weights rest on does not: that one leans low where units have two judgments,
    and stopping by it asks for more than it has to.

    Args:
        unit_index: Shape (n_judgments,). Unit of each judgment, counted from 0.
        rater_index: Shape (n_judgments,). Rater of each judgment, counted from 0.
        code: Shape (n_judgments,). Category of each judgment.
        n_categories: At least 2.
        gold: Shape (n_units,). Known categories, below 0 where none is known.
        n_units: Units in all; the largest index plus one by default.

    Returns:
        Shape (n_raters,). 0 … 1.

    Raises:
        NotEnoughDataError: With reason ``no_items`` if there is no judgment.
    """
    prior = (PRIOR_HITS + PRIOR_MISSES) / n_categories
    found = dawid_skene(
        unit_index,
        rater_index,
        code,
        n_categories,
        n_units=n_units,
        confusion_prior=expertise_prior([TYPICAL], prior, n_categories),
        prevalence_prior=np.ones(n_categories),
        gold=gold,
        one_coin=True,
        tolerance=1e-8,
        max_iter=300,
    )
    return found.confusion[:, 0, 0]


def posterior(
    code: npt.ArrayLike,
    accuracy: npt.ArrayLike,
    n_categories: int,
    prevalence: npt.ArrayLike | None = None,
) -> FloatArray:
    """Compute the posterior of one unit's truth from judges of known accuracy.

    Each judge is right with the given probability and errs evenly. Judges are taken as
    independent given the truth, which real ones are not: expect overconfidence.

    Args:
        code: Shape (n_judgments,). Category of each judgment.
        accuracy: Shape (n_judgments,). Accuracy of its judge, strictly between 0 and 1.
        n_categories: At least 2.
        prevalence: Shape (n_categories,). Prior of the truth, above 0; even by default.

    Returns:
        Shape (n_categories,). Sums to 1; the prior where there is no judgment.

    Raises:
        ValueError: If shapes do not fit or an accuracy is out of range.
    """
    given, right = as_ints(code), as_floats(accuracy)
    if given.shape != right.shape or np.any((right <= 0) | (right >= 1)):
        message = "one accuracy strictly between 0 and 1 per judgment expected"
        raise ValueError(message)
    if np.any((given < 0) | (given >= n_categories)):
        message = f"code outside 0 … {n_categories - 1}"
        raise ValueError(message)
    prior = np.ones(n_categories) if prevalence is None else as_floats(prevalence)
    gain = np.log(right) - np.log((1.0 - right) / (n_categories - 1))
    support = np.log(prior) + np.bincount(given, gain, minlength=n_categories)
    return np.asarray(scipy.special.softmax(support))


def needs_more(
    n_judgments: int,
    max_posterior: float,
    *,
    minimum: int = 2,
    maximum: int = 5,
    tau: float = 0.9,
    is_forced: bool = False,
) -> bool:
    """Decide whether a unit should be judged once more.

    Args:
        n_judgments: Standing judgments of the unit.
        max_posterior: Probability of its most probable category.
        minimum: Judgments it gets in any case.
        maximum: Judgments it gets at most.
        tau: Probability that is enough in between.
        is_forced: Whether the unit is in the random stratum with full overlap, on which
            agreement and calibration are measured without bias.

    Raises:
        ValueError: If the limits do not fit.
    """
    if not 0 <= minimum <= maximum:
        message = f"minimum {minimum}, maximum {maximum}"
        raise ValueError(message)
    if n_judgments < minimum:
        return True
    return n_judgments < maximum and (is_forced or max_posterior < tau)
