"""The statement of work: counted once, locked, acknowledged, disputed, answered."""

from __future__ import annotations

import csv
import io
import json
import random
from decimal import Decimal

import pytest

from adjudge.domain.pay import PayPolicy
from adjudge.domain.people import Actor, Person, Role
from adjudge.domain.queue import Queue
from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    UnknownError,
)
from adjudge.services.campaign import queueing
from adjudge.services.people import people, standing, statements
from adjudge.services.work import judging, second_looks
from adjudge.tui.clock import ActiveClock

MONTH = "2026-01"
HOURLY = PayPolicy(per="hour", rate="36", currency="EUR")


@pytest.fixture
def shop(bench, lead, fill):
    """A paid queue of 12 tasks, a lead and an annotator."""
    for name, role in (("lea", "lead"), ("ann", "annotator"), ("max", "lead")):
        people.add(bench, lead, Person(name=name, role=Role(role)))
    fill(bench, 12)
    queueing.change(bench, lead, "q", pay=HOURLY)
    return bench


@pytest.fixture
def work(shop, clock, ann):
    """Judge the next task: so many seconds active, so many idle."""

    def do(seconds=30, *, idle=0, research=0, actor=ann, queue="q", digit=1):
        task = judging.claim(shop, actor, queue)[0]
        wall = seconds + idle + research
        clock.tick(wall)
        times = judging.Clock(seconds, wall=wall, idle=idle, research=research)
        return judging.submit(
            shop,
            actor,
            task,
            task.blank().grade(digit),
            clock=times,
            submission_id=f"{actor.name}-{queue}-{task.comparison.id}-{clock()}",
        )

    return do


def _show(bench, actor, name="ann", month=MONTH):
    return statements.show(bench, actor, name, month)


def _kinds(found):
    return [(line.kind, round(line.worked), line.amount) for line in found.lines]


# --- what counts ---------------------------------------------------------------
def test_work_is_paid_as_it_was_paid_when_it_was_done(shop, work, lead, ann, clock):
    work(100)
    clock.tick(60)
    dearer = PayPolicy(per="hour", rate="72", currency="EUR")
    queueing.change(shop, lead, "q", pay=dearer)
    work(100)
    clock.tick(60)
    queueing.change(shop, lead, "q", pay=None)
    work(100)
    found = _show(shop, ann)
    assert [line.amount for line in found.lines] == [Decimal(1), Decimal(2), None]
    assert found.totals.as_json()["amounts"] == {"EUR": "3.00"}
    assert found.policies == {}
    queueing.change(shop, lead, "q", overlap=2)
    assert _show(shop, ann) == found


def test_work_from_before_the_first_policy_is_paid_by_it(bench, lead, fill, clock):
    people.add(bench, lead, Person(name="ann", role=Role.ANNOTATOR))
    fill(bench, 2)
    ann = Actor(name="ann", role=Role.ANNOTATOR)
    task = judging.claim(bench, ann, "q")[0]
    judging.submit(
        bench,
        ann,
        task,
        task.blank().grade(1),
        clock=judging.Clock(100, wall=100),
        submission_id="one",
    )
    assert _show(bench, lead).lines[0].amount is None
    clock.tick(3600)
    queueing.change(bench, lead, "q", pay=HOURLY)
    assert _show(bench, lead).lines[0].amount == Decimal(1)


def test_every_task_is_a_line_with_its_seconds(shop, work, ann):
    work(30, idle=100, research=20)
    work(40)
    found = _show(shop, ann)
    assert [(n.active, n.idle, n.research, n.tasks) for n in found.lines] == [
        (30, 100, 20, 1),
        (40, 0, 0, 1),
    ]
    assert found.totals.amounts == {"EUR": Decimal("0.90")}
    assert found.totals.paid_seconds == 90


def test_a_revision_adds_its_own_time_as_rework(shop, clock, work, ann):
    done = work(30)
    again = judging.reopen(shop, ann, done.judgment.id)
    clock.tick(10)
    judging.submit(
        shop,
        ann,
        again,
        again.blank().grade(7),
        clock=judging.Clock(10, wall=10),
        submission_id="again",
    )
    assert _kinds(_show(shop, ann)) == [
        ("work", 30, Decimal("0.3000")),
        ("rework", 10, Decimal("0.1000")),
    ]


def test_undo_and_redo_count_the_first_time_once(shop, clock, work, ann):
    """A window that goes on counting where it stood reports the first time again."""
    done = work(30)
    again = judging.reopen(shop, ann, done.judgment.id)
    clock.tick(10)
    judging.submit(
        shop,
        ann,
        again,
        again.blank().grade(7),
        clock=judging.Clock(40, wall=40),
        submission_id="again",
    )
    assert sum(line.worked for line in _show(shop, ann).lines) == pytest.approx(40)


