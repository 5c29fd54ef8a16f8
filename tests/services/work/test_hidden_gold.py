"""Hidden gold and silent repeats: nothing that is counted tells them from work."""

from __future__ import annotations

import pytest

from adjudge.domain.routing import GOLD_EXPOSURES
from adjudge.services.campaign import queueing
from adjudge.services.work import arriving, judging, second_looks
from adjudge.storage import people
from adjudge.storage.engine import integrity

WORK, GOLD = 20, 5
CLOCK = judging.Clock(active=1.0)


@pytest.fixture
def mixed(bench, lead, bring_in, comparison_of):
    """A queue of work and gold, as often as not."""
    bring_in(
        bench, "comparisons", [comparison_of(f"w{n}") for n in range(WORK)], queue="q"
    )
    golden = {"ranking": [["b"], ["a"]], "why": "so it is"}
    bring_in(
        bench,
        "comparisons",
        [{**comparison_of(f"g{n}"), "gold": golden} for n in range(GOLD)],
        queue="q",
    )
    queueing.change(bench, lead, "q", gold_rate=0.5)
    return bench


def work_through(bench, who):
    """Judge until nothing is left; tell what home shows after each judgment."""
    seen = []
    while hand := judging.claim(bench, who, "q"):
        judging.submit(
            bench,
            who,
            hand[0],
            hand[0].blank().grade(2),
            clock=CLOCK,
            submission_id=bench.new_id(),
        )
        ((_, done, left),) = arriving.desk(bench, who).queues
        sitting = arriving.sit_down(bench, who, "q")
        assert (sitting.done, sitting.left) == (done, left)
        seen.append((hand[0].comparison.id, done, left))
    return seen


def test_what_is_left_falls_with_gold_as_with_work(mixed, ann):
    """Were gold not counted before it comes, the number left would stand still."""
    seen = work_through(mixed, ann)
    golds = [n for n, (id, _, _) in enumerate(seen) if id.startswith("g")]
    assert golds, "there was gold"
    assert [done for _, done, _ in seen] == list(range(1, len(seen) + 1))
    assert {done + left for _, done, left in seen} == {WORK + GOLD}


def test_an_empty_queue_counts_gold_as_what_was_judged(mixed, ann):
    seen = work_through(mixed, ann)
    counts = arriving.why_empty(mixed, ann, "q")
    assert counts["done_by_you"] == len(seen)
    assert counts["tasks"] == len(seen)


def test_silent_repeats_are_counted_as_what_was_judged(mixed, lead, ann):
    """The list at the end would tell how many of them there were."""
    queueing.change(mixed, lead, "q", gold_rate=0.0, repeat_rate=1.0)
    seen = work_through(mixed, ann)
    repeats = len(seen) - len({id for id, _, _ in seen})
    assert repeats > 0
    assert arriving.why_empty(mixed, ann, "q")["done_by_you"] == len(seen)


def test_gold_is_reviewed_as_often_as_work(mixed, lead, ann):
    """An expert would tell it by what nobody ever reviews."""
    queueing.change(mixed, lead, "q", review_rate=1.0)
    seen = work_through(mixed, ann)
    waiting = second_looks.to_review(mixed, lead, "q")
    assert {r["comparison"] for r in waiting} == {id for id, _, _ in seen}
    gold = next(r for r in waiting if r["comparison"].startswith("g"))
    shown = second_looks.drawn(mixed, lead, gold["judgment"]).as_json()
    assert (
        shown.keys()
        == second_looks.drawn(mixed, lead, waiting[0]["judgment"]).as_json().keys()
    )
    assert "so it is" not in str(shown), "neither the answer nor why"
    second_looks.review(mixed, lead, gold["judgment"], accept=False, clause="1")
    assert len(second_looks.to_review(mixed, lead, "q")) == len(waiting) - 1
    assert judging.claim(mixed, ann, "q") == (), "its author is not asked again"
    with mixed.store.read() as unit:
        assert integrity.broken(unit) == []


@pytest.mark.parametrize(("seen", "is_given"), [(-1, True), (0, False)])
def test_gold_is_retired_after_so_many_people(
    bench, lead, ann, bring_in, comparison_of, seen, is_given
):
    gold = {"ranking": [["b"], ["a"]]}
    bring_in(bench, "comparisons", [comparison_of("g", gold=gold)], queue="q")
    queueing.change(bench, lead, "q", gold_rate=1.0)
    names = [f"p{n}" for n in range(GOLD_EXPOSURES + seen)]
    with bench.store.write() as unit:
        people.add_names(unit, names, at=bench.now())
        for n, who in enumerate(names):
            unit.run(
                "INSERT INTO slot (task_id, slot, queue, precedence, state, annotator, "
                "occasion, purpose, token, claimed_at, lease_until, late, surplus) "
                "SELECT id, :n, queue, 0, 1, :who, 0, 'gold', :who, {now}, {now} + 99, "
                "0, 0 FROM task",
                n=n,
                who=who,
            )
    assert [t.comparison.id for t in judging.claim(bench, ann, "q")] == (
        ["g"] if is_given else []
    )


def test_only_who_may_count_sees_counts_of_a_queue(mixed, lead, ann):
    ((_, counts),) = queueing.listed(mixed, ann)
    assert counts is None
    ((_, counts),) = queueing.listed(mixed, lead)
    assert counts.open == WORK * 3
