"""Every number, option and exit code of the lead's commands, as in CONTRACT §5."""

from __future__ import annotations

import json
import math

import pytest

S = {"value", "low", "high", "n", "reason"}
A, B, TIE = [["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]
EVIL = "c\x9b31m\x1b]0;x\x07\u202e"  # moves a terminal that believes it
NAMES = ("ann", "bob", "cy")


def ok(ran):
    assert ran.code == 0, ran.err
    return ran


def refused(ran, code, *said):
    assert (ran.code, ran.out) == (code, ""), ran.err
    assert "Traceback" not in ran.err
    for words in said:
        assert words in ran.err
    return ran


def is_number(found):
    """Check an S: a finite value, or a reason in words."""
    assert set(found) == S
    if found["value"] is None:
        assert " " in found["reason"]
        assert (found["low"], found["high"]) == (None, None)
        return
    assert math.isfinite(found["value"])
    if found["low"] is None:
        assert "no interval" in found["reason"]
    else:
        assert found["low"] <= found["high"]
        assert found["reason"] is None


def is_agreement(found, *, more=()):
    """Check the whole shape of CONTRACT §5."""
    headline = {"percent", "alpha", "ac1", "alpha_weighted", "percent_weighted", *more}
    groups = {
        "winner": headline,
        "winner_without_ties": headline,
        "margin": {"alpha_ordinal", "ac2", *more},
        "ranking": {"kendall_w", "tau_b"},
        "gold": {"accuracy"},
        "none_acceptable": {"share"},
    }
    for group, keys in groups.items():
        assert set(found[group]) == keys, group
        for number in found[group].values():
            is_number(number)
    for criterion in found["criteria"].values():
        assert set(criterion) == {"percent", "alpha_ordinal"}
        for number in criterion.values():
            is_number(number)
    of_sets = {"masi_alpha", "jaccard_alpha"} if more else {"masi_alpha"}
    assert set(found["reasons"]) == {*of_sets, "by_tag"}
    for key in of_sets:
        is_number(found["reasons"][key])
    for number in found["reasons"]["by_tag"].values():
        is_number(number)
    for pair in found["pairs"]:
        assert set(pair) == {"a", "b", "n", "percent", "kappa"}
        is_number(pair["kappa"])
    for key in ("n_comparisons", "n_units", "n_judgments", "n_annotators"):
        assert isinstance(found[key], int)
    assert all(isinstance(w, str) for w in found["warnings"])
    for part in found["by"].values():
        is_agreement(part, more=more)


@pytest.fixture
def campaign(store, adjudge, write_lines, comparison_of, judgment_of):
    """Everything that a number can be made of: 24 comparisons, three people, gold."""
    asked = [
        comparison_of(
            f"c{i:02d}",
            topic=("python", "sql")[i % 2],
            responses="ab",
        )
        for i in range(24)
    ]
    for i, one in enumerate(asked):
        for response, model in zip(one["responses"], ("m1", "m2"), strict=True):
            response["model"] = model
        if i >= 20:
            one["gold"] = {"ranking": A, "why": "b invents a method"}
    said = [
        judgment_of(
            f"c{i:02d}",
            who,
            (B if (i + k) % 5 == 0 else TIE if (i + k) % 7 == 0 else A),
            margin=None if (i + k) % 5 and (i + k) % 7 == 0 else 1 + i % 3,
            reasons={"a": ["clear"], "*": ["hard"]} if k else {},
            ratings={r: {"correctness": 1 + (i + k) % 5} for r in "ab"},
            seconds=20.0 + i,
            shown=["b", "a"] if (i + k) % 2 else ["a", "b"],
            at=f"2026-01-{1 + i:02d}T10:00:00Z",
            none_acceptable=i == 3,
        )
        for i in range(24)
        for k, who in enumerate(NAMES)
    ]
    for one in said:
        if one["margin"] is None or one["ranking"] == TIE:
            del one["margin"]
    people = [{"name": "ann", "role": "expert", "expertise": {"python": 3.0}}]
    for kind, lines, *options in (
        ("people", people),
        ("comparisons", asked[:12], "--queue", "q", "--batch", "one"),
        ("comparisons", asked[12:], "--queue", "q", "--batch", "two"),
        ("judgments", said),
    ):
        ok(adjudge("import", kind, write_lines(lines, f"{kind}.jsonl"), *options))
    ok(adjudge("people", "add", "dora", "--role", "annotator"))
    return store


# --- agree ------------------------------------------------------------------------
ALL = ("fleiss", "scott", "cohen_mean", "brennan_prediger")
SLICES = {
    "annotator": set(NAMES),
    "topic": {"python", "sql"},
    "guideline": {"(none)"},
    "week": {"2026-W01", "2026-W02", "2026-W03", "2026-W04"},
    "batch": {"one", "two"},
    "source": {"person"},
}


def test_agree_has_the_shape_of_the_contract(adjudge, campaign):
    found = ok(adjudge("agree", "q", "--json")).json
    assert set(found) == {
        *("queue", "n_comparisons", "n_units", "n_judgments", "n_annotators"),
        *("categories", "resampled", "winner", "winner_without_ties", "margin"),
        *("ranking", "criteria", "reasons", "gold", "none_acceptable", "pairs"),
        *("by", "warnings"),
    }
    is_agreement(found)
    assert found["categories"] == ["first", "second", "tie"]
    assert (found["n_comparisons"], found["n_judgments"]) == (20, 60)
    assert found["gold"]["accuracy"]["n"] == 12
    assert set(found["reasons"]["by_tag"]) == {"clear", "hard"}
    assert set(found["criteria"]) == {"correctness"}


@pytest.mark.parametrize(("by", "values"), SLICES.items())
def test_agree_is_sliced_by_every_value_with_the_same_keys(
    adjudge, campaign, by, values
):
    ran = ok(adjudge("agree", "q", "--by", by, "--all", "--json"))
    found = ran.json
    is_agreement(found, more=ALL)
    assert set(found["by"]) == values
    for value in values:
        assert value in ok(adjudge("agree", "q", "--by", by)).out


def test_agree_in_words_names_every_measure_and_every_pair(adjudge, campaign):
    said = ok(adjudge("agree", "q", "--all")).out
    for words in (
        "winner: percent",
        "winner: Krippendorff's alpha",
        "winner: Gwet's AC1",
        "winner: Fleiss' kappa",
        "winner: Brennan and Prediger",
        "winner: alpha by expertise",
        "without ties: percent",
        "margin: alpha (ordinal)",
        "correctness: alpha (ordinal)",
        "reason clear: alpha",
        "gold: right",
        "undefined: ",
    ):
        assert words in said
    assert "nan" not in said.lower().replace("brennan", "")


def test_agree_refuses_in_words(adjudge, campaign):
    refused(adjudge("agree", "nowhere"), 3, "no queue 'nowhere'")
    refused(adjudge("agree", "q", "--by", "mood"), 2, "annotator|topic|guideline")
    refused(adjudge("agree"), 2)
    refused(adjudge("agree", "q", "--as", "dora"), 1, "may not see agreement")
    refused(adjudge("agree", "q", "--as", "nobody"), 3)


# --- low agreement ------------------------------------------------------------------
@pytest.fixture
def quarrel(store, adjudge, write_lines, comparison_of, judgment_of):
    """Twenty comparisons on which two people always say the opposite."""
    asked = [comparison_of(f"c{i:02d}") for i in range(20)]
    said = [
        judgment_of(f"c{i:02d}", who, (A, B)[(i + k) % 2])
        for i in range(20)
        for k, who in enumerate(("ann", "bob"))
    ]
    said += [judgment_of(f"c{i:02d}", "cy", A) for i in range(20)]
    ok(adjudge("import", "comparisons", write_lines(asked, "c"), "--queue", "q"))
    ok(adjudge("import", "judgments", write_lines(said, "j")))
    ok(adjudge("people", "add", "dora", "--role", "annotator"))
    return store


def test_low_agreement_is_said_and_an_export_asked_for_twice(adjudge, quarrel):
    ran = ok(adjudge("agree", "q"))
    assert "people hardly agree beyond chance" in ran.err
    found = ok(adjudge("agree", "q", "--json")).json
    assert found["winner"]["alpha"]["value"] < 0.2
    assert any("hardly agree" in w for w in found["warnings"])
    refused(adjudge("export", "out"), 1, "--accept-low-agreement")
    refused(adjudge("export", "out.csv", "--as", "csv"), 1, "--accept-low-agreement")
    ok(adjudge("export", "out", "--accept-low-agreement"))


def test_agreement_that_is_no_number_stops_no_export(adjudge, filled, write_lines):
    assert ok(adjudge("agree", "q", "--json")).json["winner"]["alpha"]["value"] < 0.2
    refused(adjudge("export", "out"), 1, "--accept-low-agreement")


# --- resolve ------------------------------------------------------------------------
RESULT = {
    *("comparison", "ranking", "winner", "state", "confidence", "n_judgments"),
    *("margin", "unweighted_winner", "flipped"),
}
STATES = {"open", "settled", "tie", "escalated", "adjudicated"}


@pytest.mark.parametrize("method", ["majority", "weighted", "dawid-skene"])
def test_resolve_has_the_shape_of_the_contract(adjudge, campaign, method):
    ran = ok(adjudge("resolve", "q", "--method", method, "--jsonl"))
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [r["comparison"] for r in rows] == [f"c{i:02d}" for i in range(20)]
    for row in rows:
        assert set(row) == RESULT
        assert row["state"] in STATES
        assert (row["winner"] is None) == (row["state"] in {"tie", "escalated", "open"})
        assert row["confidence"] is None or 0 < row["confidence"] <= 1
        assert row["flipped"] is (row["winner"] != row["unweighted_winner"])
    document = ok(adjudge("resolve", "q", "--method", method, "--json")).json
    assert document["results"] == rows
    assert document["flips"] == [r["comparison"] for r in rows if r["flipped"]]
    assert {r["name"] for r in document["league"]["rows"]} == {"m1", "m2"}
    assert document["n_iter"] is None or document["converged"] is True
    words = ok(adjudge("resolve", "q", "--method", method)).out.splitlines()
    assert len(words) == 21


def test_resolve_refuses_in_words(adjudge, campaign):
    refused(adjudge("resolve", "nowhere"), 3)
    refused(adjudge("resolve", "q", "--method", "oracle"), 2, "dawid-skene")
    refused(adjudge("resolve", "q", "--as", "dora"), 1)


def test_no_answer_carries_bytes_that_a_terminal_obeys(
    adjudge, store, write_lines, judgment_of
):
    """Ids are text of other people's making."""
    asked = {
        "id": EVIL,
        "prompt": "p",
        "responses": [{"id": f"a{EVIL}", "text": "x"}, {"id": f"b{EVIL}", "text": "y"}],
    }
    ranking = [[f"a{EVIL}"], [f"b{EVIL}"]]
    said = [
        {**judgment_of(EVIL, f"p{i}{EVIL}"), "ranking": ranking, "note": EVIL}
        for i in range(3)
    ]
    ok(adjudge("import", "comparisons", write_lines([asked], "c"), "--queue", "q"))
    ok(adjudge("import", "judgments", write_lines(said, "j")))
    for arguments in (
        ["resolve", "q", "--jsonl"],
        ["resolve", "q", "--json"],
        ["resolve", "q"],
        ["agree", "q"],
        ["agree", "q", "--json"],
        ["annotators", "q"],
        ["annotators", "q", "--why", f"p0{EVIL}"],
        ["audit", "q"],
        ["adjudicate", EVIL],
        ["adjudicate", EVIL, "--json"],
        ["adjudicate", EVIL, "--ranking", json.dumps(ranking[::-1]), "--why", EVIL],
        ["disputed", "q"],
    ):
        ran = ok(adjudge(*arguments))
        shown = ran.out + ran.err
        assert not set(shown) & set("\x9b\x1b\x07\u202e"), arguments
    rows = ok(adjudge("resolve", "q", "--jsonl")).out.splitlines()
    assert json.loads(rows[0])["comparison"] == EVIL


# --- people and audits ----------------------------------------------------------------
def test_annotators_lays_every_part_out(adjudge, campaign):
    found = ok(adjudge("annotators", "q", "--json")).json
    assert set(found) == {"queue", "people", "warnings"}
    for person in found["people"]:
        assert set(person) == {
            *("name", "role", "judgments", "active_seconds", "median_seconds"),
            *("pace", "gold", "self_consistency", "side_bias", "with_others"),
            *("adjudicated", "reliability", "reliability_n", "weights", "reasons"),
        }
        assert person["reasons"] == {}
        for key in ("self_consistency", "side_bias", "with_others", "adjudicated"):
            is_number(person[key])
        is_number(person["gold"]["accuracy"])
        assert person["gold"]["state"] in {"undecided", "passed", "flagged"}
        assert 0 < person["reliability"] < 1
    ann = found["people"][0]
    assert ann["weights"]["python"]["declared"] == 3.0
    assert ann["weights"]["sql"]["declared"] == 1.0


def test_why_adds_up(adjudge, campaign):
    found = ok(adjudge("annotators", "q", "--why", "ann", "--json")).json
    hits = found["gold_hits"] + found["expected_hits"] + found["prior"]["hits"]
    total = found["n"] + found["prior"]["hits"] + found["prior"]["misses"]
    assert found["reliability"] == pytest.approx(hits / total)
    for part in found["topics"].values():
        odds = math.log(found["reliability"] / (1 - found["reliability"]))
        factor = odds / math.log(0.8 / 0.2)
        assert part["factor"] == pytest.approx(factor)
        weight = min(3.0, max(0.1, part["declared"] * factor))
        assert part["effective"] == pytest.approx(weight)
    assert len(found["gold"]) == 4
    said = ok(adjudge("annotators", "q", "--why", "ann")).out
    assert "reliability" in said
    assert "declared 3" in said
    refused(adjudge("annotators", "q", "--why", "zoe"), 3)
    refused(adjudge("annotators", "nowhere"), 3)
    refused(adjudge("annotators", "q", "--as", "dora"), 1)


def test_audit_looks_everywhere(adjudge, campaign):
    found = ok(adjudge("audit", "q", "--json")).json
    assert {
        *("position", "length", "speed", "straight_lining", "self_consistency"),
        *("intransitivity", "drift", "gold", "guideline_versions", "suspicious"),
        *("findings", "queue", "n_judgments", "n_annotators"),
    } <= set(found)
    assert found["suspicious"]["refused"]
    assert "left wins" in ok(adjudge("audit", "q", "--no-texts")).out
    refused(adjudge("audit", "nowhere"), 3)
    refused(adjudge("audit", "q", "--as", "dora"), 1)


# --- a lead's decisions ---------------------------------------------------------------
def test_disputes_are_listed_laid_out_decided_and_gone(adjudge, quarrel, campaign_of):
    found = ok(adjudge("disputed", "q", "--json")).json
    assert found == []
    campaign_of("d1", A, B)
    found = ok(adjudge("disputed", "q", "--json")).json
    assert [d["comparison"] for d in found] == ["d1"]
    assert set(found[0]) == {
        *("comparison", "state", "n_judgments", "answers", "closeness"),
        *("gives_row", "sent_on"),
    }
    assert "d1" in ok(adjudge("disputed", "q", "--limit", "1")).out
    shown = ok(adjudge("adjudicate", "d1", "--json")).json
    assert set(shown["shares"]) == {"a > b", "b > a"}
    assert sum(shown["shares"].values()) == pytest.approx(1.0)
    assert [j["judge"] for j in shown["judgments"]] == [1, 2]
    words = ["--ranking", json.dumps(B), "--why", "b is right", "--cause", "mistake"]
    decided = ok(adjudge("adjudicate", "d1", *words, "--queue", "q", "--json")).json
    assert (decided["state"], decided["winner"]) == ("adjudicated", "b")
    assert decided["supersedes"] is None
    again = ok(adjudge("adjudicate", "d1", *words, "--json")).json
    assert again["supersedes"] == decided["id"]
    assert ok(adjudge("disputed", "q", "--json")).json == []
    assert ok(adjudge("adjudicate", "d1", "--json")).json["decision"]["cause"]


@pytest.fixture
def campaign_of(adjudge, write_lines, comparison_of, judgment_of):
    """Add a comparison to queue ``q``, of overlap two from now on, and judge it."""

    def add(name, *rankings):
        ok(adjudge("queue", "set", "q", "--overlap", str(len(rankings))))
        asked = write_lines([comparison_of(name)], "more.jsonl")
        ok(adjudge("import", "comparisons", asked, "--queue", "q"))
        said = [
            judgment_of(name, who, r) for who, r in zip(NAMES, rankings, strict=False)
        ]
        ok(adjudge("import", "judgments", write_lines(said, "more-j.jsonl")))

    return add


def test_decisions_are_refused_in_words(adjudge, quarrel):
    ranking = ["--ranking", json.dumps(A)]
    refused(adjudge("adjudicate", "zz", *ranking, "--why", "x"), 3)
    refused(adjudge("adjudicate", "c01", *ranking), 2, "--why")
    refused(adjudge("adjudicate", "c01", *ranking, "--why", "x", "--cause", "y"), 2)
    refused(adjudge("adjudicate", "c01", *ranking, "--why", "x", "--queue", "n"), 3)
    refused(adjudge("adjudicate", "c01", *ranking, "--why", "x", "--as", "dora"), 1)
    refused(adjudge("adjudicate", "c01", "--as", "dora"), 1)
    refused(adjudge("disputed", "q", "--as", "dora"), 1)
    refused(adjudge("disputed", "nowhere"), 3)
    refused(adjudge("disputed", "q", "--limit", "0"), 2)


def test_work_of_two_queues_has_to_be_named(
    adjudge, quarrel, write_lines, comparison_of
):
    asked = write_lines([comparison_of("c01")], "again.jsonl")
    ok(adjudge("import", "comparisons", asked, "--queue", "other"))
    words = ["--ranking", json.dumps(A), "--why", "x"]
    refused(adjudge("adjudicate", "c01", *words), 4, "--queue")
    ok(adjudge("adjudicate", "c01", *words, "--queue", "other"))


def test_judgments_are_reopened_and_asked_for_again(adjudge, quarrel):
    where = ["--where", "annotator=ann", "--where", "comparison=c01"]
    found = ok(adjudge("rejudge", "q", *where, "--why", "new text", "--json")).json
    assert found == {"asked": 1}
    found = ok(adjudge("reopen", "q", *where, "--why", "look again", "--json")).json
    assert len(found["reopened"]) == 1
    assert ok(adjudge("agree", "q", "--json")).json["n_judgments"] == 59
    states = ok(adjudge("resolve", "q", "--json")).json["states"]
    assert states["open"] == 1
    assert "0 judgments" in ok(adjudge("reopen", "q", *where)).out


def test_a_sample_is_asked_for_again(adjudge, quarrel):
    asked = ["rejudge", "q", "--where", "annotator=ann", "--sample", "3", "--seed", "7"]
    assert ok(adjudge(*asked, "--json")).json == {"asked": 3}
    refused(adjudge(*asked[:-3], "0"), 2, "--sample")


@pytest.mark.parametrize("command", ["reopen", "rejudge"])
def test_second_looks_are_refused_in_words(adjudge, quarrel, command):
    where = ["--where", "annotator=ann"]
    refused(adjudge(command, "nowhere", *where), 3)
    refused(adjudge(command, "q", "--where", "mood=good"), 2, "annotator")
    refused(adjudge(command, "q", "--where", "annotator"), 2)
    refused(adjudge(command, "q"), 2)
    refused(adjudge(command, "q", *where, "--as", "dora"), 1)


# --- report ---------------------------------------------------------------------------
def test_a_report_is_one_page_and_overwrites_nothing(adjudge, campaign, tmp_path):
    done = ok(adjudge("report", "q", "page.html", "--json")).json
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert done["bytes"] == len(page.encode())
    assert "src=" not in page
    ok(adjudge("report", "q", "page.html"))
    (tmp_path / "notes.txt").write_text("mine")
    refused(adjudge("report", "q", "notes.txt"), 4, "notes.txt")
    refused(adjudge("report", "q", str(tmp_path)), 4, "directory")
    refused(adjudge("report", "nowhere", "other.html"), 3)
    refused(adjudge("report", "q", "no/such/folder.html"), 2)
    refused(adjudge("report", "q", "other.html", "--as", "dora"), 1)
    refused(adjudge("report", "q"), 2)
    assert "KiB" in ok(adjudge("report", "q", "two.html", "--no-texts")).out
