"""Appeals: filed by whoever judged, answered in words that arrive, never erased."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Role
from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    UnknownError,
)
from adjudge.services import auditlog
from adjudge.services.measuring import adjudication
from adjudge.services.people import messages
from adjudge.services.work import appeals


@pytest.fixture
def judged(bench, fill, bring_in, judgment_of):
    fill(bench, 2)
    said = [judgment_of("c1", "ann"), judgment_of("c1", "bob", [["b"], ["a"]])]
    bring_in(bench, "judgments", said, queue="q", name="said.jsonl")
    return bench


def test_an_answer_reaches_the_person_as_a_message(judged, lead, ann):
    adjudication.adjudicate(judged, lead, "c1", (("b",), ("a",)), why="b is right")
    filed = appeals.file(judged, ann, "c1", why="a runs, b does not")
    (waiting,) = appeals.listed(judged, lead)
    assert (waiting.about, waiting.why) == ("adjudicated", "a runs, b does not")
    done = appeals.answer(judged, lead, filed.id, grant=True, why="you are right")
    assert (done.outcome, done.answer, done.answered_by) == (
        "granted",
        "you are right",
        "lea",
    )
    assert appeals.then(done) == "adjudge adjudicate c1 --queue q --ranking …"
    (message,) = messages.waiting(judged, ann)
    assert message.text == "Your appeal on c1 was granted: you are right"
    assert appeals.listed(judged, lead) == []
    assert [a.id for a in appeals.listed(judged, lead, everything=True)] == [filed.id]
    acts = {e.act for e in auditlog.show(judged, lead)}
    assert {"appeals.file", "appeals.answer"} <= acts


def test_nobody_learns_from_an_appeal_what_is_gold(
    bench, ann, lead, bring_in, comparison_of, judgment_of
):
    golden = comparison_of("g1", gold={"ranking": [["b"], ["a"]], "why": "a is wrong"})
    bring_in(bench, "comparisons", [golden, comparison_of("c1")], queue="q")
    said = [judgment_of("g1"), judgment_of("c1")]
    bring_in(bench, "judgments", said, queue="q", name="said.jsonl")
    for comparison in ("g1", "c1"):
        assert appeals.file(bench, ann, comparison, why="sure").about == "judged"
    assert {a.about for a in appeals.listed(bench, ann)} == {"judged"}
    assert {a.about for a in appeals.listed(bench, lead)} == {"gold", "judged"}


def test_only_ones_own_judgments_are_appealed_and_once_at_a_time(judged, ann, lead):
    eve = ann.model_copy(update={"name": "eve"})
    with pytest.raises(UnknownError, match="eve made no judgment 'c1'"):
        appeals.file(judged, eve, "c1", why="mine")
    filed = appeals.file(judged, ann, "c1", why="mine")
    with pytest.raises(ConflictError, match="not answered yet"):
        appeals.file(judged, ann, filed.judgment, why="again")
    appeals.answer(judged, lead, filed.id, grant=False, why="no")
    again = appeals.file(judged, ann, filed.judgment, why="again")
    assert again.id != filed.id
    with pytest.raises(ConflictError, match="was refused already"):
        appeals.answer(judged, lead, filed.id, grant=True, why="yes")


def test_people_see_their_own_and_only_leads_answer(judged, ann, bob, lead):
    filed = appeals.file(judged, ann, "c1", why="mine")
    assert appeals.listed(judged, bob) == []
    assert [a.id for a in appeals.listed(judged, ann)] == [filed.id]
    with pytest.raises(NotAllowedError):
        appeals.answer(judged, bob, filed.id, grant=True, why="yes")
    as_lead = ann.model_copy(update={"role": Role.LEAD})
    with pytest.raises(NotAllowedError, match="their own appeal"):
        appeals.answer(judged, as_lead, filed.id, grant=True, why="yes")
    for words in ("", " ", "x" * 2001):
        with pytest.raises(InvalidInputError):
            appeals.answer(judged, lead, filed.id, grant=True, why=words)
        with pytest.raises(InvalidInputError):
            appeals.file(judged, bob, "c1", why=words)
    with pytest.raises(UnknownError, match="no appeal 'nowhere'"):
        appeals.answer(judged, lead, "nowhere", grant=True, why="yes")


@pytest.mark.parametrize("table", ["appeal", "appeal_answer"])
def test_what_was_said_is_never_changed(judged, ann, lead, table):
    filed = appeals.file(judged, ann, "c1", why="mine")
    appeals.answer(judged, lead, filed.id, grant=False, why="no")

    def tamper():
        with judged.store.write() as unit:
            unit.run(f"UPDATE {table} SET at = 'x'")

    with pytest.raises(Exception, match="never changed"):
        tamper()
