"""Ids, splits, records, queues and guidelines: small values and their rules."""

from __future__ import annotations

import json
import uuid
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from adjudge.domain.conversation import Comparison, Response, places_of, tiers_of
from adjudge.domain.dataset import key_of, row_id, split_of
from adjudge.domain.guideline import Criterion, Guideline, split_ref
from adjudge.domain.ids import uuid7
from adjudge.domain.queue import Adaptive, Queue
from adjudge.domain.record import Time, canonical, derived_id, digest
from adjudge.errors import BadFileError, Fault, InvalidInputError

REASON = {"tag": "x", "key": "x", "title": "X"}


# --- times ----
@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00.120000Z", "2026-01-31T12:00:00.120000Z"),
        ("2026-01-31T12:00:00.12Z", "2026-01-31T12:00:00.120000Z"),
        ("2026-01-31T12:00:00.000000Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00.120000+02:00", "2026-01-31T10:00:00.120000Z"),
        ("2026-01-31T12:00", "2026-01-31T12:00:00Z"),
    ],
)
def test_a_time_is_kept_in_one_form(said, kept):
    assert TypeAdapter(Time).validate_python(said) == kept


def test_no_time_that_looks_like_one_is_taken():
    with pytest.raises(ValidationError, match="expected a time"):
        TypeAdapter(Time).validate_python("2026-01-31T12:60:00.120000Z")


# --- ids ----
def test_a_uuid7_is_what_the_rfc_says():
    """The example of RFC 9562, appendix A.6."""
    made = uuid7(0x017F22E279B0, bytes.fromhex("0cc318c4dc0c0c07398f"))
    assert made == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_uuid7s_are_sorted_by_time_and_all_different():
    assert uuid7(1_000) < uuid7(1_001) < uuid7(2_000_000_000_000)
    many = {uuid7() for _ in range(2000)}
    assert len(many) == 2000
    assert {uuid.UUID(i).version for i in many} == {7}


def test_derived_ids_agree_whatever_the_order_of_keys():
    assert derived_id({"a": 1, "b": 2}) == derived_id({"b": 2, "a": 1})
    assert uuid.UUID(derived_id({"a": 1})).version == 5
    assert canonical({"b": "é", "a": 1}) == '{"a":1,"b":"é"}'.encode()
    assert len(digest([])) == 64


# --- comparisons ----
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"topic": "t", "labels": ["gore"], "priority": 3, "meta": {"k": [1]}},
        {"gold": {"ranking": [["a"], ["b"]]}},
        {"prompt": [{"role": "user", "content": "u", "name": "n"}]},
        {
            "responses": [
                {"id": "a", "messages": [{"role": "assistant", "content": "x"}]},
                {"id": "b", "text": "y", "model": "m", "seed": 7},
            ]
        },
    ],
)
def test_what_was_written_is_read_as_it_was(make_comparison, more):
    said = json.loads(make_comparison().content) | more
    known = Comparison.model_validate_json(json.dumps(said))
    read = Comparison.of_content(known.content.decode())
    assert read == known
    assert read.model_dump_json() == known.model_dump_json()
    assert read.model_fields_set == said.keys()
    assert read.content_digest == known.content_digest
    assert read.judged_digest == known.judged_digest


def test_a_plain_prompt_is_one_user_message(make_comparison):
    (message,) = make_comparison().prompt
    assert (message.role, message.content) == ("user", "question c1")


def test_an_answer_over_several_turns_is_judged_by_its_last():
    turns = [
        {"role": "assistant", "content": "which one?"},
        {"role": "user", "content": "the red one"},
        {"role": "assistant", "content": "here"},
    ]
    found = Response.model_validate_json(json.dumps({"id": "a", "messages": turns}))
    assert found.judged == "here"
    assert len(found.turns) == 3
    plain = Response(id="a", text="here")
    assert plain.judged == "here"


def test_a_last_turn_that_only_calls_tools_has_an_empty_text():
    call = {
        "id": "a",
        "messages": [{"role": "assistant", "tool_calls": [{"name": "f"}]}],
    }
    assert Response.model_validate_json(json.dumps(call)).judged == ""


@given(st.permutations("abcd"), st.lists(st.booleans(), min_size=3, max_size=3))
def test_places_say_the_same_as_tiers(order, breaks):
    tiers, ids = [[order[0]]], tuple("abcd")
    for r, new in zip(order[1:], breaks, strict=True):
        tiers.append([r]) if new else tiers[-1].append(r)
    places = places_of(tuple(map(tuple, tiers)), ids)
    assert [set(t) for t in tiers_of(places, ids)] == [set(t) for t in tiers]
    assert tiers_of("", ids) == ()


def test_the_judged_digest_is_of_the_texts_and_nothing_else(make_comparison):
    plain = make_comparison()
    filed = make_comparison(topic="python", priority=3, language="en")
    other = make_comparison(prompt="another question")
    assert plain.judged_digest == filed.judged_digest
    assert plain.content_digest != filed.content_digest
    assert plain.judged_digest != other.judged_digest
    assert plain.prompt_digest != other.prompt_digest


