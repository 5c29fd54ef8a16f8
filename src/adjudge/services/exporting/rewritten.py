"""Rows out of approved rewrites: demonstrations, pairs, cases, retrieval."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.dataset import Row, key_of
from adjudge.formats import demonstrations as rows
from adjudge.formats import trl
from adjudge.services.exporting import gates
from adjudge.services.exporting.sink import Sink, carries
from adjudge.storage import demonstrations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adjudge.domain.dataset import Config, Exclusion
    from adjudge.domain.people import Person
    from adjudge.domain.queue import Queue
    from adjudge.services.exporting.making import Made
    from adjudge.services.exporting.options import ExportOptions
    from adjudge.storage.demonstrations import Written
    from adjudge.storage.engine.store import Unit

Messages = list[dict[str, Any]]
EXPERT = "(expert)"  # stands where rows of models name the model


@dataclass(frozen=True)
class Ideal:
    """An approved rewrite as rows write it.

    Attributes:
        body: The task as the store keeps it.
        ideal: The rewrite; before its last message, the turns of the original.
        bad: The original.
        people: Pseudonym and weight of its author and of whoever approved it.
    """

    written: Written
    body: dict[str, Any]
    prompt: Messages
    ideal: Messages
    bad: Messages
    people: tuple[tuple[str, float], ...]

    @property
    def weight(self) -> float:
        """Average the weights of those who stand behind it."""
        return sum(w for _, w in self.people) / len(self.people)

    def row(self, config: Config, values: dict[str, Any], **about: Any) -> Row:
        """Make a row; the same task and author keep their key across versions."""
        written, (author, *others) = self.written, [name for name, _ in self.people]
        key = key_of(config, "rewrite", written.queue, written.task, author)
        trace = {
            "queue": written.queue,
            "comparison": written.task,
            "derived_from": "rewrite",
            "topic": written.topic,
            "judgments": [],
            "rewrite": written.id,
            "events": orjson.loads(written.events),
            "author": author,
            "approved_by": others[0] if others else None,
            "weights": {name: trl.rounded(w) for name, w in self.people},
            "guidelines": [written.guideline or "none named"],
            "method": "approval",
            "state": "approved",
            "rule": "an expert wrote it, another mended and approved it"
            if written.fixed_by
            else "an expert wrote it, another approved it",
            "models": [EXPERT],
            **about,
        }
        return Row(config, key, values, trace)


class Rewritten:
    """Walks over the rewrite queues of an export."""

    def __init__(
        self,
        unit: Unit,
        sink: Sink,
        options: ExportOptions,
        *,
        people: dict[str, Person],
        pseudonym: Callable[[str], str],
    ) -> None:
        self._pseudonym = pseudonym
        self._unit = unit
        self._sink = sink
        self._options = options
        self._people = people
        self._makers = {c: m for c, m in _MAKERS.items() if c in options.wanted}

    def walk(self, queue: Queue) -> None:
        """Write the rows of one queue and say what it holds."""
        states: Counter[str] = Counter()
        guidelines: Counter[str] = Counter()
        for written in demonstrations.written(self._unit, queue.name):
            states[written.state or "open"] += 1
            place = written.queue, written.task
            reason = self._kept_out(written)
            if reason is not None:
                self._sink.leave_out(place, dict.fromkeys(self._makers, reason))
                continue
            ideal = self._ideal(queue, written)
            guidelines[written.guideline or "none named"] += 1
            self._count(written)
            made = {c: [make(ideal)] for c, make in self._makers.items()}
            extra = carries(ideal.prompt, ideal.ideal, ideal.bad)
            self._sink.keep(place, ideal.prompt, made, carries=extra)
        self._sink.facts.rewrites.append(
            {
                "name": queue.name,
                "states": dict(sorted(states.items())),
                "guidelines": dict(sorted(guidelines.items())),
            }
        )

    def _kept_out(self, written: Written) -> Exclusion | None:
        """Say what keeps a rewrite in; what must not leave at all comes first."""
        if written.withdrawn or written.frozen or written.body is None:
            held: Exclusion = "frozen" if written.frozen else "erased"
            return "withdrawn" if written.withdrawn else held
        if not gates.consented(written.consent, self._options):
            return "unconsented"
        if self._options.batch is not None and written.batch != self._options.batch:
            return "other_batch"
        return _unfinished(written)

    def _ideal(self, queue: Queue, written: Written) -> Ideal:
        body = orjson.loads(written.body or "{}")
        bad = trl.answer(body["original"])
        last = {"role": "assistant", "content": written.text}
        topic = written.topic or queue.topic
        names = dict.fromkeys([str(written.annotator), written.reviewer])
        return Ideal(
            written=written,
            body=body,
            prompt=trl.messages(body["prompt"]),
            ideal=[*bad[:-1], last],
            bad=bad,
            people=tuple(
                (self._pseudonym(name), float(self._people[name].weight(topic)))
                for name in names
                if name is not None
            ),
        )

    def _count(self, written: Written) -> None:
        facts = self._sink.facts
        facts.consent[written.consent] += 1
        done = facts.written.setdefault(str(written.annotator), [0, 0.0])
        done[0] += 1
        done[1] += written.seconds or 0.0


def _unfinished(written: Written) -> Exclusion | None:
    """Say why there is no ideal answer; ``None`` if an approved one stands."""
    if written.id is None:
        return "open"
    if written.state != "approved":
        return "not_approved"
    if written.outcome == "original_was_fine":
        return "original_was_fine"
    if written.outcome == "prompt_unusable":
        return "prompt_unusable"
    return "erased" if written.text is None else None


# --- one row of each config --------------------------------------------------------
def _sft(ideal: Ideal) -> Made:
    return ideal.row("sft", rows.sft_row(ideal.prompt, ideal.ideal, ideal.weight))


def _preference(ideal: Ideal) -> Made:
    if ideal.ideal == ideal.bad:
        return "identical_texts"
    values = rows.corrected_row(ideal.prompt, ideal.ideal, ideal.bad, ideal.weight)
    original = ideal.body["original"]
    return ideal.row(
        "preference",
        values,
        chosen=ideal.written.id,
        rejected=original["id"],
        models=[EXPERT, original.get("model")],
        first_shown=[0, 0],
    )


def _reward(ideal: Ideal) -> Made:
    """Count the pair that ``preference`` has: nobody says how much better it is."""
    return "identical_texts" if ideal.ideal == ideal.bad else "no_margin"


def _case(ideal: Ideal) -> Made:
    body, written = ideal.body, ideal.written
    known = {
        "topic": written.topic,
        "language": body.get("language"),
        "model": body["original"].get("model"),
        "source": written.source,
    }
    complaint = body.get("complaint", {}).get("reason_codes", ())
    events = orjson.loads(written.events)
    values = rows.case_row(
        ideal.prompt,
        ideal.ideal,
        ideal.bad,
        ideal.weight,
        reasons=[*complaint, *orjson.loads(written.reasons or "[]")],
        tags=[f"{key}:{value}" for key, value in known.items() if value],
        source_event=events[0] if events else None,
    )
    return ideal.row("cases", values)


def _retrieval(ideal: Ideal) -> Made:
    cited = orjson.loads(ideal.written.sources or "[]")
    if not cited:
        return "no_sources"
    fetched = list(_fetched(ideal.body.get("context", {})))
    values = rows.retrieval_row(ideal.prompt, cited, fetched, ideal.weight)
    return ideal.row("retrieval", values)


def _fetched(context: dict[str, Any]) -> Iterator[str]:
    """Name the documents that the original was given; a context may hold anything."""
    found = context.get("retrieval")
    listed = found.get("doc_ids") if isinstance(found, dict) else None
    for id in listed if isinstance(listed, list) else ():
        if isinstance(id, str):
            yield id


_MAKERS: dict[Config, Callable[[Ideal], Made]] = {
    "preference": _preference,
    "reward": _reward,
    "sft": _sft,
    "cases": _case,
    "retrieval": _retrieval,
}
