"""What every task of a queue is asked needs no walk through a whole table."""

from __future__ import annotations

import pytest

from adjudge.storage import results


@pytest.fixture
def bench(sqlite_bench):
    return sqlite_bench


def test_no_task_looks_through_all_skips_or_decisions(bench):
    statement = f"SELECT {results.HEAD} FROM {results.TASKS} WHERE {results.OF_QUEUE}"
    with bench.store.read() as unit:
        plan = [
            row[-1] for row in unit.all(f"EXPLAIN QUERY PLAN {statement}", queue="q")
        ]
    # Either is found by an index, or gone through once for all tasks.
    assert not any(step.startswith("SCAN l") for step in plan)
    assert not any(step.startswith("CORRELATED") for step in _above(plan, "SCAN k"))


def _above(plan, step):
    """Give what stands before a step, where it is the first of a subquery."""
    return [plan[i - 1] for i, told in enumerate(plan) if told.startswith(step)]
