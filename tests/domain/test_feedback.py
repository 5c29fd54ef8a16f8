"""Events one at a time: what they must carry and what they say."""

from __future__ import annotations

import pytest

from adjudge.domain.feedback import REASONS_DOWN, Event, sortable
from adjudge.domain.rewriting import STANDARD_REASONS
from adjudge.formats import native


def event(**others):
    base = {"event_id": "e", "type": "thumbs", "at": "2026-01-05T09:00:00Z"}
    base |= {"message_id": "m", "rating": "down"}
    base |= others
    return {k: v for k, v in base.items() if v != "absent"}


def read(**others):
    import json

    return native.read(Event, json.dumps(event(**others)).encode(), place="f:1")


@pytest.mark.parametrize(
    ("others", "problem"),
    [
        ({"message_id": "absent"}, "message_id: is missing"),
        ({"type": "outcome", "message_id": "absent", "outcome": "ok"}, "message_id"),
        ({"at": "yesterday"}, "at: expected a time"),
        ({"at": "absent"}, "at: is missing"),
        ({"event_id": 17}, "event_id: expected a text"),
        ({"rating": "absent"}, "rating: is missing"),
        ({"rating": 42}, "rating: expected up, down or null"),
        ({"type": "stars", "rating": 6}, "rating: expected 1 to 5 stars"),
        ({"type": "stars", "rating": "up"}, "rating: expected 1 to 5 stars"),
        ({"type": "message"}, "messages: is missing"),
        ({"type": "regenerate"}, "new_message_id: is missing"),
        ({"type": "follow_up"}, "text: is missing"),
        ({"type": "consent_withdrawn"}, "user_id: is missing"),
        ({"reason_codes": "incorrect"}, "reason_codes: expected a list"),
        ({"consent": "no"}, "consent: expected true or false"),
        ({"context": {"latency_ms": "slow"}}, "context.latency_ms: expected a number"),
        (
            {"type": "comparison", "pair_of": ["m", "n"], "preferred": "o"},
            "preferred: expected one of",
        ),
    ],
)
def test_a_wrong_event_is_refused_with_its_key(others, problem):
    with pytest.raises(native.FaultyLineError) as caught:
        read(**others)
    assert problem in str(caught.value)


def test_session_outcomes_and_withdrawals_need_no_message():
    read(type="outcome", message_id="absent", session_id="s", outcome="resolved")
    read(type="consent_withdrawn", message_id="absent", user_id="u", rating="absent")


@pytest.mark.parametrize(
    ("others", "polarity"),
    [
        ({"rating": "up"}, 1),
        ({"rating": "down"}, -1),
        ({"rating": None}, None),
        ({"type": "stars", "rating": 5}, 1),
        ({"type": "stars", "rating": 4}, 1),
        ({"type": "stars", "rating": 3}, 0),
        ({"type": "stars", "rating": 2}, -1),
        ({"type": "copy", "rating": "absent"}, 1),
        ({"type": "abandon", "rating": "absent", "dwell_ms": 3}, None),
        ({"type": "wink", "rating": "absent"}, None),
    ],
)
def test_polarity(others, polarity):
    assert read(**others).polarity == polarity


def test_unknown_types_codes_and_keys_are_kept():
    found = read(
        type="wink", rating="absent", reason_codes=["incorrect", "smelly"], x=1
    )
    assert not found.is_known
    assert found.unknown_reasons == ("smelly",)
    assert found.meta == {"x": 1}
    assert read(context={"grade": "Bad"}).context.meta == {"grade": "Bad"}


def test_what_is_said_counts_and_not_when_it_was_delivered():
    first = read(received_at="2026-01-05T09:00:01Z")
    assert first.says_the_same(read(received_at="2026-01-05T10:00:01Z"))
    assert not first.says_the_same(read(rating="up"))


def test_a_rating_belongs_to_its_user_else_its_session_else_to_itself():
    assert read(user_id="u", session_id="s").rater == "user:u"
    assert read(session_id="s").rater == "session:s"
    assert read().rater == "event:e"


def test_times_sort_as_texts():
    times = [
        "2026-01-05T09:00:00Z",
        "2026-01-05T09:00:00.500000Z",
        "2026-01-05T09:00:01Z",
    ]
    assert sorted(map(sortable, times)) == [sortable(t) for t in times]


def test_an_expert_can_say_all_that_users_can_complain_of():
    assert {tag.tag for tag in STANDARD_REASONS} == REASONS_DOWN.keys()
    keys = [tag.key for tag in STANDARD_REASONS]
    assert len(keys) == len(set(keys))
