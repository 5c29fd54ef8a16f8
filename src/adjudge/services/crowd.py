"""A crowd of simulated people who race for real, to see that N is N."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from adjudge.domain.ids import AnnotatorId
from adjudge.domain.people import Act, Actor, Person, Role
from adjudge.errors import AlreadyJudgedError, BusyError
from adjudge.services.campaign import queueing
from adjudge.services.importing import ingest
from adjudge.services.people import people
from adjudge.services.work import judging
from adjudge.storage.engine import integrity

if TYPE_CHECKING:
    from pathlib import Path

    from adjudge.services.bench import Bench

QUEUE = "crowd"
OVERLAP = 3


def invite(
    bench: Bench, actor: Actor, fixtures: Path, size: int
) -> tuple[str, tuple[str, ...]]:
    """Make a new queue of the sample comparisons, and the people who race for it."""
    taken = {q.name for q, _ in queueing.listed(bench, actor)}
    numbers = (f"{QUEUE}-{n}" for n in count(1))
    queue = next(name for name in numbers if name not in taken)
    queueing.create(
        bench, actor, queueing.settings(name=queue, kind="compare", overlap=OVERLAP)
    )
    file = str(fixtures / "comparisons.jsonl")
    options = ingest.Options(queue=queue)
    ingest.import_files(bench, actor, "comparisons", [file], options)
    names = tuple(f"crowd-{n:02d}" for n in range(1, size + 1))
    for name in names:
        people.add(bench, actor, Person(name=AnnotatorId(name), role=Role.ANNOTATOR))
    return queue, names


def race(bench: Bench, actor: Actor, queue: str, *, seed: int) -> int:
    """Judge as fast as possible until nothing is left; give how many were kept."""
    actor.must(Act.WORK)
    chance = random.Random(seed)  # noqa: S311 - simulated people need no secrets
    kept = 0
    in_hand = judging.claim(bench, actor, queue)
    while in_hand:
        try:
            done = judging.submit(
                bench,
                actor,
                in_hand[0],
                in_hand[0].blank().grade(chance.randint(1, 7)),
                clock=judging.Clock(active=chance.uniform(5, 60)),
                submission_id=bench.new_id(),
            )
        except (AlreadyJudgedError, BusyError):
            in_hand = judging.claim(bench, actor, queue)
            continue
        kept += 1
        in_hand = done.next
    return kept


@dataclass(frozen=True)
class Exactness:
    """What the race left behind.

    Attributes:
        by_count: Tasks by the number of their judgments.
        broken: Promises of the store that do not hold.
    """

    tasks: int
    by_count: dict[int, int]
    broken: list[str]

    @property
    def is_exact(self) -> bool:
        """Tell whether every task has exactly the judgments wanted."""
        return not self.broken and set(self.by_count) <= {OVERLAP}

    def as_json(self) -> dict[str, Any]:
        """Write what ``demo --crowd --json`` prints."""
        return {
            "tasks": self.tasks,
            "judgments_per_task": self.by_count,
            "overlap": OVERLAP,
            "exact": self.is_exact,
            "broken": self.broken,
        }


def exactness(bench: Bench, actor: Actor, queue: str) -> Exactness:
    """Count the judgments of every task that could be judged."""
    actor.must(Act.SEE_AGREEMENT)
    with bench.store.read() as unit:
        rows = unit.all(
            "SELECT t.id, sum(CASE WHEN s.state = 2 THEN 1 ELSE 0 END) FROM task t "
            "LEFT JOIN slot s ON s.task_id = t.id WHERE t.queue = :queue "
            "AND t.role = 'work' AND t.labels = '[]' GROUP BY t.id",
            queue=queue,
        )
        broken = integrity.broken(unit)
    counts = Counter(int(n) for _, n in rows)
    return Exactness(tasks=len(rows), by_count=dict(counts), broken=broken)
