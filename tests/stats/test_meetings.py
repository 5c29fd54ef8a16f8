"""Two raters compared cluster by cluster: the same values, honest intervals."""

from __future__ import annotations

import numpy as np
import pytest

from adjudge.stats.kappa import cohen_estimate, cohen_of_table, rater_pairs
from adjudge.stats.meetings import Meetings, all_meetings


def judged(seed=0, n_clusters=60, each=3, n_raters=4):
    """Make codes of some raters, of units that come in clusters of alike ones."""
    rng = np.random.default_rng(seed)
    easy = np.repeat(rng.random(n_clusters) < 0.6, each)
    unit, rater, code = [], [], []
    for one in range(n_clusters * each):
        who = rng.choice(n_raters, size=3, replace=False)
        for person in who.tolist():
            unit.append(one)
            rater.append(person)
            code.append(0 if easy[one] else int(rng.integers(3)))
    clusters = np.repeat(np.arange(n_clusters), each)
    return np.array(unit), np.array(rater), np.array(code), clusters


def test_all_units_together_are_the_table_of_the_two():
    unit, rater, code, clusters = judged()
    found = all_meetings(unit, rater, code, 3, clusters).by_pair()
    pairs = rater_pairs(unit, rater, code, 3)
    both = list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert list(found) == both
    for pair, table in zip(both, pairs.tables, strict=True):
        assert (found[pair].table == table).all()


def test_the_order_of_judgments_leaves_no_trace():
    unit, rater, code, clusters = judged()
    mixed = np.random.default_rng(5).permutation(len(unit))
    one = all_meetings(unit, rater, code, 3, clusters)
    two = all_meetings(unit[mixed], rater[mixed], code[mixed], 3, clusters)
    for name in ("first", "second", "tables", "times"):
        assert (getattr(one, name) == getattr(two, name)).all()


def test_units_that_repeat_each_other_say_nothing_new():
    """Three times the same answer in each cluster leaves the interval as wide."""
    rng = np.random.default_rng(1)
    said = rng.integers(2, size=(2, 50))
    said[1, :35] = said[0, :35]
    once = np.zeros((50, 2, 2), dtype=np.int64)
    np.add.at(once, (np.arange(50), *said), 1)
    kinds, times = np.unique(once, axis=0, return_counts=True)
    alone, thrice = (
        Meetings(kinds * k, times).kappa(seed=1, n_resamples=4000) for k in (1, 3)
    )
    assert alone.value == pytest.approx(thrice.value)
    assert (alone.low, alone.high) == pytest.approx((thrice.low, thrice.high))
    naive = cohen_estimate(Meetings(kinds * 3, times).table, seed=1, n_resamples=4000)
    assert naive.value == pytest.approx(thrice.value)
    assert naive.high - naive.low < 0.7 * (thrice.high - thrice.low)


def test_percent_is_sure_of_nothing_that_never_varied():
    always = Meetings(np.array([[[3, 0], [0, 0]]]), np.array([12]))
    found = always.percent(seed=1)
    assert (found.value, found.n) == (1.0, 36)
    assert 0.7 < found.low < 0.8
    assert always.kappa(seed=1).value is None
    assert always.kappa(seed=1).reason == "undefined: all judgments are in one category"


def test_what_lies_in_categories_that_are_left_out_is_no_meeting():
    tables = np.zeros((2, 3, 3), dtype=np.int64)
    tables[0, 0, 1], tables[1, 2, 2] = 2, 4
    some = Meetings(tables, np.array([5, 7])).among(2)
    assert (some.n_clusters, some.table.sum()) == (5, 10)
    assert cohen_of_table(some.table) == 0.0
    nobody = Meetings(tables[1:], np.array([7])).among(2)
    assert nobody.n_clusters == 0
    assert nobody.percent(seed=1).value is None
    assert nobody.kappa(seed=1).reason == (
        "undefined: no comparison has two or more judgments"
    )


def test_who_always_gives_one_answer_has_a_kappa_of_nothing_and_no_interval():
    """Kappa is 0 whatever the other says, in every resample: that is no certainty."""
    table = np.array([[30, 20], [0, 0]])
    alone = cohen_estimate(table, seed=1)
    together = Meetings(table[None], np.array([40])).kappa(seed=1)
    for found in (alone, together):
        assert (found.value, found.low, found.high) == (0.0, None, None)
        assert found.reason == ("no interval: one of the two never varied")
