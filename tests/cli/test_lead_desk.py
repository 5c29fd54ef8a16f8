"""Appeals, the dashboard in print, and what a lead does instead of deciding."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def store(adjudge, tmp_path, write_lines, comparison_of, judgment_of, monkeypatch):
    monkeypatch.setenv("ADJUDGE_DB", str(tmp_path / "lead.db"))
    monkeypatch.setenv("ADJUDGE_USER", "lea")
    assert adjudge("init").code == 0
    for name in ("ann", "bob"):
        assert adjudge("people", "add", name, "--role", "annotator").code == 0
    asked = write_lines([comparison_of(f"c{i}") for i in range(3)], "c.jsonl")
    said = [
        judgment_of(f"c{i}", who, ranking, margin=2, seconds=30)
        for i in range(3)
        for who, ranking in (("ann", [["a"], ["b"]]), ("bob", [["b"], ["a"]]))
    ]
    given = write_lines(said, "j.jsonl")
    for kind, file in (("comparisons", asked), ("judgments", given)):
        assert adjudge("import", kind, file, "--queue", "q").code == 0
    return adjudge


def test_an_appeal_goes_to_a_lead_and_back(store):
    filed = store("appeals", "file", "c1", "--why", "a runs", "--as", "ann", "--json")
    assert filed.code == 0
    id = filed.json["id"]
    listed = store("appeals", "list")
    assert "a runs" in listed.out
    assert store("appeals", "list", "--as", "bob", "--json").json == []
    unsaid = store("appeals", "answer", id, "--why", "x")
    assert (unsaid.code, "--grant or --refuse" in unsaid.err) == (2, True)
    done = store("appeals", "answer", id, "--grant", "--why", "you are right")
    assert done.code == 0
    assert "adjudge adjudicate c1" in done.out
    assert store("appeals", "answer", id, "--refuse", "--why", "no").code == 4
    assert store("appeals", "answer", "no", "--refuse", "--why", "no").code == 3
    assert store("appeals", "list").out.count("you are right") == 0
    assert "you are right" in store("appeals", "list", "--all").out
    inbox = store("people", "inbox", "--as", "ann")
    assert "Your appeal on c1 was granted: you are right" in inbox.out
    refused = store("appeals", "answer", id, "--grant", "--why", "x", "--as", "bob")
    assert refused.code == 1


def test_the_dashboard_prints_what_the_screen_opens_with(store):
    found = store("dashboard", "q", "--json").json
    assert found["n_judgments"] == 6
    assert found["alpha"]["n"] == 3
    shown = store("dashboard", "q").out
    for words in ("alpha, ordinal", "median seconds", "ann", "2026-W"):
        assert words in shown or words == "2026-W"
    assert "nan" not in shown.lower().replace("annotators", "")
    assert store("dashboard", "nowhere").code == 3
    assert store("dashboard", "q", "--as", "ann").code == 1


@pytest.mark.parametrize(
    ("outcome", "key"),
    [("unclear", "ticket"), ("send-back", "judges"), ("exclude", "incident")],
)
def test_a_lead_can_do_otherwise(store, outcome, key):
    say = ("adjudicate", "c1", "--otherwise", outcome)
    assert store(*say).code == 2
    done = store(*say, "--why", "look", "--json")
    assert done.code == 0
    assert json.loads(done.out)[key]
    assert store("db", "check").code == 0


def test_none_acceptable_stands_beside_a_decision(store):
    say = ("adjudicate", "c2", "--ranking", '[["a"],["b"]]', "--why", "both bad")
    assert store(*say, "--none-acceptable", "--json").json["none_acceptable"] is True
    assert store("adjudicate", "c1", "--otherwise", "dance").code == 2
