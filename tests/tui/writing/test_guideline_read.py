"""A guideline changes while people write and review: each text has its version."""

from __future__ import annotations

from pathlib import Path

import pytest

from adjudge.services.campaign import guidelines
from adjudge.services.work import reading, reviewing, rewriting
from adjudge.tui.dialogs.guideline_changed import GuidelineChanged
from adjudge.tui.home import HomeScreen
from adjudge.tui.plain.plain import run_plain
from adjudge.tui.widgets.drawer import Drawer
from adjudge.tui.widgets.pane import Pane
from adjudge.tui.writing.review import ReviewScreen
from adjudge.tui.writing.rewrite import RewriteScreen

TEXT = (Path(__file__).parents[3] / "guidelines" / "rewrite.md").read_text()
NEW_TAG = """[[reasons]]
tag = "smug"
key = "z"
title = "Smug"
definition = "It talks down to the person who asked."

[[reasons]]"""


@pytest.fixture
def change(writing, made):
    """Add version 2: another title, and a new reason tag."""

    def change():
        text = TEXT.replace("version = 1", "version = 2", 1)
        text = text.replace("should have received", "deserved", 1)
        text = text.replace("[[reasons]]", NEW_TAG, 1)
        guidelines.add(writing, made.LEAD, text, name="rewrite", change="minor")

    return change


def title(desk):
    return desk.screen.query_one(Drawer).query_one("#guideline", Pane)._title


async def test_a_leased_text_keeps_its_version_the_next_shows_what_changed(
    write_at, change, writing, made
):
    rewriting.claim(writing, made.EVA, "rw")
    change()
    made.sign(writing)  # the third is taken now, under the new version
    async with write_at() as desk:
        assert isinstance(desk.screen, RewriteScreen)
        assert title(desk) == "rewrite@1"
        await desk.type_in("so")
        await desk.press("f5", "z")
        assert "No reason" in desk.said
        await desk.press("i", "escape", "f2")
        await desk.until(GuidelineChanged)
        assert "You worked under rewrite@1" in desk.shown
        assert "+ title: Write the answer the user deserved" in desk.shown
        await desk.press("a", "f2")
        await desk.paste("pasted ahead")
        assert isinstance(desk.screen, GuidelineChanged)
        await desk.press("y")
        assert isinstance(desk.screen, RewriteScreen)
        assert (title(desk), desk.text) == ("rewrite@2", "")
        await desk.type_in("so")
        await desk.press("f5", "z", "escape", "f2")
        await desk.settle()
        (last,) = [w for w in desk.rewrites if w.guideline == "rewrite@2"]
        assert last.reasons == ("smug",)
        assert [w.guideline for w in desk.rewrites].count("rewrite@1") == 2


async def test_leaving_unread_shows_it_again_and_once_read_never(
    write_at, change, writing, made
):
    made.sign(writing)
    for task in rewriting.claim(writing, made.EVA, "rw"):
        rewriting.release(writing, made.EVA, task)
    change()
    async with write_at() as desk:
        await desk.until(GuidelineChanged)
        assert not desk.screen_below.edit(), "nothing is said of the text before"
        await desk.press("q")
        await desk.until(HomeScreen)
        await desk.press("1")
        await desk.until(GuidelineChanged)
        await desk.press("y", "q")
        await desk.press("1")
        await desk.until(RewriteScreen)
    assert reading.read(writing, made.EVA, "rewrite@2").news is None


async def test_a_review_goes_by_the_version_the_text_was_written_under(
    write_at, change, writing, made
):
    rewriting.claim(writing, made.EVA, "rw")
    change()
    for id in ("s1", "s2", "s3"):
        made.sign(writing, id=id)  # only the third under the new version
    reviewing.approve(writing, made.ROB, "s1")
    async with write_at(who="rob", review=True) as desk:
        assert isinstance(desk.screen, ReviewScreen)
        assert title(desk) == "rewrite@1"
        await desk.press("1", "enter")
        await desk.until(GuidelineChanged)
        await desk.press("1", "enter")
        assert isinstance(desk.screen, GuidelineChanged)
        await desk.press("y")
        assert isinstance(desk.screen, ReviewScreen)
        assert title(desk) == "rewrite@2"
        await desk.press("1", "enter")
        await desk.settle()
        assert {w.state for w in desk.rewrites} == {"approved"}
    assert reading.read(writing, made.ROB, "rewrite@2").news is None


def test_line_by_line_the_change_is_read_out_to_author_and_reviewer(
    writing, change, made
):
    def work(*lines, who=made.EVA, review=False):
        said, left = [], iter(lines)
        run_plain(
            writing,
            who,
            "rw",
            review=review,
            read=lambda: next(left, None),
            write=said.append,
        )
        return "\n".join(said)

    first = work("Better.", ".", "i", "")
    assert "has changed" not in first
    change()
    # One text is still in hand from before.
    out = work("Better.", ".", "i", "", "what?", "y", "Best.", ".", "z", "")
    assert "The guideline has changed: rewrite@1 to rewrite@2." in out
    assert "z Smug" in out
    out = work("1", "1", "q", who=made.ROB, review=True)
    assert out.count("The guideline has changed: rewrite@1 to rewrite@2.") == 1


def test_what_was_reviewed_counts_as_known_on_each_database(bench, made, tmp_path):
    """A fixed text stays under the version of the one it fixes."""
    made.prepare(bench, tmp_path, count=2)
    made.sign(bench)
    reviewing.claim(bench, made.ROB, "rw")
    assert reading.read(bench, made.ROB, "rewrite@1").news is None
    fixed = reviewing.fix(bench, made.ROB, "s1", made.BETTER + " So.", why="clearer")
    assert fixed.guideline == "rewrite@1"
    text = TEXT.replace("version = 1", "version = 2", 1)
    text = text.replace("should have received", "deserved", 1)
    guidelines.add(bench, made.LEAD, text, name="rewrite", change="minor")
    assert reading.read(bench, made.ROB, "rewrite@2").news.before == "rewrite@1"
