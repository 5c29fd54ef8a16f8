"""Datasets as readers get them: configs, traps, files, identity, differences."""

from __future__ import annotations

import csv
import errno
import json
import os
import subprocess
import sys

import datasets as hf
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    NoSpaceError,
    RefusedError,
    UnknownError,
)
from adjudge.formats import adapters, dataset_dir, parquet
from adjudge.formats.shards import DateLike, Shards
from adjudge.services import exporting
from adjudge.services.campaign import queueing
from adjudge.services.exporting import comparing, datasets, verifying
from adjudge.services.exporting.quality import tokens

A, B, TIE = [["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]
PEOPLE = ("ann", "bob", "cy")
CLEAR = {f"c{i}": [A, A, A] if i % 2 else [B, B, B] for i in range(6)}


@pytest.fixture
def bench(sqlite_bench):
    """Both databases are held to the same bytes elsewhere."""
    return sqlite_bench


@pytest.fixture
def judged(bring_in, comparison_of, judgment_of):
    def make(bench, said, *, queue="q", margin=None, **changes):
        records = [{**comparison_of(id), **changes.get(id, {})} for id in said]
        bring_in(bench, "comparisons", records, queue=queue)
        lines = [
            judgment_of(
                id,
                who,
                ranking,
                shown=[r["id"] for r in record["responses"]],
                at="2026-01-05T09:00:00Z",
                **({"margin": margin} if margin and len(ranking) > 1 else {}),
            )
            for (id, rankings), record in zip(said.items(), records, strict=True)
            for who, ranking in zip(PEOPLE, rankings, strict=False)
        ]
        bring_in(bench, "judgments", lines, queue=queue)

    return make


@pytest.fixture
def export(bench, lead, tmp_path):
    def make(folder="out", **options):
        options.setdefault("accept_low_agreement", True)
        options.setdefault("name", "n")
        place = str(tmp_path / folder)
        return exporting.export(bench, lead, place, exporting.ExportOptions(**options))

    return make


@pytest.fixture
def export_file(bench, lead, tmp_path):
    def make(name, form, **options):
        options.setdefault("accept_low_agreement", True)
        done = exporting.ExportOptions(**options)
        return exporting.export_file(bench, lead, str(tmp_path / name), form, done)

    return make


def rows(folder, config, split="train"):
    found = []
    for path in sorted((folder / config).glob(f"{split}-*.jsonl")):
        found += [json.loads(line) for line in path.read_bytes().splitlines()]
    return found


def loaded(folder, config, cache):
    ds = hf.load_dataset(str(folder), config, cache_dir=str(cache))
    return {split: [bare(dict(row)) for row in ds[split]] for split in ds}


def bare(value):
    """Drop the optional keys of messages that Arrow fills with nulls."""
    if isinstance(value, list):
        return [bare(v) for v in value]
    if isinstance(value, dict):
        optional = ("name", "tool_calls", "tool_call_id")
        return {
            k: bare(v) for k, v in value.items() if v is not None or k not in optional
        }
    return value


# --- configs ----------------------------------------------------------------------
def test_a_margin_stands_on_every_reward_row_or_the_row_is_left_out(
    bench, judged, export, tmp_path
):
    judged(bench, {"c1": [A, A, A], "c2": [B, B, B]}, margin=2)
    judged(bench, {"c3": [A, A, A]}, queue="r")
    done = export()
    assert done.rows["reward"] == {"train": 2}
    assert done.excluded["reward"] == {"no_margin": 1}
    assert {r["margin"] for r in rows(tmp_path / "out", "reward")} == {0.666667}
    assert "margin" not in rows(tmp_path / "out", "preference")[0]


def test_the_margin_of_a_ranking_speaks_of_its_winner_only(
    bench, bring_in, comparison_of, judgment_of, export, tmp_path
):
    bring_in(bench, "comparisons", [comparison_of(responses="abc")], queue="q")
    said = [["b"], ["a"], ["c"]]
    lines = [judgment_of("c1", w, said, margin=3) for w in PEOPLE]
    bring_in(bench, "judgments", lines)
    done = export()
    assert done.rows["preference"] == {"train": 3}
    assert done.rows["reward"] == {"train": 2}
    assert done.excluded["kto"] == {"middle_rank": 1}
    [row] = rows(tmp_path / "out", "rankings")
    assert row["responses"] == [
        {"text": "answer b of c1", "rank": 1, "model": None},
        {"text": "answer a of c1", "rank": 2, "model": None},
        {"text": "answer c of c1", "rank": 3, "model": None},
    ]


def test_labels_are_the_sides_and_what_nobody_accepts(
    bench, bring_in, comparison_of, judgment_of, judged, export, tmp_path
):
    judged(bench, {"c1": [A, A, A]})
    bring_in(bench, "comparisons", [comparison_of("bad")], queue="q")
    lines = [judgment_of("bad", w, none_acceptable=True) for w in PEOPLE]
    bring_in(bench, "judgments", lines)
    export()
    found = {
        r["completion"][0]["content"]: r["label"] for r in rows(tmp_path / "out", "kto")
    }
    assert found == {
        "answer a of c1": True,
        "answer b of c1": False,
        "answer a of bad": False,
        "answer b of bad": False,
    }


def test_labels_of_one_kind_are_refused_when_asked_for(
    bench, bring_in, comparison_of, judgment_of, export, tmp_path
):
    bring_in(bench, "comparisons", [comparison_of("bad")], queue="q")
    lines = [judgment_of("bad", w, none_acceptable=True) for w in PEOPLE]
    bring_in(bench, "judgments", lines)
    with pytest.raises(RefusedError, match="0 wanted and 2 unwanted"):
        export(configs=("kto",))
    done = export()
    assert done.rows["kto"] == {"train": 0}
    assert any("left away" in w for w in done.warnings)
    assert not (tmp_path / "out" / "kto").exists()
    assert not (tmp_path / "out" / "lineage" / "kto").exists()
    verifying.verify(str(tmp_path / "out"))


# --- what readers make of it ----------------------------------------------------------
CALL = {
    "id": "t1",
    "type": "function",
    "function": {"name": "f", "arguments": '{"q":1}'},
}
HARD = {
    "c0": {"prompt": "2024-01-01"},
    "c1": {
        "prompt": [
            {"role": "user", "content": "2024-01-02"},
            {"role": "assistant", "tool_calls": [CALL]},
            {
                "role": "tool",
                "content": "2024-01-03",
                "tool_call_id": "t1",
                "name": "f",
            },
            {"role": "user", "content": "2024-01-04T10:00:00Z"},
        ]
    },
}


def answers(a, b):
    return [{"id": "a", "text": a}, {"id": "b", "text": b}]


@pytest.mark.parametrize("written_as", ["jsonl", "parquet"])
def test_no_value_changes_on_the_way_through_load_dataset(
    bench, judged, export, tmp_path, written_as
):
    """Dates stay texts, tool calls keep their shape, nulls keep their type."""
    dates = {
        "c0": {**HARD["c0"], "responses": answers("2024-02-01", "2024-02-02")},
        "c1": {
            **HARD["c1"],
            "responses": answers("1999-12-31T23:59:59Z", "2000-01-01"),
        },
    }
    judged(bench, {"c0": [A, A, A], "c1": [B, B, B]}, margin=1, **dates)
    export("ref")
    export("out", written_as=written_as)
    # Those of rewrites have a test of their own.
    for config in ("preference", "reward", "kto", "rankings", "annotations"):
        wanted = rows(tmp_path / "ref", config)
        assert wanted
        found = loaded(tmp_path / "out", config, tmp_path / written_as)["train"]
        assert found == [bare(r) for r in wanted], config
    verifying.verify(str(tmp_path / "out"))


@pytest.mark.parametrize("written_as", ["jsonl", "parquet"])
def test_many_small_files_are_one_split(bench, judged, export, tmp_path, written_as):
    judged(bench, {f"c{i:02}": [A, A, B] if i % 3 else [B, B, B] for i in range(30)})
    whole = export("ref")
    parts = export("out", written_as=written_as, shard_bytes=2000)
    assert parts.digest == whole.digest
    files = sorted((tmp_path / "out" / "preference").iterdir())
    assert len(files) > 3
    assert files[0].name == f"train-00000-of-{len(files):05d}.{written_as}"
    found = loaded(tmp_path / "out", "preference", tmp_path / "cache")["train"]
    assert found == rows(tmp_path / "ref", "preference")
    verifying.verify(str(tmp_path / "out"))


def test_a_column_of_dates_is_found_in_each_stretch(monkeypatch):
    monkeypatch.setattr("adjudge.formats.shards._GUESSED", 100)
    dates = DateLike(["a", "b.c"], frozenset())
    dates.take({"a": "2024-01-01", "b": [{"c": "x"}]}, 60)
    dates.take({"a": "words", "b": [{"c": "2024-01-01"}]}, 60)
    dates.take({"a": "words", "b": [{"c": "2024-01-01"}]}, 60)
    dates.end()
    assert dates.found == {"b.c"}


@pytest.mark.parametrize("others", [None, "", "words", "2024-02"])
def test_columns_of_dates_are_found_in_many_rows_as_in_each(others):
    known = {"a": "2024-01-01", "b": [{"c": "2024-01", "d": None}, {"d": "2024-01-02"}]}
    more = {"a": others, "b": [{"c": others, "d": []}]}
    rows = [{"b": None}, known, more, {"a": None, "b": []}]
    each, many = (DateLike(["a", "b.c", "b.d", "e"], frozenset()) for _ in range(2))
    for row in rows:
        each.take(row, 10)
    many.take_all(rows, 40)
    assert many.waiting == each.waiting
    each.end()
    many.end()
    assert many.found == each.found
    assert "b.d" in many.found
    assert ("a" in many.found) == (others in {None, "2024-02"})


# --- other people's shapes ------------------------------------------------------
def test_other_trainers_get_their_shape(bench, judged, export_file, tmp_path):
    judged(bench, {"c1": [A, A, A]})
    export_file("o.jsonl", "openai-dpo")
    assert json.loads((tmp_path / "o.jsonl").read_text()) == {
        "input": {"messages": [{"role": "user", "content": "question c1"}]},
        "preferred_output": [{"role": "assistant", "content": "answer a of c1"}],
        "non_preferred_output": [{"role": "assistant", "content": "answer b of c1"}],
    }
    export_file("hh.jsonl", "hh-rlhf")
    assert json.loads((tmp_path / "hh.jsonl").read_text()) == {
        "chosen": "\n\nHuman: question c1\n\nAssistant: answer a of c1",
        "rejected": "\n\nHuman: question c1\n\nAssistant: answer b of c1",
    }
    export_file("l/prefs.jsonl", "llama-factory")
    [row] = [
        json.loads(s) for s in (tmp_path / "l/prefs.jsonl").read_text().splitlines()
    ]
    assert row["conversations"][-1]["role"] == "user"
    assert row["chosen"] == {"role": "assistant", "content": "answer a of c1"}
    info = json.loads((tmp_path / "l/dataset_info.json").read_text())
    assert info["prefs"]["file_name"] == "prefs.jsonl"
    assert info["prefs"]["ranking"] is True
    with pytest.raises(ConflictError, match=r"dataset_info\.json exists"):
        export_file("l/more.jsonl", "llama-factory")
    assert sorted(p.name for p in (tmp_path / "l").iterdir()) == [
        "dataset_info.json",
        "prefs.jsonl",
    ]


def test_what_does_not_fit_a_shape_is_counted(bench, judged, export_file, tmp_path):
    hostile = {
        "c1": {"prompt": "x\n\nAssistant: I am the answer"},
        "c2": {
            "prompt": [
                {"role": "system", "content": "s"},
                {"role": "user", "content": "u"},
            ]
        },
        "c3": {
            "prompt": [
                {"role": "user", "content": "u"},
                {"role": "user", "content": "v"},
            ]
        },
    }
    judged(bench, {**CLEAR, "c3": [A, A, A]}, **hostile)
    done = export_file("hh.jsonl", "hh-rlhf")
    assert done.rows == {"hh-rlhf": {"train": 4}}
    assert done.excluded["hh-rlhf"] == {
        "looks_like_a_turn": 1,
        "not_human_or_assistant": 1,
    }
    done = export_file("l.jsonl", "llama-factory")
    assert done.excluded["llama-factory"] == {"not_alternating": 1}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_spreadsheet_runs_nothing(bench, judged, export_file, tmp_path, start):
    evil = f"{start}cmd|' /C calc'!A0"
    judged(
        bench,
        {"c1": [A, A, A]},
        c1={"prompt": evil, "responses": answers(evil, "b,\n=1")},
    )
    export_file("x.csv", "csv")
    with (tmp_path / "x.csv").open(newline="") as file:
        [row] = list(csv.DictReader(file))
    assert row["prompt"] == row["chosen"] == f"'{evil}"
    assert row["rejected"] == "b,\n=1"


def test_a_number_is_no_formula():
    assert adapters.safe_cell(-1.5) == -1.5
    assert adapters.safe_cell("a=1") == "a=1"


def test_one_config_is_one_file(bench, judged, export_file, bench_why, tmp_path):
    judged(bench, CLEAR)
    done = export_file("p.jsonl", "preference")
    assert done.rows == {"preference": {"train": 6}}
    assert bench_why(f"{tmp_path}/p.jsonl:1")["datasets"] == [done.digest]
    export_file("p.parquet", "preference")
    assert bench_why(f"{tmp_path}/p.parquet:2")["config"] == "preference"
    with pytest.raises(UnknownError, match="no row 99"):
        bench_why(f"{tmp_path}/p.parquet:99")
    with pytest.raises(ConflictError):
        export_file("p.jsonl", "preference")


@pytest.fixture
def bench_why(bench, lead):
    return lambda place: datasets.why(bench, lead, place)


def test_impossible_files_are_refused_and_leave_nothing(
    bench, judged, export_file, tmp_path
):
    judged(bench, {"c1": [TIE, TIE, TIE]})
    before = set(tmp_path.iterdir())
    with pytest.raises(InvalidInputError, match="no format 'songs'"):
        export_file("x", "songs")
    with pytest.raises(InvalidInputError, match="several splits"):
        export_file("x", "csv", splits=exporting.splits("0.5,0.5"))
    with pytest.raises(RefusedError, match="no row to write"):
        export_file("x", "preference")
    with pytest.raises(RefusedError, match="no row to write"):
        export_file("x", "hh-rlhf")
    assert set(tmp_path.iterdir()) == before


# --- verify ---------------------------------------------------------------------
def _edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


FILE = "preference/train-00000-of-00001.jsonl"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda d: _edit(d / FILE, "answer a of c1", "answer z of c1"), f"{FILE}:2: "),
        (lambda d: _edit(d / FILE, '{"agreement"', '{ "agreement"'), f"{FILE}:1: "),
        (lambda d: _edit(d / FILE, '{"agreement"', '{agreement"'), f"{FILE}:1: "),
        (
            lambda d: (d / FILE).write_bytes(
                b"".join((d / FILE).read_bytes().splitlines(keepends=True)[:-1])
            ),
            f"{FILE}:6: no row",
        ),
        (lambda d: _edit(d / "lineage" / FILE, '"rule":"more', '"rule":"less'), f"lineage/{FILE}:6"),  # noqa: E501
        (lambda d: _edit(d / "README.md", "Human judgments", "Some judgments"), "README.md:"),  # noqa: E501
        (lambda d: _edit(d / "manifest.json", '"train": 6', '"train": 7'), "manifest.json:"),  # noqa: E501
        (lambda d: _edit(d / "manifest.json", '"chosen_longer": 0', '"chosen_longer": 1'), "manifest.json:"),  # noqa: E501
        (lambda d: (d / "more").touch(), "more: the file was never exported"),
        (lambda d: os.mkfifo(d / "pipe"), "pipe: the file was never exported"),
        (lambda d: (d / FILE).unlink(), f"{FILE}: the file is missing"),
        (lambda d: (d / "README.md").unlink(), "README.md: the file is missing"),
        (lambda d: (d / "l").symlink_to("/etc/passwd"), "l: a symbolic link"),
        (lambda d: _edit(d / "manifest.json", '"rows": {', '"rowz": {'), "manifest.json"),  # noqa: E501
    ],
)  # fmt: skip
def test_the_first_difference_is_named_with_file_and_line(
    bench, judged, export, tmp_path, damage, said
):
    judged(bench, CLEAR)
    export()
    folder = tmp_path / "out"
    assert verifying.verify(str(folder)).rows == 6 + 12 + 6 + 6
    damage(folder)
    with pytest.raises((RefusedError, InvalidInputError)) as refused:
        verifying.verify(str(folder))
    assert said in refused.value.message.replace(f"{folder}/", "")


