"""Commands about queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session
from adjudge.domain.words import count_of
from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from adjudge.domain.queue import Queue, Standing
    from adjudge.services.campaign.queueing import Shown

app = typer.Typer(help="Create, list, show or change queues.", no_args_is_help=True)

_MAY_BE_NONE = {"guideline", "topic", "requires"}
_LEASE = 30.0  # minutes, unless said otherwise
_MOST_VALUES = 8  # of a margin, with what their tasks weigh; the middle is only counted

Name = Annotated[str, typer.Argument(help="The queue.")]
Overlap = Annotated[
    int | None, typer.Option(help="Judgments wanted per task (default 3).")
]
AdaptiveOption = Annotated[
    str | None,
    typer.Option(
        "--adaptive",
        metavar="MIN,MAX,TAU",
        help="Between MIN and MAX judgments, until the posterior is TAU; or none.",
    ),
]
GuidelineOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Guideline, or NAME@VERSION; or none."),
]
Rate = Annotated[float | None, typer.Option(help="Share between 0 and 1.")]
Topic = Annotated[str | None, typer.Option(help="Topic of the queue; or none.")]
Requires = Annotated[
    str | None, typer.Option(metavar="LABEL", help="Clearance people need; or none.")
]
Pay = Annotated[
    str | None,
    typer.Option(
        metavar="hour|task,RATE,CURRENCY",
        help="What work is paid: hour,24.50,EUR; then no-training, no-surplus, "
        "no-skip, no-rework; or none.",
    ),
]
Ties = Annotated[
    bool | None,
    typer.Option("--ties/--no-ties", help="A tie is an answer, or a choice is forced."),
]
Lease = Annotated[
    float | None, typer.Option(metavar="MIN", help="Minutes a task is held.")
]


def given(**options: Any) -> dict[str, Any]:
    """Keep the options that were given, in the shape that settings take.

    Raises:
        InvalidInputError: If ``--adaptive`` is not MIN,MAX,TAU, or ``--pay`` no policy.
    """
    values = {k: v for k, v in options.items() if v is not None}
    for name in _MAY_BE_NONE & values.keys():
        values[name] = values[name].strip() or None
        if values[name] == "none":
            values[name] = None
    if "adaptive" in values:
        values["adaptive"] = _rule(values["adaptive"])
    if "pay" in values:
        from adjudge.domain.pay import PayPolicy

        word = values["pay"]
        values["pay"] = None if word == "none" else PayPolicy.read(word)
    return values


def _rule(words: str) -> dict[str, float] | None:
    if words == "none":
        return None
    parts = words.split(",") if words.isascii() else []
    try:
        least, most, sure = parts
        return {"least": int(least), "most": int(most), "sure": float(sure)}
    except ValueError:
        raise InvalidInputError(
            f"--adaptive {words!r} is not MIN,MAX,TAU",
            hint="for example 2,5,0.9; or none",
        ) from None


@app.command()
def create(
    context: typer.Context,
    name: Name,
    kind: Annotated[str, typer.Option(metavar="compare|rewrite|rate")],
    overlap: Overlap = None,
    adaptive: AdaptiveOption = None,
    guideline: GuidelineOption = None,
    gold_rate: Rate = None,
    repeat_rate: Rate = None,
    review_rate: Rate = None,
    topic: Topic = None,
    requires: Requires = None,
    lease: Lease = None,
    pay: Pay = None,
    ties: Ties = None,
    sources: Annotated[
        bool, typer.Option("--sources", help="Of rewrites: each names a source.")
    ] = False,
    start: Annotated[
        str | None,
        typer.Option(metavar="empty|original", help="Rewrites begin with this."),
    ] = None,
    training: Annotated[
        bool, typer.Option("--training", help="Show the right answer and why.")
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Create a queue; the same one again changes nothing."""
    from adjudge.services.campaign import queueing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    queue = queueing.settings(
        name=name,
        kind=kind,
        training=training,
        sources_required=sources,
        **given(
            overlap=overlap,
            adaptive=adaptive,
            guideline=guideline,
            gold_rate=gold_rate,
            repeat_rate=repeat_rate,
            review_rate=review_rate,
            topic=topic,
            requires=requires,
            lease_minutes=lease,
            pay=pay,
            ties=ties,
            start_from=start,
        ),
    )
    new = queueing.create(session.bench, session.actor, queue)
    words = f"{'created' if new else 'unchanged:'} queue {name}"
    session.answer({"created": new, "queue": queue.model_dump(mode="json")}, words)


