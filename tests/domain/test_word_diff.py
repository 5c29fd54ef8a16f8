"""Word by word in any script, and nothing of either text is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudge.domain.word_diff import tokens, word_diff

SIGNS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}


def shown(before, after):
    return "".join(
        f"{SIGNS[sort][0]}{text}{SIGNS[sort][1]}"
        for sort, text in word_diff(before, after)
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("a b c", "a x c", "a [-b -]{+x +}c"),
        ("don't stop", "do stop", "[-don't -]{+do +}stop"),
        ("我喜欢红苹果", "我喜欢绿苹果", "我喜欢[-红-]{+绿+}苹果"),
        ("สวัสดีครับ", "สวัสดีค่ะ", "สวัสดี[-ครับ-]{+ค่ะ+}"),
        ("किताब अच्छी है", "किताब बुरी है", "किताब [-अच्छी -]{+बुरी +}है"),
        ("été", "e\u0301te\u0301", "[-été-]{+e\u0301te\u0301+}"),
        ("a 👨‍👩‍👧 b", "a 👨‍👩‍👦 b", "a [-👨‍👩‍👧 -]{+👨‍👩‍👦 +}b"),
        ("x = 1;", "x = 2;", "x = [-1-]{+2+};"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("a  b", "a b", "a b"),
    ],
)
def test_what_became_of_a_text(before, after, told):
    assert shown(before, after) == told


TEXTS = st.text(alphabet="ab .\n-'一ก\u0e49\u0301👍\u200d", max_size=60)


@given(TEXTS, TEXTS)
def test_nothing_of_either_text_is_lost(before, after):
    pieces = word_diff(before, after)
    assert "".join(t for sort, t in pieces if sort != "removed") == after
    old = "".join(t for sort, t in pieces if sort != "added")
    assert "".join(old.split()) == "".join(before.split())


@given(st.text(max_size=80))
def test_tokens_are_the_text(text):
    assert "".join(tokens(text)) == text


def test_long_texts_are_held_in_place_by_their_sentences():
    before = " ".join(f"Sentence {n} stands here." for n in range(1_000))
    after = before.replace("Sentence 500 stands", "Sentence 500 falls")
    changed = [p for p in word_diff(before, after) if p.sort != "same"]
    assert changed == [("removed", "stands "), ("added", "falls ")]