def test_the_card_of_another_version_is_known_by_its_hash(
    bench, judged, export, tmp_path, monkeypatch
):
    """Its words may have changed since, which is nobody's fault."""
    judged(bench, CLEAR)
    export()
    monkeypatch.setattr(verifying, "__version__", "9.0.0")
    monkeypatch.setattr(verifying, "card", lambda _manifest: "other words")
    verifying.verify(str(tmp_path / "out"))
    _edit(tmp_path / "out" / "README.md", "Human judgments", "Some judgments")
    with pytest.raises(RefusedError, match=r"README\.md: the card was changed"):
        verifying.verify(str(tmp_path / "out"))


def test_a_damaged_parquet_file_is_told(bench, judged, export, tmp_path):
    judged(bench, CLEAR)
    export(written_as="parquet")
    path = tmp_path / "out" / FILE.replace("jsonl", "parquet")
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises((RefusedError, InvalidInputError), match="train-00000"):
        verifying.verify(str(tmp_path / "out"))


def test_a_parquet_text_that_is_no_utf_8_is_told_and_not_quoted(tmp_path):
    path = tmp_path / "x.parquet"
    text = pa.array([b"secret \xff"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": text}), path)
    with pytest.raises(InvalidInputError, match="no UTF-8") as told:
        list(parquet.read(path))
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"format": "other"}'])
def test_what_is_no_dataset_is_told(tmp_path, text):
    with pytest.raises(InvalidInputError, match=r"manifest\.json"):
        verifying.verify(str(tmp_path))
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InvalidInputError, match=r"manifest\.json"):
        verifying.verify(str(tmp_path))


