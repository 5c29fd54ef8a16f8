"""Whatever people and leads do in whatever order, the store keeps its promises.

A hypothesis state machine drives the real services on real databases. After every
step the promises of ``storage.integrity`` hold and everything acknowledged is there;
at the end a crowd drains the queue and every task has exactly what was wanted.
"""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from adjudge.domain.ids import AnnotatorId
from adjudge.domain.judging import SKIP_CODES
from adjudge.domain.people import Actor, Person, Role
from adjudge.errors import AdjudgeError, AlreadyJudgedError, ConflictError
from adjudge.services.campaign import guidelines, queueing
from adjudge.services.importing import ingest
from adjudge.services.measuring import counting, overlaps
from adjudge.services.people import people, standing
from adjudge.services.work import judging, reopening, second_looks
from adjudge.storage.engine import integrity

LEAD = Actor(name=AnnotatorId("lea"), role=Role.LEAD)
NAMES = ("ann", "bob", "cy")
CROWD = tuple(f"extra-{n}" for n in range(8))
TASKS = 6
RULE = st.sampled_from(
    [
        None,
        {"least": 1, "most": 3, "sure": 0.9},
        {"least": 2, "most": 4, "sure": 0.9},
        {"least": 2, "most": 2, "sure": 0.6},
    ]
)
NAME = st.sampled_from(NAMES)
GUIDELINE = """+++
name = "g"
version = {version}
kind = "compare"
title = "Which is better?"
+++
## 1 Read both
"""


def as_annotator(name):
    return Actor(name=AnnotatorId(name), role=Role.ANNOTATOR)


