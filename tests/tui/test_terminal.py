"""The workbench on a real terminal: what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pexpect
import pyte
import pytest

from adjudge.domain.people import Actor, Person, Role
from adjudge.domain.queue import Queue
from adjudge.services.importing import ingest
from adjudge.services.people import people, standing
from adjudge.storage import people as stored_people
from adjudge.storage import queues

pytestmark = pytest.mark.terminal
LEAD = Actor(name="ines", role=Role.LEAD)
COMMAND = [sys.executable, "-m", "adjudge", "work"]


class Terminal:
    """A pseudo-terminal that shows what a person would see."""

    def __init__(self, file, *arguments, size=(40, 120), blocked=(), **env):
        rows, columns = size
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.child = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *arguments],
            dimensions=size,
            timeout=120,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, blocked),
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
                "TERM": "xterm-256color",
                "LANG": "C.UTF-8",
                "TZ": "UTC",
                "HOME": str(file.parent),
                "ADJUDGE_DB": str(file),
                "ADJUDGE_SECRET": "a test",
                **env,
            },
        )

    def read(self, seconds=0.05):
        """Take what was written; tell whether there was anything."""
        try:
            data = self.child.read_nonblocking(1 << 16, seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.raw += data
        self.stream.feed(data)
        return True

    def wait_for(self, words, seconds=90):
        """Read until some words stand on the screen."""
        end = time.monotonic() + seconds
        while words not in "\n".join(self.screen.display):
            assert time.monotonic() < end, "\n".join(self.screen.display)
            self.read()

    def wait_until(self, holds, seconds=90):
        """Read until something holds, for example in the store."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "\n".join(self.screen.display)
            self.read()

    def wait_gone(self, words, seconds=90):
        """Read until some words stand on the screen no more."""
        end = time.monotonic() + seconds
        while words in "\n".join(self.screen.display):
            assert time.monotonic() < end, "\n".join(self.screen.display)
            self.read()

    def settle(self, quiet=0.4, seconds=90):
        """Read until nothing was painted for a while: keys were taken.

        An Escape that is followed too early by a letter is another key.
        """
        end = time.monotonic() + seconds
        while self.read(quiet):
            assert time.monotonic() < end, "it never stops painting"

    def press(self, keys, wait=""):
        self.child.send(keys)
        if wait:
            self.wait_for(wait)

    def end(self, seconds=90):
        """Wait for the process to be gone; give how it ended."""
        end = time.monotonic() + seconds
        while self.child.isalive():
            assert time.monotonic() < end, "it goes on without its terminal"
            self.read(0.02)
        while self.read():
            pass
        self.child.close()
        return self.child.exitstatus


@pytest.fixture
def terminal(campaign_file, campaign):
    """Open the workbench on a pseudo-terminal."""
    opened = []

    def open_(*arguments, **options):
        opened.append(Terminal(campaign_file, *arguments, **options))
        return opened[-1]

    yield open_
    for one in opened:
        with suppress(pexpect.ExceptionPexpect):
            one.child.close(force=True)


def drafts(bench):
    with bench.store.read() as unit:
        return [json.loads(body) for (body,) in unit.all("SELECT body FROM draft")]


def test_a_note_survives_kill_9(terminal, campaign):
    first = terminal("compare", "--as", "ann")
    first.wait_for("Enter submit")
    first.press("2", "[2 A>B]")
    first.press("nhalf a note", "half a note")
    first.wait_until(lambda: [d["note"] for d in drafts(campaign)] == ["half a note"])
    os.kill(first.child.pid, signal.SIGKILL)
    first.end()
    assert [d["note"] for d in drafts(campaign)] == ["half a note"]
    second = terminal("compare", "--as", "ann")
    second.wait_for("half a note")
    second.wait_for("restored.")
    second.press("\r", "Saved #1 A>B. u undoes.")
    second.press("\x11")
    assert second.end() == 0


def assert_given_back(one):
    """Normal screen, cursor, no mouse, no paste marks: a shell can go on."""
    for mode, ends in (
        ("1049", "l"), ("25", "h"), ("1000", "l"), ("1003", "l"), ("2004", "l"),
        ("1004", "l"), ("7", "h"),
    ):  # fmt: skip
        said = re.findall(rb"\x1b\[\?%s([hl])" % mode.encode(), one.raw)
        assert said[-1:] == [ends.encode()], f"mode {mode}"


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_it_and_keeps_the_last_key(terminal, campaign, number):
    one = terminal("compare", "--as", "ann")
    one.wait_for("Enter submit")
    one.press("5", "[5 B>=A]")
    os.kill(one.child.pid, number)
    assert one.end() == 128 + number
    assert [d["margin"] for d in drafts(campaign)] == [1]
    assert_given_back(one)