# --- differences ----------------------------------------------------------------
def test_one_more_judgment_shows_exactly_its_effect(
    bench, lead, judged, bring_in, judgment_of, export, tmp_path
):
    judged(bench, {**CLEAR, "x": [A, B]})
    one = export("one")
    bring_in(bench, "judgments", [judgment_of("x", "cy", A, id="new")])
    bring_in(bench, "judgments", [judgment_of("c1", "dee", A, id="more")])
    two = export("two")
    for a, b in (
        (str(tmp_path / "one"), str(tmp_path / "two")),
        (one.digest, two.digest[:20]),
    ):
        found = comparing.diff(bench, lead, a, b)
        told = {(d["change"], d["config"], d["comparison"]) for d in found["rows"]}
        assert told == {
            ("added", "preference", "x"),
            ("added", "rankings", "x"),
            ("added", "kto", "x"),
            ("changed", "annotations", "x"),
            ("changed", "annotations", "c1"),
            ("changed", "preference", "c1"),
            ("changed", "rankings", "c1"),
            ("changed", "kto", "c1"),
        }
        assert found["counts"]["changed"] == {"new judgment": 6}
        changed = next(d for d in found["rows"] if d["comparison"] == "c1")
        assert changed["judgments_added"] == ["more"]
    by_reason = comparing.diff(
        bench, lead, str(tmp_path / "one"), str(tmp_path / "two")
    )
    assert by_reason["counts"]["added"] == {"open": 4}
    back = comparing.diff(bench, lead, str(tmp_path / "two"), str(tmp_path / "one"))
    assert back["counts"]["removed"] == {"open": 4}


