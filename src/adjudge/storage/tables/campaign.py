"""What a campaign is run by: questions about its guidelines, and its policies."""

from __future__ import annotations

from sqlmodel import SQLModel

from adjudge.storage.tables.columns import big, text


class TicketRow(SQLModel, table=True):
    """Somebody found the guideline unclear on a task; a lead answers once."""

    __tablename__ = "guideline_ticket"

    id: str = text(primary_key=True)
    task_id: int = big(foreign_key="task.id", index=True)
    guideline: str | None = text(nullable=True)  # the version that was in hand
    source: str = text()  # skip | adjudication
    by_person: str = text(foreign_key="person.name")
    text_id: str | None = text(nullable=True)
    at: str = text()
    closed_at: str | None = text(nullable=True)
    closed_by: str | None = text(nullable=True)
    answer: str | None = text(nullable=True)
