"""From complaints to work: consent, abuse, caps, near-identical prompts, canaries."""

from __future__ import annotations

import dataclasses
import json

import pytest

from adjudge.domain.triage import Limits
from adjudge.errors import InvalidInputError, NotAllowedError, RefusedError
from adjudge.services import auditlog
from adjudge.services.campaign import campaigns, queueing
from adjudge.services.feedback import triage
from adjudge.services.feedback.filling import Asked
from adjudge.services.privacy import privacy
from adjudge.storage import complaints

PROMPTS = (
    "How do I reverse a list in Python without a loop?",
    "What is the capital of the canton of Uri in Switzerland?",
    "Schreibe mir ein kurzes Gedicht ueber den Herbst im Wald.",
    "Explain photosynthesis to a child of seven years.",
    "Which vaccines does my puppy need in its first year?",
    "Convert this SQL query into a pandas expression, please.",
)


def answer(n, *, user=None, **others):
    prompt = others.pop("prompt", PROMPTS[n % len(PROMPTS)])
    return {
        "event_id": f"e-m{n}",
        "type": "message",
        "at": "2026-01-05T09:00:00Z",
        "user_id": user or f"u{n}",
        "message_id": f"m{n}",
        "response_id": f"r{n}",
        "messages": [{"role": "user", "content": prompt}],
        "response": others.pop("response", f"answer {n}"),
        "context": {"model": "m", "model_version": "v1", "locale": "en-US"},
        **others,
    }


def down(n, *, user=None, at="09:01:00", event=None, **others):
    return {
        "event_id": event or f"t{n}",
        "type": "thumbs",
        "at": f"2026-01-05T{at}Z",
        "user_id": user or f"u{n}",
        "message_id": f"m{n}",
        "rating": "down",
        **others,
    }


@pytest.fixture
def filled(bring_in, lead):
    """Bring events in and fill a queue from them."""

    def fill(bench, records, source="downvotes", *, queue="rw", **options):
        bring_in(bench, "feedback", records)
        return triage.fill(bench, lead, queue, Asked(source=source, **options))

    return fill


def tasks(bench):
    with bench.store.read() as unit:
        rows = unit.all(
            "SELECT x.body FROM rewrite_task r JOIN task t ON t.id = r.task_id "
            "JOIN text x ON x.id = r.text_id ORDER BY t.priority DESC, t.id"
        )
    return [json.loads(body) for (body,) in rows if body]


def test_a_downvote_becomes_a_task_with_its_whole_context(bench, filled):
    comment = "wrong, write to jane@example.com"
    found = filled(
        bench, [answer(0), down(0, reason_codes=["incorrect"], comment=comment)]
    )
    assert (found.found, found.filled) == (1, 1)
    (task,) = tasks(bench)
    assert task["prompt"][0]["content"] == PROMPTS[0]
    assert task["original"]["text"] == "answer 0"
    assert task["complaint"]["comments"] == ["wrong, write to [email]"]
    assert task["complaint"]["reason_codes"] == ["incorrect"]
    assert task["context"]["model_version"] == "v1"
    assert found.covered == {"email": 1}


def test_filling_again_adds_nothing(bench, lead, filled):
    filled(bench, [answer(0), down(0)])
    again = triage.fill(bench, lead, "rw", Asked(source="downvotes"))
    assert (again.filled, again.left_out) == (0, {"already_a_task": 1})


def test_what_consent_forbids_is_left_out_and_counted(bench, filled):
    gone = {"event_id": "w", "type": "consent_withdrawn", "user_id": "u2"}
    found = filled(
        bench,
        [
            *(answer(n, consent=None if n else False) for n in range(3)),
            answer(3, consent=True),
            answer(4, consent=True),
            *(down(n) for n in range(4)),
            down(4, consent=True),
            down(9),
            {**gone, "at": "2026-01-05T10:00:00Z"},
        ],
        require_consent=True,
    )
    assert found.filled == 1
    assert found.left_out == {
        "no_consent": 1,
        "withdrawn": 1,
        "orphan": 1,
        "consent_unstated": 2,
    }


