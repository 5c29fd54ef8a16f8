"""A draft becomes a judgment when it is signed; every rule lives on the value."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adjudge.domain.judging import WHOLE, Draft, Judgment, side_order
from adjudge.domain.record import canonical
from adjudge.errors import InvalidInputError


@pytest.fixture
def draft(make_comparison):
    """A draft of two responses, shown ``b`` left and ``a`` right."""
    return Draft(comparison=make_comparison(), shown=("b", "a"))


def sign(draft, **others):
    values = {"id": "j1", "by": "ann", "at": "2026-01-05T09:00:00Z", "seconds": 3.0}
    return draft.sign(**{**values, "guideline": None, **others})


# --- grades ----
@pytest.mark.parametrize(
    ("digit", "ranking", "margin"),
    [
        (1, (("b",), ("a",)), 3),
        (2, (("b",), ("a",)), 2),
        (3, (("b",), ("a",)), 1),
        (4, (("a", "b"),), None),
        (5, (("a",), ("b",)), 1),
        (6, (("a",), ("b",)), 2),
        (7, (("a",), ("b",)), 3),
    ],
)
def test_a_digit_is_a_side_as_shown_and_a_margin(draft, digit, ranking, margin):
    graded = draft.grade(digit)
    assert (graded.ranking, graded.margin) == (ranking, margin)
    assert graded.digit == digit


def test_a_draft_without_a_grade_has_no_digit(draft):
    assert draft.digit is None


def test_a_preference_without_margin_reads_back_as_clearly(draft):
    assert draft.ranked((("b",), ("a",))).digit == 2


def test_more_than_two_responses_have_no_digit(make_comparison):
    three = make_comparison(responses="abc")
    draft = Draft(
        comparison=three, shown=three.response_ids, ranking=(("a", "b", "c"),)
    )
    assert draft.digit is None


def test_a_nudge_moves_one_step_and_stops_at_the_ends(draft):
    assert draft.nudge(-1).digit == 3
    assert draft.grade(1).nudge(-1).digit == 1
    assert draft.grade(7).nudge(+1).digit == 7
    assert draft.grade(4).nudge(+1).digit == 5


def test_an_edit_leaves_the_draft_before_it_as_it_was(draft):
    draft.grade(1)
    assert draft.is_empty


# --- the rest of what can be said ----
def test_none_acceptable_stands_beside_the_ranking(draft):
    both = draft.grade(1).flip_none_acceptable()
    assert both.none_acceptable
    assert both.digit == 1
    assert not both.flip_none_acceptable().none_acceptable


def test_a_reason_is_set_and_taken_back(draft):
    once = draft.flip_reason("incorrect", "a").flip_reason("too_long", "a")
    assert once.reasons == {"a": ("incorrect", "too_long")}
    assert once.flip_reason("incorrect", "a").reasons == {"a": ("too_long",)}
    assert draft.flip_reason("x").flip_reason("x").reasons == {}


def test_a_reason_may_be_about_the_whole(draft):
    assert draft.flip_reason("unclear_prompt").reasons == {WHOLE: ("unclear_prompt",)}


def test_a_score_replaces_the_score_before_it(draft):
    rated = draft.rate("a", "correctness", 2).rate("a", "correctness", 5)
    assert rated.rate("a", "clarity", 1).ratings == {
        "a": {"correctness": 5, "clarity": 1}
    }


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d.grade(1),
        lambda d: d.flip_none_acceptable(),
        lambda d: d.flip_reason("x"),
        lambda d: d.rate("a", "x", 1),
        lambda d: d.with_note("x"),
    ],
)
def test_a_draft_that_says_anything_is_not_empty(draft, edit):
    assert draft.is_empty
    assert not edit(draft).is_empty


# --- what is missing ----
def test_a_draft_without_a_grade_is_not_signed(draft):
    with pytest.raises(InvalidInputError, match="Choose a grade first"):
        sign(draft)


def test_more_responses_want_a_whole_ranking(make_comparison):
    three = make_comparison(responses="abc")
    draft = Draft(comparison=three, shown=three.response_ids)
    assert "Rank the responses first" in draft.missing()
    assert "Not placed yet: 3" in draft.ranked((("a",), ("b",))).missing()
    assert draft.ranked((("a",), ("b", "c"))).missing() == ""


def test_a_queue_without_ties_wants_a_side(draft):
    assert "takes no ties" in draft.grade(4).missing(ties=False)
    assert draft.grade(3).missing(ties=False) == ""


def test_a_rating_wants_a_score_and_no_ranking(make_comparison):
    one = make_comparison(responses="a")
    draft = Draft(comparison=one, shown=one.response_ids)
    assert "Rate at least one criterion" in draft.missing()
    rated = draft.rate("a", "correctness", 4)
    assert rated.missing() == ""
    assert sign(rated).ratings == {"a": {"correctness": 4}}


def test_reasons_can_be_required(draft):
    assert "at least one reason" in draft.grade(1).missing(reasons_required=True)
    said = draft.grade(1).flip_reason("incorrect", "a")
    assert said.missing(reasons_required=True) == ""


# --- signing and recalling ----
def test_a_signed_draft_keeps_everything_that_was_said(draft):
    signed = sign(
        draft.grade(2).flip_reason("incorrect", "a").with_note("wrong year"),
        guideline="helpfulness@1",
        occasion=1,
    )
    assert signed == Judgment(
        comparison="c1",
        annotator="ann",
        ranking=(("b",), ("a",)),
        margin=2,
        reasons={"a": ("incorrect",)},
        note="wrong year",
        shown=("b", "a"),
        seconds=3.0,
        at="2026-01-05T09:00:00Z",
        guideline="helpfulness@1",
        occasion=1,
        id="j1",
    )
    assert signed.winner == "b"


def test_an_empty_note_is_no_note(draft):
    assert sign(draft.grade(1)).note is None


def test_a_judgment_taken_up_again_says_the_same(draft):
    said = draft.grade(6).flip_reason("x", "a").rate("a", "c", 3).with_note("n")
    assert draft.recall(sign(said)) == said


# --- judgments from files ----
def test_a_judgment_must_say_something():
    with pytest.raises(ValidationError, match="expected `ranking`"):
        Judgment(comparison="c", annotator="ann")


def test_a_tie_has_no_margin():
    with pytest.raises(ValidationError, match="a tie has no `margin`"):
        Judgment(comparison="c", annotator="a", ranking=(("a", "b"),), margin=1)


def test_a_tie_has_no_winner():
    tied = Judgment(comparison="c", annotator="a", ranking=(("a", "b"),))
    assert tied.winner is None
    assert (
        Judgment(comparison="c", annotator="a", ratings={"a": {"x": 1}}).winner is None
    )


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"ranking": (("a",), ("z",))},
            "ranking: unknown response 'z'; expected 'a', 'b'",
        ),
        ({"ranking": (("a",), ("a",))}, "ranking: response 'a' stands twice"),
        ({"ranking": (("a",),)}, "ranking: response 'b' is missing"),
        ({"ranking": (("a",), (), ("b",))}, "ranking: a tier of the ranking is empty"),
        ({"shown": ("a",)}, "shown: expected every response exactly once"),
        ({"shown": ("a", "a")}, "shown: expected every response exactly once"),
        ({"reasons": {"z": ("x",)}}, "reasons: unknown response 'z'"),
        ({"ratings": {"z": {"x": 1.0}}}, "ratings: unknown response 'z'"),
        ({"ratings": {"*": {"x": 1.0}}}, "ratings: unknown response '*'"),
    ],
)
def test_a_judgment_fits_its_comparison(given, problem):
    values = {"comparison": "c1", "annotator": "ann", "ranking": (("a",), ("b",))}
    with pytest.raises(ValueError, match=problem.replace("*", r"\*")):
        Judgment(**{**values, **given}).check_responses(("a", "b"))


def test_reasons_may_be_about_the_whole_comparison():
    Judgment(
        comparison="c1",
        annotator="ann",
        ranking=(("a",), ("b",)),
        reasons={WHOLE: ("unclear_prompt",)},
        shown=("b", "a"),
    ).check_responses(("a", "b"))


def test_an_id_of_ones_own_stays_and_a_made_one_depends_on_the_content():
    bare = Judgment(comparison="c", annotator="ann", ranking=(("a",), ("b",)))
    again = Judgment(comparison="c", annotator="ann", ranking=(("a",), ("b",)))
    other = bare.model_copy(update={"annotator": "bob"})
    assert bare.with_id().id == again.with_id().id
    assert bare.with_id().id != other.with_id().id
    assert bare.model_copy(update={"id": "mine"}).with_id().id == "mine"


# --- side order ----
def order(comparison, *, who="ann", occasion=0, ids=("a", "b"), key=b"k"):
    return side_order(ids, key=key, who=who, comparison=comparison, occasion=occasion)


def test_the_same_person_sees_the_same_order_again():
    assert order("c1") == order("c1")


def test_a_repeat_shows_the_reverse():
    for n in range(50):
        first, repeat = order(f"c{n}"), order(f"c{n}", occasion=1)
        assert repeat == tuple(reversed(first))


def test_each_order_is_as_frequent_as_any_other():
    """Four standard deviations: 4,000 draws of two orders, 4,800 of six."""
    two = Counter(order(f"c{n}") for n in range(4000))
    assert abs(two["a", "b"] - 2000) < 4 * (4000 * 0.25) ** 0.5
    six = Counter(order(f"c{n}", ids=("a", "b", "c")) for n in range(4800))
    assert len(six) == 6
    expected, spread = 800, (4800 * (1 / 6) * (5 / 6)) ** 0.5
    assert all(abs(n - expected) < 4 * spread for n in six.values())


def test_people_and_stores_draw_independently():
    """Else everybody would see the same side first, and its bias would not cancel."""
    names = [order(f"c{n}") == order(f"c{n}", who="bob") for n in range(1000)]
    keys = [order(f"c{n}") == order(f"c{n}", key=b"other") for n in range(1000)]
    assert 400 < sum(names) < 600
    assert 400 < sum(keys) < 600


@given(
    st.lists(st.text(max_size=5), unique=True, min_size=1, max_size=9),
    st.integers(0, 5),
)
def test_an_order_holds_every_response_once(ids, occasion):
    found = order("c", ids=tuple(ids), occasion=occasion)
    assert sorted(found) == sorted(ids)


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"id": "j1", "note": "é", "none_acceptable": True, "occasion": 2},
        {"margin": 2, "shown": ["b", "a"], "seconds": 3, "at": "2026-01-31T12:00:00Z"},
        {"reasons": {"*": ["x"], "a": []}, "ratings": {"a": {"c": 2, "d": 2.5}}},
        {"meta": {"x": None, "y": [1, {"z": 2.5}]}, "unknown": 1, "source": "model"},
    ],
)
def test_what_a_judgment_says_is_what_it_does_not_leave_unsaid(others):
    """Its hash is kept: however it is put together, the same must come out."""
    record = {
        "comparison": "c",
        "annotator": "ann",
        "ranking": [["a"], ["b"]],
        **others,
    }
    made = Judgment.model_validate_json(json.dumps(record))
    said = made.model_dump(mode="json", exclude_defaults=True, exclude={"id"})
    assert json.loads(canonical(made.content())) == said
