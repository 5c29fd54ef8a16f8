"""Hand in and claim what comes next in one statement, on PostgreSQL.

A round trip costs as much as the work it asks for, and somebody who hands in asks for
four things that need not wait for each other. SQLite, which is no trip away, has no
statement that writes two tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adjudge.storage import claims, hand, judgments, log
from adjudge.storage.claims import Filled, Lease
from adjudge.storage.engine.sql import columns

if TYPE_CHECKING:
    from adjudge.domain.ids import ResponseId
    from adjudge.domain.judging import Judgment
    from adjudge.storage.claims import Claimant, Place
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.judgments import Stored

# What may be NULL has no type by itself; what is the same every time is not sent.
_WRITTEN = {
    "margin": "CAST(:margin AS integer)",
    "seconds": "CAST(:seconds AS double precision)",
    "revision": "1",
    "supersedes": "NULL",
    "note_id": "NULL",
    "import_id": "NULL",
    "line": "0",
}
_NAMES = columns("judgment")
_VALUES = ", ".join(_WRITTEN.get(name, f":{name}") for name in _NAMES)
_MINE = "task_id, slot, token, occasion, lease_until, precedence, guideline, claimed_at"
# Only who has filled a slot gets the next; what is late goes the long way.
_PICKED = claims.PICK_NEXT.replace("<also>", "AND EXISTS (SELECT 1 FROM filled) ")
HAND_OVER = (
    f"WITH filled AS ({claims.FILL}), "
    f"added AS (INSERT INTO judgment ({', '.join(_NAMES)}) SELECT {_VALUES} "
    f"FROM filled), p AS MATERIALIZED ({_PICKED}), "
    f"claimed AS ({claims.LEASE_PICKED}, slot.claimed_at), "
    "dropped AS (DELETE FROM draft WHERE annotator = :who AND task_id = :task_id "
    "AND EXISTS (SELECT 1 FROM filled)), "
    "logged AS (INSERT INTO deed (at, actor, act, object, payload, mac) "
    "SELECT :received_at, :who, 'submit', :id, :said, :said_code FROM filled "
    "UNION ALL SELECT :received_at, :who, 'claim', task_id || '/' || slot, "
    ":took, :took_code FROM claimed), "
    f"mine AS (SELECT {_MINE}, 0 AS is_new FROM slot WHERE queue = :queue "
    "AND annotator = :who AND lease_until IS NOT NULL AND task_id <> :task_id "
    f"UNION ALL SELECT {_MINE}, 1 FROM claimed) "
    "SELECT f.slot, f.late, f.surplus, f.purpose, f.guideline, s.is_new, "
    f"{hand.COLUMNS} FROM filled f LEFT JOIN mine s ON true "
    "LEFT JOIN task t ON t.id = s.task_id LEFT JOIN comparison c "
    "ON c.id = t.comparison_id LEFT JOIN text x ON x.id = c.text_id "
    "ORDER BY s.claimed_at, s.precedence, s.task_id"
)
HAND_OVER_ORDINARY = HAND_OVER.replace(claims.ELIGIBLE, claims.ORDINARY)


@dataclass(frozen=True)
class HandedOver:
    """What became of a judgment, and what its author holds now.

    Attributes:
        claimed: The lease that is new; ``None`` if nothing was left.
    """

    judgment: Judgment
    filled: Filled
    claimed: Lease | None
    held: tuple[hand.Held, ...]


def hand_over(
    unit: Unit,
    stored: Stored,
    ids: tuple[ResponseId, ...],
    *,
    token: str,
    received_at: str,
    claimant: Claimant,
    after: Place,
) -> HandedOver | None:
    """Fill a slot, keep its judgment, lease the next slot after a place, log both.

    Args:
        unit: The unit of work.
        stored: The first judgment of its person, task and occasion, without a note;
            its drafts go.
        ids: The responses of its comparison in file order.
        token: Proof of its lease.
        received_at: When it reached the store.
        claimant: Who claims, with the token of the next lease.
        after: Where this person's claims have come to.

    Returns:
        ``None``, with nothing written, if the lease is gone.
    """
    is_ordinary = claimant.is_ordinary
    judged, who = stored.judgment, claimant.who
    payload = {"said": stored.content_digest}
    said = log.deed(unit, who, "submit", str(judged.id), payload, at=received_at)
    lease = {"lease": claimant.token}
    took = log.deed(unit, who, "claim", "", lease, at=received_at)
    rows = unit.all(
        HAND_OVER_ORDINARY if is_ordinary else HAND_OVER,
        **judgments.row(stored, ids),
        **(claimant.ordinary() if is_ordinary else claimant.values()),
        received_at=received_at,
        lease=token,
        judgment_id=judged.id,
        said=said[0],
        said_code=said[1],
        took=took[0],
        took_code=took[1],
        precedence=after.precedence,
        after_task=after.task_id,
    )
    if not rows:
        return None
    slot, late, surplus, purpose, guideline = rows[0][:5]
    mine = [(row[5], hand.read(claimant.queue, row[6:])) for row in rows if row[6]]
    return HandedOver(
        judgment=judged,
        filled=Filled(slot, bool(late), bool(surplus), purpose, guideline),
        claimed=next((held.lease for is_new, held in mine if is_new), None),
        held=tuple(held for _, held in mine),
    )
