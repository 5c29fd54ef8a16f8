"""The log: what privileged deeds write into it, reading it, checking it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjudge.domain.people import Act, Actor
from adjudge.storage import log

if TYPE_CHECKING:
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.log import Entry, Verdict


def keep(
    bench: Bench, unit: Unit, actor: Actor, act: str, object: str, **said: Any
) -> None:
    """Log a privileged deed in its own transaction, in turn with others on its object.

    What a deed decides by is read after this: two leads who answer at once would
    each find the question open.

    Args:
        bench: The bench.
        unit: The unit of work of the deed.
        actor: Who acts.
        act: What, for example ``queue.create``.
        object: On what: ids and names, never a text that somebody wrote.
        **said: How, as JSON values; the log keeps their keyed hash alone.
    """
    unit.in_turn(object)
    log.record(unit, actor.name, act, object, said or None, at=bench.now())


def note(
    bench: Bench, unit: Unit, actor: Actor, act: str, object: str, **said: Any
) -> None:
    """Log one of the many: a claim, a submit, a skip. It is sealed within a second."""
    log.note(unit, actor.name, act, object, said or None, at=bench.now())


def show(bench: Bench, actor: Actor, *, limit: int = 50) -> list[Entry]:
    """List what was done last, newest first."""
    actor.must(Act.MANAGE_STORE)
    with bench.store.read() as unit:
        return log.last(unit, limit)


def verify(bench: Bench, actor: Actor) -> Verdict:
    """Check the whole chain; the verdict names the first entry that does not hold."""
    actor.must(Act.MANAGE_STORE)
    mine = log.of(bench.store)
    with bench.store.write() as unit:
        mine.settle(unit)
    with bench.store.read() as unit:
        # Before the state that is checked: the file is never ahead of the store.
        known = mine.files.head(unit)
    with bench.store.read() as unit:
        return log.verify(unit, mine.files, known)
