"""The workbench line by line: the same deeds, for screen readers and pipes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from adjudge.domain.judging import Draft
from adjudge.domain.people import Actor, Role
from adjudge.errors import UnknownError
from adjudge.services.campaign import queueing
from adjudge.services.people import messages, standing
from adjudge.services.work import judging
from adjudge.tui.plain.plain import run_plain
from adjudge.tui.plain.plain_answers import Misread, grade_of, order_of, reasons_of

ANN = Actor(name="ann", role=Role.ANNOTATOR)


@pytest.fixture
def answer(campaign):
    """Answer line by line; give what was said."""

    def answer(queue, *lines, who=ANN):
        waiting, told = list(lines), []
        code = run_plain(
            campaign,
            who,
            queue,
            read=lambda: waiting.pop(0) if waiting else None,
            write=told.append,
        )
        assert code == 0
        return "\n".join(told)

    return answer


@pytest.fixture
def past(campaign):
    def past(queue):
        found = judging.history(campaign, ANN, queue, limit=50)
        return [p.judgment for p in found]

    return past


@pytest.fixture
def three(make_comparison):
    comparison = make_comparison("c1", responses="abc")
    return Draft(comparison=comparison, shown=comparison.response_ids)


@pytest.fixture
def two(make_comparison):
    comparison = make_comparison("c1")
    return Draft(comparison=comparison, shown=comparison.response_ids)


def test_a_comparison_is_judged_in_three_lines(answer, past):
    told = answer("compare", "2", "iBl", "because", "q")
    (judgment,) = past("compare")
    left, right = judgment.shown
    assert judgment.ranking == ((left,), (right,))
    assert judgment.reasons == {right: ("incorrect", "too_long")}
    assert judgment.note == "because"
    assert judgment.guideline == "helpfulness@1"
    assert "Saved #1 A>B." in told
    assert told.endswith("Until next time. Your drafts are kept.")


def test_a_queue_without_ties_offers_no_tie(answer, campaign, lead):
    assert "4 tie" in answer("compare", "q")
    assert "3 1=4 2" in answer("ranking", "q")
    for queue in ("compare", "ranking"):
        queueing.change(campaign, lead, queue, ties=False)
    assert "3 A slightly, 5 B slightly" in answer("compare", "q")
    assert "3 1 4 2" in answer("ranking", "q")


def test_the_end_of_the_input_ends_it_and_keeps_what_was_said(answer, past, campaign):
    told = answer("compare", "6")
    assert told.endswith("The input has ended. What you said so far is kept.")
    assert past("compare") == []
    told = answer("compare", "", "", "")
    assert "A draft was kept: B>A." in told
    assert past("compare")[0].margin == 2


def test_what_is_no_answer_is_asked_again(answer, past):
    told = answer("compare", "9", "", "x7", "07", "zz", "", "")
    assert "9 is no grade: 1 to 7, with 0 before it or not." in told
    assert "Choose a grade first: 1 to 7." in told
    assert "No reason has the letter z." in told
    assert past("compare")[0].none_acceptable


def test_messages_are_read_out_and_ask_nothing(answer, campaign, lead):
    sent = messages.send(campaign, lead, "ann", "The new text is out.")
    told = answer("compare", "q")
    assert "Message from lea:\nThe new text is out." in told
    assert f"people inbox --read {sent.id}" in told
    messages.acknowledge(campaign, ANN, sent.id)
    assert "Message from" not in answer("compare", "q")


def test_of_two_windows_it_asks_which(answer, campaign, past, clock):
    task = judging.claim(campaign, ANN, "compare")[0]
    for digit in (1, 7):
        clock.tick(60)
        draft = task.blank().grade(digit).with_note(f"said {digit}")
        window = f"window {digit}"
        judging.save_draft(campaign, ANN, task, draft, session=window, seq=1)
    told = answer("compare", "9", "2", "", "", "", "q")
    assert "1. B>>A · “said 7”\n2. A>>B · “said 1”" in told
    assert "Taken: A>>B · “said 1”. An empty line signs it." in told
    (judgment,) = past("compare")
    assert (judgment.ranking[0], judgment.note) == ((task.shown[0],), "said 1")


def test_what_another_window_signed_meanwhile_is_shown_beside(campaign, past):
    """Signed elsewhere between the note and the end: u shows both."""
    told, lines = [], ["7", "", "mine", "u", "2", "", "", "", "q"]

    def read():
        if lines[0] == "mine":
            task = judging.claim(campaign, ANN, "compare")[0]
            judging.submit(
                campaign,
                ANN,
                task,
                task.blank().grade(1),
                clock=judging.Clock(active=1),
                submission_id="elsewhere",
            )
        return lines.pop(0)

    assert run_plain(campaign, ANN, "compare", read=read, write=told.append) == 0
    said = "\n".join(told)
    assert "in another window. What you said here is kept: u shows both." in said
    assert "1. B>>A · “mine”\n2. A>>B" in said
    (judgment,) = past("compare")
    assert (judgment.ranking[0], judgment.note) == ((judgment.shown[0],), None)


def test_undo_takes_back_and_an_empty_line_signs_as_it_was(answer, past):
    told = answer("compare", "2", "i", "why", "u", "", "", "")
    assert "Taken back: A>B." in told
    (judgment,) = past("compare")
    assert (judgment.margin, judgment.note) == (2, "why")
    assert list(judgment.reasons.values()) == [("incorrect",)]


def test_a_task_is_passed_on_or_a_lead_called(answer, past, campaign):
    told = answer(
        "compare", "s", "x", "7", "", "f", "prompt_bug", "odd", "f", "", "u", "g"
    )
    assert "Passed on." in told
    assert "A lead has been called." in told
    assert "x is none of these: say a number from 1 to" in told
    assert "There is no earlier judgment of yours" in told
    assert "Read the whole prompt first" in told
    with campaign.store.read() as unit:
        assert unit.all("SELECT code FROM skip") == [("not_for_me",)]


def test_a_ranking_is_one_line(answer, past):
    answer("ranking", "3 1=4 2", "", "")
    shown = past("ranking")[0].shown
    assert past("ranking")[0].ranking == (
        (shown[2],),
        (shown[0], shown[3]),
        (shown[1],),
    )


def test_a_rating_goes_from_criterion_to_criterion(answer, past):
    told = answer("rate", "", "4", "8", "5", "", "2", "", "")
    assert "A number from 1 to 5" in told
    assert list(past("rate")[0].ratings.values()) == [
        {"correctness": 4, "instruction_following": 5, "clarity": 2}
    ]


def test_earlier_turns_are_marked_line_by_line(answer):
    told = answer("turns", "q")
    assert "Assistant, 3 of 3, judged:" in told
    assert "> Gladly." in told


def test_a_content_warning_is_asked_first(answer, campaign):
    standing.opt_in(campaign, ANN, "ann", "violence")
    told = answer("warned", "2", "s", "3", "", "o", "q")
    before, _, after = told.partition("Passed on.")
    assert "Content warning: violence." in before
    assert "Response A:" not in before
    assert "Response A:" in after


def test_the_end_of_a_queue_says_why(answer):
    told = answer("rate", "", "4", "", "", "", "", "", "", "4", "", "", "", "", "")
    assert "Nothing is left for you." in told
    assert "2  judged by you" in told


def test_without_a_queue_it_asks_which(answer):
    told = answer(None, "77", "1", "q")
    assert "1. compare: 0 done, 6 left" in told
    assert "There is no queue 77." in told
    assert "Response A:" in told


def test_an_unknown_queue_is_an_error(campaign):
    with pytest.raises(UnknownError, match="nowhere"):
        run_plain(campaign, ANN, "nowhere", read=lambda: None, write=print)


def test_what_was_held_ahead_is_given_back(answer, campaign):
    answer("compare", "2", "", "", "q")
    with campaign.store.read() as unit:
        held = unit.all("SELECT 1 FROM slot WHERE state = 1")
    assert len(held) == 1


def test_in_a_pipe_it_works_and_ends(campaign_file, campaign, past):
    done = subprocess.run(
        [sys.executable, "-m", "adjudge", "work", "compare", "--as", "ann", "--plain"],
        input="2\n\n\n6\n",
        capture_output=True,
        text=True,
        env={**os.environ, "ADJUDGE_DB": str(campaign_file), "ADJUDGE_SECRET": "x"},
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Saved #1 A>B." in done.stdout
    assert "The input has ended." in done.stdout
    assert len(past("compare")) == 1


# --- what is typed ---------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "ranking"),
    [
        ("1 2 3", (("a",), ("b",), ("c",))),
        ("3>1=2", (("c",), ("a", "b"))),
        ("2 = 1 = 3", (("b", "a", "c"),)),
        ("2", (("b",),)),
    ],
)
def test_orders_are_read(three, said, ranking):
    assert order_of(said, three).ranking == ranking


@pytest.mark.parametrize("said", ["", "1 1 2", "4 1 2", "1 ==2", "a b", "12x", "=1 2"])
def test_what_is_no_order_is_refused(three, said):
    with pytest.raises(Misread):
        order_of(said, three)


@pytest.mark.parametrize("said", ["", "8", "0", "00 1", "1 2", "one"])
def test_what_is_no_grade_is_refused(two, said):
    with pytest.raises(Misread):
        grade_of(said, two)


def test_a_grade_says_anew_whether_none_is_acceptable(two):
    draft = grade_of("07", two)
    assert draft.none_acceptable
    assert not grade_of("1", draft).none_acceptable


def test_reasons_replace_what_was_there(two):
    tags = {"i": "incorrect", "l": "too_long"}
    names = {"A": "a", "B": "b"}
    draft = two.flip_reason("incorrect", "a")
    read = reasons_of("B il*i i", draft, tags=tags, names=names, about="a")
    assert read.reasons == {"b": ("incorrect", "too_long"), "*": ("incorrect",)}
    same = reasons_of("", draft, tags=tags, names=names, about="a")
    assert same.reasons == draft.reasons


def test_a_line_that_is_no_utf_8_is_said_and_asked_for_again(campaign):
    """Python reads such a byte as half a character, which no store can keep."""
    said, lines = [], iter(["2", "", "caf\udce9", "café"])
    run_plain(
        campaign, ANN, "compare", read=lambda: next(lines, None), write=said.append
    )
    assert "That line is no UTF-8; nothing of it was taken. Once more:" in said
    with campaign.store.read() as unit:
        (note,) = unit.one(
            "SELECT t.body FROM judgment j JOIN text t ON t.id = j.note_id"
        )
    assert note == "café"
