"""Rewrites: what is to be rewritten, what experts wrote, what reviewers said."""

from __future__ import annotations

from sqlmodel import SQLModel

from adjudge.storage.tables.columns import big, flag, number, real, text


class RewriteTaskRow(SQLModel, table=True):
    """An answer somebody complained about, with its texts apart."""

    __tablename__ = "rewrite_task"

    id: str = text(primary_key=True)
    task_id: int | None = big(nullable=True, unique=True)
    queue: str = text(index=True)
    text_id: str = text()
    message_id: str | None = text(nullable=True, index=True)
    source: str = text()  # downvotes | follow-ups | import
    events: str = text()  # JSON list of event ids
    consent: str = text()  # granted | unstated | not_applicable
    topic: str | None = text(nullable=True)
    language: str | None = text(nullable=True)
    priority: int = number()
    content_digest: str = text()
    import_id: str = text(index=True)
    line: int = number()


class RewriteRow(SQLModel, table=True):
    """One expert's signed rewrite, or their verdict that there is none to write."""

    __tablename__ = "rewrite"

    id: str = text(primary_key=True)
    rewrite_task: str = text(index=True, foreign_key="rewrite_task.id")
    annotator: str = text(index=True)
    revision: int = number()
    supersedes: str | None = text(nullable=True)
    outcome: str = text()
    text_id: str | None = text(nullable=True)
    edited_share: float | None = real(nullable=True)
    started_from: str | None = text(nullable=True)  # empty | original
    reasons: str = text()
    spans: str = text()
    sources: str = text()
    fixed_by: str | None = text(nullable=True)
    seconds: float | None = real(nullable=True)
    at: str | None = text(nullable=True)
    received_at: str = text()
    guideline: str | None = text(nullable=True)
    late: int = flag()
    surplus: int = flag()
    meta: str = text()
    import_id: str | None = text(nullable=True, index=True)
    line: int = number()


class RewriteReviewRow(SQLModel, table=True):
    """What a second expert said of a rewrite."""

    __tablename__ = "rewrite_review"

    rewrite_id: str = text(primary_key=True)
    queue: str = text(index=True)
    state: str = text()  # submitted | approved | returned | fixed | superseded
    reviewer: str | None = text(nullable=True)
    lease_until: float | None = real(nullable=True)
    clause: str | None = text(nullable=True)
    text_id: str | None = text(nullable=True)  # why, in the reviewer's words
    fixed_id: str | None = text(nullable=True)
    seconds: float | None = real(nullable=True)
    at: str | None = text(nullable=True)
    import_id: str | None = text(nullable=True, index=True)
