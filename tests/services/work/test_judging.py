"""Judging: every task gets exactly what it wants, and no work is lost."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from adjudge.domain.judging import Draft
from adjudge.errors import (
    AlreadyJudgedError,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    RefusedError,
    UnknownError,
)
from adjudge.services.bench import Bench
from adjudge.services.campaign import queueing
from adjudge.services.work import arriving, assigning, judging, reopening
from adjudge.storage import drafts, people
from adjudge.storage.engine.store import Store

QUICK = judging.Clock(active=1.0)


def holders(bench):
    """List slots: task's comparison, state, who, late, surplus."""
    with bench.store.read() as unit:
        return unit.all(
            "SELECT t.comparison_id, s.state, s.annotator, s.late, s.surplus "
            "FROM slot s JOIN task t ON t.id = s.task_id ORDER BY t.id, s.slot"
        )


def set_queue(bench, lead, **changes):
    queueing.change(bench, lead, "q", **changes)


# --- claiming ----------------------------------------------------------------
def test_a_person_gets_two_tasks_in_the_order_of_the_file(bench, ann, fill):
    fill(bench, 3)
    assert [a.comparison.id for a in judging.claim(bench, ann, "q")] == ["c1", "c2"]


def test_starting_again_gives_the_same_tasks_back(bench, ann, fill):
    fill(bench, 5)
    first = judging.claim(bench, ann, "q")
    again = judging.claim(bench, ann, "q")
    assert [a.task_id for a in first] == [a.task_id for a in again]
    assert [a.shown for a in first] == [a.shown for a in again]


def test_what_came_back_comes_before_urgent_work(
    bench, ann, lead, fill, judge, bring_in, comparison_of
):
    """Both are often claimed within one tick of the database's clock."""
    fill(bench, 1)
    judge(bench, ann)
    reopening.reopen(bench, lead, "q", ["annotator=ann"], why="see clause 3")
    bring_in(bench, "comparisons", [comparison_of("high", priority=5)], queue="q")
    assert len(judging.claim(bench, ann, "q")) == 2
    with bench.store.write() as unit:
        unit.run("UPDATE slot SET claimed_at = 1 WHERE state = 1")
    first, second = judging.claim(bench, ann, "q")
    assert (first.why_back, second.comparison.id) == ("see clause 3", "high")


def test_what_is_asked_for_twice_comes_twice(bench, ann, lead, fill, judge, sign):
    """Two rejudgments of one task wait; to take up one leaves the other waiting."""
    fill(bench, 1)
    judge(bench, ann)
    for why in ("a new text", "and another"):
        reopening.rejudge(bench, lead, "q", ["annotator=ann"], why=why)
    reopening.reopen(bench, lead, "q", ["annotator=ann"], why="see clause 3")
    came = []
    while hand := judging.claim(bench, ann, "q"):
        came.append((hand[0].occasion, hand[0].why_back))
        sign(bench, ann, hand[0])
    assert sorted(came) == [(0, "see clause 3"), (2, "a new text"), (4, "and another")]


def test_urgent_work_comes_first(bench, ann, bring_in, comparison_of):
    records = [comparison_of("low"), comparison_of("high", priority=5)]
    bring_in(bench, "comparisons", records, queue="q")
    assert [a.comparison.id for a in judging.claim(bench, ann, "q")] == ["high", "low"]


def test_urgent_work_that_comes_later_still_comes_first(
    bench, ann, fill, judge, bring_in, comparison_of
):
    fill(bench, 9)
    judge(bench, ann)
    bring_in(bench, "comparisons", [comparison_of("now", priority=9)], queue="q")
    following = judge(bench, ann).next
    assert following[-1].comparison.id == "now"


def test_nobody_gets_a_task_twice(bench, ann, fill, judge):
    fill(bench, 4)
    done = [judge(bench, ann).judgment.comparison for _ in range(4)]
    assert sorted(done) == ["c1", "c2", "c3", "c4"]
    assert judging.claim(bench, ann, "q") == ()


