"""Raw annotation rows: one comparison with every judgment of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjudge.formats.trl import answer, messages, ours, rounded

if TYPE_CHECKING:
    from adjudge.domain.resolution import Resolution


def annotation_row(
    comparison: dict[str, Any],
    found: Resolution,
    judged: list[dict[str, Any]],
    *,
    queue: str,
    batch: str | None,
) -> dict[str, Any]:
    """Write one comparison with all its judgments, as rows hold them.

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
        "judgments": judged,
        "state": found.state,
        "winner": found.winner,
        "margin": rounded(found.margin),
        **ours(found),
    }


def reasons(given: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Write reasons by what they are about."""
    return [{"response": about, "tags": tags} for about, tags in sorted(given.items())]


def ratings(given: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Write ratings one by one."""
    return [
        {"response": response, "criterion": criterion, "score": rounded(float(score))}
        for response, scores in sorted(given.items())
        for criterion, score in sorted(scores.items())
    ]
