"""People, incidents and statements from the command line, as a lead scripts them."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest

MONTH = datetime.now(UTC).strftime("%Y-%m")


@pytest.fixture
def store(adjudge, tmp_path):
    """A store with a lead, two annotators, a paid queue and a training queue."""
    work = [
        {
            "id": f"c{i}",
            "prompt": "p",
            "responses": [{"id": "a", "text": "x"}, {"id": "b", "text": "y"}],
        }
        for i in range(1, 6)
    ]
    gold = {"ranking": [["a"], ["b"]], "why": "b invents a method"}
    (tmp_path / "work.jsonl").write_text("\n".join(map(json.dumps, work)))
    taught = [{**c, "id": f"t{c['id']}", "gold": gold} for c in work]
    (tmp_path / "school.jsonl").write_text("\n".join(map(json.dumps, taught)))
    said = [
        {
            "comparison": f"c{i}",
            "annotator": "ann",
            "ranking": [["a"], ["b"]],
            "seconds": 60,
            "at": f"{MONTH}-01T10:00:0{i}Z",
        }
        for i in range(1, 3)
    ]
    (tmp_path / "said.jsonl").write_text("\n".join(map(json.dumps, said)))
    for line in (
        "init",
        "people add ann --role annotator",
        "people add bob --role annotator",
        "queue create q --kind compare --overlap 2 --pay hour,36,EUR,no-skip",
        "queue create school --kind compare --training",
        "import comparisons work.jsonl --queue q",
        "import comparisons school.jsonl --queue school",
        "import judgments said.jsonl",
    ):
        ran = adjudge(*line.split())
        assert ran.code == 0, ran.err
    return adjudge


def _ok(ran):
    assert ran.code == 0, ran.err
    return ran


# --- where people stand -----------------------------------------------------------
def test_pausing_says_why_and_queues_the_work_again(store):
    ran = _ok(store("people", "pause", "ann", "--why", "asleep", "--requeue", "q"))
    assert ran.out.splitlines() == [
        "ann is paused: asleep",
        "q: 2 judgments set aside",
    ]
    seen = _ok(store("people", "show", "ann", "--as", "ann", "--json")).json
    assert (seen["state"], seen["why"]) == ("paused", "asleep")
    listed = {p["name"]: p for p in _ok(store("people", "list", "--json")).json}
    assert (listed["ann"]["paused"], listed["bob"]["paused"]) == ("asleep", None)
    assert "asleep" in _ok(store("people", "list")).out
    shown = _ok(store("queue", "show", "q", "--json")).json
    assert shown["slots"] == {"open": 10, "leased": 0, "done": 0}
    ran = _ok(
        store("people", "resume", "ann", "--why", "awake", "--restore", "q", "--json")
    )
    assert ran.json["restored"] == {"q": 2}
    assert "resumed by" in _ok(store("people", "show", "ann")).out


def test_clearing_until_a_day(store):
    ran = _ok(store("people", "clear", "ann", "nda", "--until", "2999-12-31", "--json"))
    assert ran.json["until"] == "2999-12-31T23:59:59Z"
    assert "cleared for nda until" in _ok(store("people", "show", "ann")).out
    assert _ok(store("people", "clear", "ann", "nda", "--withdraw")).out.strip() == (
        "ann is no longer cleared for nda"
    )
    assert store("people", "clear", "ann", "nda", "--withdraw").code == 3
    history = _ok(store("people", "show", "ann")).out
    assert "cleared for nda by" in history
    assert "no longer cleared for nda by" in history
    assert store("people", "clear", "ann", "nda", "--until", "2020-01-01").code == 2


def test_opting_in_is_the_persons_own_word(store):
    assert store("people", "opt-in", "ann", "violence").code == 1
    ran = _ok(store("people", "opt-in", "ann", "violence", "--cap", "5", "--as", "ann"))
    assert ran.out.strip() == "ann sees violence, at most 5 tasks a day"
    assert "0 of 5 today" in _ok(store("people", "show", "ann")).out
    assert _ok(store("people", "opt-out", "ann", "violence", "--as", "ann")).out


def test_the_gate_proposes_and_a_lead_decides(store):
    ran = _ok(store("people", "qualify", "ann", "school"))
    assert "0 of 0 right; too early to tell" in ran.out
    assert store("people", "qualify", "ann", "school", "--accept").code == 2
    assert store("people", "qualify", "ann", "school", "--accept", "--refuse").code == 2
    ran = _ok(store("people", "qualify", "ann", "school", "--accept", "--why", "known"))
    assert "accepted: cleared for school" in ran.out
    ran = _ok(
        store(
            "people", "qualify", "ann", "school", "--refuse", "--why", "left", "--json"
        )
    )
    assert (ran.json["decision"], ran.json["proposal"]) == ("refused", "wait")


# --- messages -----------------------------------------------------------------------
def test_a_message_and_its_receipt(store):
    sent = _ok(store("people", "message", "ann", "call me", "--json")).json
    waiting = _ok(store("people", "inbox", "--as", "ann", "--json")).json
    assert [(m["id"], m["text"]) for m in waiting] == [(sent["id"], "call me")]
    assert "not read by" in _ok(store("people", "messages")).out
    _ok(store("people", "inbox", "--as", "ann", "--read", sent["id"]))
    [found] = _ok(store("people", "messages", "--json")).json
    assert [r["person"] for r in found["read"]] == ["ann"]
    assert _ok(store("people", "message", "q", "c1 is odd")).out == "sent to q\n"
    assert store("people", "message", "zoe", "hello").code == 3
    assert store("people", "message", "q", "x", "--to", "moon").code == 2
    assert store("people", "messages", "--as", "ann").code == 1


# --- statements ---------------------------------------------------------------------
def _statement(store, *more):
    return store("people", "statement", "ann", "--month", MONTH, *more)


def test_a_statement_from_first_line_to_answered_dispute(store):
    found = _ok(_statement(store, "--as", "ann", "--json")).json
    assert [n["kind"] for n in found["lines"]] == ["imported", "imported"]
    assert found["totals"]["tasks"] == 2
    line = found["lines"][0]["line"]
    assert _statement(store, "--acknowledge", "--as", "ann").code == 4
    assert "locked" in _ok(_statement(store, "--lock")).out
    assert "acknowledged" in _ok(_statement(store, "--acknowledge", "--as", "ann")).out
    ran = _ok(
        _statement(store, "--dispute", line, "--why", "it was longer", "--as", "ann")
    )
    assert f"line {line} disputed: it was longer; no answer yet" in ran.out
    assert "judgment" in _ok(_statement(store, "--trace", line)).out
    answered = ("--answer", line, "--why", "you are right", "--seconds", "30")
    ran = _ok(_statement(store, *answered))
    assert f"corrects {line}: you are right" in ran.out
    assert "paid: 0.30 EUR" in ran.out
    back = ("--answer", line, "--why", "too much", "--seconds=-10", "--amount=-0.10")
    found = _ok(_statement(store, *back, "--json")).json
    assert found["totals"]["amounts"] == {"EUR": "0.20"}
    assert found["acknowledged"] is False
    assert "-0:10" in _ok(_statement(store)).out


def test_a_statement_as_csv_reads_back(store):
    rows = list(csv.DictReader(io.StringIO(_ok(_statement(store, "--csv")).out)))
    assert [r["line"] for r in rows][-1] == "total"
    assert rows[0]["active_seconds"] == "60.0"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--lock", "--acknowledge"), 2),
        (("--seconds", "5"), 2),
        (("--answer", "x", "--amount", "much", "--why", "y"), 2),
        (("--answer", "x", "--why", "y"), 3),
        (("--dispute", "x", "--why", "y"), 1),
        (("--lock", "--as", "bob"), 1),
        (("--as", "bob"), 1),
        (("--as", "nobody"), 3),
    ],
)
def test_what_a_statement_refuses(store, more, code):
    ran = _statement(store, *more)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("adjudge: ")


def test_a_month_that_is_none_is_bad_usage(store):
    assert store("people", "statement", "ann", "--month", "May").code == 2


def test_a_pay_policy_is_set_and_taken_away(store):
    ran = store("queue", "set", "q", "--pay", "week,1,EUR")
    assert (ran.code, "hour,24.50,EUR" in ran.err) == (2, True)
    ran = _ok(store("queue", "set", "q", "--pay", "task,0.80,USD", "--json"))
    assert ran.json["pay"]["rate"] == "0.80"
    ran = _ok(store("queue", "set", "q", "--pay", "none", "--json"))
    assert ran.json["pay"] is None


# --- incidents -----------------------------------------------------------------------
@pytest.fixture
def flagged(store, tmp_path):
    """A flag as the workbench raises it."""
    from adjudge.domain.people import Actor, Role
    from adjudge.services.work import judging
    from adjudge.wiring import build, settings

    def flag(category, note="see the second answer"):
        bench = build(settings.load(db="adjudge.db", user="bob"))
        bob = Actor(name="bob", role=Role.ANNOTATOR)
        task = judging.claim(bench, bob, "q")[0]
        found = judging.flag(bench, bob, task, category, note=note)
        bench.store.close()
        return found.incident

    return flag


def test_an_incident_from_flag_to_close(store, flagged):
    import getpass

    id = flagged("pii")
    ran = _ok(store("incidents", "list"))
    assert (id in ran.out, "high" in ran.out) == (True, True)
    assert "note: see the second answer" in _ok(store("incidents", "show", id)).out
    me = getpass.getuser()
    assert f"owner {me}" in _ok(store("incidents", "assign", id, me)).out
    assert store("incidents", "close", id).code == 2
    ran = _ok(store("incidents", "close", id, "--why", "it is public", "--json"))
    assert (ran.json["state"], ran.json["outcome"]) == ("closed", "release")
    assert _ok(store("incidents", "list", "--json")).json == []
    assert len(_ok(store("incidents", "list", "--state", "all", "--json")).json) == 1
    assert store("incidents", "close", id, "--why", "again").code == 4


def test_a_hidden_incident_is_revealed_only_with_a_reason(store, flagged):
    id = flagged("child_abuse")
    listed = _ok(store("incidents", "list", "--json")).json
    assert (listed[0]["hidden"], listed[0]["note"]) == (True, None)
    assert "see the second answer" not in _ok(store("incidents", "show", id)).out
    assert store("incidents", "reveal", id).code == 2
    ran = _ok(store("incidents", "reveal", id, "--why", "report 17"))
    assert "see the second answer" in ran.out
    assert "[a] x" in ran.out
    assert "revealed by" in _ok(store("incidents", "show", id)).out
    assert store("incidents", "reveal", id, "--why", "x", "--as", "ann").code == 1


def test_what_incidents_refuse(store, flagged):
    assert store("incidents", "show", "nope").code == 3
    assert store("incidents", "list", "--state", "half").code == 2
    id = flagged("other")
    assert store("incidents", "close", id, "--why", "x", "--outcome", "burn").code == 2
    assert store("incidents", "assign", id, "--severity", "awful").code == 2
    assert store("incidents", "assign", id, "--due", "soon").code == 2
    assert store("incidents", "assign", id, "ann").code == 1
