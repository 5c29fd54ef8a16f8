"""CPU time of the workbench: first frame, first task, next comparison.

Run with ``python benchmarks/bench_screens.py``. A fresh process opens a queue on a
pseudo-terminal and tells its own CPU time, counted since exec: what a shared machine
does meanwhile is left out. The next comparison is measured from Enter, submit and
commit included, until it is painted; two stock widgets show the same two answers in
the same run. It ends with 1 if a budget is exceeded.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pexpect

from adjudge.domain.people import Actor, Person, Role
from adjudge.domain.queue import Queue
from adjudge.services import storekeeping
from adjudge.services.campaign import guidelines, queueing
from adjudge.services.importing import ingest
from adjudge.services.people import people
from adjudge.tui.app import AdjudgeApp
from adjudge.tui.drafting_screen import DraftingScreen
from adjudge.wiring import build, settings
from bench_pane import MarkdownApp, RichApp, answer, measure

TOKENS = 2_000
ROUNDS = 15
STARTS = 5
SIZE = (120, 40)
BUDGETS = {
    "first frame, ms": 600.0,
    "first task, ms": 1_200.0,
    "next comparison, ms": 50.0,
    "memory at first task, MiB": 80.0,
}
LEAD = Actor(name="lead", role=Role.LEAD)

FRESH = """
import json, sys, time
from adjudge.tui import app as tui

told = {}

def tell(what):
    told.setdefault(what, time.process_time() * 1_000)

opening = tui.AdjudgeApp._open

def opened(app):
    tell("first frame, ms")
    told["storage at first frame"] = "sqlalchemy" in sys.modules
    opening(app)
    from adjudge.tui import drafting_screen as drafting
    settled = drafting.DraftingScreen._settled

    def painted(screen):
        tell("first task, ms")
        settled(screen)
        screen.set_timer(0.5, screen.app.exit)

    drafting.DraftingScreen._settled = painted

tui.AdjudgeApp._open = opened
from adjudge.cli import run
code = run(["work", "q", "--as", "ann"])
with open("/proc/self/smaps_rollup") as file:
    pss = next(line for line in file if line.startswith("Pss:"))
told["memory at first task, MiB"] = int(pss.split()[1]) / 1_024
with open(sys.argv[1], "w") as file:
    json.dump(told, file)
sys.exit(code)
"""


def fill(folder: Path):
    """A store with one queue of long answers."""
    place = settings.load(db=str(folder / "adjudge.db"), secret="a benchmark")
    bench = build(place)
    storekeeping.init(bench, LEAD.name)
    people.add(bench, LEAD, Person(name="ann"))
    text = (Path(__file__).parents[1] / "guidelines" / "helpfulness.md").read_text()
    guidelines.add(bench, LEAD, text, name="helpfulness", change="major")
    queueing.create(bench, LEAD, Queue(name="q", guideline="helpfulness"))
    file = folder / "comparisons.jsonl"
    with file.open("w") as out:
        for n in range(ROUNDS + 5):
            texts = [answer(TOKENS, 2 * n), answer(TOKENS, 2 * n + 1)]
            responses = [{"id": i, "text": t} for i, t in zip("ab", texts, strict=True)]
            row = {"id": f"c{n}", "prompt": f"Question {n}?", "responses": responses}
            out.write(json.dumps(row) + "\n")
    options = ingest.Options(queue="q")
    ingest.import_files(bench, LEAD, "comparisons", [str(file)], options)
    return bench, place


def start(folder: Path):
    """One fresh process; what it tells about itself."""
    told, program = folder / "told.json", folder / "fresh.py"
    program.write_text(FRESH)
    child = pexpect.spawn(
        sys.executable,
        [str(program), str(told)],
        dimensions=(SIZE[1], SIZE[0]),
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "ADJUDGE_DB": str(folder / "adjudge.db"),
            "ADJUDGE_SECRET": "a benchmark",
        },
        timeout=60,
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before.decode("utf-8", "replace")[-2_000:]
    return json.loads(told.read_text())


async def next_comparison(bench, place):
    """Milliseconds of CPU from Enter to the next comparison, painted."""
    actor = Actor(name="ann", role=Role.ANNOTATOR)
    app = AdjudgeApp(lambda: (bench, actor), queue="q", settings=place)
    painted = asyncio.Event()
    ended = [0.0]
    settled = DraftingScreen._settled

    def note(screen):
        for strip in screen._compositor.render_strips():
            strip.render(app.console)
        ended[0] = time.process_time()
        painted.set()
        settled(screen)

    DraftingScreen._settled = note
    spent = []
    async with app.run_test(size=SIZE) as pilot:
        await painted.wait()
        for _ in range(ROUNDS + 1):
            await app.workers.wait_for_complete()
            await pilot.pause(0.2)
            await pilot.press("2")
            await pilot.pause(0.4)
            gc.collect()
            painted.clear()
            started = time.process_time()
            app.screen.action_submit()
            await painted.wait()
            spent.append((ended[0] - started) * 1_000)
    DraftingScreen._settled = settled
    return spent[1:]


def report(name, values, unit):
    median, worst = statistics.median(values), max(values)
    print(f"| {name:<40} | {median:>8.1f} | {worst:>8.1f} | {unit:<4} |", flush=True)
    return median


async def main():
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench, place = fill(folder)
        print(
            f"| two answers of {TOKENS:,} tokens, 120x40        | median   | worst    |"
        )
        print("|------------------------------------------|----------|----------|")
        starts = [start(folder) for _ in range(STARTS)]
        for what in ("first frame, ms", "first task, ms", "memory at first task, MiB"):
            values = [told[what] for told in starts]
            found[what] = report(what, values, what.split(", ")[1])
        assert not any(told["storage at first frame"] for told in starts)
        spent = await next_comparison(bench, place)
        found["next comparison, ms"] = report("next comparison, ms", spent, "ms")
        bench.store.close()
    for label, app in (
        ("Static(rich.Markdown), texts only", RichApp()),
        ("Textual Markdown, texts only", MarkdownApp()),
    ):
        report(label, await measure(app, TOKENS, 3), "ms")
    over = [what for what, budget in BUDGETS.items() if found[what] > budget]
    for what in over:
        print(f"over budget: {what} {found[what]:.1f} > {BUDGETS[what]:.0f}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
