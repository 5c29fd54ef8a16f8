"""Judgments to compute on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden"


@pytest.fixture
def golden():
    """Golden numbers from papers, by the name of their file."""

    def load(name):
        return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))

    return load


@pytest.fixture
def simulate():
    """Judgments of raters who are right with a given probability, else guess evenly."""

    def judgments(*, n_units, accuracy, n_categories=2, overlap=None, seed=0):
        rng = np.random.default_rng(seed)
        n_raters = len(accuracy)
        overlap = overlap or n_raters
        truth = rng.integers(0, n_categories, n_units)
        unit = np.repeat(np.arange(n_units), overlap)
        rater = np.concatenate(
            [rng.permutation(n_raters)[:overlap] for _ in range(n_units)]
        )
        right = rng.random(len(unit)) < np.asarray(accuracy)[rater]
        shift = rng.integers(1, n_categories, len(unit))
        code = np.where(right, truth[unit], (truth[unit] + shift) % n_categories)
        return unit, rater, code, truth

    return judgments
