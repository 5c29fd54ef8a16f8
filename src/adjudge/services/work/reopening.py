"""Ask for judgments again: take back, reopen, rejudge. Nothing is overwritten."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from adjudge.domain.people import Act, Actor
from adjudge.domain.record import utc
from adjudge.errors import InvalidInputError
from adjudge.services import auditlog
from adjudge.services.bench import Bench, find_queue
from adjudge.storage import claims, turns


def chosen(where: list[str]) -> dict[str, str]:
    """Read ``key=value`` conditions against the allow-list.

    Raises:
        InvalidInputError: If a key is not on the list, or a time is none.
    """
    found = {}
    for condition in where:
        key, equals, value = condition.partition("=")
        if not equals or key not in turns.WHERE:
            raise InvalidInputError(
                f"--where {condition!r} is not key=value with a known key",
                hint=f"keys: {', '.join(sorted(turns.WHERE))}",
            )
        found[key] = _time(value) if key in {"before", "after"} else value
    return found


def _time(text: str) -> str:
    """Read a day, which begins in UTC, or a time."""
    try:
        moment = datetime.fromisoformat(text)
        return utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise InvalidInputError(
            f"{text!r} is no day and no time",
            hint="for example 2026-12-31 or 2026-01-31T12:00:00Z",
        ) from None


def reopen(
    bench: Bench, actor: Actor, queue: str, where: list[str], *, why: str
) -> list[str]:
    """Open the slots of selected judgments again, for their authors first of all.

    The judgments are kept and count no more until their authors sign again.

    Returns:
        The judgments' ids.
    """
    actor.must(Act.ADJUDICATE)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "reopening.reopen", queue)
        find_queue(unit, queue)
        opened = []
        for found in turns.select(unit, queue, chosen(where)):
            if found.occasion or not claims.reopen(unit, found.judgment_id):
                continue
            at = bench.now()
            turns.withdraw(unit, found.judgment_id, by=actor.name, why=why, at=at)
            turns.answer(unit, found.judgment_id, state="granted")
            turns.invite(
                unit,
                task_id=found.task_id,
                who=found.annotator,
                occasion=0,
                queue=queue,
                purpose="first",
                why=why,
                by=actor.name,
                at=at,
            )
            opened.append(found.judgment_id)
    return opened


def rejudge(
    bench: Bench,
    actor: Actor,
    queue: str,
    where: list[str],
    *,
    why: str,
    sample: int | None = None,
    seed: int = 0,
) -> int:
    """Ask the authors of selected judgments to judge again, on a new occasion.

    A rejudgment stands from then on; until then the old judgment does.

    Args:
        bench: The bench.
        actor: Who acts.
        queue: The queue.
        where: Which judgments, as ``key=value``.
        why: What the people will read.
        sample: Ask for so many of them, drawn at random; for all where none is given.
        seed: Draws the same ones again.

    Returns:
        How many judgments will be made again.

    Raises:
        InvalidInputError: If the sample is empty.
    """
    actor.must(Act.ADJUDICATE)
    if sample is not None and sample < 1:
        raise InvalidInputError(f"expected a sample of at least 1, found {sample}")
    with bench.store.write() as unit:
        said = {"where": sorted(where), "sample": sample, "seed": seed}
        auditlog.keep(bench, unit, actor, "reopening.rejudge", queue, **said)
        find_queue(unit, queue)
        found = turns.select(unit, queue, chosen(where))
        people = sorted({(s.task_id, s.annotator) for s in found})
        if sample is not None and sample < len(people):
            people = Random(seed).sample(people, sample)  # noqa: S311 - no secret
        for task_id, who in sorted(people):
            turns.invite(
                unit,
                task_id=task_id,
                who=who,
                occasion=turns.next_rejudge(unit, task_id, who),
                queue=queue,
                purpose="rejudge",
                why=why,
                by=actor.name,
                at=bench.now(),
            )
    return len(people)


def requests(bench: Bench, actor: Actor, queue: str) -> list[dict[str, Any]]:
    """List who asks to take up a judgment whose result was used."""
    actor.must(Act.ADJUDICATE)
    with bench.store.read() as unit:
        find_queue(unit, queue)
        return turns.requests(unit, queue)
