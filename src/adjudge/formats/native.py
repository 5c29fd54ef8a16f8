"""Our own records, line by line: bytes in, domain values or faults out."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from pydantic import ValidationError

from adjudge.domain.conversation import Comparison
from adjudge.domain.feedback import Event
from adjudge.domain.judging import Judgment
from adjudge.domain.people import Person
from adjudge.domain.rewriting import Rewrite
from adjudge.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.domain.record import Record

_AnyRecord = TypeVar("_AnyRecord", bound="Record")

KINDS: dict[str, type[Record]] = {
    "comparisons": Comparison,
    "judgments": Judgment,
    "people": Person,
    "feedback": Event,
    "rewrites": Rewrite,
}
_EXPECTED = {
    "missing": "is missing",
    "string_type": "expected a text",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "int_parsing_size": "expected a whole number of at most 64 bits",
    "float_type": "expected a number",
    "bool_type": "expected true or false",
    "tuple_type": "expected a list",
    "dict_type": "expected an object",
    "model_type": "expected an object like {…}",
    "finite_number": "expected a finite number",
    "recursion_loop": "is nested too deep",
    "extra_forbidden": "is a key that is not known here",
    "too_short": "expected at least {min_length}",
    "too_long": "expected at most {max_length}",
    "string_too_long": "expected at most {max_length} characters",
    "string_pattern_mismatch": "expected a text that is not empty",
}
_WHOLE_NUMBERS = range(-(2**63), 2**64)  # what fits 64 bits, with a sign or without
_SPACED_KEY = re.compile(rb'"[ \t\r\n]+:')
# The character U+0000; a quotation mark or a colon that is written otherwise.
_ESCAPED = re.compile(rb"\\u00(?:00|22|3[aA])")
_AS_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
_LONG_NUMBER = b"0" * 19  # it may not fit 64 bits


_HALF = "holds half of a surrogate pair; expected whole characters"
_SURROGATE = re.compile("[\ud800-\udfff]")


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
    if not _is_plain(line) and (faults := tuple(_hidden(line, place))):
        raise FaultyLineError(faults)
    return found


def _hidden(line: bytes, place: str) -> Iterator[Fault]:
    """Find what a JSON reader passes over, wherever it stands in the line.

    These are keys that stand twice, the character U+0000, and numbers that are not
    finite or do not fit 64 bits.
    """
    try:
        value = _READER.decode(line.decode())
    except _TwiceError as error:
        yield Fault(place, str(error), "stands twice in one object; expected it once")
        return
    for key, leaf in _leaves(value, ""):
        if problem := _not_kept(leaf):
            yield Fault(place, key, problem)


def _is_plain(line: bytes) -> bool:
    """Tell quickly that there is nothing to be found; in doubt, say no.

    Where every key is written `"key":`, there are as many of those marks as in the
    line written anew, unless a key stands twice: then one of them is gone. A mark
    inside a text is there in both.
    """
    if _ESCAPED.search(line) or _SPACED_KEY.search(line):
        return False
    if _LONG_NUMBER in line.translate(_AS_ZEROS):
        return False
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False  # not a finite number, or nested too deep
    return line.count(b'":') == orjson.dumps(value).count(b'":')


class _TwiceError(ValueError):
    """A key stands twice in one object, and readers differ in which one counts."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(next(k for k in keys if keys.count(k) > 1))
    return found


_READER = json.JSONDecoder(object_pairs_hook=_once)


