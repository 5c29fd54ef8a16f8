"""The same imports give the same bytes: any process, any hash seed, both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from adjudge.services import exporting
from adjudge.services.campaign import queueing
from adjudge.services.exporting import verifying
from adjudge.services.feedback import triage
from adjudge.services.feedback.triage import Asked

A, B = [["a"], ["b"]], [["b"], ["a"]]
_EXPORT = """
import sys
from adjudge.domain.people import Actor, Role
from adjudge.services import exporting
from adjudge.services.bench import Bench
from adjudge.storage.engine.store import Store
bench = Bench(Store.at(sys.argv[1]), now=lambda: "", new_id=str, secret=b"a test")
for form in ("jsonl", "parquet"):
    options = exporting.ExportOptions(
        name="n", accept_low_agreement=True, written_as=form, shard_bytes=4000,
        splits=exporting.splits("0.6,0.2,0.2"), method="weighted",
        sft_from_upvotes=True, kto_from_thumbs=True,
    )
    exporting.export(
        bench, Actor(name="lea", role=Role.LEAD), f"{sys.argv[2]}-{form}", options
    )
bench.store.close()
"""


def event(n, kind, **others):
    return {
        "event_id": f"{kind}{n}é",
        "type": kind,
        "at": f"2026-01-0{1 + n % 9}T00:00:00Z",
        "message_id": f"m{n}",
        "user_id": f"u{n % 4}",
        "conversation_id": f"t{n // 2}",
        "consent": True,
        **others,
    }


@pytest.fixture
def fill_all(bring_in, comparison_of, judgment_of, lead):
    """Bring the same files into a store: every kind of row comes out of them."""
    people = [
        {"name": name, "role": "expert", "expertise": {"*": 1 + i / 7, "x": 2.5}}
        for i, name in enumerate(("eva", "rex", "Żoe"))
    ]
    pairs = [
        comparison_of(f"{'é' if i % 3 else 'Z'}{i}", topic="x" if i % 2 else None)
        for i in range(20)
    ]
    judged = [
        judgment_of(pair["id"], who, A if (i + j) % 4 else B, margin=1 + (i + j) % 3)
        for i, pair in enumerate(pairs)
        for j, who in enumerate(("ann", "Bob", "cy", "Żoe"))
    ]
    rates = [comparison_of(f"r{i}", responses="a") for i in range(6)]
    scores = [
        {
            "comparison": rate["id"],
            "annotator": who,
            "ranking": [],
            "ratings": {
                "a": {"clarity": 5 if i % 2 else 1, "other": 4 if i % 2 else 2}
            },
        }
        for i, rate in enumerate(rates)
        for who in ("ann", "Bob", "cy")
    ]
    events = [
        event(
            n,
            "message",
            response=f"answer {n} of birch",
            messages=[{"role": "user", "content": "why " + "abcdefghij"[n % 10] * 20}],
            context={"model": "birch", "retrieval": {"doc_ids": ["d1"]}},
        )
        for n in range(10)
    ]
    events += [event(n, "thumbs", rating="up" if n % 2 else "down") for n in range(10)]
    rewrites = [
        {
            "task": f"w{i}",
            "prompt": f"question {i}",
            "original": {"id": "o", "text": "worse", "model": "m"},
            "annotator": ("eva", "Żoe")[i % 2],
            "approved_by": "rex" if i % 4 else None,
            "text": f"better {i}",
            "sources": [f"source {i}"],
        }
        for i in range(12)
    ]

    def fill(bench):
        bring_in(bench, "people", people)
        bring_in(bench, "comparisons", pairs, queue="q")
        bring_in(bench, "judgments", judged, queue="q")
        queueing.create(bench, lead, queueing.settings(name="rate", kind="rate"))
        bring_in(bench, "comparisons", rates, queue="rate")
        bring_in(bench, "judgments", scores, queue="rate")
        bring_in(bench, "feedback", events)
        triage.fill(bench, lead, "complaints", Asked(source="downvotes"))
        bring_in(bench, "rewrites", rewrites, queue="rw")

    return fill


def files(folder):
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    manifest = json.loads(found["manifest.json"])
    del manifest["run"]
    return {**found, "manifest.json": manifest}


def test_every_config_is_the_same_bytes_from_both_databases_and_any_process(
    make_bench, sqlite_url, postgres_url, fill_all, tmp_path
):
    for url, seed in ((sqlite_url, "1"), (postgres_url, "2")):
        bench = make_bench(url)
        fill_all(bench)
        bench.store.close()
        subprocess.run(
            [sys.executable, "-c", _EXPORT, url, tmp_path / seed],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        )
    for form in ("jsonl", "parquet"):
        one, two = (files(tmp_path / f"{seed}-{form}") for seed in ("1", "2"))
        assert one.keys() == two.keys()
        assert [name for name in one if one[name] != two[name]] == []
        there = {name.partition("/")[0] for name in one}
        assert set(exporting.CONFIGS) <= there
        verifying.verify(str(tmp_path / f"1-{form}"))


def test_preferences_alone_are_those_among_all_configs(
    bring_in, comparison_of, judgment_of, lead, sqlite_bench, tmp_path
):
    """Plain pairs take a shorter way, and leave the same rows, lineage and counts."""
    bench = sqlite_bench
    call = {"id": "c", "function": {"name": "f", "arguments": "{}"}}
    odd = {
        "same": {"responses": [{"id": r, "text": "alike"} for r in "ab"]},
        "three": {"responses": [{"id": r, "text": r} for r in "abc"]},
        "calls": {
            "prompt": [
                {"role": "user", "content": "u"},
                {"role": "assistant", "content": "", "tool_calls": [call]},
                {"role": "tool", "content": "t", "tool_call_id": "c"},
            ]
        },
        "system": {
            "prompt": [
                {"role": "system", "content": "„s“\n"},
                {"role": "user", "content": 'a "quoted" \\ ünïcode'},
            ]
        },
    }
    records = [{**comparison_of(id), **more} for id, more in odd.items()]
    records += [comparison_of(f"c{i}", topic="x" if i % 2 else None) for i in range(9)]
    bring_in(bench, "comparisons", records, queue="q")
    lines = [
        judgment_of(
            record["id"],
            who,
            [["a"], ["c"], ["b"]] if record["id"] == "three" else said,
            **(
                {"shown": ["b", "a"]} if (i + j) % 2 and record["id"] != "three" else {}
            ),
            guideline=f"g@{j}" if i % 3 else None,
            none_acceptable=i == 6,
            seconds=10.1 * (j + 1),
            **({"margin": 1 + (i + j) % 3} if len(said) > 1 and i % 4 else {}),
        )
        for i, record in enumerate(records)
        for j, who in enumerate(("ann", "Bob", "Żoe"))
        for said in ([[*"ab"]] if i == 5 else A if (i + j) % 5 else B,)
    ]
    bring_in(bench, "judgments", lines, queue="q")
    made = {}
    for name, configs in (("alone", ("preference",)), ("among", ())):
        options = exporting.ExportOptions(configs=configs, accept_low_agreement=True)
        out = tmp_path / name
        exporting.export(bench, lead, str(out), options)
        verifying.verify(str(out))
        manifest = json.loads((out / "manifest.json").read_text())
        file = "preference/train-00000-of-00001.jsonl"
        made[name] = (
            (out / file).read_bytes(),
            (out / "lineage" / file).read_bytes(),
            manifest["quality"]["preference"],
            manifest["excluded"]["preference"],
            manifest["people"],
            manifest["queues"],
        )
    assert made["alone"] == made["among"]
    assert len(made["alone"][0].splitlines()) > 9
    assert set(made["alone"][3]) == {"identical_texts", "none_acceptable", "tie"}
