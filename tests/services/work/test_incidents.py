"""A raised hand: what stands still, who answers, what nobody gets to see."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Person, Role
from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    RefusedError,
    UnknownError,
)
from adjudge.services import exporting
from adjudge.services.campaign import queueing
from adjudge.services.people import people
from adjudge.services.work import incidents, judging
from adjudge.storage import comparisons
from adjudge.storage import incidents as stored


@pytest.fixture
def crew(bench, lead):
    """A lead who is known to the store."""
    people.add(bench, lead, Person(name=lead.name, role=Role.LEAD))


def _in_hand(bench, actor, queue="q"):
    return [a.comparison.id for a in judging.claim(bench, actor, queue)]


def _first(bench, actor, queue="q"):
    return judging.claim(bench, actor, queue)[0]


def _rows(bench, statement):
    with bench.store.read() as unit:
        return unit.all(statement)


def test_a_flag_opens_an_incident_with_severity_and_due_time(bench, fill, ann, lead):
    fill(bench)
    flagged = judging.flag(bench, ann, _first(bench, ann), "prompt_bug", note="odd")
    [found] = incidents.listed(bench, lead)
    assert (found.id, found.category, found.severity) == (
        flagged.incident,
        "prompt_bug",
        "low",
    )
    assert (found.state, found.owner, found.note) == ("open", None, "odd")
    assert found.due == "2026-01-08T09:00:00Z"
    assert not flagged.is_frozen


def test_an_unknown_category_is_refused_with_those_there_are(bench, fill, ann):
    fill(bench)
    hand = _first(bench, ann)
    with pytest.raises(InvalidInputError, match="no flag category 'ugly'") as caught:
        judging.flag(bench, ann, hand, "ugly", note="")
    assert "child_abuse" in caught.value.hint


def test_an_incident_on_no_task_is_refused(bench, ann):
    with pytest.raises(UnknownError, match="no task 77"):
        incidents.flag(bench, ann, 77, "other")


def test_a_severe_flag_freezes_the_task_in_queues(bench, fill, ann, bob):
    fill(bench, 3)
    held = judging.claim(bench, bob, "q")
    flagged = judging.flag(bench, ann, _first(bench, ann), "pii", note="a phone number")
    assert flagged.is_frozen
    assert "c1" not in _in_hand(bench, bob)
    assert held[0].comparison.id == "c1"


def test_slots_of_a_frozen_task_are_not_open(bench, fill, ann, lead):
    fill(bench, 3)
    judging.flag(bench, ann, _first(bench, ann), "pii", note="")
    shown = queueing.show(bench, lead, "q").as_json()
    assert shown["slots"] == {"open": 5, "leased": 2, "done": 0}
    assert shown["frozen"] == 2


@pytest.mark.usefixtures("crew")
def test_a_judgment_of_a_frozen_task_is_taken_back_when_a_lead_has_looked(
    bench, fill, ann, bob, lead
):
    fill(bench, 3)
    task = _first(bench, ann)
    draft = task.blank().grade(1)
    clock = judging.Clock(active=1)
    judging.submit(bench, ann, task, draft, clock=clock, submission_id="s1")
    flagged = judging.flag(bench, bob, _first(bench, bob), "pii", note="")
    with pytest.raises(RefusedError, match="stands still"):
        judging.reopen(bench, ann, "s1")
    incidents.close(bench, lead, flagged.incident, why="it is public")
    assert judging.reopen(bench, ann, "s1").task_id == task.task_id


def test_a_severe_flag_keeps_the_task_out_of_exports(bench, fill, ann, lead, tmp_path):
    fill(bench, 3)
    judging.flag(bench, ann, _first(bench, ann), "pii", note="")
    done = exporting.export(
        bench, lead, str(tmp_path / "out"), exporting.ExportOptions(queues=("q",))
    )
    assert sum(n.get("frozen", 0) for n in done.excluded.values()) >= 1


def test_a_freeze_holds_the_comparison_in_every_queue(bench, fill, ann, bob):
    fill(bench, 1, queue="q")
    fill(bench, 1, queue="r")
    judging.flag(bench, ann, _first(bench, ann), "secret", note="")
    assert _in_hand(bench, bob, "q") == []
    assert _in_hand(bench, bob, "r") == []


def test_a_frozen_comparison_imported_again_stands_still_there_too(
    bench, fill, ann, bob
):
    fill(bench, 1, queue="q")
    judging.flag(bench, ann, _first(bench, ann), "secret", note="")
    fill(bench, 1, queue="later")
    assert _in_hand(bench, bob, "later") == []


def test_work_on_a_task_that_froze_is_kept_as_late(bench, fill, ann, bob):
    fill(bench, 1)
    mine, theirs = _first(bench, ann), _first(bench, bob)
    judging.flag(bench, ann, mine, "pii", note="")
    draft = theirs.blank().grade(1)
    done = judging.submit(
        bench, bob, theirs, draft, clock=judging.Clock(5), submission_id="s-bob"
    )
    assert done.late
    finished = judging.submit(
        bench,
        ann,
        mine,
        mine.blank().grade(1),
        clock=judging.Clock(5),
        submission_id="s-ann",
    )
    assert not finished.late, "whoever flags may finish what they hold"


@pytest.mark.usefixtures("crew")
def test_closing_releases_a_frozen_task(bench, fill, ann, bob, lead):
    fill(bench, 1)
    flagged = judging.flag(bench, ann, _first(bench, ann), "pii", note="")
    closed = incidents.close(bench, lead, flagged.incident, why="it is public")
    assert (closed.state, closed.outcome, closed.owner) == ("closed", "release", "lea")
    assert _in_hand(bench, bob) == ["c1"]
    assert incidents.listed(bench, lead) == []
    assert len(incidents.listed(bench, lead, state="closed")) == 1


@pytest.mark.usefixtures("crew")
def test_a_task_held_by_two_incidents_waits_for_both(bench, fill, ann, bob, lead):
    fill(bench, 1)
    hand = _first(bench, ann)
    one = judging.flag(bench, ann, hand, "pii", note="")
    two = judging.flag(bench, ann, hand, "threat", note="")
    incidents.close(bench, lead, one.incident, why="fine")
    assert _in_hand(bench, bob) == []
    incidents.close(bench, lead, two.incident, why="fine too")
    assert _in_hand(bench, bob) == ["c1"]


@pytest.mark.usefixtures("crew")
def test_a_withdrawn_task_never_comes_back(bench, fill, ann, bob, lead):
    fill(bench, 1)
    hand = _first(bench, ann)
    one = judging.flag(bench, ann, hand, "other", note="")
    two = judging.flag(bench, ann, hand, "pii", note="")
    incidents.close(bench, lead, one.incident, why="useless", outcome="withdraw")
    incidents.close(bench, lead, two.incident, why="fine")
    assert _in_hand(bench, bob) == []


def test_suspected_child_abuse_is_hidden_from_everybody_at_once(
    bench, fill, ann, bob, lead
):
    fill(bench, 2)
    held = _first(bench, bob)
    flagged = judging.flag(bench, ann, _first(bench, ann), "child_abuse", note="see 2")
    assert flagged.is_hidden
    assert _in_hand(bench, ann) == ["c2"]
    assert _in_hand(bench, bob) == ["c2"]
    assert held.comparison.id == "c1"
    [found] = incidents.listed(bench, lead)
    assert (found.severity, found.note) == ("critical", None)
    assert incidents.show(bench, lead, found.id).note is None


def test_a_hidden_text_is_not_loaded_by_anybody(bench, fill, ann, bob, lead):
    fill(bench, 1)
    theirs = _first(bench, bob)
    done = judging.submit(
        bench,
        bob,
        theirs,
        theirs.blank().grade(2),
        clock=judging.Clock(5),
        submission_id="s1",
    )
    flagged = judging.flag(bench, ann, _first(bench, ann), "child_abuse", note="")
    with pytest.raises(RefusedError, match=f"hidden by incident {flagged.incident}"):
        judging.reopen(bench, bob, done.judgment.id)
    with bench.store.read() as unit:
        assert comparisons.load(unit, "c1") is None
        assert list(comparisons.stream(unit, ["c1"])) == []


def test_a_lease_that_met_a_hidden_text_is_given_back(bench, fill, ann, bob):
    """On a server a claim and a flag can cross; nobody stays stuck with the task."""
    fill(bench, 2)
    flagged = judging.flag(bench, ann, _first(bench, ann), "other", note="")
    assert _in_hand(bench, bob) == ["c1", "c2"]
    with bench.store.write() as unit:
        stored.hide(unit, "c1", flagged.incident, at=bench.now())
        unit.run("UPDATE task SET frozen = 1 WHERE comparison_id = 'c1'")
    assert _in_hand(bench, bob) == ["c2"]
    assert _rows(bench, "SELECT count(*) FROM slot WHERE annotator = 'bob'") == [(1,)]


@pytest.mark.usefixtures("crew")
def test_closing_what_is_hidden_keeps_it_hidden_unless_somebody_says_so(
    bench, fill, ann, bob, lead
):
    fill(bench, 1)
    flagged = judging.flag(bench, ann, _first(bench, ann), "child_abuse", note="")
    closed = incidents.close(bench, lead, flagged.incident, why="reported")
    assert (closed.outcome, closed.is_hidden) == ("withdraw", True)
    assert _in_hand(bench, bob) == []


@pytest.mark.usefixtures("crew")
def test_a_wrong_suspicion_gives_the_task_back(bench, fill, ann, bob, lead):
    fill(bench, 1)
    flagged = judging.flag(bench, ann, _first(bench, ann), "child_abuse", note="")
    closed = incidents.close(
        bench, lead, flagged.incident, why="a school essay", outcome="release"
    )
    assert (closed.freezes, closed.holds) == (True, False)
    assert _in_hand(bench, bob) == ["c1"]


def test_revealing_needs_a_reason_and_leaves_a_trace(bench, fill, ann, lead):
    fill(bench, 1)
    flagged = judging.flag(bench, ann, _first(bench, ann), "child_abuse", note="see 2")
    with pytest.raises(InvalidInputError, match="a reason is needed"):
        incidents.reveal(bench, lead, flagged.incident, why=" ")
    shown = incidents.reveal(bench, lead, flagged.incident, why="report 17")
    assert shown.comparison.id == "c1"
    assert shown.incident.note == "see 2"
    last = incidents.show(bench, lead, flagged.incident).history[-1]
    assert (last.kind, last.by, last.why) == ("revealed", "lea", "report 17")


def test_a_harm_flag_labels_the_task_for_those_who_opted_in(bench, fill, ann, bob):
    fill(bench, 1)
    judging.flag(bench, ann, _first(bench, ann), "violence", note="")
    assert _rows(bench, "SELECT labels FROM task") == [('["violence"]',)]
    assert _in_hand(bench, bob) == []


@pytest.mark.usefixtures("crew")
def test_a_higher_severity_freezes_at_once_and_history_keeps_both(
    bench, fill, ann, bob, lead
):
    fill(bench, 1)
    flagged = judging.flag(bench, ann, _first(bench, ann), "other", note="")
    found = incidents.assign(
        bench, lead, flagged.incident, owner="lea", grade="high", why="names a child"
    )
    assert (found.state, found.owner, found.severity) == ("assigned", "lea", "high")
    assert found.due == "2026-01-05T13:00:00Z"
    assert _in_hand(bench, bob) == []
    history = incidents.show(bench, lead, flagged.incident).history
    assert [(s.kind, s.detail.get("severity")) for s in history] == [
        ("opened", "medium"),
        ("assigned", "high"),
    ]
    incidents.assign(bench, lead, flagged.incident, grade="low")
    assert _in_hand(bench, bob) == ["c1"]


@pytest.mark.usefixtures("crew")
def test_a_lower_severity_never_shows_what_is_hidden(bench, fill, ann, lead):
    fill(bench, 1)
    flagged = judging.flag(bench, ann, _first(bench, ann), "child_abuse", note="")
    with pytest.raises(RefusedError, match="a lower severity would show it"):
        incidents.assign(bench, lead, flagged.incident, grade="low")


@pytest.mark.usefixtures("crew")
def test_an_owner_is_a_lead(bench, fill, ann, lead):
    fill(bench, 1)
    flagged = judging.flag(bench, ann, _first(bench, ann), "other", note="")
    with pytest.raises(RefusedError, match="ann is no lead"):
        incidents.assign(bench, lead, flagged.incident, owner="ann")
    with pytest.raises(UnknownError, match="nobody called 'zoe'"):
        incidents.assign(bench, lead, flagged.incident, owner="zoe")
    with pytest.raises(InvalidInputError, match="nothing to change"):
        incidents.assign(bench, lead, flagged.incident)


@pytest.mark.usefixtures("crew")
def test_a_closed_incident_stays_closed(bench, fill, ann, lead):
    fill(bench, 1)
    flagged = judging.flag(bench, ann, _first(bench, ann), "other", note="")
    incidents.close(bench, lead, flagged.incident, why="done")
    with pytest.raises(ConflictError, match="is closed"):
        incidents.close(bench, lead, flagged.incident, why="again")


def test_an_incident_nobody_answers_is_overdue(bench, clock, fill, ann, lead):
    fill(bench, 1)
    judging.flag(bench, ann, _first(bench, ann), "pii", note="")
    [found] = incidents.listed(bench, lead)
    assert not found.is_overdue(clock())
    clock.tick(4 * 3600 + 1)
    assert found.is_overdue(clock())


def test_annotators_see_their_own_incidents_and_decide_none(bench, fill, ann, bob):
    fill(bench, 1)
    flagged = judging.flag(bench, ann, _first(bench, ann), "other", note="")
    assert [i.id for i in incidents.listed(bench, ann)] == [flagged.incident]
    assert incidents.listed(bench, bob) == []
    for deed in (
        lambda: incidents.show(bench, ann, flagged.incident),
        lambda: incidents.close(bench, ann, flagged.incident, why="no"),
        lambda: incidents.assign(bench, ann, flagged.incident, owner="ann"),
        lambda: incidents.reveal(bench, ann, flagged.incident, why="no"),
    ):
        with pytest.raises(NotAllowedError):
            deed()


def test_history_is_never_changed(bench, fill, ann, lead):
    fill(bench, 1)
    judging.flag(bench, ann, _first(bench, ann), "other", note="")
    for statement in (
        "UPDATE incident_step SET by_person = 'eve'",
        "DELETE FROM incident_step",
    ):
        with pytest.raises(Exception, match="never changed"), bench.store.write() as u:
            u.run(statement)


def test_a_flag_that_fails_halfway_leaves_nothing(bench, fill, ann, monkeypatch):
    """Flag, incident and freeze are one transaction."""
    fill(bench, 1)
    hand = _first(bench, ann)

    def full(*_args, **_more):
        raise RefusedError("no more")

    monkeypatch.setattr(stored, "freeze", full)
    with pytest.raises(RefusedError):
        judging.flag(bench, ann, hand, "pii", note="x")
    assert _rows(bench, "SELECT 1 FROM incident UNION ALL SELECT 1 FROM flag") == []
