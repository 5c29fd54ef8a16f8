"""Labels out of ratings: what judges of a rate queue gave one answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import orjson

from adjudge.domain.dataset import Row, key_of
from adjudge.domain.words import count_of
from adjudge.formats import trl
from adjudge.services.campaign import guidelines
from adjudge.services.exporting.gates import below

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from adjudge.domain.resolution import Resolution
    from adjudge.services.exporting.making import Judged, Made
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.exports import Cast

Verdict = Literal["good", "bad", "between"]
GOOD, BAD = 0.75, 0.25  # of the scale, from its low end: of 1 to 5, 4 and 2
_USUAL = (1, 5)


@dataclass(frozen=True)
class Scales:
    """The scales of criteria, as the guideline of each judgment gives them."""

    unit: Unit
    known: dict[str, dict[str, tuple[int, int]]]

    def of(self, ref: str | None) -> dict[str, tuple[int, int]]:
        """Give low and high end by criterion; empty where no guideline says."""
        if ref is None:
            return {}
        if ref not in self.known:
            found = guidelines.named(self.unit, ref)
            self.known[ref] = (
                {c.name: (c.low, c.high) for c in found.criteria} if found else {}
            )
        return self.known[ref]

    def verdict(self, cast: Cast) -> Verdict:
        """Say what one judge thinks of the answer, over all criteria."""
        ends = self.of(cast.guideline)
        shares = []
        for scores in orjson.loads(cast.ratings).values():
            for criterion, score in scores.items():
                low, high = ends.get(criterion, _USUAL)
                shares.append(min(1.0, max(0.0, (score - low) / (high - low))))
        share = sum(sorted(shares)) / len(shares) if shares else 0.5
        # A mean of a few whole grades: what is off in the last bit is not meant.
        if share >= GOOD - 1e-9:
            return "good"
        return "bad" if share <= BAD + 1e-9 else "between"


def resolved(
    counted: Resolution,
    weights: Mapping[str, float],
    casts: Sequence[Cast],
    scales: Scales,
) -> tuple[Resolution, Verdict | None]:
    """Let more than half of the judges decide what an answer is worth.

    Args:
        counted: What counting rankings makes of it.
        weights: By standing judgment.
        casts: The judgments.
        scales: Of the criteria.

    Returns:
        The result with numbers about the verdicts, and the verdict, if there is one.
    """
    said = {c.id: scales.verdict(c) for c in casts}
    n = len(said)
    top, most = max(Counter(said.values()).items(), key=lambda i: i[1], default=("", 0))
    decided = counted.state != "open" and 2 * most > n
    behind = [weights.get(id, 1.0) for id, verdict in said.items() if verdict == top]
    pairs = list(combinations(said.values(), 2))
    found: Resolution = replace(
        counted,
        ranking=None,
        winner=None,
        state="open"
        if counted.state == "open"
        else "settled"
        if decided
        else "escalated",
        n_judgments=n,
        confidence=most / n if decided else None,
        margin=None,
        agreement=sum(a == b for a, b in pairs) / len(pairs) if pairs else None,
        weight=sum(behind) / len(behind) if decided else None,
    )
    verdict: Verdict | None = top if decided else None  # type: ignore[assignment]
    return found, verdict


_RULE = {
    "good": "more than half of {judges} gave three quarters of the scale or more",
    "bad": "more than half of {judges} gave a quarter of the scale or less",
}


def labelled(judged: Judged, verdict: Verdict | None) -> Iterator[Made]:
    """Label an answer that most judges found good, or most found bad."""
    found = judged.found
    if verdict is None:
        yield found.state
        return
    reason = below(found, judged.options)
    if reason is not None or verdict == "between":
        yield reason or "middle_rating"
        return
    [(response, answer)] = judged.answers.items()
    values = trl.kto_row(judged.prompt, answer, found, label=verdict == "good")
    trace = judged.trace(
        response=response,
        models=[judged.model(response)],
        derived_from="ratings",
        method="majority",
        rule=_RULE[verdict].format(judges=count_of(found.n_judgments, "judge")),
    )
    key = key_of("kto", judged.queue, judged.body["id"], response)
    yield Row("kto", key, values, trace)
