"""Judgments that are drawn for a review, as the reviewer sees them."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Role
from adjudge.domain.second_looks import SecondLook
from adjudge.errors import ConflictError, NotAllowedError, RefusedError, UnknownError
from adjudge.services.campaign import queueing
from adjudge.services.people import standing
from adjudge.services.work import arriving, incidents, judging, second_looks


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


# --- one in hand -----------------------------------------------------------------
@pytest.fixture
def judged(bench, lead, ann, bring_in, comparison_of):
    """Three judgments by ann that wait for a review."""
    rows = [comparison_of(f"c{n}") for n in (1, 2, 3)]
    bring_in(bench, "comparisons", rows, queue="q")
    queueing.change(bench, lead, "q", review_rate=1.0)
    for n in (1, 2, 3):
        task = judging.claim(bench, ann, "q")[0]
        draft, clock = task.blank().grade(2), judging.Clock(active=5)
        judging.submit(bench, ann, task, draft, clock=clock, submission_id=f"j{n}")
    return bench


@pytest.fixture
def claimed(judged):
    def claimed(actor, **options):
        held = second_looks.claim(judged, actor, "q", **options)
        return held.judgment.id if held else None

    return claimed


def make_expert_of(actor):
    return actor.model_copy(update={"role": Role.EXPERT})


@pytest.fixture
def waits(judged):
    def waits(actor):
        return second_looks.counts(judged, actor).get("q", (0, 0))

    return waits


def test_two_reviewers_never_hold_the_same_judgment(judged, claimed, exp, make_actor):
    other = make_actor("other", Role.EXPERT)
    assert (claimed(exp), claimed(other)) == ("j1", "j2")
    assert claimed(exp) == "j1", "what is in hand comes again"
    held = second_looks.claim(judged, exp, "q")
    assert second_looks.heartbeat(judged, exp, held)
    assert not second_looks.heartbeat(judged, other, held)
    second_looks.release(judged, other, held)
    assert claimed(other, leaving=["j2"]) == "j3", "only whoever holds it lets go"
    second_looks.release(judged, exp, held)
    assert claimed(other, leaving=["j2", "j3"]) == "j1"


def test_a_hold_that_ran_out_is_somebody_elses(judged, claimed, exp, make_actor):
    assert claimed(exp) == "j1"
    with judged.store.write() as unit:
        unit.run("UPDATE review SET lease_until = 1 WHERE judgment_id = 'j1'")
    assert claimed(make_actor("other", Role.EXPERT)) == "j1"


def test_what_waits_is_counted_as_it_is_given(judged, claimed, exp, ann, lead, waits):
    assert waits(exp) == (0, 3)
    assert waits(make_expert_of(ann)) == (0, 0), "nobody reviews their own"
    second_looks.review(judged, exp, "j1", accept=True)
    second_looks.review(judged, exp, "j2", accept=False, clause="1")
    assert waits(exp) == (2, 1)
    judging.reopen(judged, ann, "j3")
    assert (waits(exp), claimed(exp)) == ((2, 0), None)
    assert second_looks.to_review(judged, lead, "q") == []


def test_home_lists_what_waits_to_whoever_may_review(judged, exp, ann, lead):
    found = {
        who: [(q.name, n, left) for q, n, left in arriving.desk(judged, who).reviews]
        for who in (exp, ann, lead)
    }
    assert list(found.values()) == [[("q", 0, 3)], [], [("q", 0, 3)]]
    queueing.change(judged, lead, "q", review_rate=0.0)
    assert arriving.desk(judged, exp).reviews[0][2] == 3, "as long as some wait"


def test_the_second_of_two_is_told_what_became_of_it(judged, exp, lead):
    second_looks.review(judged, lead, "j1", accept=True)
    with pytest.raises(ConflictError, match="somebody has accepted it"):
        second_looks.review(judged, exp, "j1", accept=False, clause="1")
    with pytest.raises(UnknownError, match="waits for no review"):
        second_looks.review(judged, exp, "nobody-said-this", accept=True)


def test_a_draft_is_given_back_until_it_is_signed(judged, exp, make_actor):
    held = second_looks.claim(judged, exp, "q")
    said = SecondLook(judgment="j1", verdict="return", clause="1", why="half a")
    second_looks.save_draft(judged, exp, held, said, session="w", seq=1)
    ((found, _),) = second_looks.claim(judged, exp, "q").recovered
    assert found == said
    other = make_actor("other", Role.EXPERT)
    assert second_looks.drawn(judged, other, "j1").recovered == ()
    second_looks.review(judged, exp, "j1", accept=True)
    with judged.store.read() as unit:
        assert unit.all("SELECT 1 FROM draft WHERE annotator = 'exp'") == []


def test_a_reviewer_is_given_what_they_opted_into_and_a_lead_all(
    bench, lead, exp, waiting
):
    assert second_looks.claim(bench, exp, "q") is None
    assert second_looks.counts(bench, exp)["q"] == (0, 0)
    held = second_looks.claim(bench, lead, "q")
    assert held.judgment.id == "j1"
    second_looks.release(bench, lead, held)
    standing.opt_in(bench, exp, "exp", "violence")
    assert second_looks.claim(bench, exp, "q").judgment.id == "j1"
    incidents.flag(bench, lead, waiting.task_id, "pii")
    assert second_looks.claim(bench, exp, "q") is None
