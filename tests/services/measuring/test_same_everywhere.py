"""The same judgments give the same answer: from any file, in any store and order."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from adjudge.services.importing import ingest
from adjudge.services.measuring import (
    agreement,
    annotators,
    auditing,
    overview,
    standings,
)

SHARED = Path("/work/shared/data")
A, B, TIE = [["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]
FORMS = ["as it is", "shuffled", "people the other way round", "in two files", "gz"]


@pytest.fixture(scope="module")
def campaign():
    """Forty pairs and ten rankings of three, judged by five people of two kinds."""
    chance = random.Random(7)
    asked, said = [], []
    for i in range(50):
        letters = "ab" if i < 40 else "abc"
        asked.append(
            {
                "id": f"c{i:02d}",
                "prompt": f"question {i // 2}",
                "topic": ("python", "sql")[i % 2],
                "responses": [
                    {"id": r, "text": f"answer {r} {i}", "model": f"m{(i + k) % 4}"}
                    for k, r in enumerate(letters)
                ],
                **({"gold": {"ranking": A, "why": "known"}} if 36 <= i < 40 else {}),
            }
        )
        for name in chance.sample(["ann", "bob", "cyd", "dee", "eve"], 3):
            order = chance.sample(letters, len(letters))
            ranking = TIE if chance.random() < 0.1 and i < 40 else [[r] for r in order]
            said.append(
                {
                    "comparison": f"c{i:02d}",
                    "annotator": name,
                    "ranking": ranking,
                    **({"margin": chance.randint(1, 3)} if ranking != TIE else {}),
                    "reasons": {"a": [chance.choice(["clear", "wrong"])]},
                    "ratings": {"a": {"truth": chance.randint(1, 5)}},
                    "shown": chance.sample(letters, len(letters)),
                    "seconds": round(chance.uniform(5, 90), 1),
                    "at": f"2026-01-{1 + i % 27:02d}T10:00:{i % 60:02d}Z",
                }
            )
    return asked, said


def files(folder, campaign, form):
    """Write the campaign in one of the forms; give kinds and names in order."""
    asked, said = campaign
    shuffled = random.Random(3)
    if form == "shuffled":
        asked, said = shuffled.sample(asked, 50), shuffled.sample(said, len(said))
    if form == "people the other way round":
        said = sorted(said, key=lambda j: j["annotator"], reverse=True)
    parts = [("comparisons", asked), ("judgments", said)]
    if form == "in two files":
        parts = [("comparisons", asked[25:]), ("comparisons", asked[:25])]
        parts += [("judgments", said[::2]), ("judgments", said[1::2])]
    for n, (kind, lines) in enumerate(parts):
        text = "".join(json.dumps(line) + "\n" for line in lines).encode()
        name = folder / f"{n}.jsonl"
        if form == "gz":
            import gzip

            name, text = folder / f"{n}.jsonl.gz", gzip.compress(text)
        name.write_bytes(text)
        yield kind, str(name)


def answers(bench, lead):
    """Everything that is computed of judgments, in one document."""
    found = {
        "agree": agreement.agree(bench, lead, "q", everything=True),
        **{by: agreement.agree(bench, lead, "q", by=by) for by in agreement.SLICES},
        **{
            method: standings.resolution(
                bench, lead, "q", method=method, league=method == "majority"
            )
            for method in ("majority", "weighted", "dawid-skene")
        },
        "people": annotators.listed(bench, lead, "q"),
        "audit": auditing.audit(bench, lead, "q", texts=False),
        "overview": overview.glance(bench, lead, "q"),
    }
    return json.loads(json.dumps(found))


def same(found, expected, where=""):
    """Compare documents; sums of fractions may differ in the last digits only."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key, value in expected.items():
            same(found[key], value, f"{where}/{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for i, value in enumerate(expected):
            same(found[i], value, f"{where}[{i}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9), where
    else:
        assert found == expected, where


@pytest.mark.parametrize("form", FORMS)
def test_the_form_and_the_order_of_files_leave_no_trace(
    make_bench, make_sqlite, make_postgres, lead, campaign, tmp_path, form
):
    urls = [make_sqlite(), make_sqlite()]
    if form in {"as it is", "shuffled"}:
        urls.append(make_postgres())
    found = []
    for url, how in zip(urls, (FORMS[0], form, form), strict=False):
        folder = tmp_path / f"{len(found)}"
        folder.mkdir()
        bench = make_bench(url)
        for kind, file in files(folder, campaign, how):
            options = ingest.Options(queue="q")
            ingest.import_files(bench, lead, kind, [file], options)
        found.append(answers(bench, lead))
    for other in found[1:]:
        same(other, found[0])


def test_the_order_of_pairs_leaves_no_trace_in_any_interval(
    sqlite_bench, lead, bring_in, comparison_of, judgment_of
):
    """Without rankings nothing else puts comparisons in order."""
    chance = random.Random(4)
    asked = [comparison_of(f"c{i:02d}", prompt=f"q{i // 2}") for i in range(60)]
    said = [
        judgment_of(c["id"], name, chance.choice([A, A, B, TIE]))
        for c in asked
        for name in ("ann", "bob", "cyd")
    ]
    for queue, order in (("q", asked), ("again", asked[::-1])):
        renamed = [{**c, "id": queue + c["id"]} for c in order]
        moved = [{**j, "comparison": queue + j["comparison"]} for j in said]
        bring_in(sqlite_bench, "comparisons", renamed, name=f"{queue}.c", queue=queue)
        bring_in(sqlite_bench, "judgments", moved, name=f"{queue}.j", queue=queue)
    found = [
        agreement.agree(sqlite_bench, lead, queue, everything=True)
        for queue in ("q", "again")
    ]
    assert found[0]["winner"]["cohen_mean"]["low"] is not None
    same({**found[1], "queue": "q"}, found[0])


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_squality_through_import_and_the_command_line(adjudge, monkeypatch, sqlite_url):
    """Published: alpha over pairs 0.4390, mean W 0.8644, mean tau-b 0.7422."""
    monkeypatch.setenv("ADJUDGE_DB", sqlite_url)
    for kind in ("comparisons", "judgments"):
        file = SHARED / "squality_ranking" / f"{kind}.jsonl"
        assert adjudge("import", kind, file, "--queue", "sq").code == 0
    found = adjudge("agree", "sq", "--json").json
    assert round(found["winner"]["alpha"]["value"], 4) == 0.4390
    assert round(found["ranking"]["kendall_w"]["value"], 4) == 0.8644
    assert round(found["ranking"]["tau_b"]["value"], 4) == 0.7422
