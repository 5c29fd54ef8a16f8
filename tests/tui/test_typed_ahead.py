"""Keys that come in one bundle, as a slow line delivers them: each in its turn."""

from __future__ import annotations

import threading

import pytest

from adjudge.domain.people import Actor, Role
from adjudge.errors import NoSpaceError
from adjudge.services.people import standing
from adjudge.tui import in_order
from adjudge.tui.dialogs.help import Help
from adjudge.tui.dialogs.unsaved import Unsaved
from adjudge.tui.export_form import FIELDS
from adjudge.tui.home import HomeScreen
from adjudge.tui.judging.compare import CompareScreen
from adjudge.tui.lead.adjudicate import AdjudicateScreen
from adjudge.tui.lead.dashboard import DashboardScreen
from adjudge.tui.lead.export_screen import ExportScreen

ANN = Actor(name="ann", role=Role.ANNOTATOR)
TRICKY = "quite good? see t, x and u! q"


async def test_a_comparison_and_the_next_in_one_bundle(sit):
    """What nobody has seen is drafted, and not signed before it was on the screen."""
    async with sit("compare") as desk:
        await desk.burst("2tAix<enter>n", TRICKY, "<enter><enter>6n q<enter><enter>3")
        assert len(desk.judgments()) == 1
        assert desk.draft.digit == 6
        assert desk.said.startswith("Typed before this task was on the screen")
        await desk.burst("<enter>")
        second, first = desk.judgments()
        assert (first.note, first.margin) == (TRICKY, 2)
        assert len(first.reasons) == 1
        assert second.note == " q"
        assert desk.said.startswith("Saved #2")


async def test_scores_a_note_and_a_signature_in_one_bundle(sit):
    async with sit("rate") as desk:
        many = len(desk.screen.guideline.criteria)
        await desk.burst("45", "3" * (many - 2), "n", TRICKY, "<enter><enter>")
        (judgment,) = desk.judgments("rate")
        assert judgment.note == TRICKY
        (scores,) = judgment.ratings.values()
        assert sorted(scores.values()) == sorted([4, 5, *[3] * (many - 2)])


async def test_a_ranking_in_one_bundle(sit):
    async with sit("ranking") as desk:
        shown = desk.draft.shown
        await desk.burst("2=143ti<esc>n", TRICKY, "<enter><enter>")
        (judgment,) = desk.judgments("ranking")
        tiers = [sorted(shown.index(r) + 1 for r in t) for t in judgment.ranking]
        assert tiers == [[1, 2], [4], [3]]
        assert judgment.note == TRICKY


async def test_dialogs_take_their_keys_in_one_bundle(sit):
    async with sit("compare") as desk:
        before = desk.session.current.task_id
        await desk.burst("x2<enter>2r45<enter>n", TRICKY, "<enter>")
        await desk.burst("<enter>")
        (judgment,) = desk.judgments()
        assert judgment.note == TRICKY
        assert sum(len(scores) for scores in judgment.ratings.values()) == 2
        assert before not in {a.task_id for a in desk.session.hand}
        await desk.burst("!1<tab>", TRICKY, "<enter>/x q<enter>2<f3><esc>?<esc>")
        assert desk.draft.digit == 2
        assert desk.screen.front.phrase == "x q"
        await desk.burst("g<esc>c<esc>h<enter>n", TRICKY)
        assert desk.session.back == 1
        assert desk.draft.note.endswith(TRICKY)
        assert isinstance(desk.screen, CompareScreen)


async def test_a_queue_opens_before_what_is_typed_ahead(sit):
    async with sit(None) as desk:
        await desk.burst("12<enter>n")
        assert desk.judgments() == []  # nobody had seen it
        await desk.burst("<enter>n", TRICKY, "<enter>q")
        assert isinstance(desk.screen, HomeScreen)
        assert len(desk.judgments()) == 1
        assert [body["note"] for _, body in desk.drafts()] == [TRICKY]


async def test_a_decision_in_one_bundle(lead_sit):
    async with lead_sit(size=(200, 50)) as desk:
        await desk.burst("l")
        await desk.burst("4/pair-1<enter><enter>2<enter>")
        assert isinstance(desk.screen, AdjudicateScreen)
        assert desk.screen.revealed
        await desk.burst("n", TRICKY, "<enter>t<enter><enter>")
        assert isinstance(desk.screen, DashboardScreen)
        assert desk.said.startswith("Decided"), desk.said


async def test_an_export_form_takes_a_folder_in_one_bundle(lead_sit, tmp_path):
    folder = tmp_path / "quiet place"
    async with lead_sit() as desk:
        await desk.burst("le")
        assert isinstance(desk.screen, ExportScreen)
        place = [field.name for field in FIELDS].index("folder")
        await desk.burst("<down>" * place, "<enter><^a><^k>", str(folder), "<enter>")
        assert desk.screen.form.folder == str(folder)


