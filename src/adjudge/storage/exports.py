"""What an export reads: tasks with their texts, and the judgments that stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adjudge.domain.record import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adjudge.storage.store import Unit


class TaskText(NamedTuple):
    """A work task with the body of its comparison; ``None`` where erased or hidden."""

    task_id: int
    batch: str | None
    judged_digest: str
    consent: str
    prompt_digest: str
    conversation: str | None
    body: str | None


class Cast(NamedTuple):
    """A standing judgment; what follows the digest only where it was asked for.

    Attributes:
        ranking: Tiers by place in file order, for example ``1>0``.
        shown: Places in the order they were shown, for example ``1,0``.
        reasons: JSON; so are the ratings.
    """

    task_id: int
    id: str
    annotator: str
    ranking: str
    shown: str | None
    seconds: float | None
    guideline: str | None
    judged_digest: str
    occasion: int = 0
    margin: int | None = None
    none_acceptable: int = 0
    reasons: str = "{}"
    ratings: str = "{}"
    note: str | None = None
    at: str | None = None
    source: str = ""
    late: int = 0
    surplus: int = 0


_SHORT = (
    "s.task_id, j.id, j.annotator, j.ranking, j.shown, j.seconds, j.guideline, "
    "j.judged_digest"
)
_FULL = (
    ", j.occasion, j.margin, j.none_acceptable, j.reasons, j.ratings, n.body, j.at, "
    "j.source, s.late, s.surplus"
)


def texts(unit: Unit, task_ids: Iterable[int]) -> dict[int, TaskText]:
    """Load tasks with their texts."""
    rows = unit.all(
        "SELECT t.id, t.batch, c.judged_digest, c.consent, c.prompt_digest, "
        "c.conversation_id, CASE WHEN EXISTS (SELECT 1 FROM hidden h "
        "WHERE h.comparison_id = c.id) THEN NULL ELSE x.body END "
        "FROM task t JOIN comparison c ON c.id = t.comparison_id "
        "JOIN text x ON x.id = c.text_id WHERE t.id IN {among numbers ids}",
        ids=canonical(list(task_ids)).decode(),
    )
    return {row[0]: TaskText(*row) for row in rows}


def casts(unit: Unit, task_ids: Iterable[int], *, full: bool) -> dict[int, list[Cast]]:
    """Load the standing judgments of tasks, by their ids; repeats are none."""
    columns = _SHORT + (_FULL if full else "")
    notes = "LEFT JOIN text n ON n.id = j.note_id " if full else ""
    found: dict[int, list[Cast]] = {}
    for row in unit.all(
        f"SELECT {columns} FROM slot s "
        f"JOIN judgment j ON j.id = s.judgment_id {notes}"
        "WHERE s.task_id IN {among numbers ids} AND s.state = 2 "
        "AND s.purpose IN ('first', 'rejudge') ORDER BY s.task_id, j.id",
        ids=canonical(list(task_ids)).decode(),
    ):
        found.setdefault(row[0], []).append(Cast(*row))
    return found


def conversations(unit: Unit) -> Iterator[tuple[str, str]]:
    """Stream (conversation, body) of comparisons that come from a conversation."""
    yield from unit.stream(
        "SELECT c.conversation_id, x.body FROM comparison c "
        "JOIN text x ON x.id = c.text_id WHERE x.body IS NOT NULL "
        "AND c.conversation_id IS NOT NULL ORDER BY c.conversation_id, c.id"
    )