def test_a_cleared_or_revised_rating_makes_no_task(bench, filled):
    found = filled(
        bench,
        [
            answer(0),
            down(0),
            down(0, event="later", at="09:05:00", rating="up"),
            answer(1),
            down(1),
            down(1, event="gone", at="09:05:00", rating=None),
        ],
    )
    assert (found.found, found.filled) == (0, 0)


def test_near_identical_prompts_are_asked_once(bench, lead, filled, bring_in):
    same = "How do I  reverse a list in python without a loop"
    records = [answer(0), answer(1, prompt=same), answer(2), down(0), down(2)]
    found = filled(bench, [*records, down(1, reason_codes=["unsafe"])])
    assert (found.filled, found.left_out["near_identical"]) == (2, 1)
    assert tasks(bench)[0]["complaint"]["reason_codes"] == ["unsafe"]
    bring_in(bench, "feedback", [answer(6), down(6)], name="more.jsonl")
    again = triage.fill(bench, lead, "rw", Asked(source="downvotes"))
    assert (again.filled, again.left_out["near_identical"]) == (0, 2)


def test_several_users_complaining_of_one_answer_make_one_task(bench, filled):
    records = [answer(0), *(down(0, user=f"x{i}", event=f"t{i}") for i in range(3))]
    found = filled(bench, records)
    assert (found.filled, found.left_out["same_answer"]) == (1, 2)
    assert tasks(bench)[0]["complaint"]["n_users"] == 3


def test_no_user_makes_more_tasks_than_the_cap(bench, lead, bring_in):
    minutes = [f"09:{n:02}:00" for n in range(6)]
    records = [
        r
        for n in range(6)
        for r in (answer(n, user="busy"), down(n, user="busy", at=minutes[n]))
    ]
    bring_in(bench, "feedback", records)
    asked = Asked(source="downvotes", limits=Limits(per_user=4))
    found = triage.fill(bench, lead, "rw", asked)
    assert (found.filled, found.left_out["user_cap"]) == (4, 2)


def test_bursts_make_no_tasks(bench, filled):
    fast = [down(0, event=f"f{i}", at=f"09:01:00.{i}00") for i in range(3)]
    found = filled(bench, [answer(0), answer(1), *fast, down(1)])
    assert (found.filled, found.left_out["abuse_burst"]) == (1, 1)
    assert found.abusers == {"abuse_burst": 1}


def test_the_riskiest_come_first(bench, filled):
    codes = (["too_long"], ["unsafe"], ["incorrect"])
    records = [answer(n) for n in range(3)]
    records += [down(n, reason_codes=code) for n, code in enumerate(codes)]
    filled(bench, records)
    found = [task["complaint"]["reason_codes"] for task in tasks(bench)]
    assert found == [["unsafe"], ["incorrect"], ["too_long"]]


def test_where_limit_and_balance(bench, filled):
    records = []
    for n in range(6):
        context = {"model_version": "v2" if n == 5 else "v1"}
        records += [answer(n, context=context), down(n)]
    found = filled(bench, records, limit=2)
    assert (found.filled, found.left_out["beyond_limit"]) == (2, 4)
    versions = {task["context"]["model_version"] for task in tasks(bench)}
    assert versions == {"v1", "v2"}
    shares = found.shares["model_version"]
    rare = {"found": pytest.approx(1 / 6, abs=1e-3), "filled": 0.5}
    assert shares["v2"] == {**rare, "weight": pytest.approx(1 / 3, abs=1e-3)}
    assert found.weights["converged"]
    assert set(found.shares["topic"]) == {"(none)"}
    assert found.weights["low"] == pytest.approx(1 / 3, abs=1e-3)


def test_where_is_an_allow_list(bench, lead):
    with pytest.raises(InvalidInputError, match="known key"):
        triage.conditions(["password__regex=a"])
    assert triage.conditions(["locale=de-DE"]) == {"locale": "de-DE"}


