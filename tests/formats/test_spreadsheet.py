"""CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudge.formats.spreadsheet import csv_text, row_at, safe_cell

FORMULA = tuple("=+-@\t\r\n")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"]
)
def test_a_formula_gets_a_quote(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"),
        ("a=b", "a=b"),
        ("", ""),
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (-5, "-5"),
        (-2.5, "-2.5"),
        (Decimal("-0.05"), "-0.05"),
    ],
)
def test_other_values_stay_as_they_are(value, written):
    assert safe_cell(value) == written


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_every_text_reads_back_and_none_starts_a_formula(texts):
    written = csv_text([f"h{i}" for i in range(len(texts))], [texts])
    _, row = csv.reader(io.StringIO(written, newline=""))
    for cell, text in zip(row, texts, strict=True):
        assert cell.removeprefix("'") == text.removeprefix("'")
        assert not cell.lstrip(" ").startswith(FORMULA)


def test_a_row_is_found_by_any_of_its_lines():
    answers = ["one\ntwo", "x" * 200_000]
    table = csv_text(("id", "answer"), enumerate(answers)).splitlines(keepends=True)
    found = [row_at(table, line) for line in range(1, 6)]
    assert [row and row["id"] for row in found] == [None, "0", "0", "1", None]
    assert row_at([], 1) is None