# --- splits ----
SHARES = (("train", 0.8), ("validation", 0.1), ("test", 0.1))


def test_a_split_follows_the_shares():
    drawn = Counter(split_of(f"k{i}", salt="", shares=SHARES) for i in range(10_000))
    assert abs(drawn["train"] - 8000) < 160
    assert abs(drawn["test"] - 1000) < 120


def test_a_key_keeps_its_split_and_another_salt_draws_anew():
    first = [split_of(f"k{i}", salt="", shares=SHARES) for i in range(500)]
    again = [split_of(f"k{i}", salt="", shares=SHARES) for i in range(500)]
    other = [split_of(f"k{i}", salt="x", shares=SHARES) for i in range(500)]
    assert first == again != other


def test_shares_that_do_not_quite_sum_leave_nobody_out():
    shares = (("train", 0.0), ("test", 0.0))
    assert split_of("k", salt="", shares=shares) == "test"


def test_a_row_keeps_its_key_and_changes_its_id_with_its_judgments():
    key = key_of("preference", "q", "c1", "a", "b")
    first = row_id("preference", key, {"chosen": "x"}, ["j1"])
    assert key == key_of("preference", "q", "c1", "a", "b")
    assert key != key_of("preference", "q", "c1", "b", "a")
    assert first != row_id("preference", key, {"chosen": "x"}, ["j1", "j2"])
    assert first != row_id("preference", key, {"chosen": "y"}, ["j1"])
    assert len(first) == len(key) == 32


# --- queues ----
def test_an_adaptive_queue_opens_with_its_minimum():
    adaptive = Adaptive(least=2, most=5, sure=0.9)
    assert Queue(name="q", overlap=3).wanted == 3
    assert Queue(name="q", overlap=3, adaptive=adaptive).wanted == 2
    with pytest.raises(ValidationError, match="MIN not above MAX"):
        Adaptive(least=5, most=2, sure=0.9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"overlap": 0},
        {"overlap": 100},
        {"gold_rate": 1.5},
        {"kind": "guess"},
        {"lease_minutes": 0},
        {"name": " "},
        {"overlap": "3"},
        {"surprise": 1},
    ],
)
def test_a_queue_refuses_what_makes_no_sense(wrong):
    with pytest.raises(ValidationError):
        Queue(**{"name": "q", **wrong})


# --- guidelines ----
def guideline(**others):
    head = {"name": "g", "version": 1, "kind": "compare", "title": "G"}
    return Guideline.model_validate({**head, "source": "x", **others})


def test_a_guideline_is_named_by_its_version_and_its_bytes():
    assert guideline(version=3).ref == "g@3"
    assert guideline(source="x").sha256 == guideline(title="other").sha256
    assert guideline(source="x ").sha256 != guideline(source="x").sha256
    assert guideline(reasons=(REASON,)).tags == {"x"}


@pytest.mark.parametrize(
    ("twice", "problem"),
    [
        ({"reasons": (REASON, {**REASON, "key": "y"})}, "reason tag 'x' stands twice"),
        ({"reasons": (REASON, {**REASON, "tag": "y"})}, "key of a reason tag 'x'"),
        ({"criteria": ({"name": "c", "title": "C"},) * 2}, "criterion 'c'"),
        (
            {"clauses": ({"number": "1", "title": "t", "text": ""},) * 2},
            "clause number '1'",
        ),
    ],
)
def test_nothing_in_a_guideline_stands_twice(twice, problem):
    with pytest.raises(ValidationError, match=problem):
        guideline(**twice)


def test_a_scale_rises():
    with pytest.raises(ValidationError, match="`low` below `high`"):
        Criterion(name="c", title="C", low=5, high=5)


def test_a_reference_names_a_version_or_the_newest():
    assert split_ref("helpfulness@3") == ("helpfulness", 3)
    assert split_ref("helpfulness") == ("helpfulness", None)
    with pytest.raises(InvalidInputError, match="is not NAME or NAME@VERSION"):
        split_ref("helpfulness@new")


# --- errors ----
def test_a_fault_says_file_line_key_and_problem():
    fault = Fault("f.jsonl:7", "ranking", "is missing")
    assert str(fault) == "f.jsonl:7: ranking: is missing"
    assert str(Fault("f.jsonl:7", "", "is not JSON")) == "f.jsonl:7: is not JSON"
    assert BadFileError(str(fault), faults=(fault,), hint="mend it").exit_code == 2


def test_records_do_not_change(make_comparison):
    with pytest.raises(ValidationError, match="frozen"):
        make_comparison().topic = "other"


def test_a_comparison_has_one_to_nine_responses(comparison_of):
    with pytest.raises(ValidationError):
        Comparison.model_validate_json(json.dumps(comparison_of(responses="")))
    with pytest.raises(ValidationError):
        Comparison.model_validate_json(
            json.dumps(comparison_of(responses="abcdefghij"))
        )
