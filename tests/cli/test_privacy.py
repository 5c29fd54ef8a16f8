"""Consent and what is covered, from the command line."""

from __future__ import annotations

from pathlib import Path

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


def test_filling_shows_what_tasks_of_each_value_weigh(store, adjudge, write_lines):
    lines = []
    for n in range(6):
        version = "v2\n\x1b[2J  locale: faked 9" if n == 5 else "v1"
        common = {"message_id": f"m{n}", "user_id": f"u{n}", "consent": True}
        answer = {
            "event_id": f"m{n}",
            "type": "message",
            "at": f"2026-01-05T09:0{n}:00Z",
        }
        asked = {"messages": [{"role": "user", "content": f"{'abcdef'[n] * 30}?"}]}
        said = {"response": f"no {n}", "context": {"model_version": version}}
        down = {"event_id": f"t{n}", "type": "thumbs", "at": f"2026-01-05T10:0{n}:00Z"}
        lines += [{**common, **answer, **asked, **said}]
        lines += [{**common, **down, "rating": "down"}]
    assert adjudge("import", "feedback", write_lines(lines)).code == 0
    assert adjudge("queue", "create", "rw", "--kind", "rewrite").code == 0
    ran = adjudge("queue", "fill", "rw", "--from", "downvotes", "--limit", "2")
    assert ran.code == 0
    (line,) = [x for x in ran.out.splitlines() if x.startswith("  ")]
    assert line.startswith("  model_version: v2")
    assert line.endswith("faked 9 0.3333, v1 1.6667")
    assert "\x1b" not in ran.out


def test_an_unknown_user_exits_3(events, adjudge):
    ran = adjudge("consent", "withdraw", "nobody")
    assert (ran.code, ran.out) == (3, "")
    assert "import an event of type consent_withdrawn" in ran.err


def test_unmasking_from_the_command_line_is_on_the_record(events, adjudge):
    assert adjudge("unmask", "event", "e1").code == 2
    assert adjudge("unmask", "event").code == 2
    assert adjudge("unmask", "person", "e1", "--why", "x").code == 2
    assert adjudge("unmask", "event", "nobody", "--why", "case 7").code == 3
    ran = adjudge("unmask", "event", "e1", "--why", "case 7")
    assert ran.code == 0
    assert "jo@example.com" in ran.out
    assert "case 7" in adjudge("unmask").out
    assert [e["text"] for e in adjudge("unmask", "--json").json] == ["event:e1"]
    assert "unmask" in adjudge("log", "show").out


def test_an_import_of_feedback_says_what_a_reader_of_counts_must_know(
    events, adjudge, write_lines
):
    again = adjudge("import", "feedback", write_lines(['{"event_id": 7}']), "--dry-run")
    assert "events in the store" not in again.err
    line = {
        "event_id": "t2",
        "type": "thumbs",
        "at": "2026-01-05T09:01:00Z",
        "message_id": "m9",
        "rating": "up",
    }
    said = adjudge("import", "feedback", write_lines([line], "more.jsonl")).err
    assert "events in the store: 3; without consent 0, consent unstated 1" in said
    assert "orphans 1" in said


def test_a_queue_says_what_is_covered_in_it(store, adjudge, write_lines, comparison_of):
    line = comparison_of("c1", prompt="write to jane@example.com")
    adjudge("import", "comparisons", write_lines([line]), "--queue", "q")
    shown = adjudge("queue", "show", "q")
    assert "recognised and covered in 1 imported text: 1 email" in shown.out
    assert adjudge("queue", "show", "q", "--json").json["covered"] == {
        "texts": 1,
        "spans": {"email": 1},
    }


def test_a_restore_says_who_stays_away_and_what_it_could_not_know(events, adjudge):
    assert adjudge("db", "backup", "copy.db").code == 0
    assert adjudge("consent", "withdraw", "jo@example.com").code == 0
    known = adjudge("--db", "one.db", "db", "restore", "copy.db", "--json")
    counts = {"withdrawn": 1, "forgotten": 0, "journal_found": True}
    assert known.json == {"store": "one.db", **counts}
    assert adjudge("--db", "one.db", "unmask", "event", "e1", "--why", "x").code == 3
    lost = Path(f"{events}.withdrawn").rename("elsewhere")
    blind = adjudge("--db", "two.db", "db", "restore", "copy.db")
    assert blind.code == 0
    assert "IS BACK" in blind.err
    told = adjudge(
        "--db", "three.db", "db", "restore", "copy.db", "--withdrawals", lost
    )
    assert "1 user had withdrawn" in told.out
    assert "IS BACK" not in told.err


def test_a_file_has_no_roles_to_grant_anything(events, adjudge):
    ran = adjudge("db", "grant", "somebody")
    assert ran.code == 1
    assert "has no roles" in ran.err
