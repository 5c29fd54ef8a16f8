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
_AS_TAKEN = (
    "AND (SELECT yes FROM stands) AND guideline IS NOT DISTINCT FROM :pinned RETURNING"
)
_FILL = claims.FILL.replace("RETURNING", _AS_TAKEN)
_PICKED = claims.PICK_NEXT.replace(
    "<also>",
    "AND EXISTS (SELECT 1 FROM filled) "
    f"AND (SELECT count(*) FROM held) = {hand.ONE_AHEAD} ",
)
HAND_OVER = (
    f"WITH stands AS MATERIALIZED ({hand.STANDS}), filled AS ({_FILL}), "
    f"added AS (INSERT INTO judgment ({', '.join(_NAMES)}) SELECT {_VALUES} "
    f"FROM filled), held AS MATERIALIZED (SELECT {_MINE}, 0 AS is_new FROM slot s "
    f"WHERE {hand.HELD}), p AS MATERIALIZED ({_PICKED}), "
    f"claimed AS ({claims.LEASE_PICKED}, slot.claimed_at), "
    "dropped AS (DELETE FROM draft WHERE annotator = :who AND task_id = :task_id "
    "AND EXISTS (SELECT 1 FROM filled)), "
    "logged AS (INSERT INTO deed (at, actor, act, object, payload, mac) "
    "SELECT :received_at, :who, 'submit', :id, :said, :said_code FROM filled "
    "UNION ALL SELECT :received_at, :who, 'claim', task_id || '/' || slot, "
    ":took, :took_code FROM claimed), "
    f"mine AS (SELECT * FROM held UNION ALL SELECT {_MINE}, 1 FROM claimed) "
    "SELECT f.slot, f.late, f.surplus, f.purpose, f.guideline, s.is_new, "
    f"{hand.COLUMNS} FROM filled f LEFT JOIN mine s ON true "
    "LEFT JOIN task t ON t.id = s.task_id LEFT JOIN comparison c "
    "ON c.id = t.comparison_id LEFT JOIN text x ON x.id = c.text_id "
    "ORDER BY s.claimed_at, s.precedence, s.task_id"
)
_NEVER = 1e12  # seconds
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
    rules: hand.Rules,
    pinned: str | None,
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
        rules: What the caller knows of queue and person.
        pinned: The guideline version that it was judged under.

    Returns:
        ``None``, with nothing written, if the lease is gone, if what the caller knows
        does not stand any more, or if something else comes first.
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
        **rules.values(),
        pinned=pinned,
        submission_id=judged.id,
        # Whoever has looked a moment ago leaves it to the others.
        seal_after=log.SEAL_AFTER if log.is_due(unit.store) else _NEVER,
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
