"""Batches: one wave of tasks each, listed with how far it is."""

from adjudge.services.campaign import queueing
from adjudge.services.work import judging, reopening


def test_a_queue_lists_its_batches_with_their_slots(
    bench, lead, ann, *, clock, bring_in, comparison_of
):
    queueing.create(bench, lead, queueing.settings(name="q", kind="compare", overlap=1))
    for batch, ids in (("w2", ("c1", "c2")), ("w1", ("c3",)), (None, ("c4",))):
        records = [comparison_of(id) for id in ids]
        name = f"{batch}.jsonl"
        bring_in(bench, "comparisons", records, queue="q", batch=batch, name=name)
        clock.tick(60)
    task = judging.claim(bench, ann, "q")[0]
    judging.submit(
        bench,
        ann,
        task,
        task.blank().grade(1),
        clock=judging.Clock(active=1.0),
        submission_id="s1",
    )
    found = queueing.show(bench, lead, "q")
    assert [b.name for b in found.batches] == ["w2", "w1", None]
    first = found.batches[0]
    assert (first.tasks, first.complete, first.open, first.leased, first.done) == (
        2,
        1,
        0,
        1,
        1,
    )
    assert found.as_json()["batches"][2]["tasks"] == 1
    assert sum(b.open for b in found.batches) == found.standing.open


def test_gold_belongs_to_no_wave(bench, lead, bring_in, comparison_of):
    records = [
        comparison_of("c1"),
        comparison_of("g1", gold={"ranking": [["a"], ["b"]]}),
    ]
    bring_in(bench, "comparisons", records, queue="q", batch="w1")
    (batch,) = queueing.show(bench, lead, "q").batches
    assert (batch.name, batch.tasks) == ("w1", 1)


def test_what_is_judged_again_is_no_slot_of_a_wave(
    bench, lead, ann, *, judge, bring_in, comparison_of
):
    """`queue show` counts the queue and its waves by the same rule."""
    queueing.create(bench, lead, queueing.settings(name="q", kind="compare", overlap=1))
    bring_in(bench, "comparisons", [comparison_of("c1")], queue="q", batch="w1")
    judge(bench, ann)
    reopening.rejudge(bench, lead, "q", ["comparison=c1"], why="again")
    judge(bench, ann)
    found = queueing.show(bench, lead, "q")
    assert [(b.done, b.open) for b in found.batches] == [(1, 0)]
    assert (found.standing.done, found.people[0]["done"]) == (1, 2)
