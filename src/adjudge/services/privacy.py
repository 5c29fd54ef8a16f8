"""Privacy: consent taken back, and what is covered looked at with a reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from adjudge.domain.people import Act, Actor
from adjudge.errors import InvalidInputError, UnknownError
from adjudge.services import auditlog
from adjudge.storage import feedback, withdrawals

if TYPE_CHECKING:
    from adjudge.domain.feedback import Event
    from adjudge.services.bench import Bench
    from adjudge.storage.withdrawals import Reach


@dataclass(frozen=True)
class Withdrawn:
    """What became of a withdrawal.

    Attributes:
        user: The pseudonym under which the log names the user.
        is_new: Whether consent was not withdrawn before.
        reach: What was erased now.
    """

    user: str
    is_new: bool
    reach: Reach

    def as_json(self) -> dict[str, Any]:
        """Write what ``consent withdraw --json`` prints."""
        return {"user": self.user, "withdrawn": self.is_new, **asdict(self.reach)}


def withdraw(bench: Bench, actor: Actor, user_id: str) -> Withdrawn:
    """Withdraw a user's consent: everything of theirs, past and future.

    Their words and all that was made of them are erased, tasks stand still, and what
    arrives later is erased as it arrives. Done again, it changes nothing.

    Raises:
        NotAllowedError: If the role does not permit it.
        UnknownError: If nothing in the store is of that user.
    """
    actor.must(Act.MANAGE_STORE)
    user = bench.pseudonym(user_id)
    with bench.store.write() as unit:
        if not withdrawals.is_known(unit, user_id):
            raise UnknownError(
                "the store knows no end user of that id",
                hint="of somebody whose events are still to come, import an event "
                "of type consent_withdrawn",
            )
        new, reach = withdrawals.withdraw(unit, user_id, by=actor.name, at=bench.now())
        auditlog.keep(bench, unit, actor, "consent.withdraw", user, **asdict(reach))
    return Withdrawn(user, new, reach)


def unmask(bench: Bench, actor: Actor, event_id: str, *, why: str) -> Event:
    """Show an event with nothing covered; that it was shown, and why, is kept.

    Raises:
        NotAllowedError: If the role does not permit it.
        InvalidInputError: If no reason is given.
        UnknownError: If there is no such event, or its words may not be shown.
    """
    actor.must(Act.SEE_HIDDEN)
    if not why.strip():
        raise InvalidInputError("say why it must be seen", hint="--why TEXT")
    with bench.store.write() as unit:
        found = next(feedback.load(unit, [event_id]), None)
        if found is None:
            raise UnknownError(
                f"there is no event {event_id!r} whose words may be shown"
            )
        feedback.note_unmasking(
            unit,
            id=bench.new_id(),
            event_id=event_id,
            by=actor.name,
            why=why,
            at=bench.now(),
        )
        auditlog.keep(bench, unit, actor, "unmask", event_id, why=why)
    return found.event
