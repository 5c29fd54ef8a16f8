"""The schema's version: made, checked, the same as the models on both databases."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from adjudge.errors import ConflictError, StoreUnusableError
from adjudge.services import storekeeping
from adjudge.storage.engine import schema
from adjudge.storage.engine.store import Store
from adjudge.storage.tables import whole_schema


def test_the_newest_migration_is_the_one_the_program_knows():
    config = Config()
    config.set_main_option("script_location", "adjudge:storage/migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def test_migrations_make_what_the_models_say(bench):
    """Else a new store and an upgraded one would differ."""
    with bench.store.migrating() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, whole_schema()) == []


def test_a_new_sqlite_store_is_its_owners_alone(tmp_path):
    store = Store.at(str(tmp_path / "deep" / "new.db"))
    schema.create(store)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert schema.version(store) == schema.HEAD
    schema.check(store)
    store.close()


def test_two_stores_have_different_side_keys(tmp_path):
    keys = []
    for name in ("a.db", "b.db"):
        store = Store.at(str(tmp_path / name))
        schema.create(store)
        with store.read() as unit:
            keys.append(schema.fact(unit, "side_key"))
        store.close()
    assert keys[0] != keys[1]
    assert all(len(bytes.fromhex(key)) == 32 for key in keys)


def test_an_existing_store_is_not_made_again(bench):
    with pytest.raises(ConflictError, match=r"exists already|holds an adjudge store"):
        schema.create(bench.store)
    assert schema.version(bench.store) == schema.HEAD


def test_an_empty_postgresql_database_becomes_a_store(make_postgres):
    store = Store.at(make_postgres(empty=True))
    assert schema.version(store) is None
    with pytest.raises(StoreUnusableError, match="is not an adjudge store"):
        schema.check(store)
    schema.create(store)
    schema.check(store)
    store.close()


def test_a_file_that_is_not_ours_is_left_alone(tmp_path):
    other = tmp_path / "other.db"
    other.write_bytes(b"")
    store = Store.at(str(other))
    with pytest.raises(ConflictError):
        schema.create(store)
    with pytest.raises(StoreUnusableError, match="is not an adjudge store"):
        schema.check(store)
    store.close()


@pytest.mark.parametrize(
    ("found", "said"),
    [("9999", "was made by a newer adjudge"), ("0000", "older schema")],
)
def test_another_schema_is_refused(bench, found, said):
    with bench.store.write() as unit:
        unit.run("UPDATE alembic_version SET version_num = :found", found=found)
    with pytest.raises(StoreUnusableError, match=said):
        schema.check(bench.store)


def test_a_newer_schema_is_not_upgraded(sqlite_bench, lead):
    """It is refused before anything is copied."""
    with sqlite_bench.store.write() as unit:
        unit.run("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnusableError, match="was made by a newer adjudge"):
        storekeeping.upgrade(sqlite_bench, lead)
    assert not list(sqlite_bench.store.path.parent.glob("*.bak"))


def test_somebody_elses_database_is_not_upgraded(tmp_path, make_bench, lead):
    """Our tables would stand among theirs."""
    other = sqlite3.connect(tmp_path / "photos.db")
    other.execute("CREATE TABLE photo (id INTEGER)")
    other.close()
    bench = make_bench(str(tmp_path / "photos.db"))
    with pytest.raises(StoreUnusableError, match="is not an adjudge store"):
        storekeeping.upgrade(bench, lead)
    with bench.store.read() as unit:
        assert unit.all("SELECT name FROM sqlite_master") == [("photo",)]


def test_an_upgrade_of_the_newest_changes_nothing(bench):
    schema.upgrade(bench.store)
    schema.check(bench.store)


def test_the_library_is_named_for_the_doctor(bench):
    found = schema.library(bench.store)
    assert found["fixed"] is True
    assert found["database"].startswith(("SQLite 3.", "PostgreSQL 1"))


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    store = Store.at(str(tmp_path / "file" / "new.db"))
    with pytest.raises(StoreUnusableError, match="cannot be made"):
        schema.create(store)


def test_removing_takes_every_file_along(sqlite_bench):
    path = Path(sqlite_bench.store.path)
    with sqlite_bench.store.write() as unit:
        schema.set_fact(unit, "x", "1")
    schema.remove(sqlite_bench.store)
    assert list(path.parent.iterdir()) == []
