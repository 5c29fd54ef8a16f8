"""The store about itself: facts, imports, published datasets."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from adjudge.storage.tables.columns import flag, number, text


class FactRow(SQLModel, table=True):
    """One fact about this store, for example its side-order key."""

    __tablename__ = "fact"

    name: str = text(primary_key=True)
    value: str = text()


class ImportRow(SQLModel, table=True):
    """One file that came in. Until it is done, nothing of it can be seen."""

    __tablename__ = "import"

    id: str = text(primary_key=True)
    kind: str = text()
    queue: str | None = text(nullable=True)
    file: str = text()
    sha256: str = text()
    state: str = text()  # open | done
    lines: int = number()
    counts: str = text()
    by_person: str = text()
    started_at: str = text()
    done_at: str | None = text(nullable=True)


class ImportMemberRow(SQLModel, table=True):
    """A comparison that stood in the store before this import named it again."""

    __tablename__ = "import_member"

    import_id: str = text(primary_key=True, foreign_key="import.id")
    comparison_id: str = text(primary_key=True)
    line: int = number()


class DatasetRow(SQLModel, table=True):
    """A dataset version that was exported."""

    __tablename__ = "dataset"

    id: str = text(primary_key=True)  # logical digest
    name: str = text()
    options: str = text()
    counts: str = text()
    by_person: str = text()
    at: str = text()
    placed: int = flag()  # 0 until its files have their names


class DatasetLineageRow(SQLModel, table=True):
    """What some rows of a dataset version were made of, a line each.

    They are about comparisons, or about other texts: rewrite tasks, answers.
    """

    __tablename__ = "dataset_lineage"
    __table_args__ = (Index("dataset_lineage_about", "about", "from_id", "to_id"),)

    dataset_id: str = text(primary_key=True, foreign_key="dataset.id")
    number: int = number(primary_key=True)
    config: str = text()
    about: str = text()  # comparison | text
    from_id: str = text()  # the least id of what they are about
    to_id: str = text()  # the greatest
    row_ids: str = text()  # before the lineage, so that a search need not read that
    lineage: str = text()


class DatasetTombstoneRow(SQLModel, table=True):
    """A row of a version that must not be used any more."""

    __tablename__ = "dataset_tombstone"

    dataset_id: str = text(primary_key=True)
    row_id: str = text(primary_key=True, index=True)
    config: str = text()
    at: str = text()
    why: str = text()
