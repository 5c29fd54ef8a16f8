"""One walk over the queues of an export, a few hundred comparisons at a time."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.conversation import tiers_of
from adjudge.domain.dataset import LOW_ALPHA
from adjudge.errors import RefusedError
from adjudge.formats import trl
from adjudge.formats.annotations import annotation_row, ratings, reasons
from adjudge.services.bench import Bench, find_queue
from adjudge.services.campaign import guidelines
from adjudge.services.exporting import gates, making, rated
from adjudge.services.exporting.facts import Facts
from adjudge.services.exporting.plain_pairs import PlainPairs
from adjudge.services.exporting.rated import Scales
from adjudge.services.exporting.rewritten import Rewritten
from adjudge.services.exporting.sink import Sink
from adjudge.services.exporting.splitting import Splitting
from adjudge.services.exporting.thumbed import Thumbed
from adjudge.services.measuring import agreement, coding
from adjudge.services.measuring.resolving import Resolver
from adjudge.storage import (
    briefs,
    demonstrations,
    exports,
    people,
    queues,
    withdrawals,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adjudge.domain.dataset import Config
    from adjudge.domain.ids import ResponseId
    from adjudge.domain.people import Person
    from adjudge.domain.queue import Queue
    from adjudge.services.exporting.making import Judged, Made
    from adjudge.services.exporting.options import ExportOptions
    from adjudge.services.exporting.plain_pairs import PlainLine
    from adjudge.services.exporting.writing import Writing
    from adjudge.storage.briefs import Briefs
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.exports import Task

_BATCH = 200  # comparisons whose texts are in memory at once
_OF_COMPARISONS = {"preference", "kto", "reward", "rankings", "annotations"}
_OF_RATINGS = {"kto", "annotations"}
# Of a judgment: who; who and seconds; guideline.
_WHO, _WORK, _GUIDELINE = itemgetter(2), itemgetter(2, 9), itemgetter(8)
_DIGEST = itemgetter(10)


class Collecting:
    """Reads one unchanging state of the store and writes its rows."""

    def __init__(
        self,
        bench: Bench,
        unit: Unit,
        writing: Writing,
        options: ExportOptions,
        progress: Callable[[int, int], None],
    ) -> None:
        self._bench = bench
        self._unit = unit
        self._writing = writing
        self._options = options
        self._progress = progress
        self._configs = options.wanted
        self._people: dict[str, Person] = {}
        self._pseudonyms: dict[str, str] = {}
        self._judges: dict[tuple[str, str | None], dict[str, Any]] = {}
        self._splitting = Splitting(unit, options)
        self.facts = Facts({c: Counter() for c in self._configs})
        self._sink = Sink(writing, self._splitting, self.facts)
        self._scales = Scales(unit, {})
        self._anybody_withdrew: bool | None = None

    def collect(self) -> Facts:
        """Write the rows of every queue."""
        self._people = {p.name: p for p in people.everybody(self._unit)}
        self.facts.roles = {n: p.role.value for n, p in self._people.items()}
        self.facts.expertise = {n: p.expertise for n, p in self._people.items()}
        chosen = [
            find_queue(self._unit, n) for n in self._options.queues
        ] or queues.every(self._unit)
        # The same queue named twice is one queue.
        every = [q for _, q in sorted({q.name: q for q in chosen}.items())]
        ready = [self._prepare(q) for q in every if q.kind != "rewrite"]
        for prepared, described in zip(ready, self.facts.queues, strict=True):
            self._count_gold(prepared[0].queue)
            self._walk(*prepared, described["guidelines"])
        self._demonstrate([q for q in every if q.kind == "rewrite"])
        self._name_guidelines()
        return self.facts

    def _name_guidelines(self) -> None:
        """Name the very texts that people worked under."""
        for told in (*self.facts.queues, *self.facts.rewrites):
            known = []
            for ref in sorted(told["guidelines"]):
                text = guidelines.named(self._unit, ref)
                if text is not None:
                    self.facts.guidelines[ref] = text.sha256
                    known.append(ref)
            if len(known) > 1:
                told["comparable"] = not any(
                    guidelines.is_major(self._unit, *two) for two in pairwise(known)
                )

    def _demonstrate(self, of_rewrites: list[Queue]) -> None:
        """Write what experts wrote, and what users said of answers."""
        place = self._unit, self._sink, self._options
        rewritten = Rewritten(*place, people=self._people, pseudonym=self._pseudonym)
        for queue in of_rewrites:
            rewritten.walk(queue)
        Thumbed(*place).walk()

    def _prepare(self, queue: Queue) -> tuple[Resolver, Briefs | None]:
        """Measure a queue, and weigh its people on what was read for that.

        Returns:
            What resolves it, and its judgments, where they were read for rows as well.
        """
        unit, method = self._unit, self._options.method
        read = every = None
        if PlainPairs.will_do(queue, self._configs, self._options):
            read = briefs.read(unit, queue.name, chunk=_BATCH)
            every = coding.from_votes(unit, queue.name, read.votes(), read.order)
        numbers, coded = agreement.headline(unit, queue, every)
        self.facts.queues.append(self._described(queue, numbers))
        resolver = Resolver.ready(unit, queue, method, weighed=True, coded=coded)
        return resolver, read

    def _described(self, queue: Queue, numbers: dict[str, Any]) -> dict[str, Any]:
        """Describe a queue; refuse one whose people hardly agree."""
        if agreement.is_low(numbers) and not self._options.accept_low_agreement:
            alpha = numbers["winner"]["alpha"]["value"]
            raise RefusedError(
                f"queue {queue.name!r} has an alpha of {alpha:z.2f}, below "
                f"{LOW_ALPHA}: its results may be noise",
                hint="look at `adjudge agree`; --accept-low-agreement exports anyway",
            )
        self.facts.warnings += [f"{queue.name}: {w}" for w in numbers["warnings"]]
        return {
            "name": queue.name,
            "overlap": queue.range if queue.adaptive else queue.overlap,
            "agreement": numbers["winner"],
            "n_comparisons": numbers["n_comparisons"],
            "n_units": numbers["n_units"],
            "n_judgments": numbers["n_judgments"],
            "n_annotators": numbers["n_annotators"],
            "warnings": numbers["warnings"],
            "guidelines": Counter(),
        }

    def _count_gold(self, queue: Queue) -> None:
        for role in ("gold", "training"):
            if n := queues.count_role(self._unit, queue.name, role):
                for config in self._judged_of(queue):
                    self.facts.excluded[config][role] += n

    def _walk(
        self, resolver: Resolver, read: Briefs | None, guidelines: Counter[str]
    ) -> None:
        queue = resolver.queue
        total = queues.count_role(self._unit, queue.name, "work")
        plain = None
        if read is not None and resolver.weighing is not None:
            weighing, said = resolver.weighing, read.said
            plain = PlainPairs(resolver, weighing, self._options, said)
        done, kept = 0, []
        for i, batch in enumerate(exports.tasks(self._unit, queue.name, chunk=_BATCH)):
            if plain is None or read is None:
                guidelines.update(self._write_batch(resolver, batch))
            else:
                judged = read.part(i, [task.task_id for task in batch])
                kept.append(self._write_plain(resolver, plain, batch, judged))
            done += len(batch)
            self._progress(done, total)
        if read is not None:
            guidelines.update(self._count_said(read, kept))

    def _write_batch(self, resolver: Resolver, tasks: Sequence[Task]) -> Counter[str]:
        """Resolve and write a batch; give the guidelines of its judgments."""
        queue = resolver.queue
        full = "annotations" in self._configs or queue.kind == "rate"
        ids = [task.task_id for task in tasks]
        casts = exports.casts(self._unit, ids, full=full)
        worked: list[exports.Cast] = []
        for task in tasks:
            cast = casts.get(task.task_id, [])
            reason = gates.kept_out(task, self._options) or gates.not_as_judged(
                task.judged_digest, map(_DIGEST, cast)
            )
            if reason is not None:
                self._leave_out(queue, task.comparison, reason)
                continue
            self.facts.consent[task.consent] += 1
            worked += cast
            self._write(resolver, task, cast)
        return self._count_work(worked)

    def _write_plain(
        self,
        resolver: Resolver,
        plain: PlainPairs,
        tasks: Sequence[Task],
        judged: briefs.Part,
    ) -> list[bool]:
        """Do so where comparisons are mostly plain pairs; tell which may leave."""
        counts, ids, said, digests = judged
        lines: list[PlainLine] = []
        kept: list[bool] = []
        end = 0
        for task, n in zip(tasks, counts, strict=True):
            start, end = end, end + n
            digest = hash(task.judged_digest)
            reason = gates.kept_out(task, self._options)
            reason = reason or gates.not_as_judged(digest, digests[start:end])
            kept.append(reason is None)
            if reason is not None:
                self._leave_out(resolver.queue, task.comparison, reason)
                continue
            self.facts.consent[task.consent] += 1
            line = plain.make(task, ids[start:end], said[start:end])
            if line is not None:
                lines.append(line)
                continue
            self._add_plain(lines)
            lines.clear()
            casts = [
                briefs.at_length(task, ids[i], plain.said[said[i]])
                for i in range(start, end)
            ]
            self._write(resolver, task, casts)
        self._add_plain(lines)
        return kept

    def _add_plain(self, lines: Sequence[PlainLine]) -> None:
        """Write plain pairs, each into its split."""
        only = self._splitting.only
        if only is not None:
            self._writing.add_plain(lines, only)
            return
        for line in lines:
            self._writing.add_plain((line,), self._splitting.of(line.prompt))

    def _write(
        self, resolver: Resolver, task: Task, casts: Sequence[exports.Cast]
    ) -> None:
        """Resolve a comparison and write its rows."""
        judged, made = self._made(resolver, task, casts)
        place, carries = (resolver.queue.name, task.comparison), judged.carries
        self._sink.keep(place, judged.prompt, made, carries=carries)

    def _leave_out(self, queue: Queue, comparison: str, reason: str) -> None:
        """Count what keeps a comparison in, by its deepest cause."""
        if reason in {"frozen", "erased"} and self._is_withdrawn(comparison):
            reason = "withdrawn"
        place = queue.name, comparison
        self._sink.leave_out(place, dict.fromkeys(self._judged_of(queue), reason))

    def _is_withdrawn(self, comparison: str) -> bool:
        """Tell whether it holds words of a user who took their consent back."""
        if self._anybody_withdrew is None:
            self._anybody_withdrew = bool(withdrawals.every(self._unit))
        return self._anybody_withdrew and bool(
            demonstrations.withdrawn(self._unit, [comparison])
        )

    def _judged_of(self, queue: Queue) -> tuple[Config, ...]:
        """List the configs that a queue's judgments may give rows of."""
        possible = _OF_RATINGS if queue.kind == "rate" else _OF_COMPARISONS
        return tuple(c for c in self._configs if c in possible)

    def _made(
        self, resolver: Resolver, task: Task, casts: Sequence[exports.Cast]
    ) -> tuple[Judged, dict[Config, list[Made]]]:
        """Resolve a comparison and make its rows, or those of a rated answer."""
        queue, body = resolver.queue, orjson.loads(task.body or "{}")
        stands = exports.standing(casts)
        responses, found, _, _, given = resolver.decide(task, stands)
        weights: dict[str, float] = {
            c.id: weight for c, weight in zip(stands, given, strict=True)
        }
        verdict = None
        if queue.kind == "rate":
            found, verdict = rated.resolved(found, weights, casts, self._scales)
        judged = making.Judged(
            body=body,
            prompt=trl.messages(body["prompt"]),
            answers={r["id"]: trl.answer(r) for r in body["responses"]},
            found=found,
            responses=responses,
            weights=weights,
            casts=casts,
            queue=queue.name,
            overlap=queue.range,
            options=self._options,
        )
        if queue.kind == "rate":
            return judged, self._rated(judged, verdict, task.batch)
        return judged, self._make(judged, task.batch)

    def _rated(
        self, judged: Judged, verdict: rated.Verdict | None, batch: str | None
    ) -> dict[Config, list[Made]]:
        """Make the rows of an answer that was rated by itself."""
        made: dict[Config, list[Made]] = {}
        if "kto" in self._configs:
            made["kto"] = list(rated.labelled(judged, verdict))
        if "annotations" in self._configs:
            made["annotations"] = [self._annotations(judged, batch)]
        return made

    def _make(self, judged: Judged, batch: str | None) -> dict[Config, list[Made]]:
        made: dict[Config, list[Made]] = {}
        for config, maker in making.MAKERS.items():
            if config in self._configs:
                made[config] = list(maker(judged))
        if "annotations" in self._configs:
            made["annotations"] = [self._annotations(judged, batch)]
        return made

    # --- annotations ---------------------------------------------------------------
    def _annotations(self, judged: Judged, batch: str | None) -> Made:
        found = judged.found
        if not judged.casts:
            return "no_judgment"
        if reason := gates.too_thin(found, self._options):
            return reason
        topic = judged.body.get("topic")
        seen = [self._judgment(c, judged.responses, topic) for c in judged.casts]
        seen.sort(key=itemgetter("annotator", "occasion"))
        texts = judged.prompt, judged.answers
        values = annotation_row(
            judged.body, texts, found, seen, queue=judged.queue, batch=batch
        )
        return judged.pieces.annotation(values, [c.id for c in judged.casts])

    def _judgment(
        self, cast: exports.Cast, ids: tuple[ResponseId, ...], topic: str | None
    ) -> dict[str, Any]:
        """Write one judgment; the person by pseudonym only."""
        known = self._judges.get((cast.annotator, topic))
        if known is None:
            known = self._judges[cast.annotator, topic] = self._judge(
                cast.annotator, topic
            )
        return {
            **known,
            "ranking": _ranking(cast.ranking, ids),
            "margin": cast.margin,
            "none_acceptable": bool(cast.none_acceptable),
            "reasons": reasons(_read(cast.reasons)),
            "ratings": ratings(_read(cast.ratings)),
            "note": cast.note,
            "shown": _shown(cast.shown, ids),
            "seconds": trl.rounded(cast.seconds),
            "guideline": cast.guideline,
            "at": cast.at,
            "occasion": cast.occasion,
            "source": cast.source,
            "late": bool(cast.late),
            "surplus": bool(cast.surplus),
        }

    def _judge(self, name: str, topic: str | None) -> dict[str, Any]:
        return {
            "annotator": self._pseudonym(name),
            "role": self.facts.roles[name],
            "expertise_weight": trl.rounded(float(self._people[name].weight(topic))),
        }

    def _pseudonym(self, name: str) -> str:
        found = self._pseudonyms.get(name)
        if found is None:
            found = self._pseudonyms[name] = self._bench.pseudonym(name)
        return found

    def _count_work(self, casts: Sequence[exports.Cast]) -> Counter[str]:
        """Count judgments and seconds by person; give the guidelines they name."""
        self.facts.judged.update(map(_WHO, casts))
        spent = self.facts.spent
        for name, seconds in map(_WORK, casts):
            if seconds:
                spent[name] += seconds
        named: Counter[str] = Counter()
        for name, n in Counter(map(_GUIDELINE, casts)).items():
            named[name or "none named"] += n
        return named

    def _count_said(self, read: Briefs, kept: Sequence[Sequence[bool]]) -> Counter[str]:
        """Do the same of judgments that were read once for all."""
        named: Counter[str] = Counter()
        for said, n, seconds in read.worked(kept):
            self.facts.judged[said.annotator] += n
            named[said.guideline or "none named"] += n
            if seconds:
                self.facts.spent[said.annotator] += seconds
        return named


# The same few rankings come again and again; what is written changes none of them.
@lru_cache(maxsize=4096)
def _ranking(places: str, ids: tuple[ResponseId, ...]) -> list[list[ResponseId]]:
    return [list(tier) for tier in tiers_of(places, ids)]


@lru_cache(maxsize=4096)
def _shown(places: str | None, ids: tuple[ResponseId, ...]) -> list[ResponseId] | None:
    return [ids[int(place)] for place in places.split(",")] if places else None


def _read(value: str) -> dict[str, Any]:
    """Read JSON that is mostly empty."""
    return orjson.loads(value) if value != "{}" else {}
