"""What may leave, as which row, and in which split."""

from __future__ import annotations

import hashlib
from typing import Literal

from adjudge.domain.conversation import Message
from adjudge.domain.ids import ComparisonId, JudgmentId, ResponseId
from adjudge.domain.record import Record, digest

Exclusion = Literal[
    "open",
    "tie",
    "escalated",
    "none_acceptable",
    "identical_texts",
    "below_min_judgments",
    "below_min_agreement",
    "below_min_confidence",
    "gold",
    "training",
    "frozen",
    "erased",
    "not_as_judged",
    "other_batch",
]


class Preference(Record):
    """A resolved pair: chosen over rejected, with everything that backs it."""

    comparison: ComparisonId
    queue: str
    chosen_id: ResponseId
    rejected_id: ResponseId
    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    margin: float | None = None
    agreement: float | None = None
    confidence: float | None = None
    weight: float | None = None
    n_judgments: int = 0
    judgments: tuple[JudgmentId, ...] = ()

    @property
    def key(self) -> str:
        """Name the row across versions: the same pair keeps its key."""
        return digest(["preference", self.comparison, self.chosen_id, self.rejected_id])

    @property
    def row_id(self) -> str:
        """Name this very row: content and sources, 32 hexadecimal digits."""
        content = self.model_dump(mode="json", exclude_none=True)
        return digest(["preference", content])[:32]


def split_of(key: str, *, salt: str, shares: tuple[tuple[str, float], ...]) -> str:
    """Put a prompt into a split by a salted hash, stable when rows are added.

    Args:
        key: What must stay together: the prompt's digest, or the conversation's id.
        salt: Changes the draw, not the shares.
        shares: Names and shares that sum to 1.
    """
    number = int(hashlib.sha256(f"{salt}\x1f{key}".encode()).hexdigest()[:8], 16)
    point = number / 2**32
    edge = 0.0
    for name, share in shares:
        edge += share
        if point < edge:
            return name
    return shares[-1][0]
