"""Nothing that was said is lost, and nobody's word replaces another's in silence."""

from __future__ import annotations

from adjudge.domain.people import Actor, Role
from adjudge.services.work import judging
from adjudge.storage.drafts import waiting
from adjudge.tui.deeds import Deeds
from adjudge.tui.dialogs.drafts import WhichDraft
from adjudge.tui.dialogs.help import Help
from adjudge.tui.dialogs.too_small import TooSmall
from adjudge.tui.drafting_screen import SAVE_SECONDS
from adjudge.tui.home import HomeScreen
from adjudge.tui.judging.compare import CompareScreen
from adjudge.tui.plain.plain import run_plain

ANN = Actor(name="ann", role=Role.ANNOTATOR)


async def kept(desk):
    """Wait until nothing waits to be kept; give what is stored."""
    while desk.screen._unkept:
        await desk.pilot.pause(0.02)
    await desk.settle()
    return desk.drafts()


async def test_a_draft_is_kept_within_400_ms_of_the_last_key(sit):
    """The timer says when; how long a busy machine takes to write is its own."""
    assert SAVE_SECONDS < 0.4
    async with sit("compare") as desk:
        await desk.pilot.press("2", "n", "h", "i")
        ((session, body),) = await kept(desk)
        assert session == desk.app.place.window
        assert body["note"] == "hi"
        assert body["margin"] == 2
        await desk.settle()
        assert "saved" in desk.shown


async def test_nothing_said_keeps_nothing(sit):
    async with sit("compare") as desk:
        await desk.press("j", "tab", "d")
        assert await kept(desk) == []
        assert "saved" not in desk.shown


async def test_a_signed_task_leaves_no_draft_behind(sit):
    async with sit("compare") as desk:
        await desk.pilot.press("2", "enter")
        assert await kept(desk) == []
        assert len(desk.judgments()) == 1


async def test_a_late_save_after_the_signature_is_dropped(campaign):
    deeds = Deeds(lambda: (campaign, ANN))
    assignment = deeds.sit_down("compare").hand[0]
    draft = assignment.blank().grade(1)
    with campaign.store.write():
        pass
    from adjudge.tui.clock import Times

    deeds.submit(assignment, draft, times=Times(), seen=1, submission_id="s1")
    assert not deeds.save_draft(assignment, draft, "w")


async def test_a_draft_is_there_again_and_says_so(sit):
    async with sit("compare") as desk:
        await desk.press("6", "n")
        await desk.type_in("half a though")
        await kept(desk)
        comparison = desk.draft.comparison.id
    async with sit("compare") as desk:
        assert desk.draft.comparison.id == comparison
        assert desk.draft.digit == 6
        assert desk.draft.note == "half a though"
        assert desk.said == "Draft from 09:00 restored."
        assert len(await kept(desk)) == 1, "the new window goes on with it"


async def test_two_windows_that_said_different_things_are_both_shown(
    campaign, sit, clock
):
    deeds = Deeds(lambda: (campaign, ANN))
    assignment = deeds.sit_down("compare").hand[0]
    deeds.save_draft(assignment, assignment.blank().grade(1), "first window")
    clock.tick(60)
    later = assignment.blank().grade(7).with_note("[/x] \x1b[2J")
    deeds.save_draft(assignment, later, "second window")
    async with sit("compare") as desk:
        assert isinstance(desk.screen, WhichDraft)
        assert "09:01  B>>A · “[/x] ␛[2J”" in desk.shown
        assert "09:00  A>>B" in desk.shown
        await desk.press("down", "enter")
        assert desk.draft.digit == 1
        assert [body["margin"] for _, body in await kept(desk)] == [3]


async def test_escape_takes_the_newest(campaign, sit, clock):
    deeds = Deeds(lambda: (campaign, ANN))
    assignment = deeds.sit_down("compare").hand[0]
    for digit in (1, 7):
        clock.tick(60)
        draft = assignment.blank().grade(digit)
        deeds.save_draft(assignment, draft, f"window {digit}")
    async with sit("compare") as desk:
        await desk.press("escape")
        assert desk.draft.digit == 7


