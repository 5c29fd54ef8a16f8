"""Time and money: no second twice, no work unpaid that the policy pays."""

from __future__ import annotations

from decimal import Decimal
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudge.domain.pay import (
    PayPolicy,
    PayRules,
    Totals,
    Work,
    credited,
    lines_of,
    month_span,
)
from adjudge.domain.queue import Queue
from adjudge.errors import InvalidInputError

HOURLY = PayPolicy(per="hour", rate="36", currency="EUR")
PER_TASK = PayPolicy(per="task", rate="0.80", currency="USD")


def _at(second):
    return (
        f"2026-01-05T{9 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
    )


def _work(id, end, active, *, wall=None, task=None, **more):
    values = {"kind": "work", "occasion": 0, "queue": "q", **more}
    return Work(
        id=id,
        task_id=task or crc32(id.encode()),
        at=_at(end),
        active=active,
        wall=wall or active,
        **values,
    )


# --- no second twice -----------------------------------------------------------
def test_work_in_one_window_counts_in_full():
    works = [_work("a", 100, 90, wall=100), _work("b", 160, 55, wall=60)]
    assert [w.active for w in credited(works)] == [90, 55]


def test_two_windows_at_once_count_once():
    """Two windows were each busy for the same minute and a half."""
    works = [_work("a", 90, 90), _work("b", 90, 90)]
    assert sum(w.active for w in credited(works)) == pytest.approx(90)


def test_a_window_left_open_gives_way_to_the_other_one():
    idle_there = _work("a", 600, 30, wall=600)
    busy_here = _work("b", 610, 500, wall=590)
    assert sum(w.active for w in credited([idle_there, busy_here])) == 530


def test_a_revision_that_reports_the_first_time_again_adds_only_its_own():
    first = _work("a", 60, 50, wall=60, task=1)
    again = _work("b", 80, 68, wall=80, task=1, kind="rework")
    assert sum(w.active for w in credited([first, again])) == pytest.approx(80, abs=2)


def test_research_and_activity_share_what_is_left():
    works = [_work("a", 50, 50), _work("b", 100, 50, wall=100, research=50)]
    kept = credited(works)[1]
    assert (kept.active, kept.research) == pytest.approx((25, 25))


def test_imported_seconds_are_another_clock():
    works = [_work("a", 60, 60), _work("b", 60, 60, kind="imported")]
    assert sum(w.active for w in credited(works)) == 120


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5_000), st.integers(0, 900), st.floats(0, 1), st.floats(0, 1)
        ),
        max_size=25,
    )
)
def test_credit_never_exceeds_the_time_there_was(drawn):
    works = [
        _work(f"w{i}", end, share * wall, wall=wall, research=(1 - share) * wall * more)
        for i, (end, wall, share, more) in enumerate(drawn)
    ]
    kept = credited(works)
    covered = set()
    for work, (end, wall, *_) in zip(works, drawn, strict=True):
        assert work.id
        covered |= set(range(end - wall, end))
    total = sum(w.active + w.research for w in kept)
    assert total <= len(covered) + 1e-6 * len(works) + 1
    by_id = {w.id: w for w in works}
    for work in kept:
        assert work.active <= by_id[work.id].active + 1e-9
        assert work.research <= by_id[work.id].research + 1e-9


@given(st.lists(st.tuples(st.integers(1, 300), st.floats(0, 1)), max_size=30))
def test_work_one_after_the_other_is_never_cut(drawn):
    end, works = 0, []
    for i, (wall, share) in enumerate(drawn):
        end += wall
        works.append(_work(f"w{i}", end, wall * share, wall=wall))
    assert sum(w.active for w in credited(works)) == pytest.approx(
        sum(w.active for w in works)
    )


# --- lines and money -------------------------------------------------------------
def _lines(*works, policy=HOURLY):
    rules = PayRules({"q": (("2026-01-01T00:00:00Z", policy),)})
    return lines_of(credited(works), rules, salt="ann")


def test_an_hour_is_paid_by_the_hour():
    [line] = _lines(_work("a", 3600, 3000, wall=3600, research=600))
    assert (line.paid_seconds, line.amount) == (3600, Decimal("36.0000"))


def test_idle_time_is_shown_and_never_paid():
    [line] = _lines(_work("a", 600, 60, wall=600, idle=540))
    assert (line.idle, line.amount) == (540, Decimal("0.6000"))


