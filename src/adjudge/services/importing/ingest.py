"""Files in: read, checked, kept in chunks, seen only when all of it is there."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from adjudge.domain.people import Act, Actor
from adjudge.domain.record import digest
from adjudge.domain.words import count_of
from adjudge.errors import (
    AdjudgeError,
    BadFileError,
    ConflictError,
    Fault,
    InvalidInputError,
)
from adjudge.formats import jsonl, native
from adjudge.services import auditlog
from adjudge.services.campaign import queueing
from adjudge.services.importing import (
    comparison_ingest,
    feedback_ingest,
    judgment_ingest,
    people_ingest,
    refusing,
    rewrite_ingest,
)
from adjudge.services.importing.chunks import Line
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
    from adjudge.domain.queue import Queue
    from adjudge.formats.jsonl import Source
    from adjudge.services.bench import Bench
    from adjudge.services.importing.chunks import Kept
    from adjudge.storage.engine.store import Unit

CHUNK = 5_000  # lines kept in one transaction
# What an id stands for, where "thing" would be too little said.
_THE_SAME = {
    "comparisons": "texts; give the changed one an id of its own",
    "judgments": "judgment",
}
_COUNTS = (
    *("read", "added", "unchanged", "superseded", "surplus"),
    *("rejected", "forgotten", "tasks"),
)
OnError = Literal["stop", "skip"]
Progress = Callable[[int, int], None]


@dataclass
class Total:
    """What an import did, in lines.

    Attributes:
        forgotten: Lines of people who were forgotten; they were left out.
        tasks: Made of comparisons, new ones or such as another queue has.
        why: The first refused line, and why.
    """

    read: int = 0
    added: int = 0
    unchanged: int = 0
    superseded: int = 0
    surplus: int = 0
    rejected: int = 0
    forgotten: int = 0
    tasks: int = 0
    seconds: float = 0.0
    rejects: list[str] = field(default_factory=list)
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """Write what ``import --json`` prints."""
        return {
            "read": self.read,
            "added": self.added,
            "unchanged": self.unchanged,
            "superseded": self.superseded,
            "surplus": self.surplus,
            "rejected": self.rejected,
            **({"forgotten": self.forgotten} if self.forgotten else {}),
            "seconds": round(self.seconds, 3),
        }

    def counts(self) -> dict[str, int]:
        """Give the counts that an interrupted import goes on from."""
        return {key: value for key, value in self.as_json().items() if key != "seconds"}

    def take(self, other: Total) -> None:
        """Add another file's total."""
        for key in _COUNTS:
            setattr(self, key, getattr(self, key) + getattr(other, key))
        self.seconds += other.seconds
        self.rejects += other.rejects
        self.why = self.why or other.why

    def must_hold_something(self) -> None:
        """Refuse an import of which every line was refused.

        Raises:
            BadFileError: With the first line's reason, and where all of them are.
        """
        if not self.rejected or self.rejected < self.read:
            return
        where = f"; every line and why: {', '.join(self.rejects)}"
        raise BadFileError(
            f"nothing to import: {self.why}"
            if self.read == 1
            else f"none of {count_of(self.read, 'line')} can be imported; {self.why}",
            hint=f"nothing was kept{where if self.rejects else ''}",
        )


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
        BadFileError: With file, line, key and what was expected; nothing is kept. Of
            skipped lines, where no line was good.
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
    total.must_hold_something()
    return total


class _NothingIsGoodError(AdjudgeError):
    """Every line of a file was refused; nothing of it is kept."""


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
        if self._rejects:
            number, _, why = min(self._rejects)
            self._total.why = f"{self._place(number)}: {why}"
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
            except _NothingIsGoodError:
                self._undo()
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
                    if len(self._rejects) == self._total.read:
                        raise _NothingIsGoodError("no line is good")
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
            found = queues.find(unit, name)
            if found is None:
                return queueing.settings(name=name, kind="rewrite", overlap=1)
            if found.kind != "rewrite":
                raise InvalidInputError(
                    f"queue {name!r} is for {found.kind} tasks, not for rewrites"
                )
            return found
        name = str(self._options.queue)
        return queues.find(unit, name) or queueing.settings(name=name)

    # --- reading ------------------------------------------------------------
    def _chunks(self, after: int) -> Iterator[list[Line]]:
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

    def _records(self, after: int) -> Iterator[Line]:
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
                yield Line(number, raw, found)

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
        if len(self._faults) >= refusing.MOST_FAULTS:
            self._refuse_faults()

    def _refuse_faults(self) -> None:
        if self._faults:
            raise refusing.refused(self._faults)

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
    def _keep(self, unit: Unit, chunk: list[Line]) -> None:
        """Keep a chunk as its kind is kept; refuse, or skip, what does not fit."""
        kept = self._kept(unit, chunk)
        self._total.added += kept.added
        self._total.unchanged += kept.unchanged
        self._total.superseded += kept.superseded
        self._total.forgotten += kept.forgotten
        raw = {line.number: line.raw for line in chunk}
        for number, key, problem in kept.wrong:
            self._fault(
                number, raw[number], (Fault(self._place(number), key, problem),)
            )
        for number, why in kept.clashes:
            if not self._faults:
                self._refuse_clash(number, raw[number], why)

    def _kept(self, unit: Unit, chunk: list[Line]) -> Kept:
        bench, at = self._bench, self._bench.now()
        if self._kind == "comparisons":
            kind = self._queue(unit).kind
            return comparison_ingest.keep(
                bench, unit, chunk, kind=kind, import_id=self.id
            )
        if self._kind == "judgments":
            queue = self._options.queue
            return judgment_ingest.keep(
                bench, unit, chunk, queue=queue, import_id=self.id
            )
        if self._kind == "people":
            return people_ingest.keep(unit, chunk, at=at)
        if self._kind == "rewrites":
            queue = self._queue(unit).name
            return rewrite_ingest.keep(
                bench, unit, chunk, queue=queue, import_id=self.id
            )
        if self._gone is None:
            self._gone = withdrawals.under_way(unit, self.id)
        return feedback_ingest.keep(
            unit,
            ((line.number, line.record, line.raw) for line in chunk),
            redactor=bench.redactor,
            import_id=self.id,
            gone=self._gone,
        )

    def _refuse_clash(self, number: int, raw: bytes, why: str) -> None:
        """Refuse, or skip, a line whose id stands with other content."""
        if self._options.on_error == "stop":
            same = _THE_SAME.get(self._kind, "thing")
            raise ConflictError(
                f"{self._place(number)}: {why}",
                hint=f"the same id must mean the same {same}. "
                "Nothing of it was imported",
            )
        self._rejects.append((number, raw, why))

    # --- publishing -----------------------------------------------------------
    def _publish(self, unit: Unit) -> None:
        batch = self._options.batch
        if self._kind == "comparisons":
            queue = self._queue(unit)
            self._total.tasks = comparison_ingest.publish(
                self._bench, unit, queue, import_id=self.id, batch=batch
            )
        elif self._kind == "judgments":
            self._total.surplus += judgment_ingest.publish(unit, self.id)
        elif self._kind == "feedback":
            feedback.publish(unit, self.id, at=self._bench.now())
        elif self._kind == "rewrites":
            queue = self._queue(unit)
            self._total.surplus += rewrite_ingest.publish(
                self._bench, unit, queue, import_id=self.id, batch=batch
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
