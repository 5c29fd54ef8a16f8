"""Ranking three to nine responses, and rating one."""

from __future__ import annotations

import json

from adjudge.services.feedback import triage
from adjudge.services.feedback.filling import Asked
from adjudge.services.importing import ingest
from adjudge.tui.dialogs.choose import Choose
from adjudge.tui.judging.compare import CompareScreen
from adjudge.tui.judging.rank import RankScreen
from adjudge.tui.judging.rate import RateScreen


def numbers(desk):
    """The ranking in the numbers on screen."""
    shown = desk.draft.shown
    return [[shown.index(r) + 1 for r in tier] for tier in desk.draft.ranking]


async def test_numbers_place_best_first_and_enter_submits(sit):
    async with sit("ranking") as desk:
        assert isinstance(desk.screen, RankScreen)
        shown = desk.draft.shown
        await desk.press("3", "1", "4", "2")
        assert "✓ all placed" in desk.shown
        await desk.press("enter")
        (judgment,) = desk.judgments("ranking")
        assert judgment.ranking == tuple((shown[n],) for n in (2, 0, 3, 1))
        assert desk.said == "Saved #1 3 > 1 > 4 > 2. u undoes."


async def test_equals_ties_the_next_and_backspace_takes_back(sit):
    async with sit("ranking") as desk:
        await desk.press("3", "equals_sign", "1", "4")
        assert numbers(desk) == [[3, 1], [4]]
        assert "1=" in desk.shown
        await desk.press("backspace", "backspace")
        assert numbers(desk) == [[3]]
        await desk.press("equals_sign", "backspace", "2")
        assert numbers(desk) == [[3], [2]], "backspace takes the tie back first"


async def test_what_cannot_be_placed_says_why(sit):
    async with sit("ranking") as desk:
        await desk.press("equals_sign")
        assert desk.said == "Place one first; = then ties the next with it."
        await desk.press("backspace")
        assert desk.said == "Nothing is placed yet."
        await desk.press("enter")
        assert desk.said.startswith("Rank the responses first")
        await desk.press("2", "2")
        assert desk.said == "2 has its place; Backspace takes back the last."
        await desk.press("9")
        assert desk.said == "There are 4 responses."
        await desk.press("enter")
        assert desk.said == "Not placed yet: 1, 3, 4."
        assert desk.judgments("ranking") == []


async def test_the_response_in_front_moves_up_and_down(sit):
    async with sit("ranking") as desk:
        await desk.press("3", "equals_sign", "1", "4", "K")
        assert numbers(desk) == [[1], [3], [4]], "out of the tie first"
        await desk.press("J", "J")
        assert numbers(desk) == [[3], [4], [1]]
        await desk.press("J")
        assert desk.said.startswith("It has no place yet")


async def test_tab_and_brackets_go_through_the_responses(sit):
    async with sit("ranking", size=(80, 24)) as desk:
        assert "1 of 4" in desk.shown
        await desk.press("tab", "right_square_bracket", "left_square_bracket")
        assert "2 of 4" in desk.shown
        assert [p.display for p in desk.screen.all_panes] == [False, True, False, False]


async def test_a_neighbour_is_shown_where_there_is_room(sit):
    async with sit("ranking") as desk:
        assert len(desk.screen.panes) == 1
        await desk.press("p")
        assert len(desk.screen.panes) == 2
        await desk.press("d")
        await desk.pilot.resize_terminal(200, 50)
        await desk.settle()
        assert len(desk.screen.panes) == 3
        await desk.pilot.resize_terminal(80, 24)
        await desk.settle()
        assert len(desk.screen.panes) == 1
        await desk.press("p")
        assert desk.said == "Here is room for one response; Tab shows the next."


async def test_what_cannot_be_ranked_is_passed_on_with_a_reason(sit):
    async with sit("ranking") as desk:
        await desk.press("X")
        assert isinstance(desk.screen, Choose)
        await desk.press("enter")
        assert desk.said == "Passed on: broken or cannot be read."


