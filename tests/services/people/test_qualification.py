"""Training tells the right answer; a gate proposes, a lead decides."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Person, Role
from adjudge.domain.queue import Queue
from adjudge.errors import (
    InvalidInputError,
    NotAllowedError,
    RefusedError,
    UnknownError,
)
from adjudge.services.campaign import queueing
from adjudge.services.measuring import agreement
from adjudge.services.people import people, qualification, standing
from adjudge.services.work import arriving, judging

RIGHT, WRONG = ("a", "b"), ("b", "a")


@pytest.fixture
def school(bench, lead, bring_in, comparison_of):
    """A training queue of 30 tasks whose right answer is a over b."""
    for name, role in (("lea", "lead"), ("ann", "annotator")):
        people.add(bench, lead, Person(name=name, role=Role(role)))
    queueing.create(bench, lead, Queue(name="school", training=True))
    gold = {"ranking": [["a"], ["b"]], "why": "b invents a method"}
    records = [comparison_of(f"t{i:02}", gold=gold) for i in range(1, 31)]
    bring_in(bench, "comparisons", records, queue="school")
    return bench


def _answer(bench, actor, ranking, queue="school"):
    task = judging.claim(bench, actor, queue)[0]
    draft = task.blank().ranked(tuple((r,) for r in ranking))
    id = f"{actor.name}-{task.comparison.id}"
    return judging.submit(
        bench, actor, task, draft, clock=judging.Clock(10, wall=10), submission_id=id
    )


def _learn(bench, actor, *, right, wrong=0):
    for ranking, n in ((RIGHT, right), (WRONG, wrong)):
        for _ in range(n):
            _answer(bench, actor, ranking)


def test_training_tells_the_right_answer_and_why(school, ann):
    told = _answer(school, ann, WRONG).feedback
    assert (told.is_right, told.ranking, told.why) == (
        False,
        (("a",), ("b",)),
        "b invents a method",
    )
    assert _answer(school, ann, RIGHT).feedback.is_right


def test_work_outside_training_tells_nothing(school, ann, bring_in, comparison_of):
    """A hidden gold task looks like every other task."""
    gold = {"ranking": [["a"], ["b"]], "why": "certain"}
    bring_in(
        school,
        "comparisons",
        [comparison_of("w1"), comparison_of("w2", gold=gold)],
        queue="work",
    )
    assert _answer(school, ann, WRONG, "work").feedback is None


def test_training_that_is_left_is_counted(school, lead, ann):
    _learn(school, ann, right=2)
    found = arriving.sit_down(school, ann, "school")
    assert (found.done, found.left) == (2, 28)
    counts = queueing.show(school, lead, "school").standing
    assert (counts.tasks, counts.done) == (30, 2)


def test_everybody_gets_every_training_task_once(school, ann, bob):
    for actor in (ann, bob):
        _learn(school, actor, right=30)
        assert judging.claim(school, actor, "school") == ()


def test_training_counts_nowhere_but_time(school, ann, lead):
    _learn(school, ann, right=3)
    assert agreement.agree(school, lead, "school")["n_judgments"] == 0
    shown = queueing.show(school, lead, "school")
    assert (sum(shown.states.values()), shown.standing.judgments) == (0, 0)


def test_the_gate_waits_until_the_evidence_is_strong(school, ann, lead):
    _learn(school, ann, right=11)
    assert qualification.gate(school, lead, "ann", "school").proposal == "wait"
    _learn(school, ann, right=1)
    found = qualification.gate(school, lead, "ann", "school")
    assert (found.proposal, found.n_gold, found.n_right) == ("accept", 12, 12)
    assert found.score == pytest.approx(12 * -0.2513, abs=1e-3)


def test_three_errors_in_a_row_propose_to_refuse(school, ann, lead):
    _learn(school, ann, right=0, wrong=3)
    assert qualification.gate(school, lead, "ann", "school").proposal == "refuse"


def test_a_revision_after_the_answer_was_shown_does_not_count(school, ann, lead):
    done = _answer(school, ann, WRONG)
    again = judging.reopen(school, ann, done.judgment.id)
    judging.submit(
        school,
        ann,
        again,
        again.blank().ranked((("a",), ("b",))),
        clock=judging.Clock(3, wall=3),
        submission_id="again",
    )
    found = qualification.gate(school, lead, "ann", "school")
    assert (found.n_gold, found.n_right) == (1, 0)


def test_accepting_clears_for_the_queue_behind_the_gate(school, ann, lead):
    queueing.create(school, lead, Queue(name="real", requires="school"))
    with pytest.raises(RefusedError, match="needs the clearance 'school'"):
        arriving.sit_down(school, ann, "real")
    _learn(school, ann, right=12)
    done = qualification.decide(
        school, lead, "ann", "school", accept=True, until="2026-06-30"
    )
    assert (done.decision, done.label, done.until) == (
        "accepted",
        "school",
        "2026-06-30T23:59:59Z",
    )
    arriving.sit_down(school, ann, "real")


def test_nobody_is_cleared_until_a_day_that_is_past(school, ann, lead):
    _learn(school, ann, right=12)
    with pytest.raises(InvalidInputError, match="--until 2025-12-31 is past"):
        qualification.decide(
            school, lead, "ann", "school", accept=True, until="2025-12-31"
        )


def test_whoever_is_through_with_a_training_reads_how_much_they_did(
    school, ann, lead, bring_in, comparison_of
):
    gold = {"ranking": [["a"], ["b"]], "why": "so it is"}
    records = [comparison_of(f"s{i}", gold=gold) for i in range(2)]
    queueing.create(school, lead, Queue(name="short", training=True))
    bring_in(school, "comparisons", records, queue="short", name="short.jsonl")
    assert arriving.why_empty(school, ann, "short") == {"tasks": 2, "open_to_you": 2}
    for _ in records:
        _answer(school, ann, RIGHT, "short")
    assert arriving.why_empty(school, ann, "short") == {"tasks": 2, "done_by_you": 2}


def test_deciding_against_the_test_needs_a_reason(school, ann, lead):
    _learn(school, ann, right=2)
    with pytest.raises(
        InvalidInputError, match=r"to accept ann .*\(the test says wait"
    ):
        qualification.decide(school, lead, "ann", "school", accept=True)
    qualification.decide(
        school, lead, "ann", "school", accept=True, why="ten years a nurse"
    )
    step = standing.of(school, ann, "ann").history[-1]
    assert (step.kind, step.why, step.detail["proposal"]) == (
        "qualified",
        "ten years a nurse",
        "wait",
    )


def test_refusing_always_has_a_reason_and_takes_the_clearance_back(school, ann, lead):
    _learn(school, ann, right=12)
    qualification.decide(school, lead, "ann", "school", accept=True, label="nda")
    with pytest.raises(InvalidInputError, match="to refuse ann a reason is needed"):
        qualification.decide(school, lead, "ann", "school", accept=False, label="nda")
    done = qualification.decide(
        school, lead, "ann", "school", accept=False, label="nda", why="copied answers"
    )
    assert done.decision == "refused"
    queueing.create(school, lead, Queue(name="real", requires="nda"))
    with pytest.raises(RefusedError) as refused:
        arriving.sit_down(school, ann, "real")
    assert refused.value.hint == "it was refused on 2026-01-05 by lea: copied answers"
    seen = standing.of(school, ann, "ann")
    assert seen.clearances == ()
    assert seen.history[-1].why == "copied answers"


def test_people_see_their_own_gate_and_decide_nothing(school, ann, bob, lead):
    assert qualification.gate(school, ann, "ann", "school").n_gold == 0
    for deed in (
        lambda: qualification.gate(school, bob, "ann", "school"),
        lambda: qualification.decide(school, ann, "ann", "school", accept=True),
    ):
        with pytest.raises(NotAllowedError):
            deed()
    with pytest.raises(RefusedError, match="cannot decide on themselves"):
        qualification.decide(school, lead, "lea", "school", accept=True, why="me")
    with pytest.raises(UnknownError, match="nobody called"):
        qualification.gate(school, lead, "zoe", "school")


def test_gold_in_ordinary_work_stays_unseen_by_the_person(
    school, ann, lead, bring_in, comparison_of
):
    """A lead may look at a work queue's gold; the person may not."""
    gold = {"ranking": [["a"], ["b"]], "why": "certain"}
    bring_in(school, "comparisons", [comparison_of("g", gold=gold)], queue="work")
    assert qualification.gate(school, lead, "ann", "work").n_gold == 0
    with pytest.raises(NotAllowedError):
        qualification.gate(school, ann, "ann", "work")
