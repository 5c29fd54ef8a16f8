"""What is wrong gives one clear sentence and the exit code of the contract."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from adjudge.services.campaign import queueing
from adjudge.storage.engine import integrity

HUGE = "9" * 23  # beyond what a database, or JSON, takes for a whole number


def refused(ran, code, *said):
    """Check one refusal: its exit code, its words, and that stdout stayed clean."""
    assert ran.code == code, ran.err
    assert ran.out == ""
    assert ran.err.startswith("adjudge: ")
    assert "Traceback" not in ran.err
    for words in said:
        assert words in ran.err
    return ran


def contents(url, make_bench):
    bench = make_bench(url)
    with bench.store.read() as unit:
        assert integrity.broken(unit) == []
        return {
            t: unit.one(f'SELECT count(*) FROM "{t}"')
            for t in (
                "comparison",
                "task",
                "slot",
                "judgment",
                "person",
                "queue",
                "text",
            )
        }


@pytest.fixture
def unchanged(filled, make_bench):
    """Check that the store is as it was."""
    before = contents(filled, make_bench)
    yield
    assert contents(filled, make_bench) == before


# --- bad files ------------------------------------------------------------------
COMPARISON = {
    "id": "new",
    "prompt": "p",
    "responses": [{"id": "a", "text": "x"}, {"id": "b", "text": "y"}],
}
JUDGMENT = {"comparison": "c1", "annotator": "dee", "ranking": [["a"], ["b"]]}


@pytest.mark.parametrize(
    ("kind", "record", "said"),
    [
        (
            "comparisons",
            {**COMPARISON, "prompt": 5},
            "f.jsonl:2: prompt: expected a text or a list, found 5",
        ),
        (
            "comparisons",
            {k: v for k, v in COMPARISON.items() if k != "responses"},
            "f.jsonl:2: responses: is missing",
        ),
        (
            "judgments",
            {**JUDGMENT, "ranking": [["a"], ["z"]]},
            "f.jsonl:2: ranking: unknown response 'z'; expected 'a', 'b'",
        ),
        (
            "judgments",
            {**JUDGMENT, "ranking": [["a"], ["a", "b"]]},
            "f.jsonl:2: ranking: response 'a' stands twice in the ranking",
        ),
        (
            "judgments",
            {**JUDGMENT, "comparison": "none"},
            "f.jsonl:2: comparison: 'none' is no task",
        ),
        ("people", {"name": "x", "role": "boss"}, "f.jsonl:2: role: expected"),
        (
            "judgments",
            {**JUDGMENT, "margin": int("9" * 26)},
            "f.jsonl:2: margin: expected a whole number of at most 64 bits",
        ),
        (
            "comparisons",
            '{"id":"n","prompt":[{"role":"user","content":"\\ud800"}],"responses":[]}',
            "f.jsonl:2: prompt[0].content: holds half of a surrogate pair",
        ),
    ],
)
def test_a_bad_record_is_named_by_file_line_and_key(
    adjudge, unchanged, write_lines, kind, record, said
):
    good = {"comparisons": COMPARISON, "judgments": JUDGMENT, "people": {"name": "y"}}
    write_lines([good[kind], record], "f.jsonl")
    ran = adjudge("import", kind, "f.jsonl", *(["--queue", "q"] * (kind != "people")))
    refused(ran, 2, said, "nothing of it was imported")


def test_broken_json_in_line_7_of_1000(adjudge, unchanged, write_lines):
    records = [{**COMPARISON, "id": f"n{i}"} for i in range(1000)]
    records[6] = '{"id": "n6", "prompt": '
    write_lines(records, "f.jsonl")
    ran = adjudge("import", "comparisons", "f.jsonl", "--queue", "q")
    refused(ran, 2, "f.jsonl:7: is not JSON", "nothing of it was imported")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "f.jsonl is empty"),
        (b"\n\n", "f.jsonl is empty"),
        (b'{"id":"\xff"}\n', "f.jsonl:1: is not UTF-8 (byte 8)"),
        (b"\xff\xfe{\x00}\x00", "f.jsonl:1: holds zero bytes, as UTF-16"),
        (b"{\x00}\x00", "f.jsonl:1: holds zero bytes, as UTF-16"),
        (gzip.compress(b"{}\n", mtime=0)[:-9], "the gzip data is damaged"),
        (b"\x00" * 100, "f.jsonl:1: holds zero bytes"),
    ],
)
def test_a_file_that_is_none_of_ours(adjudge, unchanged, tmp_path, data, said):
    (tmp_path / "f.jsonl").write_bytes(data)
    refused(adjudge("import", "comparisons", "f.jsonl", "--queue", "q"), 2, said)


def test_no_file_and_a_directory(adjudge, unchanged, tmp_path):
    ran = adjudge("import", "comparisons", "none.jsonl", "--queue", "q")
    refused(ran, 3, "there is no file none.jsonl")
    ran = adjudge("import", "comparisons", tmp_path, "--queue", "q")
    refused(ran, 2, "is a directory", "name the .jsonl files inside it")


def test_more_faults_are_listed_up_to_ten(adjudge, unchanged, write_lines):
    write_lines(["{"] * 15, "f.jsonl")
    ran = adjudge("import", "comparisons", "f.jsonl", "--queue", "q")
    refused(ran, 2, "f.jsonl:1: is not JSON", "(and 14 more)", "also f.jsonl:10")
    assert "f.jsonl:11" not in ran.err
    assert "and 5 more that are not listed" in ran.err
    write_lines(["{"] * 99, "f.jsonl")
    ran = adjudge("import", "comparisons", "f.jsonl", "--queue", "q")
    refused(ran, 2, "(and 19 more, where reading stopped)", "and 10 more that are not")


def test_a_conflict_names_the_id(adjudge, unchanged, write_lines, comparison_of):
    write_lines([comparison_of("c1", topic="other")], "f.jsonl")
    ran = adjudge("import", "comparisons", "f.jsonl", "--queue", "q")
    refused(ran, 4, "f.jsonl:1: comparison 'c1' exists with other content")


# --- bad usage -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nonsense"], 2, "No such command 'nonsense'"),
        (["queue", "list", "--nonsense"], 2, "No such option"),
        (["import", "comparisons"], 2, "Missing argument"),
        (["import", "songs", "c.jsonl"], 2, "no kind of file 'songs'"),
        (["import", "comparisons", "c.jsonl"], 2, "comparisons need a queue"),
        (
            ["import", "comparisons", "c.jsonl", "--on-error", "panic"],
            2,
            "neither stop nor skip",
        ),
        (["queue", "create", "x", "--kind", "guess"], 2, "kind:"),
        (
            ["queue", "create", "x", "--kind", "compare", "--overlap", "0"],
            2,
            "overlap:",
        ),
        (["queue", "create", "x", "--kind", "compare", "--overlap", "y"], 2, "overlap"),
        (
            ["queue", "create", "x", "--kind", "compare", "--adaptive", "2"],
            2,
            "is not MIN,MAX,TAU",
        ),
        (
            ["queue", "create", "x", "--kind", "compare", "--guideline", "no"],
            3,
            "no guideline 'no'",
        ),
        (["rejudge", "q", "--where", "topic=x", "--why", "x", "--sample", HUGE], 2, ""),
        (["rejudge", "q", "--where", "topic=x", "--why", "x", "--seed", HUGE], 2, ""),
        (["log", "show", "--limit", HUGE], 2, "--limit"),
        (["export", "out", "--min-judgments", HUGE], 2, "--min-judgments"),
        (["export", "out", "--shard-mb", HUGE], 2, "--shard-mb"),
        (["queue", "set", "q"], 2, "nothing to change"),
        (["queue", "set", "none", "--overlap", "2"], 3, "no queue 'none'"),
        (["queue", "show", "none"], 3, "queues: q;"),
        (["agree", "none"], 3, "no queue 'none'"),
        (["resolve", "none"], 3, "no queue 'none'"),
        (["resolve", "q", "--method", "dice"], 2, "no resolution method 'dice'"),
        (["people", "add", "x", "--role", "boss"], 2, "no role 'boss'"),
        (["people", "add", " ", "--role", "lead"], 2, "is no name"),
        (["people", "expertise", "none", "x", "2"], 3, "nobody called 'none'"),
        (["people", "expertise", "ann", "x", "0"], 2, "not between 0 and 1000"),
        (["people", "expertise", "ann", " ", "2"], 2, "a topic has a name"),
        (["people", "statement", "ann", "--month", "2026-1"], 2, "is no month"),
        (["people", "statement", "ann", "--month", "2026-01", "--trace", ""], 2, "emp"),
        (["people", "statement", "ann", "--month", "9999-12"], 2, "is no month"),
        (["people", "statement", "ann", "--month", "0001-01"], 2, "is no month"),
        (["reopen", "q", "--where", "before=then", "--why", "x"], 2, "no day and no"),
        (["adjudicate", "c9", "--why", "x"], 3, "there is no comparison 'c9'"),
        (["adjudicate", "c1", "--why", "x"], 2, "a decision needs a ranking"),
        (["adjudicate", "c1", "--none-acceptable"], 2, "a decision needs a ranking"),
        (["adjudicate", "c1", "--ranking", "[" * 999, "--why", "x"], 2, "of 999 char"),
        (
            ["adjudicate", "c1", "--ranking", "[]", "--otherwise", "exclude"],
            2,
            "say one",
        ),
        (["guideline", "show", "none"], 3, "no guideline 'none'"),
        (["guideline", "tickets", "none"], 3, "no guideline 'none'"),
        (["guideline", "show", "x@0"], 2, "is not NAME or NAME@VERSION"),
        (["guideline", "show", f"x@{HUGE}"], 2, "is not NAME or NAME@VERSION"),
        (["guideline", "show", "x@²"], 2, "is not NAME or NAME@VERSION"),
        (["queue", "set", "q", "--adaptive", "2,٣,0.9"], 2, "is not MIN,MAX,TAU"),
        (["queue", "set", "q", "--pay", "hour,٣,EUR"], 2, "is not hour|task"),
        (["queue", "set", "q", "--overlap", "nan"], 2, "expected a whole number\n"),
        (["guideline", "show", "x@y"], 2, "is not NAME or NAME@VERSION"),
        (["guideline", "add", "none.md"], 3, "no file none.md"),
        (["guideline", "add", "."], 2, "cannot be read"),
        (["guideline", "add", "c.jsonl"], 2, "no front matter"),
        (
            ["guideline", "add", "c.jsonl", "--minor", "--major"],
            2,
            "exclude each other",
        ),
        (["export", "out", "--queue", "none"], 3, "no queue 'none'"),
        (["export", "out", "--batch", "none"], 3, "came in a batch 'none'"),
        (["export", "out", "--configs", "songs"], 2, "no config 'songs'"),
        (["export", "out", "--method", "dice"], 2, "no resolution method"),
        (["export", "out", "--split", "0.9"], 2, "sums to 0.9"),
        (["export", "out", "--split", "x"], 2, "one to three shares"),
        (["export", "out", "--min-agreement", "7"], 2, "min-agreement"),
        (["export", "."], 4, "is not empty"),
        (["why", "none.jsonl:1"], 3, "no file none.jsonl"),
        (["why", "c.jsonl:99"], 3, "has no line 99"),
        (["why", "c.jsonl:1"], 2, "holds no `row_id`"),
        (["why", "0123"], 3, "exported no row 0123"),
        (["why", "c.jsonl"], 2, "for example c.jsonl:1"),
        (["--db", "none.db", "queue", "list"], 3, "no store at none.db"),
        (["--db", "c.jsonl", "queue", "list"], 1, "not a database"),
        (["--db", ".", "queue", "list"], 1, "cannot be opened"),
        (["--db", "mysql://x/y", "queue", "list"], 2, "not a database adjudge can use"),
        (["--as", "nobody", "queue", "list"], 3, "nobody called 'nobody'"),
        (["--as", "ann", "queue", "list"], 3, "has no login"),
        (["work", "none", "--plain", "--as", "nobody"], 3, "nobody called 'nobody'"),
        (["import", "people", "\udcff.jsonl"], 2, "<DCFF>.jsonl is not UTF-8"),
        (["--as", "l\udcff", "queue", "list"], 2, "l<DCFF> is not UTF-8"),
        (["work", "q"], 2, "needs a terminal"),
        (["db", "restore", "none.db"], 3, "no backup none.db"),
        (["db", "backup", "c.jsonl"], 4, "exists already"),
    ],
)
def test_what_cannot_be_done_is_told_with_its_exit_code(
    adjudge, unchanged, arguments, code, said
):
    refused(adjudge(*arguments), code, said)


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "people", "c.jsonl"],
        ["queue", "create", "x", "--kind", "compare"],
        ["queue", "show", "q"],
        ["people", "add", "x", "--role", "lead"],
        ["people", "list"],
        ["agree", "q"],
        ["resolve", "q"],
        ["export", "out"],
        ["datasets", "list"],
        ["db", "check"],
        ["db", "backup", "x.db"],
    ],
)
def test_an_annotator_may_only_work(adjudge, filled, arguments):
    adjudge("people", "add", "ann", "--role", "annotator")
    ran = adjudge("--as", "ann", *arguments)
    refused(ran, 1, "ann (annotator) may not", "ask a lead")


def test_a_secret_that_is_no_text_is_named_and_not_said(adjudge, store, monkeypatch):
    monkeypatch.setenv("ADJUDGE_SECRET", "hush\udcff")
    ran = refused(adjudge("queue", "list"), 2, "$ADJUDGE_SECRET is not UTF-8")
    assert "hush" not in ran.err


def test_where_refused_lines_cannot_be_written_the_good_ones_are_in(
    adjudge, filled, write_lines, comparison_of
):
    file = write_lines([comparison_of("c4"), "{"])
    Path(f"{file}.rejected.jsonl").mkdir()
    ran = adjudge("import", "comparisons", file, "--queue", "q", "--on-error", "skip")
    refused(ran, 1, "the good lines are in, and", "nothing comes in twice")
    shown = adjudge("queue", "show", "q", "--json").json
    assert sum(shown["states"].values()) == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("theme = ", "adjudge.toml cannot be read"),
        ("idle_cap = 'long'", "setting idle_cap"),
        ("keys = 3", "setting keys"),
    ],
)
def test_a_wrong_settings_file_is_told(adjudge, store, content, said):
    Path("adjudge.toml").write_text(content)
    refused(adjudge("queue", "list"), 2, said)


@pytest.mark.parametrize(
    ("name", "value"), [("ADJUDGE_IDLE_CAP", "long"), ("ADJUDGE_KEYS", "no json")]
)
def test_a_wrong_variable_is_told(adjudge, store, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    refused(adjudge("queue", "list"), 2)


# --- from outside -----------------------------------------------------------------
@pytest.fixture
def nobody():
    """A pipe at whose other end nobody listens, from the start."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def test_a_closed_pipe_is_no_traceback(program, filled, nobody):
    process = program("resolve", "q", "--json", stdout=nobody)
    err = process.communicate(timeout=120)[1].decode()
    assert process.returncode == 1
    assert "Traceback" not in err
    assert "closed before everything was written" in err


