"""Rewriting and reviewing line by line: the same deeds, without a screen."""

from __future__ import annotations

import pytest

from adjudge.services.campaign import queueing
from adjudge.services.feedback import triage
from adjudge.services.feedback.filling import Asked
from adjudge.storage import rewrites
from adjudge.tui.plain.plain import run_plain


@pytest.fixture
def answer(writing, made):
    """Answer line by line; give what was said."""

    def answer(*lines, who=made.EVA, review=False, queue="rw"):
        waiting, told = list(lines), []
        code = run_plain(
            writing,
            who,
            queue,
            review=review,
            read=lambda: waiting.pop(0) if waiting else None,
            write=told.append,
        )
        assert code == 0
        return "\n".join(told)

    return answer


@pytest.fixture
def written(writing):
    def written(queue="rw"):
        with writing.store.read() as unit:
            return rewrites.listed(unit, queue)

    return written


def test_a_text_is_written_line_by_line(answer, written):
    told = answer("Better.", "", "Two lines.", ".", "ic", "the manual", "q")
    assert "How do I reverse a list" in told
    assert "> “the snippet prints None" in told
    assert "Signed: a new answer." in told
    (one,) = written()
    assert one.text == "Better.\n\nTwo lines."
    assert one.reasons == ("incorrect", "incomplete")
    assert one.sources == ("the manual",)


def test_a_queue_without_a_guideline_has_reasons_all_the_same(
    answer, written, writing, made
):
    """``queue fill`` makes queues that name no guideline; work there can be signed."""
    triage.fill(writing, made.LEAD, "bare", Asked(source="downvotes"))
    told = answer("Better.", ".", "z", "k", "", "q", queue="bare")
    assert "k Tool failed" in told
    assert "No reason has the letter z" in told
    assert "Signed: a new answer." in told
    (one,) = written("bare")
    assert one.reasons == ("tool_failed",)


def test_the_end_of_the_input_loses_no_line(answer, writing, written):
    told = answer("Half a", "text")
    assert "What you said so far is kept." in told
    told = answer("", "i", "", "q")
    assert "A draft was kept (3 words)" in told
    assert written()[0].text == "Half a\ntext"


def test_from_the_original_and_what_is_missing(answer, written, made):
    told = answer("o", *made.ORIGINAL.split("\n"), ".", "i", "", "q")
    assert "Nothing is changed" in told
    told = answer("o", "Well.", *made.ORIGINAL.split("\n"), ".", "z", "", "i", "")
    assert "No reason has the letter z" in told
    assert written()[0].outcome == "patched"


def test_what_looks_private_wants_a_reason(answer, writing, written):
    answer("Ask a@example.org.", ".", "i", "", "", "", "", "", "it is public", "q")
    with writing.store.read() as unit:
        ((meta,),) = unit.all("SELECT meta FROM rewrite")
    assert meta == '{"private_why":"it is public"}'


def test_verdicts_passing_on_and_flags(answer, written, writing):
    told = answer("v", "1", "", "", "s", "2", "broken", "f", "1", "look", "g", "r", "q")
    assert "Signed: nothing had to change" in told
    assert "Passed on." in told
    assert "A lead has been called." in told
    assert [w.outcome for w in written()] == ["original_was_fine"]


def test_a_required_source_is_asked_for(answer, writing, made):
    queueing.change(writing, made.LEAD, "rw", sources_required=True)
    assert "at least one" in answer("Better.", ".", "i", "", "q")


def test_a_review_approves_fixes_and_sends_back(answer, written, made, writing):
    for n in range(3):
        made.sign(writing, id=f"s{n}")
    told = answer(
        "1",
        *("2", "Fixed.", ".", "shorter"),
        *("3", "1", "name a source"),
        who=made.ROB,
        review=True,
    )
    assert "What changed:" in told
    assert "[-gives" in told
    states = sorted(w.state for w in written())
    assert states == ["approved", "approved", "fixed", "returned"]
    assert "No rewrite of somebody else waits" in told
    assert "It came back: clause 1: name a source" in answer("q")


def test_leaving_a_review_lets_somebody_else_have_it(answer, made, writing):
    made.sign(writing)
    assert "Left to another reviewer." in answer("s", who=made.ROB, review=True)
    answer("q", who=made.ROB, review=True)
    with writing.store.read() as unit:
        assert unit.all("SELECT reviewer FROM rewrite_review") == [(None,)]


def test_nothing_hostile_is_printed(sqlite_bench, made, tmp_path):
    rows = made.events(
        7,
        answer={"response": "\x1b]52;c;QQ==\x07 begin \x9b5n \u202egnp"},
        comment="\x1b[2J[/x]",
    )
    made.prepare(sqlite_bench, tmp_path, records=rows)
    told = []
    lines = iter(["r", "g", "q"])
    run_plain(
        sqlite_bench, made.EVA, "rw", read=lambda: next(lines, None), write=told.append
    )
    text = "\n".join(told)
    assert "begin" in text
    assert not set(text) & set(map(chr, [*range(10), *range(11, 32), 127, 155, 0x202E]))
