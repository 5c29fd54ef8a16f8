"""CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST = 2**31 - 1  # a cell holds an answer, and those may be long
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: object) -> str:
    """Write a cell; a text that a spreadsheet would take for a formula gets a quote.

    Numbers stay numbers: a negative one is no formula.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if isinstance(value, str) and text.lstrip(" ").startswith(_FORMULA):
        return f"'{text}"
    return text


def row_at(source: Iterable[str], line: int) -> dict[str, str] | None:
    """Find the row that stands on a line of a file with heads; a cell may hold lines.

    Args:
        source: The lines as they stand in the file, line ends included.
        line: From 1, which is the heads.
    """
    csv.field_size_limit(_LONGEST)
    reader = csv.DictReader(source)
    heads = reader.fieldnames  # read here, so that the first row begins below them
    if heads is None or line <= reader.line_num:
        return None
    return next((row for row in reader if reader.line_num >= line), None)


def csv_text(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table as CSV (RFC 4180), safe to open in a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return out.getvalue()
