"""Which model is better: a league table out of everybody's judgments.

Bradley and Terry's model, or Davidson's where people tie, and Plackett and Luce's where
whole rankings were asked for.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson
import scipy

from adjudge.domain.words import count_of
from adjudge.errors import NotEnoughDataError
from adjudge.services.measuring import coding
from adjudge.services.measuring.coding import SECOND, TIE, Coded
from adjudge.services.measuring.measures import SEED, reason_of
from adjudge.stats.ranking import DEFAULT_PRIOR, Worths, bradley_terry, plackett_luce
from adjudge.stats.ties import davidson
from adjudge.storage import tallies

if TYPE_CHECKING:
    from adjudge.services.measuring.coding import Bools, Floats, Ints
    from adjudge.storage.engine.store import Unit

_RESAMPLES = 200
_NAMED = 10  # models named in a warning
_QUICK = {"tolerance": 1e-5, "max_iter": 300}  # for one resample among many


class _Met(NamedTuple):
    """Who met whom: judgments by model, and who was ever put above or level with."""

    games: Ints
    above: Bools

    def endless(self, groups: Ints) -> Bools:
        """Mark models of groups in which somebody never lost to somebody else."""
        n_parts, part = scipy.sparse.csgraph.connected_components(
            self.above.astype(np.int64), directed=True, connection="strong"
        )
        first = np.full(len(groups), n_parts)
        np.minimum.at(first, groups, part)
        is_split = np.zeros(len(groups), dtype=np.bool_)
        is_split[groups[part != first[groups]]] = True
        return np.asarray(is_split[groups])


def table(unit: Unit, queue: str) -> dict[str, Any]:
    """Rank the models of a queue by everybody's judgments."""
    coded = coding.read(unit, queue, everything=True)
    models = tallies.models_of(unit, queue)
    return of_coded(coded, models)


def of_coded(coded: Coded, models: dict[int, str]) -> dict[str, Any]:
    """Rank models on coded judgments.

    Args:
        coded: The judgments.
        models: JSON list of a comparison's models by task id.
    """
    lists = [orjson.loads(models.get(t, "[]")) for t in coded.tasks.tolist()]
    names = sorted({m for found in lists for m in found if m is not None})
    if len(names) < 2:
        return _nothing("fewer than two models are named in the comparisons")
    if coded.is_pairwise:
        return _pairwise(coded, lists, names)
    return _ranked(coded, lists, names)


def nothing() -> dict[str, Any]:
    """Give the table nobody asked for."""
    return _nothing("not asked for")


def _nothing(reason: str) -> dict[str, Any]:
    return {"model": None, "reason": reason, "rows": [], "warnings": []}


def _pairwise(
    coded: Coded, lists: list[list[str | None]], names: list[str]
) -> dict[str, Any]:
    """Fit Davidson's model, or Bradley and Terry's where nobody tied."""
    place = {name: i for i, name in enumerate(names)}
    sides = np.array(
        [
            [place.get(m, -1) if m is not None else -1 for m in (found or [None] * 2)]
            for found in lists
        ],
        dtype=np.int64,
    ).reshape(-1, 2)
    side = sides[coded.comparison[coded.judgment]]
    told = (side >= 0).all(axis=1) & (side[:, 0] != side[:, 1])
    side, code = side[told], coded.code[told]
    cluster = coded.prompt[coded.comparison[coded.judgment[told]]]
    n = len(names)
    won = np.where(
        code == SECOND, side[:, 1] * n + side[:, 0], side[:, 0] * n + side[:, 1]
    )
    has_ties = bool((code == TIE).any()) and bool((code != TIE).any())
    name = "davidson" if has_ties else "bradley-terry"

    def fit(times: Floats, **options: float) -> tuple[Worths, float | None]:
        decided = code != TIE
        wins = np.bincount(won[decided], times[decided], minlength=n * n).reshape(n, n)
        level = np.bincount(won[~decided], times[~decided], minlength=n * n)
        ties = level.reshape(n, n) + level.reshape(n, n).T
        if has_ties:
            found = davidson(wins, ties, prior=options.get("prior", DEFAULT_PRIOR))
            return found.worths, found.tie
        return bradley_terry(wins + ties / 2.0, **options), None  # type: ignore[arg-type]

    games = np.bincount(side.ravel(), minlength=n)
    above = np.bincount(won, minlength=n * n).reshape(n, n) > 0
    level = np.bincount(won[code == TIE], minlength=n * n).reshape(n, n) > 0
    return _fitted(name, names, _Met(games, above | level.T), fit, cluster)


