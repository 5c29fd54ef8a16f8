"""Statistics that look for trouble. They show evidence; a lead decides.

One number per person over many persons finds something by chance alone: correct
p-values with ``benjamini_hochberg``, ask for an effect size, and shrink shares before
ranking them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_floats, as_ints
from adjudge.stats.proportions import proportion

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray
    from adjudge.stats.intervals import Estimate


@dataclass(frozen=True)
class PositionBias:
    """How often the left response wins.

    Attributes:
        rate: Share of wins on the left among judgments that are no tie.
        low: Lower end of Wilson's 95 % interval.
        high: Upper end.
        n: Judgments that are no tie.
        p_value: Two-sided exact binomial test against one half.
    """

    rate: float
    low: float
    high: float
    n: int
    p_value: float


def position_bias(left_wins: int, n: int) -> PositionBias:
    """Test whether the left response wins half of the judgments.

    Args:
        left_wins: Judgments won by the response shown on the left.
        n: Judgments that are no tie; sides must have been drawn at random.

    Raises:
        NotEnoughDataError: With reason ``no_items`` if there is no judgment.
        ValueError: If there are more wins than judgments.
    """
    share = proportion(left_wins, n)
    if share.value is None or share.low is None or share.high is None:
        message = "no judgment without a tie"
        raise NotEnoughDataError(message, reason="no_items")
    p_value = float(scipy.stats.binomtest(left_wins, n, 0.5).pvalue)
    return PositionBias(share.value, share.low, share.high, n, p_value)


def judgments_for_power(rate: float, *, power: float = 0.8, level: float = 0.05) -> int:
    """Compute how many judgments it takes to find a side bias.

    Args:
        rate: True share of wins on the left, not one half.
        power: Probability of finding it.
        level: Two-sided level of the test.

    Raises:
        ValueError: If the rate is one half or no probability.

    Source:
        Normal approximation of the binomial test.
    """
    if not 0 < rate < 1 or rate == 0.5:
        message = f"rate {rate}"
        raise ValueError(message)
    wanted = scipy.special.ndtri(1 - level / 2) * 0.5
    spread = scipy.special.ndtri(power) * np.sqrt(rate * (1 - rate))
    return int(np.ceil(((wanted + spread) / (rate - 0.5)) ** 2))


def benjamini_hochberg(p_values: npt.ArrayLike) -> FloatArray:
    """Adjust p-values of many tests so that false discoveries keep their share.

    Args:
        p_values: Shape (n_tests,), 0 … 1.

    Returns:
        Shape (n_tests,). Flag those below the share accepted, for example 0.01.

    Source:
        Benjamini and Hochberg (1995), Controlling the false discovery rate.
    """
    p = as_floats(p_values)
    order = np.argsort(p)[::-1]
    rank = np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum.accumulate(np.append(1.0, p[order] * len(p) / rank))[
        1:
    ]
    return adjusted


def log_time_scores(seconds: npt.ArrayLike, groups: npt.ArrayLike) -> FloatArray:
    """Compute how unusual each time is among tasks of its kind.

    Robust z of the logarithm: distance from the median in units of the scaled median
    absolute deviation. Far below zero is fast.

    Args:
        seconds: Shape (n_judgments,). Above 0.
        groups: Shape (n_judgments,). Kind of task, whole numbers.

    Returns:
        Shape (n_judgments,); 0 throughout a group without spread, where nothing can
        stand out.

    Raises:
        ValueError: If a time is not above 0.

    Source:
        Iglewicz and Hoaglin (1993), How to detect and handle outliers.
    """
    time, group = as_floats(seconds), as_ints(groups)
    if time.shape != group.shape or np.any(time <= 0):
        message = "one time above 0 and one group per judgment expected"
        raise ValueError(message)
    score = np.zeros(len(time))
    for kind in np.unique(group):
        log_time = np.log(time[group == kind])
        away = log_time - np.median(log_time)
        spread = 1.4826 * float(np.median(np.abs(away)))
        if spread > 0:
            score[group == kind] = away / spread
    return score


def over_others(unit_index: npt.ArrayLike, value: npt.ArrayLike) -> FloatArray:
    """Compute how far each value lies above the median of the others of its unit.

    A value is no part of what it is held against: among three, one in three is the
    median itself.

    Args:
        unit_index: Shape (n_values,). Unit of each value.
        value: Shape (n_values,).

    Returns:
        Shape (n_values,); NaN where a unit holds no other value.
    """
    unit, values = as_ints(unit_index), as_floats(value)
    order = np.lexsort((values, unit))
    ranked = values[order]
    _, start, size = np.unique(unit[order], return_index=True, return_counts=True)
    first, n_others = np.repeat(start, size), np.repeat(size - 1, size)
    rank = np.arange(len(order)) - first
    middle = np.zeros(len(order))
    for place in ((n_others - 1) // 2, n_others // 2):
        there = first + place + (place >= rank)
        middle += ranked[np.minimum(there, len(order) - 1)] / 2.0
    found = np.empty(len(order))
    found[order] = np.where(n_others > 0, ranked - middle, np.nan)
    return found


def reading_ratios(
    seconds: npt.ArrayLike, words: npt.ArrayLike, *, words_per_minute: float = 240.0
) -> FloatArray:
    """Divide the time taken by the time it takes to read everything shown.

    Args:
        seconds: Shape (n_judgments,). Above 0.
        words: Shape (n_judgments,). Words shown, above 0.
        words_per_minute: Reading speed of an adult; 240 is usual for English.

    Returns:
        Shape (n_judgments,). Well below 1 the text was not read.

    Source:
        Brysbaert (2019), How many words do we read per minute?
    """
    return np.asarray(as_floats(seconds) * words_per_minute / 60.0 / as_floats(words))


@dataclass(frozen=True)
class LongestRun:
    """The longest series of one and the same answer.

    Attributes:
        length: Answers in the longest run.
        n: Answers in all.
        p_value: Probability of a run at least as long if answers were drawn
            independently with the person's own shares.
    """

    length: int
    n: int
    p_value: float


def longest_run(code: npt.ArrayLike) -> LongestRun:
    """Find straight-lining: is the longest run longer than chance gives.

    The probability is exact, by recursion over the answers; no simulation.

    Args:
        code: Shape (n_judgments,). Side or category, in the order of judging.

    Raises:
        NotEnoughDataError: With reason ``no_items`` if there is no answer.
    """
    _, answer = np.unique(as_ints(code), return_inverse=True)
    n = len(answer)
    if n == 0:
        message = "no answer to look at"
        raise NotEnoughDataError(message, reason="no_items")
    ends = np.flatnonzero(np.append(answer[1:] != answer[:-1], True))
    length = int(np.diff(np.append(-1, ends)).max())
    share = np.bincount(answer) / n
    return LongestRun(length, n, _probability_of_run(length, n, share))


def answer_entropy(counts: npt.ArrayLike) -> float:
    """Compute the entropy of a person's answers, in bits.

    Args:
        counts: Shape (n_categories,). Answers in each category.

    Raises:
        NotEnoughDataError: With reason ``no_items`` if there is no answer.
    """
    number = as_floats(counts)
    if number.sum() == 0:
        message = "no answer to look at"
        raise NotEnoughDataError(message, reason="no_items")
    return float(scipy.special.entr(number / number.sum()).sum() / np.log(2.0))


def self_consistency(first: npt.ArrayLike, second: npt.ArrayLike) -> Estimate:
    """Compute how often a person gives the same answer again.

    Args:
        first: Shape (n_repeated,). Categories the first time.
        second: Shape (n_repeated,). Categories when asked again, sides swapped back.
    """
    one, two = as_ints(first), as_ints(second)
    if one.shape != two.shape:
        message = "two aligned arrays of codes expected"
        raise ValueError(message)
    return proportion(int((one == two).sum()), len(one))


def agreement_from_accuracy(accuracy: float) -> float:
    """Agreement of two equally accurate people on two categories: ``p² + (1 - p)²``."""
    return accuracy**2 + (1.0 - accuracy) ** 2


def accuracy_from_agreement(agreement: float) -> float:
    """Accuracy of equally accurate people who agree this often on two categories.

    Raises:
        NotEnoughDataError: With reason ``below_chance`` if they agree less than half of
            the time, which no accuracy explains.
    """
    if agreement < 0.5:
        message = f"agreement {agreement} is below one half"
        raise NotEnoughDataError(message, reason="below_chance")
    return float((1.0 + np.sqrt(2.0 * agreement - 1.0)) / 2.0)


def _probability_of_run(length: int, n: int, share: FloatArray) -> float:
    """Compute the probability of a run of at least that length.

    ``alive[k, j]`` is the probability that no such run has come yet and that the
    current run is of category k and has j + 1 answers.
    """
    if length == 1:
        return 1.0
    alive = np.zeros((len(share), length - 1))
    alive[:, 0] = share
    for _ in range(n - 1):
        of_category = alive.sum(axis=1)
        start = share * (of_category.sum() - of_category)
        alive[:, 1:] = alive[:, :-1] * share[:, None]
        alive[:, 0] = start
    return float(min(1.0, max(0.0, 1.0 - alive.sum())))
