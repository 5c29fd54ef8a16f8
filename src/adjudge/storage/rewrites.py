"""Rewrite tasks, rewrites and their reviews: added, superseded, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.record import canonical
from adjudge.domain.rewriting import RewriteTask
from adjudge.storage import covered, text_ids
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from adjudge.domain.queue import Queue
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Made:
    """A task to be added.

    Attributes:
        digest: Of what is to be rewritten; the same id must have the same.
    """

    task: RewriteTask
    digest: str
    source: str
    events: tuple[str, ...] = ()
    message_id: str | None = None
    consent: str = "not_applicable"
    priority: int = 0
    line: int = 0


@dataclass(frozen=True)
class Written:
    """A rewrite with where it stands.

    Attributes:
        weight: Declared expertise of its author in the topic; 1 where none is.
        reviewer_weight: That of whoever reviews it.
        guideline: The version it was written under, where it names one.
        is_erased: The words of the task are gone: their user took consent back.
    """

    id: str
    task: str
    task_id: int
    queue: str
    annotator: str
    outcome: str
    text: str | None
    edited_share: float | None
    reasons: tuple[str, ...]
    sources: tuple[str, ...]
    revision: int
    state: str
    reviewer: str | None
    why: str | None
    clause: str | None
    fixed_by: str | None
    topic: str | None
    weight: float
    reviewer_weight: float | None
    guideline: str | None
    is_erased: bool


def text_id(id: str) -> str:
    """Name the text of a rewrite task."""
    return text_ids.of_rewrite(id)


def digests(unit: Unit, ids: Iterable[str]) -> dict[str, str]:
    """Find which tasks stand in the store, with the hash of what they ask."""
    return dict(
        unit.all(
            "SELECT id, content_digest FROM rewrite_task WHERE id IN {among ids}",
            ids=canonical(list(ids)).decode(),
        )
    )


def add_tasks(unit: Unit, made: Sequence[Made], *, queue: str, import_id: str) -> int:
    """Add what is to be rewritten; tasks of work are made when it is published."""
    unit.load(
        "text",
        [
            {
                "id": text_id(m.task.id),
                "body": m.task.content().decode(),
                "erased_at": None,
            }
            for m in made
        ],
    )
    return unit.load(
        "rewrite_task",
        [
            {
                "id": m.task.id,
                "task_id": None,
                "queue": queue,
                "text_id": text_id(m.task.id),
                "message_id": m.message_id,
                "source": m.source,
                "events": canonical(list(m.events)).decode(),
                "consent": m.consent,
                "topic": m.task.topic,
                "language": m.task.language,
                "priority": m.priority,
                "content_digest": m.digest,
                "import_id": import_id,
                "line": m.line,
            }
            for m in made
        ],
    )


def make_tasks(unit: Unit, queue: Queue, *, import_id: str, batch: str | None) -> int:
    """Make tasks and open slots of what an import or a fill has added."""
    values = {"import_id": import_id, "queue": queue.name}
    made = unit.run(
        "INSERT INTO task (queue, kind, role, comparison_id, batch, priority, overlap, "
        "topic, language, labels, import_id) SELECT r.queue, 'rewrite', 'work', NULL, "
        ":batch, r.priority, :overlap, r.topic, r.language, '[]', "
        "'rewrite:' || r.id FROM rewrite_task r WHERE r.import_id = :import_id "
        "AND r.queue = :queue AND r.task_id IS NULL "
        "ORDER BY r.priority DESC, r.line, r.id",
        batch=batch,
        overlap=queue.wanted,
        **values,
    )
    unit.run(
        "UPDATE rewrite_task SET task_id = (SELECT t.id FROM task t "
        "WHERE t.import_id = 'rewrite:' || rewrite_task.id) "
        "WHERE import_id = :import_id AND queue = :queue AND task_id IS NULL",
        **values,
    )
    unit.run(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
        "WHERE i + 1 < :overlap) "
        "INSERT INTO slot (task_id, slot, queue, precedence, state, occasion, purpose, "
        "late, surplus) SELECT t.id, n.i, t.queue, -t.priority, 0, 0, 'open', 0, 0 "
        "FROM rewrite_task r JOIN task t ON t.id = r.task_id JOIN n ON n.i < t.overlap "
        "WHERE r.import_id = :import_id AND r.queue = :queue ORDER BY t.id, n.i",
        overlap=queue.wanted,
        **values,
    )
    return made


_HIDDEN = (
    "EXISTS (SELECT 1 FROM incident i WHERE i.task_id = r.task_id AND i.hides = 1)"
)


def task(unit: Unit, task_id: int) -> RewriteTask | None:
    """Load what is to be rewritten; ``None`` if unknown, erased or hidden."""
    row = unit.one(
        "SELECT x.body FROM rewrite_task r JOIN text x ON x.id = r.text_id "
        f"WHERE r.task_id = :id AND NOT {_HIDDEN}",
        id=task_id,
    )
    return RewriteTask.model_validate_json(row[0]) if row and row[0] else None


def labels(unit: Unit, task_id: int) -> tuple[str, ...]:
    """List the content labels of a task, as people and flags have set them."""
    row = unit.one("SELECT labels FROM task WHERE id = :id", id=task_id)
    return tuple(orjson.loads(row[0])) if row else ()


def asked(unit: Unit, queue: str) -> set[str]:
    """List the messages that are tasks of a queue already."""
    rows = unit.all(
        "SELECT message_id FROM rewrite_task WHERE queue = :queue "
        "AND message_id IS NOT NULL",
        queue=queue,
    )
    return {row[0] for row in rows}


def prompts(unit: Unit, queue: str) -> Iterator[str]:
    """Stream the prompts of a queue's tasks as texts."""
    for (body,) in unit.stream(
        "SELECT x.body FROM rewrite_task r JOIN text x ON x.id = r.text_id "
        "WHERE r.queue = :queue AND x.body IS NOT NULL ORDER BY r.id",
        queue=queue,
    ):
        prompt = orjson.loads(body)["prompt"]
        yield "\n".join(message.get("content") or "" for message in prompt)


