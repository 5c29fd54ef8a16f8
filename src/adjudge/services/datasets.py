"""Exported datasets: list them, and trace a row back to where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.people import Act, Actor
from adjudge.domain.record import canonical
from adjudge.errors import InvalidInputError, UnknownError
from adjudge.formats import jsonl, parquet
from adjudge.storage import comparisons, datasets, judgments, people

if TYPE_CHECKING:
    from adjudge.services.bench import Bench


_SAID_APART = {"judgments", "row_id", "key"}


def listed(bench: Bench, actor: Actor) -> list[dict[str, Any]]:
    """List exported dataset versions, newest first."""
    actor.must(Act.SEE_LINEAGE)
    with bench.store.read() as unit:
        return datasets.listed(unit)


def why(bench: Bench, actor: Actor, row: str) -> dict[str, Any]:
    """Trace a row back to its judgments, people, guideline and rule.

    Args:
        bench: The bench.
        actor: Who asks.
        row: A row id, or ``FILE:LINE`` of an exported file.

    Raises:
        UnknownError: If there is no such file, line or row.
        InvalidInputError: If the line is no row of ours.
    """
    actor.must(Act.SEE_LINEAGE)
    row_id = _row_id(row)
    with bench.store.read() as unit:
        member = datasets.member(unit, row_id)
        if member is None:
            raise UnknownError(
                f"this store has exported no row {row_id}",
                hint="name the store that made it with --db",
            )
        stored = judgments.by_ids(unit, member.lineage["judgments"])
        known = {p.name: p for p in people.everybody(unit)}
        comparison = comparisons.load(unit, member.lineage["comparison"])
        versions = datasets.versions_with(unit, row_id)
    topic = comparison.topic if comparison else None
    return {
        "row_id": row_id,
        "config": member.config,
        "comparison": member.comparison,
        **{k: v for k, v in member.lineage.items() if k not in _SAID_APART},
        "judgments": [
            {
                "id": s.judgment.id,
                "annotator": s.judgment.annotator,
                "pseudonym": bench.pseudonym(s.judgment.annotator),
                "role": known[s.judgment.annotator].role.value,
                "weight": known[s.judgment.annotator].weight(topic),
                "ranking": s.judgment.ranking,
                "margin": s.judgment.margin,
                "reasons": s.judgment.reasons,
                "note": s.judgment.note,
                "seconds": s.judgment.seconds,
                "at": s.judgment.at,
                "guideline": s.judgment.guideline,
                "revision": s.revision,
                "late": s.late,
                "surplus": s.surplus,
                "batch": s.batch,
            }
            for s in stored
        ],
        "datasets": versions,
    }


def _row_id(row: str) -> str:
    name, colon, number = row.rpartition(":")
    if not colon or not number.isdigit():
        return row
    path = Path(name)
    if not path.is_file():
        raise UnknownError(f"there is no file {name}")
    if path.suffix == ".parquet":
        found = next((r for at, r in parquet.read(path) if at == int(number)), None)
        if found is None:
            raise UnknownError(f"{name} has no row {number}")
        return _id_in(canonical(found), row)
    with jsonl.opened(name) as source:
        for at, line in jsonl.lines(source):
            if at == int(number):
                return _id_in(line, row)
    raise UnknownError(f"{name} has no line {number}")


def _id_in(line: bytes, place: str) -> str:
    try:
        found = orjson.loads(line)["row_id"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise InvalidInputError(
            f"{place} holds no `row_id`", hint="name a file that `adjudge export` wrote"
        ) from None
    return str(found)
