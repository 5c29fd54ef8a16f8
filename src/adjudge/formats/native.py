"""Our own records, line by line: bytes in, domain values or faults out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from adjudge.domain.conversation import Comparison
from adjudge.domain.judging import Judgment
from adjudge.domain.people import Person
from adjudge.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.domain.record import Record

_AnyRecord = TypeVar("_AnyRecord", bound="Record")

KINDS: dict[str, type[Record]] = {
    "comparisons": Comparison,
    "judgments": Judgment,
    "people": Person,
}
_EXPECTED = {
    "missing": "is missing",
    "string_type": "expected a text",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "bool_type": "expected true or false",
    "tuple_type": "expected a list",
    "dict_type": "expected an object",
    "model_type": "expected an object like {…}",
    "finite_number": "expected a finite number",
    "recursion_loop": "is nested too deep",
}


class FaultyLineError(ValueError):
    """A line that is no record; carries what is wrong with it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


def read(record: type[_AnyRecord], line: bytes, *, place: str) -> _AnyRecord:
    """Read one line as a record.

    Args:
        record: What the line should be.
        line: Bytes of one JSON object.
        place: File and line, for the faults.

    Raises:
        FaultyLineError: With every fault of the line.
    """
    try:
        found = record.model_validate_json(line)
    except ValidationError as error:
        raise FaultyLineError(tuple(_faults(error, line, place))) from None
    if b"\\u0000" in line or b"NaN" in line or b"Infinity" in line:
        _refuse_hidden(line, place)
    return found


def _refuse_hidden(line: bytes, place: str) -> None:
    """Refuse U+0000 and numbers that JSON does not have, wherever they stand."""
    try:
        value = json.loads(line, parse_constant=_no_constant)
    except ValueError as error:
        raise FaultyLineError((Fault(place, "", str(error)),)) from None
    for key, text in _texts(value, ""):
        if "\x00" in text:
            problem = "holds the character U+0000, which no text may"
            raise FaultyLineError((Fault(place, key, problem),))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number; expected null or a number")


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield key, name
            yield from _texts(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _texts(inner, f"{key}[{i}]")


def _faults(error: ValidationError, line: bytes, place: str) -> Iterator[Fault]:
    found = error.errors(include_url=False, include_input=True)
    for item in _without_other_branch(found):
        if item["type"] == "json_invalid":
            yield Fault(place, "", _bad_json(line, str(item["ctx"]["error"])))
            continue
        key = _key(item["loc"])
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, ValueError):
            inner, _, problem = str(cause).rpartition(": ")
            # Checks of a whole record name their key themselves: `ranking: …`.
            if inner.isidentifier():
                yield Fault(place, inner, problem)
            else:
                yield Fault(place, key, str(cause))
            continue
        yield Fault(place, key, _problem(item))


def _without_other_branch(found: list[Any]) -> list[Any]:
    """Of a value that may be a text or a list, keep the faults of the list."""
    lists = {e["loc"][0] for e in found if any("tuple[" in str(p) for p in e["loc"])}
    kept = [
        e for e in found if not (e["loc"][-1:] == ("str",) and e["loc"][0] in lists)
    ]
    for item in kept:
        if item["type"] == "tuple_type" and "tuple[" in str(item["loc"][-1]):
            item["type"], item["msg"] = "text_or_list", "expected a text or a list"
    return kept


def _bad_json(line: bytes, problem: str) -> str:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return f"is not UTF-8 (byte {error.start + 1}); expected UTF-8 text"
    if "hex escape" in problem or "surrogate" in problem:
        return "holds half of a surrogate pair; expected whole characters"
    return f"is not JSON: {problem.replace(' at line 1 column', ' at column')}"


def _problem(item: Any) -> str:
    given = item.get("input")
    expected = _EXPECTED.get(item["type"])
    if expected is None:
        expected = str(item["msg"]).removeprefix("Value error, ")
        expected = expected.replace("Input should be", "expected")
    if item["type"] == "missing":
        return expected
    return f"{expected}, found {_kind(given)}"


def _kind(value: Any) -> str:
    """Say what a value is, short; a text's own words stay out of error messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"{value}"
    if isinstance(value, str):
        return f"a text of {len(value)} characters" if len(value) > 40 else repr(value)
    return "an object" if isinstance(value, dict) else "a list"


def _key(loc: tuple[int | str, ...]) -> str:
    key = ""
    for part in loc:
        if isinstance(part, int):
            key += f"[{part}]"
        elif "[" not in part and part != "str":
            key += f".{part}" if key else part
    return key