# --- rewrites ------------------------------------------------------------------
def known(unit: Unit, ids: Iterable[str]) -> dict[str, str | None]:
    """Find which rewrites stand in the store, and what became of their review."""
    rows = unit.all(
        "SELECT w.id, v.state FROM rewrite w LEFT JOIN rewrite_review v "
        "ON v.rewrite_id = w.id WHERE w.id IN {among ids}",
        ids=canonical(list(ids)).decode(),
    )
    return {str(id): state for id, state in rows}


def newest(unit: Unit, task: str, who: str) -> tuple[str, int] | None:
    """Find somebody's newest rewrite of a task: its id and revision."""
    row = unit.one(
        "SELECT id, revision FROM rewrite WHERE rewrite_task = :task "
        "AND annotator = :who ORDER BY revision DESC LIMIT 1",
        task=task,
        who=who,
    )
    return (row[0], int(row[1])) if row else None


def add(unit: Unit, *, text: str | None, **values: Any) -> None:
    """Add a rewrite; its words stand apart."""
    id = values["id"]
    if text is not None:
        unit.load("text", [{"id": f"rewrite:{id}", "body": text, "erased_at": None}])
    row = {
        "supersedes": None,
        "started_from": None,
        "spans": "[]",
        "fixed_by": None,
        "guideline": None,
        "late": 0,
        "surplus": 0,
        "meta": "{}",
        "import_id": None,
        "line": 0,
        **values,
        "text_id": f"rewrite:{id}" if text is not None else None,
    }
    unit.run(insert("rewrite"), **row)


