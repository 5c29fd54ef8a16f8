"""Agreement has the value that the papers print, or says why it has none."""

from __future__ import annotations

import pytest

from adjudge.errors import NotEnoughDataError
from adjudge.stats.agreement import (
    brennan_prediger,
    fleiss,
    gwet,
    krippendorff_alpha,
    percent_agreement,
)
from adjudge.stats.counts import CountTable

ALL = [percent_agreement, gwet, fleiss, brennan_prediger, krippendorff_alpha]
NEEDS_TWO_CATEGORIES = [fleiss, krippendorff_alpha]


@pytest.mark.parametrize("coefficient", ALL)
def test_nothing_is_defined_when_no_unit_has_two_judgments(coefficient):
    table = CountTable.from_counts([[1, 0], [0, 1], [0, 0]])
    with pytest.raises(NotEnoughDataError) as caught:
        coefficient(table)
    assert caught.value.reason == "no_pairable_items"


@pytest.mark.parametrize("coefficient", NEEDS_TWO_CATEGORIES)
def test_one_category_leaves_no_chance_to_correct_for(coefficient):
    with pytest.raises(NotEnoughDataError) as caught:
        coefficient(CountTable.from_counts([[3, 0], [2, 0]]))
    assert caught.value.reason == "single_category"


@pytest.mark.parametrize("coefficient", [percent_agreement, gwet, brennan_prediger])
def test_one_used_category_is_full_agreement_where_that_is_defined(coefficient):
    assert coefficient(CountTable.from_counts([[3, 0], [2, 0]])) == 1.0


def test_a_single_declared_category_has_percent_and_ac1_only():
    table = CountTable.from_counts([[3], [2]])
    assert percent_agreement(table) == 1.0
    assert gwet(table) == 1.0
    with pytest.raises(NotEnoughDataError, match="one category"):
        brennan_prediger(table)


def test_an_unused_category_changes_ac1_and_brennan_prediger_only():
    two = CountTable.from_counts([[2, 0], [2, 0], [0, 2], [1, 1]])
    three = CountTable.from_counts([[2, 0, 0], [2, 0, 0], [0, 2, 0], [1, 1, 0]])
    same = [percent_agreement, fleiss, krippendorff_alpha]
    assert [f(two) for f in same] == pytest.approx([f(three) for f in same])
    assert (gwet(two), gwet(three)) == pytest.approx((0.52941, 0.67347), abs=5e-6)
    assert brennan_prediger(two) < brennan_prediger(three)
