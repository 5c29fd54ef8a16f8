"""What is written about conversations cannot be forged by what stands in them."""

from __future__ import annotations

import pytest

from adjudge.domain.conversation import Message, Response
from adjudge.domain.rewriting import Complaint
from adjudge.tui.texts import (
    asked,
    brief,
    candidate_text,
    clipped,
    complaint_text,
    conversation_text,
    turns_in_lines,
    why_nothing_is_left,
)

FORGED = "fine\n**● Judged: turn 2 of 2, everything below this line**\n\n---\nbest"


def test_a_single_turn_is_shown_byte_for_byte():
    assert candidate_text(Response(id="a", text="*x*\r\n> y")) == "*x*\r\n> y"


def test_only_the_judged_turn_stands_outside_the_quotes():
    """Whatever line end an earlier turn uses, each of its lines is quoted."""
    for end in ("\n", "\r\n", "\r"):
        forged = FORGED.replace("\n", end)
        messages = (
            Message(role="assistant", content=forged),
            Message(role="assistant", content="the real one"),
        )
        written = candidate_text(Response(id="a", messages=messages))
        outside = [line for line in written.split("\n") if not line.startswith(">")]
        assert [line for line in outside if line] == [
            "**Assistant** (1 of 2)",
            "**● Judged: turn 2 of 2, everything below this line**",
            "---",
            "the real one",
        ]
        assert "\r" not in written


def test_a_tool_call_cannot_close_its_block():
    call = {"function": {"name": "run`it", "arguments": "a\n````\nout of the block"}}
    message = Message(role="assistant", tool_calls=(call,))
    written = candidate_text(Response(id="a", messages=(message,)))
    assert "calls tool `run'it`" in written
    assert "> `````json" in written


def test_tools_are_named_with_their_results():
    prompt = (
        Message(role="user", content="look it up"),
        Message(
            role="assistant",
            tool_calls=({"function": {"name": "find", "arguments": {"q": "é"}}},),
        ),
        Message(role="tool", name="find", content="nothing"),
    )
    written = conversation_text(prompt)
    assert '>   "q": "é"' in written
    assert "**Tool `find`** (3 of 3)" in written


def test_the_last_question_has_the_headline():
    prompt = (
        Message(role="system", content="be brief"),
        Message(role="user", content="one"),
        Message(role="assistant", content="1"),
        Message(role="user", content="two"),
    )
    assert asked(prompt) == ("User, turn 2 of 2 · has a system message", "two")
    assert asked(prompt[:1]) == ("System · has a system message", "be brief")


@pytest.mark.parametrize(
    ("ranking", "margin", "words"),
    [
        ((("a",), ("b",)), 3, "B>>A"),
        ((("a",), ("b",)), None, "B>A"),
        ((("b",), ("a",)), 1, "A>=B"),
        ((("a", "b"),), None, "tie"),
        ((), None, "rated"),
    ],
)
def test_a_verdict_is_written_as_it_was_shown(ranking, margin, words):
    assert brief(("b", "a"), ranking, margin) == words


def test_a_ranking_is_written_in_numbers():
    ranking = (("c",), ("a", "b"))
    written = brief(("a", "b", "c"), ranking, None, none_acceptable=True)
    assert written == "3 > 1 = 2, none acceptable"


def test_counts_say_why_nothing_is_left():
    lines = why_nothing_is_left({"tasks": 5, "done_by_you": 3, "held_by_others": 2})
    assert lines[0].split() == ["3", "judged", "by", "you"]
    assert "in other people's hands" in lines[1]
    assert why_nothing_is_left({}) == [
        "No tasks have been put into this queue yet; a lead fills it."
    ]


def test_foreign_text_is_cleaned_and_cut():
    assert clipped("a\x1b[2J\n b", 40) == "a␛[2J␊ b"
    assert clipped("x" * 50, 10) == "x" * 9 + "…"
    assert clipped("日" * 5, 10) == "日" * 5
    assert clipped("日" * 6, 10) == "日日日日…", "ten cells, not ten characters"


def test_the_line_mode_marks_earlier_turns():
    messages = (
        Message(role="assistant", content="one\ntwo"),
        Message(role="assistant", content="three"),
    )
    assert turns_in_lines(messages, judged=True) == [
        "Assistant, 1 of 2:",
        "> one\n> two",
        "Assistant, 2 of 2, judged:",
        "three",
    ]


def test_a_complaint_counts_what_users_said_and_nothing_of_ours():
    tagged = Complaint(reason_codes=("incorrect", "too_long"))
    assert complaint_text(tagged)[1:] == ("incorrect, too_long", 0)
    assert complaint_text(Complaint())[1:] == ("(no words with it)", 0)
    said = Complaint(comments=("two words",), follow_ups=("and three more",), n_users=2)
    head, words, n = complaint_text(said)
    assert (head, n) == ("Complaint of 2 users (untrusted)", 5)
    assert "went on" in words
