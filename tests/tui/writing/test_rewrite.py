"""Rewriting at the workbench: every key, and what it leaves in the store."""

from __future__ import annotations

import tempfile

import pytest

from adjudge.domain.incident import CATEGORIES
from adjudge.domain.judging import SKIP_CODES
from adjudge.services.campaign import queueing
from adjudge.services.people import standing
from adjudge.services.work import reviewing
from adjudge.storage import incidents, rewrites
from adjudge.tui.dialogs.choose import Choose
from adjudge.tui.dialogs.help import Help
from adjudge.tui.dialogs.sentences import Sentences
from adjudge.tui.writing.rewrite import RewriteScreen
from adjudge.tui.writing.writing_done import WritingDoneScreen


async def test_home_opens_rewrites_by_number_and_reviews_of_those_who_may(write_at):
    async with write_at(None) as desk:
        assert "1  rw     rewrite" in desk.shown
        assert "2  rw     review" in desk.shown
        await desk.press("1")
        await desk.settle()
        assert isinstance(desk.screen, RewriteScreen)
    async with write_at(None, who="ann") as desk:
        assert "review" not in desk.shown


async def test_everything_that_is_read_stands_beside_the_editor(write_at):
    async with write_at() as desk:
        shown = desk.shown
        assert "How do I reverse a list in place" in shown
        assert "Complaint (untrusted)" in shown
        assert "incorrect, incomplete" in shown
        assert "the snippet prints None" in shown
        assert "gives" in desk.screen.query_one("#original").text
        assert desk.screen.box.has_focus
        assert "MISSING: a text" in desk.checks


async def test_a_rewrite_is_typed_tagged_and_signed(write_at, made):
    async with write_at() as desk:
        await desk.press("f2")
        assert desk.said.startswith("Write the answer first")
        await desk.type_in("It works in place.")
        await desk.pause()
        assert desk.diffed.endswith("{+in place+}.")
        await desk.press("f2")
        assert desk.said.startswith("Choose at least one reason")
        assert "(F5)" in desk.said
        await desk.press("f5", "i", "escape")
        assert desk.screen.box.has_focus
        assert "✓ F2 signs" in desk.checks
        await desk.press("f2")
        await desk.settle()
        assert desk.said == "Signed: a new answer. It waits for a second expert."
        (written,) = desk.rewrites
        assert written.text == "It works in place."
        assert written.reasons == ("incorrect",)
        assert (written.state, written.annotator) == ("submitted", "eva")
        assert desk.text == "", "the next task begins empty"
        assert await desk.kept() == []
    with desk.bench.store.read() as unit:
        assert unit.all("SELECT started_from FROM rewrite") == [("empty",)]


async def test_starting_from_the_original_is_kept_and_can_be_undone(write_at, made):
    async with write_at() as desk:
        await desk.type_in("mine")
        await desk.press("f6")
        assert desk.text == made.ORIGINAL
        await desk.press("ctrl+z")
        assert desk.text == "mine"
        await desk.press("f6", "f2")
        assert desk.said.startswith("Nothing is changed")
        await desk.type_in("Well. ")
        await desk.pause()
        assert desk.diffed.startswith("{+Well.+} You can call")
        await desk.press("f5", "c", "escape", "f2")
        await desk.settle()
        (written,) = desk.rewrites
        assert written.outcome == "patched"
        assert 0 < written.edited_share < 0.1
        assert written.text == "Well. " + made.ORIGINAL
    with desk.bench.store.read() as unit:
        assert unit.all("SELECT started_from FROM rewrite") == [("original",)]


async def test_a_queue_may_start_everybody_from_the_original(writing, write_at, made):
    queueing.change(writing, made.LEAD, "rw", start_from="original")
    async with write_at() as desk:
        assert desk.text == made.ORIGINAL
        await desk.press("q", "escape", "q")
        await desk.settle()
        assert len(desk.drafts("eva")) == 1, "one letter was typed"


