"""What leaves: rows, card, manifest and the directory that holds them."""

from __future__ import annotations

import json

import pytest

from adjudge.domain.conversation import Message
from adjudge.domain.dataset import Preference
from adjudge.errors import ConflictError, InvalidInputError
from adjudge.formats import dataset_dir, trl
from adjudge.formats.card import CardFacts, card, in_words

OURS = ["row_id", "weight", "agreement", "confidence", "n_judgments"]


def said(role, content):
    return Message(role=role, content=content)


@pytest.fixture
def preference():
    return Preference(
        comparison="c1",
        queue="q",
        chosen_id="a",
        rejected_id="b",
        prompt=(said("user", "question"),),
        chosen=(said("assistant", "good"),),
        rejected=(said("assistant", "bad"),),
        agreement=1 / 3,
        confidence=2 / 3,
        weight=1.0,
        n_judgments=3,
        judgments=("j1", "j2", "j3"),
    )


# --- rows -----------------------------------------------------------------------
def test_a_preference_row_has_the_trainers_columns_then_ours(preference):
    row = trl.preference_row(preference)
    assert list(row) == ["prompt", "chosen", "rejected", *OURS]
    assert row["prompt"] == [{"role": "user", "content": "question"}]
    assert row["chosen"] == [{"role": "assistant", "content": "good"}]
    assert row["agreement"] == 0.333333
    assert row["row_id"] == preference.row_id


def test_what_is_undefined_stays_null(preference):
    bare = preference.model_copy(update={"agreement": None, "weight": None})
    row = trl.preference_row(bare)
    assert (row["agreement"], row["weight"]) == (None, None)


def test_tool_calls_are_one_text_so_that_no_reader_reshapes_them():
    call = Message.model_validate_json(
        b'{"role":"assistant","tool_calls":[{"name":"f","arguments":{"b":1,"a":2}}]}'
    )
    answer = Message(role="tool", content="ok", name="f", tool_call_id="t1")
    assert trl.message(call) == {
        "role": "assistant",
        "content": "",
        "tool_calls": '[{"arguments":{"a":2,"b":1},"name":"f"}]',
    }
    assert trl.message(answer) == {
        "role": "tool",
        "content": "ok",
        "name": "f",
        "tool_call_id": "t1",
    }


# --- card -----------------------------------------------------------------------
def facts(**others):
    number = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 9, "reason": None}
    nothing = {"value": None, "low": None, "high": None, "n": 0, "reason": "no units"}
    queue = {
        "name": "q",
        "overlap": 3,
        "agreement": {"percent": number, "alpha": number, "ac1": nothing},
        "n_comparisons": 9,
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
        "name": 'my "set"\nof pairs',
        "configs": {"preference": {"train": "preference/train-00000-of-00001.jsonl"}},
        "rows": {"preference": 9},
        "excluded": {"preference": {"tie": 2, "open": 0}},
        "queues": [queue],
        "people": people,
        "method": "majority",
        "digest": "d" * 64,
    }
    return CardFacts(**{**values, **others})


def test_the_card_says_what_a_reader_should_know():
    text = card(facts())
    assert '---\npretty_name: "my \\"set\\"\nof pairs"' in text
    assert "- config_name: preference" in text
    assert "    path: preference/train-00000-of-00001.jsonl" in text
    assert "Krippendorff's alpha: 0.500 (95 % interval 0.400 to 0.600), n = 9" in text
    assert "Gwet's AC1: no units" in text
    assert "made under several guideline texts" in text
    assert "- **alpha is low**" in text
    assert "`preference`: 2 as `tie`" in text
    assert "`open`" not in text
    assert "1.5 hours of active time" in text
    assert "time not recorded" in text
    assert '# my "set" of pairs' in text


def test_a_card_about_nothing_says_so():
    text = card(facts(people={}, excluded={}, queues=[]))
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


def test_a_directory_appears_when_it_is_whole(tmp_path):
    out = tmp_path / "deep" / "out"
    with dataset_dir.fresh(out) as folder:
        dataset_dir.write_text(folder / "x" / "y", "words")
        assert not out.exists()
    assert (out / "x" / "y").read_text() == "words"
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def test_nothing_stays_of_what_failed(tmp_path):
    def half():
        with dataset_dir.fresh(tmp_path / "out") as folder:
            dataset_dir.write_text(folder / "x", "half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_directory_is_as_good_as_none(tmp_path):
    (tmp_path / "out").mkdir()
    with dataset_dir.fresh(tmp_path / "out") as folder:
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
    with pytest.raises(ConflictError, match=said), dataset_dir.fresh(out):
        pass


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "out"
    with (
        pytest.raises(InvalidInputError, match="cannot be written"),
        dataset_dir.fresh(out),
    ):
        pass
