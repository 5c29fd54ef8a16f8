"""Reading: search, differences, source, drawers, warnings."""

from __future__ import annotations

from textual.widgets import Input

from adjudge.domain.people import Actor, Role
from adjudge.services.people import standing
from adjudge.tui.widgets.pane import Pane

ANN = Actor(name="ann", role=Role.ANNOTATOR)


async def test_one_response_at_80_columns_and_tab_shows_the_other(sit):
    async with sit("compare", size=(80, 24)) as desk:
        left, right = desk.screen.all_panes
        assert [left.display, right.display] == [True, False]
        assert "Tab: B" in desk.shown
        await desk.press("tab")
        assert [left.display, right.display] == [False, True]
        assert "Tab: A" in desk.shown
        await desk.press("tab")
        assert left.has_focus


async def test_panes_scroll_together_until_s(sit):
    async with sit("turns", size=(120, 24)) as desk:
        left, right = desk.screen.all_panes
        await desk.press("end")
        assert left.scroll_share == right.scroll_share == 1
        await desk.press("s")
        assert desk.said == "Each scrolls."
        await desk.press("home")
        assert (left.scroll_share, right.scroll_share) == (0, 1)


async def test_the_judged_turn_of_a_conversation_is_marked(sit):
    async with sit("turns", size=(120, 60)) as desk:
        assert "● Judged: turn 3 of 3, everything below this line" in desk.shown


async def test_v_shows_the_source_of_both(sit):
    async with sit("compare") as desk:
        await desk.press("v")
        assert {p.view for p in desk.screen.all_panes} == {"raw"}
        await desk.press("v")
        assert {p.view for p in desk.screen.all_panes} == {"rendered"}


async def test_w_z_and_escape(sit):
    async with sit("compare") as desk:
        await desk.press("w", "z")
        assert not desk.screen.front.wrap_code
        assert len(desk.screen.panes) == 1
        await desk.press("z")
        assert len(desk.screen.panes) == 2
        await desk.press("escape")
        assert desk.said == "Nothing is open. q leaves the queue."


async def test_a_search_goes_to_the_response_that_has_it(sit):
    async with sit("compare") as desk:
        left, right = desk.screen.all_panes
        await desk.press("ctrl+g")
        assert desk.said == "Nothing is searched yet: / asks for a phrase."
        only_right = next(
            w for w in right.text.split() if w.isalpha() and w not in left.text
        )
        await desk.press("slash")
        assert isinstance(desk.app.focused, Input)
        await desk.type_in(only_right)
        await desk.press("enter")
        assert right.has_focus
        assert desk.said.startswith("Found 0 and ")
        await desk.press("ctrl+g", "slash", "escape")
        assert right.has_focus
        await desk.press("slash")
        await desk.type_in("zzzz")
        await desk.press("enter")
        assert "stands in no response" in desk.said


async def test_differences_are_marked_and_gone_through(sit):
    async with sit("compare") as desk:
        left, _ = desk.screen.all_panes
        await desk.press("greater_than_sign")
        assert left.other is not None
        await desk.press("d")
        assert left.other is None
        await desk.press("d", "greater_than_sign", "less_than_sign")
        await desk.press("2", "enter")
        assert left.other is None, "the next task begins unmarked"


async def test_drawers_open_with_their_key_and_close_with_it_or_escape(sit):
    async with sit("compare") as desk:
        drawer = desk.screen.drawer
        await desk.press("g")
        assert drawer.kind == "guideline"
        assert desk.app.focused is desk.screen.query_one("#guideline", Pane)
        assert "Read the whole prompt first" in desk.shown
        await desk.press("g")
        assert drawer.kind == ""
        await desk.press("c")
        assert "User (1 of 1)" in desk.shown
        await desk.press("escape")
        assert drawer.kind == ""
        assert desk.screen.front.has_focus


async def test_my_last_ten_take_one_back(sit):
    async with sit("compare", size=(200, 50)) as desk:
        first = desk.draft.comparison.id
        await desk.press("2", "enter", "7", "enter")
        assert "09:00 B>>A" in desk.shown
        await desk.press("h", "down", "enter")
        assert desk.draft.comparison.id == first
        assert desk.draft.digit == 2
        assert desk.screen.drawer.kind == "desk"


async def test_what_is_labelled_stands_behind_a_named_warning(sit, campaign):
    standing.opt_in(campaign, ANN, "ann", "violence")
    async with sit("warned") as desk:
        text = desk.screen.all_panes[0].text[:30]
        assert "Content warning" in desk.shown
        assert "violence" in desk.shown
        assert text not in desk.shown
        await desk.press("2")
        assert desk.said.startswith("Behind a warning (violence)")
        await desk.press("e")
        assert desk.said.startswith("The texts stand behind a warning")
        await desk.press("o", "2")
        assert "Content warning" not in desk.shown
        assert desk.draft.digit == 2
        await desk.press("enter")
        assert "Content warning" in desk.shown
        await desk.press("x", "3", "enter")
        assert desk.said == "Passed on: unsafe to read."


async def test_the_next_task_is_rendered_ahead(sit):
    async with sit("compare") as desk:
        upcoming = desk.screen.session.upcoming
        pane = desk.screen.all_panes[0]
        response = upcoming.comparison.responses[0]
        ready = pane._shelf.get(response.text, pane.setting)
        assert ready.is_complete()


async def test_the_share_seen_goes_with_the_judgment(sit):
    async with sit("compare", size=(80, 24)) as desk:
        assert desk.screen.seen() <= 0.5, "only one of two was in sight"
        await desk.press("tab", "end")
        assert desk.screen.seen() > 0.5