@pytest.mark.parametrize(
    ("number", "outcome"), [(1, "original_was_fine"), (2, "prompt_unusable")]
)
async def test_there_may_be_nothing_to_write(write_at, number, outcome):
    async with write_at() as desk:
        await desk.press("f12", str(number), "tab")
        await desk.type_in("why not")
        await desk.press("enter")
        assert "Nothing to write" in desk.checks
        await desk.type_in("x")
        await desk.settle()
        assert "Nothing to write" not in desk.checks, "typing takes it back"
        await desk.press("f12", str(number), "enter")
        if isinstance(desk.screen, Choose):
            await desk.type_in("why not")
            await desk.press("enter")
        await desk.press("f2")
        await desk.settle()
        (written,) = desk.rewrites
        assert written.outcome == outcome


async def test_another_expert_is_asked_for(write_at):
    async with write_at() as desk:
        first = desk.screen.key_of_task()
        await desk.press("f12", "3", "enter")
        assert isinstance(desk.screen, Choose), "it wants words"
        await desk.type_in("not my field")
        await desk.press("enter", "f2")
        await desk.settle()
        assert desk.screen.key_of_task() != first
        assert desk.rewrites == []
    with desk.bench.store.read() as unit:
        assert unit.all("SELECT id FROM task WHERE needs_expert = 1") == [(first,)]


async def test_passing_on_and_calling_a_lead_ask_why(write_at):
    async with write_at() as desk:
        first = desk.screen.key_of_task()
        code = list(CATEGORIES).index("other") + 1
        await desk.press("f9", str(code), "tab")
        await desk.type_in("odd")
        await desk.press("enter")
        await desk.settle()
        assert "A lead has been called" in desk.said
        await desk.press("f8")
        assert "identical" not in desk.shown, "there is one response"
        await desk.press(str(list(SKIP_CODES).index("broken") + 1), "enter")
        await desk.settle()
        assert desk.said.startswith("Passed on")
        assert desk.screen.key_of_task() != first
    with desk.bench.store.read() as unit:
        assert len(incidents.listed(unit, state="open", by=None)) >= 1
        assert unit.all("SELECT code FROM skip") == [("broken",)]


async def test_what_must_never_be_seen_is_gone_at_once(write_at):
    async with write_at() as desk:
        first = desk.screen.key_of_task()
        hidden = [c for c, known in CATEGORIES.items() if known.severity.hides]
        code = list(CATEGORIES).index(hidden[0]) + 1
        await desk.press("f9", str(code), "enter")
        await desk.settle()
        assert desk.screen.key_of_task() != first
    with desk.bench.store.read() as unit:
        assert rewrites.task(unit, first) is None


async def test_a_sentence_of_the_original_gets_reasons_of_its_own(write_at):
    async with write_at() as desk:
        await desk.type_in("Better.")
        await desk.press("escape", "t")
        assert isinstance(desk.screen, Sentences)
        await desk.press("down", "i", "z")
        assert "No reason has the letter z" in desk.shown
        await desk.press("escape")
        assert "1 on a sentence" in desk.checks
        await desk.press("f2")
        await desk.settle()
    with desk.bench.store.read() as unit:
        ((spans,),) = unit.all("SELECT spans FROM rewrite")
    assert '"tag":"incorrect"' in spans


async def test_note_and_sources_are_kept_with_the_rewrite(writing, write_at, made):
    queueing.change(writing, made.LEAD, "rw", sources_required=True)
    async with write_at() as desk:
        await desk.type_in("Better.")
        await desk.press("f5", "i", "escape", "f2")
        assert "Name at least one source" in desk.said
        await desk.press("ctrl+l")
        await desk.type_in("handbook 3 | page 9")
        await desk.press("enter", "f7")
        await desk.type_in("easy")
        await desk.press("enter", "f2")
        await desk.settle()
        assert desk.rewrites[0].sources == ("handbook 3", "page 9")
    with desk.bench.store.read() as unit:
        assert unit.all("SELECT meta FROM rewrite") == [('{"note":"easy"}',)]


