"""The whole loop, through the commands, on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from adjudge.domain.people import Actor, Person, Role
from adjudge.services.people import people


@pytest.fixture
def founded(adjudge, make_bench, url, tmp_path, monkeypatch):
    """Run commands on a store, on each database in turn, as its lead."""
    lead = Actor(name="lea", role=Role.LEAD)
    people.add(make_bench(url), lead, Person(name="lea", role=Role.LEAD))
    monkeypatch.setenv("ADJUDGE_DB", url)
    monkeypatch.setenv("ADJUDGE_USER", "lea")
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        ran = adjudge(*arguments)
        assert ran.code == 0, ran.err
        return ran.out

    return call


_LOAD = """
import json, sys
from datasets import load_dataset
found = {}
for config in sys.argv[2:]:
    rows = load_dataset(sys.argv[1], config)
    found[config] = {split: part.num_rows for split, part in rows.items()}
print(json.dumps(found))
"""


@pytest.fixture
def load_dataset(tmp_path):
    """Read configs as a trainer does, without the network."""

    def load(folder, *configs):
        ran = subprocess.run(
            [sys.executable, "-c", _LOAD, str(folder), *configs],
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
        return json.loads(ran.stdout)

    return load
