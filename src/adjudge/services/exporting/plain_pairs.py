"""Preferences between two single-turn answers: nearly every row of nearly every export.

``making`` writes any comparison for any config. Where preferences alone are asked for,
most comparisons have two answers of one turn each, judged once by everybody, and what
judges can say of two answers is one of few things: what follows from it is worked out
once. Whatever is not as plain as that is left to ``making``; both write the same bytes.
"""

from __future__ import annotations

import hashlib
from binascii import hexlify
from dataclasses import replace
from functools import lru_cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from adjudge.domain.record import canonical
from adjudge.formats import trl
from adjudge.services.exporting.gates import undecided
from adjudge.services.exporting.lines import json_of, number_of
from adjudge.services.exporting.making import first_shown, rule
from adjudge.services.exporting.quality import Pair, said
from adjudge.services.measuring.resolving import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adjudge.domain.queue import Queue
    from adjudge.domain.resolution import Resolution
    from adjudge.services.exporting.options import ExportOptions
    from adjudge.services.measuring.resolving import Resolver
    from adjudge.services.measuring.weighing import Weighing
    from adjudge.storage.briefs import Said
    from adjudge.storage.exports import Task

_WHO = attrgetter("annotator")
_KNOWN = 16_384  # of each kind of what follows
_pair = partial(tuple.__new__, Pair)
# An answer of one turn, around its text.
_OPENS, _CLOSES = b'[{"content":', b',"role":"assistant"}]'
_NAMED = b'["preference","'
# As ``canonical`` does it, without a step of Python.
_json = partial(orjson.dumps, option=orjson.OPT_SORT_KEYS)
_Key = tuple[Any, ...]
Message = dict[str, Any]


class PlainLine(NamedTuple):
    """A row that is written.

    Attributes:
        trace: Its lineage.
        about: What the report of the dataset counts.
        comparison: Which comparison it is about.
        found: What was decided; ``weight`` is that of the judges behind it.
    """

    row: bytes
    trace: bytes
    about: Pair
    comparison: str
    prompt: list[Message]
    found: Resolution
    weight: float

    def values(self) -> dict[str, Any]:
        """Give the columns to those who look at them."""
        better, worse = (
            [{"role": "assistant", "content": text}]
            for text in (self.about.better, self.about.worse)
        )
        found = replace(self.found, weight=self.weight)
        return trl.preference_row(self.prompt, better, worse, found)


_plain_line = partial(tuple.__new__, PlainLine)


