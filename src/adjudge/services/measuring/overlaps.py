"""Adaptive overlap: stop asking when the result is sure, between MIN and MAX.

A task opens with MIN slots. When they are filled it is closed if the plain majority is
also what the judges' measured accuracies make probable enough; else one more slot is
opened, up to MAX. Nobody is told which tasks are where. A random tenth, fixed by a
keyed hash of the comparison, always gets MAX: agreement is measured there and only
there, because elsewhere disagreement is what makes more judgments.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from adjudge.domain.conversation import tiers_of
from adjudge.domain.ids import JudgmentId, ResponseId
from adjudge.domain.people import Act, Actor
from adjudge.domain.queue import SAMPLED
from adjudge.domain.resolution import Vote, resolve
from adjudge.domain.routing import Draws
from adjudge.errors import AdjudgeError
from adjudge.services.bench import Bench, find_queue, side_key
from adjudge.storage import comparisons, counts, overlaps, queues

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adjudge.domain.queue import Adaptive, Queue
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.overlaps import Asked, Said

_SOON = 50  # judgments after which accuracies are measured first
_GROWTH = 0.1  # and again when there are so many more
_SUREST = 0.99  # nobody is taken to be surely right


# --- one task --------------------------------------------------------------------
def hold(unit: Unit, queue: Queue, task_id: int) -> None:
    """Keep others from deciding on a task while its judgment comes in."""
    if queue.adaptive is not None:
        overlaps.lock(unit, overlaps.ONE, task_id=task_id)


def settle(unit: Unit, queue: Queue, task_id: int, submission_id: str) -> bool:
    """Open or withdraw slots of a task that has just got a judgment.

    Returns:
        Whether accuracies are due to be measured again: on average once a tenth more
        judgments have come in.
    """
    if queue.adaptive is None:
        return False
    _fit(unit, queue, overlaps.ONE, task_id=task_id)
    often = max(_SOON, _GROWTH * overlaps.measured(unit, queue.name))
    return Draws(submission_id, side_key(unit)).draw("measure") < 1.0 / often


def wanted(task: Asked, rule: Adaptive, n_categories: int) -> int:
    """Decide how many judgments a task wants.

    Work in hand is never sent away: it counts as wanted.
    """
    # Numerical libraries are heavy, and queues without this rule need none.
    from adjudge.stats.stopping import needs_more  # noqa: PLC0415

    if task.sampled:
        return rule.most
    n = len(task.said)
    needed = rule.least
    if n >= rule.least:
        sure = surety(task.said, n_categories)
        needed = n + needs_more(
            n, sure, minimum=rule.least, maximum=rule.most, tau=rule.sure
        )
    return min(rule.most, max(needed, task.counted + task.leased))


def surety(said: Sequence[Said], n_categories: int) -> float:
    """Give the posterior of what the majority says; of rankings the weakest pair's.

    Judges are taken to be right with their measured accuracy, at least by chance, and
    to err evenly: nobody's word counts against what it says. Where no strict majority
    stands behind an answer it is 0: the plain majority, by which most datasets are
    made, could not settle.

    Args:
        said: Judgments of one task.
        n_categories: 3 with ties, 2 without.
    """
    from adjudge.services.measuring.coding import pair_codes  # noqa: PLC0415
    from adjudge.stats.reliability import TYPICAL  # noqa: PLC0415
    from adjudge.stats.stopping import posterior  # noqa: PLC0415

    ranked = [s for s in said if s.ranking]
    if not ranked or _majority(ranked) is None:
        return 0.0
    chance = 1.0 / n_categories
    right = [
        min(max(TYPICAL if s.accuracy is None else s.accuracy, chance), _SUREST)
        for s in ranked
    ]
    least = 1.0
    for codes in zip(*(pair_codes(s.ranking) for s in ranked), strict=True):
        most = max(set(codes), key=codes.count)
        kept = [i for i, code in enumerate(codes) if code < n_categories]
        if 2 * codes.count(most) <= len(codes) or most >= n_categories:
            return 0.0
        found = posterior(
            [codes[i] for i in kept], [right[i] for i in kept], n_categories
        )
        least = min(least, float(found[most]))
    return least


def _majority(said: Sequence[Said]) -> str | None:
    """Say how the plain majority resolves it; ``None`` where it does not."""
    n = said[0].ranking.replace("=", ">").count(">") + 1
    ids = tuple(ResponseId(str(place)) for place in range(n))
    if len(ids) < 2:
        return None
    votes = [Vote(JudgmentId(s.who), tiers_of(s.ranking, ids)) for s in said]
    found = resolve(votes, ids, overlap=1)
    return found.state if found.state in {"settled", "tie"} else None


# --- many tasks ------------------------------------------------------------------
def follow(unit: Unit, queue: Queue, before: Queue) -> None:
    """Bring every task to what changed settings want; no judgment is dropped."""
    if queue.adaptive is None:
        if (before.adaptive, before.overlap) != (None, queue.overlap):
            queues.set_overlap(unit, queue.name, queue.overlap)
        if before.adaptive is not None:
            counts.note_all(unit, queue.name)
        return
    if (queue.adaptive, queue.ties) == (before.adaptive, before.ties):
        return
    overlaps.lock(unit, overlaps.WHOLE, queue=queue.name)
    counts.note_all(unit, queue.name)
    _draw(unit, overlaps.WHOLE, queue=queue.name)
    _fit(unit, queue, overlaps.WHOLE, queue=queue.name)


def open_tasks(
    unit: Unit, queue: Queue, import_id: str, *, batch: str | None = None
) -> int:
    """Make tasks of the comparisons that an import or a filling named, and their slots.

    In an adaptive queue the random part is drawn before.

    Returns:
        How many; a comparison that is a task of the queue stays the one it is.
    """
    made = comparisons.make_tasks(
        unit,
        import_id=import_id,
        queue=queue.name,
        kind=queue.kind,
        overlap=queue.wanted,
        training=queue.training,
        batch=batch,
    )
    if queue.adaptive is not None:
        _draw(unit, "t.import_id = :import_id", import_id=import_id)
        overlaps.raise_sampled(unit, import_id, queue.adaptive.most)
    queues.open_slots(unit, import_id)
    return made


def hold_imported(unit: Unit, import_id: str) -> None:
    """Keep others from deciding on tasks whose judgments are about to stand."""
    if any(q.adaptive for q in queues.every(unit)):
        overlaps.lock(
            unit,
            "t.id IN (SELECT y.task_id FROM judgment y WHERE y.import_id = :import_id)",
            import_id=import_id,
        )


def imported(unit: Unit, import_id: str) -> int:
    """Decide on every task that an import of judgments has filled a slot of.

    Returns:
        How many judgments are not beyond the overlap any more.
    """
    adaptive = [q for q in queues.every(unit) if q.adaptive]
    if not adaptive:
        return 0
    before = overlaps.surplus_of(unit, import_id)
    for queue in adaptive:
        values = {"import_id": import_id, "queue": queue.name}
        _fit(unit, queue, overlaps.IMPORTED, **values)
    return before - overlaps.surplus_of(unit, import_id)


def _draw(unit: Unit, which: str, **values: str) -> None:
    key = side_key(unit)
    chosen = [
        id
        for id, comparison in overlaps.work_of(unit, which, **values)
        if Draws(comparison, key).draw("every judgment") < SAMPLED
    ]
    overlaps.sample(unit, chosen)


def _fit(unit: Unit, queue: Queue, which: str, /, **values: str | int) -> None:
    rule = queue.adaptive
    assert rule is not None  # noqa: S101 - callers have looked
    n_categories = 3 if queue.ties else 2
    change: dict[int, int] = {}
    for task in overlaps.asked(unit, which, **values):
        target = wanted(task, rule, n_categories)
        if target != task.overlap:
            change[task.task_id] = target
    overlaps.want(unit, change)


# --- people ----------------------------------------------------------------------
def measure(bench: Bench, actor: Actor, queue: str) -> Mapping[str, float]:
    """Measure how often everybody is right, and keep it for the claims to come.

    It reads the queue's judgments outside the writing transaction; nobody waits for it
    but the person whose submission it fell to.
    """
    from adjudge.services.measuring import weighing  # noqa: PLC0415

    actor.must(Act.WORK)
    with bench.store.read() as unit:
        evidence = weighing.gather(unit, find_queue(unit, queue))
    values = weighing.accuracies(evidence)
    with bench.store.write() as unit:
        counted = int(evidence.judgments.sum())
        overlaps.remember(unit, queue, values, counted=counted)
    return values


def measure_kindly(bench: Bench, actor: Actor, queue: str) -> None:
    """Measure accuracies where it is possible now; another submission will else."""
    actor.must(Act.WORK)
    with suppress(AdjudgeError):
        measure(bench, actor, queue)
