"""From a resolved comparison to the rows of each config."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from adjudge.domain.conversation import tiers_of
from adjudge.domain.dataset import Row
from adjudge.domain.words import count_of
from adjudge.formats import trl
from adjudge.services.exporting.gates import too_thin, undecided
from adjudge.services.exporting.lines import Line, Pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adjudge.domain.dataset import Config, Exclusion
    from adjudge.domain.ids import ResponseId
    from adjudge.domain.resolution import Resolution
    from adjudge.services.exporting.options import ExportOptions
    from adjudge.storage.briefs import Said
    from adjudge.storage.exports import Cast

Made = Row | Line | str  # a row, or the reason why there is none
Message = dict[str, Any]


@dataclass(eq=False)
class Judged:
    """A comparison as it was judged, with what was decided.

    Attributes:
        body: The comparison as the store keeps it.
        prompt: Its prompt as rows write it.
        answers: Its responses as rows write them, by id.
        found: What was decided.
        responses: Ids in file order.
        weights: Of the judgments that count, by their ids.
        casts: The judgments that stand, by their ids.
        queue: The queue's name.
        overlap: Judgments wanted there, in words: ``3``, or ``2 to 5``.
    """

    body: dict[str, Any]
    prompt: list[Message]
    answers: dict[str, list[Message]]
    found: Resolution
    responses: tuple[ResponseId, ...]
    weights: dict[str, float]
    casts: Sequence[Cast]
    queue: str
    overlap: str
    options: ExportOptions
    pieces: Pieces = field(init=False, repr=False)
    _base: dict[str, Any] = field(init=False, repr=False)
    _models: dict[str, str | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Work out once what every row of this comparison says."""
        self._base = base = self._stands_on()
        self._models = models = {
            r["id"]: r.get("model") for r in self.body["responses"]
        }
        self.pieces = Pieces(self.prompt, self.answers, self.found, base, models)

    @property
    def carries(self) -> bool:
        """Tell whether some message may have more than a role and content."""
        for message in self.prompt:
            if len(message) > 2:
                return True
        # One that came as a text is written with both and no more.
        return any("messages" in response for response in self.body["responses"])

    def trace(self, **about: Any) -> dict[str, Any]:
        """Say what a row of this comparison stands on."""
        return {**self._base, **about}

    def _stands_on(self) -> dict[str, Any]:
        """Say what every row of this comparison stands on."""
        found, method, weights = self.found, self.options.method, self.weights
        named = {c.guideline for c in self.casts}
        return {
            "queue": self.queue,
            "comparison": self.body["id"],
            "topic": self.body.get("topic"),
            "judgments": sorted(weights),
            "weights": {id: trl.rounded(weights[id]) for id in weights},
            "guidelines": sorted({name or "none named" for name in named}),
            "method": method,
            "state": found.state,
            "rule": rule(found.state, found.n_judgments, self.overlap, method),
        }

    def model(self, response: str) -> str | None:
        """Name the model behind a response."""
        return self._models.get(response)

    @cached_property
    def undecided(self) -> Exclusion | None:
        """Say why nothing was decided that may leave."""
        return undecided(self.found, self.options)

    @cached_property
    def first_shown(self) -> list[int]:
        """Count as ``first_shown`` does."""
        return first_shown(self.responses, self.casts)

    def above(self, chosen: str, rejected: str) -> Resolution:
        """Give the result, its weight of those who put one response above another.

        Of two responses they are those behind the winner.
        """
        if len(self.responses) == 2:
            return self.found
        ranks = self._ranks
        return self._weighed([w for w, r, _ in ranks if r[chosen] < r[rejected]])

    def last(self, response: str) -> Resolution:
        """Give the result, its weight of those who put a response last."""
        if len(self.responses) == 2:
            return self.found
        ranks = self._ranks
        worst = [w for w, r, _ in ranks if r[response] == max(r.values())]
        return self._weighed(worst)

    @property
    def bad(self) -> Resolution:
        """Give the result, its weight of those who found no response acceptable."""
        return self._weighed([w for w, _, none in self._ranks if none])

    @cached_property
    def _ranks(self) -> list[tuple[float, dict[str, int], bool]]:
        """Lay out what counts: weight, tier of each response, none acceptable."""
        return [
            (
                self.weights[cast.id],
                {
                    response: rank
                    for rank, tier in enumerate(tiers_of(cast.ranking, self.responses))
                    for response in tier
                },
                bool(cast.none_acceptable),
            )
            for cast in self.casts
            if cast.id in self.weights
        ]

    def _weighed(self, weights: list[float]) -> Resolution:
        mean = sum(sorted(weights)) / len(weights) if weights else None
        return replace(self.found, weight=mean)


