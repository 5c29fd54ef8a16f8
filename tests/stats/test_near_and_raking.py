"""Near-identical texts, and weights that give margins back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudge.errors import NotEnoughDataError
from adjudge.stats import near, raking


def jaccard(a, b):
    grams = [{t[i : i + 5] for i in range(max(1, len(t) - 4))} for t in (a, b)]
    return len(grams[0] & grams[1]) / len(grams[0] | grams[1])


def test_signatures_estimate_the_jaccard_similarity():
    """The reference counts the n-grams themselves."""
    words = [f"word{i:03d}" for i in range(200)]
    for shared in (20, 60, 100, 160, 190):
        a = " ".join(words)
        b = " ".join([*words[:shared], *(w.upper() + "x" for w in words[shared:])])
        b = b.casefold()
        estimate = np.mean(near.signature(a) == near.signature(b))
        assert estimate == pytest.approx(jaccard(a, b), abs=4 * 0.0625)


def test_case_space_and_a_word_make_no_difference():
    text = "How do I reverse a list in Python without writing a loop? " * 3
    other = text.upper().replace(" ", "  ")
    assert near.groups([text, other, text + "Thanks", "something else"]) == [0, 0, 0, 3]


@pytest.mark.parametrize("text", ["", "a", "日本語のとても短い文", "x" * 50_000])
def test_any_text_has_a_signature(text):
    assert near.signature(text).shape == (near.N_HASHES,)
    assert near.groups([text, text, text + "!?" * 40])[:2] == [0, 0]


@given(st.lists(st.text(max_size=40), max_size=20))
def test_a_representative_represents_itself(texts):
    found = near.groups(texts)
    assert all(found[first] == first and first <= i for i, first in enumerate(found))


def test_raking_gives_the_margins_back():
    """Worked by hand: one margin is post-stratification."""
    codes = np.array([[0], [0], [0], [1]])
    weights, _, converged = raking.rake(codes, [np.array([0.5, 0.5])])
    assert converged
    assert weights == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])


@given(st.integers(0, 2**31))
def test_raking_two_margins(seed):
    rng = np.random.default_rng(seed)
    codes = np.concatenate(
        [rng.integers(0, 3, (200, 2)), np.indices((3, 3)).reshape(2, 9).T]
    )
    targets = [rng.dirichlet(np.ones(3) * 5) for _ in range(2)]
    weights, _, converged = raking.rake(codes, targets, rounds=500)
    assert converged
    assert weights.mean() == pytest.approx(1)
    for margin in range(2):
        have = np.bincount(codes[:, margin], weights) / weights.sum()
        assert have == pytest.approx(targets[margin], abs=1e-5)


def test_nothing_cannot_be_raked():
    with pytest.raises(NotEnoughDataError):
        raking.rake(np.empty((0, 1), dtype=int), [np.array([1.0])])