class _Verdict(NamedTuple):
    """What follows from what judges said, whoever they are and whatever the texts.

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
    first_shown: tuple[int, int]
    row: tuple[bytes, bytes, bytes, bytes]
    trace: tuple[bytes, bytes, bytes, bytes, bytes]
    key: bytes


class _Weighed(NamedTuple):
    """What some judges weigh in a topic.

    Attributes:
        mean: Of those behind the row.
        rounded: Of each, by their names, as rows hold it.
        after: How a row ends.
    """

    mean: float
    rounded: tuple[float, ...]
    after: bytes


class _Judged(NamedTuple):
    """What follows from what some judges said in a topic, whatever the texts are.

    Attributes:
        weights: Of each judge, in the order of their judgments' ids.
        row: What stands before the chosen text, before the prompt, before the
            rejected text, after that and the row's id, and at the end.
        named: What stands between the rejected text and the sources where the id is
            worked out.
    """

    plain: Resolution
    better: int
    first_shown: tuple[int, int]
    mean: float
    weights: tuple[float, ...]
    row: tuple[bytes, bytes, bytes, bytes, bytes]
    named: bytes
    trace: tuple[bytes, bytes, bytes, bytes, bytes]
    key: bytes


class PlainPairs:
    """Makes the rows of one queue that are plain.

    Attributes:
        said: What judgments say, by the places that stand for it.
    """

    def __init__(
        self,
        resolver: Resolver,
        weighing: Weighing,
        options: ExportOptions,
        said: Sequence[Said],
    ) -> None:
        self._weighing = weighing
        self.said = said
        self._weights: dict[_Key, _Weighed] = {}
        self._options = options
        self._adaptive = resolver.queue.adaptive is not None
        self._overlap = resolver.queue.overlap
        self._range = resolver.queue.range
        self._queue = canonical(resolver.queue.name)
        # Every key begins so; to copy a hash costs less than to begin one.
        self._keyed = hashlib.sha256(b'["preference",%b,' % self._queue)
        self._verdicts: dict[_Key, _Verdict | None] = {}
        self._known: dict[_Key, _Judged | None] = {}

    @staticmethod
    def will_do(queue: Queue, configs: Sequence[str], options: ExportOptions) -> bool:
        """Tell whether no more is asked for of a queue than pairs."""
        if tuple(configs) != ("preference",) or queue.kind != "compare":
            return False
        return options.method == "majority"

    def make(
        self, task: Task, ids: Sequence[str], codes: Sequence[int]
    ) -> PlainLine | None:
        """Write the row of a comparison; ``None`` if it is not plain.

        Args:
            task: The task with its comparison.
            ids: Of its standing judgments, sorted.
            codes: What each of them says, by its place.
        """
        comparison, _, response_ids, overlap, _, decided, sent_on, topic = task[:8]
        if sent_on or decided is not None:
            return None
        key = response_ids, overlap, topic, *codes
        judged = self._known.get(key)
        if judged is None:
            if key in self._known:
                return None
            judged = _kept(self._known, key, self._follows(task, codes))
            if judged is None:
                return None
        body = orjson.loads(task.body or "{}")
        prompt, (better, worse) = body["prompt"], body["responses"]
        if judged.better:
            better, worse = worse, better
        if not _is_plain(prompt, better, worse):
            return None
        return self._line(comparison, body, judged, (better, worse), ids)

    def _line(
        self,
        comparison: str,
        body: dict[str, Any],
        judged: _Judged,
        sides: tuple[dict[str, Any], dict[str, Any]],
        ids: Sequence[str],
    ) -> PlainLine:
        plain, _, first_shown, weight, weights, row, named, trace, key = judged
        better, worse = sides
        prompt, topic = body["prompt"], body.get("topic")
        chosen, rejected = better["text"], worse["text"]
        won, lost = better.get("model"), worse.get("model")
        before_chosen, before_prompt, before_rejected, before_id, end = row
        before = b"".join(
            (
                before_chosen, orjson.dumps(chosen), before_prompt, _json(prompt),
                before_rejected, orjson.dumps(rejected),
            )
        )  # fmt: skip
        about = orjson.dumps(comparison)
        keyed = self._keyed.copy()
        keyed.update(about + key)
        name = hexlify(keyed.digest()[:16])
        sources = orjson.dumps(ids)
        whole = b"".join((_NAMED, name, b'",', before, named, sources, b"]"))
        id = hexlify(hashlib.sha256(whole).digest()[:16])
        start, shown, method, queue, ruled = trace
        models, topics = _of_models(won, lost, topic)
        return _plain_line(
            (
                b"".join((before, before_id, id, end)),
                b"".join(
                    (
                        start, about, shown, sources, b',"key":"', name, method,
                        models, queue, id, ruled, topics, b',"weights":',
                        orjson.dumps(dict(zip(ids, weights, strict=True))), b"}\n",
                    )
                ),
                _pair((said(prompt), chosen, rejected, topic, *first_shown, won, lost)),
                comparison,
                prompt,
                plain,
                weight,
            )
        )  # fmt: skip

    def _follows(self, task: Task, codes: Sequence[int]) -> _Judged | None:
        """Put together what follows from what these judges said in this topic."""
        told = [self.said[code] for code in codes]
        stands = sorted(told, key=_WHO)
        # Without their names: the same is said by many.
        key = task.response_ids, task.overlap, *[one[:-1] for one in stands]
        verdict = self._verdicts.get(key)
        if verdict is None and key not in self._verdicts:
            verdict = _kept(self._verdicts, key, self._decide(task, stands))
        if verdict is None:
            return None
        names = tuple([one.annotator for one in stands])
        mean, rounded, after = self._weigh(task.topic, names, verdict.behind)
        weights = dict(zip(names, rounded, strict=True))
        chosen, prompt, rejected, closes = verdict.row
        return _Judged(
            plain=verdict.plain,
            better=verdict.better,
            first_shown=verdict.first_shown,
            mean=mean,
            weights=tuple([weights[one.annotator] for one in told]),
            row=(
                chosen,
                prompt,
                rejected,
                closes + b',"row_id":"',
                b'"' + after + b"\n",
            ),
            named=closes + after + b",",
            trace=verdict.trace,
            key=verdict.key,
        )

    def _weigh(
        self, topic: str | None, names: tuple[str, ...], behind: tuple[int, ...]
    ) -> _Weighed:
        """Look up what judges weigh, and average those behind the row."""
        known = topic, names, behind
        found = self._weights.get(known)
        if found is None:
            table = self._weighing.in_topic(topic)
            weights = [table[name] for name in names]
            mean = sum([weights[i] for i in behind]) / len(behind)
            rounded = tuple([round(weight, trl.DECIMALS) for weight in weights])
            after = b',"weight":%b}' % number_of(mean)
            found = _kept(self._weights, known, _Weighed(mean, rounded, after))
        return found

    def _decide(self, task: Task, stands: Sequence[Said]) -> _Verdict | None:
        """Work out what follows from what judges said."""
        ids: list[str] = orjson.loads(task.response_ids)
        if len(ids) != 2 or any(one.occasion for one in stands):
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
        first, known = first_shown(ids, stands)
        one, other = canonical(chosen), canonical(rejected)
        guidelines = sorted({cast.guideline or "none named" for cast in stands})
        text = rule(plain.state, plain.n_judgments, self._range, "majority")
        return _Verdict(
            plain=plain,
            better=ids.index(chosen),
            behind=behind,
            first_shown=(first, known),
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
                % (first, known, canonical(guidelines)),
                b'","method":"majority","models":[',
                b'],"queue":%b,"rejected":%b,"row_id":"' % (self._queue, other),
                b'","rule":%b,"state":%b,"topic":'
                % (canonical(text), canonical(plain.state)),
            ),
            key=b",%b,%b]" % (one, other),
        )


@lru_cache(maxsize=4096)
def _of_models(
    won: str | None, lost: str | None, topic: str | None
) -> tuple[bytes, bytes]:
    """Write both models and the topic as lineage has them."""
    return json_of(won) + b"," + json_of(lost), json_of(topic)


def _kept(known: dict[_Key, Any], key: _Key, found: Any) -> Any:
    """Keep what was found, and begin anew where it became too much."""
    if len(known) >= _KNOWN:
        known.clear()
    known[key] = found
    return found


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
