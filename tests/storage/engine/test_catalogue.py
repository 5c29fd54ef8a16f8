"""The names of columns that statements are written with."""

from __future__ import annotations

from adjudge.storage.engine.catalogue import COLUMNS
from adjudge.storage.tables import whole_schema


def test_the_catalogue_is_what_the_tables_define():
    defined = whole_schema().tables
    assert {
        name: tuple(column.name for column in table.columns)
        for name, table in defined.items()
    } == COLUMNS
