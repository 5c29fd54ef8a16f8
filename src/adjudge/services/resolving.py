"""From stored judgments to results."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, get_args

import orjson

from adjudge.domain.conversation import tiers_of
from adjudge.domain.people import Act, Actor
from adjudge.domain.resolution import Resolution, State, Vote, resolve
from adjudge.errors import InvalidInputError
from adjudge.services.bench import Bench, find_queue
from adjudge.storage import judgments, results

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.domain.conversation import Tiers
    from adjudge.domain.ids import ResponseId
    from adjudge.domain.queue import Queue
    from adjudge.storage.store import Unit

Method = Literal["majority"]
STATES: tuple[State, ...] = get_args(State)
METHODS: tuple[Method, ...] = ("majority",)


@dataclass(frozen=True)
class Result:
    """One comparison of a queue with its resolution."""

    comparison: str
    task_id: int
    responses: tuple[ResponseId, ...]
    resolution: Resolution
    votes: tuple[Vote, ...]
    frozen: bool

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
            "unweighted_winner": found.winner,
            "flipped": False,
        }


def check_method(method: str) -> None:
    """Refuse a method that does not exist.

    Raises:
        InvalidInputError: With those that do.
    """
    if method not in METHODS:
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
    actor.must(Act.RESOLVE)
    check_method(method)
    with bench.store.read() as unit:
        return list(results_of(unit, find_queue(unit, queue)))


def states(unit: Unit, queue: Queue) -> dict[str, int]:
    """Count the results of a queue by state."""
    counts = Counter(r.resolution.state for r in results_of(unit, queue))
    return {state: counts[state] for state in STATES}


def results_of(unit: Unit, queue: Queue) -> Iterator[Result]:
    """Resolve a queue inside a unit of work, in constant memory."""
    ballots = groupby(judgments.ballots(unit, queue.name), key=lambda b: b.comparison)
    waiting = next(ballots, None)
    waiting_votes = list(waiting[1]) if waiting else []
    for task in results.tasks(unit, queue.name):
        cast: list[judgments.Ballot] = []
        if waiting is not None and waiting[0] == task.comparison:
            cast = waiting_votes
            waiting = next(ballots, None)
            waiting_votes = list(waiting[1]) if waiting else []
        yield _result(task, cast, queue)


def _result(
    task: results.TaskHead, cast: list[judgments.Ballot], queue: Queue
) -> Result:
    ids = tuple(orjson.loads(task.response_ids))
    votes = tuple(
        Vote(
            judgment=b.judgment,
            ranking=tiers_of(b.ranking, ids),
            margin=b.margin,
            none_acceptable=b.none_acceptable,
        )
        for b in cast
    )
    found = resolve(votes, ids, overlap=min(queue.overlap, task.overlap))
    if task.adjudicated is not None:
        found = adjudicated(tiers_of(task.adjudicated, ids), found)
    elif task.sent_on and found.state == "open":
        found = Resolution(
            ranking=None, winner=None, state="escalated", n_judgments=found.n_judgments
        )
    return Result(task.comparison, task.task_id, ids, found, votes, task.frozen)


def adjudicated(ranking: Tiers, found: Resolution) -> Resolution:
    """Let a lead's decision stand over what the judgments say."""
    winner = ranking[0][0] if len(ranking[0]) == 1 else None
    same = winner is not None and winner == found.winner
    return Resolution(
        ranking=ranking,
        winner=winner,
        state="adjudicated",
        n_judgments=found.n_judgments,
        confidence=found.confidence if same else None,
        margin=found.margin if same else None,
        agreement=found.agreement,
        weight=found.weight if same else None,
        none_acceptable=found.none_acceptable,
    )
