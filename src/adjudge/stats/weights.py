"""How close two categories are: 1 on the diagonal, less with distance.

Source:
    Cohen (1968), Weighted kappa; Gwet (2014), Handbook of Inter-Rater Reliability, 4th
    edition, chapter 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adjudge.stats.arrays import as_floats

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray


def identity_weights(n_categories: int) -> FloatArray:
    """Count exact agreement only. Shape (n_categories, n_categories)."""
    return np.eye(n_categories)


def linear_weights(
    n_categories: int, values: npt.ArrayLike | None = None
) -> FloatArray:
    """Weigh two categories by ``1 - |k - l| / (max - min)``.

    Args:
        n_categories: At least 2.
        values: Shape (n_categories,). What the categories stand for; 1, 2, … if none.

    Returns:
        Shape (n_categories, n_categories), in 0 … 1.
    """
    return 1.0 - _relative_distance(n_categories, values)


def quadratic_weights(
    n_categories: int, values: npt.ArrayLike | None = None
) -> FloatArray:
    """Weigh two categories by ``1 - (k - l)² / (max - min)²``.

    Args:
        n_categories: At least 2.
        values: Shape (n_categories,). What the categories stand for; 1, 2, … if none.

    Returns:
        Shape (n_categories, n_categories), in 0 … 1.
    """
    return 1.0 - _relative_distance(n_categories, values) ** 2


def ordinal_weights(n_categories: int) -> FloatArray:
    """Weigh two categories by the pairs of categories that fit between them.

    ``1 - C(|k - l| + 1, 2) / C(q, 2)``: Gwet's ordinal weights, which use the order of
    the categories only. They are not Krippendorff's ordinal distance, which looks at
    how often the categories in between were used.

    Returns:
        Shape (n_categories, n_categories), in 0 … 1.
    """
    gap = np.abs(np.subtract.outer(np.arange(n_categories), np.arange(n_categories)))
    most = max(1, n_categories * (n_categories - 1) // 2)
    return np.asarray(1.0 - gap * (gap + 1) / 2 / most)


def checked_weights(weights: npt.ArrayLike | None, n_categories: int) -> FloatArray:
    """Read weights; none means exact agreement.

    Raises:
        ValueError: If they are no symmetric matrix with ones on the diagonal.
    """
    if weights is None:
        return identity_weights(n_categories)
    matrix = as_floats(weights)
    if (
        matrix.shape != (n_categories, n_categories)
        or not np.allclose(matrix, matrix.T)
        or not np.allclose(np.diag(matrix), 1.0)
    ):
        message = "weights must be symmetric with ones on the diagonal"
        raise ValueError(message)
    return matrix


def _relative_distance(n_categories: int, values: npt.ArrayLike | None) -> FloatArray:
    """Put the categories on a line from 0 to 1 and take their distances."""
    point = as_floats(np.arange(n_categories) if values is None else values)
    if point.shape != (n_categories,):
        message = "one value per category expected"
        raise ValueError(message)
    spread = float(np.ptp(point)) or 1.0
    return np.asarray(np.abs(np.subtract.outer(point, point)) / spread)
