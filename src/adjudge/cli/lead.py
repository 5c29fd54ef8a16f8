"""Commands of a lead: decide what people could not settle."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from adjudge.cli.reading import tiers
from adjudge.cli.session import AsOption, DbOption, JsonOption, Session, say
from adjudge.errors import InvalidInputError


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(adjudicate)
    app.command()(disputed)
    app.command()(dashboard)


def adjudicate(
    context: typer.Context,
    comparison: Annotated[str, typer.Argument(help="The comparison.")],
    ranking: Annotated[
        str | None,
        typer.Option(metavar="JSON", help='Tiers best first: [["b"],["a"]].'),
    ] = None,
    why: Annotated[str, typer.Option(help="The reason; needed to decide.")] = "",
    cause: Annotated[
        str | None, typer.Option(help="Why people disagreed, one word.")
    ] = None,
    queue: Annotated[
        str | None, typer.Option(help="Needed if it is work of several queues.")
    ] = None,
    none_acceptable: Annotated[
        bool, typer.Option("--none-acceptable", help="No response is acceptable.")
    ] = False,
    otherwise: Annotated[
        str | None,
        typer.Option(metavar="unclear|send-back|exclude", help="Instead of deciding."),
    ] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Decide a comparison, or (without --ranking) lay out what people said."""
    from adjudge.services.measuring import adjudication

    session = Session.of(context, db=db, as_name=as_name, json=json)
    if otherwise is not None:
        if ranking is not None:
            raise InvalidInputError("--ranking decides, --otherwise does not: say one")
        _otherwise(session, comparison, otherwise, why, queue)
        return
    if ranking is None:
        shown = adjudication.evidence(
            session.bench, session.actor, comparison, queue=queue
        )
        if why or cause is not None or none_acceptable:
            raise InvalidInputError(
                "a decision needs a ranking",
                hint="--ranking JSON, or --otherwise; with no option the judgments "
                "are laid out",
            )
        session.answer(shown, "" if session.json else _evidence(shown))
        return
    done = adjudication.adjudicate(
        session.bench,
        session.actor,
        comparison,
        tiers(ranking),
        why=why,
        cause=cause,
        queue=queue,
        none_acceptable=none_acceptable,
    )
    decided = f"{done.winner} wins" if done.winner else "no single winner"
    words = f"decided {comparison} in queue {done.queue}: {decided}"
    if done.supersedes:
        words += "; the decision before is kept"
    session.answer(done.as_json(), words)


def _otherwise(
    session: Session, comparison: str, outcome: str, why: str, queue: str | None
) -> None:
    """Ask about the guideline, send the task back, or take it out."""
    from adjudge.services.work import casework

    bench, actor = session.bench, session.actor
    found: dict[str, Any] = {"comparison": comparison, "outcome": outcome}
    if outcome == "unclear":
        id = casework.ask_about_guideline(
            bench, actor, comparison, why=why, queue=queue
        )
        session.answer({**found, "ticket": id}, f"ticket {id} asks about the guideline")
    elif outcome == "send-back":
        n = casework.send_back(bench, actor, comparison, why=why, queue=queue)
        session.answer({**found, "judges": n}, f"{n} will judge {comparison} again")
    elif outcome == "exclude":
        id = casework.exclude(bench, actor, comparison, why=why, queue=queue)
        words = f"{comparison} is out of queues and exports; incident {id} says why"
        session.answer({**found, "incident": id}, words)
    else:
        raise InvalidInputError(
            f"there is no outcome {outcome!r}",
            hint="--otherwise unclear|send-back|exclude",
        )


