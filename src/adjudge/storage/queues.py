"""Queues, batches, tasks and their slots: what there is to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjudge.domain.pay import PayPolicy, PayRules
from adjudge.domain.queue import Queue, Standing
from adjudge.domain.record import canonical
from adjudge.storage.engine.sql import insert
from adjudge.storage.slots import DONE, LEASED, OPEN

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit


def find(unit: Unit, name: str) -> Queue | None:
    """Find a queue by name."""
    row = unit.one("SELECT settings FROM queue WHERE name = :name", name=name)
    return Queue.model_validate_json(row[0]) if row else None


def every(unit: Unit) -> list[Queue]:
    """List all queues by name."""
    rows = unit.all("SELECT settings FROM queue ORDER BY name")
    return [Queue.model_validate_json(settings) for (settings,) in rows]


def add(unit: Unit, queue: Queue, *, at: str) -> bool:
    """Add a queue; ``False`` if there is one of that name."""
    statement = insert("queue", conflict="DO NOTHING")
    added = unit.run(statement, **_values(queue), added_at=at) == 1
    if added:
        _note_pay(unit, queue, at)
    return added


def change(unit: Unit, queue: Queue, *, at: str) -> None:
    """Take new settings; the tasks are for the caller to bring along."""
    unit.run(
        "UPDATE queue SET kind = :kind, overlap = :overlap, settings = :settings, "
        "paused = :paused WHERE name = :name",
        **_values(queue),
    )

    _note_pay(unit, queue, at)


def _note_pay(unit: Unit, queue: Queue, at: str) -> None:
    """Note since when a queue pays as it does: a past month is paid as it was."""
    row = unit.one(
        "SELECT seq, policy FROM pay_rule WHERE queue = :queue "
        "ORDER BY seq DESC LIMIT 1",
        queue=queue.name,
    )
    seq, before = row or (0, None)
    policy = None
    if queue.pay is not None:
        policy = canonical(queue.pay.model_dump(mode="json")).decode()
    if policy != before:
        unit.run(
            insert("pay_rule"), queue=queue.name, seq=seq + 1, since=at, policy=policy
        )


def pay_rules(unit: Unit) -> PayRules:
    """Load how every queue has paid, and since when."""
    found: dict[str, list[tuple[str, PayPolicy | None]]] = {}
    for queue, since, policy in unit.all(
        "SELECT queue, since, policy FROM pay_rule ORDER BY queue, seq"
    ):
        read = PayPolicy.model_validate_json(policy) if policy else None
        found.setdefault(queue, []).append((since, read))
    return PayRules({queue: tuple(rules) for queue, rules in found.items()})


def _values(queue: Queue) -> dict[str, Any]:
    return {
        "name": queue.name,
        "kind": queue.kind,
        "overlap": queue.overlap,
        "settings": canonical(queue.model_dump(mode="json")).decode(),
        "paused": int(queue.paused),
    }


def add_batch(unit: Unit, queue: str, name: str, *, at: str) -> None:
    """Name a wave of tasks, once."""
    unit.run(
        insert("batch", conflict="DO NOTHING"), queue=queue, name=name, added_at=at
    )


def set_overlap(unit: Unit, queue: str, wanted: int) -> None:
    """Bring every task of a queue to this many slots; no judgment is ever dropped.

    Raising first takes surplus judgments in, then opens new slots. Lowering
    withdraws open slots only; done ones beyond the overlap become surplus, and
    leased ones may finish.
    """
    unit.run(
        "UPDATE task SET overlap = :wanted WHERE queue = :queue AND overlap <> :wanted",
        queue=queue,
        wanted=wanted,
    )
    # Tasks that have just come are many more than the planner knows of.
    unit.count_again("slot", "task")
    fit_slots(unit, "queue = :queue", queue=queue)


def fit_slots(unit: Unit, which: str, **values: Any) -> None:
    """Open, withdraw and mark slots until every chosen task has its overlap.

    Done slots count first, then leased, then open: what is beyond the overlap is
    withdrawn when open and surplus when leased or done. So a task never has more
    slots than its overlap, surplus apart, and who hands in need not count.

    Args:
        unit: The unit of work.
        which: A condition on ``task``, in our own words.
        **values: Its parameters.
    """
    if unit.is_postgres:
        # No two of us at once; who hands in refers to a task and is not kept waiting.
        unit.one(
            "SELECT count(*) FROM (SELECT id FROM task "
            f"WHERE {which} ORDER BY id FOR NO KEY UPDATE) x",
            **values,
        )
    _withdraw(unit, which, **values)
    # On PostgreSQL somebody may claim what is being withdrawn, or is given a slot of
    # their own. We have waited for them, and look again.
    while unit.is_postgres and _is_overfull(unit, which, **values):
        _withdraw(unit, which, **values)
    while _open(unit, which, **values) and unit.is_postgres:
        pass


def _withdraw(unit: Unit, which: str, **values: Any) -> None:
    """Mark what is leased or done beyond the overlap, and withdraw what is open."""
    ranked = (
        "SELECT s.task_id, s.slot, s.state, s.surplus, t.overlap, row_number() OVER "
        "(PARTITION BY s.task_id ORDER BY s.state DESC, s.surplus, s.slot) AS place "
        f"FROM slot s JOIN task t ON t.id = s.task_id WHERE t.{which} "
        "AND t.role = 'work' AND s.purpose IN ('first', 'open')"
    )
    unit.run(
        f"WITH ranked AS ({ranked}) UPDATE slot SET surplus = "
        "CASE WHEN r.place > r.overlap THEN 1 ELSE 0 END FROM ranked r "
        "WHERE slot.task_id = r.task_id AND slot.slot = r.slot AND r.state > 0 "
        "AND slot.surplus <> CASE WHEN r.place > r.overlap THEN 1 ELSE 0 END",
        **values,
    )
    unit.run(
        f"WITH ranked AS ({ranked}) DELETE FROM slot WHERE state = 0 AND EXISTS "
        "(SELECT 1 FROM ranked r WHERE r.task_id = slot.task_id "
        "AND r.slot = slot.slot AND r.place > r.overlap)",
        **values,
    )


def _is_overfull(unit: Unit, which: str, **values: Any) -> bool:
    found = unit.one(
        "SELECT 1 FROM slot s JOIN task t ON t.id = s.task_id "
        f"WHERE t.{which} AND t.role = 'work' AND s.surplus = 0 "
        "AND s.purpose IN ('first', 'open') "
        "GROUP BY s.task_id, t.overlap HAVING count(*) > t.overlap LIMIT 1",
        **values,
    )
    return found is not None


def _open(unit: Unit, which: str, **values: Any) -> int:
    """Open what is missing; give how many slots."""
    # One number a slot: enough for the largest overlap a queue may have.
    return unit.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99), "
        "have AS (SELECT t.id AS task_id, t.queue, t.priority, t.overlap, "
        "(SELECT count(*) FROM slot s WHERE s.task_id = t.id AND s.surplus = 0 "
        "AND s.purpose IN ('first', 'open')) AS filled, "
        "(SELECT coalesce(max(s.slot), -1) FROM slot s WHERE s.task_id = t.id) AS top "
        f"FROM task t WHERE t.{which} AND t.role = 'work') "
        "INSERT INTO slot (task_id, slot, queue, precedence, state, occasion, purpose, "
        "late, surplus) SELECT have.task_id, have.top + n.i, have.queue, "
        "-have.priority, 0, 0, 'open', 0, 0 FROM have "
        "JOIN n ON n.i <= have.overlap - have.filled ON CONFLICT DO NOTHING",
        **values,
    )


def open_slots(unit: Unit, import_id: str) -> None:
    """Open the slots of tasks that an import has just made and nobody has seen."""
    unit.run(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < "
        "(SELECT max(overlap) FROM task WHERE import_id = :import_id)) "
        "INSERT INTO slot (task_id, slot, queue, precedence, state, occasion, purpose, "
        "late, surplus) SELECT t.id, n.i, t.queue, -t.priority, 0, 0, 'open', 0, 0 "
        "FROM task t JOIN n ON n.i < t.overlap WHERE t.import_id = :import_id "
        "AND t.role = 'work' ORDER BY t.id, n.i",
        import_id=import_id,
    )


def standing(unit: Unit, queue: str) -> Standing:
    """Count slots and judgments of a queue's work; gold and repeats are not work.

    A training queue holds no other work than training.
    """
    rows = unit.all(
        "SELECT state, surplus, count(*), sum(late), "
        "sum(CASE WHEN purpose = 'training' THEN 1 ELSE 0 END) FROM slot "
        "WHERE queue = :queue AND purpose IN ('first', 'open', 'training') "
        "GROUP BY state, surplus",
        queue=queue,
    )
    slots = {state: n for state, surplus, n, _, _ in rows if not surplus}
    done = [row for row in rows if row[0] == DONE]
    tasks = unit.one(
        "SELECT count(*) FROM task WHERE queue = :queue "
        "AND role IN ('work', 'training')",
        queue=queue,
    )
    frozen = unit.one(
        "SELECT count(*) FROM task t JOIN slot s ON s.task_id = t.id AND s.state = 0 "
        "WHERE t.queue = :queue AND t.frozen = 1 AND s.surplus = 0 "
        "AND s.purpose = 'open'",
        queue=queue,
    ) or (0,)
    return Standing(
        open=slots.get(OPEN, 0) - int(frozen[0]),
        frozen=int(frozen[0]),
        leased=slots.get(LEASED, 0),
        done=slots.get(DONE, 0),
        tasks=int(tasks[0]) if tasks else 0,
        judgments=sum(int(n) - int(lessons) for _, _, n, _, lessons in done),
        late=sum(int(late) for _, _, _, late, _ in done),
        surplus=sum(int(n) for _, surplus, n, _, _ in done if surplus),
    )


def people_of(unit: Unit, queue: str) -> list[tuple[str, int, int, float]]:
    """List who works in a queue: name, done, leased, active seconds."""
    return [
        (name, int(done), int(leased), float(seconds))
        for name, done, leased, seconds in unit.all(
            "SELECT s.annotator, sum(CASE WHEN s.state = 2 THEN 1 ELSE 0 END), "
            "sum(CASE WHEN s.state = 1 THEN 1 ELSE 0 END), "
            "coalesce(sum(j.seconds), 0) + coalesce((SELECT sum(w.seconds) "
            "FROM rewrite w JOIN rewrite_task k ON k.id = w.rewrite_task "
            "WHERE k.queue = :queue AND w.annotator = s.annotator "
            "AND w.fixed_by IS NULL), 0) FROM slot s "
            "LEFT JOIN judgment j ON j.id = s.judgment_id "
            "WHERE s.queue = :queue AND s.annotator IS NOT NULL "
            "GROUP BY s.annotator ORDER BY s.annotator",
            queue=queue,
        )
    ]


def count_role(unit: Unit, queue: str, role: str) -> int:
    """Count a queue's tasks of one role: work, gold or training."""
    row = unit.one(
        "SELECT count(*) FROM task WHERE queue = :queue AND role = :role",
        queue=queue,
        role=role,
    )
    return int(row[0]) if row else 0
