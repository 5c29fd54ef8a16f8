"""Agreement on more than the winner: reason tags, and ratings by criterion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import orjson

from adjudge.domain.judging import WHOLE
from adjudge.errors import NotEnoughDataError
from adjudge.services.measuring.coding import exploded
from adjudge.services.measuring.measures import Counted, Number, as_json, nothing
from adjudge.stats.agreement import Alpha
from adjudge.stats.intervals import Estimate, undefined
from adjudge.stats.sets import jaccard_distances, masi_distances, set_codes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adjudge.services.measuring.coding import Coded, Floats, Ints

Words: TypeAlias = frozenset[tuple[int, str]]  # place of the response, tag
Distances: TypeAlias = "Callable[[Ints], Floats]"  # of every two sets

_MOST_SETS = 500  # different sets, before a table of all of them is too dear
_MOST_CELLS = 20_000_000


def criteria(coded: Coded) -> dict[str, dict[str, Number]]:
    """Measure agreement on each criterion; a unit is a response of a comparison."""
    column = coded.votes.texts.get("ratings")
    if column is None:
        return {}
    parsed: list[dict[str, dict[str, float]]] = [
        orjson.loads(value) for value in column.values
    ]
    names = sorted({c for one in parsed for scores in one.values() for c in scores})
    responses = sorted({response for one in parsed for response in one})
    scale = sorted(
        {s for one in parsed for scores in one.values() for s in scores.values()}
    )
    place = {
        **{("name", c): i for i, c in enumerate(names)},
        **{("response", r): i for i, r in enumerate(responses)},
    }
    score_of = {score: i for i, score in enumerate(scale)}
    parts = [
        np.array(
            [
                (place["name", c], place["response", r], score_of[s])
                for r, scores in one.items()
                for c, s in scores.items()
            ],
            dtype=np.int64,
        ).reshape(-1, 3)
        for one in parsed
    ]
    judgment, rows = exploded(column.code, parts)
    found = {}
    for i, name in enumerate(names):
        chosen = rows[:, 0] == i
        if chosen.any():
            unit = coded.comparison[judgment[chosen]] * len(responses)
            found[name] = _criterion(
                coded, unit + rows[chosen, 1], rows[chosen, 2], len(responses)
            )
    return found


def _criterion(
    coded: Coded, key: Ints, score: Ints, n_responses: int
) -> dict[str, Number]:
    units, unit = np.unique(key, return_inverse=True)
    values, code = np.unique(score, return_inverse=True)
    cluster = coded.prompt[units // n_responses]
    grouped = len(np.unique(cluster)) < len(units)
    counted = Counted.of(unit, code, len(values), cluster, grouped=grouped)
    return {
        "percent": counted.percent(),
        "alpha_ordinal": counted.number(Alpha("ordinal")),
    }


def has_reasons(coded: Coded) -> bool:
    """Tell whether any judgment gives a reason."""
    column = coded.votes.texts.get("reasons")
    if column is None:
        return False
    used = np.unique(column.code)
    return any(column.values[i] != "{}" for i in used.tolist())


def reasons(
    coded: Coded, ids: Mapping[int, str], *, everything: bool = False
) -> dict[str, Any]:
    """Measure agreement on reason tags.

    ``masi_alpha`` compares all that a judgment says about all responses; ``by_tag``
    compares, for each tag, the responses it was given to.

    Args:
        coded: With the column ``reasons``.
        ids: JSON list of a comparison's responses, by task id.
        everything: Add ``jaccard_alpha``.
    """
    distances: dict[str, Distances] = {"masi_alpha": masi_distances}
    if everything:
        distances["jaccard_alpha"] = jaccard_distances
    if not has_reasons(coded):
        none = nothing("no reasons given")
        return {**dict.fromkeys(distances, none), "by_tag": {}}
    said, column = _said(coded, ids)
    tags = sorted({tag for one in said for _, tag in one})
    return {
        **_sets(coded, said, column, distances),
        "by_tag": {tag: _tag(coded, said, column, tag) for tag in tags},
    }


def _said(coded: Coded, ids: Mapping[int, str]) -> tuple[list[Words], Ints]:
    """Read reasons with responses by their place; gives an index per judgment."""
    column = coded.votes.texts["reasons"]
    lists = sorted({ids[int(t)] for t in coded.tasks.tolist()})
    number = {text: i for i, text in enumerate(lists)}
    of_comparison = np.array(
        [number[ids[int(t)]] for t in coded.tasks.tolist()], dtype=np.int64
    )
    empty = np.array([value == "{}" for value in column.values])
    known = np.where(empty[column.code], 0, of_comparison[coded.comparison])
    both, place = np.unique(
        np.column_stack((column.code, known)), axis=0, return_inverse=True
    )
    parsed = [orjson.loads(value) for value in column.values]
    places = [
        {r: i for i, r in enumerate([*orjson.loads(text), WHOLE])} for text in lists
    ]
    said = [
        frozenset(
            (places[listed][where], tag)
            for where, tags in parsed[value].items()
            for tag in tags
        )
        for value, listed in both.tolist()
    ]
    kinds = {one: i for i, one in enumerate(dict.fromkeys(said))}
    merged = np.array([kinds[one] for one in said], dtype=np.int64)
    return list(kinds), merged[place.ravel()]


def _tag(coded: Coded, said: list[Words], column: Ints, tag: str) -> Number:
    """Compare the sets of responses that a tag was given to."""
    where = [tuple(sorted(p for p, t in one if t == tag)) for one in said]
    kinds = sorted(set(where))
    place = {kind: i for i, kind in enumerate(kinds)}
    code = np.array([place[w] for w in where], dtype=np.int64)[column]
    counted = Counted.of(
        coded.comparison,
        code,
        len(kinds),
        coded.prompt,
        grouped=coded.shares_prompts,
    )
    return counted.number(Alpha("nominal"))


def _sets(
    coded: Coded, said: list[Words], column: Ints, distances: Mapping[str, Distances]
) -> dict[str, Number]:
    """Compute alpha between sets of words, by each of these distances."""
    words = {word: i for i, word in enumerate(sorted({w for s in said for w in s}))}
    matrix = np.zeros((len(said), len(words)), dtype=np.int64)
    for i, one in enumerate(said):
        matrix[i, [words[word] for word in one]] = 1
    number, sets = set_codes(matrix)
    code = number[column]
    rows = len(np.unique(coded.comparison)) if len(sets) > 20 else len(sets)
    if len(sets) <= _MOST_SETS and len(sets) * rows <= _MOST_CELLS:
        counted = Counted.of(
            coded.comparison,
            code,
            len(sets),
            coded.prompt,
            grouped=coded.shares_prompts,
        )
        return {
            key: counted.number(Alpha(distance=distance(sets)))
            for key, distance in distances.items()
        }
    return {
        key: _without_table(coded.comparison, code, sets, is_masi=key == "masi_alpha")
        for key in distances
    }


def _without_table(unit: Ints, code: Ints, sets: Ints, *, is_masi: bool) -> Number:
    try:
        value, n = _sparse_alpha(unit, code, sets, is_masi=is_masi)
    except NotEnoughDataError as error:
        return as_json(undefined(error))
    reason = f"no interval: {len(sets)} different sets of reasons are too many"
    return as_json(Estimate(value, None, None, n, reason))


def _sparse_alpha(
    unit: Ints, code: Ints, sets: Ints, *, is_masi: bool
) -> tuple[float, int]:
    """Compute alpha between many different sets without a table of all of them."""
    judges = np.bincount(unit)
    kept = judges[unit] > 1
    order = np.argsort(unit[kept], kind="stable")
    _, unit = np.unique(unit[kept][order], return_inverse=True)
    code = code[kept][order]
    if not len(unit):
        message = "no comparison has two judgments"
        raise NotEnoughDataError(message, reason="no_pairable_items")
    size = np.bincount(unit)
    start = np.cumsum(size) - size
    observed = 0.0
    for m in np.unique(size).tolist():
        member = code[start[size == m][:, None] + np.arange(m)]
        for i in range(m):
            for j in range(i + 1, m):
                apart = _between(sets, member[:, i], member[:, j], is_masi=is_masi)
                observed += 2.0 * float(apart.sum()) / (m - 1)
    times = np.bincount(code, minlength=len(sets)).astype(np.float64)
    used = np.flatnonzero(times)
    expected = 0.0
    for one in used.tolist():
        apart = _between(sets, np.full(len(used), one), used, is_masi=is_masi)
        expected += float(times[one] * (times[used] @ apart))
    if expected <= 0:
        message = "all sets are equal"
        raise NotEnoughDataError(message, reason="single_category")
    return 1.0 - (times.sum() - 1.0) * observed / expected, len(size)


def _between(sets: Ints, first: Ints, second: Ints, *, is_masi: bool) -> Floats:
    """Compute MASI, or Jaccard, of aligned sets. Shape (n,)."""
    one, two = sets[first], sets[second]
    common = (one & two).sum(axis=1)
    union = (one | two).sum(axis=1)
    smaller = np.minimum(one.sum(axis=1), two.sum(axis=1))
    shared = np.divide(common, union, out=np.ones(len(common)), where=union > 0)
    if not is_masi:
        return np.asarray(1.0 - shared)
    inside = (common > 0) & (common == smaller)
    monotonic = np.where(shared == 1.0, 1.0, np.where(inside, 2 / 3, 1 / 3))
    return np.asarray(1.0 - shared * monotonic)
