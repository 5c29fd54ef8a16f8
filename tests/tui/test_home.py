"""Home: what there is to do, and how the workbench opens."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Actor, Role
from adjudge.errors import InvalidInputError, UnknownError
from adjudge.services.people import messages, people, standing
from adjudge.services.work import arriving
from adjudge.tui.app import AdjudgeApp, Lobby
from adjudge.tui.dialogs.messages import Messages
from adjudge.tui.home import HomeScreen
from adjudge.tui.judging.compare import CompareScreen
from adjudge.tui.judging.done import DoneScreen
from adjudge.tui.judging.rank import RankScreen
from adjudge.wiring.settings import Settings

ANN = Actor(name="ann", role=Role.ANNOTATOR)


async def test_queues_stand_with_what_is_done_and_left(sit):
    async with sit() as desk:
        lines = [" ".join(line.split()) for line in desk.shown.split("\n")]
        assert "1 compare compare 0 6 helpfulness" in lines
        assert "2 empty compare 0 none helpfulness" in lines
        assert "Today 0 judgments, 0:00 at work" in lines
        assert "Drafts none to come back to" in lines


async def test_a_digit_opens_a_queue_and_q_comes_back(sit):
    async with sit() as desk:
        await desk.press("3")
        await desk.settle()
        await desk.press("q")
        assert isinstance(desk.screen, HomeScreen)
        await desk.press("3")
        await desk.settle()
        assert isinstance(desk.screen, RankScreen)


async def test_enter_opens_the_marked_queue(sit):
    async with sit() as desk:
        await desk.press("down", "enter")
        await desk.settle()
        assert isinstance(desk.screen, DoneScreen)
        await desk.press("enter")
        assert isinstance(desk.screen, HomeScreen)


async def test_today_grows_with_the_work(sit, ticks):
    async with sit() as desk:
        await desk.press("1")
        await desk.settle()
        ticks.seconds += 55
        await desk.press("2", "enter", "q")
        assert "1 judgment, 0:55 at work" in desk.shown


async def test_d_goes_back_to_the_newest_draft(sit):
    async with sit() as desk:
        await desk.press("d")
        assert desk.said == "There is no draft to come back to."
        await desk.press("3")
        await desk.settle()
        await desk.press("2", "q")
        assert "ranking, saved 05 Jan 09:00" in desk.shown
        await desk.press("d", "escape")
        assert isinstance(desk.screen, RankScreen)
        assert len(desk.draft.ranking) == 1


async def test_a_number_without_a_queue_is_refused_in_words(sit):
    async with sit() as desk:
        await desk.press("9")
        assert desk.said == "There is no queue of that number."
        await desk.press("w")
        assert desk.said == "w does nothing here; ? lists the keys."


async def test_an_empty_store_starts_the_sample_campaign(desk_of, sqlite_bench):
    boss = lambda: (sqlite_bench, Actor(name="ines", role=Role.LEAD))  # noqa: E731
    app = AdjudgeApp(boss, settings=Settings())
    async with app.run_test(size=(100, 30)) as pilot:
        desk = desk_of(pilot, sqlite_bench)
        await desk.settle()
        assert "This store has no queue yet." in desk.shown
        assert "Enter start the sample campaign" in desk.shown
        await desk.press("enter")
        assert desk.said == "Here it is. Enter opens a queue."
        assert "helpfulness" in desk.shown
        await desk.press("enter")
        await desk.settle()
        assert isinstance(desk.screen, CompareScreen)


async def test_an_empty_store_tells_an_annotator_who_fills_it(sit, sqlite_bench):
    async with sit(bench=sqlite_bench) as desk:
        assert "A lead fills it" in desk.shown
        await desk.press("enter")
        assert "a lead fills the store" in desk.said
        assert sqlite_bench.store.place
        with sqlite_bench.store.read() as unit:
            assert unit.one("SELECT count(*) FROM queue") == (0,)


async def test_whoever_the_program_does_not_know_says_who_they_are(desk_of, campaign):
    def unknown():
        raise UnknownError("nobody called 'root' works in this store")

    lobby = Lobby(
        lambda: people.with_login(campaign),
        lambda name: (campaign, people.identify(campaign, name)),
    )
    app = AdjudgeApp(unknown, settings=Settings(), lobby=lobby)
    async with app.run_test(size=(100, 30)) as pilot:
        desk = desk_of(pilot, campaign)
        await desk.settle()
        assert "Who are you?" in desk.shown
        await desk.press("down", "enter")
        assert isinstance(desk.screen, HomeScreen)
        assert app.place.deeds.name() == "bob"
        assert "adjudge  bob" in desk.shown


async def test_whoever_does_not_say_leaves(desk_of, campaign):
    def unknown():
        raise UnknownError("nobody called 'root' works in this store")

    lobby = Lobby(lambda: people.with_login(campaign), lambda _name: unknown())
    app = AdjudgeApp(unknown, settings=Settings(), lobby=lobby)
    async with app.run_test(size=(100, 30)) as pilot:
        desk = desk_of(pilot, campaign)
        await desk.settle()
        await desk.press("escape")
    assert app.return_code == 0


async def test_a_store_that_cannot_be_opened_ends_with_its_error(ticks):
    def fail():
        raise UnknownError("there is no store here")

    app = AdjudgeApp(fail, settings=Settings(), now=ticks)
    async with app.run_test() as pilot:
        await pilot.app.workers.wait_for_complete()
        await pilot.pause(0.1)
    assert str(app.failure) == "there is no store here"
    assert app.return_code == 3


async def test_a_queue_that_was_paused_is_refused_at_home(sit, campaign, lead):
    from adjudge.services.campaign import queueing

    async with sit() as desk:
        queueing.change(campaign, lead, "compare", paused=True, paused_why="lunch")
        await desk.press("1", "r")
        assert isinstance(desk.screen, HomeScreen)
        assert "paused" in desk.shown


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"theme": "pink"}, "there is no theme 'pink'"),
        ({"keys": {"note": "t"}}, "would be both"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong, words, ticks):
    with pytest.raises(InvalidInputError, match=words):
        AdjudgeApp(lambda: None, settings=Settings(**wrong), now=ticks)


@pytest.mark.parametrize(
    "theme",
    ["adjudge-dark", "adjudge-light", "ansi-dark", "ansi-light", "nord", "dracula"],
)
async def test_every_theme_shows_every_screen(sit, theme):
    async with sit("compare", theme=theme) as desk:
        assert isinstance(desk.screen, CompareScreen)
        await desk.press("2", "t", "i", "escape", "g", "escape", "?")
        assert "A far better" in desk.shown


@pytest.mark.parametrize("no_color", [False, True])
async def test_what_is_chosen_shows_without_colour(sit, monkeypatch, no_color):
    """Brackets, a check mark and reversed letters say it."""
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    async with sit("compare") as desk:
        await desk.press("2", "0", "t", "i", "escape")
        assert "[2 A>B]" in desk.shown
        assert "[0 ✓ none acceptable]" in desk.shown
        assert "✓B i Incorrect" in desk.shown
        scale = desk.screen.query_one("#verdict").render_line(0)
        reversed_text = [s.text for s in scale if s.style and s.style.reverse]
        assert "[2 A>B]" in reversed_text


async def test_ascii_signs_need_no_font(sit):
    async with sit("compare", glyphs="ascii") as desk:
        await desk.press("2", "0", "t", "i", "escape")
        frame = desk.shown.split("\n")
        assert "xB i Incorrect" in desk.shown
        assert not set("─━│┃╭╮╰╯┏┓┗┛✓") & set("".join(frame))


@pytest.mark.parametrize("key", ["d", "?", "f3", "g", "ctrl+p", "x"])
async def test_whatever_opens_in_ascii_has_nothing_else_of_ours(sit, key):
    """Arrows, dots, quotation marks and the ends of scroll bars included."""
    async with sit("compare", size=(80, 24), glyphs="ascii") as desk:
        await desk.press(key)
        assert [sign for sign in desk.shown if not sign.isascii()] == []


def test_the_desk_is_asked_as_the_person_who_works(campaign):
    assert [q.name for q, _, _ in arriving.desk(campaign, ANN).queues] == [
        "compare",
        "empty",
        "ranking",
        "rate",
        "turns",
        "warned",
    ]


async def test_messages_are_read_at_home_with_receipts(sit, campaign, lead):
    messages.send(campaign, lead, "ann", "The [/x] new text \x1b[2J is out.")
    messages.send(campaign, lead, "ann", "Call me.")
    async with sit() as desk:
        line = "Messages 2 to read, from lea: m opens"
        assert line in " ".join(desk.shown.split())
        await desk.press("m")
        await desk.until(Messages)
        assert "The [/x] new text ␛[2J is out." in desk.shown
        await desk.press("y")
        assert "Call me." in desk.shown
        await desk.press("n")
        await desk.until(HomeScreen)
        await desk.settle()
        assert "1 to read, from lea" in desk.shown
        await desk.press("m", "escape")
        await desk.press("m")
        await desk.press("y")
        await desk.until(HomeScreen)
        await desk.settle()
        assert "Messages" not in desk.shown
        await desk.press("m")
        assert "No message waits for you." in desk.shown
    assert [m.unread for m in messages.sent(campaign, lead)] == [(), ()]


async def test_a_message_nobody_has_seen_gets_no_receipt(sit, campaign, lead):
    """Not by a key that was typed before it was painted: a bundle, or a slow line."""
    for text in ("The new text is out.", "Call me."):
        messages.send(campaign, lead, "ann", text)
    async with sit() as desk:
        await desk.burst("myyn")
        assert "The new text is out." in desk.shown
        assert "now y counts" in desk.shown
        await desk.burst("yyn")  # the second has not been painted either
        assert "Call me." in desk.shown
        assert "now y counts" in desk.shown
        await desk.burst("<esc>")
        await desk.until(HomeScreen)
    sent = messages.sent(campaign, lead)
    assert {m.text: m.unread for m in sent} == {
        "The new text is out.": (),
        "Call me.": ("ann",),
    }


async def test_who_is_paused_reads_why_at_home(sit, campaign, lead):
    standing.pause(campaign, lead, "ann", why="gold fell under 70 %")
    async with sit() as desk:
        assert "You are paused: gold fell under 70 %. What you have" in desk.shown
