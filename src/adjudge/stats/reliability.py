"""How far a person can be relied on, and what weight follows from it. Our own rules.

Reliability is the posterior mean of a person's accuracy, from gold and from how
probable the person's other judgments are under what everybody *else* said. The weight
scales the declared expertise by the log odds of reliability, as an optimal vote does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from adjudge.stats.arrays import as_floats, as_ints, as_judgments, require_once
from adjudge.stats.dawid_skene import DawidSkene, dawid_skene, expertise_prior

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray, IntArray

PRIOR_HITS, PRIOR_MISSES = 8.0, 2.0
TYPICAL = PRIOR_HITS / (PRIOR_HITS + PRIOR_MISSES)
FLOOR, CAP = 0.1, 3.0
ENOUGH = 10
_AT_ONCE = 100_000  # judgments whose probabilities are in memory together


@dataclass(frozen=True, eq=False)
class Reliability:
    """Measured reliability of every rater.

    Attributes:
        value: Shape (n_raters,). Posterior mean accuracy, 0 … 1.
        n: Shape (n_raters,). Judgments it rests on: those on gold and those on units
            that somebody else judged too.
        gold_hits: Shape (n_raters,). Right judgments on gold.
        n_gold: Shape (n_raters,). Judgments on gold.
        expected_hits: Shape (n_raters,). Sum over the other judgments of the
            probability, given the others, that they are right.
    """

    value: FloatArray
    n: IntArray
    gold_hits: IntArray
    n_gold: IntArray
    expected_hits: FloatArray


@dataclass(frozen=True)
class EffectiveWeight:
    """A vote weight with all its parts.

    Attributes:
        weight: What the vote counts, 0.1 … 3 once measured.
        declared: Expertise weight declared for the topic, above 0.
        reliability: Measured reliability, 0 … 1.
        factor: What reliability multiplies the declared weight by.
        n: Judgments the reliability rests on.
        is_measured: Whether reliability was used; below 10 judgments it is not.
    """

    weight: float
    declared: float
    reliability: float
    factor: float
    n: int
    is_measured: bool


def measure_reliability(
    unit_index: npt.ArrayLike,
    rater_index: npt.ArrayLike,
    code: npt.ArrayLike,
    n_categories: int,
    *,
    gold: npt.ArrayLike | None = None,
    n_units: int | None = None,
) -> Reliability:
    """Measure every rater against gold and against the others.

    ``(a0 + hits on gold + expected hits) / (a0 + b0 + n)`` with a Beta(8, 2) prior. The
    others' posterior is a Dawid-Skene MAP fit with the same prior for everybody, from
    which the rater's own judgment of the unit is taken out. Where the others are in
    doubt they confirm nobody, so that without gold it leans low, never high.

    Args:
        unit_index: Shape (n_judgments,). Unit of each judgment, counted from 0.
        rater_index: Shape (n_judgments,). Rater of each judgment, counted from 0.
        code: Shape (n_judgments,). Category of each judgment.
        n_categories: Categories of the guideline, at least 2.
        gold: Shape (n_units,). Known categories, below 0 where none is known.
        n_units: Units in all; the largest index plus one by default.

    Raises:
        NotEnoughDataError: With reason ``no_items`` if there is no judgment.
        ValueError: If a rater judged a unit twice, or shapes do not fit.
    """
    unit, rater, category = as_judgments(unit_index, rater_index, code)
    require_once(unit, rater)
    n_raters = int(rater.max(initial=-1)) + 1
    strength = PRIOR_HITS + PRIOR_MISSES
    known = np.empty(0, dtype=np.int64) if gold is None else as_ints(gold)
    is_gold = known[unit] >= 0 if len(known) else np.zeros(len(unit), dtype=np.bool_)
    shared = ~is_gold & (np.bincount(unit)[unit] >= 2)
    if len(unit) and not is_gold.any() and not shared.any():
        # Nobody can be compared with anybody: what a fit would say is not asked for.
        none = np.zeros(n_raters, dtype=np.int64)
        even = np.full(n_raters, PRIOR_HITS / strength)
        return Reliability(even, none, none, none, as_floats(none))
    fit = dawid_skene(
        unit,
        rater,
        category,
        n_categories,
        n_units=n_units,
        confusion_prior=expertise_prior(
            np.full(n_raters, TYPICAL), strength, n_categories
        ),
        prevalence_prior=np.ones(n_categories),
        gold=gold,
    )
    right = _probability_right(fit, unit, rater, category)
    hit = rater[is_gold][known[unit[is_gold]] == category[is_gold]]
    hits = np.bincount(hit, minlength=n_raters)
    n_gold = np.bincount(rater[is_gold], minlength=n_raters)
    expected = np.bincount(rater[shared], right[shared], minlength=n_raters)
    n = n_gold + np.bincount(rater[shared], minlength=n_raters)
    value = (PRIOR_HITS + hits + expected) / (strength + n)
    return Reliability(value, n, hits, n_gold, as_floats(expected))


def effective_weight(declared: float, reliability: float, n: int) -> EffectiveWeight:
    """Scale a declared weight by measured reliability.

    ``declared · logit(reliability) / logit(0.8)``, at least 0.1 and at most 3; with
    fewer than 10 judgments the declared weight stands.

    Args:
        declared: Expertise weight for the topic, above 0.
        reliability: 0 … 1.
        n: Judgments the reliability rests on.

    Raises:
        ValueError: If a number is out of range.
    """
    if declared <= 0 or not 0 <= reliability <= 1:
        message = f"declared weight {declared}, reliability {reliability}"
        raise ValueError(message)
    inside = min(max(reliability, 1e-9), 1.0 - 1e-9)
    factor = float(scipy.special.logit(inside) / scipy.special.logit(TYPICAL))
    if n < ENOUGH:
        return EffectiveWeight(declared, declared, reliability, factor, n, False)
    weight = min(max(declared * factor, FLOOR), CAP)
    return EffectiveWeight(weight, declared, reliability, factor, n, True)


def _probability_right(
    fit: DawidSkene, unit: IntArray, rater: IntArray, category: IntArray
) -> FloatArray:
    """Probability of each judgment, given all judgments of its unit but itself."""
    log_confusion = np.log(fit.confusion)
    log_prevalence = np.log(fit.prevalence)
    everything = np.zeros(fit.posterior.shape)
    right = np.empty(len(unit))
    parts = [slice(i, i + _AT_ONCE) for i in range(0, len(unit), _AT_ONCE)]
    for part in parts:
        own = log_confusion[rater[part], :, category[part]]
        np.add.at(everything, unit[part], own)
    for part in parts:
        own = log_confusion[rater[part], :, category[part]]
        others = everything[unit[part]] - own + log_prevalence
        posterior = scipy.special.softmax(others, axis=1)
        right[part] = posterior[np.arange(len(own)), category[part]]
    return right
