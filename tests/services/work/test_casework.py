"""What a lead does with a disputed comparison besides deciding it."""

from __future__ import annotations

import pytest

from adjudge.errors import InvalidInputError, NotAllowedError, UnknownError
from adjudge.services.campaign import guidelines
from adjudge.services.measuring import adjudication, agreement, overview
from adjudge.services.work import casework, incidents, judging

A, B = [["a"], ["b"]], [["b"], ["a"]]


@pytest.fixture
def disputed(fill, bring_in, judgment_of):
    def make(bench):
        fill(bench, 2)
        said = [
            judgment_of("c1", who, ranking)
            for who, ranking in (("ann", A), ("bob", B), ("cy", [["a", "b"]]))
        ]
        bring_in(bench, "judgments", said, queue="q", name="said.jsonl")

    return make


def judgments(bench):
    with bench.store.read() as unit:
        return unit.all("SELECT * FROM judgment ORDER BY id")


def test_a_case_is_read_without_its_judgments(bench, lead, disputed):
    disputed(bench)
    case = casework.open_case(bench, lead, "c1")
    assert case.queue == "q"
    assert sorted(case.shown) == ["a", "b"]
    assert case.comparison.id == "c1"
    assert "judgment" not in repr(case)
    with pytest.raises(UnknownError, match="there is no comparison"):
        casework.open_case(bench, lead, "c9")


def test_the_blind_call_is_kept_beside_the_decision(bench, lead, disputed):
    disputed(bench)
    before = judgments(bench)
    done = adjudication.adjudicate(
        bench, lead, "c1", (("a",), ("b",)), why="clear", blind=(("b",), ("a",))
    )
    assert done.as_json()["blind"] == (("b",), ("a",))
    shown = adjudication.evidence(bench, lead, "c1")
    assert shown["decision"]["blind"] == "1>0"
    assert judgments(bench) == before
    with pytest.raises(InvalidInputError):
        adjudication.adjudicate(
            bench, lead, "c1", (("a",), ("b",)), why="x", blind=(("a",),)
        )


def test_a_ticket_asks_about_the_guideline(bench, lead, disputed):
    disputed(bench)
    id = casework.ask_about_guideline(bench, lead, "c1", why="what is a tie?")
    (ticket,) = guidelines.tickets(bench, lead)
    assert (ticket.id, ticket.source, ticket.comparison) == (id, "adjudication", "c1")
    assert ticket.note == "what is a tie?"


def test_sent_back_it_comes_to_each_judge_and_the_judgments_stand(
    bench, lead, ann, disputed
):
    disputed(bench)
    before = judgments(bench)
    assert casework.send_back(bench, lead, "c1", why="read the code") == 3
    assert judgments(bench) == before
    hand = judging.claim(bench, ann, "q")
    assert (hand[0].comparison.id, hand[0].why_back) == ("c1", "read the code")
    assert [d.comparison for d in adjudication.disputed(bench, lead, "q")] == ["c1"]


def test_excluded_it_leaves_queue_and_export_with_a_reason(bench, lead, disputed):
    disputed(bench)
    id = casework.exclude(bench, lead, "c1", why="the prompt is cut off")
    assert adjudication.disputed(bench, lead, "q") == []
    found = incidents.show(bench, lead, id)
    assert (found.state, found.outcome) == ("closed", "withdraw")
    with bench.store.read() as unit:
        assert unit.one("SELECT frozen FROM task WHERE comparison_id = 'c1'") == (1,)


def test_what_is_excluded_still_counts_in_agreement(bench, lead, disputed):
    """People did judge it: to drop what they disagree on would flatter agreement."""
    disputed(bench)
    before = agreement.agree(bench, lead, "q")
    casework.exclude(bench, lead, "c1", why="the prompt is cut off")
    assert agreement.agree(bench, lead, "q") == before
    assert overview.glance(bench, lead, "q")["percent"] == before["winner"]["percent"]


@pytest.mark.parametrize(
    "deed", [casework.ask_about_guideline, casework.send_back, casework.exclude]
)
def test_every_outcome_needs_a_reason_and_a_lead(bench, lead, ann, disputed, deed):
    disputed(bench)
    with pytest.raises(InvalidInputError, match="say why"):
        deed(bench, lead, "c1", why=" ")
    with pytest.raises(NotAllowedError):
        deed(bench, ann, "c1", why="me")
    with pytest.raises(UnknownError):
        deed(bench, lead, "c9", why="x")


def test_disputes_can_be_listed_by_judge(bench, lead, disputed):
    disputed(bench)
    for judge, found in (("ann", ["c1"]), ("eve", [])):
        mine = adjudication.disputed(bench, lead, "q", judge=judge)
        assert [d.comparison for d in mine] == found
