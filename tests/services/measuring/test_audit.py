"""Audits: what stands out does, what does not does not."""

from __future__ import annotations

import json
import random

import pytest

from adjudge.services.measuring import adjudication, auditing

A, B, TIE = [["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]


@pytest.fixture
def campaign(bring_in, comparison_of, judgment_of):
    """Let people judge by their rules: (index, sides) -> ranking and seconds."""

    def make(bench, rules, *, n=120, **others):
        asked = [comparison_of(f"c{i:03d}", **others) for i in range(n)]
        bring_in(bench, "comparisons", asked, queue="q")
        chance = random.Random(3)
        said = []
        for name, rule in rules.items():
            for i in range(n):
                shown = chance.choice([["a", "b"], ["b", "a"]])
                winner, seconds = rule(i, shown)
                ranking = (
                    TIE
                    if winner is None
                    else [[winner], ["b" if winner == "a" else "a"]]
                )
                at = f"2026-01-05T{9 + i // 60:02d}:{i % 60:02d}:00Z"
                said.append(
                    judgment_of(
                        f"c{i:03d}", name, ranking, shown=shown, seconds=seconds, at=at
                    )
                )
        bring_in(bench, "judgments", said, name="j.jsonl", queue="q")

    return make


def audited(bench, lead, *, texts=False):
    found = auditing.audit(bench, lead, "q", texts=texts)
    json.dumps(found, allow_nan=False)
    return found


def flagged(found, key):
    return [row["name"] for row in found[key]["people"] if row["flagged"]]


def careful(i, shown):
    return ("a" if (i * 7) % 5 < 3 else "b"), 30.0 + i % 9


def test_who_always_takes_the_left_is_found_and_nobody_else(bench, lead, campaign):
    coin = random.Random(5)
    campaign(
        bench,
        {
            "ann": careful,
            "bob": lambda i, shown: (
                shown[0] if coin.random() < 0.85 else shown[1],
                30,
            ),
            "cyd": careful,
        },
    )
    found = audited(bench, lead)
    assert flagged(found, "position") == ["bob"]
    assert any(f.startswith("bob chooses the left response") for f in found["findings"])


def test_who_cannot_have_read_is_found(bench, lead, campaign):
    campaign(
        bench,
        {"ann": careful, "bob": lambda i, s: (careful(i, s)[0], 0.6)},
    )
    assert flagged(audited(bench, lead), "speed") == ["bob"]


def test_a_straight_line_is_found(bench, lead, campaign):
    campaign(
        bench,
        {
            "ann": careful,
            "bob": lambda i, s: (s[0] if 20 <= i < 70 else careful(i, s)[0], 30),
        },
    )
    assert "bob" in flagged(audited(bench, lead), "straight_lining")
    assert "ann" not in flagged(audited(bench, lead), "straight_lining")


def test_who_fails_gold_is_found_by_the_sequential_test(
    bench, lead, bring_in, comparison_of, judgment_of
):
    asked = [comparison_of(f"g{i}", gold={"ranking": A}) for i in range(12)]
    bring_in(bench, "comparisons", asked, queue="q")
    said = [judgment_of(f"g{i}", "ann", A) for i in range(12)]
    said += [judgment_of(f"g{i}", "bob", A if i % 2 else B) for i in range(12)]
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    found = audited(bench, lead)
    assert flagged(found, "gold") == ["bob"]
    assert found["gold"]["everybody"]["value"] == 0.75


def test_somebody_who_changes_halfway_is_found(bench, lead, campaign):
    campaign(
        bench,
        {"ann": careful, "bob": lambda i, s: ("a" if i < 60 else None, 30)},
    )
    found = audited(bench, lead)
    assert flagged(found, "drift") == ["bob"]
    # What is said is what the numbers know.
    assert any("answers otherwise since half way" in said for said in found["findings"])


def test_what_is_said_of_gold_counts_the_judgments_on_gold(
    bench, lead, campaign, bring_in, comparison_of, judgment_of
):
    campaign(bench, {"bob": careful}, n=40)
    asked = [comparison_of(f"g{i:02d}", gold={"ranking": A}) for i in range(24)]
    bring_in(bench, "comparisons", asked, name="g.jsonl", queue="q")
    said = [
        judgment_of(f"g{i:02d}", "bob", B, at=f"2026-01-06T09:{i:02d}:00Z")
        for i in range(24)
    ]
    bring_in(bench, "judgments", said, name="k.jsonl", queue="q")
    said = audited(bench, lead)["findings"]
    words = "bob is right on gold less often than nine times in ten (24 judgments)"
    assert words in said


def test_without_times_nobody_is_said_to_have_changed(
    bench, lead, bring_in, fill, judgment_of
):
    """A file in alphabetical order is no order of judging."""
    fill(bench, 60)
    said = [judgment_of(f"c{i}", "bob", A if i < 30 else TIE) for i in range(1, 61)]
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    assert audited(bench, lead)["drift"]["people"] == []


def test_circles_among_models_of_a_prompt_are_counted(
    bench, lead, bring_in, comparison_of, judgment_of
):
    asked, said = [], []
    for i in range(25):
        for one, two in (("oak", "elm"), ("elm", "fir"), ("oak", "fir")):
            record = comparison_of(f"c{i:02d}-{one}-{two}", prompt=f"p{i}")
            record["responses"][0]["model"] = one
            record["responses"][1]["model"] = two
            asked.append(record)
            said.append(judgment_of(record["id"], "ann", A))
            circle = B if (one, two) == ("oak", "fir") else A
            said.append(judgment_of(record["id"], "bob", circle))
    bring_in(bench, "comparisons", asked, queue="q")
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    found = audited(bench, lead)["intransitivity"]["people"]
    assert [(p["name"], p["circular"]["value"], p["n"]) for p in found] == [
        ("ann", 0.0, 25),
        ("bob", 1.0, 25),
    ]
    assert [p["zeta"] for p in found] == [1.0, 0.0]
    assert [p["flagged"] for p in found] == [False, True]


def test_where_all_are_as_long_no_longer_one_wins(
    bench, lead, fill, bring_in, judgment_of
):
    fill(bench, 2)  # answer a, answer b
    bring_in(bench, "judgments", [judgment_of("c1"), judgment_of("c2")])
    found = audited(bench, lead)["length"]["longer_wins"]
    assert (found["value"], found["n"]) == (None, 0)
    assert found["reason"] == "undefined: no two responses differ in length"


def test_longer_winning_is_told_with_its_strength(
    bench, lead, bring_in, comparison_of, judgment_of
):
    chance, asked, said = random.Random(8), [], []
    for i in range(150):
        record = comparison_of(f"c{i:03d}")
        sizes = chance.sample(range(5, 60), 2)
        for response, size in zip(record["responses"], sizes, strict=True):
            response["text"] = f"{i} " + "word " * size
        asked.append(record)
        longer = "a" if sizes[0] > sizes[1] else "b"
        other = "b" if longer == "a" else "a"
        winner = longer if chance.random() < 0.8 else other
        shown = chance.choice([["a", "b"], ["b", "a"]])
        ranking = [[winner], ["b" if winner == "a" else "a"]]
        said.append(judgment_of(record["id"], "ann", ranking, shown=shown))
    bring_in(bench, "comparisons", asked, queue="q")
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    found = audited(bench, lead)
    assert 0.7 < found["length"]["longer_wins"]["value"] < 0.9
    assert found["length"]["logit"]["log_length"]["coefficient"] > 0
    assert any(f.startswith("longer responses win") for f in found["findings"])


@pytest.mark.parametrize(
    "rule",
    [
        lambda i, s: ("a", 30.0),
        lambda i, s: (None, 30.0),
        lambda i, s: (s[i % 2], 30.0),
    ],
)
def test_hostile_queues_give_words_and_no_nan(bench, lead, campaign, rule):
    campaign(bench, {"ann": rule, "bob": rule}, n=25)
    audited(bench, lead)


def test_three_judgments_flag_nobody(bench, lead, campaign):
    campaign(bench, {"ann": lambda i, s: (s[0], 0.1)}, n=3)
    found = audited(bench, lead)
    assert found["findings"] == []


def test_a_queue_nobody_judged_has_nothing_to_find(bench, lead, fill):
    fill(bench, 2)
    assert audited(bench, lead, texts=True)["findings"] == []


def test_the_reward_model_learns_in_a_process_of_its_own_and_refuses_few(
    bench, lead, campaign
):
    campaign(bench, {"ann": careful}, n=10)
    found = audited(bench, lead, texts=True)["suspicious"]
    assert "too few" in found["refused"]
    assert found["suspicious"] == []


def test_steady_people_are_rarely_flagged_however_many_they_are(bench, lead, campaign):
    """An alarm in 500 judgments would flag two or three of these."""
    chance = random.Random(2)

    def steady(i, shown):
        return chance.choice("ab"), 30.0

    campaign(bench, {f"p{k:02d}": steady for k in range(12)})
    found = audited(bench, lead)["drift"]["people"]
    assert sum(row["left_alarm_at"] is not None for row in found) >= 1
    assert [row["name"] for row in found if row["flagged"]] == []


def test_a_new_guideline_that_one_person_misread_is_found_with_their_name(
    bench, lead, bring_in, comparison_of, judgment_of
):
    """Everybody is held against themselves: under the old version they were right."""
    n = 60
    bring_in(
        bench, "comparisons", [comparison_of(f"c{i:02d}") for i in range(n)], queue="q"
    )
    said = []
    for i in range(n):
        for name in ("ann", "bob", "cy"):
            wrong = i % 10 == 0 or (name == "cy" and i >= n // 2 and i % 5)
            version = "rules@2" if i >= n // 2 else "rules@1"
            ranking = B if wrong else A
            said.append(judgment_of(f"c{i:02d}", name, ranking, guideline=version))
    bring_in(bench, "judgments", said, name="j.jsonl", queue="q")
    assert audited(bench, lead)["guideline_versions"]["reason"].startswith("fewer than")
    for i in range(n):
        why = {"why": "known", "queue": "q"}
        adjudication.adjudicate(bench, lead, f"c{i:02d}", (("a",), ("b",)), **why)
    found = audited(bench, lead)
    versions = found["guideline_versions"]
    assert (versions["old"], versions["new"]) == ("rules@1", "rules@2")
    assert versions["against"] == "adjudicated answers"
    assert versions["flagged"]
    assert flagged(found, "guideline_versions") == ["cy"]
    (cy,) = (p for p in versions["people"] if p["name"] == "cy")
    assert cy["under_old"]["value"] == pytest.approx(0.9)
    assert cy["under_new"]["value"] < 0.3
    assert any(
        line.startswith("cy is right in 90% and") and "rules@1 and rules@2" in line
        for line in found["findings"]
    )
