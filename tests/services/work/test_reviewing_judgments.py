"""Judgments that are drawn for a review, as the reviewer sees them."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Role
from adjudge.errors import NotAllowedError, RefusedError, UnknownError
from adjudge.services.campaign import queueing
from adjudge.services.people import standing
from adjudge.services.work import incidents, judging, second_looks


@pytest.fixture
def exp(make_actor):
    return make_actor("exp", Role.EXPERT)


@pytest.fixture
def waiting(bench, lead, ann, bring_in, comparison_of):
    """A judgment that waits for a review: its queue draws all of them."""
    two = comparison_of("c1", labels=["violence"])
    two["responses"][0]["model"] = "secret-model"
    bring_in(bench, "comparisons", [two], queue="q")
    queueing.change(bench, lead, "q", review_rate=1.0)
    standing.opt_in(bench, ann, "ann", "violence")
    task = judging.claim(bench, ann, "q")[0]
    draft = task.blank().grade(2).with_note("because")
    judging.submit(
        bench, ann, task, draft, clock=judging.Clock(active=5), submission_id="j1"
    )
    return task


def test_a_reviewer_sees_what_was_said_about_which_texts(bench, lead, exp, waiting):
    standing.opt_in(bench, exp, "exp", "violence")
    found = second_looks.drawn(bench, exp, "j1").as_json()
    assert [r["id"] for r in found["responses"]] == list(waiting.shown)
    assert found["prompt"] == [{"role": "user", "content": "question c1"}]
    assert found["ranking"][0] == [waiting.shown[0]]
    assert (found["margin"], found["note"]) == (2, "because")
    assert "secret-model" not in str(found)
    second_looks.review(bench, exp, "j1", accept=True)
    with pytest.raises(UnknownError, match="waits for no review"):
        second_looks.drawn(bench, exp, "j1")


def test_nobody_sees_what_they_may_not(bench, lead, ann, exp, waiting, make_actor):
    with pytest.raises(RefusedError, match=r"content warning \(violence\)"):
        second_looks.drawn(bench, exp, "j1")
    with pytest.raises(NotAllowedError):
        second_looks.drawn(bench, ann, "j1")
    with pytest.raises(NotAllowedError, match="their own"):
        second_looks.drawn(bench, make_actor("ann", Role.EXPERT), "j1")
    assert second_looks.drawn(bench, lead, "j1").judgment.id == "j1"
    incidents.flag(bench, lead, waiting.task_id, "pii")
    with pytest.raises(RefusedError, match="stands still"):
        second_looks.drawn(bench, lead, "j1")
