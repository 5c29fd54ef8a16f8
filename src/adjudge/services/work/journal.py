"""Judgments that the store could not take, written so that it takes them later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.ids import ResponseId
from adjudge.domain.judging import Draft, Said
from adjudge.domain.people import Act, Actor
from adjudge.domain.record import Record
from adjudge.errors import NotAllowedError, UnknownError
from adjudge.services.work import judging
from adjudge.storage import comparisons

if TYPE_CHECKING:
    from adjudge.services.bench import Bench


class Entry(Record):
    """One judgment that waits outside the store.

    Attributes:
        submission_id: Brought in twice, it is one judgment.
        said: What the person said.
        clock: Seconds: active, wall, idle, research; and the share seen.
    """

    submission_id: str
    who: str
    queue: str
    task_id: int
    comparison: str
    occasion: int
    token: str
    guideline: str | None
    shown: tuple[ResponseId, ...]
    said: Said
    clock: tuple[float, float, float, float, float]
    fast: bool = False


def entry(
    who: str,
    assignment: judging.Assignment,
    draft: Draft,
    clock: judging.Clock,
    submission_id: str,
) -> Entry:
    """Write down what would have been submitted."""
    return Entry(
        submission_id=submission_id,
        who=who,
        queue=assignment.queue,
        task_id=assignment.task_id,
        comparison=assignment.comparison.id,
        occasion=assignment.occasion,
        token=assignment.token,
        guideline=assignment.guideline,
        shown=assignment.shown,
        said=draft.said,
        clock=(clock.active, clock.wall, clock.idle, clock.research, clock.seen),
        fast=clock.fast,
    )


def bring_in(bench: Bench, actor: Actor, waiting: Entry) -> judging.Submitted:
    """Submit what waited; what was submitted already changes nothing.

    Raises:
        NotAllowedError: If somebody else said it.
        UnknownError: If the task is gone from the store.
        AlreadyJudgedError: If this person judged the task elsewhere meanwhile.
    """
    actor.must(Act.WORK)
    if waiting.who != actor.name:
        raise NotAllowedError(f"{waiting.who} said this, not {actor.name}")
    with bench.store.read() as unit:
        task = comparisons.task(unit, waiting.task_id)
    if task is None or task.comparison.id != waiting.comparison:
        raise UnknownError(f"there is no task {waiting.comparison!r} in this store")
    assignment = judging.Assignment(
        task_id=waiting.task_id,
        queue=waiting.queue,
        comparison=task.comparison,
        shown=waiting.shown,
        token=waiting.token,
        guideline=waiting.guideline,
        occasion=waiting.occasion,
    )
    active, wall, idle, research, seen = waiting.clock
    return judging.submit(
        bench,
        actor,
        assignment,
        Draft(comparison=task.comparison, shown=waiting.shown).saying(waiting.said),
        clock=judging.Clock(active, wall, idle, research, seen, waiting.fast),
        submission_id=waiting.submission_id,
    )
