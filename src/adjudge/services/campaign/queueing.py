"""Queues: create, list, show, set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from adjudge.domain.names import check_name
from adjudge.domain.people import MAY, Act, Actor
from adjudge.domain.queue import Queue, Standing
from adjudge.errors import ConflictError, InvalidInputError, UnknownError
from adjudge.services import auditlog
from adjudge.services.bench import Bench, find_queue
from adjudge.services.campaign.guidelines import current, load, suspend_gold
from adjudge.services.measuring import overlaps
from adjudge.services.measuring.resolving import states
from adjudge.storage import batches, covered, queues, rewrites, turns
from adjudge.storage import overlaps as asking

if TYPE_CHECKING:
    from adjudge.domain.queue import Batch
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.overlaps import Saved


def settings(**values: Any) -> Queue:
    """Check a queue's settings.

    Raises:
        InvalidInputError: With the setting and what was expected.
    """
    try:
        return Queue.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(p) for p in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise InvalidInputError(
            f"{key}: {said.replace('Input should be', 'expected')}, "
            f"found {first['input']!r}",
            hint="see `adjudge queue create --help`",
        ) from None


def fresh(**values: Any) -> Queue:
    """Check the settings of a queue that is to be made, and what it is to be called.

    Raises:
        InvalidInputError: With the setting and what was expected.
    """
    check_name("queue", str(values["name"]))
    return settings(**values)


def create(bench: Bench, actor: Actor, queue: Queue) -> bool:
    """Create a queue; the same one again changes nothing.

    Raises:
        ConflictError: If one of that name has other settings.
        InvalidInputError: If it is new, and its name hides something.
        UnknownError: If its guideline is not in the store.
    """
    actor.must(Act.MANAGE_QUEUES)
    with bench.store.write() as unit:
        if queues.find(unit, queue.name) is None:
            check_name("queue", queue.name)
        _check_guideline(unit, queue)
        if queues.add(unit, queue, at=bench.now()):
            auditlog.keep(bench, unit, actor, "queue.create", queue.name)
            return True
        if queues.find(unit, queue.name) == queue:
            return False
    raise ConflictError(
        f"queue {queue.name!r} exists with other settings",
        hint=f"`adjudge queue set {queue.name} …` changes them",
    )


def _check_guideline(unit: Unit, queue: Queue) -> None:
    if queue.guideline is not None and load(unit, queue.guideline) is None:
        raise UnknownError(
            f"there is no guideline {queue.guideline!r}",
            hint="`adjudge guideline add FILE` first",
        )


def change(bench: Bench, actor: Actor, name: str, **changes: Any) -> Queue:
    """Change settings of a queue; a new overlap never drops a judgment.

    Raises:
        UnknownError: If there is no such queue or guideline.
        InvalidInputError: If a value is out of its range.
    """
    actor.must(Act.MANAGE_QUEUES)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "queueing.change", name)
        queue = find_queue(unit, name)
        values = {k: getattr(queue, k) for k in Queue.model_fields}
        changed = settings(**{**values, **changes})
        _check_guideline(unit, changed)
        before = current(unit, queue)
        queues.change(unit, changed, at=bench.now())
        overlaps.follow(unit, changed, queue)
        suspend_gold(unit, changed, before)
    return changed


def pause(bench: Bench, actor: Actor, name: str, *, why: str) -> Queue:
    """Hand out no more tasks of a queue; open windows may finish what they hold.

    Raises:
        InvalidInputError: If no reason is given; people will read it.
        UnknownError: If there is no such queue.
    """
    if not why.strip():
        raise InvalidInputError("a pause needs a reason", hint="--why TEXT")
    return change(bench, actor, name, paused=True, paused_why=why)


def resume(bench: Bench, actor: Actor, name: str) -> Queue:
    """Hand out tasks again.

    Raises:
        UnknownError: If there is no such queue.
    """
    return change(bench, actor, name, paused=False, paused_why=None)


@dataclass(frozen=True)
class Shown:
    """One queue with its counts, its results and its people.

    Attributes:
        requests: Judgments whose authors ask to take them up, though they were used.
    """

    queue: Queue
    standing: Standing
    states: dict[str, int]
    people: list[dict[str, Any]]
    batches: list[Batch] = field(default_factory=list)
    covered_texts: int = 0
    covered: dict[str, int] = field(default_factory=dict)
    saved: Saved | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Write what `queue show --json` prints."""
        counts = self.standing
        return {
            "queue": self.queue.model_dump(mode="json"),
            "slots": {
                "open": counts.open,
                "leased": counts.leased,
                "done": counts.done,
            },
            "frozen": counts.frozen,
            "tasks": counts.tasks,
            "judgments": counts.judgments,
            "late": counts.late,
            "surplus": counts.surplus,
            "states": self.states,
            "people": self.people,
            "batches": [b.model_dump(mode="json") for b in self.batches],
            "covered": {"texts": self.covered_texts, "spans": self.covered},
            "adaptive": vars(self.saved) if self.saved else None,
            "reopen_requests": self.requests,
        }


def listed(bench: Bench, actor: Actor) -> list[tuple[Queue, Standing | None]]:
    """List queues; with their counts for who may see them.

    Exact counts of a whole queue would tell hidden gold from work: it moves none.
    """
    actor.must(Act.SEE_QUEUES)
    may_count = Act.SEE_AGREEMENT in MAY[actor.role]
    with bench.store.read() as unit:
        return [
            (q, queues.standing(unit, q.name) if may_count else None)
            for q in queues.every(unit)
        ]


def show(bench: Bench, actor: Actor, name: str) -> Shown:
    """Show one queue.

    Raises:
        UnknownError: If there is no such queue.
    """
    actor.must(Act.SEE_AGREEMENT)
    with bench.store.read() as unit:
        queue = find_queue(unit, name)
        n, kinds = covered.counts(unit, name)
        return Shown(
            queue=queue,
            standing=queues.standing(unit, name),
            states=rewrites.states(unit, name)
            if queue.kind == "rewrite"
            else states(unit, queue),
            people=[
                {"name": who, "done": done, "leased": leased, "seconds": seconds}
                for who, done, leased, seconds in queues.people_of(unit, name)
            ],
            batches=batches.listed(unit, name),
            covered_texts=n,
            covered=kinds,
            saved=asking.saved(unit, name, most=queue.adaptive.most)
            if queue.adaptive
            else None,
            requests=turns.requests(unit, name),
        )
