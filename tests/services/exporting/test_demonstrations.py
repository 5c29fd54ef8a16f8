"""Rewrites, ratings and thumbs as datasets: what leaves, what stays, what is traced."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import datasets as hf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adjudge.domain.people import Role
from adjudge.errors import RefusedError
from adjudge.services import exporting
from adjudge.services.campaign import guidelines, queueing
from adjudge.services.exporting import comparing, datasets, verifying
from adjudge.services.feedback import triage
from adjudge.services.feedback.triage import Asked
from adjudge.services.privacy import privacy
from adjudge.services.work import reviewing, rewriting

A = [["a"], ["b"]]


@pytest.fixture
def bench(sqlite_bench):
    """Both databases are held to the same bytes in ``test_same_bytes``."""
    return sqlite_bench


def asked(n):
    """Ask something that is like nothing else."""
    return f"how do I mend {hashlib.sha256(str(n).encode()).hexdigest()}?"


def answer(n, **others):
    """Write an answer of a user's own, fetched from two documents."""
    return {
        "event_id": f"m{n}",
        "type": "message",
        "at": "2026-01-01T00:00:00Z",
        "message_id": f"a{n}",
        "response_id": f"r{n}",
        "user_id": f"u{n}",
        "conversation_id": f"talk{n}",
        "consent": True,
        "messages": [{"role": "user", "content": asked(n)}],
        "response": f"as birch-1 I say: throw it away, {n}, or ask ann@example.com",
        "context": {
            "model": "birch-1",
            "task_type": "repairs",
            "locale": "en-GB",
            "retrieval": {"doc_ids": ["d1", "d2"]},
        },
        **others,
    }


def thumb(n, rating, **others):
    return {
        "event_id": f"t{n}",
        "type": "thumbs",
        "at": "2026-01-02T00:00:00Z",
        "message_id": f"a{n}",
        "user_id": f"u{n}",
        "rating": rating,
        "consent": True,
        **others,
    }


def down(n, **others):
    return thumb(n, "down", reason_codes=["incorrect"], comment="no!", **others)


@pytest.fixture
def complained(bench, lead, bring_in):
    """Bring downvoted answers into a rewrite queue, one for each number."""

    def make(*numbers, queue="rw", **others):
        events = [answer(n, **others) for n in numbers] + [down(n) for n in numbers]
        bring_in(bench, "feedback", events)
        triage.fill(bench, lead, queue, Asked(source="downvotes"))

    return make


@pytest.fixture
def rewrite(bench, make_actor):
    """Let an expert write every ideal answer that waits, and another approve it."""
    eva, rex = make_actor("eva", Role.EXPERT), make_actor("rex", Role.EXPERT)

    def run(queue="rw", *, sources=("d1", "manual p. 3"), approve=True):
        done = 0
        while in_hand := rewriting.claim(bench, eva, queue):
            for task in in_hand:
                draft = task.blank().write(f"Mend it: {task.task.prompt[0].content}")
                draft = draft.model_copy(update={"sources": tuple(sources)})
                id = f"{queue}-{task.task.id}"
                rewriting.submit(
                    bench,
                    eva,
                    task,
                    draft.flip_reason("hallucinated"),
                    seconds=60,
                    submission_id=id,
                )
                if approve:
                    reviewing.approve(bench, rex, id)
                done += 1
        return done

    return run


@pytest.fixture
def export(bench, lead, tmp_path):
    def make(folder="out", **options):
        options.setdefault("accept_low_agreement", True)
        options.setdefault("name", "n")
        place = str(tmp_path / folder)
        return exporting.export(bench, lead, place, exporting.ExportOptions(**options))

    return make


def rows(folder, config, split="train"):
    found = []
    for path in sorted((folder / config).glob(f"{split}-*.jsonl")):
        found += [json.loads(line) for line in path.read_bytes().splitlines()]
    return found


