"""Exporting against the raw driver: preference rows of realistic size.

Run with ``python benchmarks/bench_export.py [--rows 100000] [--postgres] [--million]``.
The floor reads every text and every judgment with the raw driver, runs ``orjson.loads``
on the texts, writes lines with the same texts and columns as the export and hashes
them. It decides nothing, checks nothing, and keeps no lineage; the export remembers
every row in the store, anew in each round. Shares are of processor time, of both sides
in one run. Targets: at least 0.3 of the floor's rows a second; a million rows in at
most 300 MiB; one `adjudge export` of a queue of 30,000 judgments, with the configs it
writes when none are named, in less than 2 s of CPU: counted once inside a process that
has loaded its libraries, and once as the command, from its start to its end. On
PostgreSQL the seconds are the client's.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import orjson

import ground

QUEUE = "bulk"
PAIRS = ("preference",)
WORDS = [
    "the",
    "answer",
    "holds",
    "because",
    "every",
    "list",
    "in",
    "it",
    "is",
    "sorted",
    "before",
    "anybody",
    "asks",
    "for",
    "its",
    "middle",
    "and",
    "nothing",
    "else",
    "has",
    "changed",
    "since",
    "the",
    "last",
    "time",
    "we",
    "looked",
    "at",
    "the",
    "numbers",
]


def paragraphs(n: int) -> list[str]:
    draw = random.Random(7)
    return [" ".join(draw.choices(WORDS, k=120)).capitalize() + "." for _ in range(n)]


def write_comparisons(path: Path, rows: int, size: int) -> None:
    pool = paragraphs(400)
    with path.open("wb") as file:
        for i in range(rows):
            texts = [
                " ".join(pool[(i * 7 + k * 13 + j) % 400] for j in range(size))
                for k in range(2)
            ]
            record = {
                "id": f"c{i:07d}",
                "prompt": f"Question {i}: {pool[i % 400]}",
                "responses": [
                    {"id": "a", "text": f"{texts[0]} {i}", "model": "m-1"},
                    {"id": "b", "text": f"{texts[1]} {i}", "model": "m-2"},
                ],
                "topic": f"topic-{i % 12}",
                "language": "en",
            }
            file.write(orjson.dumps(record) + b"\n")


def write_judgments(path: Path, rows: int, overlap: int) -> None:
    with path.open("wb") as file:
        for i in range(rows * overlap):
            comparison = i // overlap
            # Most people agree, so that the queue may leave at all.
            first = (comparison % 2 == 0) != (i % 11 == 0)
            record = {
                "id": f"j{i:07d}",
                "comparison": f"c{comparison:07d}",
                "annotator": f"ann-{i % overlap + 3 * (comparison % 7)}",
                "ranking": [["a"], ["b"]] if first else [["b"], ["a"]],
                "margin": i % 3 + 1,
                "shown": ["a", "b"],
                "seconds": 12.5,
                "at": "2026-01-31T12:00:00Z",
                "guideline": "helpfulness@1",
            }
            file.write(orjson.dumps(record) + b"\n")


def fill(db: str, place: Path, rows: int, *, size: int, overlap: int) -> None:
    """Make a store with everything judged."""
    from adjudge.domain.people import Actor, Role
    from adjudge.services.campaign import queueing
    from adjudge.services.importing import ingest
    from adjudge.storage.engine import schema

    bench = ground.bench_at(db)
    schema.create(bench.store)
    lead = Actor(name="lead", role=Role.LEAD)
    queueing.create(bench, lead, queueing.settings(name=QUEUE, overlap=overlap))
    for kind in ("comparisons", "judgments"):
        path = place / f"{kind}.jsonl"
        if kind == "comparisons":
            write_comparisons(path, rows, size)
        else:
            write_judgments(path, rows, overlap)
        options = ingest.Options(queue=QUEUE)
        ingest.import_files(bench, lead, kind, [str(path)], options)
        path.unlink()
    bench.store.close()


def read_raw(db: str):
    """Give a connection, its judgments by task, and its texts by comparison."""
    judgments = (
        "SELECT task_id, id, annotator, ranking, margin, shown, seconds, guideline "
        "FROM judgment ORDER BY task_id"
    )
    texts = (
        "SELECT x.body FROM task t JOIN comparison c ON c.id = t.comparison_id "
        "JOIN text x ON x.id = c.text_id ORDER BY t.comparison_id"
    )
    if "://" in db:
        import psycopg

        connection = psycopg.connect(db)
        cursors = [connection.cursor(name=name) for name in ("judged", "texts")]
        for cursor in cursors:
            cursor.itersize = 2000
        return connection, cursors[0].execute(judgments), cursors[1].execute(texts)
    from adjudge.storage.engine import sqlite

    connection = sqlite.driver().connect(db)
    return connection, connection.execute(judgments), connection.execute(texts)


def run_floor(db: str, out: Path) -> int:
    found = hashlib.sha256()
    rows = 0
    connection, judged, texts = read_raw(db)
    out.mkdir()
    with (out / "rows.jsonl").open("wb", buffering=1 << 20) as file:
        for (body,) in texts:
            said = orjson.loads(body)
            list(islice(judged, 3))
            a, b = said["responses"]
            row = {
                "prompt": said["prompt"],
                "chosen": [{"role": "assistant", "content": a["text"]}],
                "rejected": [{"role": "assistant", "content": b["text"]}],
                "row_id": "0123456789abcdef0123456789abcdef",
                "weight": 1.0,
                "agreement": 1.0,
                "confidence": 1.0,
                "n_judgments": 3,
            }
            line = orjson.dumps(row) + b"\n"
            file.write(line)
            found.update(line)
            rows += 1
    connection.close()
    return rows


def run_export(db: str, out: Path, configs: tuple[str, ...]) -> int:
    from adjudge.domain.people import Actor, Role
    from adjudge.services import exporting

    bench = ground.bench_at(db)
    options = exporting.ExportOptions(configs=configs, name=f"run {time.time_ns()}")
    done = exporting.export(
        bench, Actor(name="lead", role=Role.LEAD), str(out), options
    )
    bench.store.close()
    return sum(sum(n.values()) for n in done.rows.values())


def child(who: str, db: str, out: Path) -> dict[str, float]:
    """Run one in a process of its own; say its seconds and its greatest memory."""
    command = [sys.executable, __file__, "--child", who, db, str(out)]
    # As the program begins: see ``adjudge.__main__``.
    around = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=around)
    return json.loads(run.stdout)


def be_child(who: str, db: str, out: str) -> None:
    # As the program begins: see ``adjudge.__main__``.
    gc.set_threshold(20_000, 20, 20)
    # Loading libraries is not exporting rows.
    import scipy.sparse
    import scipy.special  # noqa: F401

    from adjudge.services import exporting  # noqa: F401
    from adjudge.services.measuring import weighing  # noqa: F401

    started, used = time.perf_counter(), ground.cpu()
    if who == "floor":
        rows = run_floor(db, Path(out))
    else:
        rows = run_export(db, Path(out), PAIRS if who == "pairs" else ())
    found = {
        "rows": rows,
        "seconds": time.perf_counter() - started,
        "cpu": ground.cpu() - used,
        "mib": ground.most_memory(),
    }
    print(json.dumps(found))


def compare(
    place: Path, rows: int, rounds: int, targets: ground.Targets, db: str | None = None
) -> None:
    which = "PostgreSQL" if db else "SQLite"
    db = db or str(place / "rows.db")
    fill(db, place, rows, size=2, overlap=3)
    found: dict[str, list[dict[str, float]]] = {"floor": [], "pairs": []}
    for turn in range(rounds):
        for who, runs in found.items():
            runs.append(child(who, db, place / f"{who}{turn}"))
    seconds, used = (
        {who: ground.median([r[key] for r in runs]) for who, runs in found.items()}
        for key in ("seconds", "cpu")
    )
    size = sum(f.stat().st_size for f in (place / "pairs0" / "preference").iterdir())
    n = found["pairs"][0]["rows"]
    print(
        f"{which}, {n:.0f} preference rows of {size / n / 1000:.1f} kB: floor "
        f"{seconds['floor']:.2f} s (cpu {used['floor']:.2f}), export "
        f"{seconds['pairs']:.2f} s (cpu {used['pairs']:.2f}), "
        f"{found['pairs'][0]['mib']:.0f} MiB"
    )
    ratio = seconds["floor"] / seconds["pairs"]
    print(f"  share of the floor by the clock: {ratio:.2f}")
    ratio = used["floor"] / used["pairs"]
    targets.show(f"{which}, share of the floor, cpu", ratio, ">=", 0.3)
    for folder in place.glob("*[0-9]"):
        shutil.rmtree(folder)


def everything(place: Path, targets: ground.Targets) -> None:
    db = str(place / "judgments.db")
    fill(db, place, 10_000, size=1, overlap=3)
    for who in ("pairs", "all"):
        found = child(who, db, place / f"small-{who}")
        print(
            f"30,000 judgments, {who}: {found['rows']:.0f} rows, "
            f"{found['seconds']:.2f} s"
        )
        targets.show(f"30,000 judgments, {who}, cpu s", found["cpu"], "<=", 2)
    used = command(db, place / "small-command")
    targets.show("30,000 judgments, adjudge export, cpu s", used, "<=", 2)


def command(db: str, out: Path) -> float:
    """Run the command as a person does; give its seconds on a processor."""
    # As where it is installed: Python has compiled it, which the first run does.
    around = {**os.environ, "PYTHONPYCACHEPREFIX": str(out.with_suffix(".pyc"))}
    around.pop("PYTHONDONTWRITEBYTECODE", None)
    for turn in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        place = out.with_name(f"{out.name}-{turn}")
        line = [sys.executable, "-m", "adjudge", "--db", db, "export", str(place)]
        subprocess.run(line, stdout=subprocess.DEVNULL, check=True, env=around)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def million(place: Path, targets: ground.Targets) -> None:
    db = str(place / "million.db")
    fill(db, place, 1_000_000, size=1, overlap=1)
    found = child("pairs", db, place / "million")
    print(f"{found['rows']:.0f} rows: {found['seconds']:.0f} s, {found['mib']:.0f} MiB")
    targets.show("a million rows, MiB", found["mib"], "<=", 300)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000, help="0: none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--child", nargs=3)
    options = parser.parse_args()
    if options.child:
        be_child(*options.child)
        return 0
    print(ground.machine())
    targets = ground.Targets()
    with ground.folder() as place:
        everything(place, targets)
        if options.rows:
            compare(place, options.rows, options.rounds, targets)
        if options.postgres and options.rows:
            with ground.postgres() as server:
                url = server.database()
                compare(place, options.rows, options.rounds, targets, url)
        if options.million:
            million(place, targets)
    return targets.finish()


if __name__ == "__main__":
    sys.exit(main())
