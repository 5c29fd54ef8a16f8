"""Pauses, clearances, opt-ins, and work that is set aside."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Person, Role
from adjudge.domain.queue import Queue
from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    RefusedError,
    UnknownError,
)
from adjudge.services import storekeeping
from adjudge.services.campaign import queueing
from adjudge.services.people import people, standing
from adjudge.services.work import arriving, incidents, judging
from adjudge.storage import queues


@pytest.fixture(autouse=True)
def _crew(bench, lead):
    for name, role in (("lea", "lead"), ("ann", "annotator"), ("bob", "annotator")):
        people.add(bench, lead, Person(name=name, role=Role(role)))


def _work(bench, actor, queue="q", digit=1, *, at_most=99):
    done = []
    while len(done) < at_most and (hand := judging.claim(bench, actor, queue)):
        task = hand[0]
        done.append(
            judging.submit(
                bench,
                actor,
                task,
                task.blank().grade(digit),
                clock=judging.Clock(10, wall=10),
                submission_id=f"{actor.name}-{task.comparison.id}-{queue}",
            )
        )
    return done


def _slots(bench, queue="q"):
    with bench.store.read() as unit:
        found = queues.standing(unit, queue)
    return found.open, found.done, found.surplus


def _sound(bench, lead):
    return storekeeping.check(bench, lead) == []


# --- pause and resume --------------------------------------------------------
def test_a_paused_person_gets_no_work_and_sees_why(bench, fill, ann, lead):
    fill(bench, 2)
    judging.claim(bench, ann, "q")
    standing.pause(bench, lead, "ann", why="gold fell under 70 %")
    with pytest.raises(RefusedError, match="ann is paused: gold fell under 70 %"):
        judging.claim(bench, ann, "q")
    with pytest.raises(RefusedError, match="gold fell under 70 %"):
        arriving.sit_down(bench, ann, "q")
    seen = standing.of(bench, ann, "ann")
    assert (seen.state, seen.why, seen.since) == (
        "paused",
        "gold fell under 70 %",
        "2026-01-05T09:00:00Z",
    )


def test_a_pause_gives_leases_back_and_keeps_what_comes_in_late(bench, fill, ann, lead):
    fill(bench, 2)
    task = judging.claim(bench, ann, "q")[0]
    standing.pause(bench, lead, "ann", why="a break")
    assert queueing.show(bench, lead, "q").standing.leased == 0
    done = judging.submit(
        bench,
        ann,
        task,
        task.blank().grade(1),
        clock=judging.Clock(9),
        submission_id="s1",
    )
    assert done.late
    assert done.next == ()
    assert _sound(bench, lead)


def test_whoever_is_resumed_works_again(bench, fill, ann, lead):
    fill(bench, 1)
    standing.pause(bench, lead, "ann", why="a break")
    standing.resume(bench, lead, "ann", why="talked")
    assert len(judging.claim(bench, ann, "q")) == 1
    history = standing.of(bench, lead, "ann").history
    assert [(s.kind, s.why, s.by) for s in history] == [
        ("paused", "a break", "lea"),
        ("resumed", "talked", "lea"),
    ]


def test_a_paused_person_takes_nothing_back(bench, fill, ann, lead):
    fill(bench, 1)
    [done] = _work(bench, ann)
    standing.pause(bench, lead, "ann", why="asleep", requeue=("q",))
    with pytest.raises(RefusedError, match="ann is paused"):
        judging.reopen(bench, ann, done.judgment.id)


def test_a_revision_of_work_set_aside_stays_aside(bench, fill, ann, lead):
    fill(bench, 1)
    [done] = _work(bench, ann)
    standing.pause(bench, lead, "ann", why="asleep", requeue=("q",))
    standing.resume(bench, lead, "ann", why="awake")
    again = judging.reopen(bench, ann, done.judgment.id)
    judging.submit(
        bench,
        ann,
        again,
        again.blank().grade(7),
        clock=judging.Clock(3, wall=3),
        submission_id="again",
    )
    assert _slots(bench) == (3, 0, 0)
    assert _sound(bench, lead)


def test_pausing_needs_a_reason_a_person_and_a_lead(bench, ann, lead):
    with pytest.raises(InvalidInputError, match="a reason is needed"):
        standing.pause(bench, lead, "ann", why="  ")
    with pytest.raises(UnknownError, match="nobody called 'zoe'"):
        standing.pause(bench, lead, "zoe", why="gone")
    with pytest.raises(NotAllowedError):
        standing.pause(bench, ann, "bob", why="envy")
    with pytest.raises(ConflictError, match="ann is not paused"):
        standing.resume(bench, lead, "ann", why="eh")


# --- setting work aside ----------------------------------------------------------
def test_requeued_work_is_kept_and_open_slots_take_its_place(
    bench, fill, ann, bob, lead
):
    fill(bench, 3)
    queueing.change(bench, lead, "q", overlap=2)
    _work(bench, ann)
    _work(bench, bob, digit=7)
    assert _slots(bench) == (0, 6, 0)
    [aside] = standing.pause(bench, lead, "ann", why="asleep", requeue=("q",))
    assert (aside.judgments, aside.decided) == (3, 0)
    assert _slots(bench)[:2] == (3, 3)
    assert queueing.show(bench, lead, "q").states["open"] == 3
    with bench.store.read() as unit:
        kept = unit.all("SELECT purpose, count(*) FROM slot GROUP BY 1 ORDER BY 1")
        n = unit.one("SELECT count(*) FROM judgment WHERE annotator = 'ann'")
    assert kept == [("first", 3), ("open", 3), ("set_aside", 3)]
    assert n == (3,)
    assert _sound(bench, lead)


def test_somebody_else_fills_the_place_and_ann_never_gets_it_again(
    bench, fill, ann, bob, make_actor
):
    lead = make_actor("lea", Role.LEAD)
    fill(bench, 2)
    queueing.change(bench, lead, "q", overlap=2)
    _work(bench, ann)
    _work(bench, bob)
    standing.pause(bench, lead, "ann", why="asleep", requeue=("q",))
    found = standing.resume(bench, lead, "ann", why="awake")
    assert (found.restored, found.aside) == ({}, {"q": 2}), "a lead is told"
    assert judging.claim(bench, ann, "q") == ()
    cat = make_actor("cat")
    assert len(_work(bench, cat)) == 2
    assert _slots(bench) == (0, 4, 0)
    assert _sound(bench, lead)


def test_restored_work_counts_again_and_what_is_beyond_is_surplus(
    bench, fill, ann, bob, make_actor
):
    lead = make_actor("lea", Role.LEAD)
    fill(bench, 2)
    queueing.change(bench, lead, "q", overlap=2)
    _work(bench, ann)
    _work(bench, bob)
    standing.pause(bench, lead, "ann", why="asleep", requeue=("q",))
    _work(bench, make_actor("cat"), at_most=1)
    found = standing.resume(bench, lead, "ann", why="a mistake", restore=("q",))
    assert (found.restored, found.aside) == ({"q": 2}, {})
    assert _slots(bench) == (0, 4, 1)
    assert _sound(bench, lead)


def test_what_a_lead_decided_is_not_queued_again(bench, fill, ann, lead):
    fill(bench, 2)
    _work(bench, ann)
    with bench.store.write() as unit:
        unit.run(
            "INSERT INTO adjudication (id, task_id, ranking, by_person, at) "
            "SELECT 'a1', min(id), '0>1', 'lea', '2026-01-05T09:00:00Z' FROM task"
        )
    [aside] = standing.pause(bench, lead, "ann", why="asleep", requeue=("q",))
    assert (aside.judgments, aside.decided) == (1, 1)


def test_an_unknown_queue_leaves_the_person_as_they_were(bench, ann, lead):
    with pytest.raises(UnknownError, match="no queue 'nope'"):
        standing.pause(bench, lead, "ann", why="asleep", requeue=("nope",))
    assert standing.of(bench, lead, "ann").state == "active"


# --- clearances ----------------------------------------------------------------
def test_a_clearance_opens_a_queue_until_its_day(bench, clock, ann, lead):
    queueing.create(bench, lead, Queue(name="secret", requires="nda"))
    with pytest.raises(RefusedError, match="needs the clearance 'nda'"):
        arriving.sit_down(bench, ann, "secret")
    end = standing.clear(bench, lead, "ann", "nda", until="2026-01-06")
    assert end == "2026-01-06T23:59:59Z"
    arriving.sit_down(bench, ann, "secret")
    clock.tick(2 * 86_400)
    with pytest.raises(RefusedError, match="needs the clearance") as refused:
        arriving.sit_down(bench, ann, "secret")
    assert refused.value.hint == "yours ran out on 2026-01-06; ask a lead"


def test_a_clearance_is_taken_back(bench, ann, lead):
    queueing.create(bench, lead, Queue(name="secret", requires="nda"))
    standing.clear(bench, lead, "ann", "nda")
    standing.unclear(bench, lead, "ann", "nda", why="left the project")
    with pytest.raises(RefusedError, match="needs the clearance") as refused:
        arriving.sit_down(bench, ann, "secret")
    assert refused.value.hint == (
        "it was taken back on 2026-01-05 by lea: left the project"
    )
    with pytest.raises(UnknownError, match="has no clearance"):
        standing.unclear(bench, lead, "ann", "nda")
    kinds = [s.kind for s in standing.of(bench, ann, "ann").history]
    assert kinds == ["cleared", "uncleared"]


def test_a_clearance_that_ended_before_it_began_is_refused(bench, lead):
    with pytest.raises(InvalidInputError, match="is past"):
        standing.clear(bench, lead, "ann", "nda", until="2025-12-31")
    with pytest.raises(InvalidInputError, match="no day and no time"):
        standing.clear(bench, lead, "ann", "nda", until="someday")
    with pytest.raises(InvalidInputError, match="is no label"):
        standing.clear(bench, lead, "ann", " ")


# --- opt-ins ---------------------------------------------------------------------
def test_labelled_tasks_reach_only_those_who_opted_in(bench, fill, ann, bob):
    fill(bench, 2, labels=["violence"])
    assert judging.claim(bench, ann, "q") == ()
    standing.opt_in(bench, ann, "ann", "violence")
    assert len(judging.claim(bench, ann, "q")) == 2
    assert judging.claim(bench, bob, "q") == ()


def test_every_label_of_a_task_must_be_agreed_to(bench, fill, ann):
    fill(bench, 1, labels=["violence", "hate"])
    standing.opt_in(bench, ann, "ann", "violence")
    assert judging.claim(bench, ann, "q") == ()
    standing.opt_in(bench, ann, "ann", "hate")
    assert len(judging.claim(bench, ann, "q")) == 1


def test_the_daily_cap_ends_it_and_counts_what_was_passed_on(bench, fill, ann):
    fill(bench, 9, labels=["violence"])
    standing.opt_in(bench, ann, "ann", "violence", daily_cap=3)
    first = judging.claim(bench, ann, "q")[0]
    judging.skip(
        bench, ann, first, "not_for_me", note="", clock=judging.Clock(4, wall=4)
    )
    assert len(_work(bench, ann)) == 2
    [seen] = standing.of(bench, ann, "ann").opt_ins
    assert (seen.today, seen.is_open, seen.seconds_today) == (3, False, 20.0)
    why = arriving.why_empty(bench, ann, "q")
    assert (why.get("capped_today"), why.get("needs_opt_in")) == (6, None)


@pytest.mark.parametrize("cap", [1, 2, 3])
def test_the_cap_holds_while_tasks_are_held_ahead(bench, fill, ann, cap):
    fill(bench, 9, labels=["violence"])
    standing.opt_in(bench, ann, "ann", "violence", daily_cap=cap)
    assert len(_work(bench, ann)) == cap


def test_opting_out_works_at_once(bench, fill, ann):
    fill(bench, 2, labels=["violence"])
    standing.opt_in(bench, ann, "ann", "violence")
    _work(bench, ann, at_most=1)
    for held in judging.claim(bench, ann, "q"):
        judging.release(bench, ann, held)
    standing.opt_out(bench, ann, "ann", "violence")
    assert judging.claim(bench, ann, "q") == ()
    with pytest.raises(UnknownError, match="has not opted into"):
        standing.opt_out(bench, ann, "ann", "violence")


def test_nobody_agrees_for_somebody_else(bench, ann, bob, lead):
    with pytest.raises(NotAllowedError):
        standing.opt_in(bench, bob, "ann", "violence")
    with pytest.raises(RefusedError, match="for themselves"):
        standing.opt_in(bench, lead, "ann", "violence")
    standing.opt_in(bench, lead, "ann", "violence", why="signed form of 3 January")
    step = standing.of(bench, ann, "ann").history[-1]
    assert (step.kind, step.by, step.why) == (
        "opted_in",
        "lea",
        "signed form of 3 January",
    )
    with pytest.raises(InvalidInputError, match="daily cap of 0"):
        standing.opt_in(bench, ann, "ann", "violence", daily_cap=0)


def test_a_harm_skip_opens_an_incident(bench, fill, ann, lead):
    fill(bench, 1)
    task = judging.claim(bench, ann, "q")[0]
    judging.skip(
        bench, ann, task, "unsafe", note="blood", clock=judging.Clock(4, wall=4)
    )
    [found] = incidents.listed(bench, lead)
    assert (found.category, found.note) == ("unsafe_content", "blood")


def test_people_see_themselves_and_leads_see_all(bench, ann, bob, lead, make_actor):
    assert standing.of(bench, ann, "ann").name == "ann"
    assert standing.of(bench, lead, "ann").name == "ann"
    with pytest.raises(NotAllowedError):
        standing.of(bench, bob, "ann")
    with pytest.raises(UnknownError):
        standing.of(bench, lead, "zoe")
    assert standing.of(bench, make_actor("new"), "new").state == "active"
