"""Hold an imported stream of events against what was planted in it.

``python benchmarks/stream_truth.py STREAM TRUTH --db DB`` imports STREAM twice and
prints, for each count of the last line of TRUTH, what the store says and, where the two
differ, a figure that explains it. The figures are counted from the file itself, by none
of our own code. Exits 1 where something is left unexplained. With ``--kill`` the first
import is killed with SIGKILL when half of the lines are kept, and gone on with. ``--db
postgresql`` starts a server of its own. The stream and the truth are what the project's
``make_stream.py`` writes (see docs/benchmarks.md).
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import orjson

import ground


def well_formed(path: Path):
    """Read the lines that were not broken on purpose."""
    with path.open("rb") as file:
        for line in file:
            try:
                event = orjson.loads(line)
            except ValueError:
                continue
            if not isinstance(event.get("event_id"), str):
                continue
            is_placed = "message_id" in event or needs_no_message(event)
            if is_placed and event.get("at") != "yesterday":
                yield event


def needs_no_message(event: dict) -> bool:
    """Tell what may stand without a message: breaking it off breaks nothing."""
    return event["type"] in {"consent_withdrawn", "outcome"}


def counted(path: Path, abusive: set[str]) -> Counter[str]:
    """Count in the file what explains a difference."""
    found: Counter[str] = Counter()
    seen: set[str] = set()
    answered: set[str] = set()
    refused: set[str] = set()
    rated: set[tuple[str, str]] = set()
    gone: set[str] = set()
    standing: dict[tuple[str, str], tuple[str, str, str]] = {}
    private: list[tuple[str, str]] = []
    moments: dict[str, list[float]] = {}
    for event in well_formed(path):
        found["well formed"] += 1
        found["broken in vain"] += "message_id" not in event
        if event["event_id"] in seen:
            found["again"] += 1
            found["again without consent"] += event.get("consent") is False
            found["re-rated again"] += bool(event.get("revision"))
            continue
        seen.add(event["event_id"])
        found["without consent"] += event.get("consent") is False
        if event["type"] == "consent_withdrawn":
            gone.add(event["user_id"])
        if event["type"] in {"message", "thumbs"} and event.get("consent") is False:
            refused.add(event["message_id"])
        if event["type"] == "message":
            answered.add(event["message_id"])
        if event["type"] != "thumbs":
            continue
        key = event["message_id"], event["user_id"]
        found["re-ratings"] += bool(event.get("revision"))
        found["superseding"] += key in rated
        rated.add(key)
        at = datetime.fromisoformat(event["at"]).timestamp()
        moments.setdefault(event["user_id"], []).append(at)
        said = event["at"], event["event_id"], event["rating"]
        standing[key] = max(standing.get(key, said), said)
        if _planted(event.get("comment") or "") and event.get("consent") is not False:
            private.append((event["user_id"], event["comment"]))
    kept = [comment for user, comment in private if user not in gone]
    found["private comments with a shape"] = sum("I live at" not in c for c in kept)
    found["private comments"] = len(kept)
    caught = {user for user in abusive if _bursts(sorted(moments.get(user, [])))}
    found["abusers who burst"] = len(caught)
    # Whoever withdrew, or refused, is left out for that before anything else.
    downvoted = [
        message
        for (message, user), (_, _, rating) in standing.items()
        if rating == "down" and user in caught - gone
    ]
    usable = answered - refused
    found["downvotes of abusers"] = sum(m in usable for m in downvoted)
    found["abusers who withdrew"] = len(caught & gone)
    found["withdrawn"] = len(gone)
    return found


def _bursts(moments: list[float]) -> bool:
    """Tell whether three ratings lie within two seconds: what an abuser does here."""
    return any(c - a <= 2.0 for a, c in zip(moments, moments[2:], strict=False))


def _planted(comment: str) -> bool:
    marks = ("my mail is", "call me at", "card 4111", "SSN 078", "I live at")
    return any(mark in comment for mark in marks)


def abusers(stream: Path, truth: Path) -> set[str]:
    """Find who the stream says are abusers."""
    with truth.open("rb") as file:
        said = (orjson.loads(line) for line in file)
        messages = {d["message_id"] for d in said if d.get("abusive_user")}
    return {
        e["user_id"] for e in well_formed(stream) if e.get("message_id") in messages
    }


def brought_in(bench, stream: Path, what: str):
    """Import the stream, and say what that took."""
    from adjudge.domain.people import Actor, Role
    from adjudge.services.importing import ingest

    lead = Actor(name="lead", role=Role.LEAD)
    skip = ingest.Options(on_error="skip")
    started, used = time.monotonic(), ground.cpu()
    total = ingest.import_files(bench, lead, "feedback", [str(stream)], skip)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what}: {total.as_json()}, {time.monotonic() - started:.0f} s, of them "
        f"{ground.cpu() - used:.0f} s of processor time, {peak:.0f} MiB",
        flush=True,
    )
    return total


def kill_half_way(bench, db: str, stream: Path, lines: int) -> None:
    """Import in a process of its own, and kill it when half of the lines are kept."""
    from adjudge.storage import imports

    process = subprocess.Popen(
        [sys.executable, __file__, str(stream), "-", "--db", db, "--only-import"]
    )
    kept = 0
    while kept < lines // 2:
        time.sleep(0.2)
        if process.poll() is not None:
            raise SystemExit("the import ended before it could be killed")
        with bench.store.read() as unit:
            kept = sum(one.lines for one in imports.unfinished(unit))
    process.send_signal(signal.SIGKILL)
    print(f"killed with {process.wait()} after {kept:,} lines were kept", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("stream", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--db", required=True, help="of a store that is not there yet")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--only-import", action="store_true")
    options = parser.parse_args()
    if options.db == "postgresql":
        with ground.postgres() as server:
            options.db = server.database()
            return hold(options)
    return hold(options)


def hold(options: argparse.Namespace) -> int:
    from adjudge.domain.people import Actor, Role
    from adjudge.services.feedback import triage
    from adjudge.services.feedback.filling import Asked
    from adjudge.services.importing import feedback_ingest
    from adjudge.storage.engine import schema

    bench, lead = ground.bench_at(options.db), Actor(name="lead", role=Role.LEAD)
    if options.only_import:
        brought_in(bench, options.stream, "imported")
        return 0
    planted = json.loads(options.truth.read_text().rstrip().rpartition("\n")[2])
    planted = planted["planted"]
    schema.create(bench.store)
    if options.kill:
        kill_half_way(bench, options.db, options.stream, planted["lines"])
    first = brought_in(bench, options.stream, "imported")
    second = brought_in(bench, options.stream, "imported again")
    store = feedback_ingest.counts(bench, lead)
    filled = triage.fill(bench, lead, "rw", Asked(source="downvotes"))
    bad = abusers(options.stream, options.truth)
    file = counted(options.stream, bad)
    rows = [
        # What was planted, what we say, what we say it should be and why.
        ("lines", first.read, planted["lines"], "every line"),
        (
            "malformed_lines",
            first.rejected,
            planted["malformed_lines"] - file["broken in vain"],
            f"{file['broken in vain']} lost a message that they need not have",
        ),
        ("well_formed", first.read - first.rejected, file["well formed"], "the rest"),
        (
            "duplicate_deliveries",
            first.unchanged,
            file["again"],
            "where both deliveries are well formed",
        ),
        (
            "no_consent",
            store["consent"]["refused"],
            planted["no_consent"] - file["again without consent"],
            f"each event once: {file['again without consent']} came twice",
        ),
        (
            "re_ratings",
            store["ratings"]["superseded"],
            file["superseding"],
            f"each once ({file['re-rated again']} came twice), "
            f"{file['re-ratings'] - file['superseding']} first ratings are not there",
        ),
        (
            "pii_comments",
            store["covered"]["events"]["comments"],
            file["private comments with a shape"],
            f"of {file['private comments']} kept, those that are no street address",
        ),
        (
            "abusive_thumbs",
            sum(n for why, n in filled.left_out.items() if why.startswith("abuse")),
            file["downvotes of abusers"],
            "down, standing and of an answer that came, nothing refused, of "
            f"{file['abusers who burst']} of {len(bad)} abusers who ever rate "
            f"thrice in two seconds (found {filled.abusers.total()}) without the "
            f"{file['abusers who withdrew']} who withdrew",
        ),
    ]
    print(f"{'planted':22}{'in file':>9}{'ours':>9}{'expected':>9}  expected is")
    left = 0
    for name, ours, expected, why in rows:
        print(f"{name:22}{planted[name]:>9}{ours:>9}{expected:>9}  {why}")
        left += ours != expected
    bench.store.close()
    return 1 if left or second.added else 0


if __name__ == "__main__":
    sys.exit(main())
