"""A queue at a glance: what the dashboard opens with, added up from kept counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adjudge.domain.dataset import LOW_ALPHA
from adjudge.domain.people import Act
from adjudge.domain.queue import SAMPLED
from adjudge.domain.words import count_of
from adjudge.services.bench import find_queue
from adjudge.services.measuring import adjudication, counting
from adjudge.services.measuring.agreement import RATED
from adjudge.services.measuring.coding import CATEGORIES
from adjudge.services.measuring.measures import (
    ENOUGH_COMMON,
    JUDGED,
    SEED,
    Counted,
    Number,
    as_json,
    kappa_of,
    nothing,
    value_of,
)
from adjudge.services.measuring.sums import Patterns, Sums, added_up
from adjudge.stats.agreement import Alpha
from adjudge.stats.counts import ClusteredTable, CountTable
from adjudge.stats.intervals import mean_estimate, ratio_estimate
from adjudge.stats.kappa import cohen_estimate
from adjudge.stats.proportions import proportion, wilson_interval
from adjudge.storage import counts, results

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping

    from adjudge.domain.people import Actor
    from adjudge.domain.queue import Queue
    from adjudge.services.bench import Bench
    from adjudge.services.measuring.coding import Ints
    from adjudge.stats.meetings import Meetings

MOST_PEOPLE = 24  # whose pairs are laid out; a table of more is read by nobody
_RESAMPLES = 200  # for each of up to 276 pairs
_PARTS = ("judgments", "ties", "none", "left", "told", "seconds", "timed")


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
        causes = results.causes(unit, queue)
    document = measured(found, sums)
    if found.kind == "rate":
        document |= _of_ratings()
    document["decided"] = {
        "n": sum(causes.values()),
        "causes": adjudication.named(causes),
    }
    document["at"] = bench.now()
    if waiting:
        document["warnings"].append(
            f"{count_of(waiting, 'block is', 'blocks are')} not counted yet, of "
            f"{counts.BLOCK:,} tasks each"
        )
    return document


def measured(queue: Queue, sums: Sums) -> dict[str, Any]:
    """Turn sums into numbers, each as ``agree`` gives it."""
    n_categories = len(CATEGORIES) if queue.ties else len(CATEGORIES) - 1
    winner = _counted(sums.kinds["winner"], n_categories)
    pairs = {
        names: table[:n_categories, :n_categories]
        for names, table in sums.pairs().items()
    }
    met = {names: found.among(n_categories) for names, found in sums.meetings().items()}
    told = sum(int(row[4]) for row in sums.people.values())
    left = sum(int(row[3]) for row in sums.people.values())
    ties = sum(int(row[1]) for row in sums.people.values())
    together = _together(pairs)
    return {
        "queue": queue.name,
        "n_judgments": sums.judgments,
        "n_comparisons": sums.comparisons,
        "n_annotators": len(sums.people),
        "rankings": not sums.pairwise,
        "percent": _percent(winner),
        "alpha": _alpha(winner, "nominal"),
        "alpha_ordinal": _ordinal(sums.kinds, pairwise=sums.pairwise),
        **_concordance(sums.kinds["ranks"], pairwise=sums.pairwise),
        "left_wins": _sides(left, told, sums),
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
        "pairs": _pairs(sums, pairs, met),
        "warnings": [*_drawn(queue), *_warnings(sums, winner)],
    }


def _of_ratings() -> dict[str, Any]:
    """Say why a queue of ratings has none of these numbers, and where it has some."""
    asked = ("percent", "alpha", "alpha_ordinal", "kendall_w", "tau_b")
    words = f"{RATED}: `adjudge agree` has the agreement on each criterion"
    return {**dict.fromkeys(asked, nothing(RATED)), "warnings": [words]}


def _counted(patterns: Patterns, n_categories: int) -> Counted | None:
    """Make the table that every number of these comparisons comes from."""
    if not patterns.is_clustered:
        rows, times = patterns.rows()
        if not len(rows):
            return None
        rows = rows[:, :n_categories]
        return Counted(CountTable.from_counts(rows, times, fewest=JUDGED))
    matrix, cluster = patterns.units()
    rows = matrix[:, :n_categories]
    return Counted(ClusteredTable.from_counts(rows, cluster, fewest=JUDGED))


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
    rows, _ = kinds["margin"].rows()
    middle = rows.shape[1] // 2
    if not len(rows) or not pairwise or not np.delete(rows, middle, axis=1).any():
        return nothing("no margins given")
    return _alpha(_counted(kinds["margin"], rows.shape[1]), "ordinal")


def _concordance(patterns: Patterns, *, pairwise: bool) -> dict[str, Number]:
    """Average Kendall's W and tau-b over rankings, as ``agree`` does."""
    if pairwise:
        none = nothing("no comparison of three or more responses has two judgments")
        return {"kendall_w": none, "tau_b": none}
    found = {}
    for place, name in enumerate(("kendall_w", "tau_b")):
        values, clusters = patterns.fractions(place)
        found[name] = as_json(mean_estimate(values, seed=SEED, clusters=clusters))
    return found


