"""Deciding: one's own call first, then what people said, then a reason."""

from __future__ import annotations

import pytest

from adjudge.errors import ConflictError
from adjudge.services.campaign import guidelines
from adjudge.services.measuring import adjudication
from adjudge.services.work import casework, incidents
from adjudge.storage import results
from adjudge.tui.dialogs.too_small import TooSmall
from adjudge.tui.home import HomeScreen
from adjudge.tui.lead.adjudicate import AdjudicateScreen
from adjudge.tui.lead.dashboard import DashboardScreen
from adjudge.tui.widgets.evidence import Evidence

HIDDEN = "What people said stays hidden"


@pytest.fixture
def decide(lead_sit, judged, lead):
    """Open a comparison on the lead's desk."""

    async def open_(desk, comparison="pair-1", queue="answers"):
        case = casework.open_case(judged, lead, comparison, queue=queue)
        desk.went = []
        desk.app.push_screen(AdjudicateScreen(desk.app.place, case), desk.went.append)
        await desk.settle()
        return case

    return open_


def evidence(desk):
    return str(desk.screen.query_one("#testimony").visual)


def decision(bench, lead, comparison="pair-1"):
    return adjudication.evidence(bench, lead, comparison)["decision"]


async def test_nothing_is_shown_before_the_blind_call(lead_sit, decide):
    async with lead_sit(size=(200, 50)) as desk:
        await decide(desk)
        assert HIDDEN in desk.shown
        assert "judge 1" not in desk.shown
        for key in ("n", "t", "p"):
            await desk.press(key)
            assert desk.said == "Your own call first: a digit, then Enter."
        await desk.press("i")
        assert desk.said == "Hidden until your own call: a digit, then Enter."
        await desk.press("enter")
        assert desk.said == "Choose a grade first: 1 to 7."
        assert HIDDEN in desk.shown


async def test_after_the_call_judges_are_numbers_with_weight_time_tags_and_note(
    lead_sit, decide, judged, lead
):
    async with lead_sit(size=(200, 50)) as desk:
        await decide(desk, "pair-5")
        await desk.press("6", "enter")
        await desk.settle()
        text = evidence(desk)
        assert "Your blind call  B>A" in text
        for one in adjudication.evidence(judged, lead, "pair-5")["judgments"]:
            assert f"judge {one['judge']}" in text
            assert f"weight {one['weight']:.2f}" in text
        assert "%" in text
        assert "time 0:" in text
        assert "incorrect" in text
        for name in ("cy", "dora", "eve"):
            assert f"judge {name}" not in text
        assert HIDDEN not in text


async def test_a_decision_keeps_call_label_cause_clause_and_reason(
    lead_sit, decide, judged, lead
):
    with judged.store.read() as unit:
        before = unit.all("SELECT * FROM judgment ORDER BY id")
    async with lead_sit(size=(120, 40)) as desk:
        case = await decide(desk)
        await desk.press("2", "enter")
        await desk.settle()
        await desk.press("enter")
        assert desk.said == "A decision needs a reason: n writes it."
        await desk.press("escape", "p")
        await desk.press("2", "enter")
        await desk.type_in("it says so")
        await desk.press("enter", "t", "3", "enter")
        assert "the responses are about equally good" in desk.shown
        await desk.press("7", "0", "enter")
        await desk.settle()
    found = decision(judged, lead)
    left = case.comparison.response_ids.index(case.shown[0])
    assert found["blind"] == f"{left}>{1 - left}"
    assert found["ranking"] == f"{1 - left}>{left}"
    assert found["cause"] == "close_call"
    assert found["why"].startswith("clause ")
    assert found["why"].endswith("it says so")
    assert found["none_acceptable"] is True
    told = "Decided pair-1: B>>A, none acceptable. The judgments are kept."
    assert desk.went == [told]
    with judged.store.read() as unit:
        assert unit.all("SELECT * FROM judgment ORDER BY id") == before
        heads = {t.comparison: t.adjudicated for t in results.tasks(unit, "answers")}
    assert heads["pair-1"] == f"{1 - left}>{left}!"


@pytest.mark.parametrize(
    ("digit", "words"),
    [("1", "Ticket"), ("2", "Sent back: 4 will judge it again"), ("3", "Excluded")],
)
async def test_it_can_be_settled_otherwise_with_a_reason(
    lead_sit, decide, judged, lead, digit, words
):
    async with lead_sit(size=(120, 40)) as desk:
        await decide(desk)
        await desk.press("x")
        await desk.press(digit, "enter")
        assert "A few words are needed" in desk.shown
        await desk.type_in("look again")
        await desk.press("enter")
        await desk.settle()
        assert desk.went[0].startswith(words)
    assert decision(judged, lead) is None
    if digit == "1":
        assert [t.note for t in guidelines.tickets(judged, lead)] == ["look again"]
    if digit == "3":
        assert [i.state for i in incidents.listed(judged, lead, state=None)] == [
            "closed"
        ]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_several_responses_are_placed_best_first(lead_sit, decide, size, judged):
    async with lead_sit(size=size) as desk:
        case = await decide(desk, "ranking-0", "ranking")
        count = len(case.shown)
        await desk.press("=")
        assert desk.said == "= ties the next of several responses with the last."
        await desk.press("3", "=", "1")
        assert [len(t) for t in desk.screen.draft.ranking] == [2]
        await desk.press("1")
        assert desk.said == "1 has its place; Backspace takes back the last."
        await desk.press("9")
        assert desk.said == f"There are {count} responses."
        await desk.press("backspace", "backspace", "backspace")
        assert desk.said == "Nothing was said yet."
        for number in range(1, count + 1):
            await desk.press(str(number))
        await desk.press("enter")
        await desk.settle()
        assert "Nobody's judgment stands here." in evidence(desk)
        await desk.press("n")
        await desk.type_in("plain")
        await desk.press("enter", "enter")
        await desk.settle()
        assert desk.went[0].startswith("Decided ranking-0: 1 > 2 > 3")


