"""The promises of the store, as statements that find whoever breaks one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.words import count_of

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit

PROMISES = {
    "a task never has more judgments than its overlap, surplus apart": (
        "SELECT count(*) FROM (SELECT s.task_id FROM slot s JOIN task t "
        "ON t.id = s.task_id WHERE s.surplus = 0 "
        "AND s.purpose IN ('first', 'open') "
        "GROUP BY s.task_id, t.overlap HAVING count(*) > t.overlap) x"
    ),
    "nobody judges a task twice on one occasion": (
        "SELECT count(*) FROM (SELECT 1 AS n FROM slot WHERE annotator IS NOT NULL "
        "GROUP BY annotator, task_id, occasion HAVING count(*) > 1) x"
    ),
    "every done slot has its judgment": (
        "SELECT count(*) FROM slot s LEFT JOIN judgment j ON j.id = s.judgment_id "
        "AND j.task_id = s.task_id AND j.annotator = s.annotator "
        "LEFT JOIN rewrite w ON w.id = s.judgment_id AND w.annotator = s.annotator "
        "WHERE s.state = 2 AND j.id IS NULL AND w.id IS NULL"
    ),
    "every judgment stands in a slot, is superseded or was withdrawn": (
        "SELECT count(*) FROM judgment j LEFT JOIN import i ON i.id = j.import_id "
        "WHERE coalesce(i.state, 'done') = 'done' "
        "AND NOT EXISTS (SELECT 1 FROM slot s WHERE s.task_id = j.task_id "
        "AND s.annotator = j.annotator AND s.judgment_id = j.id) "
        "AND NOT EXISTS (SELECT 1 FROM withdrawal w WHERE w.judgment_id = j.id) "
        "AND NOT EXISTS (SELECT 1 FROM judgment l WHERE l.task_id = j.task_id "
        "AND l.annotator = j.annotator AND l.occasion = j.occasion "
        "AND l.revision > j.revision)"
    ),
    "every open task has a slot for each judgment wanted": (
        "SELECT count(*) FROM (SELECT t.id FROM task t LEFT JOIN slot s "
        "ON s.task_id = t.id AND s.surplus = 0 "
        "AND s.purpose IN ('first', 'open') WHERE t.role = 'work' "
        "GROUP BY t.id, t.overlap HAVING count(s.slot) < t.overlap) x"
    ),
    "every block of counts holds the judgments that stand, or waits to be counted": (
        "WITH stands AS (SELECT s.queue, s.task_id / 1024 AS block, count(*) AS n "
        "FROM slot s JOIN task t ON t.id = s.task_id "
        "JOIN judgment j ON j.id = s.judgment_id WHERE s.state = 2 "
        "AND t.role = 'work' AND s.purpose IN ('first', 'rejudge') "
        "GROUP BY s.queue, s.task_id / 1024) SELECT count(*) FROM ("
        "SELECT b.block FROM count_block b LEFT JOIN stands x ON x.queue = b.queue "
        "AND x.block = b.block WHERE b.standing <> coalesce(x.n, 0) UNION ALL "
        "SELECT x.block FROM stands x WHERE NOT EXISTS (SELECT 1 FROM count_block b "
        "WHERE b.queue = x.queue AND b.block = x.block)) y "
        "WHERE NOT EXISTS (SELECT 1 FROM recount r WHERE r.block = y.block)"
    ),
    "every comparison has its text or a note of its erasure": (
        "SELECT count(*) FROM comparison c LEFT JOIN text x ON x.id = c.text_id "
        "WHERE x.id IS NULL OR (x.body IS NULL AND x.erased_at IS NULL)"
    ),
}


# Triggers that keep what happened as it is, and count what stands.
_HISTORY = (
    *("adjudication", "appeal", "appeal_answer", "incident_step", "person_step"),
    *("receipt", "pay_rule", "statement_line", "statement_act", "log_entry", "deed"),
)
_ON_SLOTS = {f"slot_{deed}_counts" for deed in ("insert", "update", "delete")}
TRIGGERS = {
    "sqlite": {f"{table}_{deed}" for table in _HISTORY for deed in ("update", "delete")}
    | {"judgment_unchanged", "judgment_named", "judgment_kept", "import_done"}
    | _ON_SLOTS,
    "postgresql": {f"{table}_unchanged" for table in _HISTORY}
    | {"judgment_unchanged", "import_done"}
    | _ON_SLOTS,
}


def triggers(unit: Unit) -> set[str]:
    """Name the triggers that are there and not switched off."""
    if unit.is_postgres:
        rows = unit.all(
            "SELECT g.tgname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid "
            "WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' "
            "AND c.relnamespace = current_schema()::regnamespace"
        )
    else:
        rows = unit.all("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    return {str(name) for (name,) in rows}


def broken(unit: Unit) -> list[str]:
    """List the promises that do not hold, with how often."""
    found = []
    if not unit.is_postgres:
        row = unit.one("PRAGMA integrity_check")
        if row and row[0] != "ok":
            found.append(f"SQLite says: {row[0]}")
    wanted = TRIGGERS["postgresql" if unit.is_postgres else "sqlite"]
    found += [
        f"what happened is never changed: the trigger {name} is gone"
        for name in sorted(wanted - triggers(unit))
    ]
    for promise, statement in PROMISES.items():
        row = unit.one(statement)
        if row and row[0]:
            found.append(f"{promise}: broken {count_of(row[0], 'time')}")
    return found
