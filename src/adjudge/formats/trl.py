"""Rows as TRL's trainers read them, then our own columns.

Messages come as the store keeps them: role, content, and what else a record held.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from adjudge.domain.record import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.domain.resolution import Resolution

DECIMALS = 6  # of every fraction in a row: the same text on every machine
Messages = list[dict[str, Any]]


def message(value: dict[str, Any]) -> dict[str, Any]:
    """Write one message; arguments of tool calls are a text no reader reshapes."""
    if len(value) == 2 and value.get("content"):
        return value  # a role and content, as nearly every message
    row: dict[str, Any] = {"role": value["role"], "content": value.get("content") or ""}
    if len(value) > 2:
        for key in ("name", "tool_call_id"):
            if value.get(key) is not None:
                row[key] = value[key]
        if value.get("tool_calls"):
            row["tool_calls"] = [_tool_call(c) for c in value["tool_calls"]]
    elif "tool_calls" in value:
        row["tool_calls"] = [_tool_call(c) for c in value["tool_calls"]]
    return row


def _tool_call(call: dict[str, Any]) -> dict[str, Any]:
    """Write a call as chat templates read it, whether it came flat or nested."""
    nested = call.get("function")
    said = nested if isinstance(nested, dict) else call
    name, arguments = said.get("name"), said.get("arguments", said.get("input"))
    if not isinstance(name, str):
        name, arguments = "", call
    if not isinstance(arguments, str):
        arguments = canonical({} if arguments is None else arguments).decode()
    return {
        "id": call["id"] if isinstance(call.get("id"), str) else None,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def messages(values: Iterable[dict[str, Any]]) -> Messages:
    """Write a message list."""
    return [message(m) for m in values]


def answer(response: dict[str, Any]) -> Messages:
    """Write a response as messages: its one turn, or the several it came with."""
    if "messages" in response:
        return messages(response["messages"])
    return [{"role": "assistant", "content": response["text"]}]


# The same few shares come again and again; 1 and 1.0 are not written alike.
@lru_cache(maxsize=4096, typed=True)
def rounded(value: float | None) -> float | None:
    """Round a fraction for a row; ``None`` stays undefined."""
    return None if value is None else round(value, DECIMALS)


def ours(found: Resolution) -> dict[str, Any]:
    """Write the columns that stand on every row, the row's id apart."""
    return {
        "weight": rounded(found.weight),
        "agreement": rounded(found.agreement),
        "confidence": rounded(found.confidence),
        "n_judgments": found.n_judgments,
    }


def preference_row(
    prompt: Messages, chosen: Messages, rejected: Messages, found: Resolution
) -> dict[str, Any]:
    """Write one preference.

    ``margin`` is not here: it is strength, and stands in ``reward`` rows only.
    """
    return {"prompt": prompt, "chosen": chosen, "rejected": rejected, **ours(found)}


def reward_row(preference: dict[str, Any], margin: float) -> dict[str, Any]:
    """Write a preference for a reward model, with its strength."""
    return {**preference, "margin": rounded(margin)}


def kto_row(
    prompt: Messages, completion: Messages, found: Resolution, *, label: bool
) -> dict[str, Any]:
    """Write one answer that was wanted or not."""
    return {"prompt": prompt, "completion": completion, "label": label, **ours(found)}


def rankings_row(
    prompt: Messages,
    ranked: Iterable[tuple[int, dict[str, Any]]],
    found: Resolution,
) -> dict[str, Any]:
    """Write a ranking of single-turn answers, best first; equals share a rank.

    Args:
        prompt: The prompt.
        ranked: Rank from 1 and response, best first.
        found: The result.
    """
    responses = [
        {"text": r["text"], "rank": rank, "model": r.get("model")} for rank, r in ranked
    ]
    return {"prompt": prompt, "responses": responses, **ours(found)}
