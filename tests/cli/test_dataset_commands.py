"""The commands about datasets, as people type them."""

from __future__ import annotations

import json

import pytest

from adjudge.cli import program


@pytest.fixture
def store(sqlite_bench, bring_in, comparison_of, judgment_of):
    """A store in which four comparisons are decided."""
    bring_in(
        sqlite_bench,
        "comparisons",
        [comparison_of(f"c{i}") for i in range(4)],
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


def test_parquet_and_shards_are_options(adjudge, tmp_path):
    adjudge("export", tmp_path / "o", "--format", "parquet", "--shard-mb", "1")
    assert list((tmp_path / "o" / "preference").glob("*.parquet"))
    adjudge("verify", tmp_path / "o")
    adjudge("export", tmp_path / "p", "--format", "xml", code=2)
    adjudge("verify", tmp_path / "nowhere", code=2)
