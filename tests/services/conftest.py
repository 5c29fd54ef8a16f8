"""People at work: claim, say, sign."""

from __future__ import annotations

import itertools

import pytest

from adjudge.services.work import judging
from adjudge.storage.engine import integrity

_numbers = itertools.count(1)


@pytest.fixture
def sign():
    """Judge a task in hand: a digit as on the keyboard, left and right as shown."""

    def submit(bench, who, task, digit=2, *, id=None, note=""):
        return judging.submit(
            bench,
            who,
            task,
            task.blank().grade(digit).with_note(note),
            clock=judging.Clock(active=3.0, wall=5.0),
            submission_id=id or f"s{next(_numbers):05d}",
        )

    return submit


@pytest.fixture
def judge(sign):
    """Claim what is next and judge it; gives what was submitted."""

    def run(bench, who, queue="q", digit=2):
        return sign(bench, who, judging.claim(bench, who, queue)[0], digit)

    return run


@pytest.fixture
def run_out():
    """Let every lease run out."""

    def run(bench):
        with bench.store.write() as unit:
            unit.run("UPDATE slot SET lease_until = 1 WHERE state = 1")

    return run


@pytest.fixture
def promises():
    """Check every promise of a store."""

    def check(bench):
        with bench.store.read() as unit:
            assert integrity.broken(unit) == []

    return check
