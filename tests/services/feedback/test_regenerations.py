"""Chains of answers made again: what is ranked, what is left out, what was kept."""

from __future__ import annotations

import json

import pytest

from adjudge.services.feedback import triage
from adjudge.services.feedback.filling import Asked
from adjudge.storage import complaints


def answer(n, text=None, **others):
    return {
        "event_id": f"e{n}",
        "type": "message",
        "at": f"2026-01-05T09:00:{n:02}Z",
        "user_id": "u",
        "message_id": f"m{n}",
        "response_id": f"r{n}",
        "messages": [{"role": "user", "content": "How do I reverse a list?"}],
        "response": text or f"answer {n}",
        "context": {"model": "m", "model_version": "v1"},
        **others,
    }


def again(old, new, **others):
    return {
        "event_id": f"g{old}-{new}",
        "type": "regenerate",
        "at": f"2026-01-05T09:01:{new:02}Z",
        "user_id": "u",
        "message_id": f"m{old}",
        "new_message_id": f"m{new}",
        **others,
    }


def chain(*texts):
    """Answers, each made because the one before it did not do."""
    events = [answer(n, text) for n, text in enumerate(texts)]
    return events + [again(n, n + 1) for n in range(len(texts) - 1)]


@pytest.fixture
def fill(bring_in, lead):
    def fill(bench, records, **asked):
        bring_in(bench, "feedback", records)
        return triage.fill(bench, lead, "cmp", Asked(source="regenerations", **asked))

    return fill


def compared(bench):
    """The responses of each comparison, as they are stored."""
    with bench.store.read() as unit:
        rows = unit.all("SELECT response_ids FROM comparison ORDER BY id")
    return [json.loads(ids) for (ids,) in rows]


def said(bench):
    with bench.store.read() as unit:
        return [
            (s["event"], s["rejected"], s["kept"], s["source"])
            for s in complaints.signals(unit)
        ]


def down(n, reason, **others):
    """A thumb down for one reason."""
    return {
        "event_id": f"d{n}",
        "type": "thumbs",
        "at": "2026-01-05T09:02:00Z",
        "user_id": "v",
        "message_id": f"m{n}",
        "rating": "down",
        "reason_codes": [reason],
        **others,
    }


@pytest.mark.parametrize(
    ("others", "filled"), [({}, 1), ({"consent": False}, 0), ({"rating": "up"}, 0)]
)
def test_a_reason_is_that_of_a_thumb_on_one_of_the_answers(bench, fill, others, filled):
    """Who has an answer made again seldom says why; who votes it down does."""
    thumb = down(1, "slow", **others)
    found = fill(bench, [*chain(None, None), thumb], where={"reason": "slow"})
    assert (found.filled, found.left_out["not_asked_for"]) == (filled, 1 - filled)


def test_a_chain_is_ranked_and_every_step_says_what_it_gave_up(bench, fill):
    found = fill(bench, chain(None, None, None, None))
    assert (found.found, found.filled, found.ranked) == (1, 1, 1)
    assert compared(bench) == [["r0", "r1", "r2", "r3"]]
    assert said(bench) == [
        ("g0-1", "r0", "r3", "implicit"),
        ("g1-2", "r1", "r3", "implicit"),
        ("g2-3", "r2", "r3", "implicit"),
    ]
    assert found.as_json()["signals"]["regenerate"]["n"] == 3
    with bench.store.read() as unit:
        assert unit.one("SELECT count(*) FROM judgment")[0] == 0


def test_an_answer_taken_up_in_the_middle_is_kept_over_all_others(bench, fill):
    copied = {**again(1, 1), "event_id": "c", "type": "copy"}
    copied.pop("new_message_id")
    fill(bench, [*chain(None, None, None), copied])
    rejected = {(rejected, kept) for _, rejected, kept, _ in said(bench)}
    assert rejected == {("r0", "r1"), ("r2", "r1")}


def test_answers_made_again_from_one_are_siblings_of_one_turn(bench, fill):
    records = [answer(n) for n in range(4)]
    found = fill(bench, [*records, again(0, 1), again(0, 3), again(1, 2)])
    assert (found.found, found.filled) == (1, 1)
    assert compared(bench) == [["r0", "r1", "r2", "r3"]]


def test_nine_are_ranked_and_the_rest_is_counted(bench, fill):
    found = fill(bench, chain(*[None] * 11, "answer 4"))
    assert found.filled == 1
    (ids,) = compared(bench)
    # The first, the one that was kept (its text stood before) and the newest.
    assert ids == ["r0", *(f"r{n}" for n in range(3, 11))]
    assert found.as_json()["answers_left_out"] == {"beyond_nine": 2, "same_text": 1}
    assert {kept for _, _, kept, _ in said(bench)} == {"r4"}
    assert {rejected for _, rejected, _, _ in said(bench)} == set(ids) - {"r4"}


def test_the_same_text_twice_leaves_a_pair(bench, fill):
    found = fill(bench, chain("one", "one", "two"))
    assert (found.filled, found.ranked) == (1, 0)
    assert compared(bench) == [["r0", "r2"]]
    assert found.answers_left_out == {"same_text": 1}


def test_the_same_text_throughout_is_no_comparison(bench, fill):
    found = fill(bench, chain("one", "one", "one"))
    assert (found.filled, found.left_out) == (0, {"identical_answers": 1})
    assert found.answers_left_out == {}
    assert compared(bench) == []


def test_going_back_to_the_first_words_keeps_them_over_the_others(bench, fill):
    fill(bench, chain("one", "two", "one"))
    assert compared(bench) == [["r0", "r1"]]
    assert [(r, k) for _, r, k, _ in said(bench)] == [("r1", "r0")]


def test_consent_of_every_step_counts(bench, fill):
    records = chain(None, None, None)
    records[-1]["consent"] = False
    found = fill(bench, records)
    assert (found.filled, found.left_out) == (0, {"no_consent": 1})


def test_a_chain_that_grew_is_a_task_already(bench, fill, lead):
    fill(bench, chain(None, None))
    found = fill(bench, [answer(2), again(1, 2)])
    assert (found.filled, found.left_out) == (0, {"already_a_task": 1})
