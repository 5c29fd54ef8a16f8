"""COPY: how PostgreSQL takes many rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def load(
    cursor: Any, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> int:
    """Copy rows into a staging table, and from there those that are new.

    COPY alone would refuse a whole chunk for one row that stands already.

    Returns:
        How many rows are new.
    """
    staged, names = f"staged_{table}", ", ".join(columns)
    cursor.execute(
        f'CREATE TEMP TABLE IF NOT EXISTS {staged} (LIKE "{table}") '
        "ON COMMIT DELETE ROWS"
    )
    _copy(cursor, staged, names, rows)
    cursor.execute(
        f'INSERT INTO "{table}" ({names}) SELECT {names} FROM {staged} '
        "ON CONFLICT DO NOTHING"
    )
    added = int(cursor.rowcount)
    cursor.execute(f"TRUNCATE {staged}")
    return added


def load_fresh(
    cursor: Any, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> int:
    """Copy rows that a moment ago did not stand; should one now, take the long way.

    Written once instead of twice: half the work of the server.

    Returns:
        How many rows are new.
    """
    from psycopg.errors import UniqueViolation  # noqa: PLC0415 - an extra

    rows = list(rows)
    cursor.execute("SAVEPOINT fresh")
    try:
        _copy(cursor, f'"{table}"', ", ".join(columns), rows)
    except UniqueViolation:
        cursor.execute("ROLLBACK TO SAVEPOINT fresh")
        return load(cursor, table, columns, rows)
    cursor.execute("RELEASE SAVEPOINT fresh")
    return len(rows)


def _copy(cursor: Any, table: str, names: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
