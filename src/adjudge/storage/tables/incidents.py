"""Incidents, their history, and what is hidden from everybody."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from adjudge.storage.tables.columns import big, flag, number, text


class IncidentRow(SQLModel, table=True):
    """Where an incident stands now; how it came there is in its steps."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("incident_state", "state", "due"),
        Index("incident_task", "task_id"),
        Index("incident_comparison", "comparison_id"),
    )

    id: str = text(primary_key=True)
    flag_id: str | None = text(nullable=True)
    task_id: int = big(foreign_key="task.id")
    queue: str = text()
    comparison_id: str | None = text(nullable=True)
    category: str = text()
    severity: str = text()  # low | medium | high | critical
    state: str = text()  # open | assigned | closed
    owner: str | None = text(nullable=True, foreign_key="person.name")
    due: str = text()
    freezes: int = flag()
    hides: int = flag()
    outcome: str | None = text(nullable=True)  # release | withdraw
    text_id: str | None = text(nullable=True)
    opened_by: str = text(foreign_key="person.name")
    opened_at: str = text()


class IncidentStepRow(SQLModel, table=True):
    """One entry of an incident's history; only ever added."""

    __tablename__ = "incident_step"

    incident_id: str = text(primary_key=True, foreign_key="incident.id")
    seq: int = number(primary_key=True)
    kind: str = text()
    detail: str = text()  # JSON
    text_id: str | None = text(nullable=True)
    by_person: str = text()
    at: str = text()


class HiddenRow(SQLModel, table=True):
    """A comparison whose texts nobody gets to see."""

    __tablename__ = "hidden"

    comparison_id: str = text(primary_key=True, foreign_key="comparison.id")
    incident_id: str = text(foreign_key="incident.id")
    at: str = text()