def test_when_nothing_is_left_the_reasons_are_counted(
    bench, ann, bob, fill, judge, lead
):
    fill(bench, 3)
    set_queue(bench, lead, overlap=1)
    judge(bench, ann)
    held = judging.claim(bench, ann, "q")
    assert len(held) == 2
    found = arriving.why_empty(bench, bob, "q")
    assert found["held_by_others"] == 2
    assert found["complete"] == 1


def test_a_paused_queue_gives_no_work_but_takes_it(bench, lead, ann, fill, sign):
    fill(bench, 3)
    task = judging.claim(bench, ann, "q")[0]
    set_queue(bench, lead, paused=True, paused_why="new guideline")
    with pytest.raises(RefusedError, match="is paused: new guideline"):
        arriving.sit_down(bench, ann, "q")
    submitted = sign(bench, ann, task)
    assert len(submitted.next) == 1


def test_a_queue_that_is_not_there_is_told(bench, ann, fill):
    fill(bench)
    for deed in (judging.claim, arriving.sit_down, judging.history, arriving.why_empty):
        with pytest.raises(UnknownError, match="no queue 'none'"):
            deed(bench, ann, "none")


def test_a_queue_of_rewrites_is_no_comparing(bench, lead, ann):
    queueing.create(bench, lead, queueing.settings(name="r", kind="rewrite"))
    with pytest.raises(RefusedError, match="holds rewrites"):
        judging.claim(bench, ann, "r")


def test_sitting_down_tells_what_is_done_and_left(bench, ann, fill, judge):
    fill(bench, 4)
    judge(bench, ann)
    sitting = arriving.sit_down(bench, ann, "q")
    assert (sitting.done, sitting.left, sitting.guideline) == (1, 3, None)


def test_what_is_to_be_judged_again_is_left(bench, lead, ann, fill, judge):
    fill(bench, 3)
    for _ in range(3):
        judge(bench, ann)
    reopening.rejudge(bench, lead, "q", ["annotator=ann"], why="new text")
    seen = []
    for _ in range(3):
        sitting = arriving.sit_down(bench, ann, "q")
        [(_, *at_home)] = arriving.desk(bench, ann).queues
        assert at_home == [sitting.done, sitting.left]
        seen.append((sitting.done, sitting.left))
        judge(bench, ann)
    assert seen == [(3, 3), (4, 2), (5, 1)]
    assert arriving.sit_down(bench, ann, "q").left == 0


def test_queues_do_not_see_each_other(bench, ann, fill, judge):
    fill(bench, 2, queue="q1")
    fill(bench, 2, queue="q2")
    judge(bench, ann, "q1")
    assert arriving.sit_down(bench, ann, "q1").done == 1
    assert arriving.sit_down(bench, ann, "q2").done == 0
    assert arriving.sit_down(bench, ann, "q2").left == 2


# --- submitting --------------------------------------------------------------
def test_a_judgment_says_all_there_is_to_know(bench, ann, fill, sign, clock):
    fill(bench)
    task = judging.claim(bench, ann, "q")[0]
    signed = sign(bench, ann, task, 1, note="because").judgment
    assert signed.annotator == "ann"
    assert signed.shown == task.shown
    assert signed.winner == task.shown[0]
    assert (signed.margin, signed.note, signed.seconds) == (3, "because", 3.0)
    assert signed.at == clock()
    (past,) = judging.history(bench, ann, "q")
    assert past.judgment == signed


def test_the_reply_brings_the_next_task(bench, ann, fill, sign):
    fill(bench, 3)
    tasks = judging.claim(bench, ann, "q")
    submitted = sign(bench, ann, tasks[0])
    assert [a.comparison.id for a in submitted.next] == ["c2", "c3"]


def test_a_submission_sent_again_changes_nothing(bench, ann, fill, sign, promises):
    """The answer to the first one may have been lost on the way."""
    fill(bench, 3)
    task = judging.claim(bench, ann, "q")[0]
    first = sign(bench, ann, task, 2, id="once")
    again = sign(bench, ann, task, 2, id="once")
    assert again.judgment == first.judgment
    assert [n.task_id for n in again.next] == [n.task_id for n in first.next]
    assert len(judging.history(bench, ann, "q")) == 1
    promises(bench)


