"""What an export reads of rewrites: the newest of each person, with its task."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adjudge.domain.record import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adjudge.storage.engine.store import Unit


class Written(NamedTuple):
    """A rewrite task with somebody's newest rewrite; its own texts as JSON.

    Attributes:
        body: The task; ``None`` where it is erased.
        withdrawn: Whether a user whose words it holds took their consent back.
        id: The rewrite; ``None`` while nobody has written one, as all that follows.
        text: ``None`` where there is none to write, or it is erased.
        state: Of its review.
    """

    task: str
    queue: str
    batch: str | None
    frozen: int
    consent: str
    topic: str | None
    source: str
    events: str
    body: str | None
    withdrawn: int
    id: str | None
    annotator: str | None
    outcome: str | None
    text: str | None
    reasons: str | None
    sources: str | None
    fixed_by: str | None
    seconds: float | None
    guideline: str | None
    state: str | None
    reviewer: str | None


_SEEN = (
    "coalesce(<t>.import_id, '') NOT IN (SELECT id FROM import WHERE state = 'open')"
)
_STANDING = (
    "SELECT w.id, w.rewrite_task, w.annotator, w.outcome, w.text_id, w.reasons, "
    "w.sources, w.fixed_by, w.seconds, w.guideline, v.state, v.reviewer "
    "FROM rewrite w JOIN rewrite_review v ON v.rewrite_id = w.id "
    f"WHERE v.state NOT IN ('superseded', 'fixed') AND {_SEEN.replace('<t>', 'w')} "
    "AND NOT EXISTS (SELECT 1 FROM rewrite n WHERE n.rewrite_task = w.rewrite_task "
    "AND n.annotator = w.annotator AND n.revision > w.revision "
    f"AND {_SEEN.replace('<t>', 'n')})"
)
_WRITTEN = (
    "SELECT r.id, r.queue, t.batch, t.frozen, r.consent, r.topic, r.source, r.events, "
    "y.body, EXISTS (SELECT 1 FROM derived_text d JOIN withdrawn_user u "
    "ON u.user_id = d.user_id WHERE d.text_id = r.text_id), w.id, w.annotator, "
    "w.outcome, x.body, w.reasons, w.sources, w.fixed_by, w.seconds, w.guideline, "
    "w.state, w.reviewer FROM rewrite_task r JOIN task t ON t.id = r.task_id "
    f"JOIN text y ON y.id = r.text_id LEFT JOIN ({_STANDING}) w "
    "ON w.rewrite_task = r.id LEFT JOIN text x ON x.id = w.text_id "
)


def written(unit: Unit, queue: str) -> Iterator[Written]:
    """Stream the tasks of a queue with what was written, by task and author."""
    for row in unit.stream(
        f"{_WRITTEN} WHERE r.queue = :queue ORDER BY r.id, w.annotator, w.id",
        chunk=200,
        queue=queue,
    ):
        yield Written(*row)


def by_id(unit: Unit, id: str) -> Written | None:
    """Find a rewrite that is the newest of its author, with its task."""
    row = unit.one(f"{_WRITTEN} WHERE w.id = :id", id=id)
    return Written(*row) if row else None


def conversations(unit: Unit) -> Iterator[tuple[str, str]]:
    """Stream (conversation, body) of rewrite tasks that come from a conversation."""
    yield from unit.stream(
        "SELECT a.conversation_id, y.body FROM rewrite_task r "
        "JOIN text y ON y.id = r.text_id JOIN answer a ON a.message_id = r.message_id "
        "WHERE y.body IS NOT NULL AND a.conversation_id IS NOT NULL "
        "ORDER BY a.conversation_id, r.id",
        chunk=200,
    )


def withdrawn(unit: Unit, comparisons: Iterable[str]) -> set[str]:
    """Find comparisons made of words of users who took their consent back."""
    rows = unit.all(
        "SELECT DISTINCT c.id FROM comparison c JOIN derived_text d "
        "ON d.text_id = c.text_id JOIN withdrawn_user u ON u.user_id = d.user_id "
        "WHERE c.id IN {among ids}",
        ids=canonical(sorted(comparisons)).decode(),
    )
    return {row[0] for row in rows}
