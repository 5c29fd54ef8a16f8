"""The store itself: make it, check it, back it up, say what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adjudge.domain.ids import AnnotatorId
from adjudge.domain.people import Act, Actor, Person, Role
from adjudge.errors import RefusedError
from adjudge.services import auditlog
from adjudge.services.people.people import forget_in
from adjudge.storage import backup, gone, log, people, withdrawals
from adjudge.storage.engine import integrity, roles, schema

if TYPE_CHECKING:
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit


def init(bench: Bench, founder: str) -> str:
    """Make a new store; give its place. Whoever makes it is its first lead.

    Raises:
        ConflictError: If there is one already.
    """
    schema.create(bench.store)
    person = Person(name=AnnotatorId(founder), role=Role.LEAD)
    with bench.store.write() as unit:
        people.add(unit, person, at=bench.now())
        log.record(unit, founder, "init", founder, at=bench.now())
    return bench.store.place


def open_store(bench: Bench) -> None:
    """Refuse a store that this program cannot work with.

    Raises:
        UnknownError: If there is none.
        StoreUnusableError: If its schema is older or newer.
    """
    schema.check(bench.store)


def upgrade(bench: Bench, actor: Actor) -> dict[str, Any]:
    """Bring the schema up to date, after a backup where the store is a file.

    Roles of PostgreSQL get in new tables what they have in the others.

    Raises:
        StoreUnusableError: If there is none, or it is newer.
    """
    actor.must(Act.MANAGE_STORE)
    before = schema.upgradable(bench.store)
    copy = None
    if before != schema.HEAD:
        if bench.store.path is not None:
            stamp = bench.now().replace(":", "").replace("-", "")[:15]
            target = bench.store.path.with_name(f"{bench.store.path.name}.{stamp}.bak")
            copy = str(backup.copy(bench.store, target))
        schema.upgrade(bench.store)
        with bench.store.write() as unit:
            auditlog.keep(bench, unit, actor, "upgrade", schema.HEAD, before=before)
    after = schema.version(bench.store)
    granted = _grant_again(bench)
    return {"before": before, "after": after, "backup": copy, "roles": granted}


def _grant_again(bench: Bench) -> list[str]:
    if bench.store.path is not None:
        return []
    with bench.store.write() as unit:
        return roles.grant_again(unit)


def check(bench: Bench, actor: Actor) -> list[str]:
    """Check the store's promises; an empty list says that all of them hold.

    What is kept of judgments in counts is counted anew and compared.
    """
    actor.must(Act.MANAGE_STORE)
    with bench.store.read() as unit:
        broken = integrity.broken(unit)
    from adjudge.services.measuring import counting  # noqa: PLC0415 - numbers are heavy

    return [*broken, *counting.wrong(bench, actor)]


def back_up(bench: Bench, actor: Actor, target: str) -> str:
    """Copy a store to a new file while people go on working.

    Raises:
        ConflictError: If the file exists.
    """
    actor.must(Act.MANAGE_STORE)
    backup.must_be_free(Path(target))  # before the log says that there is a backup
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "backup", "", file=target)
    return str(backup.copy(bench.store, target))


@dataclass(frozen=True)
class Restored:
    """What became of a restore.

    Attributes:
        store: Where it is.
        withdrawn: Users who took consent back after the backup was made: done again.
        forgotten: People who were forgotten after it was made: done again.
        is_known: Whether the journal that tells of both was found.
    """

    store: str
    withdrawn: int = 0
    forgotten: int = 0
    is_known: bool = True

    def as_json(self) -> dict[str, Any]:
        """Write what ``db restore --json`` prints."""
        return {
            "store": self.store,
            "withdrawn": self.withdrawn,
            "forgotten": self.forgotten,
            "journal_found": self.is_known,
        }


def restore(
    bench: Bench, source: str, by: str, *, journal: str | None = None
) -> Restored:
    """Put a backup in the place of a store that is not there.

    Whoever withdrew or was forgotten after it was made does not come back.

    Args:
        bench: The bench.
        source: The backup.
        by: Who does it.
        journal: The lost store's journal of withdrawals, where it lies elsewhere.

    Raises:
        ConflictError: If the store exists; it is never overwritten.
        StoreUnusableError: If the backup is damaged.
        UnknownError: If there is no such backup or journal.
    """
    done = Restored("")

    def settle(unit: Unit) -> None:
        nonlocal done
        given = Path(journal) if journal else None
        found = gone.find(unit, bench.store, Path(source), given)
        log.record(unit, by, "restore", "", {"file": source}, at=bench.now())
        gone.keep(unit, bench.store, found)
        withdrawn, forgotten = _let_go(bench, unit, by, found)
        done = Restored("", withdrawn, forgotten, found.is_known)

    made = backup.restore(bench.store, source, settle)
    place = bench.store.place if bench.store.path is None else str(made)
    return replace(done, store=place)


def _let_go(bench: Bench, unit: Unit, by: str, found: gone.Gone) -> tuple[int, int]:
    """Do again what was withdrawn and forgotten after a backup was made."""
    known = withdrawals.every(unit)
    users = [user for user in sorted(found.users) if user not in known]
    for user in users:
        withdrawals.withdraw(unit, user, by=None, at=bench.now())
        name = bench.pseudonym(user)
        log.record(unit, by, "consent.withdraw", name, at=bench.now())
    names = gone.forgotten(unit, found)
    for name in names:
        alias = f"forgotten-{bench.new_id()}"
        forget_in(bench, unit, by, name, alias=alias, why="restored")
    return len(users), len(names)


def grant(
    bench: Bench, actor: Actor, role: str, *, reads_only: bool = False
) -> dict[str, Any]:
    """Let a PostgreSQL role work in the store, or read it, without owning it.

    Raises:
        RefusedError: On SQLite; or if the role owns the tables or is a superuser.
        UnknownError: If there is no such role.
    """
    actor.must(Act.MANAGE_STORE)
    if bench.store.path is not None:
        raise RefusedError(
            "a SQLite file has no roles",
            hint="whoever may read the file reads everything: `adjudge doctor` tells "
            "whether others may",
        )
    with bench.store.write() as unit:
        roles.grant(unit, role, reads_only=reads_only)
        auditlog.keep(bench, unit, actor, "db.grant", role, reads_only=reads_only)
        kept = roles.append_only(unit)
    return {"role": role, "reads_only": reads_only, "append_only": kept}


def examine(bench: Bench) -> list[tuple[str, str, str]]:
    """Examine the store for `adjudge doctor`: what, how it is, what to do."""
    version = schema.version(bench.store)  # says so where there is no store
    found = []
    library = schema.library(bench.store)
    found.append(
        (
            "database library",
            library["database"],
            ""
            if library["fixed"]
            else "has the WAL-reset bug: writers take turns here; "
            "`pip install pysqlite3` brings a fixed library",
        )
    )
    found.extend(_file(bench))
    advice = "" if version == schema.HEAD else "run `adjudge db upgrade`"
    found.append(("schema", str(version), advice))
    if version == schema.HEAD:
        with bench.store.read() as unit:
            broken = integrity.broken(unit)
            found.extend(_role(unit))
        found.append(
            (
                "integrity",
                "; ".join(broken) or "every promise holds",
                "restore a backup with `adjudge db restore FILE`" if broken else "",
            )
        )
    return found


def _role(unit: Unit) -> list[tuple[str, str, str]]:
    """Say as which role of PostgreSQL the program works."""
    if not unit.is_postgres:
        return []
    found = roles.standing(unit)
    if found.is_superuser:
        what = "a superuser"
    elif found.owns:
        what = "owns the tables"
    elif found.changes:
        what = f"may change {', '.join(found.changes)}"
    else:
        return [("database role", f"{found.role}: adds to what happened", "")]
    return [
        (
            "database role",
            f"{found.role}: {what}",
            "can switch off what keeps judgments and the log as they are: make a role "
            "(CREATE ROLE adjudge_app LOGIN), run `adjudge db grant adjudge_app`, and "
            "give the program that role's address",
        )
    ]


def _file(bench: Bench) -> list[tuple[str, str, str]]:
    path = bench.store.path
    if path is None:
        return []
    mode = path.stat().st_mode & 0o777
    open_to_others = f"chmod 600 {path}: others can read it" if mode & 0o077 else ""
    return [("file mode", oct(mode), open_to_others)]
