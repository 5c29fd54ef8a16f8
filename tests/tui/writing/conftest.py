"""A queue of rewrites made of downvotes, for the tests of its two screens."""

from __future__ import annotations

import json
import shutil
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pexpect
import pytest

from adjudge.domain.people import Actor, Person, Role
from adjudge.services.bench import Bench
from adjudge.services.campaign import guidelines, queueing
from adjudge.services.feedback import triage
from adjudge.services.feedback.filling import Asked
from adjudge.services.importing import ingest
from adjudge.services.people import people
from adjudge.services.work import rewriting
from adjudge.storage import rewrites
from adjudge.storage.engine.store import Store

ROOT = Path(__file__).parents[3]
LEAD = Actor(name="ines", role=Role.LEAD)
EVA = Actor(name="eva", role=Role.EXPERT)
ROB = Actor(name="rob", role=Role.EXPERT)
ORIGINAL = """You can call `items.reverse()`, which gives you the reversed list:

```python
items = [1, 2, 3]
print(items.reverse())
```

This prints the reversed list. It works on every sequence, also on tuples."""
BETTER = """You can call `items.reverse()`, which works in place and returns None:

```python
items = [1, 2, 3]
items.reverse()
print(items)
```

It works on lists alone; of a tuple, `reversed(items)` makes a reversed copy."""


def events(number, **others):
    """An answer and the downvote of it."""
    answer = {
        "event_id": f"m{number}",
        "type": "message",
        "at": f"2026-01-05T00:00:{number:02}Z",
        "message_id": f"m{number}",
        "conversation_id": f"c{number}",
        "turn": 1,
        "response_id": f"r{number}",
        "user_id": f"u{number}",
        "messages": [{"role": "user", "content": ASKED[number % len(ASKED)]}],
        "response": ORIGINAL,
        "context": {
            "model": "m-1",
            "retrieval": {"documents": [{"title": "list.reverse"}]},
            "tool_calls": [{"name": "docs.search", "ok": False, "error": "timeout"}],
        },
    }
    down = {
        "event_id": f"f{number}",
        "type": "thumbs",
        "rating": "down",
        "at": f"2026-01-05T00:01:{number:02}Z",
        "message_id": f"m{number}",
        "user_id": f"u{number}",
        "consent": True,
        "reason_codes": ["incorrect", "incomplete"],
        "comment": "the snippet prints None, and it never says when not to",
    }
    answer |= others.pop("answer", {})
    return [answer, down | others]


ASKED = (
    "How do I reverse a list in place in Python, and when should I not?",
    "Which call turns the order of my shopping basket around for good?",
    "Explain please what happens to a tuple when somebody flips it over.",
    "Can strings be walked backwards without making a second copy of them?",
    "What does the documentation say about flipping deques and arrays?",
)


def prepare(bench, folder, *, count=3, queue="rw", records=None, **settings):
    """Fill a queue of rewrites from downvotes; eva and rob are experts."""
    text = (ROOT / "guidelines" / "rewrite.md").read_text()
    guidelines.add(bench, LEAD, text, name="rewrite", change="major")
    for who in (EVA, ROB):
        people.add(bench, LEAD, Person(name=who.name, role=who.role))
    made = queueing.settings(
        name=queue, kind="rewrite", guideline="rewrite", **{"overlap": 1, **settings}
    )
    queueing.create(bench, LEAD, made)
    if records is None:
        records = [row for n in range(count) for row in events(n)]
    file = folder / "events.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in records))
    ingest.import_files(bench, LEAD, "feedback", [str(file)], ingest.Options())
    return triage.fill(bench, LEAD, queue, Asked(source="downvotes"))


@pytest.fixture(scope="session")
def made():
    """People, texts and makers that several tests name."""
    return SimpleNamespace(
        LEAD=LEAD,
        EVA=EVA,
        ROB=ROB,
        ORIGINAL=ORIGINAL,
        BETTER=BETTER,
        ASKED=ASKED,
        events=events,
        prepare=prepare,
        sign=sign,
    )


