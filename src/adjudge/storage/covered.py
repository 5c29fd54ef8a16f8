"""Texts of which something is covered: the whole stands apart, and who looked at it.

A text under its own id is what may be shown. Where something in it is covered, the
whole of it stands under an id of its own, which no query for showing ever reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

from adjudge.domain.record import canonical
from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from adjudge.storage.engine.store import Unit


class Whole(NamedTuple):
    """A text as it came, under the id of the one that is shown, and what is covered."""

    text_id: str
    body: str
    kinds: Mapping[str, int]


def add(unit: Unit, whole: Sequence[Whole]) -> None:
    """Keep texts as they came, apart from those that are shown."""
    if not whole:
        return
    unit.load(
        "text",
        [{"id": _id(w.text_id), "body": w.body, "erased_at": None} for w in whole],
    )
    unit.load(
        "covered",
        [
            {
                "text_id": w.text_id,
                "whole_id": _id(w.text_id),
                "kinds": canonical(dict(sorted(w.kinds.items()))).decode(),
            }
            for w in whole
        ],
    )


def _id(text_id: str) -> str:
    return f"whole:{text_id}"


def whole(unit: Unit, text_id: str) -> str | None:
    """Read a text with nothing covered; ``None`` if unknown or erased."""
    row = unit.one(
        "SELECT coalesce(w.body, x.body) FROM text x "
        "LEFT JOIN covered c ON c.text_id = x.id LEFT JOIN text w ON w.id = c.whole_id "
        "WHERE x.id = :id AND x.body IS NOT NULL",
        id=text_id,
    )
    return row[0] if row else None


_OF_QUEUE = (
    "SELECT k.kinds FROM covered k JOIN comparison c ON c.text_id = k.text_id "
    "JOIN task t ON t.comparison_id = c.id WHERE t.queue = :queue UNION ALL "
    "SELECT k.kinds FROM covered k JOIN rewrite_task r ON r.text_id = k.text_id "
    "WHERE r.queue = :queue UNION ALL SELECT k.kinds FROM covered k "
    "JOIN rewrite w ON w.text_id = k.text_id "
    "JOIN rewrite_task r ON r.id = w.rewrite_task WHERE r.queue = :queue"
)


def counts(unit: Unit, queue: str) -> tuple[int, dict[str, int]]:
    """Count imported texts of a queue with something covered, and stretches by kind."""
    n, found = 0, dict[str, int]()
    for (kinds,) in unit.stream(_OF_QUEUE, queue=queue):
        n += 1
        for kind, stretches in orjson.loads(kinds).items():
            found[kind] = found.get(kind, 0) + stretches
    return n, dict(sorted(found.items()))


def discard(unit: Unit, table: str) -> None:
    """Forget the whole texts of rows that an import undone leaves behind."""
    gone = (
        f"FROM covered WHERE text_id LIKE '{table.replace('_', '-')}:%' "
        f"AND text_id NOT IN (SELECT text_id FROM {table} WHERE text_id IS NOT NULL)"
    )
    unit.run(f"DELETE FROM text WHERE id IN (SELECT whole_id {gone})")
    unit.run(f"DELETE {gone}")


# --- who looked ------------------------------------------------------------------
def note_unmasking(
    unit: Unit, *, id: str, text_ids: Iterable[str], by: str, why: str, at: str
) -> None:
    """Note that somebody looks at what is covered, before they do."""
    for i, text_id in enumerate(text_ids):
        unit.run(
            insert("unmasking"),
            id=f"{id}-{i}" if i else id,
            text_id=text_id,
            by_person=by,
            why=why,
            at=at,
        )


def unmaskings(unit: Unit) -> list[dict[str, str]]:
    """List who looked at what is covered, the newest first."""
    return [
        {"text": text, "by": by, "why": why, "at": at}
        for text, by, why, at in unit.all(
            "SELECT text_id, by_person, why, at FROM unmasking ORDER BY at DESC, id"
        )
    ]
