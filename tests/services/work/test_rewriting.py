"""From a complaint to an approved rewrite, and back to its author when need be."""

from __future__ import annotations

from pathlib import Path

import pytest

from adjudge.domain.incident import CATEGORIES
from adjudge.domain.people import Actor, Person, Role
from adjudge.domain.rewriting import Review, SpanReason, edited_share, outcome_of
from adjudge.errors import (
    BadFileError,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    RefusedError,
    UnknownError,
)
from adjudge.services import auditlog
from adjudge.services.campaign import guidelines, queueing
from adjudge.services.people import people, standing, statements
from adjudge.services.work import incidents, reviewing, rewriting, second_looks
from adjudge.storage import rewrites
from adjudge.storage.engine import integrity

EXP = Actor(name="exp", role=Role.EXPERT)
SECOND = Actor(name="second", role=Role.EXPERT)


def record(task="t1", text="better", who="file", **others):
    return {
        "task": task,
        "prompt": f"question {task}",
        "original": {"id": "r", "text": "First. Second is wrong.", "model": "m"},
        "annotator": who,
        "text": text,
        **others,
    }


@pytest.fixture
def queue(bench, lead, bring_in):
    """A queue of two tasks; the file's author wrote one rewrite of each."""
    queueing.create(
        bench, lead, queueing.settings(name="rw", kind="rewrite", overlap=2)
    )
    bring_in(bench, "rewrites", [record("t1"), record("t2")], queue="rw")
    return "rw"


def write(bench, actor, text="First. Second is right.", *, id="s1", **others):
    assignment = rewriting.claim(bench, actor, "rw")[0]
    draft = assignment.blank().write(text).flip_reason("incorrect")
    draft = draft.model_copy(update=others)
    return rewriting.submit(
        bench, actor, assignment, draft, seconds=60, submission_id=id
    )


def sound(bench):
    with bench.store.read() as unit:
        return integrity.broken(unit)


# --- from files --------------------------------------------------------------------
def test_imported_rewrites_are_submitted_unless_approved(bench, lead, bring_in):
    same = record("t3", text="First. Second is wrong.")
    records = [record(), record("t2", approved_by="boss"), same]
    total = bring_in(bench, "rewrites", records, queue="rw")
    assert (total.added, total.surplus) == (3, 0)
    found = queueing.show(bench, lead, "rw").states
    assert found == {
        "approved": 1,
        "submitted": 2,
        "original_was_fine": 1,
        "rewritten": 2,
    }
    assert sound(bench) == []


def test_a_rewrite_is_the_same_by_task_author_and_text(bench, bring_in):
    records = [record(), record(), record(who="other")]
    total = bring_in(bench, "rewrites", records, queue="rw")
    assert (total.added, total.unchanged, total.surplus) == (2, 1, 1)
    again = bring_in(bench, "rewrites", records, queue="rw")
    assert (again.added, again.unchanged) == (0, 3)
    assert sound(bench) == []


def test_an_approval_of_what_is_here_is_not_passed_over(bench, lead, bring_in):
    """A file that says approved, and is counted as unchanged, would tell a lie."""
    bring_in(bench, "rewrites", [record(), record("t2", approved_by="boss")])
    later = [record(approved_by="boss"), record("t2", approved_by="boss")]
    with pytest.raises(ConflictError, match="not approved; `adjudge rewrite approve`"):
        bring_in(bench, "rewrites", later, name="later.jsonl")
    assert queueing.show(bench, lead, "rewrites").states["submitted"] == 1
    reviewing.approve(bench, lead, "t1")
    total = bring_in(bench, "rewrites", later, name="later.jsonl")
    assert (total.added, total.unchanged) == (0, 2)


def test_an_ideal_answer_that_says_nothing_is_refused(bench, bring_in):
    """Whoever is trained on it would learn to be silent."""
    with pytest.raises(BadFileError, match="text: expected a text that is not empty"):
        bring_in(bench, "rewrites", [record(text=" \n", approved_by="x")], queue="rw")


def test_another_text_of_the_same_author_supersedes(bench, lead, bring_in):
    bring_in(bench, "rewrites", [record()], queue="rw")
    bring_in(bench, "rewrites", [record(text="best")], queue="rw", name="b.jsonl")
    found = queueing.show(bench, lead, "rw")
    assert found.states == {"submitted": 1, "superseded": 1, "rewritten": 1}
    assert found.standing.done == 1
    assert sound(bench) == []


