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
