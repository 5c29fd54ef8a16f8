"""What a person reads before judging: the guideline, and what is new in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adjudge.domain.guideline import split_ref
from adjudge.domain.people import Act, Actor
from adjudge.errors import UnknownError
from adjudge.services import auditlog
from adjudge.services.campaign import guidelines
from adjudge.storage import guidelines as versions
from adjudge.storage import people, standing

if TYPE_CHECKING:
    from adjudge.domain.guideline import Guideline
    from adjudge.domain.guideline_changes import GuidelineDiff
    from adjudge.services.bench import Bench

_READ = "read_guideline"  # a step in a person's history


@dataclass(frozen=True)
class News:
    """A guideline is not what this person worked under last.

    Attributes:
        before: The version they know.
        diff: What changed since; ``None`` where the old text is not in the store.
    """

    before: str
    diff: GuidelineDiff | None


@dataclass(frozen=True)
class Reading:
    """A version of a guideline as one person finds it.

    Attributes:
        body: The Markdown that people read.
        news: What changed, until this person has said that they read it.
    """

    guideline: Guideline
    body: str
    news: News | None = None


def read(bench: Bench, actor: Actor, ref: str) -> Reading:
    """Read the version that a task is judged under, and what is new in it.

    Raises:
        UnknownError: If there is no such guideline.
    """
    actor.must(Act.SEE_GUIDELINES)
    with bench.store.read() as unit:
        found = guidelines.load(unit, ref)
        if found is None:
            raise UnknownError(f"there is no guideline {ref!r}")
        seen = max(
            versions.worked_under(unit, actor.name, found.name),
            standing.newest_read(unit, actor.name, _READ, found.name),
        )
        known = versions.source(unit, found.name, seen) is not None if seen else False
    body = guidelines.body(found)
    if not 0 < seen < found.version:
        return Reading(found, body)
    before = f"{found.name}@{seen}"
    diff = guidelines.diff(bench, actor, before, found.ref) if known else None
    if diff is not None and diff.is_empty:
        return Reading(found, body)
    return Reading(found, body, News(before, diff))


def acknowledge(bench: Bench, actor: Actor, ref: str) -> None:
    """Keep that this person has read what changed in a guideline.

    Raises:
        UnknownError: If there is no such version.
    """
    actor.must(Act.SEE_GUIDELINES)
    with bench.store.write() as unit:
        found = guidelines.load(unit, ref)
        if found is None:
            raise UnknownError(f"there is no guideline {ref!r}")
        name, version = split_ref(found.ref)
        people.arrive(unit, actor, at=bench.now())
        auditlog.keep(bench, unit, actor, "guidelines.read", found.ref)
        standing.step(
            unit,
            actor.name,
            _READ,
            {"guideline": name, "version": version},
            id=bench.new_id(),
            why=None,
            by=actor.name,
            at=bench.now(),
        )
