"""Crowds that break statistics, through every path: agree to export, and routing.

Whatever people do, nothing raises, nothing is NaN, and where there is no number there
is a reason in words instead.
"""

from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest

from adjudge.domain.ids import AnnotatorId
from adjudge.domain.people import Actor, Role
from adjudge.errors import RefusedError
from adjudge.services import exporting
from adjudge.services.campaign import forecasting, queueing
from adjudge.services.measuring import (
    agreement,
    annotators,
    auditing,
    overview,
    reporting,
    standings,
)
from adjudge.services.work import judging

A, B, TIE = [["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]
S = {"value", "low", "high", "n", "reason"}
LEAD = Actor(name=AnnotatorId("lea"), role=Role.LEAD)
NEWCOMER = Actor(name=AnnotatorId("zoe"), role=Role.ANNOTATOR)
N = 24


def crowd(*rows, models=("m1", "m2"), responses="ab"):
    """Give what stands in the files: a row is who said what on one comparison."""
    return {
        "asked": [
            {
                "id": f"c{i:03d}",
                "prompt": f"question {i}",
                "responses": [
                    {"id": r, "text": f"answer {r} {i} " * (1 + i % 3), "model": m}
                    for r, m in zip(responses, models, strict=True)
                ],
            }
            for i in range(len(rows))
        ],
        "said": [
            {
                "comparison": f"c{i:03d}",
                "annotator": who,
                "ranking": ranking,
                "shown": list(responses if (i + k) % 2 else responses[::-1]),
                "seconds": 5.0 + i % 7,
                "at": f"2026-01-{1 + i % 28:02d}T10:{k % 60:02d}:00Z",
            }
            for i, row in enumerate(rows)
            for k, (who, ranking) in enumerate(row)
        ],
    }


def everybody(*rankings):
    return list(zip(("ann", "bob", "cyd", "dee"), rankings, strict=False))


def ranks(order):
    return [[r] for r in order]


def games(*pairs):
    """Every comparison is between two models, and the first always wins."""
    made = crowd(*[everybody(A, A) for _ in range(N)])
    for i, one in enumerate(made["asked"]):
        for response, model in zip(
            one["responses"], pairs[i % len(pairs)], strict=True
        ):
            response["model"] = model
    return made


def doubled():
    made = crowd(*[everybody(A, B if i % 3 else A) for i in range(N)])
    for one in made["asked"]:
        one["prompt"] = "the same question"
    return {"asked": made["asked"], "said": made["said"] * 2}


def mixed():
    made = crowd(*[everybody(A, B, TIE) for _ in range(N)])
    wide = crowd(
        *[everybody(ranks("abc"), ranks("cba")) for _ in range(N)],
        models=("m1", "m2", "m3"),
        responses="abc",
    )
    for one in wide["asked"]:
        one["id"] = f"w-{one['id']}"
    for one in wide["said"]:
        one["comparison"] = f"w-{one['comparison']}"
    return {k: made[k] + wide[k] for k in made}


def flagged():
    made = crowd(*[everybody(A, A, B) for _ in range(N)])
    for one in made["said"]:
        one["none_acceptable"] = True
    return made


def gold():
    made = crowd(*[everybody(A, A, B) for _ in range(N)])
    for one in made["asked"]:
        one["gold"] = {"ranking": B, "why": "everybody is wrong"}
    return made


CIRCLE = [ranks(o) for o in ("abc", "bca", "cab")]
ROTATING = [("ann", "bob"), ("bob", "cyd"), ("cyd", "ann")]
CROWDS = {
    "nobody": crowd(),
    "nothing said": crowd([], [], []),
    "total disagreement": crowd(*[everybody(A, B, TIE) for _ in range(N)]),
    "two who always differ": crowd(
        *[everybody(A, B) if i % 2 else everybody(B, A) for i in range(N)]
    ),
    "unanimity": crowd(*[everybody(*[A if i % 2 else B] * 3) for i in range(N)]),
    "one category": crowd(*[everybody(A, A, A) for _ in range(N)]),
    "only ties": crowd(*[everybody(TIE, TIE, TIE) for _ in range(N)]),
    "one judgment a task": crowd(*[everybody(A if i % 2 else B) for i in range(N)]),
    "one judgment": crowd(everybody(A)),
    "one pair": crowd(everybody(A, B)),
    "two of three in turn": crowd(
        *[
            [(who, A if (i + k) % 4 else B) for k, who in enumerate(ROTATING[i % 3])]
            for i in range(N)
        ]
    ),
    "everything twice": doubled(),
    "even counts": crowd(*[everybody(A, A, B, B) for _ in range(N)]),
    "circles": crowd(
        *[everybody(*CIRCLE) for _ in range(N)],
        models=("m1", "m2", "m3"),
        responses="abc",
    ),
    "rankings all tied": crowd(
        *[everybody([["a", "b", "c"]], [["a", "b", "c"]]) for _ in range(N)],
        models=("m1", "m2", "m3"),
        responses="abc",
    ),
    "a separable league": games(*pairwise(("m1", "m2", "m3", "m4"))),
    "a league in pieces": games(("m1", "m2"), ("m3", "m4")),
    "one with three judgments": crowd(
        *[everybody(A, B if i % 3 else A, *[B] * (i < 3)) for i in range(N)]
    ),
    "pairs and rankings": mixed(),
    "nothing acceptable": flagged(),
    "gold that everybody fails": gold(),
}


@pytest.fixture
def hostile(sqlite_bench, bring_in):
    def make(which, **settings):
        made = CROWDS[which]
        settings = {"overlap": 2, **settings}
        queueing.create(sqlite_bench, LEAD, queueing.settings(name="q", **settings))
        for kind, lines in (("comparisons", "asked"), ("judgments", "said")):
            if made[lines]:
                bring_in(sqlite_bench, kind, made[lines], name=lines, queue="q")
        return sqlite_bench

    return make


def sound(found):
    """Check that a document holds no NaN and every number a reason where it is none."""
    json.dumps(found, allow_nan=False)
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if set(one) >= S:
                if one["value"] is None:
                    assert " " in (one["reason"] or ""), one
                    assert (one["low"], one["high"]) == (None, None)
                else:
                    assert math.isfinite(one["value"])
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return found


@pytest.mark.parametrize("which", CROWDS)
def test_every_path_is_sound(hostile, which, tmp_path):
    bench = hostile(which)
    found = sound(agreement.agree(bench, LEAD, "q", everything=True))
    for by in agreement.SLICES:
        sliced = sound(agreement.agree(bench, LEAD, "q", by=by))
        assert set(sliced["by"]) or not found["n_judgments"]
    for method in ("majority", "weighted", "dawid-skene"):
        # The report below ranks the models.
        resolved = standings.resolution(bench, LEAD, "q", method=method, league=False)
        sound(resolved)
        for row in resolved["results"]:
            assert row["confidence"] is None or 0 < row["confidence"] <= 1
    people = sound(annotators.listed(bench, LEAD, "q"))["people"]
    for person in people[:2]:
        sound(annotators.why(bench, LEAD, "q", person["name"]))
    sound(auditing.audit(bench, LEAD, "q"))
    sound(overview.glance(bench, LEAD, "q"))
    sound(forecasting.forecast(bench, LEAD, "q").as_json())
    page = tmp_path / "page.html"
    reporting.report(bench, LEAD, "q", str(page), texts=False)
    assert "NaN" not in page.read_text(encoding="utf-8")
    try:
        options = exporting.ExportOptions(accept_low_agreement=True)
        exporting.export(bench, LEAD, tmp_path / "out", options)
    except RefusedError:
        assert not (tmp_path / "out").exists()
    else:
        for file in (tmp_path / "out").rglob("*.json*"):
            text = file.read_text(encoding="utf-8")
            assert "NaN" not in text
            assert "Infinity" not in text
    works_on(bench)


def works_on(bench):
    """Somebody new comes in and judges what is left: routing survives it, too."""
    for _ in range(3):
        hand = judging.claim(bench, NEWCOMER, "q")
        if not hand:
            break
        judging.submit(
            bench,
            NEWCOMER,
            hand[0],
            hand[0].blank().grade(2)
            if len(hand[0].shown) == 2
            else hand[0]
            .blank()
            .model_copy(update={"ranking": tuple((r,) for r in hand[0].shown)}),
            clock=judging.Clock(active=1.0),
            submission_id=bench.new_id(),
        )
    sound(agreement.agree(bench, LEAD, "q"))


RULE = {"least": 2, "most": 3, "sure": 0.9}


@pytest.mark.parametrize("settings", [{"ties": False}, {"adaptive": RULE}])
@pytest.mark.parametrize(
    "which", ["nothing said", "only ties", "total disagreement", "pairs and rankings"]
)
def test_other_settings_are_sound_too(hostile, which, settings):
    bench = hostile(which, **settings)
    sound(agreement.agree(bench, LEAD, "q", everything=True))
    for method in ("majority", "weighted", "dawid-skene"):
        sound(standings.resolution(bench, LEAD, "q", method=method, league=False))
    sound(annotators.listed(bench, LEAD, "q"))
    sound(overview.glance(bench, LEAD, "q"))
    works_on(bench)


# --- no number where there is none -------------------------------------------------
def headline(bench):
    found = agreement.agree(bench, LEAD, "q")
    return {k: found["winner"][k]["value"] for k in ("percent", "alpha", "ac1")}


def test_total_disagreement_is_below_chance(hostile):
    found = headline(hostile("total disagreement"))
    assert found["percent"] == 0.0
    assert found["alpha"] < 0


def test_unanimity_is_one(hostile):
    assert headline(hostile("unanimity")) == {"percent": 1.0, "alpha": 1.0, "ac1": 1.0}


@pytest.mark.parametrize("which", ["one category", "only ties"])
def test_one_category_leaves_alpha_without_a_value(hostile, which):
    assert headline(hostile(which)) == {"percent": 1.0, "alpha": None, "ac1": 1.0}


@pytest.mark.parametrize("which", ["one judgment a task", "one judgment", "nobody"])
def test_nobody_to_compare_with_leaves_nothing(hostile, which):
    assert set(headline(hostile(which)).values()) == {None}


@pytest.mark.parametrize(("which", "overlap"), [("circles", 3), ("even counts", 4)])
def test_what_cannot_be_settled_is_escalated(hostile, which, overlap):
    bench = hostile(which, overlap=overlap)
    found = standings.resolution(bench, LEAD, "q", league=False)["states"]
    assert found["escalated"] == N


def test_leagues_say_what_keeps_models_apart(hostile):
    found = standings.resolution(hostile("a separable league"), LEAD, "q")["league"]
    assert "never lost" in found["warnings"][0]
    assert [row["name"] for row in found["rows"]] == ["m1", "m2", "m3", "m4"]
    assert all(math.isfinite(row["log_worth"]) for row in found["rows"])
    assert {row["low"] for row in found["rows"]} == {None}


def test_leagues_in_pieces_are_groups(hostile):
    found = standings.resolution(hostile("a league in pieces"), LEAD, "q")["league"]
    assert "never compared" in found["warnings"][0]
    assert len({row["group"] for row in found["rows"]}) == 2


def test_three_judgments_change_no_weight(hostile):
    found = annotators.why(hostile("one with three judgments"), LEAD, "q", "cyd")
    assert (found["n"], found["topics"]["*"]["is_measured"]) == (3, False)
    assert found["topics"]["*"]["effective"] == 1.0
    assert any("fewer than 10" in words for words in found["words"])


def test_judgments_that_come_twice_count_once(hostile):
    found = agreement.agree(hostile("everything twice"), LEAD, "q")
    assert (found["n_judgments"], found["resampled"]) == (2 * N, "prompts")
    assert found["winner"]["percent"]["reason"].startswith("no interval")


def test_ten_thousand_people_with_one_judgment_each(sqlite_bench, bring_in, tmp_path):
    bench = sqlite_bench
    made = crowd(*[[] for _ in range(5000)])
    said = [
        {
            "comparison": f"c{i // 2:03d}",
            "annotator": f"p{i}",
            "ranking": A if i % 3 else B,
        }
        for i in range(10_000)
    ]
    queueing.create(bench, LEAD, queueing.settings(name="q", overlap=2))
    bring_in(bench, "comparisons", made["asked"], queue="q")
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    assert len(sound(annotators.listed(bench, LEAD, "q"))["people"]) == 10_000
    sound(auditing.audit(bench, LEAD, "q", texts=False))
    for method in ("weighted", "dawid-skene"):
        sound(standings.resolution(bench, LEAD, "q", method=method))
    page = tmp_path / "page.html"
    reporting.report(bench, LEAD, "q", str(page), texts=False)
    assert page.stat().st_size < 20_000_000
