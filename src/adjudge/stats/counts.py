"""How many raters put each unit in each category: what all agreement is computed on.

Judgments are few-valued, so a million of them hold few different rows of counts.
A table keeps every row once, sorted, with the number of units that show it: the
coefficients then cost next to nothing, and so does resampling.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import scipy

from adjudge.stats.arrays import as_ints
from adjudge.stats.resampling import redrawn, redrawn_alike

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class CountTable:
    """Units by categories, in short: each different row of counts once.

    Build it with ``from_codes`` or ``from_counts``; the order of units, raters and
    judgments leaves no trace in it. Units nobody judged are dropped, and those with
    fewer judgments than are asked for.

    Attributes:
        rows: Shape (n_rows, n_categories). Raters per category, sorted, no row twice.
        multiplicity: Shape (n_rows,). Units that show the row, at least 1.
    """

    rows: IntArray
    multiplicity: IntArray

    @classmethod
    def from_counts(
        cls,
        counts: npt.ArrayLike,
        multiplicity: npt.ArrayLike | None = None,
        *,
        fewest: int = 1,
    ) -> Self:
        """Shorten a matrix of counts.

        Args:
            counts: Shape (n_units, n_categories), whole numbers, at least 0.
            multiplicity: Shape (n_units,). Units each row stands for; 1 by default.
            fewest: Judgments a unit must have.

        Raises:
            ValueError: If the shapes do not fit or a count is negative.
        """
        matrix = _checked(counts)
        times = (
            np.ones(len(matrix), dtype=np.int64)
            if multiplicity is None
            else as_ints(multiplicity)
        )
        if times.shape != (len(matrix),) or np.any(times < 0):
            message = "one multiplicity of at least 0 per row expected"
            raise ValueError(message)
        kept = (matrix.sum(axis=1) >= fewest) & (times > 0)
        rows, place = unique_rows(matrix[kept])
        total = np.bincount(place, weights=times[kept], minlength=len(rows))
        return cls(rows=rows, multiplicity=total.astype(np.int64))

    @classmethod
    def from_codes(
        cls,
        unit_index: npt.ArrayLike,
        code: npt.ArrayLike,
        n_categories: int,
        *,
        fewest: int = 1,
    ) -> Self:
        """Count judgments given one by one.

        Args:
            unit_index: Shape (n_judgments,). Unit of each judgment, counted from 0.
            code: Shape (n_judgments,). Category of each judgment, 0 … n_categories - 1.
            n_categories: Categories of the guideline, used or not.
            fewest: Judgments a unit must have.

        Raises:
            ValueError: If the shapes do not fit or a code is not a category.
        """
        matrix = count_codes(unit_index, code, n_categories)
        key, bases = _sort_key(matrix)
        if bases is None or math.prod(bases) > 8 * len(key) + 1024:
            return cls.from_counts(matrix, fewest=fewest)
        # Counted by their number, the rows themselves need not be looked at again.
        times = np.bincount(key)
        shown = np.flatnonzero(times[1:]) + 1  # 0 is the row of nobody
        rows = np.column_stack(np.unravel_index(shown, bases))
        kept = rows.sum(axis=1) >= fewest
        return cls(rows=rows[kept], multiplicity=times[shown][kept])

    @property
    def n_categories(self) -> int:
        """Categories declared, used or not."""
        return int(self.rows.shape[1])

    @property
    def n_units(self) -> int:
        """Units with at least one judgment."""
        return int(self.multiplicity.sum())

    @property
    def n_judgments(self) -> int:
        """Judgments in all."""
        return int(self.multiplicity @ self.rows.sum(axis=1))

    @property
    def n_pairable(self) -> int:
        """Units with two or more judgments: those that agreement is computed on."""
        return int(self.multiplicity @ is_pairable(self.rows))

    @property
    def n_pairs(self) -> int:
        """Pairs of judgments of one unit by two raters."""
        raters = self.rows.sum(axis=1)
        return int(self.multiplicity @ (raters * (raters - 1) // 2))

    def used(self) -> BoolArray:
        """Tell which categories occur. Shape (n_categories,)."""
        return np.asarray(self.rows.any(axis=0), dtype=np.bool_)

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Resample the units with replacement.

        Returns:
            Shape (size, n_rows). Multiplicity of each row in each resample.
        """
        return redrawn(rng, self.multiplicity, size).astype(np.float64)

    def draw_alike(self, seed: int, size: int) -> FloatArray:
        """Resample as ``draw`` does, cheaper where many tables are of about one size.

        Returns:
            Shape (size, n_rows). Multiplicity of each row in each resample.
        """
        return redrawn_alike(seed, self.multiplicity, size).astype(np.float64)


