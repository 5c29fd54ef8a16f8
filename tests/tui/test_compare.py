"""Comparing two responses, key by key."""

from __future__ import annotations

import tempfile
import threading

import pytest
from textual.widgets import Input

from adjudge.domain.judging import WHOLE
from adjudge.tui.clock import Times
from adjudge.tui.dialogs.choose import Choose
from adjudge.tui.dialogs.help import Help
from adjudge.tui.home import HomeScreen
from adjudge.tui.judging.done import DoneScreen
from adjudge.tui.widgets.pane import Pane
from adjudge.tui.widgets.reasons import Reasons


async def test_two_keys_store_one_judgment(sit):
    async with sit("compare") as desk:
        left, right = desk.draft.shown
        comparison = desk.draft.comparison.id
        await desk.press("2", "enter")
        (judgment,) = desk.judgments()
        assert judgment.comparison == comparison
        assert judgment.ranking == ((left,), (right,))
        assert judgment.margin == 2
        assert judgment.shown == (left, right)
        assert judgment.guideline == "helpfulness@1"
        assert desk.said == "Saved #1 A>B. u undoes."
        assert desk.draft.is_empty
        assert desk.draft.comparison.id != comparison
        assert "1/6" in desk.shown


@pytest.mark.parametrize("digit", range(1, 8))
async def test_each_digit_is_a_grade_and_none_of_them_submits(sit, digit):
    async with sit("compare") as desk:
        await desk.press(str(digit))
        assert desk.draft.digit == digit
        assert f"[{digit} " in desk.shown
        assert desk.judgments() == []


async def test_arrows_move_the_grade_and_stop_at_the_ends(sit):
    async with sit("compare") as desk:
        await desk.press("left")
        assert desk.draft.digit == 3
        await desk.press(*["right"] * 6)
        assert desk.draft.digit == 7


async def test_none_acceptable_stands_beside_the_grade(sit):
    async with sit("compare") as desk:
        await desk.press("0", "6")
        assert (desk.draft.digit, desk.draft.none_acceptable) == (6, True)
        await desk.press("f2")
        assert desk.judgments()[0].none_acceptable
        assert desk.said == "Saved #1 B>A, none acceptable. u undoes."


async def test_enter_says_what_is_missing_and_stores_nothing(sit):
    async with sit("compare") as desk:
        await desk.press("enter")
        assert desk.said == "Choose a grade first: 1 to 7."
        assert desk.judgments() == []


async def test_tags_go_to_the_loser_unless_a_side_is_named(sit):
    async with sit("compare") as desk:
        left, right = desk.draft.shown
        await desk.press("2", "t", "i", "A", "l", "asterisk", "u", "escape")
        assert desk.draft.reasons == {
            right: ("incorrect",),
            left: ("too_long",),
            WHOLE: ("unclear_prompt",),
        }
        assert "✓B i Incorrect" in desk.shown
        await desk.press("enter")
        assert desk.judgments()[0].reasons[right] == ("incorrect",)


async def test_without_a_grade_tags_are_about_the_whole(sit):
    async with sit("compare") as desk:
        await desk.press("t", "i")
        assert desk.draft.reasons == {WHOLE: ("incorrect",)}
        await desk.press("i")
        assert desk.draft.reasons == {}


async def test_a_tag_set_before_the_grade_is_taken_back_where_it_is(sit):
    async with sit("compare") as desk:
        await desk.press("t", "i", "escape", "2", "t", "i")
        assert desk.draft.reasons == {}


async def test_in_tag_mode_letters_are_tags_and_digits_still_grade(sit):
    """``n`` is a tag here, not the note; a letter without a tag is refused."""
    async with sit("compare") as desk:
        await desk.press("t", "n", "6", "q")
        assert desk.draft.reasons == {WHOLE: ("ignored_instructions",)}
        assert desk.draft.digit == 6
        assert desk.said == "No reason has the letter q. Esc leaves the tags."
        assert isinstance(desk.app.focused, Reasons)
        await desk.press("enter")
        assert isinstance(desk.app.focused, Pane)
        assert desk.judgments() == []


