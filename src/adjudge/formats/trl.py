"""Rows as TRL's trainers read them, then our own columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjudge.domain.record import canonical

if TYPE_CHECKING:
    from adjudge.domain.conversation import Message
    from adjudge.domain.dataset import Preference

DECIMALS = 6  # of every fraction in a row: the same text on every machine


def message(value: Message) -> dict[str, Any]:
    """Write one message; tool calls are one JSON text, so no reader reshapes them."""
    row: dict[str, Any] = {"role": value.role, "content": value.content or ""}
    if value.name is not None:
        row["name"] = value.name
    if value.tool_call_id is not None:
        row["tool_call_id"] = value.tool_call_id
    if value.tool_calls:
        row["tool_calls"] = canonical(list(value.tool_calls)).decode()
    return row


def messages(values: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Write a message list."""
    return [message(m) for m in values]


def rounded(value: float | None) -> float | None:
    """Round a fraction for a row; ``None`` stays undefined."""
    return None if value is None else round(value, DECIMALS)


def preference_row(preference: Preference) -> dict[str, Any]:
    """Write one preference as TRL reads it.

    ``margin`` is not here: it is strength, and stands in ``reward`` rows only.
    """
    return {
        "prompt": messages(preference.prompt),
        "chosen": messages(preference.chosen),
        "rejected": messages(preference.rejected),
        "row_id": preference.row_id,
        "weight": rounded(preference.weight),
        "agreement": rounded(preference.agreement),
        "confidence": rounded(preference.confidence),
        "n_judgments": preference.n_judgments,
    }