async def test_what_another_window_signed_is_said_and_the_next_task_comes(
    campaign, sit
):
    async with sit("compare") as desk:
        deeds = Deeds(lambda: (campaign, ANN))
        assignment = deeds.sit_down("compare").hand[0]
        clock = judging.Clock(active=1)
        judging.submit(
            campaign,
            ANN,
            assignment,
            assignment.blank().grade(1),
            clock=clock,
            submission_id="elsewhere",
        )
        await desk.press("7", "enter")
        assert "in another window; here is the next" in desk.said
        assert desk.draft.comparison.id != assignment.comparison.id
        assert [j.margin for j in desk.judgments()] == [3]
        assert str(desk.judgments()[0].id) == "elsewhere"


async def test_what_this_window_said_is_shown_beside_what_another_signed(
    campaign, sit, clock
):
    async with sit("compare") as desk:
        deeds = Deeds(lambda: (campaign, ANN))
        assignment = deeds.sit_down("compare").hand[0]
        await desk.press("7")
        judging.submit(
            campaign,
            ANN,
            assignment,
            assignment.blank().grade(1),
            clock=judging.Clock(active=1),
            submission_id="elsewhere",
        )
        clock.tick(60)
        await desk.press("enter")
        assert "What this one said is kept: u shows both." in desk.said
        assert desk.session.done == 1, "it counts as done here, too"
        with campaign.store.read() as unit:
            assert waiting(unit, "ann") == [], "nothing to come back to"
        await desk.press("u")
        await desk.until(WhichDraft)
        assert "09:01  B>>A" in desk.shown
        assert "09:00 signed  A>>B" in desk.shown
        await desk.press("enter")
        assert desk.draft.digit == 7
        await desk.press("enter")
        await kept(desk)
        (judgment,) = desk.judgments()
        assert judgment.ranking[0] == (assignment.shown[1],)
        assert desk.drafts() == []


async def test_what_another_open_window_says_is_said_and_asked_about(campaign, sit):
    async with sit("compare") as desk:
        await desk.press("7")
        await kept(desk)
        deeds = Deeds(lambda: (campaign, ANN))
        assignment = deeds.sit_down("compare").hand[0]
        deeds.save_draft(assignment, assignment.blank().grade(1), "another")
        await desk.press("6")
        await kept(desk)
        said = "Another window of yours says A>>B: enter asks which."
        assert desk.said.casefold() == said.casefold()
        await desk.press("enter")
        await desk.until(WhichDraft)
        assert desk.judgments() == []
        await desk.press("down", "enter")
        assert desk.draft.digit == 1
        await desk.press("enter")
        assert [j.margin for j in desk.judgments()] == [3]
        assert desk.judgments()[0].ranking[0] == (assignment.shown[0],)
        assert await kept(desk) == []


async def test_escape_keeps_what_this_window_says(campaign, sit):
    async with sit("compare") as desk:
        deeds = Deeds(lambda: (campaign, ANN))
        assignment = deeds.sit_down("compare").hand[0]
        deeds.save_draft(assignment, assignment.blank().grade(1), "another")
        await desk.press("6")
        await kept(desk)
        await desk.press("enter")
        await desk.until(WhichDraft)
        await desk.press("escape")
        assert desk.draft.digit == 6
        await desk.press("enter")
        assert [j.margin for j in desk.judgments()] == [2]


async def test_a_refusal_keeps_the_draft_and_enter_tries_again(
    campaign, sit, monkeypatch
):
    from adjudge.errors import RefusedError

    async with sit("compare") as desk:
        deeds = desk.app.place.deeds
        submit = deeds.submit

        def refuse(*args, **others):
            raise RefusedError("the task stands still", hint="try again")

        deeds.submit = refuse
        await desk.press("2", "enter")
        assert desk.said == "the task stands still. Try again"
        assert desk.draft.digit == 2
        deeds.submit = submit
        await desk.press("enter")
        assert len(desk.judgments()) == 1


async def test_keys_while_saving_change_nothing(sit):
    async with sit("compare") as desk:
        await desk.press("2")
        desk.screen._storing = True
        for key in ("5", "0", "t", "n", "enter", "u", "x", "q"):
            await desk.pilot.press(key)
        assert desk.draft.digit == 2
        assert desk.said.startswith("Saving…")


