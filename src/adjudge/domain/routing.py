"""Who may get what: eligibility, where a skip leads, what a gold hit is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adjudge.domain.judging import SKIP_CODES
from adjudge.domain.people import EVERY_TOPIC, Role
from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from adjudge.domain.conversation import Tiers

REPEAT_GAP = 10  # judgments between a comparison and its silent repeat
GOLD_EXPOSURES = 200  # people who saw a gold task before it is retired
REPEAT_OCCASION = 1  # odd: the sides are flipped


@dataclass(frozen=True)
class Eligibility:
    """What decides whether a person may have a task.

    Attributes:
        languages: Languages the person reads; empty means every language.
        topics: Topics with a declared expertise.
        labels: Content labels the person opted into and may still see today.
        paused_why: Why the person is paused; ``None`` when active.
    """

    role: Role
    languages: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    clearances: frozenset[str] = frozenset()
    paused_why: str | None = None

    @property
    def is_expert(self) -> bool:
        """Tell whether tasks that were passed on for an expert may come here."""
        return self.role in {Role.EXPERT, Role.LEAD}

    @property
    def knows_every_topic(self) -> bool:
        """Tell whether expertise was declared for all topics at once."""
        return EVERY_TOPIC in self.topics


@dataclass(frozen=True)
class Route:
    """Where a skipped task goes.

    Attributes:
        to_expert: Only people with expertise in its topic get it from now on.
        incident: Category of the incident it opens, if any.
    """

    to_expert: bool = False
    incident: str | None = None


ROUTES: dict[str, Route] = {
    "needs_expert": Route(to_expert=True),
    "broken": Route(incident="broken_task"),
    "unsafe": Route(incident="unsafe_content"),
    "both_identical": Route(incident="broken_task"),
}


def route_of(code: str) -> Route:
    """Find where a task goes that somebody passes on.

    Raises:
        InvalidInputError: If the code is none of ``SKIP_CODES``.
    """
    if code not in SKIP_CODES:
        raise InvalidInputError(
            f"there is no skip code {code!r}", hint=f"codes: {', '.join(SKIP_CODES)}"
        )
    return ROUTES.get(code, Route())


def asserted_pairs(gold: Tiers) -> frozenset[tuple[str, str]]:
    """Give the pairs that a gold ranking asserts; a tie asserts nothing."""
    return frozenset(
        (str(high), str(low))
        for i, tier in enumerate(gold)
        for high in tier
        for below in gold[i + 1 :]
        for low in below
    )


def is_gold_hit(gold: Tiers, ranking: Tiers) -> bool:
    """Tell whether a ranking holds every pair that gold asserts.

    Gold that is one tie asserts no pair; then only the same tie is a hit.
    """
    pairs = asserted_pairs(gold)
    if not pairs:
        return len(ranking) == 1
    return pairs <= asserted_pairs(ranking)


@dataclass(frozen=True)
class Draws:
    """Two independent draws in [0, 1) from a claim's token, repeatable."""

    token: str
    key: bytes = field(repr=False)

    def draw(self, what: str) -> float:
        """Draw for one decision."""
        found = hashlib.blake2b(
            f"{what}\x1f{self.token}".encode(), key=self.key[:64], digest_size=4
        ).digest()
        return int.from_bytes(found, "big") / 2**32
