"""The command line, run inside this process and outside of it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def program():
    """Start the program as a process of its own."""
    started = []

    def start(*arguments, **options):
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        process = subprocess.Popen(
            [sys.executable, "-m", "adjudge", *map(str, arguments)],
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=options.pop("stderr", subprocess.PIPE),
            stdin=options.pop("stdin", subprocess.DEVNULL),
            env={**environment, **options.pop("env", {})},
            **options,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def store(sqlite_url, monkeypatch):
    """A store that the program finds by itself."""
    monkeypatch.setenv("ADJUDGE_DB", sqlite_url)
    return sqlite_url


@pytest.fixture
def filled(store, adjudge, write_lines, comparison_of, judgment_of):
    """A store with three comparisons in queue ``q``, judged by three people."""
    comparisons = write_lines([comparison_of(f"c{i}") for i in (1, 2, 3)], "c.jsonl")
    judgments = write_lines(
        [
            judgment_of(f"c{i}", who, ranking)
            for i in (1, 2, 3)
            for who, ranking in (
                ("ann", [["a"], ["b"]]),
                ("bob", [["a"], ["b"]]),
                ("cy", [["a"], ["b"]] if i < 3 else [["b"], ["a"]]),
            )
        ],
        "j.jsonl",
    )
    for arguments in (
        ("import", "comparisons", comparisons, "--queue", "q"),
        ("import", "judgments", judgments),
    ):
        ran = adjudge(*arguments)
        assert ran.code == 0, ran.err
    return store
