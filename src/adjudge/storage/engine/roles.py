"""Roles of PostgreSQL: one owns the tables, others work in them or only read.

Triggers refuse to change what happened, and an owner can switch them off. So the
program works as a role that owns nothing: it may add to what is append-only, and
neither change nor delete it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adjudge.errors import RefusedError, UnknownError

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit

_TABLES = (
    "SELECT c.relname, EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = c.oid "
    "AND g.tgname = c.relname || '_unchanged') FROM pg_class c WHERE c.relkind = 'r' "
    "AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname"
)
_STANDING = (
    "SELECT r.rolsuper, pg_has_role(r.oid, c.relowner, 'USAGE'), "
    "pg_get_userbyid(c.relowner) FROM pg_roles r, pg_class c "
    "WHERE r.rolname = :role AND c.oid = to_regclass('judgment')"
)
# Whoever owns, or is a superuser, needs no grant.
_GRANTED = (
    "SELECT r.rolname, NOT bool_or(a.privilege_type = 'INSERT') FROM pg_class c, "
    "aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee "
    "WHERE c.oid = to_regclass('judgment') AND NOT r.rolsuper "
    "AND NOT pg_has_role(r.oid, c.relowner, 'USAGE') GROUP BY r.rolname ORDER BY 1"
)
_SCHEMA = "alembic_version"  # its owner upgrades
_KEYS = "fact"  # the key of side orders, by which gold is drawn too
_MAINTAIN = 170_000  # the version since which others than the owner may ANALYZE


@dataclass(frozen=True)
class Standing:
    """What a role is to the tables of the store.

    Attributes:
        changes: Append-only tables in which it may change or delete rows.
    """

    role: str
    is_superuser: bool
    owns: bool
    changes: tuple[str, ...]


def append_only(unit: Unit) -> list[str]:
    """List the tables whose rows a trigger keeps as they are."""
    return [name for name, is_kept in unit.all(_TABLES) if is_kept]


def grant(unit: Unit, role: str, *, reads_only: bool = False) -> None:
    """Give a role what the program needs, and take away everything else.

    Args:
        unit: A unit of work of the owner.
        role: A role that exists.
        reads_only: Whether it only reads: everything but the store's own keys.

    Raises:
        UnknownError: If there is no such role.
        RefusedError: If it owns the tables or is a superuser.
    """
    row = unit.one(_STANDING, role=role)
    if row is None:
        raise UnknownError(
            f"the server knows no role {role!r}",
            hint=f"make it first, in psql: CREATE ROLE {role} LOGIN",
        )
    if row[0] or row[1]:
        what = "is a superuser" if row[0] else f"acts as {row[2]}, who owns the tables"
        raise RefusedError(
            f"{role} {what}: nothing can be kept from it",
            hint="let the program work as another role, made by CREATE ROLE … LOGIN",
        )
    who, schema = unit.one(
        "SELECT quote_ident(:role), quote_ident(current_schema())", role=role
    ) or ("", "")
    unit.run(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {who}")
    unit.run(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {who}")
    unit.run(f"GRANT USAGE ON SCHEMA {schema} TO {who}")
    for table, is_kept in unit.all(_TABLES):
        if reads_only and table == _KEYS:
            continue
        may = "SELECT"
        if not reads_only and table != _SCHEMA:
            may = "SELECT, INSERT" if is_kept else "SELECT, INSERT, UPDATE, DELETE"
            may += _also(unit)
        unit.run(f'GRANT {may} ON "{table}" TO {who}')
    if not reads_only:
        unit.run(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {who}")
    deed = (
        "REVOKE ALL ON FUNCTION {} FROM"
        if reads_only
        else "GRANT ALL ON FUNCTION {} TO"
    )
    unit.run(f"{deed.format('discard_judgments(text)')} {who}")


def grant_again(unit: Unit) -> list[str]:
    """Give every role what it had, in the tables there are now; name the roles.

    Args:
        unit: A unit of work of the owner; nothing is done where it is not.
    """
    if not standing(unit).owns:
        return []
    had = unit.all(_GRANTED)
    for role, reads_only in had:
        grant(unit, role, reads_only=bool(reads_only))
    return [role for role, _ in had]


def _also(unit: Unit) -> str:
    row = unit.one("SELECT current_setting('server_version_num')::integer")
    return ", MAINTAIN" if row and row[0] >= _MAINTAIN else ""


def standing(unit: Unit) -> Standing:
    """Tell what the role of this unit is to the tables."""
    (role,) = unit.one("SELECT current_user::text") or ("",)
    row = unit.one(_STANDING, role=role) or (False, False, "")
    changes = [
        name
        for name in append_only(unit)
        if unit.one(
            "SELECT 1 WHERE has_table_privilege(CAST(:name AS regclass), "
            "'UPDATE, DELETE, TRUNCATE')",
            name=f'"{name}"',
        )
    ]
    return Standing(role, bool(row[0]), bool(row[1]), tuple(changes))
