"""Lines that are refused: what may be said of them, and what is given back to mend."""

from __future__ import annotations

import re
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from adjudge.domain.privacy import mask
from adjudge.domain.words import count_of
from adjudge.errors import BadFileError, RefusedError
from adjudge.formats import jsonl

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from adjudge.domain.privacy import Redactor
    from adjudge.errors import Fault
    from adjudge.formats.jsonl import Source

MOST_FAULTS = 20  # after which reading stops: more would not help anybody
# Even where the line is no JSON: what can be seen of it decides.
_REFUSED = re.compile(r'"consent"\s*:\s*false')
_USER = re.compile(r'"user_id"\s*:\s*("(?:[^"\\]|\\.)*")')
_FOUND = re.compile(r", found (['\"]).*\1$", re.DOTALL)


def refused(faults: Sequence[Fault]) -> BadFileError:
    """Make the error that carries the faults found until reading stopped."""
    n = len(faults) - 1
    more = f" (and {n} more)" if n else ""
    if len(faults) >= MOST_FAULTS:
        more = f" (and {n} more, where reading stopped)"
    return BadFileError(
        f"{faults[0]}{more}",
        faults=tuple(faults),
        hint="nothing of it was imported; mend the file, or keep the good lines "
        "with --on-error skip",
    )


def spoken(fault: Fault, raw: bytes, redactor: Redactor) -> Fault:
    """Keep words out of a fault that nobody may see: unconsented or recognised."""
    problem = fault.problem
    if _REFUSED.search(raw.decode(errors="replace")):
        problem = _FOUND.sub(", found a text", problem)
    return replace(fault, problem=mask(problem, redactor.find(problem)))


def give_back(
    source: Source,
    rejects: list[tuple[int, bytes, str]],
    redactor: Redactor,
    withdrawn: Collection[str] = (),
) -> str:
    """Write the refused lines beside their file, each with its reason; name the file.

    Raises:
        RefusedError: If that cannot be written; the good lines are kept by then.
    """
    name = "stdin" if source.name == "standard input" else source.name
    path = Path(f"{name}.rejected.jsonl")
    try:
        path.unlink(missing_ok=True)
        writer = jsonl.Writer(path)
        for number, raw, why in sorted(rejects, key=itemgetter(0)):
            line = shown(raw, redactor, withdrawn)
            writer.add({"line": number, "why": why, "raw": line})
        writer.close()
    except OSError as error:
        raise RefusedError(
            f"the good lines are in, and {path} cannot be written: {error.strerror}",
            hint=f"{count_of(len(rejects), 'line was', 'lines were')} refused; to read "
            "why, import the file again from a place that can be written: nothing "
            "comes in twice",
        ) from error
    return str(path)


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
