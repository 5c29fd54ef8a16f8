"""The bench: real parts that every deed works with."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adjudge.domain.triage import SIGNAL_WEIGHTS
from adjudge.errors import UnknownError
from adjudge.storage import queues
from adjudge.storage.engine import schema
from adjudge.telemetry.redact import Recogniser

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adjudge.domain.privacy import Redactor
    from adjudge.domain.queue import Queue
    from adjudge.storage.claims import Place
    from adjudge.storage.engine.store import Store, Unit
    from adjudge.storage.hand import Given, Glance


@dataclass(frozen=True)
class Bench:
    """A store, a clock and a source of ids, chosen by wiring.

    Attributes:
        now: Gives the time as UTC ISO 8601.
        new_id: Gives a fresh id, sortable by time.
        secret: Key of the pseudonyms in what leaves; two stores that share it agree.
        redactor: Finds what stays covered in a text; asked once, at import.
        signal_weights: How much each kind of implicit signal counts for, beside a
            person's judgment of 1.
        places: Where each person's claims have come to, by (queue, name).
        glances: What each person found at a queue last, by (queue, name).
        hands: What each person was given there last, by (queue, name).
    """

    store: Store
    now: Callable[[], str]
    new_id: Callable[[], str]
    secret: bytes
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    glances: dict[tuple[str, str], Glance] = field(default_factory=dict)
    hands: dict[tuple[str, str], tuple[Given, ...]] = field(default_factory=dict)
    redactor: Redactor = field(default_factory=Recogniser)
    signal_weights: Mapping[str, float] = field(default_factory=lambda: SIGNAL_WEIGHTS)

    def pseudonym(self, name: str) -> str:
        """Name a person in what leaves, so that only key holders can tell who it is."""
        found = hmac.new(self.secret, name.encode(), hashlib.sha256).hexdigest()
        return f"p-{found[:16]}"


def find_queue(unit: Unit, name: str) -> Queue:
    """Find a queue.

    Raises:
        UnknownError: If there is none of that name; the message lists those there are.
    """
    queue = queues.find(unit, name)
    if queue is None:
        raise no_queue(unit, name)
    return queue


def no_queue(unit: Unit, name: str) -> UnknownError:
    """Say that there is no queue of that name, and which there are."""
    names = ", ".join(q.name for q in queues.every(unit)) or "none yet"
    return UnknownError(
        f"there is no queue {name!r}",
        hint=f"queues: {names}; make one with `adjudge queue create {name}`",
    )


def side_key(unit: Unit) -> bytes:
    """Give the key that fixes which response is shown where in this store."""
    return bytes.fromhex(schema.fact(unit, "side_key") or "")
