"""Numbers as the contract writes them, and the few that more than one deed needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import scipy

from adjudge.errors import NotEnoughDataError
from adjudge.stats.agreement import Coefficient, PercentAgreement
from adjudge.stats.counts import ClusteredTable, CountTable
from adjudge.stats.intervals import (
    Estimate,
    in_words,
    percentile_interval,
    undefined,
    with_interval,
)
from adjudge.stats.kappa import RaterPairs, cohen_estimates, mean_kappas, rater_pairs
from adjudge.stats.meetings import Meetings, all_meetings
from adjudge.stats.resampling import drawn_evenly

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.services.measuring.coding import Coded, Floats, Ints

SEED = 20_260_105  # of every interval, so that the same data say the same
JUDGED = 2  # judgments that make a comparison a unit of agreement
ENOUGH_COMMON = 20  # comparisons two people must share before their kappa is shown
_PAIRS_AT_ONCE = 2_000_000  # pairs of judgments compared person by person
_PAIRS_SHOWN = 20_000  # pairs of people listed
_RESAMPLES = 1000
_NUMBERS_AT_ONCE = 250_000  # of resampled clusters: what stays near the processor

Number = dict[str, float | int | str | None]


def as_json(found: Estimate) -> Number:
    """Write a number with its interval, units, and reason where undefined."""
    return {
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "n": found.n,
        "reason": found.reason,
    }


def nothing(reason: str, n: int = 0) -> Number:
    """Write a number that does not exist, and why."""
    return as_json(Estimate(None, None, None, n, f"undefined: {reason}"))


def value_of(found: Number) -> float | None:
    """Read the value of a number."""
    value = found["value"]
    return float(value) if value is not None else None


@dataclass(frozen=True, eq=False)
class Counted:
    """A table of counts whose resamples are drawn once for all its numbers."""

    table: CountTable | ClusteredTable
    _drawn: list[Floats] = field(default_factory=list)

    @classmethod
    def of(
        cls, unit: Ints, code: Ints, n_categories: int, cluster: Ints, *, grouped: bool
    ) -> Self:
        """Count codes.

        Args:
            unit: Shape (n_codes,). Unit of each code, counted from 0.
            code: Shape (n_codes,).
            n_categories: Categories declared, used or not.
            cluster: Shape (n_units,). What is resampled whole.
            grouped: Whether some clusters hold several units.
        """
        if grouped and len(unit):
            return cls(
                ClusteredTable.from_codes(
                    unit, code, n_categories, cluster, fewest=JUDGED
                )
            )
        return cls(CountTable.from_codes(unit, code, n_categories, fewest=JUDGED))

    @property
    def units(self) -> CountTable:
        """The units without their clusters."""
        whole = self.table
        return whole.table if isinstance(whole, ClusteredTable) else whole

    def number(self, statistic: Coefficient) -> Number:
        """Compute a number with its interval; an undefined one says why."""
        units = self.units
        try:
            value = statistic.of(units)
        except NotEnoughDataError as error:
            return as_json(undefined(error, units.n_pairable))
        interval = percentile_interval(
            self._draw,
            lambda times: statistic.many(units.rows, times),
            n_units=self.table.n_units,
            width=max(len(self.table.multiplicity), units.rows.size),
            seed=SEED,
            n_resamples=_RESAMPLES,
        )
        return as_json(with_interval(value, interval, units.n_pairable))

    def percent(self) -> Number:
        """Compute percent agreement."""
        return self.number(PercentAgreement())

    def _draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw resamples, all of them once; the seed is the same for every number."""
        if size < _RESAMPLES:
            return self.table.draw(rng, size)
        if not self._drawn:
            self._drawn.append(self.table.draw_alike(SEED, size))
        return self._drawn[0]


