"""The command for statements of work."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session
from adjudge.domain.words import count_of
from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from adjudge.services.people.statements import Correction, Statement


def register(app: typer.Typer) -> None:
    """Add this command to ``people``."""
    app.command()(statement)


def statement(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person.")],
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="The month, UTC.")],
    csv: Annotated[
        bool, typer.Option("--csv", help="Lines as CSV, safe in a spreadsheet.")
    ] = False,
    lock: Annotated[
        bool, typer.Option("--lock", help="A lead: let the lines stand for good.")
    ] = False,
    acknowledge: Annotated[
        bool, typer.Option("--acknowledge", help="The person: agree to what is locked.")
    ] = False,
    dispute: Annotated[
        str | None, typer.Option(metavar="LINE", help="The person: this is wrong.")
    ] = None,
    answer: Annotated[
        str | None, typer.Option(metavar="LINE", help="A lead: answer or correct.")
    ] = None,
    why: Annotated[str, typer.Option(help="The reason.")] = "",
    seconds: Annotated[
        float | None, typer.Option(help="With --answer: add a correction.")
    ] = None,
    amount: Annotated[
        str | None, typer.Option(help="With --answer: its money, where not by time.")
    ] = None,
    trace: Annotated[
        str | None,
        typer.Option(metavar="LINE", help="A lead: what a line was made of."),
    ] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show what somebody worked in a month; lock, acknowledge, dispute, answer."""
    from adjudge.services.people import statements

    session = Session.of(context, db=db, as_name=as_name, json=json)
    named = [line for line in (dispute, answer, trace) if line is not None]
    if "" in named:
        raise InvalidInputError("a line's name is empty", hint="the first column")
    if lock + acknowledge + len(named) > 1:
        raise InvalidInputError("one deed at a time", hint="lock, then acknowledge, …")
    if (seconds is not None or amount is not None) and not answer:
        raise InvalidInputError("--seconds and --amount belong to --answer LINE")
    bench, actor = session.bench, session.actor
    if trace:
        found_trace = statements.trace(bench, actor, name, month, trace)
        session.answer(found_trace, _traced(found_trace))
        return
    if lock:
        found = statements.lock(bench, actor, name, month)
    elif acknowledge:
        found = statements.acknowledge(bench, actor, name, month)
    elif dispute:
        found = statements.dispute(bench, actor, name, month, dispute, why=why)
    elif answer:
        correction = _correction(seconds, amount)
        found = statements.answer(
            bench, actor, name, month, answer, why=why, correction=correction
        )
    else:
        found = statements.show(bench, actor, name, month)
    if csv and not session.json:
        sys.stdout.write(found.as_csv())
        return
    session.answer(found.as_json(), _shown(found))


def _correction(seconds: float | None, amount: str | None) -> Correction | None:
    from decimal import Decimal, InvalidOperation

    from adjudge.services.people.statements import Correction

    if seconds is None and amount is None:
        return None
    try:
        money = Decimal(amount.encode("ascii").decode()) if amount is not None else None
    except (InvalidOperation, UnicodeEncodeError):
        money = Decimal("NaN")
    if money is not None and not money.is_finite():
        raise InvalidInputError(
            f"--amount {amount!r} is no amount", hint="e.g. 2.50 or -2.50"
        )
    return Correction(seconds=seconds or 0.0, amount=money)


def _shown(found: Statement) -> str:
    from adjudge.cli.layout import table

    heads = ("line", "ended", "queue", "kind", "active", "idle", "research", "training")
    rows = [
        (
            line.id,
            line.at[:19].rstrip("Z"),
            line.queue,
            line.kind,
            *map(_time, (line.active, line.idle, line.research, line.training)),
            _time(line.review),
            _time(line.paid_seconds),
            line.amount,
            _marks(line),
        )
        for line in found.lines
    ]
    totals = found.totals
    sums = [
        f"{count_of(totals.tasks, 'task')}; active {_time(totals.active)}, "
        f"idle {_time(totals.idle)}, research {_time(totals.research)}, "
        f"training {_time(totals.training)}, review {_time(totals.review)}",
        *(f"paid: {amount} {currency}" for currency, amount in totals.amounts.items()),
        _locked(found),
    ]
    for one in found.disputes:
        said = (
            f"{one.answered_by}: {one.answer}" if one.answered_at else "no answer yet"
        )
        sums.append(f"line {one.line} disputed: {one.why}; {said}")
    text = table((*heads, "review", "paid", "amount", "marks"), rows)
    head = f"statement of work: {found.person}, {found.month} (times UTC)\n"
    return head + text + "\n".join(sums)


def _time(seconds: float) -> str:
    from adjudge.cli.layout import minutes

    return f"-{minutes(-seconds)}" if seconds < 0 else minutes(seconds)


def _marks(line: Any) -> str | None:
    marks = [m for m in ("late", "surplus") if getattr(line, m)]
    if line.state != "open":
        marks.append(line.state)
    if line.corrects:
        marks.append(f"corrects {line.corrects}: {line.why}")
    return ", ".join(marks) or None


def _locked(found: Statement) -> str:
    if found.locked_at is None:
        return "not locked yet"
    words = f"locked {found.locked_at} by {found.locked_by}"
    if found.is_acknowledged:
        return f"{words}; acknowledged {found.acknowledged_at}"
    if found.acknowledged_at:
        return f"{words}; acknowledged {found.acknowledged_at}, before later lines"
    return f"{words}; not acknowledged yet"


def _traced(found: dict[str, Any]) -> str:

    lines = [
        f"{e['at']}  {e['id']}  task {e['task']}: active {e['active_seconds']} s, "
        f"research {e['research_seconds']} s, idle {e['idle_seconds']} s, "
        f"wall {e['wall_seconds']} s, "
        f"counted elsewhere {e['counted_elsewhere_seconds']} s"
        for e in found["events"]
    ]
    lines += [
        f"{j['received_at']}  judgment {j['judgment']} of {j['comparison']} "
        f"({j['role']}, occasion {j['occasion']}, revision {j['revision']})"
        for j in found["judgments"]
    ]
    return "\n".join(lines)
