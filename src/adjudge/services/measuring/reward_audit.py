"""The reward-model audit, in a child process: what the texts say of the judgments."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from adjudge.services.measuring.measures import SEED
from adjudge.services.measuring.resolving import results_of
from adjudge.storage import comparisons

if TYPE_CHECKING:
    from adjudge.domain.queue import Queue
    from adjudge.storage.engine.store import Unit

MOST_PAIRS = 20_000  # learnt from at most, drawn at random, so that it ends in a minute
_SECONDS = 600


def pairs(unit: Unit, queue: Queue) -> list[dict[str, Any]]:
    """Collect the decided pairs of a queue with their texts."""
    decided = {
        r.comparison: r.resolution.winner
        for r in results_of(unit, queue)
        if r.resolution.winner is not None and len(r.responses) == 2
    }
    if len(decided) > MOST_PAIRS:
        kept = random.Random(SEED).sample(sorted(decided), MOST_PAIRS)  # noqa: S311 - a sample, no secret
        decided = {c: decided[c] for c in kept}
    found = []
    for comparison in comparisons.stream(unit, sorted(decided)):
        one, two = comparison.responses
        found.append(
            {
                "id": str(comparison.id),
                "prompt": comparison.prompt_digest,
                "first": one.judged,
                "second": two.judged,
                "first_won": decided[str(comparison.id)] == one.id,
            }
        )
    return found


def run(collected: list[dict[str, Any]]) -> dict[str, Any]:
    """Learn in a process of its own; what goes wrong there is a reason, not a crash."""
    asked = json.dumps({"pairs": collected, "seed": SEED})
    # One thread: an audit must not take the machine from those who judge.
    quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "adjudge.learning.reward"],
            input=asked.encode(),
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            env={**os.environ, **quiet},
        )
    except subprocess.TimeoutExpired:
        return _refused(len(collected), f"it took longer than {_SECONDS} seconds")
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return _refused(len(collected), f"it failed: {' '.join(last)}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _refused(n: int, reason: str) -> dict[str, Any]:
    return {"refused": reason, "n": n, "n_prompts": None, "suspicious": []}
