"""Guidelines: versions, what changed, what rests on the old text, what is unclear."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from adjudge.domain import guideline_changes
from adjudge.domain.guideline import Change, Guideline, split_ref, version_of
from adjudge.domain.names import check_name
from adjudge.domain.people import Act, Actor
from adjudge.errors import ConflictError, InvalidInputError, UnknownError
from adjudge.formats import guideline_file
from adjudge.services import auditlog
from adjudge.storage import guidelines, queues

if TYPE_CHECKING:
    from collections.abc import Collection

    from adjudge.domain.guideline_changes import GuidelineDiff
    from adjudge.domain.queue import Queue
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.guidelines import Made, Ticket

SAMPLE_WITHIN, SAMPLE_LEVEL = 0.05, 0.95
SAMPLE_FORMULA = (
    "n = n0 / (1 + (n0 - 1) / N) with n0 = z^2 * 0.25 / 0.05^2 = 384.15 (z = 1.96, "
    "the share of changed judgments within 5 points at 95 %) and N the judgments "
    "under older texts; Cochran (1977), Sampling Techniques, 4.4"
)


def add(
    bench: Bench, actor: Actor, text: str, *, name: str, change: Change
) -> tuple[Guideline, bool]:
    """Add a guideline version; the same text again changes nothing.

    Work that is in somebody's hand is finished under the old text. A major change
    suspends the gold of every queue that follows the newest version, until a lead
    confirms it.

    Args:
        bench: The bench.
        actor: Who acts.
        text: The whole file.
        name: The file's name, for error messages.
        change: Whether judgments made under the version before stay comparable.

    Returns:
        The guideline, and whether it is new.

    Raises:
        BadFileError: If the text is no guideline.
        ConflictError: If that name and version stand with another text.
    """
    actor.must(Act.MANAGE_GUIDELINES)
    guideline = guideline_file.parse(text, name=name)
    with bench.store.write() as unit:
        new = put(unit, guideline, change=change, by=actor.name, at=bench.now())
        if new:
            act = "guideline.add"
            auditlog.keep(bench, unit, actor, act, guideline.ref, sha=guideline.sha256)
    return guideline, new


def put(unit: Unit, guideline: Guideline, *, change: Change, by: str, at: str) -> bool:
    """Add a version inside a unit of work; ``False`` if its text is there already.

    Raises:
        ConflictError: If that name and version stand with another text.
        InvalidInputError: If the name is new, and hides something.
    """
    unit.in_turn(guideline.ref)
    newest = guidelines.newest(unit, guideline.name)
    if newest is None:
        check_name("guideline", guideline.name)
    for known, version, sha256, *_ in guidelines.listed(unit):
        if sha256 == guideline.sha256:
            return False
        if (known, version) == (guideline.name, guideline.version):
            raise ConflictError(
                f"guideline {guideline.ref} stands in the store with another text",
                hint="raise `version` in the front matter; a version never changes",
            )
    guidelines.add(unit, guideline, change=change, by=by, at=at)
    if change == "major" and newest is not None and newest < guideline.version:
        for queue in _followers(unit, guideline.name):
            guidelines.suspend_gold(unit, queue.name)
    return True


def _followers(unit: Unit, name: str) -> list[Queue]:
    """List the queues that take the newest version of a guideline by themselves."""
    return [q for q in queues.every(unit) if q.guideline == name]


def listed(bench: Bench, actor: Actor) -> list[tuple[str, int, str, str, str, str]]:
    """List versions: name, version, hash, change, when and by whom."""
    actor.must(Act.SEE_GUIDELINES)
    with bench.store.read() as unit:
        return guidelines.listed(unit)


def show(bench: Bench, actor: Actor, ref: str) -> Guideline:
    """Read one version; the newest when none is named.

    Raises:
        UnknownError: If there is no such guideline.
    """
    actor.must(Act.SEE_GUIDELINES)
    with bench.store.read() as unit:
        return _found(unit, ref)


def _found(unit: Unit, ref: str) -> Guideline:
    found = load(unit, ref)
    if found is None:
        raise UnknownError(
            f"there is no guideline {ref!r}", hint="`adjudge guideline list` names all"
        )
    return found


def load(unit: Unit, ref: str) -> Guideline | None:
    """Load a guideline by reference inside a unit of work."""
    name, version = split_ref(ref)
    if version is None:
        text = guidelines.source(unit, name, None)
    else:
        text = unit.once(
            f"guideline {ref}", lambda: guidelines.source(unit, name, version)
        )
    return _parsed(text, ref) if text is not None else None


def named(unit: Unit, ref: str) -> Guideline | None:
    """Load the version that a judgment names; imported ones may name anything."""
    try:
        return load(unit, ref)
    except InvalidInputError:
        return None


@lru_cache(maxsize=64)
def _parsed(text: str, ref: str) -> Guideline:
    """Read a text once; every submit asks for the same few."""
    return guideline_file.parse(text, name=ref)


def current(unit: Unit, queue: Queue) -> str | None:
    """Name the version that work taken from a queue now is done under."""
    if queue.guideline is None:
        return None
    name, version = split_ref(queue.guideline)
    newest = version or guidelines.newest(unit, name)
    return f"{name}@{newest}" if newest else None


def cited(unit: Unit, ref: str | None, clause: str) -> str:
    """Give the number of a clause that is cited; ``§3`` and ``3.`` are clause 3.

    Where no text is known, as with imported work, the number is taken as it is.

    Raises:
        InvalidInputError: If the guideline has no such clause, with those it has.
    """
    found = named(unit, ref) if ref else None
    number = clause.strip().removeprefix("§").removesuffix(".").strip()
    if found is None or any(number == c.number for c in found.clauses):
        return number
    listed = "; ".join(f"{c.number} {c.title}" for c in found.clauses)
    raise InvalidInputError(
        f"guideline {found.ref} has no clause {number!r}",
        hint=f"its clauses: {listed}" if listed else "it has none",
    )


def body(guideline: Guideline) -> str:
    """Give the Markdown that people read."""
    return guideline_file.body(guideline.source)


def diff(bench: Bench, actor: Actor, before: str, after: str) -> GuidelineDiff:
    """Compare two versions, clause by clause.

    Raises:
        UnknownError: If one of them is not in the store.
    """
    actor.must(Act.SEE_GUIDELINES)
    with bench.store.read() as unit:
        old, new = _found(unit, before), _found(unit, after)
    return guideline_changes.compare(
        old,
        new,
        elsewhere=(
            guideline_file.outside(body(old)),
            guideline_file.outside(body(new)),
        ),
    )


# --- gold after a major change -----------------------------------------------------
def suspend_gold(unit: Unit, queue: Queue, before: str | None) -> int:
    """Suspend a queue's gold if its guideline changed in a major way.

    Args:
        unit: The unit of work.
        queue: The queue with its new guideline.
        before: What ``current`` gave before the change.

    Returns:
        How many gold tasks wait for a lead now.
    """
    after = current(unit, queue)
    if before is None or after is None or not is_major(unit, before, after):
        return 0
    return guidelines.suspend_gold(unit, queue.name)


def is_major(unit: Unit, before: str, after: str) -> bool:
    """Tell whether judgments under two versions are no longer comparable."""
    old, new = before.partition("@")[0], after.partition("@")[0]
    if old != new:
        return True
    span = sorted((version_of(before), version_of(after)))
    return any(
        name == old and span[0] < version <= span[1] and change == "major"
        for name, version, _, change, *_ in guidelines.listed(unit)
    )


def suspended(bench: Bench, actor: Actor, name: str) -> dict[str, int]:
    """Count suspended gold by queue, of the queues that use a guideline."""
    actor.must(Act.MANAGE_GUIDELINES)
    with bench.store.read() as unit:
        counts = {
            q.name: guidelines.count_suspended(unit, q.name) for q in _users(unit, name)
        }
    return {queue: n for queue, n in counts.items() if n}


def confirm_gold(
    bench: Bench,
    actor: Actor,
    name: str,
    *,
    comparisons: Collection[str] | None = None,
) -> dict[str, int]:
    """Say that gold is still right under the new text; it is mixed in again.

    Args:
        bench: The bench.
        actor: Who acts.
        name: The guideline.
        comparisons: Only these; all when absent.

    Returns:
        How many gold tasks came back, by queue.

    Raises:
        UnknownError: If no queue uses the guideline, or a comparison is no gold there.
    """
    actor.must(Act.MANAGE_GUIDELINES)
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "guidelines.confirm_gold", name)
        _found(unit, name)
        users = [q.name for q in _users(unit, name)]
        for comparison in comparisons or ():
            if not any(guidelines.is_gold(unit, q, comparison) for q in users):
                raise UnknownError(
                    f"{comparison!r} is no gold of a queue under {name}",
                    hint="see `adjudge gold list`",
                )
        found = {q: guidelines.confirm_gold(unit, q, comparisons) for q in users}
    return {queue: n for queue, n in found.items() if n}


def _users(unit: Unit, ref: str) -> list[Queue]:
    """List the queues whose work is done under any version of a guideline."""
    name = split_ref(ref)[0]
    return [
        q
        for q in queues.every(unit)
        if q.guideline is not None and split_ref(q.guideline)[0] == name
    ]


# --- impact ------------------------------------------------------------------------
@dataclass(frozen=True)
class Impact:
    """What rests on older texts of a guideline.

    Attributes:
        versions: Number, change and time of every version up to the one asked for.
        queues: One object a queue, see ``as_json``.
        exports: Dataset versions with rows that rest on older texts.
    """

    guideline: str
    versions: tuple[dict[str, Any], ...]
    queues: tuple[dict[str, Any], ...]
    exports: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """Write what ``guideline impact --json`` prints."""
        return {
            "guideline": self.guideline,
            "versions": list(self.versions),
            "queues": list(self.queues),
            "judgments": sum(q["judgments"] for q in self.queues),
            "exports": list(self.exports),
            "sample": {
                "size": sum(q["sample"] for q in self.queues),
                "within": SAMPLE_WITHIN,
                "level": SAMPLE_LEVEL,
                "formula": SAMPLE_FORMULA,
            },
        }


def impact(bench: Bench, actor: Actor, ref: str) -> Impact:
    """Measure what was made under the texts before a version (default: the newest).

    Raises:
        UnknownError: If there is no such guideline.
    """
    actor.must(Act.MANAGE_GUIDELINES)
    with bench.store.read() as unit:
        target = _found(unit, ref)
        versions = tuple(
            {"version": version, "change": change, "added_at": at}
            for name, version, _, change, at, _ in guidelines.listed(unit)
            if name == target.name and version <= target.version
        )
        made = [
            m
            for m in guidelines.made_under(unit, target.name)
            if version_of(m.ref) < target.version
        ]
        leased = guidelines.leased_under(unit, target.name)
        exports = guidelines.shipped_under(unit, {m.ref for m in made})
        return Impact(
            guideline=target.ref,
            versions=versions,
            queues=tuple(
                _in_queue(unit, queue, target, made, leased)
                for queue in sorted({m.queue for m in made})
            ),
            exports=tuple(
                {
                    "dataset": e.dataset,
                    "name": e.name,
                    "at": e.at,
                    "rows": e.rows,
                    "rows_under_old_text": e.old_rows,
                }
                for e in exports
            ),
        )


def _in_queue(
    unit: Unit,
    queue: str,
    target: Guideline,
    made: list[Made],
    leased: dict[tuple[str, str], int],
) -> dict[str, Any]:
    old = [m for m in made if m.queue == queue]
    judged = sum(m.judgments for m in old)
    return {
        "queue": queue,
        "judgments": judged,
        "under": [
            {
                "guideline": m.ref,
                "judgments": m.judgments,
                "comparisons": m.comparisons,
                "comparable": not is_major(unit, m.ref, target.ref),
            }
            for m in sorted(old, key=lambda m: version_of(m.ref))
        ],
        "leased": sum(
            n
            for (name, ref), n in leased.items()
            if name == queue and version_of(ref) < target.version
        ),
        "gold_suspended": guidelines.count_suspended(unit, queue),
        "sample": _sample_size(judged),
    }


def _sample_size(judged: int) -> int:
    # Late: whoever opens the workbench needs no SciPy (200 ms, 15 MiB).
    from adjudge.stats.sampling import size_for_share  # noqa: PLC0415

    return size_for_share(judged, within=SAMPLE_WITHIN, level=SAMPLE_LEVEL)


# --- tickets -----------------------------------------------------------------------
def tickets(
    bench: Bench, actor: Actor, name: str | None = None, *, closed: bool = False
) -> list[Ticket]:
    """List what people found unclear, oldest first.

    Args:
        bench: The bench.
        actor: Who acts.
        name: Only of this guideline.
        closed: Also those that were answered.

    Raises:
        UnknownError: If there is no such guideline.
    """
    actor.must(Act.MANAGE_GUIDELINES)
    with bench.store.read() as unit:
        if name is not None:
            _found(unit, name)
        return guidelines.tickets(
            unit, name=split_ref(name)[0] if name is not None else None, closed=closed
        )


def close_ticket(bench: Bench, actor: Actor, id: str, *, answer: str) -> Ticket:
    """Answer a ticket; the answer stays beside the question.

    Raises:
        UnknownError: If there is no such ticket.
        ConflictError: If somebody closed it already.
        InvalidInputError: If the answer is empty.
    """
    actor.must(Act.MANAGE_GUIDELINES)
    if not answer.strip():
        raise InvalidInputError(
            "the answer is empty", hint="say what the guideline means, or what changed"
        )
    with bench.store.write() as unit:
        auditlog.keep(bench, unit, actor, "guidelines.close_ticket", id)
        found = guidelines.tickets(unit, id=id, closed=True)
        if not found:
            raise UnknownError(
                f"there is no ticket {id!r}", hint="`adjudge guideline tickets`"
            )
        if not guidelines.close_ticket(
            unit, id, by=actor.name, answer=answer, at=bench.now()
        ):
            raise ConflictError(
                f"ticket {id} was closed by {found[0].closed_by}: {found[0].answer}"
            )
        return guidelines.tickets(unit, id=id, closed=True)[0]