def send_to_review(
    unit: Unit,
    rewrite_id: str,
    queue: str,
    *,
    approved_by: str | None = None,
    at: str | None = None,
    import_id: str | None = None,
) -> None:
    """Let a rewrite wait for a second expert, unless one has approved it already."""
    unit.run(
        insert("rewrite_review", conflict="DO NOTHING"),
        rewrite_id=rewrite_id,
        queue=queue,
        state="approved" if approved_by else "submitted",
        reviewer=approved_by,
        lease_until=None,
        clause=None,
        text_id=None,
        fixed_id=None,
        seconds=None,
        at=at if approved_by else None,
        import_id=import_id,
    )


def supersede(unit: Unit, rewrite_id: str) -> None:
    """Let a rewrite that a newer one replaces wait for nobody."""
    unit.run(
        "UPDATE rewrite_review SET state = 'superseded' WHERE rewrite_id = :id "
        "AND state = 'submitted'",
        id=rewrite_id,
    )


def place(unit: Unit, task_id: int, who: str, rewrite_id: str) -> bool:
    """Put an imported rewrite into a slot; ``False`` if it is beyond the overlap."""
    values = {"task_id": task_id, "who": who, "rewrite_id": rewrite_id}
    if unit.run(
        "UPDATE slot SET judgment_id = :rewrite_id WHERE task_id = :task_id "
        "AND annotator = :who AND occasion = 0 AND state = 2",
        **values,
    ):
        return True
    if unit.run(
        "UPDATE slot SET state = 2, annotator = :who, purpose = 'first', "
        "judgment_id = :rewrite_id, claimed_at = {now} WHERE task_id = :task_id "
        "AND slot = (SELECT min(s.slot) FROM slot s WHERE s.task_id = :task_id "
        "AND s.state = 0)",
        **values,
    ):
        return True
    unit.run(
        "INSERT INTO slot (task_id, slot, queue, precedence, state, annotator, "
        "occasion, purpose, claimed_at, judgment_id, late, surplus) SELECT t.id, "
        "(SELECT coalesce(max(x.slot), -1) + 1 FROM slot x WHERE x.task_id = t.id), "
        "t.queue, -t.priority, 2, :who, 0, 'first', {now}, :rewrite_id, 0, 1 "
        "FROM task t WHERE t.id = :task_id",
        **values,
    )
    return False


def of_import(unit: Unit, import_id: str) -> list[tuple[str, int, str]]:
    """List rewrites of an import in file order: id, task, annotator."""
    return [
        (id, int(task_id), who)
        for id, task_id, who in unit.all(
            "SELECT w.id, r.task_id, w.annotator FROM rewrite w "
            "JOIN rewrite_task r ON r.id = w.rewrite_task "
            "WHERE w.import_id = :id ORDER BY w.line",
            id=import_id,
        )
    ]


def discard(unit: Unit, import_id: str) -> None:
    """Forget tasks and rewrites of an import that was never published."""
    unit.run("DELETE FROM rewrite_review WHERE import_id = :id", id=import_id)
    texts = [
        row[0]
        for row in unit.all(
            "SELECT text_id FROM rewrite WHERE import_id = :id AND text_id IS NOT NULL "
            "UNION ALL SELECT text_id FROM rewrite_task WHERE import_id = :id",
            id=import_id,
        )
    ]
    unit.run("DELETE FROM rewrite WHERE import_id = :id", id=import_id)
    unit.run("DELETE FROM rewrite_task WHERE import_id = :id", id=import_id)
    unit.run("DELETE FROM text WHERE id IN {among ids}", ids=canonical(texts).decode())
    for table in ("rewrite", "rewrite_task"):
        covered.discard(unit, table)


