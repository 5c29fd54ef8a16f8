"""Consent taken back reaches everything; what is covered is looked at on the record."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Actor, Role
from adjudge.errors import InvalidInputError, NotAllowedError, UnknownError
from adjudge.services import (
    auditlog,
    judging,
    privacy,
    reviewing,
    rewriting,
    triage,
)
from adjudge.services.filling import Asked
from adjudge.storage import feedback

EXP = Actor(name="exp", role=Role.EXPERT)
SECOND = Actor(name="second", role=Role.EXPERT)


def answer(n, *, user="u", **others):
    return {
        "event_id": f"e{n}",
        "type": "message",
        "at": "2026-01-05T09:00:00Z",
        "user_id": user,
        "message_id": f"m{n}",
        "response_id": f"r{n}",
        "messages": [{"role": "user", "content": f"CANARY question {n} of {user}"}],
        "response": f"CANARY answer {n}.",
        **others,
    }


def thumb(n, *, user="u", comment="CANARY wrong"):
    return {
        "event_id": f"t{n}",
        "type": "thumbs",
        "at": "2026-01-05T09:01:00Z",
        "user_id": user,
        "message_id": f"m{n}",
        "rating": "down",
        "comment": comment,
    }


def again(n, new, *, user="u"):
    return {
        "event_id": f"g{n}",
        "type": "regenerate",
        "at": "2026-01-05T09:02:00Z",
        "user_id": user,
        "message_id": f"m{n}",
        "new_message_id": f"m{new}",
    }


def everything(bench):
    """Every text and every draft that the store keeps."""
    with bench.store.read() as unit:
        rows = unit.all("SELECT body FROM text UNION ALL SELECT body FROM draft")
    return "".join(body for (body,) in rows if body)


@pytest.fixture
def working(bench, lead, ann, bring_in):
    """A user's words in every room: tasks, judgments, drafts, rewrites, reviews."""
    events = [answer(0), answer(1), thumb(0), again(0, 1)]
    others = [answer(7, user="other"), thumb(7, user="other")]
    bring_in(bench, "feedback", [*events, *others])
    triage.fill(bench, lead, "rw", Asked(source="downvotes"))
    triage.fill(bench, lead, "cmp", Asked(source="regenerations"))
    task = judging.claim(bench, ann, "cmp")[0]
    judging.submit(
        bench,
        ann,
        task,
        task.blank().grade(2).with_note("the user says CANARY"),
        clock=judging.Clock(active=3.0, wall=5.0),
        submission_id="s1",
    )
    mine = [a for a in rewriting.claim(bench, EXP, "rw") if "of u" in str(a.task)]
    draft = mine[0].blank().write("A CANARY rewrite.").flip_reason("incorrect")
    rewriting.submit(bench, EXP, mine[0], draft, seconds=9, submission_id="w1")
    reviewing.send_back(bench, SECOND, "w1", why="quote CANARY less")
    (back,) = [a for a in rewriting.claim(bench, EXP, "rw") if a.why_back]
    rewriting.save_draft(bench, EXP, back, back.blank(), session="s", seq=1)
    return bench


# --- consent --------------------------------------------------------------------
def test_a_withdrawal_reaches_every_room(working, lead):
    done = privacy.withdraw(working, lead, "u")
    left = everything(working)
    for gone in ('of u"', "quote CANARY", "CANARY rewrite", "says CANARY"):
        assert gone not in left
    assert left.count("CANARY") == everything_of_the_other(working)
    assert done.as_json() == {
        "user": working.pseudonym("u"),
        "withdrawn": True,
        "events": 4,
        "comparisons": 1,
        "rewrite_tasks": 1,
        "tasks": 2,
        "writings": 4,
        "datasets": {},
    }


def everything_of_the_other(bench):
    with bench.store.read() as unit:
        rows = unit.all(
            "SELECT body FROM text WHERE id IN ('event:e7', 'event:t7') UNION ALL "
            "SELECT x.body FROM derived_text d JOIN text x ON x.id = d.text_id "
            "WHERE d.user_id = 'other'"
        )
    return "".join(body for (body,) in rows).count("CANARY")


def test_withdrawn_work_is_claimed_reviewed_and_filled_by_nobody(working, lead, ann):
    privacy.withdraw(working, lead, "u")
    assert judging.claim(working, ann, "cmp") == ()
    held = rewriting.claim(working, EXP, "rw")
    assert all("of other" in str(a.task) for a in held)
    assert reviewing.claim(working, SECOND, "rw") is None
    again_filled = triage.fill(working, lead, "rw2", Asked(source="downvotes"))
    assert (again_filled.filled, again_filled.left_out["withdrawn"]) == (1, 1)


def test_what_comes_later_of_a_withdrawn_user_is_erased(working, lead, bring_in):
    privacy.withdraw(working, lead, "u")
    before = everything(working)
    bring_in(working, "feedback", [answer(5), thumb(5)], name="later.jsonl")
    assert everything(working) == before


def test_withdrawing_again_changes_nothing_and_is_logged_by_pseudonym(working, lead):
    privacy.withdraw(working, lead, "u")
    again_done = privacy.withdraw(working, lead, "u").as_json()
    name = working.pseudonym("u")
    assert again_done == {
        "user": name,
        "withdrawn": False,
        **dict.fromkeys(
            ("events", "comparisons", "rewrite_tasks", "tasks", "writings"), 0
        ),
        "datasets": {},
    }
    acts = [e for e in auditlog.show(working, lead) if e.act == "consent.withdraw"]
    assert [(e.object, e.actor) for e in acts] == [(name, "lea")] * 2


def test_only_leads_withdraw_and_only_for_users_of_the_store(bench, lead, ann):
    with pytest.raises(NotAllowedError):
        privacy.withdraw(bench, ann, "u")
    with pytest.raises(UnknownError, match="no end user of that id"):
        privacy.withdraw(bench, lead, "u")


# --- what is covered --------------------------------------------------------------
def test_unmasking_is_for_leads_with_a_reason_and_is_kept(bench, lead, ann, bring_in):
    bring_in(bench, "feedback", [answer(1), thumb(1, comment="mail jane@example.com")])
    with pytest.raises(NotAllowedError):
        privacy.unmask(bench, ann, "t1", why="curious")
    with pytest.raises(InvalidInputError):
        privacy.unmask(bench, lead, "t1", why=" ")
    with pytest.raises(UnknownError):
        privacy.unmask(bench, lead, "t9", why="case 7")
    found = privacy.unmask(bench, lead, "t1", why="case 7")
    assert "jane@example.com" in found.comment
    with bench.store.read() as unit:
        (entry,) = feedback.unmaskings(unit)
    assert (entry["event"], entry["by"], entry["why"]) == ("t1", "lea", "case 7")
    (logged,) = [e for e in auditlog.show(bench, lead) if e.act == "unmask"]
    assert logged.object == "t1"