def _ranked(
    coded: Coded, lists: list[list[str | None]], names: list[str]
) -> dict[str, Any]:
    """Fit Plackett and Luce's model to the rankings without ties."""
    place = {name: i for i, name in enumerate(names)}
    said = [coding.said(v).ranking for v in coded.votes.texts["said"].values]
    column = coded.votes.texts["said"].code
    judged: list[tuple[int, list[int]]] = []
    left_out = 0
    for judgment, comparison in enumerate(coded.comparison.tolist()):
        ranking, found = said[column[judgment]], lists[comparison]
        told = [m for m in found if m is not None]
        if "=" in ranking or len(told) < len(found) or len(set(told)) < len(told):
            left_out += 1
            continue
        row = [place[told[int(p)]] for p in ranking.split(">")]
        judged.append((comparison, row))
    if not judged:
        return _nothing("no ranking without ties names different models")
    # The fit adds fractions up: in one order, whichever the store gives.
    judged.sort()
    owners, rows = zip(*judged, strict=True)
    width = max(map(len, rows))
    matrix = np.array([r + [-1] * (width - len(r)) for r in rows], dtype=np.int64)
    games = np.bincount(matrix[matrix >= 0], minlength=len(names))

    def fit(times: Floats, **options: float) -> tuple[Worths, float | None]:
        drawn = np.repeat(matrix, times.astype(np.int64), axis=0)
        return plackett_luce(drawn, len(names), **options), None  # type: ignore[arg-type]

    cluster = coded.prompt[np.array(owners, dtype=np.int64)]
    above = np.zeros((len(names), len(names)), dtype=np.bool_)
    for ahead, behind in itertools.combinations(matrix.T, 2):
        there = behind >= 0
        above[ahead[there], behind[there]] = True
    met = _Met(games, above)
    table = _fitted("plackett-luce", names, met, fit, cluster)
    if left_out:
        table["warnings"].append(
            f"left out: {count_of(left_out, 'ranking')} with ties, or of unnamed models"
        )
    return table


def _fitted(
    name: str, names: list[str], met: _Met, fit: Any, cluster: Ints
) -> dict[str, Any]:
    """Fit, resample, and say what keeps the models from being compared."""
    try:
        worths, tie = fit(np.ones(len(cluster)))
    except NotEnoughDataError as error:
        return _nothing(reason_of(error))
    groups = worths.components
    log_worth = _centred(worths.log_worth, groups)
    endless = met.endless(groups)
    low, high = _interval(fit, cluster, groups)
    order = np.argsort(-log_worth, kind="stable")
    warnings = []
    if not worths.is_connected:
        warnings.append(
            "some models were never compared with some others, not even through "
            "third ones: nothing ranks them across these groups"
        )
    if endless.any():
        unbeaten = ", ".join(names[i] for i in np.flatnonzero(endless)[:_NAMED])
        warnings.append(
            "some models never lost to some others: only the prior keeps the distance "
            f"between them finite, and no interval says how sure it is ({unbeaten})"
        )
    if not worths.converged:
        warnings.append(f"the fit did not come to rest in {worths.n_iter} steps")
    return {
        "model": name,
        "reason": None,
        "tie": tie,
        "n_iter": worths.n_iter,
        "converged": worths.converged,
        "log_likelihood": worths.log_likelihood,
        "rows": [
            {
                "name": names[i],
                "log_worth": float(log_worth[i]),
                "low": None if endless[i] else low[i],
                "high": None if endless[i] else high[i],
                "n": int(met.games[i]),
                "group": int(groups[i]),
            }
            for i in order.tolist()
        ],
        "warnings": warnings,
    }


def _centred(log_worth: Floats, groups: Ints) -> Floats:
    """Give every group the mean 0: between groups there is no distance."""
    means = np.bincount(groups, log_worth) / np.bincount(groups)
    return np.asarray(log_worth - means[groups])


def _interval(
    fit: Any, cluster: Ints, groups: Ints
) -> tuple[list[float | None], list[float | None]]:
    """Resample clusters; none where there is only one."""
    n_models = len(groups)
    _, place = np.unique(cluster, return_inverse=True)
    n = int(place.max(initial=-1)) + 1
    if n < 2:
        return [None] * n_models, [None] * n_models
    rng = np.random.default_rng(SEED)
    drawn = []
    for _ in range(_RESAMPLES):
        times = np.bincount(rng.integers(0, n, n), minlength=n)[place]
        try:
            worths, _ = fit(times.astype(np.float64), **_QUICK)
            drawn.append(_centred(worths.log_worth, groups))
        except NotEnoughDataError:
            continue
    if len(drawn) < 0.95 * _RESAMPLES:
        return [None] * n_models, [None] * n_models
    low, high = np.quantile(np.array(drawn), [0.025, 0.975], axis=0)
    return [float(v) for v in low], [float(v) for v in high]
