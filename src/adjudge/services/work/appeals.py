"""Appeals: a person asks for a second look at what became of their judgment.

Any judgment of one's own can be appealed, so that nobody learns from a refusal which
tasks are gold. A lead answers in words, which reach the person as a message; what
follows from a granted one is the lead's next deed, never a hidden one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adjudge.domain.people import MAY, Act
from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    UnknownError,
)
from adjudge.services import auditlog
from adjudge.storage import appeals, judgments, messages, people
from adjudge.storage.messages import Message

if TYPE_CHECKING:
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.storage.appeals import Appeal
    from adjudge.storage.engine.store import Unit

LIMIT = 2000  # characters
# What a lead may do about a granted one, by what was decided.
THEN = {
    "gold": "adjudge gold suspend {comparison} --queue {queue}",
    "adjudicated": "adjudge adjudicate {comparison} --queue {queue} --ranking …",
    "returned": "adjudge reopen {queue} --where judgment={judgment}",
    "withdrawn": "adjudge rejudge {queue} --where comparison={comparison}",
    "judged": "adjudge adjudicate {comparison} --queue {queue} --ranking …",
}


def file(bench: Bench, actor: Actor, what: str, *, why: str) -> Appeal:
    """Appeal against what became of a judgment of one's own.

    Args:
        bench: The bench.
        actor: Whose judgment it is.
        what: The judgment's id, or its comparison's: the newest one then.
        why: Why it was right.

    Raises:
        UnknownError: If this person made no such judgment.
        ConflictError: If an appeal on it waits for an answer already.
        InvalidInputError: If nothing says why.
    """
    actor.must(Act.WORK)
    _worded(why)
    with bench.store.write() as unit:
        id = _own(unit, actor, what)
        unit.in_turn(id)
        if waiting := appeals.open_on(unit, id):
            raise ConflictError(
                f"appeal {waiting} on this judgment is not answered yet"
            )
        people.arrive(unit, actor, at=bench.now())
        appeal = bench.new_id()
        auditlog.keep(bench, unit, actor, "appeals.file", id)
        appeals.add(
            unit, id=appeal, judgment=id, by=actor.name, why=why, at=bench.now()
        )
        return _veiled(appeals.listed(unit, id=appeal)[0])


def _own(unit: Unit, actor: Actor, what: str) -> str:
    stored = judgments.find(unit, what)
    if stored is not None and stored.judgment.annotator == actor.name:
        return what
    newest = appeals.newest_of(unit, what, actor.name)
    if newest is None:
        raise UnknownError(
            f"{actor.name} made no judgment {what!r}",
            hint="name a judgment of yours, or its comparison",
        )
    return newest


def _veiled(appeal: Appeal) -> Appeal:
    """Leave out what would tell the person which tasks are gold."""
    return replace(appeal, about="judged")


def listed(bench: Bench, actor: Actor, *, everything: bool = False) -> list[Appeal]:
    """List appeals, oldest first: to leads everybody's, to others their own.

    Args:
        bench: The bench.
        actor: Who asks.
        everything: Those that were answered, too.
    """
    actor.must(Act.WORK)
    with bench.store.read() as unit:
        if Act.ADJUDICATE in MAY[actor.role]:
            return appeals.listed(unit, everything=everything)
        mine = appeals.listed(unit, by=actor.name, everything=everything)
        return [_veiled(appeal) for appeal in mine]


def answer(bench: Bench, actor: Actor, id: str, *, grant: bool, why: str) -> Appeal:
    """Answer an appeal; the person finds the answer as a message.

    Raises:
        UnknownError: If there is no such appeal.
        NotAllowedError: If it is the lead's own.
        ConflictError: If it was answered already.
        InvalidInputError: If the answer has no words.
    """
    actor.must(Act.ADJUDICATE)
    _worded(why)
    with bench.store.write() as unit:
        found = appeals.listed(unit, id=id)
        if not found:
            raise UnknownError(
                f"there is no appeal {id!r}", hint="`adjudge appeals list`"
            )
        if found[0].by == actor.name:
            raise NotAllowedError("nobody answers their own appeal")
        auditlog.keep(bench, unit, actor, "appeals.answer", id, granted=grant)
        people.arrive(unit, actor, at=bench.now())
        outcome = "granted" if grant else "refused"
        if not appeals.answer(
            unit, id, outcome=outcome, words=why, by=actor.name, at=bench.now()
        ):
            raise ConflictError(f"appeal {id} was {found[0].outcome} already")
        messages.add(
            unit,
            Message(
                id=bench.new_id(),
                by=actor.name,
                at=bench.now(),
                text=f"Your appeal on {found[0].comparison} was {outcome}: {why}",
                person=found[0].by,
            ),
        )
        return appeals.listed(unit, id=id)[0]


def then(appeal: Appeal) -> str:
    """Name the command by which a lead acts on a granted appeal."""
    return THEN[appeal.about].format(
        queue=appeal.queue, comparison=appeal.comparison, judgment=appeal.judgment
    )


def _worded(why: str) -> None:
    if not why.strip() or len(why) > LIMIT:
        raise InvalidInputError(
            f"an appeal and its answer have 1 to {LIMIT} characters each",
            hint="--why TEXT",
        )
