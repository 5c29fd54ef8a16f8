"""Consent taken back reaches everything; what is covered is looked at on the record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adjudge.domain.people import Actor, Role
from adjudge.errors import (
    BadFileError,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    UnknownError,
)
from adjudge.services import auditlog
from adjudge.services.campaign import queueing
from adjudge.services.feedback import triage
from adjudge.services.feedback.filling import Asked
from adjudge.services.importing import feedback_ingest, ingest
from adjudge.services.privacy import privacy
from adjudge.services.work import incidents, judging, reviewing, rewriting

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
def test_what_is_erased_is_not_in_the_file_any_more(sqlite_bench, lead, bring_in):
    """Not in pages that are free, either, whatever SQLite was built with."""
    long = " ".join(f"CANARY {n}" for n in range(3000))
    events = [answer(0), thumb(0), answer(7, user="other"), thumb(7, user="other")]
    events[0]["response"] = long
    bring_in(sqlite_bench, "feedback", events)
    triage.fill(sqlite_bench, lead, "rw", Asked(source="downvotes"))
    file = sqlite_bench.store.path
    assert b"CANARY 2999" in file.read_bytes() + _write_ahead(file)
    privacy.withdraw(sqlite_bench, lead, "u")
    sqlite_bench.store.close()
    assert b"CANARY 2999" not in file.read_bytes() + _write_ahead(file)


def _write_ahead(file):
    ahead = file.with_name(f"{file.name}-wal")
    return ahead.read_bytes() if ahead.exists() else b""


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
        "vacuumed": True,
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
    assert reviewing.waiting(working, SECOND, "rw") == []
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
        "vacuumed": True,
    }
    acts = [e for e in auditlog.show(working, lead) if e.act == "consent.withdraw"]
    assert [(e.object, e.actor) for e in acts] == [(name, "lea")] * 2


def test_only_leads_withdraw_and_only_for_users_of_the_store(bench, lead, ann):
    with pytest.raises(NotAllowedError):
        privacy.withdraw(bench, ann, "u")
    with pytest.raises(UnknownError, match="no end user of that id"):
        privacy.withdraw(bench, lead, "u")


# --- what is covered --------------------------------------------------------------
MAIL = "jane@example.com"


def compared(id="c1", **others):
    """Two answers, one of which says who it is."""
    return {
        "id": id,
        "prompt": f"write to {MAIL}",
        "responses": [
            {"id": "a", "text": f"As GPT-4, I wrote to {MAIL}.", "model": "gpt-4"},
            {"id": "b", "text": "GPT-4 would not.", "model": "other"},
        ],
        **others,
    }


def rewritten(**others):
    return {
        "task": "k1",
        "prompt": f"write to {MAIL}",
        "original": {"id": "r", "text": f"I wrote to {MAIL}", "model": "m"},
        "annotator": "file",
        "text": f"I have written to {MAIL}.",
        **others,
    }


def body(bench, id):
    with bench.store.read() as unit:
        return unit.one("SELECT body FROM text WHERE id = :id", id=id)[0]


def test_imported_comparisons_are_covered_alike_on_both_sides(bench, lead, bring_in):
    total = bring_in(bench, "comparisons", [compared()], queue="q")
    shown = json.loads(body(bench, "comparison:c1"))
    assert shown["prompt"][0]["content"] == "write to [email]"
    assert [r["text"] for r in shown["responses"]] == [
        "As [model], I wrote to [email].",
        "[model] would not.",
    ]
    found = queueing.show(bench, lead, "q")
    assert (total.added, found.covered_texts) == (1, 1)
    assert found.covered == {"email": 2, "model": 2}
    # It came as it came: the same file again changes nothing, another text clashes.
    assert bring_in(bench, "comparisons", [compared()], queue="q").unchanged == 1
    shown["prompt"] = "write to [email]"
    assert bring_in(bench, "comparisons", [shown], queue="q").unchanged == 1
    with pytest.raises(ConflictError):
        bring_in(bench, "comparisons", [compared(topic="other")], queue="q")


def test_every_turn_tool_call_and_gold_reason_is_covered(bench, lead, bring_in):
    call = {"function": {"name": "mail", "arguments": f'{{"to": "{MAIL}"}}'}}
    flat = {"name": "mail", "input": {MAIL: {"cc": [MAIL]}}}
    turns = [
        {"role": "assistant", "name": MAIL, "tool_calls": [call, flat]},
        {"role": "tool", "content": f"sent to {MAIL}"},
        {"role": "assistant", "content": f"sent to {MAIL}"},
    ]
    sides = [{"id": "a", "messages": turns}, {"id": "b", "text": "no"}]
    gold = {"ranking": [["a"], ["b"]], "why": f"{MAIL} is right"}
    bring_in(bench, "comparisons", [compared(responses=sides, gold=gold)], queue="q")
    assert MAIL not in body(bench, "comparison:c1")
    assert body(bench, "comparison:c1").count("[email]") == 8


@pytest.mark.parametrize(
    "others",
    [
        {"prompt": [{"role": "user", "content": "write", "name": MAIL}]},
        {"prompt": [{"role": "assistant", "tool_calls": [{"input": {"to": MAIL}}]}]},
        {"gold": {"ranking": [["a"], ["b"]], "why": f"{MAIL} is right"}},
        {"responses": [{"id": "a", "text": MAIL}, {"id": "b", "text": "no"}]},
    ],
)
def test_one_place_alone_is_enough_to_be_looked_into(bench, bring_in, others):
    """The quick look at a whole comparison leaves out no part of it."""
    plain = [{"id": "a", "text": "yes"}, {"id": "b", "text": "no"}]
    record = {"id": "c1", "prompt": "write", "responses": plain, **others}
    bring_in(bench, "comparisons", [record], queue="q")
    assert MAIL not in body(bench, "comparison:c1")
    assert body(bench, "comparison:c1").count("[email]") == 1


def test_a_secret_in_a_tool_call_is_known_by_the_name_of_its_entry(bench, bring_in):
    given = {"api_key": "Xy7CANARY99", "token": ["s3CANARYcr8"], "city": "Xy7Ulm99"}
    prompt = [{"role": "assistant", "tool_calls": [{"name": "go", "input": given}]}]
    bring_in(bench, "comparisons", [compared(prompt=prompt)], queue="q")
    shown = json.loads(body(bench, "comparison:c1"))["prompt"][0]["tool_calls"][0]
    assert shown["input"] == {
        "api_key": "[secret]",
        "token": ["[secret]"],
        "city": "Xy7Ulm99",
    }


def test_imported_rewrites_are_covered_alike(bench, lead, bring_in):
    records = [rewritten(), rewritten(text=f"I wrote to {MAIL}", annotator="other")]
    bring_in(bench, "rewrites", records, queue="rw")
    with bench.store.read() as unit:
        found = unit.all(
            "SELECT x.body, w.outcome FROM rewrite w JOIN text x "
            "ON x.id = w.text_id ORDER BY w.line"
        )
    assert found == [
        ("I have written to [email].", "rewritten"),
        ("I wrote to [email]", "original_was_fine"),
    ]
    assert MAIL not in body(bench, "rewrite-task:k1")
    assert queueing.show(bench, lead, "rw").covered == {"email": 4}
    assert bring_in(bench, "rewrites", records, queue="rw").unchanged == 2


def test_an_import_undone_leaves_no_whole_texts(bench, bring_in, monkeypatch):
    with pytest.raises(BadFileError):
        bring_in(bench, "comparisons", [compared(), {"id": 7}], queue="q")
    many = [compared(f"c{i}") for i in range(4)]
    monkeypatch.setattr(ingest, "CHUNK", 2)
    with pytest.raises(BadFileError):
        bring_in(bench, "comparisons", [*many, {"id": 7}], queue="q")
    with bench.store.read() as unit:
        assert unit.all("SELECT text_id FROM covered") == []
        assert unit.all("SELECT id FROM text WHERE id LIKE 'whole:%'") == []


def test_unmasking_is_for_leads_with_a_reason_and_is_kept(bench, lead, ann, bring_in):
    comment = f"mail {MAIL}"
    bring_in(bench, "feedback", [answer(1), thumb(1, comment=comment)])
    bring_in(bench, "comparisons", [compared()], queue="q", name="c.jsonl")
    bring_in(bench, "rewrites", [rewritten()], queue="rw", name="r.jsonl")
    with pytest.raises(NotAllowedError):
        privacy.unmask(bench, ann, "event", "t1", why="curious")
    with pytest.raises(InvalidInputError):
        privacy.unmask(bench, lead, "event", "t1", why=" ")
    with pytest.raises(InvalidInputError):
        privacy.unmask(bench, lead, "person", "ann", why="case 7")
    for kind in privacy.MASKED:
        with pytest.raises(UnknownError):
            privacy.unmask(bench, lead, kind, "t9", why="case 7")
    seen = {
        kind: privacy.unmask(bench, lead, kind, id, why="case 7")["texts"]
        for kind, id in (("event", "t1"), ("comparison", "c1"), ("rewrite", "k1"))
    }
    assert seen["event"]["event:t1"]["comment"] == comment
    assert seen["comparison"]["comparison:c1"]["prompt"] == [
        {"role": "user", "content": f"write to {MAIL}"}
    ]
    assert str(seen["rewrite"]).count(MAIL) == 3
    looked = privacy.unmaskings(bench, lead)
    assert {(u["by"], u["why"]) for u in looked} == {("lea", "case 7")}
    assert {u["text"] for u in looked} >= {"event:t1", "comparison:c1"}
    logged = [e.object for e in auditlog.show(bench, lead) if e.act == "unmask"]
    assert sorted(logged) == ["comparison c1", "event t1", "rewrite k1"]


def test_what_is_hidden_or_withdrawn_cannot_be_unmasked(bench, lead, ann, bring_in):
    bring_in(bench, "feedback", [answer(1)])
    bring_in(bench, "comparisons", [compared()], queue="q", name="c.jsonl")
    task = judging.claim(bench, ann, "q")[0]
    incidents.flag(bench, ann, task.task_id, "child_abuse")
    privacy.withdraw(bench, lead, "u")
    for kind, id in (("event", "e1"), ("comparison", "c1")):
        with pytest.raises(UnknownError, match="may be shown"):
            privacy.unmask(bench, lead, kind, id, why="case 7")


def test_refused_lines_say_and_keep_nothing_private(bench, lead, bring_in, tmp_path):
    privacy_lines = [
        answer(1),
        {**answer(2, consent=False), "reason_codes": "CANARY"},
        {**answer(3, user="gone"), "turn": "CANARY"},
        {**answer(4, response=MAIL), "turn": MAIL},
        {
            "event_id": "w",
            "type": "consent_withdrawn",
            "user_id": "gone",
            "at": "2026-01-05T10:00:00Z",
        },
    ]
    total = bring_in(bench, "feedback", privacy_lines, on_error="skip")
    (name,) = total.rejects
    refused = [json.loads(line) for line in Path(name).read_text().splitlines()]
    assert [r["raw"] is None for r in refused] == [True, True, False]
    assert "found a text" in refused[0]["why"]
    assert MAIL not in Path(name).read_text()


def test_words_after_a_withdrawal_are_never_written(bench, lead, bring_in, monkeypatch):
    gone = {"event_id": "w", "type": "consent_withdrawn", "user_id": "u"}
    gone |= {"at": "2026-01-05T10:00:00Z"}
    monkeypatch.setattr(ingest, "CHUNK", 2)
    lines = [answer(0), answer(1), gone, answer(2), answer(3), thumb(3)]
    bring_in(bench, "feedback", [*lines, answer(4, user="other")])
    with bench.store.read() as unit:
        written = unit.all("SELECT id FROM text WHERE id LIKE 'event:%' ORDER BY id")
    assert written == [("event:e0",), ("event:e1",), ("event:e4",)]
    assert everything(bench).count("CANARY") == 2, "those of the other"
    found = feedback_ingest.counts(bench, lead)
    assert (found["events"], found["withdrawn_events"]) == (7, 5)