def compared(coded: Coded, n_categories: int) -> RaterPairs | None:
    """Compare everybody with everybody; ``None`` where that is too much to do."""
    size = np.bincount(coded.unit)
    n_pairs = int((size * (size - 1) // 2).sum())
    if min(n_pairs, len(coded.names) ** 2) > _PAIRS_AT_ONCE:
        return None
    kept = coded.code < n_categories
    unit, rater, code = coded.unit, coded.rater, coded.code
    if not kept.all():
        unit, rater, code = unit[kept], rater[kept], code[kept]
    return rater_pairs(unit, rater, code, n_categories)


def pair_rows(
    coded: Coded, found: RaterPairs | None
) -> tuple[list[dict[str, Any]], str | None]:
    """List pairs of people with units in common, and say what was left out."""
    if found is None:
        return [], "too many people share comparisons to list every pair of them"
    ranked = None if coded.is_pairwise else _ranked(coded, found)
    n = found.n if ranked is None else _in_common(ranked)
    percent = found.percent
    chosen, note = np.arange(len(n)), None
    if len(n) > _PAIRS_SHOWN:
        chosen = np.flatnonzero(n >= ENOUGH_COMMON)
        note = (
            f"of {len(n)} pairs of people those with {ENOUGH_COMMON} comparisons in "
            "common are listed"
        )
    enough = int((n >= ENOUGH_COMMON).sum())
    n_resamples = min(_RESAMPLES, max(200, 200_000 // max(1, enough)))
    if ranked is None:
        kappas = _kappas(found.tables[chosen], n_resamples)
    else:
        kappas = [kappa_of(ranked[i], n_resamples) for i in chosen.tolist()]
    rows = [
        {
            "a": coded.names[found.first[i]],
            "b": coded.names[found.second[i]],
            "n": int(n[i]),
            "percent": float(percent[i]),
            "kappa": kappa,
        }
        for i, kappa in zip(chosen.tolist(), kappas, strict=True)
    ]
    return rows, note


def _kappas(tables: Ints, n_resamples: int) -> list[Number]:
    """Compute everybody's kappa; of few comparisons in common, without an interval."""
    few = tables.sum(axis=(1, 2)) < ENOUGH_COMMON
    rough = iter(cohen_estimates(tables[few], seed=SEED, n_resamples=1))
    known = iter(cohen_estimates(tables[~few], seed=SEED, n_resamples=n_resamples))
    return [
        _without_interval(next(rough)) if is_few else as_json(next(known))
        for is_few in few.tolist()
    ]


def _ranked(coded: Coded, found: RaterPairs) -> list[Meetings]:
    """Keep the pairs of responses of one ranking together, for every two people."""
    n_categories = found.tables.shape[1]
    kept = coded.code < n_categories
    unit, rater, code = coded.unit[kept], coded.rater[kept], coded.code[kept]
    met = all_meetings(unit, rater, code, n_categories, coded.owner).by_pair()
    both = zip(found.first.tolist(), found.second.tolist(), strict=True)
    return [met[pair] for pair in both]


def _in_common(ranked: list[Meetings]) -> Ints:
    return np.array([met.n_clusters for met in ranked], dtype=np.int64)


def kappa_of(met: Meetings, n_resamples: int) -> Number:
    """Compute the kappa of two people; of few comparisons, without an interval."""
    if met.n_clusters < ENOUGH_COMMON:
        return _without_interval(met.kappa(seed=SEED, n_resamples=1))
    return as_json(met.kappa(seed=SEED, n_resamples=n_resamples))


def _without_interval(found: Estimate) -> Number:
    if found.value is None:
        return as_json(found)
    reason = f"no interval: fewer than {ENOUGH_COMMON} comparisons in common"
    return {**as_json(found), "low": None, "high": None, "reason": reason}


def cohen_mean(
    coded: Coded,
    found: RaterPairs | None,
    codes: Ints,
    n_categories: int,
    weights: npt.ArrayLike | None = None,
) -> Number:
    """Average Cohen's kappa over pairs of people with enough units in common.

    The interval resamples clusters and computes every pair again.

    Args:
        coded: Who judged what.
        found: Every pair, compared on ``codes``.
        codes: Shape (n_codes,). Category of each code of ``coded``; below 0 is none.
        n_categories: Categories declared.
        weights: Partial agreement of categories; none by default.
    """
    if found is None:
        return nothing("too many people share comparisons")
    n = found.n if coded.is_pairwise else _in_common(_ranked(coded, found))
    chosen = np.flatnonzero(n >= ENOUGH_COMMON)
    try:
        value = found.among(chosen).mean_kappa(weights, min_common=1)
    except NotEnoughDataError as error:
        return as_json(undefined(error))
    cells, n_clusters, n_units = _cells(coded, found, chosen, codes, n_categories)
    by_cell = cells.T
    n_resamples = min(_RESAMPLES, max(100, 20_000_000 // max(1, n_clusters)))

    def draw(rng: np.random.Generator, size: int) -> Floats:
        return drawn_evenly(rng, n_clusters, size).astype(np.float64)

    def many(times: Floats) -> Floats:
        drawn = np.asarray(by_cell @ times.T).T
        square = (len(drawn), len(chosen), n_categories, n_categories)
        return mean_kappas(drawn.reshape(square), weights)

    interval = percentile_interval(
        draw,
        many,
        n_units=n_clusters,
        width=max(n_clusters, 4 * cells.shape[1]),
        seed=SEED,
        n_resamples=n_resamples,
        at_once=_NUMBERS_AT_ONCE,
    )
    return as_json(with_interval(value, interval, n_units))


def _cells(
    coded: Coded, found: RaterPairs, chosen: Ints, codes: Ints, n_categories: int
) -> tuple[scipy.sparse.csr_array, int, int]:
    """Say which cells of which pairs' tables each cluster fills.

    Returns:
        Shape (n_clusters, n_pairs · n_categories²), the clusters, and the units.
    """
    kept = np.flatnonzero(codes >= 0)
    kept = kept[np.lexsort((coded.rater[kept], coded.unit[kept]))]
    unit = coded.unit[kept]
    size = np.bincount(unit)
    rows, columns, units = [], [], 0
    n_people = len(coded.names)
    number = np.full(0, 0)
    wanted = found.first[chosen] * n_people + found.second[chosen]
    order = np.argsort(wanted)
    start = np.cumsum(size) - size
    for m in np.unique(size[size > 1]).tolist():
        member = kept[start[size == m][:, None] + np.arange(m)]
        units += len(member)
        for i in range(m):
            for j in range(i + 1, m):
                one, two = member[:, i], member[:, j]
                key = coded.rater[one] * n_people + coded.rater[two]
                place = np.searchsorted(wanted[order], key)
                place = np.minimum(place, len(wanted) - 1)
                hit = wanted[order][place] == key
                cell = codes[one] * n_categories + codes[two]
                column = order[place] * n_categories**2 + cell
                rows.append(coded.cluster[coded.unit[one]][hit])
                columns.append(column[hit])
    row = np.concatenate([*rows, number])
    column = np.concatenate([*columns, number])
    clusters, row = np.unique(row, return_inverse=True)
    shape = (len(clusters), len(chosen) * n_categories**2)
    matrix = scipy.sparse.csr_array((np.ones(len(row)), (row, column)), shape=shape)
    return matrix, len(clusters), units


def reason_of(error: NotEnoughDataError) -> str:
    """Say in words why a number does not exist."""
    return in_words(error.reason)