def test_a_submission_is_not_said_to_be_kept_with_other_words(bench, ann, fill, sign):
    """What was kept is the first; the second would be lost without a sound."""
    fill(bench)
    task = judging.claim(bench, ann, "q")[0]
    first = sign(bench, ann, task, 2, id="once")
    with pytest.raises(ConflictError, match="kept with other words"):
        sign(bench, ann, task, 6, id="once")
    (kept,) = judging.history(bench, ann, "q")
    assert kept.judgment == first.judgment


def test_a_submission_of_somebody_else_is_not_shown(bench, ann, bob, fill, sign):
    fill(bench)
    sign(bench, ann, judging.claim(bench, ann, "q")[0], id="hers")
    task = judging.claim(bench, bob, "q")[0]
    with pytest.raises(ConflictError, match="somebody else's"):
        sign(bench, bob, task, id="hers")


def test_a_comparison_is_judged_once_per_annotator(bench, ann, fill, sign, promises):
    """The second window loses, and nothing it said is stored."""
    fill(bench)
    task = judging.claim(bench, ann, "q")[0]
    other = judging.claim(bench, ann, "q")[0]
    sign(bench, ann, task)
    with pytest.raises(AlreadyJudgedError, match="ann already judged c1"):
        sign(bench, ann, other, 6)
    assert len(judging.history(bench, ann, "q")) == 1
    promises(bench)


def test_an_incomplete_draft_is_not_signed_and_the_lease_stays(bench, ann, fill):
    fill(bench)
    task = judging.claim(bench, ann, "q")[0]
    with pytest.raises(InvalidInputError, match="Choose a grade first"):
        judging.submit(bench, ann, task, task.blank(), clock=QUICK, submission_id="s")
    assert judging.claim(bench, ann, "q")[0].task_id == task.task_id


def test_a_queue_without_ties_takes_none(bench, lead, ann, fill, sign):
    fill(bench)
    set_queue(bench, lead, ties=False)
    task = judging.claim(bench, ann, "q")[0]
    with pytest.raises(InvalidInputError, match="no ties"):
        sign(bench, ann, task, 4)


def test_a_note_is_bounded(bench, ann, fill, sign):
    fill(bench)
    task = judging.claim(bench, ann, "q")[0]
    with pytest.raises(InvalidInputError, match="the note has 501 characters"):
        sign(bench, ann, task, note="x" * 501)


def test_a_partial_ranking_is_never_stored(bench, ann, fill):
    fill(bench, responses="abc")
    task = judging.claim(bench, ann, "q")[0]
    draft = task.blank().ranked(((task.shown[0],), (task.shown[1],)))
    with pytest.raises(InvalidInputError, match="Not placed yet"):
        judging.submit(bench, ann, task, draft, clock=QUICK, submission_id="s")


# --- leases ------------------------------------------------------------------
def test_a_late_judgment_takes_its_slot_if_it_is_still_free(
    bench, ann, fill, sign, run_out, promises
):
    fill(bench)
    task = judging.claim(bench, ann, "q")[0]
    run_out(bench)
    submitted = sign(bench, ann, task)
    assert (submitted.late, submitted.surplus) == (True, False)
    assert holders(bench)[0] == ("c1", 2, "ann", 1, 0)
    promises(bench)


def test_a_judgment_beyond_the_overlap_is_kept_as_surplus(
    bench, lead, ann, bob, fill, sign, run_out, promises
):
    fill(bench)
    set_queue(bench, lead, overlap=1)
    slow = judging.claim(bench, ann, "q")[0]
    run_out(bench)
    quick = judging.claim(bench, bob, "q")[0]
    assert quick.task_id == slow.task_id
    sign(bench, bob, quick)
    submitted = sign(bench, ann, slow)
    assert (submitted.late, submitted.surplus) == (True, True)
    assert holders(bench) == [("c1", 2, "bob", 0, 0), ("c1", 2, "ann", 1, 1)]
    shown = queueing.show(bench, lead, "q").as_json()
    assert (shown["judgments"], shown["late"], shown["surplus"]) == (2, 1, 1)
    promises(bench)