def test_only_what_was_asked_for(bench, filled):
    records = [answer(0), answer(1), down(0, reason_codes=["slow"]), down(1)]
    found = filled(bench, records, where={"reason": "slow"})
    assert (found.filled, found.left_out["not_asked_for"]) == (1, 1)


def test_corrective_follow_ups_become_tasks(bench, filled):
    texts = ("No, that's wrong: I asked for Uri.", "And the one of Schwyz?")
    records = [
        r
        for n, text in enumerate(texts)
        for r in (answer(n), {**down(n), "type": "follow_up", "text": text})
    ]
    for record in records:
        record.pop("rating", None)
    found = filled(bench, records, "follow-ups")
    assert (found.filled, found.left_out) == (1, {"not_corrective": 1})
    assert tasks(bench)[0]["complaint"]["follow_ups"] == [texts[0]]


def test_only_leads_fill_queues_and_kinds_must_fit(bench, lead, ann):
    with pytest.raises(NotAllowedError):
        triage.fill(bench, ann, "rw", Asked(source="downvotes"))
    queueing.create(bench, lead, queueing.settings(name="q"))
    with pytest.raises(RefusedError, match="is for compare tasks"):
        triage.fill(bench, lead, "q", Asked(source="downvotes"))
    asked = Asked(source="downvotes", limits=Limits(per_user=0))
    with pytest.raises(InvalidInputError, match="--per-user: expected at least 1"):
        triage.fill(bench, lead, "q2", asked)
    with pytest.raises(InvalidInputError, match="no source"):
        triage.fill(bench, lead, "q", Asked(source="hearsay"))


# --- regenerations ---------------------------------------------------------------
def again(old, new, **others):
    return {
        "event_id": f"g{old}-{new}",
        "type": "regenerate",
        "at": "2026-01-05T09:02:00Z",
        "user_id": "u",
        "message_id": f"m{old}",
        "new_message_id": f"m{new}",
        **others,
    }


def signals(bench):
    with bench.store.read() as unit:
        return complaints.signals(unit)


def test_a_regeneration_becomes_a_comparison_and_a_signal_of_its_own(bench, filled):
    """What the user went on with is nobody's judgment."""
    records = [answer(n, user="u", prompt=PROMPTS[0]) for n in range(2)]
    records += [again(0, 1)]
    found = filled(bench, records, "regenerations", queue="cmp")
    assert (found.found, found.filled, found.ranked) == (1, 1, 0)
    (signal,) = signals(bench)
    assert (signal["rejected"], signal["kept"]) == ("r0", "r1")
    assert (signal["source"], signal["kind"]) == ("implicit", "regenerate")
    assert signal["weight"] < 1
    with bench.store.read() as unit:
        assert unit.one("SELECT count(*) FROM judgment")[0] == 0
        assert unit.one("SELECT count(*) FROM slot WHERE state = 0")[0] == 3


def test_what_the_user_says_or_takes_up_decides(bench, filled):
    copied = {**again(0, 1), "event_id": "c", "type": "copy"}
    asked = {**again(2, 3), "event_id": "p", "type": "comparison", "message_id": "m3"}
    asked |= {"pair_of": ["m2", "m3"], "preferred": "m2"}
    tied = {**asked, "event_id": "p2", "message_id": "m5", "preferred": "tie"}
    tied |= {"pair_of": ["m4", "m5"]}
    records = [answer(n, user="u") for n in range(6)]
    records += [again(0, 1), again(2, 3), again(4, 5), copied, asked, tied]
    for record in (copied, asked, tied):
        record.pop("new_message_id")
    found = filled(bench, records, "regenerations", queue="cmp")
    assert (found.filled, found.left_out) == (2, {"tied": 1})
    kept = {(s["kind"], s["kept"]) for s in signals(bench)}
    assert kept == {("taken_up", "r0"), ("comparison", "r2")}


