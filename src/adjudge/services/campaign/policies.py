"""What a store remembers of its campaign: name, consent, terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.campaign import Consent
from adjudge.domain.record import Record
from adjudge.storage.engine import schema

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit

_FACT = "campaign"


class Kept(Record):
    """The parts of a campaign's file that are no people, queues or gold."""

    name: str
    about: str
    consent: Consent
    terms: str = ""


def kept(unit: Unit) -> Kept | None:
    """Give what was applied last; ``None`` where no campaign was."""
    said = schema.fact(unit, _FACT)
    return Kept.model_validate_json(said) if said else None


def keep(unit: Unit, new: Kept) -> None:
    """Remember it."""
    schema.set_fact(unit, _FACT, new.model_dump_json())


def consent(unit: Unit) -> Consent:
    """Give the campaign's consent policy, the default where none was applied."""
    found = kept(unit)
    return found.consent if found else Consent()


def terms(unit: Unit) -> str:
    """Give what people agree to before they work; empty where nothing is asked."""
    found = kept(unit)
    return found.terms if found else ""
