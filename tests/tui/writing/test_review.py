"""Reviewing: approve, fix, send back; and the way back to the author."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList

from adjudge.errors import NotAllowedError
from adjudge.tui.deeds import Deeds
from adjudge.tui.dialogs.choose import Choose
from adjudge.tui.writing.review import ReviewScreen
from adjudge.tui.writing.writing_done import WritingDoneScreen


@pytest.fixture
def review_at(writing, write_at, made):
    """Let eva sign, then sit rob down at the review of it."""
    made.sign(writing, sources=("the manual",))

    def review_at(**options):
        return write_at("rw", who="rob", review=True, **options)

    return review_at


def find(desk, id="s1"):
    return next(w for w in desk.rewrites if w.id == id)


async def test_home_opens_the_reviews_by_number(writing, write_at, made):
    made.sign(writing)
    async with write_at(None, who="rob") as desk:
        await desk.press("2")
        await desk.settle()
        assert isinstance(desk.screen, ReviewScreen)
        await desk.press("q")
        await desk.settle()
        await desk.press("1")
        await desk.settle()
        assert isinstance(desk.screen, WritingDoneScreen), "eva holds the others"


async def test_original_complaint_rewrite_and_diff_are_seen(review_at):
    async with review_at() as desk:
        await desk.pause()
        shown = desk.shown
        assert "the snippet prints None" in shown
        assert "Downvoted answer" in shown
        assert "Rewrite · rewritten" in shown
        assert "of a tuple" in shown
        assert "[-gives" in desk.diffed
        assert "author: incorrect, source: the manual" in shown
        assert "passages changed" in shown
        assert "eva" not in shown, "whoever reviews judges the text"


async def test_a_digit_decides_and_enter_signs(review_at):
    async with review_at() as desk:
        await desk.press("enter")
        assert desk.said.startswith("Decide first")
        await desk.press("1")
        assert "[1 approve]" in desk.shown
        assert find(desk).state == "submitted"
        await desk.press("enter")
        await desk.settle()
        assert (find(desk).state, find(desk).reviewer) == ("approved", "rob")
        assert isinstance(desk.screen, WritingDoneScreen)
        assert "Approved: " in desk.shown
        assert desk.drafts("rob") == []


async def test_a_fix_is_written_in_the_editor_and_says_why(review_at, made):
    async with review_at() as desk:
        await desk.press("2")
        assert desk.screen.box.has_focus
        assert desk.text == made.BETTER
        await desk.type_in(" See also sorted.")
        await desk.press("f2")
        assert desk.said.startswith("Say why")
        await desk.press("f7")
        await desk.type_in("sorted is better known")
        await desk.press("enter", "f2")
        await desk.settle()
        assert find(desk).state == "fixed"
        fixed = next(w for w in desk.rewrites if w.fixed_by == "rob")
        assert fixed.text == made.BETTER + " See also sorted."
        assert (fixed.state, fixed.annotator) == ("approved", "eva")


async def test_a_fix_that_changes_nothing_is_none(review_at):
    async with review_at() as desk:
        await desk.press("2", "f2")
        assert desk.said.startswith("Nothing was fixed")
        await desk.press("escape", "1", "enter")
        await desk.settle()
        assert find(desk).state == "approved"


async def test_sending_back_names_a_clause_and_the_author_reads_the_words(
    review_at, write_at
):
    async with review_at() as desk:
        await desk.press("3")
        assert isinstance(desk.screen, Choose)
        await desk.press("down", "enter")
        await desk.type_in("name the version")
        await desk.press("enter")
        assert "[3 send back (2)]" in desk.shown
        await desk.press("enter")
        await desk.settle()
        assert (find(desk).state, find(desk).clause) == ("returned", "2")
    async with write_at() as desk:
        assert desk.said == "It came back: clause 2: name the version"
        await desk.type_in(" Since 3.0.")
        await desk.press("f5", "i", "escape", "f2")
        await desk.settle()
        assert "waits for a second expert" in desk.said
    async with review_at() as desk:
        assert "revision 2" in desk.shown


async def test_what_was_said_of_a_rewrite_survives(review_at):
    async with review_at() as desk:
        await desk.press("2")
        await desk.type_in(" half a fix")
        await desk.pause()
        assert desk.drafts("rob")[0][1]["verdict"] == "fix"
    async with review_at() as desk:
        assert "You wrote something here before" in desk.shown
        await desk.press("r")
        await desk.settle()
        assert desk.text.endswith(" half a fix")
        assert desk.screen.has_class("-fixing")


async def test_the_diff_compares_with_the_rewrite_too(review_at):
    async with review_at() as desk:
        await desk.press("d")
        await desk.pause()
        assert "nothing changed" in desk.shown
        await desk.press("2")
        await desk.type_in(" More.")
        await desk.pause()
        assert desk.diffed.endswith("{+More.+}")


async def test_leaving_lets_somebody_else_review(review_at, writing):
    async with review_at() as desk:
        await desk.press("f8")
        await desk.settle()
        with writing.store.read() as unit:
            assert unit.all("SELECT reviewer FROM rewrite_review") == [(None,)]


async def test_what_is_typed_among_clauses_is_the_number_of_one(review_at):
    """The ninth line is §6: a place in the list would cite another clause."""
    async with review_at() as desk:
        await desk.press("3")

        def marked():
            options = desk.screen.query_one(OptionList)
            return str(options.get_option_at_index(options.highlighted).prompt)

        for number in ("6", "5.2", "12", "3"):
            await desk.type_in(number)
            assert marked().startswith(f"§{number} ")
        await desk.type_in("0")
        assert marked().startswith("§3 ")


async def test_a_verdict_without_a_text_is_approved_or_sent_back(
    writing, write_at, made
):
    made.sign(writing, verdict="prompt_unusable", text="")
    async with write_at("rw", who="rob", review=True) as desk:
        assert "Nothing was written: the prompt cannot be answered" in desk.shown
        await desk.press("2")
        assert desk.said.startswith("There is no text to fix")
        await desk.press("1", "enter")
        await desk.settle()
        assert find(desk).state == "approved"


async def test_two_reviewers_cannot_both_close_one(review_at, writing, made):
    from adjudge.services.work import reviewing

    async with review_at() as desk:
        await desk.press("1")
        reviewing.approve(writing, made.LEAD, "s1")
        await desk.press("enter")
        await desk.settle()
        assert "waits for no review" in desk.said


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_it_fits_every_size(review_at, size):
    async with review_at(size=size) as desk:
        await desk.pause()
        assert "1 approve" in desk.shown
        assert "of a tuple" in desk.shown
        await desk.press("2")
        assert "Your fix" in desk.shown


def test_who_may_not_review_is_told(writing, ann):
    with pytest.raises(NotAllowedError, match="review what others did"):
        Deeds(lambda: (writing, ann)).sit_down_anywhere("rw", review=True)
