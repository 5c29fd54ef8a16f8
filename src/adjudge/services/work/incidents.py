"""Incidents: a raised hand, who answers it, and what stands still until then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adjudge.domain.conversation import Comparison
from adjudge.domain.incident import (
    Incident,
    Severity,
    Step,
    category,
    due,
    severity,
)
from adjudge.domain.people import Act, Role
from adjudge.domain.record import utc
from adjudge.errors import ConflictError, InvalidInputError, RefusedError, UnknownError
from adjudge.services import auditlog
from adjudge.storage import incidents, people

if TYPE_CHECKING:
    from adjudge.domain.incident import Outcome
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Flagged:
    """What a raised hand brought about.

    Attributes:
        id: The flag's id.
        is_frozen: The task stands still until a lead has looked.
        is_hidden: Nobody sees the texts any more, the person who flagged included.
    """

    id: str
    incident: str
    severity: Severity
    is_frozen: bool
    is_hidden: bool


def flag(
    bench: Bench, actor: Actor, task_id: int, code: str, *, note: str = ""
) -> Flagged:
    """Raise a hand about a task; it opens an incident, in one transaction.

    Raises:
        InvalidInputError: If there is no such category.
        UnknownError: If there is no such task.
    """
    actor.must(Act.WORK)
    category(code)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "incidents.flag", str(task_id))
        return flag_in(bench, unit, actor, task_id, code, note=note)


def flag_in(
    bench: Bench, unit: Unit, actor: Actor, task_id: int, code: str, *, note: str
) -> Flagged:
    """Raise a hand within a deed that is under way."""
    if incidents.place_of(unit, task_id) is None:
        raise UnknownError(f"there is no task {task_id}")
    people.arrive(unit, actor, at=bench.now())
    id = bench.new_id()
    text_id = incidents.add_flag(
        unit,
        id=id,
        who=actor.name,
        task_id=task_id,
        category=code,
        note=note,
        at=bench.now(),
    )
    opened = open_in(bench, unit, actor, task_id, code, flag_id=id, text_id=text_id)
    return Flagged(
        id=id,
        incident=opened.id,
        severity=opened.severity,
        is_frozen=opened.freezes,
        is_hidden=opened.is_hidden,
    )


def open_in(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    task_id: int,
    code: str,
    *,
    flag_id: str | None = None,
    text_id: str | None = None,
) -> Incident:
    """Open an incident within a deed that is under way; a skip may ask for it.

    A severe one lets the task stand still in the same transaction: no new claims,
    no rows in exports. Suspected child abuse is hidden from everybody at once.

    Raises:
        InvalidInputError: If there is no such category.
        UnknownError: If there is no such task.
    """
    found, place = category(code), incidents.place_of(unit, task_id)
    if place is None:
        raise UnknownError(f"there is no task {task_id}")
    queue, comparison = place
    at = bench.now()
    incident = Incident(
        id=bench.new_id(),
        task_id=task_id,
        queue=queue,
        comparison=comparison,
        category=code,
        severity=found.severity,
        state="open",
        owner=None,
        due=due(at, found.severity),
        opened_by=actor.name,
        opened_at=at,
        freezes=found.severity.freezes,
        is_hidden=found.severity.hides,
    )
    incidents.add(unit, incident, flag_id=flag_id, text_id=text_id)
    detail: dict[str, str | None] = {
        "category": code,
        "severity": str(found.severity),
        "due": incident.due,
    }
    _step(bench, unit, actor, incident, "opened", detail=detail, why=None)
    if found.label:
        incidents.add_label(unit, task_id, comparison, found.label)
    _stand_still(bench, unit, incident, but=actor.name)
    return incident


def _stand_still(
    bench: Bench, unit: Unit, incident: Incident, *, but: str | None
) -> None:
    if not incident.freezes:
        return
    spared = None if incident.is_hidden else but
    incidents.freeze(unit, incident.task_id, incident.comparison, but=spared)
    if incident.is_hidden and incident.comparison:
        incidents.hide(unit, incident.comparison, incident.id, at=bench.now())


def _step(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    incident: Incident,
    kind: str,
    *,
    detail: dict[str, str | None],
    why: str | None,
) -> None:
    entry = Step(kind=kind, detail=detail, why=why, by=actor.name, at=bench.now())
    incidents.step(unit, incident.id, entry)


# --- reading -------------------------------------------------------------------
def listed(bench: Bench, actor: Actor, *, state: str | None = "open") -> list[Incident]:
    """List incidents, the most urgent first; people who are no lead see their own.

    Args:
        bench: The bench.
        actor: Who asks.
        state: ``open``, ``closed``, or ``None`` for all.
    """
    actor.must(Act.WORK)
    if state not in {None, "open", "closed"}:
        raise InvalidInputError(
            f"there is no state {state!r} of incidents",
            hint="states: open, closed, all",
        )
    own = None if actor.role is Role.LEAD else actor.name
    with bench.store.read() as unit:
        return [_veiled(i) for i in incidents.listed(unit, state=state, by=own)]


def show(bench: Bench, actor: Actor, id: str) -> Incident:
    """Show an incident with its history.

    Raises:
        UnknownError: If there is no such incident.
    """
    actor.must(Act.MANAGE_INCIDENTS)
    with bench.store.read() as unit:
        return _veiled(_find(unit, id))


def _veiled(incident: Incident) -> Incident:
    return replace(incident, note=None) if incident.is_hidden else incident


def _find(unit: Unit, id: str) -> Incident:
    found = incidents.find(unit, id)
    if found is None:
        raise UnknownError(
            f"there is no incident {id!r}", hint="see `adjudge incidents list`"
        )
    return found


@dataclass(frozen=True)
class Revealed:
    """A hidden task as whoever must report it sees it once."""

    incident: Incident
    comparison: Comparison | None


def reveal(bench: Bench, actor: Actor, id: str, *, why: str) -> Revealed:
    """Show what is hidden to a lead who has a reason; the history keeps who and why.

    Raises:
        UnknownError: If there is no such incident.
        InvalidInputError: If there is no reason.
    """
    actor.must(Act.SEE_HIDDEN)
    _reason(why)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "incidents.reveal", id)
        incident = _find(unit, id)
        _step(bench, unit, actor, incident, "revealed", detail={}, why=why)
        body = incidents.body_of(unit, incident.comparison or "")
    comparison = Comparison.model_validate_json(body) if body else None
    return Revealed(incident, comparison)


# --- answering -------------------------------------------------------------------
def assign(
    bench: Bench,
    actor: Actor,
    id: str,
    *,
    owner: str | None = None,
    until: str | None = None,
    grade: str | None = None,
    why: str | None = None,
) -> Incident:
    """Give an incident an owner, another due time or another severity.

    A higher severity freezes or hides at once; a lower one lets go what nothing
    else holds. What was hidden stays hidden until the incident is closed.

    Raises:
        UnknownError: If there is no such incident, or nobody of that name.
        ConflictError: If it is closed.
        RefusedError: If the owner is no lead, or the grade would show what is hidden.
    """
    actor.must(Act.MANAGE_INCIDENTS)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "incidents.assign", id)
        incident = _find(unit, id)
        _must_be_open(incident)
        detail: dict[str, str | None] = {}
        if owner is not None:
            _must_be_lead(unit, owner)
            detail["owner"] = owner
            incident = replace(incident, owner=owner, state="assigned")
        if until is not None:
            detail["due"] = _time(until)
            incident = replace(incident, due=_time(until))
        if grade is not None:
            incident = _graded(incident, severity(grade), at=bench.now())
            detail["severity"] = grade
        if not detail:
            raise InvalidInputError(
                "nothing to change: give an owner, a due time or a severity"
            )
        incidents.change(unit, incident)
        _step(bench, unit, actor, incident, "assigned", detail=detail, why=why)
        _stand_still(bench, unit, incident, but=None)
        if not incident.freezes:
            incidents.unfreeze(unit, incident.task_id, incident.comparison)
        return _veiled(incident)


def _graded(incident: Incident, grade: Severity, *, at: str) -> Incident:
    if incident.is_hidden and not grade.hides:
        raise RefusedError(
            f"incident {incident.id} hides its task; a lower severity would show it",
            hint="close it with --outcome release if the suspicion was wrong",
        )
    return replace(
        incident,
        severity=grade,
        due=min(incident.due, due(at, grade)),
        freezes=grade.freezes,
        is_hidden=grade.hides,
    )


def close(
    bench: Bench, actor: Actor, id: str, *, why: str, outcome: Outcome | None = None
) -> Incident:
    """Close an incident with a reason and an outcome.

    Args:
        bench: The bench.
        actor: Who decides.
        id: The incident.
        why: The reason; it stays in the history.
        outcome: ``release`` lets the task go on, ``withdraw`` takes it out of queues
            and exports for good. Absent: a hidden task is withdrawn, any other
            released.

    Raises:
        UnknownError: If there is no such incident.
        ConflictError: If it is closed already.
        InvalidInputError: If there is no reason.
    """
    actor.must(Act.MANAGE_INCIDENTS)
    _reason(why)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "incidents.close", id)
        incident = _find(unit, id)
        _must_be_open(incident)
        chosen: Outcome = outcome or ("withdraw" if incident.is_hidden else "release")
        return _close(bench, unit, actor, incident, chosen, why=why)


def withdraw_in(
    bench: Bench, unit: Unit, actor: Actor, task_id: int, code: str, *, why: str
) -> Incident:
    """Take a task out of queues and exports within a deed that is under way.

    An incident keeps who did it and why.

    Raises:
        InvalidInputError: If there is no such category, or no reason.
        UnknownError: If there is no such task.
    """
    actor.must(Act.MANAGE_INCIDENTS)
    _reason(why)
    incident = open_in(bench, unit, actor, task_id, code)
    return _close(bench, unit, actor, incident, "withdraw", why=why)


def _close(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    incident: Incident,
    chosen: Outcome,
    *,
    why: str,
) -> Incident:
    withdrawn = chosen == "withdraw"
    closed = replace(
        incident,
        state="closed",
        owner=incident.owner or actor.name,
        outcome=chosen,
        freezes=incident.freezes or withdrawn,
        is_hidden=incident.is_hidden and withdrawn,
    )
    people.arrive(unit, actor, at=bench.now())
    incidents.change(unit, closed)
    _step(bench, unit, actor, closed, "closed", detail={"outcome": chosen}, why=why)
    if withdrawn:
        _stand_still(bench, unit, closed, but=None)
        return _veiled(closed)
    if incident.is_hidden and incident.comparison:
        incidents.show_again(unit, incident.comparison)
    incidents.unfreeze(unit, closed.task_id, closed.comparison)
    return closed


def _must_be_open(incident: Incident) -> None:
    if incident.state == "closed":
        raise ConflictError(
            f"incident {incident.id} is closed",
            hint="flag the task again to open another",
        )


def _must_be_lead(unit: Unit, name: str) -> None:
    person = people.find(unit, name)
    if person is None:
        raise UnknownError(f"there is nobody called {name!r}")
    if person.role is not Role.LEAD:
        raise RefusedError(f"{name} is no lead and cannot own an incident")


def _reason(why: str) -> None:
    if not why.strip():
        raise InvalidInputError("a reason is needed", hint="give it with --why")


def _time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(
            f"{text!r} is no time", hint="for example 2026-01-31T12:00:00Z"
        ) from None
    return utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def must_not_stand_still(unit: Unit, task_id: int) -> None:
    """Refuse work on a task that a lead looks at first.

    Raises:
        RefusedError: If an incident froze it.
    """
    if incidents.is_frozen(unit, task_id):
        raise RefusedError(
            "an incident of this task waits for a lead; until then it stands still",
            hint="what you judged is kept; take it back when the incident is closed",
        )


def must_not_be_hidden(unit: Unit, comparison: str) -> None:
    """Refuse a comparison whose texts nobody gets to see.

    Raises:
        RefusedError: Naming the incident.
    """
    if incident := incidents.hidden_by(unit, comparison):
        raise RefusedError(
            f"comparison {comparison} is hidden by incident {incident}",
            hint="a lead closes incidents: `adjudge incidents list`",
        )
