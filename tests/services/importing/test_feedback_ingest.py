"""Events in: once each, in any order, seen when all are there, withdrawn for good."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from adjudge.errors import (
    BadFileError,
    ConflictError,
)
from adjudge.services.importing import feedback_ingest, ingest
from adjudge.storage import feedback


def answer(id="m1", *, user="u1", event=None, **others):
    return {
        "event_id": event or f"e-{id}",
        "type": "message",
        "at": "2026-01-05T09:00:00Z",
        "user_id": user,
        "message_id": id,
        "response_id": f"r-{id}",
        "messages": [{"role": "user", "content": f"question {id}"}],
        "response": f"answer {id}",
        "context": {"model": "m", "model_version": "v1"},
        **others,
    }


def thumb(event, rating="down", id="m1", *, user="u1", at="09:01:00", **others):
    return {
        "event_id": event,
        "type": "thumbs",
        "at": f"2026-01-05T{at}Z",
        "user_id": user,
        "message_id": id,
        "rating": rating,
        **others,
    }


@pytest.fixture
def events_in(bring_in):
    def bring(bench, records, **options):
        return bring_in(bench, "feedback", records, **options)

    return bring


def counts(bench, lead):
    return feedback_ingest.counts(bench, lead)


def words(bench):
    """Every text that the store keeps."""
    with bench.store.read() as unit:
        return "".join(b for (b,) in unit.all("SELECT body FROM text") if b)


def test_an_event_counts_once_however_often_it_is_delivered(bench, lead, events_in):
    records = [answer(), thumb("t1"), thumb("t1", received_at="later"), answer()]
    total = events_in(bench, records)
    assert (total.added, total.unchanged) == (2, 2)
    again = events_in(bench, records)
    assert (again.added, again.unchanged) == (0, 4)
    assert counts(bench, lead)["events"] == 2


def test_an_event_id_with_other_content_is_refused(bench, lead, events_in):
    with pytest.raises(ConflictError, match="event_id: 't1' exists with other content"):
        events_in(bench, [answer(), thumb("t1"), thumb("t1", "up")])
    assert counts(bench, lead)["events"] == 0
    total = events_in(
        bench, [answer(), thumb("t1"), thumb("t1", "up")], on_error="skip"
    )
    assert (total.added, total.rejected) == (2, 1)


def test_an_answer_and_a_rating_cannot_share_an_event_id(bench, events_in):
    with pytest.raises(ConflictError):
        events_in(bench, [answer(), thumb("e-m1")])


@pytest.mark.parametrize("seed", range(4))
def test_the_newest_rating_stands_in_whatever_order_they_come(
    bench, lead, events_in, seed
):
    records = [
        answer(),
        thumb("t1", "up", at="09:01:00"),
        thumb("t2", "down", at="09:01:00.250"),
        thumb("t3", "up", at="09:02:00"),
        thumb("t4", "down", at="09:02:00.001"),
        thumb("t5", "up", user="u2"),
    ]
    random.Random(seed).shuffle(records)
    for i, record in enumerate(records):
        events_in(bench, [record], name=f"{i}.jsonl")
    with bench.store.read() as unit:
        assert feedback.rating(unit, "m1", "user:u1") == -1
        assert feedback.rating(unit, "m1", "user:u2") == 1
        assert [p for _, p in feedback.history(unit, "m1", "user:u1")] == [1, -1, 1, -1]
    found = counts(bench, lead)["ratings"]
    assert found == {"given": 5, "superseded": 3, "down": 1, "up": 1}


def test_a_rating_can_be_cleared_and_its_history_stays(bench, lead, events_in):
    events_in(bench, [answer(), thumb("t1"), thumb("t2", None, at="09:05:00")])
    with bench.store.read() as unit:
        assert feedback.rating(unit, "m1", "user:u1") is None
        assert [p for _, p in feedback.history(unit, "m1", "user:u1")] == [-1, None]
    assert counts(bench, lead)["ratings"]["cleared"] == 1


def test_an_event_may_come_before_its_message(bench, lead, events_in):
    events_in(bench, [thumb("t1")], name="a.jsonl")
    assert counts(bench, lead)["orphans"] == 1
    events_in(bench, [answer()], name="b.jsonl")
    assert counts(bench, lead)["orphans"] == 0


def test_an_outcome_may_be_of_a_session(bench, lead, events_in):
    outcome = {"type": "outcome", "at": "2026-01-05T09:00:00Z", "outcome": "resolved"}
    events_in(
        bench,
        [
            answer(),
            {**outcome, "event_id": "o1", "session_id": "s"},
            {**outcome, "event_id": "o2", "message_id": "m1"},
        ],
    )
    found = counts(bench, lead)
    assert found["session_outcomes"] == 1
    assert found["kinds"]["outcome"] == 2


def test_unknown_types_and_codes_are_kept_and_counted(bench, lead, events_in):
    wink = {**thumb("w"), "type": "wink"}
    events_in(bench, [answer(), wink, thumb("t", reason_codes=["smelly", "incorrect"])])
    found = counts(bench, lead)
    assert found["unknown_kinds"] == {"wink": 1}
    assert found["unknown_reasons"] == {"smelly": 1}


# --- consent -------------------------------------------------------------------
def test_words_without_consent_are_never_kept(bench, lead, events_in):
    events_in(
        bench,
        [
            answer(consent=False, response="CANARY one", trace_id="CANARY two"),
            thumb("t1", consent=False, comment="CANARY three", reason_codes=["unsafe"]),
            answer("m2"),
        ],
    )
    assert "CANARY" not in words(bench)
    assert counts(bench, lead)["consent"] == {"refused": 2, "unstated": 1}
    with bench.store.read() as unit:
        assert list(feedback.load(unit, ["e-m1", "t1"])) == []


def test_a_withdrawal_covers_past_and_future(bench, lead, events_in):
    gone = {"event_id": "w", "type": "consent_withdrawn", "user_id": "u1"}
    gone |= {"at": "2026-01-05T10:00:00Z"}
    past = [answer(response="CANARY past"), thumb("t1", comment="CANARY said")]
    events_in(bench, [*past, answer("m3", user="u3")], name="a.jsonl")
    assert words(bench).count("CANARY") == 2
    events_in(bench, [gone], name="b.jsonl")
    assert "CANARY" not in words(bench)
    future = [answer("m2", response="CANARY future", consent=True)]
    events_in(bench, future, name="c.jsonl")
    assert "CANARY" not in words(bench)
    assert "answer m3" in words(bench)
    found = counts(bench, lead)
    assert (found["withdrawn_users"], found["withdrawn_events"]) == (1, 3)
    # Delivered again, it is known and stays erased.
    assert events_in(bench, past, name="d.jsonl").unchanged == 2
    assert "CANARY" not in words(bench)


def test_refused_lines_hold_no_words_without_consent(bench, lead, write_lines):
    file = write_lines(
        [
            answer(),
            {**thumb("t1", consent=False, comment="CANARY"), "at": "yesterday"},
            {**thumb("t2", comment="write to jane@example.com"), "at": "yesterday"},
        ]
    )
    options = ingest.Options(on_error="skip")
    total = ingest.import_files(bench, lead, "feedback", [file], options)
    refused = Path(total.rejects[0]).read_text()
    assert total.rejected == 2
    assert "CANARY" not in refused
    assert "jane@" not in refused
    assert "[email]" in refused


def test_errors_do_not_repeat_words(bench, lead, events_in):
    long = "CANARY " * 20
    with pytest.raises(BadFileError) as caught:
        events_in(bench, [{**thumb("t1"), "reason_codes": long}])
    assert "CANARY" not in str(caught.value)


# --- all or nothing, and going on -----------------------------------------------
def test_nothing_is_seen_before_the_last_chunk(bench, lead, events_in, monkeypatch):
    monkeypatch.setattr(ingest, "CHUNK", 2)
    seen = []
    real = feedback_ingest.keep

    def watched(unit, lines, **others):
        seen.append(feedback.counts(unit)["events"])
        return real(unit, lines, **others)

    monkeypatch.setattr(feedback_ingest, "keep", watched)
    events_in(bench, [answer(), thumb("t1"), thumb("t2", id="m9"), answer("m2")])
    assert seen == [0, 0]
    assert counts(bench, lead)["events"] == 4


def test_a_refused_file_leaves_nothing(bench, lead, events_in, monkeypatch):
    monkeypatch.setattr(ingest, "CHUNK", 2)
    records = [answer(), thumb("t1"), answer("m2"), thumb("t2"), {"event_id": 17}]
    with pytest.raises(BadFileError):
        events_in(bench, records)
    assert counts(bench, lead)["events"] == 0
    assert words(bench) == ""


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_an_interrupted_import_goes_on(bench, lead, write_lines, monkeypatch, on_error):
    monkeypatch.setattr(ingest, "CHUNK", 3)
    lines = [json.dumps(answer(f"m{i}")) for i in range(12)]
    if on_error == "skip":
        lines[1] = lines[1][:40]
        lines[10] = lines[10][:40]
    file = write_lines(lines)
    real, calls = feedback_ingest.keep, []

    def interrupted(unit, chunk, **others):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(unit, chunk, **others)

    monkeypatch.setattr(feedback_ingest, "keep", interrupted)
    options = ingest.Options(on_error=on_error)
    with pytest.raises(KeyboardInterrupt):
        ingest.import_files(bench, lead, "feedback", [file], options)
    assert counts(bench, lead)["events"] == 0
    total = ingest.import_files(bench, lead, "feedback", [file], options)
    bad = 2 * (on_error == "skip")
    assert (total.read, total.added, total.rejected) == (12, 12 - bad, bad)
    assert len(calls) == 5  # two chunks were kept already
    if bad:
        refused = Path(total.rejects[0]).read_text().splitlines()
        assert [json.loads(line)["line"] for line in refused] == [2, 11]


def test_a_rehearsal_keeps_nothing(bench, lead, events_in):
    assert events_in(bench, [answer(), thumb("t1")], dry_run=True).added == 2
    assert counts(bench, lead)["events"] == 0


# --- covering --------------------------------------------------------------------
def test_spans_are_found_once_at_import(bench, lead, events_in):
    comment = "mail jane@example.com or pay with 4111 1111 1111 1111"
    events_in(bench, [answer(), thumb("t1", comment=comment)])
    assert counts(bench, lead)["covered"]["spans"] == {
        "comments": {"card": 1, "email": 1}
    }
    with bench.store.read() as unit:
        kept = next(feedback.load(unit, ["t1"]))
    assert [s.kind for s in kept.spans["comment"]] == ["email", "card"]
