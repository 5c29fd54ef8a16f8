"""Exported datasets: list them, and trace a row back to where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.people import Act, Actor
from adjudge.domain.record import canonical
from adjudge.errors import InvalidInputError, UnknownError
from adjudge.formats import dataset_dir, jsonl, parquet, spreadsheet
from adjudge.services.exporting import lineage
from adjudge.storage import datasets, lineages, tombstones

if TYPE_CHECKING:
    from adjudge.services.bench import Bench


_SAID_APART = {"judgments", "row_id", "key"}


def listed(bench: Bench, actor: Actor) -> list[dict[str, Any]]:
    """List exported dataset versions, newest first."""
    actor.must(Act.SEE_LINEAGE)
    with bench.store.read() as unit:
        return datasets.listed(unit)


def why(bench: Bench, actor: Actor, row: str) -> dict[str, Any]:
    """Trace a row back to judgments or rewrite, people, guideline, feedback, rule.

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
        member = lineages.member(unit, row_id)
        if member is None:
            raise UnknownError(
                f"this store has exported no row {row_id}",
                hint="name the store that made it with --db",
            )
        found = lineage.sources(bench, unit, member.lineage)
        versions = lineages.versions_with(unit, row_id)
        buried = tombstones.of_rows(unit, [row_id])
    return {
        "row_id": row_id,
        "config": member.config,
        **{k: v for k, v in member.lineage.items() if k not in _SAID_APART},
        **found,
        "tombstone": buried.get(row_id),
        "datasets": versions,
    }


def withdrawn(bench: Bench, actor: Actor, dataset: str) -> list[dict[str, str]]:
    """List the rows of a version that must not be used any more, and why.

    Args:
        bench: The bench.
        actor: Who asks.
        dataset: A directory, or the id of a version, or how an id begins.

    Raises:
        UnknownError: If there is no such version.
    """
    actor.must(Act.SEE_LINEAGE)
    place = Path(dataset)
    if dataset and place.is_dir():
        dataset = str(dataset_dir.read_manifest(place)["digest"])
    with bench.store.read() as unit:
        found = datasets.starting_with(unit, dataset)
        if len(found) != 1:
            raise UnknownError(
                f"this store exported no dataset {dataset!r}"
                if not found
                else f"{dataset!r} begins the ids of {len(found)} datasets",
                hint="`adjudge datasets list` names them",
            )
        return tombstones.of_version(unit, found[0][0])


def _row_id(row: str) -> str:
    name, colon, number = row.rpartition(":")
    if not colon or not number.isdigit():
        if Path(row).is_file():
            raise InvalidInputError(f"which row of {row}?", hint=f"for example {row}:1")
        return row
    path = Path(name)
    if not path.is_file():
        raise UnknownError(f"there is no file {name}")
    if path.suffix == ".csv":
        return _id_in_table(path, int(number), row)
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


def _id_in_table(path: Path, number: int, place: str) -> str:
    # Whoever opened and saved it elsewhere may have put a mark before its text.
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as source:
        found = spreadsheet.row_at(source, number)
    if found is None:
        raise UnknownError(f"{path} has no row on line {number}")
    return _id_in(canonical({k: v for k, v in found.items() if k and v}), place)


def _id_in(line: bytes, place: str) -> str:
    try:
        found = orjson.loads(line)["row_id"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise InvalidInputError(
            f"{place} holds no `row_id`",
            hint="name a row of a config; files for other programs have no room for it",
        ) from None
    return str(found)