_SHARE = {
    "majority": "more than half of {n}",
    "weighted": "more than half of the weight of {n}",
    "dawid-skene": "the most probable answer given {n}",
}


@lru_cache(maxsize=256)
def rule(state: str, n: int, overlap: str, method: str) -> str:
    """Say in words what decided a result."""
    if state == "adjudicated":
        return "a lead decided"
    given = _SHARE[method].format(n=count_of(n, "judgment"))
    return f"{given} (overlap {overlap})"


def pairs(judged: Judged) -> Iterator[Made]:
    """Give a preference for every two responses in different tiers."""
    found = judged.found
    if reason := _no_pair(judged):
        yield reason
        return
    for high, low in combinations(found.ranking or (), 2):
        for chosen in high:
            for rejected in low:
                yield _pair(judged, chosen, rejected, margin=False)


def strengths(judged: Judged) -> Iterator[Made]:
    """Give the same pairs with their margin, where judges gave one.

    Of more than two responses the margin speaks of the winner only.
    """
    found = judged.found
    if reason := _no_pair(judged):
        yield reason
        return
    for high, low in combinations(found.ranking or (), 2):
        for chosen in high:
            has = found.margin is not None and chosen == found.winner
            for rejected in low:
                made = _pair(judged, chosen, rejected, margin=True)
                yield made if has or isinstance(made, str) else "no_margin"


def _no_pair(judged: Judged) -> Exclusion | None:
    reason = judged.undecided
    if reason is None and judged.found.none_acceptable:
        return "none_acceptable"
    return reason


def _pair(judged: Judged, chosen: str, rejected: str, *, margin: bool) -> Made:
    if judged.answers[chosen] == judged.answers[rejected]:
        return "identical_texts"
    found, shown = judged.above(chosen, rejected), judged.first_shown
    return judged.pieces.pair((chosen, rejected), shown, found, margin=margin)


def first_shown(ids: Sequence[str], casts: Sequence[Cast | Said]) -> list[int]:
    """Count judgments that preferred what stood first, and all that preferred one.

    Of pairwise comparisons only, and of judgments that say what was shown where.
    """
    first = known = 0
    if len(ids) == 2:
        for cast in casts:
            if cast.shown and len(cast.ranking) == 3 and cast.ranking[1] == ">":
                known += 1
                first += cast.ranking[0] == cast.shown[0]
    return [first, known]


def wanted_or_not(judged: Judged) -> Iterator[Made]:
    """Label the sides of a decided comparison, and every side where none is good.

    What stands between the best and the last of several responses is neither.
    """
    found = judged.found
    if found.none_acceptable:
        thin = too_thin(found, judged.options)
        if thin is not None:
            yield thin
            return
        for response in judged.responses:
            yield judged.pieces.side(response, judged.bad, label=False)
        return
    reason = judged.undecided
    if reason is not None:
        yield reason
        return
    tiers = found.ranking or ()
    last = tiers[-1]
    if any(judged.answers[str(found.winner)] == judged.answers[r] for r in last):
        yield "identical_texts"
        return
    yield judged.pieces.side(str(found.winner), found, label=True)
    for response in last:
        yield judged.pieces.side(response, judged.last(response), label=False)
    for tier in tiers[1:-1]:
        for _ in tier:
            yield "middle_rank"


def rankings(judged: Judged) -> Iterator[Made]:
    """Give a decided comparison as one ranking."""
    found = judged.found
    reason = judged.undecided
    if reason is None and found.none_acceptable:
        reason = "none_acceptable"
    by_id = {r["id"]: r for r in judged.body["responses"]}
    if reason is None and any("text" not in r for r in by_id.values()):
        reason = "several_turns"
    if reason is not None:
        yield reason
        return
    ranked = [
        (rank, by_id[response])
        for rank, tier in enumerate(found.ranking or (), start=1)
        for response in tier
    ]
    yield judged.pieces.ranking(ranked)


MAKERS: dict[Config, Callable[[Judged], Iterator[Made]]] = {
    "preference": pairs,
    "reward": strengths,
    "kto": wanted_or_not,
    "rankings": rankings,
}
