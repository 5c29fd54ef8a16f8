"""What may leave, as which row, and in which split."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from adjudge.domain.record import canonical, digest

if TYPE_CHECKING:
    from collections.abc import Iterable

LOW_ALPHA = 0.2  # of a queue: below this, an export has to be asked for twice
Config = Literal[
    "preference",
    "sft",
    "kto",
    "reward",
    "rankings",
    "annotations",
    "cases",
    "retrieval",
]
Exclusion = Literal[
    "open",
    "tie",
    "escalated",
    "none_acceptable",
    "identical_texts",
    "several_turns",
    "middle_rank",
    "no_margin",
    "no_judgment",
    "below_min_judgments",
    "below_min_agreement",
    "below_min_confidence",
    "gold",
    "training",
    "frozen",
    "erased",
    "unconsented",
    "not_as_judged",
    "other_batch",
    "withdrawn",
    "middle_rating",
    "not_approved",
    "original_was_fine",
    "prompt_unusable",
    "no_sources",
    "disputed",
    "downvoted",
]


class Row(NamedTuple):
    """A row on its way out.

    Attributes:
        key: Names the row across versions: the same pair keeps its key.
        values: The columns, ``row_id`` apart.
        trace: What it was made of and by which rule.
    """

    config: Config
    key: str
    values: dict[str, Any]
    trace: dict[str, Any]


def key_of(config: str, *parts: str) -> str:
    """Name a row across versions by what it is about, not by what it says."""
    return digest([config, *parts])[:32]


def row_id(config: str, key: str, values: dict[str, Any], judgments: list[str]) -> str:
    """Name this very row by its content and its sources: 32 hexadecimal digits."""
    return digest([config, key, values, judgments])[:32]


def signed(
    config: str, key: str, values: dict[str, Any], judgments: list[str]
) -> tuple[str, bytes]:
    """Give a row's id and its canonical line, both from one writing of its values.

    Args:
        config: The config.
        key: Names the row across versions.
        values: The columns, ``row_id`` apart.
        judgments: Ids of its sources, as ``row_id`` takes them.
    """
    # Inside a text every quotation mark is escaped, so this is the column.
    before, _, after = canonical({**values, "row_id": ""}).rpartition(b'"row_id":""')
    # The one comma that goes when the column does.
    without = before + after[1:] if after != b"}" else before.removesuffix(b",") + after
    head, sources = canonical([config, key]), canonical(judgments)
    named = b"".join((head[:-1], b",", without, b",", sources, b"]"))
    id = hashlib.sha256(named).hexdigest()[:32]
    line = b"".join((before, b'"row_id":"', id.encode(), b'"', after, b"\n"))
    return id, line


def split_of(key: str, *, salt: str, shares: tuple[tuple[str, float], ...]) -> str:
    """Put a prompt into a split by a salted hash, stable when rows are added.

    Args:
        key: What must stay together: the prompt, or all prompts of a conversation.
        salt: Changes the draw, not the shares.
        shares: Names and shares that sum to 1.
    """
    number = int(hashlib.sha256(f"{salt}\x1f{key}".encode()).hexdigest()[:8], 16)
    point = number / 2**32
    edge = 0.0
    for name, share in shares:
        edge += share
        if point < edge:
            return name
    return ([name for name, share in shares if share > 0] or [shares[-1][0]])[-1]


def prompt_key(prompt: Iterable[dict[str, Any]]) -> str:
    """Name a prompt as a reader sees it: spacing and Unicode form do not count."""
    said = [
        [
            message["role"],
            " ".join(
                unicodedata.normalize("NFKC", message.get("content") or "").split()
            ),
        ]
        for message in prompt
    ]
    return digest(said)


class Together:
    """Prompts that must not be torn apart, because a conversation holds them.

    Two conversations that share a prompt stay together as well.
    """

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def join(self, prompt: str, conversation: str) -> None:
        """Say that a prompt belongs to a conversation."""
        one, other = sorted(
            (self._root(f"prompt:{prompt}"), self._root(f"talk:{conversation}"))
        )
        self._above[other] = one

    def key(self, prompt: str) -> str:
        """Name what the prompt belongs to: itself, when nothing joins it."""
        place = f"prompt:{prompt}"
        return self._root(place) if place in self._above else prompt

    def _root(self, place: str) -> str:
        above = self._above.setdefault(place, place)
        while above != place:
            # Halve the way for whoever comes next.
            self._above[place] = self._above[above]
            place, above = above, self._above[above]
        return place
