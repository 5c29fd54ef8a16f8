"""A store filled with the sample campaign, and an app on it with a stopped clock."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key

from adjudge.domain.people import Actor, Person, Role
from adjudge.domain.queue import Queue
from adjudge.services.bench import Bench
from adjudge.services.campaign import guidelines, queueing
from adjudge.services.importing import ingest
from adjudge.services.people import people
from adjudge.services.work import judging
from adjudge.storage import judgments
from adjudge.storage.engine.store import Store
from adjudge.tui.app import AdjudgeApp
from adjudge.tui.home import HomeScreen
from adjudge.tui.patience import Patient
from adjudge.wiring.settings import load

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "fixtures" / "sample"
LEAD = Actor(name="ines", role=Role.LEAD)


def sample(name):
    """The records of a file of the sample campaign."""
    text = (SAMPLE / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(autouse=True)
def _steady(monkeypatch):
    """No test depends on the terminal or the time zone of whoever runs it."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture(scope="session")
def campaign_template(sqlite_template, tmp_path_factory):
    """The sample campaign, filled once: compare, ranking, rate, warned, empty."""
    folder = tmp_path_factory.mktemp("campaign")
    path = folder / "adjudge.db"
    shutil.copy(sqlite_template, path)
    numbers = iter(range(1, 10**6))
    bench = Bench(
        store=Store.at(str(path)),
        now=lambda: "2026-01-05T09:00:00Z",
        new_id=lambda: f"made-{next(numbers):06}",
        secret=b"a test",
    )
    with bench.store.write() as unit:
        # Each store draws its own sides; pictures want the same ones every time.
        unit.run("UPDATE fact SET value = :key WHERE name = 'side_key'", key="00" * 32)
    for name in ("helpfulness", "ranking"):
        text = (ROOT / "guidelines" / f"{name}.md").read_text()
        guidelines.add(bench, LEAD, text, name=name, change="major")
    for name in ("ann", "bob"):
        people.add(bench, LEAD, Person(name=name))
    rows = sample("comparisons")
    plain = [row for row in rows if "gold" not in row and "labels" not in row]
    queues = {
        "compare": [row for row in plain if "messages" not in row["responses"][0]][:6],
        "ranking": sample("rankings")[:3],
        "rate": [{**row, "responses": row["responses"][:1]} for row in plain[:2]],
        "turns": [row for row in rows if "messages" in row["responses"][0]][:1],
        "warned": [{**row, "labels": ["violence"]} for row in plain[6:8]],
    }
    for queue, records in queues.items():
        kind = "rate" if queue == "rate" else "compare"
        guideline = "ranking" if queue == "ranking" else "helpfulness"
        made = Queue(name=queue, kind=kind, guideline=guideline)
        queueing.create(bench, LEAD, made)
        file = folder / f"{queue}.jsonl"
        numbered = [
            {k: v for k, v in row.items() if k != "gold"} | {"id": f"{queue}-{n}"}
            for n, row in enumerate(records)
        ]
        file.write_text("".join(json.dumps(row) + "\n" for row in numbered))
        options = ingest.Options(queue=queue)
        ingest.import_files(bench, LEAD, "comparisons", [str(file)], options)
    queueing.create(bench, LEAD, Queue(name="empty", guideline="helpfulness"))
    bench.store.close()
    return path


@pytest.fixture
def campaign_file(campaign_template, tmp_path):
    path = tmp_path / "campaign" / "adjudge.db"
    path.parent.mkdir()
    # The log's key and head lie beside the file, and go where it goes.
    for part in campaign_template.parent.glob(campaign_template.name + "*"):
        if part.suffix in {".db", ".secret", ".head"}:
            shutil.copy(part, path.with_name(part.name))
    path.chmod(0o600)
    return path


@pytest.fixture
def campaign(campaign_file, make_bench):
    """A bench on the sample campaign."""
    return make_bench(str(campaign_file))


class Ticks:
    """Seconds that stand still until a test moves them."""

    def __init__(self):
        self.seconds = 1_000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def ticks():
    return Ticks()


@pytest.fixture
def make_app(ticks, ids, monkeypatch):
    """Make the workbench on a bench, as somebody, in a queue."""

    def make(bench, queue=None, *, who="ann", role=None, review=False, **settings):
        expert = Role.EXPERT if who in {"eva", "rob"} else Role.ANNOTATOR
        role = role or expert
        actor = Actor(name=who, role=role)
        return AdjudgeApp(
            lambda: (bench, actor),
            queue=queue,
            review=review,
            settings=load(**settings),
            now=ticks,
        )

    return make


ASKING = frozenset(
    {"enter", "f2", "u", "U", "x", "X", "q", "!", "escape", "ctrl+s", "r"}
)


NAMED = {
    "<enter>": ("enter", "\r"),
    "<esc>": ("escape", "\x1b"),
    "<tab>": ("tab", "\t"),
    "<down>": ("down", None),
    **{f"<f{n}>": (f"f{n}", None) for n in range(1, 13)},
    **{f"<^{c}>": (f"ctrl+{c}", None) for c in "aefgklopqrsuz"},
}


