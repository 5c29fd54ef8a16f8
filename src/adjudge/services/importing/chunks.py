"""Lines on their way in, and what became of a chunk of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Line(NamedTuple):
    """One good line of a file."""

    number: int
    raw: bytes
    record: Any


class Wrong(NamedTuple):
    """A line that says nothing the store can hold: which key, and what is wrong."""

    number: int
    key: str
    problem: str


@dataclass
class Kept:
    """What became of a chunk.

    Attributes:
        forgotten: Lines of people who were forgotten; they are left out.
        wrong: Lines that do not fit what is in the store.
        clashes: Line and reason of ids that stand with other content.
    """

    added: int = 0
    unchanged: int = 0
    superseded: int = 0
    forgotten: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    clashes: list[tuple[int, str]] = field(default_factory=list)
