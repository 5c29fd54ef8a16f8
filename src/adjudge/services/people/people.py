"""Who is who: add people, declare expertise, find out who acts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from adjudge.domain.ids import AnnotatorId
from adjudge.domain.people import (
    EVERY_TOPIC,
    Act,
    Actor,
    Person,
    Role,
    check_new,
)
from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    RefusedError,
    UnknownError,
)
from adjudge.services import auditlog
from adjudge.storage import datasets, forgetting, gone, lineages, log, people
from adjudge.storage.engine import schema

if TYPE_CHECKING:
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit


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
        return Actor(name=person.name, role=person.role, listed=True)
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
        InvalidInputError: If nobody should act under that name.
        ConflictError: If there is another person of that name, or of one that reads
            the same.
    """
    actor.must(Act.MANAGE_PEOPLE)
    with bench.store.write() as unit:
        unit.in_turn(person.name)
        check_new(person.name, [p.name for p in people.everybody(unit)])
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
        InvalidInputError: If the weight is not above 0 and at most 1000, or the topic
            has no name.
        UnknownError: If there is no such person.
    """
    actor.must(Act.MANAGE_PEOPLE)
    if not 0 < weight <= 1000:
        raise InvalidInputError(
            f"expertise weight {weight:g} is not between 0 and 1000",
            hint="1 is an ordinary vote, 2 counts double",
        )
    if not topic.strip():
        raise InvalidInputError("a topic has a name", hint=f"{EVERY_TOPIC!r} is all")
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "people.declare_expertise", name)
        if people.find(unit, name) is None:
            raise UnknownError(f"there is nobody called {name!r}")
        people.set_expertise(unit, name, [(topic, weight)])


@dataclass(frozen=True)
class Forgotten:
    """What became of a person who is forgotten.

    Attributes:
        alias: What stands in place of the name from now on.
        pseudonym: What exports call the alias.
        places: How many rows named the person, by table.
        datasets: Versions exported before, which still use the former pseudonym.
        vacuumed: Whether the tables hold nothing of what stood there before.
    """

    alias: str
    pseudonym: str
    places: dict[str, int]
    datasets: list[str]
    vacuumed: bool = True

    def as_json(self) -> dict[str, Any]:
        """Write what ``people forget --json`` prints."""
        return asdict(self)


def forget(bench: Bench, actor: Actor, name: str, *, why: str) -> Forgotten:
    """Replace a person's name everywhere by one that says nothing, for ever.

    Judgments, rewrites, decisions and statements stay, under the new name: results,
    agreement and lineage are what they were. Nothing in the store leads back.

    Args:
        bench: The bench.
        actor: Who acts; nobody forgets themselves.
        name: Who is forgotten.
        why: Kept in the log as a keyed hash alone: it may name them.

    Raises:
        UnknownError: If there is no such person.
        RefusedError: If the person is the one who acts.
        InvalidInputError: If nothing says why.
    """
    actor.must(Act.MANAGE_PEOPLE)
    if not why.strip():
        raise InvalidInputError("say why the person is forgotten", hint="--why TEXT")
    if name == actor.name:
        raise RefusedError("nobody forgets themselves", hint="ask another lead")
    alias = f"forgotten-{bench.new_id()}"
    with bench.store.write() as unit:
        unit.in_turn(name)
        if people.find(unit, name) is None:
            raise UnknownError(f"there is nobody called {name!r}")
        places = forget_in(bench, unit, actor.name, name, alias=alias, why=why)
        shipped = [version["id"] for version in datasets.listed(unit)]
    vacuumed = bench.store.vacuum(forgetting.TABLES)
    return Forgotten(alias, bench.pseudonym(alias), places, shipped, vacuumed)


def forget_in(
    bench: Bench, unit: Unit, by: str, name: str, *, alias: str, why: str
) -> dict[str, int]:
    """Forget a person in a unit of work; give how many rows named them, by table."""
    before = log.head_of(unit)
    gone.note_person(unit, name, at=bench.now())
    gone.bury(unit, name, at=bench.now())
    places = forgetting.forget(unit, name, alias)
    lineages.rename(unit, bench.pseudonym(name), bench.pseudonym(alias))
    said = {"why": why, "head": before}
    log.record(unit, by, "people.forget", alias, said, at=bench.now())
    return places


def everybody(bench: Bench, actor: Actor) -> list[Person]:
    """List all people."""
    actor.must(Act.SEE_PEOPLE)
    with bench.store.read() as unit:
        return people.everybody(unit)


def paused(bench: Bench, actor: Actor) -> dict[str, str]:
    """Name who is paused, and why."""
    actor.must(Act.SEE_PEOPLE)
    with bench.store.read() as unit:
        return people.paused(unit)
