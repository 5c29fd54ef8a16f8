"""Datasets out: what leaves, what stays, why, and always the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    RefusedError,
    UnknownError,
)
from adjudge.services import exporting
from adjudge.services.campaign import queueing
from adjudge.services.exporting import datasets
from adjudge.services.work import judging

A, B, TIE = [["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]
PEOPLE = ("ann", "bob", "cy")
FILE = "preference/train-00000-of-00001.jsonl"


@pytest.fixture
def judged(bring_in, comparison_of, judgment_of):
    """Fill a queue: for each comparison what three people said, by id."""

    def make(bench, said, *, queue="q", **changes):
        records = [comparison_of(id, **changes.get(id, {})) for id in said]
        bring_in(bench, "comparisons", records, queue=queue, batch="w1")
        lines = [
            judgment_of(id, who, ranking, guideline="g@1", seconds=10.0)
            for id, rankings in said.items()
            for who, ranking in zip(PEOPLE, rankings, strict=False)
        ]
        bring_in(bench, "judgments", lines, queue=queue)

    return make


CLEAR = {f"c{i}": [A, A, A] if i % 2 else [B, B, B] for i in range(6)}


def export(bench, lead, out, **options):
    options.setdefault("accept_low_agreement", True)
    return exporting.export(bench, lead, str(out), exporting.ExportOptions(**options))


def rows(out, file=FILE):
    return [json.loads(line) for line in (Path(out) / file).read_bytes().splitlines()]


def files(out):
    """Give every byte that must be the same; the manifest without its run."""
    found = {}
    for path in sorted(Path(out).rglob("*")):
        if path.is_file():
            found[str(path.relative_to(out))] = path.read_bytes()
    manifest = json.loads(found["manifest.json"])
    del manifest["run"]
    return {**found, "manifest.json": manifest}


# --- rows -----------------------------------------------------------------------
def test_a_settled_comparison_is_one_row(bench, lead, judged, tmp_path):
    judged(bench, {**CLEAR, "x": [A, A, B]})
    done = export(bench, lead, tmp_path / "out")
    assert done.rows == {
        "preference": {"train": 7},
        "sft": {"train": 0},
        "reward": {"train": 0},
        "kto": {"train": 14},
        "rankings": {"train": 7},
        "annotations": {"train": 7},
        "cases": {"train": 0},
        "retrieval": {"train": 0},
    }
    found = {r["prompt"][0]["content"]: r for r in rows(tmp_path / "out")}
    row = found["question x"]
    assert row["chosen"] == [{"role": "assistant", "content": "answer a of x"}]
    assert row["rejected"] == [{"role": "assistant", "content": "answer b of x"}]
    assert row["confidence"] == pytest.approx(2 / 3, abs=1e-6)
    assert row["agreement"] == pytest.approx(1 / 3, abs=1e-6)
    assert (row["n_judgments"], row["weight"]) == (3, 1.0)


def test_what_gives_no_pair_is_counted_by_reason(
    bench, lead, judged, bring_in, comparison_of, judgment_of, tmp_path
):
    judged(
        bench,
        {
            **CLEAR,
            "tied": [TIE, TIE, A],
            "disputed": [A, B, TIE],
            "waiting": [A, A],
            "same": [A, A, A],
        },
        same={"prompt": "x"},
    )
    gold = comparison_of("gold", gold={"ranking": [["a"], ["b"]]})
    twins = {
        "id": "twins",
        "prompt": "p",
        "responses": [{"id": "a", "text": "x"}, {"id": "b", "text": "x"}],
    }
    bring_in(bench, "comparisons", [gold, twins, comparison_of("bad")], queue="q")
    lines = [judgment_of("twins", who) for who in PEOPLE]
    lines += [judgment_of("bad", who, none_acceptable=True) for who in PEOPLE]
    bring_in(bench, "judgments", lines, queue="q")
    done = export(bench, lead, tmp_path / "out")
    assert done.excluded["preference"] == {
        "escalated": 1,
        "gold": 1,
        "identical_texts": 1,
        "none_acceptable": 1,
        "open": 1,
        "tie": 1,
    }
    assert done.rows["preference"] == {"train": 7}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["excluded"] == done.excluded
    card = (tmp_path / "out" / "README.md").read_text()
    assert "`preference`: 1 as `tie`" in card


def test_a_ranking_of_three_gives_a_row_for_each_decided_pair(
    bench, lead, bring_in, comparison_of, judgment_of, tmp_path
):
    bring_in(bench, "comparisons", [comparison_of(responses="abc")], queue="q")
    said = [["b"], ["a", "c"]]
    bring_in(bench, "judgments", [judgment_of("c1", w, said) for w in PEOPLE])
    export(bench, lead, tmp_path / "out", configs=("preference",))
    pairs = [
        (r["chosen"][0]["content"], r["rejected"][0]["content"])
        for r in rows(tmp_path / "out")
    ]
    assert pairs == [
        ("answer b of c1", "answer a of c1"),
        ("answer b of c1", "answer c of c1"),
    ]


@pytest.fixture
def unequal(bring_in, comparison_of, judgment_of):
    """One comparison of three; cy, whose word counts three, says b is the worst."""

    def make(bench, *, none_acceptable=()):
        cy = {"name": "cy", "role": "expert", "expertise": {"*": 3.0}}
        bring_in(bench, "people", [cy])
        bring_in(bench, "comparisons", [comparison_of(responses="abc")], queue="q")
        said = {"ann": "abc", "bob": "abc", "cy": "acb"}
        lines = [
            judgment_of("c1", who, ranking, none_acceptable=who in none_acceptable)
            for who, ranking in said.items()
        ]
        bring_in(bench, "judgments", lines)

    return make


def test_a_row_weighs_what_those_weigh_who_agree_with_it(
    bench, lead, unequal, tmp_path
):
    unequal(bench)
    export(bench, lead, tmp_path / "out")
    weights = {
        row["chosen"][0]["content"][7] + row["rejected"][0]["content"][7]: row["weight"]
        for row in rows(tmp_path / "out")
    }
    # cy put c above b: of that pair only ann and bob say what the row says.
    assert weights == {"ab": 1.666667, "ac": 1.666667, "bc": 1.0}
    sides = rows(tmp_path / "out", "kto/train-00000-of-00001.jsonl")
    assert {(s["label"], s["weight"]) for s in sides} == {(True, 1.666667), (False, 1)}


def test_what_is_not_acceptable_weighs_what_those_weigh_who_say_so(
    bench, lead, unequal, judged, tmp_path
):
    judged(bench, {"c2": [A, A, A]})  # one label alone is no config
    unequal(bench, none_acceptable=("ann", "cy"))
    export(bench, lead, tmp_path / "out")
    sides = rows(tmp_path / "out", "kto/train-00000-of-00001.jsonl")
    bad = [s for s in sides if s["completion"][0]["content"].endswith("c1")]
    assert [(s["label"], s["weight"]) for s in bad] == [(False, 2.0)] * 3


def test_annotations_hold_every_judgment_and_no_name(bench, lead, judged, tmp_path):
    judged(bench, {**CLEAR, "x": [A, TIE]})
    export(bench, lead, tmp_path / "out")
    found = rows(tmp_path / "out", "annotations/train-00000-of-00001.jsonl")
    row = next(r for r in found if r["comparison_id"] == "x")
    assert (row["state"], row["winner"], row["n_judgments"]) == ("open", None, 2)
    assert [j["ranking"] for j in row["judgments"]] in ([A, TIE], [TIE, A])
    assert {j["annotator"] for j in row["judgments"]} == {
        bench.pseudonym("ann"),
        bench.pseudonym("bob"),
    }
    text = (tmp_path / "out" / "annotations/train-00000-of-00001.jsonl").read_text()
    assert '"ann"' not in text
    assert all(j["guideline"] == "g@1" for j in row["judgments"])


def test_limits_leave_out_what_is_below_them(bench, lead, judged, tmp_path):
    judged(bench, {**CLEAR, "x": [A, A, B]})
    for i, (limit, reason) in enumerate(
        [
            ({"min_agreement": 0.5}, "below_min_agreement"),
            ({"min_confidence": 0.9}, "below_min_confidence"),
            ({"min_judgments": 4}, "below_min_judgments"),
        ]
    ):
        done = export(bench, lead, tmp_path / str(i), **limit)
        assert done.excluded["preference"][reason] == (7 if i == 2 else 1)


def test_a_batch_leaves_alone(
    bench, lead, judged, bring_in, comparison_of, judgment_of, tmp_path
):
    judged(bench, CLEAR)
    bring_in(bench, "comparisons", [comparison_of("late")], queue="q", batch="w2")
    bring_in(bench, "judgments", [judgment_of("late", w) for w in PEOPLE])
    done = export(bench, lead, tmp_path / "out", batch="w2")
    assert done.rows["preference"] == {"train": 1}
    assert done.excluded["preference"] == {"other_batch": 6}


def test_queues_leave_together_or_one_by_one(bench, lead, judged, tmp_path):
    judged(bench, {"c1": [A, A, A], "c2": [B, B, B]}, queue="q1")
    judged(bench, {"c3": [A, A, A], "c4": [B, B, B]}, queue="q2")
    assert export(bench, lead, tmp_path / "all").rows["preference"] == {"train": 4}
    one = export(bench, lead, tmp_path / "one", queues=("q1",))
    assert one.rows["preference"] == {"train": 2}
    twice = export(bench, lead, tmp_path / "twice", queues=("q1", "q1"))
    assert twice.rows["preference"] == {"train": 2}


# --- splits ---------------------------------------------------------------------
def test_a_prompt_never_stands_in_two_splits(bench, lead, judged, tmp_path):
    said = {f"c{i}": [A, A, A] if i % 2 else [B, B, B] for i in range(40)}
    shared = {f"c{i}": {"prompt": f"prompt {i // 4}"} for i in range(40)}
    judged(bench, said, **shared)
    done = export(
        bench, lead, tmp_path / "out", splits=exporting.splits("0.5,0.25,0.25")
    )
    assert sum(done.rows["preference"].values()) == 40
    seen = {}
    for split in done.rows["preference"]:
        path = f"preference/{split}-00000-of-00001.jsonl"
        if (tmp_path / "out" / path).exists():
            for row in rows(tmp_path / "out", path):
                prompt = row["prompt"][0]["content"]
                assert seen.setdefault(prompt, split) == split


def test_an_empty_split_is_not_written_but_counted(bench, lead, judged, tmp_path):
    judged(bench, {"c1": [A, A, A]})
    done = export(bench, lead, tmp_path / "out", splits=(("train", 1.0), ("test", 0.0)))
    assert done.rows["preference"] == {"train": 1, "test": 0}
    assert not list((tmp_path / "out").rglob("test-*"))
    assert "split: test" not in (tmp_path / "out" / "README.md").read_text()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["configs"]["preference"]["test"] == 0


def test_a_config_without_rows_is_not_listed(bench, lead, judged, tmp_path):
    judged(bench, {"c1": [TIE, TIE, TIE], "c2": [TIE, TIE, TIE]})
    done = export(bench, lead, tmp_path / "out")
    assert done.rows["preference"] == {"train": 0}
    assert "config_name: preference" not in (tmp_path / "out/README.md").read_text()
    assert not (tmp_path / "out" / "preference").exists()


@pytest.mark.parametrize("shares", ["", "x", "0.5", "0.5,0.6", "1,0,0,0", "-1,2"])
def test_shares_are_one_to_three_and_sum_to_one(shares):
    with pytest.raises(InvalidInputError):
        exporting.splits(shares)


# --- the same bytes -------------------------------------------------------------
def test_two_runs_give_the_same_bytes(bench, lead, judged, tmp_path, clock):
    judged(bench, {**CLEAR, "x": [A, A, TIE]})
    first = export(bench, lead, tmp_path / "one", name="n")
    clock.tick(3600)
    second = export(bench, lead, tmp_path / "two", name="n")
    assert first.digest == second.digest
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_both_databases_give_the_same_bytes(
    make_bench, sqlite_url, postgres_url, lead, judged, tmp_path
):
    names = {f"é{i}" if i % 3 else f"Z{i}": [A, A, B] for i in range(9)}
    for url, out in ((sqlite_url, "one"), (postgres_url, "two")):
        bench = make_bench(url)
        judged(bench, {**CLEAR, **names})
        export(bench, lead, tmp_path / out, name="n")
    assert files(tmp_path / "one") == files(tmp_path / "two")


_EXPORT = """
import sys
from adjudge.domain.people import Actor, Role
from adjudge.services import exporting
from adjudge.services.bench import Bench
from adjudge.storage.engine.store import Store
bench = Bench(Store.at(sys.argv[1]), now=lambda: "", new_id=str, secret=b"a test")
options = exporting.ExportOptions(name="n", accept_low_agreement=True)
exporting.export(bench, Actor(name="lea", role=Role.LEAD), sys.argv[2], options)
bench.store.close()
"""


def test_the_hash_seed_of_python_changes_nothing(
    make_bench, sqlite_url, lead, judged, tmp_path
):
    judged(make_bench(sqlite_url), {**CLEAR, "x": [A, A, B]})
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", _EXPORT, sqlite_url, tmp_path / seed],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        )
    assert files(tmp_path / "1") == files(tmp_path / "2")


def test_a_row_of_the_same_judgments_keeps_its_id(
    bench, lead, judged, bring_in, judgment_of, tmp_path
):
    judged(bench, CLEAR)
    export(bench, lead, tmp_path / "one")
    before = {r["prompt"][0]["content"]: r["row_id"] for r in rows(tmp_path / "one")}
    bring_in(bench, "judgments", [judgment_of("c1", "dee")])
    export(bench, lead, tmp_path / "two")
    after = {r["prompt"][0]["content"]: r["row_id"] for r in rows(tmp_path / "two")}
    changed = {k for k in before if before[k] != after[k]}
    assert changed == {"question c1"}


# --- refusals -------------------------------------------------------------------
def test_a_queue_whose_people_hardly_agree_must_be_accepted(
    bench, lead, judged, tmp_path
):
    judged(
        bench, {f"c{i}": [[A, B, TIE][(i + j) % 3] for j in range(3)] for i in range(6)}
    )
    with pytest.raises(RefusedError, match=r"below 0\.2") as refused:
        export(bench, lead, tmp_path / "out", accept_low_agreement=False)
    assert "--accept-low-agreement" in refused.value.hint
    assert not (tmp_path / "out").exists()
    export(bench, lead, tmp_path / "out")


def test_what_cannot_be_written_leaves_nothing(bench, lead, judged, tmp_path):
    judged(bench, CLEAR)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for out in ("full", "link", "full/mine"):
        with pytest.raises(ConflictError):
            export(bench, lead, tmp_path / out)
    with pytest.raises(InvalidInputError, match="no config"):
        export(bench, lead, tmp_path / "out", configs=("songs",))
    with pytest.raises(UnknownError, match="no queue"):
        export(bench, lead, tmp_path / "out", queues=("none",))
    assert sorted(p.name for p in tmp_path.iterdir() if p.name[0] in ".o") == []
    assert datasets.listed(bench, lead) == []


def test_an_interrupted_export_leaves_nothing(bench, lead, judged, tmp_path):
    judged(bench, CLEAR)

    def press(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exporting.export(
            bench,
            lead,
            str(tmp_path / "out"),
            exporting.ExportOptions(accept_low_agreement=True),
            progress=press,
        )
    assert not (tmp_path / "out").exists()
    assert [p for p in tmp_path.iterdir() if p.name.startswith(".out")] == []
    assert datasets.listed(bench, lead) == []


def test_a_text_that_is_not_the_judged_one_does_not_leave(
    bench, lead, judged, tmp_path
):
    judged(bench, CLEAR)
    with bench.store.write() as unit:
        unit.run("UPDATE comparison SET judged_digest = 'x' WHERE id = 'c1'")
        unit.run(
            "UPDATE text SET body = replace(body, 'answer a', 'forged a') "
            "WHERE id = 'comparison:c1'"
        )
    done = export(bench, lead, tmp_path / "out")
    assert done.excluded["preference"] == {"not_as_judged": 1}


def test_an_erased_text_does_not_leave(bench, lead, judged, tmp_path):
    judged(bench, CLEAR)
    with bench.store.write() as unit:
        unit.run(
            "UPDATE text SET body = NULL, erased_at = 'now' WHERE id = 'comparison:c1'"
        )
    done = export(bench, lead, tmp_path / "out")
    assert done.excluded["preference"] == {"erased": 1}


# --- why ------------------------------------------------------------------------
def test_a_row_is_traced_by_its_line_or_its_id(bench, lead, judged, tmp_path):
    judged(bench, CLEAR)
    done = export(bench, lead, tmp_path / "out")
    row = rows(tmp_path / "out")[0]
    by_line = datasets.why(bench, lead, f"{tmp_path}/out/{FILE}:1")
    by_id = datasets.why(bench, lead, row["row_id"])
    assert by_line == by_id
    assert [
        j["annotator"] for j in sorted(by_id["judgments"], key=lambda j: j["annotator"])
    ] == list(PEOPLE)
    assert by_id["rule"] == "more than half of 3 judgments (overlap 3)"
    assert by_id["datasets"] == [done.digest]
    assert all(j["batch"] == "w1" for j in by_id["judgments"])
    lineage = rows(tmp_path / "out", f"lineage/{FILE}")
    assert lineage[0]["row_id"] == row["row_id"]
    assert len(lineage[0]["judgments"]) == 3


def test_an_annotations_row_is_traced_too(bench, lead, judged, tmp_path):
    judged(bench, CLEAR)
    export(bench, lead, tmp_path / "out")
    place = tmp_path / "out" / "annotations" / "train-00000-of-00001.jsonl"
    assert datasets.why(bench, lead, f"{place}:1")["config"] == "annotations"


def test_what_was_not_exported_here_is_not_traced(bench, lead, tmp_path):
    (tmp_path / "f").write_text('{"row_id": "abc"}\n{"x": 1}\n[]\n')
    for line, error in (
        (1, UnknownError),
        (2, InvalidInputError),
        (3, InvalidInputError),
        (9, UnknownError),
    ):
        with pytest.raises(error):
            datasets.why(bench, lead, f"{tmp_path}/f:{line}")


def test_an_exported_judgment_is_not_taken_back_silently(
    bench, lead, ann, judged, bring_in, tmp_path
):
    judged(bench, CLEAR)
    bring_in(bench, "people", [{"name": "ann"}])
    export(bench, lead, tmp_path / "out")
    (last, *_) = judging.history(bench, ann, "q")
    with pytest.raises(RefusedError, match="it was exported"):
        judging.reopen(bench, ann, last.judgment.id)
    assert queueing.show(bench, lead, "q").standing.judgments == 18


# --- others read it ---------------------------------------------------------------
_LOAD = """
import json, sys
from datasets import load_dataset
found = {}
for config in sys.argv[2:]:
    loaded = load_dataset(sys.argv[1], config)
    found[config] = {split: rows.num_rows for split, rows in loaded.items()}
    found[config + " columns"] = loaded["train"].column_names