async def test_grades_by_arrow_and_ties_where_the_queue_takes_none(
    lead_sit, decide, judged, lead
):
    from adjudge.services.campaign import queueing

    queueing.change(judged, lead, "answers", ties=False)
    async with lead_sit(size=(120, 40)) as desk:
        await decide(desk)
        await desk.press("4")
        assert desk.said == "This queue takes no ties: choose a side."
        await desk.press("right")
        assert desk.screen.draft.digit == 5
        await desk.press("left")
        assert desk.screen.draft.digit == 3
        await desk.press("8")
        assert desk.said == "Grades go from 1 to 7; 0 is none acceptable."


async def test_at_80_columns_evidence_and_responses_take_turns(lead_sit, decide):
    async with lead_sit(size=(80, 24)) as desk:
        await decide(desk)
        panel = desk.screen.query_one(Evidence)
        assert not panel.region.height
        await desk.press("2", "enter")
        await desk.settle()
        assert panel.region.height
        await desk.press("tab")
        assert not panel.region.height
        await desk.press("i")
        assert panel.region.height
        await desk.press("i")
        assert not panel.region.height


async def test_reading_keys_work_as_for_everybody(lead_sit, decide):
    async with lead_sit(size=(120, 40)) as desk:
        await decide(desk)
        await desk.press("g")
        assert desk.screen.drawer.kind == "guideline"
        await desk.press("escape", "c")
        assert desk.screen.drawer.kind == "conversation"
        await desk.press("escape", "v")
        assert desk.said == "Source, as the model wrote it."
        await desk.press("slash")
        await desk.type_in("list")
        await desk.press("enter")
        assert "Found" in desk.said
        await desk.press("w", "?")
        await desk.type_in("blind")
        assert "before you saw anybody's" in desk.shown


async def test_what_stands_behind_a_warning_is_opened_first(lead_sit, decide):
    async with lead_sit(size=(120, 40)) as desk:
        await decide(desk, "warned-0", "warned")
        assert "Content warning" in desk.shown
        await desk.press("2")
        assert desk.said == "Behind a warning: o opens it."
        await desk.press("o", "2")
        assert desk.screen.draft.digit == 2
        await desk.press("o")
        assert desk.said == "Nothing stands behind a warning here."


async def test_a_refusal_keeps_everything_that_was_said(
    lead_sit, decide, judged, monkeypatch
):
    def refuse(*_arguments, **_options):
        raise ConflictError("somebody else decided", hint="look again")

    async with lead_sit(size=(120, 40)) as desk:
        await decide(desk)
        await desk.press("2", "enter")
        await desk.settle()
        await desk.press("n")
        await desk.type_in("plain")
        monkeypatch.setattr(adjudication, "adjudicate", refuse)
        await desk.press("enter", "enter")
        await desk.settle()
        assert desk.said == "somebody else decided. Look again"
        assert isinstance(desk.screen, AdjudicateScreen)
        assert desk.screen.draft.digit == 2


async def test_another_leads_decision_is_seen_before_it_is_decided_over(
    lead_sit, decide, judged, lead
):
    """Two leads look at once: the second learns of the first, and decides again."""
    async with lead_sit(size=(120, 40)) as desk:
        case = await decide(desk)
        ours, theirs = case.shown
        await desk.press("2", "enter")
        await desk.settle()
        tiers = ((theirs,), (ours,))
        adjudication.adjudicate(judged, lead, "pair-1", tiers, why="mine")
        await desk.press("n")
        await desk.type_in("plain")
        await desk.press("enter", "enter")
        await desk.settle()
        assert f"{lead.name} has decided pair-1 meanwhile" in desk.said
        assert "Decided before" in evidence(desk)
        assert decision(judged, lead)["why"] == "mine"
        await desk.press("enter")
        await desk.settle()
    assert decision(judged, lead)["why"] == "plain"


async def test_leaving_decides_nothing(lead_sit, decide, judged, lead):
    async with lead_sit(size=(120, 40)) as desk:
        await decide(desk)
        await desk.press("2", "escape")
        assert desk.said == "Nothing is open. q goes back undecided."
        await desk.press("q")
        assert desk.went == [""]
        assert not isinstance(desk.screen, (AdjudicateScreen, DashboardScreen))
    assert decision(judged, lead) is None


async def test_a_terminal_that_shrinks_while_it_is_kept_strands_nobody(
    lead_sit, decide
):
    async with lead_sit() as desk:
        await decide(desk)
        screen = desk.screen
        await desk.pilot.resize_terminal(72, 20)
        await desk.settle()
        screen.post_message(AdjudicateScreen.Done("Decided."))
        await desk.settle()
        assert desk.went == ["Decided."]
        assert isinstance(desk.screen, TooSmall)
        await desk.pilot.resize_terminal(120, 40)
        await desk.settle()
        assert isinstance(desk.screen, HomeScreen)
