"""Which complaints become work: abuse told from anger, the riskiest first."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WHERE = (
    "model",
    "model_version",
    "deployment",
    "prompt_version",
    "reason",
    "topic",
    "locale",
    "user_group",
    "tenant",
    "experiment",
    "variant",
)
BALANCED = ("model_version", "topic", "locale", "user_group")
# How much harm a reason stands for; what is dangerous is looked at first.
RISK: dict[str, int] = {
    "unsafe": 100,
    "hallucinated": 60,
    "incorrect": 50,
    "outdated": 40,
    "refused_wrongly": 35,
    "tool_failed": 30,
    "missing_sources": 25,
    "ignored_instructions": 20,
    "incomplete": 15,
    "wrong_language": 15,
    "off_topic": 15,
}


# What a user's going on counts for, beside a person's judgment of 1: asked which of two
# is better, copied or shared one of them, or only went on with it.
SIGNAL_WEIGHTS: dict[str, float] = {
    "comparison": 0.5,
    "taken_up": 0.3,
    "regenerate": 0.2,
}


@dataclass(frozen=True)
class Limits:
    """What an honest user is very unlikely to do.

    Attributes:
        per_user: Tasks that one user's complaints may make in one filling.
        burst: Ratings within ``burst_seconds`` of each other.
        all_down: Ratings, every one of them down, where ``chance`` of that is small.
        copied: Times one user leaves the same comment, if it is most they say.
        brigade: Users who leave the same long comment within ``brigade_seconds``.
    """

    per_user: int = 10
    burst: int = 3
    burst_seconds: float = 2.0
    all_down: int = 8
    chance: float = 1e-3
    copied: int = 5
    brigade: int = 5
    brigade_seconds: float = 600.0
    brigade_length: int = 40


@dataclass(frozen=True)
class Rating:
    """One rating of one user, standing or superseded, for finding abuse."""

    rater: str
    message_id: str
    at: str
    polarity: int | None
    standing: bool
    comment: str = ""


@dataclass(frozen=True)
class Candidate:
    """A complaint that may become a task.

    Attributes:
        values: What ``--where`` and the balance go by.
    """

    event_id: str
    message_id: str
    answer_id: str
    rater: str
    at: str
    reasons: tuple[str, ...] = ()
    has_words: bool = False
    values: dict[str, str | None] = field(default_factory=dict)
    consent: str = "unstated"
    n_users: int = 1
    others: tuple[str, ...] = ()

    @property
    def risk(self) -> int:
        """Say how much harm it may stand for: reasons, then how many say so."""
        worst = max((RISK.get(code, 5) for code in self.reasons), default=0)
        return worst + 5 * min(self.n_users - 1, 10) + 2 * self.has_words

    def fits(self, where: dict[str, str]) -> bool:
        """Tell whether it is what was asked for."""
        return all(
            value in self.reasons if key == "reason" else self.values.get(key) == value
            for key, value in where.items()
        )


def abusers(ratings: Iterable[Rating], limits: Limits) -> dict[str, str]:
    """Find raters whose ratings should not make work, each with the first reason.

    Returns:
        ``abuse_burst``, ``abuse_all_down``, ``abuse_copied`` by rater, and
        ``abuse_brigade`` for those who copied each other.
    """
    by_rater: dict[str, list[Rating]] = defaultdict(list)
    for rating in ratings:
        by_rater[rating.rater].append(rating)
    share = _share_down(by_rater)
    found: dict[str, str] = {}
    for rater, own in sorted(by_rater.items()):
        if _bursts(own, limits):
            found[rater] = "abuse_burst"
        elif _only_down(own, share, limits):
            found[rater] = "abuse_all_down"
        elif _repeats_itself(own, limits):
            found[rater] = "abuse_copied"
    for rater in _brigade(by_rater, limits):
        found.setdefault(rater, "abuse_brigade")
    return found


def _share_down(by_rater: dict[str, list[Rating]]) -> float:
    """Give the share of down among standing ratings, each rater counted once."""
    shares = []
    for own in by_rater.values():
        said = [r.polarity for r in own if r.standing and r.polarity]
        if said:
            shares.append(sum(p < 0 for p in said) / len(said))
    return min(0.9, max(0.1, sum(shares) / len(shares))) if shares else 0.5


def _bursts(own: Sequence[Rating], limits: Limits) -> bool:
    """Tell whether several ratings came faster than anybody reads."""
    moments = sorted(_seconds(r.at) for r in own)
    return any(
        later - first <= limits.burst_seconds
        for first, later in zip(moments, moments[limits.burst - 1 :], strict=False)
    )


def _only_down(own: Sequence[Rating], share: float, limits: Limits) -> bool:
    said = [r.polarity for r in own if r.standing and r.polarity]
    n = len(said)
    return n >= limits.all_down and max(said) < 0 and share**n < limits.chance


def _repeats_itself(own: Sequence[Rating], limits: Limits) -> bool:
    said = Counter(_plain(r.comment) for r in own if r.comment)
    if not said:
        return False
    most = max(said.values())
    return most >= limits.copied and 2 * most > sum(said.values())


def _brigade(by_rater: dict[str, list[Rating]], limits: Limits) -> set[str]:
    """Find raters who leave the same long comment at about the same time."""
    said: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for rater, own in by_rater.items():
        for rating in own:
            if len(rating.comment) >= limits.brigade_length:
                said[_plain(rating.comment)].append((_seconds(rating.at), rater))
    found: set[str] = set()
    for entries in said.values():
        entries.sort()
        moments = [moment for moment, _ in entries]
        for i, (moment, _) in enumerate(entries):
            end = bisect_right(moments, moment + limits.brigade_seconds)
            together = {rater for _, rater in entries[i:end]}
            if len(together) >= limits.brigade:
                found |= together
    return found


def _plain(comment: str) -> str:
    return " ".join(comment.casefold().split())


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


_CORRECTIVE = re.compile(
    r"^\W*(?:no\b|nope|wrong|not (?:what|quite|right|correct|true)|that(?:'|’)?s? "  # noqa: RUF001
    r"(?:is )?(?:not|wrong|incorrect)|this is (?:not|wrong|incorrect)|actually|"
    r"incorrect|you (?:forgot|missed|misunderstood|ignored|got)|i (?:meant|asked|said|"
    r"did(?:n'?t| not) (?:ask|mean|want))|try again|again,|still (?:wrong|not)|"
    r"nein|falsch|das stimmt nicht|non\b|faux|incorrecto|no es)",
    re.IGNORECASE,
)


def is_corrective(text: str) -> bool:
    """Tell a follow-up that corrects the answer from one that asks on.

    A rule of thumb on how it begins, in a few languages; it misses most others.
    """
    return _CORRECTIVE.match(text) is not None


def balance(found: Sequence[Candidate], limit: int) -> list[Candidate]:
    """Choose at most so many, the riskiest first, no stratum crowding out another.

    One after the other, the riskiest of the stratum with the fewest chosen so far; a
    stratum is a model version, topic, locale and user group.
    """
    ordered = sorted(found, key=lambda c: (-c.risk, c.at, c.event_id))
    strata: dict[tuple[str | None, ...], list[Candidate]] = defaultdict(list)
    for candidate in ordered:
        strata[tuple(candidate.values.get(k) for k in BALANCED)].append(candidate)
    chosen: list[Candidate] = []
    turn = 0
    # Strata in the order of their riskiest one.
    while len(chosen) < limit and any(turn < len(s) for s in strata.values()):
        for stratum in strata.values():
            if turn < len(stratum) and len(chosen) < limit:
                chosen.append(stratum[turn])
        turn += 1
    return sorted(chosen, key=lambda c: (-c.risk, c.at, c.event_id))