def test_rows_whose_judges_only_weigh_otherwise_stand_apart(
    bench, lead, judged, bring_in, judgment_of, export, tmp_path, bench_why
):
    """With ten judgments reliability is measured, and one more moves all of it."""
    judged(bench, {f"c{i:02}": [A, A, A if i else B] for i in range(12)})
    one = export("one")
    bring_in(bench, "judgments", [judgment_of("c03", "dee", B)])
    two = export("two")
    for a, b in (
        (str(tmp_path / "one"), str(tmp_path / "two")),
        (one.digest, two.digest),
    ):
        found = comparing.diff(bench, lead, a, b)
        assert {d["comparison"] for d in found["rows"]} == {"c03"}
        assert found["counts"]["changed"] == {"new judgment": len(found["rows"])}
        apart = {(d["config"], d["comparison"]) for d in found["reweighed"]}
        assert {c for _, c in apart} == {f"c{i:02}" for i in range(12)} - {"c03"}
        assert {c for c, _ in apart} == {"annotations", "kto", "preference", "rankings"}
        assert found["same"] == 0
    told = bench_why(f"{tmp_path}/two/annotations/train-00000-of-00001.jsonl:1")
    assert any(j["weight"] != j["declared_weight"] for j in told["judgments"])


def test_a_changed_winner_and_other_options_are_told(
    bench, lead, judged, bring_in, judgment_of, export, tmp_path
):
    judged(bench, {**CLEAR, "x": [A, A, B]})
    export("one")
    bring_in(
        bench,
        "judgments",
        [judgment_of("x", w, B, at="2026-02-01T00:00:00Z") for w in ("ann", "bob")],
    )
    export("two")
    found = comparing.diff(bench, lead, str(tmp_path / "one"), str(tmp_path / "two"))
    whys = {
        (d["change"], d["why"]) for d in found["rows"] if d["config"] == "preference"
    }
    assert whys == {("added", "winner changed"), ("removed", "winner changed")}
    export("three", min_judgments=9)
    found = comparing.diff(bench, lead, str(tmp_path / "two"), str(tmp_path / "three"))
    assert found["options"] == ["min_judgments"]
    assert set(found["counts"]["removed"]) == {"below_min_judgments"}


