"""Who everybody waits for."""

from adjudge.domain.forecast import Cell, bottleneck
from adjudge.domain.people import Role
from adjudge.domain.routing import Eligibility


def cell(topic="python", language="en", n=10, *, labels=(), needs_expert=False):
    return Cell(topic, language, labels, needs_expert, n)


def person(role=Role.ANNOTATOR, **others):
    sets = {k: frozenset(v) for k, v in others.items()}
    return Eligibility(role=role, **sets)


EN = person(languages=["en"])
BOTH = person(languages=["en", "fa"])


def test_the_longest_wait_is_for_those_who_alone_can_do_something():
    """Two can do English, one of them Persian too: Persian decides."""
    found = bottleneck(
        [cell(language="en", n=60), cell(language="fa", n=50)],
        {"ann": EN, "bob": BOTH},
        {"ann": 10.0, "bob": 5.0},
        stuck={},
    )
    assert (found.people, found.judgments, found.days) == (("bob",), 50, 10.0)


def test_work_of_a_smaller_group_counts_for_the_larger_one_too():
    """Together they take 110 / 11 days; Persian alone would take less."""
    found = bottleneck(
        [cell(language="en", n=100), cell(language="fa", n=10)],
        {"ann": EN, "bob": BOTH},
        {"ann": 1.0, "bob": 10.0},
        stuck={},
    )
    assert (found.people, found.judgments, found.days) == (("ann", "bob"), 110, 10.0)


def test_work_that_nobody_may_do_comes_first():
    found = bottleneck(
        [cell(n=1000), cell(labels=("medical",), n=1)], {"ann": EN}, {}, stuck={}
    )
    assert (found.people, found.judgments, found.days) == ((), 1, None)


def test_people_who_made_nothing_lately_are_waited_for_without_end():
    found = bottleneck([cell()], {"ann": EN}, {}, stuck={})
    assert (found.people, found.days) == (("ann",), None)


def test_nothing_left_is_no_bottleneck():
    assert bottleneck([cell(n=0)], {"ann": EN}, {}, stuck={}) is None


def test_a_cell_names_itself():
    assert cell(labels=("medical",), needs_expert=True).words == (
        "python in en with medical, for experts"
    )
    assert cell(topic=None, language=None).words == "any topic"
