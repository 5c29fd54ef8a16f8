"""People, what they know, and what they are cleared for."""

from __future__ import annotations

from sqlmodel import SQLModel

from adjudge.storage.columns import flag, real, text


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