async def test_tab_in_tag_mode_chooses_whom_the_tag_is_about(sit):
    async with sit("compare") as desk:
        left = desk.draft.shown[0]
        await desk.press("2", "t")
        assert "Why B" in desk.shown
        await desk.press("tab")
        assert "Why all" in desk.shown
        await desk.press("tab", "i")
        assert desk.draft.reasons == {left: ("incorrect",)}


async def test_a_note_is_typed_and_its_letters_are_no_commands(sit):
    async with sit("compare") as desk:
        await desk.press("3", "n")
        await desk.type_in("x u 7 quit!")
        assert desk.draft.note == "x u 7 quit!"
        assert desk.draft.digit == 3
        await desk.press("enter")
        assert desk.judgments() == []
        await desk.press("enter")
        assert desk.judgments()[0].note == "x u 7 quit!"
        assert desk.screen.query_one("#note", Input).value == ""


async def test_f2_submits_out_of_the_note(sit):
    async with sit("compare") as desk:
        await desk.press("3", "n")
        await desk.type_in("ok")
        await desk.press("f2")
        assert desk.judgments()[0].note == "ok"


async def test_a_note_ends_at_500_characters(sit):
    async with sit("compare") as desk:
        await desk.press("n")
        desk.screen.query_one("#note", Input).insert("y" * 499, 0)
        await desk.type_in("zz")
        assert desk.draft.note == "y" * 499 + "z"


async def test_undo_takes_back_and_a_new_signature_supersedes(sit):
    async with sit("compare") as desk:
        first = desk.draft.comparison.id
        await desk.press("2", "enter", "6", "u")
        assert desk.draft.comparison.id == first
        assert desk.draft.digit == 2
        assert "taken back 1" in desk.shown
        assert desk.judgments() == []
        await desk.press("5", "enter")
        (judgment,) = desk.judgments()
        assert judgment.margin == 1
        assert desk.said == "Signed anew: B>=A. u undoes."
        with desk.bench.store.read() as unit:
            rows = unit.all("SELECT revision FROM judgment ORDER BY revision")
        assert [r for (r,) in rows] == [1, 2]
        assert desk.draft.digit == 6, "the task that was left waits with its draft"
        assert desk.screen.session.done == 1


async def test_what_was_taken_back_is_not_said_by_another_window(sit):
    """It waits as a draft, and is this window's as soon as that keeps its own."""
    async with sit("compare") as desk:
        await desk.press("2", "enter", "u", "5")
        desk.screen.keep_draft()  # as after a moment's thought
        await desk.settle()
        assert "Another window" not in desk.said
        await desk.press("enter")
        assert desk.said == "Signed anew: B>=A. u undoes."
        assert [j.margin for j in desk.judgments()] == [1]


async def test_undo_goes_several_steps_and_redo_puts_back_as_it_was(sit):
    async with sit("compare") as desk:
        await desk.press("1", "enter", "4", "enter", "7", "enter")
        here = desk.draft.comparison.id
        await desk.press("u", "u")
        assert desk.draft.digit == 4
        assert "taken back 2" in desk.shown
        await desk.press("U")
        assert desk.draft.digit == 7
        await desk.press("U")
        assert desk.draft.comparison.id == here
        digits = sorted((len(j.ranking), j.margin or 0) for j in desk.judgments())
        assert digits == [(1, 0), (2, 3), (2, 3)]
        await desk.press("U")
        assert desk.said == "This is the task in hand; there is nothing to redo."


async def test_undo_with_nothing_behind_says_so(sit):
    async with sit("compare") as desk:
        await desk.press("u")
        assert desk.said == "There is no earlier judgment of yours in this queue."


async def test_a_task_is_passed_on_with_a_reason(sit):
    async with sit("compare") as desk:
        first = desk.draft.comparison.id
        await desk.press("x", "7", "enter")
        assert desk.said == "Passed on: not for me."
        assert desk.draft.comparison.id != first
        with desk.bench.store.read() as unit:
            assert unit.all("SELECT code FROM skip") == [("not_for_me",)]


