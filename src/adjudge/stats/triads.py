"""Circular triads: a over b, b over c, c over a. Few of them: a consistent judge."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_ints

if TYPE_CHECKING:
    import numpy.typing as npt

_ONE_IN_TWENTY = 1.6449  # normal quantile of 95 %


@dataclass(frozen=True)
class Triads:
    """Consistency of pairwise choices, of one set of items or of several.

    Attributes:
        circular: Circular triads.
        triads: Triads in all.
        most: Circular triads possible with that many items.
    """

    circular: int = 0
    triads: int = 0
    most: int = 0

    def __add__(self, other: Triads) -> Triads:
        """Put two sets of items together."""
        return Triads(
            self.circular + other.circular,
            self.triads + other.triads,
            self.most + other.most,
        )

    @property
    def zeta(self) -> float:
        """Coefficient of consistency, 1 without circles, 0 with as many as possible."""
        if not self.most:
            message = "no three items were compared with each other"
            raise NotEnoughDataError(message, reason="too_few_candidates")
        return 1.0 - self.circular / self.most

    @property
    def is_chance(self) -> bool:
        """Tell whether a coin makes as few circles in more than one case of twenty.

        A coin makes a quarter of the triads circular, with a variance of 3/16 a triad:
        two triads are independent even where they share a pair.

        Source:
            Moran (1947), On the method of paired comparisons.
        """
        spread = math.sqrt(self.triads * 3 / 16)
        return self.circular > self.triads / 4 - _ONE_IN_TWENTY * spread


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
    triads = k * (k - 1) * (k - 2) // 6
    circular = triads - int((score * (score - 1) // 2).sum())
    most = (k**3 - k) // 24 if k % 2 else (k**3 - 4 * k) // 24
    return Triads(circular, triads, most)
