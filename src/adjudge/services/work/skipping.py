"""Passing a task on: where it goes from there, and what becomes of the lease."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from adjudge.domain.judging import NOTE_LIMIT
from adjudge.domain.routing import route_of
from adjudge.services import auditlog
from adjudge.services.work import incidents
from adjudge.storage import claims, drafts, guidelines, work

if TYPE_CHECKING:
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit


class InHand(Protocol):
    """The part of a task in hand that is looked at, of whatever kind."""

    @property
    def task_id(self) -> int:
        """The task."""

    @property
    def guideline(self) -> str | None:
        """The version that was current when the task was taken."""


def pass_on(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    task: InHand,
    *,
    code: str,
    note: str,
    seconds: float,
) -> None:
    """Pass a task on with a reason, which routes it; it does not come back.

    Raises:
        InvalidInputError: If the code is none of ``SKIP_CODES``.
    """
    route, note, at = route_of(code), note[:NOTE_LIMIT], bench.now()
    task_id, who = task.task_id, actor.name
    if route.to_expert:
        work.pass_to_experts(unit, task_id)
    work.skip(
        unit, who=who, task_id=task_id, code=code, note=note, seconds=seconds, at=at
    )
    if route.incident:
        text_id = f"skip:{who}:{task_id}" if note else None
        incidents.open_in(bench, unit, actor, task_id, route.incident, text_id=text_id)
    if code == "guideline_unclear":
        guidelines.open_ticket(
            unit,
            id=bench.new_id(),
            task_id=task_id,
            guideline=task.guideline,
            source="skip",
            by=who,
            note=note,
            at=at,
        )
    auditlog.note(bench, unit, actor, "skip", str(task_id), code=code)
    claims.release(unit, who, task_id)
    drafts.drop(unit, who, task_id)
