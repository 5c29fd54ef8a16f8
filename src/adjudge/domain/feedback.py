"""What end users did with an answer: the answer as given, ratings, signals, outcomes.

Events come at least once and in any order. Everything here can be decided from one
event alone; what needs several (which rating stands, what is orphaned) is asked of
the store.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from adjudge.domain.conversation import Message  # noqa: TC001 - read at run time
from adjudge.domain.record import OpenRecord, Time

Consent = Literal["granted", "unstated", "refused", "withdrawn"]

EVENT_TYPES = (
    "message",
    "thumbs",
    "stars",
    "copy",
    "share",
    "accept",
    "reject",
    "edit",
    "regenerate",
    "comparison",
    "follow_up",
    "scroll",
    "dwell",
    "abandon",
    "outcome",
    "consent_withdrawn",
)
RATING_TYPES = ("thumbs", "stars")
REASONS_DOWN: dict[str, str] = {
    "incorrect": "it is wrong",
    "hallucinated": "it made something up",
    "ignored_instructions": "it did not do what was asked",
    "incomplete": "something is missing",
    "bad_tone": "the tone is off",
    "too_long": "too long",
    "too_short": "too short",
    "bad_formatting": "badly formatted",
    "missing_sources": "it names no sources",
    "outdated": "out of date",
    "off_topic": "it is about something else",
    "refused_wrongly": "it refused without a reason",
    "unsafe": "it is dangerous",
    "slow": "too slow",
    "tool_failed": "a tool did not work",
    "wrong_language": "in the wrong language",
    "other": "another reason",
}
REASONS_UP: dict[str, str] = {
    "correct": "it is right",
    "clear": "it is clear",
    "fast": "it came quickly",
    "useful": "it helped",
    "good_citations": "its sources are good",
    "other": "another reason",
}
KNOWN_REASONS = REASONS_DOWN.keys() | REASONS_UP.keys()
# An answer may be abandoned because it helped or because it did not: no polarity.
_IMPLIED = {"accept": 1, "share": 1, "copy": 1, "reject": -1, "regenerate": -1}
# What an event must carry beside its ids, by type.
_NEEDED = {
    "message": ("messages", "response"),
    "regenerate": ("new_message_id",),
    "comparison": ("pair_of", "preferred"),
    "follow_up": ("text",),
    "outcome": ("outcome",),
    "consent_withdrawn": ("user_id",),
}

# Checked without calling back into Python: a file holds millions of these.
Id = Annotated[str, Field(max_length=512, pattern=r"\S")]


class Context(OpenRecord):
    """How an answer came about."""

    model: str | None = None
    model_version: str | None = None
    deployment: str | None = None
    prompt_template_version: str | None = None
    temperature: float | None = None
    tokens: dict[str, JsonValue] | None = None
    latency_ms: Annotated[float, Field(ge=0)] | None = None
    streaming: bool | None = None
    retrieval: dict[str, JsonValue] | None = None
    tool_calls: tuple[dict[str, JsonValue], ...] | None = None
    safety_flags: tuple[str, ...] = ()
    retries: Annotated[int, Field(ge=0)] | None = None
    truncated: bool | None = None
    error: str | dict[str, JsonValue] | None = None
    task_type: str | None = None
    locale: str | None = None
    experiment: str | None = None
    variant: str | None = None

    @property
    def tool_failed(self) -> bool:
        """Tell whether a tool that the answer leaned on did not work."""
        return any(call.get("ok") is False for call in self.tool_calls or ())


class Event(OpenRecord):
    """One thing that happened to one answer; types we do not know are kept."""

    event_id: Id
    type: Id
    at: Time
    user_id: Id | None = None
    user_group: str | None = None
    tenant_id: str | None = None
    session_id: Id | None = None
    conversation_id: Id | None = None
    turn: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    message_id: Id | None = None
    response_id: Id | None = None
    trace_id: str | None = None
    topic: str | None = None
    rating: Literal["up", "down"] | int | None = None
    reason_codes: tuple[str, ...] = ()
    comment: str | None = None
    consent: bool | None = None
    messages: tuple[Message, ...] | None = None
    response: str | None = None
    chars: Annotated[int, Field(ge=0)] | None = None
    start: Annotated[int, Field(ge=0)] | None = None
    end: Annotated[int, Field(ge=0)] | None = None
    edit_distance_ratio: Annotated[float, Field(ge=0)] | None = None
    text: str | None = None
    new_message_id: Id | None = None
    pair_of: Annotated[tuple[Id, ...], Field(min_length=2, max_length=2)] | None = None
    preferred: Id | None = None
    dwell_ms: Annotated[float, Field(ge=0)] | None = None
    outcome: str | None = None
    context: Context | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.message_id is None and not self._is_about_more:
            raise ValueError(
                "message_id: is missing; only session outcomes and withdrawals of "
                "consent stand without one"
            )
        for key in _NEEDED.get(self.type, ()):
            if getattr(self, key) is None:
                raise ValueError(f"{key}: is missing; {self.type} needs it")
        if self.type in RATING_TYPES or self.rating is not None:
            self._check_rating()
        if self.pair_of is not None and self.preferred is not None:
            self._check_preferred(self.pair_of, self.preferred)
        return self

    @property
    def _is_about_more(self) -> bool:
        if self.type == "consent_withdrawn":
            return True
        return self.type == "outcome" and self.session_id is not None

    def _check_rating(self) -> None:
        if self.type == "stars":
            # Python takes True for 1; JSON's strict reader has refused it before.
            if not isinstance(self.rating, int) or not 1 <= self.rating <= 5:
                raise ValueError("rating: expected 1 to 5 stars")
        elif self.type == "thumbs":
            if "rating" not in self.model_fields_set:
                raise ValueError("rating: is missing; expected up, down or null")
            if isinstance(self.rating, int):
                raise ValueError("rating: expected up, down or null")

    @staticmethod
    def _check_preferred(pair: tuple[str, ...], preferred: str) -> None:
        if preferred != "tie" and preferred not in pair:
            raise ValueError("preferred: expected one of `pair_of`, or tie")

    # --- what it says ---------------------------------------------------------
    @property
    def is_answer(self) -> bool:
        """Tell whether this is an answer as given, not something done with it."""
        return self.type == "message"

    @property
    def polarity(self) -> int | None:
        """Say 1 for approval, -1 for disapproval, 0 for neither, ``None`` for unsaid.

        A cleared rating and an abandoned answer have none.
        """
        if self.type == "stars" and isinstance(self.rating, int):
            return (self.rating >= 4) - (self.rating <= 2)
        if self.type == "thumbs":
            return {"up": 1, "down": -1}.get(str(self.rating))
        return _IMPLIED.get(self.type)

    @property
    def rater(self) -> str:
        """Name whose rating this is: the user, else the session, else nobody else's."""
        if self.user_id is not None:
            return f"user:{self.user_id}"
        if self.session_id is not None:
            return f"session:{self.session_id}"
        return f"event:{self.event_id}"

    @property
    def stated_consent(self) -> Consent:
        """Say what the event itself states; a withdrawal is the store's to know."""
        if self.consent is None:
            return "unstated"
        return "granted" if self.consent else "refused"

    @property
    def unknown_reasons(self) -> tuple[str, ...]:
        """List reason codes that are none of ours; they are kept all the same."""
        return tuple(code for code in self.reason_codes if code not in KNOWN_REASONS)

    @property
    def is_known(self) -> bool:
        """Tell whether the type is one of ours."""
        return self.type in EVENT_TYPES

    def says_the_same(self, other: Event) -> bool:
        """Compare two events; keys that we do not know may differ by delivery."""
        return self.model_copy(update={"meta": {}}) == other.model_copy(
            update={"meta": {}}
        )


def sortable(at: str) -> str:
    """Write a UTC time so that the order of texts is the order of times."""
    return at if "." in at else f"{at[:-1]}.000000Z"
