"""The log: what was done, by whom, chained so that nobody can change it unseen."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from adjudge.storage.tables.columns import BIG, big, real, text


class LogEntryRow(SQLModel, table=True):
    """One link of the chain: a privileged act, or a seal over deeds."""

    __tablename__ = "log_entry"

    seq: int = Field(sa_type=BIG, primary_key=True)
    at: str = text()
    actor: str = text()
    act: str = text()
    object: str = text()  # ids only; of a seal, which deeds
    payload: str = text()  # keyed hash of what was said, never the words
    hash: str = text()


class DeedRow(SQLModel, table=True):
    """A claim, submit or skip with a code of its own, sealed within a second."""

    __tablename__ = "deed"

    id: int | None = Field(default=None, sa_type=BIG, primary_key=True)
    at: str = text()
    actor: str = text()
    act: str = text()
    object: str = text()
    payload: str = text()
    mac: str = text()


class LogHeadRow(SQLModel, table=True):
    """The end of the chain, locked last in a transaction that adds to it."""

    __tablename__ = "log_head"

    id: int = Field(sa_type=BIG, primary_key=True)
    seq: int = big()
    hash: str = text()
    sealed: int = big()  # the greatest sealed deed
    holes: str = (
        text()
    )  # JSON: numbers below it that were not there yet, and since when
    sealed_at: float = real()
