"""What is judged and by which rules. Texts stand apart, so that they can be erased."""

from __future__ import annotations

from sqlmodel import SQLModel

from adjudge.storage.tables.columns import number, text


class TextRow(SQLModel, table=True):
    """A text by id: the body of a comparison, a note, a rewrite."""

    __tablename__ = "text"

    id: str = text(primary_key=True)
    body: str | None = text(nullable=True)
    erased_at: str | None = text(nullable=True, default=None)


class CoveredRow(SQLModel, table=True):
    """A text of which something is covered; the whole stands apart, for few eyes."""

    __tablename__ = "covered"

    text_id: str = text(primary_key=True)
    whole_id: str = text()
    kinds: str = text()  # JSON: kind -> how many stretches


class ComparisonRow(SQLModel, table=True):
    """A comparison without its texts."""

    __tablename__ = "comparison"

    id: str = text(primary_key=True)
    text_id: str = text(foreign_key="text.id")
    content_digest: str = text()
    judged_digest: str = text()
    prompt_digest: str = text(index=True)
    response_ids: str = text()  # JSON list in file order
    n_responses: int = number()
    models: str = text()  # JSON list in file order
    lengths: str = text()  # JSON list: characters of each judged turn
    topic: str | None = text(nullable=True)
    language: str | None = text(nullable=True)
    labels: str = text()  # JSON list
    priority: int = number()
    conversation_id: str | None = text(nullable=True)
    consent: str = text()  # granted | unstated | refused | not_applicable
    gold: str | None = text(nullable=True)  # tiers by place, for example 1>0
    import_id: str = text(index=True)
    line: int = number()  # where it stood in its file: the order of work


class GuidelineRow(SQLModel, table=True):
    """One version of a guideline, its text byte for byte."""

    __tablename__ = "guideline"

    name: str = text(primary_key=True)
    version: int = number(primary_key=True)
    sha256: str = text(unique=True)
    change: str = text()
    source: str = text()
    added_at: str = text()
    added_by: str = text()
