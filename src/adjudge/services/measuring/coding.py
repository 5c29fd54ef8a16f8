"""Stored judgments as arrays: the coding that statistics are computed on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from adjudge.stats.arrays import numbered
from adjudge.storage import tallies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adjudge.storage.engine.store import Unit
    from adjudge.storage.tallies import Field, Votes

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

FIRST, SECOND, TIE = 0, 1, 2
CATEGORIES = ("first", "second", "tie")
NO_MARGIN = 99


@dataclass(frozen=True, eq=False)
class Coded:
    """Standing judgments, a pair of responses at a time.

    A comparison of two responses is one unit. One of k responses is k(k-1)/2 units,
    every pair (i, j) with i before j in file order, in one cluster.

    Attributes:
        votes: The judgments, one per person and comparison.
        comparison: Shape (n_judgments,). Comparison of each, counted from 0.
        tasks: Shape (n_comparisons,). Task ids, by the comparisons' ids where known.
        names: Annotators, sorted; those of all votes, present or not.
        none_acceptable: Shape (n_judgments,). Whether no response was acceptable.
        judgment: Shape (n_codes,). Judgment of each code.
        unit: Shape (n_codes,). Unit of each code, counted from 0.
        code: Shape (n_codes,). 0 first, 1 second, 2 tie.
        margin: Shape (n_codes,). 1 … 3 signed by direction, 0 for a tie, and
            ``NO_MARGIN`` where a preference came without one.
        owner: Shape (n_units,). Comparison of each unit.
        prompt: Shape (n_comparisons,). Which comparisons share a prompt: the clusters
            that are resampled.
    """

    votes: Votes
    comparison: Ints
    tasks: Ints
    names: tuple[str, ...]
    none_acceptable: Bools
    judgment: Ints
    unit: Ints
    code: Ints
    margin: Ints
    owner: Ints
    prompt: Ints

    @cached_property
    def rater(self) -> Ints:
        """Annotator of each code. Shape (n_codes,), index into ``names``."""
        who = self.votes.texts["annotator"].code
        return who if self.is_judged_once else who[self.judgment]

    @property
    def is_judged_once(self) -> bool:
        """Tell whether each judgment is one code, of the unit of its comparison."""
        return self.unit is self.comparison

    @property
    def cluster(self) -> Ints:
        """Cluster of each unit. Shape (n_units,)."""
        # Where each comparison is one unit, its prompt is the unit's.
        return self.prompt if self.is_pairwise else self.prompt[self.owner]

    @property
    def n_judgments(self) -> int:
        """Judgments behind the codes."""
        return len(self.votes)

    @property
    def n_comparisons(self) -> int:
        """Comparisons with a judgment."""
        return len(self.tasks)

    @property
    def n_annotators(self) -> int:
        """People with a judgment."""
        return int(np.count_nonzero(np.bincount(self.votes.texts["annotator"].code)))

    @cached_property
    def is_clustered(self) -> bool:
        """Tell whether some cluster holds more than one unit."""
        return int(np.count_nonzero(np.bincount(self.cluster))) < len(self.owner)

    @cached_property
    def shares_prompts(self) -> bool:
        """Tell whether some prompt stands in several of the comparisons."""
        n_prompts = int(np.count_nonzero(np.bincount(self.prompt)))
        return n_prompts < self.n_comparisons

    @property
    def is_pairwise(self) -> bool:
        """Tell whether every comparison has two responses."""
        return len(self.owner) == self.n_comparisons


@dataclass(frozen=True)
class Said:
    """What the packed column of a judgment says.

    Attributes:
        ranking: Tiers by place, for example ``1>0``.
    """

    ranking: str
    margin: int | None
    none_acceptable: bool
    occasion: int


@lru_cache(maxsize=4096)
def said(packed: str) -> Said:
    """Read one value of the column ``said``."""
    ranking, margin, none_acceptable, occasion = packed.split(";")
    return Said(ranking, int(margin) or None, none_acceptable == "1", int(occasion))


def read(
    unit: Unit,
    queue: str,
    *,
    more: Sequence[Field] = (),
    everything: bool = False,
    unranked: bool = False,
) -> Coded:
    """Code the standing judgments of a queue's work.

    Gold, repeats and training are not work; late and surplus judgments are.

    Args:
        unit: The unit of work.
        queue: The queue.
        more: Further columns to keep with the votes.
        everything: Put comparisons in the order of their ids even where no number
            depends on it.
        unranked: Keep judgments that rank nothing: ratings of one answer.
    """
    votes = tallies.read(unit, queue, ["annotator", "said", *more])
    shared = tallies.shared_prompts(unit, queue)
    # Rankings are averaged, and a sum of fractions depends on its order.
    has_rankings = any(len(said(v).ranking) > len("0>1") for v in _values(votes))
    ordered = everything or has_rankings
    order = tallies.order_of(unit, queue) if ordered else None
    return code(votes, prompts=shared, order=order, unranked=unranked)


def from_votes(unit: Unit, queue: str, votes: Votes, order: Ints) -> Coded:
    """Code judgments that were read already, as ``read`` does with ``everything``.

    Args:
        unit: The unit of work.
        queue: The queue.
        votes: All standing judgments of its work.
        order: Its work tasks by their comparisons' ids.
    """
    return code(votes, prompts=tallies.shared_prompts(unit, queue), order=order)


def _values(votes: Votes) -> tuple[str, ...]:
    return votes.texts["said"].values


def code(
    votes: Votes,
    *,
    prompts: Mapping[int, str] | None = None,
    order: Ints | None = None,
    unranked: bool = False,
) -> Coded:
    """Code judgments into arrays; their order leaves no trace in any number.

    Args:
        votes: With the columns ``annotator`` and ``said``.
        prompts: Prompt by task id, of tasks whose prompt others share.
        order: Task ids by their comparisons' ids, those of all votes and maybe more:
            sums then have one order in every store.
        unranked: Keep judgments that rank nothing.
    """
    votes = _newest(votes)
    meant = [said(v) for v in _values(votes)]
    column = votes.texts["said"].code
    has_ranking = np.array([bool(m.ranking) for m in meant], dtype=np.bool_)
    if not unranked and not all(has_ranking):
        votes = votes.take(has_ranking[column])
        column = votes.texts["said"].code
    tasks, comparison = _ordered(votes.task, order)
    judgment, pair, found, margin = _pairs(column, meant)
    if len(judgment) == len(column) and not pair.any():
        # Nearly every queue: two responses each. A million of them are not copied.
        unit, owner = comparison, np.arange(len(tasks))
    else:
        units_of = np.zeros(len(tasks), dtype=np.int64)
        np.maximum.at(units_of, comparison[judgment], pair + 1)
        base = np.cumsum(units_of) - units_of
        unit = base[comparison[judgment]] + pair
        owner = np.repeat(np.arange(len(tasks)), units_of)
    none_of = np.array([m.none_acceptable for m in meant], dtype=np.bool_)
    return Coded(
        votes=votes,
        comparison=comparison,
        tasks=tasks,
        names=votes.texts["annotator"].values,
        none_acceptable=none_of[column],
        judgment=judgment,
        unit=unit,
        code=found,
        margin=margin,
        owner=owner,
        prompt=_prompts(tasks, prompts) if prompts else np.arange(len(tasks)),
    )


def on_tasks(coded: Coded, tasks: Sequence[int]) -> Coded:
    """Keep the judgments of some tasks."""
    kept = np.isin(coded.tasks, np.array(tasks, dtype=np.int64))
    return subset(coded, kept[coded.comparison])


def subset(coded: Coded, chosen: Bools) -> Coded:
    """Keep some of the judgments; comparisons keep their prompts and their order.

    Args:
        coded: All judgments.
        chosen: Shape (n_judgments,).
    """
    rows = np.flatnonzero(chosen)  # taken so, few of many cost next to nothing
    comparisons, comparison = numbered(coded.comparison[rows])
    if coded.is_judged_once:
        kept, judgment = rows, np.arange(len(rows))
        unit, owner = comparison, np.arange(len(comparisons))
    else:
        kept = np.flatnonzero(chosen[coded.judgment])
        judgment = (np.cumsum(chosen) - 1)[coded.judgment[kept]]
        units, unit = numbered(coded.unit[kept])
        owner = np.searchsorted(comparisons, coded.owner[units])
    return Coded(
        votes=coded.votes.take(rows),
        comparison=comparison,
        tasks=coded.tasks[comparisons],
        names=coded.names,
        none_acceptable=coded.none_acceptable[rows],
        judgment=judgment,
        unit=unit,
        code=coded.code[kept],
        margin=coded.margin[kept],
        owner=owner,
        prompt=coded.prompt[comparisons],
    )


def exploded(column: Ints, parts: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Replace each entry of a column by the rows its value stands for.

    Args:
        column: Shape (n,). Index into ``parts``.
        parts: Shape (m_i, width) each.

    Returns:
        Entry of each row, shape (n_rows,), and the rows, shape (n_rows, width).
    """
    width = parts[0].shape[1] if parts else 0
    lengths = np.array([len(p) for p in parts], dtype=np.int64)
    flat = np.concatenate([*parts, np.empty((0, width), dtype=np.int64)])
    start = np.cumsum(lengths) - lengths
    times = lengths[column] if len(column) else np.empty(0, dtype=np.int64)
    entry = np.repeat(np.arange(len(column)), times)
    within = np.arange(len(entry)) - np.repeat(np.cumsum(times) - times, times)
    return entry, flat[start[column[entry]] + within] if len(entry) else flat[:0]


