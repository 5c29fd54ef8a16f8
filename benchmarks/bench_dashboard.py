"""What the dashboard costs: the first count, the next look, a look after a day's work.

Makes a SQLite store through the import (not counted), then runs `adjudge dashboard` in
processes of their own and prints their CPU seconds, start-up included, beside those of
`adjudge agree`, which reads every judgment.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from adjudge.domain.ids import AnnotatorId
from adjudge.domain.people import Actor, Role
from adjudge.services.measuring import agreement, counting, overview
from bench_agree import fill, measure
from ground import bench_at, machine

NEW = 300  # judgments of one day, of a person who was not there before


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judgments", type=int, default=100_000)
    parser.add_argument("--folder", help="keep the store here, and use it again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(arguments.folder or place)
        folder.mkdir(parents=True, exist_ok=True)
        store = folder / f"{arguments.judgments}.db"
        if not store.exists():
            fill(store, folder, arguments.judgments // 3)
        print(f"{arguments.judgments:,} judgments; {machine()}")
        inside(store)
        print("CPU from cold")
        for words, command in (
            ("start-up alone", ["--version"]),
            ("every judgment, for comparison", ["agree", "q"]),
            ("the dashboard, counted before", ["dashboard", "q"]),
        ):
            print(words)
            measure(store, command)
        bring(store, folder)
        print(f"after {NEW} more judgments")
        measure(store, ["dashboard", "q"], runs=1)
        measure(store, ["dashboard", "q"])


def inside(store):
    """Measure what a look costs in a workbench that is open already."""
    bench = bench_at(str(store))
    lead = Actor(name=AnnotatorId("lead"), role=Role.LEAD)
    with bench.store.write() as unit:
        unit.run("DELETE FROM recount")
        unit.run("INSERT INTO recount (block) SELECT DISTINCT id / 1024 FROM task")
    for words, deed in (
        ("counting all of it, once", lambda: counting.advance(bench, lead, "q")),
        ("a look", lambda: overview.glance(bench, lead, "q")),
        ("a look again", lambda: overview.glance(bench, lead, "q")),
        ("agreement on every judgment", lambda: agreement.agree(bench, lead, "q")),
    ):
        start = time.process_time()
        deed()
        print(f"  {words:<46}{time.process_time() - start:8.2f} s")
    bench.store.close()


def bring(store, folder):
    """Import what one more person judged in a day."""
    file = folder / "day.jsonl"
    lines = [
        {"comparison": f"c{i:07d}", "annotator": "late", "ranking": [["a"], ["b"]]}
        for i in range(NEW)
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    subprocess.run(
        [sys.executable, "-m", "adjudge", "import", "judgments", file, "--queue", "q"],
        env={**os.environ, "ADJUDGE_DB": str(store)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    file.unlink()


if __name__ == "__main__":
    main()