# --- rewrites ---------------------------------------------------------------------
def test_an_approved_rewrite_is_a_demonstration_a_pair_a_case_and_retrieval(
    bench, complained, rewrite, export, tmp_path
):
    complained(1)
    assert rewrite() == 1
    done = export()
    assert {c: sum(n.values()) for c, n in done.rows.items()} == {
        "preference": 1, "sft": 1, "kto": 0, "reward": 0, "rankings": 0,
        "annotations": 0, "cases": 1, "retrieval": 1,
    }  # fmt: skip
    assert done.excluded["reward"] == {"no_margin": 1}
    out = tmp_path / "out"
    prompt = {"role": "user", "content": asked(1)}
    ideal = {"role": "assistant", "content": f"Mend it: {asked(1)}"}
    bad = "as [model] I say: throw it away, 1, or ask [email]"
    [sft] = rows(out, "sft")
    assert sft.pop("row_id")
    assert sft == {
        "messages": [prompt, ideal],
        "weight": 1.0,
        "agreement": None,
        "confidence": None,
        "n_judgments": None,
    }
    [pair] = rows(out, "preference")
    assert (pair["prompt"], pair["chosen"]) == ([prompt], [ideal])
    assert pair["rejected"] == [{"role": "assistant", "content": bad}]
    [case] = rows(out, "cases")
    assert (case["input"], case["ideal"], case["bad"]) == (
        [prompt],
        ideal["content"],
        bad,
    )
    assert case["reasons"] == ["incorrect", "hallucinated"]
    assert case["tags"] == [
        "language:en",
        "model:birch-1",
        "source:downvotes",
        "topic:repairs",
    ]
    assert case["source_event"] == "t1"
    [found] = rows(out, "retrieval")
    assert found["query"] == asked(1)
    assert found["positives"] == ["d1", "manual p. 3"]
    assert found["negatives"] == ["d2"]
    verifying.verify(str(out))


def test_what_is_not_approved_gives_no_row(
    bench, complained, rewrite, export, make_actor, tmp_path
):
    complained(1, 2)
    rewrite(approve=False)
    rex = make_actor("rex", Role.EXPERT)
    back, *_ = reviewing.waiting(bench, rex, "rw")
    reviewing.send_back(bench, rex, back.id, why="not yet")
    complained(3)
    done = export()
    for config in ("sft", "preference", "reward", "cases", "retrieval"):
        assert done.rows[config] == {"train": 0}
        assert done.excluded[config] == {"not_approved": 2, "open": 1}


def test_a_mended_rewrite_stands_in_place_of_the_first(
    bench, complained, rewrite, export, make_actor, tmp_path
):
    complained(1)
    rewrite(approve=False, sources=())
    rex = make_actor("rex", Role.EXPERT)
    [waits] = reviewing.waiting(bench, rex, "rw")
    reviewing.fix(bench, rex, waits.id, "Mended by two.", why="shorter")
    done = export()
    [row] = rows(tmp_path / "out", "sft")
    assert row["messages"][-1]["content"] == "Mended by two."
    assert done.excluded["retrieval"] == {"no_sources": 1}
    [trace] = rows(tmp_path / "out" / "lineage", "sft")
    assert trace["rule"] == "an expert wrote it, another mended and approved it"
    assert trace["author"] == bench.pseudonym("eva")
    assert trace["approved_by"] == bench.pseudonym("rex")


def rewritten(n, text="better", **others):
    """Write a rewrite as files hold it."""
    return {
        "task": f"t{n}",
        "prompt": f"question {n}",
        "original": {"id": "r", "text": "worse", "model": "m"},
        "annotator": "eva",
        "approved_by": "rex",
        "text": text,
        **others,
    }


