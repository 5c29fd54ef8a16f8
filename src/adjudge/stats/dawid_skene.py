"""True categories and raters' habits, estimated from each other.

Every rater has a confusion matrix: how often each true category is called what.
Expectation and maximisation alternate between the matrices and the posterior of the
truth. Priors are pseudo-counts: judgments imagined before the first real one, from
expertise or gold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_floats, as_ints, as_judgments

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class DawidSkene:
    """A fitted model.

    Attributes:
        posterior: Shape (n_units, n_categories). Probability of each true category; for
            a unit nobody judged it is the prevalence.
        confusion: Shape (n_raters, n_categories, n_categories). Row: truth; column:
            what the rater says; rows sum to 1.
        prevalence: Shape (n_categories,). Sums to 1.
        log_likelihood: Natural logarithm, of the judgments (and gold).
        log_posterior: The same plus the logarithm of the prior, which is what rises.
        n_iter: Iterations done.
        converged: Whether the last step gained next to nothing.
    """

    posterior: FloatArray
    confusion: FloatArray
    prevalence: FloatArray
    log_likelihood: float
    log_posterior: float
    n_iter: int
    converged: bool


def dawid_skene(
    unit_index: npt.ArrayLike,
    rater_index: npt.ArrayLike,
    code: npt.ArrayLike,
    n_categories: int,
    *,
    n_units: int | None = None,
    confusion_prior: npt.ArrayLike | None = None,
    prevalence_prior: npt.ArrayLike | None = None,
    gold: npt.ArrayLike | None = None,
    one_coin: bool = False,
    tolerance: float = 1e-12,
    max_iter: int = 2000,
) -> DawidSkene:
    """Fit by expectation and maximisation, starting from the share of votes.

    Without priors it is the maximum likelihood of the paper; with pseudo-counts it is
    the maximum of the posterior (MAP). A rater may judge a unit several times.

    Args:
        unit_index: Shape (n_judgments,). Unit of each judgment, counted from 0.
        rater_index: Shape (n_judgments,). Rater of each judgment, counted from 0.
        code: Shape (n_judgments,). Category of each judgment.
        n_categories: Categories of the guideline, at least 2.
        n_units: Units in all; the largest index plus one by default.
        confusion_prior: Shape (n_raters, n_categories, n_categories), or one that fits
            it. Pseudo-counts, at least 0; see ``expertise_prior``.
        prevalence_prior: Shape (n_categories,). Pseudo-counts, at least 0.
        gold: Shape (n_units,). Known categories, below 0 where none is known.
        one_coin: Give each rater one accuracy and spread errors evenly.
        tolerance: Stop when a step raises the log posterior by less than this part.
        max_iter: Stop after that many steps in any case.

    Raises:
        NotEnoughDataError: With reason ``no_items`` if there is no judgment.
        ValueError: If shapes do not fit.

    Source:
        Dawid and Skene (1979), Maximum likelihood estimation of observer error-rates
        using the EM algorithm; Zhang et al. (2016) for the one-coin model.
    """
    unit, rater, category = as_judgments(unit_index, rater_index, code)
    if len(unit) == 0:
        message = "no judgment to learn from"
        raise NotEnoughDataError(message, reason="no_items")
    if category.max() >= n_categories or n_categories < 2:
        message = f"code outside 0 … {n_categories - 1}"
        raise ValueError(message)
    votes = _Votes.of(unit, rater, category, n_categories, n_units)
    prior = _Prior.of(votes, confusion_prior, prevalence_prior, one_coin=one_coin)
    known = _known(gold, votes)
    posterior = _clamped(votes.shares(), known)
    before, done, converged = -np.inf, 0, False
    while True:
        prevalence, confusion = prior.maximise(votes, posterior)
        joint = votes.joint(prevalence, confusion)
        posterior, log_likelihood = _expected(joint, known)
        now = log_likelihood + prior.log_density(prevalence, confusion)
        done += 1
        converged = now - before < tolerance * (1.0 + abs(now))
        if converged or done >= max_iter:
            break
        before = now
    return DawidSkene(
        posterior, confusion, prevalence, log_likelihood, now, done, bool(converged)
    )


def expertise_prior(
    accuracy: npt.ArrayLike, strength: npt.ArrayLike, n_categories: int
) -> FloatArray:
    """Turn expected accuracies into pseudo-counts.

    Args:
        accuracy: Shape (n_raters,). Expected share of right judgments, 0 … 1.
        strength: Shape (n_raters,) or one number. Imagined judgments per true category.
        n_categories: At least 2.

    Returns:
        Shape (n_raters, n_categories, n_categories), errors spread evenly.
    """
    right = as_floats(accuracy)[:, None, None]
    wrong = (1.0 - right) / (n_categories - 1)
    eye = np.eye(n_categories)
    weight = np.broadcast_to(as_floats(strength), right.shape[:1])[:, None, None]
    return np.asarray(weight * (eye * right + (1.0 - eye) * wrong))


@dataclass(frozen=True, eq=False)
class _Votes:
    """Judgments as a sparse matrix: units by (rater, category)."""

    matrix: scipy.sparse.csr_array
    n_raters: int
    n_categories: int

    @classmethod
    def of(
        cls,
        unit: IntArray,
        rater: IntArray,
        category: IntArray,
        n_categories: int,
        n_units: int | None,
    ) -> _Votes:
        """Count the judgments."""
        n_raters = int(rater.max()) + 1
        rows = int(unit.max()) + 1 if n_units is None else n_units
        column = rater * n_categories + category
        if np.any(unit[1:] < unit[:-1]):
            order = np.argsort(unit, kind="stable")
            unit, column = unit[order], column[order]
        size = np.bincount(unit, minlength=rows)
        start = np.concatenate(([0], np.cumsum(size)))
        matrix = scipy.sparse.csr_array(
            (np.ones(len(unit)), column, start), shape=(rows, n_raters * n_categories)
        )
        return cls(matrix, n_raters, n_categories)

    def shares(self) -> FloatArray:
        """Share of each category among a unit's judgments; even if there are none."""
        pick = np.tile(np.eye(self.n_categories), (self.n_raters, 1))
        votes = np.asarray(self.matrix @ pick)
        total = np.diff(self.matrix.indptr)
        votes[total == 0] = 1.0 / self.n_categories
        votes /= np.maximum(total, 1)[:, None]
        return votes

    def joint(self, prevalence: FloatArray, confusion: FloatArray) -> FloatArray:
        """Log probability of each unit's judgments and truth. Shape (n_units, q)."""
        with np.errstate(divide="ignore"):  # what never happens has log 0
            log_prevalence, log_confusion = np.log(prevalence), np.log(confusion)
        by_truth = log_confusion.transpose(0, 2, 1).reshape(-1, self.n_categories)
        joint = np.asarray(self.matrix @ by_truth)
        joint += log_prevalence
        return joint

    def confusions(self, posterior: FloatArray) -> FloatArray:
        """Expected judgments of each rater by truth. Shape (n_raters, q, q)."""
        by_column = np.asarray(self.matrix.T @ posterior)
        shape = (self.n_raters, self.n_categories, self.n_categories)
        return by_column.reshape(shape).transpose(0, 2, 1)


