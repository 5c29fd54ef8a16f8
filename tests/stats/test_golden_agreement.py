"""Every published agreement value comes out, to all its digits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from adjudge.stats.agreement import (
    brennan_prediger,
    fleiss,
    gwet,
    krippendorff_alpha,
    percent_agreement,
)
from adjudge.stats.concordance import kendall_w, mean_tau_b
from adjudge.stats.counts import CountTable
from adjudge.stats.expertise import WeightedUnits
from adjudge.stats.kappa import cohen_of_table, conger
from adjudge.stats.sets import (
    jaccard_alpha,
    jaccard_distances,
    masi_alpha,
    masi_distances,
)
from adjudge.stats.weights import linear_weights, ordinal_weights, quadratic_weights

FILE = Path(__file__).parents[2] / "fixtures" / "golden" / "agreement.json"
CASES = {case["id"]: case for case in json.loads(FILE.read_text(encoding="utf-8"))}
WEIGHTS = {
    "": lambda _: None,
    "_linear": linear_weights,
    "_quadratic": quadratic_weights,
    "_ordinal": ordinal_weights,
}


def printed_tolerance(number):
    """Half a unit of the last digit printed."""
    return 0.5001 * 10.0 ** -len(repr(number).partition(".")[2])


def judgments(case):
    """Unit, rater and code of each judgment of a units by raters matrix."""
    place = {category: number for number, category in enumerate(case["categories"])}
    cells = [
        (unit, rater, place[value])
        for unit, row in enumerate(case["data"])
        for rater, value in enumerate(row)
        if value is not None
    ]
    return np.array(cells).T


def table_of(case):
    if case["kind"] == "codes":
        unit, _, code = judgments(case)
        return CountTable.from_codes(unit, code, len(case["categories"]))
    if case["kind"] == "contingency":
        cells = np.array(case["data"])
        pairs = [
            np.eye(len(cells))[[k, j]].sum(axis=0) for k, j in np.ndindex(cells.shape)
        ]
        return CountTable.from_counts(pairs, cells.ravel())
    return CountTable.from_counts(case["data"], case.get("multiplicity"))


def membership(case):
    """Unit and tags of each set of a units by raters matrix of sets."""
    cells = [
        (unit, tags)
        for unit, row in enumerate(case["data"])
        for tags in row
        if tags is not None
    ]
    names = sorted({tag for _, tags in cells for tag in tags})
    return (
        [unit for unit, _ in cells],
        [[int(name in tags) for name in names] for _, tags in cells],
    )


def distance_of(case, name):
    """Distance of a pair of sets, for names such as ``masi(ab,bc)``."""
    measure, _, pair = name.rstrip(")").partition("(")
    first, second = pair.split(",")
    tags = sorted(set(first + second))
    assert [sorted(first), sorted(second)] in case["data"]
    sets = [[int(tag in one) for tag in tags] for one in (first, second)]
    by_name = {"masi": masi_distances, "jaccard": jaccard_distances}
    return by_name[measure](sets)[0, 1]


def on_counts(case, name):
    """Coefficients that need nothing but counts."""
    stem, _, suffix = name.partition("_")
    table = table_of(case)
    if stem == "alpha":
        return krippendorff_alpha(table, suffix)
    by_name = {
        "percent": percent_agreement,
        "ac1": gwet,
        "ac2": gwet,
        "fleiss": fleiss,
        "brennan": brennan_prediger,
    }
    kind = "_" + name.rpartition("_")[2] if "_" in name else ""
    weights = WEIGHTS.get(kind, WEIGHTS[""])(table.n_categories)
    return by_name[stem](table, weights)


def cohen(case, name):
    """Cohen's kappa of a table of two raters, or of one of several pairs."""
    _, _, which = name.partition("_")
    cells = case["pairs"][which] if which.isdigit() else case["data"]
    weights = WEIGHTS[f"_{which}" if which in ("linear", "quadratic") else ""]
    return cohen_of_table(cells, weights(len(cells)))


def expertise(case, _):
    unit, rater, code = judgments(case)
    weight = np.array(case["expertise_weights"])[rater]
    return WeightedUnits.from_codes(unit, rater, code, weight, 5).alpha()


def mean_spearman(case, _):
    """Follows from W where nothing is tied."""
    m = len(case["data"])
    return (m * kendall_w(case["data"]) - 1) / (m - 1)


def compute(case, name):
    if case["kind"] == "set_pairs":
        return distance_of(case, name)
    special = {
        "alpha_masi": lambda c, _: masi_alpha(*membership(c)),
        "alpha_jaccard": lambda c, _: jaccard_alpha(*membership(c)),
        "kendall_w": lambda c, _: kendall_w(c["data"]),
        "tau_b": lambda c, _: mean_tau_b(c["data"]),
        "mean_spearman": mean_spearman,
        "conger": lambda c, _: conger(*judgments(c), len(c["categories"])),
        "expertise_alpha": expertise,
    }
    default = cohen if name.startswith("cohen") else on_counts
    return special.get(name, default)(case, name)


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case, found in CASES.items() for name in found["targets"]],
)
def test_published_agreement_comes_out(case, name):
    value, target = compute(CASES[case], name), CASES[case]["targets"][name]
    if "value" in target:
        assert value == pytest.approx(target["value"], abs=1e-6, rel=0)
    if "published" in target:
        published = target["published"]
        assert value == pytest.approx(
            published, abs=printed_tolerance(published), rel=0
        )
