"""Incidents: opened, stepped, closed; tasks stand still, texts are hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.incident import Incident, Severity, Step
from adjudge.domain.record import canonical
from adjudge.storage import claims
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit


def place_of(unit: Unit, task_id: int) -> tuple[str, str | None] | None:
    """Give the queue and the comparison of a task."""
    row = unit.one("SELECT queue, comparison_id FROM task WHERE id = :id", id=task_id)
    return (row[0], row[1]) if row else None


def add_flag(
    unit: Unit, *, id: str, who: str, task_id: int, category: str, note: str, at: str
) -> str | None:
    """Note that somebody raised a hand; give the id of what they wrote."""
    text_id = keep_text(unit, f"flag:{id}", note)
    unit.run(
        insert("flag"),
        id=id,
        task_id=task_id,
        annotator=who,
        category=category,
        text_id=text_id,
        at=at,
    )
    return text_id


def keep_text(unit: Unit, id: str, body: str | None) -> str | None:
    """Keep words apart, so that they can be erased; give their id, if any."""
    if not body:
        return None
    unit.run(insert("text"), id=id, body=body, erased_at=None)
    return id


def add(
    unit: Unit, incident: Incident, *, flag_id: str | None, text_id: str | None
) -> None:
    """Add an incident."""
    unit.run(
        insert("incident"),
        id=incident.id,
        flag_id=flag_id,
        task_id=incident.task_id,
        queue=incident.queue,
        comparison_id=incident.comparison,
        category=incident.category,
        severity=str(incident.severity),
        state=incident.state,
        owner=incident.owner,
        due=incident.due,
        freezes=int(incident.freezes),
        hides=int(incident.is_hidden),
        outcome=incident.outcome,
        text_id=text_id,
        opened_by=incident.opened_by,
        opened_at=incident.opened_at,
    )


def change(unit: Unit, incident: Incident) -> None:
    """Take an incident's new state; its history keeps the old one."""
    unit.run(
        "UPDATE incident SET severity = :severity, state = :state, owner = :owner, "
        "due = :due, freezes = :freezes, hides = :hides, outcome = :outcome "
        "WHERE id = :id",
        id=incident.id,
        severity=str(incident.severity),
        state=incident.state,
        owner=incident.owner,
        due=incident.due,
        freezes=int(incident.freezes),
        hides=int(incident.is_hidden),
        outcome=incident.outcome,
    )


def step(unit: Unit, incident_id: str, entry: Step) -> None:
    """Add to an incident's history."""
    row = unit.one(
        "SELECT coalesce(max(seq), 0) + 1 FROM incident_step WHERE incident_id = :id",
        id=incident_id,
    )
    seq = int(row[0]) if row else 1
    unit.run(
        insert("incident_step"),
        incident_id=incident_id,
        seq=seq,
        kind=entry.kind,
        detail=canonical(entry.detail).decode(),
        text_id=keep_text(unit, f"incident:{incident_id}:{seq}", entry.why),
        by_person=entry.by,
        at=entry.at,
    )


# --- reading -----------------------------------------------------------------
_COLUMNS = (
    "SELECT i.id, i.task_id, i.queue, i.comparison_id, i.category, i.severity, "
    "i.state, i.owner, i.due, i.opened_by, i.opened_at, i.freezes, i.hides, "
    "i.outcome, x.body FROM incident i LEFT JOIN text x ON x.id = i.text_id "
)


def find(unit: Unit, id: str) -> Incident | None:
    """Find an incident with its history."""
    row = unit.one(f"{_COLUMNS} WHERE i.id = :id", id=id)
    return _incident(row, _history(unit, id)) if row else None


def listed(unit: Unit, *, state: str | None, by: str | None) -> list[Incident]:
    """List incidents, the most urgent first.

    Args:
        unit: The unit of work.
        state: ``open`` (not closed), ``closed``, or ``None`` for all.
        by: Only those that this person opened.
    """
    rows = unit.all(
        f"{_COLUMNS} WHERE (:state = '' OR (i.state = 'closed') = (:state = 'closed')) "
        "AND (:by = '' OR i.opened_by = :by) ORDER BY i.due, i.id",
        state=state or "",
        by=by or "",
    )
    return [_incident(row, ()) for row in rows]


def _history(unit: Unit, id: str) -> tuple[Step, ...]:
    return tuple(
        Step(kind, orjson.loads(detail), why, by, at)
        for kind, detail, why, by, at in unit.all(
            "SELECT s.kind, s.detail, x.body, s.by_person, s.at FROM incident_step s "
            "LEFT JOIN text x ON x.id = s.text_id WHERE s.incident_id = :id "
            "ORDER BY s.seq",
            id=id,
        )
    )


