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
    with cursor.copy(f"COPY {staged} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(
        f'INSERT INTO "{table}" ({names}) SELECT {names} FROM {staged} '
        "ON CONFLICT DO NOTHING"
    )
    added = int(cursor.rowcount)
    cursor.execute(f"TRUNCATE {staged}")
    return added
