"""From judgments to one result, by the rules of the contract."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudge.domain.resolution import Vote, resolve

TWO = ("a", "b")
THREE = ("a", "b", "c")


def votes(*rankings, **others):
    """Write votes as ``a>b``, ``a=b``; more than one letter is a tier each."""
    return [
        Vote(judgment=f"j{i}", ranking=tiers(r), **others)
        for i, r in enumerate(rankings)
    ]


def tiers(text):
    return tuple(tuple(tier.split("=")) for tier in text.split(">"))


# --- two responses ----
@pytest.mark.parametrize(
    ("cast", "state", "winner"),
    [
        (["a>b", "a>b", "a>b"], "settled", "a"),
        (["a>b", "a>b", "b>a"], "settled", "a"),
        (["b>a", "b>a", "a=b"], "settled", "b"),
        (["a=b", "a=b", "a>b"], "tie", None),
        (["a>b", "b>a", "a=b"], "escalated", None),
        (["a>b", "a>b", "b>a", "b>a"], "escalated", None),
        (["a>b", "a>b", "a=b", "b>a"], "escalated", None),
        (["a=b", "a=b", "a>b", "b>a"], "escalated", None),
    ],
)
def test_more_than_half_decides(cast, state, winner):
    found = resolve(votes(*cast), TWO, overlap=len(cast))
    assert (found.state, found.winner) == (state, winner)


def test_fewer_judgments_than_wanted_are_open():
    found = resolve(votes("a>b", "a>b"), TWO, overlap=3)
    assert (found.state, found.ranking, found.n_judgments) == ("open", None, 2)
    assert resolve([], TWO, overlap=1).state == "open"


def test_surplus_judgments_count():
    found = resolve(votes("a>b", "a>b", "a>b", "b>a"), TWO, overlap=3)
    assert (found.winner, found.confidence) == ("a", 0.75)


def test_no_judgment_is_never_a_result_even_without_an_overlap():
    assert resolve([], TWO, overlap=0).state == "open"


def test_an_escalated_result_ranks_nothing():
    found = resolve(votes("a>b", "b>a"), TWO, overlap=2)
    assert (found.ranking, found.confidence, found.weight) == (None, None, None)


def test_confidence_is_the_winners_share_and_agreement_that_of_pairs():
    found = resolve(votes("a>b", "a>b", "b>a"), TWO, overlap=3)
    assert found.confidence == pytest.approx(2 / 3)
    assert found.agreement == pytest.approx(1 / 3)
    assert found.weight == 1


def test_one_judge_agrees_with_nobody():
    assert resolve(votes("a>b"), TWO, overlap=1).agreement is None


def test_the_order_inside_a_tier_means_nothing():
    assert resolve(votes("a=b", "b=a"), TWO, overlap=2).agreement == 1


def test_the_margin_is_averaged_over_those_who_agree_with_the_winner():
    cast = [
        Vote("j1", tiers("a>b"), margin=3),
        Vote("j2", tiers("a>b"), margin=2),
        Vote("j3", tiers("b>a"), margin=1),
    ]
    assert resolve(cast, TWO, overlap=3).margin == pytest.approx(5 / 6)


def test_without_margins_there_is_no_margin():
    assert resolve(votes("a>b"), TWO, overlap=1).margin is None


def test_none_acceptable_is_a_majority_of_flags_beside_the_winner():
    bad = [Vote(f"j{i}", tiers("a>b"), none_acceptable=i < 2) for i in range(3)]
    found = resolve(bad, TWO, overlap=3)
    assert (found.winner, found.none_acceptable) == ("a", True)
    even = [Vote(f"j{i}", tiers("a>b"), none_acceptable=i < 1) for i in range(2)]
    assert not resolve(even, TWO, overlap=2).none_acceptable


# --- more responses ----
def test_copeland_orders_by_pairwise_majorities():
    found = resolve(votes("a>b>c", "a>c>b", "b>a>c"), THREE, overlap=3)
    assert (found.state, found.winner) == ("settled", "a")
    assert found.ranking == (("a",), ("b",), ("c",))


def test_a_circle_is_escalated():
    found = resolve(votes("a>b>c", "b>c>a", "c>a>b"), THREE, overlap=3)
    assert (found.state, found.ranking) == ("escalated", None)


def test_two_level_on_top_are_a_tie():
    found = resolve(votes("a=b>c", "a=b>c", "a>b>c"), THREE, overlap=3)
    assert (found.state, found.winner) == ("tie", None)
    assert found.ranking == (("a", "b"), ("c",))


def test_an_undecided_top_is_escalated():
    assert resolve(votes("a>b>c", "b>a>c"), THREE, overlap=2).state == "escalated"


def test_a_top_that_beats_only_some_is_escalated():
    """``a`` leads by points, but no majority puts it over ``c``."""
    found = resolve(votes("a=c>b", "a=c>b", "a>b>c", "c>a>b"), THREE, overlap=4)
    assert found.state == "escalated"


def test_a_winner_stands_although_the_rest_is_level():
    found = resolve(votes("a>b=c", "a>b=c", "a>b>c"), THREE, overlap=3)
    assert (found.winner, found.ranking) == ("a", (("a",), ("b", "c")))


# --- weights ----
def test_weight_decides_over_number():
    cast = [
        Vote("j1", tiers("a>b"), weight=3),
        Vote("j2", tiers("b>a"), weight=1),
        Vote("j3", tiers("b>a"), weight=1),
    ]
    found = resolve(cast, TWO, overlap=3)
    assert (found.winner, found.confidence, found.weight) == ("a", 0.6, 3)


def test_half_of_the_weight_is_no_majority_whatever_the_rounding():
    cast = [
        Vote("j1", tiers("a>b"), weight=0.1),
        Vote("j2", tiers("a>b"), weight=0.2),
        Vote("j3", tiers("b>a"), weight=0.3),
    ]
    assert resolve(cast, TWO, overlap=3).state == "escalated"


# --- what must not change a result ----
@st.composite
def cast_votes(draw):
    ids = "abcd"[: draw(st.integers(2, 4))]
    n = draw(st.integers(1, 7))
    cast = []
    for i in range(n):
        ranks = [draw(st.integers(0, len(ids) - 1)) for _ in ids]
        ranking = tuple(
            tuple(r for r, k in zip(ids, ranks, strict=True) if k == rank)
            for rank in sorted(set(ranks))
        )
        margin = draw(st.sampled_from([None, 1, 2, 3])) if len(ranking) > 1 else None
        weight = draw(st.sampled_from([0.25, 1.0, 2.0, 3.5]))
        cast.append(Vote(f"j{i}", ranking, margin, weight, draw(st.booleans())))
    return tuple(ids), cast


@given(cast_votes(), st.randoms())
def test_the_order_of_votes_means_nothing(given_votes, rng):
    ids, cast = given_votes
    mixed = rng.sample(cast, len(cast))
    assert resolve(mixed, ids, overlap=1) == resolve(cast, ids, overlap=1)


@given(cast_votes())
def test_the_names_of_responses_mean_nothing(given_votes):
    ids, cast = given_votes
    name = {r: f"other-{i}" for i, r in enumerate(ids)}

    def renamed(ranking):
        return tuple(tuple(name[r] for r in tier) for tier in ranking)

    new = [
        Vote(v.judgment, renamed(v.ranking), v.margin, v.weight, v.none_acceptable)
        for v in cast
    ]
    before = resolve(cast, ids, overlap=1)
    after = resolve(new, tuple(name.values()), overlap=1)
    assert after.state == before.state
    assert after.winner == (before.winner and name[before.winner])
    assert after.ranking == (before.ranking and renamed(before.ranking))
    assert after.confidence == before.confidence


@given(cast_votes())
def test_only_a_settled_result_has_a_winner(given_votes):
    ids, cast = given_votes
    found = resolve(cast, ids, overlap=1)
    assert (found.winner is not None) == (found.state == "settled")
    assert found.confidence is None or 0 < found.confidence <= 1
    if len(ids) == 2 and found.winner:
        assert found.confidence > 0.5


@given(cast_votes())
def test_equal_weights_are_the_plain_majority(given_votes):
    ids, cast = given_votes
    heavy = [Vote(v.judgment, v.ranking, v.margin, 7.0) for v in cast]
    plain = [Vote(v.judgment, v.ranking, v.margin, 1.0) for v in cast]
    found, wanted = resolve(heavy, ids, overlap=1), resolve(plain, ids, overlap=1)
    assert (found.state, found.winner) == (wanted.state, wanted.winner)
