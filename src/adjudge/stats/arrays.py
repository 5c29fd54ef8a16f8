"""Names for the two kinds of array that the statistics speak."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


def as_ints(values: npt.ArrayLike) -> IntArray:
    """Read whole numbers.

    Raises:
        ValueError: If a value is not a whole number.
    """
    read = np.asarray(values)
    if read.size and read.dtype.kind not in "iub" and not np.all(np.mod(read, 1) == 0):
        message = "whole numbers expected"
        raise ValueError(message)
    return read.astype(np.int64, copy=False)


def as_floats(values: npt.ArrayLike) -> FloatArray:
    """Read numbers as 64-bit floats."""
    return np.asarray(values, dtype=np.float64)


def numbered(values: IntArray) -> tuple[IntArray, IntArray]:
    """Number the different values among whole numbers of at least 0, in their order.

    Returns:
        The different values, and the number of each value, shape (len(values),).
    """
    span = int(values.max(initial=-1)) + 1
    if span > 32 * len(values) + 1024:
        found, place = np.unique(values, return_inverse=True)
        return found, place.astype(np.int64, copy=False)
    # Marking beats sorting where the values lie close together.
    is_there = np.zeros(span, dtype=np.bool_)
    is_there[values] = True
    number = np.cumsum(is_there, dtype=np.int64) - 1
    return np.flatnonzero(is_there), number[values]


def as_judgments(
    unit_index: npt.ArrayLike, rater_index: npt.ArrayLike, code: npt.ArrayLike
) -> tuple[IntArray, IntArray, IntArray]:
    """Read judgments given one by one, three aligned arrays counted from 0.

    Raises:
        ValueError: If the shapes do not fit or a number is below 0.
    """
    unit, rater, category = as_ints(unit_index), as_ints(rater_index), as_ints(code)
    if unit.ndim != 1 or not unit.shape == rater.shape == category.shape:
        message = "one unit, one rater and one code per judgment expected"
        raise ValueError(message)
    if any(np.any(values < 0) for values in (unit, rater, category)):
        message = "units, raters and codes are counted from 0"
        raise ValueError(message)
    return unit, rater, category


def require_once(unit: IntArray, rater: IntArray) -> None:
    """Refuse two judgments of one unit by one rater.

    Raises:
        ValueError: If there are any.
    """
    n_raters = int(rater.max(initial=0)) + 1
    key = np.sort(unit * n_raters + rater)
    if np.any(key[1:] == key[:-1]):
        message = "a rater judged a unit twice; pick the judgment that stands"
        raise ValueError(message)
