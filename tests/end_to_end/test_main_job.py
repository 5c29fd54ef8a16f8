"""Import, judge, agree, resolve, export, trace: on real input and on the sample."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import evalica
import numpy as np
import pandas as pd
import pytest

from adjudge.wiring import shipped

ROOT = Path(__file__).parents[2]
PANDALM = ROOT.parent / "shared" / "data" / "pandalm"
SAMPLE = shipped.folder("fixtures") / "sample"
ROW = "preference/train-00000-of-00001.jsonl"


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def codes(comparisons, judgments):
    """Code judgments by hand: which response of the file was preferred, or a tie."""
    order = {c["id"]: [r["id"] for r in c["responses"]] for c in comparisons}
    gold = {c["id"] for c in comparisons if c.get("gold")}
    table = defaultdict(dict)
    for judgment in judgments:
        if judgment["comparison"] in gold or judgment.get("occasion"):
            continue
        top = judgment["ranking"][0]
        code = 2 if len(top) > 1 else order[judgment["comparison"]].index(top[0])
        table[judgment["comparison"]][judgment["annotator"]] = code
    return table


def alpha(table):
    """Krippendorff's alpha by another program."""
    names = sorted({name for said in table.values() for name in said})
    matrix = pd.DataFrame(
        [[said.get(name, np.nan) for said in table.values()] for name in names]
    )
    return evalica.alpha(matrix, distance="nominal").alpha


def percent(table):
    """Share of pairs of judgments that agree, averaged over comparisons."""
    shares = []
    for said in table.values():
        pairs = list(combinations(said.values(), 2))
        if pairs:
            shares.append(sum(a == b for a, b in pairs) / len(pairs))
    return sum(shares) / len(shares)


def majorities(table, overlap=3):
    """Count comparisons by what more than half of their judgments say."""
    found = Counter()
    for said in table.values():
        code, n = Counter(said.values()).most_common(1)[0]
        if len(said) < overlap:
            found["open"] += 1
        elif n * 2 <= len(said):
            found["escalated"] += 1
        else:
            found["tie" if code == 2 else "settled"] += 1
    return found


def test_the_main_job_on_real_judgments(founded, load_dataset, tmp_path):
    if not PANDALM.is_dir():
        pytest.skip(f"the PandaLM judgments are not at {PANDALM}")
    comparisons, judgments = PANDALM / "comparisons.jsonl", PANDALM / "judgments.jsonl"
    adjudge = founded
    total = json.loads(
        adjudge("import", "comparisons", comparisons, "--queue", "pandalm", "--json")
    )
    assert (total["read"], total["added"]) == (999, 999)
    total = json.loads(adjudge("import", "judgments", judgments, "--json"))
    assert (total["read"], total["added"], total["surplus"]) == (2997, 2997, 0)

    agreed = json.loads(adjudge("agree", "pandalm", "--json"))
    assert agreed["n_comparisons"] == agreed["n_units"] == 999
    assert (agreed["n_judgments"], agreed["n_annotators"]) == (2997, 3)
    table = codes(lines(comparisons), lines(judgments))
    assert agreed["winner"]["alpha"]["value"] == pytest.approx(alpha(table), abs=1e-9)
    wanted = pytest.approx(percent(table), abs=1e-9)
    assert agreed["winner"]["percent"]["value"] == wanted

    out = tmp_path / "out"
    done = json.loads(adjudge("export", out, "--json"))
    assert done["rows"]["preference"] == {"train": 894}
    assert done["excluded"]["preference"] == {"tie": 105}
    assert load_dataset(out, "preference", "annotations") == {
        "preference": {"train": 894},
        "annotations": {"train": 999},
    }

    traced = json.loads(adjudge("why", f"{out / ROW}:1", "--json"))
    names = {j["annotator"] for j in traced["judgments"]}
    assert names == {"annotator1", "annotator2", "annotator3"}
    assert json.loads(adjudge("db", "check", "--json")) == {"broken": []}


def test_the_main_job_on_the_sample(founded, load_dataset, tmp_path):
    adjudge = founded
    for file in sorted(shipped.folder("guidelines").glob("*.md")):
        adjudge("guideline", "add", file)
    adjudge(
        *("queue", "create", "help", "--kind", "compare"),
        *("--guideline", "helpfulness"),
    )
    adjudge("import", "people", SAMPLE / "people.jsonl")
    adjudge("import", "comparisons", SAMPLE / "comparisons.jsonl", "--queue", "help")
    adjudge("import", "judgments", SAMPLE / "judgments.jsonl", "--queue", "help")
    adjudge("import", "comparisons", SAMPLE / "rankings.jsonl", "--queue", "rank")
    adjudge("import", "judgments", SAMPLE / "ranking_judgments.jsonl")

    table = codes(
        lines(SAMPLE / "comparisons.jsonl"), lines(SAMPLE / "judgments.jsonl")
    )
    agreed = json.loads(adjudge("agree", "help", "--json"))
    several = {k: v for k, v in table.items() if len(v) > 1}
    assert agreed["n_units"] == len(several)
    assert agreed["winner"]["alpha"]["value"] == pytest.approx(alpha(table), abs=1e-9)
    wanted = pytest.approx(percent(table), abs=1e-9)
    assert agreed["winner"]["percent"]["value"] == wanted
    ranked = json.loads(adjudge("agree", "rank", "--json"))
    assert ranked["ranking"]["kendall_w"]["value"] is not None

    shown = json.loads(adjudge("queue", "show", "help", "--json"))
    states = majorities(table)
    assert shown["states"]["settled"] == states["settled"]
    assert shown["states"]["tie"] == states["tie"]
    assert shown["states"]["escalated"] == states["escalated"]

    out = tmp_path / "out"
    done = json.loads(adjudge("export", out, "--queue", "help", "--json"))
    n = done["rows"]["preference"]["train"]
    flagged = done["excluded"]["preference"].get("none_acceptable", 0)
    assert n + flagged == states["settled"]
    assert load_dataset(out, "preference") == {"preference": {"train": n}}
    for line in (1, n):
        traced = json.loads(adjudge("why", f"{out / ROW}:{line}", "--json"))
        assert len(traced["judgments"]) == 3
        assert all(j["guideline"] == "helpfulness@1" for j in traced["judgments"])
    assert json.loads(adjudge("db", "check", "--json")) == {"broken": []}
