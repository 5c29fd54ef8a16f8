"""From judgments to one result: majority for two responses, Copeland for more.

The same rule takes weights; every weight 1 is the plain majority.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

from adjudge.domain.ids import JudgmentId

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adjudge.domain.conversation import Tiers
    from adjudge.domain.ids import ResponseId

State = Literal["open", "settled", "tie", "escalated", "adjudicated"]


class Vote(NamedTuple):
    """What resolution needs to know of one standing judgment."""

    judgment: JudgmentId
    ranking: Tiers
    margin: int | None = None
    weight: float = 1.0
    none_acceptable: bool = False

    @property
    def winner(self) -> ResponseId | None:
        """Name the response that stands alone on top."""
        top = self.ranking[0] if self.ranking else ()
        return top[0] if len(top) == 1 else None


@dataclass(frozen=True)
class Resolution:
    """The result of one comparison.

    Attributes:
        ranking: Tiers of the result, best first; ``None`` where nothing is decided.
        winner: The response alone on top, or ``None``.
        state: As in the contract.
        confidence: The winner's weighted share of the judgments, in (0, 1].
        margin: Mean of margin/3 over those agreeing with the winner, in (0, 1].
        agreement: Agreeing pairs of judges over all pairs, in [0, 1].
        weight: Mean weight of the judges agreeing with the winner.
    """

    ranking: Tiers | None
    winner: ResponseId | None
    state: State
    n_judgments: int
    confidence: float | None = None
    margin: float | None = None
    agreement: float | None = None
    weight: float | None = None
    none_acceptable: bool = False


def resolve(
    votes: Sequence[Vote], ids: tuple[ResponseId, ...], *, overlap: int
) -> Resolution:
    """Resolve the standing judgments of one comparison.

    A strict majority is more than half of the (weighted) judgments, ties included.

    Args:
        votes: Standing judgments, one per person; their order does not matter.
        ids: The responses in file order.
        overlap: Judgments wanted; with fewer the result is ``open``.
    """
    votes = sorted(votes, key=lambda v: v.judgment)
    n = len(votes)
    if n < max(1, overlap):
        return Resolution(ranking=None, winner=None, state="open", n_judgments=n)
    said = [(v.ranking, v.margin, v.weight, v.none_acceptable) for v in votes]
    return _resolved(tuple(said), ids)


# Many comparisons, few different ways to judge one: most are resolved already.
@lru_cache(maxsize=4096)
def _resolved(
    said: tuple[tuple[Tiers, int | None, float, bool], ...], ids: tuple[ResponseId, ...]
) -> Resolution:
    votes = [Vote(JudgmentId(""), *one) for one in said]
    ranking, state = _decide(votes, ids)
    winner = ranking[0][0] if ranking and len(ranking[0]) == 1 else None
    if state != "settled":
        winner = None
    behind = [v for v in votes if winner is not None and v.winner == winner]
    total = sum(v.weight for v in votes)
    return Resolution(
        ranking=ranking,
        winner=winner,
        state=state,
        n_judgments=len(votes),
        confidence=sum(v.weight for v in behind) / total if behind else None,
        margin=mean_margin(behind),
        agreement=pair_agreement(votes),
        weight=sum(v.weight for v in behind) / len(behind) if behind else None,
        none_acceptable=_most(v.none_acceptable for v in votes),
    )


def mean_margin(votes: Sequence[Vote]) -> float | None:
    """Average margin/3 over those who gave one; ``None`` if nobody did."""
    given = [v.margin for v in votes if v.margin is not None]
    return sum(given) / (3 * len(given)) if given else None


def pair_agreement(votes: Sequence[Vote]) -> float | None:
    """Share of pairs of judges that ranked alike; ``None`` with fewer than two."""
    pairs = list(combinations([_shape(v) for v in votes], 2))
    if not pairs:
        return None
    return sum(a == b for a, b in pairs) / len(pairs)


def _shape(vote: Vote) -> tuple[frozenset[ResponseId], ...]:
    """Forget the order inside a tier, which means nothing."""
    return tuple(frozenset(tier) for tier in vote.ranking)


def _most(flags: Iterable[bool]) -> bool:
    """Tell whether more than half say yes."""
    values = list(flags)
    return sum(values) * 2 > len(values)


def _decide(
    votes: Sequence[Vote], ids: tuple[ResponseId, ...]
) -> tuple[Tiers | None, State]:
    """Decide every pair by strict majority, then order the responses by wins."""
    beats, level = _pairwise_majorities(votes, ids)
    return order(beats, level, ids)


def order(
    beats: set[tuple[ResponseId, ResponseId]],
    level: set[frozenset[ResponseId]],
    ids: tuple[ResponseId, ...],
) -> tuple[Tiers | None, State]:
    """Order the responses by wins; a circle, or nobody clearly on top, is escalated.

    Args:
        beats: Pairs decided, better first.
        level: Pairs decided to be level.
        ids: The responses in file order.
    """
    if _has_cycle(beats, ids):
        return None, "escalated"
    score = {
        r: sum((r, o) in beats for o in ids)
        + sum(frozenset((r, o)) in level for o in ids if o != r) / 2
        for r in ids
    }
    tiers: Tiers = tuple(
        tuple(r for r in ids if score[r] == s)
        for s in sorted(set(score.values()), reverse=True)
    )
    top = tiers[0]
    if len(top) == 1 and all((top[0], o) in beats for o in ids if o != top[0]):
        return tiers, "settled"
    if len(top) > 1 and all(frozenset(p) in level for p in combinations(top, 2)):
        return tiers, "tie"
    return None, "escalated"


def _pairwise_majorities(
    votes: Sequence[Vote], ids: tuple[ResponseId, ...]
) -> tuple[set[tuple[ResponseId, ResponseId]], set[frozenset[ResponseId]]]:
    """Find who beats whom, and which pairs a strict majority calls level."""
    half = sum(v.weight for v in votes) / 2
    rank = [{r: i for i, tier in enumerate(v.ranking) for r in tier} for v in votes]
    beats: set[tuple[ResponseId, ResponseId]] = set()
    level: set[frozenset[ResponseId]] = set()
    for a, b in combinations(ids, 2):
        up = sum(v.weight for v, k in zip(votes, rank, strict=True) if k[a] < k[b])
        down = sum(v.weight for v, k in zip(votes, rank, strict=True) if k[a] > k[b])
        if _exceeds(up, half):
            beats.add((a, b))
        elif _exceeds(down, half):
            beats.add((b, a))
        elif _exceeds(2 * half - up - down, half):
            level.add(frozenset((a, b)))
    return beats, level


def _exceeds(part: float, half: float) -> bool:
    """Compare with a tolerance, so that 0.1 + 0.2 is not a majority over 0.3."""
    return part > half * (1 + 1e-12)


def _has_cycle(
    beats: set[tuple[ResponseId, ResponseId]], ids: tuple[ResponseId, ...]
) -> bool:
    """Tell whether some responses beat each other in a circle."""
    left = set(ids)
    while left:
        free = {r for r in left if not any((o, r) in beats for o in left)}
        if not free:
            return True
        left -= free
    return False