async def test_another_reason_needs_words(sit):
    async with sit("compare") as desk:
        await desk.press("x", "8", "enter")
        assert isinstance(desk.screen, Choose)
        assert "A few words are needed" in desk.shown
        await desk.type_in("odd")
        await desk.press("enter")
        assert desk.said.startswith("Passed on")


async def test_escape_leaves_a_dialog_and_the_task_as_they_were(sit):
    async with sit("compare") as desk:
        first = desk.draft.comparison.id
        await desk.press("2", "x", "escape")
        assert desk.draft.comparison.id == first
        assert desk.draft.digit == 2


async def test_a_lead_is_called_and_the_task_stays(sit):
    async with sit("compare") as desk:
        first = desk.draft.comparison.id
        await desk.press("!", "3", "enter")
        assert desk.said.startswith("A lead has been called: personal data")
        assert desk.draft.comparison.id == first


async def test_suspected_abuse_hides_the_task_at_once(sit):
    async with sit("compare") as desk:
        first = desk.draft.comparison.id
        await desk.press("!", "1", "enter")
        assert "Nobody sees this task any more" in desk.said
        assert desk.draft.comparison.id != first


async def test_the_end_of_a_queue_says_in_counts_why(sit):
    async with sit("compare") as desk:
        for _ in range(6):
            await desk.press("4", "enter")
        assert isinstance(desk.screen, DoneScreen)
        assert "Queue done." in desk.shown
        await desk.press("?")
        assert "take the last judgment back" in desk.shown
        await desk.press("escape")
        assert "6  judged by you" in desk.shown
        assert "Saved #6 tie. u undoes." in desk.shown
        await desk.press("u")
        assert desk.draft.digit == 4
        await desk.press("U")
        assert isinstance(desk.screen, DoneScreen)
        await desk.press("enter")
        assert isinstance(desk.screen, HomeScreen)


async def test_an_empty_queue_says_that_nobody_filled_it(sit):
    async with sit("empty") as desk:
        assert isinstance(desk.screen, DoneScreen)
        assert "No tasks have been put into this queue yet" in desk.shown


async def test_the_clock_goes_with_the_judgment(sit, ticks):
    async with sit("compare") as desk:
        ticks.seconds += 20
        await desk.press("2")
        ticks.seconds += 4_000
        await desk.press("R")
        ticks.seconds += 120
        await desk.press("n", "escape")
        desk.screen.tick()  # each second by itself
        await desk.settle()
        assert "research 2:00" in desk.shown
        words = desk.screen.words_on_screen()
        await desk.press("enter")
        judgment = desk.judgments()[0]
        assert judgment.seconds == pytest.approx(20 + max(60, words / 2), abs=0.6)


@pytest.mark.parametrize("key", ["R", "j", "z"])
async def test_whoever_comes_back_from_research_is_told(sit, key):
    """By the same key, as the keys say, or by any other."""
    async with sit("compare") as desk:
        await desk.press("R")
        assert "Research: time runs apart" in desk.shown
        await desk.press(key)
        assert "Research: time runs apart" not in desk.shown
        assert ("Back from research." in desk.shown) == (key != "z")


async def test_time_goes_on_where_it_stood_after_undo(sit, ticks):
    async with sit("compare") as desk:
        await desk.press("2", "enter")
        ticks.seconds += 30
        await desk.press("u")
        ticks.seconds += 5
        await desk.press("U")
        assert desk.screen.place.clock.read() == Times(active=30)


async def test_help_lists_every_key_and_narrows(sit):
    async with sit("compare", size=(120, 60)) as desk:
        await desk.press("?")
        assert isinstance(desk.screen, Help)
        assert "A far better" in desk.shown
        await desk.type_in("pager")
        assert "$PAGER" in desk.shown
        assert "A far better" not in desk.shown
        await desk.press("escape", "f1", "escape")
        assert not isinstance(desk.screen, Help)


