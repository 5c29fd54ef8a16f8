"""Queues, their tasks, and the slots that people claim."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import text as clause
from sqlmodel import Field, SQLModel

from adjudge.storage.tables.columns import BIG, big, flag, number, real, text


class QueueRow(SQLModel, table=True):
    """The settings of a queue as one JSON value; rules live in the domain."""

    __tablename__ = "queue"

    name: str = text(primary_key=True)
    kind: str = text()
    overlap: int = number()
    settings: str = text()
    paused: int = flag()
    added_at: str = text()


class BatchRow(SQLModel, table=True):
    """One wave of imported or filled tasks."""

    __tablename__ = "batch"

    queue: str = text(primary_key=True, foreign_key="queue.name")
    name: str = text(primary_key=True)
    added_at: str = text()


class TaskRow(SQLModel, table=True):
    """One unit of work of any kind."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("queue", "comparison_id", "role", name="task_once"),
        Index("task_comparison", "comparison_id"),
        Index("task_role", "queue", "role"),
        Index("task_source", "source_task"),
    )

    id: int | None = Field(default=None, sa_type=BIG, primary_key=True)
    queue: str = text(foreign_key="queue.name")
    kind: str = text()
    role: str = text()  # work | gold | training
    comparison_id: str | None = text(nullable=True, foreign_key="comparison.id")
    batch: str | None = text(nullable=True)
    priority: int = number()
    overlap: int = number()
    topic: str | None = text(nullable=True)
    language: str | None = text(nullable=True)
    labels: str = text()
    gold: str | None = text(nullable=True)  # tiers by place, for example 1>0
    gold_why: str | None = text(nullable=True)
    gold_suspended: int = flag()  # a major guideline change waits for a lead
    source_task: int | None = big(nullable=True)
    needs_expert: int = flag()  # somebody passed it on: only experts get it now
    frozen: int = flag()
    sampled: int = flag()  # of an adaptive queue: the random part that gets MAX
    import_id: str = text(index=True)


class SlotRow(SQLModel, table=True):
    """A place for one judgment of a task: open, leased or done.

    Whoever holds it stands in it, so "exactly N" and "never twice" are
    constraints of the table, not checks before a write.
    """

    __tablename__ = "slot"
    __table_args__ = (
        # Annotator first: the claim asks "does this person hold this task?".
        UniqueConstraint("annotator", "task_id", "occasion", name="slot_once"),
        CheckConstraint("(state = 0) = (annotator IS NULL)", name="slot_holder"),
        CheckConstraint("(state = 1) = (lease_until IS NOT NULL)", name="slot_lease"),
        CheckConstraint("(state = 2) = (judgment_id IS NOT NULL)", name="slot_done"),
        Index(
            "slot_open",
            "queue",
            "precedence",
            "task_id",
            "slot",
            sqlite_where=clause("state = 0"),
            postgresql_where=clause("state = 0"),
        ),
        Index(
            "slot_leased",
            "queue",
            "lease_until",
            sqlite_where=clause("state = 1"),
            postgresql_where=clause("state = 1"),
        ),
        Index(
            # Not by state: else all leases of the queue may be read for one person.
            "slot_held",
            "annotator",
            "queue",
            sqlite_where=clause("lease_until IS NOT NULL"),
            postgresql_where=clause("lease_until IS NOT NULL"),
        ),
    )

    task_id: int = Field(sa_type=BIG, primary_key=True, foreign_key="task.id")
    slot: int = number(primary_key=True)
    queue: str = text()
    precedence: int = number()  # minus the task's priority: the order of work
    state: int = number()
    annotator: str | None = text(nullable=True, foreign_key="person.name")
    occasion: int = number()
    purpose: str = text()  # open | first | gold | training | repeat | rejudge
    token: str | None = text(nullable=True)
    guideline: str | None = text(nullable=True)  # the version under which it is judged
    claimed_at: float | None = real(nullable=True)
    lease_until: float | None = real(nullable=True)
    judgment_id: str | None = text(nullable=True)
    late: int = flag()
    surplus: int = flag()


class AccuracyRow(SQLModel, table=True):
    """How often a person is right in an adaptive queue, as it was measured last."""

    __tablename__ = "accuracy"

    queue: str = text(primary_key=True, foreign_key="queue.name")
    annotator: str = text(primary_key=True, foreign_key="person.name")
    value: float = real()
    counted: int = number()  # judgments of the queue when it was measured


class TurnRow(SQLModel, table=True):
    """Work that waits for one person: a return, a rejudgment, a reopened task."""

    __tablename__ = "turn"
    __table_args__ = (Index("turn_waiting", "queue", "annotator", "state"),)

    task_id: int = Field(sa_type=BIG, primary_key=True, foreign_key="task.id")
    annotator: str = text(primary_key=True, foreign_key="person.name")
    occasion: int = number(primary_key=True)
    queue: str = text()
    purpose: str = text()  # first | rejudge
    state: int = number()  # 0 waiting, 1 taken up
    why: str | None = text(nullable=True)
    by_person: str = text()
    at: str = text()


class WithdrawalRow(SQLModel, table=True):
    """A judgment that its author took back, or a lead sent back; it is kept."""

    __tablename__ = "withdrawal"

    judgment_id: str = text(primary_key=True)
    by_person: str = text()
    why: str | None = text(nullable=True)
    at: str = text()


class ReopenRequestRow(SQLModel, table=True):
    """A person asks to take up a judgment whose result was used already."""

    __tablename__ = "reopen_request"

    judgment_id: str = text(primary_key=True)
    by_person: str = text()
    at: str = text()
    state: str = text()  # open | granted | refused
    answer: str | None = text(nullable=True)


class ReviewRow(SQLModel, table=True):
    """A judgment drawn for a second look."""

    __tablename__ = "review"
    __table_args__ = (
        Index(
            "review_open",
            "queue",
            "judgment_id",
            sqlite_where=clause("state = 'open'"),
            postgresql_where=clause("state = 'open'"),
        ),
    )

    judgment_id: str = text(primary_key=True)
    queue: str = text()
    state: str = text()  # open | accepted | returned
    reviewer: str | None = text(nullable=True)
    lease_until: float | None = real(nullable=True)
    clause: str | None = text(nullable=True)
    note_id: str | None = text(nullable=True)
    seconds: float | None = real(nullable=True)
    at: str | None = text(nullable=True)


class SkipRow(SQLModel, table=True):
    """Somebody passed a task on, and why; it does not come back to them."""

    __tablename__ = "skip"

    annotator: str = text(primary_key=True, foreign_key="person.name")
    task_id: int = Field(sa_type=BIG, primary_key=True, foreign_key="task.id")
    code: str = text()
    text_id: str | None = text(nullable=True)
    seconds: float | None = real(nullable=True)
    at: str = text()


class FlagRow(SQLModel, table=True):
    """A person raised a hand about a task."""

    __tablename__ = "flag"

    id: str = text(primary_key=True)
    task_id: int = big(foreign_key="task.id")
    annotator: str = text(foreign_key="person.name")
    category: str = text()
    text_id: str | None = text(nullable=True)
    at: str = text()


class DraftRow(SQLModel, table=True):
    """What somebody has said so far, per session, with sequence and hash."""

    __tablename__ = "draft"

    annotator: str = text(primary_key=True)
    task_id: int = Field(sa_type=BIG, primary_key=True, foreign_key="task.id")
    occasion: int = number(primary_key=True)
    session: str = text(primary_key=True)
    seq: int = number()
    sha256: str = text()
    body: str = text()
    saved_at: str = text()
