"""Messages from a lead: sent, waiting, read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.people import Act
from adjudge.errors import ConflictError, InvalidInputError, UnknownError
from adjudge.services import auditlog
from adjudge.storage import messages, people, queues
from adjudge.storage.messages import Message

if TYPE_CHECKING:
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench

__all__ = ["LIMIT", "Message", "acknowledge", "send", "sent", "waiting"]

LIMIT = 2000  # characters


def send(
    bench: Bench, actor: Actor, to: str, text: str, *, kind: str | None = None
) -> Message:
    """Send a message to a person, or to everybody who works in a queue.

    Args:
        bench: The bench.
        actor: Who writes.
        to: A person or a queue.
        text: What to say.
        kind: ``person`` or ``queue`` where both have that name.

    Raises:
        UnknownError: If there is neither.
        ConflictError: If there are both and nobody said which.
        InvalidInputError: If the text is empty or too long.
    """
    actor.must(Act.SEND_MESSAGES)
    if not text.strip() or len(text) > LIMIT:
        raise InvalidInputError(
            f"a message has 1 to {LIMIT} characters; this one has {len(text.strip())}"
        )
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "messages.send", to)
        is_person = kind != "queue" and people.find(unit, to) is not None
        is_queue = kind != "person" and queues.find(unit, to) is not None
        if is_person and is_queue:
            raise ConflictError(
                f"{to!r} is a person and a queue", hint="say which: --to person|queue"
            )
        if not is_person and not is_queue:
            raise UnknownError(f"there is no person and no queue called {to!r}")
        message = Message(
            id=bench.new_id(),
            by=actor.name,
            at=bench.now(),
            text=text,
            person=to if is_person else None,
            queue=to if is_queue else None,
        )
        messages.add(unit, message)
    return message


def waiting(
    bench: Bench, actor: Actor, *, queue: str | None = None
) -> tuple[Message, ...]:
    """List what this person has not read yet, oldest first.

    Args:
        bench: The bench.
        actor: Who reads.
        queue: A queue they sit down at, perhaps for the first time.
    """
    actor.must(Act.WORK)
    with bench.store.read() as unit:
        return tuple(messages.waiting(unit, actor.name, queue))


def acknowledge(bench: Bench, actor: Actor, id: str) -> bool:
    """Keep that this person has read a message; ``False`` if they had already.

    Raises:
        UnknownError: If there is no such message for this person.
    """
    actor.must(Act.WORK)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "messages.acknowledge", id)
        if not messages.is_for(unit, id, actor.name):
            raise UnknownError(f"there is no message {id!r} for {actor.name}")
        return messages.acknowledge(unit, id, actor.name, at=bench.now())


def sent(bench: Bench, actor: Actor) -> list[Message]:
    """List every message with who read it and who did not, newest first."""
    actor.must(Act.SEND_MESSAGES)
    with bench.store.read() as unit:
        return messages.sent(unit)