def test_nobody_listening_at_all_is_no_traceback(program, filled, nobody):
    process = program("queue", "show", "none", stdout=nobody, stderr=nobody)
    assert process.wait(120) == 3


def test_standard_input_is_a_file_like_any_other(program, store):
    process = program(
        *("import", "comparisons", "-", "--queue", "q", "--json"),
        stdin=subprocess.PIPE,
        env={"ADJUDGE_DB": store},
    )
    out, err = process.communicate(json.dumps(COMPARISON).encode(), timeout=120)
    assert process.returncode == 0, err
    assert json.loads(out)["added"] == 1


def _interrupt_when_it_writes(process, bench):
    """Send Ctrl-C while an import is half in the store; tell whether it was in time."""
    while process.poll() is None:
        with bench.store.read() as unit:
            is_open = unit.one("SELECT 1 FROM import WHERE state = 'open'")
        if not is_open:
            time.sleep(0.002)
            continue
        process.send_signal(signal.SIGSTOP)
        with bench.store.read() as unit:
            is_open = unit.one("SELECT 1 FROM import WHERE state = 'open'")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        return bool(is_open)
    return False


def test_ctrl_c_in_a_large_import_keeps_nothing_seen_and_goes_on_later(
    program, adjudge, filled, make_bench, write_lines, lead
):
    bench = make_bench(filled)
    # A machine that looks away for seconds may miss the moment: again, and larger.
    for size in (30_000, 60_000, 120_000):
        queue = f"large{size}"
        records = (
            {**COMPARISON, "id": f"n{size}-{i}", "x": "y" * 300} for i in range(size)
        )
        file = write_lines([json.dumps(r) for r in records], f"{queue}.jsonl")
        arguments = ("import", "comparisons", file, "--queue", queue)
        with bench.store.read() as unit:
            before = unit.one("SELECT count(*) FROM task")
            queues = [q.name for q, _ in queueing.listed(bench, lead)]
        process = program(*arguments, env={"ADJUDGE_DB": filled})
        in_time = _interrupt_when_it_writes(process, bench)
        out, err = process.communicate(timeout=120)
        if in_time and process.returncode != 0:
            break
    assert process.returncode == 130, err
    assert out == b""
    assert b"Traceback" not in err
    assert err.startswith(b"adjudge: interrupted")
    assert [q.name for q, _ in queueing.listed(bench, lead)] == queues
    with bench.store.read() as unit:
        assert integrity.broken(unit) == []
        assert unit.one("SELECT count(*) FROM task") == before
    total = adjudge(*arguments, "--json").json
    assert (total["read"], total["added"]) == (size, size)


def test_a_path_that_the_system_refuses_does_nothing_to_the_terminal(adjudge, tmp_path):
    (tmp_path / "file").write_text("")
    ran = adjudge("demo", "--dir", tmp_path / "file" / "\x1b[31mred")
    assert ran.code == 1
    assert "file/␛[31mred: Not a directory" in ran.err


def test_a_full_disk_is_told_and_nothing_is_kept(
    adjudge, store, tmp_path, write_lines, make_bench
):
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"mounting is not permitted here: {mounted.stderr.strip()}")
    try:
        url = str(place / "adjudge.db")
        assert adjudge("--db", url, "init").code == 0
        records = [{**COMPARISON, "id": f"n{i}", "x": "y" * 3000} for i in range(2000)]
        file = write_lines(records, "large.jsonl")
        ran = adjudge("--db", url, "import", "comparisons", file, "--queue", "q")
        refused(ran, 1, "is full", "free some space")
        assert adjudge("--db", url, "queue", "list", "--json").json == []
        ran = adjudge("--db", url, "export", place / "out")
        assert ran.code in {0, 1}
        assert "Traceback" not in ran.err
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)
