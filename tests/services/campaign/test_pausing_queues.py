import pytest

from adjudge.errors import InvalidInputError, NotAllowedError, RefusedError
from adjudge.services.campaign import queueing
from adjudge.services.work import arriving, judging


def test_a_paused_queue_gives_nothing_and_says_why(bench, lead, ann, fill):
    fill(bench, 2)
    queueing.pause(bench, lead, "q", why="the guideline is being rewritten")
    with pytest.raises(RefusedError, match="the guideline is being rewritten"):
        arriving.sit_down(bench, ann, "q")
    assert judging.claim(bench, ann, "q") == ()
    queueing.resume(bench, lead, "q")
    assert len(judging.claim(bench, ann, "q")) == 2


def test_an_open_window_finishes_what_it_holds(bench, lead, ann, fill):
    fill(bench, 3)
    task = judging.claim(bench, ann, "q")[0]
    queueing.pause(bench, lead, "q", why="enough for today")
    done = judging.submit(
        bench,
        ann,
        task,
        task.blank().grade(1),
        clock=judging.Clock(active=1.0),
        submission_id="s1",
    )
    assert done.judgment.id == "s1"
    assert not done.late


def test_a_pause_needs_a_reason_and_a_lead(bench, lead, ann, fill):
    fill(bench)
    with pytest.raises(InvalidInputError, match="needs a reason"):
        queueing.pause(bench, lead, "q", why=" ")
    with pytest.raises(NotAllowedError):
        queueing.pause(bench, ann, "q", why="tired")