def test_regenerations_are_capped_distinct_balanced_and_free_of_abuse(
    bench, lead, filled
):
    """What holds for complaints holds for what users went on with."""
    records = []
    for n in range(5):  # one user, five questions, one of them twice
        prompt = PROMPTS[max(n - 1, 0)]
        both = (2 * n, 2 * n + 1)
        records += [answer(m, user="busy", prompt=prompt) for m in both]
        records.append(again(2 * n, 2 * n + 1, user_id="busy"))
    records += [answer(n, user="hasty", prompt=PROMPTS[5]) for n in (20, 21)]
    records += [again(20, 21, user_id="hasty")]
    times = [f"09:01:00.{i}00" for i in range(3)]
    records += [down(20, user="hasty", event=f"f{t}", at=t) for t in times]
    limits = Limits(per_user=3)
    found = filled(bench, records, "regenerations", queue="cmp", limits=limits, limit=2)
    left_out = {"abuse_burst": 1, "near_identical": 1, "user_cap": 1, "beyond_limit": 1}
    assert (found.found, found.filled, found.left_out) == (6, 2, left_out)
    assert found.abusers == {"abuse_burst": 1}
    assert found.shares["locale"] == {
        "en-US": {"found": 1.0, "filled": 1.0, "weight": 1.0}
    }
    again_ = triage.fill(
        bench, lead, "cmp", Asked(source="regenerations", limits=limits)
    )
    assert (again_.filled, again_.left_out["near_identical"]) == (2, 1)


def test_models_that_name_themselves_are_covered_on_both_sides(bench, filled):
    records = [
        answer(0, user="u", response="As GPT-4, I would say no."),
        answer(1, user="u", response="Unlike GPT-4, yes."),
        again(0, 1),
    ]
    found = filled(bench, records, "regenerations", queue="cmp")
    assert (found.self_named, found.covered["model"]) == (1, 2)
    with bench.store.read() as unit:
        row = unit.one("SELECT body FROM text WHERE id LIKE 'comparison:%'")
    assert "GPT-4" not in row[0]


# --- canaries --------------------------------------------------------------------
def everything_derived(bench):
    with bench.store.read() as unit:
        rows = unit.all("SELECT body FROM text WHERE id NOT LIKE 'event:%'")
    return "".join(body for (body,) in rows if body)


def test_a_withdrawal_reaches_what_was_made_of_the_words(bench, lead, filled):
    words = {"response": "CANARY answer"}
    records = [answer(0, user="u", **words), answer(1, user="u"), down(0, user="u")]
    filled(bench, [*records, again(0, 1)])
    triage.fill(bench, lead, "cmp", Asked(source="regenerations"))
    assert everything_derived(bench).count("CANARY") == 2
    privacy.withdraw(bench, lead, "u")
    assert "CANARY" not in everything_derived(bench)
    with bench.store.read() as unit:
        assert unit.one("SELECT min(frozen) FROM task")[0] == 1


def test_nothing_that_is_covered_gets_into_a_task(bench, lead, filled):
    secret = "CANARY.one@example.com"
    records = [
        answer(
            0,
            user="u",
            prompt=f"mail {secret} about lists",
            response=f"done, {secret}",
            context={"model": "m", "error": f"bounced {secret}", "x": [secret]},
        ),
        answer(1, user="u", response=f"no, {secret}"),
        down(0, user="u", comment=f"wrong {secret}"),
        again(0, 1),
    ]
    filled(bench, records)
    triage.fill(bench, lead, "cmp", Asked(source="regenerations"))
    assert len(everything_derived(bench)) > 100
    assert "CANARY" not in everything_derived(bench)


def test_what_tools_are_called_with_and_say_is_covered_in_tasks(bench, lead, filled):
    """In arguments written as text or as an object, and in the names of its entries."""
    secret = "CANARY.one@example.com"
    calls = [
        {"function": {"name": "mail", "arguments": f'{{"to": "{secret}"}}'}},
        {"name": "find", "input": {secret: [{"who": secret}], "n": 2}},
    ]
    messages = [
        {"role": "user", "content": "mail them", "name": secret},
        {"role": "assistant", "tool_calls": calls},
        {"role": "tool", "name": "mail", "content": f"sent to {secret}"},
    ]
    records = [answer(n, user="u", messages=messages) for n in (0, 1)]
    made = filled(bench, [*records, down(0, user="u"), again(0, 1)])
    triage.fill(bench, lead, "cmp", Asked(source="regenerations"))
    derived = everything_derived(bench)
    assert "CANARY" not in derived
    assert derived.count("[email]") == 10
    assert made.covered == {"email": 5}


