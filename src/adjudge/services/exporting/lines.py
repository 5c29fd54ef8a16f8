"""Rows of a comparison as lines, put together from pieces that it has only once.

Up to a dozen rows say the same texts, ids and numbers. Each of these is written as
JSON once, and a row is what joins them: the same bytes as ``domain.dataset.signed`` and
``formats.shards.line_of`` write, at a third of the time. Keys stand sorted below.
"""

from __future__ import annotations

import hashlib
from binascii import hexlify
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from adjudge.domain.record import canonical
from adjudge.formats import trl
from adjudge.services.exporting.quality import Count, Pair, said, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from adjudge.domain.dataset import Config
    from adjudge.domain.resolution import Resolution

Message = dict[str, Any]


class Line(NamedTuple):
    """A row on its way out, nearly written.

    Attributes:
        key: Names the row across versions: the same pair keeps its key.
        values: Gives the columns, ``row_id`` apart, to those who look at them.
        about: What the report of the dataset counts.
        before: The row up to its id, and ``after`` it.
        judgments: The sources, as the row's id takes them.
        trace: The lineage up to the key, from there to the row's id, and after it.
    """

    config: Config
    key: bytes
    values: Callable[[], dict[str, Any]]
    about: Pair | Count
    before: bytes
    after: bytes
    judgments: bytes
    trace: tuple[bytes, bytes, bytes]

    def signed(self, comparison: str) -> Signed:
        """Give the row and its lineage, each a line, with the id that it has."""
        config, key, values, about, before, after, judgments, (one, two, three) = self
        named = (
            b'["', config.encode(), b'","', key, b'",',
            before, after, b",", judgments, b"]",
        )  # fmt: skip
        id = name_of(hashlib.sha256(b"".join(named)).digest())
        row = b"".join((before, b',"row_id":"', id, b'"', after, b"\n"))
        trace = b"".join((one, key, two, id, three))
        return _signed((row, trace, about, comparison, values))


class Signed(NamedTuple):
    """A row that is written.

    Attributes:
        trace: Its lineage.
        about: What the report of the dataset counts.
        comparison: Which comparison it is about.
        values: Gives the columns to those who look at them.
    """

    row: bytes
    trace: bytes
    about: Pair | Count
    comparison: str
    values: Callable[[], dict[str, Any]]


# As the class does it, without a step of Python: one of every row.
line, _signed = partial(tuple.__new__, Line), partial(tuple.__new__, Signed)


class _Part(NamedTuple):
    """A message list, and what is counted of it.

    Attributes:
        json: As rows hold it.
    """

    messages: list[Message]
    text: str
    tokens: int
    json: bytes

    @classmethod
    def of(cls, messages: list[Message]) -> _Part:
        """Look at a message list; each message's tokens are rounded up by itself."""
        size = sum([tokens(message["content"]) for message in messages])
        return _part((messages, said(messages), size, canonical(messages)))


_part = partial(tuple.__new__, _Part)
_count, _pair = partial(tuple.__new__, Count), partial(tuple.__new__, Pair)


