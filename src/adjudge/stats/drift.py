"""Has a rate changed over time: control charts, and a test between two windows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import scipy

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_floats, as_ints

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray

ALARM_FREE = 500.0
_CELLS = 200


@dataclass(frozen=True, eq=False)
class Chart:
    """A control chart.

    Attributes:
        score: Shape (n,). The charted statistic after each observation.
        low: Shape (n,). Alarm at or below; minus infinity for no lower limit.
        high: Shape (n,). Alarm at or above.
        alarm_at: First observation with an alarm, counted from 0; None if none.
    """

    score: FloatArray
    low: FloatArray
    high: FloatArray
    alarm_at: int | None


@dataclass(frozen=True)
class MixChange:
    """Difference of the mix of categories between two windows.

    Attributes:
        p_value: Chi-square test of homogeneity.
        effect: Cramér's V, 0 … 1.
        n: Judgments in both windows.
    """

    p_value: float
    effect: float
    n: int


def cusum(
    outcomes: npt.ArrayLike,
    *,
    usual: float,
    changed: float,
    alarm_free: float = ALARM_FREE,
) -> Chart:
    """Accumulate the evidence that a rate has gone from ``usual`` to ``changed``.

    Args:
        outcomes: Shape (n,). 0 or 1, in the order of judging.
        usual: Rate in control, strictly between 0 and 1.
        changed: Rate to detect, strictly between 0 and 1; below ``usual`` for gold, and
            one chart each way for the side.
        alarm_free: Observations until a false alarm, on average.

    Raises:
        ValueError: If the rates are equal or out of range.

    Source:
        Page (1954), Continuous inspection schemes; Reynolds and Stoumbos (1999) for
        Bernoulli observations.
    """
    hit, miss = _steps(usual, changed)
    limit = cusum_limit(usual, changed, alarm_free)
    score, now = [], 0.0
    for outcome in as_ints(outcomes):
        now = max(0.0, now + (hit if outcome else miss))
        score.append(now)
    n = len(score)
    return _chart(as_floats(score), np.full(n, -np.inf), np.full(n, limit))


@lru_cache(maxsize=256)
def cusum_limit(usual: float, changed: float, alarm_free: float = ALARM_FREE) -> float:
    """Find the limit with the wanted average number of observations to a false alarm.

    Raises:
        ValueError: If the rates are equal or out of range.
    """
    _steps(usual, changed)
    low, high = 0.0, 1.0
    while cusum_run_length(high, usual, changed, usual) < alarm_free:
        high *= 2.0
    for _ in range(30):
        middle = (low + high) / 2.0
        if cusum_run_length(middle, usual, changed, usual) < alarm_free:
            low = middle
        else:
            high = middle
    return high


def cusum_run_length(limit: float, usual: float, changed: float, rate: float) -> float:
    """Compute the average number of observations until an alarm, at a given rate.

    Args:
        limit: Score of the alarm, above 0.
        usual: Rate in control.
        changed: Rate to detect.
        rate: Rate that holds in truth.

    Source:
        Brook and Evans (1972), An approach to the probability distribution of CUSUM run
        length: the score is put on a grid and followed as a Markov chain.
    """
    grid = (np.arange(_CELLS) + 0.5) * limit / _CELLS
    grid[0] = 0.0
    chain = np.zeros((_CELLS, _CELLS))
    for step, share in zip(_steps(usual, changed), (rate, 1.0 - rate), strict=True):
        goal = np.maximum(0.0, grid + step)
        stays = goal < limit
        cell = np.minimum((goal * _CELLS / limit).astype(np.int64), _CELLS - 1)
        np.add.at(chain, (np.flatnonzero(stays), cell[stays]), share)
    return float(np.linalg.solve(np.eye(_CELLS) - chain, np.ones(_CELLS))[0])


def mix_change(before: npt.ArrayLike, after: npt.ArrayLike) -> MixChange:
    """Test whether two windows have the same mix of categories.

    Args:
        before: Shape (n_categories,). Judgments per category in one window.
        after: Shape (n_categories,). Judgments per category in the other.

    Raises:
        NotEnoughDataError: With reason ``no_items`` if a window is empty, ``no_spread``
            if only one category occurs.

    Source:
        Pearson (1900); Cramér (1946) for the effect size.
    """
    table = np.stack((as_ints(before), as_ints(after)))
    if np.any(table.sum(axis=1) == 0):
        message = "a window has no judgments"
        raise NotEnoughDataError(message, reason="no_items")
    used = table[:, table.sum(axis=0) > 0]
    if used.shape[1] < 2:
        message = "only one category occurs"
        raise NotEnoughDataError(message, reason="no_spread")
    n = int(used.sum())
    expected = np.outer(used.sum(axis=1), used.sum(axis=0)) / n
    distance = float(((used - expected) ** 2 / expected).sum())
    p_value = float(scipy.special.chdtrc(used.shape[1] - 1, distance))
    return MixChange(p_value, float(np.sqrt(distance / n)), n)


def _steps(usual: float, changed: float) -> tuple[float, float]:
    """Log likelihood ratio of an outcome 1 and of an outcome 0."""
    if usual == changed or not 0 < usual < 1 or not 0 < changed < 1:
        message = f"rates {usual} and {changed}"
        raise ValueError(message)
    hit = float(np.log(changed / usual))
    return hit, float(np.log((1 - changed) / (1 - usual)))


def _chart(score: FloatArray, low: FloatArray, high: FloatArray) -> Chart:
    """Find the first alarm."""
    over = np.flatnonzero((score >= high) | (score <= low))
    return Chart(score, low, high, int(over[0]) if len(over) else None)
