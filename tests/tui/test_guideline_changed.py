"""A guideline changes while people work: what they see, sign under, and say once."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from adjudge.domain.people import Actor, Role
from adjudge.services.campaign import guidelines
from adjudge.services.work import reading
from adjudge.tui.dialogs.guideline_changed import GuidelineChanged
from adjudge.tui.home import HomeScreen
from adjudge.tui.judging.compare import CompareScreen
from adjudge.tui.plain.plain import run_plain
from adjudge.tui.widgets.drawer import Drawer
from adjudge.tui.widgets.pane import Pane

ANN = Actor(name="ann", role=Role.ANNOTATOR)
LEAD = Actor(name="ines", role=Role.LEAD)
TEXT = (Path(__file__).parents[2] / "guidelines" / "helpfulness.md").read_text()
NEW_TAG = """[[reasons]]
tag = "smug"
key = "z"
title = "Smug"
definition = "It talks down to the person who asked."

[[reasons]]"""


@pytest.fixture
def change(campaign):
    """Add version 2: another title, and a new reason tag."""

    def change():
        text = TEXT.replace("version = 1", "version = 2", 1)
        text = text.replace("helps the user more?", "helps the person more?", 1)
        text = text.replace("[[reasons]]", NEW_TAG, 1)
        guidelines.add(campaign, LEAD, text, name="helpfulness", change="minor")

    return change


def tags(desk):
    return {tag.tag for tag in desk.screen.query_one("#reasons")._tags}


def drawer_title(desk):
    return desk.screen.query_one(Drawer).query_one("#guideline", Pane)._title


async def test_leased_work_is_finished_under_the_old_text_the_next_shows_the_change(
    sit, change
):
    async with sit("compare") as desk:
        change()
        early = events.Key("y", "y")
        # Two tasks are in hand already; the third is taken under the new text.
        for _ in range(2):
            assert isinstance(desk.screen, CompareScreen)
            assert "smug" not in tags(desk)
            assert drawer_title(desk) == "helpfulness@1"
            await desk.press("2", "enter")
        await desk.until(GuidelineChanged)
        assert "helpfulness@1" in desk.shown
        assert "+ title: Which response helps the person more?" in desk.shown
        await desk.press("2", "enter", "escape")
        await desk.arrive(early)
        assert isinstance(desk.screen, GuidelineChanged), "nobody has read it"
        await desk.press("y")
        assert isinstance(desk.screen, CompareScreen)
        assert "smug" in tags(desk)
        assert drawer_title(desk) == "helpfulness@2"
        await desk.press("2", "t", "z", "escape", "enter")
        assert isinstance(desk.screen, CompareScreen), "it is shown once"
        newest, *older = desk.judgments()
        assert newest.guideline == "helpfulness@2"
        assert "smug" in {t for said in newest.reasons.values() for t in said}
        assert {j.guideline for j in older} == {"helpfulness@1"}


async def test_what_was_read_once_is_not_shown_to_the_next_session(
    sit, change, campaign
):
    async with sit("compare") as desk:
        await desk.press("2", "enter", "3", "enter", "q")
    change()
    async with sit("compare") as desk:
        await desk.until(GuidelineChanged)
        await desk.press("q")
        await desk.until(HomeScreen)
    async with sit("compare") as desk:
        await desk.until(GuidelineChanged)  # it was not read yet
        await desk.press("y", "q")
    async with sit("compare") as desk:
        assert isinstance(desk.screen, CompareScreen)
    assert reading.read(campaign, ANN, "helpfulness@2").news is None


async def test_whoever_never_worked_under_the_old_text_is_shown_no_change(sit, change):
    change()
    async with sit("compare") as desk:
        assert isinstance(desk.screen, CompareScreen)
        assert drawer_title(desk) == "helpfulness@2"


def test_line_by_line_the_change_is_read_out_and_waits_for_y(campaign, change):
    def work(*lines):
        said, left = [], iter(lines)
        read = lambda: next(left, None)  # noqa: E731
        run_plain(campaign, ANN, "compare", read=read, write=said.append)
        return "\n".join(said)

    assert "has changed" not in work("2", "", "", "3", "", "")
    change()
    # One task is still in hand from before.
    out = work("2", "", "", "what?", "y", "2", "z", "")
    assert "The guideline has changed: helpfulness@1 to helpfulness@2." in out
    assert "+ title: Which response helps the person more?" in out
    assert "z Smug" in out
    assert "has changed" not in work("2", "", "")


def test_what_is_new_is_told_on_each_database(bench, ann, lead, fill):
    """Also of a version whose text never was in this store."""
    from adjudge.errors import UnknownError
    from adjudge.services.campaign import queueing
    from adjudge.services.work import judging

    def text(version):
        return (
            f'+++\nname = "h"\nversion = {version}\nkind = "compare"\ntitle = "H"\n'
            f'summary = "version {version}?"\n+++\n# H\nRead both.\n\n'
            f"## 1 Truth\nSo it is in {version}.\n"
        )

    guidelines.add(bench, lead, text(1), name="h.md", change="major")
    queueing.create(
        bench, lead, queueing.settings(name="q", kind="compare", guideline="h")
    )
    fill(bench, 3)
    assert reading.read(bench, ann, "h@1").news is None
    task = judging.claim(bench, ann, "q")[0]
    judging.submit(
        bench,
        ann,
        task,
        task.blank().grade(2),
        clock=judging.Clock(active=1.0),
        submission_id=bench.new_id(),
    )
    guidelines.add(bench, lead, text(2), name="h.md", change="minor")
    found = reading.read(bench, ann, "h@2")
    assert found.news.before == "h@1"
    assert "clause 1 Truth: changed" in found.news.diff.lines()
    with bench.store.write() as unit:
        unit.run("DELETE FROM guideline WHERE version = 1")
    bench.store.close()
    assert reading.read(bench, ann, "h@2").news.diff is None
    reading.acknowledge(bench, ann, "h@2")
    assert reading.read(bench, ann, "h@2").news is None
    for deed in (reading.read, reading.acknowledge):
        with pytest.raises(UnknownError, match="no guideline 'other'"):
            deed(bench, ann, "other")
