"""How much the people behind a queue agree, in memory that does not grow with it."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from adjudge.services import agreement, coding
from adjudge.services.coding import FIRST, SECOND, TIE
from adjudge.stats.agreement import Alpha, Gwet, PercentAgreement
from adjudge.stats.counts import CountTable
from adjudge.stats.intervals import estimate
from adjudge.storage import exports, judgments

if TYPE_CHECKING:
    from adjudge.domain.queue import Queue
    from adjudge.storage.store import Unit

_CODES = {"0>1": FIRST, "1>0": SECOND, "0=1": TIE}


def measured(unit: Unit, queue: Queue) -> dict[str, Any]:
    """Measure what the card says of a queue: the numbers of ``agree``, fewer.

    A pairwise queue is counted as it streams: judgments of two responses have few
    different counts, however many there are.
    """
    if exports.most_responses(unit, queue.name) > 2:
        coded = coding.code(judgments.ballots(unit, queue.name))
        return agreement.measured(queue, coded)
    counts: Counter[tuple[int, int, int]] = Counter()
    names: set[str] = set()
    n = 0
    ballots = judgments.ballots(unit, queue.name)
    for _, cast in groupby(ballots, key=lambda b: b.comparison):
        found = [0, 0, 0]
        for ballot in cast:
            code = _CODES.get(ballot.ranking)
            if code is not None:
                found[code] += 1
                names.add(ballot.annotator)
                n += 1
        counts[found[0], found[1], found[2]] += 1
    counts.pop((0, 0, 0), None)
    winner = _winner(counts)
    numbers = {
        "queue": queue.name,
        "n_comparisons": sum(counts.values()),
        "n_units": winner["percent"]["n"],
        "n_judgments": n,
        "n_annotators": len(names),
        "winner": winner,
    }
    return {**numbers, "warnings": agreement.warnings(numbers)}


def _winner(counts: Counter[tuple[int, int, int]]) -> dict[str, agreement.Number]:
    table = CountTable.from_counts(
        np.array(sorted(counts), dtype=np.int64).reshape(-1, 3),
        np.array([counts[row] for row in sorted(counts)], dtype=np.int64),
    )
    return {
        name: agreement.as_json(estimate(table, statistic, seed=agreement.SEED))
        for name, statistic in (
            ("percent", PercentAgreement()),
            ("alpha", Alpha("nominal")),
            ("ac1", Gwet()),
        )
    }
