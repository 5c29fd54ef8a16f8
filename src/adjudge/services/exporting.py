"""Datasets out: what leaves, what stays, and why."""

from __future__ import annotations

import platform
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adjudge import __version__
from adjudge.domain.dataset import Exclusion, Preference, split_of
from adjudge.domain.people import Act, Actor, Person
from adjudge.errors import InvalidInputError, RefusedError
from adjudge.formats import dataset_dir, jsonl
from adjudge.formats.annotations import Annotated, annotation_row
from adjudge.formats.card import CardFacts, card
from adjudge.formats.trl import preference_row
from adjudge.services import agreement
from adjudge.services.bench import Bench, find_queue
from adjudge.services.resolving import Result, check_method, results_of
from adjudge.storage import comparisons, datasets, judgments, people, queues

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adjudge.domain.conversation import Comparison
    from adjudge.domain.queue import Queue
    from adjudge.domain.resolution import Resolution
    from adjudge.services.resolving import Method
    from adjudge.storage.store import Unit

CONFIGS = ("preference", "annotations")
_BATCH = 500  # comparisons whose texts are in memory at once


@dataclass(frozen=True)
class ExportOptions:
    """What to export and how.

    Attributes:
        queues: Names; empty for all queues of comparisons.
        splits: Names and shares that sum to 1.
        salt: Of the split's hash.
    """

    queues: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    method: str = "majority"
    min_judgments: int = 0
    min_agreement: float = 0.0
    min_confidence: float = 0.0
    batch: str | None = None
    splits: tuple[tuple[str, float], ...] = (("train", 1.0),)
    salt: str = ""
    name: str = ""
    accept_low_agreement: bool = False

    def as_json(self) -> dict[str, Any]:
        """Write the options that decide the rows."""
        return {
            "queues": list(self.queues),
            "method": self.method,
            "min_judgments": self.min_judgments,
            "min_agreement": self.min_agreement,
            "min_confidence": self.min_confidence,
            "batch": self.batch,
            "splits": [list(s) for s in self.splits],
            "salt": self.salt,
        }


