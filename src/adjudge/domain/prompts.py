"""Prompts on their way out, answers on their way back, and the pairs they make."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import model_validator

from adjudge.domain.conversation import Comparison, Message, Response
from adjudge.domain.ids import ComparisonId, ResponseId
from adjudge.domain.record import Name, OpenRecord, derived_id, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

How = Literal["all", "random"]


class Answer(OpenRecord):
    """What a model answered to an exported prompt: a text, or messages.

    Attributes:
        prompt_id: As ``prompts export`` wrote it.
    """

    prompt_id: Annotated[str, Name]
    response: str | None = None
    messages: tuple[Message, ...] | None = None
    model: Annotated[str, Name]
    model_version: str | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.response is None) == (self.messages is None):
            raise ValueError("response: expected a text here or `messages`, one of two")
        if self.messages is not None and (
            not self.messages or self.messages[-1].role != "assistant"
        ):
            raise ValueError("messages: expected to end on an assistant message")
        return self

    def as_response(self) -> Response:
        """Take the answer as one response of a comparison."""
        return Response(
            id=ResponseId("new"),
            text=self.response,
            messages=self.messages,
            model=self.model,
            model_version=self.model_version,
        )


@dataclass(frozen=True)
class Candidate:
    """One text for a prompt, whoever wrote it.

    Attributes:
        is_new: Whether the file in hand names it.
    """

    digest: str
    response: Response
    is_new: bool


@dataclass(frozen=True)
class Pool:
    """Every text there is for one prompt, each once.

    Attributes:
        identical: Answers of the file whose text another model gave too.
        known: Answers of the file that the store holds already.
        twice: Answers that stand in the file twice.
    """

    candidates: tuple[Candidate, ...]
    identical: int = 0
    known: int = 0
    twice: int = 0

    @classmethod
    def of(cls, stored: Iterable[Response], answers: Iterable[Response]) -> Self:
        """Put stored responses and the file's answers together.

        Where several models wrote the same text it is kept once, the stored one
        first, then by model and version, whatever the order of the file.
        """
        kept: dict[str, Response] = {}
        for response in sorted(stored, key=_writer):
            kept.setdefault(text_digest(response), response)
        old = {d: _writer(r) for d, r in kept.items()}
        seen: set[tuple[str, tuple[str, str]]] = set()
        counts = {"identical": 0, "known": 0, "twice": 0}
        new: set[str] = set()
        for response in sorted(answers, key=_writer):
            found = text_digest(response)
            key = (found, _writer(response))
            if key in seen:
                counts["twice"] += 1
            elif old.get(found) == key[1]:
                counts["known"] += 1
            elif found in kept:
                counts["identical"] += 1
            seen.add(key)
            new.add(found)
            kept.setdefault(found, response)
        return cls(
            tuple(Candidate(d, kept[d], d in new) for d in sorted(kept)), **counts
        )

    def pairs(self, how: How, *, prompt: str, seed: int) -> list[Pair]:
        """Pair texts so that at least one of each pair is an answer of the file.

        Args:
            how: ``all`` takes every such pair. ``random`` draws: the texts are put in
                a random order and neighbours are paired; a last one without a
                neighbour is paired with the first.
            prompt: The prompt's id; each prompt has a draw of its own.
            seed: Another one draws other pairs.
        """
        chosen: list[tuple[Candidate, Candidate]]
        if how == "all":
            chosen = list(combinations(self.candidates, 2))
        else:
            drawn = sorted(self.candidates, key=lambda c: _lot(seed, prompt, c.digest))
            chosen = list(zip(drawn[::2], drawn[1::2], strict=False))
            if len(drawn) % 2 and len(drawn) > 1:
                chosen.append((drawn[0], drawn[-1]))
        return [Pair.of(a, b) for a, b in chosen if a.is_new or b.is_new]


@dataclass(frozen=True)
class Pair:
    """Two texts to be compared; which one is first says nothing about who wrote it."""

    first: Candidate
    second: Candidate

    @classmethod
    def of(cls, one: Candidate, other: Candidate) -> Self:
        """Order two candidates by their texts' hashes."""
        return cls(*sorted((one, other), key=lambda c: c.digest))

    @property
    def key(self) -> frozenset[str]:
        """Name the two texts."""
        return frozenset((self.first.digest, self.second.digest))

    def comparison(self, like: Sequence[Comparison]) -> Comparison:
        """Make the comparison; the same prompt and texts have the same id everywhere.

        Args:
            like: Comparisons of the same prompt, at least one: topic and language
                are those of the first that has any, labels those of all.
        """
        prompt = like[0].prompt
        texts = [self.first.digest, self.second.digest]
        return Comparison(
            id=ComparisonId(derived_id(["pair", like[0].prompt_digest, texts])),
            prompt=prompt,
            responses=(
                self.first.response.model_copy(update={"id": ResponseId("a")}),
                self.second.response.model_copy(update={"id": ResponseId("b")}),
            ),
            topic=next((c.topic for c in like if c.topic), None),
            language=next((c.language for c in like if c.language), None),
            labels=tuple(sorted({label for c in like for label in c.labels})),
        )


def text_digest(response: Response) -> str:
    """Hash what a person would read."""
    return digest([m.model_dump(exclude_none=True) for m in response.turns])


def pair_key(comparison: Comparison) -> frozenset[str] | None:
    """Name the texts of a pairwise comparison; ``None`` of any other."""
    if len(comparison.responses) != 2:
        return None
    return frozenset(text_digest(r) for r in comparison.responses)


def plain(response: Response) -> Response:
    """Take the text and who wrote it, without what a file said beside it."""
    return Response(
        id=response.id,
        text=response.text,
        messages=response.messages,
        model=response.model,
        model_version=response.model_version,
    )


def _writer(response: Response) -> tuple[str, str]:
    return response.model or "", response.model_version or ""


def _lot(seed: int, prompt: str, text: str) -> bytes:
    """Draw a place in the order, the same for the same seed, prompt and text."""
    return hashlib.sha256(f"{seed}\x1f{prompt}\x1f{text}".encode()).digest()
