"""What end users did: answers as given, and feedback in a table of its own.

An event's words stand in ``text`` under ``event:<event_id>``, the line as it came, so
that they can be erased; those of an event without consent are never kept at all.
"""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy import text as clause
from sqlmodel import Field, SQLModel

from adjudge.storage.tables.columns import BIG, number, real, text

_RATED = clause("kind IN ('thumbs', 'stars')")


class AnswerRow(SQLModel, table=True):
    """One answer as given: one generation of one turn."""

    __tablename__ = "answer"
    __table_args__ = (Index("answer_user", "user_id"),)

    event_id: str = text(primary_key=True)
    at: str = text()  # fixed width: the order of texts is the order of times
    message_id: str = text(index=True)
    response_id: str | None = text(nullable=True)
    user_id: str | None = text(nullable=True)
    user_group: str | None = text(nullable=True)
    tenant_id: str | None = text(nullable=True)
    session_id: str | None = text(nullable=True)
    conversation_id: str | None = text(nullable=True)
    turn: int | None = number(nullable=True)
    trace_id: str | None = text(nullable=True)
    model: str | None = text(nullable=True)
    model_version: str | None = text(nullable=True)
    deployment: str | None = text(nullable=True)
    prompt_version: str | None = text(nullable=True)
    locale: str | None = text(nullable=True)
    topic: str | None = text(nullable=True)
    experiment: str | None = text(nullable=True)
    variant: str | None = text(nullable=True)
    latency_ms: float | None = real(nullable=True)
    consent: str = text()  # granted | unstated | refused
    digest: str = text()
    text_id: str | None = text(nullable=True)
    spans: str | None = text(nullable=True)  # JSON: key -> [[start, end, kind], …]
    import_id: str | None = text(nullable=True, index=True)
    line: int = number()


class FeedbackRow(SQLModel, table=True):
    """One thing a user did with an answer, or said about a session."""

    __tablename__ = "feedback"
    __table_args__ = (
        Index(
            "feedback_rating",
            "message_id",
            "rater",
            sqlite_where=_RATED,
            postgresql_where=_RATED,
        ),
        Index("feedback_kind", "kind", "message_id"),
        Index("feedback_user", "user_id"),
    )

    event_id: str = text(primary_key=True)
    kind: str = text()
    at: str = text()
    message_id: str | None = text(nullable=True)
    response_id: str | None = text(nullable=True)
    user_id: str | None = text(nullable=True)
    rater: str = text()  # whose rating it is: user:…, session:… or event:…
    session_id: str | None = text(nullable=True)
    polarity: int | None = number(nullable=True)
    reasons: str = text()  # JSON list of codes, known or not
    target: str | None = text(nullable=True)  # new message, preferred one, outcome
    has_words: int = number()
    consent: str = text()
    digest: str = text()
    text_id: str | None = text(nullable=True)
    spans: str | None = text(nullable=True)
    import_id: str | None = text(nullable=True, index=True)
    line: int = number()


class WithdrawnUserRow(SQLModel, table=True):
    """A user who took their consent back: past and future, everything."""

    __tablename__ = "withdrawn_user"

    user_id: str = text(primary_key=True)
    at: str = text()
    import_id: str | None = text(nullable=True, index=True)
    by_person: str | None = text(nullable=True)


class UnmaskingRow(SQLModel, table=True):
    """Somebody looked at what is covered, and said why."""

    __tablename__ = "unmasking"

    id: str = text(primary_key=True)
    text_id: str = text(index=True)
    by_person: str = text()
    why: str = text()
    at: str = text()


class RefusedLineRow(SQLModel, table=True):
    """A line that an unfinished import skipped, so that going on forgets none."""

    __tablename__ = "refused_line"

    import_id: str = text(primary_key=True)
    line: int = number(primary_key=True)
    why: str = text()


class ImplicitSignalRow(SQLModel, table=True):
    """What a user's going on says about two answers; nobody's judgment."""

    __tablename__ = "implicit_signal"

    comparison_id: str = text(primary_key=True, foreign_key="comparison.id")
    event_id: str = text(primary_key=True)
    task_id: int | None = Field(default=None, sa_type=BIG, nullable=True)
    source: str = text()  # implicit
    kind: str = text()  # what it was read from: regenerate, comparison
    rejected: str | None = text(nullable=True)  # response ids; null where tied
    kept: str | None = text(nullable=True)
    weight: float = real()
    at: str = text()


class DerivedTextRow(SQLModel, table=True):
    """A text that was made from a user's words, to be erased with them."""

    __tablename__ = "derived_text"

    text_id: str = text(primary_key=True)
    user_id: str = text(primary_key=True, index=True)
