"""A campaign as one file says it, and the plan of what it would change."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from adjudge.domain.conversation import Tiers
from adjudge.domain.guideline import Change
from adjudge.domain.ids import AnnotatorId
from adjudge.domain.pay import PayPolicy
from adjudge.domain.people import Role
from adjudge.domain.queue import Queue
from adjudge.domain.record import Name, Record, Time

Action = Literal["create", "change", "unchanged", "wait"]


def _end_of_day(value: Any) -> Any:
    """Read a day as its end, as `people clear --until` does; TOML knows days too."""
    if isinstance(value, date):
        value = value.isoformat()
    is_day = isinstance(value, str) and len(value) == len("2026-01-31")
    return f"{value}T23:59:59" if is_day else value


Until = Annotated[Time, BeforeValidator(_end_of_day)]


class About(Record):
    """What the campaign is called and for."""

    name: Annotated[str, Name]
    about: str = ""


class Consent(Record):
    """Whose words may be worked on.

    Attributes:
        required: Only where consent was given; else where it was not refused.
    """

    required: bool = False


class Terms(Record):
    """What everybody agrees to once before they work; another text is asked anew.

    Attributes:
        text: Empty for none.
    """

    text: str = ""


class PersonEntry(Record):
    """Somebody who works in the campaign. What is not said stays as it is.

    Attributes:
        clearances: By label, ``true`` or the time until which it holds. What a
            person agrees to see is theirs to say, not the file's.
    """

    name: Annotated[AnnotatorId, Name, Field(max_length=64)]
    role: Annotated[Role, Field(strict=False)] = Role.ANNOTATOR
    languages: tuple[str, ...] = ()
    expertise: dict[str, Annotated[float, Field(gt=0, le=1000)]] = Field(
        default_factory=dict
    )
    clearances: dict[str, Literal[True] | Until] = Field(default_factory=dict)

    @property
    def cleared(self) -> dict[str, str | None]:
        """Give the end of each clearance by its label; ``None`` where it has none."""
        return {k: None if v is True else v for k, v in self.clearances.items()}


class GuidelineEntry(Record):
    """A guideline file, beside the campaign file, and how its text changed."""

    file: Annotated[str, Name]
    change: Change = "major"


class GoldEntry(Record):
    """A comparison whose answer is known."""

    comparison: Annotated[str, Name]
    ranking: Annotated[Tiers, Field(min_length=1)]
    why: Annotated[str, Name]
    queue: str | None = None


class Campaign(Record):
    """Everything one file says.

    Attributes:
        terms: What is not said stays as it is.
        pay: For every queue of the file that has no policy of its own.
    """

    campaign: About
    consent: Consent = Consent()
    terms: Terms | None = None
    pay: PayPolicy | None = None
    people: tuple[PersonEntry, ...] = ()
    guidelines: tuple[GuidelineEntry, ...] = ()
    queues: tuple[Queue, ...] = ()
    gold: tuple[GoldEntry, ...] = ()


class Difference(Record):
    """One setting that becomes another."""

    key: str
    before: str | None
    after: str


class Step(Record):
    """What happens to one thing the file names.

    Attributes:
        action: ``wait`` where something has to be imported first.
        note: What a lead should know about it.
    """

    kind: Literal["campaign", "person", "guideline", "queue", "gold"]
    name: str
    action: Action
    differences: tuple[Difference, ...] = ()
    note: str = ""


class Plan(Record):
    """What a file would change, or has changed, in the order of the file."""

    file: str
    kept: bool
    steps: tuple[Step, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Count steps by action."""
        found = Counter(step.action for step in self.steps)
        return {a: found[a] for a in ("create", "change", "unchanged", "wait")}
