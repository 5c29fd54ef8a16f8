"""The terms stand over everything until they are agreed to, and then never again."""

from __future__ import annotations

import pytest
from textual import events

from adjudge.domain.people import Actor, Role
from adjudge.services.campaign import campaigns
from adjudge.tui.dialogs.terms import TermsScreen
from adjudge.tui.home import HomeScreen
from adjudge.tui.judging.compare import CompareScreen
from adjudge.tui.plain.plain import run_plain

ANN = Actor(name="ann", role=Role.ANNOTATOR)
LEAD = Actor(name="ines", role=Role.LEAD)
TEXT = "You judge for pay.\nWhat you write here is kept.[/x]"


@pytest.fixture
def asked(campaign, tmp_path):
    """The campaign with terms."""
    file = tmp_path / "campaign.toml"
    file.write_text(
        f'[campaign]\nname = "ours"\n[terms]\ntext = """{TEXT}"""\n'
        '[[people]]\nname = "ines"\nrole = "lead"\n'
    )
    campaigns.apply(campaign, LEAD, str(file))
    return campaign


async def test_the_terms_are_agreed_to_once(asked, make_app, desk_of, sit):
    app = make_app(asked, "compare")
    async with app.run_test(size=(80, 24)) as pilot:
        desk, early = desk_of(pilot, asked), events.Key("y", "y")
        await desk.until(TermsScreen)
        await desk.arrive(early)
        assert "Typed before this was on the screen: now y counts" in desk.shown
        assert "What you write here is kept.[/x]" in desk.shown
        await desk.press("2", "enter", "escape")
        assert isinstance(desk.screen, TermsScreen)
        await desk.press("y")
        await desk.until(CompareScreen)
        await desk.press("q")
    async with sit(None, bench=asked) as desk:
        assert isinstance(desk.screen, HomeScreen)


async def test_whoever_does_not_agree_leaves(asked, make_app, desk_of):
    app = make_app(asked, "compare")
    async with app.run_test() as pilot:
        await desk_of(pilot, asked).until(TermsScreen)
        await pilot.press("q")
        await pilot.pause()
        assert app.return_code == 0


def test_line_by_line_they_are_read_out_first(asked):
    def work(*lines):
        said, left = [], iter(lines)
        read = lambda: next(left, None)  # noqa: E731
        run_plain(asked, ANN, "compare", read=read, write=said.append)
        return "\n".join(said)

    assert "What you write here is kept." in work("no", "q")
    assert "Task 1 of" in work("y")
    assert "Terms" not in work("q")
