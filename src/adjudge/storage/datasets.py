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


def add(
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
    """Record a version; the same rows under the same options are the same version."""
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
    lineages.add(unit, id, stretches)
    return True


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


def starting_with(unit: Unit, id: str) -> list[tuple[str, dict[str, Any]]]:
    """Find versions by how their id begins, with the options they were made under."""
    rows = unit.all(
        "SELECT id, options FROM dataset WHERE substr(id, 1, :length) = :id "
        "ORDER BY id",
        id=id,
        length=len(id),
    )
    return [(found, orjson.loads(options)) for found, options in rows]
