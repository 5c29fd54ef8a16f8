"""Consent and what is covered, from the command line."""

from __future__ import annotations

import pytest


@pytest.fixture
def events(store, adjudge, write_lines):
    """A store with one user's answer and complaint."""
    common = {"user_id": "jo@example.com", "message_id": "m1", "consent": True}
    lines = [
        {
            **common,
            "event_id": "e1",
            "type": "message",
            "at": "2026-01-05T09:00:00Z",
            "messages": [{"role": "user", "content": "mail me: jo@example.com"}],
            "response": "done",
        },
        {
            **common,
            "event_id": "t1",
            "type": "thumbs",
            "at": "2026-01-05T09:01:00Z",
            "rating": "down",
        },
    ]
    assert adjudge("import", "feedback", write_lines(lines)).code == 0
    return store


def test_consent_withdraw_says_what_it_did_in_counts(events, adjudge):
    ran = adjudge("consent", "withdraw", "jo@example.com", "--json")
    assert ran.code == 0
    assert (ran.json["withdrawn"], ran.json["events"]) == (True, 2)
    again = adjudge("consent", "withdraw", "jo@example.com")
    assert again.code == 0
    assert "was withdrawn before: erased the words of 0 events" in again.out
    assert "jo@example.com" not in ran.out + again.out
    assert "jo@example.com" not in adjudge("log", "show").out


def test_an_unknown_user_exits_3(events, adjudge):
    ran = adjudge("consent", "withdraw", "nobody")
    assert (ran.code, ran.out) == (3, "")
    assert "import an event of type consent_withdrawn" in ran.err
