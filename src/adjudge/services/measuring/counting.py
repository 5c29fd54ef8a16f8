"""Counts of a queue's judgments, kept block by block and added up.

A dashboard on a million judgments adds up some hundred blocks; what was judged since
somebody last looked is counted again in the blocks it fell into, and nowhere else.
Agreement depends on how many comparisons show which counts, so the sums give the same
numbers, with the same intervals, as reading every judgment does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from adjudge.domain.people import Act
from adjudge.services.bench import find_queue
from adjudge.services.measuring import coding
from adjudge.services.measuring.agreement import NONE_GIVEN, week_of
from adjudge.services.measuring.coding import FIRST, NO_MARGIN, SECOND, TIE, Coded
from adjudge.stats.concordance import each_kendall_w, each_mean_tau_b
from adjudge.stats.counts import count_codes
from adjudge.stats.kappa import rater_pairs
from adjudge.stats.meetings import all_meetings
from adjudge.storage import counts, overlaps, queues, tallies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.services.measuring.coding import Ints
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.tallies import Votes

Body = dict[str, Any]

_AT_ONCE = 8  # blocks counted in one transaction: others write in between
_MARGINS = 7  # -3 … 3
# Of nine responses at most, 36 pairs fall into a cell: six bits hold that.
SHIFTS = 6 * np.arange(len(coding.CATEGORIES) ** 2)
_COLUMNS: list[tallies.Field] = ["annotator", "said", "shown", "day"]


def advance(
    bench: Bench,
    actor: Actor,
    queue: str,
    *,
    tell: Callable[[int], bool] | None = None,
) -> int:
    """Count the blocks that moved since they were counted; give how many did.

    Args:
        bench: The bench.
        actor: Who asks.
        queue: The queue that is looked at; blocks of others are counted along.
        tell: Is told how many blocks wait, and says whether to go on.

    Raises:
        UnknownError: If there is no such queue.
    """
    actor.must(Act.SEE_AGREEMENT)
    with bench.store.read() as unit:
        find_queue(unit, queue)
    with bench.store.write() as unit:
        counts.note_new_sharing(unit, queue)
    counted = 0
    while True:
        with bench.store.read() as unit:
            left = counts.waiting(unit)
        if not left or (tell is not None and not tell(left)):
            return counted
        with bench.store.write() as unit:
            taken = counts.take(unit, _AT_ONCE)
            for block in taken:
                for name in counts.queues_of(unit, block):
                    standing = counts.standing(unit, name, block)
                    body = orjson.dumps(counted_in(unit, name, block)).decode()
                    counts.keep(unit, name, block, standing, body)
        counted += len(taken)


def wrong(bench: Bench, actor: Actor) -> list[str]:
    """Count everything anew and name what was kept otherwise; moved blocks apart."""
    actor.must(Act.MANAGE_STORE)
    found = []
    with bench.store.read() as unit:
        moved = counts.moved(unit)
        for queue in queues.every(unit):
            for block, body in counts.blocks(unit, queue.name):
                if block in moved:
                    continue
                again = orjson.loads(orjson.dumps(counted_in(unit, queue.name, block)))
                if again != orjson.loads(body):
                    found.append(
                        f"counts of queue {queue.name!r}, tasks "
                        f"{block * counts.BLOCK} to {(block + 1) * counts.BLOCK - 1}, "
                        "are not those of its judgments"
                    )
    return found


# --- one block -----------------------------------------------------------------------
def counted_in(unit: Unit, queue: str, block: int) -> Body:
    """Count the standing judgments of one block of tasks."""
    votes = tallies.read(
        unit,
        queue,
        _COLUMNS,
        seconds=True,
        among_tasks=(block * counts.BLOCK, (block + 1) * counts.BLOCK),
    )
    coded = coding.code(votes)
    shared = counts.shared_in(unit, queue, block)
    weeks = _weeks(coded.votes)
    settings = queues.find(unit, queue)
    compared, in_part = coded, np.ones(coded.n_judgments, dtype=np.bool_)
    if settings is not None and settings.adaptive is not None:
        # Elsewhere disagreement is what makes more judgments.
        tasks = np.array(overlaps.sampled(unit, queue), dtype=np.int64)
        in_part = np.isin(coded.tasks, tasks)[coded.comparison]
        compared = coding.subset(coded, in_part)
    people = _people(coded)
    is_pairwise = compared.is_pairwise
    by_week = {
        week: _patterns(coding.subset(coded, mask & in_part), shared)
        for week, mask in weeks.items()
    }
    return {
        "judgments": coded.n_judgments,
        "comparisons": coded.n_comparisons,
        "pairwise": coded.is_pairwise,
        "all": _patterns(compared, shared),
        "weeks": {
            week: {"judgments": int(weeks[week].sum()), **found}
            for week, found in by_week.items()
        },
        "seconds": _seconds(coded.votes),
        "people": people,
        "pairs": _pairs(compared, people) if is_pairwise else [],
        "ranked": [] if is_pairwise else _ranked(compared, people),
    }


def _weeks(votes: Votes) -> dict[str, Any]:
    """Tell the judgments of every week; of those without a time nobody knows it."""
    day = votes.texts["day"]
    week = np.array([week_of(value) for value in day.values])
    if not len(votes):
        return {}
    of = week[day.code]
    return {str(w): of == w for w in sorted({*of.tolist()} - {NONE_GIVEN})}


def _patterns(coded: Coded, shared: Mapping[int, str]) -> Body:
    """Count the comparisons that show the same counts.

    A comparison is written as the counts of its units, ``2,1,0`` or, with more than
    two responses, ``2,1,0;3,0,0;1,1,1``. Those whose prompt others share are listed by
    prompt, because they are resampled together.
    """
    keep = coded.margin != NO_MARGIN
    kinds = {
        "winner": _written(coded, coded.code, coded.unit, len(coding.CATEGORIES)),
        "margin": _written(
            coded, coded.margin[keep] + _MARGINS // 2, coded.unit[keep], _MARGINS
        ),
        "none": _flagged(coded),
        "ranks": _concordance(coded),
    }
    found: Body = {}
    tasks = coded.tasks.tolist()
    for kind, keys in kinds.items():
        alone: Counter[str] = Counter()
        together: dict[str, list[str]] = defaultdict(list)
        for task, key in zip(tasks, keys, strict=True):
            if task in shared:
                together[shared[task]].append(key)
            else:
                alone[key] += 1
        found[kind] = {
            "alone": dict(sorted(alone.items())),
            "shared": {p: sorted(keys) for p, keys in sorted(together.items())},
        }
    return found


def _written(coded: Coded, code: Ints, unit: Ints, n_categories: int) -> list[str]:
    rows = count_codes(unit, code, n_categories, len(coded.owner)).tolist()
    parts: list[list[str]] = [[] for _ in range(coded.n_comparisons)]
    for owner, row in zip(coded.owner.tolist(), rows, strict=True):
        parts[owner].append(",".join(map(str, row)))
    return [";".join(part) for part in parts]


def _flagged(coded: Coded) -> list[str]:
    size = np.bincount(coded.comparison, minlength=coded.n_comparisons)
    hits = np.bincount(
        coded.comparison, coded.none_acceptable, minlength=coded.n_comparisons
    ).astype(np.int64)
    return [f"{h},{n}" for h, n in zip(hits.tolist(), size.tolist(), strict=True)]


def _concordance(coded: Coded) -> list[str]:
    """Write Kendall's W and the mean tau-b of each comparison's rankings.

    To the last digit, so that their mean is that of reading every judgment; empty where
    there is none, as of two responses or of a single judge.
    """
    found = [""] * coded.n_comparisons
    for owners, stack in [] if coded.is_pairwise else coding.rankings(coded):
        both = zip(each_kendall_w(stack), each_mean_tau_b(stack), strict=True)
        for owner, numbers in zip(owners.tolist(), both, strict=True):
            found[owner] = ",".join(
                "" if np.isnan(x) else repr(float(x)) for x in numbers
            )
    return found


def _seconds(votes: Votes) -> dict[str, int]:
    """Count the times taken, to the tenth of a second below ten, else to the second."""
    known = votes.seconds[votes.seconds > 0]
    rounded = np.where(known < 10, np.round(known, 1), np.round(known))
    values, times = np.unique(rounded, return_counts=True)
    pairs = zip(values.tolist(), times.tolist(), strict=True)
    return {f"{value:g}": n for value, n in pairs}


def _people(coded: Coded) -> dict[str, list[float]]:
    """Count for each person what ``overview`` names in the same order.

    Judgments, ties, none acceptable, left wins of how many with known sides, seconds
    of how many timed.
    """
    votes = coded.votes
    who, n_people = votes.texts["annotator"].code, len(coded.names)
    ties, left, told = (np.zeros(len(votes)) for _ in range(3))
    if coded.is_pairwise and len(votes):
        said = np.full(len(votes), -1)
        said[coded.judgment] = coded.code
        ties = (said == TIE).astype(np.float64)
        shown = votes.texts["shown"]
        first_left = np.array(
            [-1 if not value else int(value.startswith("0")) for value in shown.values]
        )[shown.code]
        known = (first_left >= 0) & ((said == FIRST) | (said == SECOND))
        told = known.astype(np.float64)
        left = (known & ((said == FIRST) == (first_left == 1))).astype(np.float64)
    timed = votes.seconds > 0
    columns = [
        np.ones(len(votes)),
        ties,
        coded.none_acceptable,
        left,
        told,
        np.where(timed, np.round(votes.seconds, 3), 0.0),
        timed,
    ]
    table = np.column_stack(
        [np.bincount(who, column, minlength=n_people) for column in columns]
    )
    return {
        name: [round(float(v), 3) for v in row]
        for name, row in zip(coded.names, table.tolist(), strict=True)
        if row[0]
    }


def _pairs(coded: Coded, people: Iterable[str]) -> list[list[int]]:
    """Count what every two people said of the same units.

    Returns:
        For each pair their places among ``people`` and the nine cells of their table.
    """
    if not len(coded.code):
        return []
    place = {name: i for i, name in enumerate(people)}
    found = rater_pairs(coded.unit, coded.rater, coded.code, len(coding.CATEGORIES))
    return [
        [place[coded.names[a]], place[coded.names[b]], *table.ravel().tolist()]
        for a, b, table in zip(
            found.first.tolist(), found.second.tolist(), found.tables, strict=True
        )
    ]


def _ranked(coded: Coded, people: Iterable[str]) -> list[int]:
    """Count what every two people said of the pairs of a comparison's responses.

    Returns:
        One after the other, of every two people and every different comparison: their
        places among ``people``, the nine cells of their table packed into one number,
        and how many comparisons look so.
    """
    if not len(coded.code):
        return []
    place = {name: i for i, name in enumerate(people)}
    number = np.array([place.get(name, -1) for name in coded.names], dtype=np.int64)
    found = all_meetings(
        coded.unit, coded.rater, coded.code, len(coding.CATEGORIES), coded.owner
    )
    cells = found.tables.reshape(len(found.times), -1) << SHIFTS
    rows = (number[found.first], number[found.second], cells.sum(axis=1), found.times)
    flat: list[int] = np.column_stack(rows).ravel().tolist()
    return flat
