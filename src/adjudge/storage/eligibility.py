"""What the store knows of a person that decides which tasks they get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.routing import Eligibility
from adjudge.storage import standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adjudge.domain.people import Role
    from adjudge.storage.engine.store import Unit

# Of a person `p`, at the time `:at`.
TOPICS = "(SELECT {joined e.topic} FROM expertise e WHERE e.person = p.name)"
CLEARANCES = (
    "(SELECT {joined c.label} FROM clearance c WHERE c.person = p.name "
    "AND (c.until IS NULL OR c.until > :at))"
)
OPTED_IN = "EXISTS (SELECT 1 FROM opt_in o WHERE o.person = p.name)"
# Whether nothing of these three is known of `:who`, as of nearly everybody.
NOTHING = (
    "(SELECT 1 FROM expertise e WHERE e.person = :who LIMIT 1) IS NULL "
    "AND (SELECT 1 FROM clearance c WHERE c.person = :who "
    "AND (c.until IS NULL OR c.until > :at) LIMIT 1) IS NULL "
    "AND (SELECT 1 FROM opt_in o WHERE o.person = :who LIMIT 1) IS NULL"
)
COLUMNS = f"p.languages, p.state, p.state_why, {TOPICS}, {CLEARANCES}, {OPTED_IN}"


def of(unit: Unit, who: str, role: Role, *, at: str) -> Eligibility:
    """Load a person's eligibility, in one round trip unless they opted into harm.

    Args:
        unit: The unit of work.
        who: The person.
        role: The role they act in.
        at: Now, UTC ISO 8601: a clearance may have run out.
    """
    row = unit.one(
        f"SELECT {COLUMNS} FROM person p WHERE p.name = :who", who=who, at=at
    )
    return read(unit, who, role, row, at=at) if row else Eligibility(role=role)


def read(
    unit: Unit, who: str, role: Role, row: Sequence[Any], *, at: str
) -> Eligibility:
    """Read ``COLUMNS``; all are empty of a person the store does not know yet."""
    languages, state, why, topics, clearances, opted_in = row
    return Eligibility(
        role=role,
        languages=frozenset(orjson.loads(languages or "[]")),
        topics=_split(topics),
        labels=standing.labels_now(unit, who, at=at) if opted_in else frozenset(),
        clearances=_split(clearances),
        paused_why=(why or "no reason given") if state == "paused" else None,
    )


def _split(joined: str | None) -> frozenset[str]:
    return frozenset(joined.split("\x1f")) if joined else frozenset()