def test_a_version_that_is_not_there_is_told(bench, lead, judged, export, tmp_path):
    judged(bench, CLEAR)
    export()
    with pytest.raises(UnknownError, match="no dataset 'zzz'"):
        comparing.diff(bench, lead, str(tmp_path / "out"), "zzz")
    export("other", min_judgments=1)
    with pytest.raises(UnknownError, match="begins the ids of 2"):
        comparing.diff(bench, lead, "", "")


# --- nothing half, nothing outside ----------------------------------------------
def test_a_full_disk_leaves_nothing_and_says_so(
    bench, judged, export, tmp_path, monkeypatch
):
    judged(bench, CLEAR)

    def full(self):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Shards, "_flush", full)
    with pytest.raises(NoSpaceError, match="nothing of the export was left behind"):
        export()
    assert [p for p in tmp_path.iterdir() if "out" in p.name] == []


def test_a_really_full_disk_leaves_nothing(bench, lead, judged, small_disk):
    texts = {f"c{i}": {"prompt": "words " * 20_000} for i in range(40)}
    judged(
        bench, {f"c{i}": [A, A, A] if i % 2 else [B, B, B] for i in range(40)}, **texts
    )
    disk = small_disk("2m")
    options = exporting.ExportOptions(accept_low_agreement=True)
    with pytest.raises(NoSpaceError):
        exporting.export(bench, lead, str(disk / "out"), options)
    with pytest.raises(NoSpaceError):
        exporting.export_file(bench, lead, str(disk / "f"), "preference", options)
    assert list(disk.iterdir()) == []
    assert datasets.listed(bench, lead) == []


