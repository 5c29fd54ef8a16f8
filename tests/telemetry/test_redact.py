"""What our recogniser covers, and what it does not: recall by kind on our fixture."""

from __future__ import annotations

import json
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudge.domain.privacy import Span, mask, merged
from adjudge.telemetry.redact import Recogniser, luhn, mod97
from adjudge.telemetry.self_naming import find_names, may_be_named, on_every_side

FIXTURE = Path(__file__).parents[2] / "fixtures" / "redaction.jsonl"
CASES = [json.loads(line) for line in FIXTURE.read_text().splitlines()]
# Measured; the misses are in the fixture on purpose. Raise these, never lower them.
RECALL = {
    "email": (5, 6),
    "phone": (7, 8),
    "card": (3, 3),
    "iban": (3, 3),
    "ssn": (2, 2),
    "ip": (2, 2),
    "secret": (7, 8),
    "credentials": (3, 3),
}


def found_in(text):
    return [(s.kind, text[s.start : s.end]) for s in Recogniser().find(text)]


def test_recall_by_kind_is_what_the_manual_says():
    hit, there = Counter(), Counter()
    for case in CASES:
        found = found_in(case["text"])
        for kind, text in case["spans"]:
            there[kind] += 1
            hit[kind] += (kind, text) in found
    assert {kind: (hit[kind], there[kind]) for kind in there} == RECALL


def test_nothing_else_is_covered():
    wrong = [
        (case["text"], extra)
        for case in CASES
        for extra in found_in(case["text"])
        if list(extra) not in case["spans"]
    ]
    assert wrong == []


def test_covering_leaves_the_rest_as_it_is():
    text = "pay 4111 1111 1111 1111 or mail a@b.io now"
    assert mask(text, Recogniser().find(text)) == "pay [card] or mail [email] now"


def test_spans_that_overlap_become_one():
    spans = [Span(5, 9, "ip"), Span(0, 7, "phone"), Span(20, 22, "card")]
    assert merged(spans) == (Span(0, 9, "phone"), Span(20, 22, "card"))


@given(st.text(max_size=300))
def test_spans_lie_inside_the_text_in_order(text):
    end = 0
    for span in Recogniser().find(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end


@given(st.text(alphabet="@:/. 0123456789abkAB-_+=?&'(", max_size=400))
def test_spans_lie_inside_suspicious_text_too(text):
    spans = Recogniser().find(text)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert mask(text, spans) is not None


@pytest.mark.parametrize("case", [c for c in CASES if found_in(c["text"])])
def test_a_quick_look_passes_over_nothing_that_is_found(case):
    """Nor where other lines stand around it: many texts are looked at at once."""
    lines = ("a title", case["text"], "1 is one")
    assert Recogniser().may_hold(case["text"])
    assert Recogniser().may_hold("\n".join(lines))


@given(st.lists(st.text(alphabet="@:/. 0123456789ABabk-_+=(", max_size=60)))
def test_a_quick_look_agrees_with_a_long_one(texts):
    found = any(Recogniser().find(text) for text in texts)
    assert Recogniser().may_hold("\n".join(texts)) or not found


def test_a_quick_look_lets_plain_texts_pass():
    assert not Recogniser().may_hold("In 1999 they sold 12 of them at 10:45.\nNo: 2024")


@pytest.mark.parametrize(
    "piece",
    ["@", "1 ", ":", "a:", "://", "password: ", "+1", "AB12", "1.1.", "(1", "1 -./a"],
)
def test_no_text_costs_more_than_linear_time(piece):
    took = []
    for n in (20_000, 80_000):
        text = piece * (n // len(piece))
        started = time.process_time()
        Recogniser().find(text)
        took.append(time.process_time() - started)
    assert took[1] < 16 * took[0] + 0.5


def test_checksums():
    assert luhn("4111111111111111")
    assert not luhn("4111111111111112")
    assert not luhn("0" * 16)
    assert mod97("DE89370400440532013000")
    assert not mod97("DE89370400440532013001")


# --- models that name themselves --------------------------------------------------
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("As GPT-4, I cannot browse.", ["GPT-4"]),
        ("I am Claude, made by Anthropic.", ["Claude", "Anthropic"]),
        ("I'm an AI language model trained by OpenAI.", ["OpenAI"]),
        ("My name is Bard and I help.", ["Bard"]),
        ("As a large language model, I have no opinion.", []),
        ("Use GPT-4 for this, or Claude.", []),
        ("As Shakespeare wrote, all is well.", []),
    ],
)
def test_a_model_that_says_who_it_is_is_found(text, names):
    found = find_names(text)
    assert [text[s.start : s.end].rstrip(",") for s in found] == names


def test_the_models_in_hand_are_known_by_name():
    text = "I am cedar-mini and happy to help."
    assert [text[s.start : s.end] for s in find_names(text, ["cedar-mini"])] == [
        "cedar-mini"
    ]


def test_both_sides_are_covered_alike():
    """Else what is left on one side would tell who the other is."""
    sides = ("As GPT-4, I would say no.", "Unlike GPT-4, yes.", "Perhaps.")
    covered = [
        mask(a, spans) for a, spans in zip(sides, on_every_side(sides), strict=True)
    ]
    assert covered == [
        "As [model], I would say no.",
        "Unlike [model], yes.",
        "Perhaps.",
    ]


@pytest.mark.parametrize(
    ("text", "models"),
    [
        ("I am Claude, made by Anthropic.", ()),
        ("I was made by people at Databricks.", ()),
        ("I am Cedar-Mini and happy to help.", ("cedar-mini",)),
    ],
)
def test_a_quick_look_passes_over_no_name(text, models):
    assert find_names(text, models)
    assert may_be_named(f"Yes.\n{text}\nNo.", models)
    assert not may_be_named("Yes.\nNo.", models)


def test_nothing_is_covered_where_nobody_names_itself():
    sides = ("GPT-4 is a model.", "So is Claude.")
    assert on_every_side(sides) == ((), ())
