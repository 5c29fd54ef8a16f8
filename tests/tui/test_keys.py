"""Every key has a name, and no two actions share one."""

from __future__ import annotations

import pytest

from adjudge.errors import InvalidInputError
from adjudge.tui import keys


def test_no_two_actions_of_a_screen_share_a_key():
    assert keys.remapped({}) == {}


def test_an_unknown_action_is_refused_with_those_there_are():
    with pytest.raises(InvalidInputError, match="no action 'fly'") as caught:
        keys.remapped({"fly": "f"})
    assert "submit" in caught.value.hint


@pytest.mark.parametrize("key", ["t", "exclamation_mark", "!"])
def test_a_key_that_is_taken_is_refused_with_the_others_name(key):
    with pytest.raises(InvalidInputError, match=r"would be both .*(tags|flag)"):
        keys.remapped({"note": key})


def test_two_actions_can_swap_their_keys():
    assert keys.remapped({"note": "t", "tags": "n"}) == {"note": "t", "tags": "n"}


@pytest.mark.parametrize(
    ("keys_", "words"),
    [("enter,f2", "Enter"), ("exclamation_mark", "!"), ("f5", "F5"), ("ctrl+g", "^g")],
)
def test_keys_are_written_as_they_stand_on_a_keyboard(keys_, words):
    assert keys.shown(keys_) == words


async def test_a_remapped_key_works_and_is_shown(sit):
    async with sit("compare", keys={"submit": "ctrl+s", "note": "i"}) as desk:
        assert "^s submit" in desk.shown
        await desk.press("2", "enter")
        assert desk.judgments() == []
        await desk.press("ctrl+s")
        assert len(desk.judgments()) == 1


async def test_a_key_that_means_nothing_is_refused_in_words(sit):
    async with sit("compare") as desk:
        await desk.press("Y")
        assert desk.said == "Y does nothing here; ? lists keys."
        await desk.press("8")
        assert desk.said == "8 does nothing here; ? lists keys."
