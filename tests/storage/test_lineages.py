"""Rows of versions are remembered some hundreds at a time, and found one by one."""

from __future__ import annotations

import pytest

from adjudge.domain.record import canonical
from adjudge.storage import datasets, lineages
from adjudge.storage.lineages import Held, Stretch


def row(n):
    return f"{n:032x}"


def line(n, comparison, **more):
    lineage = {"row_id": row(n), "key": f"k{n}", "comparison": comparison, **more}
    return canonical(lineage).decode()


STRETCHES = (
    Stretch("preference", "comparison", "c1", "c3", "\n".join(
        (line(1, "c1"), line(2, "c2"), line(3, "c3"))
    )),
    Stretch("preference", "comparison", 'c"4', 'c"4', line(4, 'c"4')),
    Stretch("sft", "text", "rewrite-task:r1", "rewrite-task:r9", "\n".join(
        (
            line(5, "r9", derived_from="rewrite", author="p-old"),
            line(6, "r1", derived_from="rewrite", author="p-other"),
        )
    )),
)  # fmt: skip


@pytest.fixture
def unit(bench):
    with bench.store.write() as unit:
        for id, at, stretches in (
            ("one", "2026-01-01T00:00:00Z", STRETCHES),
            ("two", "2026-01-02T00:00:00Z", STRETCHES[:1]),
        ):
            datasets.begin(
                unit,
                id=id,
                name=id,
                options={},
                counts={},
                stretches=stretches,
                by="lea",
                at=at,
            )
        yield unit


def test_a_row_is_found_by_its_id(unit):
    found = lineages.member(unit, row(2))
    assert (found.row_id, found.config, found.key) == (row(2), "preference", "k2")
    assert found.lineage["comparison"] == "c2"
    assert lineages.versions_with(unit, row(2)) == ["one", "two"]
    assert lineages.versions_with(unit, row(4)) == ["one"]


@pytest.mark.parametrize("id", ["", row(7), row(2)[:20], "%", f"{row(1)} {row(2)}"])
def test_nothing_else_is_a_row(unit, id):
    assert lineages.member(unit, id) is None


def test_a_version_gives_its_rows_as_they_were_written(unit):
    found = [member.row_id for member in lineages.members(unit, "one")]
    assert found == [row(n) for n in (1, 2, 3, 4, 5, 6)]
    assert len(list(lineages.everything(unit))) == 9


def test_rows_are_found_by_what_they_are_about(unit):
    assert set(lineages.rows_about(unit, "comparison", ["c2", "c9", "b"])) == {
        Held("one", row(2), "preference"),
        Held("two", row(2), "preference"),
    }
    [held] = lineages.rows_about(unit, "text", ["rewrite-task:r9"])
    assert held == Held("one", row(5), "sft")
    assert list(lineages.rows_about(unit, "comparison", [])) == []
    assert list(lineages.rows_about(unit, "comparison", ["rewrite-task:r9"])) == []


def test_a_comparison_is_exported_or_not(unit):
    for id, is_exported in (("c2", True), ('c"4', True), ("c25", False), ("r9", False)):
        assert lineages.is_exported(unit, id) is is_exported


def test_a_pseudonym_is_replaced_where_it_stands(unit):
    assert lineages.rename(unit, "p-old", "p-new") == 1
    authors = [m.lineage.get("author") for m in lineages.members(unit, "one")]
    assert authors[4:] == ["p-new", "p-other"]
