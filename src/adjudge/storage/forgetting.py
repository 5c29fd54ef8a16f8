"""A person's name, replaced everywhere by one that says nothing.

What people decided is never changed; the schema lets their names be replaced, and only
those, while a fact of this transaction says whose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.record import canonical
from adjudge.storage import claims, counts, log, standing
from adjudge.storage.engine import schema

if TYPE_CHECKING:
    from adjudge.storage.engine.store import Unit

# Every column that names a person; a test holds this against the tables.
NAMES: dict[str, tuple[str, ...]] = {
    "accuracy": ("annotator",),
    "adjudication": ("by_person",),
    "appeal": ("by_person",),
    "appeal_answer": ("by_person",),
    "dataset": ("by_person",),
    "expertise": ("person",),
    "flag": ("annotator",),
    "guideline": ("added_by",),
    "guideline_ticket": ("by_person", "closed_by"),
    "import": ("by_person",),
    "incident": ("owner", "opened_by"),
    "incident_step": ("by_person",),
    "judgment": ("annotator",),
    "message": ("person", "by_person"),
    "person_step": ("person", "by_person"),
    "receipt": ("person",),
    "reopen_request": ("by_person",),
    "review": ("reviewer",),
    "rewrite": ("annotator", "fixed_by"),
    "rewrite_review": ("reviewer",),
    "skip": ("annotator",),
    "slot": ("annotator",),
    "statement_act": ("person", "by_person"),
    "statement_line": ("person", "by_person"),
    "turn": ("annotator", "by_person"),
    "unmasking": ("by_person",),
    "withdrawal": ("by_person",),
    "withdrawn_user": ("by_person",),
}
# JSON that may name a person.
DETAILS = ("incident_step", "person_step")
# What is about the person alone goes with the name.
GONE: dict[str, str] = {
    "clearance": "person",
    "draft": "annotator",
    "opt_in": "person",
}
# Where the name stood before.
TABLES = {*NAMES, *GONE, "deed", "fact", "log_entry", "person"}
FORGETTING = "forgetting"  # the fact that opens the triggers


def forget(unit: Unit, name: str, alias: str) -> dict[str, int]:
    """Replace a person's name; give how many rows named them, by table.

    Args:
        unit: One unit of work; it keeps everything or nothing.
        name: Who is forgotten.
        alias: What stands in their place from now on.
    """
    if unit.is_postgres:
        # Whoever is at work under that name hands in before, or finds it gone.
        unit.one("SELECT 1 FROM person WHERE name = :name FOR UPDATE", name=name)
    for task_id in standing.leases_of(unit, name):
        claims.release(unit, name, task_id)
    schema.set_fact(unit, FORGETTING, name)
    unit.run(
        "INSERT INTO person (name, role, languages, login, state, state_why, meta, "
        "added_at) SELECT :alias, role, '[]', 0, state, NULL, '{}', added_at "
        "FROM person WHERE name = :name",
        name=name,
        alias=alias,
    )
    for table, column in GONE.items():
        unit.run(f"DELETE FROM {table} WHERE {column} = :name", name=name)
    found: dict[str, int] = {}
    for table, columns in NAMES.items():
        for column in columns:
            if n := unit.run(
                f'UPDATE "{table}" SET {column} = :alias WHERE {column} = :name',
                name=name,
                alias=alias,
            ):
                found[table] = found.get(table, 0) + n
    for table in DETAILS:
        unit.run(
            f"UPDATE {table} SET detail = replace(detail, :old, :new) "
            "WHERE detail LIKE '%' || :old || '%'",
            old=canonical(name).decode(),
            new=canonical(alias).decode(),
        )
    unit.run("DELETE FROM person WHERE name = :name", name=name)
    unit.run(
        f"INSERT INTO recount (block) SELECT DISTINCT task_id / {counts.BLOCK} "
        "FROM slot WHERE annotator = :alias",
        alias=alias,
    )
    found["log"] = log.rename(unit, name, alias)
    unit.run("DELETE FROM fact WHERE name = :fact", fact=FORGETTING)
    return {table: n for table, n in sorted(found.items()) if n}
