"""What `adjudge agree` and its sisters cost from cold, on judgments in a store.

Makes a SQLite store through the import (which takes minutes for a million and is not
counted), then runs each command in a process of its own and prints the CPU seconds of
that process, start-up included.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

OVERLAP = 3
PEOPLE = 40
RUNS = 3
SLICES = ("topic", "annotator", "guideline", "week", "batch", "source")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judgments", type=int, default=30_000)
    parser.add_argument("--folder", help="keep the store here, and use it again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(arguments.folder or place)
        folder.mkdir(parents=True, exist_ok=True)
        store = folder / f"{arguments.judgments}.db"
        if not store.exists():
            fill(store, folder, arguments.judgments // OVERLAP)
        print(f"{arguments.judgments:,} judgments by {PEOPLE} people, CPU from cold")
        for command in (
            ["--version"],
            ["agree", "q"],
            *(["agree", "q", "--by", by] for by in SLICES),
            ["agree", "q", "--all"],
            ["resolve", "q", "--jsonl"],
            ["resolve", "q", "--jsonl", "--method", "weighted"],
            ["resolve", "q", "--jsonl", "--method", "dawid-skene"],
            ["annotators", "q"],
            ["audit", "q", "--no-texts"],
        ):
            measure(store, command)


def measure(store, command, runs=RUNS):
    best, peak = min(run(store, command) for _ in range(runs))
    print(f"{'adjudge ' + ' '.join(command):<48}{best:8.2f} s {peak:6.0f} MiB")


def run(store, command):
    words = command if command == ["--version"] else [*command, "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "adjudge", *words],
        env={**os.environ, "ADJUDGE_DB": str(store), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(process.returncode)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def fill(store, folder, n_comparisons):
    """Import comparisons, and people who are right four times in five."""
    files = write(folder, n_comparisons)
    environment = {**os.environ, "ADJUDGE_DB": str(store)}
    adjudge = [sys.executable, "-m", "adjudge"]
    calls = [["init"]]
    calls += [["import", k, str(file), "--queue", "q"] for k, file in files.items()]
    for words in calls:
        subprocess.run(
            [*adjudge, *words],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    for file in files.values():
        file.unlink()


def write(folder, n_comparisons):
    chance = random.Random(1)
    files = {k: folder / f"{k}.jsonl" for k in ("comparisons", "judgments")}
    with files["comparisons"].open("w") as asked, files["judgments"].open("w") as said:
        for i in range(n_comparisons):
            asked.write(json.dumps(comparison(i)) + "\n")
            truth = chance.choice("ab")
            for person in chance.sample(range(PEOPLE), OVERLAP):
                said.write(json.dumps(judgment(i, person, truth, chance)) + "\n")
    return files


def comparison(i):
    return {
        "id": f"c{i:07d}",
        "prompt": f"question {i}",
        "responses": [
            {"id": "a", "text": f"answer {i}", "model": f"m{i % 5}"},
            {
                "id": "b",
                "text": f"other {i} " * (i % 4 + 1),
                "model": f"m{(i + 1) % 5}",
            },
        ],
        "topic": ("python", "sql", "writing")[i % 3],
    }


def judgment(i, person, truth, chance):
    said = {
        "comparison": f"c{i:07d}",
        "annotator": f"p{person:02d}",
        "ranking": [["a", "b"]],
        "seconds": round(chance.lognormvariate(3.5, 0.6), 1),
        "at": f"2026-01-{1 + i % 28:02d}T10:00:00Z",
        "shown": chance.choice([["a", "b"], ["b", "a"]]),
    }
    if chance.random() > 0.1:
        other = "b" if truth == "a" else "a"
        winner = truth if chance.random() < 0.8 else other
        said["ranking"] = [[winner], ["b" if winner == "a" else "a"]]
        said["margin"] = chance.choice([1, 2, 3])
    return said


if __name__ == "__main__":
    main()
