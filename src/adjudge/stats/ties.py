"""Models of paired comparison in which a tie is an outcome of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_floats
from adjudge.stats.ranking import (
    DEFAULT_PRIOR,
    Worths,
    checked_wins,
    connected,
    log_ghost,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class TiedWorths:
    """A fitted model of worth and of how easily two items tie.

    Attributes:
        worths: The items.
        tie: Davidson's nu (0 is no ties) or Rao and Kupper's theta (1 is no ties).
    """

    worths: Worths
    tie: float


def davidson(
    wins: npt.ArrayLike, ties: npt.ArrayLike, *, prior: float = DEFAULT_PRIOR
) -> TiedWorths:
    """Fit Davidson's model: a tie weighs ``nu·sqrt(a·b)`` beside ``a`` and ``b``.

    Args:
        wins: Shape (n_items, n_items). (Weighted) judgments that put the row item above
            the column item.
        ties: Shape (n_items, n_items), symmetric. Judgments that tied the two.
        prior: Wins and losses against a ghost of worth 1, at least 0; 0 is maximum
            likelihood.

    Raises:
        NotEnoughDataError: With reason ``no_ties``, ``all_tied`` or ``not_connected``.
        ValueError: If the matrices do not fit.

    Source:
        Davidson (1970), On extending the Bradley-Terry model to accommodate ties.
    """
    return _fit(_Games.of(wins, ties), _davidson_loss, prior, link=np.exp)


def rao_kupper(
    wins: npt.ArrayLike, ties: npt.ArrayLike, *, prior: float = DEFAULT_PRIOR
) -> TiedWorths:
    """Fit Rao and Kupper's model: differences below a threshold ``log theta`` tie.

    See ``davidson`` for the arguments and errors.

    Source:
        Rao and Kupper (1967), Ties in paired-comparison experiments.
    """
    return _fit(_Games.of(wins, ties), _rao_kupper_loss, prior, link=_theta)


@dataclass(frozen=True, eq=False)
class _Games:
    """Outcomes of every two items i < j, shape (n_pairs,) each."""

    n_items: int
    i: npt.NDArray[np.intp]
    j: npt.NDArray[np.intp]
    won: FloatArray
    lost: FloatArray
    tied: FloatArray

    @classmethod
    def of(cls, wins: npt.ArrayLike, ties: npt.ArrayLike) -> _Games:
        """Read wins and ties."""
        matrix, level = checked_wins(wins), checked_wins(ties)
        if matrix.shape != level.shape or not np.allclose(level, level.T):
            message = "ties must be symmetric and as many as the wins"
            raise ValueError(message)
        i, j = np.triu_indices(len(matrix), k=1)
        return cls(len(matrix), i, j, matrix[i, j], matrix[j, i], level[i, j])

    def graph(self) -> FloatArray:
        """Wins, with ties as wins of both: what connects the items."""
        matrix = np.zeros((self.n_items, self.n_items))
        matrix[self.i, self.j] = self.won + self.tied
        matrix[self.j, self.i] = self.lost + self.tied
        return matrix

    def spread(self, to_first: FloatArray, to_second: FloatArray) -> FloatArray:
        """Sum slopes of pairs over the items. Shape (n_items,)."""
        first = np.bincount(self.i, to_first, minlength=self.n_items)
        second = np.bincount(self.j, to_second, minlength=self.n_items)
        return np.asarray(first + second)


def _davidson_loss(games: _Games, point: FloatArray) -> tuple[float, FloatArray]:
    """Negative log likelihood and slope; the last coordinate is log nu."""
    first, second = point[games.i], point[games.j]
    logits = np.stack((first, second, point[-1] + (first + second) / 2.0))
    outcome = np.stack((games.won, games.lost, games.tied))
    top = logits.max(axis=0)
    total = top + np.log(np.exp(logits - top).sum(axis=0))
    n = outcome.sum(axis=0)
    rest = outcome - n * np.exp(logits - total)
    slope = games.spread(rest[0] + rest[2] / 2.0, rest[1] + rest[2] / 2.0)
    loss = float((n * total - (outcome * logits).sum(axis=0)).sum())
    return loss, -np.append(slope, rest[2].sum())


def _rao_kupper_loss(games: _Games, point: FloatArray) -> tuple[float, FloatArray]:
    """Negative log likelihood and slope; the last coordinate is log log theta."""
    gap, threshold = point[games.i] - point[games.j], float(np.exp(point[-1]))
    at_most, at_least = games.won + games.tied, games.lost + games.tied
    down, up = threshold - gap, threshold + gap
    n_tied = games.tied.sum()
    loss = (at_most * np.logaddexp(0.0, down) + at_least * np.logaddexp(0.0, up)).sum()
    loss -= n_tied * (2.0 * threshold + np.log1p(-np.exp(-2.0 * threshold)))
    pull_down = at_most * np.exp(-np.logaddexp(0.0, -down))
    pull_up = at_least * np.exp(-np.logaddexp(0.0, -up))
    slope = games.spread(pull_down - pull_up, pull_up - pull_down)
    of_threshold = (
        2.0 * n_tied / -np.expm1(-2.0 * threshold) - (pull_down + pull_up).sum()
    )
    return float(loss), -np.append(slope, of_threshold * threshold)


def _theta(point: float) -> float:
    """Turn the last coordinate of Rao and Kupper's model into theta."""
    return float(np.exp(np.exp(point)))


def _fit(
    games: _Games,
    loss: Callable[[_Games, FloatArray], tuple[float, FloatArray]],
    prior: float,
    *,
    link: Callable[[float], float],
) -> TiedWorths:
    """Minimise the loss, ghost included."""
    components = connected(games.graph(), prior)
    if games.tied.sum() == 0:
        message = "no judgment is a tie"
        raise NotEnoughDataError(message, reason="no_ties")
    if games.won.sum() + games.lost.sum() == 0:
        message = "every judgment is a tie"
        raise NotEnoughDataError(message, reason="all_tied")

    def penalised(point: FloatArray) -> tuple[float, FloatArray]:
        value, slope = loss(games, point)
        log_worth = point[:-1]
        slope[:-1] += prior * np.tanh(log_worth / 2.0)
        return value - log_ghost(log_worth, prior), slope

    start = np.zeros(games.n_items + 1)
    found = scipy.optimize.minimize(
        penalised, start, jac=True, method="BFGS", options={"gtol": 1e-7}
    )
    point = as_floats(found.x)
    log_worth = point[:-1]
    worths = Worths(
        log_worth=log_worth - log_worth.mean(),
        components=components,
        log_likelihood=-loss(games, point)[0],
        log_posterior=-float(found.fun),
        n_iter=int(found.nit),
        converged=bool(np.abs(penalised(point)[1]).max() < 1e-4),
    )
    return TiedWorths(worths, float(link(float(point[-1]))))
