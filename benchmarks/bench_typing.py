"""CPU time of typing in a 4,000-word draft, beside a stock text area in the same run.

Run with ``python benchmarks/bench_typing.py``. A key is measured from its press until
the screen is painted, as process time: what a shared machine does meanwhile is left
out. ``with all`` spreads everything over the keys at five keys a second: the word diff
against a 4,000-word original after each pause, counts, checks, drafts committed to the
store. It ends with 1 if a key costs more than 30 ms.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from textual.app import App
from textual.widgets import TextArea

from adjudge.domain.people import Actor, Person, Role
from adjudge.services import storekeeping
from adjudge.services.campaign import guidelines, queueing
from adjudge.services.feedback import triage
from adjudge.services.feedback.filling import Asked
from adjudge.services.importing import ingest
from adjudge.services.people import people
from adjudge.tui.app import AdjudgeApp
from adjudge.tui.writing.rewrite import RewriteScreen
from adjudge.wiring import build, settings

WORDS = 4_000
KEYS = 40
SIZE = (120, 40)
BUDGET_MS = 30.0
LEAD = Actor(name="lead", role=Role.LEAD)
EVA = Actor(name="eva", role=Role.EXPERT)
VOCABULARY = [f"word{n}" for n in range(900)]


def text(words: int, seed: int, *, paragraph: int = 60) -> str:
    """Sentences of about twelve words, in paragraphs."""
    random_ = random.Random(seed)
    out = []
    for n in range(1, words + 1):
        word = VOCABULARY[min(int(random_.paretovariate(0.6)) - 1, 899)]
        end = ".\n\n" if n % paragraph == 0 else ". " if n % 12 == 0 else " "
        out.append(word + end)
    return "".join(out)


def edited(original: str, share: float, seed: int) -> str:
    """Change some of the words."""
    random_ = random.Random(seed)
    words = original.split(" ")
    return " ".join("changed" if random_.random() < share else w for w in words)


def fill(folder: Path):
    place = settings.load(db=str(folder / "adjudge.db"), secret="a benchmark")
    bench = build(place)
    storekeeping.init(bench, LEAD.name)
    people.add(bench, LEAD, Person(name="eva", role=Role.EXPERT))
    source = (Path(__file__).parents[1] / "guidelines" / "rewrite.md").read_text()
    guidelines.add(bench, LEAD, source, name="rewrite", change="major")
    queueing.create(
        bench,
        LEAD,
        queueing.settings(name="rw", kind="rewrite", overlap=1, guideline="rewrite"),
    )
    rows = [
        {
            "event_id": "m", "type": "message", "at": "2026-01-05T00:00:00Z",
            "message_id": "m", "user_id": "u",
            "messages": [{"role": "user", "content": "Why?"}],
            "response": text(WORDS, 1),
        },
        {
            "event_id": "f", "type": "thumbs", "rating": "down",
            "at": "2026-01-05T00:00:01Z", "message_id": "m", "user_id": "u",
            "consent": True, "reason_codes": ["incorrect"],
        },
    ]  # fmt: skip
    file = folder / "events.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ingest.import_files(bench, LEAD, "feedback", [str(file)], ingest.Options())
    triage.fill(bench, LEAD, "rw", Asked(source="downvotes"))
    return bench, place


class StockApp(App[None]):
    """The widget as it comes, soft-wrapped, with nothing around it."""

    def compose(self):
        yield TextArea(soft_wrap=True)


async def keys(pilot, box) -> tuple[list[float], float]:
    """Milliseconds of each key, and of everything per key at five keys a second."""
    box.focus()
    box.move_cursor((box.document.line_count // 2, 0))
    await pilot.pause(1.5)
    spent = []
    gc.collect()
    began = time.process_time()
    for n in range(KEYS):
        started = time.process_time()
        await pilot.press("space" if n % 6 == 5 else "abcde"[n % 5])
        spent.append((time.process_time() - started) * 1_000)
        await asyncio.sleep(0.6 if n % 10 == 9 else 0.15)
    await pilot.pause(1.0)
    return spent, (time.process_time() - began) * 1_000 / KEYS


async def ours(bench, place, draft):
    app = AdjudgeApp(lambda: (bench, EVA), queue="rw", settings=place)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        while not isinstance(app.screen, RewriteScreen):
            await pilot.pause(0.1)
        await app.screen.until_open()
        await pilot.pause(0.5)
        box = app.screen.box
        box.put(draft)
        return await keys(pilot, box)


async def stock(draft):
    app = StockApp()
    async with app.run_test(size=SIZE) as pilot:
        box = app.query_one(TextArea)
        box.load_text(draft)
        return await keys(pilot, box)


def report(name, found):
    spent, spread = found
    median, worst = statistics.median(spent), max(spent)
    row = f"| {name:<34} | {median:>6.1f} | {worst:>6.1f} | {spread:>8.1f} |"
    print(row, flush=True)
    return median


async def main():
    head = f"{WORDS:,} words, {SIZE[0]}x{SIZE[1]}, ms of CPU"
    print(f"| {head:<34} | median | worst  | with all |")
    print("|------------------------------------|--------|--------|----------|")
    over = []
    for label, draft in (
        ("one word in twenty changed", edited(text(WORDS, 1), 0.05, 2)),
        ("written anew", text(WORDS, 3)),
        ("written anew, one paragraph", text(WORDS, 3, paragraph=10**9)),
    ):
        with tempfile.TemporaryDirectory() as name:
            bench, place = fill(Path(name))
            median = report(label, await ours(bench, place, draft))
            bench.store.close()
        report("  stock TextArea alone", await stock(draft))
        if median > BUDGET_MS:
            over.append(f"over budget: {label} {median:.1f} ms > {BUDGET_MS:.0f} ms")
    print("\n".join(over))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
