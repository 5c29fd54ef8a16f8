"""Agreement when an answer is a set, for example all reason tags of a judgment.

A judgment is a row of a membership matrix. Two empty sets agree fully and an empty set
is as far from any other as can be: no tag is an answer too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adjudge.stats.agreement import Alpha
from adjudge.stats.arrays import as_ints
from adjudge.stats.counts import CountTable, unique_rows

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray, IntArray


def set_codes(membership: npt.ArrayLike) -> tuple[IntArray, IntArray]:
    """Number the different sets.

    Args:
        membership: Shape (n_judgments, n_tags). 1 where the judgment holds the tag.

    Returns:
        Codes, shape (n_judgments,), and the sets they stand for, shape (n_sets,
        n_tags).

    Raises:
        ValueError: If an entry is neither 0 nor 1.
    """
    matrix = as_ints(membership)
    if matrix.ndim != 2 or np.any((matrix != 0) & (matrix != 1)):
        message = "a matrix of 0 and 1 expected"
        raise ValueError(message)
    sets, code = unique_rows(matrix)
    return code, sets


def jaccard_distances(sets: npt.ArrayLike) -> FloatArray:
    """Compute one minus the shared part of every two sets.

    Args:
        sets: Shape (n_sets, n_tags). 1 where the set holds the tag.

    Returns:
        Shape (n_sets, n_sets), in 0 … 1.

    Source:
        Jaccard (1912), The distribution of the flora in the alpine zone.
    """
    return 1.0 - _shared(as_ints(sets))[0]


def masi_distances(sets: npt.ArrayLike) -> FloatArray:
    """Compute MASI: Jaccard, and further apart where neither set holds the other.

    ``1 - J·M`` with J the shared part and M = 1 for equal sets, 2/3 if one contains the
    other, 1/3 if they overlap, 0 if they share nothing.

    Args:
        sets: Shape (n_sets, n_tags). 1 where the set holds the tag.

    Returns:
        Shape (n_sets, n_sets), in 0 … 1.

    Source:
        Passonneau (2006), Measuring agreement on set-valued items (MASI).
    """
    shared, contained = _shared(as_ints(sets))
    monotonic = np.where(shared == 1.0, 1.0, np.where(contained, 2 / 3, 1 / 3))
    return np.asarray(1.0 - shared * monotonic)


def masi_alpha(unit_index: npt.ArrayLike, membership: npt.ArrayLike) -> float:
    """Compute Krippendorff's alpha of sets with the MASI distance.

    Args:
        unit_index: Shape (n_judgments,). Unit of each judgment, counted from 0.
        membership: Shape (n_judgments, n_tags). 1 where the judgment holds the tag.

    Raises:
        NotEnoughDataError: If no unit has two judgments, or all sets are equal.
    """
    table, sets = set_table(unit_index, membership)
    return Alpha(distance=masi_distances(sets)).of(table)


def jaccard_alpha(unit_index: npt.ArrayLike, membership: npt.ArrayLike) -> float:
    """Compute Krippendorff's alpha of sets with the Jaccard distance.

    Raises:
        NotEnoughDataError: If no unit has two judgments, or all sets are equal.
    """
    table, sets = set_table(unit_index, membership)
    return Alpha(distance=jaccard_distances(sets)).of(table)


def set_table(
    unit_index: npt.ArrayLike, membership: npt.ArrayLike
) -> tuple[CountTable, IntArray]:
    """Count the different sets per unit, for intervals of the alphas above.

    Returns:
        The table, with one category per different set, and these sets, shape
        (n_sets, n_tags).
    """
    code, sets = set_codes(membership)
    return CountTable.from_codes(unit_index, code, len(sets)), sets


def _shared(sets: IntArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Compute how similar every two sets are, and whether one holds the other."""
    common = sets @ sets.T
    size = sets.sum(axis=1)
    union = np.add.outer(size, size) - common
    contained = (common > 0) & (common == np.minimum.outer(size, size))
    both_empty = np.ones(union.shape)
    return np.divide(common, union, out=both_empty, where=union > 0), contained