async def test_a_digit_in_tag_mode_chooses_the_response(sit):
    async with sit("ranking") as desk:
        shown = desk.draft.shown
        await desk.press("t", "3", "i", "escape")
        assert desk.draft.reasons == {shown[2]: ("incorrect",)}
        assert desk.draft.ranking == ()


async def test_undo_brings_a_ranking_back(sit):
    async with sit("ranking") as desk:
        await desk.press("1", "2", "3", "4", "0", "enter", "u")
        assert numbers(desk) == [[1], [2], [3], [4]]
        assert desk.draft.none_acceptable


async def test_a_response_is_rated_criterion_by_criterion(sit):
    async with sit("rate") as desk:
        assert isinstance(desk.screen, RateScreen)
        response = desk.draft.shown[0]
        await desk.press("enter")
        assert desk.said == "Rate at least one criterion first."
        await desk.press("4", "9")
        assert desk.said == "Instructions goes from 1 to 5."
        await desk.press("5", "left", "backspace", "right", "3", "enter")
        (judgment,) = desk.judgments("rate")
        assert judgment.ratings == {response: {"correctness": 4, "completeness": 3}}
        assert judgment.ranking == ()
        assert desk.said == "Saved #1 rated. u undoes."


async def test_a_tag_of_a_single_response_is_about_it(sit):
    async with sit("rate") as desk:
        await desk.press("t", "i")
        assert desk.draft.reasons == {desk.draft.shown[0]: ("incorrect",)}


def generations(first, count, question):
    """Answers to one turn, each made because the one before it did not do."""
    turn = [{"role": "user", "content": question}]
    for n in range(first, first + count):
        at = f"2026-01-05T09:00:{n:02}Z"
        yield {
            "event_id": f"e{n}", "type": "message", "message_id": f"m{n}",
            "response_id": f"r{n}", "user_id": "u", "at": at,
            "messages": turn, "response": f"It is {91 + 2 * n}.",
        }  # fmt: skip
        if n > first:
            yield {
                "event_id": f"g{n}", "type": "regenerate", "message_id": f"m{n - 1}",
                "new_message_id": f"m{n}", "user_id": "u", "at": at,
            }  # fmt: skip


async def test_a_turn_answered_four_times_is_ranked_beside_pairs(
    sit, campaign, lead, tmp_path
):
    """What the user went on with is told to nobody who judges."""
    file = tmp_path / "events.jsonl"
    rows = [
        *generations(4, 4, "Name a prime between 90 and 100."),
        *generations(0, 2, "Which is the third planet of the sun?"),
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ingest.import_files(campaign, lead, "feedback", [str(file)], ingest.Options())
    triage.fill(campaign, lead, "again", Asked(source="regenerations"))
    async with sit("again") as desk:
        for _ in range(2):  # one after the other looks ahead to the other kind
            if isinstance(desk.screen, RankScreen):
                assert sorted(desk.draft.shown) == ["r4", "r5", "r6", "r7"]
                await desk.press("3", "1", "equals_sign", "4", "2", "enter")
            else:
                assert isinstance(desk.screen, CompareScreen)
                await desk.press("2", "enter")
        said = desk.judgments("again")
        assert sorted(len(judgment.ranking) for judgment in said) == [2, 3]
        assert {judgment.source for judgment in said} == {"person"}


async def test_a_digit_that_is_no_number_ends_nothing(sit):
    """A French keyboard has a key for it; Python takes it for a digit."""
    async with sit("compare") as desk:
        await desk.press("x")
        await desk.press("²")
        assert desk.screen.query_one("#options").highlighted is not None
        await desk.press("escape")
        await desk.press("r")
        await desk.press("²", "3", "enter")
        assert {*desk.draft.ratings[desk.draft.shown[0]].values()} == {3}