def _incident(row: tuple[Any, ...], history: tuple[Step, ...]) -> Incident:
    return Incident(
        id=row[0],
        task_id=row[1],
        queue=row[2],
        comparison=row[3],
        category=row[4],
        severity=Severity(row[5]),
        state=row[6],
        owner=row[7],
        due=row[8],
        opened_by=row[9],
        opened_at=row[10],
        freezes=bool(row[11]),
        is_hidden=bool(row[12]),
        outcome=row[13],
        note=row[14],
        history=history,
    )


# --- standing still ----------------------------------------------------------
_TASKS = "(t.id = :task_id OR t.comparison_id = :comparison)"


def freeze(unit: Unit, task_id: int, comparison: str | None, *, but: str | None) -> int:
    """Let every task of a comparison stand still; give how many leases were released.

    Whoever submits all the same is heard: the judgment is kept as late.

    Args:
        unit: The unit of work.
        task_id: The task, where it holds no comparison.
        comparison: The comparison.
        but: A person who may finish what they hold.
    """
    unit.run(
        f"UPDATE task SET frozen = 1 WHERE {_TASKS.replace('t.', '')}",
        task_id=task_id,
        comparison=comparison,
    )
    holders = unit.all(
        "SELECT s.annotator, s.task_id FROM slot s JOIN task t ON t.id = s.task_id "
        f"WHERE s.state = 1 AND {_TASKS} ORDER BY s.task_id, s.slot",
        task_id=task_id,
        comparison=comparison,
    )
    gone = {(who, task) for who, task in holders if who != but}
    for who, task in sorted(gone):
        claims.release(unit, who, task)
    return len(gone)


def unfreeze(unit: Unit, task_id: int, comparison: str | None) -> bool:
    """Let tasks go on, unless another incident holds or withdrew them."""
    values = {"task_id": task_id, "comparison": comparison}
    held = unit.one(
        "SELECT 1 FROM incident WHERE freezes = 1 "
        "AND (state <> 'closed' OR outcome = 'withdraw') "
        "AND (task_id = :task_id OR comparison_id = :comparison) LIMIT 1",
        **values,
    )
    if held:
        return False
    unit.run(f"UPDATE task SET frozen = 0 WHERE {_TASKS.replace('t.', '')}", **values)
    return True


def hide(unit: Unit, comparison: str, incident_id: str, *, at: str) -> None:
    """Keep a comparison's texts from everybody."""
    unit.run(
        insert("hidden", conflict="DO NOTHING"),
        comparison_id=comparison,
        incident_id=incident_id,
        at=at,
    )


def show_again(unit: Unit, comparison: str) -> None:
    """Take back that a comparison is hidden, unless another incident hides it."""
    unit.run(
        "DELETE FROM hidden WHERE comparison_id = :comparison AND NOT EXISTS "
        "(SELECT 1 FROM incident i WHERE i.comparison_id = :comparison "
        "AND i.hides = 1)",
        comparison=comparison,
    )


def is_frozen(unit: Unit, task_id: int) -> bool:
    """Tell whether a task stands still until a lead has looked."""
    row = unit.one("SELECT frozen FROM task WHERE id = :id", id=task_id)
    return bool(row and row[0])


def hidden_by(unit: Unit, comparison: str) -> str | None:
    """Name the incident that hides a comparison."""
    row = unit.one(
        "SELECT incident_id FROM hidden WHERE comparison_id = :id", id=comparison
    )
    return row[0] if row else None


def body_of(unit: Unit, comparison: str) -> str | None:
    """Read a comparison's text even if it is hidden; the caller keeps account."""
    row = unit.one(
        "SELECT x.body FROM comparison c JOIN text x ON x.id = c.text_id "
        "WHERE c.id = :id",
        id=comparison,
    )
    return row[0] if row else None


def add_label(unit: Unit, task_id: int, comparison: str | None, label: str) -> None:
    """Give tasks a content label: from now on only people who opted in see them."""
    for id, labels in unit.all(
        f"SELECT t.id, t.labels FROM task t WHERE {_TASKS} ORDER BY t.id",
        task_id=task_id,
        comparison=comparison,
    ):
        have = orjson.loads(labels)
        if label not in have:
            unit.run(
                "UPDATE task SET labels = :labels WHERE id = :id",
                id=id,
                labels=canonical([*have, label]).decode(),
            )