def test_imported_rewrites_leave_when_they_name_who_approved_them(
    bench, bring_in, export, tmp_path, comparison_of
):
    lines = [
        rewritten(1),
        rewritten(2, approved_by=None),
        rewritten(3, text="worse"),
        rewritten(
            4,
            original={
                "id": "r",
                "messages": [
                    {"role": "assistant", "content": "wait"},
                    {"role": "user", "content": "and?"},
                    {"role": "assistant", "content": "worse"},
                ],
            },
        ),
    ]
    bring_in(bench, "rewrites", lines, queue="rw", batch="b1")
    done = export()
    assert done.excluded["sft"] == {"not_approved": 1, "original_was_fine": 1}
    plain, several = rows(tmp_path / "out", "preference")
    assert [m["content"] for m in plain["chosen"]] == ["better"]
    assert [m["content"] for m in several["chosen"]] == ["wait", "and?", "better"]
    assert [m["content"] for m in several["rejected"]] == ["wait", "and?", "worse"]
    case = rows(tmp_path / "out", "cases")[1]
    assert [m["content"] for m in case["input"]] == ["question 4", "wait", "and?"]
    assert (case["ideal"], case["bad"], case["source_event"]) == (
        "better",
        "worse",
        None,
    )
    bring_in(bench, "comparisons", [comparison_of("z")], queue="z", batch="b2")
    other = export("other", batch="b2")
    assert other.excluded["sft"] == {"other_batch": 4}


def test_weights_of_author_and_reviewer_are_the_weight_of_a_rewrite(
    bench, bring_in, export, tmp_path
):
    bring_in(
        bench,
        "people",
        [
            {"name": "eva", "role": "expert", "expertise": {"x": 3.0, "*": 2.0}},
            {"name": "rex", "role": "expert"},
        ],
    )
    bring_in(bench, "rewrites", [rewritten(1, topic="x")], queue="rw")
    export()
    assert rows(tmp_path / "out", "sft")[0]["weight"] == 2.0
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["people"]["expert"]["rewrites"] == 1
    assert manifest["people"]["expert"]["expertise"] == {
        "*": {"people": 1, "weight": 2.0},
        "x": {"people": 1, "weight": 3.0},
    }
    assert manifest["rewrites"][0]["states"] == {"approved": 1}


def test_one_file_in_the_shape_of_openai_sft(bench, lead, bring_in, tmp_path):
    bring_in(bench, "rewrites", [rewritten(1)], queue="rw")
    options = exporting.ExportOptions()
    file = str(tmp_path / "f.jsonl")
    done = exporting.export_file(bench, lead, file, "openai-sft", options)
    assert done.rows == {"openai-sft": {"train": 1}}
    assert json.loads((tmp_path / "f.jsonl").read_text()) == {
        "messages": [
            {"role": "user", "content": "question 1"},
            {"role": "assistant", "content": "better"},
        ]
    }
    file = str(tmp_path / "g")
    with pytest.raises(RefusedError, match="no row"):
        exporting.export_file(bench, lead, file, "reward", options)


# --- what users said --------------------------------------------------------------
def test_upvoted_answers_leave_only_when_asked_for(bench, bring_in, export, tmp_path):
    events = [answer(n) for n in range(6)]
    events += [thumb(0, "up"), thumb(1, "down"), thumb(2, "up", consent=False)]
    events += [thumb(3, "up"), thumb(3, "down", event_id="x", user_id="other")]
    events += [thumb(4, "up", consent=None)]
    bring_in(bench, "feedback", events)
    assert export("a").rows["sft"] == {"train": 0}
    done = export("b", sft_from_upvotes=True, kto_from_thumbs=True)
    assert done.rows["sft"] == {"train": 2}
    assert done.excluded["sft"] == {"disputed": 1, "downvoted": 1, "unconsented": 1}
    found = rows(tmp_path / "b", "sft")
    assert found[0]["messages"][-1]["content"] == (
        "as [model] I say: throw it away, 0, or ask [email]"
    )
    assert [r["label"] for r in rows(tmp_path / "b", "kto")] == [True, False, True]
    done = export("c", sft_from_upvotes=True, require_consent=True)
    assert done.rows["sft"] == {"train": 1}
    assert done.excluded["sft"]["unconsented"] == 2
    verifying.verify(str(tmp_path / "b"))