def test_a_task_with_another_original_is_refused_and_leaves_nothing(bench, bring_in):
    changed = record(who="x", original={"id": "r", "text": "other"})
    with pytest.raises(ConflictError, match="another prompt or original"):
        bring_in(bench, "rewrites", [record(), changed], queue="rw")
    with bench.store.read() as unit:
        assert unit.one("SELECT count(*) FROM text")[0] == 0


# --- writing -------------------------------------------------------------------------
def test_a_rewrite_waits_for_a_second_expert(bench, lead, queue):
    done = write(bench, EXP)
    assert done.outcome == "rewritten"
    assert done.edited_share == pytest.approx(0.25)
    assert "s1" in [w.id for w in reviewing.waiting(bench, SECOND, queue)]
    assert "s1" not in [w.id for w in reviewing.waiting(bench, EXP, queue)]
    assert reviewing.approve(bench, SECOND, "s1").state == "approved"
    with pytest.raises(ConflictError, match="it is approved"):
        reviewing.approve(bench, lead, "s1")
    assert sound(bench) == []


def test_starting_from_the_original_is_kept_as_a_patch(bench, queue):
    done = write(bench, EXP, started_from="original")
    assert done.outcome == "patched"


def test_sent_twice_it_is_kept_once(bench, queue):
    assignment = rewriting.claim(bench, EXP, queue)[0]
    draft = assignment.blank().write("new").flip_reason("incorrect")
    for _ in range(2):
        rewriting.submit(bench, EXP, assignment, draft, seconds=1, submission_id="s")
    other = draft.write("other")
    with pytest.raises(ConflictError, match="kept with other words"):
        rewriting.submit(bench, EXP, assignment, other, seconds=1, submission_id="s")
    with bench.store.read() as unit:
        assert len(rewrites.listed(unit, queue)) == 3


@pytest.mark.parametrize(
    ("edits", "problem"),
    [
        ({"text": "  "}, "Write the answer first"),
        ({"text": "First. Second is wrong."}, "Nothing is changed"),
        ({"reasons": ()}, "at least one reason"),
        ({"text": "```\ncode"}, "not closed"),
    ],
)
def test_an_incomplete_rewrite_is_not_taken(bench, queue, edits, problem):
    with pytest.raises(InvalidInputError, match=problem):
        write(bench, EXP, **edits)


def test_a_queue_may_ask_for_sources(bench, lead, queue):
    queueing.change(bench, lead, queue, sources_required=True)
    with pytest.raises(InvalidInputError, match="source"):
        write(bench, EXP)
    assert write(bench, EXP, sources=("a handbook",)).id == "s1"


def test_verdicts_need_no_text(bench, queue):
    assert write(bench, EXP, verdict="original_was_fine").edited_share == 0
    unusable = write(bench, EXP, id="s2", verdict="prompt_unusable")
    assert unusable.edited_share is None


def test_who_needs_another_expert_passes_the_task_on(bench, queue):
    first = rewriting.claim(bench, EXP, queue)[0]
    write(bench, EXP, verdict="needs_expert", note="not my field")
    held = {a.task_id for a in rewriting.claim(bench, EXP, queue)}
    assert first.task_id not in held
    with bench.store.read() as unit:
        row = unit.one("SELECT needs_expert FROM task WHERE id = :i", i=first.task_id)
    assert row[0] == 1


def test_a_draft_survives(bench, queue):
    assignment = rewriting.claim(bench, EXP, queue)[0]
    span = SpanReason(start=0, end=6, tag="incorrect", note="no")
    draft = assignment.blank().write("half a sen").model_copy(update={"spans": (span,)})
    for seq, text in ((2, "half a sentence"), (1, "half")):
        rewriting.save_draft(
            bench, EXP, assignment, draft.write(text), session="w", seq=seq
        )
    ((found, _),) = rewriting.claim(bench, EXP, queue)[0].recovered
    assert (found.text, found.spans) == ("half a sentence", draft.spans)


def test_private_stretches_are_pointed_out_to_the_author(bench, queue):
    draft = rewriting.claim(bench, EXP, queue)[0].blank().write("mail a@b.io")
    assert [s.kind for s in rewriting.warnings(bench, EXP, draft)] == ["email"]


