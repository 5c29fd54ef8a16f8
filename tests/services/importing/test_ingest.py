"""Files in: wholly or not at all, once, and on from where they were interrupted."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import orjson
import pytest

from adjudge.domain.people import Person, Role
from adjudge.errors import (
    BadFileError,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    UnknownError,
)
from adjudge.services.campaign import gold, queueing
from adjudge.services.importing import ingest, refusing
from adjudge.services.people import people
from adjudge.services.work import judging
from adjudge.storage.engine import integrity

TABLES = ("comparison", "task", "slot", "judgment", "person", "text", "queue", "batch")


def state(bench):
    """Count every row; check every promise."""
    with bench.store.read() as unit:
        assert integrity.broken(unit) == []
        return {t: unit.one(f'SELECT count(*) FROM "{t}"')[0] for t in TABLES}


def rows(bench, statement):
    with bench.store.read() as unit:
        return unit.all(statement)


def counts(total):
    return {k: v for k, v in total.as_json().items() if v and k != "seconds"}


# --- comparisons -------------------------------------------------------------
def test_comparisons_become_tasks_with_a_slot_for_each_judgment(bench, fill):
    total = fill(bench, 3)
    assert counts(total) == {"read": 3, "added": 3}
    found = state(bench)
    assert (found["comparison"], found["task"], found["slot"]) == (3, 3, 9)


def test_tasks_come_in_the_order_of_the_file(bench, bring_in, comparison_of):
    names = ["z", "a", "m"]
    bring_in(bench, "comparisons", [comparison_of(n) for n in names], queue="q")
    found = rows(bench, "SELECT comparison_id FROM task ORDER BY id")
    assert [n for (n,) in found] == names


def test_the_same_file_again_adds_nothing(bench, fill):
    fill(bench, 3)
    before = state(bench)
    assert counts(fill(bench, 3)) == {"read": 3, "unchanged": 3}
    assert state(bench) == before


def test_a_longer_file_adds_what_is_new(bench, fill):
    fill(bench, 2)
    assert counts(fill(bench, 5)) == {"read": 5, "added": 3, "unchanged": 2}
    assert state(bench)["task"] == 5


def test_the_same_comparison_twice_in_a_file_is_one_task(
    bench, bring_in, comparison_of
):
    total = bring_in(
        bench, "comparisons", [comparison_of(), comparison_of()], queue="q"
    )
    assert counts(total) == {"read": 2, "added": 1, "unchanged": 1}
    assert state(bench)["task"] == 1


def test_two_queues_share_a_comparison_and_nothing_else(
    bench, fill, bring_in, judgment_of
):
    fill(bench, 1, queue="q1")
    assert counts(fill(bench, 1, queue="q2")) == {"read": 1, "unchanged": 1}
    bring_in(bench, "judgments", [judgment_of()], queue="q2")
    found = rows(
        bench,
        "SELECT queue, count(*) FROM slot WHERE state = 2 GROUP BY queue",
    )
    assert found == [("q2", 1)]
    assert state(bench)["task"] == 2


def test_a_judgment_of_a_comparison_in_two_queues_must_name_one(
    bench, fill, bring_in, judgment_of
):
    fill(bench, 1, queue="q1")
    fill(bench, 1, queue="q2")
    with pytest.raises(BadFileError, match=r"several queues \(q1, q2\)"):
        bring_in(bench, "judgments", [judgment_of()])


def test_an_id_with_other_content_is_a_conflict(bench, fill, bring_in, comparison_of):
    fill(bench, 2)
    before = state(bench)
    changed = comparison_of("c2", topic="changed")
    with pytest.raises(ConflictError, match=r":2: comparison 'c2' exists with other"):
        bring_in(bench, "comparisons", [comparison_of("new"), changed], queue="q")
    assert state(bench) == before


def test_an_id_with_two_contents_in_one_file_is_a_conflict(
    bench, bring_in, comparison_of
):
    with pytest.raises(ConflictError, match=":2: comparison 'c1'"):
        bring_in(
            bench,
            "comparisons",
            [comparison_of(), comparison_of(topic="x")],
            queue="q",
        )
    assert state(bench)["comparison"] == 0


def test_a_queue_wants_its_kind_of_comparison(bench, lead, bring_in, comparison_of):
    with pytest.raises(BadFileError, match="responses: expected two to nine responses"):
        bring_in(bench, "comparisons", [comparison_of(responses="a")], queue="q")
    queueing.create(bench, lead, queueing.settings(name="r", kind="rate"))
    with pytest.raises(
        BadFileError, match="responses: expected one response in a rate"
    ):
        bring_in(bench, "comparisons", [comparison_of(responses="ab")], queue="r")
    bring_in(bench, "comparisons", [comparison_of(responses="a")], queue="r")


def test_a_batch_is_a_wave_of_tasks(bench, bring_in, comparison_of):
    for batch in ("w1", "w2", "w1"):
        records = [comparison_of(f"{batch}-1")]
        bring_in(bench, "comparisons", records, queue="q", batch=batch)
    assert rows(bench, "SELECT comparison_id, batch FROM task ORDER BY 1") == [
        ("w1-1", "w1"),
        ("w2-1", "w2"),
    ]
    assert rows(bench, "SELECT queue, name FROM batch ORDER BY name") == [
        ("q", "w1"),
        ("q", "w2"),
    ]


def test_an_inline_gold_answer_makes_a_gold_task(bench, bring_in, comparison_of):
    gold = {"ranking": [["b"], ["a"]], "why": "because"}
    records = [comparison_of("c1"), comparison_of("c2", gold=gold)]
    bring_in(bench, "comparisons", records, queue="q")
    assert rows(bench, "SELECT role, gold FROM task ORDER BY comparison_id") == [
        ("work", None),
        ("gold", "1>0"),
    ]


def test_judgments_of_work_that_gold_was_made_of_are_judgments_of_the_work(
    bench, lead, fill, bring_in, judgment_of
):
    fill(bench)
    gold.add(bench, lead, "c1", (("b",), ("a",)), why="as shown", queue="q")
    bring_in(bench, "judgments", [judgment_of("c1")])
    bring_in(bench, "judgments", [judgment_of("c1", annotator="eve")], queue="q")
    assert rows(
        bench,
        "SELECT t.role, count(*) FROM judgment j JOIN task t ON t.id = j.task_id "
        "GROUP BY t.role",
    ) == [("work", 2)]


# --- judgments ---------------------------------------------------------------
def test_judgments_fill_slots_and_those_beyond_the_overlap_are_surplus(
    bench, fill, bring_in, judgment_of
):
    fill(bench)
    names = ["ann", "bob", "cy", "dee"]
    total = bring_in(bench, "judgments", [judgment_of(annotator=n) for n in names])
    assert counts(total) == {"read": 4, "added": 4, "surplus": 1}
    assert rows(
        bench, "SELECT annotator, surplus FROM slot WHERE state = 2 ORDER BY slot"
    ) == [("ann", 0), ("bob", 0), ("cy", 0), ("dee", 1)]
    state(bench)


def test_the_same_judgments_again_add_nothing(bench, fill, bring_in, judgment_of):
    fill(bench)
    records = [judgment_of(), judgment_of(annotator="bob", note="x")]
    bring_in(bench, "judgments", records)
    before = state(bench)
    assert counts(bring_in(bench, "judgments", records)) == {"read": 2, "unchanged": 2}
    assert state(bench) == before


def test_a_changed_judgment_supersedes_and_both_are_kept(
    bench, fill, bring_in, judgment_of
):
    fill(bench)
    bring_in(bench, "judgments", [judgment_of()])
    changed = judgment_of(ranking=(("b",), ("a",)))
    total = bring_in(bench, "judgments", [changed])
    assert counts(total) == {"read": 1, "added": 1, "superseded": 1}
    assert rows(bench, "SELECT revision, ranking FROM judgment ORDER BY revision") == [
        (1, "0>1"),
        (2, "1>0"),
    ]
    assert rows(
        bench,
        "SELECT j.revision FROM slot s JOIN judgment j ON j.id = s.judgment_id",
    ) == [(2,)]
    state(bench)


def test_two_versions_in_one_file_leave_the_later_standing(
    bench, fill, bring_in, judgment_of
):
    fill(bench)
    bring_in(
        bench,
        "judgments",
        [judgment_of(), judgment_of(ranking=(("b",), ("a",))), judgment_of(note="x")],
    )
    standing = rows(
        bench,
        "SELECT j.revision, j.ranking FROM slot s JOIN judgment j "
        "ON j.id = s.judgment_id",
    )
    assert standing == [(3, "0>1")]
    state(bench)


def test_an_id_with_another_judgment_is_a_conflict(bench, fill, bring_in, judgment_of):
    fill(bench)
    bring_in(bench, "judgments", [judgment_of(id="j1")])
    before = state(bench)
    other = judgment_of(id="j1", annotator="bob")
    with pytest.raises(ConflictError, match=":1: judgment 'j1' exists with other"):
        bring_in(bench, "judgments", [other])
    assert state(bench) == before


def test_an_unknown_annotator_becomes_a_person_without_a_login(
    bench, lead, fill, bring_in, judgment_of
):
    fill(bench)
    bring_in(bench, "judgments", [judgment_of(annotator="zoe")])
    (zoe,) = people.everybody(bench, lead)
    assert (zoe.name, zoe.role, zoe.login) == ("zoe", Role.ANNOTATOR, False)
    with pytest.raises(UnknownError, match="has no login"):
        people.identify(bench, "zoe")


def test_a_repeat_is_another_occasion_and_fills_no_slot_of_the_work(
    bench, lead, fill, bring_in, judgment_of
):
    fill(bench)
    bring_in(bench, "judgments", [judgment_of(), judgment_of(occasion=1)])
    shown = queueing.show(bench, lead, "q").as_json()["slots"]
    assert shown == {"open": 2, "leased": 0, "done": 1}
    state(bench)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ranking": [["a"], ["z"]]}, "ranking: unknown response 'z'"),
        ({"ranking": [["a"], ["a"]]}, "ranking: response 'a' stands twice"),
        ({"ranking": [["a"]]}, "ranking: response 'b' is missing"),
        ({"comparison": "none"}, "comparison: 'none' is no task"),
        ({"shown": ["a"]}, "shown: expected every response"),
        ({"reasons": {"z": ["x"]}}, "reasons: unknown response 'z'"),
    ],
)
def test_a_judgment_that_does_not_fit_is_refused_with_its_line_and_key(
    bench, fill, bring_in, judgment_of, changes, said
):
    fill(bench)
    before = state(bench)
    wrong = {**judgment_of(annotator="bob"), **changes}
    with pytest.raises(BadFileError, match=rf"records\.jsonl:2: {said}") as refused:
        bring_in(bench, "judgments", [judgment_of(), wrong])
    assert "nothing of it was imported" in refused.value.hint
    assert state(bench) == before


def test_judgments_of_training_are_refused_as_what_they_are(
    bench, lead, fill, bring_in, judgment_of
):
    queueing.create(
        bench, lead, queueing.settings(name="q", kind="compare", training=True)
    )
    fill(bench, gold={"ranking": [["a"], ["b"]], "why": "b is made up"})
    with pytest.raises(BadFileError, match="comparison: 'c1' is for training"):
        bring_in(bench, "judgments", [judgment_of()])


def test_a_queue_that_is_not_there_is_named_with_those_that_are(
    bench, fill, bring_in, judgment_of
):
    fill(bench)
    with pytest.raises(UnknownError, match="no queue 'p'") as refused:
        bring_in(bench, "judgments", [judgment_of()], queue="p")
    assert "queues: q;" in refused.value.hint


# --- people ------------------------------------------------------------------
def test_people_are_added_changed_and_left_as_they_are(bench, lead, bring_in):
    ann = {"name": "ann", "role": "expert", "expertise": {"python": 2.0}}
    assert counts(bring_in(bench, "people", [ann])) == {"read": 1, "added": 1}
    assert counts(bring_in(bench, "people", [ann])) == {"read": 1, "unchanged": 1}
    ann["expertise"] = {"sql": 3.0}
    assert counts(bring_in(bench, "people", [ann])) == {"read": 1, "superseded": 1}
    assert counts(bring_in(bench, "people", [ann])) == {"read": 1, "unchanged": 1}
    (found,) = people.everybody(bench, lead)
    assert found.expertise == {"python": 2.0, "sql": 3.0}


def test_an_imported_annotator_gets_a_login(bench, lead, fill, bring_in, judgment_of):
    fill(bench)
    bring_in(bench, "judgments", [judgment_of()])
    bring_in(bench, "people", [{"name": "ann", "languages": ["en"]}])
    (found,) = people.everybody(bench, lead)
    assert (found.login, found.languages) == (True, ("en",))
    assert people.identify(bench, "ann").role is Role.ANNOTATOR


# --- whole or nothing --------------------------------------------------------
@pytest.fixture
def small_chunks(monkeypatch):
    """Keep two lines in a transaction instead of thousands."""
    monkeypatch.setattr(ingest, "CHUNK", 2)


@pytest.mark.parametrize("n", [1, 4, 9])
def test_a_bad_line_anywhere_keeps_nothing(
    bench, small_chunks, bring_in, comparison_of, n
):
    before = state(bench)
    records = [comparison_of(f"c{i}") for i in range(10)]
    records[n] = "{"
    with pytest.raises(BadFileError, match=rf"records\.jsonl:{n + 1}: is not JSON"):
        bring_in(bench, "comparisons", records, queue="q")
    assert state(bench) == before
    assert rows(bench, 'SELECT id FROM "import"') == []


@pytest.mark.parametrize("n", [1, 4, 9])
def test_a_judgment_that_does_not_fit_keeps_nothing_of_its_file(
    bench, small_chunks, fill, bring_in, judgment_of, n
):
    fill(bench, 10)
    before = state(bench)
    records = [judgment_of(f"c{i}", note="n") for i in range(1, 11)]
    records[n]["ranking"] = [["a"], ["z"]]
    with pytest.raises(BadFileError, match=rf":{n + 1}: ranking"):
        bring_in(bench, "judgments", records)
    assert state(bench) == before


def test_people_come_wholly_or_not_at_all(bench, lead, small_chunks, bring_in):
    records = [{"name": f"p{i}"} for i in range(9)] + [{"name": 5}]
    with pytest.raises(BadFileError, match=":10: name"):
        bring_in(bench, "people", records)
    assert people.everybody(bench, lead) == []


def test_a_failed_import_leaves_everybody_else_alone(
    bench, lead, ann, fill, bring_in, judgment_of
):
    """Somebody without a login may have passed a task on, or be known for later."""
    fill(bench, 2)
    bring_in(bench, "people", [{"name": "later", "login": False}])
    task = judging.claim(bench, ann, "q")[0]
    clock = judging.Clock(active=1.0)
    judging.skip(bench, ann, task, "not_for_me", note="", clock=clock)
    for held in judging.claim(bench, ann, "q"):
        judging.release(bench, ann, held)
    with pytest.raises(BadFileError):
        bring_in(bench, "judgments", [judgment_of(annotator="stranger"), "{"])
    names = [p.name for p in people.everybody(bench, lead)]
    assert names == ["ann", "later"]
    bring_in(bench, "judgments", [judgment_of(annotator="stranger")])


def test_every_fault_is_told_and_twenty_are_enough(bench, bring_in, comparison_of):
    with pytest.raises(BadFileError, match=r"\(and 2 more\)") as refused:
        bring_in(bench, "comparisons", ["{", comparison_of(), "[]", "5"], queue="q")
    assert [f.place.rpartition(":")[2] for f in refused.value.faults] == ["1", "3", "4"]
    with pytest.raises(BadFileError, match="19 more, where reading stopped") as refused:
        bring_in(bench, "comparisons", ["{"] * 100, queue="q")
    assert len(refused.value.faults) == refusing.MOST_FAULTS


@pytest.mark.parametrize("lines", [[], ["", "  "]])
def test_an_empty_file_is_refused(bench, bring_in, lines):
    with pytest.raises(BadFileError, match="is empty"):
        bring_in(bench, "comparisons", lines, queue="q")
    assert state(bench)["queue"] == 0


def test_what_cannot_be_asked_is_refused(bench, lead, ann, write_lines):
    file = write_lines(["{}"])
    nothing = ingest.Options()
    with pytest.raises(InvalidInputError, match="no kind of file 'songs'"):
        ingest.import_files(bench, lead, "songs", [file], nothing)
    with pytest.raises(InvalidInputError, match="comparisons need a queue"):
        ingest.import_files(bench, lead, "comparisons", [file], nothing)
    with pytest.raises(NotAllowedError):
        ingest.import_files(bench, ann, "people", [file], nothing)


def test_several_files_are_one_total(bench, lead, write_lines, comparison_of):
    files = [write_lines([comparison_of(n)], f"{n}.jsonl") for n in ("c1", "c2")]
    options = ingest.Options(queue="q")
    total = ingest.import_files(bench, lead, "comparisons", files, options)
    assert counts(total) == {"read": 2, "added": 2}


# --- rehearsal ---------------------------------------------------------------
def test_a_dry_run_finds_everything_and_keeps_nothing(
    bench, fill, bring_in, comparison_of, judgment_of
):
    before = state(bench)
    records = [comparison_of("c1"), comparison_of("c2")]
    total = bring_in(bench, "comparisons", records, queue="q", dry_run=True)
    assert counts(total) == {"read": 2, "added": 2}
    assert state(bench) == before
    fill(bench, 1)
    before = state(bench)
    four = [judgment_of(annotator=f"p{i}") for i in range(4)]
    total = bring_in(bench, "judgments", four, dry_run=True)
    assert counts(total) == {"read": 4, "added": 4, "surplus": 1}
    with pytest.raises(BadFileError):
        bring_in(bench, "judgments", [judgment_of("none")], dry_run=True)
    assert state(bench) == before


# --- skipping bad lines ------------------------------------------------------
def test_bad_lines_are_skipped_and_written_with_their_reasons(
    bench, small_chunks, fill, bring_in, comparison_of, tmp_path
):
    fill(bench, 1)
    records = [
        comparison_of("c2"),
        "{",
        comparison_of("c1", topic="changed"),
        {"id": 5},
        comparison_of("c3"),
    ]
    total = bring_in(
        bench, "comparisons", records, queue="q", on_error="skip", name="f"
    )
    assert counts(total) == {"read": 5, "added": 2, "rejected": 3}
    (name,) = total.rejects
    refused = [orjson.loads(line) for line in Path(name).read_bytes().splitlines()]
    assert name == str(tmp_path / "f.rejected.jsonl")
    assert sorted(r["line"] for r in refused) == [2, 3, 4]
    by_line = {r["line"]: r for r in refused}
    assert by_line[2]["raw"] == "{"
    assert "exists with other content" in by_line[3]["why"]
    assert "id: expected a text, found 5" in by_line[4]["why"]
    assert state(bench)["task"] == 3


def test_judgments_that_do_not_fit_are_skipped(bench, fill, bring_in, judgment_of):
    fill(bench)
    bring_in(bench, "judgments", [judgment_of(id="j1")])
    records = [
        judgment_of(annotator="bob"),
        judgment_of("none"),
        judgment_of(annotator="cy", id="j1"),
    ]
    total = bring_in(bench, "judgments", records, on_error="skip")
    assert counts(total) == {"read": 3, "added": 1, "rejected": 2}
    state(bench)


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_file_of_bad_lines_only_is_refused(bench, fill, bring_in, tmp_path, dry_run):
    """Nothing came in: neither a queue nor an import is left of it."""
    fill(bench)
    options = {"queue": "new", "on_error": "skip", "dry_run": dry_run}
    said = r"none of 2 lines can be imported; .*records.jsonl:1: is not JSON"
    with pytest.raises(BadFileError, match=said) as refused:
        bring_in(bench, "comparisons", ["{", "["], **options)
    rejected = tmp_path / "records.jsonl.rejected.jsonl"
    assert rejected.exists() is not dry_run
    assert (str(rejected) in refused.value.hint) is not dry_run
    assert (state(bench)["task"], state(bench)["queue"]) == (1, 1)
    assert rows(bench, "SELECT count(*) FROM import") == [(1,)]


def test_bad_lines_only_in_one_file_of_several_are_skipped(
    bench, lead, write_lines, comparison_of
):
    files = [write_lines(["{"], "bad.jsonl"), write_lines([comparison_of()], "good")]
    options = ingest.Options(queue="q", on_error="skip")
    total = ingest.import_files(bench, lead, "comparisons", files, options)
    assert counts(total) == {"read": 2, "added": 1, "rejected": 1}


# --- interruptions -----------------------------------------------------------
@pytest.fixture
def interrupted(lead, monkeypatch):
    """Import a file in chunks of 200 lines and press Ctrl-C at its line 1,000."""

    def run(bench, kind, file, **options):
        monkeypatch.setattr(ingest, "CHUNK", 200)

        def press(done, size):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            ingest.import_files(
                bench, lead, kind, [file], ingest.Options(**options), progress=press
            )

    return run


@pytest.fixture
def many(write_lines, comparison_of):
    """A file of 1,100 comparisons."""
    return write_lines([comparison_of(f"c{i}") for i in range(1100)], "many.jsonl")


def bring(bench, lead, kind, file, **options):
    return ingest.import_files(bench, lead, kind, [file], ingest.Options(**options))


def test_nothing_is_seen_of_an_interrupted_import(bench, lead, interrupted, many):
    interrupted(bench, "comparisons", many, queue="q")
    assert queueing.listed(bench, lead) == []
    assert state(bench)["task"] == 0
    (kept,) = rows(bench, 'SELECT state, lines FROM "import"')
    assert kept == ("open", 600)


def test_an_interrupted_import_goes_on_where_it_was(bench, lead, interrupted, many):
    interrupted(bench, "comparisons", many, queue="q")
    total = bring(bench, lead, "comparisons", many, queue="q")
    assert counts(total) == {"read": 1100, "added": 1100}
    found = state(bench)
    assert (found["comparison"], found["task"], found["slot"]) == (1100, 1100, 3300)
    again = bring(bench, lead, "comparisons", many, queue="q")
    assert counts(again) == {"read": 1100, "unchanged": 1100}


def test_interrupted_judgments_go_on_where_they_were(
    bench, lead, interrupted, many, write_lines, judgment_of
):
    bring(bench, lead, "comparisons", many, queue="q")
    records = [judgment_of(f"c{i}", note=f"n{i}") for i in range(1100)]
    file = write_lines(records, "judgments.jsonl")
    interrupted(bench, "judgments", file)
    assert queueing.show(bench, lead, "q").standing.judgments == 0
    total = bring(bench, lead, "judgments", file)
    assert counts(total) == {"read": 1100, "added": 1100}
    assert queueing.show(bench, lead, "q").standing.judgments == 1100
    state(bench)


def test_another_import_clears_away_what_was_interrupted(
    bench, lead, fill, interrupted, many
):
    interrupted(bench, "comparisons", many, queue="q")
    fill(bench, 2, queue="other")
    assert state(bench)["comparison"] == 2
    assert rows(bench, 'SELECT state FROM "import"') == [("done",)]


def test_an_import_under_other_options_starts_from_the_beginning(
    bench, lead, interrupted, many
):
    interrupted(bench, "comparisons", many, queue="q")
    total = bring(bench, lead, "comparisons", many, queue="other")
    assert counts(total) == {"read": 1100, "added": 1100}
    assert [q.name for q, _ in queueing.listed(bench, lead)] == ["other"]


def test_lines_that_were_skipped_before_an_interruption_are_not_lost(
    bench, lead, interrupted, write_lines, comparison_of
):
    """Else nobody would ever see them: neither in the store nor among the refused."""
    records = [comparison_of(f"c{i}") for i in range(1100)]
    records[0] = "{"
    file = write_lines(records, "many.jsonl")
    interrupted(bench, "comparisons", file, queue="q", on_error="skip")
    total = bring(bench, lead, "comparisons", file, queue="q", on_error="skip")
    assert counts(total) == {"read": 1100, "added": 1099, "rejected": 1}
    (name,) = total.rejects
    assert json.loads(Path(name).read_text())["line"] == 1


def test_a_file_that_skipped_lines_is_not_taken_for_whole(
    bench, lead, interrupted, write_lines, comparison_of
):
    records = [comparison_of(f"c{i}") for i in range(1100)]
    records[0] = "{"
    file = write_lines(records, "many.jsonl")
    interrupted(bench, "comparisons", file, queue="q", on_error="skip")
    with pytest.raises(BadFileError, match=":1: is not JSON"):
        bring(bench, lead, "comparisons", file, queue="q")
    assert state(bench)["comparison"] == 0


# --- at the same time --------------------------------------------------------
def test_the_same_file_at_the_same_time_comes_in_once(
    url, make_bench, lead, write_lines, comparison_of
):
    file = write_lines([comparison_of(f"c{i}") for i in range(300)])
    totals = []

    def run(bench):
        totals.append(bring(bench, lead, "comparisons", file, queue="q"))

    benches = [make_bench(url) for _ in range(3)]
    threads = [threading.Thread(target=run, args=(b,)) for b in benches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(t.added for t in totals) == [0, 0, 300]
    assert state(benches[0])["task"] == 300


def test_an_import_never_takes_a_slot_that_somebody_claimed_meanwhile(
    make_bench, postgres_url, fill, bring_in, judgment_of, lead
):
    """On PostgreSQL a claim may come between finding a free slot and filling it."""
    bench, other = make_bench(postgres_url), make_bench(postgres_url)
    queueing.create(bench, lead, queueing.settings(name="q", overlap=1))
    fill(bench)
    with other.store.write() as unit:
        unit.run(
            "INSERT INTO person (name, role, languages, login, state, meta, added_at) "
            "VALUES ('bob', 'annotator', '[]', 1, 'active', '{}', '')"
        )
    claimed, done = threading.Event(), threading.Event()

    def claim():
        with other.store.write() as unit:
            unit.run(
                "UPDATE slot SET state = 1, annotator = 'bob', purpose = 'first', "
                "token = 't', lease_until = 9e12 WHERE state = 0"
            )
            claimed.set()
            done.wait(60)

    thread = threading.Thread(target=claim)
    thread.start()
    assert claimed.wait(60)
    threading.Timer(0.3, done.set).start()
    total = bring_in(bench, "judgments", [judgment_of()])
    thread.join()
    assert total.surplus == 1
    holders = rows(bench, "SELECT annotator, state, surplus FROM slot ORDER BY slot")
    assert holders == [("bob", 1, 0), ("ann", 2, 1)]


def test_a_person_with_a_login_stays_who_they_are(
    bench, lead, fill, bring_in, judgment_of
):
    fill(bench)
    people.add(bench, lead, Person(name="ann", role=Role.EXPERT))
    bring_in(bench, "judgments", [judgment_of()])
    (found,) = people.everybody(bench, lead)
    assert (found.role, found.login) == (Role.EXPERT, True)


def test_the_same_judgments_stand_in_two_queues(bench, fill, bring_in, judgment_of):
    """An id made of a record's content is told apart by the queue."""
    fill(bench, 1, queue="q1")
    fill(bench, 1, queue="q2")
    records = [judgment_of()]
    for queue in ("q1", "q2"):
        assert bring_in(bench, "judgments", records, queue=queue).added == 1
    for queue in ("q1", "q2"):
        assert bring_in(bench, "judgments", records, queue=queue).unchanged == 1
    with bench.store.read() as unit:
        stand = unit.all("SELECT queue, state FROM slot WHERE state = 2 ORDER BY 1")
    assert stand == [("q1", 2), ("q2", 2)]
