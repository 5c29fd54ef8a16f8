"""A lead's screens as pictures: `make snapshots` accepts new ones."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Role

SMALL, MEDIUM, LARGE = (80, 24), (120, 40), (200, 50)
SIZES = pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])


@pytest.fixture
def looks(snap_compare, judged, make_app):
    """Come in as a lead, press keys, and compare the screen with its picture."""

    def looks(*keys, size, **options):
        async def press(pilot):
            for key in (None, *keys):
                if key is not None:
                    await pilot.press(key)
                for _ in range(6):
                    await pilot.app.workers.wait_for_complete()
                    await pilot.pause()

        app = make_app(judged, None, who="ines", role=Role.LEAD, **options)
        return snap_compare(app, terminal_size=size, run_before=press)

    return looks


@SIZES
def test_numbers(looks, size):
    assert looks("l", size=size)


def test_pairs_where_room_is_short(looks):
    assert looks("l", "tab", "down", size=SMALL)


def test_pairs_as_a_list(looks):
    assert looks("l", "i", "down", size=MEDIUM)


def test_weeks_where_room_is_short(looks):
    assert looks("l", "tab", "tab", size=SMALL)


@SIZES
def test_annotators(looks, size):
    assert looks("l", "2", size=size)


@SIZES
def test_export(looks, size):
    # No rows of these: they hold fits, whose last digits are no matter of pictures.
    keys = ("up", "right", "home", "down", "right", "right", "p")
    assert looks("l", "e", *keys, size=size)


@pytest.mark.parametrize("size", [SMALL, MEDIUM])
def test_disputed(looks, size):
    assert looks("l", "4", size=size)


@SIZES
def test_before_the_blind_call(looks, size):
    assert looks("l", "4", "enter", size=size)


@SIZES
def test_after_the_blind_call(looks, size):
    assert looks("l", "4", "enter", "2", "enter", size=size)


@SIZES
def test_numbers_of_rankings(snap_compare, ranked, make_app, size):
    async def press(pilot):
        for _ in range(6):
            await pilot.app.workers.wait_for_complete()
            await pilot.pause()
        await pilot.press("l")
        for _ in range(6):
            await pilot.app.workers.wait_for_complete()
            await pilot.pause()

    app = make_app(ranked, None, who="ines", role=Role.LEAD)
    assert snap_compare(app, terminal_size=size, run_before=press)


def test_no_judgments_yet(looks):
    assert looks("down", "l", size=MEDIUM)


def test_numbers_without_colour(looks, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks("l", size=MEDIUM)


def test_numbers_in_ascii(looks):
    assert looks("l", size=MEDIUM, glyphs="ascii")
