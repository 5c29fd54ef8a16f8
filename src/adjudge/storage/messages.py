"""Messages from leads and the receipts of those who read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Message:
    """What a lead has to say.

    Attributes:
        text: ``None`` once it was erased.
        read: Who read it, and when.
        unread: Who has it before them and did not read it yet.
    """

    id: str
    by: str
    at: str
    text: str | None
    person: str | None = None
    queue: str | None = None
    read: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()


def add(unit: Unit, message: Message) -> None:
    """Add a message."""
    text_id = f"message:{message.id}"
    unit.run(insert("text"), id=text_id, body=message.text, erased_at=None)
    unit.run(
        insert("message"),
        id=message.id,
        person=message.person,
        queue=message.queue,
        text_id=text_id,
        by_person=message.by,
        at=message.at,
    )


_COLUMNS = (
    "SELECT m.id, m.by_person, m.at, x.body, m.person, m.queue FROM message m "
    "JOIN text x ON x.id = m.text_id "
)
# A queue's message is for whoever works there: holds or held a slot.
_FOR = (
    "(m.person = :who OR m.queue IN (SELECT s.queue FROM slot s "
    "WHERE s.annotator = :who) OR m.queue = :queue)"
)


def waiting(unit: Unit, who: str, queue: str | None) -> list[Message]:
    """List what a person has not read yet, oldest first.

    Args:
        unit: The unit of work.
        who: The person.
        queue: A queue they sit down at for the first time, perhaps.
    """
    rows = unit.all(
        f"{_COLUMNS} WHERE {_FOR} AND m.by_person <> :who AND NOT EXISTS (SELECT 1 "
        "FROM receipt r WHERE r.message_id = m.id AND r.person = :who) "
        "ORDER BY m.at, m.id",
        who=who,
        queue=queue or "",
    )
    return [Message(*row) for row in rows]


def is_for(unit: Unit, id: str, who: str) -> bool | None:
    """Tell whether a message is for a person; ``None`` if there is no such message."""
    row = unit.one("SELECT person, queue FROM message WHERE id = :id", id=id)
    if row is None:
        return None
    return row[0] is None or row[0] == who


def acknowledge(unit: Unit, id: str, who: str, *, at: str) -> bool:
    """Keep the receipt; ``False`` if there is one."""
    return (
        unit.run(
            insert("receipt", conflict="DO NOTHING"),
            message_id=id,
            person=who,
            read_at=at,
        )
        == 1
    )


def sent(unit: Unit) -> list[Message]:
    """List every message with its receipts, newest first."""
    found = []
    for row in unit.all(f"{_COLUMNS} ORDER BY m.at DESC, m.id DESC"):
        id, by, at, text, person, queue = row
        read = unit.all(
            "SELECT person, read_at FROM receipt WHERE message_id = :id "
            "ORDER BY read_at, person",
            id=id,
        )
        readers = {name for name, _ in read}
        people = [person] if person else _workers(unit, queue)
        found.append(
            Message(
                id=id,
                by=by,
                at=at,
                text=text,
                person=person,
                queue=queue,
                read=tuple((name, when) for name, when in read),
                unread=tuple(p for p in people if p not in readers and p != by),
            )
        )
    return found


def _workers(unit: Unit, queue: str) -> list[str]:
    return [
        name
        for (name,) in unit.all(
            "SELECT DISTINCT s.annotator FROM slot s JOIN person p "
            "ON p.name = s.annotator WHERE s.queue = :queue AND p.login = 1 "
            "ORDER BY s.annotator",
            queue=queue,
        )
    ]