async def test_a_resize_keeps_everything_that_was_said(sit):
    async with sit("compare", size=(80, 24)) as desk:
        await desk.press("2", "t", "i", "escape", "n")
        await desk.type_in("note")
        draft = desk.draft
        for size in ((200, 50), (120, 40), (80, 24)):
            await desk.pilot.resize_terminal(*size)
            await desk.settle()
            assert desk.draft == draft
            assert "note" in desk.shown
            assert "[2 A>B]" in desk.shown
        await desk.type_in("d")
        assert desk.draft.note == "noted"


async def test_a_terminal_that_is_too_small_takes_no_keys_and_keeps_the_work(sit):
    async with sit("compare", size=(80, 24)) as desk:
        await desk.press("2")
        await desk.pilot.resize_terminal(72, 20)
        await desk.settle()
        assert isinstance(desk.screen, TooSmall)
        assert "resize to 80x24 (now 72x20)" in desk.shown
        await desk.press("7", "enter")
        await desk.pilot.resize_terminal(80, 24)
        await desk.settle()
        assert desk.draft.digit == 2
        assert desk.judgments() == []


async def test_quitting_keeps_the_draft_and_gives_the_next_task_back(sit):
    async with sit("compare") as desk:
        await desk.pilot.press("3")
        await desk.pilot.press("ctrl+q")
        await desk.pilot.pause(0.1)
        assert len(desk.drafts()) == 1
        with desk.bench.store.read() as unit:
            assert len(unit.all("SELECT 1 FROM slot WHERE state = 1")) == 1


async def test_a_lease_that_ran_out_is_said(campaign, sit, clock):
    async with sit("compare") as desk:
        with campaign.store.write() as unit:
            unit.run("UPDATE slot SET token = 'another' WHERE state = 1")
        desk.screen._beat()
        await desk.settle()
        assert "the lease has run out" in desk.said.casefold()


async def test_a_terminal_too_small_from_the_start_is_covered_at_once(sit):
    async with sit("compare", size=(72, 20)) as desk:
        assert isinstance(desk.screen, TooSmall)
        await desk.pilot.resize_terminal(80, 24)
        await desk.settle()
        await desk.press("2", "enter")
        assert len(desk.judgments()) == 1


async def test_a_question_over_the_cover_leaves_no_cover_behind(sit):
    async with sit("compare") as desk:
        await desk.pilot.resize_terminal(72, 20)
        await desk.settle()
        desk.app.push_screen(Help([]))
        await desk.pilot.resize_terminal(120, 40)
        await desk.settle()
        await desk.press("escape")
        assert isinstance(desk.screen, CompareScreen)


async def test_what_a_click_opened_while_it_was_saved_strands_nobody(sit):
    """Keys wait for the store; a click does not."""
    async with sit("compare") as desk:
        await desk.press("2")
        screen = desk.screen
        screen.action_submit()
        desk.app.push_screen(Help([]))
        await desk.settle()
        assert desk.screen is screen
        assert len(desk.judgments()) == 1
        await desk.press("q")
        await desk.until(HomeScreen)


async def test_a_save_that_comes_late_never_replaces_a_newer_one(campaign):
    """Two threads wait for one lock, and nobody says who is first."""
    deeds = Deeds(lambda: (campaign, ANN))
    assignment = deeds.sit_down("compare").hand[0]
    earlier = deeds.next_seq()
    deeds.save_draft(assignment, assignment.blank().grade(2).with_note("whole"), "w")
    deeds.save_draft(assignment, assignment.blank().grade(2), "w", seq=earlier)
    ((draft, _),) = deeds.sit_down("compare").hand[0].recovered
    assert draft.note == "whole"


async def test_drafts_that_differ_in_none_acceptable_alone_are_told_apart(
    campaign, sit, clock
):
    deeds = Deeds(lambda: (campaign, ANN))
    assignment = deeds.sit_down("compare").hand[0]
    graded = assignment.blank().grade(2)
    deeds.save_draft(assignment, graded.flip_none_acceptable(), "first window")
    clock.tick(60)
    deeds.save_draft(assignment, graded, "second window")
    said, lines = [], iter(["2", "q"])
    run_plain(
        campaign, ANN, "compare", read=lambda: next(lines, None), write=said.append
    )
    assert "Taken: A>B, none acceptable. An empty line signs it." in said