def test_what_tools_are_called_with_leaves_covered(bench, bring_in, export, tmp_path):
    call = {"name": "mail", "input": {"to": ["ann@example.com"], "ann@example.com": 1}}
    talk = [
        {"role": "user", "content": "mail her", "name": "ann@example.com"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "name": "mail", "content": "sent to ann@example.com"},
    ]
    events = [answer(0, messages=talk), thumb(0, "up"), answer(1), thumb(1, "down")]
    bring_in(bench, "feedback", events)
    export("a", sft_from_upvotes=True, kto_from_thumbs=True)
    for config, key in (("sft", "messages"), ("kto", "prompt")):
        row = next(r for r in rows(tmp_path / "a", config) if len(r[key]) > 2)
        user, caller, tool = row[key][:3]
        assert "ann@" not in json.dumps(row)
        assert (user["name"], tool["content"]) == ("[email]", "sent to [email]")
        arguments = caller["tool_calls"][0]["function"]["arguments"]
        assert json.loads(arguments) == {"to": ["[email]"], "[email]": 1}


def test_a_user_who_withdraws_takes_their_upvote_and_answer_along(
    bench, lead, bring_in, export, tmp_path
):
    bring_in(bench, "feedback", [answer(0), answer(1), thumb(0, "up"), thumb(1, "up")])
    one = export("one", sft_from_upvotes=True)
    done = privacy.withdraw(bench, lead, "u1")
    assert done.reach.datasets == {one.digest: 1}
    two = export("two", sft_from_upvotes=True)
    assert two.rows["sft"] == {"train": 1}
    assert two.excluded["sft"] == {"withdrawn": 1}


# --- ratings ----------------------------------------------------------------------
def rated(n, **others):
    return {
        "id": f"c{n}",
        "prompt": f"question {n}",
        "responses": [{"id": "a", "text": f"answer {n}", "model": "m"}],
        **others,
    }


def scored(n, who, score, criterion="correctness"):
    return {
        "comparison": f"c{n}",
        "annotator": who,
        "ranking": [],
        "ratings": {"a": {criterion: score}},
    }


def test_most_judges_say_by_their_ratings_what_an_answer_is_worth(
    bench, lead, bring_in, export, tmp_path
):
    queueing.create(bench, lead, queueing.settings(name="rate", kind="rate"))
    bring_in(bench, "comparisons", [rated(n) for n in range(5)], queue="rate")
    said = {0: (5, 4, 1), 1: (1, 2, 5), 2: (3, 3, 5), 3: (1, 3, 5), 4: (5, 5)}
    lines = [
        scored(n, who, score)
        for n, scores in said.items()
        for who, score in zip(("ann", "bob", "cy"), scores, strict=False)
    ]
    bring_in(bench, "judgments", lines, queue="rate")
    done = export()
    assert done.excluded["kto"] == {"escalated": 1, "middle_rating": 1, "open": 1}
    good, bad = rows(tmp_path / "out", "kto")
    assert (good["label"], good["completion"][0]["content"]) == (True, "answer 0")
    assert (bad["label"], bad["completion"][0]["content"]) == (False, "answer 1")
    assert (good["confidence"], good["n_judgments"]) == (0.666667, 3)
    assert good["agreement"] == 0.333333
    annotations = rows(tmp_path / "out", "annotations")
    assert [r["state"] for r in annotations] == [
        "settled", "settled", "settled", "escalated", "open",
    ]  # fmt: skip
    assert {r["winner"] for r in annotations} == {None}
    assert annotations[0]["judgments"][0]["ratings"][0]["criterion"] == "correctness"
    assert done.rows["preference"] == {"train": 0}
    assert "preference" not in done.excluded or not done.excluded["preference"]
    verifying.verify(str(tmp_path / "out"))


