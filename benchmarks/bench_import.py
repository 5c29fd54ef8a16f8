"""Importing against the raw driver: JSON Lines of comparisons and of judgments.

Run with ``python benchmarks/bench_import.py [--lines 100000] [--million]``. The floor
reads every line with ``orjson.loads`` and writes the rows that the import leaves
behind (texts, comparisons, tasks, slots; or judgments and their slots) with the
driver's ``executemany`` on SQLite and with ``COPY`` on PostgreSQL, into tables of the
same definition with the same keys and indexes. It checks nothing, hashes nothing and
cannot be resumed. Targets: at least 0.3 of its lines a second; a million lines in
less than 500 MiB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import orjson

import ground

ROUNDS = 3
OVERLAP = 3
QUEUE = "bulk"


def write_comparisons(path: Path, lines: int) -> None:
    with path.open("wb") as file:
        for i in range(lines):
            record = {
                "id": f"c{i:07d}",
                "prompt": f"How do I reverse list {i} in Python?",
                "responses": [
                    {"id": "a", "text": f"Call reverse() on it. {i}", "model": "m-1"},
                    {
                        "id": "b",
                        "text": f"Use a slice with step -1. {i}",
                        "model": "m-2",
                    },
                ],
                "topic": "code",
                "language": "en",
            }
            file.write(orjson.dumps(record) + b"\n")


def write_judgments(path: Path, lines: int) -> None:
    with path.open("wb") as file:
        for i in range(lines):
            record = {
                "id": f"j{i:07d}",
                "comparison": f"c{i // OVERLAP:07d}",
                "annotator": f"ann-{i % OVERLAP + 3 * (i // OVERLAP % 7)}",
                "ranking": [["a"], ["b"]] if i % 2 else [["b"], ["a"]],
                "margin": i % 3 + 1,
                "shown": ["a", "b"],
                "seconds": 12.5,
                "at": "2026-01-31T12:00:00Z",
                "guideline": "helpfulness@1",
            }
            file.write(orjson.dumps(record) + b"\n")


# --- the floor ----------------------------------------------------------------------
TEXT = ("id", "body", "erased_at")
COMPARISON = (
    "id", "text_id", "content_digest", "judged_digest", "prompt_digest",
    "response_ids", "n_responses", "models", "lengths", "topic", "language", "labels",
    "priority", "conversation_id", "consent", "gold", "import_id", "line",
)  # fmt: skip
TASK = (
    "id", "queue", "kind", "role", "comparison_id", "batch", "priority", "overlap",
    "topic", "language", "labels", "gold", "gold_why", "source_task", "frozen",
    "import_id",
)  # fmt: skip
SLOT = (
    "task_id", "slot", "queue", "precedence", "state", "occasion", "purpose", "late",
    "surplus",
)  # fmt: skip
JUDGMENT = (
    "id", "task_id", "comparison_id", "annotator", "occasion", "revision",
    "supersedes", "ranking", "margin", "none_acceptable", "reasons", "ratings",
    "note_id", "shown", "seconds", "guideline", "at", "received_at", "source",
    "judged_digest", "content_digest", "clock", "import_id", "line", "meta",
)  # fmt: skip
DIGEST = "0" * 64


def comparison_rows(lines: list[bytes], first: int):
    texts, comparisons, tasks, slots = [], [], [], []
    for n, line in enumerate(lines, start=first):
        r = orjson.loads(line)
        id = r["id"]
        texts.append((f"comparison:{id}", line.decode(), None))
        comparisons.append((
            id, f"comparison:{id}", DIGEST, DIGEST, f"{n:064d}", '["a","b"]', 2,
            '["m-1","m-2"]', "[21,26]", r["topic"], r["language"], "[]", 0, None,
            "not_applicable", None, "floor", n,
        ))  # fmt: skip
        tasks.append((
            n, QUEUE, "compare", "work", id, None, 0, OVERLAP, r["topic"],
            r["language"], "[]", None, None, None, 0, "floor",
        ))  # fmt: skip
        slots.extend((n, s, QUEUE, 0, 0, 0, "open", 0, 0) for s in range(OVERLAP))
    return (
        ("text", TEXT, texts),
        ("comparison", COMPARISON, comparisons),
        ("task", TASK, tasks),
        ("slot", SLOT, slots),
    )


def judgment_rows(lines: list[bytes], first: int):
    rows, slots = [], []
    for n, line in enumerate(lines, start=first):
        r = orjson.loads(line)
        task = int(r["comparison"][1:]) + 1
        rows.append((
            r["id"], task, r["comparison"], r["annotator"], 0, 1, None,
            "0>1" if r["ranking"][0] == ["a"] else "1>0", r["margin"], 0, "{}", "{}",
            None, "0,1", r["seconds"], r["guideline"], r["at"], r["at"], "person",
            DIGEST, DIGEST, "{}", "floor", n, "{}",
        ))  # fmt: skip
        slots.append((r["annotator"], r["id"], task, (n - 1) % OVERLAP))
    return ("judgment", JUDGMENT, rows), slots


FILL = (
    "UPDATE slot SET state = 2, annotator = {0}, purpose = 'first', judgment_id = {0} "
    "WHERE task_id = {0} AND slot = {0}"
)


def chunks(path: Path, size: int = 5000):
    with path.open("rb") as file:
        first = 1
        while lines := list(islice(file, size)):
            yield lines, first
            first += len(lines)


class SqliteFloor:
    def __init__(self, url: str) -> None:
        from adjudge.storage.engine import sqlite

        self.connection = sqlite.open_connection(Path(url))
        self.cursor = self.connection.cursor()

    def put(self, table, columns, rows) -> None:
        marks = ", ".join("?" * len(columns))
        names = ", ".join(columns)
        self.cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)

    def fill(self, slots) -> None:
        self.cursor.executemany(FILL.format("?"), slots)

    def begin(self) -> None:
        self.cursor.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.cursor.execute("COMMIT")


class PostgresFloor:
    def __init__(self, url: str) -> None:
        import psycopg

        self.connection = psycopg.connect(url)
        self.cursor = self.connection.cursor()

    def put(self, table, columns, rows) -> None:
        names = ", ".join(columns)
        with self.cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def fill(self, slots) -> None:
        self.cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS filled (who text, judgment text, "
            "task bigint, place int) ON COMMIT DELETE ROWS"
        )
        with self.cursor.copy("COPY filled FROM STDIN") as copy:
            for row in slots:
                copy.write_row(row)
        self.cursor.execute(
            "UPDATE slot SET state = 2, annotator = who, purpose = 'first', "
            "judgment_id = judgment FROM filled WHERE task_id = task AND slot = place"
        )

    def begin(self) -> None:
        pass

    def commit(self) -> None:
        self.connection.commit()


def run_floor(url: str, kind: str, path: Path) -> None:
    floor = PostgresFloor(url) if "://" in url else SqliteFloor(url)
    for lines, first in chunks(path):
        floor.begin()
        if kind == "comparisons":
            for table in comparison_rows(lines, first):
                floor.put(*table)
        else:
            table, slots = judgment_rows(lines, first)
            floor.put(*table)
            floor.fill(slots)
        floor.commit()


def prepare_floor(url: str) -> None:
    from adjudge.domain.people import Actor, Role
    from adjudge.services.campaign import queueing

    bench = ground.bench_at(url)
    lead = Actor(name="lead", role=Role.LEAD)
    queueing.create(bench, lead, queueing.settings(name=QUEUE, overlap=OVERLAP))
    with bench.store.write() as unit:
        from adjudge.storage import people

        people.add_names(unit, [f"ann-{i}" for i in range(3 * 7)], at="2026")
    bench.store.close()


def run_service(url: str, kind: str, path: Path) -> None:
    from adjudge.domain.people import Actor, Role
    from adjudge.services.importing import ingest

    bench = ground.bench_at(url)
    lead = Actor(name="lead", role=Role.LEAD)
    total = ingest.import_files(
        bench, lead, kind, [str(path)], ingest.Options(queue=QUEUE)
    )
    print(total.as_json(), file=sys.stderr)
    bench.store.close()


# --- measuring: every run in a process of its own ------------------------------
def child(url: str, who: str, kind: str, path: Path) -> dict[str, float]:
    """Run one import and say its seconds and its greatest memory."""
    before = server_cpu()
    code = subprocess.run(
        [sys.executable, __file__, "--child", who, kind, url, str(path)],
        stdout=subprocess.PIPE,
        stderr=None if os.environ.get("LOUD") else subprocess.DEVNULL,
        check=True,
    )
    found = json.loads(code.stdout)
    found["cpu"] += server_cpu() - before
    return found


def server_cpu() -> float:
    """Seconds of a database server on a processor; there may be none."""
    return 0.0


def be_child(who: str, kind: str, url: str, path: Path) -> None:
    import resource

    # Loading libraries is not importing lines, neither for the floor nor for us.
    from adjudge.services.importing import ingest  # noqa: F401

    if "://" in url:
        import psycopg  # noqa: F401
    run = {"floor": run_floor, "service": run_service}[who]
    started, used = time.perf_counter(), ground.cpu()
    run(url, kind, path)
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started,
                "cpu": ground.cpu() - used,
                "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def fresh(url_of, place: Path, name: str) -> str:
    from adjudge.storage.engine import schema

    url = url_of(place, name)
    store = ground.bench_at(url).store
    schema.create(store)
    store.close()
    return url


def compare(name: str, url_of, place: Path, files, *, targets, rounds: int) -> None:
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    for round_ in range(rounds):
        for who in ("floor", "service"):
            url = fresh(url_of, place, f"{who}{round_}")
            if who == "floor":
                prepare_floor(url)
            for kind, path, _ in files:
                found.setdefault((kind, who), []).append(child(url, who, kind, path))
    for kind, _, lines in files:
        seconds, used, mib = (
            {
                who: ground.median([f[key] for f in found[kind, who]])
                for who in ("floor", "service")
            }
            for key in ("seconds", "cpu", "mib")
        )
        print(
            f"{name}, {kind}: floor {lines / seconds['floor']:,.0f} lines/s, import "
            f"{lines / seconds['service']:,.0f} lines/s; cpu {used['floor']:.2f} s and "
            f"{used['service']:.2f} s; memory {mib['service']:.0f} MiB"
        )
        ratio = seconds["floor"] / seconds["service"]
        targets.show(f"{name} {kind}, share of the floor", ratio, ">=", 0.3)
        # What other work on the machine sways less than it does the clock.
        print(f"  by processor time: {used['floor'] / used['service']:.3f}")


def million(place: Path, url_of, targets) -> None:
    path = place / "million.jsonl"
    write_comparisons(path, 1_000_000)
    url = fresh(url_of, place, "million")
    found = child(url, "service", "comparisons", path)
    print(f"a million lines: {found['seconds']:.0f} s, {found['mib']:.0f} MiB")
    targets.show("a million lines, MiB", found["mib"], "<=", 500)
    path.unlink()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--child", nargs=4)
    options = parser.parse_args()
    if options.child:
        who, kind, url, path = options.child
        be_child(who, kind, url, Path(path))
        return 0
    print(ground.machine())
    targets = ground.Targets()
    measured = {"targets": targets, "rounds": options.rounds}
    with ground.folder() as place:
        comparisons, judgments = place / "comparisons.jsonl", place / "judgments.jsonl"
        write_comparisons(comparisons, options.lines)
        write_judgments(judgments, options.lines)
        files = [
            ("comparisons", comparisons, options.lines),
            ("judgments", judgments, options.lines),
        ]

        def sqlite_at(folder: Path, name: str) -> str:
            return str(folder / f"{name}.db")

        if options.only != "postgresql":
            compare("SQLite", sqlite_at, place, files, **measured)
            if options.million:
                million(place, sqlite_at, targets)
        if options.only != "sqlite":
            with ground.postgres() as server:
                sys.modules[__name__].server_cpu = server.cpu

                def postgres_at(_folder: Path, _name: str) -> str:
                    return server.database()

                compare("PostgreSQL", postgres_at, place, files, **measured)
                if options.million:
                    million(place, postgres_at, targets)
    return targets.finish()


if __name__ == "__main__":
    sys.exit(main())
