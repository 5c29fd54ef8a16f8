"""Where a person stands: active or paused, cleared for what, opted into what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

DAILY_CAP = 20  # tasks of a harm label a day, where nobody says otherwise


@dataclass(frozen=True)
class Clearance:
    """A label that a person is cleared for, perhaps until a time."""

    label: str
    until: str | None = None

    def holds(self, at: str) -> bool:
        """Tell whether it has not run out."""
        if self.until is None:
            return True
        return datetime.fromisoformat(self.until) > datetime.fromisoformat(at)


@dataclass(frozen=True)
class OptIn:
    """A harm label that a person agreed to see.

    Attributes:
        daily_cap: Tasks a day at most.
        today: Tasks with it that the person had today.
        seconds_today: Active seconds on them.
    """

    label: str
    daily_cap: int
    today: int = 0
    seconds_today: float = 0.0

    @property
    def is_open(self) -> bool:
        """Tell whether there may be more today."""
        return self.today < self.daily_cap


@dataclass(frozen=True)
class StandingStep:
    """One decision about a person."""

    kind: str
    detail: dict[str, Any]
    why: str | None
    by: str
    at: str


@dataclass(frozen=True)
class PersonStanding:
    """Where a person stands, as they may see it themselves.

    Attributes:
        why: Why the person is paused; ``None`` while active.
        since: When that was decided.
    """

    name: str
    state: str
    why: str | None = None
    since: str | None = None
    clearances: tuple[Clearance, ...] = ()
    opt_ins: tuple[OptIn, ...] = ()
    history: tuple[StandingStep, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Write what ``people show --json`` prints."""
        return {
            "name": self.name,
            "state": self.state,
            "why": self.why,
            "since": self.since,
            "clearances": [
                {"label": c.label, "until": c.until} for c in self.clearances
            ],
            "opt_ins": [
                {
                    "label": o.label,
                    "daily_cap": o.daily_cap,
                    "today": o.today,
                    "seconds_today": round(o.seconds_today, 1),
                }
                for o in self.opt_ins
            ],
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
