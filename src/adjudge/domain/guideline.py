"""Annotation guidelines: numbered, versioned, named by the hash of their text."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adjudge.domain.record import Name, Record
from adjudge.errors import InvalidInputError

Change = Literal["minor", "major"]


class Criterion(Record):
    """A dimension on which each response is scored."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    definition: str = ""
    low: int = 1
    high: int = 5
    anchors: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError("expected `low` below `high`")
        return self


class ReasonTag(Record):
    """One word of the closed vocabulary of why, and the letter that sets it."""

    tag: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    key: Annotated[str, Field(pattern=r"^[a-z]$")]
    title: Annotated[str, Field(min_length=1, max_length=24)]
    definition: str = ""


class Clause(Record):
    """A numbered clause that returns and adjudications can cite."""

    number: str
    title: str
    text: str


class Guideline(Record):
    """One immutable version of the instructions."""

    name: Annotated[str, Name, Field(pattern=r"^[^@\s]+$")]
    version: Annotated[int, Field(ge=1)]
    kind: Literal["compare", "rewrite", "rate"]
    title: str
    summary: str = ""
    ties: bool = True
    margin: dict[str, str] = Field(default_factory=dict)
    criteria: tuple[Criterion, ...] = ()
    reasons: tuple[ReasonTag, ...] = ()
    clauses: tuple[Clause, ...] = ()
    source: str = Field(repr=False)

    @model_validator(mode="after")
    def _unique(self) -> Self:
        for what, values in (
            ("reason tag", [r.tag for r in self.reasons]),
            ("key of a reason tag", [r.key for r in self.reasons]),
            ("criterion", [c.name for c in self.criteria]),
            ("clause number", [c.number for c in self.clauses]),
        ):
            for value in values:
                if values.count(value) > 1:
                    raise ValueError(f"{what} {value!r} stands twice")
        return self

    @cached_property
    def ref(self) -> str:
        """Name the version as judgments do, for example ``helpfulness@3``."""
        return f"{self.name}@{self.version}"

    @cached_property
    def sha256(self) -> str:
        """Hash the text byte for byte."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    @cached_property
    def tags(self) -> frozenset[str]:
        """Give the vocabulary of reason tags."""
        return frozenset(r.tag for r in self.reasons)


def version_of(ref: str) -> int:
    """Read the version of a reference, of a file perhaps; 0 where it has none."""
    tail = ref.rpartition("@")[2]
    return int(tail) if "@" in ref and _VERSION.fullmatch(tail) else 0


_VERSION = re.compile("[1-9][0-9]{0,8}")


def split_ref(ref: str) -> tuple[str, int | None]:
    """Read ``helpfulness@3`` or ``helpfulness`` (its newest version).

    Raises:
        InvalidInputError: If the part after ``@`` is no number of a version.
    """
    name, at, version = ref.partition("@")
    if not at:
        return name, None
    if not _VERSION.fullmatch(version):
        raise InvalidInputError(
            f"guideline {ref!r} is not NAME or NAME@VERSION",
            hint="for example helpfulness@1",
        )
    return name, int(version)
