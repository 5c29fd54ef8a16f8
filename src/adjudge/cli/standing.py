"""Commands about where people stand: pause, clear, opt in, qualify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session
from adjudge.domain.words import count_of
from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from adjudge.domain.qualification import Gate
    from adjudge.domain.standing import StandingStep

Name = Annotated[str, typer.Argument(metavar="NAME", help="The person.")]
Label = Annotated[str, typer.Argument(metavar="LABEL")]
Why = Annotated[str, typer.Option(help="The reason; the person sees it.")]
MaybeWhy = Annotated[str | None, typer.Option("--why", help="The reason.")]
Until = Annotated[
    str | None, typer.Option(metavar="DAY", help="Until the end of that day, UTC.")
]

_DEEDS = {
    "cleared": "cleared for",
    "uncleared": "no longer cleared for",
    "opted_in": "opted into",
    "opted_out": "opted out of",
}


def register(app: typer.Typer) -> None:
    """Add these commands to ``people``."""
    app.command()(show)
    app.command()(clear)
    app.command()(pause)
    app.command()(resume)
    app.command(name="opt-in")(opt_in)
    app.command(name="opt-out")(opt_out)
    app.command()(qualify)


def show(
    context: typer.Context,
    name: Name,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show where somebody stands; everybody may look at themselves."""
    from adjudge.cli.layout import minutes
    from adjudge.services.people import standing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = standing.of(session.bench, session.actor, name)
    why = f": {found.why}" if found.why else ""
    lines = [f"{found.name} is {found.state}{why}"]
    lines += [
        f"cleared for {c.label}" + (f" until {c.until}" if c.until else "")
        for c in found.clearances
    ]
    lines += [
        f"opted into {o.label}: {o.today} of {o.daily_cap} today, "
        f"{minutes(o.seconds_today)} on them"
        for o in found.opt_ins
    ]
    lines += [
        f"{s.at}  {_done(s)} by {s.by}" + (f": {s.why}" if s.why else "")
        for s in found.history
    ]
    session.answer(found.as_json(), "\n".join(lines))


def _done(step: StandingStep) -> str:
    """Say what was done, and for which label or text."""
    words = _DEEDS.get(step.kind)
    if words is None or "label" not in step.detail:
        return step.kind.replace("_", " ")
    return f"{words} {step.detail['label']}"


def clear(
    context: typer.Context,
    name: Name,
    label: Label,
    until: Until = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take the clearance back.")
    ] = False,
    why: MaybeWhy = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Clear somebody for a label, perhaps until a day."""
    from adjudge.services.people import standing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    if withdraw:
        standing.unclear(session.bench, session.actor, name, label, why=why)
        answer = {"person": name, "label": label, "cleared": False, "until": None}
        session.answer(answer, f"{name} is no longer cleared for {label}")
        return
    end = standing.clear(
        session.bench, session.actor, name, label, until=until, why=why
    )
    answer = {"person": name, "label": label, "cleared": True, "until": end}
    tail = f" until {end}" if end else ""
    session.answer(answer, f"{name} is cleared for {label}{tail}")


def pause(
    context: typer.Context,
    name: Name,
    why: Why,
    requeue: Annotated[
        list[str] | None,
        typer.Option(
            metavar="QUEUE",
            help="Set their work there aside and open slots for others; repeatable.",
        ),
    ] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Give somebody no more work, with a reason they see; nothing of theirs is lost."""
    from adjudge.services.people import standing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = standing.pause(
        session.bench, session.actor, name, why=why, requeue=tuple(requeue or ())
    )
    words = [f"{name} is paused: {why}"]
    for aside in found:
        kept = f"; a lead's decision keeps {aside.decided}" if aside.decided else ""
        words.append(
            f"{aside.queue}: {count_of(aside.judgments, 'judgment')} set aside{kept}"
        )
    answer = {
        "person": name,
        "state": "paused",
        "why": why,
        "requeued": [
            {"queue": a.queue, "judgments": a.judgments, "decided": a.decided}
            for a in found
        ],
    }
    session.answer(answer, "\n".join(words))


def resume(
    context: typer.Context,
    name: Name,
    why: Why,
    restore: Annotated[
        list[str] | None,
        typer.Option(metavar="QUEUE", help="Let set-aside work there count again."),
    ] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Let somebody work again."""
    from adjudge.services.people import standing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = standing.resume(
        session.bench, session.actor, name, why=why, restore=tuple(restore or ())
    )
    words = [f"{name} works again: {why}"]
    words += [
        f"{queue}: {count_of(n, 'judgment counts', 'judgments count')} again"
        for queue, n in found.restored.items()
    ]
    words += [
        f"{queue}: {count_of(n, 'judgment stays', 'judgments stay')} set aside, others "
        f"were asked instead; `people resume {name} --restore {queue} --why …` lets "
        "them count again"
        for queue, n in found.aside.items()
    ]
    answer = {
        "person": name,
        "state": "active",
        "why": why,
        "restored": found.restored,
        "aside": found.aside,
    }
    session.answer(answer, "\n".join(words))


def opt_in(
    context: typer.Context,
    name: Name,
    label: Label,
    cap: Annotated[int, typer.Option(help="Tasks a day at most.")] = 20,
    why: Annotated[
        str | None, typer.Option(help="Of a lead: where the person agreed.")
    ] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Agree to see texts with a content label; by default nobody sees any."""
    from adjudge.services.people import standing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    standing.opt_in(session.bench, session.actor, name, label, daily_cap=cap, why=why)
    session.answer(
        {"person": name, "label": label, "daily_cap": cap},
        f"{name} sees {label}, at most {count_of(cap, 'task')} a day",
    )


def opt_out(
    context: typer.Context,
    name: Name,
    label: Label,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Agree no more; nobody has to say why."""
    from adjudge.services.people import standing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    standing.opt_out(session.bench, session.actor, name, label)
    session.answer(
        {"person": name, "label": label, "daily_cap": 0},
        f"{name} sees no {label} any more",
    )


def qualify(
    context: typer.Context,
    name: Name,
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="Where they trained.")],
    accept: Annotated[bool, typer.Option("--accept", help="Clear them.")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="Do not.")] = False,
    why: MaybeWhy = None,
    label: Annotated[
        str | None, typer.Option(help="What for; the queue's name by default.")
    ] = None,
    until: Until = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show what the sequential test proposes, or decide."""
    from adjudge.services.people import qualification

    session = Session.of(context, db=db, as_name=as_name, json=json)
    if accept and refuse:
        raise InvalidInputError("--accept and --refuse exclude each other")
    if not accept and not refuse:
        found = qualification.gate(session.bench, session.actor, name, queue)
    else:
        found = qualification.decide(
            session.bench,
            session.actor,
            name,
            queue,
            accept=accept,
            why=why,
            label=label,
            until=until,
        )
    session.answer(found.as_json(), _said(found))


def _said(found: Gate) -> str:
    proposal = {
        "accept": "the test proposes to accept",
        "refuse": "the test proposes to refuse",
        "wait": "too early to tell",
    }[found.proposal]
    words = (
        f"{found.person} in {found.queue}: {found.n_right} of {found.n_gold} right; "
        f"{proposal} (score {found.score:.2f}, accepts at {found.accept_at:.2f}, "
        f"refuses at {found.refuse_at:.2f})"
    )
    if found.decision is None:
        return words
    end = f" until {found.until}" if found.until else ""
    verb = "cleared for" if found.decision == "accepted" else "not cleared for"
    return f"{words}\n{found.decision}: {verb} {found.label}{end}"
