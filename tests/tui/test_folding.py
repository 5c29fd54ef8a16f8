"""What both answers begin with is folded, said, and shown with a key."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudge.domain.people import Actor, Role
from adjudge.domain.queue import Queue
from adjudge.services.campaign import queueing
from adjudge.services.importing import ingest
from adjudge.tui.reading.folding import shared_beginning
from adjudge.tui.widgets.pane import Pane

LEAD = Actor(name="ines", role=Role.LEAD)
LONG = " ".join(f"word{n}" for n in range(70))


@pytest.mark.parametrize(
    ("first", "second", "length"),
    [
        (f"{LONG}\n\nyes", f"{LONG}\n\nno", len(LONG) + 2),
        (f"{LONG}\n \n\nyes", f"{LONG}\n \n\nyellow", len(LONG) + 3),
        ("short\n\nyes", "short\n\nno", 0),
        (f"{LONG} yes", f"{LONG} no", 0),
        (f"{LONG}\n\n", f"{LONG}\n\nmore", 0),
        (f"[x]: http://a\n{LONG}\n\nyes", f"[x]: http://a\n{LONG}\n\nno", 0),
        (f"{LONG}\n\n```\na\n\nb\n```", f"{LONG}\n\n```\na\n\nc\n```", len(LONG) + 2),
        (LONG, LONG, 0),
    ],
)
def test_a_beginning_is_shared_in_whole_blocks(first, second, length):
    assert shared_beginning(first, second) == length


@given(st.text("ab \n`", max_size=60), st.text("ab \n`", max_size=60))
def test_what_is_folded_is_the_same_in_both(first, second):
    long = f"{LONG}\n\n"
    n = shared_beginning(long + first, long + second)
    assert (long + first)[:n] == (long + second)[:n]


@pytest.fixture
def folded(campaign, tmp_path):
    """A queue whose answers begin alike."""
    queueing.create(campaign, LEAD, Queue(name="alike", guideline="helpfulness"))
    row = {
        "id": "alike-1",
        "prompt": "why?",
        "responses": [
            {"id": "a", "text": f"{LONG}\n\nThe end is *red*."},
            {"id": "b", "text": f"{LONG}\n\nThe end is *blue*."},
        ],
    }
    file = tmp_path / "alike.jsonl"
    file.write_text(json.dumps(row) + "\n")
    options = ingest.Options(queue="alike")
    ingest.import_files(campaign, LEAD, "comparisons", [str(file)], options)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_the_beginning_is_folded_and_f_shows_it(sit, folded, size):
    async with sit("alike", size=size) as desk:
        assert "word3" not in desk.shown
        assert "70 words as in the other, f shows them" in desk.shown
        assert "The end is" in desk.shown
        await desk.press("d")
        assert "passages differ" in desk.said
        await desk.press("f")
        assert "word3" in desk.shown
        assert desk.said == "What both begin with is shown."
        assert desk.screen.front.other is not None
        await desk.press("f")
        assert "word3" not in desk.shown
        assert all(len(p.text) > 400 for p in desk.screen.query("Pane.response"))


async def test_answers_that_differ_from_the_start_have_nothing_to_fold(sit):
    async with sit("compare") as desk:
        await desk.press("f")
        assert "do not begin with the same paragraphs" in desk.said


async def test_y_copies_what_is_selected(sit):
    async with sit("compare") as desk:
        await desk.press("y")
        assert desk.said.startswith("Nothing is selected")
        desk.screen.query_one("#left", Pane).text_select_all()
        await desk.pilot.pause()
        await desk.press("y")
        assert "characters are copied" in desk.said
        assert desk.app.clipboard.startswith(desk.screen.front.shown_text[:10])