@dataclass(frozen=True, eq=False)
class _Prior:
    """Pseudo-counts, and the step that adds them to the expected counts."""

    confusion: FloatArray
    prevalence: FloatArray
    one_coin: bool

    @classmethod
    def of(
        cls,
        votes: _Votes,
        confusion: npt.ArrayLike | None,
        prevalence: npt.ArrayLike | None,
        *,
        one_coin: bool,
    ) -> _Prior:
        """Read the pseudo-counts; none means 0."""
        q = votes.n_categories
        shape = (votes.n_raters, q, q)
        own = as_floats(0.0 if confusion is None else confusion)
        base = as_floats(0.0 if prevalence is None else prevalence)
        if np.any(own < 0) or np.any(base < 0):
            message = "pseudo-counts must be at least 0"
            raise ValueError(message)
        return cls(np.broadcast_to(own, shape), np.broadcast_to(base, (q,)), one_coin)

    def maximise(
        self, votes: _Votes, posterior: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Give prevalence and confusion that explain the expected counts best."""
        mass = np.einsum("uk->k", posterior) + self.prevalence
        counts = votes.confusions(posterior) + self.confusion
        q = votes.n_categories
        if self.one_coin:
            right = np.trace(counts, axis1=1, axis2=2)
            total = counts.sum(axis=(1, 2))
            guess = np.full(right.shape, 1.0 / q)
            accuracy = np.divide(right, total, out=guess, where=total > 0)
            confusion = _coins(accuracy, q)
        else:
            total = counts.sum(axis=2, keepdims=True)
            even = np.full(counts.shape, 1.0 / q)
            confusion = np.divide(counts, total, out=even, where=total > 0)
        return np.asarray(mass / mass.sum()), np.asarray(confusion)

    def log_density(self, prevalence: FloatArray, confusion: FloatArray) -> float:
        """Log of the prior, but for a constant."""
        return float(
            scipy.special.xlogy(self.prevalence, prevalence).sum()
            + scipy.special.xlogy(self.confusion, confusion).sum()
        )


def _coins(accuracy: FloatArray, n_categories: int) -> FloatArray:
    """Spread each rater's errors evenly. Shape (n_raters, q, q)."""
    return expertise_prior(accuracy, 1.0, n_categories)


def _known(gold: npt.ArrayLike | None, votes: _Votes) -> IntArray:
    """Read gold. Shape (n_units,), -1 where nothing is known."""
    n_units = int(votes.matrix.shape[0])
    known = np.full(n_units, -1) if gold is None else as_ints(gold)
    if known.shape != (n_units,) or np.any(known >= votes.n_categories):
        message = "one known category per unit expected, below 0 where there is none"
        raise ValueError(message)
    return known


def _clamped(posterior: FloatArray, known: IntArray) -> FloatArray:
    """Put certainty where the truth is known, in place."""
    gold = np.flatnonzero(known >= 0)
    posterior[gold] = np.eye(posterior.shape[1])[known[gold]]
    return posterior


def _expected(joint: FloatArray, known: IntArray) -> tuple[FloatArray, float]:
    """Turn log probabilities into posteriors, in place, and the log likelihood.

    Few categories stand in a row: going by columns is several times as fast as by rows.
    """
    n_categories = joint.shape[1]
    gold = np.flatnonzero(known >= 0)
    of_gold = joint[gold, known[gold]]
    top = joint[:, 0].copy()
    for k in range(1, n_categories):
        np.maximum(top, joint[:, k], out=top)
    joint -= top[:, None]
    posterior = np.exp(joint, out=joint)
    total = posterior[:, 0].copy()
    for k in range(1, n_categories):
        total += posterior[:, k]
    posterior /= total[:, None]
    of_unit = np.log(total) + top
    of_unit[gold] = of_gold
    return _clamped(posterior, known), float(of_unit.sum())
