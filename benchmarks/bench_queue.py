"""Claiming and submitting against the raw driver, on SQLite and PostgreSQL.

Run with ``python benchmarks/bench_queue.py [--seconds 4] [--million]``. The floor
does the same writes with the bare driver: it fills the slot, adds the judgment and
its two lines of the log, claims the next slot and reads its text, in one transaction
with the same settings of the database; on SQLite it queues behind the same writer
lock. Every person is a process of their own. Service and floor take turns in one
run, and targets are ratios; the store's promises are checked after every load.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import ground
from bench_import import write_comparisons

QUEUE = "load"
OVERLAP = 3
GUIDELINE = "helpfulness@1"
START = 0.5  # seconds between the fork of the last process and the first deed


@dataclass
class Load:
    """What the people of one run did.

    Attributes:
        waits: Seconds of every submit that claimed the next task.
        done: Judgments by person.
        cpu: Seconds on a processor, clients only.
        seconds: How long they worked, each of them on average.
    """

    waits: list[float] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    cpu: float = 0.0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Judgments a second, of all people."""
        return sum(self.done) / self.seconds

    @property
    def cpu_each(self) -> float:
        """Seconds on a processor a judgment, clients only."""
        return self.cpu / max(1, sum(self.done))

    def at(self, share: float) -> float:
        """Seconds that a share of the submits stayed below."""
        return ground.percentile(self.waits, share)

    def add(self, other: Load) -> None:
        self.waits += other.waits
        self.done += other.done
        self.cpu += other.cpu
        self.seconds += other.seconds

    def words(self) -> str:
        return (
            f"{self.rate:,.0f}/s, p50 {self.at(0.5) * 1e3:.2f} ms, p99 "
            f"{self.at(0.99) * 1e3:.2f} ms, cpu {self.cpu_each * 1e6:.0f} us"
        )


# --- the service ----------------------------------------------------------------------
class Person:
    """Somebody who works through the services."""

    def __init__(self, url: str, name: str) -> None:
        from adjudge.domain.people import Actor, Role
        from adjudge.services.work import judging

        self.judging = judging
        self.bench = ground.bench_at(url)
        self.actor = Actor(name=name, role=Role.ANNOTATOR)
        self.clock = judging.Clock(active=4.0, wall=5.0, seen=1.0)
        self.hand = judging.claim(self.bench, self.actor, QUEUE)

    def submit(self) -> bool:
        if not self.hand:
            return False
        task = self.hand[0]
        draft = task.blank().grade(2).flip_reason("incorrect")
        self.hand = self.judging.submit(
            self.bench,
            self.actor,
            task,
            draft,
            clock=self.clock,
            submission_id=self.bench.new_id(),
        ).next
        return True

    def close(self) -> None:
        self.bench.store.close()


# --- the floor ------------------------------------------------------------------------
FILL = (
    "UPDATE slot SET state = 2, judgment_id = {0}, late = 0, lease_until = NULL, "
    "token = NULL WHERE task_id = {0} AND annotator = {0} AND token = {0} "
    "AND state = 1"
)
CLAIM = (
    "UPDATE slot SET state = 1, annotator = {0}, purpose = 'first', token = {0}, "
    "claimed_at = <now>, lease_until = <now> + 1800 FROM (SELECT s.task_id, s.slot "
    "FROM slot s WHERE s.queue = {0} AND s.state = 0 AND (SELECT 1 FROM slot m WHERE "
    "m.annotator = {0} AND m.task_id = s.task_id LIMIT 1) IS NULL "
    "AND (s.precedence, s.task_id) > (0, {0}) "
    "ORDER BY s.precedence, s.task_id, s.slot LIMIT 1 <lock>) p "
    "WHERE slot.task_id = p.task_id AND slot.slot = p.slot AND slot.state = 0 "
    "RETURNING slot.task_id"
)
BODY = (
    "SELECT c.id, x.body FROM task t JOIN comparison c ON c.id = t.comparison_id "
    "JOIN text x ON x.id = c.text_id WHERE t.id = {0}"
)
COLUMNS = (
    "id", "task_id", "comparison_id", "annotator", "occasion", "revision", "ranking",
    "margin", "none_acceptable", "reasons", "ratings", "shown", "seconds",
    "guideline", "at", "received_at", "source", "judged_digest", "content_digest",
    "clock", "line", "meta",
)  # fmt: skip
LOGGED = (
    "INSERT INTO deed (at, actor, act, object, payload, mac) VALUES "
    "({0}, {0}, {0}, {0}, {0}, {0}), ({0}, {0}, {0}, {0}, {0}, {0})"
)
KEEP = (
    f"INSERT INTO judgment ({', '.join(COLUMNS)}) "
    f"VALUES ({', '.join(['{0}'] * len(COLUMNS))})"
)
DIGEST = "0" * 64