def test_a_queue_of_comparisons_holds_no_rewrites(bench, lead):
    queueing.create(bench, lead, queueing.settings(name="q"))
    with pytest.raises(RefusedError, match="holds no rewrites"):
        rewriting.claim(bench, EXP, "q")


# --- reviewing ---
def test_what_is_sent_back_comes_first_with_the_reason(bench, queue):
    write(bench, EXP)
    back = reviewing.send_back(bench, SECOND, "s1", why="name a source", clause="3")
    assert (back.state, back.why, back.clause) == ("returned", "name a source", "3")
    held = {a.task.id: a for a in rewriting.claim(bench, EXP, queue)}
    assignment = held["t1"]
    assert assignment.why_back == "clause 3: name a source"
    assert assignment.blank().text == "First. Second is right."
    draft = assignment.blank().write("First. Second, see §2.").flip_reason("incorrect")
    rewriting.submit(bench, EXP, assignment, draft, seconds=9, submission_id="s2")
    # Mended returns are the first to be looked at.
    taken = reviewing.claim(bench, SECOND, queue)
    assert (taken.rewrite.id, taken.rewrite.revision) == ("s2", 2)
    assert reviewing.approve(bench, SECOND, "t1").id == "s2"
    assert sound(bench) == []


def test_a_reviewer_may_fix(bench, queue):
    write(bench, EXP)
    fixed = reviewing.fix(bench, SECOND, "s1", "First. Third.", why="it was the third")
    assert (fixed.state, fixed.annotator, fixed.fixed_by) == (
        "approved",
        "exp",
        "second",
    )
    with bench.store.read() as unit:
        assert rewrites.find(unit, "s1").state == "fixed"
    assert sound(bench) == []


def test_nobody_reviews_their_own(bench, queue, ann):
    write(bench, EXP)
    with pytest.raises(NotAllowedError, match="their own"):
        reviewing.approve(bench, EXP, "s1")
    with pytest.raises(NotAllowedError):
        reviewing.approve(bench, ann, "s1")
    with pytest.raises(InvalidInputError, match="why"):
        reviewing.send_back(bench, SECOND, "s1", why=" ")
    with pytest.raises(UnknownError):
        reviewing.approve(bench, SECOND, "s9")


@pytest.mark.parametrize("barred", ["paused", "not cleared"])
def test_whoever_may_not_work_in_a_queue_reviews_nothing_in_it(
    bench, lead, queue, barred
):
    """To look at what others wrote is to see what the queue holds."""
    people.add(bench, lead, Person(name="second", role=Role.EXPERT))
    write(bench, EXP)
    if barred == "paused":
        standing.pause(bench, lead, "second", why="a course first")
        said = "second is paused: a course first"
    else:
        queueing.change(bench, lead, "rw", requires="secret")
        said = "needs the clearance 'secret'"
    for deed in (
        lambda: reviewing.waiting(bench, SECOND, "rw"),
        lambda: reviewing.claim(bench, SECOND, "rw"),
        lambda: reviewing.show(bench, SECOND, "s1"),
        lambda: reviewing.approve(bench, SECOND, "s1"),
        lambda: reviewing.send_back(bench, SECOND, "s1", why="x"),
        lambda: reviewing.fix(bench, SECOND, "s1", "z", why="x"),
        lambda: second_looks.to_review(bench, SECOND, "rw"),
    ):
        with pytest.raises(RefusedError, match=said):
            deed()
    assert reviewing.approve(bench, lead, "s1").state == "approved"


def test_two_reviewers_hold_different_rewrites(bench, lead, queue):
    first = reviewing.claim(bench, SECOND, queue)
    assert reviewing.claim(bench, SECOND, queue).rewrite.id == first.rewrite.id
    assert reviewing.claim(bench, lead, queue).rewrite.id != first.rewrite.id


# --- measures ---
def test_the_edited_share_counts_words():
    assert edited_share("a b c d", "a b c d") == 0
    assert edited_share("a b", "c d") == 1
    assert edited_share("", "") == 0
    assert edited_share("a b c d", "a b x d") == 0.25


def test_a_patch_keeps_a_sentence():
    original = "One. Two. Three."
    assert outcome_of(original, original, started_from="empty") == "original_was_fine"
    assert outcome_of(original, "One. Zwei.", started_from="original") == "patched"
    assert outcome_of(original, "Eins.", started_from="original") == "rewritten"
    assert outcome_of(original, "One. Zwei.", started_from="empty") == "rewritten"


