"""Who is who: add people, declare expertise, find out who acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.ids import AnnotatorId
from adjudge.domain.people import Act, Actor, Person, Role
from adjudge.errors import ConflictError, InvalidInputError, UnknownError
from adjudge.services import auditlog
from adjudge.storage import people, schema

if TYPE_CHECKING:
    from adjudge.services.bench import Bench


def identify(bench: Bench, name: str) -> Actor:
    """Find out who acts and in which role.

    Args:
        bench: The bench.
        name: Who says so: an option, the environment, or the operating system.

    Raises:
        UnknownError: If the store knows nobody of that name.
    """
    with bench.store.read() as unit:
        person = people.find(unit, name)
    if person is not None and person.login:
        return Actor(name=person.name, role=person.role)
    raise UnknownError(
        f"nobody called {name!r} works in this store"
        if person is None
        else f"{name} came with imported judgments and has no login",
        hint=f"a lead adds people: `adjudge people add {name} --role annotator`",
    )


def with_login(bench: Bench) -> list[Person]:
    """List who may come in, for somebody whom the program does not know yet.

    Who can read the store's file can act as any of them; no door is opened here.
    """
    with bench.store.read() as unit:
        return [p for p in people.everybody(unit) if p.login]


def owner(bench: Bench, name: str, user_id: int) -> Actor | None:
    """Let the owner of a SQLite file act as lead under their own name."""
    if schema.owner(bench.store) != user_id:
        return None
    return Actor(name=AnnotatorId(name), role=Role.LEAD)


def add(bench: Bench, actor: Actor, person: Person) -> str:
    """Add a person, or give an imported annotator a login.

    Returns:
        ``added``, ``promoted`` or ``unchanged``.

    Raises:
        ConflictError: If there is another person of that name.
    """
    actor.must(Act.MANAGE_PEOPLE)
    with bench.store.write() as unit:
        if people.add(unit, person, at=bench.now()):
            auditlog.keep(bench, unit, actor, "people.add", person.name)
            return "added"
        known = people.find(unit, person.name)
        if known is not None and not known.login:
            people.promote(unit, person)
            auditlog.keep(bench, unit, actor, "people.add", person.name)
            return "promoted"
    if known is not None and _same(known, person):
        return "unchanged"
    raise ConflictError(
        f"{person.name} is here already, as {known.role if known else 'somebody'}",
        hint="`adjudge people expertise` changes weights; names are for ever",
    )


def _same(known: Person, person: Person) -> bool:
    return (known.role, known.expertise, known.languages) == (
        person.role,
        person.expertise,
        person.languages,
    )


def declare_expertise(
    bench: Bench, actor: Actor, name: str, topic: str, weight: float
) -> None:
    """Declare how much a person's judgments weigh in a topic (``*`` for all).

    Raises:
        InvalidInputError: If the weight is not above 0 and at most 1000.
        UnknownError: If there is no such person.
    """
    actor.must(Act.MANAGE_PEOPLE)
    if not 0 < weight <= 1000:
        raise InvalidInputError(
            f"expertise weight {weight:g} is not between 0 and 1000",
            hint="1 is an ordinary vote, 2 counts double",
        )
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "people.declare_expertise", name)
        if people.find(unit, name) is None:
            raise UnknownError(f"there is nobody called {name!r}")
        people.set_expertise(unit, name, [(topic, weight)])


def everybody(bench: Bench, actor: Actor) -> list[Person]:
    """List all people."""
    actor.must(Act.SEE_PEOPLE)
    with bench.store.read() as unit:
        return people.everybody(unit)
