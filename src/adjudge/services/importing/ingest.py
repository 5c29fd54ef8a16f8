"""Files in: read, checked, kept in chunks, seen only when all of it is there."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from adjudge.domain.people import Act, Actor, Person
from adjudge.domain.record import derived_id, digest
from adjudge.errors import (
    AdjudgeError,
    BadFileError,
    BusyError,
    ConflictError,
    Fault,
    InvalidInputError,
)
from adjudge.formats import jsonl, native
from adjudge.services import auditlog
from adjudge.services.bench import find_queue
from adjudge.services.campaign import queueing
from adjudge.services.importing import feedback_ingest, refusing, rewrite_ingest
from adjudge.services.measuring import overlaps
from adjudge.services.privacy import covering
from adjudge.storage import (
    comparisons,
    feedback,
    imports,
    judgments,
    people,
    queues,
    rewrites,
    withdrawals,
)

if TYPE_CHECKING:
    from adjudge.domain.conversation import Comparison
    from adjudge.domain.ids import ResponseId
    from adjudge.domain.judging import Judgment
    from adjudge.domain.queue import Queue
    from adjudge.formats.jsonl import Source
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit

CHUNK = 5_000  # lines kept in one transaction
SHOWN_FAULTS = 20  # more would not help anybody
OnError = Literal["stop", "skip"]
Progress = Callable[[int, int], None]


@dataclass
class Total:
    """What an import did, in lines."""

    read: int = 0
    added: int = 0
    unchanged: int = 0
    superseded: int = 0
    surplus: int = 0
    rejected: int = 0
    seconds: float = 0.0
    rejects: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Write what ``import --json`` prints."""
        return {
            "read": self.read,
            "added": self.added,
            "unchanged": self.unchanged,
            "superseded": self.superseded,
            "surplus": self.surplus,
            "rejected": self.rejected,
            "seconds": round(self.seconds, 3),
        }

    def counts(self) -> dict[str, int]:
        """Give the counts that an interrupted import goes on from."""
        return {key: value for key, value in self.as_json().items() if key != "seconds"}

    def take(self, other: Total) -> None:
        """Add another file's total."""
        for key in ("read", "added", "unchanged", "superseded", "surplus", "rejected"):
            setattr(self, key, getattr(self, key) + getattr(other, key))
        self.seconds += other.seconds
        self.rejects += other.rejects


@dataclass(frozen=True)
class Options:
    """How to import.

    Attributes:
        queue: Where comparisons become tasks, and where judgments belong.
        batch: Name of this wave of tasks.
        dry_run: Check everything, keep nothing.
        on_error: Stop at a bad line with nothing kept, or keep the good rest.
    """

    queue: str | None = None
    batch: str | None = None
    dry_run: bool = False
    on_error: OnError = "stop"

    def named_queue(self, what: str) -> str:
        """Give the queue that records of this kind cannot do without.

        Raises:
            InvalidInputError: If none is named.
        """
        if self.queue is None:
            raise InvalidInputError(
                f"{what} need a queue", hint="name one with --queue Q"
            )
        return self.queue


class _Line(NamedTuple):
    number: int
    raw: bytes
    record: Any


def import_files(
    bench: Bench,
    actor: Actor,
    kind: str,
    names: Iterable[str],
    options: Options,
    *,
    progress: Progress = lambda _done, _size: None,
) -> Total:
    """Import files of one kind, each wholly or (``skip``) its good lines.

    Args:
        bench: The bench.
        actor: Who acts.
        kind: One of ``native.KINDS``.
        names: File names; ``-`` is standard input.
        options: How.
        progress: Told bytes read and bytes in all.

    Raises:
        BadFileError: With file, line, key and what was expected; nothing is kept.
        ConflictError: If an id stands with other content.
    """
    actor.must(Act.IMPORT)
    if kind not in native.KINDS:
        raise InvalidInputError(
            f"there is no kind of file {kind!r}",
            hint=f"kinds: {', '.join(native.KINDS)}, responses",
        )
    if kind == "comparisons":
        options.named_queue(kind)
    total = Total()
    for name in names:
        with jsonl.opened(name) as source:
            run = _Run(
                bench, actor, kind, source=source, options=options, progress=progress
            )
            total.take(run.go())
    return total


