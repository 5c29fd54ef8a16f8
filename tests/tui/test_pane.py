"""Reading a response: keys, what was seen, and panes that go together."""

from __future__ import annotations

import time

import pytest
from textual.app import App
from textual.containers import Horizontal
from textual.widgets import Static

from adjudge.tui.reading import Shelf
from adjudge.tui.reading.marks import plain
from adjudge.tui.widgets.pane import Pane, prerender

LONG = "\n\n".join(f"Paragraph {n} of the answer." for n in range(100))


class Bench(App[None]):
    """Two panes side by side, scrolled together."""

    def __init__(self, left: str, right: str = "", **pane: object) -> None:
        super().__init__()
        self.left, self.right, self.pane = left, right, pane
        self.told: list[tuple[str | None, float]] = []

    def compose(self):
        with Horizontal():
            yield Pane(self.left, side="A", id="a", shelf=Shelf(), **self.pane)
            yield Pane(self.right, side="B", id="b", shelf=Shelf())

    def on_pane_scrolled(self, message: Pane.Scrolled) -> None:
        self.told.append((message.pane.id, message.share))
        other = "#b" if message.pane.id == "a" else "#a"
        self.query_one(other, Pane).follow(message.share)


def screen(app):
    """What stands on the screen, line by line."""
    return [plain(strip) for strip in app.screen._compositor.render_strips()]


def border(pane):
    return pane._border_title.plain, pane._border_subtitle.plain


async def test_a_text_is_shown_with_its_side_and_its_length():
    app = Bench("# Hi\n\nTwo **words**\n\n```\nx\n```\n\na\u202eb", "**x**")
    async with app.run_test(size=(100, 20)):
        a = app.query_one("#a", Pane)
        assert border(a) == ("A", "6 words · 1 code · ! 1 hidden char")
        shown = "\n".join(screen(app))
        assert "Two words" in shown
        assert "a<RLO>b" in shown


async def test_a_title_is_cleaned_and_never_markup():
    async with Bench("x").run_test() as pilot:
        pane = pilot.app.query_one("#a", Pane)
        pane.show("y", title="[bold]A[/x]\x1b\n")
        assert border(pane)[0] == "[bold]A[/x]␛␊"


async def test_reading_keys_scroll_and_the_share_seen_never_shrinks():
    app = Bench(LONG)
    async with app.run_test(size=(80, 24)) as pilot:
        pane = app.query_one("#a", Pane)
        pane.focus()
        await pilot.pause()
        seen = pane.share_seen
        assert 0 < seen < 0.2
        assert pane.scroll_share == 0
        await pilot.press("j", "j", "k", "down")
        assert pane.scroll_offset.y == 2
        await pilot.press("space")
        assert pane.scroll_offset.y == 2 + pane._page
        await pilot.press("pagedown", "b", "pageup")
        assert pane.scroll_offset.y == 2
        await pilot.press("end")
        assert pane.scroll_share == 1
        assert pane.share_seen == 1
        assert "100 %" in border(pane)[1]
        await pilot.press("home")
        assert pane.scroll_share == 0
        assert pane.share_seen == 1
        pane.show(LONG)
        await pilot.pause()
        assert pane.share_seen == pytest.approx(seen)


async def test_left_and_right_are_left_to_the_screen():
    assert not {"left", "right"} & set(Pane("x")._bindings.key_to_bindings)


async def test_panes_follow_each_other_without_an_echo():
    app = Bench(LONG, LONG * 2)
    async with app.run_test(size=(80, 24)) as pilot:
        a, b = app.query(Pane)
        a.focus()
        await pilot.press("space", "space")
        await pilot.pause()
        assert b.scroll_share == pytest.approx(a.scroll_share, abs=0.01)
        assert {who for who, _ in app.told} == {"a"}
        b.focus()
        await pilot.press("end")
        await pilot.pause()
        assert a.scroll_share == b.scroll_share == 1