# --- time ------------------------------------------------------------------------
def test_time_spent_on_rewrites_is_in_queues_and_statements(bench, lead, queue, clock):
    write(bench, EXP)
    clock.tick(100)
    reviewing.send_back(bench, SECOND, "s1", why="too short", seconds=20)
    back = rewriting.claim(bench, EXP, "rw")[0]
    draft = back.blank().write("First. Second was right.").flip_reason("incorrect")
    rewriting.submit(bench, EXP, back, draft, seconds=30, submission_id="s2")
    clock.tick(100)
    reviewing.fix(bench, SECOND, "s2", "First. Second is.", why="shorter", seconds=40)
    shown = queueing.show(bench, lead, "rw")
    assert {p["name"]: p["seconds"] for p in shown.people} == {"exp": 90.0, "file": 0.0}
    mine = statements.show(bench, lead, "exp", "2026-01")
    assert (mine.totals.active, mine.totals.tasks) == (90.0, 1)
    theirs = statements.show(bench, lead, "second", "2026-01")
    assert (theirs.totals.review, theirs.totals.tasks) == (60.0, 0)


# --- expertise and the log ----------------------------------------------------------
def test_reviews_of_ones_own_topics_come_first_and_say_what_they_weigh(
    bench, lead, bring_in
):
    person = {"role": "expert", "expertise": {"law": 3.0, "*": 0.5}}
    bring_in(bench, "people", [{"name": "second", **person}], name="p.jsonl")
    records = [
        record("t1", topic="food"),
        record("t2", topic="law"),
        record("t3", topic="law"),
    ]
    bring_in(bench, "rewrites", records, queue="rw")
    waiting = reviewing.waiting(bench, SECOND, "rw")
    assert [w.task for w in waiting] == ["t2", "t3", "t1"]
    first = reviewing.claim(bench, SECOND, "rw")
    assert (first.rewrite.task, first.rewrite.weight) == ("t2", 1.0)
    assert first.rewrite.reviewer_weight == 3.0
    done = reviewing.approve(bench, SECOND, "t1")
    assert (done.topic, done.reviewer_weight) == ("food", 0.5)


def test_what_came_back_mended_is_reviewed_before_ones_own_topics(bench, lead, queue):
    write(bench, EXP)
    reviewing.send_back(bench, SECOND, "s1", why="too short")
    back = next(a for a in rewriting.claim(bench, EXP, "rw") if a.why_back)
    draft = back.blank().write("Mended. First. Second.").flip_reason("incorrect")
    rewriting.submit(bench, EXP, back, draft, seconds=1, submission_id="s2")
    assert reviewing.claim(bench, SECOND, "rw").rewrite.id == "s2"


def test_writing_and_reviewing_stand_in_the_log(bench, lead, queue):
    write(bench, EXP)
    reviewing.send_back(bench, SECOND, "s1", why="too short", clause="2")
    back = next(a for a in rewriting.claim(bench, EXP, "rw") if a.why_back)
    draft = back.blank().decide("needs_expert")
    rewriting.submit(bench, EXP, back, draft, seconds=1, submission_id="s2")
    reviewing.approve(bench, SECOND, "t2")
    assert auditlog.verify(bench, lead).bad is None
    said = {(e.act, e.actor) for e in auditlog.show(bench, lead)}
    assert {
        ("rewrite", "exp"),
        ("skip", "exp"),
        ("reviewing.returned", "second"),
        ("reviewing.approved", "second"),
    } <= said


# --- for the workbench ---
def test_what_looks_private_is_refused_until_somebody_says_why(bench, queue):
    with pytest.raises(InvalidInputError, match="looks private: email"):
        write(bench, EXP, "mail jane@example.org")
    done = write(bench, EXP, "mail jane@example.org", private_why="public desk")
    assert done.outcome == "rewritten"
    with bench.store.read() as unit:
        row = unit.one("SELECT meta FROM rewrite WHERE id = :id", id=done.id)
    assert row == ('{"private_why":"public desk"}',)


