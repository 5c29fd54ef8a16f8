"""Rewrites from files: tasks and texts on their way in, and into their slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.record import canonical, digest
from adjudge.domain.rewriting import RewriteTask, edited_share
from adjudge.services.importing.chunks import Kept, Line
from adjudge.services.privacy import covering
from adjudge.storage import covered, gone, people, queues, rewrites
from adjudge.storage.covered import Whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adjudge.domain.queue import Queue
    from adjudge.domain.rewriting import Rewrite
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit

DEFAULT_QUEUE = "rewrites"
_APPROVED = ("approved", "fixed")


def keep(
    bench: Bench,
    unit: Unit,
    lines: Sequence[Line],
    *,
    queue: str,
    import_id: str,
) -> Kept:
    """Keep the rewrites of a chunk; a task that stands otherwise is a clash."""
    kept = Kept()
    asked = rewrites.digests(unit, {line.record.task for line in lines})
    stand = rewrites.known(unit, [line.record.id for line in lines])
    away = gone.forgotten_names(
        unit, {name for line in lines for name in _people(line.record)}
    )
    tasks: dict[str, rewrites.Made] = {}
    good: list[tuple[int, Rewrite]] = []
    for line in lines:
        rewrite: Rewrite = line.record
        content = _digest(rewrite)
        if asked.setdefault(rewrite.task, content) != content:
            why = f"task: {rewrite.task!r} exists with another prompt or original"
            kept.clashes.append((line.number, why))
        elif away & _people(rewrite):
            kept.forgotten += 1
        elif rewrite.id in stand:
            if rewrite.approved_by and stand[rewrite.id] not in _APPROVED:
                kept.clashes.append((line.number, _not_approved(rewrite)))
            else:
                kept.unchanged += 1
        else:
            stand[rewrite.id] = "approved" if rewrite.approved_by else "submitted"
            good.append((line.number, rewrite))
            if rewrite.task not in tasks:
                made = _made(bench, unit, rewrite, content, line.number)
                tasks[rewrite.task] = made
    rewrites.add_tasks(unit, list(tasks.values()), queue=queue, import_id=import_id)
    names = {name for _, rewrite in good for name in _people(rewrite)}
    people.add_names(unit, names, at=bench.now())
    for number, rewrite in good:
        _add(bench, unit, rewrite, number, queue=queue, import_id=import_id)
    kept.added = len(good)
    return kept


def _not_approved(rewrite: Rewrite) -> str:
    return (
        f"approved_by: this text of {rewrite.annotator!r} for {rewrite.task!r} is here "
        "and not approved; `adjudge rewrite approve` does that"
    )


def _people(rewrite: Rewrite) -> set[str]:
    """Name who wrote it and who approved it."""
    return {name for name in (rewrite.annotator, rewrite.approved_by) if name}


def _digest(rewrite: Rewrite) -> str:
    shown = {
        "prompt": [m.model_dump(mode="json") for m in rewrite.prompt],
        "original": rewrite.original.model_dump(mode="json"),
    }
    return digest(shown)


def _made(
    bench: Bench, unit: Unit, rewrite: Rewrite, content: str, line: int
) -> rewrites.Made:
    whole = RewriteTask(
        id=rewrite.task,
        prompt=rewrite.prompt,
        original=rewrite.original,
        topic=rewrite.topic,
        language=rewrite.language,
    )
    shown, kinds = covering.task(bench.redactor, whole)
    if kinds:
        body = whole.content().decode()
        covered.add(unit, [Whole(rewrites.text_id(whole.id), body, kinds)])
    return rewrites.Made(task=shown, digest=content, source="import", line=line)


def _add(
    bench: Bench,
    unit: Unit,
    rewrite: Rewrite,
    line: int,
    *,
    queue: str,
    import_id: str,
) -> None:
    before = rewrites.newest(unit, rewrite.task, rewrite.annotator)
    if before is not None:
        rewrites.supersede(unit, before[0])
    shown, kinds = covering.rewritten(bench.redactor, rewrite)
    if kinds:
        covered.add(unit, [Whole(f"rewrite:{rewrite.id}", rewrite.text, kinds)])
    sources = covering.leaves(bench.redactor, list(rewrite.sources))
    rewrites.add(
        unit,
        text=shown,
        id=rewrite.id,
        rewrite_task=rewrite.task,
        annotator=rewrite.annotator,
        revision=before[1] + 1 if before else 1,
        supersedes=before[0] if before else None,
        outcome=rewrite.outcome,
        edited_share=edited_share(rewrite.original.judged, rewrite.text),
        reasons=canonical(list(rewrite.reasons)).decode(),
        sources=canonical(sources).decode(),
        seconds=rewrite.seconds,
        at=rewrite.at,
        received_at=bench.now(),
        meta=canonical(rewrite.meta).decode(),
        import_id=import_id,
        line=line,
    )
    rewrites.send_to_review(
        unit,
        rewrite.id,
        queue,
        approved_by=rewrite.approved_by,
        at=rewrite.at,
        import_id=import_id,
    )


def publish(
    bench: Bench, unit: Unit, queue: Queue, *, import_id: str, batch: str | None
) -> int:
    """Make the tasks and put every rewrite into its slot; give how many are surplus."""
    queues.add(unit, queue, at=bench.now())
    if batch:
        queues.add_batch(unit, queue.name, batch, at=bench.now())
    rewrites.make_tasks(unit, queue, import_id=import_id, batch=batch)
    surplus = 0
    for id, task_id, who in rewrites.of_import(unit, import_id):
        surplus += not rewrites.place(unit, task_id, who, id)
    return surplus