_SEEN = "coalesce(w.import_id, '') NOT IN (SELECT id FROM import WHERE state = 'open')"
# What somebody declared to know of the task's topic, of every topic, or nothing.
_WEIGHT = (
    "coalesce((SELECT e.weight FROM expertise e WHERE e.person = {who} "
    "AND e.topic = r.topic), (SELECT e.weight FROM expertise e "
    "WHERE e.person = {who} AND e.topic = '*'), 1.0)"
)
_WRITTEN = (
    "SELECT w.id, w.rewrite_task, r.task_id, r.queue, w.annotator, w.outcome, x.body, "
    "w.edited_share, w.reasons, w.sources, w.revision, v.state, v.reviewer, y.body, "
    f"v.clause, w.fixed_by, r.topic, {_WEIGHT.format(who='w.annotator')}, "
    f"CASE WHEN v.reviewer IS NOT NULL THEN {_WEIGHT.format(who='v.reviewer')} END, "
    "w.guideline, z.body IS NULL "
    "FROM rewrite w JOIN rewrite_task r ON r.id = w.rewrite_task "
    "JOIN rewrite_review v ON v.rewrite_id = w.id "
    "LEFT JOIN text x ON x.id = w.text_id LEFT JOIN text y ON y.id = v.text_id "
    "LEFT JOIN text z ON z.id = r.text_id "
)


def find(unit: Unit, id: str) -> Written | None:
    """Load a rewrite by its id, or the newest one of a task by the task's."""
    row = unit.one(f"{_WRITTEN} WHERE w.id = :id AND {_SEEN}", id=id) or unit.one(
        f"{_WRITTEN} WHERE w.rewrite_task = :id AND {_SEEN} "
        "ORDER BY w.revision DESC, w.received_at DESC, w.id LIMIT 1",
        id=id,
    )
    return _written(row) if row else None


def listed(unit: Unit, queue: str, *, state: str | None = None) -> list[Written]:
    """List rewrites of a queue, those that came back and were mended first."""
    rows = unit.all(
        f"{_WRITTEN} WHERE r.queue = :queue AND (:state = '' OR v.state = :state) "
        f"AND {_SEEN} ORDER BY w.revision DESC, w.received_at, w.line, w.id",
        queue=queue,
        state=state or "",
    )
    return [_written(row) for row in rows]


def _written(row: tuple[Any, ...]) -> Written:
    said = (*row[:8], tuple(orjson.loads(row[8])), tuple(orjson.loads(row[9])))
    rest: tuple[Any, ...] = (*row[10:-1], bool(row[-1]))
    return Written(*said, *rest)


def states(unit: Unit, queue: str) -> dict[str, int]:
    """Count a queue's rewrites by state, and by outcome."""
    found = {
        str(state): int(n)
        for state, n in unit.all(
            "SELECT v.state, count(*) FROM rewrite_review v JOIN rewrite w "
            f"ON w.id = v.rewrite_id WHERE v.queue = :queue AND {_SEEN} "
            "GROUP BY v.state ORDER BY v.state",
            queue=queue,
        )
    }
    for outcome, n in unit.all(
        "SELECT w.outcome, count(*) FROM rewrite w JOIN rewrite_review v "
        "ON v.rewrite_id = w.id WHERE v.queue = :queue AND v.state <> 'superseded' "
        f"AND v.state <> 'fixed' AND {_SEEN} GROUP BY w.outcome ORDER BY w.outcome",
        queue=queue,
    ):
        found[str(outcome)] = int(n)
    return found


