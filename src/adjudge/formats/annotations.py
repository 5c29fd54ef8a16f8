"""Raw annotation rows: one comparison with every judgment of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adjudge.formats.trl import answer, messages, ours, rounded

if TYPE_CHECKING:
    from adjudge.domain.judging import Judgment
    from adjudge.domain.resolution import Resolution


@dataclass(frozen=True, slots=True)
class Annotated:
    """A judgment as a row shows it: the person by pseudonym only."""

    judgment: Judgment
    pseudonym: str
    role: str
    expertise_weight: float
    late: bool
    surplus: bool


def annotation_row(
    comparison: dict[str, Any],
    found: Resolution,
    judged: tuple[Annotated, ...],
    *,
    queue: str,
    batch: str | None,
) -> dict[str, Any]:
    """Write one comparison with all its judgments.

    Maps keyed by response or criterion become lists, so that every row of a file has
    the same columns.
    """
    return {
        "comparison_id": comparison["id"],
        "queue": queue,
        "batch": batch,
        "topic": comparison.get("topic"),
        "language": comparison.get("language"),
        "content_labels": list(comparison.get("labels", ())),
        "prompt": messages(comparison["prompt"]),
        "responses": [
            {
                "id": r["id"],
                "model": r.get("model"),
                "model_version": r.get("model_version"),
                "messages": answer(r),
            }
            for r in comparison["responses"]
        ],
        "judgments": [_judgment(a) for a in judged],
        "state": found.state,
        "winner": found.winner,
        "margin": rounded(found.margin),
        **ours(found),
    }


def _judgment(annotated: Annotated) -> dict[str, Any]:
    judgment = annotated.judgment
    return {
        "annotator": annotated.pseudonym,
        "role": annotated.role,
        "expertise_weight": rounded(float(annotated.expertise_weight)),
        "ranking": [list(tier) for tier in judgment.ranking],
        "margin": judgment.margin,
        "none_acceptable": judgment.none_acceptable,
        "reasons": [
            {"response": about, "tags": list(tags)}
            for about, tags in sorted(judgment.reasons.items())
        ],
        "ratings": [
            {
                "response": response,
                "criterion": criterion,
                "score": rounded(float(score)),
            }
            for response, scores in sorted(judgment.ratings.items())
            for criterion, score in sorted(scores.items())
        ],
        "note": judgment.note,
        "shown": list(judgment.shown) if judgment.shown else None,
        "seconds": None if judgment.seconds is None else rounded(judgment.seconds),
        "guideline": judgment.guideline,
        "at": judgment.at,
        "occasion": judgment.occasion,
        "source": judgment.source,
        "late": annotated.late,
        "surplus": annotated.surplus,
    }
