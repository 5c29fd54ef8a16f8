"""How many of a finite number to look at again, to know a share well enough."""

from __future__ import annotations

import math

import scipy

from adjudge.errors import NotEnoughDataError


def size_for_share(
    population: int, *, within: float = 0.05, level: float = 0.95
) -> int:
    """Size a simple random sample that estimates a share of a finite population.

    With z the normal quantile and p = 0.5, the share that needs most:
    ``n0 = z^2 p (1 - p) / within^2`` and, corrected for the finite population N,
    ``n = n0 / (1 + (n0 - 1) / N)``, rounded up.

    Args:
        population: How many there are, at least 1.
        within: Half the width of the interval, a share in (0, 1).
        level: Its coverage, in (0, 1).

    Returns:
        The size, between 1 and the population.

    Raises:
        NotEnoughDataError: If there is nothing to sample.

    Source:
        Cochran (1977), Sampling Techniques, 3rd ed., section 4.4, (4.1) and (4.2).
    """
    if population < 1:
        raise NotEnoughDataError("there is nothing to sample", reason="no_items")
    z = float(scipy.special.ndtri((1 + level) / 2))
    unlimited = z * z * 0.25 / (within * within)
    return min(population, math.ceil(unlimited / (1 + (unlimited - 1) / population)))
