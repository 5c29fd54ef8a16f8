"""Guidelines as Markdown with TOML front matter."""

from __future__ import annotations

import pytest

from adjudge.errors import BadFileError
from adjudge.formats import guideline_file
from adjudge.wiring import shipped

HEAD = 'name = "g"\nversion = 2\nkind = "compare"\ntitle = "G"\n'
BODY = """
# A guideline

Words before any clause.

## 1 Correctness first

Right before pretty.

### 1.1. Code

It must run.

## Examples

No clause.

## 2 The rest
All else.
"""


def whole(head=HEAD, body=BODY):
    return f"+++\n{head}+++\n{body}"


def test_front_matter_and_numbered_clauses_are_read():
    found = guideline_file.parse(whole(), name="g.md")
    assert (found.ref, found.kind, found.title) == ("g@2", "compare", "G")
    assert [(c.number, c.title, c.text) for c in found.clauses] == [
        ("1", "Correctness first", "Right before pretty."),
        ("1.1", "Code", "It must run."),
        ("2", "The rest", "All else."),
    ]
    assert found.source == whole()


def test_a_byte_order_mark_and_windows_lines_are_no_trouble():
    windows = "\ufeff" + whole().replace("\n", "\r\n")
    found = guideline_file.parse(windows, name="g.md")
    assert [c.number for c in found.clauses] == ["1", "1.1", "2"]


def test_the_body_is_what_people_read():
    assert guideline_file.body(whole()).startswith("# A guideline")
    assert "name =" not in guideline_file.body(whole())


def test_tables_and_lists_of_the_front_matter_are_read():
    head = HEAD + (
        'margin = { 1 = "slightly" }\n'
        '[[criteria]]\nname = "c"\ntitle = "C"\nanchors = { 1 = "bad" }\n'
        '[[reasons]]\ntag = "x"\nkey = "x"\ntitle = "X"\n'
    )
    found = guideline_file.parse(whole(head), name="g.md")
    assert found.margin == {"1": "slightly"}
    assert found.criteria[0].anchors == {"1": "bad"}
    assert found.tags == {"x"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Only Markdown", "g.md: there is no front matter"),
        ("+++\nname = 1\n", "g.md: there is no front matter"),
        ("words\n" + whole(), "g.md: there is no front matter"),
        (whole("name = \n"), "g.md: the front matter is not TOML"),
        (whole(HEAD.replace("2", '"2"')), "g.md: version: "),
        (whole(HEAD.replace('title = "G"\n', "")), "g.md: title: "),
        (whole(HEAD.replace('"g"', '"g h"')), "g.md: name: "),
        (whole(HEAD + 'surprise = "x"\n'), "g.md: surprise: "),
        (whole(body=BODY + "\n## 2 Again\n"), "clause number '2' stands twice"),
        (whole(body="\x00"), "g.md: holds the character U\\+0000"),
    ],
)
def test_a_wrong_guideline_says_what_is_wrong(text, said):
    with pytest.raises(BadFileError, match=said):
        guideline_file.parse(text, name="g.md")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("helpfulness", "compare"),
        ("ranking", "compare"),
        ("rewrite", "rewrite"),
        ("safety", "compare"),
    ],
)
def test_the_shipped_guidelines_are_worth_working_by(name, kind):
    file = shipped.folder("guidelines") / f"{name}.md"
    found = guideline_file.parse(file.read_text(encoding="utf-8"), name=file.name)
    assert (found.name, found.kind) == (name, kind)
    assert len(found.reasons) >= 5
    assert all(r.definition for r in found.reasons)
    assert len(found.clauses) >= 5
    assert all(c.definition for c in found.criteria)
    if kind == "compare" and name != "ranking":
        assert set(found.margin) == {"1", "2", "3"}


def test_a_guideline_may_have_no_numbered_clause():
    assert guideline_file.clauses("# Read\nBoth of them.\n") == ()
    assert guideline_file.outside("# Read\nBoth.\n") == "# Read\nBoth.\n"


def test_what_stands_in_no_clause_is_told_apart():
    body = "Intro.\n\n## 1 Truth\nWrong loses.\n\n## Examples\nOne.\n"
    assert guideline_file.outside(body) == "Intro.\n\n## Examples\nOne.\n"
