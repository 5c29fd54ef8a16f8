"""Two raters wherever they met: agreement of pairs whose units come in clusters.

Pairs of responses of one ranked comparison are not independent. Of every two raters the
tables of single clusters are kept, each different one once, and clusters are resampled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from adjudge.errors import NotEnoughDataError
from adjudge.stats.arrays import as_ints, as_judgments, require_once
from adjudge.stats.counts import unique_rows
from adjudge.stats.intervals import (
    Estimate,
    percentile_interval,
    ratio_estimate,
    undefined,
    with_interval,
)
from adjudge.stats.kappa import (
    NOTHING_VARIES,
    cohen_of_table,
    gave_one_answer,
    mean_kappas,
    met,
)
from adjudge.stats.proportions import proportion
from adjudge.stats.resampling import redrawn

if TYPE_CHECKING:
    import numpy.typing as npt

    from adjudge.stats.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Meetings:
    """What two raters said of the units they both judged, cluster by cluster.

    Attributes:
        tables: Shape (n_kinds, n_categories, n_categories). Units of one cluster by
            what either said; rows are the first rater's categories.
        times: Shape (n_kinds,). Clusters that look so.
    """

    tables: IntArray
    times: IntArray

    @property
    def n_clusters(self) -> int:
        """Clusters with a unit that both judged."""
        return int(self.times.sum())

    @property
    def table(self) -> IntArray:
        """All units, by what either said. Shape (n_categories, n_categories)."""
        return np.asarray(np.tensordot(self.times, self.tables, axes=1))

    def among(self, n_categories: int) -> Meetings:
        """Keep the units that both put into one of the first categories."""
        tables = self.tables[:, :n_categories, :n_categories]
        some = tables.any(axis=(1, 2))
        return Meetings(tables[some], self.times[some])

    def kappa(self, *, seed: int, n_resamples: int = 1000) -> Estimate:
        """Compute Cohen's kappa with an interval over clusters."""
        whole, (n_kinds, q, _) = self.table, self.tables.shape
        n = int(whole.sum())
        try:
            value = cohen_of_table(whole)
        except NotEnoughDataError as error:
            return undefined(error, n)
        if gave_one_answer(whole[None])[0]:
            return with_interval(value, NOTHING_VARIES, n)
        flat = self.tables.reshape(n_kinds, q * q).astype(np.float64)

        def draw(rng: np.random.Generator, size: int) -> FloatArray:
            return redrawn(rng, self.times, size).astype(np.float64)

        interval = percentile_interval(
            draw,
            lambda times: mean_kappas((times @ flat).reshape(-1, 1, q, q)),
            n_units=self.n_clusters,
            width=max(n_kinds, q * q),
            seed=seed,
            n_resamples=n_resamples,
        )
        return with_interval(value, interval, n)

    def percent(self, *, seed: int, n_resamples: int = 1000) -> Estimate:
        """Share the units of which both said the same, with an interval."""
        same = np.trace(self.tables, axis1=1, axis2=2)
        found = ratio_estimate(
            np.repeat(same, self.times),
            np.repeat(self.tables.sum(axis=(1, 2)), self.times),
            seed=seed,
            n_resamples=n_resamples,
        )
        found = replace(found, n=int(self.table.sum()))
        if found.value not in {0.0, 1.0}:
            return found
        # Resampling what never varies would call it certain.
        sure = proportion(self.n_clusters if found.value else 0, self.n_clusters)
        return replace(sure, n=found.n)


@dataclass(frozen=True, eq=False)
class AllMeetings:
    """The meetings of every two raters with a unit in common.

    Attributes:
        first: Shape (n_kinds,). The rater with the lower number; sorted.
        second: Shape (n_kinds,). The other.
        tables: Shape (n_kinds, n_categories, n_categories). Units of one cluster.
        times: Shape (n_kinds,). Clusters of the two that look so.
    """

    first: IntArray
    second: IntArray
    tables: IntArray
    times: IntArray

    def by_pair(self) -> dict[tuple[int, int], Meetings]:
        """Give the meetings of each two, by their numbers."""
        both = np.column_stack((self.first, self.second))
        starts = np.flatnonzero(np.any(np.diff(both, axis=0, prepend=-1), axis=1))
        return {
            (int(self.first[i]), int(self.second[i])): Meetings(
                self.tables[i:end], self.times[i:end]
            )
            for i, end in pairwise([*starts.tolist(), len(both)])
        }


def all_meetings(
    unit_index: npt.ArrayLike,
    rater_index: npt.ArrayLike,
    code: npt.ArrayLike,
    n_categories: int,
    clusters: npt.ArrayLike,
) -> AllMeetings:
    """Compare every rater with every other, cluster by cluster.

    Args:
        unit_index: Shape (n_judgments,). Unit of each judgment, counted from 0.
        rater_index: Shape (n_judgments,). Rater of each judgment, counted from 0.
        code: Shape (n_judgments,). Category of each judgment.
        n_categories: Categories of the guideline.
        clusters: Shape (n_units,). Cluster of each unit, counted from 0.

    Raises:
        ValueError: If a rater judged a unit twice.
    """
    unit, rater, category = as_judgments(unit_index, rater_index, code)
    require_once(unit, rater)
    one, two = met(unit, rater)
    cluster = as_ints(clusters)[unit[one]]
    n_raters = int(rater.max(initial=0)) + 1
    n_clusters = int(cluster.max(initial=0)) + 1
    pair = rater[one] * n_raters + rater[two]
    place, meeting = np.unique(pair * n_clusters + cluster, return_inverse=True)
    cell = (meeting * n_categories + category[one]) * n_categories + category[two]
    cells = np.bincount(cell, minlength=len(place) * n_categories**2)
    tables = cells.reshape(len(place), n_categories**2).astype(np.int64, copy=False)
    kinds, kind = unique_rows(np.column_stack((place // n_clusters, tables)))
    return AllMeetings(
        first=kinds[:, 0] // n_raters,
        second=kinds[:, 0] % n_raters,
        tables=kinds[:, 1:].reshape(-1, n_categories, n_categories),
        times=np.bincount(kind, minlength=len(kinds)).astype(np.int64, copy=False),
    )