@pytest.fixture(scope="session")
def writing_template(sqlite_template, tmp_path_factory):
    """A queue of three downvoted answers, filled once."""
    folder = tmp_path_factory.mktemp("writing")
    path = folder / "adjudge.db"
    shutil.copy(sqlite_template, path)
    numbers = iter(range(1, 10**6))
    bench = Bench(
        store=Store.at(str(path)),
        now=lambda: "2026-01-05T09:00:00Z",
        new_id=lambda: f"made-{next(numbers):06}",
        secret=b"a test",
    )
    prepare(bench, folder)
    bench.store.close()
    return path


@pytest.fixture
def writing_file(writing_template, tmp_path):
    path = tmp_path / "writing" / "adjudge.db"
    path.parent.mkdir()
    for part in writing_template.parent.glob(writing_template.name + "*"):
        if part.suffix in {".db", ".secret", ".head"}:
            shutil.copy(part, path.with_name(part.name))
    path.chmod(0o600)
    return path


@pytest.fixture
def writing(writing_file, make_bench):
    """A bench on a queue of three rewrites."""
    return make_bench(str(writing_file))


def sign(bench, who=EVA, text=BETTER, *, id="s1", queue="rw", **others):
    """Rewrite the first task in hand, without a screen."""
    assignment = rewriting.claim(bench, who, queue)[0]
    draft = assignment.blank().write(text).flip_reason("incorrect")
    draft = draft.model_copy(update=others)
    return rewriting.submit(bench, who, assignment, draft, seconds=60, submission_id=id)


class Writer:
    """What the tests ask of the two screens, beside what every desk tells."""

    def __init__(self, desk):
        self._desk = desk

    def __getattr__(self, name):
        return getattr(self._desk, name)

    @property
    def screen_below(self):
        """The screen under a dialog."""
        return self.app.screen_stack[-2]

    @property
    def text(self):
        return self.screen.box.text

    @property
    def checks(self):
        return str(self.screen.query_one("#checks").visual)

    @property
    def rewrites(self):
        """Every rewrite in the store, the newest revision first."""
        with self.bench.store.read() as unit:
            return rewrites.listed(unit, "rw")

    @property
    def diffed(self):
        """The word diff, its lines joined."""
        strips = self.screen.diff._lines.strips
        return "".join(strip.text for strip in strips)

    async def paste(self, text):
        from textual import events as textual_events

        self.app.post_message(textual_events.Paste(text))
        await self.settle()

    async def pause(self):
        """Stop typing until the diff is made and the draft is kept."""
        names = ("_pause", "_timer", "_unkept", "_is_comparing")
        await self.until_so(
            lambda: not any(getattr(self.screen, name, None) for name in names)
        )
        await self.settle()

    async def kept(self, who="eva"):
        """Stop typing; give the drafts in the store."""
        await self.pause()
        return self.drafts(who)


@pytest.fixture
def write_at(writing, sit):
    """Sit down at the rewrites: ``async with write_at() as desk``."""

    @asynccontextmanager
    async def write_at(queue="rw", *, who="eva", bench=None, **options):
        async with sit(queue, who=who, bench=bench or writing, **options) as desk:
            writer = Writer(desk)
            await writer.settle()
            yield writer

    return write_at


def _beside(name):
    """Load a test file beside this folder: its terminal is shared."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(f"shared_{name}", ROOT / "tests" / "tui" / name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def pty():
    """The pseudo-terminal of ``test_terminal``, with what may never reach it."""
    module = _beside("test_terminal.py")
    return SimpleNamespace(
        Terminal=module.Terminal,
        HOSTILE=module.HOSTILE,
        LABEL=module.LABEL,
        OWN=module.OWN,
        FORBIDDEN=module.FORBIDDEN,
    )


@pytest.fixture
def open_terminal(pty):
    """Open the workbench on a store, on a pseudo-terminal."""
    import adjudge

    opened = []
    source = str(Path(adjudge.__file__).parents[1])

    def open_(file, *arguments, **options):
        options = {"PYTHONPATH": source, **options}
        opened.append(pty.Terminal(file, *arguments, **options))
        return opened[-1]

    yield open_
    for one in opened:
        with suppress(pexpect.ExceptionPexpect):
            one.child.close(force=True)
