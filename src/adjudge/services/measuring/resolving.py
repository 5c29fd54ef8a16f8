"""From stored judgments to results."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import combinations, groupby
from operator import itemgetter
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    NamedTuple,
    Protocol,
    TypeAlias,
    get_args,
)

import orjson

from adjudge.domain.conversation import tiers_of
from adjudge.domain.ids import JudgmentId, ResponseId
from adjudge.domain.people import Act, Actor
from adjudge.domain.resolution import (
    Resolution,
    State,
    Vote,
    mean_margin,
    order,
    pair_agreement,
    resolve,
)
from adjudge.errors import InvalidInputError
from adjudge.services.bench import Bench, find_queue
from adjudge.storage import judgments, results

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adjudge.domain.conversation import Tiers
    from adjudge.domain.queue import Queue
    from adjudge.services.measuring.coding import Coded
    from adjudge.services.measuring.weighing import Truth, Weighing
    from adjudge.storage import exports
    from adjudge.storage.engine.store import Unit

Head: TypeAlias = "results.TaskHead | exports.Task"  # of a task, whoever read it
Method = Literal["majority", "weighted", "dawid-skene"]
STATES: tuple[State, ...] = get_args(State)
METHODS: tuple[Method, ...] = get_args(Method)
_SAME = 1e-9  # posteriors closer than this are equal
_PLACES = tuple(ResponseId(str(place)) for place in range(9))


class Said(Protocol):
    """What resolving needs of a standing judgment, whoever read it.

    ``storage.judgments.Ballot`` and ``storage.exports.Cast`` are of this shape; a new
    source of judgments needs no more to be resolved.
    """

    @property
    def id(self) -> JudgmentId:
        """Name the judgment."""

    @property
    def annotator(self) -> str:
        """Name the person."""

    @property
    def ranking(self) -> str:
        """Give tiers by place in file order, for example ``1>0``."""

    @property
    def margin(self) -> int | None:
        """Give the strength, 1 … 3."""

    @property
    def none_acceptable(self) -> int:
        """Tell whether no response was acceptable."""


@dataclass(frozen=True)
class Result:
    """One comparison of a queue with its resolution.

    Attributes:
        unweighted: What the plain majority says.
    """

    comparison: str
    task_id: int
    responses: tuple[ResponseId, ...]
    resolution: Resolution
    votes: tuple[Vote, ...]
    frozen: bool
    unweighted: Resolution

    @property
    def is_flipped(self) -> bool:
        """Tell whether weights (or a lead) changed who wins."""
        return self.resolution.winner != self.unweighted.winner

    def as_json(self) -> dict[str, Any]:
        """Write what `resolve --jsonl` prints for one comparison."""
        found = self.resolution
        return {
            "comparison": self.comparison,
            "ranking": found.ranking,
            "winner": found.winner,
            "state": found.state,
            "confidence": found.confidence,
            "n_judgments": found.n_judgments,
            "margin": found.margin,
            "unweighted_winner": self.unweighted.winner,
            "flipped": self.is_flipped,
        }


@dataclass(frozen=True)
class Fit:
    """How a method came to its results.

    Attributes:
        n_iter: Steps of an iterative fit; null where nothing is fitted.
        converged: Whether it came to rest.
    """

    method: Method
    n_iter: int | None = None
    converged: bool | None = None
    log_likelihood: float | None = None
    warnings: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Write the fit for ``resolve --json``."""
        return {
            "method": self.method,
            "n_iter": self.n_iter,
            "converged": self.converged,
            "log_likelihood": self.log_likelihood,
        }


