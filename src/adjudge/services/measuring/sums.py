"""What was kept of a queue, block by block, added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from adjudge.services.measuring.coding import CATEGORIES
from adjudge.services.measuring.counting import SHIFTS
from adjudge.stats.counts import unique_rows
from adjudge.stats.meetings import Meetings
from adjudge.storage import counts

if TYPE_CHECKING:
    from adjudge.services.measuring.coding import Floats, Ints
    from adjudge.storage.engine.store import Unit

_SIDE = len(CATEGORIES)


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

    @property
    def is_clustered(self) -> bool:
        """Tell whether some units are resampled together."""
        return any(len(keys) > 1 for keys in self.shared.values()) or any(
            ";" in key
            for key in (*self.alone, *(k for s in self.shared.values() for k in s))
        )

    def rows(self) -> tuple[Ints, Ints]:
        """Give the different counts, and how many comparisons show them.

        Right only where nothing is resampled together.
        """
        times = self.alone.copy()
        for keys in self.shared.values():
            times.update(keys)
        kept = [key for key in sorted(times) if key]
        rows = [unit for key in kept for unit in _numbers(key)]
        return _matrix(rows), np.array([times[key] for key in kept], dtype=np.int64)

    def units(self) -> tuple[Ints, Ints]:
        """Write every unit out again.

        Returns:
            Counts, shape (n_units, n_columns), and the cluster of each, shape
            (n_units,).
        """
        groups = [
            ([_numbers(key)], n) for key, n in sorted(self.alone.items()) if key
        ] + [
            ([_numbers(k) for k in keys], 1) for _, keys in sorted(self.shared.items())
        ]
        rows: list[list[int]] = []
        place: list[Ints] = []
        cluster: list[Ints] = []
        n_clusters = 0
        for keys, n in groups:
            units = [unit for key in keys for unit in key]
            place.append(np.tile(np.arange(len(rows), len(rows) + len(units)), n))
            owners = np.arange(n_clusters, n_clusters + n)
            cluster.append(np.repeat(owners, len(units)))
            rows += units
            n_clusters += n
        nothing = np.empty(0, dtype=np.int64)
        index = np.concatenate([*place, nothing])
        return _matrix(rows)[index], np.concatenate([*cluster, nothing])

    def fractions(self, place: int) -> tuple[Floats, Ints]:
        """Read the one or the other number of comparisons that are written so.

        Args:
            place: Which of the numbers of a comparison.

        Returns:
            Those that are there, shape (n,), and the cluster of each.
        """
        values: list[Floats] = []
        cluster: list[Ints] = []
        n_clusters = 0
        for key, times in sorted(self.alone.items()):
            if (value := _fraction(key, place)) is not None:
                values.append(np.full(times, value))
                cluster.append(np.arange(n_clusters, n_clusters + times))
                n_clusters += times
        for prompt in sorted(self.shared):
            found = [_fraction(key, place) for key in self.shared[prompt]]
            known = [value for value in found if value is not None]
            values.append(np.array(known, dtype=np.float64))
            cluster.append(np.full(len(known), n_clusters))
            n_clusters += 1
        nothing = np.empty(0, dtype=np.int64)
        return (
            np.concatenate([*values, nothing.astype(np.float64)]),
            np.concatenate([*cluster, nothing]),
        )


def _fraction(key: str, place: int) -> float | None:
    said = key.split(",")[place] if key else ""
    return float(said) if said else None


def _numbers(key: str) -> list[list[int]]:
    return [[int(n) for n in unit.split(",")] for unit in key.split(";") if unit]


def _matrix(rows: list[list[int]]) -> Ints:
    return np.array(rows, dtype=np.int64).reshape(
        len(rows), len(rows[0]) if rows else 0
    )


@dataclass
class Sums:
    """All that was counted of a queue, added up.

    Attributes:
        numbers: Numbers of people in ``cells``.
        cells: Tables of two people, a block at a time: their numbers, nine cells.
        ranked: The same of single rankings: two people's numbers, the nine cells packed
            into one, comparisons that look so.
    """

    judgments: int = 0
    comparisons: int = 0
    pairwise: bool = True
    kinds: dict[str, Patterns] = field(default_factory=lambda: defaultdict(Patterns))
    weeks: dict[str, dict[str, Patterns]] = field(default_factory=dict)
    week_judgments: Counter[str] = field(default_factory=Counter)
    seconds: Counter[float] = field(default_factory=Counter)
    people: dict[str, list[float]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    cells: list[Ints] = field(default_factory=list)
    ranked: list[Ints] = field(default_factory=list)

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
            for kind in ("winner", "margin", "ranks"):
                kinds[kind].add(found[kind])
        for seconds, n in body["seconds"].items():
            self.seconds[float(seconds)] += n
        for name, row in body["people"].items():
            before = self.people.get(name, [0.0] * len(row))
            self.people[name] = [a + b for a, b in zip(before, row, strict=True)]
        place = np.array(
            [self.numbers.setdefault(n, len(self.numbers)) for n in body["people"]],
            dtype=np.int64,
        )
        for rows, width, kept in (
            (body["pairs"], 2 + _SIDE**2, self.cells),
            (body["ranked"], 4, self.ranked),
        ):
            if rows:
                found = np.array(rows, dtype=np.int64).reshape(-1, width)
                found[:, :2] = place[found[:, :2]]
                kept.append(found)

    def pairs(self) -> dict[tuple[str, str], Ints]:
        """Add up the tables of every two people, by their names in order."""
        rows = [np.empty((0, 2 + _SIDE**2), dtype=np.int64), *self.cells]
        rows += [
            np.hstack((part[:, :2], part[:, 3:] * _unpacked(part[:, 2])))
            for part in self.ranked
        ]
        cells = np.concatenate(rows)
        key = cells[:, 0] * len(self.numbers) + cells[:, 1]
        keys, place = np.unique(key, return_inverse=True)
        tables = np.zeros((len(keys), _SIDE**2), dtype=np.int64)
        np.add.at(tables, place, cells[:, 2:])
        return {
            self._named(both): row.reshape(_SIDE, _SIDE)
            for both, row in zip(keys.tolist(), tables, strict=True)
        }

    def meetings(self) -> dict[tuple[str, str], Meetings]:
        """Give the tables of single comparisons, of everybody who ranked together."""
        if not self.ranked:
            return {}
        parts = list(self.ranked)
        for part in self.cells:
            # A comparison of two responses is a table with one judgment of each.
            which, cell = np.nonzero(part[:, 2:])
            one = np.left_shift(1, SHIFTS[cell])
            times = part[which, 2 + cell]
            parts.append(np.column_stack((part[which, :2], one, times)))
        rows = np.concatenate(parts)
        key = rows[:, 0] * len(self.numbers) + rows[:, 1]
        kinds, kind = unique_rows(np.column_stack((key, rows[:, 2])))
        times = np.bincount(kind, rows[:, 3], minlength=len(kinds)).astype(np.int64)
        tables = _unpacked(kinds[:, 1]).reshape(-1, _SIDE, _SIDE)
        starts = np.flatnonzero(np.diff(kinds[:, 0], prepend=-1))
        return {
            self._named(int(kinds[i, 0])): Meetings(tables[i:end], times[i:end])
            for i, end in pairwise([*starts.tolist(), len(kinds)])
        }

    def _named(self, both: int) -> tuple[str, str]:
        # Blocks name people in order, so the first stands before the second everywhere.
        names = list(self.numbers)
        return names[both // len(names)], names[both % len(names)]


def _unpacked(packed: Ints) -> Ints:
    """Unpack nine cells from one number. Shape (n, 9)."""
    return np.asarray((packed[:, None] >> SHIFTS) & 63)


def added_up(unit: Unit, queue: str) -> Sums:
    """Add up what was counted of a queue."""
    sums = Sums()
    for _, body in counts.blocks(unit, queue):
        sums.add(orjson.loads(body))
    return sums