@app.command(name="set")
def set_(
    context: typer.Context,
    name: Name,
    overlap: Overlap = None,
    adaptive: AdaptiveOption = None,
    guideline: GuidelineOption = None,
    gold_rate: Rate = None,
    repeat_rate: Rate = None,
    review_rate: Rate = None,
    topic: Topic = None,
    requires: Requires = None,
    lease: Lease = None,
    pay: Pay = None,
    ties: Ties = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Change a queue; a new overlap opens or withdraws slots, judgments stay."""
    from adjudge.services.campaign import queueing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    changes = given(
        overlap=overlap,
        adaptive=adaptive,
        guideline=guideline,
        gold_rate=gold_rate,
        repeat_rate=repeat_rate,
        review_rate=review_rate,
        topic=topic,
        requires=requires,
        lease_minutes=lease,
        pay=pay,
        ties=ties,
    )
    if not changes:
        raise InvalidInputError(
            "nothing to change", hint="see `adjudge queue set --help`"
        )
    queue = queueing.change(session.bench, session.actor, name, **changes)
    session.answer(queue.model_dump(mode="json"), f"changed queue {name}")


# How often hidden gold and repeats come is not for those who get them.
_FOR_EVERYBODY = {
    "name",
    "kind",
    "overlap",
    "guideline",
    "topic",
    "requires",
    "ties",
    "training",
    "paused",
    "paused_why",
}


@app.command(name="list")
def list_(
    context: typer.Context,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List all queues; a lead sees their counts."""
    from adjudge.services.campaign import queueing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = queueing.listed(session.bench, session.actor)
    session.table(
        [
            {**q.model_dump(mode="json"), **s.model_dump(mode="json")}
            if s
            else q.model_dump(mode="json", include=_FOR_EVERYBODY)
            for q, s in found
        ],
        ("queue", "kind", "overlap", "guideline", "tasks", "open", "leased", "done"),
        [
            (q.name, q.kind, q.overlap, q.guideline)
            + ((s.tasks, s.open, s.leased, s.done) if s else ("", "", "", ""))
            for q, s in found
        ],
    )


@app.command()
def show(
    context: typer.Context,
    name: Name,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show one queue: slots, results by state, people."""
    from adjudge.cli.layout import minutes, table
    from adjudge.services.campaign import queueing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = queueing.show(session.bench, session.actor, name)
    counts = found.standing
    lines = [
        f"queue {name}: {found.queue.kind}, overlap {found.queue.range}, "
        f"guideline {found.queue.guideline or 'none'}",
        *_rules(found.queue),
        f"tasks {counts.tasks}; slots {counts.open} open, {_frozen(counts.frozen)}"
        f"{counts.leased} leased, "
        f"{counts.done} done; {counts.late} late, {counts.surplus} surplus",
        *_results(found.states),
        *_covered(found.covered_texts, found.covered),
        *_stopping(found),
        *_asked(found),
        "",
        *_beside(counts, found.people),
        table(
            ("annotator", "done", "leased", "active"),
            [
                (p["name"], p["done"], p["leased"], minutes(p["seconds"]))
                for p in found.people
            ],
        ),
    ]
    if found.batches:
        heads = ("batch", "tasks", "complete", "open", "leased", "done", "added")
        rows = [
            (b.name, b.tasks, b.complete, b.open, b.leased, b.done, b.added_at)
            for b in found.batches
        ]
        lines.append(table(heads, rows))
    session.answer(found.as_json(), "\n".join(lines))


def _asked(found: Shown) -> list[str]:
    """Say who waits for a lead to let them take a used judgment up again."""
    if not found.requests:
        return []
    n = count_of(len(found.requests), "judgment is", "judgments are")
    command = f"adjudge reopen {found.queue.name} --requests"
    return [f"{n} asked to be reopened: `{command}` says by whom"]


def _rules(queue: Queue) -> list[str]:
    """Say what holds in this queue and not in every other."""
    rates = (
        ("gold", queue.gold_rate),
        ("repeats", queue.repeat_rate),
        ("second looks", queue.review_rate),
    )
    lease = queue.lease_minutes
    said = [
        f"needs the clearance {queue.requires}" if queue.requires else "",
        f"topic {queue.topic}" if queue.topic else "",
        *(f"{what} {rate:.0%}" for what, rate in rates if rate),
        f"lease {lease:g} min" if lease != _LEASE else "",
        "no ties" if not queue.ties else "",
        "training" if queue.training else "",
        "each rewrite names a source" if queue.sources_required else "",
        "rewrites begin with the answer" if queue.start_from == "original" else "",
        f"paid {queue.pay.words}" if queue.pay else "",
    ]
    told = [", ".join(words)] if (words := [word for word in said if word]) else []
    return [*told, *([f"paused: {queue.paused_why}"] if queue.paused else [])]


def _results(states: dict[str, int]) -> list[str]:
    """Say how far comparisons are; rewrites have no results."""
    said = ", ".join(f"{n} {state}" for state, n in states.items())
    return [f"results: {said}"] if said else []


def _beside(counts: Standing, people: list[dict[str, Any]]) -> list[str]:
    """Say what people have in hand or done that is no slot of the queue's work."""
    work = counts.done + counts.surplus + counts.leased
    beside = sum(p["done"] + p["leased"] for p in people) - work
    if beside <= 0:
        return []
    return [
        f"of what people did or hold, {count_of(beside, 'is no slot', 'are no slots')} "
        "of this work: hidden gold, repeats, rejudgments, set aside, or held beyond "
        "the overlap"
    ]


def _frozen(n: int) -> str:
    waiting = count_of(n, "waiting for an incident", "waiting for incidents")
    return f"{waiting}, " if n else ""


def _covered(n: int, kinds: dict[str, int]) -> list[str]:
    """Say what is covered in texts that came in files; nothing where nothing is."""
    if not n:
        return []
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return [f"recognised and covered in {count_of(n, 'imported text')}: {listed}"]


def _stopping(found: Shown) -> list[str]:
    """Say what stopping early has saved."""
    rule, saved = found.queue.adaptive, found.saved
    if rule is None or saved is None:
        return []
    closed = saved.stopped + saved.at_most
    words = (
        f"{count_of(saved.stopped, 'task was', 'tasks were')} sure early, "
        f"{saved.at_most} went to {rule.most}"
    )
    if closed:
        spared = closed * rule.most - saved.judgments
        words += (
            f"; {saved.judgments / closed:.2f} judgments a task, {spared} fewer than "
            f"{rule.most} for each"
        )
    return [
        f"stops at {rule.sure:g} sure: {words}",
        f"{count_of(saved.sampled, 'task')} drawn at random: always {rule.most}: "
        "agreement is "
        "measured there",
    ]


@app.command()
def forecast(
    context: typer.Context,
    name: Name,
    days: Annotated[
        int, typer.Option(min=1, max=3650, help="How far back to look for the pace.")
    ] = 28,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Say what is left: judgments, hours, days, money, and who is the bottleneck."""
    from adjudge.services.campaign import forecasting

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = forecasting.forecast(session.bench, session.actor, name, days=days)
    value = found.as_json()
    rows = [
        ("judgments left", value["judgments"], ""),
        ("hours of work", value["hours"], ""),
        ("days until done", value["days"], ""),
        ("money", value["money"], found.currency if found.money.value else ""),
    ]
    lines = [
        f"{what:16}{_amount(number)} {unit}".rstrip() for what, number, unit in rows
    ]
    if found.frozen:
        lines.append(
            f"{'frozen':16}"
            f"{count_of(found.frozen, 'judgment waits', 'judgments wait')} for "
            "incidents"
        )
    lines.append(f"{'bottleneck':16}{found.why}")
    session.answer(value, "\n".join(lines))


def _weighed(shares: dict[str, dict[str, float | None]]) -> list[str]:
    """Lay out what tasks of each value weigh on average; nothing where all are one."""
    from adjudge.domain.safe_text import safe_text

    if len(shares) < 2:
        return []
    weights = [(v["weight"], value) for value, v in shares.items()]
    told = sorted((w, value) for w, value in weights if w is not None)
    most = told if len(told) <= _MOST_VALUES else [*told[:3], *told[-3:]]
    lines = [f"{safe_text(value, newlines=False)} {w:g}" for w, value in most]
    if len(told) > len(most):
        lines.insert(3, f"{len(told) - len(most)} more")
    lacking = len(weights) - len(told)
    return [*lines, *([f"{lacking} without a task"] if lacking else [])]


def _amount(number: dict[str, Any]) -> str:
    """Write a number as people plan with it, or the reason why there is none."""
    if number["value"] is None:
        return str(number["reason"])
    said = f"{number['value']:,.1f}".removesuffix(".0")
    if number["low"] is not None and number["low"] != number["high"]:
        said += f"  [{number['low']:,.1f}, {number['high']:,.1f}]"
    return f"{said}  ({number['reason']})" if number["reason"] else said


@app.command()
def pause(
    context: typer.Context,
    name: Name,
    why: Annotated[str, typer.Option(help="What people read who come for work.")],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Hand out no more tasks; open windows may finish what they hold."""
    from adjudge.services.campaign import queueing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    queueing.pause(session.bench, session.actor, name, why=why)
    session.answer({"queue": name, "paused": True, "why": why}, f"paused queue {name}")


@app.command()
def resume(
    context: typer.Context,
    name: Name,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Hand out tasks again."""
    from adjudge.services.campaign import queueing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    queueing.resume(session.bench, session.actor, name)
    session.answer({"queue": name, "paused": False}, f"resumed queue {name}")


@app.command()
def fill(
    context: typer.Context,
    name: Name,
    source: Annotated[
        str,
        typer.Option(
            "--from", metavar="downvotes|regenerations|follow-ups|disputed|theme:ID"
        ),
    ],
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="KEY=VALUE",
            help="model, model_version, deployment, prompt_version, reason, topic, "
            "locale, user_group, tenant, experiment, variant; may be repeated.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many tasks.")
    ] = None,
    per_user: Annotated[
        int, typer.Option(metavar="N", help="At most so many tasks from one user.")
    ] = 10,
    require_consent: Annotated[
        bool,
        typer.Option("--require-consent", help="Only where consent was given."),
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Make tasks of what users complained about; say what was left out and why."""
    from adjudge.domain.triage import Limits
    from adjudge.services.feedback import filling, triage

    session = Session.of(context, db=db, as_name=as_name, json=json)
    asked = filling.Asked(
        source=source,
        where=triage.conditions(where or []),
        limit=limit,
        require_consent=require_consent,
        limits=Limits(per_user=per_user),
    )
    found = triage.fill(session.bench, session.actor, name, asked)
    left = ", ".join(f"{n} {why}" for why, n in sorted(found.left_out.items()))
    lines = [
        f"{count_of(found.filled, 'task')} in queue {name}, of {found.found} "
        f"found by {source}",
        f"left out: {left or 'none'}",
    ]
    if found.ranked:
        lines.append(f"of three to nine answers, to be ranked: {found.ranked}")
    if found.answers_left_out:
        beside = sorted(found.answers_left_out.items())
        words = ", ".join(f"{n} {why}" for why, n in beside)
        lines.append(f"answers left out of those: {words}")
    if found.covered:
        covered = ", ".join(f"{n} {kind}" for kind, n in sorted(found.covered.items()))
        lines.append(f"recognised and covered: {covered}")
    for kind, n in sorted(found.signals.items()):
        weight = found.signal_weights[kind]
        lines.append(f"implicit signals: {n} {kind}, which weigh {weight:g} each")
    if found.weights:
        w = found.weights
        each = [
            f"  {key}: {', '.join(told)}"
            for key, shares in found.shares.items()
            if (told := _weighed(shares))
        ]
        more = "; of each value (--json: with its shares):" if each else ""
        lines.append(
            f"weights that would give back the complaints' margins: {w['low']} to "
            f"{w['high']}{more}"
        )
        lines += each
    if found.guideline is None:
        lines.append(
            f"the queue has no guideline yet: `adjudge queue set {name} --guideline "
            "NAME` gives it reasons, criteria and clauses"
        )
    session.answer(found.as_json(), "\n".join(lines))
