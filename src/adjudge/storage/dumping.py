"""Copies of a PostgreSQL store in one file, read and written by the driver alone.

``pg_dump`` refuses a server newer than itself, and is not there on every host that runs
this program; COPY is part of the protocol. One transaction sees one state, so people
go on working meanwhile.
"""

from __future__ import annotations

import zipfile
from functools import partial
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.errors import StoreUnusableError

if TYPE_CHECKING:
    from pathlib import Path

    from adjudge.storage.engine.store import Unit

FORMAT = "adjudge-postgresql-1"
_MANIFEST = "manifest.json"
_PIECE = 1 << 20
_BEGUN = {"fact", "log_head", "recount"}  # hold rows before anything was copied


def _tables(unit: Unit) -> list[str]:
    """Name all tables, what is referred to before what refers to it."""
    found: dict[str, set[str]] = {
        name: set()
        for (name,) in unit.all(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = "
            "current_schema() AND table_type = 'BASE TABLE' "
            "AND table_name <> 'alembic_version' ORDER BY table_name"
        )
    }
    for table, other in unit.all(
        "SELECT c.relname, f.relname FROM pg_constraint k JOIN pg_class c "
        "ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid "
        "WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace"
    ):
        found[table].add(other)
    return list(TopologicalSorter(found).static_order())


def _columns(unit: Unit, table: str) -> list[str]:
    rows = unit.all(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = "
        "current_schema() AND table_name = :name ORDER BY ordinal_position",
        name=table,
    )
    return [name for (name,) in rows]


def write(unit: Unit, path: Path, revision: str) -> None:
    """Write every table of a store into a file, as the unit sees them."""
    tables: dict[str, Any] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as file:
        for table in _tables(unit):
            columns = _columns(unit, table)
            with file.open(f"{table}.copy", "w", force_zip64=True) as out:
                for piece in unit.copy_out(table, columns):
                    out.write(piece)
            tables[table] = columns
        manifest = {"format": FORMAT, "revision": revision, "tables": tables}
        file.writestr(_MANIFEST, orjson.dumps(manifest))


def revision_of(path: Path) -> str:
    """Read which schema a backup has, having read all of it once.

    Raises:
        StoreUnusableError: If it is damaged, or no backup of ours.
    """
    try:
        with zipfile.ZipFile(path) as file:
            broken = file.testzip()
            manifest = orjson.loads(file.read(_MANIFEST))
        if broken is None and manifest["format"] == FORMAT:
            return str(manifest["revision"])
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise StoreUnusableError(f"{path} is damaged or no backup: {error}") from error
    raise StoreUnusableError(f"{path} is damaged: {broken or 'another format'}")


def read(unit: Unit, path: Path) -> None:
    """Fill the tables of a new, empty store from a backup."""
    with zipfile.ZipFile(path) as file:
        kept = orjson.loads(file.read(_MANIFEST))["tables"]
        # Triggers of slots write notes of their own: the backup says what stood.
        for table in sorted(_tables(unit), key=lambda name: name == "recount"):
            if table in _BEGUN:
                unit.run(f'DELETE FROM "{table}"')
            with file.open(f"{table}.copy") as source:
                pieces = iter(partial(source.read, _PIECE), b"")
                unit.copy_in(table, kept[table], pieces)
    for table, column in unit.all(
        "SELECT table_name, column_name FROM information_schema.columns WHERE "
        "table_schema = current_schema() AND (is_identity = 'YES' "
        "OR column_default LIKE 'nextval%')"
    ):
        unit.one(
            f"SELECT setval(pg_get_serial_sequence('\"{table}\"', '{column}'), "
            f'greatest(1, (SELECT coalesce(max("{column}"), 0) FROM "{table}")), '
            f'(SELECT count(*) > 0 FROM "{table}"))'
        )
