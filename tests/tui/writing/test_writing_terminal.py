"""Rewriting and reviewing on a real terminal: the whole way, its ends, its enemies."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from adjudge.services.people import standing
from adjudge.storage import rewrites

pytestmark = pytest.mark.terminal
F2, F4, F5, F6, F7 = "\x1bOQ", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~"
F12 = "\x1b[24~"
REAL = Path(__file__).parents[4] / "shared/data/feedbackqa/feedback.jsonl"
COMPLAINTS = (
    "the snippet prints None",
    "I asked about a place without copying, nobody answers that",
    "tuples cannot be turned over like this at all",
    "nothing is said of strings, which was my question",
    "deques are missing, and arrays too",
)


@pytest.fixture
def work(open_terminal, writing_file, writing):
    """Open the workbench on the small campaign."""

    def work(*arguments, **options):
        return open_terminal(writing_file, *arguments, **options)

    return work


def drafts(bench):
    with bench.store.read() as unit:
        return [json.loads(body) for (body,) in unit.all("SELECT body FROM draft")]


def leave(one):
    one.press("\x11")
    assert one.end() == 0


def sign(one, text):
    """Write a text, give a reason, sign it."""
    one.press(text, text.split()[0])
    one.press(F5)
    one.settle()
    one.press("i", "signs")
    one.press("\r")
    one.settle()
    one.press(F2, "It waits for a second expert")


@pytest.fixture
def prepared(adjudge, monkeypatch, made, tmp_path):
    """Import feedback and fill a queue, all by commands; our own where none is."""
    url = str(tmp_path / "store" / "adjudge.db")
    Path(url).parent.mkdir()
    monkeypatch.setenv("ADJUDGE_DB", url)
    monkeypatch.setenv("ADJUDGE_SECRET", "a test")
    monkeypatch.setenv("ADJUDGE_USER", "ines")
    file = REAL
    if not REAL.is_file():
        file = tmp_path / "feedback.jsonl"
        rows = [
            row
            for n, said in enumerate(COMPLAINTS)  # one copied five times is a brigade
            for row in made.events(n, comment=said)
        ]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    guideline = Path(__file__).parents[3] / "guidelines" / "rewrite.md"
    for words in (
        ("init",),
        ("guideline", "add", guideline),
        ("people", "add", "eva", "--role", "expert"),
        ("people", "add", "rob", "--role", "expert"),
        ("import", "feedback", file),
        ("queue", "create", "rw", "--kind", "rewrite", "--overlap", "1",
         "--guideline", "rewrite"),
        ("queue", "fill", "rw", "--from", "downvotes"),
    ):  # fmt: skip
        ran = adjudge(*words)
        assert ran.code == 0, ran.err
    return Path(url)


def test_from_a_downvote_to_an_approved_rewrite(prepared, open_terminal, make_bench):
    """Three are written; one is approved, one sent back and mended, one fixed."""
    one = open_terminal(prepared, "rw", "--as", "eva")
    one.wait_for("Complaint")
    one.wait_for("“")
    for text in ("Firstly, this.", "Secondly, that.", "Thirdly, other."):
        sign(one, text)
    leave(one)
    two = open_terminal(prepared, "rw", "--review", "--as", "rob")
    two.wait_for("Firstly,")
    two.wait_for("Complaint")
    two.press("1", "[1 approve]")
    two.press("\r", "Approved")
    two.wait_for("Secondly,")
    two.press("3", "against which clause")
    two.press("\r", "A few words are needed")
    two.settle()
    two.press("name the office\r", "[3 send back")
    two.press("\r", "Sent back")
    two.wait_for("Thirdly,")
    two.press("2", "Your fix")
    two.press(" And more.", "{+Thirdly")
    two.press(F7)
    two.settle()
    two.press("it was too short\r")
    two.settle()
    two.press(F2, "No rewrite of somebody else waits")
    leave(two)
    one = open_terminal(prepared, "rw", "--as", "eva")
    one.wait_for("name the office")
    one.wait_for("Secondly, that.")
    sign(one, " The office in Bern.")
    leave(one)
    two = open_terminal(prepared, "rw", "--review", "--as", "rob")
    two.wait_for("revision 2")
    two.press("1", "[1 approve]")
    two.press("\r", "No rewrite of somebody else waits")
    leave(two)
    bench = make_bench(str(prepared))
    with bench.store.read() as unit:
        standing_now = {
            w.text: (w.state, w.fixed_by)
            for w in rewrites.listed(unit, "rw", state="approved")
        }
    assert standing_now == {
        "Firstly, this.": ("approved", None),
        "Secondly, that. The office in Bern.": ("approved", None),
        "Thirdly, other. And more.": ("approved", "rob"),
    }


def test_kill_9_loses_at_most_what_was_not_saved_yet(work, writing):
    one = work("rw", "--as", "eva")
    one.wait_for("F2 sign")
    one.press("These words are saved.", "are saved.")
    one.wait_for("time")
    _until(lambda: [d["text"] for d in drafts(writing)] == ["These words are saved."])
    one.press(" And these")
    os.kill(one.child.pid, signal.SIGKILL)
    one.end()
    ((kept),) = [d["text"] for d in drafts(writing)]
    assert "These words are saved. And these".startswith(kept)
    assert kept.startswith("These words are saved.")
    two = work("rw", "--as", "eva")
    two.wait_for("You wrote something here before")
    two.press("r", "restored.")
    two.wait_for("These words are saved.")
    leave(two)


def _until(holds, seconds=90):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_keeps_the_last_letter(work, writing, number):
    one = work("rw", "--as", "eva")
    one.wait_for("F2 sign")
    one.press("Every letter counts", "letter counts")
    os.kill(one.child.pid, number)
    assert one.end() == 128 + number
    assert [d["text"] for d in drafts(writing)] == ["Every letter counts"]


def test_a_terminal_that_goes_away_keeps_the_last_letter(work, writing):
    one = work("rw", "--as", "eva", blocked=(signal.SIGHUP,))
    one.wait_for("F2 sign")
    one.press("Gone with the line", "with the line")
    pid = one.child.pid
    one.child.ptyproc.fileobj.close()
    _until(lambda: os.waitpid(pid, os.WNOHANG)[0])
    one.child.terminated = True
    assert [d["text"] for d in drafts(writing)] == ["Gone with the line"]


def test_the_own_editor_gets_a_private_file_that_is_gone_afterwards(
    work, tmp_path, writing
):
    seen = tmp_path / "seen"
    editor = tmp_path / "my editor"
    editor.write_text(
        "#!/bin/sh\n"
        f'stat -c "%a %n" "$2" "$(dirname "$2")" > "{seen}"\n'
        'printf "Written elsewhere.\\033[2J\\n" > "$2"\n'
        'exit "$1"\n'
    )
    editor.chmod(0o755)
    one = work("rw", "--as", "eva", VISUAL=f'"{editor}" 0', EDITOR="false")
    one.wait_for("F2 sign")
    one.press("old words", "old words")
    one.press(F4, "Written elsewhere.[2J")
    one.wait_for("Taken from the editor. Left out: 1 character")
    (file_mode, file), (folder_mode, folder) = (
        line.split(" ", 1) for line in seen.read_text().splitlines()
    )
    assert (file_mode, folder_mode) == ("600", "700")
    assert not Path(file).exists()
    assert not Path(folder).exists()
    leave(one)
    assert [d["text"] for d in drafts(writing)] == ["Written elsewhere.[2J"]
    two = work("rw", "--as", "eva", VISUAL=f'"{editor}" 3')
    two.wait_for("You wrote something here before")
    two.press("r", "restored.")
    two.press(" more", "[2J more")
    two.press(F4, "The editor ended with 3; the text is as it was.")
    leave(two)
    assert [d["text"] for d in drafts(writing)] == ["Written elsewhere.[2J more"]


@pytest.fixture
def hostile(make_sqlite, make_bench, made, pty, tmp_path):
    """A queue in which everything anybody else wrote is hostile."""
    bench = make_bench(make_sqlite())
    text = f"{pty.HOSTILE}\n\n```{pty.HOSTILE}\n{pty.HOSTILE}\n```"
    rows = []
    for n in range(2):
        rows += made.events(
            n,
            comment=pty.HOSTILE,
            reason_codes=[pty.HOSTILE, "incorrect"],
            answer={
                "messages": [
                    {"role": "system", "content": pty.HOSTILE},
                    {"role": "user", "content": f"{pty.HOSTILE} {'xyz'[n] * 30}"},
                ],
                "response": f"{text} {'abc'[n] * 40}",
                "context": {
                    "model": pty.HOSTILE,
                    "task_type": pty.HOSTILE,
                    "retrieval": {pty.HOSTILE: [pty.HOSTILE]},
                    "tool_calls": [{"name": pty.HOSTILE, "error": pty.HOSTILE}],
                    "error": pty.HOSTILE,
                },
            },
        )
    made.prepare(bench, tmp_path, records=rows)
    with bench.store.write() as unit:
        unit.run("UPDATE task SET labels = :labels", labels=json.dumps([pty.LABEL]))
    for who in (made.EVA, made.ROB):
        standing.opt_in(bench, who, who.name, pty.LABEL)
    return bench


@pytest.mark.parametrize("size", [(24, 80), (50, 200)], ids=["80x24", "200x50"])
def test_nothing_hostile_acts_on_the_terminal(hostile, open_terminal, pty, made, size):
    """Prompt, complaint, answer, context, label, draft, rewrite, reason, paste."""
    file = Path(hostile.store.path)
    one = open_terminal(file, "rw", "--as", "eva", size=size)
    one.wait_for("Content warning")
    one.press("o", "Ideal response")
    for keys in (F6, "\x1b", "v", "t", "\x1b", "c", "\x1b", "g", "\x1b"):
        one.press(keys)
        one.settle()
    one.press("i")
    one.settle()
    # Terminals take escapes out of a paste; the rest arrives.
    paste = pty.HOSTILE.replace("\x1b", "")
    one.press(f"\x1b[200~pasted {paste}\x1b[201~", "Left out")
    one.settle()
    one.press(F7)
    one.settle()
    one.press("\x1b[200~note \x9b5n ]0;X\x07 [/x]\x1b[201~\r")
    one.settle()
    one.press("\x06[/x]\r")
    one.settle()
    one.press("\x1b")
    one.settle()
    leave(one)
    again = open_terminal(file, "rw", "--as", "eva", size=size)
    again.wait_for("You wrote something here before")
    again.press("c", "pasted begin")
    again.press("d", "The draft is left")
    leave(again)
    made.sign(
        hostile, text=f"Better {pty.HOSTILE}".encode("ascii", "ignore").decode()
        .translate(dict.fromkeys([*range(9), *range(11, 32), 127])),
        sources=(pty.HOSTILE,), note=pty.HOSTILE, private_why="x",
    )  # fmt: skip
    with hostile.store.write() as unit:
        # As an import or another program may have left it.
        unit.run(
            "UPDATE text SET body = :body WHERE id = 'rewrite:s1'",
            body=f"Better {pty.HOSTILE}",
        )
    two = open_terminal(file, "rw", "--review", "--as", "rob", size=size)
    two.wait_for("Content warning")
    two.press("o", "approve")
    for keys in ("\t", "\t", "v", "d", "c", "\x1b", "2", "\x1b", "3", "\x1b"):
        two.press(keys)
        two.settle()
    leave(two)
    for run in (one, again, two):
        assert b"begin" in run.raw
        text = pty.OWN.sub(b"", run.raw).decode("utf-8")
        assert pty.FORBIDDEN.findall(text) == []
