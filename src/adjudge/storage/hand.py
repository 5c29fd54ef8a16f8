"""A person's hand at a queue, read whole: few round trips, however much is asked.

On PostgreSQL a statement costs more to send than to run; claim and submit would ask
twenty small questions, of which the answers are nearly always "no".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from adjudge.domain.conversation import Comparison
from adjudge.domain.queue import Queue
from adjudge.storage import eligibility
from adjudge.storage.claims import IN_HAND, Lease
from adjudge.storage.comparisons import SHOWN, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adjudge.domain.people import Role
    from adjudge.domain.routing import Eligibility
    from adjudge.storage.engine.store import Unit


_NOTHING_URGENT = 2**31
ONE_AHEAD = 1
_MOST_URGENT = (
    "(SELECT min(s.precedence) FROM slot s WHERE s.queue = :queue AND s.state = 0)"
)
# Not the least of all, which is found behind every slot that is done and not yet
# vacuumed: a hundred pages after 20,000. With an order, or it would be looked for in
# the table.
_MORE_URGENT = (
    "(SELECT s.precedence FROM slot s WHERE s.queue = :queue AND s.state = 0 "
    "AND s.precedence < :precedence ORDER BY s.precedence LIMIT 1)"
)
HELD = (
    "s.queue = :queue AND s.annotator = :who AND s.lease_until IS NOT NULL "
    "AND s.task_id <> :task_id"
)
_EXPIRED = (
    "EXISTS (SELECT 1 FROM slot s WHERE s.queue = :queue AND s.state = 1 "
    "AND s.lease_until < {now})"
)
_TURN = (
    "EXISTS (SELECT 1 FROM turn u WHERE u.queue = :queue AND u.annotator = :who "
    "AND u.state = 0)"
)
# || '': a plan that was made while there were few judgments would go through all
# that a person ever made, as long as the session lives.
_JUDGED = (
    "EXISTS (SELECT 1 FROM judgment j WHERE j.task_id = :task_id "
    "AND j.annotator || '' = :who AND j.occasion = :occasion)"
)
_SUBMITTED = "EXISTS (SELECT 1 FROM judgment j WHERE j.id = :submission_id)"
_SEALED_AGO = "(SELECT {now} - sealed_at FROM log_head)"


@dataclass(frozen=True)
class Glance:
    """What a deed at a queue must know before it writes.

    Attributes:
        most_urgent: The least precedence of an open slot; ``None`` if all are taken.
        held: Leases this person holds here, the task in question apart.
        has_expired: Whether some lease of the queue has run out.
        has_turn: Whether something waits for this person.
        is_submitted: Whether the submission arrived before.
        has_judged: Whether this person judged the task on this occasion.
        has_drafts: Whether drafts of the task are kept.
        pinned: The guideline version the task was taken under.
        sealed_ago: Seconds since somebody sealed the log.
        rules: What was read of queue and person, to see later whether it still stands.
    """

    queue: Queue
    side_key: bytes
    eligible: Eligibility
    most_urgent: int | None
    held: int
    has_expired: bool
    has_turn: bool
    is_submitted: bool = False
    has_judged: bool = False
    has_drafts: bool = False
    pinned: str | None = None
    sealed_ago: float = 0.0
    rules: Rules | None = None

    def lasting(self) -> Glance | None:
        """Give what holds until somebody changes it; ``None`` of whoever has caps.

        Whoever goes by it asks ``STANDS`` in the statement that writes.
        """
        if self.rules is None or self.rules.opted_in:
            return None
        return replace(
            self,
            most_urgent=_NOTHING_URGENT,
            held=ONE_AHEAD,
            has_expired=False,
            has_turn=False,
            is_submitted=False,
            has_judged=False,
            pinned=None,
        )


@dataclass(frozen=True)
class Rules:
    """What queue and person say of who gets what, as it stands in the store."""

    settings: str
    languages: str | None
    state: str | None
    topics: str | None
    clearances: str | None
    opted_in: bool

    def values(self) -> dict[str, Any]:
        """Give the parameters of ``STANDS`` that say what is known."""
        return {
            "settings": self.settings,
            "languages_seen": self.languages,
            "state_seen": self.state,
            "topics_seen": self.topics,
            "clearances_seen": self.clearances,
            "opted_in_seen": int(self.opted_in),
        }

    @property
    def is_plain(self) -> bool:
        """Tell whether nothing but languages and state is known of the person."""
        return self.topics is None and self.clearances is None and not self.opted_in


# Whether all that a glance reads is still so, of an ordinary first judgment by
# somebody for whom nothing waits. Not under WHERE: what must not be there would become
# a join over all of it. Whether it was submitted before, its key tells.
_STANDS = (
    "SELECT q.settings = :settings AND p.languages = :languages_seen "
    "AND p.state = :state_seen AND <special> "
    f"AND {_MORE_URGENT} IS NULL AND NOT {_EXPIRED} AND NOT {_TURN} AND NOT {_JUDGED} "
    f"AND {_SEALED_AGO} <= :seal_after "
    "FROM queue q, person p WHERE q.name = :queue AND p.name = :who"
)
STANDS = _STANDS.replace(
    "<special>",
    f"{eligibility.TOPICS} IS NOT DISTINCT FROM :topics_seen "
    f"AND {eligibility.CLEARANCES} IS NOT DISTINCT FROM :clearances_seen "
    f"AND {eligibility.OPTED_IN} = CAST(:opted_in_seen AS boolean)",
)
STANDS_PLAIN = _STANDS.replace("<special>", eligibility.NOTHING)
_GLANCE = (
    "SELECT q.settings, (SELECT value FROM fact WHERE name = 'side_key'), "
    f"{eligibility.COLUMNS}, "
    f"{_MOST_URGENT}, (SELECT count(*) FROM slot s WHERE {HELD}), {_EXPIRED}, "
    f"{_TURN}, "
    f"{_SUBMITTED}, {_JUDGED}, "
    "EXISTS (SELECT 1 FROM draft d WHERE d.annotator = :who "
    "AND d.task_id = :task_id), "
    "(SELECT s.guideline FROM slot s WHERE s.annotator = :who "
    "AND s.task_id = :task_id AND s.occasion = :occasion), "
    f"{_SEALED_AGO} "
    "FROM queue q LEFT JOIN person p ON p.name = :who WHERE q.name = :queue"
)


def glance(
    unit: Unit,
    queue: str,
    who: str,
    role: Role,
    *,
    at: str,
    task_id: int = -1,
    occasion: int = 0,
    submission_id: str = "",
) -> Glance | None:
    """Look at a queue as one person finds it; ``None`` if there is no such queue.

    Args:
        unit: The unit of work.
        queue: The queue's name.
        who: The person.
        role: The role they act in.
        at: Now, UTC ISO 8601.
        task_id: The task in question.
        occasion: Its occasion.
        submission_id: The submission in question.
    """
    row = unit.one(
        _GLANCE,
        queue=queue,
        who=who,
        at=at,
        task_id=task_id,
        occasion=occasion,
        submission_id=submission_id,
    )
    if row is None:
        return None
    settings, key, *person = row[:8]
    most_urgent, held = row[8:10]
    has_expired, has_turn, is_submitted, has_judged, has_drafts, pinned = row[10:16]
    return Glance(
        queue=_settings(settings),
        side_key=bytes.fromhex(key or ""),
        eligible=eligibility.read(unit, who, role, person, at=at),
        most_urgent=most_urgent,
        held=held,
        has_expired=bool(has_expired),
        has_turn=bool(has_turn),
        is_submitted=bool(is_submitted),
        has_judged=bool(has_judged),
        has_drafts=bool(has_drafts),
        pinned=pinned,
        sealed_ago=row[16],
        rules=_rules(settings, person),
    )


def _rules(settings: str, person: Sequence[Any]) -> Rules:
    languages, state, _, topics, clearances, opted_in = person
    return Rules(settings, languages, state, topics, clearances, bool(opted_in))


@lru_cache(maxsize=256)
def _settings(text: str) -> Queue:
    return Queue.model_validate_json(text)


@dataclass(frozen=True)
class Held:
    """A task in somebody's hand, with its texts.

    Attributes:
        task: ``None`` where the texts were erased or hidden since.
    """

    lease: Lease
    task: Task | None
    why_back: str | None
    has_drafts: bool


@dataclass(frozen=True)
class Given:
    """A task with its texts as it was given to somebody."""

    lease: Lease
    comparison: Comparison
    why_back: str | None


# Of a slot `s`, its task `t`, comparison `c` and text `x`.
COLUMNS = (
    "s.task_id, s.slot, s.token, s.occasion, s.lease_until, s.precedence, "
    f"s.guideline, t.role, CASE WHEN {SHOWN} THEN x.body END, t.batch, t.gold, "
    "(SELECT u.why FROM turn u WHERE u.task_id = s.task_id AND u.annotator = :who "
    "AND u.occasion = s.occasion), EXISTS (SELECT 1 FROM draft d WHERE "
    "d.annotator = :who AND d.task_id = s.task_id AND d.occasion = s.occasion)"
)


def held(unit: Unit, queue: str, who: str) -> list[Held]:
    """List the tasks a person holds in a queue, oldest first."""
    rows = unit.all(
        f"SELECT {COLUMNS} FROM slot s JOIN task t ON t.id = s.task_id "
        "JOIN comparison c ON c.id = t.comparison_id JOIN text x ON x.id = c.text_id "
        "WHERE s.queue = :queue AND s.annotator = :who AND s.lease_until IS NOT NULL "
        f"ORDER BY {IN_HAND}",
        queue=queue,
        who=who,
    )
    return [read(queue, row) for row in rows]


def read(queue: str, row: tuple[Any, ...]) -> Held:
    """Read ``COLUMNS``."""
    role, body, batch, gold, why_back, has_drafts = row[7:]
    lease = Lease(*row[:7])
    if body is None:
        return Held(lease, None, why_back, bool(has_drafts))
    comparison = _comparison(body)
    task = Task(lease.task_id, queue, role, comparison, batch, gold)
    return Held(lease, task, why_back, bool(has_drafts))


@lru_cache(maxsize=256)
def _comparison(body: str) -> Comparison:
    """Read a text once; whoever holds it may ask again."""
    return Comparison.of_content(body)
