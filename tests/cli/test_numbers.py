"""Commands about numbers, and a lead's decisions, as a shell sees them."""

from __future__ import annotations

import pytest

from adjudge.cli import layout
from adjudge.formats.report.parts import decimal


def ok(ran):
    assert ran.code == 0, ran.err
    return ran


def test_agreement_is_sliced_and_told_whole(adjudge, filled):
    found = ok(adjudge("agree", "q", "--by", "annotator", "--all", "--json")).json
    assert set(found["by"]) == {"ann", "bob", "cy"}
    assert "fleiss" in found["winner"]
    assert "slice" in ok(adjudge("agree", "q", "--by", "annotator")).out


def test_an_unknown_slice_is_bad_usage(adjudge, filled):
    ran = adjudge("agree", "q", "--by", "mood")
    assert (ran.code, ran.out) == (2, "")
    assert "annotator|topic" in ran.err


@pytest.mark.parametrize("method", ["majority", "weighted", "dawid-skene"])
def test_every_method_gives_lines_with_the_same_keys(adjudge, filled, method):
    ran = ok(adjudge("resolve", "q", "--method", method, "--jsonl"))
    lines = ran.out.splitlines()
    assert len(lines) == 3
    document = ok(adjudge("resolve", "q", "--method", method, "--json")).json
    assert document["method"] == method
    assert set(document["results"][0]) == {
        "comparison",
        "ranking",
        "winner",
        "state",
        "confidence",
        "n_judgments",
        "margin",
        "unweighted_winner",
        "flipped",
    }


def test_an_unknown_method_is_bad_usage(adjudge, filled):
    assert adjudge("resolve", "q", "--method", "oracle").code == 2


def test_people_are_shown_and_explained(adjudge, filled):
    assert "cy" in ok(adjudge("annotators", "q")).out
    people = ok(adjudge("annotators", "q", "--json")).json["people"]
    assert [p["name"] for p in people] == ["ann", "bob", "cy"]
    assert "reliability" in ok(adjudge("annotators", "q", "--why", "cy")).out
    assert adjudge("annotators", "q", "--why", "zoe").code == 3


def test_an_audit_says_what_stands_out_or_that_nothing_does(adjudge, filled):
    assert "nothing stands out" in ok(adjudge("audit", "q", "--no-texts")).out
    assert ok(adjudge("audit", "q", "--json")).json["findings"] == []


def test_a_lead_looks_decides_and_sees_it_decided(adjudge, filled):
    assert "judge 1" in ok(adjudge("adjudicate", "c3")).out
    ran = ok(
        adjudge("adjudicate", "c3", "--ranking", '[["b"],["a"]]', "--why", "a is wrong")
    )
    assert "b wins" in ran.out
    lines = ok(adjudge("resolve", "q", "--json")).json["results"]
    assert lines[2]["state"] == "adjudicated"
    assert lines[2]["winner"] == "b"
    assert lines[2]["flipped"] is True
    assert ok(adjudge("disputed", "q", "--json")).json == []


@pytest.mark.parametrize("ranking", ["b", "[]", '["b","a"]', '[["b"]]', '{"b":1}'])
def test_a_ranking_that_is_none_is_bad_usage(adjudge, filled, ranking):
    ran = adjudge("adjudicate", "c3", "--ranking", ranking, "--why", "x")
    assert (ran.code, ran.out) == (2, "")


def test_a_decision_without_a_reason_is_refused(adjudge, filled):
    assert adjudge("adjudicate", "c3", "--ranking", '[["b"],["a"]]').code == 2


def test_the_report_is_one_file(adjudge, filled, tmp_path):
    done = ok(adjudge("report", "q", "out.html", "--no-texts", "--json")).json
    assert done["path"] == "out.html"
    assert (tmp_path / "out.html").read_text(encoding="utf-8").startswith("<!doctype")


def test_what_rounds_to_zero_has_no_sign():
    found = {"value": -0.0004, "low": -0.004, "high": 0.0001, "n": 9, "reason": None}
    assert layout.number(found) == "0.000  [-0.004, 0.000]  n=9"
    assert layout.share(found) == "0.00 [0.00, 0.00] n=9"
    assert decimal(-0.004) == "0.00"
    assert decimal(-0.006) == "−0.01"  # noqa: RUF001
