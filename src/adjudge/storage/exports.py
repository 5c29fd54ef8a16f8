"""What an export reads: tasks with their texts, and the judgments that stand."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from adjudge.domain.record import canonical
from adjudge.storage import results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from adjudge.domain.ids import JudgmentId
    from adjudge.storage.engine.store import Unit


class Task(NamedTuple):
    """A work task with the body of its comparison.

    Its first columns are those of ``results.TaskHead``: it is resolved as it is.

    Attributes:
        frozen: Whether an incident holds it back; 1 and 0 are as good.
        sent_on: Whether somebody passed it on for an expert; as above.
        body: ``None`` where erased or hidden.
    """

    comparison: str
    task_id: int
    response_ids: str
    overlap: int
    frozen: bool
    adjudicated: str | None
    sent_on: bool
    topic: str | None
    batch: str | None
    judged_digest: str
    consent: str
    body: str | None


class Cast(NamedTuple):
    """A standing judgment; what follows the digest is there where it was asked for.

    Its first columns are those of ``judgments.Ballot``, so that what was read once is
    resolved and exported.

    Attributes:
        ranking: Tiers by place in file order, for example ``1>0``.
        shown: Places in the order they were shown, for example ``1,0``.
        reasons: JSON; so are the ratings.
    """

    task_id: int
    id: JudgmentId
    annotator: str
    ranking: str
    margin: int | None
    none_acceptable: int
    occasion: int
    shown: str | None
    guideline: str | None
    seconds: float | None
    judged_digest: str
    reasons: str
    ratings: str
    note: str | None
    at: str | None
    source: str
    late: int
    surplus: int


_SHORT = (
    "s.task_id, j.id, j.annotator, j.ranking, j.margin, j.none_acceptable, "
    "j.occasion, j.shown, j.guideline, j.seconds, j.judged_digest"
)
_FULL = ", j.reasons, j.ratings, n.body, j.at, j.source, s.late, s.surplus"
STANDING = (
    "WHERE s.task_id IN {among numbers ids} AND s.state = 2 "
    "AND s.purpose IN ('first', 'rejudge')"
)


def tasks(unit: Unit, queue: str, *, chunk: int) -> Iterator[list[Task]]:
    """Read the work tasks of a queue with their texts, by the comparisons' ids.

    Args:
        unit: The unit of work.
        queue: The queue.
        chunk: How many are in memory at once.
    """
    rows = unit.stream(
        f"SELECT {results.HEAD}, t.batch, c.judged_digest, c.consent, "
        "CASE WHEN EXISTS (SELECT 1 FROM hidden h WHERE h.comparison_id = c.id) "
        f"THEN NULL ELSE x.body END FROM {results.TASKS} "
        f"JOIN text x ON x.id = c.text_id WHERE {results.OF_QUEUE}",
        chunk=chunk,
        queue=queue,
    )
    while part := list(map(_task, islice(rows, chunk))):
        yield part


def casts(unit: Unit, task_ids: Iterable[int], *, full: bool) -> dict[int, list[Cast]]:
    """Load the standing judgments of tasks, by their ids; repeats are none."""
    columns = _SHORT + (_FULL if full else "")
    notes = "LEFT JOIN text n ON n.id = j.note_id " if full else ""
    rows = unit.all(
        f"SELECT {columns} FROM slot s "
        f"JOIN judgment j ON j.id = s.judgment_id {notes}{STANDING}",
        ids=canonical(list(task_ids)).decode(),
    )
    rows.sort(key=_ID)
    found: defaultdict[int, list[Cast]] = defaultdict(list)
    for cast in map(_cast, rows):
        found[cast[0]].append(cast)
    return found


def standing(casts: Sequence[Cast]) -> list[Cast]:
    """Keep one judgment a person, by name; a rejudgment stands in for the first."""
    ordered = sorted(casts, key=_WHO)
    if not any(map(_OCCASION, ordered)):
        return ordered  # nobody has judged on another occasion
    last = None
    kept: list[Cast] = []
    for cast in ordered:
        if cast.annotator != last:
            kept.append(cast)
        elif cast.occasion > kept[-1].occasion:
            kept[-1] = cast
        last = cast.annotator
    return kept


_ID, _WHO, _OCCASION = itemgetter(1), itemgetter(2), itemgetter(6)
# As ``_make`` does it, without a step of Python: of every judgment of an export.
_task, _cast = partial(tuple.__new__, Task), partial(tuple.__new__, Cast)


def conversations(unit: Unit) -> Iterator[tuple[str, str]]:
    """Stream (conversation, body) of comparisons that come from a conversation."""
    yield from unit.stream(
        "SELECT c.conversation_id, x.body FROM comparison c "
        "JOIN text x ON x.id = c.text_id WHERE x.body IS NOT NULL "
        "AND c.conversation_id IS NOT NULL ORDER BY c.conversation_id, c.id"
    )
