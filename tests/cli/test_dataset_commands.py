"""The commands about datasets, as people type them."""

from __future__ import annotations

import json

import pytest

from adjudge.cli import program

SAME = "Why do bees make honey in the summer and not in the winter? " * 3


@pytest.fixture
def store(sqlite_bench, bring_in, comparison_of, judgment_of):
    """A store in which four comparisons are decided."""
    bring_in(
        sqlite_bench,
        "comparisons",
        [comparison_of(f"c{i}", prompt=f"{SAME}{i}") for i in range(4)],
        queue="q",
    )
    sides = [["a"], ["b"]]
    lines = [
        judgment_of(f"c{i}", who, sides[:: 1 if i % 2 else -1])
        for i in range(4)
        for who in ("ann", "bob", "cy")
    ]
    bring_in(sqlite_bench, "judgments", lines)
    sqlite_bench.store.close()
    return sqlite_bench.store.place


@pytest.fixture
def adjudge(store, capsys):
    def run(*arguments, code=0):
        assert program.run(["--db", store, *map(str, arguments)]) == code
        return capsys.readouterr()

    return run


def test_a_dataset_is_written_verified_and_compared(adjudge, tmp_path):
    for name, limits in (("one", ()), ("two", ("--min-judgments", "4"))):
        said = adjudge("export", tmp_path / name, *limits).out
        assert "preference: " in said
    assert "is as it was exported" in adjudge("verify", tmp_path / "one").out
    found = adjudge("datasets", "diff", tmp_path / "one", tmp_path / "two").out
    assert "below_min_judgments" in found
    assert "other options: min_judgments" in found
    (tmp_path / "one" / "README.md").write_text("mine")
    assert (
        "README.md:1: the card was changed"
        in adjudge("verify", tmp_path / "one", code=1).err
    )
    assert len(json.loads(adjudge("datasets", "list", "--json").out)) == 2


def test_the_format_stands_after_export_and_the_actor_before(adjudge, tmp_path):
    adjudge("people", "add", "lea", "--role", "lead")
    said = adjudge("--as", "lea", "export", tmp_path / "x.csv", "--as", "csv").out
    assert "csv: 4 train" in said
    assert adjudge("datasets", "list", "--json").out.count('"by": "lea"') == 1
    refused = adjudge("export", tmp_path / "y", "--as", "songs", code=2).err
    assert "there is no format 'songs'" in refused
    adjudge("export", tmp_path / "x.csv", "--as", "csv", code=4)
    assert " of preference\n" in adjudge("why", f"{tmp_path}/x.csv:2").out
    assert "no row on line 1" in adjudge("why", f"{tmp_path}/x.csv:1", code=3).err


def test_parquet_and_shards_are_options(adjudge, tmp_path):
    adjudge("export", tmp_path / "o", "--format", "parquet", "--shard-mb", "1")
    assert list((tmp_path / "o" / "preference").glob("*.parquet"))
    adjudge("verify", tmp_path / "o")
    adjudge("export", tmp_path / "p", "--format", "xml", code=2)
    adjudge("verify", tmp_path / "nowhere", code=2)


def test_a_report_needs_no_store_and_says_what_it_cannot_learn(adjudge, tmp_path):
    adjudge("export", tmp_path / "o", "--split", "0.5,0.25,0.25")
    said = adjudge("datasets", "report", tmp_path / "o").out
    assert "near-identical prompts: " in said
    assert "no reward-model audit: too few decided pairs to learn from: 4 of" in said
    found = json.loads(adjudge("datasets", "report", tmp_path / "o", "--json").out)
    near = found["near_identical"]
    # Prompts that differ in one digit, wherever the salt has put them.
    assert near["within_a_split"] + near["across_splits"] == 3
    assert found["reward_model"]["suspicious"] == []
    adjudge("datasets", "report", tmp_path, code=2)


def test_a_withdrawal_names_its_versions_and_rows(
    adjudge, sqlite_bench, lead, bring_in, tmp_path
):
    events = [
        {
            "event_id": f"{kind}{n}", "type": kind, "at": "2026-01-01T00:00:00Z",
            "message_id": f"m{n}", "user_id": f"u{n}", "consent": True, **more,
        }
        for n in range(2)
        for kind, more in (
            ("message", {"messages": [{"role": "user", "content": f"why {n}?"}],
                         "response": "so"}),
            ("thumbs", {"rating": "up"}),
        )
    ]  # fmt: skip
    bring_in(sqlite_bench, "feedback", events)
    sqlite_bench.store.close()
    adjudge("export", tmp_path / "one", "--configs", "sft", "--sft-from-upvotes")
    id = json.loads((tmp_path / "one/manifest.json").read_text())["digest"]
    said = adjudge("consent", "withdraw", "u1").out
    assert f"dataset {id[:16]} holds 1 row of theirs" in said
    buried = adjudge("datasets", "tombstones", id[:16]).out
    assert "withdrawn" in buried
    row = json.loads(adjudge("datasets", "tombstones", id, "--json").out)[0]["row_id"]
    assert "DO NOT USE IT: withdrawn" in adjudge("why", row).out
    adjudge("export", tmp_path / "two", "--configs", "sft", "--sft-from-upvotes")
    found = adjudge("datasets", "diff", tmp_path / "one", tmp_path / "two").out
    assert "1 removed (1 withdrawn); 1 the same" in found
    adjudge("datasets", "tombstones", "zzz", code=3)
