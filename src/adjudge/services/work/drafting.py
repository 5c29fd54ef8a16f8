"""Drafts of whatever somebody is saying: kept until it is signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adjudge.storage import drafts

if TYPE_CHECKING:
    from adjudge.domain.record import Record
    from adjudge.services.bench import Bench
    from adjudge.storage.drafts import SavedDraft
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Place:
    """Where a draft stands: one person's, of one task, on one occasion."""

    who: str
    task_id: int
    occasion: int


def keep(
    bench: Bench,
    unit: Unit,
    place: Place,
    said: Record,
    *,
    session: str,
    seq: int,
    alone: bool = False,
) -> list[SavedDraft]:
    """Keep what has been said so far; an older save never replaces a newer one.

    Args:
        bench: The bench.
        unit: The unit of work.
        place: Whose, and of what.
        said: What has been said.
        session: Names the window that says it.
        seq: Grows with every save of a window.
        alone: Let go of what other windows, dead or alive, keep of the task.

    Returns:
        What other windows of this person keep of the task, newest first.
    """
    where = (place.who, place.task_id, place.occasion)
    if alone:
        drafts.drop_of(unit, *where)
    drafts.save(
        unit,
        who=place.who,
        task_id=place.task_id,
        occasion=place.occasion,
        session=session,
        seq=seq,
        body=said.model_dump_json(),
        at=bench.now(),
    )
    return drafts.of_others(unit, *where, session)
