"""Flags, pauses and re-queued work in the middle of other people's work."""

from __future__ import annotations

import itertools
import threading
import uuid

from adjudge.domain.people import Person, Role
from adjudge.errors import BusyError, ConflictError, RefusedError, UnknownError
from adjudge.services import storekeeping
from adjudge.services.campaign import queueing
from adjudge.services.people import people, standing
from adjudge.services.work import incidents, judging

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
    """Flag, close, pause with re-queue, resume with restore, over and over."""
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
