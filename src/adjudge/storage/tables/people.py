"""People, what they know, and what they are cleared for."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from adjudge.storage.tables.columns import flag, number, real, text


class PersonRow(SQLModel, table=True):
    """Somebody the store knows."""

    __tablename__ = "person"

    name: str = text(primary_key=True)
    role: str = text()
    languages: str = text()  # JSON list
    login: int = flag()
    state: str = text()  # active | paused
    state_why: str | None = text(nullable=True)
    meta: str = text()
    added_at: str = text()


class ExpertiseRow(SQLModel, table=True):
    """The declared weight of a person in a topic."""

    __tablename__ = "expertise"

    person: str = text(primary_key=True, foreign_key="person.name")
    topic: str = text(primary_key=True)
    weight: float = real()


class ClearanceRow(SQLModel, table=True):
    """A label that a person may see, perhaps until a time."""

    __tablename__ = "clearance"

    person: str = text(primary_key=True, foreign_key="person.name")
    label: str = text(primary_key=True)
    until: str | None = text(nullable=True)


class OptInRow(SQLModel, table=True):
    """A harm label that a person agreed to see, so many tasks a day."""

    __tablename__ = "opt_in"

    person: str = text(primary_key=True, foreign_key="person.name")
    label: str = text(primary_key=True)
    daily_cap: int = number()


class PersonStepRow(SQLModel, table=True):
    """What was decided about a person, by whom and why; only ever added."""

    __tablename__ = "person_step"
    __table_args__ = (Index("person_step_person", "person"),)

    id: str = text(primary_key=True)
    person: str = text(foreign_key="person.name")
    kind: str = text()  # paused | resumed | cleared | opted_in | qualified …
    detail: str = text()  # JSON
    why: str | None = text(nullable=True)
    by_person: str = text()
    at: str = text()


class MessageRow(SQLModel, table=True):
    """What a lead has to say to a person, or to everybody in a queue."""

    __tablename__ = "message"
    __table_args__ = (
        Index("message_person", "person"),
        Index("message_queue", "queue"),
    )

    id: str = text(primary_key=True)
    person: str | None = text(nullable=True, foreign_key="person.name")
    queue: str | None = text(nullable=True, foreign_key="queue.name")
    text_id: str = text()
    by_person: str = text()
    at: str = text()


class ReceiptRow(SQLModel, table=True):
    """Somebody has read a message; only ever added."""

    __tablename__ = "receipt"

    message_id: str = text(primary_key=True, foreign_key="message.id")
    person: str = text(primary_key=True)
    read_at: str = text()
