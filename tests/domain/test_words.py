"""How long an answer is, said in the reader's own script."""

# ruff: noqa: RUF001 - letters of other scripts are the subject here

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudge.domain.words import (
    cluster_pattern,
    count_of,
    count_words,
    marks_in,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("Use `list.reverse()`: it returns None.", 5),
        ("don't send e-mail before 3.14, ok?", 6),
        ("snake_case and __init__", 3),
        ("हिन्दी में लिखना", 3),
        ("می\u200cخواهم کتاب\u200cها را", 3),
        ("בְּרֵאשִׁית בָּרָא", 2),
        ("Привет, мир!", 2),
        ("Tie\u0302\u0301ng Vie\u0323\u0302t", 2),
        ("한국어 텍스트", 2),
        ("我喜欢Python语言。", 6),
        ("カタカナ語", 5),
        ("--- *** 👍 …", 0),
    ],
)
def test_words_are_counted_in_every_script(text, words):
    assert count_words(text) == words


def test_thai_is_estimated_by_its_letters():
    """Ten dictionary words; the estimate may miss by a few."""
    assert 7 <= count_words("ฉันชอบกินข้าวผัดกับไข่ดาวทุกวันตอนเช้า") <= 13


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("abc\r\n", 4),
        ("e\u0301", 1),
        ("हिन्दी", 3),
        ("👨\u200d👩\u200d👧", 1),
        ("🇬🇧🇮🇷", 2),
        ("1\ufe0f\u20e3", 1),
        ("👋🏽!", 2),
        ("\u1112\u1161\u11ab", 1),
        ("中文", 2),
    ],
)
def test_what_is_read_as_one_letter_stays_together(text, length):
    assert len(cluster_pattern(marks_in(text)).findall(text)) == length


@given(st.text(max_size=80))
def test_counts_never_exceed_the_characters(text):
    assert 0 <= count_words(text) <= len(text)


@given(st.lists(st.sampled_from(["alpha", "βήτα", "حرف", "слово"]), max_size=30))
def test_spaced_words_are_counted_one_by_one(words):
    assert count_words("  ".join(words)) == len(words)


def test_a_long_text_is_counted_in_bounded_time():
    started = time.process_time()
    count_words("word " * 80_000)
    count_words("字" * 200_000)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("n", "said", "words"),
    [
        (1, ("judgment",), "1 judgment"),
        (0, ("judgment",), "0 judgments"),
        (2500, ("person",), "2,500 people"),
        (1, ("task stands", "tasks stand"), "1 task stands"),
        (2, ("task stands", "tasks stand"), "2 tasks stand"),
    ],
)
def test_one_is_said_as_one(n, said, words):
    assert count_of(n, *said) == words
