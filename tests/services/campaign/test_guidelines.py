"""Versions of a guideline: what changed, what rests on the old text, who asks."""

from dataclasses import replace

import pytest

from adjudge.domain.people import Person, Role
from adjudge.errors import ConflictError, InvalidInputError, UnknownError
from adjudge.services import exporting
from adjudge.services.campaign import guidelines, queueing
from adjudge.services.measuring import auditing
from adjudge.services.people import people
from adjudge.services.work import judging
from adjudge.storage import guidelines as stored

CLAUSES = """
## 1 Truth
What is wrong loses.

## 2 Length
Longer is not better.
"""


def text(version=1, *, clauses=CLAUSES, summary="Which helps more?"):
    return f"""+++
name = "help"
version = {version}
kind = "compare"
title = "Help"
summary = "{summary}"

[[reasons]]
tag = "incorrect"
key = "i"
title = "Incorrect"
+++
# Help
Read both.
{clauses}"""


@pytest.fixture
def add(bench, lead):
    """Add a version of the guideline ``help``."""

    def run(version=1, *, change="major", **others):
        return guidelines.add(
            bench, lead, text(version, **others), name="help.md", change=change
        )

    return run


@pytest.fixture
def campaign(bench, lead, *, add, fill, comparison_of, bring_in):
    """A queue that follows ``help``, with three comparisons and a gold task."""
    add(1)
    people.add(bench, lead, Person(name="ann", role=Role.ANNOTATOR))
    queue = queueing.settings(name="q", kind="compare", guideline="help")
    queueing.create(bench, lead, queue)
    fill(bench, 3)
    gold = comparison_of("g1", gold={"ranking": [["a"], ["b"]]})
    bring_in(bench, "comparisons", [gold], queue="q", name="gold.jsonl")


def judge(bench, who, assignment):
    return judging.submit(
        bench,
        who,
        assignment,
        assignment.blank().grade(2),
        clock=judging.Clock(active=3.0),
        submission_id=bench.new_id(),
    )


# --- versions ------------------------------------------------------------------
def test_leased_work_is_finished_under_the_text_it_was_taken_under(
    bench, ann, add, campaign
):
    """The new version comes while the task is open; the next task is under it."""
    first, ahead = judging.claim(bench, ann, "q")
    assert first.guideline == "help@1"
    add(2)
    done = judge(bench, ann, first)
    assert done.judgment.guideline == "help@1"
    assert [a.guideline for a in done.next] == [ahead.guideline, "help@2"]
    assert judge(bench, ann, done.next[1]).judgment.guideline == "help@2"


def test_a_lease_that_comes_back_is_under_the_version_of_its_next_claim(
    bench, ann, add, campaign
):
    for held in judging.claim(bench, ann, "q"):
        judging.release(bench, ann, held)
    add(2)
    assert {a.guideline for a in judging.claim(bench, ann, "q")} == {"help@2"}


def test_a_queue_that_names_a_version_stays_with_it(bench, lead, ann, add, campaign):
    queueing.change(bench, lead, "q", guideline="help@1")
    add(2)
    assert judging.claim(bench, ann, "q")[0].guideline == "help@1"


def test_late_work_is_signed_under_the_text_it_was_taken_under(
    bench, lead, ann, add, campaign
):
    first, _ = judging.claim(bench, ann, "q")
    add(2)
    judging.release(bench, ann, first)
    done = judge(bench, ann, first)
    assert (done.late, done.judgment.guideline) == (True, "help@1")


def test_work_taken_under_a_text_nobody_knows_is_refused(bench, ann, add, campaign):
    first, _ = judging.claim(bench, ann, "q")
    judging.release(bench, ann, first)
    with pytest.raises(UnknownError, match="help@9, which is not in the store"):
        judge(bench, ann, replace(first, guideline="help@9"))


def test_work_taken_before_there_was_a_text_is_signed_under_none(
    bench, lead, ann, add, fill
):
    fill(bench, 2)
    first, _ = judging.claim(bench, ann, "q")
    add(1)
    queueing.change(bench, lead, "q", guideline="help")
    assert judge(bench, ann, first).judgment.guideline is None


def test_a_version_never_changes(add):
    add(1)
    with pytest.raises(ConflictError, match="help@1 stands in the store"):
        add(1, summary="another")


# --- gold ------------------------------------------------------------------------
def test_a_major_change_suspends_gold_until_a_lead_confirms_it(
    bench, lead, add, campaign
):
    assert guidelines.suspended(bench, lead, "help") == {}
    add(2, change="major")
    assert guidelines.suspended(bench, lead, "help") == {"q": 1}
    with pytest.raises(UnknownError, match="'c1' is no gold of a queue under help"):
        guidelines.confirm_gold(bench, lead, "help", comparisons=["g1", "c1"])
    assert guidelines.suspended(bench, lead, "help") == {"q": 1}
    assert guidelines.confirm_gold(bench, lead, "help", comparisons=["g1"]) == {"q": 1}
    assert guidelines.suspended(bench, lead, "help") == {}


def test_a_minor_change_leaves_gold_alone(bench, lead, add, campaign):
    add(2, change="minor")
    assert guidelines.suspended(bench, lead, "help") == {}


def test_gold_of_a_queue_that_names_its_version_waits_until_the_queue_moves(
    bench, lead, add, campaign
):
    queueing.change(bench, lead, "q", guideline="help@1")
    add(2)
    assert guidelines.suspended(bench, lead, "help") == {}
    queueing.change(bench, lead, "q", guideline="help@2")
    assert guidelines.suspended(bench, lead, "help") == {"q": 1}


def test_only_a_lead_confirms_gold(bench, ann, campaign):
    with pytest.raises(Exception, match="may not manage guidelines"):
        guidelines.confirm_gold(bench, ann, "help")


