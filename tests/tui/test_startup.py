"""What stands before the first frame, and what never has to."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"numpy", "scipy", "sklearn", "pyarrow", "alembic", "psycopg"}


def loaded(statement):
    """Top-level packages that a fresh process holds after a statement."""
    program = (
        f"{statement}\nimport sys\nprint(*{{m.split('.')[0] for m in sys.modules}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_first_frame_needs_no_store():
    names = loaded("import adjudge.tui.app")
    assert "textual" in names
    assert not names & (HEAVY | {"sqlalchemy", "sqlmodel"})


@pytest.mark.parametrize("module", ["work.judging", "people.people", "storekeeping"])
def test_the_first_task_needs_no_statistics(module):
    names = loaded(f"import adjudge.tui.choice, adjudge.services.{module}")
    assert not names & HEAVY