def _leaves(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Walk through every text, key and number with where it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield key, name
            yield from _leaves(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _leaves(inner, f"{key}[{i}]")
    else:
        yield key, value


def _not_kept(value: Any) -> str:
    """Say why a value cannot be kept as it is; empty if it can."""
    if isinstance(value, str) and "\x00" in value:
        return "holds the character U+0000, which no text may"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a JSON number; expected null or a finite number"
    if isinstance(value, int) and value not in _WHOLE_NUMBERS:
        return f"expected a whole number of at most 64 bits, found {_kind(value)}"
    return ""


def _faults(error: ValidationError, line: bytes, place: str) -> Iterator[Fault]:
    found = error.errors(include_url=False, include_input=True)
    for item in _without_whole_numbers(_without_other_branch(found)):
        if item["type"] == "json_invalid":
            problem = _bad_json(line, str(item["ctx"]["error"]))
            key = _with_half(line) if problem == _HALF else ""
            yield Fault(place, key, problem)
            continue
        key = key_of(item["loc"])
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, ValueError):
            inner, _, problem = str(cause).rpartition(": ")
            # Checks of a whole record name their key themselves: `ranking: …`.
            if inner.replace(".", "").isidentifier():
                yield Fault(place, inner, problem)
            else:
                yield Fault(place, key, str(cause))
            continue
        yield Fault(place, key, problem_of(item))


def _without_other_branch(found: list[Any]) -> list[Any]:
    """Of a value that may be a text or a list, keep the faults of the list."""
    lists = {e["loc"][0] for e in found if any("tuple[" in str(p) for p in e["loc"])}
    inside = {e["loc"][:-1] for e in found} | {e["loc"][:-2] for e in found}
    kept = [
        e
        for e in found
        if not (e["loc"][-1:] == ("str",) and e["loc"][0] in lists)
        # A list is not too short where only what stands in it is wrong.
        and not (e["type"] == "too_short" and e["loc"] in inside)
    ]
    for item in kept:
        if item["type"] == "tuple_type" and "tuple[" in str(item["loc"][-1]):
            item["type"], item["msg"] = "text_or_list", "expected a text or a list"
    return kept


def _without_whole_numbers(found: list[Any]) -> list[Any]:
    """Of a value that may be one of few words or a number, say so in one fault."""
    numbers = {e["loc"][:-1] for e in found if e["loc"][-1:] == ("int",)}
    words = {e["loc"][:-1] for e in found if e["type"] == "literal_error"}
    both = numbers & words
    for item in found:
        if item["type"] == "literal_error" and item["loc"][:-1] in both:
            item["msg"] = f"{item['msg'].replace(' or ', ', ')} or a whole number"
    return [e for e in found if e["loc"][-1:] != ("int",) or e["loc"][:-1] not in both]


def _with_half(line: bytes) -> str:
    """Name the key whose text holds half of a surrogate pair; empty if none does."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    halves = (
        key
        for key, value in _leaves(found, "")
        if isinstance(value, str) and _SURROGATE.search(value)
    )
    return next(halves, "")


def _bad_json(line: bytes, problem: str) -> str:
    if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in line:
        return "holds zero bytes, as UTF-16 and binary files do; expected UTF-8 text"
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return f"is not UTF-8 (byte {error.start + 1}); expected UTF-8 text"
    if "hex escape" in problem or "surrogate" in problem:
        return _HALF
    return f"is not JSON: {problem.replace(' at line 1 column', ' at column')}"


def problem_of(item: Any) -> str:
    """Say what one of pydantic's errors found, and what was expected."""
    given = item.get("input")
    expected = _EXPECTED.get(item["type"])
    if expected is None:
        expected = str(item["msg"]).removeprefix("Value error, ")
        expected = expected.replace("Input should be", "expected")
    for name, limit in item.get("ctx", {}).items():
        expected = expected.replace(f"{{{name}}}", str(limit))
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
        said = f"{value}"
        return said if len(said) <= 40 else f"a number of {len(said)} digits"
    if isinstance(value, str):
        return f"a text of {len(value)} characters" if len(value) > 40 else repr(value)
    return "an object" if isinstance(value, dict) else f"a list of {len(value)}"


def key_of(loc: tuple[int | str, ...]) -> str:
    """Write a place inside a record, for example ``responses[0].text``."""
    key = ""
    for part in loc:
        if isinstance(part, int):
            key += f"[{part}]"
        elif "[" not in part and part != "str":
            key += f".{part}" if key else part
    return key
