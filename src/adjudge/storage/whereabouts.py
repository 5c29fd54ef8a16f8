"""What became of judgments and comparisons that an older version stood on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.record import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.storage.engine.store import Unit


def of_judgments(unit: Unit, ids: Iterable[str]) -> dict[str, str]:
    """Say of those that do not stand any more whether withdrawn or superseded."""
    return dict(
        unit.all(
            "SELECT j.id, CASE WHEN w.judgment_id IS NOT NULL THEN 'withdrawn' "
            "ELSE 'superseded' END FROM judgment j "
            "LEFT JOIN withdrawal w ON w.judgment_id = j.id "
            "WHERE j.id IN {among ids} AND NOT EXISTS (SELECT 1 FROM slot s "
            "WHERE s.task_id = j.task_id AND s.judgment_id = j.id)",
            ids=canonical(sorted(ids)).decode(),
        )
    )


def of_comparison(unit: Unit, queue: str, id: str) -> str | None:
    """Say what keeps a comparison in since: frozen, hidden or erased."""
    row = unit.one(
        "SELECT t.frozen, x.body IS NULL, EXISTS (SELECT 1 FROM hidden h "
        "WHERE h.comparison_id = c.id) FROM task t JOIN comparison c "
        "ON c.id = t.comparison_id JOIN text x ON x.id = c.text_id "
        "WHERE t.queue = :queue AND c.id = :id AND t.role = 'work'",
        queue=queue,
        id=id,
    )
    if row is None:
        return None
    frozen, erased, hidden = row
    return "erased" if erased or hidden else "frozen" if frozen else None
