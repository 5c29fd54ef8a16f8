"""Statements of work: lines that stand for good, and what was said of them."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from adjudge.storage.tables.columns import flag, number, real, text


class StatementLineRow(SQLModel, table=True):
    """A line that stands for good: locked work, or a correction; only ever added."""

    __tablename__ = "statement_line"

    person: str = text(primary_key=True)
    month: str = text(primary_key=True)  # 2026-01
    line: str = text(primary_key=True)
    kind: str = text()  # work | rework | training | skip | review | … | correction
    queue: str = text()
    at: str = text()
    tasks: int = number()
    active: float = real()
    idle: float = real()
    research: float = real()
    training: float = real()
    review: float = real()
    paid_seconds: float = real()
    amount: str | None = text(nullable=True)  # decimal
    currency: str | None = text(nullable=True)
    late: int = flag()
    surplus: int = flag()
    corrects: str | None = text(nullable=True)
    why_id: str | None = text(nullable=True)
    events: str = text()  # JSON list: what the line was made of
    by_person: str = text()
    added_at: str = text()


class StatementActRow(SQLModel, table=True):
    """Somebody locked, acknowledged, disputed or answered; only ever added."""

    __tablename__ = "statement_act"
    __table_args__ = (Index("statement_act_month", "person", "month"),)

    id: str = text(primary_key=True)
    person: str = text()
    month: str = text()
    kind: str = text()  # lock | acknowledge | dispute | answer
    line: str | None = text(nullable=True)
    text_id: str | None = text(nullable=True)
    digest: str | None = text(nullable=True)  # of the lines that were meant
    by_person: str = text()
    at: str = text()


class PayRuleRow(SQLModel, table=True):
    """How a queue pays, and since when; only ever added."""

    __tablename__ = "pay_rule"

    queue: str = text(primary_key=True, foreign_key="queue.name")
    seq: int = number(primary_key=True)
    since: str = text()
    policy: str | None = text(nullable=True)  # JSON; NULL pays nothing
