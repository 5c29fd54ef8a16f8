"""Where texts stand inside a value, and what is covered there."""

from __future__ import annotations

from adjudge.domain.privacy import Span, masked_within, texts_within

VALUE = ({"to": ["ann", 1, None], "bob": {"ann": "x ann"}}, "bob")


def test_every_text_is_found_with_its_place_and_the_name_of_its_entry():
    assert list(texts_within(VALUE, "calls")) == [
        ("calls[0]#0", "", "to"),
        ("calls[0].0[0]", "to", "ann"),
        ("calls[0]#1", "", "bob"),
        ("calls[0].1#0", "", "ann"),
        ("calls[0].1.0", "ann", "x ann"),
        ("calls[1]", "", "bob"),
    ]


def test_what_is_covered_is_covered_in_its_place_alone():
    spans = {"calls[0].0[0]": (Span(0, 3, "name"),), "calls[0].1.0": (Span(2, 5, "x"),)}
    assert masked_within(VALUE, "calls", spans) == (
        {"to": ["[name]", 1, None], "bob": {"ann": "x [x]"}},
        "bob",
    )
    assert VALUE[0]["to"] == ["ann", 1, None]


def test_two_names_that_are_covered_alike_stay_two():
    spans = {f"v#{i}": (Span(0, 3, "name"),) for i in range(3)}
    shown = masked_within({"ann": 1, "bob": 2, "cyd": 3}, "v", spans)
    assert shown == {"[name]": 1, "[name]'": 2, "[name]''": 3}
