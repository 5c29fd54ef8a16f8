"""Consent taken back: whose words go, what was made of them, what stands still."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from adjudge.storage import gone, tombstones
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.storage.engine.store import Unit

ERASED_IN = ("draft", "rewrite", "text", "turn")  # tables whose rows said something


@dataclass(frozen=True)
class Reach:
    """How far a withdrawal reached, in counts of what was there until now.

    Attributes:
        events: Events whose words are erased.
        comparisons: Comparisons made of them, erased.
        rewrite_tasks: Rewrite tasks made of them, erased.
        tasks: Tasks in queues that stand still from now on.
        writings: Rewrites, drafts and notes about those tasks, erased.
        datasets: Rows of the user's in each exported version, which have tombstones.
    """

    events: int = 0
    comparisons: int = 0
    rewrite_tasks: int = 0
    tasks: int = 0
    writings: int = 0
    datasets: dict[str, int] = field(default_factory=dict)


def is_known(unit: Unit, user_id: str) -> bool:
    """Tell whether anything in the store is of this user."""
    row = unit.one(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM answer WHERE user_id = :user) "
        "OR EXISTS (SELECT 1 FROM feedback WHERE user_id = :user) "
        "OR EXISTS (SELECT 1 FROM withdrawn_user WHERE user_id = :user)",
        user=user_id,
    )
    return row is not None


def every(unit: Unit) -> set[str]:
    """List the users who took their consent back."""
    return {row[0] for row in unit.all("SELECT user_id FROM withdrawn_user")}


def under_way(unit: Unit, import_id: str) -> set[str]:
    """List the users who did, those of an import that is not done yet included."""
    rows = unit.all(
        "SELECT user_id FROM feedback WHERE import_id = :id "
        "AND kind = 'consent_withdrawn'",
        id=import_id,
    )
    return every(unit) | {row[0] for row in rows}


def withdraw(
    unit: Unit, user_id: str, *, by: str | None, at: str
) -> tuple[bool, Reach]:
    """Withdraw a user's consent; give whether that is new, and how far it reached."""
    new = unit.run(
        insert("withdrawn_user", conflict="DO NOTHING"),
        user_id=user_id,
        at=at,
        import_id=None,
        by_person=by,
    )
    gone.note_users(unit, [user_id], at=at)
    which = "w.user_id = :user"
    events = _erase_events(unit, which, at=at, user=user_id)
    reach = _erase_derived(unit, which, events, at=at, user=user_id)
    shipped = tombstones.bury(unit, which, at=at, user=user_id)
    return new == 1, replace(reach, datasets=shipped)


def of_import(unit: Unit, import_id: str, *, at: str) -> None:
    """Let withdrawals in an import take effect, on what came before and with it."""
    unit.run(
        "INSERT INTO withdrawn_user (user_id, at, import_id, by_person) "
        "SELECT user_id, min(at), :id, NULL FROM feedback WHERE import_id = :id "
        "AND kind = 'consent_withdrawn' GROUP BY user_id ON CONFLICT DO NOTHING",
        id=import_id,
    )
    rows = unit.all(
        "SELECT user_id FROM withdrawn_user WHERE import_id = :id", id=import_id
    )
    gone.note_users(unit, [user for (user,) in rows], at=at)
    # Whoever had withdrawn before, in what came now; whoever does now, everywhere.
    for which in ("e.import_id = :id", "w.import_id = :id"):
        _erase_events(unit, which, at=at, id=import_id)
    _erase_derived(unit, "w.import_id = :id", 0, at=at, id=import_id)
    tombstones.bury(unit, "w.import_id = :id", at=at, id=import_id)


def derive(unit: Unit, made: Iterable[tuple[str, str]]) -> None:
    """Note whose words a text is made of: pairs of text and user."""
    rows = [{"text_id": id, "user_id": user} for id, user in sorted(set(made))]
    unit.load("derived_text", rows)


# --- erasing ---------------------------------------------------------------------
def _erase_events(unit: Unit, which: str, *, at: str, **values: Any) -> int:
    return sum(
        _erase(
            unit,
            f"SELECT e.text_id FROM {table} e JOIN withdrawn_user w "
            f"ON w.user_id = e.user_id WHERE e.text_id IS NOT NULL AND {which}",
            at=at,
            **values,
        )
        for table in ("answer", "feedback")
    )


def _erase_derived(
    unit: Unit, which: str, events: int, *, at: str, **values: Any
) -> Reach:
    """Erase what was made of a user's words, and let its tasks stand still."""
    chosen = (
        "SELECT d.text_id FROM derived_text d JOIN withdrawn_user w "
        f"ON w.user_id = d.user_id WHERE {which}"
    )
    if unit.one(f"{chosen} LIMIT 1", **values) is None:
        return Reach(events)
    tasks = (
        "SELECT t.id FROM task t JOIN comparison c ON c.id = t.comparison_id "
        f"WHERE c.text_id IN ({chosen}) UNION ALL SELECT r.task_id "
        f"FROM rewrite_task r WHERE r.task_id IS NOT NULL AND r.text_id IN ({chosen})"
    )
    frozen = unit.run(
        f"UPDATE task SET frozen = 1 WHERE frozen = 0 AND id IN ({tasks})", **values
    )
    writings = _erase_writings(unit, tasks, chosen, at=at, **values)
    made = {
        table: _erase(
            unit,
            f"SELECT m.text_id FROM {table} m WHERE m.text_id IN ({chosen})",
            at=at,
            **values,
        )
        for table in ("comparison", "rewrite_task")
    }
    _erase(unit, chosen, at=at, **values)
    return Reach(events, made["comparison"], made["rewrite_task"], frozen, writings)


def _erase_writings(
    unit: Unit, tasks: str, chosen: str, *, at: str, **values: Any
) -> int:
    """Erase what people wrote about the tasks: it may repeat the user's words."""
    judgments = f"SELECT j.id FROM judgment j WHERE j.task_id IN ({tasks})"
    rewrites = (
        "SELECT r.id FROM rewrite r JOIN rewrite_task k ON k.id = r.rewrite_task "
        f"WHERE k.text_id IN ({chosen})"
    )
    written = (
        f"SELECT note_id FROM judgment WHERE task_id IN ({tasks})",
        f"SELECT note_id FROM review WHERE judgment_id IN ({judgments})",
        f"SELECT why_id FROM adjudication WHERE task_id IN ({tasks})",
        f"SELECT text_id FROM skip WHERE task_id IN ({tasks})",
        f"SELECT text_id FROM rewrite WHERE id IN ({rewrites})",
        f"SELECT text_id FROM rewrite_review WHERE rewrite_id IN ({rewrites})",
    )
    erased = sum(_erase(unit, texts, at=at, **values) for texts in written)
    unit.run(
        "UPDATE rewrite SET sources = '[]', spans = '[]', meta = '{}' "
        f"WHERE id IN ({rewrites})",
        **values,
    )
    unit.run(
        f"UPDATE turn SET why = NULL WHERE why IS NOT NULL AND task_id IN ({tasks})",
        **values,
    )
    return erased + unit.run(f"DELETE FROM draft WHERE task_id IN ({tasks})", **values)


def _erase(unit: Unit, chosen: str, *, at: str, **values: Any) -> int:
    erased = unit.run(
        f"UPDATE text SET body = NULL, erased_at = :at WHERE id IN ({chosen}) "
        "AND body IS NOT NULL",
        at=at,
        **values,
    )
    return max(0, erased)