# --- disputes, themes, weights, the log --------------------------------------------
@pytest.fixture
def disputed(bring_in, comparison_of, judgment_of):
    """Bring in four comparisons; people cannot settle the first two."""

    def make(bench):
        records = [
            comparison_of(f"c{i}", topic="law" if i == 2 else "food", language="de")
            for i in range(1, 5)
        ]
        bring_in(bench, "comparisons", records, queue="q", name="c.jsonl")
        sides = ([["a"], ["b"]], [["b"], ["a"]], [["a", "b"]])
        said = [
            judgment_of(f"c{i}", who, sides[n if i < 3 else 0])
            for i in range(1, 5)
            for n, who in enumerate(("ann", "bob", "cy"))
        ]
        bring_in(bench, "judgments", said, name="j.jsonl")

    return make


def test_disputed_comparisons_become_work_for_others(bench, lead, disputed):
    disputed(bench)
    found = triage.fill(bench, lead, "experts", Asked(source="disputed"))
    assert (found.found, found.filled, found.left_out) == (2, 2, {})
    again = triage.fill(bench, lead, "experts", Asked(source="disputed"))
    assert (again.filled, again.left_out) == (0, {"already_a_task": 2})
    shown = queueing.show(bench, lead, "experts")
    assert (shown.queue.kind, shown.standing.tasks) == ("compare", 2)
    assert shown.standing.open == 6


def test_disputed_comparisons_can_be_asked_for_by_what_they_know(bench, lead, disputed):
    disputed(bench)
    asked = Asked(source="disputed", where={"topic": "law", "locale": "de-CH"})
    found = triage.fill(bench, lead, "experts", asked)
    assert (found.filled, found.left_out) == (1, {"not_asked_for": 1})
    with pytest.raises(InvalidInputError, match="know nothing of that"):
        triage.fill(
            bench, lead, "x", Asked(source="disputed", where={"reason": "slow"})
        )
    limited = triage.fill(bench, lead, "few", Asked(source="disputed", limit=1))
    assert (limited.filled, limited.left_out) == (1, {"beyond_limit": 1})


def test_a_theme_that_is_not_there_is_refused_in_words(bench, lead):
    with pytest.raises(RefusedError, match="theme:7: this store has no themes"):
        triage.fill(bench, lead, "rw", Asked(source="theme:7"))


def test_signal_weights_are_settings_and_are_said(bench, filled):
    bench = dataclasses.replace(bench, signal_weights={"regenerate": 0.125})
    records = [answer(0, user="u"), answer(1, user="u"), again(0, 1)]
    found = filled(bench, records, "regenerations", queue="cmp").as_json()
    assert found["signals"] == {"regenerate": {"n": 1, "weight": 0.125}}
    with bench.store.read() as unit:
        (signal,) = complaints.signals(unit)
    assert signal["weight"] == 0.125


def test_filling_stands_in_the_log_with_its_counts(bench, lead, filled):
    filled(bench, [answer(0), down(0)])
    acts = {(e.act, e.object) for e in auditlog.show(bench, lead)}
    assert ("triage.fill", "rw from downvotes") in acts


def test_the_campaigns_consent_policy_holds_for_filling(
    bench, lead, bring_in, tmp_path
):
    file = tmp_path / "campaign.toml"
    file.write_text(
        "[campaign]\nname = 'strict'\n[consent]\nrequired = true\n"
        "[[people]]\nname = 'lea'\nrole = 'lead'\n"
    )
    campaigns.apply(bench, lead, str(file))
    bring_in(bench, "feedback", [answer(0), down(0)])
    found = triage.fill(bench, lead, "rw", Asked(source="downvotes"))
    assert (found.filled, found.left_out) == (0, {"consent_unstated": 1})