def test_a_task_is_paid_once_however_often_it_is_revised():
    first = _work("a", 60, 60, task=1)
    again = _work("b", 200, 30, task=1, kind="rework")
    lines = _lines(first, again, policy=PER_TASK)
    assert [(n.kind, n.tasks, n.amount) for n in lines] == [
        ("work", 1, Decimal("0.8000")),
        ("rework", 0, Decimal("0.0000")),
    ]
    lines = _lines(first, again, policy=HOURLY)
    assert [n.amount for n in lines] == [Decimal("0.6000"), Decimal("0.3000")]


def test_what_a_reviewer_sent_back_is_a_task_once_more():
    again = _work("b", 200, 30, task=1, kind="rework", was_returned=True)
    [line] = _lines(again, policy=PER_TASK)
    assert (line.tasks, line.amount) == (0, Decimal("0.8000"))


def test_a_judgment_that_was_taken_back_is_time_and_no_task():
    [line] = _lines(_work("a", 60, 60, stands=False), policy=PER_TASK)
    assert (line.tasks, line.amount) == (0, Decimal("0.0000"))


@pytest.mark.parametrize(
    ("kind", "more", "switch"),
    [
        ("training", {}, "training"),
        ("work", {"surplus": True}, "surplus"),
        ("skip", {}, "skip"),
        ("rework", {}, "rework"),
    ],
)
def test_each_switch_of_the_policy_decides_its_kind(kind, more, switch):
    work = _work("a", 100, 100, kind=kind, **more)
    [paid] = _lines(work)
    [unpaid] = _lines(work, policy=HOURLY.model_copy(update={switch: False}))
    assert (paid.amount, unpaid.amount) == (Decimal("1.0000"), Decimal("0.0000"))
    assert unpaid.worked == 100, "unpaid time is shown all the same"


def test_a_harm_skip_is_always_paid():
    policy = PER_TASK.model_copy(update={"skip": False})
    [line] = _lines(_work("a", 5, 5, kind="skip", is_harm=True), policy=policy)
    assert line.amount == Decimal("0.8000")


def test_training_and_review_stand_in_columns_of_their_own():
    training, review = _lines(
        _work("a", 50, 50, kind="training"), _work("b", 100, 50, kind="review")
    )
    assert (training.active, training.training, training.tasks) == (0, 50, 1)
    assert (review.active, review.review, review.tasks) == (0, 50, 0)


def test_totals_are_the_sum_of_the_lines_to_the_cent():
    lines = _lines(*(_work(f"w{i}", i * 10 + 7, 7) for i in range(100)))
    totals = Totals.of(lines)
    assert totals.amounts == {"EUR": Decimal("7.00")}
    assert totals.tasks == 100


def test_without_a_policy_there_is_time_and_no_money():
    [line] = _lines(_work("a", 60, 60), policy=None)
    assert (line.active, line.amount, line.currency) == (60, None, None)


def test_a_line_names_no_task_no_comparison_and_no_role():
    [line] = _lines(_work("judgment-77", 60, 60, task=4711, occasion=1))
    said = str(line.as_json())
    assert "4711" not in said
    assert "judgment-77" not in said
    assert "occasion" not in said


# --- policies ----------------------------------------------------------------------
def test_a_policy_is_read_from_words():
    assert PayPolicy.read("hour,24.50,EUR") == PayPolicy(per="hour", rate="24.50")
    found = PayPolicy.read("task, 0.8, USD, no-skip, no-training")
    assert (found.rate, found.skip, found.training, found.surplus) == (
        Decimal("0.8"),
        False,
        False,
        True,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hour",
        "hour,x,EUR",
        "week,1,EUR",
        "hour,1,euro",
        "hour,-1,EUR",
        "hour,nan,EUR",
        "hour,1,EUR,no-idle",
        "hour,1,EUR,skip-all",
    ],
)
def test_what_is_no_policy_is_refused_with_an_example(text):
    with pytest.raises(InvalidInputError, match=r"is not hour\|task,RATE,CURRENCY"):
        PayPolicy.read(text)


def test_a_queue_keeps_its_policy_to_the_cent():
    queue = Queue(name="q", pay=PayPolicy(per="hour", rate=24.5))
    assert Queue.model_validate_json(queue.model_dump_json()) == queue
    assert queue.pay.rate == Decimal("24.5")


def test_a_month_ends_where_the_next_begins():
    assert month_span("2026-01") == ("2026-01-01", "2026-02-01")
    assert month_span("2026-12") == ("2026-12-01", "2027-01-01")
    for wrong in ("2026", "2026-13", "January", "2026-01-05"):
        with pytest.raises(InvalidInputError, match="is no month"):
            month_span(wrong)