def test_a_lease_that_ran_out_goes_to_the_next(bench, lead, ann, bob, fill, run_out):
    fill(bench)
    set_queue(bench, lead, overlap=1)
    judging.claim(bench, ann, "q")
    assert judging.claim(bench, bob, "q") == ()
    run_out(bench)
    assert [a.comparison.id for a in judging.claim(bench, bob, "q")] == ["c1"]


def test_an_open_screen_keeps_its_lease(bench, ann, bob, fill, lead, run_out):
    fill(bench)
    set_queue(bench, lead, overlap=1)
    task = judging.claim(bench, ann, "q")[0]
    run_out(bench)
    assert judging.heartbeat(bench, ann, task)
    assert judging.claim(bench, bob, "q") == ()


def test_a_heartbeat_cannot_bring_a_lost_lease_back(
    bench, ann, bob, fill, lead, run_out
):
    fill(bench)
    set_queue(bench, lead, overlap=1)
    task = judging.claim(bench, ann, "q")[0]
    run_out(bench)
    judging.claim(bench, bob, "q")
    assert not judging.heartbeat(bench, ann, task)


def test_a_task_held_ahead_is_given_back(bench, ann, bob, fill, lead):
    fill(bench, 2)
    set_queue(bench, lead, overlap=1)
    held = judging.claim(bench, ann, "q")
    judging.release(bench, ann, held[1])
    assert [a.comparison.id for a in judging.claim(bench, bob, "q")] == ["c2"]


# --- passing on --------------------------------------------------------------
def test_a_task_passed_on_does_not_come_back(bench, ann, bob, fill, promises):
    fill(bench, 3)
    task = judging.claim(bench, ann, "q")[0]
    following = judging.skip(bench, ann, task, "not_for_me", note="x", clock=QUICK)
    assert [a.comparison.id for a in following] == ["c2", "c3"]
    assert "c1" in [a.comparison.id for a in judging.claim(bench, bob, "q")]
    assert arriving.why_empty(bench, ann, "q")["passed_on_by_you"] == 1
    promises(bench)


def test_a_reason_to_pass_on_is_one_of_the_list(bench, ann, fill):
    fill(bench)
    task = judging.claim(bench, ann, "q")[0]
    with pytest.raises(InvalidInputError, match="no skip code 'bored'"):
        judging.skip(bench, ann, task, "bored", note="", clock=QUICK)


# --- taking back -------------------------------------------------------------
def test_taking_back_makes_a_revision_and_keeps_both(
    bench, ann, fill, judge, sign, promises
):
    fill(bench)
    first = judge(bench, ann, digit=2).judgment
    back = judging.reopen(bench, ann, first.id)
    assert back.blank().digit == 2
    second = sign(bench, ann, back, 6).judgment
    assert second.ranking == tuple(reversed(first.ranking))
    with bench.store.read() as unit:
        found = unit.all("SELECT id, revision, supersedes FROM judgment ORDER BY 2")
    assert found == [(first.id, 1, None), (second.id, 2, first.id)]
    assert [p.judgment.id for p in judging.history(bench, ann, "q")] == [second.id]
    promises(bench)


def test_what_was_taken_back_is_no_other_windows_draft(bench, ann, fill, judge):
    fill(bench)
    back = judging.reopen(bench, ann, judge(bench, ann, digit=2).judgment.id)
    other = back.blank().grade(6)
    said = judging.save_draft(bench, ann, back, other, session="here", seq=1)
    assert said == ()
    with bench.store.read() as unit:
        (kept,) = drafts.of_task(unit, "ann", back.task_id)
    assert kept.session == "here"


def test_a_revision_does_not_take_a_second_slot(bench, ann, fill, judge, sign):
    fill(bench)
    first = judge(bench, ann).judgment
    sign(bench, ann, judging.reopen(bench, ann, first.id))
    assert Counter(state for _, state, *_ in holders(bench)) == {2: 1, 0: 2}


def test_only_ones_own_judgment_is_taken_back(bench, ann, bob, fill, judge):
    fill(bench)
    hers = judge(bench, ann).judgment
    with pytest.raises(UnknownError, match="no judgment"):
        judging.reopen(bench, bob, hers.id)