async def test_the_palette_holds_the_actions(sit):
    async with sit("compare") as desk:
        await desk.press("ctrl+p")
        await desk.type_in("none accep")
        await desk.pilot.pause(0.3)
        await desk.press("enter")
        await desk.pilot.pause(0.2)
        await desk.settle()
        assert desk.draft.none_acceptable


async def test_model_names_ids_and_gold_never_reach_the_screen(sit):
    async with sit("compare", size=(200, 50)) as desk:
        for _ in range(3):
            shown = desk.shown
            for word in ("cedar", "birch", "atlas", "gold", desk.draft.comparison.id):
                assert word not in shown.casefold()
            await desk.press("2", "enter")


async def test_the_mouse_works_on_scale_and_hints(sit):
    async with sit("compare") as desk:
        line = next(
            y for y, text in enumerate(desk.shown.split("\n")) if " 4 tie" in text
        )
        column = desk.shown.split("\n")[line].index("tie")
        await desk.pilot.click(offset=(column, line))
        await desk.settle()
        assert desk.draft.digit == 4


async def test_criteria_can_be_rated_beside_the_grade(sit):
    async with sit("compare") as desk:
        left, right = desk.draft.shown
        await desk.press("r", "4", "2", "9", "5")
        assert "[·]" in desk.shown
        await desk.press("enter", "2", "enter")
        assert desk.judgments()[0].ratings == {
            left: {"correctness": 4, "instruction_following": 5},
            right: {"correctness": 2},
        }


async def test_a_person_who_leaves_gives_back_what_they_did_not_begin(sit):
    async with sit("compare") as desk:
        await desk.press("2")
        await desk.press("q")
        assert isinstance(desk.screen, HomeScreen)
        with desk.bench.store.read() as unit:
            held = unit.all("SELECT task_id FROM slot WHERE state = 1")
        assert len(held) == 1, "the one with the draft"
        assert "compare, saved" in desk.shown


async def test_a_appeals_one_of_the_last_judgments(sit, campaign, lead):
    from adjudge.services.work import appeals

    async with sit("compare") as desk:
        await desk.press("a")
        assert desk.said == "There is no earlier judgment of yours in this queue."
        await desk.press("2", "enter", "a", "enter")
        assert "A few words are needed" in desk.shown
        await desk.type_in("it runs")
        await desk.press("enter")
        await desk.settle()
        assert desk.said == "Your appeal waits for a lead."
        (filed,) = appeals.listed(campaign, lead)
        assert (filed.by, filed.why) == ("ann", "it runs")
        await desk.press("a")
        await desk.type_in("again")
        await desk.press("escape")
        assert len(appeals.listed(campaign, lead, everything=True)) == 1


async def test_a_pager_that_cannot_be_read_or_written_for_is_said(
    sit, monkeypatch, tmp_path
):
    async with sit("compare") as desk:
        monkeypatch.setenv("PAGER", "less 'so")
        await desk.press("e")
        assert desk.said == "$PAGER cannot be read: No closing quotation."
        monkeypatch.setenv("PAGER", "true")
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
        await desk.press("e")
        assert desk.said == "The pager did not start: No such file or directory."


async def test_what_was_looked_up_before_a_judgment_never_hides_it(sit, monkeypatch):
    """Else undo would take back the one before."""
    looking, goes_on = threading.Event(), threading.Event()
    async with sit("compare") as desk:
        deeds = desk.app.place.deeds
        real = deeds.past

        def past(queue):
            found = real(queue)
            if not looking.is_set():
                looking.set()
                goes_on.wait(60)
            return found

        monkeypatch.setattr(deeds, "past", past)
        await desk.pilot.press("2", "enter")
        while not looking.is_set():
            await desk.pilot.pause(0.02)
        await desk.pilot.press("3", "enter")
        while len(desk.session.past) < 2:
            await desk.pilot.pause(0.02)
        goes_on.set()
        await desk.settle()
        assert len(desk.session.past) == 2
