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
from pathlib import Path

from bench_agree import fill, measure

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
        print(f"{arguments.judgments:,} judgments, CPU from cold")
        for words, command in (
            ("start-up alone", ["--version"]),
            ("every judgment, for comparison", ["agree", "q"]),
            ("the first look counts (best of three: those after)", ["dashboard", "q"]),
        ):
            print(words)
            measure(store, command)
        bring(store, folder)
        print(f"after {NEW} more judgments")
        measure(store, ["dashboard", "q"], runs=1)
        measure(store, ["dashboard", "q"])


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
