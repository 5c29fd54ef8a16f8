"""The schema's version: made, upgraded, checked. Alembic is imported only here."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from adjudge.errors import ConflictError, StoreUnusableError
from adjudge.storage.engine import sqlite

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Store, Unit

HEAD = "0001"  # the newest revision in migrations/versions
# What a SQLite store keeps beside its file, besides what SQLite itself does.
BESIDE = (
    *(".lock", ".lock-next", ".import-lock", ".import-lock-next"),
    *(".secret", ".head", ".head.lock"),
)
_LOCK = 4_726_001  # any number; one upgrade at a time on PostgreSQL


def create(store: Store) -> None:
    """Make a new store.

    Raises:
        ConflictError: If there is one already.
    """
    path = store.path
    if path is not None:
        try:
            sqlite.create_file(path)
        except OSError as error:
            if path.exists():
                raise ConflictError(
                    f"{path} exists already",
                    hint="use it as it is, or name another file with --db",
                ) from None
            raise StoreUnusableError(
                f"{path} cannot be made: {error.strerror}"
            ) from error
    elif _has_tables(store):
        raise ConflictError(f"{store.place} holds an adjudge store already")
    try:
        if path is not None:
            sqlite.sign(path)
        upgrade(store)
        with store.write() as unit:
            set_fact(unit, "side_key", secrets.token_hex(32))
            set_fact(unit, "store_id", secrets.token_hex(16))
    except BaseException:
        if path is not None:
            remove(store)
        raise


def remove(store: Store) -> None:
    """Remove the files of a SQLite store that was not finished."""
    store.close()
    if store.path is None:
        return
    for suffix in ("", "-wal", "-shm", "-journal", *BESIDE):
        store.path.with_name(store.path.name + suffix).unlink(missing_ok=True)


def upgrade(store: Store) -> None:
    """Bring the schema to the newest revision."""
    from alembic import command  # noqa: PLC0415 - 400 ms nobody else should pay
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "adjudge:storage/migrations")
    with store.migrating() as connection:
        config.attributes["connection"] = connection
        if store.dialect == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCK})")
            connection.commit()
        try:
            command.upgrade(config, "head")
        finally:
            if store.dialect == "postgresql":
                connection.rollback()
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCK})")
            connection.commit()


def version(store: Store) -> str | None:
    """Read the schema's revision; ``None`` where there is no store."""
    with store.read() as unit:
        return _version(unit)


def _version(unit: Unit) -> str | None:
    try:
        row = unit.one("SELECT version_num FROM alembic_version")
    except Exception as error:
        # Whatever the driver calls it: no such table means no store.
        if "alembic_version" in str(error):
            return None
        raise
    return row[0] if row else None


def _has_tables(store: Store) -> bool:
    with store.read() as unit:
        row = unit.one("SELECT to_regclass('alembic_version')::text")
    return bool(row and row[0])


def check(store: Store) -> None:
    """Refuse a store whose schema this program does not know.

    Raises:
        StoreUnusableError: If there is none, or it is older or newer.
    """
    found = upgradable(store)
    if found == HEAD:
        return
    raise StoreUnusableError(
        f"{store.place} has an older schema ({found})",
        hint="run `adjudge db upgrade` (it makes a backup first)",
    )


def upgradable(store: Store) -> str:
    """Read the revision of a store that this program may bring up to date.

    Raises:
        StoreUnusableError: If there is no store of ours, or it is newer.
    """
    found = version(store)
    if found is None:
        raise StoreUnusableError(
            f"{store.place} is not an adjudge store",
            hint="make one with `adjudge init`",
        )
    if found > HEAD:
        raise StoreUnusableError(
            f"{store.place} was made by a newer adjudge (schema {found}, "
            f"this one knows {HEAD})",
            hint="upgrade adjudge",
        )
    return found


def fact(unit: Unit, name: str) -> str | None:
    """Read a fact about this store."""
    row = unit.one("SELECT value FROM fact WHERE name = :name", name=name)
    return row[0] if row else None


def set_fact(unit: Unit, name: str, value: str) -> None:
    """Keep a fact about this store."""
    unit.run(
        "INSERT INTO fact (name, value) VALUES (:name, :value) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name=name,
        value=value,
    )


def owner(store: Store) -> int | None:
    """Give the user id that owns a SQLite file."""
    if store.path is None or not store.path.exists():
        return None
    return store.path.stat().st_uid


def library(store: Store) -> dict[str, Any]:
    """Describe the database library for `adjudge doctor`."""
    if store.path is None:
        with store.read() as unit:
            row = unit.one("SELECT version()")
        return {"database": row[0] if row else "?", "fixed": True}
    driver = sqlite.driver()
    return {
        "database": f"SQLite {driver.sqlite_version} ({driver.__name__})",
        "fixed": not sqlite.has_wal_reset_bug(driver.sqlite_version_info),
    }
