"""The review of judgments as pictures: `make snapshots` accepts new ones."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Actor, Role
from adjudge.services.people import standing
from adjudge.tui.judging.second_look import SecondLookScreen

SMALL, MEDIUM, LARGE = (80, 24), (120, 40), (200, 50)


@pytest.fixture
def looks(snap_compare, campaign, drawing, make_app):
    """Open the reviews of a queue, press keys, compare with the picture."""

    def looks(*keys, size, queue="compare", **options):
        async def press(pilot):
            while not isinstance(pilot.app.screen, SecondLookScreen):
                await pilot.pause(0.02)
            for key in (None, *keys):
                if key is not None:
                    await pilot.press(key)
                for _ in range(4):
                    await pilot.app.workers.wait_for_complete()
                    await pilot.pause()

        drawing.judge("j1", "j2", queue=queue)
        app = make_app(campaign, queue, who="rob", review=True, **options)
        return snap_compare(app, terminal_size=size, run_before=press)

    return looks


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_second_look(looks, size):
    assert looks("1", size=size)


def test_second_look_sent_back(looks):
    assert looks("3", "4", "enter", *"too long", "enter", size=MEDIUM)


def test_second_look_which_clause(looks):
    assert looks("3", size=SMALL)


def test_second_look_at_the_judgment(looks):
    assert looks("i", size=SMALL)


def test_second_look_at_a_ranking(looks):
    assert looks(size=LARGE, queue="ranking")


def test_second_look_at_ratings(looks):
    assert looks(size=MEDIUM, queue="rate")


def test_second_look_behind_a_warning(looks, campaign):
    for who in (
        Actor(name="ann", role=Role.ANNOTATOR),
        Actor(name="rob", role=Role.EXPERT),
    ):
        standing.opt_in(campaign, who, who.name, "violence")
    assert looks(size=MEDIUM, queue="warned")


def test_second_look_in_ascii(looks):
    assert looks("1", size=MEDIUM, glyphs="ascii")


def test_second_look_without_colour(looks, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks("1", size=MEDIUM)
