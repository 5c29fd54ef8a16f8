"""Raw annotation rows: one comparison with every judgment of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjudge.formats.trl import ours, rounded

if TYPE_CHECKING:
    from adjudge.domain.resolution import Resolution
    from adjudge.formats.trl import Messages


def annotation_row(
    comparison: dict[str, Any],
    texts: tuple[Messages, dict[str, Messages]],
    found: Resolution,
    judged: list[dict[str, Any]],
    *,
    queue: str,
    batch: str | None,
) -> dict[str, Any]:
    """Write one comparison with all its judgments, as rows hold them.

    Maps keyed by response or criterion become lists, so that every row of a file has
    the same columns.

    Args:
        comparison: As the store keeps it.
        texts: Its prompt, and its responses by id, as rows write them.
        found: What was decided.
        judged: Its judgments as rows write them.
        queue: The queue's name.
        batch: The wave that it came in.
    """
    prompt, answers = texts
    return {
        "comparison_id": comparison["id"],
        "queue": queue,
        "batch": batch,
        "topic": comparison.get("topic"),
        "language": comparison.get("language"),
        "content_labels": list(comparison.get("labels", ())),
        "prompt": prompt,
        "responses": [
            {
                "id": r["id"],
                "model": r.get("model"),
                "model_version": r.get("model_version"),
                "messages": answers[r["id"]],
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
    if not given:
        return []
    return [{"response": about, "tags": tags} for about, tags in sorted(given.items())]


def ratings(given: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Write ratings one by one."""
    if not given:
        return []
    return [
        {"response": response, "criterion": criterion, "score": rounded(float(score))}
        for response, scores in sorted(given.items())
        for criterion, score in sorted(scores.items())
    ]
