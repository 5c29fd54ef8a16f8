"""One order out of many judgments: Copeland, Bradley-Terry, Plackett-Luce.

The two models give every item a worth. Their prior is a ghost of average worth, against
whom every item is imagined to have won and lost a few times: it keeps items that never
lost, or never met, finite, and without it such data are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_floats, as_ints

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray, IntArray

DEFAULT_PRIOR = 0.1


@dataclass(frozen=True, eq=False)
class Worths:
    """A fitted model of worth.

    Attributes:
        log_worth: Shape (n_items,). Natural logarithms, mean 0.
        components: Shape (n_items,). Items with the same number are connected by
            judgments; worths of different components hang together by the prior only.
        log_likelihood: Natural logarithm, of the judgments without the prior.
        log_posterior: The same plus the prior, which is what rises.
        n_iter: Iterations done.
        converged: Whether the last step changed next to nothing.
    """

    log_worth: FloatArray
    components: IntArray
    log_likelihood: float
    log_posterior: float
    n_iter: int
    converged: bool

    @property
    def worth(self) -> FloatArray:
        """Worths that sum to 1. Shape (n_items,)."""
        worth = np.exp(self.log_worth)
        return np.asarray(worth / worth.sum())

    @property
    def is_connected(self) -> bool:
        """Whether all items are compared with each other, if only through others."""
        return int(self.components.max(initial=0)) == 0


def bradley_terry(
    wins: npt.ArrayLike,
    *,
    prior: float = DEFAULT_PRIOR,
    tolerance: float = 1e-10,
    max_iter: int = 100_000,
) -> Worths:
    """Fit Bradley and Terry's model by minorisation and maximisation.

    Args:
        wins: Shape (n_items, n_items). (Weighted) judgments that put the row item above
            the column item; count a tie as half a win for both, or see ``ties``.
        prior: Wins and losses against the ghost, at least 0; 0 is maximum likelihood.
        tolerance: Stop when no log worth changes by more.
        max_iter: Stop after that many steps in any case.

    Raises:
        NotEnoughDataError: With reason ``not_connected`` if there is no prior and some
            items never lost to, or never met, some others.

    Source:
        Bradley and Terry (1952); Hunter (2004), MM algorithms for generalized
        Bradley-Terry models.
    """
    matrix = checked_wins(wins)
    components = connected(matrix, prior)
    won, met = matrix.sum(axis=1), matrix + matrix.T

    def step(worth: FloatArray) -> FloatArray:
        weight = (met / np.add.outer(worth, worth)).sum(axis=1)
        return with_ghost(won, weight, worth, prior)

    def log_likelihood(log_worth: FloatArray) -> float:
        gap = np.subtract.outer(log_worth, log_worth)
        return float(-(matrix * np.logaddexp(0.0, -gap)).sum())

    return _climb(
        step,
        log_likelihood,
        components,
        prior=prior,
        tolerance=tolerance,
        max_iter=max_iter,
    )


def plackett_luce(
    rankings: npt.ArrayLike,
    n_items: int,
    *,
    prior: float = DEFAULT_PRIOR,
    tolerance: float = 1e-10,
    max_iter: int = 100_000,
) -> Worths:
    """Fit Plackett and Luce's model to (partial) rankings.

    Breaking a ranking into pairs is another model: its pairs are not independent.

    Args:
        rankings: Shape (n_rankings, longest). Items best first, without ties; filled up
            with -1. Items left out of a ranking were not there to choose from.
        n_items: Items in all.
        prior: Wins and losses against the ghost, at least 0; 0 is maximum likelihood.
        tolerance: Stop when no log worth changes by more.
        max_iter: Stop after that many steps in any case.

    Raises:
        NotEnoughDataError: With reason ``not_connected`` if there is no prior and some
            items never came after, or never met, some others.
        ValueError: If an item stands twice in a ranking.

    Source:
        Plackett (1975), The analysis of permutations; Hunter (2004).
    """
    item, there = _checked_rankings(rankings, n_items)
    length = there.sum(axis=1)
    place = np.arange(item.shape[1])
    chosen = there & (place < (length - 1)[:, None])
    won = as_floats(np.bincount(item[chosen], minlength=n_items))
    components = connected(_above(item, there, n_items), prior)

    def left(worth: FloatArray) -> FloatArray:
        """Worth of what is still there at each place. Shape as ``rankings``."""
        own = np.where(there, worth[item], 0.0)
        return np.cumsum(own[:, ::-1], axis=1)[:, ::-1]

    def step(worth: FloatArray) -> FloatArray:
        ones = np.where(chosen, 1.0, 0.0)
        inverse = np.divide(ones, left(worth), out=np.zeros(item.shape), where=chosen)
        weight = np.bincount(
            item[there], np.cumsum(inverse, axis=1)[there], minlength=n_items
        )
        return with_ghost(won, as_floats(weight), worth, prior)

    def log_likelihood(log_worth: FloatArray) -> float:
        remaining = left(np.exp(log_worth))[chosen]
        return float(log_worth[item[chosen]].sum() - np.log(remaining).sum())

    return _climb(
        step,
        log_likelihood,
        components,
        prior=prior,
        tolerance=tolerance,
        max_iter=max_iter,
    )


def checked_wins(wins: npt.ArrayLike) -> FloatArray:
    """Read a square matrix of wins; nobody plays against themselves.

    Raises:
        ValueError: If it is no square matrix of numbers of at least 0.
    """
    matrix = as_floats(wins)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or np.any(matrix < 0):
        message = "a square matrix of wins of at least 0 expected"
        raise ValueError(message)
    return np.where(np.eye(len(matrix), dtype=bool), 0.0, matrix)


def connected(wins: FloatArray, prior: float) -> IntArray:
    """Number the connected components; without a prior, insist on a finite solution.

    Raises:
        NotEnoughDataError: With reason ``not_connected``, or ``no_items`` if there are
            fewer than two.
    """
    if len(wins) < 2:
        message = "fewer than two items"
        raise NotEnoughDataError(message, reason="no_items")
    graph = (wins > 0).astype(np.int64)
    strong, _ = scipy.sparse.csgraph.connected_components(
        graph, directed=True, connection="strong"
    )
    if strong > 1 and prior <= 0:
        message = "some items never lost to, or never met, some others"
        raise NotEnoughDataError(message, reason="not_connected")
    _, label = scipy.sparse.csgraph.connected_components(graph, directed=False)
    return np.asarray(label, dtype=np.int64)


def with_ghost(
    won: FloatArray, weight: FloatArray, worth: FloatArray, prior: float
) -> FloatArray:
    """Take one step, with the games against the ghost of worth 1 added."""
    return np.asarray((won + prior) / (weight + 2.0 * prior / (worth + 1.0)))


def log_ghost(log_worth: FloatArray, prior: float) -> float:
    """Log of the prior: ``prior`` wins and as many losses against worth 1, each."""
    even = np.logaddexp(0.0, log_worth) + np.logaddexp(0.0, -log_worth)
    return float(-prior * even.sum())


def _climb(
    step: Callable[[FloatArray], FloatArray],
    log_likelihood: Callable[[FloatArray], float],
    components: IntArray,
    *,
    prior: float,
    tolerance: float,
    max_iter: int,
) -> Worths:
    """Repeat the step until nothing moves."""
    log_worth, done, converged = np.zeros(len(components)), 0, False
    while not converged and done < max_iter:
        after = np.log(step(np.exp(log_worth)))
        # The judgments say nothing of the level; the ghost alone does, and so weakly
        # that steps towards it would take for ever.
        after = after - after.mean() if prior <= 0 else _levelled(after)
        converged = bool(np.abs(after - log_worth).max() < tolerance)
        log_worth, done = after, done + 1
    likelihood = log_likelihood(log_worth)
    return Worths(
        log_worth=log_worth - log_worth.mean(),
        components=components,
        log_likelihood=likelihood,
        log_posterior=likelihood + log_ghost(log_worth, prior),
        n_iter=done,
        converged=converged,
    )


def _levelled(log_worth: FloatArray) -> FloatArray:
    """Move all log worths together to where the ghost wants them (Newton)."""
    level = -float(log_worth.mean())
    for _ in range(50):
        pull = np.tanh((log_worth + level) / 2.0)
        slope = float((1.0 - pull**2).sum()) / 2.0
        step = float(pull.sum()) / max(slope, 1e-3)
        level -= min(max(step, -2.0), 2.0)
        if abs(step) < 1e-13:
            break
    return np.asarray(log_worth + level)


def _checked_rankings(
    rankings: npt.ArrayLike, n_items: int
) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Read rankings; item numbers with 0 for padding, and where there is an item."""
    matrix = as_ints(rankings)
    if matrix.ndim != 2 or matrix.max(initial=-1) >= n_items:
        message = "rankings as rows of item numbers expected"
        raise ValueError(message)
    there = matrix >= 0
    if np.any(there[:, 1:] & ~there[:, :-1]):
        message = "rankings are filled up at their end only"
        raise ValueError(message)
    row = np.arange(len(matrix))[:, None] * n_items
    if len(np.unique((row + matrix)[there])) < there.sum():
        message = "an item stands twice in a ranking"
        raise ValueError(message)
    return np.where(there, matrix, 0), there


def _above(item: IntArray, there: npt.NDArray[np.bool_], n_items: int) -> FloatArray:
    """Count how often each item stands directly above each other."""
    pairs = there[:, 1:]
    cell = item[:, :-1][pairs] * n_items + item[:, 1:][pairs]
    counts = np.bincount(cell, minlength=n_items**2).reshape(n_items, n_items)
    return as_floats(counts)