@pytest.mark.parametrize("blocked", [(), (signal.SIGHUP,)], ids=["signal", "silence"])
def test_it_ends_with_its_terminal_even_without_a_signal(terminal, campaign, blocked):
    """A Textual process whose terminal is gone would spin for ever."""
    one = terminal("compare", "--as", "ann", blocked=blocked)
    one.wait_for("Enter submit")
    one.press("6", "[6 B>A]")
    pid, started = one.child.pid, time.monotonic()
    one.child.ptyproc.fileobj.close()
    while time.monotonic() - started < 90:
        if os.waitpid(pid, os.WNOHANG)[0]:
            break
        time.sleep(0.02)
    else:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        pytest.fail("it goes on without its terminal")
    one.child.terminated = True
    assert [d["margin"] for d in drafts(campaign)] == [2]


@pytest.mark.parametrize(
    "place", ["stdin", "stdout", "stderr", "dumb"], ids=lambda place: place
)
def test_without_a_terminal_it_refuses_and_names_the_line_mode(
    campaign_file, place, terminal
):
    if place == "dumb":
        one = terminal("compare", "--as", "ann", TERM="dumb")
        one.child.expect(pexpect.EOF)
        assert b"--plain" in one.child.before
        assert one.end() == 2
        return
    done = subprocess.run(
        [*COMMAND, "compare", "--as", "ann"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "ADJUDGE_DB": str(campaign_file), "ADJUDGE_SECRET": "x"},
        check=False,
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "--plain" in done.stderr
    assert done.stdout == ""


def test_an_unknown_queue_ends_with_its_exit_code_on_a_clean_terminal(terminal):
    one = terminal("nowhere", "--as", "ann")
    one.child.expect(pexpect.EOF)
    assert one.end() == 3
    after = one.child.before.decode().rpartition("\x1b[?1049l")[2]
    assert "there is no queue 'nowhere'" in after


def test_two_windows_of_one_person_agree(terminal, campaign):
    first = terminal("compare", "--as", "ann")
    first.wait_for("Enter submit")
    second = terminal("compare", "--as", "ann")
    second.wait_for("Enter submit")
    first.press("2", "[2 A>B]")
    first.press("\r", "Saved #1")
    second.press("6", "[6 B>A]")
    second.press("\r", "in another window; here is the next")
    for one in (first, second):
        one.press("\x11")
        assert one.end() == 0
    with campaign.store.read() as unit:
        rows = unit.all("SELECT margin FROM judgment WHERE annotator = 'ann'")
    assert rows == [(2,)]


def test_the_mouse_is_given_to_the_terminal_and_taken_back(terminal):
    one = terminal("compare", "--as", "ann")
    one.wait_for("Enter submit")
    assert b"\x1b[?1000h" in one.raw
    before = len(one.raw)
    one.press("m", "The mouse is the terminal's")
    assert b"\x1b[?1000l" in one.raw[before:]
    before = len(one.raw)
    one.press("m", "The mouse is ours again")
    assert b"\x1b[?1000h" in one.raw[before:]


def test_the_pager_gets_cleaned_text_and_gives_the_screen_back(terminal, tmp_path):
    show = tmp_path / "show"
    show.write_text('#!/bin/sh\nstat -c %a "$1"\nhead -c 300 "$1"\nread answer\n')
    show.chmod(0o755)
    one = terminal("compare", "--as", "ann", PAGER=str(show))
    one.wait_for("Enter submit")
    one.press("2", "[2 A>B]")
    one.press("e", "600")
    one.wait_for("Response A")
    os.kill(one.child.pid, signal.SIGINT)  # ^C in a pager reaches us, and is not ours
    one.press("\n")
    one.wait_until(lambda: one.raw.count(b"\x1b[?1049h") == 2)  # it is ours again
    one.press("5", "[5 B>=A]")
    os.kill(one.child.pid, signal.SIGINT)
    assert one.end() == 128 + signal.SIGINT
    assert_given_back(one)


HOSTILE = (
    "begin \x1b]52;c;SEFDS0VE\x07 \x1b]0;HACKED\x07 \x1b]8;;http://evil\x07l "
    "\x1b[2J\x1b[6n\x1b[31m \x9b5n \x9d52;c;QQ\x9c \x90q\x9c \x05 "
    "\u202egnp.exe\u202c \u2066iso\u2069 \x08\x7f abc\rXYZ "
    "[/x][@click=app.quit]q[/] end"
)
LABEL = "warned \x1b]0;HACKED\x07 \x9b5n [/x] \u202e"
# What Textual itself says: colours, cursor, modes, pointer, questions of its own.
OWN = re.compile(
    rb"\x1b\[[0-9;:]*m|\x1b\[\d+;\d+H|\x1b\[\?\d+(?:;\d+)?\$?[hlp]|\x1b\[[<>=]\d*u"
    rb"|\x1b\[\?u|\x1b\[c|\x1b\[\d+;1H|\x1b\]22;\w+\x07|\x1b\[>4;1m|\x1b\[<u|[\r\n]"
)
FORBIDDEN = re.compile(".{0,20}[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069].{0,20}")


@pytest.fixture
def hostile_name(campaign, tmp_path):
    """A campaign in which everything that can be named is hostile."""
    name = HOSTILE
    who = Actor(name=name, role=Role.ANNOTATOR)
    with campaign.store.write() as unit:
        # As they may stand in a store; nothing new is made under such a name.
        hostile = Queue(name=name, guideline="helpfulness")
        queues.add(unit, hostile, at=campaign.now())
        stored_people.add(unit, Person(name=name), at=campaign.now())
    turns = [
        {"role": "assistant", "content": HOSTILE, "name": HOSTILE},
        {
            "role": "assistant",
            "content": HOSTILE,
            "tool_calls": [{"function": {"name": HOSTILE, "arguments": HOSTILE}}],
        },
    ]
    rows = [
        {
            "id": f"hostile {n}",
            "prompt": [
                {"role": "system", "content": HOSTILE},
                {"role": "user", "content": HOSTILE, "name": HOSTILE},
            ],
            "topic": HOSTILE,
            "labels": labels,
            "responses": [
                {"id": "a", "text": f"{HOSTILE}\n\n```{HOSTILE}\n{HOSTILE}\n```"},
                {"id": "b", "messages": turns},
            ],
        }
        for n, labels in enumerate(([], [LABEL]))
    ]
    file = tmp_path / "hostile.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    standing.opt_in(campaign, who, name, LABEL)
    options = ingest.Options(queue=name)
    ingest.import_files(campaign, LEAD, "comparisons", [str(file)], options)
    return name


@pytest.mark.parametrize("size", [(24, 80), (50, 200)], ids=["80x24", "200x50"])
def test_nothing_that_is_named_or_said_acts_on_the_terminal(
    terminal, hostile_name, size
):
    """Prompt, responses, tools, topic, label, note, queue and person are hostile."""
    one = terminal("--as", hostile_name, size=size)
    one.wait_for("open by number")
    one.wait_for("begin")
    one.press("1", " hidden")
    one.press("2", "[2 A>B]")
    for keys in ("t", "A", "i", "\x1b", "c", "\x1b", "g", "\x1b", "d", "v", "\t"):
        one.press(keys)
        one.settle()
    one.press("n\x1b[200~" + "note \x9b5n \x1b]0;X\x07 [/x]" + "\x1b[201~")
    one.settle()
    one.press("\r")
    one.settle()
    one.press("\r", "Content warning")
    one.press("q", "open by number")
    one.press("\x11")
    assert one.end() == 0
    assert b"begin" in one.raw
    text = OWN.sub(b"", one.raw).decode("utf-8")
    assert FORBIDDEN.findall(text) == []


@pytest.mark.parametrize("size", [(24, 80), (50, 200)], ids=["80x24", "200x50"])
def test_nothing_that_is_named_or_said_acts_on_a_leads_terminal(
    terminal, hostile_name, campaign, tmp_path, size
):
    """Queue, people, notes, reasons and tags are hostile on a lead's screens too."""
    people.add(campaign, LEAD, Person(name="ines", role=Role.LEAD))
    rows = [
        {
            "comparison": f"hostile {n}",
            "annotator": f"{HOSTILE} {who}",
            "ranking": ranking,
            "note": HOSTILE,
            "reasons": {"a": [HOSTILE], "*": [HOSTILE]},
            "seconds": 5.0,
            "at": "2026-01-05T09:00:00Z",
        }
        for n in range(2)
        for who, ranking in enumerate(([["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]))
    ]
    file = tmp_path / "said.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = ingest.Options(queue=hostile_name)
    ingest.import_files(campaign, LEAD, "judgments", [str(file)], options)
    one = terminal("--as", "ines", size=size)
    one.wait_for("l numbers")
    one.wait_for("begin")
    one.press("l", "as of")
    one.settle()
    for keys in ("2", "3", "4"):
        one.press(keys)
        one.settle()
    one.press("/hostile\r", "with “hostile”")
    one.settle()
    one.press("\r", "Your own call first")
    one.press("2", "[2 A>B]")
    one.press("\r", "Your blind call")
    one.settle()
    for key, words in (("t", "Why did people"), ("x", "Instead of deciding")):
        one.press(key, words)
        one.settle()
        one.press("\x1b")
        one.wait_gone(words)
        one.settle()
    one.press("n\x1b[200~" + "reason \x9b5n \x1b]0;X\x07 [/x]" + "\x1b[201~")
    one.settle()
    one.press("\r")
    one.settle()
    one.press("\r", "Decided")
    one.press("\x11")
    assert one.end() == 0
    text = OWN.sub(b"", one.raw).decode("utf-8")
    assert FORBIDDEN.findall(text) == []
