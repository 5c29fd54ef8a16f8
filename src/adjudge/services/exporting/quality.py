"""What a trainer should know of a dataset: repeats, length, sides, balance, tokens.

Every number is a function of the rows and their lineage, so that whoever holds the
files can work it out again.
"""

from __future__ import annotations

import string
from array import array
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_BYTES_PER_TOKEN = 4  # of UTF-8: English prose in the usual vocabularies
_COMPARED = 2_000  # characters of a prompt that repeats are looked for in
TOGETHER = 32  # pairs that are counted in one go
_LISTED = 20  # topics and models that are named
_SMALL = bytes(range(128)).lower() + bytes(range(128, 256))
_NOISE = (string.digits + string.punctuation + string.whitespace).encode()


def tokens(text: str) -> int:
    """Estimate tokens without a tokenizer: bytes of UTF-8 over four, rounded up."""
    return _each_tokens((text,))[0]


def _each_tokens(texts: Iterable[str]) -> list[int]:
    """Estimate the tokens of many texts, without a call for each."""
    sizes = [len(t) if t.isascii() else len(t.encode()) for t in texts]
    return [-(-size // _BYTES_PER_TOKEN) for size in sizes]


def said(messages: list[dict[str, Any]]) -> str:
    """Give the text of a message list as one."""
    if len(messages) == 1:
        text: str = messages[0]["content"]
        return text
    return "\n".join([m["content"] for m in messages])


class Pair(NamedTuple):
    """What is counted of a pair: the texts of its prompt and of both answers.

    Attributes:
        first_shown: Judgments that preferred what stood first.
        shown: All that preferred one of the two, and say what stood first.
        won: Model of the better answer; ``lost`` of the worse.
    """

    prompt: str
    better: str
    worse: str
    topic: str | None
    first_shown: int
    shown: int
    won: str | None
    lost: str | None


class Count(NamedTuple):
    """What is counted of a row of another kind."""

    tokens: int
    topic: str | None
    models: Sequence[str | None]
    label: bool | None = None


class Quality:
    """Looks at every row once and keeps a few numbers of it."""

    def __init__(self) -> None:
        self._of: dict[str, _Counts] = {}

    def take(self, config: str, row: dict[str, Any], trace: dict[str, Any]) -> None:
        """Look at one row."""
        self._counts(config).take(row, trace)

    def counter(self, config: str) -> Callable[[Iterable[Any]], None]:
        """Give what counts rows of a config: ``Pair``s, or a ``Count`` each."""
        return self._counts(config).more

    def _counts(self, config: str) -> _Counts:
        found = self._of.get(config)
        if found is None:
            made = _Pairs if config == "preference" else _Counts
            found = self._of[config] = made()
        return found

    def drop(self, config: str) -> None:
        """Forget a config that is not written."""
        self._of.pop(config, None)

    def report(self) -> dict[str, Any]:
        """Give the numbers by config."""
        return {config: found.report() for config, found in sorted(self._of.items())}


class _Counts:
    """Tokens and topics: what rows of every kind have."""

    def __init__(self) -> None:
        self._tokens = self._most = self._rows = 0
        self._topics: Counter[str] = Counter()
        self._labels: Counter[bool] = Counter()
        self._models: Counter[str] = Counter()
        self._parts: tuple[str, ...] | None = None
        self._waiting: list[Any] = []

    def take(self, row: dict[str, Any], trace: dict[str, Any]) -> None:
        parts = self._parts
        if parts is None:
            # Rows of one config have the same columns.
            parts = self._parts = tuple(part for part in _PARTS if part in row)
        found = 0
        for part in parts:
            for message in row[part]:
                found += tokens(message["content"])
        if "responses" in row:
            found += _of_responses(row["responses"])
        elif "ideal" in row or "query" in row:
            found += sum(tokens(row[part]) for part in _TEXTS if part in row)
        models = trace.get("models", ())
        self.more([Count(found, trace.get("topic"), models, row.get("label"))])

    def more(self, rows: Iterable[Any]) -> None:
        """Count rows, at the latest when somebody asks."""
        self._waiting += rows
        if len(self._waiting) >= TOGETHER:
            self._settle()

    def _settle(self) -> None:
        """Count the rows that wait; many at a time cost half of one by one."""
        if not self._waiting:
            return
        sizes, topics, models, labels = zip(*self._waiting, strict=True)
        self._rows += len(sizes)
        self._tokens += sum(sizes)
        self._most = max(self._most, *sizes)
        self._topics.update([topic or "" for topic in topics])
        self._models.update([model or "" for each in models for model in each])
        self._labels.update([label for label in labels if label is not None])
        self._waiting.clear()

    def report(self) -> dict[str, Any]:
        self._settle()
        labels = {"labels": {"true": self._labels[True], "false": self._labels[False]}}
        return {
            "rows": self._rows,
            "tokens": {"sum": self._tokens, "max": self._most},
            "topics": _top(self._topics),
            **({"answers_by_model": _top(self._models)} if self._models else {}),
            **(labels if self._labels else {}),
        }


def _of_responses(responses: list[dict[str, Any]]) -> int:
    found = 0
    for response in responses:
        if "text" in response:
            found += tokens(response["text"])
        else:
            found += sum([tokens(m["content"]) for m in response["messages"]])
    return found


_PARTS = ("prompt", "chosen", "rejected", "completion", "messages", "input")
_TEXTS = ("ideal", "bad", "query")


_SIDES = ("prompt", "chosen", "rejected")


class _Pairs(_Counts):
    """Pairs: what a reward model could learn without reading them."""

    def __init__(self) -> None:
        super().__init__()
        self._counts = {part: array("I") for part in _SIDES}
        self._prompts = array("q")
        self._longer = self._level = self._first = self._shown = 0
        self._sides: tuple[Counter[str], Counter[str]] = (Counter(), Counter())

    def take(self, row: dict[str, Any], trace: dict[str, Any]) -> None:
        prompt, better, worse = [said(row[part]) for part in _SIDES]
        shown, models = trace["first_shown"], trace["models"]
        self.more([Pair(prompt, better, worse, trace.get("topic"), *shown, *models)])

    def _settle(self) -> None:
        if not self._waiting:
            return
        columns = zip(*self._waiting, strict=True)
        prompts, better, worse, topics, first, shown, won, lost = columns
        texts = prompts, better, worse
        for counts, column in zip(self._counts.values(), texts, strict=True):
            counts.extend(_each_tokens(column))
        sizes = [(len(a), len(b)) for a, b in zip(better, worse, strict=True)]
        self._longer += sum([a > b for a, b in sizes])
        self._level += sum([a == b for a, b in sizes])
        self._first += sum(first)
        self._shown += sum(shown)
        self._topics.update([topic or "" for topic in topics])
        self._sides[0].update([model or "" for model in won])
        self._sides[1].update([model or "" for model in lost])
        self._prompts.extend(_outlines(prompts))
        self._rows += len(prompts)
        self._waiting.clear()

    def report(self) -> dict[str, Any]:
        self._settle()
        rows = self._rows
        distinct = len(np.unique(np.frombuffer(self._prompts, dtype=np.int64)))
        chosen, rejected = self._sides
        return {
            "rows": rows,
            "tokens": {part: _spread(found) for part, found in self._counts.items()},
            "near_duplicate_prompts": rows - distinct,
            "length": {
                "chosen_longer": _share(self._longer, rows),
                "same_length": _share(self._level, rows),
            },
            "position": {
                "first_shown_preferred": _share(self._first, self._shown),
                "judgments": self._shown,
            },
            "topics": _top(self._topics),
            "models": _balance(chosen, rejected),
        }


def _balance(chosen: Counter[str], rejected: Counter[str]) -> dict[str, Any]:
    """Say how often each model's answers won and lost, the most frequent first."""
    both = chosen + rejected
    ordered = sorted(both, key=lambda name: (-both[name], name))
    return {
        name or "(not given)": {"chosen": chosen[name], "rejected": rejected[name]}
        for name in ordered[:_LISTED]
    }


def _outlines(texts: Iterable[str]) -> Iterator[int]:
    """Hash texts without case, and without ASCII's digits, marks and spaces.

    Hashes are counted and never told, so another process may have others.
    """
    plain: list[str] = []
    others: list[str] = []
    for text in texts:
        start = text[:_COMPARED]
        (plain if start.isascii() and "\0" not in start else others).append(start)
    if plain:
        # All at once: the character between them is no noise, and in none of them.
        bare = "\0".join(plain).encode().translate(_SMALL, _NOISE)
        yield from map(hash, bare.split(b"\0"))
    for text in others:
        folded = text.lower() if text.isascii() else text.casefold()
        yield hash(folded.encode().translate(None, _NOISE))


def _spread(values: array[int]) -> dict[str, int]:
    found = np.sort(np.frombuffer(values, dtype=np.uint32))
    last = len(found) - 1
    return {
        "sum": int(found.sum(dtype=np.int64)),
        "median": int(found[last // 2]),
        "p95": int(found[int(last * 0.95)]),
        "max": int(found[-1]),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _top(counts: Counter[str]) -> dict[str, int]:
    """Name the most frequent; the rest is one number, an empty name is nobody's."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = {name or "(not given)": n for name, n in ordered[:_LISTED]}
    rest = sum(n for _, n in ordered[_LISTED:])
    return {**named, **({"(others)": rest} if rest else {})}
