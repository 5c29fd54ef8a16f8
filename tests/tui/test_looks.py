"""What a person must see, as pictures: `make snapshots` accepts new ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adjudge.domain.people import Actor, Role
from adjudge.domain.queue import Queue
from adjudge.errors import UnknownError
from adjudge.services.campaign import guidelines, queueing
from adjudge.services.importing import ingest
from adjudge.services.people import people
from adjudge.tui.app import AdjudgeApp, Lobby
from adjudge.tui.clock import Times
from adjudge.tui.deeds import Deeds
from adjudge.wiring.settings import Settings

GUIDELINES = Path(__file__).parents[2] / "guidelines"
TWO = ("version = 1", "version = 2", 1)
LEAD = Actor(name="ines", role=Role.LEAD)
ANN = Actor(name="ann", role=Role.ANNOTATOR)
SMALL, MEDIUM, LARGE = (80, 24), (120, 40), (200, 50)


async def stands(pilot, queue):
    """Wait until home has looked, or the queue that was named stands open."""
    home = pilot.app.screen_stack[0]
    while home._desk is None if queue is None else pilot.app.screen is home:
        await pilot.pause(0.02)


@pytest.fixture
def looks(snap_compare, campaign, make_app):
    """Open a queue, press keys, and compare the screen with its picture."""

    def looks(queue, *keys, size, **options):
        async def press(pilot):
            await stands(pilot, queue)
            # The first pause lets the store open; each key may ask it something.
            for key in (None, *keys):
                if key is not None:
                    await pilot.press(key)
                for _ in range(4):
                    await pilot.app.workers.wait_for_complete()
                    await pilot.pause()

        app = make_app(campaign, queue, **options)
        return snap_compare(app, terminal_size=size, run_before=press)

    return looks


@pytest.mark.parametrize("size", [SMALL, MEDIUM])
def test_home(looks, size):
    assert looks(None, size=size)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_compare(looks, size):
    assert looks("compare", "2", "t", "i", "escape", size=size)


def test_compare_after_a_judgment(looks):
    assert looks("compare", "3", "enter", size=LARGE)


def test_tags(looks):
    assert looks("compare", "6", "t", "i", "A", "c", size=SMALL)


def test_turns(looks):
    assert looks("turns", size=MEDIUM)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_rank(looks, size):
    assert looks("ranking", "3", "equals_sign", "1", size=size)


def test_rate(looks):
    assert looks("rate", "4", size=SMALL)


def test_guideline(looks):
    assert looks("compare", "g", size=MEDIUM)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_help(looks, size):
    assert looks("compare", "?", size=size)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_settings(looks, size, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/ann/.config")
    assert looks("compare", "f3", "down", size=size)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_guideline_changed(looks, campaign, size):
    """Somebody judged under the first version; a lead adds a second."""
    deeds = Deeds(lambda: (campaign, ANN))
    first = deeds.sit_down("compare").hand[0]
    draft = first.blank().grade(2)
    times = Times()
    done = deeds.submit(first, draft, times=times, seen=1, submission_id="s1")
    deeds.release(done.next)
    text = (GUIDELINES / "helpfulness.md").read_text().replace(*TWO)
    text = text.replace("helps the user more?", "helps the person more?", 1)
    text = text.replace("## 2 ", "Say which part is wrong.\n\n## 2 ", 1)
    guidelines.add(campaign, LEAD, text, name="helpfulness", change="major")
    assert looks("compare", size=size)


def test_a_folded_beginning(looks, campaign, tmp_path):
    queueing.create(campaign, LEAD, Queue(name="alike", guideline="helpfulness"))
    both = "Reversing a list is one method call. " * 12
    row = {
        "id": "alike-1",
        "prompt": "How do I reverse a list?",
        "responses": [
            {"id": "a", "text": f"{both}\n\n`items.reverse()` works in place."},
            {"id": "b", "text": f"{both}\n\n`items[::-1]` makes a copy."},
        ],
    }
    file = tmp_path / "alike.jsonl"
    file.write_text(json.dumps(row) + "\n")
    options = ingest.Options(queue="alike")
    ingest.import_files(campaign, LEAD, "comparisons", [str(file)], options)
    assert looks("alike", "d", size=SMALL)


def test_an_empty_store(snap_compare, sqlite_bench):
    app = AdjudgeApp(lambda: (sqlite_bench, LEAD), settings=Settings())

    async def wait(pilot):
        await stands(pilot, None)
        for _ in range(4):
            await pilot.app.workers.wait_for_complete()
            await pilot.pause()

    assert snap_compare(app, terminal_size=SMALL, run_before=wait)


def test_who_are_you(snap_compare, campaign):
    def unknown():
        raise UnknownError("nobody called 'root' works in this store")

    lobby = Lobby(lambda: people.with_login(campaign), lambda _name: unknown())
    app = AdjudgeApp(unknown, settings=Settings(), lobby=lobby)

    async def wait(pilot):
        for _ in range(4):
            await pilot.app.workers.wait_for_complete()
            await pilot.pause()

    assert snap_compare(app, terminal_size=SMALL, run_before=wait)


def test_passing_on(looks):
    assert looks("compare", "x", size=SMALL)


def test_criteria(looks):
    assert looks("compare", "r", "4", "2", size=MEDIUM)


def test_two_drafts(looks, campaign, clock):
    deeds = Deeds(lambda: (campaign, ANN))
    assignment = deeds.sit_down("compare").hand[0]
    for digit in (1, 7):
        draft = assignment.blank().grade(digit).with_note(f"draft {digit}")
        deeds.save_draft(assignment, draft, f"window {digit}")
        clock.tick(60)
    assert looks("compare", size=SMALL)


def test_nothing_left(looks):
    assert looks("turns", "4", "enter", size=SMALL)


def test_too_small(looks):
    assert looks("compare", "2", size=(72, 20))


@pytest.mark.parametrize("theme", ["adjudge-light", "ansi-dark"])
def test_other_themes(looks, theme):
    assert looks("compare", "2", "0", "t", "i", size=MEDIUM, theme=theme)


def test_without_colour(looks, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks("compare", "2", "0", "t", "i", size=MEDIUM)


def test_in_ascii(looks):
    assert looks("compare", "2", "0", "t", "i", "escape", size=MEDIUM, glyphs="ascii")
