"""Rows that show an ideal answer: demonstrations, regression cases, retrieval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjudge.formats.trl import rounded

if TYPE_CHECKING:
    from collections.abc import Iterable

Messages = list[dict[str, Any]]


def trusted(weight: float | None) -> dict[str, Any]:
    """Write the columns that stand on every row, of one that nobody voted on.

    Args:
        weight: Mean weight of the people behind it, if there are any.
    """
    return {
        "weight": rounded(weight),
        "agreement": None,
        "confidence": None,
        "n_judgments": None,
    }


def sft_row(prompt: Messages, answer: Messages, weight: float | None) -> dict[str, Any]:
    """Write a demonstration: the conversation up to its ideal answer."""
    return {"messages": [*prompt, *answer], **trusted(weight)}


def corrected_row(
    prompt: Messages, ideal: Messages, bad: Messages, weight: float | None
) -> dict[str, Any]:
    """Write a preference of an ideal answer over the one that it corrects."""
    return {"prompt": prompt, "chosen": ideal, "rejected": bad, **trusted(weight)}


def case_row(
    prompt: Messages,
    ideal: Messages,
    bad: Messages,
    weight: float | None,
    *,
    reasons: Iterable[str],
    tags: Iterable[str],
    source_event: str | None,
) -> dict[str, Any]:
    """Write a regression case: what was asked, what should and what did come out.

    Args:
        prompt: What the model saw.
        ideal: The ideal answer; turns before the last belong to the input.
        bad: The answer that failed.
        weight: Mean weight of the people behind the ideal answer.
        reasons: Why it failed, codes and tags, each once.
        tags: ``key:value`` of where the case comes from.
        source_event: The event that complained; ``None`` if none did.
    """
    return {
        "input": [*prompt, *ideal[:-1]],
        "ideal": ideal[-1]["content"],
        "bad": bad[-1]["content"],
        "reasons": list(dict.fromkeys(reasons)),
        "tags": sorted(tags),
        "source_event": source_event,
        **trusted(weight),
    }


def retrieval_row(
    prompt: Messages,
    cited: Iterable[str],
    retrieved: Iterable[str],
    weight: float | None,
) -> dict[str, Any]:
    """Write what an ideal answer rests on, and what was fetched and did not help.

    Args:
        prompt: Its last message of a user is the query.
        cited: What the ideal answer names as its sources.
        retrieved: What the answer that failed was given.
        weight: Mean weight of the people behind the ideal answer.
    """
    asked = [m["content"] for m in prompt if m["role"] == "user"]
    positives = list(dict.fromkeys(cited))
    return {
        "query": asked[-1] if asked else prompt[-1]["content"],
        "positives": positives,
        "negatives": [d for d in dict.fromkeys(retrieved) if d not in positives],
        **trusted(weight),
    }
