"""A lead decides; what people said stays as it was."""

from __future__ import annotations

import pytest

from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    UnknownError,
)
from adjudge.services.measuring import adjudication, resolving

A, B, TIE = [["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]


@pytest.fixture
def split(bring_in, comparison_of, judgment_of):
    """Three comparisons: a split, a tie, and one that is settled."""

    def make(bench):
        asked = [comparison_of(c) for c in ("c1", "c2", "c3")]
        bring_in(bench, "comparisons", asked, queue="q")
        said = {"c1": (A, B, TIE), "c2": (TIE, TIE, A), "c3": (A, A, B)}
        records = [
            judgment_of(c, f"p{j}", ranking, note=f"note {j}")
            for c, row in said.items()
            for j, ranking in enumerate(row)
        ]
        bring_in(bench, "judgments", records, name="j.jsonl", queue="q")

    return make


def state(bench, lead, comparison="c1"):
    found = resolving.resolved(bench, lead, "q")
    return next(r for r in found if r.comparison == comparison)


def rows(bench):
    with bench.store.read() as unit:
        return unit.all("SELECT * FROM judgment ORDER BY id")


def test_a_decision_stands_over_the_judgments_and_leaves_them_alone(bench, lead, split):
    split(bench)
    before = rows(bench)
    done = adjudication.adjudicate(
        bench, lead, "c1", (("b",), ("a",)), why="a is wrong", cause="mistake"
    )
    found = state(bench, lead)
    assert found.resolution.state == "adjudicated"
    assert found.resolution.winner == done.winner == "b"
    assert found.as_json()["unweighted_winner"] is None
    assert rows(bench) == before


def test_the_numbers_of_a_decision_are_of_those_who_say_the_same(
    bench, lead, bring_in, comparison_of, judgment_of
):
    bring_in(bench, "comparisons", [comparison_of()], queue="q")
    said = {"ann": A, "bob": A, "cy": B, "dan": TIE}
    margins = {"ann": 3, "cy": 2}
    lines = [
        judgment_of("c1", who, ranking, margin=margins.get(who))
        for who, ranking in said.items()
    ]
    bring_in(bench, "judgments", lines)
    adjudication.adjudicate(bench, lead, "c1", (("b",), ("a",)), why="a is wrong")
    found = state(bench, lead).resolution
    assert (found.state, found.winner, found.n_judgments) == ("adjudicated", "b", 4)
    assert (found.confidence, found.weight) == (0.25, 1.0)  # of cy alone
    assert found.margin == pytest.approx(2 / 3)
    assert found.agreement == pytest.approx(1 / 6)  # ann and bob


def test_a_decision_against_everybody_has_no_numbers(bench, lead, split):
    split(bench)
    adjudication.adjudicate(bench, lead, "c2", (("b",), ("a",)), why="a is wrong")
    found = state(bench, lead, "c2").resolution
    assert (found.confidence, found.margin, found.weight) == (None, None, None)


def test_a_later_decision_supersedes_and_the_first_is_kept(bench, lead, split):
    split(bench)
    first = adjudication.adjudicate(bench, lead, "c1", (("b",), ("a",)), why="one")
    later = adjudication.adjudicate(bench, lead, "c1", (("a",), ("b",)), why="two")
    assert later.supersedes == first.id
    assert state(bench, lead).resolution.winner == "a"
    with bench.store.read() as unit:
        assert unit.one("SELECT count(*) FROM adjudication") == (2,)


def test_a_decided_tie_has_no_winner(bench, lead, split):
    split(bench)
    adjudication.adjudicate(bench, lead, "c3", (("a", "b"),), why="equal")
    found = state(bench, lead, "c3")
    assert (found.resolution.state, found.resolution.winner) == ("adjudicated", None)


@pytest.mark.parametrize(
    ("ranking", "others", "problem"),
    [
        ((("a",),), {"why": "x"}, "missing"),
        ((("a",), ("z",)), {"why": "x"}, "unknown response"),
        ((("a",), ("b",)), {"why": "  "}, "reason"),
        ((("a",), ("b",)), {"why": "x", "cause": "moon"}, "cause"),
    ],
)
def test_half_a_decision_is_refused(bench, lead, split, ranking, others, problem):
    split(bench)
    with pytest.raises(InvalidInputError, match=problem):
        adjudication.adjudicate(bench, lead, "c1", ranking, **others)


def test_only_leads_decide_and_only_about_work(bench, lead, ann, split):
    split(bench)
    with pytest.raises(NotAllowedError):
        adjudication.adjudicate(bench, ann, "c1", (("a",), ("b",)), why="x")
    with pytest.raises(UnknownError, match="c9"):
        adjudication.adjudicate(bench, lead, "c9", (("a",), ("b",)), why="x")


def test_work_of_two_queues_needs_a_name(bench, lead, split, bring_in, comparison_of):
    split(bench)
    bring_in(bench, "comparisons", [comparison_of("c1")], name="r.jsonl", queue="r")
    with pytest.raises(ConflictError, match="2 queues"):
        adjudication.adjudicate(bench, lead, "c1", (("a",), ("b",)), why="x")
    done = adjudication.adjudicate(
        bench, lead, "c1", (("a",), ("b",)), why="x", queue="r"
    )
    assert done.queue == "r"


def test_what_a_decision_would_change_comes_first(bench, lead, split):
    split(bench)
    found = adjudication.disputed(bench, lead, "q")
    assert [d.comparison for d in found] == ["c1", "c2"]
    assert found[0].answers == {"a = b": 1, "a > b": 1, "b > a": 1}
    adjudication.adjudicate(bench, lead, "c1", (("a",), ("b",)), why="x")
    assert [d.comparison for d in adjudication.disputed(bench, lead, "q")] == ["c2"]


def test_the_evidence_names_no_judge(bench, lead, split):
    split(bench)
    found = adjudication.evidence(bench, lead, "c1")
    assert sorted(j["judge"] for j in found["judgments"]) == [1, 2, 3]
    assert "p0" not in str(found)
    assert sum(found["shares"].values()) == pytest.approx(1)