def take_review(unit: Unit, queue: str, who: str, *, seconds: float) -> str | None:
    """Hold the next rewrite that waits for a review, never one's own.

    What came back mended is first; then topics in which the reviewer is an expert.
    """
    expertise = _WEIGHT.format(who=":who")
    row = unit.one(
        "UPDATE rewrite_review SET reviewer = :who, lease_until = {now} + :seconds "
        "WHERE state = 'submitted' AND rewrite_id = (SELECT v.rewrite_id "
        "FROM rewrite_review v JOIN rewrite w ON w.id = v.rewrite_id "
        "JOIN rewrite_task r ON r.id = w.rewrite_task JOIN task t ON t.id = r.task_id "
        "JOIN text x ON x.id = r.text_id WHERE v.queue = :queue "
        "AND v.state = 'submitted' AND w.annotator <> :who AND t.frozen = 0 "
        f"AND NOT {_HIDDEN} AND x.body IS NOT NULL AND {_SEEN} "
        "AND (v.lease_until IS NULL OR v.lease_until < {now} OR v.reviewer = :who) "
        "ORDER BY CASE WHEN v.reviewer = :who AND v.lease_until >= {now} THEN 0 "
        f"ELSE 1 END, w.revision DESC, {expertise} DESC, w.received_at, w.line, w.id "
        "LIMIT 1 {skip_locked}) RETURNING rewrite_id",
        queue=queue,
        who=who,
        seconds=seconds,
    )
    return row[0] if row else None


def extend_review(unit: Unit, rewrite_id: str, who: str, *, seconds: float) -> bool:
    """Prolong a reviewer's hold; ``False`` if it is theirs no more."""
    return (
        unit.run(
            "UPDATE rewrite_review SET lease_until = {now} + :seconds WHERE "
            "rewrite_id = :id AND state = 'submitted' AND reviewer = :who",
            id=rewrite_id,
            who=who,
            seconds=seconds,
        )
        == 1
    )


def release_review(unit: Unit, rewrite_id: str, who: str) -> None:
    """Let somebody else review it."""
    unit.run(
        "UPDATE rewrite_review SET lease_until = NULL, reviewer = NULL "
        "WHERE rewrite_id = :id AND state = 'submitted' AND reviewer = :who",
        id=rewrite_id,
        who=who,
    )


def to_review(unit: Unit, queue: str, who: str) -> tuple[int, int]:
    """Count what somebody reviewed in a queue, and what waits for them."""
    row = unit.one(
        "SELECT coalesce(sum(CASE WHEN v.state <> 'submitted' AND v.reviewer = :who "
        "AND w.fixed_by IS NULL THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN "
        "v.state = 'submitted' AND w.annotator <> :who AND t.frozen = 0 "
        f"AND NOT {_HIDDEN} AND x.body IS NOT NULL THEN 1 ELSE 0 END), 0) "
        "FROM rewrite_review v JOIN rewrite w ON w.id = v.rewrite_id "
        "JOIN rewrite_task r ON r.id = w.rewrite_task JOIN task t ON t.id = r.task_id "
        f"JOIN text x ON x.id = r.text_id WHERE v.queue = :queue AND {_SEEN}",
        queue=queue,
        who=who,
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)


def close_review(
    unit: Unit,
    rewrite_id: str,
    *,
    state: str,
    reviewer: str,
    why: str,
    clause: str | None,
    fixed_id: str | None = None,
    seconds: float | None = None,
    at: str,
) -> bool:
    """Say what a reviewer decided; ``False`` if the rewrite waits for no review."""
    closed = unit.run(
        "UPDATE rewrite_review SET state = :state, reviewer = :reviewer, "
        "clause = :clause, text_id = :text_id, fixed_id = :fixed_id, "
        "seconds = :seconds, at = :at, lease_until = NULL "
        "WHERE rewrite_id = :id AND state = 'submitted'",
        id=rewrite_id,
        state=state,
        reviewer=reviewer,
        clause=clause,
        text_id=f"rewrite-review:{rewrite_id}" if why else None,
        fixed_id=fixed_id,
        seconds=seconds,
        at=at,
    )
    if closed and why:
        id = f"rewrite-review:{rewrite_id}"
        unit.load("text", [{"id": id, "body": why, "erased_at": None}])
    return closed == 1


def stand_in(unit: Unit, old: str, new: str) -> None:
    """Let a fixed rewrite stand in the slot of the one it fixes."""
    unit.run(
        "UPDATE slot SET judgment_id = :new WHERE judgment_id = :old AND state = 2",
        old=old,
        new=new,
    )