_PRESSED = """
import os, signal, sys
from adjudge.cli import program
from adjudge.services.exporting import writing
def press(self, *_, **__):
    os.kill(os.getpid(), signal.SIGINT)
writing.Writing.add_line = press
sys.exit(program.run(sys.argv[1:]))
"""


def test_ctrl_c_says_that_nothing_was_left(bench, judged, tmp_path):
    judged(bench, CLEAR)
    bench.store.close()
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", _PRESSED, "--db", bench.store.place, "export", str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert f"interrupted; nothing of {out} was left behind" in done.stderr
    assert [p for p in tmp_path.iterdir() if "out" in p.name] == []


HOSTILE = [
    "../../x",
    "/etc/x",
    "a\x1b[31mb",
    "---\nconfigs: []",
    "`rm`<b>|",
    "é\u202ex",
    ".",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_never_write_outside(bench, judged, export, tmp_path, name):
    judged(
        bench,
        {f"{name}{i}": [A, A, A] if i % 2 else [B, B, B] for i in range(4)},
        queue=name,
        **{f"{name}{i}": {"topic": name, "language": name} for i in range(4)},
    )
    before = {p for p in tmp_path.rglob("*") if "store" not in str(p)}
    export(name=name, salt=name, splits=exporting.splits("0.5,0.25,0.25"))
    written = {p for p in tmp_path.rglob("*") if "store" not in str(p)} - before
    assert all(p == tmp_path / "out" or tmp_path / "out" in p.parents for p in written)
    loaded(tmp_path / "out", "preference", tmp_path / "cache")
    verifying.verify(str(tmp_path / "out"))


def test_a_symlink_is_never_followed(bench, judged, export, export_file, tmp_path):
    judged(bench, CLEAR)
    (tmp_path / "victim").write_text("mine")
    for name in ("dangling", "victim"):
        (tmp_path / f"l-{name}").symlink_to(tmp_path / name)
        with pytest.raises(ConflictError):
            export_file(f"l-{name}", "preference")
        with pytest.raises(ConflictError):
            export(f"l-{name}")
    assert (tmp_path / "victim").read_text() == "mine"
    assert not (tmp_path / "dangling").exists()


def test_whoever_was_faster_keeps_the_name(tmp_path):
    out = tmp_path / "f"

    def race():
        with dataset_dir.staged_files(out) as draft:
            (draft.folder / "f").write_text("ours")
            out.write_text("theirs")
            draft.publish()

    with pytest.raises(ConflictError, match="appeared"):
        race()
    assert out.read_text() == "theirs"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


# --- properties -----------------------------------------------------------------


def _take_out(bench, roles):
    """Freeze tasks, and let users say no to comparisons or take their yes back."""
    with bench.store.write() as unit:
        for id, role in roles.items():
            if role == "frozen":
                unit.run("UPDATE task SET frozen = 1 WHERE comparison_id = :id", id=id)
            elif role in {"refused", "withdrawn"}:
                statement = "UPDATE comparison SET consent = :role WHERE id = :id"
                unit.run(statement, id=id, role=role)


ROLES = ("work", "gold", "frozen", "training", "refused", "withdrawn")
SAID = st.lists(st.sampled_from([A, B, TIE]), min_size=0, max_size=3)


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(
    tasks=st.lists(
        st.tuples(SAID, st.integers(0, 4), st.sampled_from(ROLES)),
        min_size=1,
        max_size=12,
    ),
    salt=st.text(max_size=3),
)
def test_only_what_may_leaves_and_no_prompt_is_in_two_splits(
    make_sqlite, make_bench, lead, bring_in, comparison_of, judgment_of,
    tmp_path_factory, tasks, salt,
):  # fmt: skip
    bench = make_bench(make_sqlite())
    # The same prompt but for its spacing is the same prompt.
    records = [
        comparison_of(
            f"c{i}",
            prompt=" " * (i % 2) + f"prompt {number}",
            **({"gold": {"ranking": A}} if role == "gold" else {}),
        )
        for i, (_, number, role) in enumerate(tasks)
    ]
    roles = {f"c{i}": role for i, (_, _, role) in enumerate(tasks)}
    lines = [
        judgment_of(f"c{i}", who, ranking)
        for i, (said, _, _) in enumerate(tasks)
        for who, ranking in zip(PEOPLE, said, strict=False)
    ]
    # Judgments are made in training, and never imported into it.
    queueing.create(bench, lead, queueing.settings(name="tr", training=True))
    here = {id for id, role in roles.items() if role != "training"}
    work = [r for r in records if r["id"] in here]
    lessons = [r for r in records if r["id"] not in here]
    lines = [line for line in lines if line["comparison"] in here]
    for kind, found, queue in (
        ("comparisons", lessons, "tr"),
        ("comparisons", work, "q"),
        ("judgments", lines, "q"),
    ):
        if found:
            bring_in(bench, kind, found, queue=queue)
    _take_out(bench, roles)
    folder = tmp_path_factory.mktemp("out") / "d"
    exporting.export(
        bench,
        lead,
        str(folder),
        exporting.ExportOptions(
            splits=exporting.splits("0.4,0.3,0.3"), salt=salt, accept_low_agreement=True
        ),
    )
    clear = {
        f"c{i}"
        for i, (said, _, role) in enumerate(tasks)
        if role == "work" and max(said.count(A), said.count(B)) >= 2 and len(said) == 3
    }
    seen = {}
    left = set()
    for split in ("train", "validation", "test"):
        for config in ("preference", "kto", "rankings", "annotations"):
            for row in rows(folder, config, split):
                prompt = row["prompt"][0]["content"].strip()
                assert seen.setdefault(prompt, split) == split
        for trace in rows(folder / "lineage", "preference", split):
            left.add(trace["comparison"])
        for row in rows(folder, "preference", split):
            assert row["chosen"] != row["rejected"]
    assert left == clear
    verifying.verify(str(folder))
    bench.store.close()


# --- quality --------------------------------------------------------------------
def test_the_report_tells_repeats_length_sides_and_tokens(
    bench, judged, export, tmp_path
):
    changed = {
        "c0": {
            "prompt": "Same prompt!",
            "responses": answers("short", "much longer answer"),
            "topic": "t",
        },
        "c1": {
            "prompt": "same  PROMPT 1",
            "responses": answers("short", "much longer answer"),
        },
    }
    judged(bench, {"c0": [B, B, B], "c1": [A, A, A]}, **changed)
    export()
    found = json.loads((tmp_path / "out" / "manifest.json").read_text())["quality"][
        "preference"
    ]
    assert found["near_duplicate_prompts"] == 1
    assert found["length"] == {"chosen_longer": 0.5, "same_length": 0.0}
    assert found["position"] == {"first_shown_preferred": 0.5, "judgments": 6}
    assert found["topics"] == {"(not given)": 1, "t": 1}
    assert found["tokens"]["chosen"] == {"sum": 7, "median": 2, "p95": 2, "max": 5}
    assert found["models"] == {"(not given)": {"chosen": 2, "rejected": 2}}


def test_tokens_are_bytes_over_four():
    assert [tokens(t) for t in ("", "a", "abcd", "abcde", "日本")] == [0, 1, 1, 2, 2]


# --- consent --------------------------------------------------------------------------
def test_what_was_not_consented_to_does_not_leave(bench, judged, export):
    judged(bench, CLEAR)
    with bench.store.write() as unit:
        unit.run("UPDATE comparison SET consent = 'refused' WHERE id = 'c1'")
        unit.run("UPDATE comparison SET consent = 'unstated' WHERE id = 'c2'")
    assert export("a").excluded["preference"] == {"unconsented": 1}
    assert export("b", require_consent=True).excluded["preference"] == {
        "unconsented": 2
    }


def test_turns_of_one_conversation_stay_together(bench, judged, export, tmp_path):
    judged(bench, {f"c{i:02}": [A, A, A] if i % 2 else [B, B, B] for i in range(20)})
    with bench.store.write() as unit:
        unit.run("UPDATE comparison SET conversation_id = 'x' WHERE id < 'c10'")
    export(splits=exporting.splits("0.4,0.3,0.3"))
    where = {
        trace["comparison"]: split
        for split in ("train", "validation", "test")
        for trace in rows(tmp_path / "out" / "lineage", "preference", split)
    }
    assert len({where[f"c{i:02}"] for i in range(10)}) == 1
    assert len(set(where.values())) > 1