class Floor:
    """The same writes by hand."""

    def __init__(self, url: str, name: str) -> None:
        self.name, self.last, self.task = name, 0, None
        self.open(url)
        self.begin()
        self.token = str(uuid4())
        self.claim()
        self.commit()

    def said(self, statement: str) -> str:
        return (
            statement.replace("{0}", self.mark)
            .replace("<now>", self.now)
            .replace("<lock>", self.lock)
        )

    def claim(self) -> None:
        values = (self.name, self.token, QUEUE, self.name, self.last)
        self.cursor.execute(self.claim_next, values)
        row = self.cursor.fetchone()
        self.task = None
        if row:
            self.last = row[0]
            self.cursor.execute(self.body, (row[0],))
            self.task = (row[0], *self.cursor.fetchone())

    def submit(self) -> bool:
        if self.task is None:
            return False
        task, comparison, _ = self.task
        id, at = str(uuid4()), "2026-01-31T12:00:00Z"
        self.begin()
        self.cursor.execute(self.fill, (id, task, self.name, self.token))
        self.cursor.execute(
            self.keep,
            (
                id, task, comparison, self.name, 0, 1, "0>1", 2, 0, "{}", "{}", "0,1",
                4.0, GUIDELINE, at, at, "person", DIGEST, DIGEST, "{}", 0, "{}",
            ),
        )  # fmt: skip
        self.token = str(uuid4())
        self.claim()
        self.cursor.execute(
            self.logged,
            (
                at, self.name, "submit", id, DIGEST, DIGEST,
                at, self.name, "claim", str(self.last), DIGEST, DIGEST,
            ),
        )  # fmt: skip
        self.commit()
        return True

    def prepare(self) -> None:
        self.fill, self.keep = self.said(FILL), self.said(KEEP)
        self.logged = self.said(LOGGED)
        self.claim_next, self.body = self.said(CLAIM), self.said(BODY)

    def close(self) -> None:
        self.connection.close()


class SqliteFloor(Floor):
    mark, now, lock = "?", "unixepoch('subsec')", ""

    def open(self, url: str) -> None:
        from adjudge.storage.engine import sqlite

        self.turn = sqlite.WriterLock(Path(url))
        self.connection = sqlite.open_connection(Path(url))
        self.cursor = self.connection.cursor()
        self.prepare()

    def begin(self) -> None:
        self.turn.__enter__()
        self.cursor.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.cursor.execute("COMMIT")
        self.turn.__exit__()


class PostgresFloor(Floor):
    mark = "%s"
    now = "extract(epoch from clock_timestamp())::double precision"
    lock = "FOR UPDATE SKIP LOCKED"

    def open(self, url: str) -> None:
        import psycopg

        self.connection = psycopg.connect(url)
        self.cursor = self.connection.cursor()
        self.prepare()

    def begin(self) -> None:
        pass

    def commit(self) -> None:
        self.connection.commit()


# --- running --------------------------------------------------------------------------
def work(url: str, who: str, name: str, until, think: float, pipe) -> None:
    """Be one person in a process of its own."""
    with suppress(KeyboardInterrupt):
        kinds = {"service": Person, "floor": SqliteFloor}
        if who == "floor" and "://" in url:
            kinds["floor"] = PostgresFloor
        person = kinds[who](url, name)
        for _ in range(3):
            person.submit()  # the first statements are parsed and planned
        gc.collect()
        pipe.send("ready")
        until.wait()
        begun = time.monotonic()
        end = begun + float(os.environ["BENCH_SECONDS"])
        waits: list[float] = []
        used = ground.cpu()
        while time.monotonic() < end:
            started = time.perf_counter()
            if not person.submit():
                break  # the floor may be through before the time is up
            waits.append(time.perf_counter() - started)
            if think:
                time.sleep(think)
        used, worked = ground.cpu() - used, time.monotonic() - begun
        person.close()
        pipe.send((waits, used, worked))
    os._exit(0)


def load(
    url: str, who: str, people: int, seconds: float, *, think: float = 0.0
) -> Load:
    """Let people work at once for a while."""
    os.environ["BENCH_SECONDS"] = str(seconds)
    context = multiprocessing.get_context("fork")
    until = context.Event()
    crew = []
    names = [f"{who}-{uuid4().hex[:6]}-{n}" for n in range(people)]
    introduce(url, names)
    for name in names:
        mine, theirs = context.Pipe()
        args = (url, who, name, until, think, theirs)
        process = context.Process(target=work, args=args)
        process.start()
        theirs.close()  # whoever dies is noticed
        crew.append((process, mine))
    for _, pipe in crew:
        pipe.recv()
    time.sleep(START)
    until.set()
    found = Load()
    for process, pipe in crew:
        waits, used, worked = pipe.recv()
        found.seconds += worked / people
        found.waits += waits
        found.done.append(len(waits))
        found.cpu += used
        process.join()
    return found


def introduce(url: str, names: list[str]) -> None:
    from adjudge.storage import people

    store = ground.bench_at(url).store
    with store.write() as unit:
        people.add_names(unit, names, at="2026")
    store.close()


