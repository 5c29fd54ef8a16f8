"""What is being written is kept, whatever happens; and what happened is said."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.engine import make_url

from adjudge.errors import InvalidInputError
from adjudge.services.work import rewriting
from adjudge.tui.deeds import Deeds
from adjudge.tui.dialogs import recovered as dialog
from adjudge.tui.dialogs.recovered import Recovered


@pytest.fixture
def elsewhere(writing, made, clock):
    """Write in another window of eva's."""
    deeds = Deeds(lambda: (writing, made.EVA)).writing

    def elsewhere(text, window="other window"):
        assignment = rewriting.claim(writing, made.EVA, "rw")[0]
        draft = assignment.blank().write(text)
        deeds.save(assignment, draft, window, seq=deeds.next_seq())
        clock.tick(60)

    return elsewhere


async def test_a_draft_is_kept_within_a_second_even_of_who_never_pauses(write_at):
    async with write_at() as desk:
        began = time.monotonic()
        typed = 0
        while time.monotonic() - began < 2.5:
            await desk.pilot.press("a")
            typed += 1
        # Not one pause of 0.4 s was made, and there is a draft all the same.
        assert desk.drafts("eva")
        await desk.pause()
        assert desk.drafts("eva")[0][1]["text"] == "a" * typed


async def test_blur_keeps_at_once(write_at):
    async with write_at() as desk:
        await desk.pilot.press("a", "b", "tab")
        await desk.settle()
        assert [body["text"] for _, body in desk.drafts("eva")] == ["ab"]


async def test_a_draft_is_offered_compared_and_restored(elsewhere, write_at):
    elsewhere("You can call it in place.")
    async with write_at() as desk:
        assert isinstance(desk.screen, Recovered)
        assert "Draft from 09:00 (6 words)" in desk.shown
        await desk.press("c")
        await desk.settle()
        assert "{+You can call it in place.+}" in desk.shown
        await desk.press("r")
        await desk.settle()
        assert desk.text == "You can call it in place."
        assert desk.said == "Draft from 09:00 restored."
        assert len(await desk.kept()) == 1, "this window goes on with it"


async def test_a_draft_that_is_discarded_stays_until_something_is_written(
    elsewhere, write_at
):
    elsewhere("old words")
    async with write_at() as desk:
        await desk.press("d")
        await desk.settle()
        assert desk.text == ""
        assert [b["text"] for _, b in desk.drafts("eva")] == ["old words"]
        await desk.type_in("new")
        assert [b["text"] for _, b in await desk.kept()] == ["new"]


async def test_two_windows_that_wrote_are_both_offered(elsewhere, write_at):
    elsewhere("first", "w1")
    elsewhere("second one", "w2")
    async with write_at() as desk:
        assert "2 windows hold drafts of this text" in desk.shown
        assert "Draft from 09:01 (2 words)" in desk.shown
        await desk.press("down", "r")
        await desk.settle()
        assert desk.text == "first"


@pytest.mark.parametrize(("key", "text"), [("d", "mine!"), ("r", "theirs")])
async def test_another_window_that_writes_meanwhile_is_shown(
    elsewhere, write_at, monkeypatch, key, text
):
    monkeypatch.setattr(dialog, "PAUSE_SECONDS", 1_000.0)
    async with write_at() as desk:
        await desk.type_in("mine")
        await desk.pause()
        elsewhere("theirs")
        await desk.type_in("!")
        await desk.pause()
        assert isinstance(desk.screen, Recovered)
        await desk.burst("r<enter>d")
        assert isinstance(desk.screen, Recovered), "it came amid typing, which goes on"
        desk.screen._deaf_until = 0.0  # a pause
        assert "Another window of yours writes on this text" in desk.shown
        assert "(1 word)" in desk.shown
        await desk.press(key)
        await desk.pause()
        assert desk.text == text


