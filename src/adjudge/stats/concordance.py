"""Agreement among rankings of the same few responses.

Rankings come stacked: units by raters by items, smaller is better, equal is tied, NaN
is not ranked. A unit with fewer raters or items than the widest is filled up with NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_floats

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray


def kendall_w(ranks: npt.ArrayLike) -> float:
    """Compute Kendall's W of one unit, corrected for ties.

    Args:
        ranks: Shape (n_raters, n_items). Smaller is better; a row of NaN is a rater who
            did not judge, a column of NaN an item that is not there.

    Returns:
        0 … 1; 1 is perfect concordance.

    Raises:
        NotEnoughDataError: With reason ``no_pairable_items`` if fewer than two raters
            ranked the same two items or a ranking is incomplete, ``all_tied`` if every
            ranking is one tie.

    Source:
        Kendall and Babington Smith (1939), The problem of m rankings.
    """
    return _of_one(ranks, each_kendall_w)


def mean_tau_b(ranks: npt.ArrayLike) -> float:
    """Average Kendall's tau-b over the pairs of raters of one unit.

    Each pair is compared on the items both ranked, nothing is imputed. Pairs for which
    tau-b is undefined (one of them tied everything) are left out.

    Args:
        ranks: Shape (n_raters, n_items). Smaller is better, NaN is not ranked.

    Returns:
        -1 … 1.

    Raises:
        NotEnoughDataError: With reason ``no_pairable_items`` if no two raters ranked
            the same two items, ``all_tied`` if no pair has a value.

    Source:
        Kendall (1945), The treatment of ties in ranking problems.
    """
    return _of_one(ranks, each_mean_tau_b)


def tau_b(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Compute Kendall's tau-b of two rankings. Shape (n_items,) each.

    Raises:
        NotEnoughDataError: As ``mean_tau_b``.
    """
    return mean_tau_b(np.stack((as_floats(first), as_floats(second))))


def each_kendall_w(ranks: npt.ArrayLike) -> FloatArray:
    """Compute Kendall's W of each unit.

    Args:
        ranks: Shape (n_units, n_raters, n_items).

    Returns:
        Shape (n_units,); NaN where W is undefined.
    """
    return _in_blocks(ranks, _kendall_ws)


def each_mean_tau_b(ranks: npt.ArrayLike) -> FloatArray:
    """Compute the mean pairwise tau-b of each unit.

    Args:
        ranks: Shape (n_units, n_raters, n_items).

    Returns:
        Shape (n_units,); NaN where no pair of raters has a value.
    """
    return _in_blocks(ranks, _mean_tau_bs)


def _kendall_ws(stacked: FloatArray) -> FloatArray:
    """Compute Kendall's W of each unit of a block."""
    ranked = np.asarray(~np.isnan(stacked))
    present = np.asarray(ranked.any(axis=2))
    there = np.asarray(ranked.any(axis=1))
    m, n = present.sum(axis=1), there.sum(axis=1)
    complete = (ranked == (present[:, :, None] & there[:, None, :])).all(axis=(1, 2))
    below = stacked[..., None, :] < stacked[..., :, None]
    level = stacked[..., None, :] == stacked[..., :, None]
    tied = level.sum(axis=3)
    rank = np.where(ranked, below.sum(axis=3) + (tied + 1) / 2, 0.0)
    total = rank.sum(axis=1)
    spread = (np.where(there, total - (m * (n + 1) / 2)[:, None], 0.0) ** 2).sum(axis=1)
    ties = np.where(ranked, tied**2 - 1, 0).sum(axis=(1, 2))
    most = m**2 * (n**3 - n) - m * ties
    defined = complete & (m >= 2) & (n >= 2) & (most > 0)
    return _divided(12.0 * spread, most.astype(np.float64), defined)


def _mean_tau_bs(stacked: FloatArray) -> FloatArray:
    """Compute the mean pairwise tau-b of each unit of a block."""
    n_units, n_raters, n_items = stacked.shape
    left, right = np.triu_indices(n_items, k=1)
    gap = stacked[:, :, left] - stacked[:, :, right]
    both = (~np.isnan(gap)).astype(np.float64)
    sign = np.sign(np.nan_to_num(gap))
    untied = np.abs(sign)
    concordance = sign @ sign.transpose(0, 2, 1)
    room = untied @ both.transpose(0, 2, 1)
    one, two = np.triu_indices(n_raters, k=1)
    product = (room * room.transpose(0, 2, 1))[:, one, two]
    defined = product > 0
    tau = _divided(concordance[:, one, two], np.sqrt(product), defined)
    n_defined = defined.sum(axis=1)
    total = np.where(defined, tau, 0.0).sum(axis=1)
    return _divided(total, n_defined.astype(np.float64), n_defined > 0).reshape(n_units)


def _of_one(ranks: npt.ArrayLike, each: Callable[[FloatArray], FloatArray]) -> float:
    """Compute a number of one unit, and say why if there is none."""
    matrix = as_floats(ranks)
    value = float(each(matrix[None])[0])
    if np.isnan(value):
        ranked = ~np.isnan(matrix)
        common = (ranked.astype(np.int64) @ ranked.T.astype(np.int64)) >= 2
        full = (ranked == np.outer(ranked.any(axis=1), ranked.any(axis=0))).all()
        if np.triu(common, k=1).any() and (full or each is each_mean_tau_b):
            message = "every ranking that could be compared is one tie"
            raise NotEnoughDataError(message, reason="all_tied")
        message = "no two raters ranked the same two items completely"
        raise NotEnoughDataError(message, reason="no_pairable_items")
    return value


def _in_blocks(
    ranks: npt.ArrayLike, each: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """Go through the units in blocks, since every two items are compared at once."""
    stacked = as_floats(ranks)
    if stacked.ndim != 3:
        message = "rankings as units by raters by items expected"
        raise ValueError(message)
    _, n_raters, n_items = stacked.shape
    block = max(1, 1_000_000 // max(1, n_raters * n_items**2))
    parts = [each(stacked[at : at + block]) for at in range(0, len(stacked), block)]
    return np.concatenate([*parts, np.empty(0)])


def _divided(
    above: FloatArray, below: FloatArray, defined: npt.NDArray[np.bool_]
) -> FloatArray:
    """Divide where defined; NaN elsewhere."""
    undefined = np.full(above.shape, np.nan)
    return np.asarray(np.divide(above, below, out=undefined, where=defined))
