import pytest

from adjudge.domain.people import Role
from adjudge.domain.routing import Draws, Eligibility, asserted_pairs, is_gold_hit


def test_gold_asserts_every_pair_of_different_tiers():
    assert asserted_pairs((("a",), ("b", "c"))) == {("a", "b"), ("a", "c")}
    assert asserted_pairs((("a", "b"),)) == frozenset()


@pytest.mark.parametrize(
    ("ranking", "hit"),
    [
        ((("a",), ("b",), ("c",)), True),
        ((("a",), ("b", "c")), True),
        ((("b",), ("a",), ("c",)), False),
        ((("a", "b"), ("c",)), False),
    ],
)
def test_a_hit_on_gold_holds_all_of_its_pairs(ranking, hit):
    assert is_gold_hit((("a",), ("b", "c")), ranking) is hit


def test_gold_that_is_a_tie_is_hit_by_the_tie_only():
    assert is_gold_hit((("a", "b"),), (("a", "b"),))
    assert not is_gold_hit((("a", "b"),), (("a",), ("b",)))


def test_draws_are_repeatable_independent_and_even():
    key = b"k" * 32
    assert Draws("t", key).draw("gold") == Draws("t", key).draw("gold")
    assert Draws("t", key).draw("gold") != Draws("t", key).draw("repeat")
    hits = sum(Draws(str(n), key).draw("gold") < 0.2 for n in range(5000))
    assert 900 < hits < 1100


def test_experts_and_leads_take_what_was_passed_on():
    assert not Eligibility(role=Role.ANNOTATOR).is_expert
    assert Eligibility(role=Role.EXPERT).is_expert
    assert Eligibility(role=Role.LEAD, topics=frozenset({"*"})).knows_every_topic
