"""The judgments of a queue in little, as rows and statistics take them."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from adjudge.services.bench import find_queue
from adjudge.services.measuring import agreement, coding
from adjudge.storage import briefs, exports, tallies

A, B = [["a"], ["b"]], [["b"], ["a"]]
# The length of a guideline is no part of a name.
ODD = ("a;nn", "7", "Żoe \x1f;;2", "-1;", *(f"p{i}" for i in range(13)))
TASKS = 5


@pytest.fixture
def judged(bench, bring_in, comparison_of, judgment_of):
    people = [
        {"name": who, "role": "expert", "expertise": {"*": 1 / (3 + i), "x": 1 + i / 7}}
        for i, who in enumerate(ODD)
    ]
    bring_in(bench, "people", people)
    asked = [
        comparison_of(f"c{i * 7 % 60}", topic="x" if i % 3 else None) for i in range(60)
    ]
    bring_in(bench, "comparisons", asked, queue="q")
    draw = random.Random(4)
    lines = [
        judgment_of(
            one["id"],
            who,
            draw.choice((A, A, B)),
            **({"margin": draw.randint(1, 3)} if draw.random() < 0.5 else {}),
            **({"shown": ["b", "a"]} if draw.random() < 0.5 else {}),
            **({"seconds": draw.random()} if draw.random() < 0.5 else {}),
            **({"guideline": "h;3ü@1"} if draw.random() < 0.5 else {}),
        )
        for one in asked[1:]
        for who in draw.sample(ODD, draw.choice((1, 2, 4, 4)))
    ]
    bring_in(bench, "judgments", lines, name="j.jsonl", queue="q")
    return bench


def test_briefs_are_what_an_export_reads_of_every_task(judged):
    with judged.store.read() as unit:
        read = briefs.read(unit, "q", chunk=TASKS)
        tasks = [t for part in exports.tasks(unit, "q", chunk=60) for t in part]
        whole = exports.casts(unit, [t.task_id for t in tasks], full=False)
    assert read.order.tolist() == [t.task_id for t in tasks]
    for i in range(len(tasks) // TASKS):
        some = tasks[i * TASKS : (i + 1) * TASKS]
        part = read.part(i, [t.task_id for t in some])
        end = 0
        for task, n in zip(some, part.counts, strict=True):
            start, end = end, end + n
            casts = [
                briefs.at_length(task, part.ids[j], read.said[part.said[j]])
                for j in range(start, end)
            ]
            expected = [(*c[:9], None, c[10]) for c in whole[task.task_id]]
            assert [tuple(c) for c in casts] == expected
            assert set(part.digests[start:end]) <= {hash(task.judged_digest)}


def test_what_was_worked_is_summed_up_of_the_tasks_that_count(judged):
    with judged.store.read() as unit:
        read = briefs.read(unit, "q", chunk=TASKS)
        whole = exports.casts(unit, read.order.tolist(), full=False)
    left_out = {read.order.tolist()[i] for i in (0, 1, 17)}
    kept = [
        [task not in left_out for task in read.order[i : i + TASKS].tolist()]
        for i in range(0, len(read.order), TASKS)
    ]
    spent: dict[str, float] = {}
    times: dict[str, int] = {}
    for said, n, seconds in read.worked(kept):
        times[said.annotator] = times.get(said.annotator, 0) + n
        spent[said.annotator] = spent.get(said.annotator, 0) + seconds
    casts = [c for task, each in whole.items() if task not in left_out for c in each]
    assert times == Counter(c.annotator for c in casts)
    for who, seconds in spent.items():
        expected = sum(c.seconds or 0 for c in casts if c.annotator == who)
        assert seconds == pytest.approx(expected)


def test_a_part_of_other_tasks_is_refused(judged):
    with judged.store.read() as unit:
        read = briefs.read(unit, "q", chunk=TASKS)
    with pytest.raises(ValueError, match="of other tasks"):
        read.part(1, read.order[:TASKS].tolist())


def test_a_queue_without_judgments_has_none(bench, fill):
    fill(bench, 3)
    with bench.store.read() as unit:
        read = briefs.read(unit, "q", chunk=2)
    assert read.part(0, read.order[:2].tolist()).counts == [0, 0]
    assert len(read.votes()) == 0


def test_an_export_says_the_same_in_whatever_order_judgments_were_read(judged):
    """Declared weights are fractions, and a sum of fractions depends on its order."""
    with judged.store.read() as unit:
        queue = find_queue(unit, "q")
        read = briefs.read(unit, "q", chunk=TASKS)
        everyone = read.votes()
        plain = tallies.read(unit, "q", ["annotator", "said"])
        found = [agreement.headline(unit, queue)[0]]
        for seed in range(4):
            votes = (everyone, plain)[seed % 2]
            order = np.random.default_rng(seed).permutation(len(votes))
            every = coding.from_votes(unit, "q", votes.take(order), read.order)
            found.append(agreement.headline(unit, queue, every)[0])
    assert found[0]["winner"]["percent"] != found[0]["winner"]["percent_weighted"]
    assert all(numbers == found[0] for numbers in found)
