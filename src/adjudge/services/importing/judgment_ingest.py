"""Judgments from files: checked against their tasks, known again, put into slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.record import derived_id
from adjudge.errors import BusyError
from adjudge.services.bench import find_queue
from adjudge.services.importing.chunks import Kept, Line, Wrong
from adjudge.services.measuring import overlaps
from adjudge.storage import comparisons, gone, judgments, people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adjudge.domain.ids import ResponseId
    from adjudge.domain.judging import Judgment
    from adjudge.services.bench import Bench
    from adjudge.storage.comparisons import Target
    from adjudge.storage.engine.store import Unit

_Pairs = list[tuple[Line, "Target"]]


def keep(
    bench: Bench,
    unit: Unit,
    lines: Sequence[Line],
    *,
    queue: str | None,
    import_id: str,
) -> Kept:
    """Keep the judgments of a chunk; whoever is not known yet gets no login.

    Raises:
        BusyError: If somebody judged one of the tasks at the same moment.
        UnknownError: If there is no such queue.
    """
    if queue is not None:
        find_queue(unit, queue)  # says which there are
    kept = Kept()
    away = gone.forgotten_names(unit, {line.record.annotator for line in lines})
    asked = {line.record.comparison for line in lines}
    found = comparisons.targets(unit, asked, queue)
    lessons = comparisons.in_training(unit, asked - set(found))
    pairs: _Pairs = []
    for line in lines:
        try:
            target = _target(line.record, found, queue, lessons)
            line.record.check_responses(target.responses)
        except ValueError as error:
            key, _, problem = str(error).partition(": ")
            kept.wrong.append(Wrong(line.number, key, problem))
        else:
            if line.record.annotator in away:
                kept.forgotten += 1
            else:
                pairs.append((line, target))
    names = {line.record.annotator for line, _ in pairs}
    people.add_names(unit, names, at=bench.now())
    _add(bench, unit, pairs, kept, import_id=import_id)
    return kept


def _target(
    judgment: Judgment,
    found: dict[str, list[Target]],
    queue: str | None,
    lessons: set[str],
) -> Target:
    tasks = found.get(judgment.comparison, [])
    if len(tasks) == 1:
        return tasks[0]
    if tasks:
        names = ", ".join(sorted({t.queue for t in tasks}))
        raise ValueError(
            f"comparison: {judgment.comparison!r} is a task of several queues "
            f"({names}); name one with --queue"
        )
    if judgment.comparison in lessons:
        raise ValueError(
            f"comparison: {judgment.comparison!r} is for training, where judgments are "
            "made and not imported: they count nowhere"
        )
    where = f" of queue {queue!r}" if queue else ""
    raise ValueError(
        f"comparison: {judgment.comparison!r} is no task{where}; "
        "import the comparisons first"
    )


def _add(
    bench: Bench, unit: Unit, pairs: _Pairs, kept: Kept, *, import_id: str
) -> None:
    newest = judgments.newest(unit, [t.task_id for _, t in pairs])
    signed, by_id = _with_ids(unit, pairs)
    fresh: list[tuple[judgments.Stored, tuple[ResponseId, ...], int]] = []
    for (line, target), judgment in zip(pairs, signed, strict=True):
        content = judgments.content_digest(judgment)
        if judgment.id in by_id:
            if by_id[judgment.id][0] != content:
                why = f"judgment {str(judgment.id)!r} exists with other content"
                kept.clashes.append((line.number, why))
            else:
                kept.unchanged += 1
            continue
        key = (target.task_id, judgment.annotator, judgment.occasion)
        before = newest.get(key)
        if before is not None and before.content_digest == content:
            kept.unchanged += 1
            continue
        stored = judgments.Stored(
            judgment=judgment,
            task_id=target.task_id,
            revision=before.revision + 1 if before else 1,
            supersedes=before.id if before else None,
            judged_digest=target.judged_digest,
            content_digest=content,
        )
        newest[key] = judgments.Known(str(judgment.id), content, stored.revision)
        by_id[str(judgment.id)] = content, target.task_id
        fresh.append((stored, target.responses, line.number))
        kept.superseded += before is not None
    kept.added = len(fresh)
    added = judgments.add_imported(
        unit, fresh, received_at=bench.now(), import_id=import_id
    )
    if added < len(fresh):
        raise BusyError(
            "somebody judged a task of this file at the same moment",
            hint="import it again; what is in the store stays as it is",
        )


def _with_ids(
    unit: Unit, pairs: _Pairs
) -> tuple[list[Judgment], dict[str, tuple[str, int]]]:
    """Give every judgment an id, and find which ids stand in the store.

    The same record may be imported into several queues: where the id of its
    content stands for another task, the queue becomes part of it.
    """
    signed = [line.record.with_id() for line, _ in pairs]
    known = judgments.known_ids(unit, [str(j.id) for j in signed])
    elsewhere = []
    for i, (line, target) in enumerate(pairs):
        id = str(signed[i].id)
        _, task_id = known.get(id, ("", target.task_id))
        if line.record.id is None and task_id != target.task_id:
            own = derived_id([id, target.queue])
            signed[i] = signed[i].model_copy(update={"id": own})
            elsewhere.append(own)
    if elsewhere:
        known |= judgments.known_ids(unit, elsewhere)
    return signed, known


def publish(unit: Unit, import_id: str) -> int:
    """Put an import's judgments into slots; give how many are surplus."""
    overlaps.hold_imported(unit, import_id)
    _, surplus = judgments.publish(unit, import_id)
    return surplus - overlaps.imported(unit, import_id)