# --- what files name ----------------------------------------------------------------
@pytest.mark.parametrize(
    "ref", ["help", "help@", "help@0", "help@²", "help@" + "9" * 23]
)
def test_a_reference_that_a_file_brought_is_as_one_without_a_version(
    bench, lead, add, fill, bring_in, judgment_of, ref
):
    """It blocks nothing: not the numbers, not the work under the guideline."""
    add(1)
    fill(bench)
    queueing.change(bench, lead, "q", guideline="help@1")
    bring_in(bench, "judgments", [judgment_of("c1", annotator="eve", guideline=ref)])
    (queue,) = guidelines.impact(bench, lead, "help").queues
    assert [(u["guideline"], u["judgments"]) for u in queue["under"]] == [(ref, 1)]
    auditing.audit(bench, lead, "q", texts=False)
    with bench.store.read() as unit:
        assert stored.worked_under(unit, "eve", "help") == 0


# --- diff --------------------------------------------------------------------------
def test_a_diff_names_the_clause(bench, ann, add):
    add(1)
    add(
        2,
        summary="Which one helps more?",
        clauses="""
## 1 Truth
What is plainly wrong loses.

## 2 Safety
Harm loses first.

## 3 Length
Longer is not better.
""",
    )
    found = guidelines.diff(bench, ann, "help@1", "help")
    assert [(s.key, s.before, s.after) for s in found.settings] == [
        ("summary", "Which helps more?", "Which one helps more?")
    ]
    assert [(c.change, c.number, c.was) for c in found.clauses] == [
        ("changed", "1", None),
        ("added", "2", None),
        ("renumbered", "3", "2"),
    ]
    assert found.clauses[0].lines == ("~ What is{+ plainly+} wrong loses.",)
    assert found.elsewhere == ()


def test_a_diff_of_a_version_with_itself_is_empty(bench, ann, add):
    add(1)
    assert guidelines.diff(bench, ann, "help@1", "help").is_empty


def test_a_diff_needs_both_versions(bench, ann, add):
    add(1)
    with pytest.raises(UnknownError, match="help@7"):
        guidelines.diff(bench, ann, "help@1", "help@7")


# --- impact ------------------------------------------------------------------------
def test_impact_counts_what_rests_on_the_old_text(
    bench, lead, *, add, campaign, bring_in, judgment_of, tmp_path
):
    judged = [
        judgment_of(c, who, guideline="help@1")
        for c in ("c1", "c2")
        for who in ("ann", "bob", "cyd")
    ]
    bring_in(bench, "judgments", judged, queue="q")
    exporting.export(
        bench,
        lead,
        str(tmp_path / "out"),
        exporting.ExportOptions(configs=("preference", "annotations")),
    )
    add(2, change="minor")
    assert guidelines.impact(bench, lead, "help@1").queues == ()
    add(3, change="major")
    later = [judgment_of("c3", "ann", guideline="help@3")]
    bring_in(bench, "judgments", later, queue="q", name="later.jsonl")

    found = guidelines.impact(bench, lead, "help").as_json()
    assert found["guideline"] == "help@3"
    assert found["judgments"] == 6
    (queue,) = found["queues"]
    assert queue["under"] == [
        {
            "guideline": "help@1",
            "judgments": 6,
            "comparisons": 2,
            "comparable": False,
        }
    ]
    assert (queue["sample"], queue["gold_suspended"]) == (6, 1)
    (export,) = found["exports"]
    assert export["rows_under_old_text"] == 4  # two preferences, two annotations
    assert "Cochran" in found["sample"]["formula"]
    assert guidelines.impact(bench, lead, "help@2").queues[0]["under"][0]["comparable"]


def test_impact_tells_what_is_in_hand(bench, lead, ann, add, campaign):
    judge(bench, ann, judging.claim(bench, ann, "q")[0])
    add(2)
    assert guidelines.impact(bench, lead, "help").queues[0]["leased"] == 2


# --- tickets -----------------------------------------------------------------------
def test_a_skip_because_the_guideline_is_unclear_is_a_ticket(
    bench, lead, ann, campaign, clock
):
    task = judging.claim(bench, ann, "q")[0]
    judging.skip(
        bench,
        ann,
        task,
        "guideline_unclear",
        note="what of jokes?",
        clock=judging.Clock(active=1.0),
    )
    (ticket,) = guidelines.tickets(bench, lead, "help")
    assert (ticket.guideline, ticket.comparison, ticket.by, ticket.note) == (
        "help@1",
        task.comparison.id,
        "ann",
        "what of jokes?",
    )
    with pytest.raises(UnknownError, match="no guideline 'other'"):
        guidelines.tickets(bench, lead, "other")

    with pytest.raises(InvalidInputError, match="answer is empty"):
        guidelines.close_ticket(bench, lead, ticket.id, answer=" ")
    done = guidelines.close_ticket(bench, lead, ticket.id, answer="clause 3 in @2")
    assert (done.closed_by, done.answer) == ("lea", "clause 3 in @2")
    assert guidelines.tickets(bench, lead) == []
    assert guidelines.tickets(bench, lead, closed=True) == [done]
    with pytest.raises(ConflictError, match="closed by lea"):
        guidelines.close_ticket(bench, lead, ticket.id, answer="again")
    with pytest.raises(UnknownError, match="no ticket"):
        guidelines.close_ticket(bench, lead, "nothing", answer="x")


def test_another_skip_is_no_ticket(bench, lead, ann, campaign):
    task = judging.claim(bench, ann, "q")[0]
    clock = judging.Clock(active=1.0)
    judging.skip(bench, ann, task, "not_for_me", note="", clock=clock)
    assert guidelines.tickets(bench, lead) == []
