"""The terms of a campaign: what a person reads and agrees to, once, before working."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adjudge.domain.people import Act
from adjudge.domain.record import digest
from adjudge.errors import ConflictError, RefusedError
from adjudge.services import auditlog
from adjudge.services.campaign import policies
from adjudge.storage import people, standing

if TYPE_CHECKING:
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit

_ACCEPTED = "accepted_terms"  # a step in a person's history


@dataclass(frozen=True)
class Terms:
    """A text to agree to.

    Attributes:
        version: Short for what the text says; another text is another version.
        before: Whether this person agreed to an earlier text.
    """

    text: str
    version: str
    before: bool = False


def pending(bench: Bench, actor: Actor) -> Terms | None:
    """Give what this person has not agreed to yet."""
    actor.must(Act.WORK)
    with bench.store.read() as unit:
        return _pending(unit, actor.name)


def _pending(unit: Unit, who: str) -> Terms | None:
    text = policies.terms(unit)
    if not text:
        return None
    version = digest(text)[:12]
    steps = standing.details(unit, who, _ACCEPTED)
    if any(step["terms"] == version for step in steps):
        return None
    return Terms(text, version, before=bool(steps))


def must_be_accepted(unit: Unit, actor: Actor) -> None:
    """Refuse whoever has not agreed to the terms.

    Raises:
        RefusedError: If they have not.
    """
    if _pending(unit, actor.name) is not None:
        raise RefusedError(
            f"{actor.name} has not agreed to the terms of this campaign",
            hint="`adjudge work` shows them first; y agrees",
        )


def accept(bench: Bench, actor: Actor, version: str) -> None:
    """Keep that this person agrees.

    Raises:
        ConflictError: If the text is another one by now.
    """
    actor.must(Act.WORK)
    with bench.store.write() as unit:
        found = _pending(unit, actor.name)
        if found is None:
            return
        if found.version != version:
            raise ConflictError(
                "the terms have changed meanwhile", hint="read them once more"
            )
        people.arrive(unit, actor, at=bench.now())
        auditlog.keep(bench, unit, actor, "terms.accept", version)
        standing.step(
            unit,
            actor.name,
            _ACCEPTED,
            {"terms": version},
            id=bench.new_id(),
            why=None,
            by=actor.name,
            at=bench.now(),
        )