async def test_a_text_signed_in_another_window_is_not_lost_here(
    write_at, writing, made
):
    async with write_at() as desk:
        await desk.type_in("my long words")
        await desk.press("f5", "i", "escape")
        assignment = rewriting.claim(writing, made.EVA, "rw")[0]
        draft = assignment.blank().write("theirs").flip_reason("incorrect")
        rewriting.submit(
            writing, made.EVA, assignment, draft, seconds=1, submission_id="elsewhere"
        )
        await desk.press("f2")
        await desk.settle()
        assert "in another window" in desk.said
        assert desk.text == "my long words"
        await desk.press("escape", "q")
        await desk.settle()
        assert [b["text"] for _, b in desk.drafts("eva")] == ["my long words"]


async def test_a_full_disk_is_said_and_mends_itself(write_at, writing):
    """SQLite refuses to grow; the text stands on the screen until there is room."""
    async with write_at() as desk:
        await desk.type_in("kept")
        await desk.pause()
        with writing.store.read() as unit:
            (pages,) = unit.one("PRAGMA page_count")
        with limited(writing, pages):
            await desk.paste("word " * 20_000)
            await desk.until_so(lambda: desk.screen._problem)
            assert "tried again: the disk under" in desk.said
            assert "not saved" in desk.shown
            assert "The disk of the store has been full since" in desk.shown
            await desk.press("escape", "q")
            await desk.settle()
            assert "Once more leaves without it" in desk.said, "it stays"
            assert [b["text"] for _, b in desk.drafts("eva")] == ["kept"]
        await desk.until_so(lambda: not desk.screen._problem)
        assert desk.said == "Saved again."
        await desk.pause()
        assert len(desk.drafts("eva")[0][1]["text"]) == 100_004


class limited:  # noqa: N801 - reads as words
    """Let no connection of a store grow its file."""

    def __init__(self, bench, pages):
        self.pool, self.pages = bench.store.pool, pages
        self.opening = self.pool.opening

    def _open(self):
        connection = self.opening()
        connection.cursor().execute(f"PRAGMA max_page_count = {self.pages}")
        return connection

    def __enter__(self):
        self.pool.opening = self._open
        self.pool.dispose()

    def __exit__(self, *_):
        self.pool.opening = self.opening
        self.pool.dispose()


async def test_a_lost_connection_is_said_and_nothing_is_gone(
    make_bench, make_postgres, tmp_path, made, write_at, postgres_admin
):
    address = make_postgres()
    bench = make_bench(address)
    made.prepare(bench, tmp_path)
    name = make_url(address).database
    async with write_at(bench=bench) as desk:
        await desk.type_in("before")
        await desk.pause()
        postgres_admin(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres_admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{name}'"
        )
        await desk.type_in(" and after")
        await desk.until_so(lambda: desk.screen._problem)
        assert desk.said.startswith("Not saved yet, tried again: ")
        postgres_admin(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await desk.until_so(lambda: not desk.screen._problem)
        assert desk.said == "Saved again."
        assert [b["text"] for _, b in await desk.kept()] == ["before and after"]


async def test_a_late_save_keeps_the_text_it_was_given_of_the_task_it_was_for(
    write_at, writing
):
    """All threads may be waiting for a store while the next task comes."""
    loop, store_answers = asyncio.get_running_loop(), threading.Event()
    with ThreadPoolExecutor(1) as only:
        async with write_at() as desk:
            first, second = desk.session.hand[:2]
            loop.set_default_executor(only)
            loop.run_in_executor(only, store_answers.wait)
            await desk.pilot.press("a", "b")
            desk.screen.keep_now()
            desk.session.hand = desk.session.hand[1:]
            store_answers.set()
            await desk.settle()
            with writing.store.read() as unit:
                kept = unit.all("SELECT task_id FROM draft WHERE annotator = 'eva'")
            desk.session.hand = (first, second)
            assert kept == [(first.task_id,)]


async def test_what_a_refused_signature_held_up_is_kept(write_at, writing):
    async with write_at() as desk:
        await desk.pilot.press("a", "b")
        desk.screen._storing = True
        desk.screen.keep_now()
        assert desk.drafts("eva") == []
        desk.screen.post_message(desk.screen.Refused(InvalidInputError("no")))
        await desk.settle()
        assert [body["text"] for _, body in desk.drafts("eva")] == ["ab"]
