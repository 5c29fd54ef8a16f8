"""Who is gone for good: a journal beside the database that every restore replays.

A backup knows nothing of a user who took consent back, or of a person who was
forgotten, after it was made. So both are written down outside the database as well,
just before they are kept: a line too many withdraws what somebody asked to withdraw,
a line too few would bring it back.

Users stand in it by their id, as they do in the store: what arrives of them later must
be known again. People stand in it by a keyed hash, and nothing leads from it to what
they are called since.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from adjudge.domain.record import canonical
from adjudge.errors import InvalidInputError, StoreUnusableError, UnknownError
from adjudge.storage import log
from adjudge.storage.engine import schema
from adjudge.storage.log_files import (
    GONE_SUFFIX,
    LogFiles,
    beside,
    store_id,
    write_private,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.storage.engine.store import Store, Unit

_REPLAYED = "replayed"  # what such a unit does again is in the journal already


@dataclass
class Gone:
    """Who left a store, as far as its journals tell.

    Attributes:
        users: When each took consent back, by id.
        people: When each was forgotten, by the keyed hash of the name.
        is_known: Whether the journal itself was found, and not only what a backup
            holds of it.
    """

    users: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    is_known: bool = False


# --- writing ---------------------------------------------------------------------
def note_users(unit: Unit, users: Iterable[str], *, at: str) -> None:
    """Write down who takes consent back, when the unit is kept."""
    lines = [{"user": user, "at": at} for user in sorted(users)]
    if lines and _REPLAYED not in unit.aside:
        unit.before_commit.append(partial(_note, unit, lines))


def note_person(unit: Unit, name: str, *, at: str) -> None:
    """Write down that a person is forgotten, when the unit is kept."""
    if _REPLAYED in unit.aside:
        return
    line = {"person": _hashed(unit, log.of(unit.store).files, name), "at": at}
    unit.before_commit.append(partial(_note, unit, [line]))


def _hashed(unit: Unit, files: LogFiles, name: str) -> str:
    return log.keyed(files.key(unit), ["forgotten", name])


def _note(unit: Unit, lines: list[dict[str, str]]) -> None:
    append(log.of(unit.store).files.gone_name(unit), store_id(unit), lines)


def append(path: Path, store: str, lines: Iterable[dict[str, str]]) -> None:
    """Add lines about a store to a journal, and let the disk have them.

    Raises:
        StoreUnusableError: If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        with os.fdopen(descriptor, "rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # A line that was cut off by a crash belongs to a deed that was not kept.
            end = file.read().rfind(b"\n") + 1
            file.seek(end)
            file.truncate()
            # A folder's name may be no text; then the backup's own copy must do.
            place = str(path.resolve()).encode(errors="replace").decode()
            begun = [] if end else [{"journal": place}]
            for line in [*begun, *lines]:
                file.write(canonical({"store": store, **line}) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StoreUnusableError(
            f"{path} cannot be written: {error.strerror}",
            hint="nothing of this was kept: without that line a restored backup "
            "would bring back what was withdrawn",
        ) from error


def take_along(unit: Unit, backup: Path) -> None:
    """Put the journal beside a backup; its first line says where it came from."""
    name = LogFiles(unit.store.path).gone_name(unit)
    if not name.exists():
        append(name, store_id(unit), [])
    write_private(beside(backup, GONE_SUFFIX), name.read_bytes())


# --- reading ---------------------------------------------------------------------
def find(unit: Unit, target: Store, backup: Path, given: Path | None = None) -> Gone:
    """Gather who left a store from every journal within reach.

    That is the one at the place of the store, what the backup took along, where that
    came from, and the one that is given.

    Args:
        unit: The store as the backup has it.
        target: Where it is restored to.
        backup: The backup.
        given: A journal, where somebody says so.

    Raises:
        UnknownError: If no file of that name is given.
        InvalidInputError: If it is no journal of this store.
    """
    store, found = store_id(unit), Gone()
    origins = _read(beside(backup, GONE_SUFFIX), store, found)
    for name in {LogFiles(target.path).gone_name(unit), *map(Path, origins)}:
        found.is_known = bool(_read(name, store, found)) or found.is_known
    if given is not None:
        if not given.is_file():
            raise UnknownError(f"there is no journal {given}")
        if not _read(given, store, found):
            raise InvalidInputError(f"{given} is no journal of this store")
        found.is_known = True
    return found


def _read(path: Path, store: str, found: Gone) -> set[str]:
    """Add what a journal says of a store; give the places it calls its own."""
    try:
        written = path.read_bytes()
    except FileNotFoundError:
        return set()
    places = set()
    # What stands behind the last line was cut off, and its deed was not kept.
    for number, line in enumerate(written.split(b"\n")[:-1], 1):
        said = _said(path, number, line)
        if said.get("store") != store:
            continue
        if "journal" in said:
            places.add(said["journal"])
        for kind, known in (("user", found.users), ("person", found.people)):
            if kind in said:
                known[said[kind]] = max(said["at"], known.get(said[kind], ""))
    return places


def _said(path: Path, number: int, line: bytes) -> dict[str, str]:
    try:
        said = orjson.loads(line)
        if isinstance(said, dict) and all(isinstance(v, str) for v in said.values()):
            return said
    except ValueError:
        pass
    raise StoreUnusableError(
        f"{path}, line {number}, is damaged: expected a JSON object of texts",
        hint="it says who withdrew: mend the line, or take it out if it is none",
    )


def keep(unit: Unit, target: Store, found: Gone) -> None:
    """Write at the place of a restored store who has left it, before they leave."""
    unit.aside[_REPLAYED] = True
    lines = [
        {kind: name, "at": at}
        for kind, known in (("user", found.users), ("person", found.people))
        for name, at in sorted(known.items())
    ]
    name, store, there = LogFiles(target.path).gone_name(unit), store_id(unit), Gone()
    _read(name, store, there)
    append(
        name,
        store,
        [
            line
            for line in lines
            if line.get("user") not in there.users
            and line.get("person") not in there.people
        ],
    )


# --- tombstones --------------------------------------------------------------------
_TOMBSTONE = "forgotten:"  # facts of that name: the keyed hash of a name, and when


def bury(unit: Unit, name: str, *, at: str) -> None:
    """Let the store know a forgotten name again, by a keyed hash alone."""
    hashed = _hashed(unit, log.of(unit.store).files, name)
    schema.set_fact(unit, f"{_TOMBSTONE}{hashed}", at)


def forgotten_names(unit: Unit, names: Iterable[str]) -> set[str]:
    """Find names that a file brings back of people who were forgotten.

    Whoever a lead added anew under such a name is somebody new, and is not found.
    """
    rows = unit.all("SELECT name FROM fact WHERE name LIKE 'forgotten:%'")
    if not rows:
        return set()
    buried = {str(name).removeprefix(_TOMBSTONE) for (name,) in rows}
    files = log.of(unit.store).files
    found = {name for name in names if _hashed(unit, files, name) in buried}
    here = unit.all(
        "SELECT name FROM person WHERE name IN {among names}",
        names=canonical(sorted(found)).decode(),
    )
    return found - {str(name) for (name,) in here}


def forgotten(unit: Unit, found: Gone) -> list[str]:
    """List the people of a store whom its journals call forgotten.

    Whoever came back under the same name since is somebody new.
    """
    if not found.people:
        return []
    files = log.of(unit.store).files
    return [
        name
        for name, added in unit.all("SELECT name, added_at FROM person ORDER BY name")
        if added <= found.people.get(_hashed(unit, files, name), "")
    ]
