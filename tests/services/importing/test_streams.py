"""Whole streams of events: killed and gone on with, and every planted count found."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adjudge.services.campaign import queueing
from adjudge.services.feedback import triage
from adjudge.services.feedback.filling import Asked
from adjudge.services.importing import feedback_ingest, ingest
from adjudge.services.work import reviewing

SHARED = Path("/work/shared")
ROOT = Path(__file__).parents[3]
SKIP = ingest.Options(on_error="skip")

_KILLED = """
import os, sys
sys.path.insert(0, sys.argv[1])
import ground
from adjudge.domain.people import Actor, Role
from adjudge.services.importing import feedback_ingest, ingest

ingest.CHUNK, real, calls = 10, feedback_ingest.keep, []

def killed(unit, lines, **others):
    kept = real(unit, lines, **others)
    calls.append(1)
    if len(calls) == 4:
        os.kill(os.getpid(), 9)
    return kept

feedback_ingest.keep = killed
lead = Actor(name="lea", role=Role.LEAD)
skip = ingest.Options(on_error="skip")
ingest.import_files(ground.bench_at(sys.argv[2]), lead, "feedback", [sys.argv[3]], skip)
"""


def event(n):
    return {
        "event_id": f"e{n}",
        "type": "message",
        "at": "2026-01-05T09:00:00Z",
        "user_id": "u",
        "message_id": f"m{n}",
        "messages": [{"role": "user", "content": "mail jane@example.com"}],
        "response": "done",
    }


def test_an_import_killed_in_the_middle_goes_on(
    bench, lead, url, write_lines, monkeypatch
):
    """`kill -9` while the fourth of ten chunks is under way."""
    lines = [json.dumps(event(n)) for n in range(100)]
    lines[5] = lines[95] = '{"event_id": 17}'
    file = write_lines(lines)
    code = [sys.executable, "-c", _KILLED, str(ROOT / "benchmarks"), url, file]
    done = subprocess.run(code, check=False, capture_output=True, env=os.environ)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert feedback_ingest.counts(bench, lead)["events"] == 0
    monkeypatch.setattr(ingest, "CHUNK", 10)
    total = ingest.import_files(bench, lead, "feedback", [file], SKIP)
    assert (total.read, total.added, total.rejected) == (100, 98, 2)
    assert feedback_ingest.counts(bench, lead)["events"] == 98
    again = ingest.import_files(bench, lead, "feedback", [file], SKIP)
    assert (again.added, again.unchanged, again.rejected) == (0, 98, 2)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_every_planted_count_of_a_stream_is_found_or_explained(tmp_path):
    stream, truth = tmp_path / "stream.jsonl", tmp_path / "truth.jsonl"
    tool = SHARED / "tools" / "make_stream.py"
    planted = ["--set", SHARED / "data" / "pandalm", "--n-events", 4000]
    planted += ["--malformed-rate", 0.01, "--out", stream, "--truth", truth]
    subprocess.run(
        [sys.executable, *map(str, [tool, *planted])], check=True, capture_output=True
    )
    check = [ROOT / "benchmarks" / "stream_truth.py", stream, truth, "--db"]
    ran = subprocess.run(
        [sys.executable, *map(str, check), str(tmp_path / "store.db")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_published_post_edits_come_in_as_rewrites(sqlite_bench, lead):
    file = str(SHARED / "data" / "mlqe_pe" / "rewrites.jsonl")
    options = ingest.Options(queue="mt")
    total = ingest.import_files(sqlite_bench, lead, "rewrites", [file], options)
    assert (total.read, total.added) == (3000, 3000)
    states = queueing.show(sqlite_bench, lead, "mt").states
    assert states["original_was_fine"] == 85
    assert states["rewritten"] == 2915
    assert len(reviewing.waiting(sqlite_bench, lead, "mt")) == 3000
    again = ingest.import_files(sqlite_bench, lead, "rewrites", [file], options)
    assert (again.added, again.unchanged) == (0, 3000)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_published_complaints_become_rewrite_tasks(sqlite_bench, lead):
    file = str(SHARED / "data" / "feedbackqa" / "feedback.jsonl")
    total = ingest.import_files(
        sqlite_bench, lead, "feedback", [file], ingest.Options()
    )
    assert total.added == total.read > 0
    found = triage.fill(sqlite_bench, lead, "rw", Asked(source="downvotes"))
    assert found.filled > 0
    assert found.filled + sum(found.left_out.values()) == found.found
