"""People and their expertise, in and out of their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from adjudge.domain.people import Person, Role
from adjudge.domain.record import canonical
from adjudge.errors import NotAllowedError
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.domain.people import Actor
    from adjudge.storage.engine.store import Unit

_COLUMNS = "p.name, p.role, p.languages, p.login, p.meta"


def find(unit: Unit, name: str) -> Person | None:
    """Find a person by name."""
    row = unit.one(f"SELECT {_COLUMNS} FROM person p WHERE p.name = :name", name=name)
    return _person(row, _expertise(unit, name)) if row else None


def everybody(unit: Unit) -> list[Person]:
    """List all people by name."""
    expertise: dict[str, dict[str, float]] = {}
    for person, topic, weight in unit.all(
        "SELECT person, topic, weight FROM expertise ORDER BY person, topic"
    ):
        expertise.setdefault(person, {})[topic] = weight
    rows = unit.all(f"SELECT {_COLUMNS} FROM person p ORDER BY p.name")
    return [_person(row, expertise.get(row[0], {})) for row in rows]


def paused(unit: Unit) -> dict[str, str]:
    """Name who is paused, and why."""
    rows = unit.all("SELECT name, state_why FROM person WHERE state = 'paused'")
    return {name: why or "no reason given" for name, why in rows}


def add(unit: Unit, person: Person, *, at: str) -> bool:
    """Add a person; ``False`` if there is one of that name."""
    values = {
        "name": person.name,
        "role": person.role.value,
        "languages": canonical(list(person.languages)).decode(),
        "login": int(person.login),
        "state": "active",
        "state_why": None,
        "meta": canonical(person.meta).decode(),
        "added_at": at,
    }
    added = unit.run(insert("person", conflict="DO NOTHING"), **values) == 1
    if added:
        set_expertise(unit, person.name, person.expertise.items())
    return added


def promote(unit: Unit, person: Person) -> None:
    """Give an imported annotator a login, a role and languages."""
    unit.run(
        "UPDATE person SET role = :role, languages = :languages, login = :login "
        "WHERE name = :name",
        name=person.name,
        role=person.role.value,
        languages=canonical(list(person.languages)).decode(),
        login=int(person.login),
    )
    set_expertise(unit, person.name, person.expertise.items())


def arrive(unit: Unit, actor: Actor, *, at: str) -> None:
    """See to it that the store can name whoever acts.

    Raises:
        NotAllowedError: If they were forgotten since they came: no window that was
            open brings a name back.
    """
    if not actor.listed:
        add_names(unit, [actor.name], at=at)
    elif unit.one("SELECT 1 FROM person WHERE name = :name", name=actor.name) is None:
        raise NotAllowedError(
            f"nobody is called {actor.name!r} here any more",
            hint="what was handed in is kept without the name; ask a lead",
        )


def add_names(unit: Unit, names: Iterable[str], *, at: str) -> None:
    """Add annotators that came with judgments: people without a login."""
    statement = insert("person", conflict="DO NOTHING")
    unit.many(
        statement,
        [
            {
                "name": name,
                "role": Role.ANNOTATOR.value,
                "languages": "[]",
                "login": 0,
                "state": "active",
                "state_why": None,
                "meta": "{}",
                "added_at": at,
            }
            for name in sorted(set(names))
        ],
    )


def set_expertise(unit: Unit, name: str, weights: Iterable[tuple[str, float]]) -> None:
    """Declare weights by topic; a topic named again takes the new weight."""
    statement = insert(
        "expertise", conflict="(person, topic) DO UPDATE SET weight = excluded.weight"
    )
    for topic, weight in weights:
        unit.run(statement, person=name, topic=topic, weight=weight)


def _expertise(unit: Unit, name: str) -> dict[str, float]:
    return dict(
        unit.all(
            "SELECT topic, weight FROM expertise WHERE person = :name ORDER BY topic",
            name=name,
        )
    )


def _person(row: tuple[str, str, str, int, str], expertise: dict[str, float]) -> Person:
    name, role, languages, login, meta = row
    return Person.model_validate(
        {
            "name": name,
            "role": role,
            "languages": tuple(orjson.loads(languages)),
            "login": bool(login),
            "meta": orjson.loads(meta),
            "expertise": expertise,
        }
    )


def drop_strangers(unit: Unit, names: Iterable[str], *, import_id: str) -> None:
    """Forget people who came with an import that was undone, and only they."""
    unit.run(
        "DELETE FROM person WHERE login = 0 AND name IN {among names} "
        "AND added_at >= (SELECT started_at FROM import WHERE id = :import_id) "
        "AND NOT EXISTS (SELECT 1 FROM judgment j WHERE j.annotator = person.name) "
        "AND NOT EXISTS (SELECT 1 FROM slot s WHERE s.annotator = person.name) "
        "AND NOT EXISTS (SELECT 1 FROM expertise e WHERE e.person = person.name)",
        names=canonical(list(names)).decode(),
        import_id=import_id,
    )
