"""What a reader is told of two versions of a guideline."""

from hypothesis import given
from hypothesis import strategies as st

from adjudge.domain.guideline import Clause, Criterion, Guideline, ReasonTag
from adjudge.domain.guideline_changes import compare, line_changes, word_changes


def guideline(version=1, **others):
    values = {"name": "g", "version": version, "kind": "compare", "title": "G"}
    return Guideline.model_validate({**values, "source": str(version), **others})


def clause(number, title, text="Words."):
    return Clause(number=number, title=title, text=text)


def test_settings_are_compared_one_by_one():
    before = guideline(
        margin={"1": "slightly"},
        criteria=(Criterion(name="truth", title="Truth"),),
        reasons=(ReasonTag(tag="wrong", key="w", title="Wrong"),),
    )
    after = guideline(
        2,
        ties=False,
        margin={"1": "a little"},
        criteria=(Criterion(name="truth", title="Truth", high=7),),
        reasons=(ReasonTag(tag="late", key="l", title="Late"),),
    )
    found = {s.key: (s.before, s.after) for s in compare(before, after).settings}
    assert found == {
        "ties": ("yes", "no"),
        "margin 1": ("slightly", "a little"),
        "criterion truth": (
            "title: Truth; low: 1; high: 5",
            "title: Truth; low: 1; high: 7",
        ),
        "reason tag wrong": ("key: w; title: Wrong", None),
        "reason tag late": (None, "key: l; title: Late"),
    }


def test_a_clause_is_found_again_by_its_title_then_by_its_number():
    before = guideline(clauses=(clause("1", "Truth"), clause("2", "Length")))
    after = guideline(2, clauses=(clause("1", "Truth first"), clause("3", "Length")))
    found = compare(before, after).clauses
    assert [(c.change, c.number, c.was, c.lines) for c in found] == [
        ("changed", "1", None, ("~ Truth{+ first+}",)),
        ("renumbered", "3", "2", ()),
    ]


def test_a_clause_that_is_gone_is_shown_as_it_was():
    before = guideline(
        clauses=(clause("1", "Truth"), clause("2", "Length", "A.\n\nB."))
    )
    (found,) = compare(before, guideline(2, clauses=(clause("1", "Truth"),))).clauses
    assert (found.change, found.number) == ("removed", "2")
    assert found.lines == ("- A.", "- B.")


def test_lines_that_share_little_are_not_mixed():
    assert list(line_changes("Read it twice.", "Judge alone, at home")) == [
        "- Read it twice.",
        "+ Judge alone, at home",
    ]
    assert list(line_changes("one\ntwo", "one")) == ["- two"]
    assert list(line_changes("one", "one\n\nthree")) == ["+ three"]


def test_what_stands_in_no_clause_is_compared_too():
    found = compare(guideline(), guideline(2), elsewhere=("Read both.", "Read all."))
    assert found.elsewhere == ("~ Read [-both-]{+all+}.",)
    assert not found.is_empty


@given(st.text("ab cd.", max_size=30), st.text("ab cd.", max_size=30))
def test_both_texts_can_be_read_out_of_their_difference(before, after):
    """What is marked as gone and as new, taken away in turn, gives either text."""
    said = word_changes(before, after)
    old = _without(_without(said, "{+", "+}", keep=False), "[-", "-]", keep=True)
    new = _without(_without(said, "[-", "-]", keep=False), "{+", "+}", keep=True)
    assert (old, new) == (before, after)


def _without(text, start, end, *, keep):
    found = ""
    while start in text:
        head, _, rest = text.partition(start)
        inner, _, text = rest.partition(end)
        found += head + (inner if keep else "")
    return found + text
