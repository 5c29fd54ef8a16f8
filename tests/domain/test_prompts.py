"""Which texts are paired, and that neither order nor seed changes what a pair is."""

from hypothesis import given
from hypothesis import strategies as st

from adjudge.domain.conversation import Comparison, Response
from adjudge.domain.prompts import Pool, text_digest

PROMPT = "p"


def response(text, model=None, version=None):
    return Response(id="r", text=text, model=model, model_version=version)


def keys(pairs):
    return {tuple(sorted(_text(c) for c in (p.first, p.second))) for p in pairs}


def _text(candidate):
    return candidate.response.text


def test_all_pairs_hold_an_answer_of_the_file():
    pool = Pool.of([response("x"), response("y")], [response("z", "m")])
    found = pool.pairs("all", prompt=PROMPT, seed=0)
    assert keys(found) == {("x", "z"), ("y", "z")}


def test_identical_texts_are_kept_once_and_counted():
    pool = Pool.of(
        [response("x", "old")],
        [
            response("x", "old"),
            response("x", "m1"),
            response("y", "m1"),
            response("y", "m2"),
            response("y", "m2"),
        ],
    )
    assert (pool.known, pool.identical, pool.twice) == (1, 2, 1)
    assert [c.response.model for c in pool.candidates if _text(c) == "y"] == ["m1"]
    assert keys(pool.pairs("all", prompt=PROMPT, seed=0)) == {("x", "y")}


def test_a_prompt_with_one_text_has_no_pair():
    pool = Pool.of([], [response("x", "m")])
    assert pool.pairs("all", prompt=PROMPT, seed=0) == []
    assert pool.pairs("random", prompt=PROMPT, seed=0) == []


TEXTS = st.lists(st.text("abcdef", min_size=1, max_size=3), max_size=8, unique=True)


@given(TEXTS, TEXTS, st.integers(0, 9))
def test_random_pairs_take_every_answer_and_are_the_same_again(stored, new, seed):
    """As many pairs as half the texts; each answer of the file is in one at least."""
    pool = Pool.of(map(response, stored), [response(t, "m") for t in new])
    found = pool.pairs("random", prompt=PROMPT, seed=seed)
    paired = {_text(c) for p in found for c in (p.first, p.second)}
    if len(pool.candidates) > 1:
        assert set(new) <= paired
    assert len(found) <= (len(pool.candidates) + 1) // 2
    turned = Pool.of(
        map(response, reversed(stored)), [response(t, "m") for t in reversed(new)]
    )
    assert keys(turned.pairs("random", prompt=PROMPT, seed=seed)) == keys(found)
    # Once they are stored, the same file draws the same pairs.
    again = Pool.of(map(response, {*stored, *new}), [response(t, "m") for t in new])
    assert keys(again.pairs("random", prompt=PROMPT, seed=seed)) == keys(found)


def test_another_seed_draws_other_pairs():
    pool = Pool.of([], [response(str(i), "m") for i in range(20)])
    draws = {
        frozenset(keys(pool.pairs("random", prompt=PROMPT, seed=s))) for s in (1, 2)
    }
    assert len(draws) == 2


def test_a_pair_is_the_same_comparison_whoever_made_it():
    like = Comparison(
        id="c1",
        prompt="why?",
        responses=(response("x"),),
        topic="python",
        labels=("medical",),
    )
    ways = [
        Pool.of([response("x")], [response("y", "m")]),
        Pool.of([], [response("y", "m"), response("x")]),
    ]
    first, second = (
        pool.pairs("all", prompt=PROMPT, seed=s)[0].comparison([like])
        for s, pool in enumerate(ways)
    )
    assert first == second
    assert (first.topic, first.labels) == ("python", ("medical",))
    texts = [text_digest(r) for r in first.responses]
    assert texts == sorted(texts)
