"""Judgments are only ever added; revisions supersede, nothing is overwritten."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from adjudge.storage.tables.columns import big, flag, number, real, text


class JudgmentRow(SQLModel, table=True):
    """One signed answer. Its slot says whether it stands."""

    __tablename__ = "judgment"
    __table_args__ = (
        UniqueConstraint(
            "task_id", "annotator", "occasion", "revision", name="judgment_revision"
        ),
        Index("judgment_import", "import_id"),
        Index("judgment_author", "annotator", "received_at"),
    )

    id: str = text(primary_key=True)
    task_id: int = big(foreign_key="task.id")
    comparison_id: str = text()
    annotator: str = text(foreign_key="person.name")
    occasion: int = number()
    revision: int = number()
    supersedes: str | None = text(nullable=True)
    ranking: str = text()  # tiers by place in file order, for example 1>0
    margin: int | None = number(nullable=True)
    none_acceptable: int = flag()
    reasons: str = text()
    ratings: str = text()
    note_id: str | None = text(nullable=True, foreign_key="text.id")
    shown: str | None = text(nullable=True)  # places in file order, as shown
    seconds: float | None = real(nullable=True)
    guideline: str | None = text(nullable=True)
    at: str | None = text(nullable=True)
    received_at: str = text()
    source: str = text()
    judged_digest: str = text()  # of the texts that were shown
    content_digest: str = text()  # of the record as it came
    clock: str = text()  # JSON: wall, idle, research seconds; share seen
    import_id: str | None = text(nullable=True)
    line: int = number()  # where it stood in its file
    meta: str = text()


class AdjudicationRow(SQLModel, table=True):
    """A lead's binding decision; a later one supersedes it."""

    __tablename__ = "adjudication"

    id: str = text(primary_key=True)
    task_id: int = big(foreign_key="task.id", index=True)
    ranking: str = text()
    none_acceptable: int = flag()
    cause: str | None = text(nullable=True)  # why people disagreed, in one word
    why_id: str | None = text(nullable=True)
    blind: str | None = text(nullable=True)  # said before the judgments were seen
    by_person: str = text(foreign_key="person.name")
    at: str = text()
    supersedes: str | None = text(nullable=True)
