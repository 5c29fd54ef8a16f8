"""Sizes of samples against the table that everybody knows."""

import pytest

from adjudge.errors import NotEnoughDataError
from adjudge.stats.sampling import size_for_share


@pytest.mark.parametrize(
    ("population", "size"),
    [
        (1, 1),
        (10, 10),
        (100, 80),
        (500, 218),
        (1_000, 278),
        (10_000, 370),
        (100_000, 383),
        (1_000_000, 384),
    ],
)
def test_sizes_are_those_of_the_textbook_at_five_percent(population, size):
    """Krejcie & Morgan (1970) print the same up to how they round."""
    assert size_for_share(population) == size


def test_a_closer_answer_needs_more():
    assert size_for_share(10_000, within=0.02) > size_for_share(10_000, within=0.05)
    assert size_for_share(10_000, level=0.99) > size_for_share(10_000, level=0.95)


def test_nothing_cannot_be_sampled():
    with pytest.raises(NotEnoughDataError, match="nothing to sample"):
        size_for_share(0)