# --- one dataset of everything ----------------------------------------------------
@pytest.fixture
def everything(bench, bring_in, comparison_of, judgment_of):
    """Give every config rows, the hard way: dates and tools."""
    call = {"id": "t1", "type": "function", "function": {"name": "f", "arguments": {}}}
    talk = [
        {"role": "user", "content": "2024-01-02"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "content": "2024-01-03", "tool_call_id": "t1", "name": "f"},
    ]
    texts = ["2024-02-01", "1999-12-31T23:59:59Z", "2000-01-01", "2001-01-01"]

    def fill(to):
        pairs = [
            comparison_of(
                f"c{i}",
                prompt=talk if i else "2024-01-01",
                responses="ab",
            )
            for i in range(2)
        ]
        for i, pair in enumerate(pairs):
            pair["responses"] = [
                {"id": "a", "text": texts[i]},
                {"id": "b", "text": texts[i + 2]},
            ]
        bring_in(to, "comparisons", pairs, queue="q")
        lines = [
            judgment_of(f"c{i}", who, A if i else A[::-1], margin=2, at="2026-01-05")
            for i in range(2)
            for who in ("ann", "bob", "cy")
        ]
        bring_in(to, "judgments", lines, queue="q")
        bring_in(
            to,
            "rewrites",
            [
                rewritten(
                    i,
                    text=texts[i],
                    prompt=talk if i else "2024-01-01",
                    original={"id": "r", "text": texts[i + 2]},
                    sources=["2024-05-05"],
                    reasons=["2024-06-06"] if i else [],
                )
                for i in range(2)
            ],
            queue="rw",
        )

    return fill


def bare(value):
    if isinstance(value, list):
        return [bare(v) for v in value]
    if isinstance(value, dict):
        optional = ("name", "tool_calls", "tool_call_id")
        return {
            k: bare(v) for k, v in value.items() if v is not None or k not in optional
        }
    return value


@pytest.mark.parametrize("written_as", ["jsonl", "parquet"])
def test_no_value_of_any_config_changes_on_its_way(
    sqlite_bench, lead, everything, tmp_path, written_as
):
    everything(sqlite_bench)
    for folder, form in (("ref", "jsonl"), ("out", written_as)):
        options = exporting.ExportOptions(accept_low_agreement=True, written_as=form)
        exporting.export(sqlite_bench, lead, str(tmp_path / folder), options)
    for config in exporting.CONFIGS:
        wanted = rows(tmp_path / "ref", config)
        assert wanted, config
        loaded = hf.load_dataset(
            str(tmp_path / "out"), config, cache_dir=str(tmp_path / "cache")
        )
        assert [bare(dict(r)) for r in loaded["train"]] == [bare(r) for r in wanted]
    verifying.verify(str(tmp_path / "out"))


# --- tracing ----------------------------------------------------------------------
def test_a_row_of_a_rewrite_is_traced_to_people_guideline_and_feedback(
    bench, lead, complained, rewrite, export, tmp_path
):
    complained(1)
    rewrite()
    done = export()
    for config in ("sft", "preference", "cases", "retrieval"):
        file = tmp_path / "out" / config / "train-00000-of-00001.jsonl"
        found = datasets.why(bench, lead, f"{file}:1")
        assert found["config"] == config
        assert (found["derived_from"], found["method"]) == ("rewrite", "approval")
        assert found["rewrite"]["author"] == {
            "name": "eva",
            "pseudonym": bench.pseudonym("eva"),
            "role": "annotator",
            "weight": 1.0,
        }
        assert found["rewrite"]["approved_by"]["name"] == "rex"
        assert found["rewrite"]["sources"] == ["d1", "manual p. 3"]
        [event] = found["feedback"]
        assert (event["event"], event["type"], event["comment"]) == (
            "t1", "thumbs", "no!",
        )  # fmt: skip
        assert found["datasets"] == [done.digest]
        assert found["tombstone"] is None


def test_lineage_names_nobody(bench, complained, rewrite, export, tmp_path):
    complained(1)
    rewrite()
    export()
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            text = path.read_text()
            assert '"eva"' not in text
            assert '"rex"' not in text
            assert "u1" not in text


