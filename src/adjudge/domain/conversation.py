"""Messages, responses and comparisons: what people are asked to judge."""

from __future__ import annotations

import hashlib
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

import orjson
from pydantic import AfterValidator, Field, JsonValue, model_validator

from adjudge.domain.ids import ComparisonId, ResponseId
from adjudge.domain.record import (
    Name,
    OpenRecord,
    Record,
    canonical,
    digest,
    put_together,
)

MessageRole = Literal["system", "developer", "user", "assistant", "tool"]
Tiers = tuple[tuple[ResponseId, ...], ...]
_R = TypeVar("_R", bound=OpenRecord)

MOST_RESPONSES = 9  # one digit for each


class Message(OpenRecord):
    """One role and what it said. An assistant that only calls tools has no content."""

    role: MessageRole
    content: str | None = None
    name: str | None = None
    tool_calls: tuple[dict[str, JsonValue], ...] | None = None
    tool_call_id: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.content is None and not self.tool_calls:
            raise ValueError("expected `content`, or `tool_calls` of an assistant")
        return self


def _as_messages(value: str | tuple[Message, ...]) -> tuple[Message, ...]:
    """Read a plain prompt as one user message."""
    messages = (
        (Message(role="user", content=value),) if isinstance(value, str) else value
    )
    if not messages:
        raise ValueError("expected a text or at least one message")
    return messages


if TYPE_CHECKING:
    Prompt = tuple[Message, ...]
else:
    # A file may say it shorter; everybody else sees messages.
    Prompt = Annotated[str | tuple[Message, ...], AfterValidator(_as_messages)]


class Response(OpenRecord):
    """One model's answer: a text, or messages when it went over several turns."""

    id: Annotated[ResponseId, Name]
    text: str | None = None
    messages: tuple[Message, ...] | None = None
    model: str | None = None
    model_version: str | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.text is None) == (self.messages is None):
            raise ValueError("expected `text` or `messages`, one of the two")
        if self.messages is not None and (
            not self.messages or self.messages[-1].role != "assistant"
        ):
            raise ValueError("expected `messages` to end on an assistant message")
        return self

    @property
    def turns(self) -> tuple[Message, ...]:
        """Give the answer as messages; the last one is what is judged."""
        if self.messages is not None:
            return self.messages
        return (Message(role="assistant", content=self.text),)

    @property
    def judged(self) -> str:
        """Give the text of the judged turn."""
        if self.messages is None:
            return self.text or ""
        return self.messages[-1].content or ""


class Gold(Record):
    """The known answer of a gold task, and why it is certain."""

    ranking: Tiers
    why: str | None = None


