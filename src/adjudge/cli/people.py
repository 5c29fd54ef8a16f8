"""Commands about people."""

from __future__ import annotations

from typing import Annotated

import typer

from adjudge.cli import messages, standing, statements
from adjudge.cli.session import (
    NOT_VACUUMED,
    AsOption,
    DbOption,
    JsonOption,
    Session,
    say,
)
from adjudge.domain.words import count_of
from adjudge.errors import InvalidInputError

app = typer.Typer(
    help="Who works here: roles, clearances, pauses, messages, statements of work.",
    no_args_is_help=True,
)


@app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A short name, for ever.")],
    role: Annotated[str, typer.Option(metavar="annotator|expert|lead")],
    language: Annotated[
        list[str] | None, typer.Option(help="A language they read; may be repeated.")
    ] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Add a person, or give one who came with imported judgments a login."""
    from adjudge.domain.people import Person, Role, check_login_name
    from adjudge.services.people import people

    session = Session.of(context, db=db, as_name=as_name, json=json)
    check_login_name(name)
    if role not in set(Role):
        raise InvalidInputError(
            f"there is no role {role!r}", hint=f"roles: {', '.join(Role)}"
        )
    person = Person(name=name, role=Role(role), languages=tuple(language or ()))  # type: ignore[arg-type]
    done = people.add(session.bench, session.actor, person)
    session.answer({"person": name, "result": done}, f"{done}: {name} ({role})")


@app.command()
def expertise(
    context: typer.Context,
    name: str,
    topic: Annotated[str, typer.Argument(help="A topic; * is every topic.")],
    weight: Annotated[float, typer.Argument(help="1 is an ordinary vote.")],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Declare how much a person's judgments weigh in a topic."""
    from adjudge.services.people import people

    session = Session.of(context, db=db, as_name=as_name, json=json)
    people.declare_expertise(session.bench, session.actor, name, topic, weight)
    session.answer(
        {"person": name, "topic": topic, "weight": weight},
        f"{name} weighs {weight:g} in {topic}",
    )


@app.command()
def forget(
    context: typer.Context,
    name: str,
    why: Annotated[str, typer.Option(help="Kept in the log as a keyed hash.")],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Replace a person's name everywhere, for ever; what they decided stays."""
    from adjudge.services.people import people

    session = Session.of(context, db=db, as_name=as_name, json=json)
    done = people.forget(session.bench, session.actor, name, why=why)
    places = ", ".join(f"{n} in {table}" for table, n in done.places.items())
    lines = [f"forgotten: {done.alias} stands in their place ({places or 'nowhere'})"]
    if done.datasets:
        ids = ", ".join(id[:16] for id in done.datasets)
        lines.append(
            "exported before, with the former pseudonym in it: "
            f"{count_of(len(done.datasets), 'dataset version')} to export again and "
            f"delete: {ids}"
        )
    session.answer(done.as_json(), "\n".join(lines))
    if not done.vacuumed:
        say(NOT_VACUUMED)


@app.command(name="list")
def list_(
    context: typer.Context,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List everybody; who is paused, and why."""
    from adjudge.services.people import people

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = people.everybody(session.bench, session.actor)
    paused = people.paused(session.bench, session.actor)
    session.table(
        [{**p.model_dump(mode="json"), "paused": paused.get(p.name)} for p in found],
        ("name", "role", "login", "languages", "expertise", "paused"),
        [
            (
                p.name,
                p.role,
                "yes" if p.login else "no",
                " ".join(p.languages) or None,
                " ".join(f"{t}={w:g}" for t, w in sorted(p.expertise.items())) or None,
                paused.get(p.name),
            )
            for p in found
        ],
    )


for module in (standing, messages, statements):
    module.register(app)