@dataclass(frozen=True, eq=False)
class ClusteredTable:
    """A count table whose units come in clusters that are resampled whole.

    Pairs of one ranked comparison, or comparisons of one prompt, are not independent;
    resampling them one by one would make the interval too short.

    Attributes:
        table: The units without their clusters.
        profiles: Shape (n_profiles, n_rows), sparse. Units of each row in a cluster.
        multiplicity: Shape (n_profiles,). Clusters that show the profile.
    """

    table: CountTable
    profiles: scipy.sparse.csr_array
    multiplicity: IntArray

    @classmethod
    def from_counts(
        cls, counts: npt.ArrayLike, clusters: npt.ArrayLike, *, fewest: int = 1
    ) -> Self:
        """Shorten a matrix of counts and remember the clusters.

        Args:
            counts: Shape (n_units, n_categories), whole numbers, at least 0.
            clusters: Shape (n_units,). Cluster of each unit, any whole numbers.
            fewest: Judgments a unit must have.

        Raises:
            ValueError: If the shapes do not fit or a count is negative.
        """
        matrix, cluster = _checked(counts), as_ints(clusters)
        if cluster.shape != (len(matrix),):
            message = "one cluster per unit expected"
            raise ValueError(message)
        kept = matrix.sum(axis=1) >= fewest
        rows, place = unique_rows(matrix[kept])
        times = np.bincount(place, minlength=len(rows)).astype(np.int64)
        profiles, multiplicity = _profiles(cluster[kept], place, len(rows))
        return cls(CountTable(rows, times), profiles, multiplicity)

    @classmethod
    def from_codes(
        cls,
        unit_index: npt.ArrayLike,
        code: npt.ArrayLike,
        n_categories: int,
        clusters: npt.ArrayLike,
        *,
        fewest: int = 1,
    ) -> Self:
        """Count judgments given one by one; ``clusters`` has one entry per unit.

        Raises:
            ValueError: If the shapes do not fit or a code is not a category.
        """
        n_units = len(as_ints(clusters))
        counts = count_codes(unit_index, code, n_categories, n_units)
        return cls.from_counts(counts, clusters, fewest=fewest)

    @property
    def n_units(self) -> int:
        """Clusters, which are what is resampled."""
        return int(self.multiplicity.sum())

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Resample the clusters with replacement.

        Returns:
            Shape (size, n_rows). Multiplicity of each row in each resample.
        """
        times = redrawn(rng, self.multiplicity, size)
        return np.asarray(times @ self.profiles, dtype=np.float64)

    def draw_alike(self, seed: int, size: int) -> FloatArray:
        """Resample as ``draw`` does, cheaper where many tables are of about one size.

        Returns:
            Shape (size, n_rows). Multiplicity of each row in each resample.
        """
        times = redrawn_alike(seed, self.multiplicity, size)
        return np.asarray(times @ self.profiles, dtype=np.float64)


def is_pairable(rows: IntArray) -> BoolArray:
    """Tell which rows hold two or more judgments. Shape (n_rows,)."""
    return np.asarray(rows.sum(axis=1) >= 2, dtype=np.bool_)


def count_codes(
    unit_index: npt.ArrayLike,
    code: npt.ArrayLike,
    n_categories: int,
    n_units: int | None = None,
) -> IntArray:
    """Count the judgments of each unit in each category.

    Returns:
        Shape (n_units, n_categories); ``n_units`` is the largest index plus one unless
        given.

    Raises:
        ValueError: If the shapes do not fit or a code is not a category.
    """
    unit, category = as_ints(unit_index), as_ints(code)
    if unit.ndim != 1 or unit.shape != category.shape:
        message = "one unit and one code per judgment expected"
        raise ValueError(message)
    if n_units is None:
        n_units = int(unit.max()) + 1 if unit.size else 0
    _require_range(unit, n_units, "unit")
    _require_range(category, n_categories, "code")
    cells = np.bincount(
        unit * n_categories + category, minlength=n_units * n_categories
    )
    return cells.reshape(n_units, n_categories).astype(np.int64, copy=False)


def unique_rows(matrix: IntArray) -> tuple[IntArray, IntArray]:
    """Find the different rows of a matrix of numbers that are at least 0.

    Returns:
        The different rows, sorted, shape (n_rows, n_columns), and for every row of the
        matrix its place among them, shape (len(matrix),).
    """
    key, bases = _sort_key(matrix)
    span = 2**62 if bases is None else math.prod(bases)
    # Counting beats sorting on a million few-valued rows.
    if span <= 8 * len(key) + 1024:
        present = np.bincount(key, minlength=span) > 0
        number = np.cumsum(present) - 1
        example = np.zeros(span, dtype=np.int64)
        example[key] = np.arange(len(key))
        return matrix[example[present]], number[key].astype(np.int64, copy=False)
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return matrix[first], place.astype(np.int64, copy=False)


def _sort_key(matrix: IntArray) -> tuple[IntArray, tuple[int, ...] | None]:
    """Give each row one number so that numbers are equal, and sort, as the rows do.

    Returns:
        The numbers, shape (len(matrix),), and how many values each column may have: the
        number is the row read in these bases. ``None`` where it would be too large.
    """
    key = np.zeros(len(matrix), dtype=np.int64)
    span, bases, is_whole = 1, [], True
    for column in matrix.T:
        base = int(column.max(initial=0)) + 1
        if span * base > 2**62:
            distinct, key = np.unique(key, return_inverse=True)
            span, is_whole = len(distinct), False
        key = key * base + column
        span *= base
        bases.append(base)
    return key, tuple(bases) if is_whole else None


def _profiles(
    cluster: IntArray, place: IntArray, n_rows: int
) -> tuple[scipy.sparse.csr_array, IntArray]:
    """Find the different clusters, where a cluster is the rows that its units show."""
    _, cluster = np.unique(cluster, return_inverse=True)
    order = np.lexsort((place, cluster))
    sizes = np.bincount(cluster)
    starts = np.cumsum(sizes) - sizes
    indices: list[IntArray] = []
    times: list[IntArray] = []
    lengths: list[int] = []
    for size in np.unique(sizes):
        member = starts[sizes == size][:, None] + np.arange(size)
        kinds, kind = unique_rows(place[order[member]])
        indices.extend(kinds)
        times.append(np.bincount(kind, minlength=len(kinds)).astype(np.int64))
        lengths.extend([int(size)] * len(kinds))
    pointer = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
    index = np.concatenate([*indices, np.empty(0, dtype=np.int64)])
    profiles = scipy.sparse.csr_array(
        (np.ones(len(index)), index, pointer), shape=(len(lengths), n_rows)
    )
    profiles.sum_duplicates()
    return profiles, np.concatenate([*times, np.empty(0, dtype=np.int64)])


def _checked(counts: npt.ArrayLike) -> IntArray:
    """Read a matrix of counts."""
    matrix = as_ints(counts)
    if matrix.ndim != 2 or np.any(matrix < 0):
        message = "a matrix of counts of at least 0 expected"
        raise ValueError(message)
    return matrix


def _require_range(values: IntArray, end: int, name: str) -> None:
    """Refuse values outside 0 … end - 1."""
    if values.size and (values.min() < 0 or values.max() >= end):
        message = f"{name} outside 0 … {end - 1}"
        raise ValueError(message)