def test_a_judgment_that_does_not_stand_is_not_taken_back(
    bench, ann, fill, judge, sign
):
    fill(bench)
    first = judge(bench, ann).judgment
    sign(bench, ann, judging.reopen(bench, ann, first.id))
    with pytest.raises(ConflictError, match="does not stand any more"):
        judging.reopen(bench, ann, first.id)


# --- more or fewer judgments -------------------------------------------------
def slots(bench, lead):
    return queueing.show(bench, lead, "q").as_json()["slots"]


def test_a_higher_overlap_opens_slots(bench, lead, ann, fill, judge, promises):
    fill(bench, 2)
    judge(bench, ann)
    set_queue(bench, lead, overlap=5)
    assert slots(bench, lead) == {"open": 8, "leased": 1, "done": 1}
    promises(bench)


def test_a_lower_overlap_withdraws_open_slots_and_no_judgment(
    bench, lead, fill, judge, make_actor, promises
):
    fill(bench)
    for name in ("ann", "bob", "cy"):
        judge(bench, make_actor(name))
    set_queue(bench, lead, overlap=1)
    shown = queueing.show(bench, lead, "q").as_json()
    assert shown["judgments"] == 3
    assert shown["surplus"] == 2
    promises(bench)
    set_queue(bench, lead, overlap=3)
    assert queueing.show(bench, lead, "q").as_json()["surplus"] == 0
    promises(bench)


def test_who_holds_a_task_may_finish_when_the_overlap_falls(
    bench, lead, ann, bob, fill, sign, promises
):
    fill(bench)
    hers = judging.claim(bench, ann, "q")[0]
    his = judging.claim(bench, bob, "q")[0]
    set_queue(bench, lead, overlap=1)
    sign(bench, ann, hers)
    sign(bench, bob, his)
    shown = queueing.show(bench, lead, "q").as_json()
    assert shown["judgments"] == 2
    promises(bench)


def test_a_lease_that_runs_out_after_the_overlap_fell_is_not_given_again(
    bench, lead, ann, bob, make_actor, fill, sign, run_out, promises
):
    fill(bench)
    hers = judging.claim(bench, ann, "q")[0]
    judging.claim(bench, bob, "q")
    set_queue(bench, lead, overlap=1)
    sign(bench, ann, hers)
    run_out(bench)
    assert judging.claim(bench, make_actor("cy"), "q") == ()
    promises(bench)


# --- drafts ------------------------------------------------------------------
def test_a_draft_comes_back_with_its_task(bench, ann, fill):
    fill(bench)
    task = judging.claim(bench, ann, "q")[0]
    draft = task.blank().grade(3).with_note("half a thou").flip_reason("x", "a")
    judging.save_draft(bench, ann, task, draft, session="w1", seq=1)
    again = judging.claim(bench, ann, "q")[0]
    ((found, _),) = again.recovered
    assert isinstance(found, Draft)
    assert found == draft
    assert arriving.desk(bench, ann).drafts == (("q", "c1", bench.now()),)


def test_a_signed_or_passed_task_keeps_no_draft(bench, ann, fill, sign):
    fill(bench, 2)
    tasks = judging.claim(bench, ann, "q")
    for task in tasks:
        judging.save_draft(bench, ann, task, task.blank().grade(1), session="w", seq=1)
    sign(bench, ann, tasks[0])
    judging.skip(bench, ann, tasks[1], "other", note="x", clock=QUICK)
    assert arriving.desk(bench, ann).drafts == ()


def test_the_desk_sums_up_today(bench, ann, fill, judge):
    fill(bench, 3)
    judge(bench, ann)
    desk = arriving.desk(bench, ann)
    ((queue, done, left),) = desk.queues
    assert (queue.name, done, left) == ("q", 1, 2)
    assert (desk.today["judgments"], desk.today["seconds"]) == (1, 3.0)


# --- many hands --------------------------------------------------------------
def work_until_empty(bench, who, sign):
    done = 0
    while tasks := judging.claim(bench, who, "q"):
        for task in tasks:
            sign(bench, who, task)
            done += 1
    return done


