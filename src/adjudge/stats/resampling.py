"""Drawing with replacement: how often each of many things turns up in a resample."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import IntArray

_MANY_KINDS = 256  # kinds from which on units are drawn one by one, if that is cheaper
_DRAWS_AT_ONCE = 30_000  # what stays near the processor
_UNITS_BY_KIND = 10  # what a draw of a kind costs, in draws of single units
_KINDS_ALIKE = 40  # kinds from which on tables share the draw of their places
_PLACES_ALIKE = 4096  # places up to which a shared draw is kept
_DEVIATIONS = 4  # by which a shared draw is shorter, so that hardly one is too long


def drawn_evenly(rng: np.random.Generator, n: int, size: int) -> IntArray:
    """Draw n of n units, each as likely as any other, again and again.

    The same law as an even multinomial, at a twentieth of its cost.

    Args:
        rng: Where chance comes from.
        n: Units, and how many are drawn, at least 1.
        size: Resamples.

    Returns:
        Shape (size, n). How often each unit was drawn.
    """
    return _counted(rng, n, size)


def redrawn(rng: np.random.Generator, multiplicity: IntArray, size: int) -> IntArray:
    """Draw as many units as there are, and count them by kind.

    Args:
        rng: Where chance comes from.
        multiplicity: Shape (n_kinds,). Units of each kind, at least one in all.
        size: Resamples.

    Returns:
        Shape (size, n_kinds). How many units of each kind were drawn.
    """
    n, n_kinds = int(multiplicity.sum()), len(multiplicity)
    if n_kinds < _MANY_KINDS or n > _UNITS_BY_KIND * n_kinds:
        return rng.multinomial(n, multiplicity / n, size=size).astype(np.int64)
    kind = np.repeat(np.arange(n_kinds), multiplicity)
    return _counted(rng, n, size, kind=kind)


def redrawn_alike(seed: int, multiplicity: IntArray, size: int) -> IntArray:
    """Draw as ``redrawn`` does, tables of about as many units from one draw of places.

    Laid end to end, a table's units are places. Places are drawn evenly up to the next
    power of two, once for all tables: those that lie within a table are its units,
    drawn evenly too, and what falls to a kind is a difference of running sums. The few
    units that are still lacking are drawn one by one. The law is that of ``redrawn``,
    whatever other tables there are.

    Args:
        seed: Where chance comes from; the same seed gives the same resamples.
        multiplicity: Shape (n_kinds,). Units of each kind, at least one in all.
        size: Resamples.

    Returns:
        Shape (size, n_kinds). How many units of each kind were drawn.
    """
    n, n_kinds = int(multiplicity.sum()), len(multiplicity)
    rng = np.random.default_rng(seed)
    n_places = 1 << (n - 1).bit_length()
    if n_kinds < _KINDS_ALIKE or n_places > _PLACES_ALIKE:
        return redrawn(rng, multiplicity, size)
    ends = np.cumsum(multiplicity)
    upto = _places_up_to(n_places, seed, size).take(ends, axis=1).astype(np.int64)
    times = np.diff(upto, axis=1, prepend=0)
    lacking = n - upto[:, -1]
    too_long = lacking < 0
    if too_long.any():
        times[too_long] = redrawn(rng, multiplicity, int(too_long.sum()))
        lacking[too_long] = 0
    kind = np.repeat(np.arange(n_kinds), multiplicity)
    more = kind[rng.integers(n, size=int(lacking.sum()))]
    more += np.repeat(np.arange(size) * n_kinds, lacking)
    return times + np.bincount(more, minlength=times.size).reshape(times.shape)


@lru_cache(maxsize=16)
def _places_up_to(n_places: int, seed: int, size: int) -> npt.NDArray[np.uint16]:
    """Draw nearly as many places as there are, as ``drawn_up_to`` does."""
    # Chance of its own: what is drawn after it must not know of it.
    rng = np.random.default_rng((seed, n_places))
    n_drawn = n_places - _DEVIATIONS * math.isqrt(n_places)
    return drawn_up_to(rng, n_places, size, n_drawn)


def drawn_up_to(
    rng: np.random.Generator, n_places: int, size: int, n_drawn: int | None = None
) -> npt.NDArray[np.uint16]:
    """Draw places with replacement, and add up how often each was drawn.

    Args:
        rng: Where chance comes from.
        n_places: At least 1, at most 65,535.
        size: Resamples.
        n_drawn: As many as there are, unless said; not more.

    Returns:
        Shape (size, n_places + 1). Draws of the places before each.
    """
    times = _counted(rng, n_places, size, n_drawn=n_drawn)
    upto = np.zeros((size, n_places + 1), dtype=np.uint16)
    np.cumsum(times, axis=1, out=upto[:, 1:], dtype=np.uint16)
    return upto


def _counted(
    rng: np.random.Generator,
    n: int,
    size: int,
    *,
    n_drawn: int | None = None,
    kind: IntArray | None = None,
) -> IntArray:
    """Draw n of n units, some resamples at a time, and count them.

    Args:
        rng: Where chance comes from.
        n: Units.
        size: Resamples.
        n_drawn: How many are drawn; as many as there are, unless said.
        kind: Shape (n,). Kind of each unit to count by, in order, from 0.
    """
    n_drawn = n if n_drawn is None else n_drawn
    n_kinds = n if kind is None else int(kind[-1]) + 1
    times = np.empty((size, n_kinds), dtype=np.int64)
    at_once = max(1, _DRAWS_AT_ONCE // n)
    for first in range(0, size, at_once):
        some = times[first : first + at_once]
        drawn = rng.integers(n, size=(len(some), n_drawn))
        if kind is not None:
            drawn = kind[drawn]
        drawn += np.arange(len(some))[:, None] * n_kinds
        counted = np.bincount(drawn.ravel(), minlength=some.size)
        some[:] = counted.reshape(some.shape)
    return times
