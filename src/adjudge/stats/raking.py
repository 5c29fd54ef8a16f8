"""Weights that give a selection the margins of what it was selected from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adjudge.errors import NotEnoughDataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


def rake(
    codes: npt.NDArray[np.intp],
    targets: Sequence[npt.NDArray[np.float64]],
    *,
    rounds: int = 50,
    tolerance: float = 1e-6,
) -> tuple[npt.NDArray[np.float64], int, bool]:
    """Fit weights by iterative proportional fitting.

    Args:
        codes: Shape (n_units, n_margins). The category of each unit on each margin.
        targets: For each margin the wanted share of each category. Categories that
            no unit has are left out and the others rescaled.
        rounds: At most this many passes over the margins.
        tolerance: Largest gap between a share and its target that is still fine.

    Returns:
        Weights with mean 1, passes done, and whether they converged.

    Raises:
        NotEnoughDataError: If there are no units.

    Source:
        Deming & Stephan (1940), On a least squares adjustment of a sampled frequency
        table when the expected marginal totals are known.
    """
    if not len(codes):
        raise NotEnoughDataError("nothing was selected", reason="no_units")
    weights = np.ones(len(codes))
    wanted = []
    for margin, shares in enumerate(targets):
        there = np.bincount(codes[:, margin], minlength=len(shares)) > 0
        kept = np.where(there, shares, 0.0)
        wanted.append(kept / kept.sum())
    for n in range(1, rounds + 1):
        gap = 0.0
        for margin, shares in enumerate(wanted):
            sums = np.bincount(codes[:, margin], weights, minlength=len(shares))
            have = sums / sums.sum()
            gap = max(gap, float(np.abs(have - shares).max()))
            ratio = np.divide(shares, have, out=np.zeros_like(shares), where=have > 0)
            weights *= ratio[codes[:, margin]]
        weights /= weights.mean()
        if gap <= tolerance:
            return weights, n, True
    return weights, rounds, False