def test_passing_on_routes_by_its_reason(bench, queue):
    first = rewriting.claim(bench, EXP, queue)[0]
    hand = rewriting.skip(bench, EXP, first, "unsafe", note="see", seconds=3)
    assert first.task_id not in {a.task_id for a in hand}
    with bench.store.read() as unit:
        assert unit.one("SELECT count(*) FROM incident") == (1,)
    with pytest.raises(InvalidInputError, match="no skip code"):
        rewriting.skip(bench, EXP, hand[0], "nonsense", note="", seconds=0)


def test_windows_learn_of_each_other(bench, queue, clock):
    assignment = rewriting.claim(bench, EXP, queue)[0]

    def save(text, window, seq, **others):
        draft = assignment.blank().write(text)
        return rewriting.save_draft(
            bench, EXP, assignment, draft, session=window, seq=seq, **others
        )

    assert save("one", "w1", 1) == ()
    clock.tick()
    ((window, theirs, _),) = save("two", "w2", 1)
    assert (window, theirs.text) == ("w1", "one")
    assert save("mine", "w2", 2, alone=True) == ()
    ((found, _),) = rewriting.claim(bench, EXP, queue)[0].recovered
    assert found.text == "mine"


def test_a_return_comes_first_even_with_full_hands(bench, lead, bring_in, queue):
    bring_in(bench, "rewrites", [record(f"x{n}") for n in range(3)], queue="rw")
    write(bench, EXP)
    assert len(rewriting.claim(bench, EXP, queue)) == 2
    reviewing.send_back(bench, SECOND, "s1", why="why?")
    held = rewriting.claim(bench, EXP, queue)
    assert [a.why_back for a in held if a.why_back] == ["why?"]
    assert sound(bench) == []


def test_what_a_flag_hides_is_in_nobodys_hand(bench, queue):
    write(bench, EXP)
    with bench.store.read() as unit:
        task_id = rewrites.find(unit, "s1").task_id
    hides = next(c for c, known in CATEGORIES.items() if known.severity.hides)
    incidents.flag(bench, SECOND, task_id, hides, note="")
    assert all(
        held.rewrite.task_id != task_id
        for held in iter(lambda: _next(bench, queue), None)
    )


def _next(bench, queue):
    """Hold a review and approve it, so that the next one comes."""
    held = reviewing.claim(bench, SECOND, queue)
    if held is not None:
        reviewing.approve(bench, SECOND, held.rewrite.id)
    return held


def test_a_review_is_held_prolonged_kept_and_let_go(bench, lead, queue):
    held = reviewing.claim(bench, SECOND, queue)
    assert reviewing.counts(bench, SECOND, queue) == (0, 2)
    assert reviewing.heartbeat(bench, SECOND, held)
    assert not reviewing.heartbeat(bench, lead, held)
    said = Review(rewrite=held.rewrite.id, verdict="fix", text="half")
    reviewing.save_draft(bench, SECOND, held, said, session="w", seq=1)
    again = reviewing.claim(bench, SECOND, queue)
    assert again.rewrite.id == held.rewrite.id, "what is held comes again"
    assert [r for r, _ in again.recovered] == [said]
    reviewing.release(bench, SECOND, held)
    assert reviewing.claim(bench, lead, queue).rewrite.id == held.rewrite.id
    reviewing.release(bench, lead, held)
    reviewing.approve(bench, SECOND, held.rewrite.id)
    assert reviewing.counts(bench, SECOND, queue) == (1, 1)
    with bench.store.read() as unit:
        assert unit.all("SELECT 1 FROM draft") == []


# --- clauses -----------------------------------------------------------------------
GUIDELINE = Path(__file__).parents[3] / "guidelines" / "rewrite.md"


def test_a_return_cites_only_clauses_that_the_guideline_has(bench, lead, queue):
    guidelines.add(bench, lead, GUIDELINE.read_text(), name="rewrite", change="major")
    queueing.change(bench, lead, queue, guideline="rewrite")
    write(bench, EXP)
    with pytest.raises(InvalidInputError, match="has no clause '99'") as refused:
        reviewing.send_back(bench, SECOND, "s1", why="no source", clause="99")
    assert "6 Cite sources; 7 Write for this user" in refused.value.hint
    assert reviewing.show(bench, SECOND, "s1").state == "submitted"
    back = reviewing.send_back(bench, SECOND, "s1", why="no source", clause="§5.1.")
    assert back.clause == "5.1"