def test_two_sessions_of_one_person_are_one_person(shop, clock, ann):
    one, two = judging.claim(shop, ann, "q")
    clock.tick(60)
    for n, task in enumerate((one, two)):
        judging.submit(
            shop,
            ann,
            task,
            task.blank().grade(1),
            clock=judging.Clock(60, wall=60),
            submission_id=f"s{n}",
        )
    assert sum(line.worked for line in _show(shop, ann).lines) == pytest.approx(60)


def test_a_submission_sent_twice_is_one_line(shop, clock, ann):
    task = judging.claim(shop, ann, "q")[0]
    clock.tick(30)
    for _ in range(2):
        judging.submit(
            shop,
            ann,
            task,
            task.blank().grade(1),
            clock=judging.Clock(30, wall=30),
            submission_id="s1",
        )
    assert _kinds(_show(shop, ann)) == [("work", 30, Decimal("0.3000"))]


def test_skips_late_and_surplus_work_are_in_it(shop, clock, work, ann, lead):
    task = judging.claim(shop, ann, "q")[0]
    clock.tick(20)
    judging.skip(
        shop, ann, task, "not_for_me", note="", clock=judging.Clock(20, wall=20)
    )
    held = judging.claim(shop, ann, "q")[0]
    standing.pause(shop, lead, "ann", why="lunch")
    clock.tick(30)
    judging.submit(
        shop,
        ann,
        held,
        held.blank().grade(1),
        clock=judging.Clock(30, wall=30),
        submission_id="late",
    )
    found = _show(shop, ann)
    assert _kinds(found) == [
        ("skip", 20, Decimal("0.2000")),
        ("work", 30, Decimal("0.3000")),
    ]
    assert [line.late for line in found.lines] == [False, True]


def test_training_is_time_of_its_own(shop, bring_in, comparison_of, work, lead):
    pay = HOURLY.model_copy(update={"training": False})
    queueing.create(shop, lead, Queue(name="school", training=True, pay=pay))
    gold = {"ranking": [["a"], ["b"]], "why": "certain"}
    bring_in(shop, "comparisons", [comparison_of("t", gold=gold)], queue="school")
    work(50, queue="school")
    [line] = _show(shop, lead).lines
    assert (line.kind, line.training, line.active, line.amount) == (
        "training",
        50,
        0,
        Decimal("0.0000"),
    )


def test_reviewing_is_time_of_its_own(shop, work, clock, lead, make_actor):
    queueing.change(shop, lead, "q", review_rate=1.0)
    done = work(30)
    clock.tick(25)
    boss = make_actor("max", Role.LEAD)
    second_looks.review(shop, boss, str(done.judgment.id), accept=True, seconds=25)
    [line] = _show(shop, lead, "max").lines
    assert (line.kind, line.review, line.tasks) == ("review", 25, 0)


def test_work_set_aside_stays_in_the_statement(shop, work, ann, lead):
    work(30)
    standing.pause(shop, lead, "ann", why="asleep", requeue=("q",))
    assert _kinds(_show(shop, ann)) == [("work", 30, Decimal("0.3000"))]


def test_imported_work_is_shown_and_not_paid(shop, bring_in, judgment_of, ann):
    record = judgment_of("c1", "ann", seconds=77, at="2026-01-03T10:00:00Z")
    bring_in(shop, "judgments", [record])
    [line] = _show(shop, ann).lines
    assert (line.kind, line.active, line.amount, line.at) == (
        "imported",
        77,
        None,
        "2026-01-03T10:00:00Z",
    )


def test_a_month_holds_its_own_days_only(shop, clock, work, ann):
    work(30)
    clock.tick(31 * 86_400)
    work(40)
    assert [line.active for line in _show(shop, ann).lines] == [30]
    assert [line.active for line in _show(shop, ann, month="2026-02").lines] == [40]


def test_nothing_tells_gold_or_a_repeat_from_other_work(
    shop, bring_in, comparison_of, work, ann, lead
):
    queueing.change(shop, lead, "q", gold_rate=1.0)
    gold = {"ranking": [["a"], ["b"]], "why": "certain"}
    bring_in(
        shop,
        "comparisons",
        [comparison_of(f"gold{i}", gold=gold) for i in range(4)],
        queue="q",
    )
    for _ in range(4):
        work(30)
    with shop.store.read() as unit:
        roles = unit.all(
            "SELECT t.role FROM slot s JOIN task t ON t.id = s.task_id "
            "WHERE s.state = 2"
        )
    assert ("gold",) in roles, "the test needs a gold task among them"
    found = _show(shop, ann)
    said = json.dumps(found.as_json()) + found.as_csv()
    for trace in ("gold", "repeat", "role", "occasion", "c1", '"task"'):
        assert trace not in said
    assert {line.kind for line in found.lines} == {"work"}