class Comparison(OpenRecord):
    """A prompt and the responses to be ranked; one response for a rating."""

    id: Annotated[ComparisonId, Name]
    prompt: Prompt
    responses: Annotated[
        tuple[Response, ...], Field(min_length=1, max_length=MOST_RESPONSES)
    ]
    topic: str | None = None
    language: str | None = None
    labels: tuple[str, ...] = ()
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = 0
    gold: Gold | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = self.response_ids
        if len(set(ids)) != len(ids):
            twice = next(i for i in ids if ids.count(i) > 1)
            raise ValueError(f"response {twice!r} stands twice in `responses`")
        if self.gold is not None:
            _check_gold(self.gold.ranking, ids)
        return self

    @property
    def response_ids(self) -> tuple[ResponseId, ...]:
        """List the responses' ids in file order, the order statistics use."""
        return tuple(r.id for r in self.responses)

    def response(self, id: ResponseId) -> Response:
        """Find a response by its id."""
        return next(r for r in self.responses if r.id == id)

    @property
    def models(self) -> tuple[str | None, ...]:
        """List the models in file order."""
        return tuple(r.model for r in self.responses)

    @classmethod
    def of_content(cls, content: str) -> Self:
        """Read what ``content`` wrote, which was checked when it came in."""
        said = orjson.loads(content)
        prompt, responses = said["prompt"], said["responses"]
        if not (
            said.keys() <= _ORDINARY
            and all(m.keys() == _WORDS for m in prompt)
            and all("text" in r and r.keys() <= _TEXT for r in responses)
        ):
            return cls.model_validate_json(content)
        values = {
            "meta": said.get("meta") or {},
            "id": said["id"],
            "prompt": tuple(_put(Message, _NO_MESSAGE, m) for m in prompt),
            "responses": tuple(_put(Response, _NO_RESPONSE, r) for r in responses),
            "topic": said.get("topic"),
            "language": said.get("language"),
            "labels": tuple(said.get("labels", ())),
            "priority": said.get("priority", 0),
            "gold": None,
        }
        return put_together(cls, values, set(said))

    @cached_property
    def content(self) -> bytes:
        """Write everything that was imported, in its canonical form."""
        return canonical(self.model_dump(mode="json", exclude_defaults=True))

    @cached_property
    def content_digest(self) -> str:
        """Hash everything that was imported; the same id must have the same hash."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def judged_digest(self) -> str:
        """Hash the texts a person judges: the prompt and every response."""
        return digest([self._prompt, [_answered(r) for r in self.responses]])

    @cached_property
    def prompt_digest(self) -> str:
        """Hash the prompt alone; comparisons that share it belong together."""
        return digest(self._prompt)

    @cached_property
    def _prompt(self) -> list[dict[str, Any]]:
        return _said(self.prompt)


# What nearly all comparisons are: words and their authors. Others are checked again.
_ORDINARY = Comparison.model_fields.keys() - {"gold"}
_WORDS = {"role", "content"}
_TEXT = {"id", "text", "model", "model_version"}
_NO_MESSAGE = dict.fromkeys(Message.model_fields)
_NO_RESPONSE = dict.fromkeys(Response.model_fields)


def _put(cls: type[_R], nothing: dict[str, Any], said: dict[str, Any]) -> _R:
    return put_together(cls, {**nothing, "meta": {}, **said}, set(said))


def _said(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    return [_plain(m) or m.model_dump(exclude_none=True) for m in messages]


def _plain(message: Message) -> dict[str, Any] | None:
    """Write a message that is nothing but words, as nearly all are; else ``None``."""
    if message.content is None or message.name is not None:
        return None
    if message.tool_calls is not None or message.tool_call_id is not None:
        return None
    return {"role": message.role, "content": message.content, "meta": message.meta}


def _answered(response: Response) -> list[dict[str, Any]]:
    if response.messages is not None:
        return _said(response.messages)
    # What its one turn would say, without making that turn for every line of a file.
    return [{"role": "assistant", "content": response.text, "meta": {}}]


@lru_cache(maxsize=4096)
def check_tiers(tiers: Tiers, ids: tuple[ResponseId, ...]) -> None:
    """Refuse a ranking that does not hold every response exactly once.

    A file holds few different rankings; one that is right is not looked at again.

    Raises:
        ValueError: With the response that is unknown, missing or there twice.
    """
    seen: list[ResponseId] = [r for tier in tiers for r in tier]
    if any(not tier for tier in tiers):
        raise ValueError("a tier of the ranking is empty")
    for given in seen:
        if given not in ids:
            raise ValueError(
                f"unknown response {given!r}; expected {', '.join(map(repr, ids))}"
            )
        if seen.count(given) > 1:
            raise ValueError(f"response {given!r} stands twice in the ranking")
    for wanted in ids:
        if wanted not in seen:
            raise ValueError(f"response {wanted!r} is missing from the ranking")


def _check_gold(tiers: Tiers, ids: tuple[ResponseId, ...]) -> None:
    try:
        check_tiers(tiers, ids)
    except ValueError as error:
        raise ValueError(f"gold.ranking: {error}") from None


@lru_cache(maxsize=4096)
def places_of(tiers: Tiers, ids: tuple[ResponseId, ...]) -> str:
    """Write tiers by the responses' places in file order, for example ``1>0=2``.

    Few distinct values stand for any number of judgments, which is what makes
    counting them cheap.
    """
    place = {r: str(i) for i, r in enumerate(ids)}  # one digit: at most nine
    return ">".join(["=".join(sorted([place[r] for r in t])) for t in tiers])


@lru_cache(maxsize=4096)
def tiers_of(places: str, ids: tuple[ResponseId, ...]) -> Tiers:
    """Read what ``places_of`` wrote."""
    if not places:
        return ()
    return tuple(
        tuple(ids[int(p)] for p in tier.split("=")) for tier in places.split(">")
    )