def keys_of(script):
    """Turn ``2<enter>`` into key events."""
    while script:
        name = next((n for n in NAMED if script.startswith(n)), None)
        if name is not None:
            yield events.Key(*NAMED[name])
        else:
            name = script[0]
            yield events.Key(_character_to_key(name), name)
        script = script[len(name) :]


class Desk:
    """Somebody at the workbench: keys in, words and records out."""

    def __init__(self, pilot, bench):
        self.pilot = pilot
        self.app = pilot.app
        self.bench = bench

    @property
    def screen(self):
        return self.app.screen

    @property
    def session(self):
        return self.screen.session

    @property
    def draft(self):
        return self.screen.draft

    async def settle(self, times=3):
        """Wait until no worker runs and everything is painted."""
        for _ in range(times):
            if isinstance(self.screen, Patient):
                await self.screen.until_open()
            await self.app.workers.wait_for_complete()
            await self.pilot.pause(0)
            await self._compared()
        await self.pilot.pause()

    async def _compared(self, seconds=90):
        """Wait for what is counted and compared only once the typing rests."""
        end = time.monotonic() + seconds
        while any(getattr(self.screen, n, None) for n in ("_pause", "_is_comparing")):
            assert time.monotonic() < end, "it compares for ever"
            await self.pilot.pause(0.02)

    async def until(self, kind, seconds=90):
        """Wait until a screen of some kind has the keys; a busy machine is no bug."""
        end = time.monotonic() + seconds
        while not isinstance(self.screen, kind):
            assert time.monotonic() < end, f"still {self.screen!r}"
            await self.pilot.pause(0.02)
        await self.settle()

    async def until_so(self, holds, seconds=90):
        """Wait until something holds, for example in the store."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"it never is so; said: {self.said}"
            await self.settle(1)
            await self.pilot.pause(0.02)

    async def press(self, *keys):
        """Press keys one by one; wait for what those that ask the store began."""
        for key in keys:
            await self.pilot.press(key)
            if key in ASKING:
                await self.settle()
        if keys[-1] not in ASKING:
            await self.settle(2)

    def send(self, *parts):
        """Send keys in one bundle, as a slow line does; a part in a tuple is pasted."""
        for part in parts:
            sent = [events.Paste(*part)] if isinstance(part, tuple) else keys_of(part)
            for event in sent:
                self.app.post_message(event)

    async def burst(self, *parts):
        """Send keys in one bundle; wait until the last is worked off."""
        self.send(*parts)
        await self.pilot.pause(0)
        while self.app.in_order._task is not None:
            await self.pilot.pause(0.01)
        await self.settle(2)

    async def arrive(self, event):
        """Let a key arrive now that was typed when the event was made."""
        self.app.post_message(event)
        await self.burst()

    async def type_in(self, text):
        """Type a text without waiting."""
        await self.pilot.press(*["space" if c == " " else c for c in text])
        await self.pilot.pause()

    @property
    def said(self):
        """The status line."""
        return str(self.screen.query_one("#said").visual)

    @property
    def shown(self):
        """What stands on the screen."""
        return "\n".join(
            "".join(segment.text for segment in strip)
            for strip in self.screen._compositor.render_strips()
        )

    def judgments(self, queue="compare", who="ann"):
        """The judgments that stand, newest first."""
        with self.bench.store.read() as unit:
            return [s.judgment for s in judgments.last_of(unit, queue, who, 50)]

    def drafts(self, who="ann"):
        """Every draft in the store: session and body."""
        with self.bench.store.read() as unit:
            rows = unit.all(
                "SELECT session, body FROM draft WHERE annotator = :who "
                "ORDER BY saved_at, session",
                who=who,
            )
        return [(session, json.loads(body)) for session, body in rows]


@pytest.fixture
def desk_of():
    """Sit at an app that a test made itself."""
    return Desk


@pytest.fixture
def sit(campaign, make_app):
    """Sit down at the workbench: ``async with sit("compare") as desk``."""

    @asynccontextmanager
    async def sit(queue=None, *, size=(120, 40), bench=None, **options):
        app = make_app(bench or campaign, queue, **options)
        async with app.run_test(size=size) as pilot:
            desk = Desk(pilot, bench or campaign)
            while queue is not None and isinstance(app.screen, HomeScreen):
                await pilot.pause(0.02)  # a named queue opens, or the program ends
                if app.return_code is not None:
                    break
            await desk.settle()
            yield desk

    return sit


# --- a lead's desk ---------------------------------------------------------------
def crowd_says(n_people, n, *, width=2):
    """What a crowd says of comparisons: mostly the first, each with habits."""
    names = ("ann", "bob", "cy", "dora", "eve", "finn", "gus", "hal")[:n_people]
    for i in range(n):
        for place, name in enumerate(names):
            if (i + place) % 4 == 3 and n_people > 3:
                continue
            first = (i * 7 + place * (3 if i % 3 else 0)) % 5
            ranking = [["a"], ["b"]] if first > 1 else [["b"], ["a"]]
            margin = 1 + (i + place) % 3
            if first == 0:
                ranking, margin = [["a", "b"]], None
            yield {
                "comparison": f"pair-{i}",
                "annotator": name,
                "ranking": ranking,
                **({"margin": margin} if margin else {}),
                "shown": ["a", "b"] if (i + place) % 2 else ["b", "a"],
                "seconds": 20.0 + (i * 13 + place * 5) % 60,
                "reasons": {"b": ["incorrect"]} if first > 2 else {},
                "note": f"note of {name} on {i}" if i % 5 == 0 else None,
                "none_acceptable": i % 11 == 0,
                "at": f"2026-01-{1 + i % 28:02}T10:00:00Z",
            }


def bring(bench, folder, kind, records, queue):
    """Import records as a lead."""
    file = folder / f"{kind}-{queue}.jsonl"
    lines = ({k: v for k, v in r.items() if v is not None} for r in records)
    file.write_text("".join(json.dumps(r) + "\n" for r in lines))
    ingest.import_files(bench, LEAD, kind, [str(file)], ingest.Options(queue=queue))


@pytest.fixture
def judged(campaign, tmp_path):
    """The campaign with a queue that five people judged, with much to decide."""
    queueing.create(
        campaign, LEAD, Queue(name="answers", guideline="helpfulness", overlap=4)
    )
    rows = [
        {
            "id": f"pair-{i}",
            "prompt": f"How do I reverse a list in place, case {i}?",
            "responses": [
                {"id": "a", "text": f"Use `items.reverse()`; it returns None ({i})."},
                {"id": "b", "text": f"`reversed(items)` gives a reversed list ({i})."},
            ],
            "topic": ("python", "sql")[i % 2],
        }
        for i in range(60)
    ]
    bring(campaign, tmp_path, "comparisons", rows, "answers")
    bring(campaign, tmp_path, "judgments", crowd_says(5, 60), "answers")
    return campaign


@pytest.fixture
def ranked(sqlite_bench, tmp_path):
    """A queue of three responses each, ranked by three people."""
    queueing.create(sqlite_bench, LEAD, Queue(name="ranked", overlap=3))
    rows = [
        {
            "id": f"three-{i}",
            "prompt": f"How do I reverse a list in place, case {i}?",
            "responses": [{"id": r, "text": f"Answer {r}, {i}."} for r in "abc"],
        }
        for i in range(30)
    ]
    orders = ("abc", "abc", "bac", "acb", "cab")
    said = [
        {
            "comparison": f"three-{i}",
            "annotator": who,
            "ranking": [[r] for r in orders[(i * 3 + k * (i % 4)) % 5]],
            "seconds": 30.0 + i,
            "at": f"2026-01-{1 + i % 28:02}T10:00:00Z",
        }
        for i in range(30)
        for k, who in enumerate(("ann", "bob", "cy")[: 2 if i > 15 else 3])
    ]
    bring(sqlite_bench, tmp_path, "comparisons", rows, "ranked")
    bring(sqlite_bench, tmp_path, "judgments", said, "ranked")
    return sqlite_bench


@pytest.fixture
def lead_sit(judged, sit):
    """Sit down as a lead at home: the queue of answers is the first."""

    @asynccontextmanager
    async def sit_down(**options):
        options = {"bench": judged, "who": "ines", "role": Role.LEAD, **options}
        async with sit(None, **options) as desk:
            yield desk

    return sit_down


# --- a reviewer's desk -----------------------------------------------------------
class Drawing:
    """Queues that draw every judgment, people who judge, and what became of it."""

    def __init__(self, bench):
        self.bench = bench

    def judge(self, *ids, queue="compare", who="ann", note="B was not asked for"):
        """Sign the next tasks of a queue, each under an id."""
        queueing.change(self.bench, LEAD, queue, review_rate=1.0)
        actor = Actor(name=who, role=Role.ANNOTATOR)
        for id in ids:
            task = judging.claim(self.bench, actor, queue)[0]
            draft = task.blank()
            if len(draft.shown) == 1:
                draft = draft.rate(draft.shown[0], "accuracy", 4)
            elif len(draft.shown) == 2:
                draft = draft.grade(2).flip_reason("incorrect", draft.shown[1])
            else:
                draft = draft.ranked(tuple((r,) for r in draft.shown))
            judging.submit(
                self.bench,
                actor,
                task,
                draft.with_note(note),
                clock=judging.Clock(active=45),
                submission_id=id,
            )
        for held in judging.claim(self.bench, actor, queue):
            judging.release(self.bench, actor, held)

    def reviews(self, *columns):
        """Read what became of the reviews, by judgment."""
        named = ", ".join(columns)
        with self.bench.store.read() as unit:
            return unit.all(f"SELECT {named} FROM review ORDER BY judgment_id")


@pytest.fixture
def drawing(campaign):
    """Draw judgments for a second look: ``drawing.judge("j1")``."""
    return Drawing(campaign)


@pytest.fixture
def look_at(drawing, sit):
    """Sit down as rob, an expert, at the reviews of a queue."""

    @asynccontextmanager
    async def look_at(queue="compare", *, who="rob", **options):
        async with sit(queue, who=who, review=True, **options) as desk:
            yield desk

    return look_at
