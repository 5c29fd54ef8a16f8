"""A disputed comparison on a lead's desk: to read it, and what else to do with it.

A lead who cannot decide asks about the guideline, sends the task back to those who
judged it, or takes it out. Judgments are never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adjudge.domain.judging import side_order
from adjudge.domain.people import Act
from adjudge.errors import InvalidInputError, UnknownError
from adjudge.services import auditlog
from adjudge.services.bench import Bench, find_queue, side_key
from adjudge.services.campaign import guidelines
from adjudge.services.measuring.adjudication import work_task
from adjudge.services.work import incidents
from adjudge.storage import comparisons, people, turns
from adjudge.storage import guidelines as texts

if TYPE_CHECKING:
    from adjudge.domain.conversation import Comparison
    from adjudge.domain.guideline import Guideline
    from adjudge.domain.ids import ResponseId
    from adjudge.domain.people import Actor

BLIND = 100  # the occasion by which a lead's sides are drawn, unlike a judge's


@dataclass(frozen=True)
class Case:
    """A comparison as a lead reads it, before anything of the judgments is shown.

    Attributes:
        shown: The responses as they stand on screen, drawn for this lead.
        guideline: The version that stands now, if the queue has one.
    """

    queue: str
    comparison: Comparison
    shown: tuple[ResponseId, ...]
    guideline: Guideline | None
    guideline_text: str
    ties: bool


def open_case(
    bench: Bench, actor: Actor, comparison: str, *, queue: str | None = None
) -> Case:
    """Open a comparison for a decision.

    Raises:
        UnknownError: If it is no work of this (or any) queue, or its texts are gone.
        ConflictError: If it is work of several queues and none is named.
    """
    actor.must(Act.ADJUDICATE)
    with bench.store.read() as unit:
        task = work_task(unit, comparison, queue)
        found = find_queue(unit, task.queue)
        loaded = comparisons.load(unit, comparison)
        if loaded is None:
            raise UnknownError(
                f"comparison {comparison} has lost its texts",
                hint="they were erased, or an incident hides them",
            )
        ref = guidelines.current(unit, found)
        guideline = guidelines.load(unit, ref) if ref else None
        shown = side_order(
            loaded.response_ids,
            key=side_key(unit),
            who=actor.name,
            comparison=comparison,
            occasion=BLIND,
        )
    return Case(
        queue=task.queue,
        comparison=loaded,
        shown=shown,
        guideline=guideline,
        guideline_text=guidelines.body(guideline) if guideline else "",
        ties=found.ties,
    )


def ask_about_guideline(
    bench: Bench,
    actor: Actor,
    comparison: str,
    *,
    why: str,
    queue: str | None = None,
) -> str:
    """Open a guideline ticket instead of deciding; give its id.

    Raises:
        InvalidInputError: If nothing says what is unclear.
        UnknownError: If the comparison is no work of this (or any) queue.
    """
    actor.must(Act.ADJUDICATE)
    _needed(why)
    with bench.store.write() as unit:
        task = work_task(unit, comparison, queue)
        auditlog.keep(bench, unit, actor, "casework.ask_about_guideline", comparison)
        people.arrive(unit, actor, at=bench.now())
        id = bench.new_id()
        texts.open_ticket(
            unit,
            id=id,
            task_id=task.task_id,
            guideline=guidelines.current(unit, find_queue(unit, task.queue)),
            source="adjudication",
            by=actor.name,
            note=why,
            at=bench.now(),
        )
    return id


def send_back(
    bench: Bench,
    actor: Actor,
    comparison: str,
    *,
    why: str,
    queue: str | None = None,
) -> int:
    """Ask everybody who judged it to judge again; give how many they are.

    Their judgments stand until then, and are kept afterwards.

    Raises:
        InvalidInputError: If there is no reason for them to read.
        UnknownError: If the comparison is no work of this (or any) queue.
    """
    actor.must(Act.ADJUDICATE)
    _needed(why)
    with bench.store.write() as unit:
        task = work_task(unit, comparison, queue)
        auditlog.keep(bench, unit, actor, "casework.send_back", comparison)
        found = turns.select(unit, task.queue, {"comparison": comparison})
        judges = sorted({s.annotator for s in found})
        for who in judges:
            turns.invite(
                unit,
                task_id=task.task_id,
                who=who,
                occasion=turns.next_rejudge(unit, task.task_id, who),
                queue=task.queue,
                purpose="rejudge",
                why=why,
                by=actor.name,
                at=bench.now(),
            )
    return len(judges)


def exclude(
    bench: Bench,
    actor: Actor,
    comparison: str,
    *,
    why: str,
    queue: str | None = None,
) -> str:
    """Take a comparison out of queues and exports for good; give the incident's id.

    Raises:
        InvalidInputError: If there is no reason.
        UnknownError: If the comparison is no work of this (or any) queue.
    """
    actor.must(Act.ADJUDICATE)
    _needed(why)
    with bench.store.write() as unit:
        task = work_task(unit, comparison, queue)
        auditlog.keep(bench, unit, actor, "casework.exclude", comparison)
        people.arrive(unit, actor, at=bench.now())
        done = incidents.withdraw_in(
            bench, unit, actor, task.task_id, "broken_task", why=why
        )
    return done.id


def _needed(why: str) -> None:
    if not why.strip():
        raise InvalidInputError(
            "say why: it is kept beside the deed", hint="--why TEXT"
        )
