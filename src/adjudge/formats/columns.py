"""The columns of every config: one description for the card and for Parquet.

A text column whose values all look like dates is declared as ``json`` in the card of
JSON Lines files: readers guess a time from such texts before they look at the
declared type, and a guessed time is another value than the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa


@dataclass(frozen=True)
class Listed:
    """A list of values of one kind."""

    of: Kind


@dataclass(frozen=True)
class Struct:
    """Named values, each of its kind."""

    fields: tuple[tuple[str, Kind], ...]


Kind = str | Listed | Struct

TEXT, WHOLE, REAL, YES = "string", "int64", "float64", "bool"

OURS: tuple[tuple[str, Kind], ...] = (
    ("row_id", TEXT),
    ("weight", REAL),
    ("agreement", REAL),
    ("confidence", REAL),
    ("n_judgments", WHOLE),
)
# What a message may carry beside role and content; declared where it occurs.
OPTIONAL_IN_MESSAGE: tuple[tuple[str, Kind], ...] = (
    ("name", TEXT),
    (
        "tool_calls",
        Listed(
            Struct(
                (
                    ("id", TEXT),
                    ("type", TEXT),
                    ("function", Struct((("name", TEXT), ("arguments", TEXT)))),
                )
            )
        ),
    ),
    ("tool_call_id", TEXT),
)
# Texts that are nothing but times: declared so from the start.
TIMES = frozenset({"judgments.at"})


def message_kind(present: Iterable[str]) -> Listed:
    """Describe a message list whose messages carry these optional keys."""
    wanted = set(present)
    optional = tuple(f for f in OPTIONAL_IN_MESSAGE if f[0] in wanted)
    return Listed(Struct((("role", TEXT), ("content", TEXT), *optional)))


def columns_of(config: str, present: Iterable[str]) -> tuple[tuple[str, Kind], ...]:
    """List the columns of a config, the trainer's first.

    Args:
        config: The config.
        present: Optional keys that occur in its messages.
    """
    said = message_kind(present)
    pair: tuple[tuple[str, Kind], ...] = (
        ("prompt", said),
        ("chosen", said),
        ("rejected", said),
    )
    known: dict[str, tuple[tuple[str, Kind], ...]] = {
        "preference": (*pair, *OURS),
        "reward": (*pair, ("margin", REAL), *OURS),
        "kto": (("prompt", said), ("completion", said), ("label", YES), *OURS),
        "rankings": (("prompt", said), ("responses", _RANKED), *OURS),
        "sft": (("messages", said), *OURS),
        "cases": (
            ("input", said),
            ("ideal", TEXT),
            ("bad", TEXT),
            ("reasons", Listed(TEXT)),
            ("tags", Listed(TEXT)),
            ("source_event", TEXT),
            *OURS,
        ),
        "retrieval": (
            ("query", TEXT),
            ("positives", Listed(TEXT)),
            ("negatives", Listed(TEXT)),
            *OURS,
        ),
        "annotations": _annotations(said),
    }
    return known[config]


_RANKED = Listed(Struct((("text", TEXT), ("rank", WHOLE), ("model", TEXT))))


def _annotations(said: Listed) -> tuple[tuple[str, Kind], ...]:
    response = Struct(
        (("id", TEXT), ("model", TEXT), ("model_version", TEXT), ("messages", said))
    )
    rating = Struct((("response", TEXT), ("criterion", TEXT), ("score", REAL)))
    judgment = Struct(
        (
            ("annotator", TEXT),
            ("role", TEXT),
            ("expertise_weight", REAL),
            ("ranking", Listed(Listed(TEXT))),
            ("margin", WHOLE),
            ("none_acceptable", YES),
            ("reasons", Listed(Struct((("response", TEXT), ("tags", Listed(TEXT)))))),
            ("ratings", Listed(rating)),
            ("note", TEXT),
            ("shown", Listed(TEXT)),
            ("seconds", REAL),
            ("guideline", TEXT),
            ("at", TEXT),
            ("occasion", WHOLE),
            ("source", TEXT),
            ("late", YES),
            ("surplus", YES),
        )
    )
    return (
        ("comparison_id", TEXT),
        ("queue", TEXT),
        ("batch", TEXT),
        ("topic", TEXT),
        ("language", TEXT),
        ("content_labels", Listed(TEXT)),
        ("prompt", said),
        ("responses", Listed(response)),
        ("judgments", Listed(judgment)),
        ("state", TEXT),
        ("winner", TEXT),
        ("margin", REAL),
        *OURS,
    )


# --- as a card says it -----------------------------------------------------------
def as_yaml(
    columns: tuple[tuple[str, Kind], ...], dates: Iterable[str] = ()
) -> list[str]:
    """Write ``features`` of a card; ``dates`` are paths to declare as JSON."""
    return list(_yaml_fields(columns, frozenset(dates), ""))


def _yaml_fields(
    fields: tuple[tuple[str, Kind], ...], dates: frozenset[str], above: str
) -> Iterator[str]:
    for name, kind in fields:
        yield f"- name: {name}"
        for line in _yaml_kind(kind, dates, f"{above}{name}"):
            yield f"  {line}"


def _yaml_kind(kind: Kind, dates: frozenset[str], path: str) -> Iterator[str]:
    if isinstance(kind, Struct):
        yield "struct:"
        yield from _yaml_fields(kind.fields, dates, f"{path}.")
    elif isinstance(kind, str):
        yield f"dtype: {_scalar(kind, dates, path)}"
    elif isinstance(kind.of, str):
        yield f"list: {_scalar(kind.of, dates, path)}"
    else:
        yield "list:"
        inner = kind.of
        lines = (
            _yaml_fields(inner.fields, dates, f"{path}.")
            if isinstance(inner, Struct)
            else _yaml_kind(inner, dates, path)
        )
        indent = "" if isinstance(inner, Struct) else "  "
        for line in lines:
            yield f"{indent}{line}"


def _scalar(kind: str, dates: frozenset[str], path: str) -> str:
    return "json" if kind == TEXT and path in dates else kind


# --- as Parquet types it -----------------------------------------------------------
def arrow_schema(columns: tuple[tuple[str, Kind], ...]) -> pa.Schema:
    """Make the Parquet schema of these columns."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    def kind_of(kind: Kind) -> Any:
        if isinstance(kind, Listed):
            return pa.list_(kind_of(kind.of))
        if isinstance(kind, Struct):
            return pa.struct([pa.field(n, kind_of(k)) for n, k in kind.fields])
        return {"string": pa.string(), "bool": pa.bool_()}.get(
            kind
        ) or pa.type_for_alias(kind)

    return pa.schema([pa.field(name, kind_of(kind)) for name, kind in columns])


# --- texts that look like dates -----------------------------------------------------
def text_paths(columns: tuple[tuple[str, Kind], ...], above: str = "") -> Iterator[str]:
    """List the paths of all texts, dotted; lists leave no mark in a path."""
    for name, kind in columns:
        inner = kind
        while isinstance(inner, Listed):
            inner = inner.of
        if isinstance(inner, Struct):
            yield from text_paths(inner.fields, f"{above}{name}.")
        elif inner == TEXT:
            yield f"{above}{name}"
