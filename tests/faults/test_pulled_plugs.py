"""Whatever is pulled: acknowledged work is kept, once, and every task gets N."""

from __future__ import annotations

import time

import pytest

from adjudge.services.campaign import queueing

# Short in `make test`, long in `make fault`.
SIZES = [
    pytest.param(1, id="short"),
    pytest.param(12, id="long", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("times", SIZES)
def test_people_killed_in_the_middle_lose_nothing(
    url, make_bench, fill, send_crew, must_hold, times
):
    """`kill -9` of random people; in the long run at least 100 of them."""
    bench = make_bench(url)
    fill(bench, 60 * times)
    found = send_crew(url, fault="kill", faults=10 * times, people=5, limit=600, pace=3)
    assert found["faults"] == 10 * times
    must_hold(bench, found)


@pytest.mark.parametrize("times", SIZES)
def test_dropped_connections_lose_nothing(
    postgres_url, make_bench, fill, send_crew, must_hold, times
):
    """A storm of pg_terminate_backend: some commits are kept and never answered."""
    bench = make_bench(postgres_url)
    fill(bench, 60 * times)
    bench.store.close()
    found = send_crew(postgres_url, fault="drop", faults=20 * times, people=5, pace=1.5)
    assert found["faults"] >= 20 * times
    must_hold(make_bench(postgres_url), found)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["crash", "fell"])
def test_a_server_that_is_killed_loses_nothing(
    own_postgres, make_bench, fill, send_crew, must_hold, fault
):
    """A backend killed, at which PostgreSQL starts anew; or the whole of it."""
    bench = make_bench(own_postgres.url)
    fill(bench, 400)
    bench.store.close()
    found = send_crew(
        own_postgres.url,
        data=own_postgres.data,
        fault=fault,
        faults=4,
        people=5,
        limit=300,
        every=(0.5, 1.0),
        pace=40,
    )
    assert found["faults"] == 4
    must_hold(make_bench(own_postgres.url), found)


@pytest.mark.parametrize("times", SIZES)
def test_one_person_in_eight_windows_judges_everything_once(
    url, make_bench, fill, send_crew, must_hold, lead, times
):
    bench = make_bench(url)
    fill(bench, 25 * times)
    queueing.change(bench, lead, "q", overlap=1)
    found = send_crew(url, people=8, same=True, limit=600)
    must_hold(bench, found, overlap=1)


@pytest.mark.parametrize("times", SIZES)
def test_abandoned_leases_come_back_and_late_work_is_kept(
    url, make_bench, fill, send_crew, must_hold, lead, times
):
    """Every tenth task is walked away from; some answers come after the lease."""
    bench = make_bench(url)
    fill(bench, 12 * times)
    lease = 0.6
    queueing.change(bench, lead, "q", lease_minutes=lease / 60)
    found = send_crew(
        url, people=4, abandon=0.1, late=0.05, lease=lease, limit=60 * times
    )
    assert found["hired"] > 4
    # The last leases run out when nobody is left: others come for what they held.
    time.sleep(lease * 2)
    again = send_crew(url, people=4, first=1000, limit=60 * times)
    found["acked"] = again["acked"]
    must_hold(bench, found)
