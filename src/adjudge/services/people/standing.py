"""Where people stand: pause, resume, clear, opt in, set work aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from adjudge.domain.people import Act
from adjudge.domain.record import utc
from adjudge.domain.standing import DAILY_CAP, PersonStanding
from adjudge.errors import ConflictError, InvalidInputError, RefusedError, UnknownError
from adjudge.services import auditlog
from adjudge.services.bench import find_queue
from adjudge.storage import claims, people, standing

if TYPE_CHECKING:
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Resumed:
    """What became of the work of somebody who works again, by queue.

    Attributes:
        restored: Judgments that count again.
        aside: Judgments that are set aside and stay so.
    """

    restored: dict[str, int]
    aside: dict[str, int]


@dataclass(frozen=True)
class SetAside:
    """What became of a paused person's work in a queue.

    Attributes:
        judgments: Set aside; open slots stand in their place.
        decided: Left as they are, because a lead has decided on their task.
    """

    queue: str
    judgments: int
    decided: int


def of(bench: Bench, actor: Actor, name: str) -> PersonStanding:
    """Show where somebody stands; everybody may see it of themselves.

    Raises:
        UnknownError: If there is nobody of that name.
    """
    actor.must(Act.WORK if actor.name == name else Act.SEE_PEOPLE)
    with bench.store.read() as unit:
        found = standing.of(unit, name, day=bench.now()[:10])
    if found is None and actor.name == name:
        return PersonStanding(name=name, state="active")
    if found is None:
        raise _nobody(name)
    return found


# --- pause and resume --------------------------------------------------------------
def pause(
    bench: Bench, actor: Actor, name: str, *, why: str, requeue: tuple[str, ...] = ()
) -> list[SetAside]:
    """Pause somebody with a reason they see; set their work in queues aside.

    Leases go back at once; drafts and judgments are kept. Work that is set aside
    counts in no result, stays in the statement, and an open slot takes its place.

    Raises:
        InvalidInputError: If there is no reason.
        UnknownError: If there is nobody of that name, or no such queue.
    """
    actor.must(Act.MANAGE_PEOPLE)
    _reason(why)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "standing.pause", name)
        _person(unit, name)
        standing.set_state(unit, name, "paused", why)
        for task_id in standing.leases_of(unit, name):
            claims.release(unit, name, task_id)
        found = [_set_aside(unit, queue, name) for queue in requeue]
        detail = {"requeued": {s.queue: s.judgments for s in found}} if found else {}
        _step(bench, unit, actor, name, "paused", detail=detail, why=why)
        return found


def _set_aside(unit: Unit, queue: str, name: str) -> SetAside:
    find_queue(unit, queue)
    judgments, decided = standing.set_aside(unit, queue, name)
    return SetAside(queue, judgments, decided)


def resume(
    bench: Bench, actor: Actor, name: str, *, why: str, restore: tuple[str, ...] = ()
) -> Resumed:
    """Let somebody work again; work that was set aside may count again.

    What others have been asked for in its place stays aside unless its queue is named.

    Raises:
        InvalidInputError: If there is no reason.
        UnknownError: If there is nobody of that name, or no such queue.
        ConflictError: If they are not paused.
    """
    actor.must(Act.MANAGE_PEOPLE)
    _reason(why)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "standing.resume", name)
        _person(unit, name)
        if not standing.set_state(unit, name, "active", None) and not restore:
            raise ConflictError(f"{name} is not paused")
        found = {}
        for queue in restore:
            find_queue(unit, queue)
            found[queue] = standing.take_back_in(unit, queue, name)
        detail = {"restored": found} if found else {}
        _step(bench, unit, actor, name, "resumed", detail=detail, why=why)
        return Resumed(found, standing.aside(unit, name))


# --- clearances ----------------------------------------------------------------------
def clear(
    bench: Bench,
    actor: Actor,
    name: str,
    label: str,
    *,
    until: str | None = None,
    why: str | None = None,
) -> str | None:
    """Clear somebody for a label, perhaps until a time; give that time.

    Raises:
        UnknownError: If there is nobody of that name.
        InvalidInputError: If the time is none, or past.
    """
    actor.must(Act.MANAGE_PEOPLE)
    _named(label)
    end = end_of(until, bench.now())
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "standing.clear", name)
        _person(unit, name)
        standing.clear(unit, name, label, end)
        detail = {"label": label, "until": end}
        _step(bench, unit, actor, name, "cleared", detail=detail, why=why)
    return end


def unclear(
    bench: Bench, actor: Actor, name: str, label: str, *, why: str | None = None
) -> None:
    """Take a clearance back.

    Raises:
        UnknownError: If there is nobody of that name, or no such clearance.
    """
    actor.must(Act.MANAGE_PEOPLE)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "standing.unclear", name)
        _person(unit, name)
        if not standing.unclear(unit, name, label):
            raise UnknownError(f"{name} has no clearance {label!r}")
        _step(bench, unit, actor, name, "uncleared", detail={"label": label}, why=why)


# --- opt-ins -------------------------------------------------------------------------
def opt_in(
    bench: Bench,
    actor: Actor,
    name: str,
    label: str,
    *,
    daily_cap: int = DAILY_CAP,
    why: str | None = None,
) -> None:
    """Agree to see a harm label, so many tasks a day at most.

    Nobody sees one by default. A person agrees for themselves; a lead may write down
    an agreement given elsewhere, and says where.

    Raises:
        UnknownError: If there is nobody of that name.
        RefusedError: If a lead does not say where the agreement was given.
        InvalidInputError: If the cap is not between 1 and 1000.
    """
    actor.must(Act.WORK if actor.name == name else Act.MANAGE_PEOPLE)
    _named(label)
    if not 1 <= daily_cap <= 1000:
        raise InvalidInputError(f"a daily cap of {daily_cap} is not between 1 and 1000")
    if actor.name != name and not (why or "").strip():
        raise RefusedError(
            f"{name} agrees to see {label!r} for themselves",
            hint=f"let them run it (--as {name}), or say with --why where they agreed",
        )
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "standing.opt_in", name)
        if actor.name == name:
            people.add_names(unit, [name], at=bench.now())
        _person(unit, name)
        standing.opt_in(unit, name, label, daily_cap)
        detail = {"label": label, "daily_cap": daily_cap}
        _step(bench, unit, actor, name, "opted_in", detail=detail, why=why)


def opt_out(bench: Bench, actor: Actor, name: str, label: str) -> None:
    """Agree no more; nobody has to say why.

    Raises:
        UnknownError: If there is nobody of that name, or they never agreed.
    """
    actor.must(Act.WORK if actor.name == name else Act.MANAGE_PEOPLE)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "standing.opt_out", name)
        _person(unit, name)
        if not standing.opt_out(unit, name, label):
            raise UnknownError(f"{name} has not opted into {label!r}")
        _step(bench, unit, actor, name, "opted_out", detail={"label": label}, why=None)


# --- shared --------------------------------------------------------------------------
def moment(text: str) -> str:
    """Read a day (its end) or a time as UTC ISO 8601.

    Raises:
        InvalidInputError: If it is neither.
    """
    try:
        found = datetime.fromisoformat(f"{text}T23:59:59" if len(text) == 10 else text)
    except ValueError:
        raise InvalidInputError(
            f"{text!r} is no day and no time", hint="for example 2026-12-31"
        ) from None
    return utc(found if found.tzinfo else found.replace(tzinfo=UTC))


def end_of(until: str | None, now: str) -> str | None:
    """Read when a clearance ends; ``None`` for one that does not.

    Raises:
        InvalidInputError: If the time is none, or past.
    """
    if until is None:
        return None
    end = moment(until)
    if datetime.fromisoformat(end) <= datetime.fromisoformat(now):
        raise InvalidInputError(f"--until {until} is past")
    return end


def _person(unit: Unit, name: str) -> None:
    if people.find(unit, name) is None:
        raise _nobody(name)


def _nobody(name: str) -> UnknownError:
    return UnknownError(
        f"there is nobody called {name!r}", hint="see `adjudge people list`"
    )


def _named(label: str) -> None:
    if not label.strip() or len(label) > 64:
        raise InvalidInputError(f"{label!r} is no label: expected 1 to 64 characters")


def _reason(why: str) -> None:
    if not why.strip():
        raise InvalidInputError("a reason is needed", hint="the person sees it: --why")


def _step(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    name: str,
    kind: str,
    *,
    detail: dict[str, Any],
    why: str | None,
) -> None:
    standing.step(
        unit,
        name,
        kind,
        detail,
        id=bench.new_id(),
        why=why,
        by=actor.name,
        at=bench.now(),
    )
