"""The reward model sorts for review, and says when it has learnt nothing."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from adjudge.learning.reward import Pair, audit


@pytest.fixture
def make_pairs():
    """Pairs in which a polite word decides, with a share of answers turned round."""

    def make(n, *, decides="please", flipped=0.1, by_length=False, seed=1):
        chance = random.Random(seed)
        words = [f"word{i}" for i in range(60)]
        pairs, turned = [], set()
        for i in range(n):
            texts = [" ".join(chance.sample(words, 12)) for _ in range(2)]
            first_won = chance.random() < 0.5
            if by_length:
                texts[0 if first_won else 1] += " more" * 9
            elif decides:
                texts[0 if first_won else 1] += f" {decides}"
                texts[1 if first_won else 0] += " zebras"[: len(decides) + 1]
            if chance.random() < flipped:
                first_won = not first_won
                turned.add(f"c{i:04d}")
            pairs.append(Pair(f"c{i:04d}", f"p{i // 2}", *texts, first_won))
        return pairs, turned

    return make


def test_what_words_decide_is_learnt_and_turned_answers_come_up(make_pairs):
    pairs, turned = make_pairs(400)
    found = audit(pairs, seed=1)
    assert found["refused"] is None
    assert found["model"]["value"] > 0.8
    assert 0 < len(found["suspicious"]) <= 20
    listed = [s["comparison"] for s in found["suspicious"]]
    assert sum(c in turned for c in listed) > len(listed) * 0.7


def test_what_length_decides_is_no_finding(make_pairs):
    pairs, _ = make_pairs(400, by_length=True)
    found = audit(pairs, seed=1)
    assert found["length_only"]["value"] > 0.8
    assert "length alone" in found["refused"]
    assert found["suspicious"] == []


def test_noise_teaches_nothing(make_pairs):
    pairs, _ = make_pairs(300, decides="", flipped=0.5)
    found = audit(pairs, seed=1)
    assert found["refused"]
    assert found["suspicious"] == []


def test_few_pairs_are_refused(make_pairs):
    pairs, _ = make_pairs(199)
    assert "too few" in audit(pairs, seed=1)["refused"]


def test_the_order_of_pairs_changes_nothing(make_pairs):
    pairs, _ = make_pairs(240)
    assert audit(pairs, seed=1) == audit(pairs[::-1], seed=1)


def test_the_library_is_loaded_by_the_learning_process_only():
    code = (
        "import sys; import adjudge.services.measuring.auditing; "
        "import adjudge.learning.reward; "
        "assert 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