class QueueMachine(RuleBasedStateMachine):
    """People work, leads interfere, processes die."""

    new_bench = None  # set by the tests: makes a bench on a new store
    same_bench = None  # makes another bench on a bench's store
    write = None  # writes lines to a file

    @initialize(
        overlap=st.integers(1, 3),
        rule=RULE,
        gold=st.sampled_from([0.0, 0.5]),
        repeats=st.sampled_from([0.0, 0.3]),
    )
    def begin(self, overlap, rule, gold, repeats):
        self.bench = type(self).new_bench()
        self.versions = itertools.count(2)
        self.overlap, self.rule = overlap, rule
        self.hands = dict.fromkeys(NAMES, ())
        self.sent = []  # (assignment, draft, submission id, name) as submitted
        self.acknowledged = set()
        people.add(self.bench, LEAD, Person(name="lea", role=Role.LEAD))
        for name in (*NAMES, *CROWD):
            people.add(self.bench, LEAD, Person(name=name, role=Role.ANNOTATOR))
        guidelines.add(
            self.bench, LEAD, GUIDELINE.format(version=1), name="g.md", change="major"
        )
        queue = queueing.settings(
            name="q",
            overlap=overlap,
            adaptive=rule,
            guideline="g",
            gold_rate=gold,
            repeat_rate=repeats,
            review_rate=0.3,
        )
        queueing.create(self.bench, LEAD, queue)
        records = [self._record(n) for n in range(TASKS)]
        file = type(self).write(records)
        options = ingest.Options(queue="q")
        ingest.import_files(self.bench, LEAD, "comparisons", [file], options)

    def _record(self, n):
        record = {
            "id": f"c{n}",
            "prompt": f"question {n}",
            "responses": [{"id": "a", "text": f"a{n}"}, {"id": "b", "text": f"b{n}"}],
        }
        if n == 0:
            record["gold"] = {"ranking": [["a"], ["b"]]}
        return record

    # --- people --------------------------------------------------------------
    @rule(name=NAME)
    def claim(self, name):
        self.hands[name] = self._try(judging.claim, name, "q") or ()

    @rule(name=NAME, digit=st.integers(1, 7), twice=st.booleans())
    def submit(self, name, digit, twice):
        if not self.hands[name]:
            return
        task = self.hands[name][0]
        self._submit(name, task, task.blank().grade(digit), self.bench.new_id())
        if twice:
            task, draft, id, who = self.sent[-1]
            self._submit(who, task, draft, id)

    @precondition(lambda self: getattr(self, "sent", None))
    @rule(which=st.integers(0, 50), digit=st.integers(1, 7))
    def submit_from_an_old_window(self, which, digit):
        """A window that was left open sends what it had, late."""
        task, _, _, name = self.sent[which % len(self.sent)]
        self._submit(name, task, task.blank().grade(digit), self.bench.new_id())

    def _submit(self, name, task, draft, id):
        self.sent.append((task, draft, id, name))
        try:
            done = judging.submit(
                self.bench,
                as_annotator(name),
                task,
                draft,
                clock=judging.Clock(active=1.0),
                submission_id=id,
            )
        except AlreadyJudgedError:
            self.hands[name] = self._try(judging.claim, name, "q") or ()
        except AdjudgeError:
            self.hands[name] = ()
        else:
            self.acknowledged.add(id)
            self.hands[name] = done.next

    @rule(name=NAME, code=st.sampled_from(sorted(SKIP_CODES)))
    def pass_on(self, name, code):
        if not self.hands[name]:
            return
        task = self.hands[name][0]
        clock = judging.Clock(active=1.0)
        self.hands[name] = (
            self._try(judging.skip, name, task, code, note="", clock=clock) or ()
        )

    @rule(name=NAME)
    def undo(self, name):
        last = self._try(judging.history, name, "q", limit=1)
        if last:
            task = self._try(judging.reopen, name, last[0].judgment.id)
            if task is not None:
                self.hands[name] = (task,)

    @rule(name=NAME)
    def raise_a_hand(self, name):
        if self.hands[name]:
            task = self.hands[name][0]
            self._try(judging.flag, name, task, "privacy", note="a name")

    def _try(self, deed, name, *arguments, **options):
        """Do a deed that may be refused, in words, never otherwise."""
        try:
            return deed(self.bench, as_annotator(name), *arguments, **options)
        except AdjudgeError:
            return None

    # --- leads -----------------------------------------------------------------
    @rule(overlap=st.integers(1, 4))
    def change_the_overlap(self, overlap):
        self.overlap = overlap
        queueing.change(self.bench, LEAD, "q", overlap=overlap)

    @rule(rule=RULE)
    def change_when_to_stop(self, rule):
        self.rule = rule
        queueing.change(self.bench, LEAD, "q", adaptive=rule)

    @precondition(lambda self: getattr(self, "rule", None))
    @rule()
    def measure_the_people(self):
        overlaps.measure(self.bench, LEAD, "q")

    @rule(name=NAME)
    def reopen(self, name):
        reopening.reopen(self.bench, LEAD, "q", [f"annotator={name}"], why="look again")

    @rule(name=NAME)
    def rejudge(self, name):
        reopening.rejudge(self.bench, LEAD, "q", [f"annotator={name}"], why="new text")

    @rule(accept=st.booleans())
    def review(self, accept):
        waiting = second_looks.to_review(self.bench, LEAD, "q")
        if waiting:
            second_looks.review(
                self.bench, LEAD, waiting[0]["judgment"], accept=accept, clause="1"
            )

    @rule(name=NAME)
    def pause(self, name):
        try:
            standing.pause(self.bench, LEAD, name, why="a rest")
        except ConflictError:
            standing.resume(self.bench, LEAD, name, why="rested")

    @rule(change=st.sampled_from(["minor", "major"]))
    def bump_the_guideline(self, change):
        text = GUIDELINE.format(version=next(self.versions))
        guidelines.add(self.bench, LEAD, text, name="g.md", change=change)

    @rule(name=NAME, digit=st.integers(1, 3))
    def import_a_judgment(self, name, digit):
        ranking = [["a"], ["b"]] if digit < 3 else [["b"], ["a"]]
        record = {"comparison": "c1", "annotator": name, "ranking": ranking}
        file = type(self).write([{**record, "margin": digit}])
        options = ingest.Options(queue="q")
        ingest.import_files(self.bench, LEAD, "judgments", [file], options)

    @rule()
    def look_at_the_dashboard(self):
        """What is counted block by block is what a full recount gives."""
        counting.advance(self.bench, LEAD, "q")
        assert counting.wrong(self.bench, LEAD) == []

    # --- the world ---------------------------------------------------------------
    @rule()
    def leases_run_out(self):
        with self.bench.store.write() as unit:
            unit.run("UPDATE slot SET lease_until = 1 WHERE state = 1")

    @rule()
    def the_process_dies(self):
        """Nothing in memory survives; the store does."""
        self.bench = type(self).same_bench(self.bench)
        self.hands = dict.fromkeys(NAMES, ())

    # --- what must hold --------------------------------------------------------------
    @invariant()
    def every_promise_holds(self):
        if not hasattr(self, "bench"):
            return
        with self.bench.store.read() as unit:
            assert integrity.broken(unit) == []
            tasks = unit.all("SELECT overlap, sampled FROM task WHERE role = 'work'")
            kept = {id for (id,) in unit.all("SELECT id FROM judgment")}
        assert self.acknowledged <= kept
        for overlap, is_sampled in tasks:
            if self.rule is None:
                assert overlap == self.overlap
            else:
                least, most = self.rule["least"], self.rule["most"]
                assert (most if is_sampled else least) <= overlap <= most

    def teardown(self):
        """A crowd comes in and finishes: every open task gets exactly its overlap."""
        if hasattr(self, "bench"):
            try:
                self._finish()
            finally:
                self.bench.store.close()

    def _finish(self):
        with self.bench.store.write() as unit:
            unit.run("UPDATE slot SET lease_until = 1 WHERE state = 1")
            unit.run("UPDATE task SET needs_expert = 0, frozen = 0, labels = '[]'")
        for name in CROWD:
            hand = judging.claim(self.bench, as_annotator(name), "q")
            while hand:
                hand = judging.submit(
                    self.bench,
                    as_annotator(name),
                    hand[0],
                    hand[0].blank().grade(4),
                    clock=judging.Clock(active=1.0),
                    submission_id=self.bench.new_id(),
                ).next
        self.every_promise_holds()
        with self.bench.store.read() as unit:
            done = unit.all(
                "SELECT count(s.slot) - t.overlap, count(s.slot) FROM task t "
                "LEFT JOIN slot s "
                "ON s.task_id = t.id AND s.state = 2 AND s.surplus = 0 "
                "AND s.purpose = 'first' WHERE t.role = 'work' "
                "GROUP BY t.id, t.overlap"
            )
        assert [lacking for lacking, _ in done] == [0] * (TASKS - 1)
        if self.rule is None:
            assert [n for _, n in done] == [self.overlap] * (TASKS - 1)


