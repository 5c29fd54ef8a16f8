"""Judgments that were drawn for a second look: who holds them, what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adjudge.domain.record import canonical
from adjudge.storage.claims import LABELS
from adjudge.storage.comparisons import SHOWN
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Reviewer:
    """Somebody who reviews what others judged.

    Attributes:
        labels: Content labels they may get today; ``None`` where any.
    """

    who: str
    labels: frozenset[str] | None = None

    def values(self) -> dict[str, Any]:
        """Give the parameters of ``_WAITS``."""
        return {
            "who": self.who,
            "labels": canonical(sorted(self.labels or ())).decode(),
            "any_label": int(self.labels is None),
        }


_STANDS = "s.task_id = j.task_id AND s.judgment_id = j.id AND s.state = 2"
# It stands, is somebody else's, and may be shown to whoever asks.
_WAITS = (
    "r.state = 'open' AND (SELECT 1 FROM judgment j JOIN task t ON t.id = j.task_id "
    f"JOIN slot s ON {_STANDS} "
    "JOIN comparison c ON c.id = j.comparison_id JOIN text x ON x.id = c.text_id "
    "WHERE j.id = r.judgment_id AND j.annotator <> :who AND t.frozen = 0 "
    f"AND (:any_label = 1 OR {LABELS}) AND x.body IS NOT NULL AND {SHOWN} LIMIT 1) "
    "IS NOT NULL"
)


def draw(unit: Unit, judgment_id: str, queue: str) -> None:
    """Send a judgment to a reviewer."""
    unit.run(
        insert("review", conflict="DO NOTHING"),
        judgment_id=judgment_id,
        queue=queue,
        state="open",
        reviewer=None,
        lease_until=None,
        clause=None,
        note_id=None,
        seconds=None,
        at=None,
    )


def waiting(unit: Unit, queue: str, not_of: str) -> list[dict[str, Any]]:
    """List judgments that wait for a review by somebody else than their author."""
    return [
        {"judgment": id, "annotator": who, "comparison": comparison}
        for id, who, comparison in unit.all(
            "SELECT r.judgment_id, j.annotator, j.comparison_id FROM review r "
            "JOIN judgment j ON j.id = r.judgment_id WHERE r.queue = :queue "
            "AND r.state = 'open' AND j.annotator <> :who AND (SELECT 1 FROM slot s "
            f"WHERE {_STANDS} LIMIT 1) IS NOT NULL ORDER BY r.judgment_id",
            queue=queue,
            who=not_of,
        )
    ]


def state(unit: Unit, judgment_id: str) -> str | None:
    """Tell what became of a review; ``None`` of what was never drawn."""
    row = unit.one("SELECT state FROM review WHERE judgment_id = :id", id=judgment_id)
    return row[0] if row else None


def counts(unit: Unit, reviewer: Reviewer) -> dict[str, tuple[int, int]]:
    """Count by queue what somebody reviewed, and what waits for them."""
    return {
        queue: (int(done), int(left))
        for queue, done, left in unit.all(
            "SELECT r.queue, sum(CASE WHEN r.state <> 'open' THEN 1 ELSE 0 END), "
            f"sum(CASE WHEN {_WAITS} THEN 1 ELSE 0 END) FROM review r "
            "WHERE r.state = 'open' OR r.reviewer = :who GROUP BY r.queue",
            **reviewer.values(),
        )
    }


def take(
    unit: Unit,
    queue: str,
    reviewer: Reviewer,
    *,
    leaving: Iterable[str],
    seconds: float,
) -> str | None:
    """Hold the next judgment that waits for a review, the one in hand before others.

    Args:
        unit: The unit of work.
        queue: The queue.
        reviewer: Who reviews.
        leaving: What they leave to others.
        seconds: How long it is theirs, by the database's clock.
    """
    values = {
        **reviewer.values(),
        "queue": queue,
        "leaving": canonical(sorted(leaving)).decode(),
        "seconds": seconds,
    }
    row = unit.one(_TAKE.replace("<whose>", _MINE), **values)
    row = row or unit.one(_TAKE.replace("<whose>", _NOBODYS), **values)
    return row[0] if row else None


# In the order of the index: what comes first is held without a look at the rest.
_TAKE = (
    "UPDATE review SET reviewer = :who, lease_until = {now} + :seconds "
    "WHERE state = 'open' AND judgment_id = (SELECT r.judgment_id FROM review r "
    f"WHERE r.queue = :queue AND <whose> AND {_WAITS} "
    "AND r.judgment_id NOT IN {among leaving} "
    "ORDER BY r.judgment_id LIMIT 1 {skip_locked}) RETURNING judgment_id"
)
_MINE = "r.reviewer = :who AND r.lease_until >= {now}"
_NOBODYS = "(r.lease_until IS NULL OR r.lease_until < {now} OR r.reviewer = :who)"


def extend(unit: Unit, judgment_id: str, who: str, *, seconds: float) -> bool:
    """Prolong a reviewer's hold; ``False`` if it is theirs no more."""
    return (
        unit.run(
            "UPDATE review SET lease_until = {now} + :seconds WHERE "
            "judgment_id = :id AND state = 'open' AND reviewer = :who",
            id=judgment_id,
            who=who,
            seconds=seconds,
        )
        == 1
    )


def release(unit: Unit, judgment_id: str, who: str) -> None:
    """Let somebody else review it."""
    unit.run(
        "UPDATE review SET lease_until = NULL, reviewer = NULL "
        "WHERE judgment_id = :id AND state = 'open' AND reviewer = :who",
        id=judgment_id,
        who=who,
    )


def close(
    unit: Unit,
    judgment_id: str,
    *,
    state: str,
    reviewer: str,
    clause: str | None,
    seconds: float,
    at: str,
) -> bool:
    """Accept or return a judgment; ``False`` if it waits for no review."""
    return (
        unit.run(
            "UPDATE review SET state = :state, reviewer = :reviewer, "
            "clause = :clause, seconds = :seconds, at = :at, lease_until = NULL "
            "WHERE judgment_id = :id AND state = 'open'",
            id=judgment_id,
            state=state,
            reviewer=reviewer,
            clause=clause,
            seconds=seconds,
            at=at,
        )
        == 1
    )
