"""What exported rows are remembered by: their lineage, a few hundred lines at a time.

A row of its own for every exported row, with an index of its id and one of what it is
about, cost more than to write the row. Lines stay together as they were written; a
stretch says which rows it holds and about what, from where to where.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson

from adjudge.domain.record import canonical
from adjudge.storage import text_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adjudge.storage.engine.store import Unit

About = Literal["comparison", "text"]
STRETCH = 256  # lines that are remembered together
_AT_ONCE = 32  # stretches in memory
# Inside a text every quotation mark is escaped, so this is the key.
_ROW_IDS = re.compile('"row_id":"([0-9a-f]{32})"')
_TEXT_OF = {
    "rewrite": text_ids.of_rewrite,
    "upvote": text_ids.of_event,
    "downvote": text_ids.of_event,
}


class Stretch(NamedTuple):
    """Rows that are remembered together.

    Attributes:
        about: Whether they are about comparisons, or about other texts.
        first: The least id of what they are about; ``last`` is the greatest.
        lineage: Their lines as they were written.
    """

    config: str
    about: About
    first: str
    last: str
    lineage: str


class Member(NamedTuple):
    """A row of a dataset version, with its lineage."""

    row_id: str
    config: str
    key: str
    lineage: dict[str, Any]


def subject(lineage: dict[str, Any]) -> tuple[About, str]:
    """Name what a row is about: a comparison, or the text it was made of."""
    text_of = _TEXT_OF.get(lineage.get("derived_from", ""))
    if text_of is None:
        return "comparison", lineage["comparison"]
    return "text", text_of(lineage["comparison"])


def add(unit: Unit, dataset: str, stretches: Iterable[Stretch]) -> None:
    """Remember the rows of a version."""
    rows = (
        {
            "dataset_id": dataset,
            "number": number,
            "config": one.config,
            "about": one.about,
            "from_id": one.first,
            "to_id": one.last,
            "row_ids": " ".join(_ROW_IDS.findall(one.lineage)),
            "lineage": one.lineage,
        }
        for number, one in enumerate(stretches)
    )
    while part := list(islice(rows, _AT_ONCE)):
        unit.load("dataset_lineage", part, fresh=True)


def member(unit: Unit, row_id: str) -> Member | None:
    """Find a row by its id, in the version that was exported last."""
    row = unit.one(
        "SELECT l.config, l.lineage FROM dataset_lineage l "
        "JOIN dataset d ON d.id = l.dataset_id "
        "WHERE {holds l.row_ids row_id} ORDER BY d.at DESC LIMIT 1",
        row_id=row_id,
    )
    if row is None:
        return None
    config, lineage = row
    mark = f'"row_id":"{row_id}"'
    lines = (_member(config, one) for one in lineage.split("\n") if mark in one)
    return next(lines, None)


def versions_with(unit: Unit, row_id: str) -> list[str]:
    """Name the versions that hold a row."""
    rows = unit.all(
        "SELECT DISTINCT l.dataset_id FROM dataset_lineage l "
        "WHERE {holds l.row_ids row_id} ORDER BY 1",
        row_id=row_id,
    )
    return [id for (id,) in rows]


def members(unit: Unit, dataset: str) -> Iterator[Member]:
    """Stream the rows of a version, in the order in which they were written."""
    for config, lineage in unit.stream(
        "SELECT config, lineage FROM dataset_lineage WHERE dataset_id = :id "
        "ORDER BY number",
        chunk=_AT_ONCE,
        id=dataset,
    ):
        for line in lineage.split("\n"):
            yield _member(config, line)


def everything(unit: Unit) -> Iterator[tuple[str, dict[str, Any]]]:
    """Stream the lineage of every row of every version, after the version's id."""
    for dataset, lineage in unit.stream(
        "SELECT dataset_id, lineage FROM dataset_lineage", chunk=_AT_ONCE
    ):
        for line in lineage.split("\n"):
            yield dataset, orjson.loads(line)


def _member(config: str, line: str) -> Member:
    found = orjson.loads(line)
    return Member(found["row_id"], config, found["key"], found)


# --- by what rows are about -----------------------------------------------------------
class Held(NamedTuple):
    """A row of a version, as its tombstone names it."""

    dataset: str
    row_id: str
    config: str


def rows_about(unit: Unit, about: About, ids: Iterable[str]) -> Iterator[Held]:
    """Find the exported rows that are about some comparisons, or some other texts."""
    wanted = sorted(set(ids))
    if not wanted:
        return
    sought = set(wanted)
    for dataset, number, first, last in unit.all(
        "SELECT dataset_id, number, from_id, to_id FROM dataset_lineage "
        "WHERE about = :about ORDER BY dataset_id, number",
        about=about,
    ):
        place = bisect_left(wanted, first)
        if place == len(wanted) or wanted[place] > last:
            continue
        config, lineage = unit.one(
            "SELECT config, lineage FROM dataset_lineage "
            "WHERE dataset_id = :dataset AND number = :number",
            dataset=dataset,
            number=number,
        ) or ("", "")
        for line in lineage.split("\n"):
            found = orjson.loads(line)
            if subject(found)[1] in sought:
                yield Held(dataset, found["row_id"], config)


def is_exported(unit: Unit, comparison: str) -> bool:
    """Tell whether some version has a row about a comparison."""
    mark = f'"comparison":{canonical(comparison).decode()}'
    return any(
        mark in lineage
        for (lineage,) in unit.stream(
            "SELECT lineage FROM dataset_lineage WHERE about = 'comparison' "
            "AND from_id <= :id AND to_id >= :id",
            chunk=_AT_ONCE,
            id=comparison,
        )
    )


def rename(unit: Unit, old: str, new: str) -> int:
    """Replace a pseudonym in what rows about texts are remembered by."""
    return unit.run(
        "UPDATE dataset_lineage SET lineage = replace(lineage, :old, :new) "
        "WHERE about = 'text' AND {holds lineage old}",
        old=old,
        new=new,
    )
