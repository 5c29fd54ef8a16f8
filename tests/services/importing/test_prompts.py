"""Prompts out to other models, their answers back as comparisons."""

import json
from pathlib import Path

import pytest

from adjudge.errors import (
    BadFileError,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
)
from adjudge.services.campaign import queueing
from adjudge.services.importing import ingest, prompts
from adjudge.services.work import judging
from adjudge.storage import comparisons


@pytest.fixture
def export(bench, lead, tmp_path):
    """Export prompts; give them as they stand in the file."""

    def run(name="prompts.jsonl", **options):
        file = tmp_path / name
        prompts.export(bench, lead, str(file), **options)
        return [json.loads(line) for line in file.read_text().splitlines()]

    return run


@pytest.fixture
def bring_back(bench, lead, write_lines):
    """Import answers; give the counts."""

    def run(
        records, how="all", *, seed=0, queue="back", name="answers.jsonl", **others
    ):
        file = write_lines(records, name)
        options = ingest.Options(queue=queue, **others)
        done = prompts.import_responses(
            bench, lead, [file], options, how=how, seed=seed
        )
        return done.as_json()

    return run


def answer(prompt, text, model="m1", **others):
    return {"prompt_id": prompt["id"], "response": text, "model": model, **others}


def made(bench, lead, queue="back"):
    """Load the comparisons of a queue."""
    with bench.store.read() as unit:
        ids = unit.all(
            "SELECT comparison_id FROM task WHERE queue = :q ORDER BY id", q=queue
        )
        return list(comparisons.stream(unit, [id for (id,) in ids]))


# --- out -----------------------------------------------------------------------------
def test_each_prompt_leaves_once_with_id_and_messages(
    bench, lead, fill, export, bring_in, comparison_of
):
    fill(bench, 2)
    twin = comparison_of("c9", prompt="question c1", topic="python")
    golden = comparison_of("g1", gold={"ranking": [["a"], ["b"]]})
    bring_in(bench, "comparisons", [twin, golden], queue="q", name="more.jsonl")
    found = export()
    assert [p["prompt"] for p in found] == [
        [{"role": "user", "content": "question c1"}],
        [{"role": "user", "content": "question c2"}],
    ]
    assert len({p["id"] for p in found}) == 2


def test_prompts_are_filtered(bench, fill, export, bring_in, comparison_of):
    records = [
        comparison_of("p1", topic="python", language="en", labels=["medical"]),
        comparison_of("p2", topic="python", language="fa"),
        comparison_of("p3", topic="sql", language="en"),
    ]
    bring_in(bench, "comparisons", records, queue="q", batch="w1")
    fill(bench, 1, queue="other")

    def ids(name, **where):
        found = export(
            name, where=prompts.conditions(f"{k}={v}" for k, v in where.items())
        )
        return [p["prompt"][0]["content"].split()[-1] for p in found]

    assert ids("1", topic="python") == ["p1", "p2"]
    assert ids("2", topic="python", language="en") == ["p1"]
    assert ids("3", label="medical") == ["p1"]
    assert ids("4", batch="w1") == ["p1", "p2", "p3"]
    assert ids("5", model="m1") == []
    assert len(export("6", queue="other")) == 1


def test_a_condition_must_be_one_that_is_known():
    for wrong in ("topic", "name=x", "topic=a topic=b"):
        with pytest.raises(InvalidInputError, match="not KEY=VALUE"):
            prompts.conditions([*wrong.split(), "topic=c"])


def test_an_export_overwrites_nothing_and_is_a_leads_deed(
    bench, lead, ann, fill, export, tmp_path
):
    fill(bench, 1)
    export()
    with pytest.raises(ConflictError, match="exists already"):
        export()
    with pytest.raises(NotAllowedError):
        prompts.export(bench, ann, str(tmp_path / "x"))


def test_what_is_kept_back_is_counted(
    bench, lead, fill, bring_in, comparison_of, tmp_path
):
    fill(bench, 3)
    golden = comparison_of("g1", gold={"ranking": [["a"], ["b"]]})
    bring_in(bench, "comparisons", [golden], queue="q", name="g.jsonl")
    with bench.store.write() as unit:
        unit.run("UPDATE task SET frozen = 1 WHERE comparison_id = 'c1'")
        unit.run("UPDATE comparison SET consent = 'refused' WHERE id = 'c2'")
    done = prompts.export(bench, lead, str(tmp_path / "p.jsonl"))
    assert done.prompts == 1
    assert done.left_out == {"frozen": 1, "gold": 1, "no_consent": 1}


# --- back ----------------------------------------------------------------------------
def test_answers_come_back_as_comparisons_with_what_was_there(
    bench, lead, export, bring_in, bring_back, comparison_of
):
    """A log held one answer; two models answer: three pairs less the old one."""
    log = comparison_of("c1", responses="a", topic="python", labels=["medical"])
    queueing.create(bench, lead, queueing.settings(name="log", kind="rate"))
    bring_in(bench, "comparisons", [log], queue="log")
    (prompt,) = export()
    counts = bring_back(
        [
            answer(prompt, "one", "m1", model_version="7"),
            answer(prompt, "two", "m2"),
        ]
    )
    assert (counts["read"], counts["added"], counts["pairs"]) == (2, 3, 3)
    found = made(bench, lead)
    texts = {frozenset(r.text for r in c.responses) for c in found}
    assert texts == {
        frozenset(pair)
        for pair in (
            ("answer a of c1", "one"),
            ("answer a of c1", "two"),
            ("one", "two"),
        )
    }
    assert {(c.topic, c.labels) for c in found} == {("python", ("medical",))}
    versions = {(r.model, r.model_version) for c in found for r in c.responses}
    assert versions == {(None, None), ("m1", "7"), ("m2", None)}


