"""Our own records, line by line: what is refused, and in which words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudge.domain.conversation import Comparison
from adjudge.domain.feedback import Event
from adjudge.domain.judging import Judgment
from adjudge.domain.people import Person, Role
from adjudge.formats import native

TWO = [{"id": "a", "text": "x"}, {"id": "b", "text": "y"}]
COMPARISON = {"id": "c1", "prompt": "p", "responses": TWO}
JUDGMENT = {"comparison": "c1", "annotator": "ann", "ranking": [["a"], ["b"]]}


def line(record, **others):
    return json.dumps({**record, **others}).encode()


def faults(kind, raw):
    with pytest.raises(native.FaultyLineError) as refused:
        native.read(kind, raw, place="f.jsonl:7")
    return [str(f) for f in refused.value.faults]


# --- what is read ---------------------------------------------------------------
def test_a_full_comparison_is_read():
    found = native.read(
        Comparison,
        line(
            COMPARISON,
            topic="python",
            language="en",
            labels=["violence"],
            priority=2,
            gold={"ranking": [["b"], ["a"]], "why": "a invents a method"},
        ),
        place="f:1",
    )
    assert (found.topic, found.labels, found.priority) == ("python", ("violence",), 2)
    assert found.gold.ranking == (("b",), ("a",))
    assert found.models == (None, None)


def test_a_full_judgment_is_read():
    found = native.read(
        Judgment,
        line(
            JUDGMENT,
            margin=2,
            reasons={"a": ["hallucinated"], "*": ["unclear_prompt"]},
            ratings={"a": {"correctness": 2}},
            note="n",
            shown=["b", "a"],
            seconds=41.5,
            at="2026-01-05T10:00:00+01:00",
            guideline="helpfulness@3",
            occasion=1,
            source="model",
            id="j1",
        ),
        place="f:1",
    )
    assert found.at == "2026-01-05T09:00:00Z"
    assert found.reasons["*"] == ("unclear_prompt",)
    assert found.ratings == {"a": {"correctness": 2.0}}


def test_a_person_is_an_annotator_with_a_login_unless_said_otherwise():
    found = native.read(Person, b'{"name":"ann"}', place="f:1")
    assert (found.role, found.login, found.expertise) == (Role.ANNOTATOR, True, {})
    expert = native.read(
        Person, b'{"name":"x","role":"expert","expertise":{"python":2}}', place="f:1"
    )
    assert (expert.role, expert.expertise) == (Role.EXPERT, {"python": 2.0})


def test_unknown_keys_are_kept_under_meta():
    found = native.read(
        Comparison, line(COMPARISON, experiment="e1", meta={"source": "x"}), place="f:1"
    )
    assert found.meta == {"experiment": "e1", "source": "x"}
    raw = b'{"id":"c1","prompt":[{"role":"user","content":"p","ts":5}],"responses":'
    nested = native.read(Comparison, raw + json.dumps(TWO).encode() + b"}", place="f:1")
    assert nested.prompt[0].meta == {"ts": 5}


def test_a_time_without_an_offset_is_utc():
    found = native.read(Judgment, line(JUDGMENT, at="2026-01-05 10:00"), place="f:1")
    assert found.at == "2026-01-05T10:00:00Z"


# --- wrong types: file, line, key, what was expected ----------------------------
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": 5}, "id: expected a text, found 5"),
        ({"id": " "}, "id: expected a text that is not empty"),
        ({"id": "x" * 513}, "id: expected at most 512 characters"),
        ({"prompt": 5}, "prompt: expected a text or a list, found 5"),
        ({"prompt": []}, "prompt: expected a text or at least one message"),
        (
            {"prompt": [{"role": "user", "content": 3}]},
            "prompt[0].content: expected a text, found 3",
        ),
        (
            {"prompt": [{"role": "user"}]},
            "prompt[0]: expected `content`, or `tool_calls` of an assistant",
        ),
        (
            {"prompt": [{"role": "boss", "content": "x"}]},
            "prompt[0].role: expected 'system', 'developer', 'user', 'assistant' "
            "or 'tool', found 'boss'",
        ),
        ({"responses": "ab"}, "responses: expected a list, found 'ab'"),
        ({"responses": []}, "responses: expected at least 1, found a list of 0"),
        (
            {"responses": [{"id": str(i), "text": ""} for i in range(10)]},
            "responses: expected at most 9, found a list of 10",
        ),
        ({"responses": [5]}, "responses[0]: expected an object like {…}, found 5"),
        (
            {"responses": [{"id": "a"}]},
            "responses[0]: expected `text` or `messages`, one of the two",
        ),
        (
            {"responses": [{"id": "a", "text": "x", "messages": []}]},
            "responses[0]: expected `text` or `messages`, one of the two",
        ),
        (
            {
                "responses": [
                    {"id": "a", "messages": [{"role": "user", "content": "x"}]}
                ]
            },
            "responses[0]: expected `messages` to end on an assistant message",
        ),
        (
            {"responses": [TWO[0], TWO[0]]},
            "response 'a' stands twice in `responses`",
        ),
        ({"labels": "x"}, "labels: expected a list, found 'x'"),
        ({"priority": 1.5}, "priority: expected a whole number, found 1.5"),
        ({"priority": True}, "priority: expected a whole number, found true"),
        (
            {"priority": 10**7},
            "priority: expected less than or equal to 1000000, found 10000000",
        ),
        ({"topic": None, "language": 1}, "language: expected a text, found 1"),
        (
            {"gold": {"ranking": [["a"], ["z"]]}},
            "gold.ranking: unknown response 'z'; expected 'a', 'b'",
        ),
        (
            {"gold": {"ranking": [["a"]]}},
            "gold.ranking: response 'b' is missing from the ranking",
        ),
        (
            {"gold": {"ranking": [["a"], ["b"]], "who": "x"}},
            "gold.who: is a key that is not known here, found 'x'",
        ),
        ({"meta": []}, "meta: expected an object, found a list of 0"),
        (
            {"meta": {"x": 1}, "x": 2},
            "meta: 'x' stands beside `meta` and in it; expected one",
        ),
    ],
)
def test_a_wrong_comparison_says_key_and_expectation(changes, said):
    assert faults(Comparison, line(COMPARISON, **changes)) == [f"f.jsonl:7: {said}"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"annotator": None}, "annotator: expected a text, found null"),
        ({"ranking": "a>b"}, "ranking: expected a list, found 'a>b'"),
        ({"ranking": ["a", ["b"]]}, "ranking[0]: expected a list, found 'a'"),
        ({"ranking": [[1], ["b"]]}, "ranking[0][0]: expected a text, found 1"),
        ({"margin": 4}, "margin: expected 1, 2 or 3, found 4"),
        ({"margin": "2"}, "margin: expected 1, 2 or 3, found '2'"),
        (
            {"ranking": [["a", "b"]], "margin": 1},
            "a tie has no `margin`; expected null",
        ),
        ({"margin": True}, "margin: expected 1, 2 or 3, found true"),
        (
            {"seconds": 1.7e308},
            "seconds: expected less than or equal to 31536000, found 1.7e+308",
        ),
        (
            {"ratings": {"a": {"c": -1e308}}},
            "ratings.a.c: expected greater than or equal to -1000000, found -1e+308",
        ),
        ({"none_acceptable": 1}, "none_acceptable: expected true or false, found 1"),
        ({"reasons": ["x"]}, "reasons: expected an object, found a list of 1"),
        ({"reasons": {"a": "x"}}, "reasons.a: expected a list, found 'x'"),
        ({"ratings": {"a": 5}}, "ratings.a: expected an object, found 5"),
        ({"ratings": {"a": {"c": "5"}}}, "ratings.a.c: expected a number, found '5'"),
        ({"note": {}}, "note: expected a text, found an object"),
        (
            {"seconds": -1},
            "seconds: expected greater than or equal to 0, found -1",
        ),
        ({"seconds": "3"}, "seconds: expected a number, found '3'"),
        ({"at": "yesterday"}, "at: expected a time like 2026-01-31T12:00:00Z"),
        ({"at": 5}, "at: expected a text, found 5"),
        (
            {"at": "9999-12-31T23:59:59-23:59"},
            "at: expected a time like 2026-01-31T12:00:00Z",
        ),
        (
            {"occasion": -1},
            "occasion: expected greater than or equal to 0, found -1",
        ),
        (
            {"source": "robot"},
            "source: expected 'person', 'model', 'implicit' or 'imported', "
            "found 'robot'",
        ),
        ({"id": ""}, "id: expected a text that is not empty"),
        (
            {"note": 10**400},
            "note: expected a text, found a number of 401 digits",
        ),
        (
            {"margin": "x" * 100},
            "margin: expected 1, 2 or 3, found a text of 100 characters",
        ),
    ],
)
def test_a_wrong_judgment_says_key_and_expectation(changes, said):
    assert faults(Judgment, line(JUDGMENT, **changes)) == [f"f.jsonl:7: {said}"]


def test_one_wrong_rating_is_one_fault():
    event = {"event_id": "e", "type": "thumbs", "at": "2026-01-05T00:00:00Z"}
    said = "rating: expected 'up', 'down' or a whole number, found 'sideways'"
    raw = line(event, message_id="m", rating="sideways")
    assert faults(Event, raw) == [f"f.jsonl:7: {said}"]


@pytest.mark.parametrize("key", ["id", "prompt", "responses"])
def test_a_missing_key_is_named(key):
    record = {k: v for k, v in COMPARISON.items() if k != key}
    assert faults(Comparison, line(record)) == [f"f.jsonl:7: {key}: is missing"]


def test_every_fault_of_a_line_is_told():
    assert faults(Judgment, b'{"ranking":5,"margin":9}') == [
        "f.jsonl:7: comparison: is missing",
        "f.jsonl:7: annotator: is missing",
        "f.jsonl:7: ranking: expected a list, found 5",
        "f.jsonl:7: margin: expected 1, 2 or 3, found 9",
    ]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"[]", "expected an object like {…}, found a list of 0"),
        (b'"x"', "expected an object like {…}, found 'x'"),
        (b"{", "is not JSON: EOF while parsing an object at column 1"),
        (b'{"a":1} x', "is not JSON: trailing characters at column 9"),
        (b"{'a':1}", "is not JSON: key must be a string at column 2"),
        (b'{"id":"\xe9"}', "is not UTF-8 (byte 8); expected UTF-8 text"),
        (b'{"id":"\xed\xa0\x80"}', "is not UTF-8 (byte 8); expected UTF-8 text"),
        (
            b'{"id":"\\ud800"}',
            "id: holds half of a surrogate pair; expected whole characters",
        ),
    ],
)
def test_what_is_no_json_object_is_refused(raw, said):
    assert faults(Comparison, raw) == [f"f.jsonl:7: {said}"]


def test_deep_nesting_is_refused_before_it_hurts():
    deep = line(COMPARISON)[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    (said,) = faults(Comparison, deep)
    assert "recursion limit exceeded" in said


def test_a_number_of_a_million_digits_is_refused_at_once():
    huge = line(COMPARISON)[:-1] + b',"x":' + b"9" * 1_000_000 + b"}"
    (said,) = faults(Comparison, huge)
    assert "number out of range" in said


# --- what JSON readers pass over ---------------------------------------------------
@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'"x":"a\\u0000b"', "x: holds the character U+0000, which no text may"),
        (b'"x":{"y":["\\u0000"]}', "x.y[0]: holds the character U+0000"),
        (b'"a\\u0000b":1', "holds the character U+0000"),
        (b'"x":NaN', "x: nan is not a JSON number"),
        (b'"x":[-Infinity]', "x[0]: -inf is not a JSON number"),
        (b'"x":1e999', "x: inf is not a JSON number"),
        (b'"x":18446744073709551616', "x: expected a whole number of at most 64 bits"),
        (b'"x":1,"x":2', "x: stands twice in one object; expected it once"),
        (b'"x":1,"x"\r:2', "x: stands twice in one object; expected it once"),
        (b'"x":1,"x":"\\u0022:"', "x: stands twice in one object"),
        (b'"x":"\\":","x":2', "x: stands twice in one object; expected it once"),
        (b'"x":{"y":1,"y":1}', "y: stands twice in one object; expected it once"),
        (b'"x":1,"x":2,"z":"\\u0022:"', "x: stands twice in one object"),
        (b'"x":1,"x":2,"z":"\\"\\u003A"', "x: stands twice in one object"),
    ],
)
def test_what_could_not_be_kept_as_it_is_is_refused(raw, said):
    (found,) = faults(Comparison, line(COMPARISON)[:-1] + b"," + raw + b"}")
    assert found.startswith(f"f.jsonl:7: {said}")


@pytest.mark.parametrize(
    "raw",
    [
        b'"x":"NaN and Infinity"',
        b'"x":"\\\\u0000"',
        b'"x":18446744073709551615',
        b'"x":-9223372036854775808',
        b'"x":"1e999"',
        b'"x":1e300',
    ],
)
def test_what_only_looks_like_it_is_kept(raw):
    found = native.read(Comparison, line(COMPARISON)[:-1] + b"," + raw + b"}", place="")
    assert found.meta == {"x": json.loads(b"{" + raw + b"}")["x"]}


# --- byte-exact --------------------------------------------------------------------
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(text, text, text)
def test_every_other_character_is_kept(prompt, answer, other):
    record = {
        "id": "c1",
        "prompt": prompt,
        "responses": [{"id": "a", "text": answer}, {"id": "b", "text": "y"}],
        "odd": other,
    }
    for ascii_only in (True, False):
        raw = json.dumps(record, ensure_ascii=ascii_only).encode()
        found = native.read(Comparison, raw, place="f:1")
        again = Comparison.model_validate_json(
            found.model_dump_json(exclude_defaults=True)
        )
        assert again == found
        assert found.prompt[0].content == prompt
        assert found.response("a").text == answer
        assert found.meta == {"odd": other}