def test_every_task_gets_exactly_what_it_wants_from_many_hands(
    url, make_bench, lead, make_actor, fill, sign, promises
):
    first = make_bench(url)
    fill(first, 12)
    failures = []

    def work(name):
        try:
            work_until_empty(make_bench(url), make_actor(name), sign)
        except Exception as error:  # noqa: BLE001 - told by the test below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"p{i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    shown = queueing.show(first, lead, "q").as_json()
    assert shown["slots"] == {"open": 0, "leased": 0, "done": 36}
    assert shown["surplus"] == 0
    promises(first)


def test_one_person_in_many_windows_judges_each_task_once(
    url, make_bench, lead, ann, fill, sign, promises
):
    first = make_bench(url)
    fill(first, 8)

    def work():
        bench = make_bench(url)
        for _ in range(12):
            for task in judging.claim(bench, ann, "q"):
                try:
                    sign(bench, ann, task)
                except AlreadyJudgedError:
                    continue

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert arriving.sit_down(first, ann, "q").done == 8
    promises(first)


def test_two_windows_that_claim_at_once_get_the_same_tasks(
    postgres_url, make_bench, ann, fill
):
    """Each picks another slot of one task; whoever comes second looks again."""
    first, second = make_bench(postgres_url), make_bench(postgres_url)
    fill(first, 3)
    with first.store.write() as unit:
        people.arrive(unit, ann, at=first.now())

    def waits():
        with first.store.read() as unit:
            return unit.one(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock'"
            )

    with ThreadPoolExecutor(1) as other:
        with first.store.write() as unit:
            glance = assigning.look(first, unit, ann, "q")
            mine = assigning.in_hand(first, unit, ann, glance)
            theirs = other.submit(judging.claim, second, ann, "q")
            while not (waits() or theirs.done()):
                time.sleep(0.01)
        assert [t.task_id for t in theirs.result()] == [t.task_id for t in mine]


def _work_in_a_process(url, name):
    from adjudge.domain.people import Actor, Role

    numbers = iter(range(10_000))
    bench = Bench(
        store=Store.at(url),
        now=lambda: "2026-01-05T09:00:00Z",
        new_id=lambda: f"{name}-{next(numbers):04d}",
        secret=b"",
    )
    who = Actor(name=name, role=Role.ANNOTATOR)
    while tasks := judging.claim(bench, who, "q"):
        for task in tasks:
            judging.submit(
                bench,
                who,
                task,
                task.blank().grade(1),
                clock=QUICK,
                submission_id=bench.new_id(),
            )
    bench.store.close()


def test_processes_share_a_queue_as_threads_do(url, make_bench, lead, fill, promises):
    first = make_bench(url)
    fill(first, 10)
    spawning = multiprocessing.get_context("spawn")
    workers = [
        spawning.Process(target=_work_in_a_process, args=(url, f"p{i}"))
        for i in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [w.exitcode for w in workers] == [0, 0, 0]
    assert slots(first, lead) == {"open": 0, "leased": 0, "done": 30}
    promises(first)


def test_who_may_not_work_gets_nothing(bench, fill):
    fill(bench)
    visitor = judging.Actor.model_construct(name="x", role="visitor")
    with pytest.raises(NotAllowedError):
        judging.claim(bench, visitor, "q")


def test_a_seed_draws_the_same_sample_of_judgments_to_make_again(
    bench, lead, ann, fill, judge
):
    fill(bench, 9)
    for _ in range(9):
        judge(bench, ann)

    def drawn(seed, sample=4):
        with bench.store.write() as unit:
            unit.run("DELETE FROM turn")
        where = ["annotator=ann"]
        n = reopening.rejudge(
            bench, lead, "q", where, why="new text", sample=sample, seed=seed
        )
        with bench.store.read() as unit:
            found = [task for (task,) in unit.all("SELECT task_id FROM turn")]
        assert len(found) == n
        return sorted(found)

    assert drawn(1) == drawn(1)
    assert len(drawn(1)) == 4
    assert any(drawn(seed) != drawn(1) for seed in range(2, 6))
    assert len(drawn(1, sample=99)) == 9
    with pytest.raises(InvalidInputError, match="at least 1"):
        drawn(1, sample=0)