class Pieces:
    """What the rows of one comparison are put together from."""

    __slots__ = (
        "_after", "_agreed", "_asked", "_comparison", "_found", "_guidelines", "_head",
        "_models", "_place", "_sources", "_sure", "_tail", "_topic", "answers",
        "prompt",
    )  # fmt: skip

    def __init__(
        self,
        prompt: list[Message],
        answers: dict[str, list[Message]],
        found: Resolution,
        base: dict[str, Any],
        models: dict[str, str | None],
    ) -> None:
        self.prompt = _Part.of(prompt)
        self.answers = {id: _Part.of(messages) for id, messages in answers.items()}
        self._found = found
        self._models = models
        self._topic = base["topic"]
        self._comparison = canonical(base["comparison"])
        self._sources = canonical(base["judgments"])
        queue, method = json_of(base["queue"]), json_of(base["method"])
        self._place = queue, method
        self._guidelines = _json_list(tuple(base["guidelines"]))
        self._head = self._made_of(self._sources)
        self._tail = b"".join(
            (
                b'","rule":', json_of(base["rule"]),
                b',"state":', json_of(base["state"]),
                b',"topic":', json_of(base["topic"]),
                b',"weights":', canonical(base["weights"]), b"}\n",
            )
        )  # fmt: skip
        self._agreed = b'{"agreement":' + number_of(found.agreement)
        self._sure = b',"confidence":' + number_of(found.confidence)
        self._asked = b"".join(
            (
                b',"n_judgments":', number_of(found.n_judgments),
                b',"prompt":', self.prompt.json,
            )
        )  # fmt: skip
        self._after = self._after_of(found)

    def pair(
        self,
        sides: tuple[str, str],
        first_shown: list[int],
        found: Resolution,
        *,
        margin: bool,
    ) -> Line:
        """Write a preference, or with its margin a row for a reward model.

        Args:
            sides: The chosen and the rejected response.
            first_shown: How often who stood first was preferred, and of how many.
            found: What was decided; ``weight`` is of those who agree with the row.
            margin: Write how much better, for a reward model.
        """
        (chosen, rejected), prompt = sides, self.prompt
        better, worse = self.answers[chosen], self.answers[rejected]
        won, lost = self._models.get(chosen), self._models.get(rejected)
        one, other = json_of(chosen), json_of(rejected)
        key = self._key(b"preference", b",", one, b",", other)
        if margin:
            key = name_of(hashlib.sha256(b'["reward","%b"]' % key).digest())
        before = b"".join(
            (
                self._agreed, b',"chosen":', better.json, self._sure,
                b"".join((b',"margin":', number_of(found.margin))) if margin else b"",
                self._asked, b',"rejected":', worse.json,
            )
        )  # fmt: skip
        queue, method = self._place
        trace = (
            b"".join(
                (
                    b'{"chosen":', one, b',"comparison":', self._comparison,
                    b',"first_shown":[%d,%d]' % tuple(first_shown), self._head,
                    b',"key":"',
                )
            ),
            b"".join(
                (
                    b'","method":', method, b',"models":[', json_of(won), b",",
                    json_of(lost), b'],"queue":', queue, b',"rejected":', other,
                    b',"row_id":"',
                )
            ),
            self._tail,
        )  # fmt: skip

        def values() -> dict[str, Any]:
            row = trl.preference_row(
                prompt.messages, better.messages, worse.messages, found
            )
            return trl.reward_row(row, found.margin or 0.0) if margin else row

        about: Pair | Count
        if margin:
            n = prompt.tokens + better.tokens + worse.tokens
            about = _count((n, self._topic, (won, lost), None))
        else:
            first, shown = first_shown
            texts = prompt.text, better.text, worse.text
            about = _pair((*texts, self._topic, first, shown, won, lost))
        config: Config = "reward" if margin else "preference"
        after = self._after_of(found)
        return line((config, key, values, about, before, after, self._sources, trace))

    def side(self, response: str, found: Resolution, *, label: bool) -> Line:
        """Write one answer that was wanted or not; ``weight`` is of who says so."""
        prompt, answer = self.prompt, self.answers[response]
        model, name = self._models.get(response), json_of(response)
        before = b"".join(
            (
                self._agreed, b',"completion":', answer.json, self._sure,
                b',"label":true' if label else b',"label":false', self._asked,
            )
        )  # fmt: skip
        trace = self._trace(b"[%b]" % json_of(model), b'"response":' + name)

        def values() -> dict[str, Any]:
            return trl.kto_row(prompt.messages, answer.messages, found, label=label)

        n = prompt.tokens + answer.tokens
        about = _count((n, self._topic, (model,), label))
        key, after = self._key(b"kto", b",", name), self._after_of(found)
        return line(("kto", key, values, about, before, after, self._sources, trace))

    def ranking(self, ranked: list[tuple[int, dict[str, Any]]]) -> Line:
        """Write a ranking of single-turn answers, best first; equals share a rank."""
        found, prompt = self._found, self.prompt
        models = [response.get("model") for _, response in ranked]
        values = trl.rankings_row(prompt.messages, ranked, found)
        before = b"".join(
            (
                self._agreed, self._sure, self._asked,
                b',"responses":', canonical(values["responses"]),
            )
        )  # fmt: skip
        tiers = canonical([list(tier) for tier in found.ranking or ()])
        trace = self._trace(canonical(models), b'"ranking":' + tiers)
        n = prompt.tokens + sum([self.answers[r["id"]].tokens for _, r in ranked])
        return line(
            (
                "rankings",
                self._key(b"rankings"),
                lambda: values,
                _count((n, self._topic, models, None)),
                before,
                self._after,
                self._sources,
                trace,
            )
        )

    def annotation(self, values: dict[str, Any], judgments: list[str]) -> Line:
        """Write the comparison with all that was said of it.

        Args:
            values: The columns, ``row_id`` apart.
            judgments: Ids of what was said.
        """
        found, prompt, answers = self._found, self.prompt, self.answers
        queue, method = self._place
        responses = [
            b'{"id":%b,"messages":%b,"model":%b,"model_version":%b}'
            % (
                json_of(r["id"]),
                answers[r["id"]].json,
                json_of(r["model"]),
                json_of(r["model_version"]),
            )
            for r in values["responses"]
        ]
        before = b"".join(
            (
                self._agreed, b',"batch":', json_of(values["batch"]),
                b',"comparison_id":', self._comparison, self._sure,
                b',"content_labels":', canonical(values["content_labels"]),
                b',"judgments":', canonical(values["judgments"]),
                b',"language":', json_of(values["language"]),
                b',"margin":', number_of(found.margin), self._asked,
                b',"queue":', queue,
                b',"responses":[', b",".join(responses), b"]",
            )
        )  # fmt: skip
        after = b"".join(
            (
                b',"state":', json_of(found.state), b',"topic":', json_of(self._topic),
                b',"weight":', number_of(found.weight),
                b',"winner":', json_of(found.winner), b"}",
            )
        )  # fmt: skip
        sources = canonical(judgments)
        head, key = self._made_of(sources), self._key(b"annotations")
        trace = (
            b"".join((b'{"comparison":', self._comparison, head, b',"key":"')),
            b"".join((b'","method":', method, b',"queue":', queue, b',"row_id":"')),
            self._tail,
        )
        n = prompt.tokens + sum([answer.tokens for answer in answers.values()])
        about = _count((n, self._topic, (), None))
        return line(
            ("annotations", key, lambda: values, about, before, after, sources, trace)
        )

    def _made_of(self, sources: bytes) -> bytes:
        return b"".join(
            (b',"guidelines":', self._guidelines, b',"judgments":', sources)
        )

    @staticmethod
    def _after_of(found: Resolution) -> bytes:
        """Write how a row ends."""
        return b"".join((b',"weight":', number_of(found.weight), b"}"))

    def _key(self, config: bytes, *more: bytes) -> bytes:
        """Name a row as ``domain.dataset.key_of`` does."""
        head = (b'["', config, b'",', self._place[0], b",", self._comparison)
        return name_of(hashlib.sha256(b"".join((*head, *more, b"]"))).digest())

    def _trace(self, models: bytes, own: bytes) -> tuple[bytes, bytes, bytes]:
        queue, method = self._place
        return (
            b"".join((b'{"comparison":', self._comparison, self._head, b',"key":"')),
            b"".join(
                (
                    b'","method":', method, b',"models":', models, b',"queue":', queue,
                    b",", own, b',"row_id":"',
                )
            ),
            self._tail,
        )  # fmt: skip


def name_of(digest: bytes) -> bytes:
    """Write the first 32 hexadecimal digits of a hash."""
    return hexlify(digest[:16])


# Names of models, topics, responses, and shares: the same few come again and again.
@lru_cache(maxsize=4096)
def json_of(value: str | None) -> bytes:
    """Write a name as JSON."""
    return canonical(value)


@lru_cache(maxsize=1024)
def _json_list(values: tuple[str, ...]) -> bytes:
    return canonical(values)


@lru_cache(maxsize=4096, typed=True)  # 1 and 1.0 are not written alike
def number_of(value: float | None) -> bytes:
    """Write a number as rows hold it."""
    return canonical(trl.rounded(value))