print(json.dumps(found))
"""


def test_load_dataset_reads_every_config(
    make_bench, sqlite_url, lead, judged, tmp_path
):
    """In a process of its own: the library keeps state and talks to the network."""
    bench = make_bench(sqlite_url)
    judged(bench, {f"c{i}": [A, A, A] if i % 2 else [B, B, TIE] for i in range(20)})
    done = export(bench, lead, tmp_path / "out", splits=exporting.splits("0.6,0.2,0.2"))
    ran = subprocess.run(
        [sys.executable, "-c", _LOAD, tmp_path / "out", "preference", "annotations"],
        env={
            **os.environ,
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(tmp_path / "hf"),
            "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    for config in ("preference", "annotations"):
        wanted = {k: n for k, n in done.rows[config].items() if n}
        assert found[config] == wanted
    assert found["preference columns"][:3] == ["prompt", "chosen", "rejected"] or set(
        found["preference columns"]
    ) >= {"prompt", "chosen", "rejected", "row_id", "weight", "agreement", "confidence"}


def test_a_batch_that_no_task_of_these_queues_came_in_is_refused(
    bench, bring_in, comparison_of, judgment_of, lead, tmp_path
):
    """Before, it gave a dataset without rows."""
    for queue, batch in (("q", "may"), ("other", "june")):
        asked = [comparison_of(f"{queue}-1")]
        bring_in(bench, "comparisons", asked, queue=queue, batch=batch)
        said = [judgment_of(f"{queue}-1", who) for who in ("ann", "bob", "cy")]
        bring_in(bench, "judgments", said, name="j.jsonl", queue=queue)
    out = tmp_path / "out"
    for queues, batch, named in (
        ((), "mai", "batches: june, may"),
        (("q",), "june", "batches: may"),
    ):
        options = exporting.ExportOptions(queues=queues, batch=batch)
        with pytest.raises(UnknownError, match=repr(batch)) as told:
            exporting.export(bench, lead, str(out), options)
        assert told.value.hint == named
        assert not out.exists()
    options = exporting.ExportOptions(queues=("q",), batch="may")
    found = exporting.export(bench, lead, str(out), options)
    assert found.rows["preference"] == {"train": 1}
