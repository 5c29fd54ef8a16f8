"""Drawing with replacement keeps the law of the multinomial, whichever way it goes."""

from __future__ import annotations

import numpy as np
import pytest

from adjudge.stats.kappa import cohen_estimates
from adjudge.stats.resampling import drawn_evenly, redrawn, redrawn_alike

FEW = np.array([5, 0, 1, 94])
MANY = np.concatenate((np.full(400, 1), np.full(100, 6)))  # units one by one
ALIKE = np.tile([9, 1, 14, 3, 8, 6], 15)  # 615 units among 1024 places


def test_every_resample_has_as_many_units_as_there_are():
    rng = np.random.default_rng(1)
    assert (drawn_evenly(rng, 37, 50).sum(axis=1) == 37).all()
    assert (redrawn(rng, FEW, 50).sum(axis=1) == FEW.sum()).all()
    assert (redrawn(rng, MANY, 50).sum(axis=1) == MANY.sum()).all()
    assert (redrawn_alike(1, ALIKE, 50).sum(axis=1) == ALIKE.sum()).all()


def test_a_resample_into_which_too_much_fell_is_drawn_anew():
    """Of 1024 places 513 are units: by this seed one resample in 2000 has 514."""
    table = np.append(np.full(56, 9), 9)
    drawn = redrawn_alike(2, table, 2000)
    assert (drawn.sum(axis=1) == 513).all()
    assert drawn.mean(axis=0) == pytest.approx(table, abs=0.35)


def test_a_table_is_resampled_alike_whatever_other_tables_there_are():
    alone = redrawn_alike(1, ALIKE, 100)
    redrawn_alike(1, ALIKE[:-1], 100)
    assert (redrawn_alike(1, ALIKE, 100) == alone).all()
    assert (redrawn_alike(2, ALIKE, 100) != alone).any()


def test_a_resample_does_not_depend_on_how_many_are_drawn_at_once():
    one = drawn_evenly(np.random.default_rng(3), 20_000, 5)
    rng = np.random.default_rng(3)
    assert (
        one == np.concatenate([drawn_evenly(rng, 20_000, 1) for _ in "12345"])
    ).all()


@pytest.mark.parametrize("multiplicity", [FEW, MANY, ALIKE])
def test_kinds_are_drawn_in_proportion_with_the_spread_of_a_multinomial(multiplicity):
    if multiplicity is ALIKE:
        times = redrawn_alike(2, multiplicity, 4000)
    else:
        times = redrawn(np.random.default_rng(2), multiplicity, 4000)
    n, share = multiplicity.sum(), multiplicity / multiplicity.sum()
    spread = n * share * (1 - share)
    error = np.sqrt(spread / 4000)
    assert (np.abs(times.mean(axis=0) - multiplicity) <= 5 * error).all()
    assert times.var(axis=0) == pytest.approx(spread, rel=0.15)
    between = np.cov(times[:, 0], times[:, -1])[0, 1]
    assert between == pytest.approx(-n * share[0] * share[-1], abs=0.5)


def test_a_kappa_has_the_interval_of_a_multinomial_draw_of_its_cells():
    """The interval of one table does not know of the others, nor of the way it came."""
    table = np.array([[40, 10, 3], [12, 30, 5], [2, 4, 14]])
    alone, twice = (
        cohen_estimates(np.stack([table] * k), seed=1, n_resamples=4000) for k in (1, 2)
    )
    assert alone[0] == twice[0] == twice[1]
    drawn = np.random.default_rng(9).multinomial(120, table.ravel() / 120, size=4000)
    cells = drawn.reshape(-1, 3, 3) / 120
    chance = (cells.sum(axis=1) * cells.sum(axis=2)).sum(axis=1)
    kappas = (np.trace(cells, axis1=1, axis2=2) - chance) / (1 - chance)
    low, high = np.quantile(kappas, [0.025, 0.975])
    assert (alone[0].low, alone[0].high) == pytest.approx((low, high), abs=0.015)
