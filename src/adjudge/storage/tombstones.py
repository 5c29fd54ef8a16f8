"""Rows of exported versions that must not be used any more, because consent ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from adjudge.domain.record import canonical
from adjudge.storage import lineages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.storage.engine.store import Unit
    from adjudge.storage.lineages import About, Held

WITHDRAWN = "withdrawn"
# Texts made of the words of these users, their own answers, answers that they rated.
_DERIVED = (
    "SELECT d.text_id FROM derived_text d JOIN withdrawn_user w "
    "ON w.user_id = d.user_id WHERE <which>"
)
_OWN = (
    "SELECT a.text_id FROM answer a JOIN withdrawn_user w ON w.user_id = a.user_id "
    "WHERE a.text_id IS NOT NULL AND <which>"
)
_RATED = (
    "SELECT a.text_id FROM feedback f JOIN withdrawn_user w ON w.user_id = f.user_id "
    "JOIN answer a ON a.message_id = f.message_id WHERE a.text_id IS NOT NULL "
    "AND f.kind IN ('thumbs', 'stars') AND <which>"
)
_REACHED: dict[About, str] = {
    "comparison": f"SELECT c.id FROM comparison c WHERE c.text_id IN ({_DERIVED})",
    "text": f"{_DERIVED} UNION {_OWN} UNION {_RATED}",
}


def bury(unit: Unit, which: str, *, at: str, **values: Any) -> dict[str, int]:
    """Put tombstones on every exported row that holds words of withdrawn users.

    Args:
        unit: The unit of work that withdraws.
        which: Which rows of ``withdrawn_user w``, as a condition.
        at: When.
        **values: Of the condition.

    Returns:
        How many rows each version holds of these users, buried now or before.
    """
    if unit.one("SELECT 1 FROM dataset LIMIT 1") is None:
        return {}
    held: set[Held] = set()
    for about, question in _REACHED.items():
        ids = unit.all(question.replace("<which>", which), **values)
        held.update(lineages.rows_about(unit, about, [id for (id,) in ids]))
    rows = sorted(held)
    unit.load(
        "dataset_tombstone",
        [
            {
                "dataset_id": row.dataset,
                "row_id": row.row_id,
                "config": row.config,
                "at": at,
                "why": WITHDRAWN,
            }
            for row in rows
        ],
    )
    return dict(Counter(row.dataset for row in rows))


def counts(unit: Unit) -> dict[str, int]:
    """Count the tombstones of each version that has any."""
    rows = unit.all("SELECT dataset_id, count(*) FROM dataset_tombstone GROUP BY 1")
    return {id: int(n) for id, n in rows}


def of_rows(unit: Unit, row_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Say of rows that have a tombstone why and since when."""
    return {
        id: {"why": why, "at": at}
        for id, why, at in unit.all(
            "SELECT row_id, why, min(at) FROM dataset_tombstone "
            "WHERE row_id IN {among ids} GROUP BY row_id, why ORDER BY row_id",
            ids=canonical(sorted(row_ids)).decode(),
        )
    }


def of_version(unit: Unit, dataset: str) -> list[dict[str, str]]:
    """List the buried rows of a version."""
    keys = ("row_id", "config", "why", "at")
    return [
        dict(zip(keys, row, strict=True))
        for row in unit.all(
            "SELECT row_id, config, why, at FROM dataset_tombstone "
            "WHERE dataset_id = :id ORDER BY config, row_id",
            id=dataset,
        )
    ]
