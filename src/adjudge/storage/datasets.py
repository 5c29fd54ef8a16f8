"""Dataset versions and what each of their rows was made of."""

from __future__ import annotations

from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from adjudge.domain.record import canonical
from adjudge.storage import feedback, rewrites, tombstones
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adjudge.storage.engine.store import Unit


_SORTED = 5_000  # members in memory at once


class Member(NamedTuple):
    """A row of a dataset version, with its lineage."""

    row_id: str
    config: str
    key: str
    comparison: str | None
    lineage: dict[str, Any]


def add(
    unit: Unit,
    *,
    id: str,
    name: str,
    options: dict[str, Any],
    counts: dict[str, Any],
    members: Iterable[tuple[Member, str]],
    by: str,
    at: str,
) -> bool:
    """Record a version; the same rows under the same options are the same version.

    Members come with their lineage as JSON, the way it was written.
    """
    added = unit.run(
        insert("dataset", conflict="DO NOTHING"),
        id=id,
        name=name,
        options=canonical(options).decode(),
        counts=canonical(counts).decode(),
        by_person=by,
        at=at,
    )
    if added != 1:
        return False
    rows = (
        {
            "dataset_id": id,
            "row_id": m.row_id,
            "config": m.config,
            "row_key": m.key,
            **_about(m),
            "lineage": lineage,
        }
        for m, lineage in members
    )
    with unit.roomy():
        while part := list(islice(rows, _SORTED)):
            # In the order of their indices they cost a third.
            part.sort(key=itemgetter("row_id"))
            unit.load("dataset_member", part)
    return True


_TEXT_OF = {
    "rewrite": rewrites.text_id,
    "upvote": feedback.text_id,
    "downvote": feedback.text_id,
}


def _about(member: Member) -> dict[str, str | None]:
    """Name what a row is about: a comparison, or the text it was made of."""
    text_of = _TEXT_OF.get(member.lineage.get("derived_from", ""))
    if text_of is None or member.comparison is None:
        return {"comparison_id": member.comparison, "text_id": None}
    return {"comparison_id": None, "text_id": text_of(member.comparison)}


def listed(unit: Unit) -> list[dict[str, Any]]:
    """List versions, newest first."""
    buried = tombstones.counts(unit)
    rows = unit.all(
        "SELECT id, name, counts, by_person, at FROM dataset ORDER BY at DESC, id"
    )
    return [
        {
            "id": id,
            "name": name,
            "counts": orjson.loads(counts),
            "by": by,
            "at": at,
            "tombstones": buried.get(id, 0),
        }
        for id, name, counts, by, at in rows
    ]


def member(unit: Unit, row_id: str) -> Member | None:
    """Find a row by its id, in the version that was exported last."""
    row = unit.one(
        "SELECT m.row_id, m.config, m.row_key, m.comparison_id, m.lineage "
        "FROM dataset_member m JOIN dataset d ON d.id = m.dataset_id "
        "WHERE m.row_id = :row_id ORDER BY d.at DESC LIMIT 1",
        row_id=row_id,
    )
    if row is None:
        return None
    id, config, key, comparison, lineage = row
    return Member(id, config, key, comparison, orjson.loads(lineage))


def versions_with(unit: Unit, row_id: str) -> list[str]:
    """Name the versions that hold a row."""
    return [
        id
        for (id,) in unit.all(
            "SELECT dataset_id FROM dataset_member WHERE row_id = :row_id ORDER BY 1",
            row_id=row_id,
        )
    ]


def starting_with(unit: Unit, id: str) -> list[tuple[str, dict[str, Any]]]:
    """Find versions by how their id begins, with the options they were made under."""
    rows = unit.all(
        "SELECT id, options FROM dataset WHERE substr(id, 1, :length) = :id "
        "ORDER BY id",
        id=id,
        length=len(id),
    )
    return [(found, orjson.loads(options)) for found, options in rows]


def members(unit: Unit, id: str) -> Iterator[Member]:
    """Stream the rows of a version."""
    for row_id, config, key, comparison, lineage in unit.stream(
        "SELECT row_id, config, row_key, comparison_id, lineage FROM dataset_member "
        "WHERE dataset_id = :id ORDER BY row_id",
        id=id,
    ):
        yield Member(row_id, config, key, comparison, orjson.loads(lineage))
