"""A queue at a glance: what the dashboard opens with, added up from kept counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from adjudge.domain.people import Act
from adjudge.domain.queue import SAMPLED
from adjudge.services import counting
from adjudge.services.agreement import LOW_ALPHA
from adjudge.services.bench import find_queue
from adjudge.services.coding import CATEGORIES
from adjudge.services.measures import (
    ENOUGH_COMMON,
    SEED,
    Counted,
    Number,
    as_json,
    nothing,
    value_of,
)
from adjudge.stats.agreement import Alpha
from adjudge.stats.counts import ClusteredTable, CountTable
from adjudge.stats.intervals import ratio_estimate
from adjudge.stats.kappa import cohen_estimate
from adjudge.stats.proportions import proportion
from adjudge.storage import counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from adjudge.domain.people import Actor
    from adjudge.domain.queue import Queue
    from adjudge.services.bench import Bench
    from adjudge.services.coding import Ints
    from adjudge.storage.store import Unit

MOST_PEOPLE = 60  # whose pairs are laid out; a table of more is read by nobody
_RESAMPLES = 200  # for each of up to 1,770 pairs
_PARTS = ("judgments", "ties", "none", "left", "told", "seconds", "timed")


@dataclass
class Patterns:
    """Comparisons by the counts they show, of one week or of all.

    Attributes:
        alone: Comparisons by key, of those whose prompt no other shares.
        shared: Keys by prompt, of the others.
    """

    alone: Counter[str] = field(default_factory=Counter)
    shared: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, found: dict[str, Any]) -> None:
        """Add those of one block."""
        self.alone.update(found["alone"])
        for prompt, keys in found["shared"].items():
            self.shared[prompt].extend(keys)

    def units(self) -> tuple[Ints, Ints]:
        """Write every unit out again.

        Returns:
            Counts, shape (n_units, n_columns), and the cluster of each, shape
            (n_units,).
        """
        rows: list[list[int]] = []
        times: list[int] = []
        width: list[int] = []
        for key, n in sorted(self.alone.items()):
            units = _numbers(key)
            rows += units
            times.append(n)
            width.append(len(units))
        matrix = _matrix(rows)
        # A pattern of m units that n comparisons show becomes n clusters of m units.
        start = np.cumsum(width) - np.array(width, dtype=np.int64)
        place = [
            np.tile(np.arange(s, s + w), n)
            for s, w, n in zip(start.tolist(), width, times, strict=True)
        ]
        size = np.repeat(np.array(width, np.int64), np.array(times, np.int64))
        cluster = np.repeat(np.arange(len(size)), size)
        index = np.concatenate([*place, np.empty(0, dtype=np.int64)])
        extra, owner = [], []
        for number, (_, keys) in enumerate(sorted(self.shared.items())):
            for key in keys:
                units = _numbers(key)
                extra += units
                owner += [len(size) + number] * len(units)
        found = matrix[index] if len(index) else matrix[:0]
        more = _matrix(extra)
        if not len(found):
            found = found.reshape(0, more.shape[1])
        if not len(more):
            more = more.reshape(0, found.shape[1])
        return (
            np.concatenate([found, more]),
            np.concatenate([cluster, np.array(owner, dtype=np.int64)]),
        )


def _numbers(key: str) -> list[list[int]]:
    return [[int(n) for n in unit.split(",")] for unit in key.split(";") if unit]


def _matrix(rows: list[list[int]]) -> Ints:
    return np.array(rows, dtype=np.int64).reshape(
        len(rows), len(rows[0]) if rows else 0
    )


@dataclass
class Sums:
    """All that was counted of a queue, added up."""

    judgments: int = 0
    comparisons: int = 0
    pairwise: bool = True
    kinds: dict[str, Patterns] = field(default_factory=lambda: defaultdict(Patterns))
    weeks: dict[str, dict[str, Patterns]] = field(default_factory=dict)
    week_judgments: Counter[str] = field(default_factory=Counter)
    seconds: Counter[float] = field(default_factory=Counter)
    people: dict[str, Any] = field(default_factory=dict)
    pairs: dict[str, Any] = field(default_factory=dict)

    def add(self, body: dict[str, Any]) -> None:
        """Add what was counted of one block."""
        self.judgments += body["judgments"]
        self.comparisons += body["comparisons"]
        self.pairwise = self.pairwise and body["pairwise"]
        for kind, found in body["all"].items():
            self.kinds[kind].add(found)
        for week, found in body["weeks"].items():
            self.week_judgments[week] += found["judgments"]
            kinds = self.weeks.setdefault(week, defaultdict(Patterns))
            for kind in ("winner", "margin"):
                kinds[kind].add(found[kind])
        for seconds, n in body["seconds"].items():
            self.seconds[float(seconds)] += n
        for name, row in body["people"].items():
            _plus(self.people, name, row)
        for pair, cells in body["pairs"].items():
            _plus(self.pairs, pair, cells)


def _plus(sums: dict[str, Any], key: str, row: list[float]) -> None:
    found = sums.get(key)
    sums[key] = (
        row if found is None else [a + b for a, b in zip(found, row, strict=True)]
    )


def added_up(unit: Unit, queue: str) -> Sums:
    """Add up what was counted of a queue."""
    sums = Sums()
    for _, body in counts.blocks(unit, queue):
        sums.add(orjson.loads(body))
    return sums


def glance(
    bench: Bench,
    actor: Actor,
    queue: str,
    *,
    tell: Callable[[int], bool] | None = None,
) -> dict[str, Any]:
    """Measure what the dashboard opens with, from counts that are brought up to date.

    Args:
        bench: The bench.
        actor: Who asks.
        queue: The queue.
        tell: Is told how many blocks are still to be counted, and says whether to go
            on; if not, the numbers are those of what was counted so far, and say so.

    Raises:
        UnknownError: If there is no such queue.
    """
    actor.must(Act.SEE_AGREEMENT)
    counting.advance(bench, actor, queue, tell=tell)
    with bench.store.read() as unit:
        found = find_queue(unit, queue)
        sums = added_up(unit, queue)
        waiting = counts.waiting(unit)
    document = measured(found, sums)
    document["at"] = bench.now()
    if waiting:
        document["warnings"].append(
            f"{waiting} blocks of {counts.BLOCK:,} tasks are not counted yet"
        )
    return document


def measured(queue: Queue, sums: Sums) -> dict[str, Any]:
    """Turn sums into numbers, each as ``agree`` gives it."""
    n_categories = len(CATEGORIES) if queue.ties else len(CATEGORIES) - 1
    winner = _counted(sums.kinds["winner"], n_categories)
    told = sum(int(row[4]) for row in sums.people.values())
    left = sum(int(row[3]) for row in sums.people.values())
    ties = sum(int(row[1]) for row in sums.people.values())
    together = _together(sums, n_categories)
    return {
        "queue": queue.name,
        "n_judgments": sums.judgments,
        "n_comparisons": sums.comparisons,
        "n_annotators": len(sums.people),
        "percent": _percent(winner),
        "alpha": _alpha(winner, "nominal"),
        "alpha_ordinal": _ordinal(sums.kinds, pairwise=sums.pairwise),
        "left_wins": as_json(proportion(left, told)),
        "ties": {
            "share": as_json(proportion(ties, sums.judgments))
            if sums.pairwise
            else nothing("ties are shares of comparisons of two responses")
        },
        "none_acceptable": {"share": _share(sums.kinds["none"])},
        "median_seconds": _median(sums.seconds),
        "weeks": [_week(sums, week, n_categories) for week in sorted(sums.weeks)],
        "people": [
            _person(name, sums, together.get(name, (0, 0)))
            for name in sorted(sums.people)
        ],
        "pairs": _pairs(sums, n_categories),
        "warnings": [*_drawn(queue), *_warnings(sums, winner)],
    }


def _counted(patterns: Patterns, n_categories: int) -> Counted | None:
    """Make the table that every number of these comparisons comes from."""
    matrix, cluster = patterns.units()
    if not len(matrix):
        return None
    # Whether units come in clusters is asked of all, also those that are dropped here.
    grouped = len(np.unique(cluster)) < len(matrix)
    rows = matrix[:, :n_categories]
    if grouped:
        return Counted(ClusteredTable.from_counts(rows, cluster))
    return Counted(CountTable.from_counts(rows))


def _alpha(counted: Counted | None, level: str) -> Number:
    if counted is None:
        return nothing("there are no judgments yet")
    return counted.number(Alpha("ordinal" if level == "ordinal" else "nominal"))


def _percent(counted: Counted | None) -> Number:
    return (
        nothing("there are no judgments yet") if counted is None else counted.percent()
    )


def _ordinal(kinds: dict[str, Patterns], *, pairwise: bool) -> Number:
    """Compute alpha on ±margin, 0 for a tie, as ``agree`` does."""
    matrix, cluster = kinds["margin"].units()
    middle = matrix.shape[1] // 2
    sided = np.delete(matrix, middle, axis=1) if len(matrix) else matrix
    if not pairwise or not sided.any():
        return nothing("no margins given")
    winner, _ = kinds["winner"].units()
    grouped = len(np.unique(cluster)) < len(winner)
    table: ClusteredTable | CountTable = (
        ClusteredTable.from_counts(matrix, cluster)
        if grouped
        else CountTable.from_counts(matrix)
    )
    return Counted(table).number(Alpha("ordinal"))


def _share(patterns: Patterns) -> Number:
    """Compute the share of a flag; the interval resamples comparisons."""
    matrix, cluster = patterns.units()
    if not len(matrix):
        return nothing("there are no judgments yet")
    found = as_json(
        ratio_estimate(matrix[:, 0], matrix[:, 1], seed=SEED, clusters=cluster)
    )
    if found["value"] in {0.0, 1.0}:
        size = len(np.unique(cluster))
        sure = proportion(size if found["value"] else 0, size)
        found |= {"low": sure.low, "high": sure.high, "reason": None}
    return {**found, "n": int(matrix[:, 1].sum())}


def _median(seconds: Counter[float]) -> dict[str, Any]:
    """Take the middle of the times taken, which are kept to the second."""
    n = sum(seconds.values())
    if not n:
        return {"value": None, "n": 0, "reason": "undefined: no times were measured"}
    values = sorted(seconds)
    upto = np.cumsum([seconds[v] for v in values])
    low, high = np.searchsorted(upto, [(n - 1) // 2 + 1, n // 2 + 1])
    return {"value": (values[low] + values[high]) / 2, "n": n, "reason": None}


def _week(sums: Sums, week: str, n_categories: int) -> dict[str, Any]:
    kinds = sums.weeks[week]
    counted = _counted(kinds["winner"], n_categories)
    return {
        "week": week,
        "n_judgments": sums.week_judgments[week],
        "alpha": _alpha(counted, "nominal"),
        "percent": _percent(counted),
        "alpha_ordinal": _ordinal(kinds, pairwise=sums.pairwise),
    }


def _together(sums: Sums, n_categories: int) -> dict[str, tuple[int, int]]:
    """Count, for each person, pairs with anybody else: the same answer, and all."""
    found: dict[str, tuple[int, int]] = {}
    for pair, cells in sums.pairs.items():
        table = np.array(cells, dtype=np.int64).reshape(len(CATEGORIES), -1)
        table = table[:n_categories, :n_categories]
        same, n = int(np.trace(table)), int(table.sum())
        for name in orjson.loads(pair):
            before = found.get(name, (0, 0))
            found[name] = (before[0] + same, before[1] + n)
    return found


def _person(name: str, sums: Sums, together: tuple[int, int]) -> dict[str, Any]:
    row = dict(zip(_PARTS, sums.people[name], strict=True))
    timed = int(row["timed"])
    return {
        "name": name,
        "judgments": int(row["judgments"]),
        "ties": int(row["ties"]),
        "none_acceptable": int(row["none"]),
        "same_as_others": as_json(proportion(*together)),
        "left_wins": as_json(proportion(int(row["left"]), int(row["told"]))),
        "active_seconds": row["seconds"],
        "mean_seconds": row["seconds"] / timed if timed else None,
    }


def _pairs(sums: Sums, n_categories: int) -> list[dict[str, Any]]:
    """Compare everybody with everybody; of many people, those who judged most."""
    busy = sorted(sums.people, key=lambda n: (-sums.people[n][0], n))[:MOST_PEOPLE]
    chosen = set(busy)
    tables = {}
    for pair, cells in sums.pairs.items():
        a, b = orjson.loads(pair)
        if a in chosen and b in chosen:
            table = np.array(cells, dtype=np.int64).reshape(len(CATEGORIES), -1)
            tables[a, b] = table[:n_categories, :n_categories]
    return [
        {
            "a": a,
            "b": b,
            "n": int(table.sum()),
            "percent": as_json(proportion(int(np.trace(table)), int(table.sum()))),
            "kappa": _kappa(table, int(table.sum())),
        }
        for (a, b), table in sorted(tables.items())
        if table.any()
    ]


def _kappa(table: Ints, n: int) -> Number:
    if n < ENOUGH_COMMON:
        return nothing(f"fewer than {ENOUGH_COMMON} comparisons in common", n)
    return as_json(cohen_estimate(table, seed=SEED, n_resamples=_RESAMPLES))


def _drawn(queue: Queue) -> list[str]:
    """Say on what agreement is measured where tasks stop early."""
    if queue.adaptive is None:
        return []
    return [
        f"agreement is measured on the random {SAMPLED:.0%} that always get "
        f"{queue.adaptive.most} judgments"
    ]


def _warnings(sums: Sums, winner: Counted | None) -> list[str]:
    """Say in words what a reader of these numbers should know."""
    if not sums.judgments:
        return ["there are no judgments yet"]
    if len(sums.people) == 1:
        return ["one person judged alone: agreement takes two"]
    said = []
    alpha = _alpha(winner, "nominal")
    value = value_of(alpha)
    if value is None:
        said.append(f"alpha is {alpha['reason']}")
    elif value < LOW_ALPHA:
        said.append(f"alpha is {value:.2f}: people hardly agree beyond chance")
    if len(sums.people) > MOST_PEOPLE:
        said.append(
            f"of {len(sums.people):,} people the {MOST_PEOPLE} who judged most are "
            "compared in pairs"
        )
    return said
