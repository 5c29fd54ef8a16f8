"""Flags, pauses and re-queued work in the middle of other people's work."""

from __future__ import annotations

import itertools
import threading
import time
import uuid

import psycopg

from adjudge.domain.people import Person, Role
from adjudge.domain.routing import Eligibility
from adjudge.errors import BusyError, ConflictError, RefusedError, UnknownError
from adjudge.services import storekeeping
from adjudge.services.campaign import queueing
from adjudge.services.people import people, standing
from adjudge.services.work import incidents, judging
from adjudge.storage import claims

PEOPLE = ("ann", "bob", "cat", "dan")
TASKS = 24


def _judge(bench, actor, stop, acknowledged, strange):
    """Judge until nothing is left or the time is over; keep what was acknowledged."""
    while not stop.is_set():
        try:
            hand = judging.claim(bench, actor, "q")
            if not hand:
                return
            for task in hand[:1]:
                id = f"{actor.name}-{uuid.uuid4()}"
                judging.submit(
                    bench,
                    actor,
                    task,
                    task.blank().grade(1),
                    clock=judging.Clock(1, wall=1),
                    submission_id=id,
                )
                acknowledged.append(id)
        except (BusyError, RefusedError, ConflictError, UnknownError):
            continue
        except Exception as error:  # noqa: BLE001 - told by the test
            strange.append(error)
            return


def _disturb(bench, lead, boss, stop, strange):
    """Flag, close, pause with re-queue, restore, change the overlap: over and over."""
    for n in itertools.count():
        if stop.is_set():
            return
        name = PEOPLE[n % len(PEOPLE)]
        try:
            with bench.store.read() as unit:
                rows = unit.all("SELECT id FROM task ORDER BY id")
            flagged = incidents.flag(bench, boss, rows[n % len(rows)][0], "pii")
            standing.pause(bench, lead, name, why="a check", requeue=("q",))
            restore = ("q",) if n % 2 else ()
            standing.resume(bench, lead, name, why="fine", restore=restore)
            incidents.close(bench, lead, flagged.incident, why="fine")
            queueing.change(bench, lead, "q", overlap=1 + n % 3)
        except BusyError:
            continue
        except Exception as error:  # noqa: BLE001 - told by the test
            strange.append(error)
            return


def test_work_goes_on_while_leads_freeze_and_pause(
    make_bench, url, lead, fill, make_actor
):
    """Nothing acknowledged is lost, no task has more than its overlap."""
    bench = make_bench(url)
    # Ids and the clock are shared by threads here, so they come from the system.
    object.__setattr__(bench, "new_id", lambda: str(uuid.uuid4()))
    for name in ("lea", *PEOPLE):
        role = Role.LEAD if name == "lea" else Role.ANNOTATOR
        people.add(bench, lead, Person(name=name, role=role))
    fill(bench, TASKS)
    queueing.change(bench, lead, "q", overlap=2)
    stop, acknowledged, strange = threading.Event(), [], []
    threads = [
        threading.Thread(
            target=_judge, args=(bench, make_actor(n), stop, acknowledged, strange)
        )
        for n in PEOPLE
    ]
    boss = make_actor("lea", Role.LEAD)
    threads.append(
        threading.Thread(target=_disturb, args=(bench, lead, boss, stop, strange))
    )
    for thread in threads:
        thread.start()
    threads[-1].join(timeout=4)
    stop.set()
    for thread in threads:
        thread.join(timeout=120)
    assert strange == []
    with bench.store.read() as unit:
        kept = {id for (id,) in unit.all("SELECT id FROM judgment")}
    assert set(acknowledged) <= kept
    for name in PEOPLE:
        standing.resume(bench, lead, name, why="over", restore=("q",))
    assert storekeeping.check(bench, lead) == []


def test_who_claims_while_the_overlap_falls_is_beyond_it(
    make_bench, postgres_url, lead, fill
):
    """The withdrawal of open slots waits for the claim, and then counts it."""
    bench, window = make_bench(postgres_url), make_bench(postgres_url)
    for name in ("ann", "bob"):
        people.add(bench, lead, Person(name=name))
    fill(bench, 1)
    with bench.store.write() as unit:
        assert claims.take(unit, _claimant("ann"), after=None, most_urgent=None)
    falls = threading.Thread(
        target=queueing.change, args=(bench, lead, "q"), kwargs={"overlap": 1}
    )
    with window.store.write() as unit:
        assert claims.take(unit, _claimant("bob"), after=None, most_urgent=None)
        falls.start()
        _until_somebody_waits(postgres_url, falls)
    falls.join()
    with bench.store.read() as unit:
        found = unit.all("SELECT annotator, surplus FROM slot ORDER BY slot")
    assert found == [("ann", 0), ("bob", 1)]
    assert storekeeping.check(bench, lead) == []


def test_of_two_leads_who_close_an_incident_at_once_one_does(
    make_bench, postgres_url, lead, fill, ann
):
    """Each would find it open, and say that it was they."""
    bench = make_bench(postgres_url)
    people.add(bench, lead, Person(name="ann"))
    fill(bench, 1)
    flagged = incidents.flag(
        bench, ann, judging.claim(bench, ann, "q")[0].task_id, "pii"
    )
    done = []

    def close():
        try:
            done.append(incidents.close(bench, lead, flagged.incident, why="x").state)
        except ConflictError as error:
            done.append(str(error))

    both = [threading.Thread(target=close) for _ in range(2)]
    with make_bench(postgres_url).store.write() as unit:
        unit.in_turn(flagged.incident)
        for thread in both:
            thread.start()
        _until_somebody_waits(postgres_url, both[0], for_a="advisory")
        assert both[0].is_alive()
    for thread in both:
        thread.join()
    refused = f"incident {flagged.incident} is closed"
    assert sorted(done) == ["closed", refused]


def _claimant(who):
    return claims.Claimant(
        queue="q",
        who=who,
        token=f"token of {who}",
        seconds=60,
        eligible=Eligibility(role=Role.ANNOTATOR),
    )


def _until_somebody_waits(url, thread, *, for_a="transactionid"):
    waiting = (
        f"SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = '{for_a}'"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        while thread.is_alive() and not connection.execute(waiting).fetchone()[0]:
            time.sleep(0.01)