class Decided(NamedTuple):
    """What a method makes of one comparison.

    Attributes:
        responses: In file order.
        plain: What the plain majority says.
        rankings: What each judge said.
        weights: Of each judge.
    """

    responses: tuple[ResponseId, ...]
    resolution: Resolution
    plain: Resolution
    rankings: tuple[Tiers, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Resolver:
    """A method, ready for use on one queue."""

    queue: Queue
    fit: Fit
    weighing: Weighing | None = None
    truth: Truth | None = None

    @classmethod
    def ready(
        cls,
        unit: Unit,
        queue: Queue,
        method: str,
        *,
        weighed: bool = False,
        coded: Coded | None = None,
    ) -> Resolver:
        """Prepare a method.

        Args:
            unit: The unit of work.
            queue: The queue.
            method: One of ``METHODS``.
            weighed: Tell the judges' weights, even where the method does not count
                them.
            coded: All standing judgments of the queue's work in the order of their
                comparisons' ids, where somebody has read them already.

        Raises:
            InvalidInputError: If there is no such method.
        """
        name = check_method(method)
        if name == "majority" and not weighed:
            return cls(queue, Fit(name))
        # Numerical libraries are heavy, and a plain majority needs none.
        from adjudge.services.measuring import weighing  # noqa: PLC0415

        evidence = weighing.gather(unit, queue, coded)
        weights = weighing.weigh_evidence(unit, queue, evidence)
        if name != "dawid-skene":
            return cls(queue, Fit(name), weights)
        found = weighing.fit(unit, evidence, weights)
        if found is None:
            return cls(queue, Fit(name, 0, True), weights, weighing.no_truth())
        warned = []
        if not found.converged:
            warned = [f"the fit did not come to rest in {found.n_iter} steps"]
        done = Fit(name, found.n_iter, found.converged, found.log_likelihood, warned)
        return cls(queue, done, weights, weighing.truth(evidence, found))

    def result(self, task: results.TaskHead, cast: Sequence[Said]) -> Result:
        """Resolve one task.

        Args:
            task: The task.
            cast: Its standing judgments, one a person, by the people's names.
        """
        done = self.decide(task, cast)
        return Result(
            task.comparison,
            task.task_id,
            done.responses,
            done.resolution,
            _votes(cast, done.rankings, done.weights),
            task.frozen,
            done.plain,
        )

    def decide(self, task: Head, cast: Sequence[Said]) -> Decided:
        """Resolve one task, and say no more of it than that.

        Args:
            task: The task.
            cast: Its standing judgments, one a person, by the people's names.
        """
        ids = _ids(task.response_ids)
        wanted = self._wanted(task)
        said = tuple([(b.ranking, b.margin, b.none_acceptable) for b in cast])
        plain, rankings, behind = counted(said, task.response_ids, wanted)
        weights = (1.0,) * len(cast)
        if self.weighing is not None:
            table = self.weighing.in_topic(task.topic)
            weights = tuple([table[b.annotator] for b in cast])
        found = plain
        if self.truth is not None:
            votes = _votes(cast, rankings, weights)
            found = _most_probable(self.truth, task.task_id, votes, ids, plain)
        elif self.fit.method == "weighted":
            found = resolve(_votes(cast, rankings, weights), ids, overlap=wanted)
        elif self.weighing is not None and behind:
            found = _with_weight(plain, sum([weights[i] for i in behind]) / len(behind))
        if task.sent_on:
            plain, found = _sent_on(plain), _sent_on(found)
        if task.adjudicated is not None:
            found = adjudicated(
                tiers_of(task.adjudicated.removesuffix("!"), ids),
                found,
                _votes(cast, rankings, weights),
                method=self.fit.method,
                none_acceptable=task.adjudicated.endswith("!"),
            )
        return Decided(ids, found, plain, rankings, weights)

    def _wanted(self, task: Head) -> int:
        """Count the judgments wanted; an adaptive queue has decided task by task."""
        if self.queue.adaptive is not None:
            return task.overlap
        return min(self.queue.overlap, task.overlap)


def _with_weight(plain: Resolution, weight: float) -> Resolution:
    # As ``replace`` does it in eight times as long, for every comparison of a queue.
    found = object.__new__(Resolution)
    found.__dict__.update(plain.__dict__, weight=weight)
    return found


def _votes(
    cast: Sequence[Said], rankings: Sequence[Tiers], weights: Sequence[float]
) -> tuple[Vote, ...]:
    return tuple(
        [
            Vote(b.id, tiers, b.margin, weight, bool(b.none_acceptable))
            for b, tiers, weight in zip(cast, rankings, weights, strict=True)
        ]
    )


@lru_cache(maxsize=4096)
def _ids(text: str) -> tuple[ResponseId, ...]:
    return tuple(orjson.loads(text))


# Ranking by place, margin, none acceptable: of every judgment of a comparison.
_Counts: TypeAlias = tuple[tuple[str, int | None, int], ...]


class Counted(NamedTuple):
    """What equal judges say.

    Attributes:
        rankings: What each judge said.
        behind: Which of them put the winner on top.
    """

    resolution: Resolution
    rankings: tuple[Tiers, ...]
    behind: tuple[int, ...]


# Responses are mostly called alike; where they are not, the way below is short.
@lru_cache(maxsize=4096)
def counted(said: _Counts, response_ids: str, wanted: int) -> Counted:
    """Count judgments of equal weight."""
    ids = _ids(response_ids)
    found = _by_place(said, len(ids), wanted)
    name = dict(zip(_PLACES, ids, strict=False))
    ranking, winner = found.ranking, found.winner
    if ranking is not None:
        ranking = tuple(tuple(name[p] for p in tier) for tier in ranking)
    winner = None if winner is None else name[winner]
    rankings = tuple(tiers_of(one, ids) for one, _, _ in said)
    behind = [i for i, tiers in enumerate(rankings) if tiers and tiers[0] == (winner,)]
    return Counted(
        replace(found, ranking=ranking, winner=winner), rankings, tuple(behind)
    )


# What people say of two responses is one of few things, whatever they are called.
@lru_cache(maxsize=65_536)
def _by_place(said: _Counts, n_responses: int, wanted: int) -> Resolution:
    """Count judgments of responses that are called by their places."""
    ids = _PLACES[:n_responses]
    votes = [
        Vote(JudgmentId(""), tiers_of(ranking, ids), margin, 1.0, bool(none_acceptable))
        for ranking, margin, none_acceptable in said
    ]
    return resolve(votes, ids, overlap=wanted)


def check_method(method: str) -> Method:
    """Refuse a method that does not exist.

    Raises:
        InvalidInputError: With those that do.
    """
    for known in METHODS:
        if known == method:
            return known
    raise InvalidInputError(
        f"there is no resolution method {method!r}",
        hint=f"methods: {', '.join(METHODS)}",
    )


def resolved(
    bench: Bench, actor: Actor, queue: str, *, method: str = "majority"
) -> list[Result]:
    """Resolve every comparison of a queue, by the comparisons' ids.

    Raises:
        UnknownError: If there is no such queue.
        InvalidInputError: If there is no such method.
    """
    return resolution(bench, actor, queue, method=method)[0]


def resolution(
    bench: Bench, actor: Actor, queue: str, *, method: str = "majority"
) -> tuple[list[Result], Fit]:
    """Resolve every comparison of a queue, and say how the method fared.

    Raises:
        UnknownError: If there is no such queue.
        InvalidInputError: If there is no such method.
    """
    actor.must(Act.RESOLVE)
    check_method(method)
    with bench.store.read() as unit:
        resolver = Resolver.ready(unit, find_queue(unit, queue), method)
        return list(results_in(unit, resolver)), resolver.fit


def states(unit: Unit, queue: Queue) -> dict[str, int]:
    """Count the results of a queue by state."""
    counts = Counter(r.resolution.state for r in results_of(unit, queue))
    return {state: counts[state] for state in STATES}


def results_of(
    unit: Unit, queue: Queue, method: str = "majority", *, weighed: bool = False
) -> Iterator[Result]:
    """Resolve a queue inside a unit of work, comparison by comparison.

    Args:
        unit: The unit of work.
        queue: The queue.
        method: One of ``METHODS``.
        weighed: Give the mean effective weight of the judges behind each result, even
            where the method does not count it.
    """
    yield from results_in(unit, Resolver.ready(unit, queue, method, weighed=weighed))


def results_in(unit: Unit, resolver: Resolver) -> Iterator[Result]:
    """Resolve a queue with a method that is ready, by the comparisons' ids."""
    queue = resolver.queue.name
    ballots = groupby(judgments.ballots(unit, queue), key=itemgetter(0))
    waiting = next(ballots, None)
    waiting_votes = list(waiting[1]) if waiting else []
    for task in results.tasks(unit, queue):
        cast: list[judgments.Ballot] = []
        if waiting is not None and waiting[0] == task.comparison:
            cast = waiting_votes
            waiting = next(ballots, None)
            waiting_votes = list(waiting[1]) if waiting else []
        yield resolver.result(task, cast)


def _sent_on(found: Resolution) -> Resolution:
    """Escalate what somebody passed on for an expert."""
    if found.state != "open":
        return found
    return Resolution(
        ranking=None, winner=None, state="escalated", n_judgments=found.n_judgments
    )


def _mean_weight(votes: tuple[Vote, ...], winner: ResponseId | None) -> float | None:
    """Average the weights of those who put the winner on top."""
    behind = [v.weight for v in votes if winner is not None and v.winner == winner]
    return sum(behind) / len(behind) if behind else None


def _most_probable(
    truth: Truth,
    task_id: int,
    votes: tuple[Vote, ...],
    ids: tuple[ResponseId, ...],
    plain: Resolution,
) -> Resolution:
    """Take the class of the largest posterior of every pair."""
    rows = truth.of(task_id)
    if plain.state == "open" or rows is None:
        return plain
    beats: set[tuple[ResponseId, ResponseId]] = set()
    level: set[frozenset[ResponseId]] = set()
    sure: dict[frozenset[ResponseId], float] = {}
    for (a, b), row in zip(combinations(ids, 2), rows, strict=True):
        top = max(row)
        leading = [i for i, p in enumerate(row) if p >= top - _SAME]
        sure[frozenset((a, b))] = top
        if len(leading) > 1:
            continue
        if leading[0] == 2:
            level.add(frozenset((a, b)))
        else:
            beats.add((a, b) if leading[0] == 0 else (b, a))
    ranking, state = order(beats, level, ids)
    winner = ranking[0][0] if ranking and state == "settled" else None
    behind = [v for v in votes if winner is not None and v.winner == winner]
    return Resolution(
        ranking=ranking,
        winner=winner,
        state=state,
        n_judgments=len(votes),
        confidence=_confidence(ranking, winner, sure),
        margin=mean_margin(behind),
        agreement=pair_agreement(votes),
        weight=_mean_weight(votes, winner),
        none_acceptable=plain.none_acceptable,
    )


def _confidence(
    ranking: Tiers | None,
    winner: ResponseId | None,
    sure: dict[frozenset[ResponseId], float],
) -> float | None:
    """Give the posterior of the result; of many responses, that of the weakest pair."""
    if ranking is None:
        return None
    if winner is None:
        return min(sure[frozenset(p)] for p in combinations(ranking[0], 2))
    return min((p for pair, p in sure.items() if winner in pair), default=None)


def adjudicated(
    ranking: Tiers,
    found: Resolution,
    votes: Sequence[Vote],
    *,
    method: Method = "majority",
    none_acceptable: bool = False,
) -> Resolution:
    """Let a lead's decision stand over what the judgments say.

    Its numbers are about the judges who say the same as the lead, be they few. A
    posterior is there only of what the fit itself decided.
    """
    winner = ranking[0][0] if len(ranking[0]) == 1 else None
    behind = [v for v in votes if winner is not None and v.winner == winner]
    confidence = found.confidence if winner == found.winner else None
    if behind and confidence is None and method != "dawid-skene":
        counts = [1.0 if method == "majority" else v.weight for v in votes]
        agree = [n for n, v in zip(counts, votes, strict=True) if v.winner == winner]
        confidence = sum(agree) / sum(counts)
    return Resolution(
        ranking=ranking,
        winner=winner,
        state="adjudicated",
        n_judgments=found.n_judgments,
        confidence=confidence if winner is not None else None,
        margin=mean_margin(behind),
        agreement=pair_agreement(votes),
        weight=_mean_weight(tuple(votes), winner),
        none_acceptable=none_acceptable or found.none_acceptable,
    )
