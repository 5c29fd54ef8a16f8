"""People from files: new ones, and those who say something new of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.services.importing.chunks import Kept, Line
from adjudge.storage import gone, people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adjudge.domain.people import Person
    from adjudge.storage.engine.store import Unit


def keep(unit: Unit, lines: Sequence[Line], *, at: str) -> Kept:
    """Keep the people of a file; nobody who was forgotten comes back by it."""
    kept = Kept()
    away = gone.forgotten_names(unit, {line.record.name for line in lines})
    for line in lines:
        person: Person = line.record
        known = people.find(unit, person.name)
        if person.name in away:
            kept.forgotten += 1
        elif known is None:
            people.add(unit, person, at=at)
            kept.added += 1
        elif (known.login or not person.login) and _says_nothing_new(person, known):
            kept.unchanged += 1
        else:
            people.promote(unit, person)
            kept.superseded += 1
    return kept


def _says_nothing_new(person: Person, known: Person) -> bool:
    """Compare with who is known; weights declared since, in other topics, stay."""
    same = (person.role, person.languages) == (known.role, known.languages)
    return same and person.expertise.items() <= known.expertise.items()
