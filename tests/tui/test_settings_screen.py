"""F3: what a person changes holds at once and is kept in their own file."""

from __future__ import annotations

import json
import os
import tomllib

import pytest
from textual.widgets import Input

from adjudge.errors import InvalidInputError
from adjudge.tui.app import AdjudgeApp
from adjudge.tui.breaks import Breaks
from adjudge.tui.dialogs.settings import ROWS, SettingsScreen
from adjudge.wiring import settings as own


@pytest.fixture(autouse=True)
def _own_file(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("VISUAL", "vi")


def kept():
    return tomllib.loads(own.personal_file().read_text())


async def test_a_change_holds_at_once_and_is_kept(sit):
    async with sit("compare") as desk:
        await desk.press("f3")
        assert isinstance(desk.screen, SettingsScreen)
        assert "Kept in" in desk.shown
        await desk.press("right")
        assert desk.app.theme == "adjudge-light"
        await desk.press("left", "left")
        assert desk.app.theme == "ansi-light"
        await desk.press("down", "down", "space")
        assert desk.app.has_class("-compact")
        await desk.press("down", "right", "down", "enter")
        assert desk.app.animation_level == "basic"
        await desk.press("down", "right", "down", "left")
        assert desk.app.place.clock.cap == 90
        assert desk.app.breaks.minutes == 25
        await desk.press("escape")
        assert not isinstance(desk.screen, SettingsScreen)
    assert kept() == {
        "theme": "ansi-light",
        "density": "compact",
        "animations": "basic",
        "sync_scroll": False,
        "idle_cap": 90.0,
        "break_after": 25.0,
    }
    assert own.load().theme == "ansi-light"
    async with sit("compare") as desk:
        assert desk.screen.synced is False
        assert desk.app.has_class("-compact")


async def test_an_editor_is_typed(sit):
    async with sit() as desk:
        await desk.press("f3", *["down"] * (len(ROWS) - 1), "enter")
        await desk.type_in("code -w")
        await desk.press("escape")
        assert isinstance(desk.screen, SettingsScreen), "Esc leaves the line first"
        await desk.press("right")
        await desk.type_in("code -w")
        await desk.press("enter")
        assert "code -w" in desk.shown
        assert os.environ["VISUAL"] == "code -w"
    assert kept() == {"editor": "code -w"}


async def test_what_the_environment_sets_is_said(sit, monkeypatch):
    monkeypatch.setenv("ADJUDGE_THEME", "adjudge-dark")
    async with sit() as desk:
        await desk.press("f3")
        assert "ADJUDGE_THEME sets it" in desk.shown


async def test_a_file_that_cannot_be_written_is_told(sit):
    async with sit() as desk:
        own.personal_file().mkdir(parents=True)
        await desk.press("f3")
        await desk.press("right")
        assert "cannot be read" in desk.shown


def test_one_setting_is_written_and_all_else_stays():
    path = own.personal_file()
    path.parent.mkdir(parents=True)
    path.write_text('# mine\ntheme = "nord" # dark\n\n[keys]\nnote = "N"\n')
    own.keep("theme", "adjudge-light")
    own.keep("sync_scroll", value=False)
    text = path.read_text()
    assert text.startswith('# mine\ntheme = "adjudge-light"\n')
    assert kept() == {
        "theme": "adjudge-light",
        "sync_scroll": False,
        "keys": {"note": "N"},
    }
    path.write_text("idle_cap = 60")
    own.keep("editor", 'a "b"\\c')
    assert kept() == {"idle_cap": 60, "editor": 'a "b"\\c'}


def test_what_only_a_person_can_change_is_left_alone():
    path = own.personal_file()
    path.parent.mkdir(parents=True)
    path.write_text('"theme" = "nord"\n')
    with pytest.raises(InvalidInputError, match="only you can change"):
        own.keep("theme", "adjudge-light")
    assert path.read_text() == '"theme" = "nord"\n'


# --- breaks ------------------------------------------------------------------------
def work(breaks, ticks, minutes):
    """Touch a key every half minute; count the offers."""
    offers = 0
    for _ in range(minutes * 2):
        ticks.seconds += 30
        offers += breaks.touch()
    return offers


def test_a_break_is_offered_after_fifty_minutes_and_again_after_as_long(ticks):
    breaks = Breaks(ticks, 50, cap=60)
    assert work(breaks, ticks, 49) == 0
    assert work(breaks, ticks, 2) == 1
    assert breaks.worked_minutes == 51
    assert work(breaks, ticks, 48) == 0
    assert work(breaks, ticks, 2) == 1


def test_it_can_be_put_off_and_turned_off(ticks):
    breaks = Breaks(ticks, 50, cap=60)
    assert work(breaks, ticks, 50) == 1
    breaks.snooze()
    assert work(breaks, ticks, 9) == 0
    assert work(breaks, ticks, 2) == 1
    breaks.stop()
    assert work(breaks, ticks, 200) == 0
    assert work(Breaks(ticks, 0, cap=60), ticks, 200) == 0


def test_whoever_was_away_has_had_a_break(ticks):
    breaks = Breaks(ticks, 50, cap=60)
    work(breaks, ticks, 40)
    ticks.seconds += 400
    breaks.touch()
    assert work(breaks, ticks, 49) == 0
    assert work(breaks, ticks, 2) == 1


async def test_the_offer_is_a_toast_and_takes_no_key(sit, ticks):
    async with sit("compare", break_after=25) as desk:
        for _ in range(26):
            ticks.seconds += 59
            await desk.pilot.press("j")
        await desk.press("2")
        (toast,) = desk.app._notifications
        assert toast.message.startswith("25 minutes at work without a break")
        assert desk.draft.digit == 2
        names = [c.title for c in desk.app.get_system_commands(desk.screen)]
        assert "Break: in ten minutes" in names


async def test_signing_in_haste_asks_once_and_is_kept_as_fast(sit, ticks):
    async with sit("compare", confirm_fast=5) as desk:
        ticks.seconds += 2
        await desk.press("2", "enter")
        assert desk.said == "Only 2 s of work. Enter again signs it."
        assert desk.judgments() == []
        await desk.press("enter")
        assert len(desk.judgments()) == 1
        ticks.seconds += 6
        await desk.press("3", "enter")
        assert len(desk.judgments()) == 2, "enough time is not asked about"
        with desk.bench.store.read() as unit:
            clocks = unit.all("SELECT clock FROM judgment ORDER BY id")
    assert [json.loads(clock).get("fast") for (clock,) in clocks] == [True, None]


async def test_cursors_blink_and_refusals_ring_only_for_who_wants_it(sit, monkeypatch):
    rung = []
    monkeypatch.setattr(AdjudgeApp, "bell", lambda _app: rung.append(1))
    async with sit("compare") as desk:
        await desk.press("enter")
        assert "grade first" in desk.said
        assert not any(box.cursor_blink for box in desk.screen.query(Input))
    assert rung == []
    async with sit("compare", blink=True, sound=True) as desk:
        await desk.press("enter")
        assert all(box.cursor_blink for box in desk.screen.query(Input))
    assert rung == [1]