def tiers(ranking: str) -> list[int]:
    """Give the tier of each response, 0 best, by its place in file order."""
    ranks: dict[int, int] = {}
    for i, tier in enumerate(ranking.split(">")):
        for place in tier.split("="):
            ranks[int(place)] = i
    return [ranks[place] for place in range(len(ranks))]


def pair_codes(ranking: str) -> tuple[int, ...]:
    """Code every pair of places (i, j), i before j."""
    ranks = tiers(ranking)
    return tuple(
        TIE if one == two else FIRST if one < two else SECOND
        for one, two in combinations(ranks, 2)
    )


def hits_gold(given: str, gold: str) -> bool:
    """Tell whether a ranking puts every pair as the known answer does.

    Pairs that gold ties are not asserted, unless gold is one tie and asserts that.
    """
    right, answer = pair_codes(gold), pair_codes(given)
    if all(code == TIE for code in right):
        return right == answer
    return all(a == r for a, r in zip(answer, right, strict=True) if r != TIE)


def rankings(coded: Coded) -> list[tuple[Ints, Floats]]:
    """Stack the rankings of comparisons with three or more responses.

    Returns:
        For each number of judges and responses, the comparisons, shape (n,), and tier
        of each response, shape (n, n_judges, n_responses). One judge alone is left out.
    """
    column, values = coded.votes.texts["said"].code, _values(coded.votes)
    ranks = [tiers(said(v).ranking) if said(v).ranking else [] for v in values]
    width = np.array([len(r) for r in ranks], dtype=np.int64)[column]
    judges = np.bincount(coded.comparison, minlength=coded.n_comparisons)
    many = (width > 2) & (judges[coded.comparison] > 1)
    rows = np.flatnonzero(many)
    rows = rows[np.lexsort((column[rows], coded.comparison[rows]))]
    shapes = np.column_stack((judges[coded.comparison[rows]], width[rows]))
    stacks = []
    for m, k in np.unique(shapes, axis=0):
        same = rows[(shapes == (m, k)).all(axis=1)]
        stack = np.array([ranks[c] for c in column[same]], dtype=np.float64)
        owners = coded.comparison[same].reshape(-1, m)[:, 0]
        stacks.append((owners, stack.reshape(-1, m, k)))
    return stacks


