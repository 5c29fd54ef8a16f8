"""Private stretches and models' names come onto no screen."""

from __future__ import annotations

import pytest

PRIVATE = "canary.mail@example.com, 4111 1111 1111 1111, sk-CANARYkey0123456789abcdef"


@pytest.fixture
def private(campaign, bring_in):
    """A queue whose every text holds what nobody should see."""
    line = {
        "id": "private",
        "prompt": f"Write to {PRIVATE}.",
        "responses": [
            {"id": "a", "text": f"As GPT-4, I wrote to {PRIVATE}.", "model": "gpt-4"},
            {"id": "b", "text": f"GPT-4 will not write to {PRIVATE}.", "model": "m"},
        ],
    }
    bring_in(campaign, "comparisons", [line], queue="private")
    return "private"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_no_screen_shows_what_is_covered(private, sit, size):
    async with sit(private, size=size) as desk:
        seen = desk.shown
        for key in ("tab", "c", "escape", "d", "v", "z", "z"):
            await desk.press(key)
            seen += desk.shown
    async with sit(size=size) as home:
        seen += home.shown
    for canary in ("canary", "4111", "CANARY", "GPT"):
        assert canary not in seen
    assert "[email]" in seen
    assert "[model]" in seen
