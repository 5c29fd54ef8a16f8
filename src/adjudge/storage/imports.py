"""Imports: open while their file is read, done when everything of it is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.record import canonical
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Import:
    """One file on its way in.

    Attributes:
        lines: How many lines of the file are in the store already.
    """

    id: str
    kind: str
    queue: str | None
    state: str
    lines: int
    counts: dict[str, int]


def find(unit: Unit, id: str) -> Import | None:
    """Find an import by id."""
    row = unit.one(
        "SELECT id, kind, queue, state, lines, counts FROM import WHERE id = :id", id=id
    )
    return _import(row) if row else None


def unfinished(unit: Unit) -> list[Import]:
    """List imports that were interrupted."""
    rows = unit.all(
        "SELECT id, kind, queue, state, lines, counts FROM import "
        "WHERE state = 'open' ORDER BY started_at"
    )
    return [_import(row) for row in rows]


def begin(
    unit: Unit,
    *,
    id: str,
    kind: str,
    queue: str | None,
    file: str,
    sha256: str,
    by: str,
    at: str,
) -> None:
    """Open an import."""
    unit.run(
        insert("import"),
        id=id,
        kind=kind,
        queue=queue,
        file=file,
        sha256=sha256,
        state="open",
        lines=0,
        counts="{}",
        by_person=by,
        started_at=at,
        done_at=None,
    )


def advance(unit: Unit, id: str, *, lines: int, counts: dict[str, int]) -> None:
    """Note how far the file is read, in the transaction that kept the chunk."""
    unit.run(
        "UPDATE import SET lines = :lines, counts = :counts WHERE id = :id",
        id=id,
        lines=lines,
        counts=canonical(counts).decode(),
    )


def refuse(unit: Unit, id: str, lines: dict[int, str]) -> None:
    """Note which lines were skipped and why, in the transaction of their chunk."""
    unit.load(
        "refused_line",
        [{"import_id": id, "line": n, "why": why} for n, why in lines.items()],
    )


def refused(unit: Unit, id: str) -> dict[int, str]:
    """List the lines that an unfinished import skipped."""
    return dict(
        unit.all(
            "SELECT line, why FROM refused_line WHERE import_id = :id ORDER BY line",
            id=id,
        )
    )


def finish(unit: Unit, id: str, *, counts: dict[str, int], at: str) -> None:
    """Publish the import."""
    unit.run(
        "UPDATE import SET state = 'done', counts = :counts, done_at = :at "
        "WHERE id = :id",
        id=id,
        counts=canonical(counts).decode(),
        at=at,
    )
    unit.run("DELETE FROM import_member WHERE import_id = :id", id=id)
    unit.run("DELETE FROM refused_line WHERE import_id = :id", id=id)


def forget(unit: Unit, id: str) -> None:
    """Drop the record of an import whose rows were discarded."""
    unit.run("DELETE FROM refused_line WHERE import_id = :id", id=id)
    unit.run("DELETE FROM import WHERE id = :id AND state = 'open'", id=id)


def _import(row: tuple[Any, ...]) -> Import:
    id, kind, queue, state, lines, counts = row
    return Import(id, kind, queue, state, lines, orjson.loads(counts))