async def test_a_resize_keeps_the_place():
    app = Bench(LONG.replace("answer", "answer " * 12))
    async with app.run_test(size=(120, 30)) as pilot:
        pane = app.query_one("#a", Pane)
        pane.follow(0.5)
        await pilot.resize_terminal(70, 24)
        await pilot.pause()
        assert pane.scroll_share == pytest.approx(0.5, abs=0.02)
        widest = max(strip.cell_length for strip in pane._rendered.strips)
        assert widest <= pane.scrollable_content_region.width


async def test_source_and_rendered_view_take_turns():
    app = Bench("# Head\n\n*word*")
    async with app.run_test(size=(80, 12)) as pilot:
        pane = app.query_one("#a", Pane)
        assert "# Head" not in "\n".join(screen(app))
        pane.view = "raw"
        await pilot.pause()
        assert "# Head" in "\n".join(screen(app))
        assert "source" in border(pane)[1]
        pane.view = "rendered"
        await pilot.pause()
        assert "# Head" not in "\n".join(screen(app))


async def test_code_can_be_cut_instead_of_folded():
    app = Bench("```\n" + "x" * 90 + "\n```")
    async with app.run_test(size=(80, 12)) as pilot:
        app.query_one("#a", Pane).wrap_code = False
        await pilot.pause()
        assert any("…+" in line for line in screen(app))


async def test_a_search_goes_from_place_to_place_and_round():
    app = Bench(LONG)
    async with app.run_test(size=(80, 24)) as pilot:
        pane = app.query_one("#a", Pane)
        pane.phrase = "paragraph 7"
        await pilot.pause()
        assert pane.n_matches() == 11
        first = pane.scroll_offset.y
        pane.action_next_match()
        assert pane.scroll_offset.y > first
        for _ in range(10):
            pane.action_next_match()
        assert pane._highlights.current == pane._highlights.matches[0]
        pane.action_previous_match()
        assert pane._highlights.current == pane._highlights.matches[-1]
        pane.phrase = ""
        assert pane.n_matches() == 0
        assert pane._marks == {}


async def test_differences_are_marked_and_jumped_to():
    other = LONG.replace("Paragraph 60", "Section 60").replace(
        "Paragraph 90", "Item 90"
    )
    app = Bench(LONG, other)
    async with app.run_test(size=(80, 24)) as pilot:
        a, b = app.query(Pane)
        a.other, b.other = b.text, a.text
        await pilot.pause()
        assert a.n_differences() == b.n_differences() == 2
        a.action_next_difference()
        await pilot.pause()
        assert any("Paragraph 60" in line for line in screen(app))
        a.action_next_difference()
        a.action_next_difference()
        assert a._highlights.current == a._highlights.differences[0]
        a.action_previous_difference()
        assert a._highlights.current == a._highlights.differences[-1]
        a.other = None
        assert a.n_differences() == 0


async def test_a_prerendered_text_is_there_when_it_is_shown():
    app = Bench("first")
    async with app.run_test() as pilot:
        pane = app.query_one("#a", Pane)
        prerender("second *one*", pane.setting, shelf=pane._shelf)
        ready = pane._shelf.get("second *one*", pane.setting)
        assert ready.is_complete()
        pane.show("second *one*")
        await pilot.pause()
        assert pane._rendered is ready
        assert any("second one" in line for line in screen(app))


async def test_a_prerendered_pair_is_swapped_within_the_budget():
    """50 ms of CPU is the budget; the gate leaves twice that for a busy machine."""
    app = Bench("first", "first")
    section = (
        "## Head\n\nSome *words* and `code`.\n\n- one\n- two\n\n```\nx = 1\n```\n\n"
    )
    async with app.run_test(size=(120, 40)) as pilot:
        spent = []
        for number in range(5):
            texts = [f"{side} {number}\n\n" + section * 120 for side in "AB"]
            for pane, text in zip(app.query(Pane), texts, strict=True):
                prerender(text, pane.setting, shelf=pane._shelf)
            started = time.process_time()
            for pane, text in zip(app.query(Pane), texts, strict=True):
                pane.show(text)
            await pilot.pause()
            screen(app)
            spent.append(time.process_time() - started)
        assert sorted(spent)[2] < 0.1


