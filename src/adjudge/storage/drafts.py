"""Drafts: what people have said so far, kept until they sign."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit


OF_REVIEW = -1  # the occasion under which a reviewer's draft of a rewrite stands


@dataclass(frozen=True)
class SavedDraft:
    """A draft as it was last saved in one session."""

    task_id: int
    session: str
    seq: int
    body: str
    saved_at: str


def save(
    unit: Unit,
    *,
    who: str,
    task_id: int,
    occasion: int,
    session: str,
    seq: int,
    body: str,
    at: str,
) -> None:
    """Keep a draft; an older sequence number never replaces a newer one."""
    unit.run(
        insert(
            "draft",
            conflict="(annotator, task_id, occasion, session) DO UPDATE SET "
            "seq = excluded.seq, sha256 = excluded.sha256, body = excluded.body, "
            "saved_at = excluded.saved_at WHERE excluded.seq > draft.seq",
        ),
        annotator=who,
        task_id=task_id,
        occasion=occasion,
        session=session,
        seq=seq,
        sha256=hashlib.sha256(body.encode()).hexdigest(),
        body=body,
        saved_at=at,
    )


def of_task(unit: Unit, who: str, task_id: int, occasion: int = 0) -> list[SavedDraft]:
    """List a person's drafts of a task, newest first; a damaged one is left out."""
    rows = unit.all(
        "SELECT task_id, session, seq, body, saved_at, sha256 FROM draft "
        "WHERE annotator = :who AND task_id = :task_id AND occasion = :occasion "
        "ORDER BY saved_at DESC, session",
        who=who,
        task_id=task_id,
        occasion=occasion,
    )
    return [
        SavedDraft(*row[:5])
        for row in rows
        if hashlib.sha256(row[3].encode()).hexdigest() == row[5]
    ]


def waiting(unit: Unit, who: str) -> list[tuple[str, str, str]]:
    """List drafts to come back to: queue, comparison, when saved."""
    return [
        (queue, comparison, at)
        for queue, comparison, at in unit.all(
            "SELECT t.queue, coalesce(t.comparison_id, t.import_id), max(d.saved_at) "
            "FROM draft d JOIN task t ON t.id = d.task_id WHERE d.annotator = :who "
            "AND d.occasion <> :review AND NOT EXISTS (SELECT 1 FROM slot s "
            "WHERE s.task_id = d.task_id AND s.annotator = d.annotator "
            "AND s.occasion = d.occasion AND s.state = 2) "
            "GROUP BY 1, 2 ORDER BY max(d.saved_at) DESC",
            who=who,
            review=OF_REVIEW,
        )
    ]


def drop(unit: Unit, who: str, task_id: int) -> None:
    """Forget the drafts of a task that was signed or passed on."""
    unit.run(
        "DELETE FROM draft WHERE annotator = :who AND task_id = :task_id "
        "AND occasion <> :review",
        who=who,
        task_id=task_id,
        review=OF_REVIEW,
    )


def drop_of(unit: Unit, who: str, task_id: int, occasion: int) -> None:
    """Forget the drafts of one occasion."""
    unit.run(
        "DELETE FROM draft WHERE annotator = :who AND task_id = :task_id "
        "AND occasion = :occasion",
        who=who,
        task_id=task_id,
        occasion=occasion,
    )


def drop_window(
    unit: Unit, who: str, task_id: int, occasion: int, session: str
) -> None:
    """Forget what one window keeps of a task."""
    unit.run(
        "DELETE FROM draft WHERE annotator = :who AND task_id = :task_id "
        "AND occasion = :occasion AND session = :session",
        who=who,
        task_id=task_id,
        occasion=occasion,
        session=session,
    )


def of_others(
    unit: Unit, who: str, task_id: int, occasion: int, session: str
) -> list[SavedDraft]:
    """List what a person's other windows keep of a task, newest first."""
    found = of_task(unit, who, task_id, occasion)
    return [draft for draft in found if draft.session != session]
