"""Statements of work: what a month holds, locked, acknowledged, disputed, answered."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from adjudge.domain.pay import (
    Line,
    PayPolicy,
    PayRules,
    Totals,
    Work,
    credited,
    lines_of,
    month_span,
)
from adjudge.domain.people import Act
from adjudge.domain.record import digest
from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    UnknownError,
)
from adjudge.formats import spreadsheet
from adjudge.services import auditlog
from adjudge.storage import people, queues, statements
from adjudge.storage.statements import StatementAct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit

_SHOWN_TO = 0.5  # seconds; nobody sees lines more exactly
_CENT = Decimal("0.01")
_COLUMNS = (
    "line",
    "at",
    "queue",
    "kind",
    "tasks",
    "active_seconds",
    "idle_seconds",
    "research_seconds",
    "training_seconds",
    "review_seconds",
    "paid_seconds",
    "amount",
    "currency",
    "late",
    "surplus",
    "corrects",
    "why",
    "state",
)


@dataclass(frozen=True)
class Dispute:
    """A line that its person does not agree with."""

    line: str
    why: str | None
    at: str
    answer: str | None = None
    answered_by: str | None = None
    answered_at: str | None = None


@dataclass(frozen=True)
class Statement:
    """One person's month.

    Attributes:
        lines: Work in its order, then corrections.
        policies: Pay policies in force when the month ended.
        locked_at: When a lead last locked it; ``None`` before.
        acknowledged_at: When the person last agreed to what is locked.
        is_acknowledged: Whether that still is what is locked.
    """

    person: str
    month: str
    lines: tuple[Line, ...]
    totals: Totals
    policies: dict[str, PayPolicy]
    disputes: tuple[Dispute, ...] = ()
    locked_at: str | None = None
    locked_by: str | None = None
    acknowledged_at: str | None = None
    is_acknowledged: bool = False

    def as_json(self) -> dict[str, Any]:
        """Write what ``people statement --json`` prints."""
        return {
            "person": self.person,
            "month": self.month,
            "lines": [line.as_json() for line in self.lines],
            "totals": self.totals.as_json(),
            "pay": {q: p.model_dump(mode="json") for q, p in self.policies.items()},
            "locked_at": self.locked_at,
            "locked_by": self.locked_by,
            "acknowledged_at": self.acknowledged_at,
            "acknowledged": self.is_acknowledged,
            "disputes": [
                {
                    "line": d.line,
                    "why": d.why,
                    "at": d.at,
                    "answer": d.answer,
                    "answered_by": d.answered_by,
                    "answered_at": d.answered_at,
                }
                for d in self.disputes
            ],
        }

    def as_csv(self) -> str:
        """Write the lines and their sum for a spreadsheet."""
        rows = [line.as_json() for line in self.lines]
        totals = self.totals.as_json()
        amounts = totals.pop("amounts")
        for currency, amount in amounts.items() or [(None, None)]:
            total = {"line": "total", "currency": currency, "amount": amount}
            rows.append({**total, **totals})
            totals = {}
        return spreadsheet.csv_text(
            _COLUMNS, ([_cell(c, row.get(c)) for c in _COLUMNS] for row in rows)
        )


def _cell(column: str, value: Any) -> Any:
    return Decimal(value) if column == "amount" and value is not None else value


def show(bench: Bench, actor: Actor, name: str, month: str) -> Statement:
    """Show a person's month; everybody may see their own.

    Raises:
        InvalidInputError: If the month is not written like 2026-01.
        UnknownError: If there is nobody of that name.
    """
    _may_see(actor, name)
    with bench.store.read() as unit:
        return _statement(unit, name, month)


def _may_see(actor: Actor, name: str) -> None:
    actor.must(Act.WORK if actor.name == name else Act.SEE_STATEMENTS)


def _statement(unit: Unit, name: str, month: str) -> Statement:
    since, until = month_span(month)
    if people.find(unit, name) is None:
        raise UnknownError(
            f"there is nobody called {name!r}", hint="see `adjudge people list`"
        )
    rules = queues.pay_rules(unit)
    fixed = statements.lines(unit, name, month)
    acts = statements.acts(unit, name, month)
    disputes = _disputes(acts)
    open_lines = _open_lines(unit, name, (since, until), fixed, rules)
    lines = tuple(
        replace(line, state=_state(line, disputes))
        for line in (
            *(line for line in fixed if line.kind != "correction"),
            *open_lines,
            *(line for line in fixed if line.kind == "correction"),
        )
    )
    locks = [a for a in acts if a.kind == "lock"]
    agreed = [a for a in acts if a.kind == "acknowledge"]
    return Statement(
        person=name,
        month=month,
        lines=lines,
        totals=Totals.of(lines),
        policies={
            queue: policy
            for queue in sorted({line.queue for line in lines})
            if (policy := rules.at(queue, until))
        },
        disputes=tuple(disputes.values()),
        locked_at=locks[-1].at if locks else None,
        locked_by=locks[-1].by if locks else None,
        acknowledged_at=agreed[-1].at if agreed else None,
        is_acknowledged=bool(agreed) and agreed[-1].digest == _digest(fixed),
    )


def _open_lines(
    unit: Unit,
    name: str,
    span: tuple[str, str],
    fixed: Sequence[Line],
    rules: PayRules,
) -> list[Line]:
    """Write the lines that no lock holds yet, every second counted once."""
    since, until = span
    # Work that began the evening before may overlap with the first of the month.
    before = (date.fromisoformat(since) - timedelta(days=1)).isoformat()
    held = {event for line in fixed for event in line.events}
    every = credited(statements.works(unit, name, before, until))
    fresh = [w for w in every if w.at >= since and w.id not in held]
    return lines_of(fresh, rules, salt=name)


def _state(line: Line, disputes: dict[str, Dispute]) -> str:
    found = disputes.get(line.id)
    if found is None:
        return line.state
    return "answered" if found.answered_at else "disputed"


def _disputes(acts: Sequence[StatementAct]) -> dict[str, Dispute]:
    found: dict[str, Dispute] = {}
    for act in acts:
        if act.line is None:
            continue
        if act.kind == "dispute":
            found[act.line] = Dispute(act.line, act.why, act.at)
        elif act.kind == "answer" and act.line in found:
            found[act.line] = replace(
                found[act.line],
                answer=act.why,
                answered_by=act.by,
                answered_at=act.at,
            )
    return found


def _digest(fixed: Sequence[Line]) -> str:
    return digest([{**line.as_json(), "state": ""} for line in fixed])


# --- lock and acknowledge ----------------------------------------------------
def lock(bench: Bench, actor: Actor, name: str, month: str) -> Statement:
    """Let a month's lines stand for good; work that comes later is locked apart.

    Raises:
        InvalidInputError: If the month is not written like 2026-01.
        UnknownError: If there is nobody of that name.
        ConflictError: If there is nothing new to lock.
    """
    actor.must(Act.KEEP_STATEMENTS)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "statements.lock", name)
        since, until = month_span(month)
        _statement(unit, name, month)
        rules = queues.pay_rules(unit)
        fixed = statements.lines(unit, name, month)
        fresh = _open_lines(unit, name, (since, until), fixed, rules)
        if not fresh:
            locked = any(a.kind == "lock" for a in statements.acts(unit, name, month))
            raise ConflictError(
                f"{month} of {name} is locked as it is"
                if locked
                else f"{name} has no work in {month} to lock"
            )
        at = bench.now()
        statements.add_lines(unit, name, month, fresh, by=actor.name, at=at)
        _act(bench, unit, actor, (name, month), "lock")
        return _statement(unit, name, month)


def acknowledge(bench: Bench, actor: Actor, name: str, month: str) -> Statement:
    """Agree to what is locked; only the person can.

    Raises:
        NotAllowedError: If it is somebody else's.
        ConflictError: If nothing is locked.
    """
    actor.must(Act.WORK)
    _must_be(actor, name, "acknowledges")
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "statements.acknowledge", name)
        found = _statement(unit, name, month)
        if found.locked_at is None:
            raise ConflictError(
                f"{month} of {name} is not locked yet",
                hint="a lead locks it: `adjudge people statement … --lock`",
            )
        _act(bench, unit, actor, (name, month), "acknowledge")
        return _statement(unit, name, month)


# --- dispute and answer ------------------------------------------------------
def dispute(
    bench: Bench, actor: Actor, name: str, month: str, line: str, *, why: str
) -> Statement:
    """Say that a line is wrong, and why; only the person can.

    Raises:
        NotAllowedError: If it is somebody else's.
        UnknownError: If there is no such line.
        InvalidInputError: If there is no reason.
    """
    actor.must(Act.WORK)
    _must_be(actor, name, "disputes")
    _reason(why)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "statements.dispute", name)
        _line(_statement(unit, name, month), line)
        _act(bench, unit, actor, (name, month), "dispute", line=line, why=why)
        return _statement(unit, name, month)


@dataclass(frozen=True)
class Correction:
    """What an answer adds to a statement.

    Attributes:
        seconds: Active seconds, to add or, below zero, to take away.
        amount: Money; of the seconds, where nobody says.
    """

    seconds: float = 0.0
    amount: Decimal | None = None


def answer(
    bench: Bench,
    actor: Actor,
    name: str,
    month: str,
    line: str,
    *,
    why: str,
    correction: Correction | None = None,
) -> Statement:
    """Answer a dispute, or correct a line; the line stays, a correction is a new one.

    Raises:
        UnknownError: If there is no such line.
        InvalidInputError: If there is no reason, or more is taken away than there is.
        NotAllowedError: If it is one's own statement.
        ConflictError: If nobody disputed the line and nothing is corrected, or the
            same was corrected for the same reason before.
    """
    actor.must(Act.KEEP_STATEMENTS)
    if actor.name == name:
        raise NotAllowedError(
            f"{name} cannot answer for their own statement", hint="ask another lead"
        )
    _reason(why)
    if correction is not None and not math.isfinite(correction.seconds):
        raise InvalidInputError(f"{correction.seconds} seconds are no time")
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "statements.answer", name)
        found = _statement(unit, name, month)
        meant = _line(found, line)
        if meant.state != "disputed" and correction is None:
            raise ConflictError(
                f"nobody disputes line {line}",
                hint="correct it with --seconds or --amount",
            )
        if correction is not None:
            added = _corrected(bench, meant, correction, found.policies, why=why)
            _must_be_there(found, meant, added)
            _must_be_new(found, added)
            at = bench.now()
            statements.add_lines(unit, name, month, [added], by=actor.name, at=at)
        _act(bench, unit, actor, (name, month), "answer", line=line, why=why)
        return _statement(unit, name, month)


def _must_be_new(found: Statement, added: Line) -> None:
    """Refuse the same correction again: a command sent twice must not pay twice."""
    for line in found.lines:
        said = (line.corrects, line.why, line.active, line.amount)
        if said == (added.corrects, added.why, added.active, added.amount):
            raise ConflictError(
                f"line {added.corrects} was corrected so already, by line {line.id}",
                hint="give another reason if it is to be corrected once more",
            )


def _must_be_there(found: Statement, meant: Line, added: Line) -> None:
    """Refuse to take more away from a line than it and its corrections hold.

    Raises:
        InvalidInputError: Saying what there is.
    """
    same = {meant.corrects or meant.id, meant.id}
    seconds, amount = 0.0, Decimal(0)
    for line in found.lines:
        if line.id in same or line.corrects in same:
            same.add(line.id)
            seconds += line.worked
            amount += line.amount or 0
    if added.active < 0 and seconds + added.active < -_SHOWN_TO:
        raise InvalidInputError(
            f"line {meant.id} holds {max(0.0, seconds):.1f} seconds; "
            f"{-added.active:.1f} cannot be taken away"
        )
    if added.amount is not None and added.amount < 0 > amount + added.amount + _CENT:
        raise InvalidInputError(
            f"line {meant.id} holds {amount} {meant.currency or ''}".rstrip()
            + f"; {-added.amount} cannot be taken away",
            hint="--amount 0 beside --seconds leaves the money as it is",
        )


def _corrected(
    bench: Bench,
    meant: Line,
    correction: Correction,
    policies: dict[str, PayPolicy],
    *,
    why: str,
) -> Line:
    policy = policies.get(meant.queue)
    amount = correction.amount
    if amount is None and policy is not None:
        amount = policy.amount(correction.seconds, 0)
    if amount is not None and meant.currency is None and policy is None:
        raise InvalidInputError(
            f"queue {meant.queue!r} has no pay policy, so there is no currency",
            hint="`adjudge queue set Q --pay hour,24.50,EUR` first",
        )
    return Line(
        id=digest([meant.id, bench.new_id()])[:10],
        kind="correction",
        queue=meant.queue,
        at=bench.now(),
        active=correction.seconds,
        paid_seconds=correction.seconds,
        amount=amount,
        currency=meant.currency or (policy.currency if policy else None),
        corrects=meant.id,
        why=why,
        state="locked",
    )


def trace(
    bench: Bench, actor: Actor, name: str, month: str, line: str
) -> dict[str, Any]:
    """Show what a line was made of, as the store keeps it, to a lead who answers.

    Raises:
        UnknownError: If there is no such line.
    """
    actor.must(Act.KEEP_STATEMENTS)
    with bench.store.read() as unit:
        meant = _line(_statement(unit, name, month), line)
        since, until = month_span(month)
        before = (date.fromisoformat(since) - timedelta(days=1)).isoformat()
        raw = {w.id: w for w in statements.works(unit, name, before, until)}
        kept = {w.id: w for w in credited(raw.values())}
        return {
            "line": meant.as_json(),
            "events": [_event(raw[e], kept[e]) for e in meant.events if e in raw],
            "judgments": statements.trace(unit, meant.events),
        }


def _event(raw: Work, kept: Work) -> dict[str, Any]:
    cut = raw.active + raw.research - kept.active - kept.research
    return {
        "id": raw.id,
        "at": raw.at,
        "task": raw.task_id,
        "active_seconds": round(raw.active, 1),
        "research_seconds": round(raw.research, 1),
        "idle_seconds": round(raw.idle, 1),
        "wall_seconds": round(raw.wall, 1),
        "counted_elsewhere_seconds": round(cut, 1),
    }


# --- shared ------------------------------------------------------------------
def _line(found: Statement, id: str) -> Line:
    for line in found.lines:
        if line.id == id:
            return line
    raise UnknownError(
        f"there is no line {id!r} in {found.month} of {found.person}",
        hint=f"see `adjudge people statement {found.person} --month {found.month}`",
    )


def _must_be(actor: Actor, name: str, does: str) -> None:
    if actor.name != name:
        raise NotAllowedError(f"only {name} {does} {name}'s statement")


def _reason(why: str) -> None:
    if not why.strip():
        raise InvalidInputError("a reason is needed", hint="give it with --why")


def _act(
    bench: Bench,
    unit: Unit,
    actor: Actor,
    place: tuple[str, str],
    kind: str,
    *,
    line: str | None = None,
    why: str | None = None,
) -> None:
    name, month = place
    said = StatementAct(
        id=bench.new_id(),
        kind=kind,
        by=actor.name,
        at=bench.now(),
        line=line,
        why=why,
        digest=_digest(statements.lines(unit, name, month)),
    )
    statements.add_act(unit, name, month, said)
