"""Statements written once for both databases."""

from __future__ import annotations

import re
from functools import lru_cache

from adjudge.storage.engine.catalogue import COLUMNS

_NOW = {
    "sqlite": "unixepoch('subsec')",
    # Stable within a statement: clock_timestamp() could not be looked up in an index.
    "postgresql": "extract(epoch from statement_timestamp())::double precision",
}
# A list of any length as one JSON parameter: one statement, one plan.
_AMONG = re.compile(r"\{among (\w+)\}")
_IN_SQLITE = r"(SELECT value FROM json_each(:\1))"
_IN_POSTGRES = r"(SELECT jsonb_array_elements_text(%(\1)s::jsonb))"
# The texts of a JSON list as rows of a table `each` with one column `value`.
_EACH = re.compile(r"\{each ([\w.:%()]+)\}")
_EACH_SQLITE = r"json_each(\1) AS each"
_EACH_POSTGRES = r"jsonb_array_elements_text(CAST(\1 AS jsonb)) AS each(value)"
_JOINED = re.compile(r"\{joined ([\w.]+)\}")
# Whether a text holds another, which is a parameter; LIKE would read % and _ in it.
_HOLDS = re.compile(r"\{holds ([\w.]+) (\w+)\}")
_AMONG_NUMBERS = re.compile(r"\{among numbers (\w+)\}")
_NUMBERS_IN_POSTGRES = r"(SELECT jsonb_array_elements_text(%(\1)s::jsonb)::bigint)"
_NAME = re.compile(r"(?<![:\w]):([a-z_]\w*)")


@lru_cache(maxsize=512)
def translate(statement: str, dialect: str) -> str:
    """Write ``:name`` parameters and ``{now}`` as the database takes them.

    ``{now}`` is the database's clock in Unix seconds: leases are decided by one
    clock. ``{among ids}`` reads the parameter ``ids``, a JSON list of texts, as the
    right side of IN, ``{among numbers ids}`` one of whole numbers.
    ``{each t.labels}`` makes a table of one, read as ``{value}``. ``{joined e.topic}``
    joins texts with U+001F, ``{holds t.body part}`` tells whether one holds another.
    ``{skip_locked}`` is a row lock that does not wait; SQLite, with one writer at a
    time, needs none.
    """
    postgres = dialect == "postgresql"
    if postgres:
        statement = _NAME.sub(r"%(\1)s", statement.replace("%", "%%"))
    statement = _JOINED.sub(
        r"string_agg(\1, chr(31))" if postgres else r"group_concat(\1, char(31))",
        statement,
    )
    statement = _HOLDS.sub(
        r"strpos(\1, %(\2)s) > 0" if postgres else r"instr(\1, :\2) > 0", statement
    )
    statement = _EACH.sub(_EACH_POSTGRES if postgres else _EACH_SQLITE, statement)
    statement = statement.replace("{value}", "each.value")
    statement = _AMONG_NUMBERS.sub(
        _NUMBERS_IN_POSTGRES if postgres else _IN_SQLITE, statement
    )
    statement = _AMONG.sub(_IN_POSTGRES if postgres else _IN_SQLITE, statement)
    return statement.replace("{now}", _NOW[dialect]).replace(
        "{skip_locked}", "FOR UPDATE SKIP LOCKED" if postgres else ""
    )


_MARK = re.compile(r"%\((\w+)\)s")


@lru_cache(maxsize=512)
def numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """Write a statement as PostgreSQL itself takes it, with ``$1``; name its values.

    The driver reads every statement of more than 4,096 bytes anew, each time.
    """
    names: list[str] = []

    def number(mark: re.Match[str]) -> str:
        if mark[1] not in names:
            names.append(mark[1])
        return f"${names.index(mark[1]) + 1}"

    text = _MARK.sub(number, translate(statement, "postgresql"))
    return text.replace("%%", "%").encode(), tuple(names)


@lru_cache(maxsize=64)
def insert(table: str, *, conflict: str = "", skip: tuple[str, ...] = ()) -> str:
    """Write the INSERT of a table.

    Args:
        table: Its name.
        conflict: What follows ``ON CONFLICT``, for example ``DO NOTHING``.
        skip: Columns the database fills in.
    """
    names = [name for name in columns(table) if name not in skip]
    values = ", ".join(f":{n}" for n in names)
    tail = f" ON CONFLICT {conflict}" if conflict else ""
    head = f'INSERT INTO "{table}" ({", ".join(names)})'
    return f"{head} VALUES ({values}){tail}"  # our own names, no data


def columns(table: str) -> tuple[str, ...]:
    """List the columns of a table in the order of its definition."""
    return COLUMNS[table]
