"""Commands for second looks: reopen, rejudge, review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from adjudge.cli.session import MOST, AsOption, DbOption, JsonOption, Session
from adjudge.domain.words import count_of
from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.services.work.second_looks import Drawn

review_app = typer.Typer(
    help="Judgments drawn for a second look: list, accept, return.",
    no_args_is_help=True,
)

QueueArgument = Annotated[str, typer.Argument(help="The queue.")]
Where = Annotated[
    list[str],
    typer.Option(
        "--where",
        metavar="KEY=VALUE",
        help="annotator, guideline, batch, topic, comparison, judgment, before, "
        "after; may be repeated.",
    ),
]
Why = Annotated[str, typer.Option(help="What the people will read.")]
JudgmentArgument = Annotated[str, typer.Argument(help="The judgment's id.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(reopen)
    app.command()(rejudge)
    app.add_typer(review_app, name="review")


def _chosen(where: list[str] | None) -> list[str]:
    """Refuse to touch a whole queue by leaving the condition out."""
    if not where:
        raise InvalidInputError(
            "which judgments? nothing was chosen",
            hint="--where annotator=NAME, for example; see --help",
        )
    return where


def reopen(
    context: typer.Context,
    queue: QueueArgument,
    where: Where | None = None,
    why: Why = "",
    requests: Annotated[
        bool,
        typer.Option("--requests", help="Only list who asked for it, and for which."),
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Open judgments again for their authors; they are kept and count no more."""
    from adjudge.services.work import reopening

    session = Session.of(context, db=db, as_name=as_name, json=json)
    if requests:
        asked = reopening.requests(session.bench, session.actor, queue)
        heads = ("judgment", "comparison", "by", "asked")
        rows = [(r["judgment"], r["comparison"], r["by"], r["at"]) for r in asked]
        session.table(asked, heads, rows)
        return
    found = reopening.reopen(
        session.bench, session.actor, queue, _chosen(where), why=why
    )
    session.answer({"reopened": found}, f"{count_of(len(found), 'judgment')} reopened")


def rejudge(
    context: typer.Context,
    queue: QueueArgument,
    where: Where,
    why: Why = "",
    sample: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST,
            help="Ask for so many of them, drawn at random; `guideline impact` says "
            "how many are enough.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=MOST, help="Draws the same sample again.")
    ] = 0,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Ask for judgments again on a new occasion; the old ones stand until then."""
    from adjudge.services.work import reopening

    session = Session.of(context, db=db, as_name=as_name, json=json)
    n = reopening.rejudge(
        session.bench,
        session.actor,
        queue,
        _chosen(where),
        why=why,
        sample=sample,
        seed=seed,
    )
    session.answer({"asked": n}, f"{count_of(n, 'judgment')} will be made again")


SecondsOption = Annotated[
    float,
    typer.Option(min=0, max=86_400, help="How long it took, for the time statement."),
]


@review_app.command(name="list")
def list_(
    context: typer.Context,
    queue: QueueArgument,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List judgments that wait for your review."""
    from adjudge.services.work import second_looks

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = second_looks.to_review(session.bench, session.actor, queue)
    session.table(
        found,
        ("judgment", "annotator", "comparison"),
        [(r["judgment"], r["annotator"], r["comparison"]) for r in found],
    )


@review_app.command()
def show(
    context: typer.Context,
    judgment: JudgmentArgument,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show a judgment that waits for your review, with the texts it is about."""
    from adjudge.services.work import second_looks

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = second_looks.drawn(session.bench, session.actor, judgment)
    session.answer(found.as_json(), "\n".join(_in_words(found)))


def _in_words(found: Drawn) -> Iterator[str]:
    """Write a judgment and its texts for a person."""
    said = found.judgment
    yield from (f"{m.role}: {m.content or ''}\n" for m in found.comparison.prompt)
    for response in found.responses:
        turns = response.turns
        for message in turns:
            role = f" {message.role}:" if len(turns) > 1 else ""
            yield f"[{response.id}]{role} {message.content or ''}\n"
    verdict = " > ".join(" = ".join(map(str, tier)) for tier in said.ranking)
    marks = [verdict or "rated"]
    marks += [f"margin {said.margin}"] if said.margin else []
    marks += ["none acceptable"] if said.none_acceptable else []
    marks += [f"{about}: {', '.join(tags)}" for about, tags in said.reasons.items()]
    marks += [
        f"{about}: " + ", ".join(f"{name} {score}" for name, score in scores.items())
        for about, scores in said.ratings.items()
    ]
    yield f"{said.annotator} said: {'; '.join(marks)}"
    if said.note:
        yield f"note: {said.note}"
    took = "" if said.seconds is None else f", in {said.seconds:,.0f} s"
    yield f"under {said.guideline or 'no guideline'}{took}"


@review_app.command()
def accept(
    context: typer.Context,
    judgment: JudgmentArgument,
    seconds: SecondsOption = 0.0,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Accept a judgment."""
    from adjudge.services.work import second_looks

    session = Session.of(context, db=db, as_name=as_name, json=json)
    second_looks.review(
        session.bench, session.actor, judgment, accept=True, seconds=seconds
    )
    session.answer({"judgment": judgment, "state": "accepted"}, "accepted")


@review_app.command(name="return")
def return_(
    context: typer.Context,
    judgment: JudgmentArgument,
    clause: Annotated[str, typer.Option(help="The guideline's clause.")],
    why: Why = "",
    seconds: SecondsOption = 0.0,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Return a judgment to its author with a clause; it comes back to them first."""
    from adjudge.services.work import second_looks

    session = Session.of(context, db=db, as_name=as_name, json=json)
    second_looks.review(
        session.bench,
        session.actor,
        judgment,
        accept=False,
        clause=clause,
        why=why,
        seconds=seconds,
    )
    session.answer({"judgment": judgment, "state": "returned"}, "returned")
