"""Dataset versions; what their rows were made of is in ``lineages``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.record import canonical
from adjudge.storage import lineages, tombstones
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.storage.engine.store import Unit
    from adjudge.storage.lineages import Stretch


def begin(
    unit: Unit,
    *,
    id: str,
    name: str,
    options: dict[str, Any],
    counts: dict[str, Any],
    stretches: Iterable[Stretch],
    by: str,
    at: str,
) -> bool:
    """Record a version whose files are about to be placed.

    The same rows under the same options are the same version. One that was placed
    before stays as it is.

    Returns:
        Whether it is new: if its files cannot be placed, it may be forgotten.
    """
    # Whoever begins anew what somebody else left keeps them from forgetting it.
    begun = unit.run(
        "UPDATE dataset SET at = :at, by_person = :by WHERE id = :id AND placed = 0",
        id=id,
        by=by,
        at=at,
    )
    if begun:
        return False
    added = unit.run(
        insert("dataset", conflict="DO NOTHING"),
        id=id,
        name=name,
        options=canonical(options).decode(),
        counts=canonical(counts).decode(),
        by_person=by,
        at=at,
        placed=0,
    )
    if added != 1:
        return False
    lineages.add(unit, id, stretches)
    return True


def place(unit: Unit, id: str) -> None:
    """Record that the files of a version have their names."""
    unit.run("UPDATE dataset SET placed = 1 WHERE id = :id", id=id)


def forget(unit: Unit, id: str, *, at: str) -> None:
    """Forget a version that was begun then, and whose files were never placed."""
    begun = "SELECT id FROM dataset WHERE id = :id AND at = :at AND placed = 0"
    unit.run(f"DELETE FROM dataset_lineage WHERE dataset_id IN ({begun})", id=id, at=at)
    unit.run(
        "DELETE FROM dataset WHERE id = :id AND at = :at AND placed = 0", id=id, at=at
    )


def listed(unit: Unit) -> list[dict[str, Any]]:
    """List versions, newest first."""
    buried = tombstones.counts(unit)
    rows = unit.all(
        "SELECT id, name, counts, by_person, at, placed FROM dataset "
        "ORDER BY at DESC, id"
    )
    return [
        {
            "id": id,
            "name": name,
            "counts": orjson.loads(counts),
            "by": by,
            "at": at,
            "placed": bool(placed),
            "tombstones": buried.get(id, 0),
        }
        for id, name, counts, by, at, placed in rows
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
