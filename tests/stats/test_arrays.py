"""Arrays of whole numbers are read and numbered as they come."""

from __future__ import annotations

import numpy as np
import pytest

from adjudge.stats.arrays import numbered


@pytest.mark.parametrize(
    "values", [[], [0], [5, 5, 2, 9, 2], [7, 10**12, 3, 7], list(range(50, 0, -1))]
)
def test_values_are_numbered_in_their_order_near_or_far_apart(values):
    found, place = numbered(np.array(values, dtype=np.int64))
    assert found.tolist() == sorted(set(values))
    assert found[place].tolist() == values
