"""Association within strata: a difference that is not just who judged what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_floats

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Strata:
    """Association of two binary facts within strata.

    Attributes:
        odds_ratio: Mantel and Haenszel's common odds ratio; infinite if no stratum
            speaks against.
        statistic: Chi-square with one degree of freedom, without correction.
        p_value: Of the statistic.
    """

    odds_ratio: float
    statistic: float
    p_value: float


def cochran_mantel_haenszel(tables: npt.ArrayLike) -> Strata:
    """Test whether two binary facts are associated once strata are held fixed.

    For example agreement with the adjudicated answer by guideline version, with one
    stratum per annotator.

    Args:
        tables: Shape (n_strata, 2, 2). Counts.

    Raises:
        NotEnoughDataError: With reason ``no_spread`` if no stratum holds both values of
            both facts.

    Source:
        Cochran (1954); Mantel and Haenszel (1959).
    """
    cells = as_floats(tables)
    if cells.ndim != 3 or cells.shape[1:] != (2, 2) or np.any(cells < 0):
        message = "tables of 2 by 2 counts expected"
        raise ValueError(message)
    n = cells.sum(axis=(1, 2))
    cells, n = cells[n > 1], n[n > 1]
    rows, columns = cells.sum(axis=2), cells.sum(axis=1)
    variance = (rows.prod(axis=1) * columns.prod(axis=1) / (n**2 * (n - 1))).sum()
    if variance == 0:
        message = "no stratum holds both values of both facts"
        raise NotEnoughDataError(message, reason="no_spread")
    surplus = (cells[:, 0, 0] - rows[:, 0] * columns[:, 0] / n).sum()
    statistic = float(surplus**2 / variance)
    with_ = float((cells[:, 0, 0] * cells[:, 1, 1] / n).sum())
    against = float((cells[:, 0, 1] * cells[:, 1, 0] / n).sum())
    ratio = with_ / against if against > 0 else float("inf")
    return Strata(ratio, statistic, float(scipy.special.chdtrc(1, statistic)))