# --- consent taken back -----------------------------------------------------------
def test_whoever_withdraws_is_in_no_later_version_and_the_older_ones_are_named(
    bench, lead, complained, rewrite, export, tmp_path
):
    complained(1, 2, 3)
    rewrite()
    one = export("one")
    row = rows(tmp_path / "one", "sft")
    reach = privacy.withdraw(bench, lead, "u2").reach
    assert reach.datasets == {one.digest: 4}
    assert datasets.listed(bench, lead)[0]["tombstones"] == 4
    buried = datasets.withdrawn(bench, lead, str(tmp_path / "one"))
    assert buried == datasets.withdrawn(bench, lead, one.digest[:20])
    assert {b["config"] for b in buried} == {"preference", "sft", "cases", "retrieval"}
    assert {b["why"] for b in buried} == {"withdrawn"}
    two = export("two")
    assert two.rows["sft"] == {"train": 2}
    assert two.excluded["sft"] == {"withdrawn": 1}
    for a, b in (
        (str(tmp_path / "one"), str(tmp_path / "two")),
        (one.digest, two.digest),
    ):
        found = comparing.diff(bench, lead, a, b)
        assert found["counts"] == {"removed": {"withdrawn": 4}}
    [gone] = [r for r in row if r["messages"][0]["content"] == asked(2)]
    traced = datasets.why(bench, lead, gone["row_id"])
    assert traced["tombstone"] == {"why": "withdrawn", "at": bench.now()}
    assert [e["state"] for e in traced["feedback"]] == ["erased or withdrawn"]
    assert privacy.withdraw(bench, lead, "u2").reach.datasets == {one.digest: 4}
    assert len(datasets.withdrawn(bench, lead, one.digest)) == 4


def test_a_withdrawal_that_comes_as_an_event_buries_rows_too(
    bench, lead, complained, rewrite, bring_in, export
):
    complained(1, 2)
    rewrite()
    one = export("one")
    event = {
        "event_id": "w",
        "type": "consent_withdrawn",
        "at": "2026-02-01T00:00:00Z",
        "user_id": "u1",
    }
    bring_in(bench, "feedback", [event])
    assert len(datasets.withdrawn(bench, lead, one.digest)) == 4


def test_judged_comparisons_of_a_withdrawn_user_are_buried(
    bench, lead, bring_in, judgment_of, export
):
    again = {
        "event_id": "g",
        "type": "regenerate",
        "at": "2026-01-03T00:00:00Z",
        "message_id": "a1",
        "new_message_id": "a2",
        "user_id": "u1",
        "consent": True,
    }
    events = [answer(1), answer(2, user_id="u1", response="another one"), again]
    bring_in(bench, "feedback", events)
    triage.fill(bench, lead, "cmp", Asked(source="regenerations"))
    with bench.store.read() as unit:
        [(id, ids, talk)] = unit.all(
            "SELECT id, response_ids, conversation_id FROM comparison"
        )
    assert talk == "talk1"
    first, second = json.loads(ids)
    lines = [judgment_of(id, who, [[second], [first]]) for who in ("ann", "bob", "cy")]
    bring_in(bench, "judgments", lines, queue="cmp")
    one = export("one", configs=("preference",))
    assert one.rows["preference"] == {"train": 1}
    traced = datasets.why(bench, lead, datasets_first(bench, one.digest))
    assert traced["derived_from"] == "regenerate"
    assert [e["event"] for e in traced["feedback"]] == ["g"]
    assert privacy.withdraw(bench, lead, "u1").reach.datasets == {one.digest: 1}
    two = export("two", configs=("preference",))
    assert two.excluded["preference"] == {"withdrawn": 1}


def datasets_first(bench, digest):
    with bench.store.read() as unit:
        [(row,), *_] = unit.all(
            "SELECT substr(row_ids, 1, 32) FROM dataset_lineage WHERE dataset_id = :id",
            id=digest,
        )
    return row


