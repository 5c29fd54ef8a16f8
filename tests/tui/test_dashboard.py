"""A lead's numbers: tabs, panels, pairs, tables, and the way to a decision."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from textual.widgets import Input

from adjudge.domain.people import Role
from adjudge.services.measuring import adjudication, overview
from adjudge.tui.home import HomeScreen
from adjudge.tui.lead.adjudicate import AdjudicateScreen
from adjudge.tui.lead.dashboard import DashboardScreen
from adjudge.tui.lead.listing import Line, Listing
from adjudge.tui.widgets.figures import Tiles, Weeks
from adjudge.tui.widgets.pairs import Pairs

WIDE, NARROW = (120, 40), (80, 24)


async def look(desk):
    """Open the numbers of the marked queue and wait for all of them."""
    await desk.press("l")
    await desk.settle(8)
    assert isinstance(desk.screen, DashboardScreen)


def rows(desk):
    """The lines of the table in sight."""
    table = desk.screen.query_one("#list")
    return [[str(cell) for cell in table.get_row_at(i)] for i in range(table.row_count)]


# --- coming in -------------------------------------------------------------------
async def test_only_a_lead_gets_numbers_and_others_are_told_why(sit, judged):
    async with sit(None, bench=judged, who="ann") as desk:
        assert "l numbers" not in desk.shown
        await desk.press("l")
        assert isinstance(desk.screen, HomeScreen)
        assert desk.said.startswith("The numbers are for leads")


async def test_a_lead_opens_the_marked_queue_and_comes_back(lead_sit):
    async with lead_sit() as desk:
        assert "l numbers" in desk.shown
        await desk.press("down")
        await look(desk)
        assert desk.screen.queue == "compare"
        assert "there are no judgments yet" in desk.shown
        await desk.press("q")
        assert isinstance(desk.screen, HomeScreen)


async def test_a_store_without_queues_has_no_numbers(sit, sqlite_bench):
    options = {"who": "ines", "role": Role.LEAD, "bench": sqlite_bench}
    async with sit(None, **options) as desk:
        await desk.press("l")
        assert desk.said == "There is no queue yet, so there are no numbers."


# --- numbers -----------------------------------------------------------------------
async def test_the_headline_is_what_the_service_says(lead_sit, judged, lead):
    found = overview.glance(judged, lead, "answers")
    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        shown = desk.shown
        for key in ("alpha", "alpha_ordinal"):
            low, high = found[key]["low"], found[key]["high"]
            assert f"{found[key]['value']:.2f} n=60" in shown
            assert f"[{low:.2f}, {high:.2f}]" in shown
        assert f"{found['left_wins']['value']:.1%} n=180" in shown
        assert f"{found['ties']['share']['value']:.1%} n=225" in shown
        assert "as of 09:00" in shown
        assert "2026-W05" in shown
        assert "gives a row" in shown


async def test_of_rankings_the_agreement_of_whole_rankings_comes_first(
    lead_sit, ranked, lead
):
    found = overview.glance(ranked, lead, "ranked")
    async with lead_sit(bench=ranked, size=(200, 50)) as desk:
        await look(desk)
        tiles = str(desk.screen.query_one(Tiles).render())
        assert tiles.split()[:2] == ["Kendall's", "W"]
        for key in ("kendall_w", "tau_b"):
            low, high = found[key]["low"], found[key]["high"]
            assert f"{found[key]['value']:.2f} n=30" in tiles
            assert f"[{low:.2f}, {high:.2f}]" in tiles
        assert "undefined" not in tiles
        assert "Kendall's W, by week" in str(desk.screen.query_one(Weeks).render())
        assert "30 comparisons, n counts pairs of answers" in desk.shown
        await desk.press("down", "down")
        assert "16 in common, fewer than 20: no number" in desk.shown
        await desk.press("2")
        said = "undefined: sides are counted where all comparisons have two responses"
        assert {row[3] for row in rows(desk)} == {said}


async def test_a_small_terminal_shows_one_panel_at_a_time(lead_sit):
    async with lead_sit(size=NARROW) as desk:
        await look(desk)
        panels = [Tiles, Pairs, Weeks]
        for number in range(4):
            seen = [
                kind for kind in panels if desk.screen.query_one(kind).region.height
            ]
            assert seen == [panels[number % 3]]
            await desk.press("tab")


async def test_everywhere_else_all_panels_are_in_sight(lead_sit):
    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        for kind in (Tiles, Pairs, Weeks):
            assert desk.screen.query_one(kind).region.height
        await desk.press("tab")
        assert desk.said == "All panels are in sight."


async def test_m_switches_what_is_printed_of_pairs(lead_sit, judged, lead):
    pair = overview.glance(judged, lead, "answers")["pairs"][0]
    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        pairs = desk.screen.query_one(Pairs)
        for word, value in (
            ("Cohen's kappa", f"{pair['kappa']['value']:.2f}"),
            ("same answer", f"{pair['percent']['value']:.2f}"),
            ("common", str(pair["n"])),
        ):
            text = str(pairs.render())
            assert word in text.splitlines()[0]
            assert value in text
            await desk.press("m")
        assert pairs.measure == "kappa"


async def test_arrows_go_to_a_pair_and_spell_it_out(lead_sit):
    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        pairs = desk.screen.query_one(Pairs)
        names = pairs.people(pairs.content_size.width)
        assert f"{names[1]} and {names[0]}" in desk.shown
        await desk.press("right", "right", "up")
        assert pairs.at == (0, 2)
        assert f"{names[0]} and {names[2]}" in desk.shown
        await desk.press("left", "left")
        assert "arrows go to a pair" in desk.shown
        await desk.press("left", "up")
        assert pairs.at == (0, 0)


@pytest.mark.parametrize("size", [NARROW, WIDE, (200, 50)])
async def test_every_pair_stands_with_its_interval_and_n(lead_sit, judged, lead, size):
    """In its cell, in short where room is short; and in a line of its own."""
    found = overview.glance(judged, lead, "answers")["pairs"]
    async with lead_sit(size=size) as desk:
        await look(desk)
        pairs = desk.screen.query_one(Pairs)
        if size == NARROW:
            await desk.press("tab")
        table = str(pairs.render())
        await desk.press("i")
        listed = str(pairs.render()).splitlines()[1:]
        low = [pair["kappa"]["value"] for pair in pairs.listed()]
        assert low == sorted(low)
        for pair in found:
            kappa = pair["kappa"]
            low, high = (f"{kappa[side]:.2f}" for side in ("low", "high"))
            short = f"{low} {high}".replace("0.", ".")
            assert f"{low}..{high}" in table or short in table
            assert f"n={pair['n']}" in table
            (line,) = [x for x in listed if pair["a"] in x and pair["b"] in x]
            assert f"{kappa['value']:.2f}" in line
            assert f"n={pair['n']}" in line
            assert f"[{low}, {high}]" in line
        await desk.press("down", "down")
        two = pairs.listed()[2]
        assert f"{two['a']} and {two['b']}: " in desk.shown


# --- tables ------------------------------------------------------------------------
async def test_people_stand_with_every_number_and_its_n(lead_sit):
    async with lead_sit(size=(200, 50)) as desk:
        await look(desk)
        await desk.press("2")
        found = {row[0]: row for row in rows(desk)}
        assert sorted(found) == ["ann", "bob", "cy", "dora", "eve"]
        assert found["ann"][1] == "45"
        assert "% [" in found["ann"][2]
        assert "n=" in found["ann"][2]
        assert found["ann"][4].startswith("undefined: ")


async def test_tables_are_sorted_turned_round_and_filtered(lead_sit):
    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        await desk.press("2", "o")
        assert [r[0] for r in rows(desk)] == ["ann", "bob", "cy", "dora", "eve"]
        assert desk.said == "Sorted: Person."
        await desk.press("O")
        assert [r[0] for r in rows(desk)] == ["eve", "dora", "cy", "bob", "ann"]
        assert desk.said == "Sorted: Person, turned round."
        await desk.press("slash")
        await desk.type_in("o")
        await desk.press("enter")
        assert [r[0] for r in rows(desk)] == ["dora", "bob"]
        assert "2 people" in desk.shown
        await desk.press("slash")
        await desk.press("backspace")
        await desk.press("enter")
        assert len(rows(desk)) == 5
        await desk.press("1", "o")
        assert desk.said == "Tables are sorted: 2, 3 and 4 are tables."


def test_what_is_unknown_comes_last_whichever_way_round():
    lines = [Line(k, ((k, v),)) for k, v in (("a", 2.0), ("b", None), ("c", 1.0))]
    table = Listing(("x",), tuple(lines), sorted_by=0)
    assert [x.key for x in table.shown()] == ["c", "a", "b"]
    turned = Listing(("x",), tuple(lines), sorted_by=0, backwards=True)
    assert [x.key for x in turned.shown()] == ["a", "c", "b"]


async def test_queues_stand_with_their_slots_and_enter_goes_to_their_numbers(lead_sit):
    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        await desk.press("3")
        found = {row[0]: row for row in rows(desk)}
        assert found["answers"][2:] == ["60", "15", "0", "225", "94%"]
        assert found["empty"][-1] == "nothing in it"
        await desk.press("down", "enter")
        await desk.settle(8)
        assert (desk.screen.queue, desk.screen.tab) == ("compare", 1)


async def test_names_can_be_kept_in_the_table_of_pairs(lead_sit):
    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        await desk.press("slash")
        await desk.type_in("o")
        await desk.press("enter")
        pairs = desk.screen.query_one(Pairs)
        assert pairs.people(80) == ["bob", "dora"]
        assert "do not fit" not in desk.shown, "nobody else was asked for"
        for name, words in (("dora", "one name"), ("zoe", "no name")):
            await desk.press("slash")
            desk.screen.query_one(Input).value = name
            await desk.press("enter")
            assert f"No pair to compare: {words} holds “{name}”." in desk.shown


async def test_what_has_no_room_in_the_table_of_pairs_is_counted(lead_sit):
    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        pairs = desk.screen.query_one(Pairs)
        head = pairs.drawn(34)[0]
        assert head[-1].text.endswith("do not fit: i lists all")
        # A head of two lines would hide the n of the last row.
        assert sum(len(bit.text) for bit in pairs.drawn(50)[0]) <= 50


async def test_what_was_looked_for_in_another_queue_is_not_shown_in_this(lead_sit):
    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        desk.screen.post_message(DashboardScreen.Listed("compare", "bob", []))
        await desk.settle()
        assert (desk.screen.tab, desk.screen.judge) == (1, "")


# --- drilling ----------------------------------------------------------------------
async def test_from_a_person_to_the_decision(lead_sit, judged, lead):
    """Annotator, their disputed items, the judgments, the decision."""
    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        await desk.press("2", "enter")
        name = desk.screen.judge
        mine = adjudication.disputed(judged, lead, "answers", judge=name)
        assert [r[0] for r in rows(desk)] == [d.comparison for d in mine]
        assert f"judged by {name}" in desk.shown
        await desk.press("enter")
        await desk.settle()
        assert isinstance(desk.screen, AdjudicateScreen)
        await desk.press("2", "enter")
        await desk.settle()
        await desk.press("n")
        await desk.type_in("clause 2")
        await desk.press("enter", "enter")
        await desk.settle(8)
        assert isinstance(desk.screen, DashboardScreen)
        assert (
            desk.said == f"Decided {mine[0].comparison}: A>B. The judgments are kept."
        )
        assert mine[0].comparison not in [r[0] for r in rows(desk)]
        assert "1 decided, by cause: not said 1" in desk.shown
        await desk.press("escape")
        assert desk.screen.tab == 2
        await desk.press("escape")
        assert desk.screen.tab == 1
        await desk.press("escape")
        assert desk.said == "Nothing is open. q goes home."


async def test_enter_on_a_pair_lists_what_the_person_of_the_row_judged(lead_sit):
    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        await desk.press("enter")
        assert desk.screen.tab == 4
        assert desk.screen.judge


# --- waiting -----------------------------------------------------------------------
async def test_escape_stops_computing_and_says_from_when_the_numbers_are(
    lead_sit, monkeypatch
):
    gate, inside = threading.Event(), threading.Event()
    slow = adjudication.disputed

    def wait(*arguments, **options):
        inside.set()
        gate.wait(10)
        return slow(*arguments, **options)

    async with lead_sit(size=WIDE) as desk:
        monkeypatch.setattr(adjudication, "disputed", wait)
        await desk.pilot.press("l")
        while not inside.is_set():
            await desk.pilot.pause(0.02)
        await desk.pilot.pause(0.05)
        assert desk.said == "computing 3/4: what is disputed - Esc cancels"
        await desk.pilot.press("escape")
        await desk.pilot.pause()
        assert desk.said == "Stopped. as of 09:00"
        gate.set()
        await desk.settle(4)
        assert desk.said == "Stopped. as of 09:00"
        assert desk.screen.known("people") is None
        monkeypatch.setattr(adjudication, "disputed", slow)
        await desk.press("r")
        await desk.settle(6)
        assert desk.screen.known("people")


async def test_what_was_known_stands_with_its_time_until_it_is_counted_anew(
    lead_sit, clock, monkeypatch
):
    gate = threading.Event()
    quick = overview.glance

    def wait(*arguments, **options):
        gate.wait(10)
        return quick(*arguments, **options)

    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        await desk.press("q")
        clock.tick(3600)
        monkeypatch.setattr(overview, "glance", wait)
        await desk.pilot.press("l")
        await desk.pilot.pause(0.05)
        assert "as of 09:00" in desk.shown
        gate.set()
        await desk.settle(8)
        assert "as of 10:00" in desk.shown


async def test_keys_that_do_nothing_say_so_and_help_explains_the_numbers(lead_sit):
    async with lead_sit(size=WIDE) as desk:
        await look(desk)
        await desk.press("w")
        assert desk.said == "w does nothing here; ? lists keys."
        await desk.press("2", "m")
        assert desk.said == "m goes with the table of pairs: 1 shows it."
        await desk.press("tab")
        assert desk.said.startswith("This tab has one panel")
        await desk.press("?")
        await desk.type_in("kappa")
        assert "agreement of two people beyond chance" in desk.shown


_SKLEARN = """
import sys
from adjudge.domain.people import Actor, Role
from adjudge.services.bench import Bench
from adjudge.storage.engine.store import Store
from adjudge.tui.lead.dashboard import DashboardScreen
from adjudge.tui.lead_deeds import LeadDeeds
store = Store.at(sys.argv[1])
bench = Bench(store=store, now=lambda: "2026-01-05T09:00:00Z", new_id=str, secret=b"x")
lead = LeadDeeds(lambda: (bench, Actor(name="ines", role=Role.LEAD)))
lead.glance("answers", lambda left: True)
lead.people("answers"), lead.disputed("answers"), lead.queues("answers")
store.close()
print([m for m in sys.modules if m.startswith("sklearn")])
"""


def test_scikit_learn_never_comes_into_the_app(judged):
    place = str(judged.store.path)
    ran = subprocess.run(
        [sys.executable, "-c", _SKLEARN, place],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout.strip(), ran.returncode) == ("[]", 0), ran.stderr


@pytest.mark.parametrize("size", [NARROW, WIDE, (200, 50)])
async def test_unanimity_and_one_person_alone_are_said_in_words(
    lead_sit, judged, lead, bring_in, comparison_of, judgment_of, size
):
    for name, people in (("alike", ("ann", "bob")), ("lonely", ("ann",))):
        asked = [comparison_of(f"{name}-{i}") for i in range(25)]
        bring_in(judged, "comparisons", asked, queue=name, name=f"{name}.jsonl")
        said = [judgment_of(f"{name}-{i}", who) for i in range(25) for who in people]
        bring_in(judged, "judgments", said, queue=name, name=f"{name}-j.jsonl")
    async with lead_sit(size=size) as desk:
        for queue, words in (
            ("alike", "alpha is undefined"),
            ("lonely", "one person judged alone: agreement takes two"),
        ):
            desk.app.push_screen(DashboardScreen(desk.app.place, queue))
            await desk.settle(8)
            assert words in desk.shown
            assert "undefined" in desk.shown
            assert "nan" not in desk.shown.lower().replace("annotators", "")
            for key in ("2", "4", "1"):
                await desk.press(key)
            await desk.press("q")
