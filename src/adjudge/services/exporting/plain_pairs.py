"""Preferences between two single-turn answers: nearly every row of nearly every export.

``making`` writes any comparison for any config. Where preferences alone are asked for,
most comparisons have two answers of one turn each, judged once by everybody, and what
judges can say of two answers is one of few things: what follows from it is worked out
once. Whatever is not as plain as that is left to ``making``; both write the same bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from adjudge.domain.record import canonical
from adjudge.formats import trl
from adjudge.services.exporting.gates import undecided
from adjudge.services.exporting.lines import Line, json_of, number_of
from adjudge.services.exporting.making import first_shown, rule
from adjudge.services.exporting.quality import Pair, Part, tokens
from adjudge.services.measuring.resolving import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adjudge.domain.resolution import Resolution
    from adjudge.services.exporting.options import ExportOptions
    from adjudge.services.measuring.resolving import Resolver
    from adjudge.services.measuring.weighing import Weighing
    from adjudge.storage.exports import Cast, Task

_WHO = itemgetter(2)
_KNOWN = 65_536  # verdicts that are kept
_Said = tuple[Any, ...]
Message = dict[str, Any]


class _Verdict(NamedTuple):
    """What follows from what judges said, whatever the texts are.

    Attributes:
        better: Place of the chosen answer.
        behind: Places of the judges who chose it, by their names.
        row: What stands before the chosen text, before the prompt, and before the
            rejected text.
        trace: What stands after the comparison, after the sources, after the models,
            and after the row's id.
        key: How the key ends.
    """

    plain: Resolution
    better: int
    chosen: str
    rejected: str
    behind: tuple[int, ...]
    first_shown: list[int]
    row: tuple[bytes, bytes, bytes]
    trace: tuple[bytes, bytes, bytes, bytes, bytes]
    key: bytes


class PlainPairs:
    """Makes the rows of one queue that are plain."""

    def __init__(
        self, resolver: Resolver, weighing: Weighing, options: ExportOptions
    ) -> None:
        self._weighing = weighing
        self._options = options
        self._adaptive = resolver.queue.adaptive is not None
        self._overlap = resolver.queue.overlap
        self._range = resolver.queue.range
        self._queue = canonical(resolver.queue.name)
        # Every key begins so; to copy a hash costs less than to begin one.
        self._named = hashlib.sha256(b'["preference",%b,' % self._queue)
        self._known: dict[_Said, _Verdict | None] = {}

    @classmethod
    def of(
        cls, resolver: Resolver, configs: Sequence[str], options: ExportOptions
    ) -> PlainPairs | None:
        """Be ready for a queue; ``None`` where more is asked for than pairs."""
        if tuple(configs) != ("preference",) or resolver.queue.kind != "compare":
            return None
        if resolver.fit.method != "majority" or resolver.weighing is None:
            return None
        return cls(resolver, resolver.weighing, options)

    def make(
        self, task: Task, casts: Sequence[Cast]
    ) -> tuple[list[Message], Line] | None:
        """Give the prompt of a comparison and its row; ``None`` if it is not plain."""
        if task.sent_on or task.adjudicated is not None:
            return None
        stands = sorted(casts, key=_WHO)
        said = (
            task.response_ids,
            task.overlap,
            tuple([cast[3:8] for cast in stands]),
            tuple([cast[9] for cast in stands]),
        )
        verdict = self._known.get(said)
        if verdict is None:
            if said in self._known:
                return None
            if len(self._known) > _KNOWN:
                self._known.clear()
            verdict = self._known[said] = self._follows(task, stands)
            if verdict is None:
                return None
        body = orjson.loads(task.body or "{}")
        better = body["responses"][verdict.better]
        worse = body["responses"][1 - verdict.better]
        prompt = body["prompt"]
        if not _is_plain(prompt, better, worse):
            return None
        line = self._line(task, body, verdict, (casts, stands), (better, worse))
        return prompt, line

    def _line(
        self,
        task: Task,
        body: dict[str, Any],
        verdict: _Verdict,
        casts: tuple[Sequence[Cast], Sequence[Cast]],
        answers: tuple[dict[str, Any], dict[str, Any]],
    ) -> Line:
        table = self._weighing.in_topic(task.topic)
        by_id, stands = casts
        weights = [table[cast[2]] for cast in stands]
        behind = verdict.behind
        weight = sum([weights[i] for i in behind]) / len(behind)
        of_judgment = {
            cast[1]: trl.rounded(weight)
            for cast, weight in zip(stands, weights, strict=True)
        }
        better, worse = answers
        won, lost = better.get("model"), worse.get("model")
        sources = canonical([cast[1] for cast in by_id])
        comparison = canonical(task.comparison)
        named = self._named.copy()
        named.update(comparison + verdict.key)
        key = named.hexdigest()[:32]
        prompt = _part(body["prompt"])
        texts = prompt, _answer(better["text"]), _answer(worse["text"])
        before_chosen, before_prompt, before_rejected = verdict.row
        before = b"".join(
            (
                before_chosen, texts[1].json, before_prompt, prompt.json,
                before_rejected, texts[2].json,
            )
        )  # fmt: skip
        start, shown, method, queue, end = verdict.trace
        topic = body.get("topic")
        trace = (
            b"".join((start, comparison, shown, sources, b',"key":"')),
            b"".join((method, json_of(won), b",", json_of(lost), queue)),
            b"".join(
                (
                    end, json_of(topic), b',"weights":', canonical(of_judgment),
                    b"}\n",
                )
            ),
        )  # fmt: skip
        after = b"".join((b',"weight":', number_of(weight), b"}"))

        def values() -> dict[str, Any]:
            found = replace(verdict.plain, weight=weight)
            said = [part.messages for part in texts]
            return trl.preference_row(said[0], said[1], said[2], found)

        about = Pair(texts, topic, verdict.first_shown, (won, lost))
        return Line("preference", key, values, about, before, after, sources, trace)

    def _follows(self, task: Task, stands: Sequence[Cast]) -> _Verdict | None:
        """Work out what follows from what judges said."""
        ids: list[str] = orjson.loads(task.response_ids)
        if len(ids) != 2 or any(cast.occasion for cast in stands):
            return None
        wanted = task.overlap if self._adaptive else min(self._overlap, task.overlap)
        said = tuple([(c.ranking, c.margin, c.none_acceptable) for c in stands])
        plain, _, behind = counted(said, task.response_ids, wanted)
        ranking = plain.ranking or ()
        if undecided(plain, self._options) or plain.none_acceptable:
            return None
        if [len(tier) for tier in ranking] != [1, 1] or not behind:
            return None
        chosen, rejected = ranking[0][0], ranking[1][0]
        shown = first_shown(ids, stands)
        one, other = canonical(chosen), canonical(rejected)
        guidelines = sorted({cast.guideline or "none named" for cast in stands})
        text = rule(plain.state, plain.n_judgments, self._range, "majority")
        return _Verdict(
            plain=plain,
            better=ids.index(chosen),
            chosen=chosen,
            rejected=rejected,
            behind=behind,
            first_shown=shown,
            row=(
                b'{"agreement":%b,"chosen":' % number_of(plain.agreement),
                b',"confidence":%b,"n_judgments":%d,"prompt":'
                % (number_of(plain.confidence), plain.n_judgments),
                b',"rejected":',
            ),
            trace=(
                b'{"chosen":%b,"comparison":' % one,
                b',"first_shown":[%d,%d],"guidelines":%b,"judgments":'
                % (shown[0], shown[1], canonical(guidelines)),
                b'","method":"majority","models":[',
                b'],"queue":%b,"rejected":%b,"row_id":"' % (self._queue, other),
                b'","rule":%b,"state":%b,"topic":'
                % (canonical(text), canonical(plain.state)),
            ),
            key=b",%b,%b]" % (one, other),
        )


def _is_plain(
    prompt: list[dict[str, Any]], better: dict[str, Any], worse: dict[str, Any]
) -> bool:
    """Tell whether texts are single turns that differ, and messages carry no more."""
    if "text" not in better or "text" not in worse or better["text"] == worse["text"]:
        return False
    for message in prompt:
        if len(message) != 2 or not message.get("content"):
            return False
    return True


def _part(messages: list[dict[str, Any]]) -> Part:
    return Part.of(messages, canonical(messages))


def _answer(text: str) -> Part:
    messages = [{"role": "assistant", "content": text}]
    return Part(messages, text, tokens(text), canonical(messages))
