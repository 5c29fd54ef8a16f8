"""A raised hand becomes an incident: category, severity, owner, due, state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from adjudge.domain.record import utc
from adjudge.errors import InvalidInputError


class Severity(StrEnum):
    """How bad it is; it decides how soon a lead must look."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"  # the task stands still in queues and exports
    CRITICAL = "critical"  # the task is hidden from everybody, leads too

    @property
    def freezes(self) -> bool:
        """Tell whether a task of this severity stands still."""
        return self in {Severity.HIGH, Severity.CRITICAL}

    @property
    def hides(self) -> bool:
        """Tell whether nobody sees the texts any more."""
        return self is Severity.CRITICAL


_DUE_HOURS = {
    Severity.LOW: 72,
    Severity.MEDIUM: 24,
    Severity.HIGH: 4,
    Severity.CRITICAL: 1,
}
State = Literal["open", "assigned", "closed"]
Outcome = Literal["release", "withdraw"]


@dataclass(frozen=True)
class Category:
    """What somebody may raise a hand about.

    Attributes:
        says: In the words a person chooses from.
        severity: Unless a lead says otherwise.
        label: Content label that the task gets, so that only people who opted in
            see it from then on.
    """

    says: str
    severity: Severity
    label: str | None = None


CATEGORIES: dict[str, Category] = {
    "child_abuse": Category("suspected sexual abuse of a child", Severity.CRITICAL),
    "threat": Category("somebody may be in danger", Severity.HIGH),
    "pii": Category("personal data of somebody", Severity.HIGH),
    "secret": Category("a password, key or other secret", Severity.HIGH),
    "unsafe_content": Category("unsafe to read", Severity.MEDIUM),
    "violence": Category("violence", Severity.MEDIUM, "violence"),
    "sexual": Category("sexual content", Severity.MEDIUM, "sexual"),
    "self_harm": Category("self-harm or suicide", Severity.MEDIUM, "self_harm"),
    "hate": Category("hate against a group", Severity.MEDIUM, "hate"),
    "model_named": Category("a response says which model it is", Severity.LOW),
    "prompt_bug": Category("something is wrong with the prompt", Severity.LOW),
    "broken_task": Category("broken, or cannot be judged", Severity.LOW),
    "other": Category("something else (say what)", Severity.MEDIUM),
}


def category(code: str) -> Category:
    """Find a category.

    Raises:
        InvalidInputError: With the codes there are.
    """
    if code not in CATEGORIES:
        raise InvalidInputError(
            f"there is no flag category {code!r}",
            hint=f"categories: {', '.join(CATEGORIES)}",
        )
    return CATEGORIES[code]


def severity(word: str) -> Severity:
    """Read a severity.

    Raises:
        InvalidInputError: With the severities there are.
    """
    try:
        return Severity(word)
    except ValueError:
        raise InvalidInputError(
            f"there is no severity {word!r}", hint=f"severities: {', '.join(Severity)}"
        ) from None


def due(opened_at: str, how_bad: Severity) -> str:
    """Say until when a lead must have looked."""
    opened = datetime.fromisoformat(opened_at)
    return utc(opened + timedelta(hours=_DUE_HOURS[how_bad]))


@dataclass(frozen=True)
class Step:
    """One entry of an incident's history.

    Attributes:
        kind: opened | assigned | graded | revealed | closed.
        detail: What changed, by name.
    """

    kind: str
    detail: dict[str, str | None]
    why: str | None
    by: str
    at: str


@dataclass(frozen=True)
class Incident:
    """A flag that a lead must answer.

    Attributes:
        comparison: Of the task; ``None`` where the task holds none.
        freezes: Whether the task stands still until it is closed.
        is_hidden: Whether its texts are kept from everybody.
        note: What the person wrote; ``None`` while it is hidden.
    """

    id: str
    task_id: int
    queue: str
    comparison: str | None
    category: str
    severity: Severity
    state: State
    owner: str | None
    due: str
    opened_by: str
    opened_at: str
    freezes: bool
    is_hidden: bool
    outcome: Outcome | None = None
    note: str | None = None
    history: tuple[Step, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether its task stands still because of it, now."""
        return self.freezes and (self.state != "closed" or self.outcome == "withdraw")

    def is_overdue(self, at: str) -> bool:
        """Tell whether nobody answered in time."""
        if self.state == "closed":
            return False
        return datetime.fromisoformat(at) > datetime.fromisoformat(self.due)

    def as_json(self, at: str) -> dict[str, object]:
        """Write what ``incidents list --json`` prints."""
        return {
            "id": self.id,
            "category": self.category,
            "severity": str(self.severity),
            "state": self.state,
            "owner": self.owner,
            "due": self.due,
            "overdue": self.is_overdue(at),
            "queue": self.queue,
            "task": self.task_id,
            "comparison": self.comparison,
            "opened_by": self.opened_by,
            "opened_at": self.opened_at,
            "frozen": self.holds,
            "hidden": self.is_hidden,
            "outcome": self.outcome,
            "note": self.note,
            "history": [
                {
                    "kind": s.kind,
                    "detail": s.detail,
                    "why": s.why,
                    "by": s.by,
                    "at": s.at,
                }
                for s in self.history
            ],
        }