async def test_what_looks_private_is_signed_with_a_reason_only(write_at):
    async with write_at() as desk:
        await desk.type_in("Ask jane.roe@example.org instead.")
        await desk.press("f5", "i", "escape", "f2")
        await desk.settle()
        assert isinstance(desk.screen, Choose)
        assert "This looks private: email" in desk.shown
        await desk.press("escape")
        assert desk.rewrites == []
        await desk.press("f2")
        await desk.settle()
        await desk.press("2", "enter")
        await desk.settle()
        assert len(desk.rewrites) == 1
    with desk.bench.store.read() as unit:
        assert unit.all("SELECT meta FROM rewrite") == [('{"private_why":"public"}',)]


async def test_a_code_block_must_be_closed(write_at):
    async with write_at() as desk:
        await desk.paste("```python\nitems.reverse()")
        await desk.press("f5", "i", "escape", "f2")
        assert "not closed" in desk.said
        await desk.press("enter")
        await desk.type_in("```")
        await desk.press("f2")
        await desk.settle()
        assert desk.rewrites[0].text == "```python\nitems.reverse()\n```"


HOSTILE = "a\x1b]52;c;QQ==\x07b\x9b5n\u202ec\u200bd\r\ne\tf \u0645\u06cc\u200c\u062e"


async def test_a_paste_is_cleaned_and_what_spells_stays(write_at):
    async with write_at() as desk:
        await desk.paste(HOSTILE)
        assert desk.text == "a]52;c;QQ==b5ncd\ne\tf \u0645\u06cc\u200c\u062e"
        assert desk.said == "Left out: 5 characters that hide or control."


async def test_a_line_feed_that_is_typed_begins_a_line(write_at):
    """Where a terminal knows no pasting, a text comes in key by key."""
    async with write_at() as desk:
        await desk.press("a", "ctrl+j", "b", "enter", "c")
        assert desk.text == "a\nb\nc"


async def test_finding_and_replacing(write_at):
    async with write_at() as desk:
        await desk.paste("one two One two one")
        await desk.press("ctrl+f")
        await desk.type_in("one")
        await desk.press("enter")
        assert desk.said == "Place 1 of 3."
        await desk.press("enter")
        assert desk.screen.box.selected_text == "One"
        await desk.press("tab")
        await desk.type_in("1")
        await desk.press("enter")
        assert desk.text == "one two 1 two one"
        await desk.press("ctrl+r")
        assert desk.text == "1 two 1 two 1"
        assert desk.said == "Replaced in 2 places; ^z takes it back."
        await desk.press("escape", "ctrl+z")
        assert desk.text == "one two 1 two one"


async def test_escape_gives_the_letters_to_the_keys_and_none_of_them_signs(write_at):
    async with write_at() as desk:
        await desk.type_in("text")
        await desk.press("escape", "c")
        assert "Tool calls of the deployment" in desk.shown
        assert "timeout" in desk.shown
        assert "m-1" not in desk.shown
        await desk.press("escape", "g")
        assert "What a good rewrite" in desk.shown or "rewrite@1" in desk.shown
        await desk.press("escape", "escape", "k", "j", "a")
        assert desk.said.startswith("a does nothing here")
        await desk.press("?")
        assert isinstance(desk.screen, Help)
        await desk.press("escape", "i")
        assert desk.screen.box.has_focus
        assert desk.text == "text"
        assert desk.rewrites == []


async def test_ctrl_s_says_that_drafts_keep_themselves(write_at):
    async with write_at() as desk:
        await desk.type_in("x")
        await desk.press("ctrl+s")
        assert desk.said == "Drafts keep themselves; F2 signs."
        assert [body["text"] for _, body in desk.drafts("eva")] == ["x"]


