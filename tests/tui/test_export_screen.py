"""A lead writes a dataset in the workbench: count first, then write, or stop."""

from __future__ import annotations

from pathlib import Path

import pytest

from adjudge.services import exporting
from adjudge.services.exporting import verifying
from adjudge.tui.export_form import FIELDS
from adjudge.tui.lead.dashboard import DashboardScreen
from adjudge.tui.lead.export_screen import ExportScreen


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


async def come(desk):
    """Open the form, and wait for its first count."""
    await desk.press("l", "e")
    await desk.until(ExportScreen)
    await done(desk)


async def done(desk):
    await desk.until_so(lambda: not desk.screen._busy)
    await desk.settle(1)


def told(desk):
    return str(desk.screen.query_one("#told").visual)


def here():
    return [str(path) for path in Path().iterdir()]


async def go_to(desk, name):
    """Mark a line of the form."""
    place = [field.name for field in FIELDS].index(name)
    desk.screen.query_one("#fields").highlighted = place
    await desk.settle(1)


async def test_a_dataset_is_counted_looked_at_and_written(lead_sit, judged, lead):
    async with lead_sit() as desk:
        await come(desk)
        assert "alpha" in desk.said, "too little agreement is refused here as well"
        await go_to(desk, "accept_low_agreement")
        await desk.press("right", "p")
        await done(desk)
        counted = told(desk)
        assert counted.startswith("Would be written")
        assert "left out: " in counted
        assert counted.count('"prompt":') == 3
        assert here() == []
        await go_to(desk, "config")
        await desk.press("right", "f2")
        await done(desk)
        options = exporting.ExportOptions(
            queues=("answers",), configs=("preference",), accept_low_agreement=True
        )
        made, rows = exporting.preview(judged, lead, options)
        assert len(rows) == 3
        n = made.rows["preference"]["train"]
        assert f"preference   {n:,} train" in told(desk)
        (folder,) = here()
        assert verifying.verify(folder).rows == n
        assert "sha256" in told(desk)
        await desk.press("f2")
        await done(desk)
        assert "answers-dataset" in desk.said, "what is there is never overwritten"
        assert verifying.verify(folder).rows == n
        await desk.press("q")
        await desk.until(DashboardScreen)


async def test_a_folder_is_typed_and_what_is_stopped_leaves_nothing(lead_sit):
    async with lead_sit() as desk:
        await come(desk)
        await go_to(desk, "accept_low_agreement")
        await desk.press("right")
        await go_to(desk, "folder")
        await desk.press("enter", "ctrl+u")
        await desk.type_in("mine")
        await desk.press("enter")
        assert desk.screen.form.folder == "mine"
        desk.screen.action_write()
        desk.screen.action_close()
        await done(desk)
        assert desk.said == "Stopped; nothing is written."
        assert here() == []
        await desk.press("escape", "Y")
        assert desk.said.startswith("Y does nothing here")


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("~nobody-of-this-name/data", "begins with the home of nobody"),
        ("x" * 300, "cannot be written: File name too long"),
    ],
)
async def test_a_folder_that_cannot_be_is_refused_in_words(
    lead_sit, judged, folder, words
):
    async with lead_sit() as desk:
        await come(desk)
        await go_to(desk, "folder")
        await desk.press("enter")
        desk.screen.query_one("#typed").value = folder
        await desk.press("enter", "f2")
        await done(desk)
        assert words in desk.said
        assert here() == []
