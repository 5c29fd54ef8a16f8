"""The two screens as pictures: `make snapshots` accepts new ones."""

from __future__ import annotations

import pytest

SMALL, MEDIUM, LARGE = (80, 24), (120, 40), (200, 50)
EVERY = pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])


@pytest.fixture
def looks(snap_compare, writing, make_app):
    """Open the rewrites or their reviews, press keys, compare with the picture."""

    def looks(*keys, size, who="eva", review=False, text=None, **options):
        async def still(pilot):
            for _ in range(4):
                await pilot.app.workers.wait_for_complete()
                await pilot.pause()

        async def press(pilot):
            await still(pilot)
            if text is not None:
                pilot.app.screen.box.put(text)
                await still(pilot)
            for key in keys:
                await pilot.press(key)
                await still(pilot)
            screen = pilot.app.screen
            names = ("_pause", "_timer", "_is_comparing", "_unkept")
            while any(getattr(screen, name, None) for name in names):
                await pilot.pause(0.05)
            await still(pilot)

        app = make_app(writing, "rw", who=who, review=review, **options)
        return snap_compare(app, terminal_size=size, run_before=press)

    return looks


@EVERY
def test_rewrite(looks, made, size):
    assert looks("f5", "i", "escape", size=size, text=made.BETTER)


def test_rewrite_diff_where_room_is_short(looks, made):
    assert looks("tab", size=SMALL, text=made.BETTER)


def test_rewrite_original_where_room_is_short(looks, made):
    assert looks("escape", size=SMALL, text=made.BETTER)


def test_sentences(looks, made):
    assert looks("escape", "t", "i", "down", size=MEDIUM, text=made.BETTER)


def test_context(looks):
    assert looks("ctrl+o", size=MEDIUM)


def test_nothing_to_write(looks):
    assert looks("f12", size=SMALL)


def test_rewrite_in_ascii(looks, made):
    assert looks(size=MEDIUM, text=made.BETTER, glyphs="ascii")


def test_rewrite_without_colour(looks, made, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks(size=MEDIUM, text=made.BETTER)


def test_rewrite_light(looks, made):
    assert looks(size=MEDIUM, text=made.BETTER, theme="adjudge-light")


@EVERY
def test_review(looks, writing, made, size):
    made.sign(writing, sources=("the manual, 5.1",))
    assert looks("1", size=size, who="rob", review=True)


def test_review_fixing(looks, writing, made):
    made.sign(writing)
    assert looks("2", size=MEDIUM, who="rob", review=True)


def test_review_sending_back(looks, writing, made):
    made.sign(writing)
    assert looks("3", size=SMALL, who="rob", review=True)
