"""Lines that are refused: what may be said of them, and what is given back to mend."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from adjudge.domain.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Collection

    from adjudge.domain.privacy import Redactor
    from adjudge.errors import Fault

# Even where the line is no JSON: what can be seen of it decides.
_REFUSED = re.compile(r'"consent"\s*:\s*false')
_USER = re.compile(r'"user_id"\s*:\s*("(?:[^"\\]|\\.)*")')
_FOUND = re.compile(r", found (['\"]).*\1$", re.DOTALL)


def spoken(fault: Fault, raw: bytes, redactor: Redactor) -> Fault:
    """Keep words out of a fault that nobody may see: unconsented or recognised."""
    problem = fault.problem
    if _REFUSED.search(raw.decode(errors="replace")):
        problem = _FOUND.sub(", found a text", problem)
    return replace(fault, problem=mask(problem, redactor.find(problem)))


def shown(raw: bytes, redactor: Redactor, withdrawn: Collection[str]) -> str | None:
    """Write a refused line for a person to mend, what is recognised covered.

    A line that cannot be read may hold anything. Nothing of it is given where it
    refuses consent, or is of a user who took theirs back.
    """
    line = raw.decode(errors="replace")
    if _REFUSED.search(line) or any(user in withdrawn for user in _users(line)):
        return None
    return mask(line, redactor.find(line))


def _users(line: str) -> list[str]:
    return [_read(found) for found in _USER.findall(line)]


def _read(text: str) -> str:
    try:
        return str(orjson.loads(text))
    except orjson.JSONDecodeError:
        return text[1:-1]