@dataclass
class Exported:
    """What an export wrote."""

    path: str
    digest: str = ""
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    excluded: dict[str, dict[str, int]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Write what ``export --json`` prints."""
        return {
            "path": self.path,
            "digest": self.digest,
            "rows": self.rows,
            "excluded": self.excluded,
            "warnings": self.warnings,
        }


def splits(shares: str) -> tuple[tuple[str, float], ...]:
    """Read ``0.9,0.05,0.05`` as train, validation and test.

    Raises:
        InvalidInputError: If they are not one to three shares that sum to 1.
    """
    names = ("train", "validation", "test")
    try:
        values = [float(part) for part in shares.split(",")]
    except ValueError:
        values = []
    if not 1 <= len(values) <= 3 or any(v < 0 for v in values):
        raise InvalidInputError(
            f"--split {shares!r} is not one to three shares", hint="e.g. 0.9,0.05,0.05"
        )
    if abs(sum(values) - 1) > 1e-9:
        raise InvalidInputError(f"--split {shares!r} sums to {sum(values):g}, not 1")
    return tuple(zip(names, values, strict=False))


def export(
    bench: Bench,
    actor: Actor,
    out: str,
    options: ExportOptions,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Exported:
    """Write a dataset directory from one unchanging state of the store.

    Args:
        bench: The bench.
        actor: Who acts.
        out: The directory; it must not exist, or be empty.
        options: What to export.
        progress: Told comparisons done and in all.

    Raises:
        ConflictError: If ``out`` is not empty.
        RefusedError: If a queue's alpha is below 0.2 and nobody accepted that.
        InvalidInputError: If a config or method does not exist.
    """
    actor.must(Act.EXPORT)
    check_method(options.method)
    for config in options.configs:
        if config not in CONFIGS:
            raise InvalidInputError(
                f"there is no config {config!r}", hint=f"configs: {', '.join(CONFIGS)}"
            )
    place = Path(out)
    with dataset_dir.fresh(place) as folder:
        with bench.store.read() as unit:
            writing = _Export(bench, unit, folder, options, progress)
            try:
                writing.write()
            except BaseException:
                writing.abandon()
                raise
        with bench.store.write() as unit:
            manifest = writing.finish(actor)
            datasets.add(
                unit,
                id=manifest["digest"],
                name=options.name or place.name,
                options=options.as_json(),
                counts=writing.counts(),
                members=writing.members,
                by=actor.name,
                at=bench.now(),
            )
    return Exported(
        path=str(place),
        digest=manifest["digest"],
        rows=writing.counts(),
        excluded={k: dict(sorted(v.items())) for k, v in writing.excluded.items()},
        warnings=writing.warnings,
    )


class _Export:
    """One export on its way out."""

    def __init__(
        self,
        bench: Bench,
        unit: Unit,
        folder: Path,
        options: ExportOptions,
        progress: Callable[[int, int], None],
    ) -> None:
        self._bench = bench
        self._unit = unit
        self._folder = folder
        self._options = options
        self._progress = progress
        self._configs = options.configs or CONFIGS
        self._writers: dict[tuple[str, str], jsonl.Writer] = {}
        self._written: dict[tuple[str, str], jsonl.Written] = {}
        self._people: dict[str, Person] = {}
        self._queues: list[dict[str, Any]] = []
        self._work: dict[str, dict[str, float]] = {}
        self._seen: dict[str, set[str]] = {}
        self.members: list[datasets.Member] = []
        self.excluded: dict[str, Counter[str]] = {c: Counter() for c in self._configs}
        self.warnings: list[str] = []

    def write(self) -> None:
        """Write the rows of every queue."""
        self._people = {p.name: p for p in people.everybody(self._unit)}
        names = dict.fromkeys(self._options.queues)
        chosen = [find_queue(self._unit, n) for n in names] or [
            q for q in queues.every(self._unit) if q.kind == "compare"
        ]
        for queue in sorted(chosen, key=lambda q: q.name):
            self._describe(queue)
        for queue in sorted(chosen, key=lambda q: q.name):
            self._write_queue(queue)
        for key, writer in sorted(self._writers.items()):
            self._written[key] = writer.close()

    def abandon(self) -> None:
        """Let go of the files of an export that failed."""
        for writer in self._writers.values():
            writer.abandon()

    def _describe(self, queue: Queue) -> None:
        """Measure a queue; refuse one whose people hardly agree."""
        material = agreement.read(self._unit, queue)
        numbers = agreement.measured(material)
        if agreement.is_low(numbers) and not self._options.accept_low_agreement:
            alpha = numbers["winner"]["alpha"]["value"]
            raise RefusedError(
                f"queue {queue.name!r} has an alpha of {alpha:.2f}, below "
                f"{agreement.LOW_ALPHA}: its results may be noise",
                hint="look at `adjudge agree`; --accept-low-agreement exports anyway",
            )
        self.warnings += [f"{queue.name}: {w}" for w in numbers["warnings"]]
        self._queues.append(
            {
                "name": queue.name,
                "overlap": queue.overlap,
                "agreement": numbers["winner"],
                "n_comparisons": numbers["n_comparisons"],
                "n_judgments": numbers["n_judgments"],
                "n_annotators": numbers["n_annotators"],
                "warnings": numbers["warnings"],
                "guidelines": {},
            }
        )

    def _write_queue(self, queue: Queue) -> None:
        self._count_gold(queue)
        judged = judgments.stream(self._unit, queue.name)
        waiting = next(judged, None)
        batch: list[tuple[Result, list[judgments.Stored]]] = []
        total = queues.standing(self._unit, queue.name).tasks
        done = 0
        method = self._options.method
        for result in results_of(self._unit, queue, method, weighed=True):
            cast: list[judgments.Stored] = []
            while waiting and waiting.judgment.comparison == result.comparison:
                cast.append(waiting)
                waiting = next(judged, None)
            batch.append((result, cast))
            if len(batch) == _BATCH:
                done += len(batch)
                self._write_batch(queue, batch)
                self._progress(done, total)
                batch = []
        self._write_batch(queue, batch)
        self._progress(total, total)

    def _count_gold(self, queue: Queue) -> None:
        for role in ("gold", "training"):
            if n := queues.count_role(self._unit, queue.name, role):
                for config in self._configs:
                    self.excluded[config][role] += n

    def _write_batch(
        self, queue: Queue, batch: list[tuple[Result, list[judgments.Stored]]]
    ) -> None:
        texts = {
            str(c.id): c
            for c in comparisons.stream(self._unit, [r.comparison for r, _ in batch])
        }
        for result, cast in batch:
            comparison = texts.get(result.comparison)
            reason = self._kept_out(result, comparison, cast)
            if reason is not None or comparison is None:
                for config in self._configs:
                    self.excluded[config][reason or "erased"] += 1
                continue
            if "preference" in self._configs:
                self._preferences(queue, result, comparison)
            if "annotations" in self._configs:
                self._annotations(queue, result, comparison, cast)

    def _kept_out(
        self,
        result: Result,
        comparison: Comparison | None,
        cast: list[judgments.Stored],
    ) -> Exclusion | None:
        """Say what keeps a comparison out of every config."""
        if result.frozen:
            return "frozen"
        if comparison is None:
            return "erased"
        if any(s.judged_digest != comparison.judged_digest for s in cast):
            return "not_as_judged"
        if self._options.batch and not any(
            s.batch == self._options.batch for s in cast
        ):
            return "other_batch"
        return None

    def _preferences(
        self, queue: Queue, result: Result, comparison: Comparison
    ) -> None:
        excluded = self.excluded["preference"]
        reason = self._no_pair(result)
        if reason is not None:
            excluded[reason] += 1
            return
        for chosen, rejected in _ordered_pairs(result):
            better, worse = comparison.response(chosen), comparison.response(rejected)
            if better.turns == worse.turns:
                excluded["identical_texts"] += 1
                continue
            found = result.resolution
            preference = Preference(
                comparison=comparison.id,
                queue=queue.name,
                chosen_id=chosen,
                rejected_id=rejected,
                prompt=comparison.prompt,
                chosen=better.turns,
                rejected=worse.turns,
                margin=found.margin,
                agreement=found.agreement,
                confidence=found.confidence,
                weight=found.weight,
                n_judgments=found.n_judgments,
                judgments=tuple(v.judgment for v in result.votes),
            )
            self._add(
                "preference",
                comparison,
                preference_row(preference),
                key=preference.key,
                lineage={
                    "queue": queue.name,
                    "comparison": comparison.id,
                    "chosen": chosen,
                    "rejected": rejected,
                    "judgments": list(preference.judgments),
                    "weights": {v.judgment: round(v.weight, 6) for v in result.votes},
                    "method": self._options.method,
                    "state": found.state,
                    "rule": _rule(
                        found, queue.overlap, check_method(self._options.method)
                    ),
                },
            )

    def _no_pair(self, result: Result) -> Exclusion | None:
        """Say why a result gives no preference row; ``None`` if it does."""
        found, options = result.resolution, self._options
        below: dict[Exclusion, bool] = {
            "none_acceptable": found.none_acceptable,
            "below_min_judgments": found.n_judgments < options.min_judgments,
            "below_min_agreement": (found.agreement or 0) < options.min_agreement,
            "below_min_confidence": (found.confidence or 0) < options.min_confidence,
        }
        if found.state in {"open", "tie", "escalated"}:
            return found.state
        if found.winner is None:
            return "tie"
        return next((reason for reason, holds in below.items() if holds), None)

    def _annotations(
        self,
        queue: Queue,
        result: Result,
        comparison: Comparison,
        cast: list[judgments.Stored],
    ) -> None:
        if not cast:
            self.excluded["annotations"]["open"] += 1
            return
        described = next(q for q in self._queues if q["name"] == queue.name)
        judged = []
        for stored in cast:
            judgment = stored.judgment
            person = self._people[judgment.annotator]
            ref = judgment.guideline or "none named"
            versions = described["guidelines"]
            versions[ref] = versions.get(ref, 0) + 1
            self._count_work(person, judgment.seconds)
            judged.append(
                Annotated(
                    judgment=judgment,
                    pseudonym=self._bench.pseudonym(judgment.annotator),
                    role=person.role.value,
                    expertise_weight=person.weight(comparison.topic),
                    late=stored.late,
                    surplus=stored.surplus,
                )
            )
        judged.sort(key=lambda a: (a.pseudonym, a.judgment.occasion))
        row = annotation_row(
            comparison,
            result.resolution,
            tuple(judged),
            queue=queue.name,
            batch=cast[0].batch,
        )
        lineage = {
            "queue": queue.name,
            "comparison": comparison.id,
            "judgments": sorted(str(s.judgment.id) for s in cast),
        }
        key = f"annotations:{queue.name}:{comparison.id}"
        self._add("annotations", comparison, row, key=key, lineage=lineage)

    def _count_work(self, person: Person, seconds: float | None) -> None:
        found = self._work.setdefault(
            person.role.value, {"judgments": 0, "seconds": 0.0}
        )
        found["judgments"] += 1
        found["seconds"] += seconds or 0.0
        self._seen.setdefault(person.role.value, set()).add(person.name)

    def _add(
        self,
        config: str,
        comparison: Comparison,
        row: dict[str, Any],
        *,
        key: str,
        lineage: dict[str, Any],
    ) -> None:
        split = split_of(
            comparison.prompt_digest,
            salt=self._options.salt,
            shares=self._options.splits,
        )
        self._writer(config, split).add(row)
        traced = {"row_id": row["row_id"], "key": key, **lineage}
        self._writer(f"lineage/{config}", split).add(traced)
        self.members.append(
            datasets.Member(row["row_id"], config, key, comparison.id, lineage)
        )

    def _writer(self, config: str, split: str) -> jsonl.Writer:
        writer = self._writers.get((config, split))
        if writer is None:
            path = self._folder / dataset_dir.shard(config, split)
            writer = self._writers[config, split] = jsonl.Writer(path)
        return writer

    # --- finishing -----------------------------------------------------------
    def counts(self) -> dict[str, dict[str, int]]:
        """Count rows by config and split; an empty one counts 0."""
        return {
            config: {
                split: self._count(config, split) for split, _ in self._options.splits
            }
            for config in self._configs
        }

    def _count(self, config: str, split: str) -> int:
        written = self._written.get((config, split))
        return written.rows if written else 0

    def finish(self, actor: Actor) -> dict[str, Any]:
        """Write card and manifest; give the manifest."""
        name = self._options.name or "adjudge export"
        files = {
            dataset_dir.shard(config, split): {
                "rows": written.rows,
                "bytes": written.size,
                "sha256": written.sha256,
                "digest": written.digest,
            }
            for (config, split), written in sorted(self._written.items())
        }
        manifest: dict[str, Any] = {
            "format": "adjudge-dataset/1",
            "name": name,
            "options": self._options.as_json(),
            "configs": self.counts(),
            "excluded": {c: dict(sorted(v.items())) for c, v in self.excluded.items()},
            "queues": self._queues,
            "people": self._roles(),
            "files": files,
        }
        identity = dataset_dir.digest_of(manifest)
        facts = CardFacts(
            name=name,
            configs={
                config: {
                    split: dataset_dir.shard(config, split)
                    for split, _ in self._options.splits
                    if (config, split) in self._written
                }
                for config in self._configs
                if any(c == config for c, _ in self._written)
            },
            rows={c: sum(splits.values()) for c, splits in self.counts().items()},
            excluded=manifest["excluded"],
            queues=self._queues,
            people=self._roles(),
            method=self._options.method,
            digest=identity,
        )
        dataset_dir.write_text(self._folder / "README.md", card(facts))
        run = {
            "at": self._bench.now(),
            "by": self._bench.pseudonym(actor.name),
            "adjudge": __version__,
            "python": platform.python_version(),
        }
        dataset_dir.write_manifest(self._folder, manifest, run)
        return {**manifest, "digest": identity}

    def _roles(self) -> dict[str, Any]:
        return {
            role: {
                "people": len(self._seen[role]),
                "judgments": int(found["judgments"]),
                "hours": round(found["seconds"] / 3600, 2),
            }
            for role, found in sorted(self._work.items())
        }


def _ordered_pairs(result: Result) -> Iterator[tuple[Any, Any]]:
    """Give every pair of responses that the result puts in different tiers."""
    for high, low in combinations(result.resolution.ranking or (), 2):
        for chosen in high:
            for rejected in low:
                yield chosen, rejected


def _rule(found: Resolution, overlap: int, method: Method) -> str:
    n = found.n_judgments
    if found.state == "adjudicated":
        return "a lead decided"
    if method == "weighted":
        return f"more than half of the weight of {n} judgments (overlap {overlap})"
    if method == "dawid-skene":
        return f"the most probable answer given {n} judgments (overlap {overlap})"
    return f"more than half of {n} judgments (overlap {overlap})"