async def test_the_command_palette_takes_what_follows(sit):
    async with sit("compare") as desk:
        await desk.burst("2<^p>all keys<enter>")
        await desk.until(Help)
        assert desk.app.screen_stack[-2].draft.digit == 2


async def test_what_is_said_in_passing_goes_with_the_next_key(sit):
    """And what was saved or refused stays until something takes its place."""
    async with sit("compare") as desk:
        await desk.burst("s")
        assert desk.said == "Each scrolls."
        await desk.burst("c")
        assert desk.said == ""
        await desk.burst("8")
        assert desk.said.startswith("8 does nothing here")
        await desk.burst("8")
        assert desk.said.startswith("8 does nothing here")
        await desk.burst("2<enter>")
        assert desk.said.startswith("Saved #1")
        await desk.burst("jc")
        assert desk.said.startswith("Saved #1")


async def test_a_leads_screens_say_nothing_of_the_key_before(lead_sit):
    async with lead_sit() as desk:
        await desk.burst("%")
        assert desk.said.startswith("% does nothing here")
        await desk.burst("l")
        await desk.until(DashboardScreen)
        await desk.settle()
        await desk.burst("%")
        assert desk.said.startswith("% does nothing here")
        await desk.burst("4")
        assert desk.said == ""
        await desk.burst("e")
        await desk.until(ExportScreen)
        await desk.until_so(lambda: not desk.screen._busy)
        await desk.burst("%<enter>")
        assert desk.said == "Enter takes it; Esc leaves it as it was."
        await desk.burst("x")
        assert desk.said == "Enter takes it; Esc leaves it as it was."
        await desk.burst("<esc>")
        assert desk.said == ""


# --- what nobody expected ---------------------------------------------------------


async def test_what_is_typed_ahead_of_a_refusal_is_dropped(sit):
    """Meant for the next task, it would sign this one with another grade."""
    async with sit("compare", confirm_fast=5.0) as desk:
        await desk.burst("2<enter>6<enter>")
        assert desk.said.startswith("Only 0 s of work.")
        assert desk.draft.digit == 2
        assert desk.judgments() == []


@pytest.mark.parametrize(
    ("pasted", "kept", "said"),
    [
        ("one\r\ntwo\n\n three", "one two three", ""),
        ("x\u202ey\x1b[2J", "xy[2J", ""),
        ("é" * 20_000, "é" * 500, "Left out 19,500 characters of the paste"),
    ],
)
async def test_a_paste_into_a_line_comes_in_as_one_line(sit, pasted, kept, said):
    """All of it, or as much as there is room for, and then it says so."""
    async with sit("compare") as desk:
        await desk.press("n")
        await desk.burst((pasted,))
        assert desk.screen.query_one("#note").value == kept
        assert said in desk.said


async def test_a_paste_is_never_run_as_commands(sit):
    async with sit("compare") as desk:
        await desk.burst(("2\r6\rq",))
        assert desk.judgments() == []
        assert desk.draft == desk.session.current.blank()
        assert desk.said == "What you pasted went nowhere: no line is open for it."
        await desk.burst("n", ("2 q\n",), "!<enter>2<enter>")
        (judgment,) = desk.judgments()
        assert judgment.note == "2 q!"


async def test_a_refused_key_takes_what_follows_with_it(sit, campaign):
    """`n` is refused behind a warning; the note would open it and pass it on."""
    standing.opt_in(campaign, ANN, "ann", "violence")
    async with sit("warned") as desk:
        await desk.burst("no x<enter>")
        assert desk.screen.veiled
        assert desk.said.startswith("Behind a warning")


async def test_a_dialog_that_comes_unasked_gets_no_key_typed_before_it(sit):
    async with sit("compare") as desk:

        def refuse(*_args, **_others):
            raise NoSpaceError("the disk is full", hint="make room")

        desk.app.place.deeds.submit = refuse
        await desk.burst("2<enter>kr6<enter>")
        assert isinstance(desk.screen, Unsaved)
        await desk.press("escape")
        assert desk.draft.digit == 2


async def test_keys_wait_for_the_store_and_leaving_does_not(sit, monkeypatch):
    monkeypatch.setattr(in_order, "_PATIENCE", 0.05)
    stored = threading.Event()
    async with sit("compare") as desk:
        submit = desk.app.place.deeds.submit

        def slow(*args, **others):
            stored.wait(30)
            return submit(*args, **others)

        desk.app.place.deeds.submit = slow
        desk.send("2<enter>6")
        while desk.said != "Saving…":
            await desk.pilot.pause(0.02)
        assert desk.draft.digit == 2
        stored.set()
        await desk.burst("n", TRICKY, "<enter>")
        assert (desk.draft.digit, desk.draft.note) == (6, TRICKY)
        stored.clear()
        desk.send("<enter>5<^q>")
        while not desk.app.in_order.is_leaving:
            await desk.pilot.pause(0.02)
        stored.set()
        while desk.app.return_code is None:
            await desk.pilot.pause(0.02)