@pytest.mark.parametrize("how", ["all", "random"])
def test_the_same_answers_again_add_nothing(bench, lead, fill, export, bring_back, how):
    fill(bench, 4)
    records = [
        answer(p, f"{m} on {p['id'][:6]}", m) for p in export() for m in ("m1", "m2")
    ]
    first = bring_back(records, how)
    assert first["added"] == first["pairs"] > 0
    before = [c.id for c in made(bench, lead)]
    again = bring_back(records[::-1], how, name="turned.jsonl")
    assert (again["added"], again["unchanged"]) == (0, first["pairs"])
    assert again["known"] == 8
    assert [c.id for c in made(bench, lead)] == before


def test_two_stores_agree_on_the_ids(
    make_bench, make_sqlite, lead, write_lines, tmp_path
):
    found = []
    for number in range(2):
        bench = make_bench(make_sqlite())
        line = '{"id": "c1", "prompt": "q", "responses": [{"id": "a", "text": "x"}]}'
        queueing.create(bench, lead, queueing.settings(name="log", kind="rate"))
        file = write_lines([line])
        options = ingest.Options(queue="log")
        ingest.import_files(bench, lead, "comparisons", [file], options)
        out = tmp_path / f"{number}.jsonl"
        prompts.export(bench, lead, str(out))
        back = write_lines([answer(json.loads(out.read_text()), "y")], "back.jsonl")
        options = ingest.Options(queue="back")
        prompts.import_responses(bench, lead, [back], options, how="all", seed=number)
        found.append([c.id for c in made(bench, lead)])
    assert found[0] == found[1]


def test_a_pair_that_stands_elsewhere_becomes_a_task_here_too(
    bench, lead, fill, export, bring_back
):
    """The comparison c1 itself is taken, not copied under another id."""
    fill(bench, 1)
    (prompt,) = export()
    counts = bring_back([answer(prompt, f"answer {r} of c1", r) for r in "ab"])
    assert (counts["added"], counts["unchanged"], counts["identical"]) == (0, 1, 2)
    assert [c.id for c in made(bench, lead)] == ["c1"]


def test_identical_texts_are_never_compared(bench, lead, fill, export, bring_back):
    fill(bench, 1)
    (prompt,) = export()
    counts = bring_back(
        [answer(prompt, "same", "m1"), answer(prompt, "same", "m2")], "all"
    )
    assert (counts["identical"], counts["pairs"]) == (1, 2)
    assert all(c.responses[0].text != c.responses[1].text for c in made(bench, lead))


def test_an_answer_may_be_messages(bench, lead, ann, fill, export, bring_back):
    fill(bench, 1)
    (prompt,) = export()
    turns = [
        {"role": "assistant", "content": "which?"},
        {"role": "user", "content": "both"},
        {"role": "assistant", "content": "fine"},
    ]
    record = {"prompt_id": prompt["id"], "messages": turns, "model": "m1"}
    assert bring_back([record])["added"] == 2
    assert judging.claim(bench, ann, "back")[0].comparison.prompt[0].content


def test_bad_lines_are_told_with_line_key_and_expectation(
    bench, lead, fill, export, bring_back
):
    fill(bench, 1)
    (prompt,) = export()
    records = [
        answer(prompt, "fine"),
        {"prompt_id": prompt["id"], "response": "x"},
        {"prompt_id": prompt["id"], "model": "m"},
        answer({"id": "elsewhere"}, "x"),
    ]
    with pytest.raises(BadFileError) as refused:
        bring_back(records)
    places = [(Path(f.place).name, f.key) for f in refused.value.faults]
    assert places == [
        ("answers.jsonl:2", "model"),
        ("answers.jsonl:3", "response"),
        ("answers.jsonl:4", "prompt_id"),
    ]
    assert [q.name for q, _ in queueing.listed(bench, lead)] == ["q"]

    counts = bring_back(records, on_error="skip")
    assert (counts["read"], counts["added"], counts["rejected"]) == (4, 2, 3)


def test_an_empty_file_and_a_missing_queue_are_refused(bring_back):
    with pytest.raises(BadFileError, match="is empty"):
        bring_back([])
    with pytest.raises(InvalidInputError, match="need a queue"):
        bring_back([{}], queue=None)


def test_a_rehearsal_keeps_nothing(bench, lead, fill, export, bring_back):
    fill(bench, 1)
    (prompt,) = export()
    assert bring_back([answer(prompt, "x")], dry_run=True)["added"] == 2
    assert [q.name for q, _ in queueing.listed(bench, lead)] == ["q"]


def test_prompts_of_gold_take_no_answers(bench, bring_in, comparison_of, bring_back):
    golden = comparison_of("g1", gold={"ranking": [["a"], ["b"]]})
    bring_in(bench, "comparisons", [golden], queue="q")
    with bench.store.read() as unit:
        (digest,) = unit.one("SELECT prompt_digest FROM comparison")
    with pytest.raises(BadFileError, match="prompt_id"):
        bring_back([answer({"id": digest}, "x")])
