"""A campaign as TOML, with the guidelines it names; every fault with its line."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from adjudge.domain.campaign import Campaign
from adjudge.domain.people import Role
from adjudge.errors import BadFileError, Fault, InvalidInputError, UnknownError
from adjudge.formats import guideline_file
from adjudge.formats.native import key_of, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adjudge.domain.guideline import Guideline

Loc = tuple[int | str, ...]
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[\w"'-]+)*)\s*=""")
_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True)
class Read:
    """A campaign file that says nothing wrong by itself.

    Attributes:
        name: What the user called it.
        guidelines: The versions it names, in its order.
    """

    name: str
    campaign: Campaign
    guidelines: tuple[Guideline, ...]
    lines: Lines

    def fault(self, loc: Loc, problem: str) -> Fault:
        """Say what is wrong at one place of the file."""
        return Fault(self.lines.place(loc), key_of(loc), problem)


def read(name: str) -> Read:
    """Read a campaign file and the guidelines it names.

    Raises:
        BadFileError: With every fault: file, line, key and what was expected.
        UnknownError: If there is no such file.
        InvalidInputError: If it cannot be read.
    """
    path = Path(name)
    text = _text(path, name)
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refused([_broken(name, str(error))]) from None
    lines = Lines(name, text)
    try:
        campaign = Campaign.model_validate(_tupled(value))
    except ValidationError as error:
        raise refused(_faults(error, lines)) from None
    guidelines, faults = _guidelines(campaign, path.parent, lines)
    faults += _twice(campaign, guidelines, lines)
    if faults:
        raise refused(faults)
    return Read(name, campaign, tuple(guidelines), lines)


def refused(faults: Iterable[Fault]) -> BadFileError:
    """Make the error that carries every fault."""
    found = tuple(faults)
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return BadFileError(
        f"{found[0]}{more}", faults=found, hint="nothing was changed; mend the file"
    )


def _text(path: Path, name: str) -> str:
    try:
        return path.read_bytes().decode().removeprefix("\ufeff")
    except FileNotFoundError:
        raise UnknownError(f"there is no file {name}") from None
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{name} is not UTF-8 (byte {error.start + 1})"
        ) from None
    except OSError as error:
        raise InvalidInputError(f"{name} cannot be read: {error.strerror}") from None


def _broken(name: str, said: str) -> Fault:
    found = _AT.search(said)
    if found is None:
        return Fault(name, "", f"is not TOML: {said}")
    where = f"{name}:{found[1]}"
    return Fault(where, "", f"is not TOML: {said[: found.start()]}, column {found[2]}")


def _tupled(value: Any) -> Any:
    """Read TOML lists as the tuples that records hold."""
    if isinstance(value, list):
        return tuple(_tupled(v) for v in value)
    if isinstance(value, dict):
        return {k: _tupled(v) for k, v in value.items()}
    return value


def _faults(error: ValidationError, lines: Lines) -> Iterator[Fault]:
    for item in error.errors(include_url=False, include_input=True):
        loc = item["loc"]
        if item["type"] == "enum":
            roles = ", ".join(Role)
            problem = f"expected one of {roles}, found {item['input']!r}"
        else:
            problem = problem_of(item)
        yield Fault(lines.place(loc), key_of(loc), problem)


def _guidelines(
    campaign: Campaign, folder: Path, lines: Lines
) -> tuple[list[Guideline], list[Fault]]:
    """Read the guideline files, their paths relative to the campaign file."""
    found: list[Guideline] = []
    faults: list[Fault] = []
    for i, entry in enumerate(campaign.guidelines):
        loc = ("guidelines", i, "file")
        place, key = lines.place(loc), key_of(loc)
        try:
            text = _text(folder / entry.file, entry.file)
            found.append(guideline_file.parse(text, name=entry.file))
        except UnknownError:
            problem = f"expected a file, found none at {folder / entry.file}"
            faults.append(Fault(place, key, problem))
        except (BadFileError, InvalidInputError) as error:
            faults.append(Fault(place, key, error.message))
    return found, faults


def _twice(
    campaign: Campaign, guidelines: list[Guideline], lines: Lines
) -> list[Fault]:
    """Find names that stand twice: the file would contradict itself."""
    named: dict[tuple[str, str], list[str]] = {
        ("people", "name"): [str(p.name) for p in campaign.people],
        ("queues", "name"): [str(q.name) for q in campaign.queues],
        ("guidelines", "file"): [g.ref for g in guidelines],
        ("gold", "comparison"): [
            f"{g.comparison} in {g.queue}" if g.queue else g.comparison
            for g in campaign.gold
        ],
    }
    faults = []
    for (section, key), names in named.items():
        counts = Counter(names)
        for i, name in enumerate(names):
            if counts[name] > 1 and name in names[:i]:
                loc = (section, i, key)
                problem = f"{name!r} stands twice; expected each once"
                faults.append(Fault(lines.place(loc), key_of(loc), problem))
    return faults


class Lines:
    """Where in a TOML text each table and key stands; tomllib does not tell."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._at: dict[Loc, int] = {}
        self._arrays: Counter[Loc] = Counter()
        here: Loc = ()
        for number, line in enumerate(text.splitlines(), 1):
            if header := _HEADER.match(line):
                here = self._table(header[2], is_array=header[1] == "[[")
                self._at.setdefault(here, number)
            elif key := _KEY.match(line):
                for end in range(1, len(_parts(key[1])) + 1):
                    self._at.setdefault((*here, *_parts(key[1])[:end]), number)

    def _table(self, path: str, *, is_array: bool) -> Loc:
        """Follow a header; a table inside an array belongs to its last element."""
        here: Loc = ()
        parts = _parts(path)
        for i, part in enumerate(parts):
            here = (*here, part)
            last = i == len(parts) - 1
            if last and is_array:
                self._arrays[here] += 1
            if here in self._arrays:
                here = (*here, self._arrays[here] - 1)
        return here

    def place(self, loc: Loc) -> str:
        """Name file and line of a key, or of the nearest thing around it."""
        for end in range(len(loc), 0, -1):
            if number := self._at.get(loc[:end]):
                return f"{self._name}:{number}"
        return self._name


def _parts(path: str) -> tuple[str, ...]:
    return tuple(p.strip().strip("\"'") for p in path.split("."))
