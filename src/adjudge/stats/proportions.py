"""Shares of hits, with intervals that need no resampling."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_floats, as_ints
from adjudge.stats.intervals import Estimate, Interval, undefined

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray


def wilson_interval(hits: float, n: int, *, level: float = 0.95) -> Interval:
    """Compute Wilson's score interval of a proportion.

    Args:
        hits: Successes, 0 … n; a fraction where several shares of one trial count.
        n: Trials.
        level: Coverage, between 0 and 1.

    Raises:
        NotEnoughDataError: With reason ``no_items`` if there was no trial.

    Source:
        Wilson (1927), Probable inference, the law of succession, statistical inference.
    """
    if n == 0:
        message = "a proportion of no trials has no interval"
        raise NotEnoughDataError(message, reason="no_items")
    if not 0 <= hits <= n:
        message = f"{hits} hits in {n} trials"
        raise ValueError(message)
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, squeeze = hits / n, 1.0 + z * z / n
    centre = (share + z * z / (2 * n)) / squeeze
    half = z / squeeze * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    high = 1.0 if hits == n else min(1.0, centre + half)
    return Interval(low, high)


def proportion(hits: int, n: int, *, level: float = 0.95) -> Estimate:
    """Compute a share with its Wilson interval; of nothing, it says why not."""
    try:
        interval = wilson_interval(hits, n, level=level)
    except NotEnoughDataError as error:
        return undefined(error)
    return Estimate(hits / n, interval.low, interval.high, n)


def accuracy(code: npt.ArrayLike, gold: npt.ArrayLike) -> Estimate:
    """Compute the share of judgments that hit the known answer, with Wilson's interval.

    Args:
        code: Shape (n_judgments,). Categories given.
        gold: Shape (n_judgments,). Right categories; below 0 where none is known.
    """
    given, right = as_ints(code), as_ints(gold)
    if given.shape != right.shape:
        message = "one right category per judgment expected"
        raise ValueError(message)
    known = right >= 0
    return proportion(int((given == right)[known].sum()), int(known.sum()))


def shrunk_shares(hits: npt.ArrayLike, n: npt.ArrayLike) -> FloatArray:
    """Pull each rater's share towards that of all, the more the fewer the trials.

    A Beta prior is fitted to all raters by moments; with no more spread than chance
    gives, everybody gets the common share.

    Args:
        hits: Shape (n_raters,). Successes.
        n: Shape (n_raters,). Trials, at least 1.

    Returns:
        Shape (n_raters,), posterior means in 0 … 1.

    Raises:
        NotEnoughDataError: With reason ``no_items`` if there is nobody.
        ValueError: If hits and trials do not fit.

    Source:
        Kleinman (1973), Proportions with extraneous variance.
    """
    success, trials = as_floats(hits), as_floats(n)
    if success.shape != trials.shape or np.any(success > trials) or np.any(trials < 1):
        message = "hits must not exceed trials, and trials must be at least 1"
        raise ValueError(message)
    if len(trials) == 0:
        message = "no rater to compare"
        raise NotEnoughDataError(message, reason="no_items")
    common = success.sum() / trials.sum()
    by_chance = common * (1.0 - common)
    squares = float((trials * (success / trials - common) ** 2).sum())
    spare = squares - (len(trials) - 1) * by_chance
    room = (trials.sum() - (trials**2).sum() / trials.sum()) - (len(trials) - 1)
    if spare <= 0 or room <= 0 or by_chance == 0:
        return np.full(len(trials), common)
    correlation = min(spare / (room * by_chance), 1.0)
    strength = 1.0 / correlation - 1.0
    return np.asarray((success + strength * common) / (trials + strength))
