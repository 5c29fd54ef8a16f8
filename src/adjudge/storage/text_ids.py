"""What texts are called that are no part of a comparison."""

from __future__ import annotations


def of_rewrite(task: str) -> str:
    """Name the text of a rewrite task."""
    return f"rewrite-task:{task}"


def of_event(event: str) -> str:
    """Name the text of an event."""
    return f"event:{event}"
