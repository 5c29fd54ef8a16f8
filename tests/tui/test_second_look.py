"""Reviewing judgments: accept, send back with a clause, leave; and the way back."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Actor, Role
from adjudge.errors import BusyError, NotAllowedError
from adjudge.services.people import standing
from adjudge.services.work import incidents, judging, second_looks
from adjudge.tui.deeds import Deeds
from adjudge.tui.dialogs.choose import Choose
from adjudge.tui.dialogs.send_back import SendBack
from adjudge.tui.home import HomeScreen
from adjudge.tui.judging.second_look import SecondLookScreen
from adjudge.tui.plain.plain import run_plain
from adjudge.tui.widgets.banner import Banner
from adjudge.tui.writing.writing_done import WritingDoneScreen

LEAD = Actor(name="ines", role=Role.LEAD)
ANN = Actor(name="ann", role=Role.ANNOTATOR)
ROB = Actor(name="rob", role=Role.EXPERT)
EVA = Actor(name="eva", role=Role.EXPERT)


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def send_back(desk, why):
    """Say that it goes back against the first clause, without signing."""
    await desk.press("3")
    await desk.until(SendBack)
    await desk.press("enter")
    await desk.type_in(why)
    await desk.press("enter")
    await desk.until(SecondLookScreen)


async def test_home_counts_what_waits_and_opens_it_by_number(drawing, sit):
    drawing.judge("j1", "j2")
    async with sit(None, who="rob") as desk:
        queues = len(desk.screen._desk.queues)
        assert [(q.name, n, left) for q, n, left in desk.screen._desk.reviews] == [
            ("compare", 0, 2)
        ]
        assert "review" in desk.shown
        await desk.press(str(queues + 1))
        await desk.until(SecondLookScreen)
        await desk.press("1", "enter", "q")
        await desk.until(HomeScreen)
        for _ in range(2_000):  # home looks again by itself
            if desk.screen._desk.reviews[0][1:] == (1, 1):
                break
            await desk.settle(1)
        assert desk.screen._desk.reviews[0][1:] == (1, 1)


async def test_who_may_not_review_is_told_of_none(drawing, sit, campaign):
    drawing.judge("j1")
    async with sit(None, who="ann") as desk:
        assert desk.screen._desk.reviews == ()
    with pytest.raises(NotAllowedError, match="review what others did"):
        Deeds(lambda: (campaign, ANN)).sit_down_anywhere("compare", review=True)


async def test_the_judgment_stands_beside_what_its_author_saw(drawing, look_at):
    drawing.judge("j1")
    async with look_at() as desk:
        held, shown = desk.screen.held, desk.shown
        texts = [pane.text for pane in desk.screen.all_panes]
        assert [r.judged for r in held.responses] == texts
        assert tuple(r.id for r in held.responses) == held.judgment.shown
        assert "said A>B in 0:45" in shown
        assert "Under  helpfulness@1" in shown
        assert "B: incorrect" in shown
        assert "B was not asked for" in shown
        assert "ann" not in shown.split(), "whoever reviews judges what was said"


async def test_a_digit_accepts_and_enter_signs_with_the_time(
    drawing, look_at, ticks, campaign
):
    drawing.judge("j1")
    async with look_at() as desk:
        await desk.press("enter")
        assert desk.said.startswith("Decide first")
        await desk.press("1")
        assert "[1 accept]" in desk.shown
        assert drawing.reviews("state", "reviewer") == [("open", "rob")]
        ticks.seconds += 12
        await desk.press("enter")
        await desk.until(WritingDoneScreen)
        assert "Accepted: compare-" in desk.shown
        assert "No judgment of somebody else waits" in desk.shown
        assert drawing.reviews("state", "reviewer", "seconds") == [
            ("accepted", "rob", 12.0)
        ]
        assert desk.drafts("rob") == []


async def test_sending_back_names_a_clause_and_the_author_reads_the_words(
    drawing, look_at, sit
):
    drawing.judge("j1")
    async with look_at() as desk:
        await desk.press("3")
        await desk.until(SendBack)
        assert "no clause" not in desk.shown
        await desk.type_in("4")
        await desk.press("enter")
        assert "A few words are needed" in desk.shown
        await desk.type_in("shorter is better")
        await desk.press("enter")
        await desk.until(SecondLookScreen)
        assert "[3 send back (4)]" in desk.shown
        await desk.press("n")
        await desk.type_in(" here")
        await desk.press("enter", "enter")
        await desk.until(WritingDoneScreen)
        assert drawing.reviews("state", "clause") == [("returned", "4")]
    async with sit("compare") as desk:
        assert desk.said == "Back to you: clause 4: shorter is better here"


async def test_whoever_leaves_one_gets_the_next_and_others_get_it(
    drawing, look_at, campaign
):
    drawing.judge("j1", "j2")
    async with look_at() as desk:
        await desk.press("x")
        assert desk.screen.key_of_task() == "j2"
        assert desk.said == "Left to another reviewer."
        assert second_looks.claim(campaign, EVA, "compare").judgment.id == "j1"
        await desk.press("x")
        await desk.until(WritingDoneScreen)
        await desk.settle()
        assert "You left 2 judgments to other reviewers" in desk.shown
        await desk.press("r")
        await desk.until(SecondLookScreen)
        assert desk.screen.key_of_task() == "j2", "the other is in eva's hands"


async def test_two_reviewers_hold_two_judgments(drawing, look_at, campaign):
    drawing.judge("j1", "j2")
    async with look_at() as desk:
        assert desk.screen.key_of_task() == "j1"
        assert second_looks.claim(campaign, EVA, "compare").judgment.id == "j2"
        assert second_looks.claim(campaign, ROB, "compare").judgment.id == "j1"


async def test_the_second_of_two_is_told_and_loses_no_word(drawing, look_at, campaign):
    drawing.judge("j1", "j2")
    async with look_at() as desk:
        await send_back(desk, "not so")
        second_looks.review(campaign, LEAD, "j1", accept=True)
        await desk.press("enter")
        assert "waits for no review: somebody has accepted it" in desk.said
        assert desk.screen.said_now().why == "not so"
        await desk.press("x")
        assert desk.screen.key_of_task() == "j2"
    assert drawing.reviews("state", "reviewer")[0] == ("accepted", "ines")


async def test_what_was_said_survives(drawing, look_at):
    drawing.judge("j1")
    async with look_at() as desk:
        await send_back(desk, "half a thought")
        assert desk.drafts("rob")[0][1]["why"] == "half a thought"
        await desk.press("q")
        await desk.until(HomeScreen)
    assert drawing.reviews("reviewer") == [("rob",)], "it stays in hand"
    async with look_at() as desk:
        assert desk.said.startswith("Draft from")
        assert "[3 send back (1)]" in desk.shown
        assert desk.screen.said_now().why == "half a thought"


async def test_words_are_kept_while_they_are_written(drawing, look_at):
    drawing.judge("j1")
    async with look_at() as desk:
        await send_back(desk, "half")
        await desk.press("n")
        await desk.type_in(" a thought")
        await desk.until_so(lambda: desk.drafts("rob")[0][1]["why"] == "half a thought")
        await desk.until_so(lambda: "saved" in desk.shown)


async def test_leaving_lets_somebody_else_review(drawing, look_at):
    drawing.judge("j1")
    async with look_at() as desk:
        await desk.press("q")
        await desk.until(HomeScreen)
        assert drawing.reviews("state", "reviewer") == [("open", None)]


async def test_while_the_store_is_away_a_banner_says_so_and_nothing_is_lost(
    drawing, look_at, campaign, monkeypatch
):
    def busy(*_args, **_kwargs):
        raise BusyError("the store is busy", hint="try again in a moment")

    drawing.judge("j1")
    async with look_at() as desk:
        with monkeypatch.context() as patched:
            patched.setattr(type(campaign.store), "write", busy)
            await desk.press("1", "enter")
            assert desk.screen.query_one(Banner).display
            assert desk.said.startswith("the store is busy")
        assert "[1 accept]" in desk.shown
        await desk.press("enter")
        await desk.until(WritingDoneScreen)
    assert drawing.reviews("state") == [("accepted",)]


async def test_what_stands_behind_a_warning_is_opened_first(drawing, look_at, campaign):
    standing.opt_in(campaign, ANN, "ann", "violence")
    drawing.judge("j1", queue="warned")
    async with look_at("warned") as desk:
        assert isinstance(desk.screen, WritingDoneScreen), "rob did not opt in"
    standing.opt_in(campaign, ROB, "rob", "violence")
    async with look_at("warned") as desk:
        assert "Content warning" in desk.shown
        assert "B was not asked for" not in desk.shown
        await desk.press("1")
        assert desk.said.startswith("Behind a warning (violence)")
        await desk.press("o", "1", "enter")
        await desk.until(WritingDoneScreen)
    assert drawing.reviews("state") == [("accepted",)]


async def test_a_lead_can_be_called_and_what_stands_still_is_passed_over(
    drawing, look_at, campaign
):
    drawing.judge("j1", "j2")
    async with look_at() as desk:
        await desk.press("!")
        await desk.until(Choose)
        await desk.press("escape")
        task = desk.screen.held.task_id
    incidents.flag(campaign, LEAD, task, "pii")
    async with look_at() as desk:
        assert desk.screen.key_of_task() == "j2"


@pytest.mark.parametrize(
    ("queue", "said"), [("ranking", "said 1 > 2 > 3"), ("rate", "response: accuracy 4")]
)
async def test_rankings_and_ratings_are_reviewed_as_well(drawing, look_at, queue, said):
    drawing.judge("j1", queue=queue)
    async with look_at(queue, size=(200, 50)) as desk:
        assert said in desk.shown
        await desk.press("1", "enter")
        await desk.until(WritingDoneScreen)
    assert drawing.reviews("state") == [("accepted",)]


async def test_where_room_is_short_a_key_shows_the_judgment(drawing, look_at):
    drawing.judge("j1")
    async with look_at(size=(80, 24)) as desk:
        assert "said A>B" in desk.shown
        assert "B was not asked for" not in desk.shown
        await desk.press("i")
        assert "B was not asked for" in desk.shown
        await desk.press("i")
        assert "B was not asked for" not in desk.shown


async def test_what_its_author_took_back_waits_for_nobody(drawing, look_at, campaign):
    drawing.judge("j1", "j2")
    judging.reopen(campaign, ANN, "j1")
    async with look_at() as desk:
        assert desk.screen.key_of_task() == "j2"
        assert desk.session.total == 1


async def test_nothing_in_a_judgment_reaches_the_terminal_raw(drawing, look_at):
    drawing.judge("j1", note="see [/x] \x1b]52;c;aGk=\x07 [@click=app.quit]there")
    async with look_at(size=(200, 50)) as desk:
        assert "see [/x] ␛]52;c;aGk=␇" in desk.shown
        assert "[@click=app.quit]there" in desk.shown.replace("\n", "")


def test_line_by_line_the_same_is_said_and_done(drawing, campaign):
    drawing.judge("j1", "j2", "j3")
    left = iter(["s", "3", "99", "4", "too long", "2", "r", "g", "1"])
    said = []
    run_plain(
        campaign,
        ROB,
        "compare",
        review=True,
        read=lambda: next(left, None),
        write=said.append,
    )
    told = "\n".join(said)
    assert "Said: A>B, in 0:45, under helpfulness@1." in told
    assert "Reasons, B: incorrect." in told
    assert "Note: B was not asked for" in told
    assert "99 is none of these: say 1, 2" in told
    assert "You left 1 judgment to other reviewers" in told
    assert drawing.reviews("state", "reviewer", "clause") == [
        ("open", None, None),
        ("returned", "rob", "4"),
        ("accepted", "rob", None),
    ]


def test_line_by_line_the_end_of_the_input_lets_go(drawing, campaign):
    drawing.judge("j1")
    said = []
    run_plain(
        campaign, ROB, "compare", review=True, read=lambda: None, write=said.append
    )
    assert said[-1].startswith("The input has ended")
    assert drawing.reviews("state", "reviewer") == [("open", None)]