def _share(patterns: Patterns) -> Number:
    """Compute the share of a flag; the interval resamples comparisons."""
    matrix, cluster = patterns.units()
    if not len(matrix):
        return nothing("there are no judgments yet")
    hits, n_judgments = (int(n) for n in matrix.sum(axis=0))
    n_clusters = int(cluster[-1]) + 1
    if hits in {0, n_judgments}:
        # Resampling what never varies would call it certain.
        sure = proportion(n_clusters if hits else 0, n_clusters)
        value = 1.0 if hits else 0.0
        return {**as_json(sure), "value": value, "n": n_judgments}
    clusters = cluster if patterns.is_clustered else None
    found = ratio_estimate(matrix[:, 0], matrix[:, 1], seed=SEED, clusters=clusters)
    return {**as_json(found), "n": n_judgments}


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
        **_concordance(kinds["ranks"], pairwise=sums.pairwise),
    }


def _together(pairs: Mapping[tuple[str, str], Ints]) -> dict[str, tuple[int, int]]:
    """Count, for each person, pairs with anybody else: the same answer, and all."""
    found: dict[str, tuple[int, int]] = {}
    for names, table in pairs.items():
        same, n = int(np.trace(table)), int(table.sum())
        for name in names:
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
        "same_as_others": _as_others(*together, judgments=int(row["judgments"])),
        "left_wins": _sides(int(row["left"]), int(row["told"]), sums),
        "active_seconds": row["seconds"] if timed else None,
        "mean_seconds": row["seconds"] / timed if timed else None,
    }


def _sides(left: int, told: int, sums: Sums) -> Number:
    if sums.pairwise or told:
        return as_json(proportion(left, told))
    return nothing("sides are counted where all comparisons have two responses")


def _as_others(same: int, n: int, *, judgments: int) -> Number:
    """Share the pairs with others; the interval is that of as many judgments.

    The pairs of one judgment stand and fall together: they count as one.
    """
    found = as_json(proportion(same, n))
    if not n or judgments >= n:
        return found
    once = wilson_interval(same * judgments / n, judgments)
    return {**found, "low": once.low, "high": once.high, "n": judgments}


def _pairs(
    sums: Sums,
    pairs: Mapping[tuple[str, str], Ints],
    met: Mapping[tuple[str, str], Meetings],
) -> list[dict[str, Any]]:
    """Compare everybody with everybody; of many people, those who judged most."""
    busy = sorted(sums.people, key=lambda n: (-sums.people[n][0], n))[:MOST_PEOPLE]
    chosen = set(busy)
    return [
        {"a": names[0], "b": names[1], **_pair(table, met.get(names))}
        for names, table in sorted(pairs.items())
        if chosen.issuperset(names) and table.any()
    ]


def _pair(table: Ints, met: Meetings | None) -> dict[str, Any]:
    """Compare two people; the pairs of responses of one ranking stay together."""
    n_units = int(table.sum())
    n = n_units if met is None else met.n_clusters
    few = n < ENOUGH_COMMON
    kappa = nothing(f"fewer than {ENOUGH_COMMON} comparisons in common", n_units)
    if met is None:
        if not few:
            kappa = as_json(cohen_estimate(table, seed=SEED, n_resamples=_RESAMPLES))
        percent = as_json(proportion(int(np.trace(table)), n_units))
    else:
        if not few:
            kappa = kappa_of(met, _RESAMPLES)
        percent = as_json(met.percent(seed=SEED, n_resamples=_RESAMPLES))
    return {"n": n, "percent": percent, "kappa": kappa}


def _drawn(queue: Queue) -> list[str]:
    """Say on what agreement is measured where tasks stop early."""
    if queue.adaptive is None:
        return []
    return [
        f"agreement is measured on the random {SAMPLED:.0%} that always get "
        f"{count_of(queue.adaptive.most, 'judgment')}"
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
        said.append(f"alpha is {value:z.2f}: people hardly agree beyond chance")
    if len(sums.people) > MOST_PEOPLE:
        said.append(
            f"of {len(sums.people):,} people the {MOST_PEOPLE} who judged most are "
            "compared in pairs"
        )
    return said