def prepare(url: str, tasks: int) -> None:
    """Make a store with a queue of so many tasks."""
    from adjudge.domain.people import Actor, Role
    from adjudge.services.campaign import guidelines, queueing
    from adjudge.services.importing import ingest
    from adjudge.storage.engine import schema
    from adjudge.wiring import shipped

    bench = ground.bench_at(url)
    lead = Actor(name="lead", role=Role.LEAD)
    schema.create(bench.store)
    source = shipped.folder("guidelines") / "helpfulness.md"
    guidelines.add(bench, lead, source.read_text(), name=source.name, change="major")
    queue = queueing.settings(name=QUEUE, overlap=OVERLAP, guideline=GUIDELINE)
    queueing.create(bench, lead, queue)
    with ground.folder() as place:
        file = place / "tasks.jsonl"
        write_comparisons(file, tasks)
        ingest.import_files(
            bench, lead, "comparisons", [str(file)], ingest.Options(queue=QUEUE)
        )
    bench.store.close()


def check(url: str, allow: str = "") -> None:
    """Check the promises; the floor keeps no log."""
    from adjudge.storage.engine import integrity

    store = ground.bench_at(url).store
    with store.read() as unit:
        broken = integrity.broken(unit)
    store.close()
    if broken:
        sys.exit(f"promises broken: {broken}")
    print(f"    every promise holds{allow}", flush=True)


def take_turns(
    make, people: int, seconds: float, rounds: int, **how
) -> dict[str, Load]:
    """Let floor and service work in turn, each in a new store every time."""
    found = {who: Load() for who in ("floor", "service")}
    for _ in range(rounds):
        for who, load_ in found.items():
            url = make()
            load_.add(load(url, who, people, seconds, **how))
            if who == "service":
                check(url)
    for load_ in found.values():
        n = people
        load_.done = [sum(load_.done[i::n]) for i in range(n)]
    return found


def told(title: str, found: dict[str, Load]) -> None:
    print(f"{title}\n  floor   {found['floor'].words()}")
    print(f"  service {found['service'].words()}", flush=True)


def on_sqlite(options, targets) -> None:
    with ground.folder() as place:

        def make(tasks: int = 10_000) -> str:
            url = str(place / f"{uuid4().hex[:8]}.db")
            prepare(url, tasks)
            return url

        one = take_turns(make, 1, options.seconds, options.rounds)
        told("SQLite, one person", one)
        floor, service = one["floor"], one["service"]
        targets.show("cpu, times the floor", service.cpu_each / floor.cpu_each, "<=", 6)
        targets.show(
            "p50, ms above 1.5 times the floor",
            (service.at(0.5) - 1.5 * floor.at(0.5)) * 1e3,
            "<=",
            1,
        )
        hot = take_turns(make, 8, options.seconds, options.rounds)
        told("SQLite, 8 people in a hot loop", hot)
        for share in (0.5, 0.99):
            times = hot["service"].at(share) / hot["floor"].at(share)
            targets.show(f"p{share * 100:.0f}, times the floor", times, "<=", 6)
        fair = min(hot["service"].done) / max(hot["service"].done)
        targets.show("least by most", fair, ">=", 0.5)
        calm = take_turns(make, 8, options.seconds * 2, 1, think=0.2)
        told("SQLite, 8 people who think 0.2 s", calm)
        targets.show("p99, ms", calm["service"].at(0.99) * 1e3, "<=", 15)
        if options.million:
            size(make, options, targets, "SQLite")


def on_postgres(options, targets) -> None:
    with ground.postgres() as server:

        def make(tasks: int = 10_000) -> str:
            url = server.database()
            prepare(url, tasks)
            with server.connect(url) as connection:
                connection.execute("VACUUM ANALYZE slot, task, comparison, text")
            return url

        for people in (1, *options.people):
            found = take_turns(make, people, options.seconds, options.rounds)
            told(f"PostgreSQL, {people} processes", found)
            floor, service = found["floor"], found["service"]
            if people == 1:
                times = service.cpu_each / floor.cpu_each
                targets.show("cpu, times the floor", times, "<=", 4)
            else:
                share = service.rate / floor.rate
                targets.show("throughput, share of the floor", share, ">=", 0.6)
        if options.million:
            size(make, options, targets, "PostgreSQL")


def size(make, options, targets, name: str) -> None:
    """Compare a queue of a million tasks with one of ten thousand."""
    stores = {n: make(n) for n in (10_000, 1_000_000)}
    found = {n: Load() for n in stores}
    for _ in range(options.rounds):
        for n, url in stores.items():
            found[n].add(load(url, "service", 1, options.seconds))
    for n, load_ in found.items():
        print(f"{name}, {n:,} tasks: {load_.words()}")
    small, large = (load_.at(0.5) for load_ in found.values())
    targets.show("a million by ten thousand, p50", large / small, "<=", 1.3)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--people", type=int, nargs="*", default=[8, 32, 100])
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    print(ground.machine())
    targets = ground.Targets()
    if options.only != "postgresql":
        on_sqlite(options, targets)
    if options.only != "sqlite":
        on_postgres(options, targets)
    return targets.finish()


if __name__ == "__main__":
    sys.exit(main())