class _Run:
    """One file on its way in."""

    def __init__(
        self,
        bench: Bench,
        actor: Actor,
        kind: str,
        *,
        source: Source,
        options: Options,
        progress: Progress,
    ) -> None:
        self._bench = bench
        self._actor = actor
        self._kind = kind
        self._source = source
        self._options = options
        self._progress = progress
        self._faults: list[Fault] = []
        self._rejects: list[tuple[int, bytes, str]] = []
        self._refused: dict[int, str] = {}  # of these, what the store knows of
        self._total = Total()
        self._gone: set[str] | None = None  # users who took their consent back
        self._keep = {
            "comparisons": self._keep_comparisons,
            "judgments": self._keep_judgments,
            "people": self._keep_people,
            "feedback": self._keep_feedback,
            "rewrites": self._keep_rewrites,
        }[kind]
        # The same file under the same options goes on where it was interrupted.
        named = [kind, source.sha256, options.queue, options.batch, options.on_error]
        self._stem = digest(named)[:32]
        self.id = f"{self._stem}-{bench.new_id()}"

    def go(self) -> Total:
        """Read, check and keep the file."""
        started = monotonic()
        with _without_collecting():
            if self._options.dry_run:
                self._rehearse()
            else:
                self._perform()
        self._total.rejected = len(self._rejects)
        self._total.seconds = monotonic() - started
        return self._total

    def _rehearse(self) -> None:
        """Do everything in a transaction that is not kept."""
        with self._bench.store.rehearse() as unit:
            self._begin(unit)
            for chunk in self._chunks(0):
                self._keep(unit, chunk)
            self._refuse_faults()
            self._publish(unit)

    def _perform(self) -> None:
        """Keep chunk by chunk; what is kept is seen when the last one is."""
        with self._bench.store.import_turn():
            done = self._resume()
            try:
                self._keep_chunks(done)
            except (Exception, KeyboardInterrupt) as error:
                # An interrupted import goes on next time; a refused one is undone.
                if not isinstance(error, KeyboardInterrupt):
                    with suppress(AdjudgeError):
                        self._undo()
                raise
        self._write_rejects()

    def _keep_chunks(self, done: int) -> None:
        chunks = self._chunks(done)
        chunk = next(chunks, [])
        while True:
            following = next(chunks, None)
            last = following is None
            if last:
                self._refuse_faults()
            with self._bench.store.write() as unit:
                if imports.find(unit, self.id) is None:
                    self._begin(unit)
                self._keep(unit, chunk)
                if last:
                    self._refuse_faults()
                    self._publish(unit)
                    sha256 = self._source.sha256
                    auditlog.keep(
                        self._bench, unit, self._actor, "import", self.id, sha=sha256
                    )
                    imports.finish(
                        unit,
                        self.id,
                        counts=self._total.counts(),
                        at=self._bench.now(),
                    )
                else:
                    number = chunk[-1].number if chunk else 0
                    counts = self._total.counts()
                    imports.advance(unit, self.id, lines=number, counts=counts)
                    self._note_refused(unit, number)
            if following is None:
                return
            chunk = following

    def _resume(self) -> int:
        """Find out how far this very file came; undo what others left half done."""
        with self._bench.store.read() as unit:
            unfinished = imports.unfinished(unit)
        done = 0
        for left in unfinished:
            if left.id.startswith(self._stem):
                self.id, done = left.id, left.lines
                for key, value in left.counts.items():
                    setattr(self._total, key, value)
                self._total.read = 0  # every line is counted again on the way there
                with self._bench.store.read() as unit:
                    self._refused = imports.refused(unit, left.id)
            else:
                with self._bench.store.write() as unit:
                    _discard(unit, left.id)
        return done

    def _note_refused(self, unit: Unit, number: int) -> None:
        """Keep which lines were skipped up to here, for when this is interrupted."""
        new = {n: why for n, _, why in self._rejects if n <= number}
        imports.refuse(
            unit, self.id, {n: w for n, w in new.items() if n not in self._refused}
        )
        self._refused |= new

    def _undo(self) -> None:
        with self._bench.store.write() as unit:
            _discard(unit, self.id)

    def _begin(self, unit: Unit) -> None:
        imports.begin(
            unit,
            id=self.id,
            kind=self._kind,
            queue=self._options.queue,
            file=Path(self._source.name).name,
            sha256=self._source.sha256,
            by=self._actor.name,
            at=self._bench.now(),
        )

    def _queue(self, unit: Unit) -> Queue:
        """Find the queue, or say what it will be: made if missing, when published."""
        if self._kind == "rewrites":
            name = self._options.queue or rewrite_ingest.DEFAULT_QUEUE
            fresh = queueing.settings(name=name, kind="rewrite", overlap=1)
            return queues.find(unit, name) or fresh
        name = str(self._options.queue)
        return queues.find(unit, name) or queueing.settings(name=name)

    # --- reading ------------------------------------------------------------
    def _chunks(self, after: int) -> Iterator[list[_Line]]:
        records = self._records(after)
        # People are seen as soon as they are kept, so their file is one chunk.
        size = None if self._kind == "people" else CHUNK
        while chunk := list(islice(records, size)):
            yield chunk
        if self._total.read == 0 and not self._faults:
            raise BadFileError(
                f"{self._source.name} is empty",
                hint=f"expected one JSON object a line, see {self._kind} in the manual",
            )

    def _records(self, after: int) -> Iterator[_Line]:
        record = native.KINDS[self._kind]
        size = self._source.size
        for number, raw in jsonl.lines(
            self._source, progress=lambda done: self._progress(done, size)
        ):
            self._total.read += 1
            if number <= after:
                if number in self._refused:
                    self._rejects.append((number, raw, self._refused[number]))
                continue
            try:
                found = native.read(record, raw, place=self._place(number))
            except native.FaultyLineError as error:
                self._fault(number, raw, error.faults)
                continue
            if not self._faults or self._options.on_error == "skip":
                yield _Line(number, raw, found)

    def _place(self, number: int) -> str:
        return f"{self._source.name}:{number}"

    def _fault(self, number: int, raw: bytes, faults: tuple[Fault, ...]) -> None:
        faults = tuple(refusing.spoken(f, raw, self._bench.redactor) for f in faults)
        if self._options.on_error == "skip":
            why = "; ".join(
                f"{f.key}: {f.problem}" if f.key else f.problem for f in faults
            )
            self._rejects.append((number, raw, why))
            return
        self._faults.extend(faults)
        if len(self._faults) >= SHOWN_FAULTS:
            self._refuse_faults()

    def _refuse_faults(self) -> None:
        if not self._faults:
            return
        first, n = self._faults[0], len(self._faults)
        more = "" if n == 1 else f" (and {n - 1} more)"
        raise BadFileError(
            f"{first}{more}",
            faults=tuple(self._faults),
            hint="nothing of it was imported; mend the file, or keep the good lines "
            "with --on-error skip",
        )

    def _write_rejects(self) -> None:
        if not self._rejects:
            return
        with self._bench.store.read() as unit:
            gone = withdrawals.every(unit)
        name = refusing.give_back(
            self._source, self._rejects, self._bench.redactor, gone
        )
        self._total.rejects.append(name)

    # --- keeping ------------------------------------------------------------
    def _keep_comparisons(self, unit: Unit, chunk: list[_Line]) -> None:
        kind = self._queue(unit).kind
        good: list[tuple[int, Comparison]] = []
        for line in chunk:
            n = len(line.record.responses)
            if (n == 1) != (kind == "rate"):
                wanted = "one response" if kind == "rate" else "two to nine responses"
                problem = f"expected {wanted} in a {kind} queue, found {n}"
                fault = Fault(self._place(line.number), "responses", problem)
                self._fault(line.number, line.raw, (fault,))
            else:
                good.append((line.number, line.record))
        known = comparisons.digests(unit, good)
        good = self._without_conflicts(unit, chunk, good, known)
        added, unchanged = comparisons.add_chunk(
            unit,
            good,
            known,
            import_id=self.id,
            cover=partial(covering.comparison, self._bench.redactor),
        )
        self._total.added += added
        self._total.unchanged += unchanged

    def _without_conflicts(
        self,
        unit: Unit,
        chunk: list[_Line],
        good: list[tuple[int, Comparison]],
        known: dict[str, str],
    ) -> list[tuple[int, Comparison]]:
        """Refuse, or skip, ids that stand with other content, here or in the store."""
        clashes = comparisons.clashes(unit, good, known)
        if not clashes:
            return good
        if self._options.on_error == "stop":
            number, id = next(iter(clashes.items()))
            raise ConflictError(
                f"{self._place(number)}: comparison {id!r} exists with other content",
                hint="the same id must mean the same texts; give the changed one an "
                "id of its own. Nothing of it was imported",
            )
        raw = {line.number: line.raw for line in chunk}
        for number, id in clashes.items():
            why = f"comparison {id!r} exists with other content"
            self._rejects.append((number, raw[number], why))
        return [(n, c) for n, c in good if n not in clashes]

    def _keep_judgments(self, unit: Unit, chunk: list[_Line]) -> None:
        if self._options.queue is not None:
            find_queue(unit, self._options.queue)  # says which there are
        found = comparisons.targets(
            unit, {line.record.comparison for line in chunk}, self._options.queue
        )
        pairs: list[tuple[_Line, comparisons.Target]] = []
        for line in chunk:
            try:
                target = self._target(line.record, found)
                line.record.check_responses(target.responses)
            except ValueError as error:
                key, _, problem = str(error).partition(": ")
                fault = Fault(self._place(line.number), key, problem)
                self._fault(line.number, line.raw, (fault,))
            else:
                pairs.append((line, target))
        if self._faults:
            return
        names = {line.record.annotator for line, _ in pairs}
        people.add_names(unit, names, at=self._bench.now())
        self._add_judgments(unit, pairs)

    def _target(
        self, judgment: Judgment, found: dict[str, list[comparisons.Target]]
    ) -> comparisons.Target:
        tasks = found.get(judgment.comparison, [])
        if len(tasks) == 1:
            return tasks[0]
        if tasks:
            names = ", ".join(sorted({t.queue for t in tasks}))
            raise ValueError(
                f"comparison: {judgment.comparison!r} is a task of several queues "
                f"({names}); name one with --queue"
            )
        where = f" of queue {self._options.queue!r}" if self._options.queue else ""
        raise ValueError(
            f"comparison: {judgment.comparison!r} is no task{where}; "
            "import the comparisons first"
        )

    def _add_judgments(
        self, unit: Unit, pairs: list[tuple[_Line, comparisons.Target]]
    ) -> None:
        newest = judgments.newest(unit, [t.task_id for _, t in pairs])
        signed, by_id = self._with_ids(unit, pairs)
        fresh: list[tuple[judgments.Stored, tuple[ResponseId, ...], int]] = []
        for (line, target), judgment in zip(pairs, signed, strict=True):
            content = judgments.content_digest(judgment)
            if judgment.id in by_id:
                if by_id[judgment.id][0] != content:
                    self._clash(line, str(judgment.id))
                else:
                    self._total.unchanged += 1
                continue
            key = (target.task_id, judgment.annotator, judgment.occasion)
            before = newest.get(key)
            if before is not None and before.content_digest == content:
                self._total.unchanged += 1
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
            self._total.superseded += before is not None
            self._total.added += 1
        added = judgments.add_imported(
            unit, fresh, received_at=self._bench.now(), import_id=self.id
        )
        if added < len(fresh):
            raise BusyError(
                "somebody judged a task of this file at the same moment",
                hint="import it again; what is in the store stays as it is",
            )

    def _with_ids(
        self, unit: Unit, pairs: list[tuple[_Line, comparisons.Target]]
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

    def _clash(self, line: _Line, id: str) -> None:
        why = f"judgment {id!r} exists with other content"
        if self._options.on_error == "stop":
            raise ConflictError(
                f"{self._place(line.number)}: {why}",
                hint="the same id must mean the same judgment. "
                "Nothing of it was imported",
            )
        self._rejects.append((line.number, line.raw, why))

    def _keep_people(self, unit: Unit, chunk: list[_Line]) -> None:
        for line in chunk:
            person: Person = line.record
            known = people.find(unit, person.name)
            if known is None:
                people.add(unit, person, at=self._bench.now())
                self._total.added += 1
            elif not known.login and person.login:
                people.promote(unit, person)
                self._total.superseded += 1
            elif _says_nothing_new(person, known):
                self._total.unchanged += 1
            else:
                people.promote(unit, person)
                self._total.superseded += 1

    def _keep_feedback(self, unit: Unit, chunk: list[_Line]) -> None:
        if self._gone is None:
            self._gone = withdrawals.under_way(unit, self.id)
        kept = feedback_ingest.keep(
            unit,
            ((line.number, line.record, line.raw) for line in chunk),
            redactor=self._bench.redactor,
            import_id=self.id,
            gone=self._gone,
        )
        self._total.added += kept.added
        self._total.unchanged += kept.unchanged
        self._refuse_clashes(chunk, kept.clashes)

    def _keep_rewrites(self, unit: Unit, chunk: list[_Line]) -> None:
        queue = self._queue(unit)
        if queue.kind != "rewrite":
            raise InvalidInputError(
                f"queue {queue.name!r} is for {queue.kind} tasks, not for rewrites"
            )
        added, unchanged, clashes = rewrite_ingest.keep(
            self._bench,
            unit,
            [(line.number, line.record) for line in chunk],
            queue=queue.name,
            import_id=self.id,
        )
        self._total.added += added
        self._total.unchanged += unchanged
        self._refuse_clashes(chunk, clashes)

    def _refuse_clashes(
        self, chunk: list[_Line], clashes: list[tuple[int, str]]
    ) -> None:
        """Refuse, or skip, lines whose id stands with other content."""
        raw = {line.number: line.raw for line in chunk} if clashes else {}
        for number, why in clashes:
            if self._options.on_error == "stop":
                raise ConflictError(
                    f"{self._place(number)}: {why}",
                    hint="the same id must mean the same thing. "
                    "Nothing of it was imported",
                )
            self._rejects.append((number, raw[number], why))

    # --- publishing -----------------------------------------------------------
    def _publish(self, unit: Unit) -> None:
        if self._kind == "comparisons":
            queue = self._queue(unit)
            queues.add(unit, queue, at=self._bench.now())
            if self._options.batch:
                queues.add_batch(
                    unit, queue.name, self._options.batch, at=self._bench.now()
                )
            comparisons.make_tasks(
                unit,
                import_id=self.id,
                queue=queue.name,
                kind=queue.kind,
                overlap=queue.wanted,
                training=queue.training,
                batch=self._options.batch,
            )
            overlaps.opened(unit, queue, self.id)
            queues.open_slots(unit, self.id)
        elif self._kind == "judgments":
            overlaps.hold_imported(unit, self.id)
            _, surplus = judgments.publish(unit, self.id)
            self._total.surplus += surplus - overlaps.imported(unit, self.id)
        elif self._kind == "feedback":
            feedback.publish(unit, self.id, at=self._bench.now())
        elif self._kind == "rewrites":
            self._total.surplus += rewrite_ingest.publish(
                self._bench,
                unit,
                self._queue(unit),
                import_id=self.id,
                batch=self._options.batch,
            )


def _discard(unit: Unit, import_id: str) -> None:
    """Undo an import that was never seen."""
    authors = judgments.discard(unit, import_id)
    comparisons.discard(unit, import_id)
    feedback.discard(unit, import_id)
    rewrites.discard(unit, import_id)
    people.drop_strangers(unit, authors, import_id=import_id)
    imports.forget(unit, import_id)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Leave Python's cycle collector off: it looks at every record again and again.

    It finds nothing in records, which hold no cycles, and costs a quarter of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _says_nothing_new(person: Person, known: Person) -> bool:
    """Compare with who is known; weights declared since, in other topics, stay."""
    same = (person.role, person.languages) == (known.role, known.languages)
    return same and person.expertise.items() <= known.expertise.items()