# --- splits -----------------------------------------------------------------------
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(
    tasks=st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from(["approved", "waits", "frozen", "withdrawn", "refused"]),
        ),
        min_size=1,
        max_size=14,
    ),
    salt=st.text(max_size=3),
)
def test_only_what_may_leaves_of_rewrites_and_no_prompt_is_in_two_splits(
    make_sqlite, make_bench, lead, bring_in, comparison_of, judgment_of,
    tmp_path_factory, tasks, salt,
):  # fmt: skip
    bench = make_bench(make_sqlite())
    lines = [
        rewritten(
            i,
            # The same prompt but for its spacing is the same prompt.
            prompt=" " * (i % 2) + f"prompt {number}",
            approved_by=None if what == "waits" else "rex",
            text=f"better {i}",
        )
        for i, (number, what) in enumerate(tasks)
    ]
    bring_in(bench, "rewrites", lines, queue="rw")
    bring_in(
        bench,
        "comparisons",
        [comparison_of(f"c{n}", prompt=f"prompt {n}") for n in range(6)],
        queue="q",
    )
    judged = [judgment_of(f"c{n}", w) for n in range(6) for w in ("ann", "bob", "cy")]
    bring_in(bench, "judgments", judged, queue="q")
    with bench.store.write() as unit:
        for i, (_, what) in enumerate(tasks):
            if what == "frozen":
                unit.run(
                    "UPDATE task SET frozen = 1 WHERE id = (SELECT task_id "
                    "FROM rewrite_task WHERE id = :id)",
                    id=f"t{i}",
                )
            elif what in {"withdrawn", "refused"}:
                unit.run(
                    "UPDATE rewrite_task SET consent = :what WHERE id = :id",
                    what=what,
                    id=f"t{i}",
                )
    folder = tmp_path_factory.mktemp("out") / "d"
    options = exporting.ExportOptions(
        splits=exporting.splits("0.4,0.3,0.3"), salt=salt, accept_low_agreement=True
    )
    exporting.export(bench, lead, str(folder), options)
    seen = {}
    left = set()
    for split in ("train", "validation", "test"):
        for config, column in (
            ("sft", "messages"),
            ("cases", "input"),
            ("preference", "prompt"),
        ):
            for row in rows(folder, config, split):
                prompt = row[column][0]["content"].strip()
                assert seen.setdefault(prompt, split) == split
        for row in rows(folder, "sft", split):
            left.add(row["messages"][-1]["content"])
    assert left == {f"better {i}" for i, (_, w) in enumerate(tasks) if w == "approved"}
    verifying.verify(str(folder))
    bench.store.close()


def test_turns_of_a_conversation_stay_together_in_every_config(
    bench, lead, bring_in, complained, rewrite, export, tmp_path
):
    complained(*range(12), conversation_id="one long talk")
    bring_in(
        bench,
        "feedback",
        [answer(n, conversation_id="one long talk") for n in range(20, 30)]
        + [thumb(n, "up") for n in range(20, 30)],
    )
    rewrite()
    done = export(splits=exporting.splits("0.4,0.3,0.3"), sft_from_upvotes=True)
    assert sorted(done.rows["sft"].values()) == [0, 0, sum(done.rows["sft"].values())]
    assert sum(done.rows["sft"].values()) > 15


