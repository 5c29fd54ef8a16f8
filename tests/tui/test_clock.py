"""The clock counts work, and nothing that only looks like it."""

from __future__ import annotations

import pytest

from adjudge.tui.clock import RESEARCH_LIMIT, ActiveClock, spoken


@pytest.fixture
def clock(ticks):
    return ActiveClock(ticks, cap=60.0)


def test_a_gap_counts_up_to_the_cap(clock, ticks):
    for gap in (10, 59, 61, 600):
        ticks.seconds += gap
        clock.touch()
    times = clock.read()
    assert times.active == 10 + 59 + 60 + 60
    assert times.idle == 1 + 540
    assert times.wall == 730


def test_more_to_read_gives_more_time(clock, ticks):
    """400 words at two words a second are 200 seconds of reading."""
    clock.show(400)
    ticks.seconds += 500
    assert clock.read().active == 200
    assert clock.read().idle == 300


def test_the_open_gap_is_counted_when_the_clock_is_read(clock, ticks):
    ticks.seconds += 7
    assert clock.read().active == 7
    assert clock.read().active == 7


def test_research_counts_apart_until_the_next_input(clock, ticks):
    ticks.seconds += 5
    assert clock.research()
    ticks.seconds += 900
    clock.touch()
    ticks.seconds += 3
    times = clock.read()
    assert (times.active, times.idle, times.research) == (8, 0, 900)


def test_research_ends_by_its_own_key_as_well(clock, ticks):
    clock.research()
    ticks.seconds += 30
    assert not clock.research()
    assert clock.read().research == 30


def test_research_has_a_limit(clock, ticks):
    clock.research()
    ticks.seconds += RESEARCH_LIMIT + 100
    times = clock.read()
    assert times.research == RESEARCH_LIMIT
    assert times.idle == 100


def test_a_task_taken_up_again_goes_on_where_its_time_stood(clock, ticks):
    ticks.seconds += 20
    kept = clock.read()
    clock.start()
    assert clock.read().wall == 0
    clock.start(kept)
    ticks.seconds += 1
    assert clock.read().active == 21


def test_a_clock_that_goes_back_counts_nothing(clock, ticks):
    ticks.seconds -= 50
    assert clock.read().wall == 0


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (67.9, "1:07"), (3723, "1:02:03")]
)
def test_durations_are_written_as_people_do(seconds, words):
    assert spoken(seconds) == words


def test_a_task_set_aside_spans_the_time_in_between():
    """What was worked is the same; from first sight to the end it took longer."""
    now = [0.0]
    clock = ActiveClock(lambda: now[0])
    clock.start()
    now[0] = 10.0
    parked = clock.read()
    clock.start()
    now[0] = 40.0
    clock.touch()
    clock.start(parked)
    now[0] = 45.0
    times = clock.read()
    assert (times.active, times.wall, times.aside, times.span) == (15, 15, 30, 45)