def _newest(votes: Votes) -> Votes:
    """Let a rejudgment stand in for the judgment it repeats."""
    values = [said(v).occasion for v in _values(votes)]
    if not any(values):
        return votes
    occasion = np.array(values, dtype=np.int64)[votes.texts["said"].code]
    who = votes.texts["annotator"].code
    order = np.lexsort((-occasion, who, votes.task))
    task, who = votes.task[order], who[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (task[1:] != task[:-1]) | (who[1:] != who[:-1])
    return votes.take(order[first])


def _ordered(task: Ints, order: Ints | None) -> tuple[Ints, Ints]:
    """Number the tasks, in the order given where one is."""
    # Task ids lie close together: marking them beats sorting a million of them.
    lowest, highest = int(task.min(initial=0)), int(task.max(initial=0))
    is_there = np.zeros(highest - lowest + 1, dtype=np.bool_)
    is_there[task - lowest] = len(task) > 0
    number = np.cumsum(is_there) - 1
    if order is None:
        return np.flatnonzero(is_there) + lowest, number[task - lowest]
    near = order[(order >= lowest) & (order <= highest)]
    tasks = near[is_there[near - lowest]]
    number[tasks - lowest] = np.arange(len(tasks))
    return tasks, number[task - lowest]


def _pairs(column: Ints, meant: Sequence[Said]) -> tuple[Ints, Ints, Ints, Ints]:
    """Give judgment, pair, code and signed margin of every pair of every judgment."""
    parts = [
        np.array(
            [
                (i, found, _signed(found, one.margin))
                for i, found in enumerate(pair_codes(one.ranking))
            ],
            dtype=np.int64,
        ).reshape(-1, 3)
        if one.ranking
        else np.empty((0, 3), dtype=np.int64)
        for one in meant
    ]
    if parts and all(len(part) == 1 for part in parts):
        values = np.concatenate(parts)
        everyone = np.arange(len(column))
        return everyone, values[column, 0], values[column, 1], values[column, 2]
    entry, rows = exploded(column, parts)
    if not len(rows):
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing, nothing
    return entry, rows[:, 0], rows[:, 1], rows[:, 2]


def _signed(found: int, margin: int | None) -> int:
    if found == TIE:
        return 0
    if margin is None:
        return NO_MARGIN
    return margin if found == FIRST else -margin


def _prompts(tasks: Ints, prompts: Mapping[int, str]) -> Ints:
    """Number the prompts; a task that shares none is its own."""
    numbers = np.arange(len(tasks))
    if not prompts or not len(tasks):
        return numbers
    shared = np.fromiter(prompts, np.int64, len(prompts))
    by_id = np.argsort(tasks)
    place = np.minimum(np.searchsorted(tasks, shared, sorter=by_id), len(tasks) - 1)
    place = by_id[place]
    # Each prompt is named by the first task that has it.
    first: dict[str, int] = {}
    members = [(i, t) for i, t in zip(place.tolist(), shared.tolist(), strict=True)]
    for i, task in sorted(members):
        if tasks[i] == task:
            numbers[i] = first.setdefault(prompts[task], i)
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64)
