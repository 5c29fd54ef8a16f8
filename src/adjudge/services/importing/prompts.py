"""Prompts out to other models, and their answers back as comparisons."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from adjudge.domain.people import Act, Actor
from adjudge.domain.prompts import How, Pool, pair_key, plain
from adjudge.errors import BadFileError, ConflictError, Fault, InvalidInputError
from adjudge.formats import answers, jsonl
from adjudge.services.bench import Bench, find_queue
from adjudge.services.campaign import policies
from adjudge.services.importing import ingest, refusing
from adjudge.storage import comparisons, prompts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adjudge.domain.conversation import Comparison
    from adjudge.formats.answers import Spool
    from adjudge.storage.engine.store import Unit

_CHUNK = 500  # prompts whose texts are in memory at once
_ALLOWED = ("granted", "unstated", "not_applicable")
_GIVEN = ("granted", "not_applicable")  # where the campaign wants consent
SEED = 0


@dataclass(frozen=True)
class Exported:
    """What became of an export of prompts.

    Attributes:
        left_out: Comparisons that were kept back, by the reason.
    """

    file: str
    prompts: int
    sha256: str
    left_out: dict[str, int]


def conditions(given: Iterable[str]) -> dict[str, str]:
    """Read conditions such as ``topic=python``.

    Raises:
        InvalidInputError: If one is not KEY=VALUE, or of a key that is not known.
    """
    found: dict[str, str] = {}
    for condition in given:
        key, equals, value = condition.partition("=")
        if not equals or key not in prompts.WHERE or key in found:
            raise InvalidInputError(
                f"--where {condition!r} is not KEY=VALUE, each key once",
                hint=f"keys: {', '.join(prompts.WHERE)}",
            )
        found[key] = value
    return found


def export(
    bench: Bench,
    actor: Actor,
    file: str,
    *,
    queue: str | None = None,
    where: dict[str, str] | None = None,
) -> Exported:
    """Write each prompt once, as a line with its id and messages.

    Prompts of gold and training stay here, and so does what is frozen, hidden,
    erased or without consent.

    Raises:
        ConflictError: If the file exists.
        UnknownError: If there is no such queue.
    """
    actor.must(Act.EXPORT)
    path = Path(file)
    with bench.store.read() as unit:
        if queue is not None:
            find_queue(unit, queue)
        scope = prompts.Scope(queue, where or {}, _consents(unit))
        try:
            writer = jsonl.Writer(path)
        except FileExistsError:
            raise ConflictError(
                f"{file} exists already", hint="name another file"
            ) from None
        try:
            for id, comparison in _texts(unit, scope):
                writer.add(answers.prompt_row(id, comparison))
        except BaseException:
            path.unlink()
            raise
        finally:
            written = writer.close()
        left_out = prompts.left_out(unit, scope)
    return Exported(file, written.rows, written.sha256, left_out)


def _consents(unit: Unit) -> tuple[str, ...]:
    return _GIVEN if policies.consent(unit).required else _ALLOWED


def _texts(unit: Unit, scope: prompts.Scope) -> Iterator[tuple[str, Comparison]]:
    """Load the prompts of a scope in their order."""
    found = prompts.found(unit, scope)
    while chunk := list(islice(found, _CHUNK)):
        texts = {str(c.id): c for c in comparisons.stream(unit, [c for _, c in chunk])}
        for prompt, comparison in chunk:
            yield prompt, texts[comparison]


# --- answers back ------------------------------------------------------------------
@dataclass
class Total:
    """What an import of answers did.

    Attributes:
        prompts: Prompts that were answered.
        pairs: Pairs that were wanted, whether they stood already or not.
        identical: Answers with the text of another model's answer: never a pair.
        known: Answers that the store held already.
        twice: Answers that stood in the file twice.
        alone: Prompts with one text only: nothing to compare.
        imported: Lines read, comparisons added and unchanged.
    """

    prompts: int = 0
    pairs: int = 0
    identical: int = 0
    known: int = 0
    twice: int = 0
    alone: int = 0
    imported: ingest.Total = field(default_factory=ingest.Total)

    def as_json(self) -> dict[str, Any]:
        """Write what ``import responses --json`` prints."""
        return {
            **self.imported.as_json(),
            "prompts": self.prompts,
            "pairs": self.pairs,
            "identical": self.identical,
            "known": self.known,
            "twice": self.twice,
            "alone": self.alone,
        }


def import_responses(
    bench: Bench,
    actor: Actor,
    names: Iterable[str],
    options: ingest.Options,
    *,
    how: How,
    seed: int = SEED,
    progress: ingest.Progress = lambda _done, _size: None,
) -> Total:
    """Bring other models' answers back as comparisons of two.

    Each answer is paired with answers of the same file and with those that the store
    holds for the prompt. The same file again, in any order of its lines, adds nothing.

    Args:
        bench: The bench.
        actor: Who acts.
        names: File names; ``-`` is standard input.
        options: As of any import; a queue is needed.
        how: Every pair, or random ones.
        seed: Of the random ones.
        progress: Told bytes read and bytes in all.

    Raises:
        BadFileError: With file, line, key and what was expected; nothing is kept.
        InvalidInputError: If no queue is named.
    """
    actor.must(Act.IMPORT)
    options.named_queue("responses")
    total = Total()
    for name in names:
        with jsonl.opened(name) as source:
            run = _Run(bench, actor, source, options, how=how, seed=seed)
            run.go(total, progress)
    total.imported.must_hold_something()
    return total


class _Run:
    """One file of answers on its way in."""

    def __init__(
        self,
        bench: Bench,
        actor: Actor,
        source: jsonl.Source,
        options: ingest.Options,
        *,
        how: How,
        seed: int,
    ) -> None:
        self._bench = bench
        self._actor = actor
        self._source = source
        self._options = options
        self._queue = str(options.queue)
        self._how = how
        self._seed = seed
        self._faults: list[Fault] = []
        self._rejects: list[tuple[int, bytes, str]] = []

    def go(self, total: Total, progress: ingest.Progress) -> None:
        """Read the answers, pair them, and import the pairs as comparisons."""
        started = monotonic()
        imported = ingest.Total()
        with (
            answers.spooled(self._source, refuse=self._refuse, progress=progress) as (
                spool,
                read,
            ),
            tempfile.TemporaryDirectory(prefix="adjudge-") as folder,
        ):
            stem = Path(self._source.name).name.removesuffix(".gz")
            pairs = Path(folder) / f"{stem.removesuffix('.jsonl')}.pairs.jsonl"
            writer = jsonl.Writer(pairs)
            try:
                standing = sum(self._pair(spool, writer, total))
            finally:
                written = writer.close()
            if read == 0:
                raise BadFileError(
                    f"{self._source.name} is empty",
                    hint="expected one answer a line, see responses in the manual",
                )
            if written.rows:
                imported = ingest.import_files(
                    self._bench, self._actor, "comparisons", [str(pairs)], self._options
                )
        imported.read = read
        imported.unchanged += standing
        imported.rejected = len(self._rejects)
        if self._rejects:
            number, _, why = min(self._rejects)
            imported.why = f"{self._source.name}:{number}: {why}"
        imported.seconds = monotonic() - started
        self._write_rejects(imported)
        total.imported.take(imported)

    # --- faults --------------------------------------------------------------------
    def _refuse(self, number: int, line: bytes, faults: tuple[Fault, ...]) -> None:
        if self._options.on_error == "skip":
            why = "; ".join(f"{f.key}: {f.problem}".removeprefix(": ") for f in faults)
            self._rejects.append((number, line, why))
            return
        self._faults.extend(faults)
        if len(self._faults) >= refusing.MOST_FAULTS:
            self._raise()

    def _raise(self) -> None:
        if self._faults:
            raise refusing.refused(self._faults)

    def _write_rejects(self, imported: ingest.Total) -> None:
        if not self._rejects or self._options.dry_run:
            return
        name = refusing.give_back(self._source, self._rejects, self._bench.redactor)
        imported.rejects.append(name)

    # --- pairing -------------------------------------------------------------------
    def _pair(self, spool: Spool, writer: jsonl.Writer, total: Total) -> Iterator[int]:
        """Write the pairs that the queue lacks; give how many it has, by chunk."""
        waiting = iter(spool.prompts)
        while chunk := list(islice(waiting, _CHUNK)):
            with self._bench.store.read() as unit:
                yield self._pair_chunk(unit, chunk, spool, writer, total)
        self._raise()

    def _pair_chunk(
        self,
        unit: Unit,
        chunk: list[str],
        spool: Spool,
        writer: jsonl.Writer,
        total: Total,
    ) -> int:
        shared = prompts.sharing(unit, chunk, self._queue, _consents(unit))
        ids = [s.comparison for found in shared.values() for s in found]
        texts = {str(c.id): c for c in comparisons.stream(unit, ids)}
        standing = 0
        for prompt in chunk:
            like = [
                (texts[s.comparison], s.in_queue)
                for s in shared.get(prompt, ())
                if s.comparison in texts
            ]
            if not like:
                self._unknown(prompt, spool)
                continue
            standing += self._pair_prompt(prompt, like, spool, writer, total)
        return standing

    def _unknown(self, prompt: str, spool: Spool) -> None:
        problem = "expected an id that `prompts export` wrote, found another"
        for number, line in zip(
            spool.numbers(prompt), spool.lines(prompt), strict=True
        ):
            place = f"{self._source.name}:{number}"
            self._refuse(number, line, (Fault(place, "prompt_id", problem),))

    def _pair_prompt(
        self,
        prompt: str,
        like: list[tuple[Comparison, bool]],
        spool: Spool,
        writer: jsonl.Writer,
        total: Total,
    ) -> int:
        """Write the pairs of one prompt; give how many the queue holds already."""
        pool = Pool.of(
            (plain(r) for c, _ in like for r in c.responses),
            (a.as_response() for a in spool.answers(prompt)),
        )
        total.prompts += 1
        total.identical += pool.identical
        total.known += pool.known
        total.twice += pool.twice
        total.alone += len(pool.candidates) == 1
        stored = {pair_key(c): (c, in_queue) for c, in_queue in reversed(like)}
        standing = 0
        for pair in pool.pairs(self._how, prompt=prompt, seed=self._seed):
            total.pairs += 1
            known, in_queue = stored.get(pair.key, (None, False))
            if in_queue:
                standing += 1
                continue
            found = known or pair.comparison([c for c, _ in like])
            writer.add(answers.comparison_row(found))
        return standing
