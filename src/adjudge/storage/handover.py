"""Hand in and claim what comes next in one statement, on PostgreSQL.

A round trip costs as much as the work it asks for, and somebody who hands in asks for
four things that need not wait for each other. SQLite, which is no trip away, has no
statement that writes two tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adjudge.domain.conversation import Comparison
from adjudge.storage import claims, hand, judgments, log
from adjudge.storage.claims import Lease
from adjudge.storage.comparisons import SHOWN
from adjudge.storage.engine.sql import columns

if TYPE_CHECKING:
    from adjudge.domain.ids import ResponseId
    from adjudge.storage.claims import Claimant, Place
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.judgments import Stored

# What is the same every time is not sent, nor anything twice; what may be NULL has no
# type by itself.
_WRITTEN = {
    "annotator": ":who",
    "margin": "CAST(:margin AS integer)",
    "seconds": "CAST(:seconds AS double precision)",
    "received_at": ":at",
    "revision": "1",
    "supersedes": "NULL",
    "note_id": "NULL",
    "import_id": "NULL",
    "line": "0",
}
_NAMES = columns("judgment")
_VALUES = ", ".join(_WRITTEN.get(name, f":{name}") for name in _NAMES)
# Only who has filled a slot gets the next; what is late goes the long way.
_FILL = claims.FILL.partition("RETURNING")[0].replace(":judgment_id", ":id") + (
    "AND (<stands>) AND guideline IS NOT DISTINCT FROM :guideline "
    "RETURNING late, surplus"
)
# One other lease, the one that the caller knows.
_ONE_AHEAD = f"(SELECT bool_and(s.token = :ahead) FROM slot s WHERE {hand.HELD})"
_PICKED = claims.PICK_NEXT.replace(
    "<also>", f"AND EXISTS (SELECT 1 FROM filled) AND {_ONE_AHEAD} "
)
_CLAIM = claims.LEASE_PICKED.partition("RETURNING")[0] + (
    "RETURNING slot.task_id, slot.slot, slot.occasion, slot.lease_until, "
    "slot.precedence"
)
_BODY = "comparison c JOIN text x ON x.id = c.text_id WHERE c.id ="
# Every column of a node is set up anew in each execution, so what is read of the next
# task goes through none that need not know it.
_HAND_OVER = (
    f"WITH filled AS ({_FILL}), "
    f"added AS (INSERT INTO judgment ({', '.join(_NAMES)}) SELECT {_VALUES} "
    f"FROM filled), p AS MATERIALIZED ({_PICKED}), claimed AS ({_CLAIM}), "
    "dropped AS (DELETE FROM draft WHERE annotator = :who AND task_id = :task_id "
    "AND EXISTS (SELECT 1 FROM filled)), "
    "logged AS (INSERT INTO deed (at, actor, act, object, payload, mac) "
    "SELECT :at, :who, 'submit', :id, :said, :said_code FROM filled "
    "UNION ALL SELECT :at, :who, 'claim', task_id || '/' || slot, "
    ":took, :took_code FROM claimed) "
    "SELECT f.late, f.surplus, n.task_id, n.slot, n.occasion, n.lease_until, "
    "n.precedence, "
    f"(SELECT x.body FROM {_BODY} (SELECT t.comparison_id FROM task t "
    f"WHERE t.id = n.task_id) AND {SHOWN}), "
    "(SELECT u.why FROM turn u WHERE u.task_id = n.task_id AND u.annotator = :who "
    "AND u.occasion = n.occasion), "
    f"CASE WHEN (SELECT 1 FROM {_BODY} :ahead_comparison AND {SHOWN} "
    "AND x.body IS NOT NULL) IS NULL OR EXISTS (SELECT 1 FROM draft d "
    "WHERE d.annotator = :who AND d.task_id IN (:ahead_task, n.task_id)) "
    "THEN 1 ELSE 0 END FROM filled f LEFT JOIN claimed n ON true"
)
HAND_OVER = _HAND_OVER.replace("<stands>", hand.STANDS)
# By nearly everybody: nothing is known of them that decides what they get.
HAND_OVER_ORDINARY = _HAND_OVER.replace("<stands>", hand.STANDS_PLAIN).replace(
    claims.ELIGIBLE, claims.ORDINARY
)

_NEVER = 1e12  # seconds


@dataclass(frozen=True)
class HandedOver:
    """What became of a judgment, and what its author holds now.

    Attributes:
        claimed: The lease that is new; ``None`` if nothing was left, or if more or
            something else was in hand than the task ahead.
        given: Its task; ``None`` where it must be looked at: a text was erased or
            hidden, of this one or of the task ahead, or drafts are kept.
    """

    late: bool
    surplus: bool
    claimed: Lease | None
    given: hand.Given | None


def hand_over(
    unit: Unit,
    stored: Stored,
    ids: tuple[ResponseId, ...],
    *,
    token: str,
    claimant: Claimant,
    after: Place,
    rules: hand.Rules,
    ahead: hand.Given,
) -> HandedOver | None:
    """Fill a slot, keep its judgment, lease the next slot after a place, log both.

    Args:
        unit: The unit of work, of statements that are kept one by one.
        stored: The first judgment of its person, task and occasion, without a note,
            signed a moment ago; its drafts go.
        ids: The responses of its comparison in file order.
        token: Proof of its lease.
        claimant: Who claims, with the token of the next lease.
        after: Where this person's claims have come to.
        rules: What the caller knows of queue and person.
        ahead: What else the person holds.

    Returns:
        ``None``, with nothing written, if the lease is gone, if what the caller knows
        does not stand any more, or if something else comes first.
    """
    is_ordinary = claimant.is_ordinary and rules.is_plain
    judged, who = stored.judgment, claimant.who
    at = judged.at or ""
    payload = {"said": stored.content_digest}
    said, said_code = log.deed(unit, who, "submit", str(judged.id), payload, at=at)
    lease = {"lease": claimant.token}
    took, took_code = log.deed(unit, who, "claim", "", lease, at=at)
    values = judgments.row(stored, ids)
    values.update(claimant.ordinary() if is_ordinary else claimant.values())
    values.update(rules.values())
    values.update(
        lease=token,
        said=said,
        said_code=said_code,
        took=took,
        took_code=took_code,
        precedence=after.precedence,
        after_task=after.task_id,
        ahead=ahead.lease.token,
        ahead_task=ahead.lease.task_id,
        ahead_comparison=ahead.comparison.id,
        # Whoever has looked a moment ago leaves it to the others.
        seal_after=log.SEAL_AFTER if log.is_due(unit.store) else _NEVER,
    )
    rows = unit.texts(HAND_OVER_ORDINARY if is_ordinary else HAND_OVER, values)
    return _read(rows[0], claimant) if rows else None


def _read(row: tuple[str | None, ...], claimant: Claimant) -> HandedOver:
    late, surplus, task_id, slot, occasion, until, precedence, body, why, waits = row
    claimed, given = None, None
    if task_id and slot and occasion and until and precedence:
        claimed = Lease(
            int(task_id),
            int(slot),
            claimant.token,
            int(occasion),
            float(until),
            int(precedence),
            claimant.guideline,
        )
        if body is not None and waits == "0":
            given = hand.Given(claimed, Comparison.of_content(body), why)
    return HandedOver(late == "1", surplus == "1", claimed, given)