async def test_where_room_is_short_tab_goes_through_tabs(write_at):
    async with write_at(size=(80, 24)) as desk:
        assert "Ideal response" in desk.shown
        assert "Downvoted answer" not in desk.shown
        await desk.type_in("New words.")
        await desk.press("tab")
        await desk.pause()
        assert desk.diffed.endswith("{+New words+}.")
        await desk.press("tab")
        assert "Downvoted answer" in desk.shown
        assert "Complaint" in desk.shown
        await desk.press("tab", "tab")
        assert desk.screen.box.has_focus


async def test_a_labelled_text_stands_behind_its_warning(writing, write_at, made):
    with writing.store.write() as unit:
        unit.run("UPDATE task SET labels = '[\"violence\"]'")
    standing.opt_in(writing, made.EVA, "eva", "violence")
    async with write_at() as desk:
        assert "Content warning" in desk.shown
        assert "snippet" not in desk.shown
        await desk.press("f6")
        assert "Behind a warning (violence)" in desk.said
        assert desk.text == ""
        await desk.press("o")
        assert "snippet" in desk.shown
        await desk.type_in("on")
        assert desk.text == "on"


async def test_an_empty_queue_says_so_and_looks_again(writing, write_at, made):
    for n in range(3):
        made.sign(writing, id=f"s{n}")
    async with write_at() as desk:
        assert isinstance(desk.screen, WritingDoneScreen)
        assert "3  judged by you" in desk.shown
        reviewing.send_back(writing, made.ROB, "s1", why="say more")
        await desk.press("r")
        await desk.settle()
        assert isinstance(desk.screen, RewriteScreen)
        assert desk.said == "It came back: say more"
        assert desk.text == made.BETTER


async def test_what_came_back_is_first_with_the_reviewers_words(
    writing, write_at, made
):
    made.sign(writing)
    reviewing.send_back(writing, made.ROB, "s1", why="name a source", clause="3")
    async with write_at() as desk:
        assert desk.said == "It came back: clause 3: name a source"
        assert desk.text == made.BETTER
        await desk.press("f5", "i", "escape", "f2")
        await desk.settle()
        assert [w.revision for w in desk.rewrites] == [2, 1]


async def test_leaving_gives_back_what_was_not_begun(write_at):
    async with write_at() as desk:
        await desk.type_in("begun")
        await desk.press("escape", "q")
        await desk.settle()
        with desk.bench.store.read() as unit:
            assert len(unit.all("SELECT 1 FROM slot WHERE state = 1")) == 1
        assert [b["text"] for _, b in desk.drafts("eva")] == ["begun"]


async def test_the_own_editor_writes_in_a_private_file(write_at, tmp_path, monkeypatch):
    """Here no terminal can be given away, so only the refusals are seen."""
    async with write_at() as desk:
        await desk.type_in("old")
        monkeypatch.setenv("VISUAL", "no-such-editor --wait")
        await desk.press("f4")
        assert "There is no editor 'no-such-editor'" in desk.said
        monkeypatch.setenv("VISUAL", "true")
        await desk.press("f4")
        assert "needs a terminal of its own" in desk.said
        assert desk.text == "old"


async def test_what_stands_nowhere_is_replaced_nowhere(write_at):
    async with write_at() as desk:
        await desk.paste("one two")
        await desk.press("ctrl+f")
        await desk.type_in("three")
        await desk.press("ctrl+r")
        assert desk.said == "It stands nowhere in the text."
        assert desk.text == "one two"


async def test_an_editor_without_room_for_its_file_is_said(
    write_at, monkeypatch, tmp_path
):
    async with write_at() as desk:
        await desk.paste("kept")
        monkeypatch.setenv("VISUAL", "true")
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
        await desk.press("f4")
        assert desk.said == "The editor did not start: No such file or directory."
        assert desk.text == "kept"
