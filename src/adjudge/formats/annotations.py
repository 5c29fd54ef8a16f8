"""Raw annotation rows: one comparison with every judgment of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adjudge.domain.record import digest
from adjudge.formats.trl import messages, rounded

if TYPE_CHECKING:
    from adjudge.domain.conversation import Comparison
    from adjudge.domain.judging import Judgment
    from adjudge.domain.resolution import Resolution


@dataclass(frozen=True)
class Annotated:
    """A judgment as a row shows it: the person by pseudonym only."""

    judgment: Judgment
    pseudonym: str
    role: str
    expertise_weight: float
    late: bool
    surplus: bool


def annotation_row(
    comparison: Comparison,
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
    row = {
        "comparison_id": comparison.id,
        "queue": queue,
        "batch": batch,
        "topic": comparison.topic,
        "language": comparison.language,
        "labels": list(comparison.labels),
        "prompt": messages(comparison.prompt),
        "responses": [
            {
                "id": r.id,
                "model": r.model,
                "model_version": r.model_version,
                "messages": messages(r.turns),
            }
            for r in comparison.responses
        ],
        "judgments": [_judgment(a) for a in judged],
        "state": found.state,
        "winner": found.winner,
        "margin": rounded(found.margin),
        "weight": rounded(found.weight),
        "agreement": rounded(found.agreement),
        "confidence": rounded(found.confidence),
        "n_judgments": found.n_judgments,
    }
    return {**row, "row_id": digest(["annotations", row])[:32]}


def _judgment(annotated: Annotated) -> dict[str, Any]:
    judgment = annotated.judgment
    return {
        "annotator": annotated.pseudonym,
        "role": annotated.role,
        "expertise_weight": annotated.expertise_weight,
        "ranking": [list(tier) for tier in judgment.ranking],
        "margin": judgment.margin,
        "none_acceptable": judgment.none_acceptable,
        "reasons": [
            {"response": about, "tags": list(tags)}
            for about, tags in sorted(judgment.reasons.items())
        ],
        "ratings": [
            {"response": response, "criterion": criterion, "score": float(score)}
            for response, scores in sorted(judgment.ratings.items())
            for criterion, score in sorted(scores.items())
        ],
        "note": judgment.note,
        "shown": list(judgment.shown) if judgment.shown else None,
        "seconds": judgment.seconds,
        "guideline": judgment.guideline,
        "at": judgment.at,
        "occasion": judgment.occasion,
        "source": judgment.source,
        "late": annotated.late,
        "surplus": annotated.surplus,
    }
