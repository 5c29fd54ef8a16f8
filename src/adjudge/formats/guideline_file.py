"""Guidelines as Markdown with TOML front matter."""

from __future__ import annotations

import re
import tomllib
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from adjudge.domain.guideline import Clause, Guideline
from adjudge.errors import BadFileError, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLAUSE = re.compile(r"^#{2,4} (\d+(?:\.\d+)*)\.? +(.+?)\s*$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,2} ", re.MULTILINE)


def parse(text: str, *, name: str) -> Guideline:
    """Read a guideline.

    Args:
        text: The whole file.
        name: The file's name, for error messages.

    Raises:
        BadFileError: With the key and what was expected.
    """
    text = text.removeprefix("\ufeff")
    if "\x00" in text:
        raise BadFileError(
            f"{name}: holds the character U+0000, which no text may",
            hint="save it as UTF-8 text",
        )
    head, body = _split(text, name)
    try:
        front = tomllib.loads(head)
    except tomllib.TOMLDecodeError as error:
        raise BadFileError(
            f"{name}: the front matter is not TOML: {error}",
            hint="it stands between two lines of +++",
        ) from None
    try:
        return Guideline.model_validate(
            {**_tupled(front), "clauses": clauses(body), "source": text}
        )
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(p) for p in first["loc"])
        problem = first["msg"].removeprefix("Value error, ")
        fault = Fault(name, key, problem)
        raise BadFileError(str(fault), faults=(fault,)) from None


def _split(text: str, name: str) -> tuple[str, str]:
    parts = re.split(r"^\+\+\+\s*$", text, maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3 or parts[0].strip():
        raise BadFileError(
            f"{name}: there is no front matter",
            hint="a guideline begins with TOML between two lines of +++",
        )
    return parts[1], parts[2]


def clauses(body: str) -> tuple[Clause, ...]:
    """Find the numbered clauses: headings such as ``## 3 Correctness first``."""
    return tuple(
        Clause(number=m[1], title=m[2], text=body[m.end() : end].strip("\n "))
        for m, end in _spans(body)
    )


def outside(body: str) -> str:
    """Give what stands in no clause: introduction, examples, closing words."""
    kept, last = [], 0
    for match, end in _spans(body):
        kept.append(body[last : match.start()])
        last = end
    return "".join([*kept, body[last:]])


def _spans(body: str) -> Iterator[tuple[re.Match[str], int]]:
    """Find each clause's heading, and where its text ends."""
    found = list(_CLAUSE.finditer(body))
    for match, following in zip_longest(found, found[1:]):
        end = following.start() if following else len(body)
        other = _HEADING.search(body, match.end(), end)
        yield match, other.start() if other else end


def body(source: str) -> str:
    """Give the Markdown of a guideline without its front matter."""
    return _split(source, "guideline")[1].strip("\n")


def _tupled(value: Any) -> Any:
    """Read TOML lists as the tuples that records hold."""
    if isinstance(value, list):
        return tuple(_tupled(v) for v in value)
    if isinstance(value, dict):
        return {k: _tupled(v) for k, v in value.items()}
    return value
