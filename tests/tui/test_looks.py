"""What a person must see, as pictures: `make snapshots` accepts new ones."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Actor, Role
from adjudge.tui.deeds import Deeds

ANN = Actor(name="ann", role=Role.ANNOTATOR)
SMALL, MEDIUM, LARGE = (80, 24), (120, 40), (200, 50)


@pytest.fixture
def looks(snap_compare, campaign, make_app):
    """Open a queue, press keys, and compare the screen with its picture."""

    def looks(queue, *keys, size, **options):
        async def press(pilot):
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
