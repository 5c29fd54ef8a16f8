"""Circular triads: a over b, b over c, c over a. Few of them: a consistent judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_ints

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Triads:
    """Consistency of one complete set of pairwise choices.

    Attributes:
        circular: Circular triads.
        most: Circular triads possible with that many items.
        zeta: Coefficient of consistency, 1 without circles, 0 with as many as possible.
    """

    circular: int
    most: int
    zeta: float


def circular_triads(beats: npt.ArrayLike) -> Triads:
    """Count circular triads of a tournament.

    Args:
        beats: Shape (n_items, n_items). 1 where the row item was chosen over the column
            item; every two items compared once, no ties.

    Raises:
        NotEnoughDataError: With reason ``too_few_candidates`` below three items.
        ValueError: If it is no tournament.

    Source:
        Kendall and Babington Smith (1940), On the method of paired comparisons.
    """
    matrix = as_ints(beats)
    k = len(matrix)
    if matrix.shape != (k, k) or np.any(matrix + matrix.T != 1 - np.eye(k, dtype=int)):
        message = "a complete tournament of 0 and 1 expected"
        raise ValueError(message)
    if k < 3:
        message = f"{k} items have no triads"
        raise NotEnoughDataError(message, reason="too_few_candidates")
    score = matrix.sum(axis=1)
    circular = k * (k - 1) * (k - 2) // 6 - int((score * (score - 1) // 2).sum())
    most = (k**3 - k) // 24 if k % 2 else (k**3 - 4 * k) // 24
    return Triads(circular, most, 1.0 - circular / most)


def random_triads(
    n_items: int, *, seed: int, n_draws: int = 1000
) -> npt.NDArray[np.int64]:
    """Draw numbers of circular triads of somebody who chooses at random.

    A judge whose count lies above the 5 % quantile of these is hardly better.

    Args:
        n_items: At least 3.
        seed: Makes the draws repeatable.
        n_draws: Tournaments to draw.

    Returns:
        Shape (n_draws,), sorted.
    """
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n_items, k=1)
    first = rng.integers(0, 2, size=(n_draws, len(i)))
    score = np.zeros((n_draws, n_items), dtype=np.int64)
    for place, (one, two) in enumerate(zip(i, j, strict=True)):
        score[:, one] += first[:, place]
        score[:, two] += 1 - first[:, place]
    most = n_items * (n_items - 1) * (n_items - 2) // 6
    return np.sort(most - (score * (score - 1) // 2).sum(axis=1)).astype(np.int64)
