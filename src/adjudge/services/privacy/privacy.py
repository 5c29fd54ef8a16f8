"""Privacy: consent taken back, and what is covered looked at with a reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.people import Act, Actor
from adjudge.errors import InvalidInputError, UnknownError
from adjudge.services import auditlog
from adjudge.storage import comparisons, covered, feedback, rewrites, withdrawals

if TYPE_CHECKING:
    from collections.abc import Callable

    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.withdrawals import Reach


@dataclass(frozen=True)
class Withdrawn:
    """What became of a withdrawal.

    Attributes:
        user: The pseudonym under which the log names the user.
        is_new: Whether consent was not withdrawn before.
        reach: What was erased now.
        vacuumed: Whether the tables hold nothing of what was erased; a PostgreSQL role
            that may not see to it leaves that to the server.
    """

    user: str
    is_new: bool
    reach: Reach
    vacuumed: bool = True

    def as_json(self) -> dict[str, Any]:
        """Write what ``consent withdraw --json`` prints."""
        said = {"user": self.user, "withdrawn": self.is_new, **asdict(self.reach)}
        return {**said, "vacuumed": self.vacuumed}


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
    vacuumed = bench.store.vacuum(withdrawals.ERASED_IN)
    return Withdrawn(user, new, reach, vacuumed)


MASKED = ("event", "comparison", "rewrite")


def unmask(
    bench: Bench, actor: Actor, kind: str, id: str, *, why: str
) -> dict[str, Any]:
    """Show a record with nothing covered; that it was shown, and why, is kept.

    Args:
        bench: The bench.
        actor: Who wants to see it.
        kind: One of ``MASKED``; a rewrite may be named by its task.
        id: The record's id.
        why: The reason.

    Raises:
        NotAllowedError: If the role does not permit it.
        InvalidInputError: If there is no such kind, or no reason is given.
        UnknownError: If there is no such record, or its words may not be shown.
    """
    actor.must(Act.SEE_HIDDEN)
    if kind not in MASKED:
        raise InvalidInputError(
            f"{kind!r} cannot be unmasked", hint=f"kinds: {', '.join(MASKED)}"
        )
    if not why.strip():
        raise InvalidInputError("say why it must be seen", hint="--why TEXT")
    with bench.store.write() as unit:
        texts = _WHOLE[kind](unit, id)
        if not texts:
            raise UnknownError(f"there is no {kind} {id!r} whose words may be shown")
        covered.note_unmasking(
            unit,
            id=bench.new_id(),
            text_ids=texts,
            by=actor.name,
            why=why,
            at=bench.now(),
        )
        auditlog.keep(bench, unit, actor, "unmask", f"{kind} {id}", why=why)
    return {"kind": kind, "id": id, "texts": texts}


def _event(unit: Unit, id: str) -> dict[str, Any]:
    found = next(feedback.load(unit, [id]), None)
    if found is None:
        return {}
    said = found.event.model_dump(mode="json", exclude_defaults=True)
    return {feedback.text_id(id): said}


def _comparison(unit: Unit, id: str) -> dict[str, Any]:
    # What an incident hides is for `incidents reveal`, not for this.
    if comparisons.load(unit, id) is None:
        return {}
    text_id = comparisons.text_id(id)
    body = covered.whole(unit, text_id)
    return {text_id: orjson.loads(body)} if body else {}


def _rewrite(unit: Unit, id: str) -> dict[str, Any]:
    written = rewrites.find(unit, id)
    task = rewrites.text_id(written.task if written else id)
    found: dict[str, Any] = {}
    if body := covered.whole(unit, task):
        found[task] = orjson.loads(body)
    if written and (body := covered.whole(unit, f"rewrite:{written.id}")):
        found[f"rewrite:{written.id}"] = body
    return found


_WHOLE: dict[str, Callable[[Unit, str], dict[str, Any]]] = {
    "event": _event,
    "comparison": _comparison,
    "rewrite": _rewrite,
}


def unmaskings(bench: Bench, actor: Actor) -> list[dict[str, str]]:
    """List who looked at what is covered, and why, the newest first."""
    actor.must(Act.SEE_HIDDEN)
    with bench.store.read() as unit:
        return covered.unmaskings(unit)
