"""Stored judgments as arrays: the coding that statistics are computed on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.storage.judgments import Ballot

Ints = npt.NDArray[np.int64]

FIRST, SECOND, TIE = 0, 1, 2
CATEGORIES = ("first", "second", "tie")


@dataclass(frozen=True, eq=False)
class Coded:
    """The standing judgments of a queue, a pair of responses at a time.

    A comparison of two responses is one unit. One of k responses is k(k-1)/2 units,
    every pair (i, j) with i before j in file order, in one cluster.

    Attributes:
        unit: Shape (n_codes,). Unit of each code, counted from 0.
        rater: Shape (n_codes,). Annotator of each code, index into ``names``.
        code: Shape (n_codes,). 0 first, 1 second, 2 tie.
        margin: Shape (n_codes,). 1 … 3 signed by direction, 0 for a tie, and
            ``NO_MARGIN`` where a preference came without one.
        cluster: Shape (n_units,). Comparison of each unit, counted from 0.
        names: Annotators, sorted.
        comparisons: Ids, sorted; index them with ``cluster``.
        n_judgments: Judgments behind the codes.
        none_acceptable: Judgments that called no response acceptable.
        ranks: Per comparison of three or more responses, shape (n_judges, k):
            tier of each response, 0 best.
    """

    unit: Ints
    rater: Ints
    code: Ints
    margin: Ints
    cluster: Ints
    names: tuple[str, ...]
    comparisons: tuple[str, ...]
    n_judgments: int
    none_acceptable: int
    ranks: tuple[npt.NDArray[np.float64], ...]

    @property
    def is_clustered(self) -> bool:
        """Tell whether some comparison gave more than one unit."""
        return len(self.cluster) > len(self.comparisons)


NO_MARGIN = 99


def code(ballots: Iterable[Ballot]) -> Coded:
    """Code ballots into arrays.

    Args:
        ballots: Sorted by comparison; each annotator once a comparison.
    """
    maker = _Maker()
    for ballot in ballots:
        maker.take(ballot)
    return maker.finish()


class _Maker:
    """Collects codes; rankings are few, so each is read once."""

    def __init__(self) -> None:
        self._unit: list[int] = []
        self._rater: list[int] = []
        self._code: list[int] = []
        self._margin: list[int] = []
        self._cluster: list[int] = []
        self._names: dict[str, int] = {}
        self._comparisons: list[str] = []
        self._base = 0
        self._judgments = 0
        self._none = 0
        self._read: dict[str, tuple[int, ...]] = {}
        self._ranks: list[list[list[int]]] = []

    def take(self, ballot: Ballot) -> None:
        k = ballot.n_responses
        if not ballot.ranking:
            return
        if not self._comparisons or self._comparisons[-1] != ballot.comparison:
            self._comparisons.append(ballot.comparison)
            self._base = len(self._cluster)
            self._cluster += [len(self._comparisons) - 1] * (k * (k - 1) // 2)
            self._ranks.append([])
        codes = self._read.get(ballot.ranking)
        if codes is None:
            codes = self._read[ballot.ranking] = _pair_codes(ballot.ranking, k)
        rater = self._names.setdefault(ballot.annotator, len(self._names))
        margin = NO_MARGIN if ballot.margin is None else ballot.margin
        for pair, found in enumerate(codes):
            self._unit.append(self._base + pair)
            self._rater.append(rater)
            self._code.append(found)
            self._margin.append(_signed(found, margin))
        self._judgments += 1
        self._none += ballot.none_acceptable
        if k > 2:
            self._ranks[-1].append(_tiers(ballot.ranking, k))

    def finish(self) -> Coded:
        names = sorted(self._names)
        place = np.zeros(len(names), dtype=np.int64)
        for new, name in enumerate(names):
            place[self._names[name]] = new
        rater = np.array(self._rater, dtype=np.int64)
        return Coded(
            unit=np.array(self._unit, dtype=np.int64),
            rater=place[rater] if names else rater,
            code=np.array(self._code, dtype=np.int64),
            margin=np.array(self._margin, dtype=np.int64),
            cluster=np.array(self._cluster, dtype=np.int64),
            names=tuple(names),
            comparisons=tuple(self._comparisons),
            n_judgments=self._judgments,
            none_acceptable=self._none,
            ranks=tuple(np.array(r, dtype=np.float64) for r in self._ranks if r),
        )


def _tiers(ranking: str, k: int) -> list[int]:
    ranks = [0] * k
    for i, tier in enumerate(ranking.split(">")):
        for place in tier.split("="):
            ranks[int(place)] = i
    return ranks


def _pair_codes(ranking: str, k: int) -> tuple[int, ...]:
    ranks = _tiers(ranking, k)
    return tuple(
        TIE if ranks[i] == ranks[j] else FIRST if ranks[i] < ranks[j] else SECOND
        for i, j in combinations(range(k), 2)
    )


def _signed(found: int, margin: int) -> int:
    if found == TIE:
        return 0
    if margin == NO_MARGIN:
        return NO_MARGIN
    return margin if found == FIRST else -margin
