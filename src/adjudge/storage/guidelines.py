"""Guideline versions, what was judged under them, and questions about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adjudge.domain.guideline import version_of
from adjudge.domain.record import canonical
from adjudge.storage import lineages
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from adjudge.domain.guideline import Guideline
    from adjudge.storage.engine.store import Unit


def add(unit: Unit, guideline: Guideline, *, change: str, by: str, at: str) -> None:
    """Add a version."""
    unit.run(
        insert("guideline"),
        name=guideline.name,
        version=guideline.version,
        sha256=guideline.sha256,
        change=change,
        source=guideline.source,
        added_at=at,
        added_by=by,
    )


def source(unit: Unit, name: str, version: int | None) -> str | None:
    """Find the text of a version, the newest when none is named."""
    row = unit.one(
        "SELECT source FROM guideline WHERE name = :name "
        "AND (version = :version OR :version = 0) ORDER BY version DESC LIMIT 1",
        name=name,
        version=version or 0,
    )
    return row[0] if row else None


def newest(unit: Unit, name: str) -> int | None:
    """Find the number of the newest version."""
    row = unit.one("SELECT max(version) FROM guideline WHERE name = :name", name=name)
    return row[0] if row else None


def worked_under(unit: Unit, who: str, name: str) -> int:
    """Find the newest version that somebody judged, wrote or reviewed under; or 0."""
    reviewed = (
        "SELECT DISTINCT j.guideline FROM rewrite_review v "
        "JOIN rewrite j ON j.id = v.rewrite_id WHERE v.reviewer = :who "
        f"AND v.state <> 'submitted' AND {_OF_NAME}"
    )
    rows = unit.all(
        "SELECT DISTINCT j.guideline FROM slot j WHERE j.annotator = :who "
        f"AND j.judgment_id IS NOT NULL AND {_OF_NAME} UNION {reviewed}",
        who=who,
        **_named(name),
    )
    return max((version_of(ref) for (ref,) in rows), default=0)


def listed(unit: Unit) -> list[tuple[str, int, str, str, str, str]]:
    """List versions: name, version, hash, change, when and by whom."""
    return [
        (name, version, sha256, change, at, by)
        for name, version, sha256, change, at, by in unit.all(
            "SELECT name, version, sha256, change, added_at, added_by FROM guideline "
            "ORDER BY name, version"
        )
    ]


# --- gold --------------------------------------------------------------------
def suspend_gold(unit: Unit, queue: str) -> int:
    """Suspend a queue's gold until a lead confirms it; give how many tasks."""
    return unit.run(
        "UPDATE task SET gold_suspended = 1 WHERE queue = :queue AND role = 'gold' "
        "AND gold_suspended = 0",
        queue=queue,
    )


def confirm_gold(
    unit: Unit, queue: str, comparisons: Collection[str] | None = None
) -> int:
    """Let suspended gold count again, all of a queue's or that of some comparisons."""
    chosen = "" if comparisons is None else "AND comparison_id IN {among ids}"
    values = {} if comparisons is None else {"ids": _list(comparisons)}
    return unit.run(
        "UPDATE task SET gold_suspended = 0 WHERE queue = :queue AND role = 'gold' "
        f"AND gold_suspended = 1 {chosen}",
        queue=queue,
        **values,
    )


def is_gold(unit: Unit, queue: str, comparison: str) -> bool:
    """Tell whether a comparison is gold of a queue, suspended or not."""
    return (
        unit.one(
            "SELECT 1 FROM task WHERE queue = :queue AND role = 'gold' "
            "AND comparison_id = :comparison LIMIT 1",
            queue=queue,
            comparison=comparison,
        )
        is not None
    )


def count_suspended(unit: Unit, queue: str) -> int:
    """Count a queue's suspended gold tasks."""
    row = unit.one(
        "SELECT count(*) FROM task WHERE queue = :queue AND role = 'gold' "
        "AND gold_suspended = 1",
        queue=queue,
    )
    return int(row[0]) if row else 0


# --- impact --------------------------------------------------------------------
@dataclass(frozen=True)
class Made:
    """Standing judgments of a queue's work that were made under one reference."""

    queue: str
    ref: str
    judgments: int
    comparisons: int


def made_under(unit: Unit, name: str) -> list[Made]:
    """Count standing judgments by queue and by the version they name."""
    return [
        Made(*row)
        for row in unit.all(
            "SELECT t.queue, j.guideline, count(*), count(DISTINCT t.comparison_id) "
            "FROM judgment j JOIN task t ON t.id = j.task_id "
            "JOIN slot s ON s.task_id = j.task_id AND s.judgment_id = j.id "
            f"WHERE {_OF_NAME} AND t.role = 'work' "
            "AND s.purpose IN ('first', 'rejudge') "
            "GROUP BY t.queue, j.guideline ORDER BY t.queue, j.guideline",
            **_named(name),
        )
    ]