# --- a true hour -------------------------------------------------------------------
class _Hour:
    """One person works for an hour; every input goes through the honest clock."""

    def __init__(self, bench, clock, actor, seed):
        self.bench, self.clock, self.actor = bench, clock, actor
        self.draw = random.Random(seed)
        self.now = 0.0
        self.truly = 0.0
        self.window = ActiveClock(lambda: self.now)
        self.n = 0

    def pass_(self, seconds):
        self.now += seconds
        self.clock.tick(seconds)

    def act(self, seconds):
        """Read and press keys: an input every 2 to 25 seconds."""
        while seconds > 0:
            gap = min(seconds, self.draw.uniform(2, 25))
            self.pass_(gap)
            self.window.touch()
            seconds -= gap
            self.truly += gap

    def away(self, seconds):
        self.pass_(seconds)
        self.window.touch()

    def look_up(self, seconds):
        self.window.research()
        self.pass_(seconds)
        self.truly += seconds
        self.window.research()

    def sign(self, task):
        times = self.window.read()
        self.n += 1
        return judging.submit(
            self.bench,
            self.actor,
            task,
            task.blank().grade(self.draw.randint(1, 7)),
            clock=judging.Clock(
                times.active,
                wall=times.span,
                idle=times.idle,
                research=times.research,
            ),
            submission_id=f"s{self.n}",
        )

    def task(self):
        return judging.claim(self.bench, self.actor, "q")[0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_true_hour_is_counted_within_five_percent(
    sqlite_bench, clock, fill, ann, seed
):
    """Judging, revising, going back half done, skipping, research and breaks."""
    fill(sqlite_bench, 120)
    hour = _Hour(sqlite_bench, clock, ann, seed)
    last = None
    while hour.truly < 3600:
        task = hour.task()
        hour.window.start()
        hour.act(hour.draw.uniform(15, 90))
        if last is not None and hour.n % 6 == 1:
            # Back to the one before, with this one half done; then on from there.
            parked = hour.window.read()
            again = judging.reopen(sqlite_bench, ann, last.judgment.id)
            hour.window.start()
            hour.act(30)
            last = hour.sign(again)
            hour.window.start(parked)
            hour.act(10)
        if hour.n % 12 == 5:
            hour.look_up(120)
        if hour.n % 20 == 7:
            hour.away(900)
        if hour.n % 9 == 4:
            hour.n += 1
            times = hour.window.read()
            judging.skip(
                sqlite_bench,
                ann,
                task,
                "not_for_me",
                note="",
                clock=judging.Clock(times.active, wall=times.span, idle=times.idle),
            )
            continue
        done = last = hour.sign(task)
        if hour.n % 10 == 3:
            again = judging.reopen(sqlite_bench, ann, done.judgment.id)
            hour.window.start()
            hour.act(12)
            last = hour.sign(again)
    assert last is not None
    counted = statements.show(sqlite_bench, ann, "ann", MONTH).totals
    worked = counted.active + counted.research
    assert worked == pytest.approx(hour.truly, rel=0.05)


def test_two_windows_for_an_hour_are_an_hour(sqlite_bench, clock, fill, ann):
    """One person in two windows, turning from one to the other every half minute."""
    fill(sqlite_bench, 200)
    hour = _Hour(sqlite_bench, clock, ann, seed=4)
    windows = [ActiveClock(lambda: hour.now) for _ in range(2)]
    started = hour.now
    while hour.now - started < 3600:
        hand = judging.claim(sqlite_bench, ann, "q")
        for window in windows:
            window.start()
        for turn in range(4):
            hour.pass_(30)
            windows[turn % 2].touch()
        for task, window in zip(hand, windows, strict=True):
            hour.window = window
            hour.sign(task)
    counted = statements.show(sqlite_bench, ann, "ann", MONTH).totals
    assert counted.active == pytest.approx(hour.now - started, rel=0.05)


# --- lock, acknowledge ---------------------------------------------------------------
def test_a_locked_month_stays_and_later_work_is_a_new_line(shop, work, ann, lead):
    work(30)
    locked = statements.lock(shop, lead, "ann", MONTH)
    assert (locked.locked_by, [n.state for n in locked.lines]) == ("lea", ["locked"])
    queueing.change(shop, lead, "q", pay=None)
    work(40)
    found = _show(shop, ann)
    assert [(n.state, n.amount) for n in found.lines] == [
        ("locked", Decimal("0.3000")),
        ("open", None),
    ]
    queueing.change(shop, lead, "q", pay=HOURLY)
    again = statements.lock(shop, lead, "ann", MONTH)
    assert [n.state for n in again.lines] == ["locked", "locked"]
    assert again.lines[0] == locked.lines[0]


def test_locking_twice_or_nothing_is_refused(shop, work, lead):
    with pytest.raises(ConflictError, match="no work in 2026-01 to lock"):
        statements.lock(shop, lead, "ann", MONTH)
    work(30)
    statements.lock(shop, lead, "ann", MONTH)
    with pytest.raises(ConflictError, match="is locked as it is"):
        statements.lock(shop, lead, "ann", MONTH)


def test_the_person_acknowledges_what_is_locked(shop, work, ann, lead):
    work(30)
    with pytest.raises(ConflictError, match="not locked yet"):
        statements.acknowledge(shop, ann, "ann", MONTH)
    statements.lock(shop, lead, "ann", MONTH)
    with pytest.raises(NotAllowedError, match="only ann acknowledges"):
        statements.acknowledge(shop, lead, "ann", MONTH)
    assert statements.acknowledge(shop, ann, "ann", MONTH).is_acknowledged
    work(40)
    statements.lock(shop, lead, "ann", MONTH)
    found = _show(shop, ann)
    assert (found.is_acknowledged, found.acknowledged_at is None) == (False, False)


def test_what_stands_in_a_statement_is_never_changed(shop, work, lead):
    work(30)
    statements.lock(shop, lead, "ann", MONTH)
    for statement in (
        "UPDATE statement_line SET active = 0",
        "DELETE FROM statement_line",
        "DELETE FROM statement_act",
    ):
        with (
            pytest.raises(ConflictError, match="never changed"),
            shop.store.write() as unit,
        ):
            unit.run(statement)


# --- dispute, answer --------------------------------------------------------------
def test_an_answer_is_a_new_line_with_a_reason(shop, work, ann, lead):
    work(30, idle=300)
    statements.lock(shop, lead, "ann", MONTH)
    [line] = _show(shop, ann).lines
    found = statements.dispute(shop, ann, "ann", MONTH, line.id, why="I read on")
    assert (found.lines[0].state, found.disputes[0].answered_at) == ("disputed", None)
    found = statements.answer(
        shop,
        lead,
        "ann",
        MONTH,
        line.id,
        why="the text was long",
        correction=statements.Correction(seconds=200),
    )
    assert found.lines[0].active == 30, "the line itself stays"
    assert found.lines[0].state == "answered"
    new = found.lines[1]
    assert (new.kind, new.corrects, new.why, new.active, new.amount) == (
        "correction",
        line.id,
        "the text was long",
        200,
        Decimal("2.0000"),
    )
    assert found.totals.amounts == {"EUR": Decimal("2.30")}
    assert found.disputes[0].answer == "the text was long"


def test_a_correction_sent_twice_is_kept_once(shop, work, lead):
    work(30)
    [line] = statements.lock(shop, lead, "ann", MONTH).lines

    def correct(seconds, why):
        return statements.answer(
            shop,
            lead,
            "ann",
            MONTH,
            line.id,
            why=why,
            correction=statements.Correction(seconds=seconds),
        )

    correct(200, "a long text")
    with pytest.raises(ConflictError, match="was corrected so already"):
        correct(200, "a long text")
    correct(100, "a long text")
    assert len(correct(200, "and the second page").lines) == 4


def test_a_correction_may_take_away_and_name_its_money(shop, work, ann, lead):
    work(30)
    [line] = statements.lock(shop, lead, "ann", MONTH).lines
    found = statements.answer(
        shop,
        lead,
        "ann",
        MONTH,
        line.id,
        why="counted while the stream hung",
        correction=statements.Correction(seconds=-10, amount=Decimal("-0.25")),
    )
    assert found.totals.amounts == {"EUR": Decimal("0.05")}
    assert found.totals.paid_seconds == 20


@pytest.mark.parametrize(
    ("seconds", "amount", "said"),
    [
        (-31, None, "30.0 seconds; 31.0 cannot"),
        (0, "-0.40", "0.3000 EUR; 0.40 cannot"),
        (float("nan"), None, "no time"),
        (float("-inf"), None, "no time"),
    ],
)
def test_a_correction_takes_no_more_than_there_is(
    shop, work, lead, seconds, amount, said
):
    """Nobody owes money for having worked."""
    work(30)
    [line] = statements.lock(shop, lead, "ann", MONTH).lines
    money = Decimal(amount) if amount else None
    with pytest.raises(InvalidInputError, match=said):
        statements.answer(
            shop,
            lead,
            "ann",
            MONTH,
            line.id,
            why="a slip",
            correction=statements.Correction(seconds=seconds, amount=money),
        )


def test_what_a_correction_gave_another_may_take_back(shop, work, lead):
    work(30)
    [line] = statements.lock(shop, lead, "ann", MONTH).lines
    for seconds in (100, -120):
        found = statements.answer(
            shop,
            lead,
            "ann",
            MONTH,
            line.id,
            why="counted anew",
            correction=statements.Correction(seconds=seconds),
        )
    assert found.totals.paid_seconds == 10


def test_an_answer_without_a_correction_needs_a_dispute(shop, work, ann, lead):
    work(30)
    [line] = _show(shop, ann).lines
    with pytest.raises(ConflictError, match="nobody disputes line"):
        statements.answer(shop, lead, "ann", MONTH, line.id, why="fine")
    statements.dispute(shop, ann, "ann", MONTH, line.id, why="too little")
    statements.lock(shop, lead, "ann", MONTH)
    found = statements.answer(shop, lead, "ann", MONTH, line.id, why="see the trace")
    assert [n.state for n in found.lines] == ["answered"]


def test_who_may_say_what_about_a_statement(shop, work, ann, bob, lead):
    work(30)
    [line] = _show(shop, ann).lines
    for deed in (
        lambda: _show(shop, bob),
        lambda: statements.lock(shop, ann, "ann", MONTH),
        lambda: statements.dispute(shop, lead, "ann", MONTH, line.id, why="x"),
        lambda: statements.answer(shop, ann, "ann", MONTH, line.id, why="x"),
        lambda: statements.answer(shop, lead, "lea", MONTH, line.id, why="x"),
        lambda: statements.trace(shop, ann, "ann", MONTH, line.id),
    ):
        with pytest.raises(NotAllowedError):
            deed()
    with pytest.raises(UnknownError, match="no line 'nope'"):
        statements.dispute(shop, ann, "ann", MONTH, "nope", why="x")
    with pytest.raises(InvalidInputError, match="a reason is needed"):
        statements.dispute(shop, ann, "ann", MONTH, line.id, why=" ")
    with pytest.raises(UnknownError, match="nobody called 'zoe'"):
        _show(shop, lead, "zoe")


def test_the_trace_shows_what_a_line_was_made_of(shop, clock, ann, lead):
    one, two = judging.claim(shop, ann, "q")
    clock.tick(60)
    for n, task in enumerate((one, two)):
        judging.submit(
            shop,
            ann,
            task,
            task.blank().grade(1),
            clock=judging.Clock(60, wall=60),
            submission_id=f"s{n}",
        )
    second = _show(shop, ann).lines[1]
    found = statements.trace(shop, lead, "ann", MONTH, second.id)
    [event] = found["events"]
    assert event["active_seconds"] == 60
    assert event["counted_elsewhere_seconds"] == 60
    [judged] = found["judgments"]
    assert (judged["role"], judged["wall"]) == ("work", 60)


# --- for a spreadsheet ----------------------------------------------------------
def test_csv_is_safe_in_a_spreadsheet(shop, fill, work, ann, lead):
    evil = '=HYPERLINK("http://x","pay")'
    fill(shop, 1, queue=evil)
    queueing.change(shop, lead, evil, pay=HOURLY)
    work(30, queue=evil)
    [line] = statements.lock(shop, lead, "ann", MONTH).lines
    statements.answer(
        shop,
        lead,
        "ann",
        MONTH,
        line.id,
        why="@SUM(A1)",
        correction=statements.Correction(seconds=-5),
    )
    rows = list(csv.DictReader(io.StringIO(_show(shop, ann).as_csv())))
    assert [r["queue"] for r in rows[:2]] == [f"'{evil}"] * 2
    assert rows[1]["why"] == "'@SUM(A1)"
    assert (rows[1]["active_seconds"], rows[1]["amount"]) == ("-5.0", "-0.0500")
    assert (rows[2]["line"], rows[2]["amount"], rows[2]["paid_seconds"]) == (
        "total",
        "0.25",
        "25.0",
    )