def dashboard(
    context: typer.Context,
    queue: Annotated[str, typer.Argument(help="The queue.")],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Print what the dashboard opens with, from counts that are kept."""
    from adjudge.cli.layout import number, share, table
    from adjudge.services.measuring import overview

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = overview.glance(session.bench, session.actor, queue)
    median = found["median_seconds"]
    ranked = [
        ("Kendall's W", number(found["kendall_w"])),
        ("tau-b", number(found["tau_b"])),
    ]
    headline = [
        *(ranked if found["rankings"] else ()),
        ("alpha, ordinal", number(found["alpha_ordinal"])),
        ("alpha, who won", number(found["alpha"])),
        ("same answer", number(found["percent"])),
        ("left side wins", number(found["left_wins"])),
        ("ties", number(found["ties"]["share"])),
        ("none acceptable", number(found["none_acceptable"]["share"])),
        (
            "median seconds",
            median["reason"] or f"{median['value']:.1f}  n={median['n']}",
        ),
    ]
    best, first = (
        ("kendall_w", "Kendall's W")
        if found["rankings"]
        else ("alpha_ordinal", "alpha, ordinal")
    )
    weeks = [
        (w["week"], w["n_judgments"], number(w[best]), number(w["alpha"]))
        for w in found["weeks"]
    ]
    people = [
        (p["name"], p["judgments"], share(p["same_as_others"]), share(p["left_wins"]))
        for p in found["people"]
    ]
    pairs = [
        (p["a"], p["b"], share(p["percent"]), number(p["kappa"]))
        for p in found["pairs"]
    ]
    causes = found["decided"]["causes"].items()
    parts = [
        *(f"! {warning}" for warning in found["warnings"]),
        table(("number", "value"), headline),
        table(("week", "judgments", first, "alpha, who won"), weeks),
        table(("person", "judgments", "same as others", "left wins"), people),
        table(("person", "and", "same answer", "kappa"), pairs),
        *([table(("why people disagreed", "decided"), causes)] if causes else ()),
    ]
    session.answer(found, "\n".join(parts))


def _evidence(shown: dict[str, Any]) -> str:
    from adjudge.cli.layout import table

    rows = [
        (
            f"judge {j['judge']}",
            " > ".join(" = ".join(tier) for tier in j["ranking"]),
            j["margin"],
            " ".join(f"{k}:{','.join(v)}" for k, v in j["reasons"].items()) or None,
            None if j["seconds"] is None else f"{j['seconds']:.0f}",
            f"{j['weight']:.2f}",
            j["note"],
        )
        for j in shown["judgments"]
    ]
    heads = ("judge", "ranking", "margin", "reasons", "seconds", "weight", "note")
    shares = [(said, f"{share:.0%}") for said, share in shown["shares"].items()]
    lines = [
        f"comparison {shown['comparison']} in queue {shown['queue']}",
        "",
        table(heads, rows),
        table(("answer", "share of weight"), shares),
    ]
    if shown["decision"]:
        decision = shown["decision"]
        cause = f", cause {decision['cause']}" if decision["cause"] else ""
        lines.append(f"decided by {decision['by']} at {decision['at']}{cause}:")
        lines.append(f"  {decision['why']}")
    return "\n".join(lines)


def disputed(
    context: typer.Context,
    queue: Annotated[str, typer.Argument(help="The queue.")],
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List what waits for a decision, most telling first."""
    from adjudge.services.measuring import adjudication

    session = Session.of(context, db=db, as_name=as_name, json=json)
    bench, actor = session.bench, session.actor
    every = adjudication.disputed(bench, actor, queue, limit=None)
    found = every[:limit]
    if len(every) > limit:
        say(f"the first {limit} of {len(every)}; --limit N shows more")
    if still := adjudication.standing_still(bench, actor, queue):
        say(f"not listed: {still} that stand still for an incident, disputed or not")
    session.table(
        [vars(d) for d in found],
        ("comparison", "state", "judgments", "answers", "passed on"),
        [
            (
                d.comparison,
                d.state,
                d.n_judgments,
                "; ".join(f"{n} × {said}" for said, n in d.answers.items()),  # noqa: RUF001
                "yes" if d.sent_on else "",
            )
            for d in found
        ],
    )
