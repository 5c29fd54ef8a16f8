"""What an editor takes in hides nothing, and keeps what a script spells with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudge.domain.clean_text import cleaned, line_end
from adjudge.domain.conversation import Response
from adjudge.domain.rewriting import (
    Draft,
    Review,
    RewriteTask,
    open_fence,
    sentences_of,
)
from adjudge.domain.safe_text import hidden_count


@pytest.mark.parametrize(
    ("text", "left", "count"),
    [
        ("a\tb\nc", "a\tb\nc", 0),
        ("a\r\nb\rc\u2028d\x0be", "a\nb\nc\nd\ne", 0),
        ("a\x1b[2J\x07\x9bb", "a[2Jb", 3),
        ("gnp\u202eexe\u2066", "gnpexe", 2),
        ("a\u200bb\ufeff", "ab", 2),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e", 0),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧", 0),
        ("a" + "\u0301" * 3, "a" + "\u0301" * 3, 0),
    ],
)
def test_what_is_left_of_a_text(text, left, count):
    assert cleaned(text) == (left, count)


@given(st.text())
def test_what_is_left_hides_nothing_and_stays(text):
    left, _ = cleaned(text)
    assert cleaned(left) == (left, 0)
    assert all(hidden_count(part) == 0 for part in left.split("\t"))
    assert not set(left) & set(map(chr, [*range(9), *range(11, 32), *range(127, 160)]))


@pytest.mark.parametrize(
    ("text", "end"), [("a\r\nb\r\n", "\r\n"), ("a\r\nb\n", "\n"), ("a", "\n")]
)
def test_the_line_end_a_text_keeps_to(text, end):
    assert line_end(text) == end


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("```\na\n```", False),
        ("```python\na", True),
        ("~~~\n```\n~~~", False),
        ("````\n```\n````", False),
        ("text with ``` inside", False),
        ("```a```", False),
    ],
)
def test_an_open_code_block_is_seen(text, is_open):
    assert open_fence(text) is is_open


def test_sentences_are_where_they_stand():
    text = "One. Two!\n\n  Three 3.14 four?"
    found = [text[start:end] for start, end in sentences_of(text)]
    assert found == ["One.", "Two!", "Three 3.14 four?"]


def task(text):
    return RewriteTask.model_validate(
        {
            "id": "t",
            "prompt": ({"role": "user", "content": "?"},),
            "original": Response(id="r", text=text),
        }
    )


def test_the_original_is_taken_with_its_line_ends_and_without_what_hides():
    draft = Draft(task=task("a\r\nb\u202e\r\nc")).from_original()
    assert draft.text == "a\r\nb\r\nc"
    assert dict(draft.checks())["changed"].startswith("Nothing is changed")


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("", "text"),
        ("x" * 100_001, "length"),
        ("a\x1bb", "plain"),
        ("```\n", "code"),
    ],
)
def test_every_check_says_what_is_missing(text, check):
    lacking = [
        name for name, words in Draft(task=task("o"), text=text).checks() if words
    ]
    assert check in lacking
    assert "reason" in lacking


def test_a_review_says_what_is_missing():
    review = Review(rewrite="r")
    assert "Decide first" in review.missing("text")
    fix = review.model_copy(update={"verdict": "fix", "text": "text"})
    assert "Nothing was fixed" in fix.missing("text")
    mended = fix.model_copy(update={"text": "better"})
    assert "Say why" in mended.missing("text")
    assert mended.model_copy(update={"why": "so"}).missing("text") == ""
