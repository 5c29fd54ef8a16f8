"""Rewriting and reviewing with keys that come in one bundle."""

from __future__ import annotations

from adjudge.tui.dialogs.choose import Choose
from adjudge.tui.writing.review import ReviewScreen

TRICKY = "Call reverse(); it returns None. 2 q x?"


async def test_a_rewrite_is_written_and_signed_in_one_bundle(write_at):
    async with write_at() as desk:
        await desk.burst(
            TRICKY, "<f5>i<esc><f7>n, q<enter><^l>https://x.y/q<enter><f2>"
        )
        (rewrite,) = desk.rewrites
        assert rewrite.text == TRICKY
        assert rewrite.sources == ("https://x.y/q",)
        await desk.burst("<f6>", " more", "<f5>i<enter><f2>")
        second = next(r for r in desk.rewrites if r.task != rewrite.task)
        assert " more" in second.text


async def test_what_follows_find_goes_into_its_fields(write_at):
    async with write_at() as desk:
        await desk.burst("a cat, a cat<^f>cat<tab>dog q<^r><esc>!")
        assert desk.text.replace("!", "") == "a dog q, a dog q"
        assert desk.text.count("!") == 1


async def test_dialogs_of_the_editor_take_their_keys(write_at):
    async with write_at() as desk:
        first = desk.screen.key_of_task()
        await desk.burst("mine<f8>2<enter>", "other<f12>1<enter>")
        await desk.burst("<f2>")
        (rewrite,) = desk.rewrites
        assert rewrite.outcome == "original_was_fine"
        assert rewrite.task_id != first
        await desk.burst("third<esc>t<down>i<esc>/reverse<enter>i now")
        assert desk.text == "third now"
        assert len(desk.screen.said_now().spans) == 1
        assert desk.screen.front.phrase == "reverse"


async def test_a_paste_after_a_key_lands_where_that_key_went(write_at):
    async with write_at() as desk:
        await desk.burst("<f7>", ("a note\n",), "<enter>", ("first\nsecond",), "!")
        assert desk.text == "first\nsecond!"
        assert desk.screen.said_now().note == "a note"


async def test_a_missing_reason_drops_what_was_meant_for_the_next(write_at):
    async with write_at() as desk:
        await desk.burst("mine<f2>the next one")
        assert desk.rewrites == []
        assert desk.text == "mine"


async def test_what_looks_private_is_asked_before_anything_else(write_at):
    async with write_at() as desk:
        await desk.burst("write to eva@example.org<f5>i<enter><f2><enter>next")
        assert isinstance(desk.screen, Choose)
        assert desk.rewrites == []


async def test_a_review_in_one_bundle(write_at, writing, made):
    made.sign(writing)
    made.sign(writing, id="s2")
    async with write_at(who="rob", review=True) as desk:
        assert isinstance(desk.screen, ReviewScreen)
        await desk.burst(
            "2 fixed, q<f7>why 1 3 q<enter><f2>", "31<tab>cites 1 q<enter><f2>"
        )
        assert {r.state for r in desk.rewrites} == {"fixed", "approved", "submitted"}
        await desk.burst("<f2>")
        outcomes = {r.state for r in desk.rewrites}
        assert outcomes == {"fixed", "approved", "returned"}, desk.said