def leased_under(unit: Unit, name: str) -> dict[tuple[str, str], int]:
    """Count tasks in somebody's hand by queue and version."""
    return {
        (queue, ref): n
        for queue, ref, n in unit.all(
            "SELECT j.queue, j.guideline, count(*) FROM slot j WHERE j.state = 1 "
            f"AND {_OF_NAME} GROUP BY j.queue, j.guideline",
            **_named(name),
        )
    }


@dataclass(frozen=True)
class Shipped:
    """An exported version that rests on judgments under an old text."""

    dataset: str
    name: str
    at: str
    rows: int
    old_rows: int


def shipped_under(unit: Unit, refs: Iterable[str]) -> list[Shipped]:
    """Find exported rows that rest on a judgment made under one of these texts."""
    old = {
        str(id)
        for (id,) in unit.all(
            "SELECT id FROM judgment WHERE guideline IN {among refs}",
            refs=_list(refs),
        )
    }
    if not old:
        return []
    heads = unit.all("SELECT id, name, at FROM dataset ORDER BY at, id")
    counts: dict[str, list[int]] = {str(id): [0, 0] for id, _, _ in heads}
    for dataset, lineage in lineages.everything(unit):
        counts[dataset][0] += 1
        counts[dataset][1] += not old.isdisjoint(lineage.get("judgments", ()))
    return [
        Shipped(id, name, at, rows, touched)
        for id, name, at in heads
        for rows, touched in (counts[id],)
        if touched
    ]


# A reference is NAME@VERSION; some imported judgments name no version.
_OF_NAME = "(j.guideline = :name OR substr(j.guideline, 1, :length) = :prefix)"


def _named(name: str) -> dict[str, str | int]:
    return {"name": name, "prefix": f"{name}@", "length": len(name) + 1}


def _list(values: Iterable[str]) -> str:
    return canonical(sorted(values)).decode()


# --- tickets -------------------------------------------------------------------
@dataclass(frozen=True)
class Ticket:
    """Somebody found the guideline unclear on a task.

    Attributes:
        guideline: The version they had in hand.
        source: ``skip`` or ``adjudication``.
        answer: What a lead said when they closed it; ``None`` while it is open.
    """

    id: str
    guideline: str | None
    queue: str
    comparison: str | None
    source: str
    by: str
    note: str | None
    at: str
    closed_at: str | None = None
    closed_by: str | None = None
    answer: str | None = None


def open_ticket(
    unit: Unit,
    *,
    id: str,
    task_id: int,
    guideline: str | None,
    source: str,
    by: str,
    note: str,
    at: str,
) -> None:
    """Ask the leads about a guideline, in the transaction of the deed that asks."""
    text_id = f"ticket:{id}" if note else None
    if text_id:
        unit.run(insert("text"), id=text_id, body=note, erased_at=None)
    unit.run(
        insert("guideline_ticket"),
        id=id,
        task_id=task_id,
        guideline=guideline,
        source=source,
        by_person=by,
        text_id=text_id,
        at=at,
        closed_at=None,
        closed_by=None,
        answer=None,
    )


def tickets(
    unit: Unit, *, name: str | None = None, id: str | None = None, closed: bool = False
) -> list[Ticket]:
    """List tickets, oldest first; closed ones only when asked for."""
    which = ["1 = 1"] if closed else ["k.closed_at IS NULL"]
    values: dict[str, str | int] = {}
    if name is not None:
        which.append(_OF_NAME.replace("j.", "k."))
        values.update(_named(name))
    if id is not None:
        which.append("k.id = :id")
        values["id"] = id
    rows = unit.all(
        "SELECT k.id, k.guideline, t.queue, t.comparison_id, k.source, k.by_person, "
        "x.body, k.at, k.closed_at, k.closed_by, k.answer FROM guideline_ticket k "
        "JOIN task t ON t.id = k.task_id LEFT JOIN text x ON x.id = k.text_id "
        f"WHERE {' AND '.join(which)} ORDER BY k.at, k.id",
        **values,
    )
    return [Ticket(*row) for row in rows]


def close_ticket(unit: Unit, id: str, *, by: str, answer: str, at: str) -> bool:
    """Close an open ticket; ``False`` if there is no open one of that id."""
    return (
        unit.run(
            "UPDATE guideline_ticket SET closed_at = :at, closed_by = :by, "
            "answer = :answer WHERE id = :id AND closed_at IS NULL",
            id=id,
            by=by,
            answer=answer,
            at=at,
        )
        == 1
    )