HOUSE = settings.get_profile("house").max_examples


def _machine(new_bench, same_bench, write):
    return type(
        "Machine",
        (QueueMachine,),
        {
            "new_bench": staticmethod(new_bench),
            "same_bench": staticmethod(same_bench),
            "write": staticmethod(write),
        },
    )


def _run(machine, examples):
    run_state_machine_as_test(
        machine,
        settings=settings(
            # A wider profile (`make fault`) looks so many times further.
            max_examples=examples * settings().max_examples // HOUSE,
            stateful_step_count=30,
            deadline=None,
            phases=(
                Phase.explicit,
                Phase.generate,
            ),  # the steps tell; shrinking is slow
            suppress_health_check=list(HealthCheck),
        ),
    )


def _parts(make_bench, make_url, write_lines):
    numbers = itertools.count()
    urls = {}

    def new_bench():
        url = make_url()
        bench = make_bench(url)
        urls[id(bench.store)] = url
        return bench

    def same_bench(bench):
        url = urls[id(bench.store)]
        bench.store.close()
        fresh = make_bench(url)
        urls[id(fresh.store)] = url
        return fresh

    def write(records):
        return write_lines(records, f"machine{next(numbers)}.jsonl")

    return new_bench, same_bench, write


def test_no_order_of_deeds_breaks_a_promise_on_sqlite(
    make_bench, make_sqlite, write_lines
):
    _run(_machine(*_parts(make_bench, make_sqlite, write_lines)), 25)


def test_no_order_of_deeds_breaks_a_promise_on_postgresql(
    make_bench, make_postgres, write_lines
):
    _run(_machine(*_parts(make_bench, make_postgres, write_lines)), 6)
