"""The base of everything that is stored, imported, exported or sent."""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any, Self, TypeVar

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)

_NAMESPACE = uuid.UUID("6f1d2c1e-3b1c-5c55-9a53-0d1f5f3f7b11")

Meta = dict[str, JsonValue]
_SET = object.__setattr__  # frozen for everybody else


class Record(BaseModel):
    """A frozen value that refuses unknown keys, wrong types and NaN."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        # A record never rewrites what a person wrote.
        str_strip_whitespace=False,
    )

    def changed(self, **values: Any) -> Self:
        """Give the record with other values, which are of the right type already.

        As ``model_copy``, in a third of the time: every key that somebody presses
        makes a record anew.
        """
        made = type(self).__new__(type(self))
        _SET(made, "__dict__", {**self.__dict__, **values})
        _SET(made, "__pydantic_fields_set__", self.__pydantic_fields_set__ | {*values})
        _SET(made, "__pydantic_extra__", self.__pydantic_extra__)
        _SET(made, "__pydantic_private__", None)
        return made


class OpenRecord(Record):
    """A record from outside: keys it does not know are kept under ``meta``."""

    model_config = ConfigDict(extra="allow")

    meta: Meta = Field(default_factory=dict)

    @model_validator(mode="after")
    def _keep_unknown_keys(self) -> Self:
        unknown = self.__pydantic_extra__
        if unknown:
            meta = self.meta
            if meta and (twice := unknown.keys() & meta.keys()):
                raise ValueError(
                    f"meta: {min(twice)!r} stands beside `meta` and in it; expected one"
                )
            # Frozen for everybody else; this is still the making of it.
            self.__dict__["meta"] = {**unknown, **meta}
            unknown.clear()
            self.__pydantic_fields_set__.add("meta")
        return self


_R = TypeVar("_R", bound=OpenRecord)


def put_together(cls: type[_R], values: dict[str, Any], given: set[str]) -> _R:
    """Make a record of values that were checked when they came into the store.

    Args:
        cls: An ``OpenRecord``.
        values: Every field, in the order of its definition.
        given: The fields that were said and are no defaults.
    """
    made = cls.__new__(cls)
    _SET(made, "__dict__", values)
    _SET(made, "__pydantic_fields_set__", given)
    _SET(made, "__pydantic_extra__", {})
    _SET(made, "__pydantic_private__", None)
    return made


_AS_WRITTEN = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.(?!0{6})[0-9]{6})?Z"
).fullmatch


def _as_utc(text: str) -> str:
    """Write a time as UTC ISO 8601; a time without an offset is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
        if _AS_WRITTEN(text):
            return text
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        # The first and the last day of the calendar may have no time in UTC.
        return utc(moment)
    except (ValueError, OverflowError):
        raise ValueError("expected a time like 2026-01-31T12:00:00Z") from None


def utc(moment: datetime) -> str:
    """Write an aware datetime as ``2026-01-31T12:00:00Z``, microseconds if any."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("expected a text that is not empty")
    if len(text) > 512:
        raise ValueError("expected at most 512 characters")
    return text


Time = Annotated[str, AfterValidator(_as_utc)]
# A year, on one task; what lies beyond is no measured time, and breaks every sum.
Seconds = Annotated[float, Field(ge=0, le=31_536_000)]
Name = AfterValidator(_not_blank)  # stands beside the type of an id


def canonical(value: Any) -> bytes:
    """Write a JSON value in its one canonical form: UTF-8, sorted keys, no spaces."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(value: Any) -> str:
    """Hash a JSON value: 64 hexadecimal digits of SHA-256 over its canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def derived_id(value: Any) -> str:
    """Make the id of a record that came without one: UUIDv5 of its canonical form.

    Two stores that import the same record agree on its id.
    """
    return str(uuid.uuid5(_NAMESPACE, canonical(value).decode()))
