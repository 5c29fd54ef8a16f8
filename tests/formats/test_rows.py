"""What leaves: rows, card, manifest and the directory that holds them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace

import pytest
import yaml
from datasets import Features

from adjudge.domain.resolution import Resolution
from adjudge.errors import ConflictError, InvalidInputError
from adjudge.formats import dataset_dir, trl
from adjudge.formats.card import card, in_words
from adjudge.formats.columns import arrow_schema, as_yaml, columns_of
from adjudge.services import exporting

# What trainers take as something of their own: tokens, images, labels.
RESERVED = frozenset(
    {
        "attention_mask", "chat_template_kwargs", "chosen_ids", "chosen_input_ids",
        "chosen_labels", "completion_ids", "completion_mask", "conversations", "image",
        "images", "input_ids", "labels", "messages", "pixel_values", "position_ids",
        "prompt_ids", "prompt_input_ids", "ref_chosen_logps", "ref_rejected_logps",
        "rejected_ids", "rejected_input_ids", "rejected_labels", "seq_lengths", "text",
        "token_type_ids", "tools", "video", "videos",
    }
)  # fmt: skip
OURS = ["weight", "agreement", "confidence", "n_judgments"]


def said(role, content):
    return {"role": role, "content": content}


PROMPT = [said("user", "question")]
GOOD, BAD = [said("assistant", "good")], [said("assistant", "bad")]


@pytest.fixture
def found():
    return Resolution(
        ranking=(("a",), ("b",)),
        winner="a",
        state="settled",
        n_judgments=3,
        agreement=1 / 3,
        confidence=2 / 3,
        weight=1.0,
    )


# --- rows -----------------------------------------------------------------------
def test_a_preference_row_has_the_trainers_columns_then_ours(found):
    row = trl.preference_row(PROMPT, GOOD, BAD, found)
    assert list(row) == ["prompt", "chosen", "rejected", *OURS]
    assert row["prompt"] == [{"role": "user", "content": "question"}]
    assert row["chosen"] == [{"role": "assistant", "content": "good"}]
    assert row["agreement"] == 0.333333


def test_what_is_undefined_stays_null(found):
    bare = replace(found, agreement=None, weight=None)
    row = trl.preference_row(PROMPT, GOOD, BAD, bare)
    assert (row["agreement"], row["weight"]) == (None, None)


@pytest.mark.parametrize(
    ("call", "written"),
    [
        (
            {"name": "f", "arguments": {"b": 1, "a": 2}},
            {"id": None, "name": "f", "arguments": '{"a":2,"b":1}'},
        ),
        (
            {
                "id": "t1",
                "type": "function",
                "function": {"name": "f", "arguments": '{"b": 1}'},
            },
            {"id": "t1", "name": "f", "arguments": '{"b": 1}'},
        ),
        ({"name": "f"}, {"id": None, "name": "f", "arguments": "{}"}),
        ({"odd": 1}, {"id": None, "name": "", "arguments": '{"odd":1}'}),
    ],
)
def test_arguments_are_a_text_so_that_no_reader_reshapes_them(call, written):
    id = written.pop("id")
    assert trl.message({"role": "assistant", "tool_calls": [call]}) == {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": id, "type": "function", "function": written}],
    }


def test_what_a_tool_answers_keeps_its_name_and_call():
    answer = {**said("tool", "ok"), "name": "f", "tool_call_id": "t1", "meta": {"x": 1}}
    assert trl.message(answer) == {
        "role": "tool",
        "content": "ok",
        "name": "f",
        "tool_call_id": "t1",
    }


@pytest.mark.parametrize("config", exporting.CONFIGS)
def test_our_columns_have_no_name_that_a_trainer_takes_for_its_own(config):
    names = {name for name, _ in columns_of(config, ())}
    # A conversation to learn from is what `messages` means to every trainer.
    assert names & RESERVED == ({"messages"} if config == "sft" else set())


@pytest.mark.parametrize("config", exporting.CONFIGS)
def test_the_card_declares_columns_as_the_library_reads_them(config):
    """Ours must be what `datasets` itself would write for the same columns."""
    present = ["name", "tool_calls", "tool_call_id"]
    columns = columns_of(config, present)
    features = Features.from_arrow_schema(arrow_schema(columns))
    assert yaml.safe_load("\n".join(as_yaml(columns))) == features._to_yaml_list()


# --- card -----------------------------------------------------------------------
LOW = {"value": 0.09, "low": None, "high": None, "n": 9, "reason": None}


def facts(**others):
    number = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 9, "reason": None}
    nothing = {"value": None, "low": None, "high": None, "n": 0, "reason": "no units"}
    queue = {
        "name": "q",
        "overlap": 3,
        "agreement": {"percent": number, "alpha": number, "ac1": nothing},
        "n_comparisons": 9,
        "n_units": 9,
        "n_judgments": 27,
        "n_annotators": 3,
        "warnings": ["alpha is low"],
        "guidelines": {"g@1": 20, "g@2": 7},
    }
    people = {
        "annotator": {"people": 3, "judgments": 27, "hours": 1.5},
        "expert": {"people": 1, "judgments": 1, "hours": 0},
    }
    values = {
        "name": 'my "set"\n---\nof pairs',
        "options": {"method": "majority"},
        "configs": {"preference": {"train": 9, "test": 0}, "kto": {"train": 0}},
        "excluded": {"preference": {"tie": 2, "open": 0}},
        "consent": {"unstated": 3},
        "queues": [queue],
        "people": people,
        "quality": {},
        "messages": {"preference": []},
        "date_like": {"preference": ["chosen.content"]},
        "files": {"preference/train-00000-of-00001.jsonl": {}},
    }
    return {**values, **others}


def queue_of(**others):
    (queue,) = facts()["queues"]
    return {**queue, **others}


@pytest.mark.parametrize(
    ("queue", "said"),
    [
        ({"comparable": False}, "** A major change lies between them: what counts"),
        ({"comparable": True}, "** The changes between them are minor ones."),
        (
            {"guidelines": {"g@1": 1, "g@2": 1, "none named": 1}},
            "under 2 guideline texts or none.",
        ),
        (
            {"guidelines": {"g@1": 1, "none named": 1}},
            "under a guideline and under none that is named.",
        ),
        (
            {"agreement": {"percent": LOW, "alpha": LOW, "ac1": LOW}},
            "hardly agree beyond chance (alpha 0.09).** Who won may be noise",
        ),
    ],
)
def test_what_may_spoil_training_stands_before_the_rows(queue, said):
    text = card(facts(queues=[queue_of(**queue)]))
    head, _, rest = text.partition("## Configs")
    assert said in head.partition("## Before you train")[2]
    assert said not in rest


def test_a_card_with_nothing_to_warn_of_begins_with_its_rows():
    assert "Before you train" not in card(
        facts(queues=[queue_of(guidelines={"g@1": 3})])
    )


def test_one_of_a_thing_is_one():
    people = {"lead": {"people": 1, "judgments": 1, "rewrites": 1, "hours": 0}}
    queue = queue_of(guidelines={"g@1": 1})
    text = card(facts(queues=[queue], people=people, consent={"granted": 1}))
    assert "- lead: 1 person, 1 judgment, 1 rewrite, time not recorded" in text
    assert "`g@1` (1 judgment)" in text
    assert "- 1 task from users who agreed" in text


def test_the_card_says_what_a_reader_should_know():
    text = card(facts())
    assert text.startswith('---\npretty_name: "my \\"set\\"\\U0000000A---')
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["pretty_name"] == 'my "set"\n---\nof pairs'
    assert front["dataset_info"][0]["features"][1] == {
        "name": "chosen",
        "list": [
            {"name": "role", "dtype": "string"},
            {"name": "content", "dtype": "json"},
        ],
    }
    assert "- without rows: `kto`" in text
    assert "- 3 tasks from users who said neither" in text
    assert "- config_name: preference" in text
    assert "    path: preference/train-00000-of-00001.jsonl" in text
    assert "Krippendorff's alpha: 0.500 (95 % interval 0.400 to 0.600), n = 9" in text
    assert "Gwet's AC1: no units" in text
    assert (
        "- **queue `q`: people worked under 2 guideline texts.** `guidelines`" in text
    )
    assert "`adjudge guideline diff g@1 g@2` shows what changed" in text
    assert "(20 judgments), `g@2` (7 judgments)" in text
    assert "- **alpha is low**" in text
    assert "`preference`: 2 as `tie`" in text
    assert "`open`" not in text
    assert "1.5 hours of active time" in text
    assert "time not recorded" in text
    assert '# my "set" --- of pairs' in text


def test_a_card_about_nothing_says_so():
    text = card(facts(people={}, excluded={}, queues=[], configs={}))
    assert "- nobody yet" in text
    assert "- nothing" in text


def test_a_number_without_an_interval_says_its_n():
    assert in_words({"value": 1, "low": None, "high": None, "n": 3}) == "1.000, n = 3"


# --- manifest and directory ---------------------------------------------------------
def test_clock_and_host_stand_outside_the_digest(tmp_path):
    dataset_dir.write_manifest(tmp_path, {"rows": 1}, {"at": "now"})
    found = json.loads((tmp_path / "manifest.json").read_text())
    assert found["digest"] == dataset_dir.digest_of({"rows": 1})
    assert dataset_dir.digest_of(found) == found["digest"]
    assert found["run"] == {"at": "now"}


@contextmanager
def placed(out):
    """Give a folder that becomes a directory when everything went well."""
    with dataset_dir.staged(out) as draft:
        yield draft.folder
        draft.publish()


def test_a_directory_appears_when_it_is_whole(tmp_path):
    out = tmp_path / "deep" / "out"
    with placed(out) as folder:
        dataset_dir.write_text(folder / "x" / "y", "words")
        assert not out.exists()
    assert (out / "x" / "y").read_text() == "words"
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def test_nothing_stays_of_what_failed(tmp_path):
    def half():
        with placed(tmp_path / "out") as folder:
            dataset_dir.write_text(folder / "x", "half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_directory_is_as_good_as_none(tmp_path):
    (tmp_path / "out").mkdir()
    with placed(tmp_path / "out") as folder:
        dataset_dir.write_text(folder / "x", "words")
    assert (tmp_path / "out" / "x").exists()


def _full(out):
    out.mkdir()
    (out / "mine").touch()


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (_full, "is not empty"),
        (lambda out: out.touch(), "is not empty"),
        (lambda out: out.symlink_to(out.parent), "is a symbolic link"),
        (lambda out: out.symlink_to("nowhere"), "is a symbolic link"),
    ],
)
def test_nothing_is_ever_overwritten(tmp_path, prepare, said):
    out = tmp_path / "out"
    prepare(out)
    with pytest.raises(ConflictError, match=said), placed(out):
        pass


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "out"
    with (
        pytest.raises(InvalidInputError, match="cannot be written"),
        placed(out),
    ):
        pass