async def test_a_very_long_text_is_written_on_between_keys():
    """The end key goes as far as is written, and on as more gets written."""
    app = Bench("Some words of a paragraph.\n\n" * 14_000)
    async with app.run_test(size=(80, 24)) as pilot:
        pane = app.query_one("#a", Pane)
        pane.focus()
        assert not pane._rendered.is_complete()
        assert pane.share_seen < 0.1
        await pilot.press("end")
        while not pane._rendered.is_complete():
            await pilot.pause(0.02)
        await pilot.pause(0.05)
        assert pane.virtual_size.height == len(pane._rendered.strips)
        assert pane.scroll_share == 1
        assert pane.share_seen == 1


async def test_selected_text_is_given_as_it_is_shown():
    app = Bench("One *two*\n\nthr\u202eee")
    async with app.run_test(size=(80, 12)) as pilot:
        pane = app.query_one("#a", Pane)
        await pilot.mouse_down(pane, offset=(2, 1))
        await pilot.hover(pane, offset=(6, 3))
        await pilot.mouse_up(pane, offset=(6, 3))
        await pilot.pause()
        selected = app.screen.get_selected_text()
        assert selected is not None
        assert selected.startswith("One two\n\nthr<")
        pane.text_select_all()
        await pilot.pause()
        assert app.screen.get_selected_text() == "One two\n\nthr<RLO>ee"


@pytest.mark.parametrize(
    "theme", ["textual-dark", "textual-light", "ansi-dark", "nord"]
)
@pytest.mark.parametrize("no_color", [False, True])
async def test_every_theme_tells_marks_from_text(theme, no_color, monkeypatch):
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    app = Bench("plain `code` \u202e needle")
    app.theme = theme
    async with app.run_test(size=(80, 12)) as pilot:
        pane = app.query_one("#a", Pane)
        pane.phrase = "needle"
        await pilot.pause()
        look = pane.setting.look
        assert look.code
        assert look.hidden != look.code
        assert any("needle" in line for line in screen(app))
        if no_color or theme.startswith("ansi"):
            assert look.match.reverse
            assert look.hidden.reverse


async def test_a_change_of_theme_renders_anew():
    app = Bench("`code`")
    async with app.run_test() as pilot:
        pane = app.query_one("#a", Pane)
        before = pane.setting
        app.theme = "textual-light"
        await pilot.pause()
        await pilot.pause()
        assert pane.setting != before
        assert pane._rendered.setting == pane.setting


async def test_the_border_grows_heavy_with_the_focus_and_terse_when_narrow():
    app = Bench("word " * 30 + "\u202e" + "\n\n```\nx\n```" + "\n\nw" * 30)
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one("#a", Pane)
        app.query_one("#b").focus()
        await pilot.pause()
        light = pane.styles.border_top[0]
        pane.focus()
        await pilot.pause()
        assert (light, pane.styles.border_top[0]) == ("round", "heavy")
        told = border(pane)[1]
        assert len(told) <= pane.size.width
        assert "! 1 hidden" in told


async def test_a_pane_that_is_not_displayed_waits_for_its_size():
    app = Bench(LONG)
    async with app.run_test(size=(80, 24)) as pilot:
        pane = app.query_one("#b", Pane)
        pane.display = False
        await pilot.pause()
        pane.show("**later**")
        assert pane.share_seen == 0
        pane.display = True
        await pilot.pause()
        await pilot.pause()
        assert any("later" in line for line in screen(app))
        assert pane.share_seen == 1


async def test_hostile_text_leaves_the_app_running():
    app = Bench("[/x][@click=app.quit]q[/]\n\n\x1b[2J\ud800", "\x00" * 50)
    async with app.run_test() as pilot:
        await pilot.click("#a")
        await pilot.pause()
        assert app.is_running
        assert not app.query(Static)
        assert any("[@click=app.quit]" in line for line in screen(app))
