"""Column shapes that every table family uses, the same on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Double, Integer, SmallInteger, Text
from sqlmodel import Field

# Bytewise order on both databases: the same rows in the same order everywhere.
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite makes only INTEGER PRIMARY KEY an alias of the row id.
BIG = BigInteger().with_variant(Integer(), "sqlite")


def text(**options: Any) -> Any:
    """Define a text column; ids, names, JSON and ISO 8601 times are texts."""
    return Field(sa_type=_TEXT, **options)


def flag(**options: Any) -> Any:
    """Define a yes/no column: 0 or 1 on both databases, 0 unless said."""
    defaults = {"server_default": "0", **options.pop("sa_column_kwargs", {})}
    return Field(sa_type=SmallInteger, default=0, sa_column_kwargs=defaults, **options)


def number(**options: Any) -> Any:
    """Define a whole number."""
    return Field(sa_type=Integer, **options)


def real(**options: Any) -> Any:
    """Define a double, for seconds and Unix times."""
    return Field(sa_type=Double, **options)


def big(**options: Any) -> Any:
    """Define a 64-bit whole number."""
    return Field(sa_type=BIG, **options)
