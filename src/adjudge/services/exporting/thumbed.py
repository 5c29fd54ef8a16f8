"""Rows out of what users said of answers; only where somebody asks for them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from adjudge.domain.dataset import Row, key_of
from adjudge.domain.words import count_of
from adjudge.formats import demonstrations as rows
from adjudge.services.exporting import covering, gates
from adjudge.services.exporting.sink import Sink, carries
from adjudge.storage import thumbs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adjudge.domain.dataset import Config, Exclusion
    from adjudge.services.exporting.making import Made
    from adjudge.services.exporting.options import ExportOptions
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.thumbs import Thumbed as Answer

PLACE = "(users)"  # stands where other rows name their queue
Messages = list[dict[str, Any]]


class Thumbed:
    """Walks over the answers that users rated."""

    def __init__(self, unit: Unit, sink: Sink, options: ExportOptions) -> None:
        self._unit = unit
        self._sink = sink
        self._options = options
        wanted = options.wanted
        self._configs: list[Config] = []
        if options.sft_from_upvotes and "sft" in wanted:
            self._configs.append("sft")
        if options.kto_from_thumbs and "kto" in wanted:
            self._configs.append("kto")

    def walk(self) -> None:
        """Write the rows of every rated answer that may leave."""
        if not self._configs:
            return
        found = thumbs.answers(self._unit)
        while batch := list(islice(found, covering.BATCH)):
            self._write(batch)

    def _write(self, batch: Sequence[Answer]) -> None:
        kept = covering.words(self._unit, batch)
        for answer in batch:
            place = PLACE, answer.answer
            reason = self._kept_out(answer)
            said = kept.get(answer.answer)
            if reason is not None or said is None:
                reasons = dict.fromkeys(self._configs, reason or "erased")
                self._sink.leave_out(place, reasons)
                continue
            prompt, completion = covering.prompt(said), covering.answer(said)
            self._sink.facts.consent[_stated(answer)] += 1
            made = {c: [_made(c, answer, prompt, completion)] for c in self._configs}
            extra = carries(prompt, completion)
            self._sink.keep(place, prompt, made, carries=extra)

    def _kept_out(self, answer: Answer) -> Exclusion | None:
        if answer.withdrawn:
            return "withdrawn"
        if not all(gates.consented(c, self._options) for c in answer.consents):
            return "unconsented"
        if not answer.has_words:
            return "erased"
        if self._options.batch is not None:
            return "other_batch"
        return "disputed" if answer.ups and answer.downs else None


def _stated(answer: Answer) -> str:
    return "granted" if answer.consents == {"granted"} else "unstated"


def _made(
    config: Config, answer: Answer, prompt: Messages, completion: Messages
) -> Made:
    liked = bool(answer.ups)
    if config == "sft":
        if not liked:
            return "downvoted"
        values = rows.sft_row(prompt, completion, None)
    else:
        values = {
            "prompt": prompt,
            "completion": completion,
            "label": liked,
            **rows.trusted(None),
        }
    n = len(answer.ups or answer.downs)
    trace = {
        "queue": PLACE,
        "comparison": answer.answer,
        "derived_from": "upvote" if liked else "downvote",
        "topic": answer.topic,
        "judgments": [],
        "events": [*answer.ups, *answer.downs],
        "guidelines": [],
        "method": "ratings of users",
        "state": "settled",
        "rule": f"{count_of(n, 'user')} rated it "
        f"{'up, nobody down' if liked else 'down, nobody up'}",
        "models": [answer.model],
    }
    return Row(config, key_of(config, "thumbs", answer.answer), values, trace)
