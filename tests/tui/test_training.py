"""Training tells the right answer after each task; returned work says why."""

from __future__ import annotations

import json

import pytest

from adjudge.domain.people import Actor, Role
from adjudge.domain.queue import Queue
from adjudge.services.campaign import queueing
from adjudge.services.importing import ingest
from adjudge.services.work import judging, second_looks
from adjudge.tui.dialogs.answer import Answer
from adjudge.tui.judging.compare import CompareScreen
from adjudge.tui.plain.plain import run_plain

ANN = Actor(name="ann", role=Role.ANNOTATOR)
LEAD = Actor(name="ines", role=Role.LEAD)


@pytest.fixture
def school(campaign, tmp_path):
    """A training queue of three; the right answer is a over b."""
    queue = Queue(name="school", training=True, guideline="helpfulness")
    queueing.create(campaign, LEAD, queue)
    rows = [
        {
            "id": f"t{n}",
            "prompt": f"question {n}",
            "responses": [{"id": "a", "text": "right"}, {"id": "b", "text": "wrong"}],
            "gold": {"ranking": [["a"], ["b"]], "why": "b invents [/x] a method"},
        }
        for n in range(3)
    ]
    file = tmp_path / "school.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ingest.import_files(
        campaign, LEAD, "comparisons", [str(file)], ingest.Options(queue="school")
    )


async def test_the_right_answer_is_told_after_each_task(sit, school):
    async with sit("school") as desk:
        right = "2" if desk.session.current.shown[0] == "a" else "6"
        await desk.press(right, "enter")
        assert isinstance(desk.screen, Answer)
        assert "That is right." in desk.shown
        assert "b invents [/x] a method" in desk.shown
        await desk.press("2", "enter")
        await desk.until(CompareScreen)
        assert desk.draft.digit is None, "the card took the digit"
        wrong = "6" if desk.session.current.shown[0] == "a" else "2"
        await desk.press(wrong, "enter")
        assert "Another answer was expected." in desk.shown


async def test_the_end_says_who_decides(sit, campaign, school):
    while hand := judging.claim(campaign, ANN, "school"):
        draft, id = hand[0].blank().grade(2), campaign.new_id()
        clock = judging.Clock(active=1)
        judging.submit(campaign, ANN, hand[0], draft, clock=clock, submission_id=id)
    async with sit("school") as desk:
        await desk.settle()
        assert "3  judged by you" in desk.shown
        assert "A lead looks at how you did" in desk.shown


async def test_elsewhere_nothing_is_told(sit):
    async with sit("compare") as desk:
        await desk.press("2", "enter")
        assert isinstance(desk.screen, CompareScreen)


def test_line_by_line_it_is_told_as_well(campaign, school):
    said, left = [], iter(["2", "", ""])
    run_plain(campaign, ANN, "school", read=lambda: next(left, None), write=said.append)
    assert any("b invents [/x] a method" in text for text in said)


async def test_returned_work_says_why_it_is_back(sit, campaign):
    queueing.change(campaign, LEAD, "compare", review_rate=1.0)
    task = judging.claim(campaign, ANN, "compare")[0]
    done = judging.submit(
        campaign,
        ANN,
        task,
        task.blank().grade(2),
        clock=judging.Clock(active=1.0),
        submission_id="s1",
    )
    for other in done.next:
        judging.release(campaign, ANN, other)
    second_looks.review(
        campaign, LEAD, "s1", accept=False, clause="3", why="B does not follow"
    )
    async with sit("compare") as desk:
        assert desk.said == "Back to you: clause 3: B does not follow"
    said = []
    run_plain(campaign, ANN, "compare", read=lambda: None, write=said.append)
    assert "Back to you: clause 3: B does not follow" in said
