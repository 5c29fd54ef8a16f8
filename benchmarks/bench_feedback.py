"""Importing feedback events against the raw driver.

Run with ``python benchmarks/bench_feedback.py [--lines 60000] [--file F]``. The floor
reads every line with ``orjson.loads`` and writes the rows the import leaves behind
(texts, answers, feedback) with the driver's ``executemany`` on SQLite and ``COPY`` on
PostgreSQL, into tables of the same definition, in transactions of as many lines. It
checks nothing, looks for nothing to cover, asks for no duplicates and cannot be
resumed. Target: at least 0.3 of its lines a second, in less than 500 MiB.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import orjson

import bench_import
import ground

TEXT = ("id", "body", "erased_at")
DIGEST = "0" * 64


def columns() -> tuple[tuple[str, ...], tuple[str, ...]]:
    from adjudge.storage.engine.sql import columns as of

    return of("answer"), of("feedback")


def write_events(path: Path, lines: int) -> None:
    """Write two events an answer: as given, and what its user thinks of it."""
    with path.open("wb") as file:
        for i in range(lines // 2):
            base = {
                "at": "2026-01-31T12:00:00.250Z",
                "user_id": f"u{i % 977}",
                "session_id": f"s{i % 4001}",
                "conversation_id": f"c{i:07d}",
                "turn": 1,
                "message_id": f"m{i * 7919 % 9999991:07d}",
                "response_id": f"r{i:07d}",
                "consent": True,
            }
            answer = {
                **base,
                "event_id": f"e{i * 7919 % 9999991:07d}-m",
                "type": "message",
                "messages": [
                    {"role": "user", "content": f"How do I reverse list {i}? " * 10}
                ],
                "response": f"Call reverse() on it, or slice it with step -1. {i} "
                * 12,
                "context": {
                    "model": "m-1",
                    "model_version": "2026-01",
                    "prompt_template_version": "v3",
                    "temperature": 0.7,
                    "tokens": {"prompt": 44, "completion": 211},
                    "latency_ms": 531.9,
                    "locale": "en-US",
                    "tool_calls": [{"name": "search", "ok": True, "ms": 300}],
                },
            }
            thumb = {
                **base,
                "event_id": f"e{i * 7919 % 9999991:07d}-t",
                "type": "thumbs",
                "rating": "down" if i % 3 else "up",
                "reason_codes": ["incorrect"],
                "comment": "The second step is wrong.",
            }
            file.write(orjson.dumps(answer) + b"\n" + orjson.dumps(thumb) + b"\n")


def rows(lines: list[bytes], first: int, names):
    texts, answers, others = [], [], []
    for n, line in enumerate(lines, start=first):
        try:
            r = orjson.loads(line)
            id, at, kind = r["event_id"], r["at"], r["type"]
            if kind == "message":
                r["message_id"], r["messages"], r["response"]
        except (ValueError, KeyError):
            continue
        text = f"event:{id}"
        texts.append((text, line.decode(), None))
        common = {
            "event_id": id,
            "at": at,
            "message_id": r.get("message_id"),
            "response_id": r.get("response_id"),
            "user_id": r.get("user_id"),
            "session_id": r.get("session_id"),
            "consent": "granted",
            "digest": DIGEST,
            "text_id": text,
            "import_id": "floor",
            "line": n,
        }
        context = r.get("context") or {}
        if r["type"] == "message":
            common |= {
                "conversation_id": r.get("conversation_id"),
                "turn": r.get("turn"),
                "trace_id": r.get("trace_id"),
                "model": context.get("model"),
                "model_version": context.get("model_version"),
                "prompt_version": context.get("prompt_template_version"),
                "locale": context.get("locale"),
                "latency_ms": context.get("latency_ms"),
            }
            answers.append(tuple(common.get(name) for name in names[0]))
        else:
            common |= {
                "kind": r["type"],
                "rater": f"user:{r.get('user_id')}",
                "polarity": -1,
                "reasons": "[]",
                "has_words": 0,
            }
            others.append(tuple(common.get(name) for name in names[1]))
    return (
        ("text", TEXT, texts),
        ("answer", names[0], answers),
        (
            "feedback",
            names[1],
            others,
        ),
    )


def ignoring_twice(floor):
    """Let what is delivered twice pass, as cheaply as each database can."""
    if isinstance(floor, bench_import.SqliteFloor):

        def put(table, names, rows):
            marks = ", ".join("?" * len(names))
            floor.cursor.executemany(
                f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})",
                rows,
            )

        return put
    seen: dict[str, set] = {}

    def copy(table, names, rows):
        known = seen.setdefault(table, set())
        fresh = [r for r in rows if not (r[0] in known or known.add(r[0]))]
        floor.put(table, names, fresh)

    return copy


def run_floor(url: str, _kind: str, path: Path) -> None:
    floor_type = (
        bench_import.PostgresFloor if "://" in url else bench_import.SqliteFloor
    )
    floor = floor_type(url)
    put, names = ignoring_twice(floor), columns()
    for lines, first in bench_import.chunks(path):
        floor.begin()
        for table in rows(lines, first, names):
            put(*table)
        floor.commit()


def run_service(url: str, _kind: str, path: Path) -> None:
    from adjudge.domain.people import Actor, Role
    from adjudge.services.importing import ingest

    bench = ground.bench_at(url)
    lead = Actor(name="lead", role=Role.LEAD)
    total = ingest.import_files(
        bench, lead, "feedback", [str(path)], ingest.Options(on_error="skip")
    )
    print(total.as_json(), file=sys.stderr)
    bench.store.close()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=bench_import.ROUNDS)
    parser.add_argument("--file", type=Path, help="events of your own")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--child", nargs=4)
    options = parser.parse_args()
    # The same way of measuring, with another floor and another service.
    bench_import.__file__ = __file__
    bench_import.run_floor, bench_import.run_service = run_floor, run_service
    bench_import.prepare_floor = lambda _url: None
    if options.child:
        who, kind, url, path = options.child
        bench_import.be_child(who, kind, url, Path(path))
        return 0
    print(ground.machine())
    targets = ground.Targets()
    measured = {"targets": targets, "rounds": options.rounds}
    with ground.folder() as place:
        path = options.file
        if path is None:
            path = place / "events.jsonl"
            write_events(path, options.lines)
        with path.open("rb") as file:
            lines = sum(1 for _ in file)
        files = [("feedback", path, lines)]

        def sqlite_at(folder: Path, name: str) -> str:
            return str(folder / f"{name}.db")

        if options.only != "postgresql":
            bench_import.compare("SQLite", sqlite_at, place, files, **measured)
        if options.only != "sqlite":
            with ground.postgres() as server:
                bench_import.server_cpu = server.cpu

                def postgres_at(_folder: Path, _name: str) -> str:
                    return server.database()

                bench_import.compare(
                    "PostgreSQL", postgres_at, place, files, **measured
                )
    return targets.finish()


if __name__ == "__main__":
    sys.exit(main())
