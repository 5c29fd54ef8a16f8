"""Counts kept of judgments, a block of tasks at a time, and which blocks have moved."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from adjudge.storage.tables.columns import BIG, big, number, text


class CountBlockRow(SQLModel, table=True):
    """What was counted of the tasks of a queue whose ids lie in one block."""

    __tablename__ = "count_block"

    queue: str = text(primary_key=True, foreign_key="queue.name")
    block: int = Field(sa_type=BIG, primary_key=True)  # task id / 1024
    standing: int = number()  # judgments of work that stood when it was counted
    body: str = text()  # JSON


class CountSharedRow(SQLModel, table=True):
    """Which prompts of a queue stood in several comparisons, and when that was so."""

    __tablename__ = "count_shared"

    queue: str = text(primary_key=True, foreign_key="queue.name")
    comparisons: int = big()  # of the store, when it was looked up
    tasks: int = big()  # of the queue's work, when it was looked up
    digests: str = text()  # JSON: hash of the shared prompts, by block


class RecountRow(SQLModel, table=True):
    """A judgment of this block came to stand or stands no more; triggers add it."""

    __tablename__ = "recount"

    id: int | None = Field(default=None, sa_type=BIG, primary_key=True)
    block: int = big(index=True)
