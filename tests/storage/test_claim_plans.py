"""What PostgreSQL does for a claim, whatever it knows about the tables.

A plan that reads slots one after another makes every claim as slow as the queue is
long: 227 ms instead of 2 ms on 100,000 tasks.
"""

from __future__ import annotations

import pytest

from adjudge.domain.people import Role
from adjudge.domain.routing import Eligibility
from adjudge.services.work import judging
from adjudge.storage import claims, hand, handover
from adjudge.storage.engine.sql import numbered

TASKS = 3_000
BUFFERS = 200
# A node over these tables that reads more than it is asked for.
WHOLE = {"Seq Scan", "Merge Join", "Hash Join", "Bitmap Heap Scan"}


@pytest.fixture
def queue(postgres_url, make_bench, bring_in, comparison_of):
    bench = make_bench(postgres_url)
    records = [comparison_of(f"c{n:05}") for n in range(TASKS)]
    bring_in(bench, "comparisons", records, queue="q")
    return bench


def half_done(bench):
    """Half of the slots are done, by people who each did a task once."""
    with bench.store.write() as unit:
        unit.run(
            "INSERT INTO person (name, role, languages, login, state, meta, added_at) "
            "SELECT 'p' || i, 'annotator', '[]', 1, 'active', '{}', '' "
            "FROM generate_series(0, 2) i"
        )
        unit.run(
            "INSERT INTO judgment (id, task_id, comparison_id, annotator, occasion, "
            "revision, ranking, none_acceptable, reasons, ratings, received_at, "
            "source, judged_digest, content_digest, clock, line, meta) "
            "SELECT 'j' || s.task_id || '-' || s.slot, s.task_id, t.comparison_id, "
            "'p' || s.slot, 0, 1, '0>1', 0, '{}', '{}', '', 'person', '', '', '{}', "
            "0, '{}' FROM slot s JOIN task t ON t.id = s.task_id "
            "WHERE s.task_id <= :half",
            half=TASKS // 2,
        )
        unit.run(
            "UPDATE slot SET state = 2, annotator = 'p' || slot, purpose = 'first', "
            "judgment_id = 'j' || task_id || '-' || slot WHERE task_id <= :half",
            half=TASKS // 2,
        )


def forget_statistics(bench):
    """Let the planner know nothing, as just after a bulk load."""
    with bench.store.write() as unit:
        unit.run("DELETE FROM pg_statistic")
        unit.run(
            "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relname IN "
            "('slot', 'task', 'judgment', 'skip')"
        )


def know(bench):
    with bench.store.write() as unit:
        unit.run("ANALYZE")


CONDITIONS = {
    "fresh": [],
    "fresh and analysed": [know],
    "half done": [half_done],
    "half done and analysed": [half_done, know],
    "half done, nothing known": [half_done, forget_statistics],
}


def seen(unit, who):
    found = hand.glance(unit, "q", who, Role.ANNOTATOR, at="2026")
    return found.rules.values()


def statements(unit, held, ahead, who):
    claimant = claims.Claimant(
        queue="q",
        who=who,
        token="t",
        seconds=60,
        eligible=Eligibility(role=Role.ANNOTATOR),
    )
    values = claimant.values()
    place = {"precedence": 0, "after_task": TASKS // 2}
    yield "take", claims._TAKE_NEXT, {**values, **place}
    said = {
        **dict.fromkeys(handover._NAMES, "0"),
        **dict.fromkeys(("said", "said_code", "took", "took_code"), ""),
        **values,
        **place,
        "lease": held.token,
        "id": "new",
        "task_id": held.task_id,
        "guideline": held.guideline,
        "ahead": ahead.token,
        "ahead_task": ahead.task_id,
        "ahead_comparison": ahead.comparison.id,
        "seal_after": 1e12,
        **seen(unit, who),
    }
    yield "hand over", handover.HAND_OVER, said
    yield "hand over, ordinary", handover.HAND_OVER_ORDINARY, said
    yield (
        "glance",
        hand._GLANCE,
        {
            "queue": "q",
            "who": who,
            "at": "2026",
            "task_id": TASKS // 2,
            "occasion": 0,
            "submission_id": "none",
        },
    )


def buffers(plan):
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def planned(unit, statement, values):
    """Explain the plan that sessions keep, which knows no values."""
    text, names = numbered(statement)
    given = ", ".join("NULL" if values[n] is None else f"'{values[n]}'" for n in names)
    unit._connection.prepare_threshold = None
    cursor = unit._connection.cursor()
    found = []
    # What the server looks up about tables, after somebody analysed one, is counted
    # with the first.
    for _ in range(2):
        cursor.execute("SAVEPOINT before")
        cursor.execute("PREPARE plan AS " + text.decode())
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE plan({given})")
        found.append(cursor.fetchone()[0][0]["Plan"])
        cursor.execute("ROLLBACK TO before")
        cursor.execute("DEALLOCATE plan")
    return min(found, key=buffers)


def nodes(plan):
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_claim_reads_what_it_needs_and_no_more(queue, make_actor, condition):
    for change in CONDITIONS[condition]:
        change(queue)
    # An empty table is read whole, and rightly so.
    tables = {None, "slot"} | ({"judgment"} if "half" in condition else set())
    held, ahead = judging.claim(queue, make_actor("p1"), "q")
    with queue.store.write() as unit:
        for name, statement, values in statements(unit, held, ahead, "p1"):
            plan = planned(unit, statement, values)
            bad = [
                (node["Node Type"], node.get("Relation Name"))
                for node in nodes(plan)
                if node["Node Type"] in WHOLE
                and node.get("Relation Name") in tables
                # The few slots of one task may be gathered first.
                and "task_id" not in node.get("Recheck Cond", "")
            ]
            assert not bad, f"{name}, {condition}: {bad}"
            # All that one person ever did: a plan is kept while it grows.
            used = {node.get("Index Name") for node in nodes(plan)}
            assert not used & {"judgment_author"}, f"{name}, {condition}"
            used = buffers(plan)
            assert used < BUFFERS, f"{name}, {condition}: {used} buffers"
            # Not behind every slot that is done and that nobody has vacuumed.
            urgent = [
                buffers(node)
                for node in nodes(plan)
                if "(precedence < " in node.get("Index Cond", "")
            ]
            assert len(urgent) == name.startswith("hand over")
            assert all(used <= 5 for used in urgent), f"{condition}: {urgent}"
