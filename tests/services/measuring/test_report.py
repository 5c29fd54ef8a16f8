"""The page for a lead: whole, harmless, and sound on hostile queues."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from adjudge.errors import ConflictError, InvalidInputError, UnknownError
from adjudge.services.measuring import adjudication, reporting

A, B, TIE = [["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]


class Checker(HTMLParser):
    """Collects tags and refuses a page whose tags do not match."""

    VOID = frozenset({"meta", "line", "circle", "rect", "polygon", "polyline"})

    def __init__(self):
        super().__init__()
        self.open, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def checked(path):
    text = path.read_text(encoding="utf-8")
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    assert "NaN" not in text
    assert "nan" not in re.findall(r">([^<]*)<", text)
    return text, checker.tags


@pytest.fixture
def write(bench, lead, tmp_path):
    def make(queue="q", **options):
        out = tmp_path / "report.html"
        reporting.report(bench, lead, queue, str(out), **{"texts": False, **options})
        return checked(out)

    return make


@pytest.fixture
def judged(bench, bring_in, comparison_of, judgment_of):
    def make(table, *, names=("ann", "bob", "cyd"), **others):
        asked = [comparison_of(f"c{i:03d}", **others) for i in range(len(table))]
        bring_in(bench, "comparisons", asked, queue="q")
        said = [
            judgment_of(
                f"c{i:03d}", who, ranking, at=f"2026-01-{5 + i % 20:02d}T09:00:00Z"
            )
            for i, row in enumerate(table)
            for who, ranking in zip(names, row, strict=False)
        ]
        bring_in(bench, "judgments", said, name="j.jsonl", queue="q")

    return make


def test_the_page_holds_numbers_pictures_and_anchors(write, judged, bench, lead):
    judged([[A, A, B], [B, B, B], [A, B, TIE], [TIE, TIE, A]] * 8)
    adjudication.adjudicate(bench, lead, "c002", (("a",), ("b",)), why="a is right")
    rules = {"why": "rule 3 says two things", "cause": "guideline_unclear"}
    adjudication.adjudicate(bench, lead, "c010", (("a",), ("b",)), **rules)
    text, tags = write()
    assert "Why people disagreed, where a lead decided" in text
    assert "<td>guideline unclear</td>" in text
    assert text.count("<svg") == 3
    assert "InstructGPT" in text
    assert "Krippendorff" in text
    assert any(a.get("class") == "heat" for t, a in tags if t == "table")
    assert "c006" in text


def test_the_page_asks_nothing_of_a_network_and_runs_nothing(write, judged):
    judged([[A, A], [A, B]] * 4)
    text, tags = write()
    assert "http:" not in text
    assert "https:" not in text
    assert not {"script", "link", "iframe", "img"} & {tag for tag, _ in tags}
    assert not any(key.startswith("on") for _, found in tags for key in found)
    assert "default-src 'none'" in text


def test_names_can_neither_run_nor_deceive(write, judged):
    judged(
        [[A, A], [A, B], [B, B]] * 8,
        names=("<script>alert(1)</script>", "eve\u202egnp"),
    )
    text, tags = write()
    assert "&lt;script&gt;" in text
    assert "script" not in {tag for tag, _ in tags}
    assert "\u202e" not in text


@pytest.mark.parametrize(
    "table",
    [
        [],
        [[A]],
        [[A, B]] * 25,
        [[A, A, A]] * 25,
        [[TIE, TIE]] * 5,
        [[A, None, B], [B, A], [A, B]][1:] * 3,
    ],
)
def test_a_hostile_queue_still_gives_a_page(write, judged, fill, bench, table):
    if table:
        judged(table)
    else:
        fill(bench, 1)
    write()


def test_rankings_give_a_page_too(write, bench, bring_in, comparison_of, judgment_of):
    asked = [comparison_of(f"c{i}", responses="abc") for i in range(6)]
    for record in asked:
        for response in record["responses"]:
            response["model"] = f"m-{response['id']}"
    bring_in(bench, "comparisons", asked, queue="q")
    circle = ("abc", "bca", "cab")
    said = [
        judgment_of(f"c{i}", f"p{j}", [[r] for r in order])
        for i in range(6)
        for j, order in enumerate(circle)
    ]
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    text, _ = write(texts=True)
    assert "Plackett-Luce model" in text


def test_a_page_is_written_whole_or_not_at_all(bench, lead, judged, tmp_path):
    judged([[A, A]])
    with pytest.raises(ConflictError, match="directory"):
        reporting.report(bench, lead, "q", str(tmp_path), texts=False)
    with pytest.raises(InvalidInputError, match="cannot be written"):
        reporting.report(bench, lead, "q", str(tmp_path / "no" / "r.html"), texts=False)
    with pytest.raises(UnknownError):
        reporting.report(bench, lead, "none", str(tmp_path / "r.html"), texts=False)
    assert not list(tmp_path.glob("*.html"))
    assert not list(tmp_path.glob(".report*"))
