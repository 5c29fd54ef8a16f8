"""Agreement of a queue: how much people agree, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adjudge.domain.people import Act, Actor
from adjudge.services import coding
from adjudge.services.bench import Bench, find_queue
from adjudge.services.coding import CATEGORIES, NO_MARGIN, TIE, Coded
from adjudge.stats import concordance, kappa, proportions, weights
from adjudge.stats.agreement import Alpha, Coefficient, Gwet, PercentAgreement
from adjudge.stats.counts import ClusteredTable, CountTable
from adjudge.stats.intervals import Estimate, estimate, mean_estimate
from adjudge.storage import judgments

if TYPE_CHECKING:
    from adjudge.domain.queue import Queue

SEED = 20_260_105  # of every interval, so that the same data say the same
LOW_ALPHA = 0.2  # below this, an export has to be asked for twice
_MARGINS = (-3, -2, -1, 0, 1, 2, 3)
_SMALL = 20  # units below which a number is said to be rough

Number = dict[str, float | int | str | None]


def agree(bench: Bench, actor: Actor, queue: str) -> dict[str, Any]:
    """Measure agreement on the standing judgments of a queue.

    Gold, repeats and training do not count; late and surplus judgments do.

    Raises:
        UnknownError: If there is no such queue.
    """
    actor.must(Act.SEE_AGREEMENT)
    with bench.store.read() as unit:
        found = find_queue(unit, queue)
        coded = coding.code(judgments.ballots(unit, queue))
    return measured(found, coded)


def measured(queue: Queue, coded: Coded) -> dict[str, Any]:
    """Turn coded judgments into the numbers that ``agree --json`` prints."""
    with_ties = _winner(coded, coded.code >= 0, 3)
    numbers: dict[str, Any] = {
        "queue": queue.name,
        "n_comparisons": len(coded.comparisons),
        "n_units": with_ties["percent"]["n"],
        "n_judgments": coded.n_judgments,
        "n_annotators": len(coded.names),
        "categories": list(CATEGORIES),
        "winner": with_ties,
        "winner_without_ties": _winner(coded, coded.code != TIE, 2),
        "margin": _margin(coded),
        "ranking": _ranking(coded),
        "none_acceptable": {
            "share": as_json(
                proportions.proportion(coded.none_acceptable, coded.n_judgments)
            )
        },
        "pairs": _pairs(coded),
    }
    numbers["warnings"] = warnings(numbers)
    return numbers


def as_json(found: Estimate) -> Number:
    """Write a number with its interval, units, and reason where undefined."""
    return {
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "n": found.n,
        "reason": found.reason,
    }


def _table(
    coded: Coded, keep: np.ndarray[Any, Any], codes: np.ndarray[Any, Any], n: int
) -> CountTable | ClusteredTable:
    unit, code = coded.unit[keep], codes[keep]
    if coded.is_clustered:
        return ClusteredTable.from_codes(unit, code, n, coded.cluster)
    return CountTable.from_codes(unit, code, n)


def _winner(coded: Coded, keep: np.ndarray[Any, Any], n: int) -> dict[str, Number]:
    table = _table(coded, keep, coded.code, n)
    return {
        "percent": _number(table, PercentAgreement()),
        "alpha": _number(table, Alpha("nominal")),
        "ac1": _number(table, Gwet()),
    }


def _number(table: CountTable | ClusteredTable, statistic: Coefficient) -> Number:
    return as_json(estimate(table, statistic, seed=SEED))


def _margin(coded: Coded) -> dict[str, Number]:
    """Code ±margin, 0 for a tie; a preference without a margin is left out."""
    keep = coded.margin != NO_MARGIN
    if coded.ranks or not coded.margin[keep].any():
        # Ties alone would agree perfectly on a question that nobody was asked.
        nothing = as_json(Estimate(None, None, None, 0, "undefined: no margins given"))
        return {"alpha_ordinal": nothing, "ac2": nothing}
    table = _table(coded, keep, coded.margin + 3, len(_MARGINS))
    agreed = Gwet(weights.quadratic_weights(len(_MARGINS)))
    return {
        "alpha_ordinal": _number(table, Alpha("ordinal")),
        "ac2": _number(table, agreed),
    }


def _ranking(coded: Coded) -> dict[str, Number]:
    """Average over comparisons of three or more responses."""
    judged = [ranks[None] for ranks in coded.ranks if len(ranks) > 1]
    return {
        "kendall_w": _mean([concordance.each_kendall_w(r)[0] for r in judged]),
        "tau_b": _mean([concordance.each_mean_tau_b(r)[0] for r in judged]),
    }


def _mean(values: list[float]) -> Number:
    return as_json(mean_estimate([v for v in values if not np.isnan(v)], seed=SEED))


def _pairs(coded: Coded) -> list[dict[str, Any]]:
    """List every pair of people with units in common."""
    found = kappa.rater_pairs(coded.unit, coded.rater, coded.code, len(CATEGORIES))
    rows = []
    for i, table in enumerate(found.tables):
        a, b = coded.names[found.first[i]], coded.names[found.second[i]]
        value = as_json(kappa.cohen_estimate(table, seed=SEED))
        n = int(table.sum())
        percent = float(np.trace(table)) / n
        rows.append({"a": a, "b": b, "n": n, "percent": percent, "kappa": value})
    return rows


def warnings(numbers: dict[str, Any]) -> list[str]:
    """Say in words what a reader of these numbers should know."""
    winner = numbers["winner"]
    said = []
    if numbers["n_judgments"] == 0:
        return ["there are no judgments yet"]
    alpha = winner["alpha"]["value"]
    if alpha is None:
        said.append(f"alpha is {winner['alpha']['reason']}")
    elif alpha < LOW_ALPHA:
        said.append(
            f"alpha is {alpha:.2f}: people hardly agree beyond chance; read the "
            "disputed comparisons and the guideline before exporting"
        )
    if 0 < numbers["n_units"] < _SMALL:
        said.append(
            f"only {numbers['n_units']} comparisons have two or more judgments: "
            "these numbers are rough"
        )
    return said


def is_low(numbers: dict[str, Any]) -> bool:
    """Tell whether agreement is so low that an export must be confirmed."""
    alpha = numbers["winner"]["alpha"]["value"]
    return alpha is not None and alpha < LOW_ALPHA
