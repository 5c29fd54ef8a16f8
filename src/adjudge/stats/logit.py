"""Logistic regression with errors that know about clusters: what moves a preference.

Used for length: ``P(left wins)`` on the difference of log lengths. Judgments of one
prompt are not independent, hence the clusters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_floats

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class LogitFit:
    """A fitted logistic regression.

    Attributes:
        coefficients: Shape (n_predictors + 1,). Intercept first, on the log-odds scale.
        standard_errors: Shape as ``coefficients``. Robust against clusters.
        p_values: Shape as ``coefficients``. Two-sided, normal.
        log_likelihood: Natural logarithm.
        n: Outcomes.
        n_clusters: Clusters.
        n_iter: Newton steps done.
        converged: Whether the last step changed next to nothing.
    """

    coefficients: FloatArray
    standard_errors: FloatArray
    p_values: FloatArray
    log_likelihood: float
    n: int
    n_clusters: int
    n_iter: int
    converged: bool


def length_logit(
    left_wins: npt.ArrayLike,
    left_length: npt.ArrayLike,
    right_length: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    controls: npt.ArrayLike | None = None,
) -> LogitFit:
    """Regress wins on the left on the difference of log lengths.

    The intercept is side bias, the first coefficient length bias: above 0, the longer
    response wins.

    Args:
        left_wins: Shape (n_judgments,). 1 where the left response won; no ties.
        left_length: Shape (n_judgments,). Above 0.
        right_length: Shape (n_judgments,). Above 0.
        clusters: Shape (n_judgments,). Prompt of each judgment; none shared if none.
        controls: Shape (n_judgments, n_controls). Further predictors.

    Raises:
        NotEnoughDataError: As ``logit``.
        ValueError: If a length is not above 0.
    """
    left, right = as_floats(left_length), as_floats(right_length)
    if np.any(left <= 0) or np.any(right <= 0):
        message = "lengths must be above 0"
        raise ValueError(message)
    predictors = (np.log(left) - np.log(right))[:, None]
    if controls is not None:
        predictors = np.hstack((predictors, as_floats(controls)))
    return logit(left_wins, predictors, clusters=clusters)


def logit(
    outcome: npt.ArrayLike,
    predictors: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    max_iter: int = 100,
) -> LogitFit:
    """Fit a logistic regression by Newton's method.

    Args:
        outcome: Shape (n,). 0 or 1.
        predictors: Shape (n, n_predictors), without the constant.
        clusters: Shape (n,). Cluster of each outcome; each its own by default.
        max_iter: Newton steps at most.

    Raises:
        NotEnoughDataError: With reason ``no_spread`` if there are too few clusters or a
            predictor is constant or double, ``separated`` if the predictors tell the
            outcomes apart completely.
        ValueError: If shapes do not fit.

    Source:
        Liang and Zeger (1986), Longitudinal data analysis using generalized linear
        models, for the errors; with the usual correction for few clusters.
    """
    y, design = _design(outcome, predictors)
    groups = np.arange(len(y)) if clusters is None else np.asarray(clusters)
    if groups.shape != y.shape:
        message = "one cluster per outcome expected"
        raise ValueError(message)
    _, place = np.unique(groups, return_inverse=True)
    n_clusters = int(place.max(initial=-1)) + 1
    n, width = design.shape
    if n_clusters < 2 or n <= width or np.linalg.matrix_rank(design) < width:
        message = "the predictors do not vary enough for a fit"
        raise NotEnoughDataError(message, reason="no_spread")
    point, done, converged = _newton(y, design, max_iter)
    fitted = scipy.special.expit(design @ point)
    bread = np.linalg.inv(_information(design, fitted))
    scores = np.zeros((n_clusters, width))
    np.add.at(scores, place, design * (y - fitted)[:, None])
    correction = n_clusters / (n_clusters - 1) * (n - 1) / (n - width)
    covariance = correction * bread @ (scores.T @ scores) @ bread
    errors = np.sqrt(np.diag(covariance))
    return LogitFit(
        coefficients=point,
        standard_errors=as_floats(errors),
        p_values=as_floats(2.0 * scipy.special.ndtr(-np.abs(point) / errors)),
        log_likelihood=_log_likelihood(y, design, point),
        n=n,
        n_clusters=n_clusters,
        n_iter=done,
        converged=converged,
    )


def _design(
    outcome: npt.ArrayLike, predictors: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Read outcomes and put the constant before the predictors."""
    y, x = as_floats(outcome), as_floats(predictors)
    if y.ndim != 1 or x.ndim != 2 or len(x) != len(y) or np.any((y != 0) & (y != 1)):
        message = "outcomes of 0 and 1 and one row of predictors for each expected"
        raise ValueError(message)
    return y, np.column_stack((np.ones(len(y)), x))


def _newton(
    y: FloatArray, design: FloatArray, max_iter: int
) -> tuple[FloatArray, int, bool]:
    """Climb to the maximum, halving steps that overshoot."""
    point = np.zeros(design.shape[1])
    height = _log_likelihood(y, design, point)
    may_diverge = True
    for done in range(1, max_iter + 1):
        score = design @ point
        if may_diverge and np.abs(score).max() > 20.0:
            may_diverge = False
            _require_overlap(y, design)
        fitted = scipy.special.expit(score)
        step = np.linalg.lstsq(
            _information(design, fitted), design.T @ (y - fitted), rcond=None
        )[0]
        while _log_likelihood(y, design, point + step) < height - 1e-9:
            step /= 2.0
        point = as_floats(point + step)
        height = _log_likelihood(y, design, point)
        if np.abs(step).max() < 1e-9:
            return point, done, True
    return point, max_iter, False


def _require_overlap(y: FloatArray, design: FloatArray) -> None:
    """Refuse outcomes that some direction tells apart, if only up to a tie.

    Then the likelihood rises for ever along it. Found by linear programming.

    Raises:
        NotEnoughDataError: With reason ``separated``.

    Source:
        Albert and Anderson (1984); Konis (2007), Linear programming algorithms for
        detecting separated data.
    """
    towards = design * (2.0 * y - 1.0)[:, None]
    bounds = np.vstack((towards, -towards))
    room = np.append(np.ones(len(y)), np.zeros(len(y)))
    found = scipy.optimize.linprog(
        -towards.sum(axis=0), A_ub=bounds, b_ub=room, bounds=(None, None)
    )
    if float(towards.sum(axis=0) @ as_floats(found["x"])) > 1e-6:
        message = "the predictors tell the outcomes apart completely"
        raise NotEnoughDataError(message, reason="separated")


def _information(design: FloatArray, fitted: FloatArray) -> FloatArray:
    """Fisher information of the coefficients."""
    return np.asarray((design * (fitted * (1.0 - fitted))[:, None]).T @ design)


def _log_likelihood(y: FloatArray, design: FloatArray, point: FloatArray) -> float:
    """Log likelihood of the outcomes."""
    score = design @ point
    return float((y * score - np.logaddexp(0.0, score)).sum())
