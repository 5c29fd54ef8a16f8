"""What training tells a person, and what a gate proposes to a lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from adjudge.domain.conversation import Tiers

Proposal = Literal["accept", "refuse", "wait"]
_PROPOSES: dict[str, Proposal] = {
    "passed": "accept",
    "flagged": "refuse",
    "undecided": "wait",
}


@dataclass(frozen=True)
class Feedback:
    """What somebody learns after a training task.

    Attributes:
        is_right: Whether the judgment holds everything the right answer asserts.
        ranking: The right answer, tiers of responses, best first.
        why: Why it is right.
    """

    is_right: bool
    ranking: Tiers
    why: str | None


@dataclass(frozen=True)
class Gate:
    """Where somebody stands at a qualification gate.

    Attributes:
        proposal: What the sequential test proposes; a lead decides.
        score: Log likelihood ratio, bad over good.
        accept_at: Score at which it proposes to accept.
        refuse_at: Score at which it proposes to refuse.
    """

    person: str
    queue: str
    n_gold: int
    n_right: int
    proposal: Proposal
    score: float
    accept_at: float
    refuse_at: float
    decision: str | None = None
    label: str | None = None
    until: str | None = None

    @staticmethod
    def proposes(state: str) -> Proposal:
        """Read a sequential test's state as a proposal."""
        return _PROPOSES[state]

    def as_json(self) -> dict[str, Any]:
        """Write what ``people qualify --json`` prints."""
        return {
            "person": self.person,
            "queue": self.queue,
            "n_gold": self.n_gold,
            "n_right": self.n_right,
            "proposal": self.proposal,
            "score": round(self.score, 4),
            "accept_at": round(self.accept_at, 4),
            "refuse_at": round(self.refuse_at, 4),
            "decision": self.decision,
            "label": self.label,
            "until": self.until,
        }
