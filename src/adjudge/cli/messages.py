"""Commands about messages from a lead and their receipts."""

from __future__ import annotations

from typing import Annotated

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session
from adjudge.errors import InvalidInputError


def register(app: typer.Typer) -> None:
    """Add these commands to ``people``."""
    app.command()(message)
    app.command()(messages)
    app.command()(inbox)


def message(
    context: typer.Context,
    to: Annotated[str, typer.Argument(metavar="NAME|QUEUE")],
    text: Annotated[str, typer.Argument(help="What to say.")],
    kind: Annotated[
        str | None,
        typer.Option("--to", metavar="person|queue", help="Where both have the name."),
    ] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Send a message to a person, or to everybody who works in a queue."""
    from adjudge.services.people import messages as service

    session = Session.of(context, db=db, as_name=as_name, json=json)
    if kind not in {None, "person", "queue"}:
        raise InvalidInputError(f"--to {kind!r} is not person or queue")
    sent = service.send(session.bench, session.actor, to, text, kind=kind)
    session.answer(
        {"id": sent.id, "person": sent.person, "queue": sent.queue, "at": sent.at},
        f"sent to {to}",
    )


def messages(
    context: typer.Context,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List what was sent, who read it and who did not."""
    from adjudge.services.people import messages as service

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = service.sent(session.bench, session.actor)
    session.table(
        [
            {
                "id": m.id,
                "by": m.by,
                "at": m.at,
                "person": m.person,
                "queue": m.queue,
                "text": m.text,
                "read": [{"person": p, "at": at} for p, at in m.read],
                "unread": list(m.unread),
            }
            for m in found
        ],
        ("at", "to", "text", "read by", "not read by"),
        [
            (
                m.at,
                m.person or m.queue,
                m.text,
                ", ".join(f"{p} {at}" for p, at in m.read) or None,
                ", ".join(m.unread) or None,
            )
            for m in found
        ],
    )


def inbox(
    context: typer.Context,
    read: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Say that you have read it; repeatable."),
    ] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List the messages that wait for you, or say that you have read them."""
    from adjudge.services.people import messages as service

    session = Session.of(context, db=db, as_name=as_name, json=json)
    for id in read or ():
        service.acknowledge(session.bench, session.actor, id)
    found = service.waiting(session.bench, session.actor)
    session.table(
        [
            {"id": m.id, "by": m.by, "at": m.at, "queue": m.queue, "text": m.text}
            for m in found
        ],
        ("id", "at", "from", "about", "text"),
        [(m.id, m.at, m.by, m.queue, m.text) for m in found],
    )
