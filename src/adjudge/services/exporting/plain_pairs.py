"""Preferences between two single-turn answers: nearly every row of nearly every export.

``making`` writes any comparison for any config. Where preferences alone are asked for,
most comparisons have two answers of one turn each, judged once by everybody, and what
judges can say of two answers is one of few things: what follows from it is worked out
once. Whatever is not as plain as that is left to ``making``; both write the same bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from adjudge.domain.record import canonical
from adjudge.formats import trl
from adjudge.services.exporting.gates import undecided
from adjudge.services.exporting.lines import json_of, line, name_of, number_of
from adjudge.services.exporting.making import first_shown, rule
from adjudge.services.exporting.quality import Pair, said
from adjudge.services.measuring.resolving import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adjudge.domain.resolution import Resolution
    from adjudge.services.exporting.lines import Line
    from adjudge.services.exporting.options import ExportOptions
    from adjudge.services.measuring.resolving import Resolver
    from adjudge.services.measuring.weighing import Weighing
    from adjudge.storage.exports import Cast, Task

_WHO = itemgetter(2)
_ID = itemgetter(1)
_SAID = itemgetter(slice(3, 9))  # from the ranking to the guideline
_KNOWN, _WEIGHED = 65_536, 8_192  # verdicts, and groups of judges, that are kept
_pair = partial(tuple.__new__, Pair)
# An answer of one turn, around its text.
_OPENS, _CLOSES = b'[{"content":', b',"role":"assistant"}]'
# As ``canonical`` does it, without a step of Python.
_json = partial(orjson.dumps, option=orjson.OPT_SORT_KEYS)
_Said = tuple[Any, ...]
Message = dict[str, Any]


class _Verdict(NamedTuple):
    """What follows from what judges said, whatever the texts are.

    Attributes:
        better: Place of the chosen answer.
        behind: Places of the judges who chose it, by their names.
        row: What stands before the chosen text, before the prompt, before the
            rejected text, and after that.
        trace: What stands after the comparison, after the sources, after the models,
            and after the row's id.
        key: How the key ends.
    """

    plain: Resolution
    better: int
    behind: tuple[int, ...]
    first_shown: list[int]
    row: tuple[bytes, bytes, bytes, bytes]
    trace: tuple[bytes, bytes, bytes, bytes, bytes]
    key: bytes


class _Weighed(NamedTuple):
    """What some judges weigh in a topic, once for all that they judged together.

    Attributes:
        mean: Of those behind the row.
        rounded: Of each, by their names, as rows hold it.
        after: How a row ends.
    """

    mean: float
    rounded: tuple[float, ...]
    after: bytes


class PlainPairs:
    """Makes the rows of one queue that are plain."""

    def __init__(
        self, resolver: Resolver, weighing: Weighing, options: ExportOptions
    ) -> None:
        self._weighing = weighing
        self._weights: dict[_Said, _Weighed] = {}
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
        said = (task.response_ids, task.overlap, *map(_SAID, stands))
        verdict = self._known.get(said)
        if verdict is None:
            if said not in self._known:
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
        sources = orjson.dumps([*map(_ID, casts)])
        return prompt, self._line(task, body, verdict, (stands, sources))

    def _line(
        self,
        task: Task,
        body: dict[str, Any],
        verdict: _Verdict,
        judged: tuple[Sequence[Cast], bytes],
    ) -> Line:
        stands, sources = judged
        names = tuple([cast[2] for cast in stands])
        weight, rounded, after = self._weigh(task.topic, names, verdict.behind)
        weights = dict(zip(map(_ID, stands), rounded, strict=True))
        prompt = body["prompt"]
        better = body["responses"][verdict.better]
        worse = body["responses"][1 - verdict.better]
        chosen, rejected = better["text"], worse["text"]
        before_chosen, before_prompt, before_rejected, behind = verdict.row
        before = b"".join(
            (
                before_chosen, orjson.dumps(chosen), before_prompt, _json(prompt),
                before_rejected, orjson.dumps(rejected), behind,
            )
        )  # fmt: skip
        comparison = orjson.dumps(task.comparison)
        named = self._named.copy()
        named.update(comparison + verdict.key)
        start, shown, method, queue, end = verdict.trace
        won, lost, topic = better.get("model"), worse.get("model"), body.get("topic")
        trace = (
            b"".join((start, comparison, shown, sources, b',"key":"')),
            b"".join((method, json_of(won), b",", json_of(lost), queue)),
            b"".join((end, json_of(topic), b',"weights":', _json(weights), b"}\n")),
        )
        text = said(prompt)
        about = _pair((text, chosen, rejected, topic, *verdict.first_shown, won, lost))
        values = partial(_values, prompt, chosen, rejected, verdict.plain, weight)
        key = name_of(named.digest())
        return line(("preference", key, values, about, before, after, sources, trace))

    def _weigh(
        self, topic: str | None, names: tuple[str, ...], behind: tuple[int, ...]
    ) -> _Weighed:
        """Look up what judges weigh, and average those behind the row."""
        known = topic, names, behind
        found = self._weights.get(known)
        if found is None:
            if len(self._weights) > _WEIGHED:
                self._weights.clear()
            table = self._weighing.in_topic(topic)
            weights = [table[name] for name in names]
            mean = sum([weights[i] for i in behind]) / len(behind)
            rounded = tuple([round(weight, trl.DECIMALS) for weight in weights])
            after = b',"weight":%b}' % number_of(mean)
            found = self._weights[known] = _Weighed(mean, rounded, after)
        return found

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
            behind=behind,
            first_shown=shown,
            row=(
                b'{"agreement":%b,"chosen":%b' % (number_of(plain.agreement), _OPENS),
                b'%b,"confidence":%b,"n_judgments":%d,"prompt":'
                % (_CLOSES, number_of(plain.confidence), plain.n_judgments),
                b',"rejected":' + _OPENS,
                _CLOSES,
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


def _values(
    prompt: list[Message], chosen: str, rejected: str, plain: Resolution, weight: float
) -> dict[str, Any]:
    """Give the columns to those who look at them."""
    better, worse = (
        [{"role": "assistant", "content": text}] for text in (chosen, rejected)
    )
    return trl.preference_row(prompt, better, worse, replace(plain, weight=weight))
