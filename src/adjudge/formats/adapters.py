"""Rows in the shapes of other people's trainers, one file each."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.record import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from adjudge.domain.dataset import Config

Messages = list[dict[str, Any]]
Shaped = bytes | str  # a line, or the reason why the row has none


@dataclass
class Adapted:
    """What an adapter wrote."""

    rows: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def leave(self, reason: str) -> None:
        """Count a row that does not fit the shape."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def beside(form: str) -> tuple[str, ...]:
    """Name the files that an adapter writes beside the one it was asked for."""
    return ("dataset_info.json",) if form == "llama-factory" else ()


def config_of(form: str) -> Config:
    """Name the config whose rows an adapter takes."""
    return "sft" if form == "openai-sft" else "preference"


def write(form: str, rows: Iterable[dict[str, Any]], target: Path) -> Adapted:
    """Write rows in another shape.

    Args:
        form: The name of an adapter.
        rows: Rows of its config.
        target: The file; what stands beside it is written into its folder.
    """
    found = Adapted()
    shape = _SHAPES[form]
    with target.open("xb", buffering=1 << 20) as file:
        if form == "csv":
            file.write(_csv_line(_CSV_COLUMNS))
        for row in rows:
            made = shape(row)
            if isinstance(made, str):
                found.leave(made)
            else:
                file.write(made)
                found.rows += 1
        file.flush()
        os.fsync(file.fileno())
    if form == "llama-factory":
        data = orjson.dumps(_llama_info(target), option=orjson.OPT_INDENT_2)
        (target.parent / "dataset_info.json").write_bytes(data + b"\n")
    return found


def _line(value: Any) -> bytes:
    return canonical(value) + b"\n"


def _one_answer(row: dict[str, Any]) -> str | None:
    """Say why a row has no single last answer on each side."""
    if len(row["chosen"]) != 1 or len(row["rejected"]) != 1:
        return "several_turns"
    return None


# --- OpenAI: conversations to be learnt from ---------------------------------------
def _openai_sft(row: dict[str, Any]) -> Shaped:
    return _line({"messages": row["messages"]})


# --- OpenAI: direct preference optimisation ------------------------------------------
def _openai_dpo(row: dict[str, Any]) -> Shaped:
    if reason := _one_answer(row):
        return reason
    return _line(
        {
            "input": {"messages": row["prompt"]},
            "preferred_output": row["chosen"],
            "non_preferred_output": row["rejected"],
        }
    )


# --- LLaMA-Factory: conversations that end on the user, one message a side ----------
def _llama_factory(row: dict[str, Any]) -> Shaped:
    if reason := _one_answer(row):
        return reason
    said = [
        m if m["role"] != "developer" else {**m, "role": "system"}
        for m in row["prompt"]
    ]
    turns = said[1:] if said[0]["role"] == "system" else said
    wanted = ["user" if i % 2 == 0 else "assistant" for i in range(len(turns))]
    calls = any("tool_calls" in m for m in (*said, *row["chosen"], *row["rejected"]))
    if [m["role"] for m in turns] != wanted or len(turns) % 2 == 0 or calls:
        return "not_alternating"
    return _line(
        {
            "conversations": [_plain(m) for m in said],
            "chosen": _plain(row["chosen"][0]),
            "rejected": _plain(row["rejected"][0]),
        }
    )


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    return {"role": message["role"], "content": message["content"]}


def _llama_info(target: Path) -> dict[str, Any]:
    return {
        target.stem: {
            "file_name": target.name,
            "formatting": "sharegpt",
            "ranking": True,
            "columns": {
                "messages": "conversations",
                "chosen": "chosen",
                "rejected": "rejected",
            },
            "tags": {
                "role_tag": "role",
                "content_tag": "content",
                "user_tag": "user",
                "assistant_tag": "assistant",
                "system_tag": "system",
            },
        }
    }


# --- hh-rlhf: two transcripts that differ in their last turn --------------------------
_SPEAKERS = {"user": "Human", "assistant": "Assistant"}
_MARKS = ("\n\nHuman:", "\n\nAssistant:")


def _hh_rlhf(row: dict[str, Any]) -> Shaped:
    if reason := _one_answer(row):
        return reason
    everything = (*row["prompt"], *row["chosen"], *row["rejected"])
    if any(m["role"] not in _SPEAKERS or "tool_calls" in m for m in everything):
        return "not_human_or_assistant"
    if any(mark in m["content"] for m in everything for mark in _MARKS):
        return "looks_like_a_turn"
    if row["prompt"][-1]["role"] != "user":
        return "not_alternating"
    return _line({side: _transcript(row, side) for side in ("chosen", "rejected")})


def _transcript(row: dict[str, Any], side: str) -> str:
    return "".join(
        f"\n\n{_SPEAKERS[m['role']]}: {m['content']}"
        for m in (*row["prompt"], *row[side])
    )


# --- CSV for people with a spreadsheet -----------------------------------------------
_CSV_COLUMNS = (
    "row_id", "prompt", "chosen", "rejected",
    "weight", "agreement", "confidence", "n_judgments",
)  # fmt: skip
# A cell that begins so is a formula to a spreadsheet, also in its wide form.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def _csv(row: dict[str, Any]) -> Shaped:
    return _csv_line(
        [
            _in_words(row[c]) if isinstance(row[c], list) else row[c]
            for c in _CSV_COLUMNS
        ]
    )


def _in_words(messages: Messages) -> str:
    """Write a lone message as its text, several with who said them."""
    if len(messages) == 1 and "tool_calls" not in messages[0]:
        return str(messages[0]["content"])
    return "\n\n".join(
        f"{m['role']}: {m['content']}"
        + "".join(
            f"\n[calls {c['function']['name']} {c['function']['arguments']}]"
            for c in m.get("tool_calls", ())
        )
        for m in messages
    )


def _csv_line(cells: Iterable[Any]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow([safe_cell(cell) for cell in cells])
    return text.getvalue().encode()


def safe_cell(cell: Any) -> Any:
    """Make a text that a spreadsheet would run a text that it shows."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return cell


_SHAPES: dict[str, Callable[[dict[str, Any]], Shaped]] = {
    "openai-sft": _openai_sft,
    "openai-dpo": _openai_dpo,
    "llama-factory": _llama_factory,
    "hh-rlhf": _hh_rlhf,
    "csv": _csv,
}
NAMES = tuple(_SHAPES)
