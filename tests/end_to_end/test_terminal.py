"""The workbench in a real terminal, by keys alone, and what survives its end."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import orjson
import pexpect
import pyte
import pytest

from adjudge.wiring import shipped

ROOT = Path(__file__).parents[2]
PANDALM = ROOT.parent / "shared" / "data" / "pandalm"
SAMPLE = shipped.folder("fixtures") / "sample"
WAIT = 90  # seconds; a busy machine is no bug

pytestmark = pytest.mark.terminal


class Terminal:
    """A program in a pseudo-terminal: keys in, what a person sees out."""

    def __init__(self, arguments, environment):
        self.screen = pyte.Screen(120, 36)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "adjudge", *arguments],
            env=environment,
            dimensions=(36, 120),
        )

    @property
    def text(self):
        return "\n".join(self.screen.display)

    def read(self, seconds=0.1):
        """Take what the program has written; ``False`` when it has ended."""
        try:
            data = self.child.read_nonblocking(65536, timeout=seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        self._stream.feed(data)
        return True

    def until(self, words):
        """Wait until the screen shows these words."""
        deadline = time.monotonic() + WAIT
        while words not in self.text:
            assert self.read(), f"the program ended before {words!r}:\n{self.text}"
            assert time.monotonic() < deadline, f"no {words!r} on screen:\n{self.text}"

    def press(self, *keys):
        for key in keys:
            self.child.send(key)
            self.read()

    def until_it_ends(self):
        deadline = time.monotonic() + WAIT
        while self.read():
            assert time.monotonic() < deadline, f"it did not end:\n{self.text}"
        self.child.wait()
        return self.child.exitstatus


@pytest.fixture
def terminal(tmp_path, sqlite_url):
    """Open terminals on one store; none outlives its test."""
    opened = []

    def open_(*arguments):
        environment = {
            **os.environ,
            "ADJUDGE_DB": sqlite_url,
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
        }
        opened.append(Terminal(arguments, environment))
        return opened[-1]

    yield open_
    for one in opened:
        if one.child.isalive():
            one.child.kill(signal.SIGKILL)
            one.child.wait()
        with suppress(OSError):  # a test may have closed it before
            one.child.close()


@pytest.fixture
def campaign(adjudge, sqlite_url, monkeypatch, tmp_path):
    """A queue that three people judged and that wants a fourth."""
    monkeypatch.setenv("ADJUDGE_DB", sqlite_url)
    monkeypatch.chdir(tmp_path)
    folder = PANDALM if PANDALM.is_dir() else SAMPLE

    def ok(*arguments):
        ran = adjudge(*arguments)
        assert ran.code == 0, ran.err
        return ran

    ok("import", "comparisons", folder / "comparisons.jsonl", "--queue", "pandalm")
    ok("import", "judgments", folder / "judgments.jsonl")
    ok("people", "add", "ann", "--role", "annotator")
    ok("queue", "set", "pandalm", "--overlap", 4)
    return ok


def test_ten_comparisons_are_judged_by_keys_alone(campaign, terminal):
    before = campaign("agree", "pandalm", "--json").json["n_judgments"]
    window = terminal("work", "pandalm", "--as", "ann")
    window.until(" 0/")
    for n, digit in enumerate("1234567126", start=1):
        window.press(digit, "\r")
        window.until(f" {n}/")
    window.press("\x11")
    assert window.until_it_ends() == 0
    agreed = campaign("agree", "pandalm", "--json").json
    assert agreed["n_judgments"] == before + 10
    shown = campaign("queue", "show", "pandalm", "--json").json
    (ann,) = [p for p in shown["people"] if p["name"] == "ann"]
    assert (ann["done"], ann["leased"]) == (10, 0)
    assert ann["seconds"] > 0
    assert campaign("db", "check", "--json").json == {"broken": []}


def _until_drafted(window, bench, words):
    """Wait until the draft with these words is in the store: a second, no more."""
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        window.read()
        with bench.store.read() as unit:
            if any(words in body for (body,) in unit.all("SELECT body FROM draft")):
                return
    pytest.fail(f"no draft says {words!r}")


def test_a_note_survives_kill_9(campaign, terminal, make_bench, sqlite_url):
    window = terminal("work", "pandalm", "--as", "ann")
    window.until(" 0/")
    window.press("2", "n")
    window.press(*"half a thou")
    window.until("half a thou")
    _until_drafted(window, make_bench(sqlite_url), "half a thou")
    window.child.kill(signal.SIGKILL)
    window.until_it_ends()
    again = terminal("work", "pandalm", "--as", "ann")
    again.until("half a thou")
    again.press("\r")
    again.until(" 1/")
    again.press("\x11")
    assert again.until_it_ends() == 0
    rows = campaign("export", "out", "--accept-low-agreement", "--json").json
    assert rows["rows"]["annotations"]["train"]
    written = Path("out/annotations/train-00000-of-00001.jsonl").read_bytes()
    notes = [
        j["note"]
        for row in written.splitlines()
        for j in orjson.loads(row)["judgments"]
    ]
    assert "half a thou" in notes


def test_a_session_whose_terminal_goes_away_ends(campaign, terminal):
    """Else it would spin for ever, holding its tasks."""
    window = terminal("work", "pandalm", "--as", "ann")
    window.until(" 0/")
    os.close(window.child.child_fd)
    deadline = time.monotonic() + WAIT
    while window.child.isalive():
        assert time.monotonic() < deadline, "the session outlived its terminal"
        time.sleep(0.1)


def test_nothing_hostile_reaches_the_terminal(
    adjudge, sqlite_url, terminal, write_lines, monkeypatch
):
    monkeypatch.setenv("ADJUDGE_DB", sqlite_url)
    hostile = (
        "begin \x1b]52;c;SEFDS0VE\x07 \x1b]0;HACKED\x07 \x1b[2J \x9b31m [/x] "
        "\u202egnp.exe\u202c end"
    )
    record = {
        "id": "c1",
        "prompt": hostile,
        "responses": [{"id": "a", "text": hostile}, {"id": "b", "text": "x" * 10**6}],
    }
    file = write_lines([record])
    assert adjudge("import", "comparisons", file, "--queue", "q").code == 0
    assert adjudge("people", "add", "ann", "--role", "annotator").code == 0
    window = terminal("work", "q", "--as", "ann")
    window.until("SEFDS0VE")
    window.press("\x11")
    assert window.until_it_ends() == 0
    for sequence in (
        b"\x1b]52;c;SEFDS",
        b"\x1b]0;HACKED",
        b"\xc2\x9b",
        b"\xe2\x80\xae",
    ):
        assert sequence not in window.raw