# --- hostile and private --------------------------------------------------------
HOSTILE = [
    "../../x",
    "/etc/x",
    "a\x1b[31mb",
    "---\nconfigs: []",
    "`rm`<b>|",
    "é\u202ex",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_in_rewrites_never_write_outside(
    bench, bring_in, export, tmp_path, name
):
    line = rewritten(
        name,
        annotator=name,
        approved_by=f"{name}2",
        original={"id": name, "text": "worse", "model": name},
        topic=name,
        language=name,
        sources=[name],
        reasons=[name],
    )
    bring_in(bench, "rewrites", [line], queue=name, batch=name)
    before = {p for p in tmp_path.rglob("*") if "store" not in str(p)}
    export(name=name, salt=name, splits=exporting.splits("0.5,0.25,0.25"))
    written = {p for p in tmp_path.rglob("*") if "store" not in str(p)} - before
    assert all(p == tmp_path / "out" or tmp_path / "out" in p.parents for p in written)
    verifying.verify(str(tmp_path / "out"))
    found = hf.load_dataset(
        str(tmp_path / "out"), "cases", cache_dir=str(tmp_path / "cache")
    )
    [split] = found.values()
    assert split[0]["reasons"] == [name]


def test_what_is_private_leaves_covered_on_both_sides_and_nowhere_else(
    bench, bring_in, comparison_of, judgment_of, export, tmp_path
):
    canary = "canary@example.com"
    pair = comparison_of(
        "c1",
        prompt=f"write to {canary}",
        responses="ab",
        topic="x",
    )
    for response in pair["responses"]:
        response["text"] += f" or {canary}"
    bring_in(bench, "comparisons", [pair], queue="q")
    judged = [judgment_of("c1", who, margin=2) for who in ("ann", "bob", "cy")]
    bring_in(bench, "judgments", judged, queue="q")
    line = rewritten(1, text=f"better, {canary}", prompt=f"ask {canary}")
    line["original"]["text"] = f"worse, {canary}"
    bring_in(bench, "rewrites", [line], queue="rw")
    event = answer(1, response=f"so says {canary}")
    event["messages"][0]["content"] += f" {canary}"
    bring_in(bench, "feedback", [event, thumb(1, "up", comment=canary)])
    export(sft_from_upvotes=True, kto_from_thumbs=True)
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            assert canary not in path.read_text(), path
    for row in rows(tmp_path / "out", "preference"):
        for side in ("prompt", "chosen", "rejected"):
            assert "[email]" in row[side][0]["content"]
    assert all("[email]" in str(r["messages"]) for r in rows(tmp_path / "out", "sft"))


def test_one_more_approval_shows_exactly_its_effect(
    bench, lead, bring_in, export, make_actor, tmp_path
):
    lines = [rewritten(1), rewritten(2, approved_by=None)]
    bring_in(bench, "rewrites", lines, queue="rw")
    export("one")
    [waits] = reviewing.waiting(bench, make_actor("rex", Role.EXPERT), "rw")
    reviewing.approve(bench, make_actor("rex", Role.EXPERT), waits.id)
    export("two")
    found = comparing.diff(bench, lead, *(str(tmp_path / n) for n in ("one", "two")))
    assert found["counts"] == {"added": {"not_approved": 3}}
    assert {(d["config"], d["comparison"]) for d in found["rows"]} == {
        ("sft", "t2"),
        ("preference", "t2"),
        ("cases", "t2"),
    }


def test_the_manifest_names_the_very_texts_of_the_guidelines(
    bench, lead, bring_in, comparison_of, judgment_of, export, tmp_path
):
    file = Path(__file__).parents[3] / "guidelines" / "helpfulness.md"
    text = file.read_text()
    guidelines.add(bench, lead, text, name="helpfulness", change="major")
    bring_in(bench, "comparisons", [comparison_of("c1")], queue="q")
    judged = [
        judgment_of("c1", who, guideline=ref)
        for who, ref in (("ann", "helpfulness@1"), ("bob", "my@own"), ("cy", None))
    ]
    bring_in(bench, "judgments", judged, queue="q")
    export()
    sha = hashlib.sha256(file.read_bytes()).hexdigest()
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["guidelines"] == {"helpfulness@1": sha}
    assert sha in (tmp_path / "out/README.md").read_text()
    found = datasets.why(bench, lead, datasets_first(bench, manifest["digest"]))
    texts = {g["ref"]: g["text"] for g in found["guideline_texts"]}
    assert texts == {"helpfulness@1": text, "my@own": None, "none named": None}


@pytest.mark.parametrize("change", ["major", "minor"])
def test_the_card_says_whether_judgments_under_two_texts_can_be_compared(
    bench, lead, bring_in, comparison_of, judgment_of, export, tmp_path, change
):
    text = (Path(__file__).parents[3] / "guidelines" / "helpfulness.md").read_text()
    guidelines.add(bench, lead, text, name="helpfulness", change="major")
    second = text.replace("version = 1", "version = 2") + "\nFacts come first.\n"
    guidelines.add(bench, lead, second, name="helpfulness", change=change)
    bring_in(bench, "comparisons", [comparison_of("c1")], queue="q")
    judged = [
        judgment_of("c1", who, guideline=ref)
        for who, ref in (("ann", "helpfulness@1"), ("bob", "helpfulness@2"))
    ]
    bring_in(bench, "judgments", judged, queue="q")
    export()
    verifying.verify(str(tmp_path / "out"))
    head, _, _ = (tmp_path / "out/README.md").read_text().partition("## Configs")
    assert "under 2 guideline texts" in head
    assert ("A major change lies between" in head) == (change == "major")
