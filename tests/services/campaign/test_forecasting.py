"""What is left of a queue, from how people worked lately."""

import itertools

import pytest

from adjudge.domain.people import Person, Role
from adjudge.domain.routing import Eligibility
from adjudge.services.campaign import forecasting, queueing
from adjudge.services.people import people, standing
from adjudge.services.work import judging
from adjudge.storage import claims, eligibility, paces, work

DAYS = ("2026-01-02", "2026-01-03", "2026-01-04")


@pytest.fixture
def campaign(bench, lead, fill):
    """Twenty comparisons, two judgments wanted of each, two people."""
    for name in ("ann", "bob"):
        people.add(bench, lead, Person(name=name, languages=("en",)))
    queue = queueing.settings(
        name="q",
        kind="compare",
        overlap=2,
        pay={"per": "hour", "rate": 30, "currency": "EUR"},
    )
    queueing.create(bench, lead, queue)
    fill(bench, 20, language="en")


@pytest.fixture
def history(bench, bring_in, judgment_of):
    """Both made two judgments a day on three days, a minute each."""

    def run(**others):
        ids = itertools.count(1)
        records = []
        for day in DAYS:
            for _ in range(2):
                c = f"c{next(ids)}"
                records += [
                    judgment_of(c, who, at=f"{day}T10:00:00Z", seconds=60, **others)
                    for who in ("ann", "bob")
                ]
        bring_in(bench, "judgments", records, queue="q", name="history.jsonl")

    return run


def test_hours_days_and_money_follow_from_the_pace(bench, lead, campaign, history):
    history()
    found = forecasting.forecast(bench, lead, "q").as_json()
    left = {"value": 28, "low": 28, "high": 28, "n": 28, "reason": None}
    assert found["judgments"] == left
    assert found["hours"]["value"] == pytest.approx(28 / 60, abs=1e-4)
    assert (found["money"]["value"], found["money"]["currency"]) == (14, "EUR")
    # Twelve judgments in the four days from the first one until today.
    assert found["days"]["value"] == pytest.approx(28 / 3, abs=1e-3)
    assert found["days"]["n"] == 6
    assert found["pace"]["judgments_per_day"] == {"ann": 1.5, "bob": 1.5}
    assert found["bottleneck"]["people"] == ["ann", "bob"]
    assert found["bottleneck"]["days"] == pytest.approx(28 / 3, abs=1e-2)


def test_the_interval_holds_the_value_and_comes_out_again(
    bench, lead, campaign, bring_in, judgment_of
):
    records = [
        judgment_of(f"c{i}", "ann", at=f"2026-01-0{1 + i % 4}T08:00:00Z", seconds=i * 9)
        for i in range(1, 12)
    ]
    bring_in(bench, "judgments", records, queue="q")
    first = forecasting.forecast(bench, lead, "q").as_json()
    for key in ("hours", "days", "money"):
        assert first[key]["low"] < first[key]["value"] < first[key]["high"]
    assert forecasting.forecast(bench, lead, "q").as_json() == first


def test_without_recent_work_there_is_a_reason_instead(bench, lead, campaign):
    found = forecasting.forecast(bench, lead, "q").as_json()
    assert found["judgments"]["value"] == 40
    for key in ("hours", "days", "money"):
        assert found[key]["value"] is None
        assert "nobody judged here in the last 28 days" in found[key]["reason"]
    assert found["bottleneck"]["days"] is None
    assert "made none lately" in found["bottleneck"]["why"]


def test_old_work_says_nothing_about_now(bench, lead, campaign, history, clock):
    history()
    clock.tick(60 * 86_400)
    assert forecasting.forecast(bench, lead, "q").days.value is None
    assert forecasting.forecast(bench, lead, "q", days=90).days.value is not None


def test_imported_judgments_without_a_time_are_nobodys_pace(
    bench, lead, campaign, bring_in, judgment_of
):
    bring_in(bench, "judgments", [judgment_of("c1", "ann", seconds=9)], queue="q")
    assert forecasting.forecast(bench, lead, "q").hours.value is None


def test_pay_by_the_task_is_exact(bench, lead, campaign):
    pay = {"per": "task", "rate": 0.5, "currency": "USD"}
    queueing.change(bench, lead, "q", pay=pay)
    found = forecasting.forecast(bench, lead, "q").as_json()["money"]
    assert (found["value"], found["low"], found["currency"]) == (20, 20, "USD")
    queueing.change(bench, lead, "q", pay=None)
    found = forecasting.forecast(bench, lead, "q").as_json()["money"]
    assert (found["value"], found["currency"]) == (None, None)
    assert "no pay policy" in found["reason"]


def test_an_adaptive_queue_may_stop_early(bench, lead, campaign):
    adaptive = {"least": 2, "most": 5, "sure": 0.9}
    queueing.change(bench, lead, "q", adaptive=adaptive)
    found = forecasting.forecast(bench, lead, "q").as_json()["judgments"]
    assert (found["value"], found["high"]) == (100, 100)
    assert found["low"] in range(40, 70, 3)  # two each, five where drawn at random
    assert found["reason"].startswith("at most")


def test_a_person_is_missing_where_everybody_has_met_the_task(
    bench, lead, campaign, bring_in, judgment_of
):
    """Overlap three, two people: the third judgment needs somebody new."""
    queueing.change(bench, lead, "q", overlap=3)
    bring_in(bench, "judgments", [judgment_of("c1", w) for w in ("ann", "bob")])
    found = forecasting.forecast(bench, lead, "q").as_json()["bottleneck"]
    assert (found["judgments"], found["stuck"]) == (58, 20)
    people.add(bench, lead, Person(name="cyd", languages=("en",)))
    found = forecasting.forecast(bench, lead, "q").as_json()["bottleneck"]
    assert found["stuck"] == 0


def test_what_nobody_may_do_is_the_bottleneck(
    bench, lead, campaign, history, bring_in, comparison_of
):
    history()
    new = comparison_of("x1", language="fa", topic="python")
    bring_in(bench, "comparisons", [new], queue="q", name="new.jsonl")
    found = forecasting.forecast(bench, lead, "q").as_json()["bottleneck"]
    assert (found["people"], found["judgments"]) == ([], 2)
    assert found["why"] == "2 judgments (python in fa): nobody here may do them"


def test_a_finished_queue_has_no_bottleneck(bench, lead):
    queueing.create(bench, lead, queueing.settings(name="e", kind="compare"))
    found = forecasting.forecast(bench, lead, "e")
    assert (found.neck, found.why) == (None, "nothing is left")


def test_todays_share_of_harm_is_no_bottleneck(
    bench, lead, bring_in, comparison_of, ann
):
    """Who reached the daily cap goes on tomorrow."""
    people.add(bench, lead, Person(name="ann"))
    records = [comparison_of(f"c{i}", labels=["violence"]) for i in (1, 2, 3)]
    bring_in(bench, "comparisons", records, queue="q")
    standing.opt_in(bench, ann, "ann", "violence", daily_cap=1)
    assert judging.claim(bench, ann, "q")
    with bench.store.read() as unit:
        now = eligibility.of(unit, "ann", Role.ANNOTATOR, at=bench.now())
    assert now.labels == frozenset()
    found = forecasting.forecast(bench, lead, "q").as_json()["bottleneck"]
    assert found["people"] == ["ann"]


PEOPLE = {
    "plain": {"role": Role.ANNOTATOR},
    "english": {"role": Role.ANNOTATOR, "languages": ("en",)},
    "expert": {"role": Role.EXPERT, "expertise": {"python": 2.0}},
    "all": {"role": Role.EXPERT, "expertise": {"*": 1.0}, "languages": ("fa",)},
    "lea": {"role": Role.LEAD},
}


def test_a_cell_is_open_to_those_who_could_claim_from_it(
    bench, lead, bring_in, comparison_of
):
    """The forecast and the claim must not disagree about who may do what."""
    records = [
        comparison_of(f"c{i}", language=language, topic=topic, labels=labels)
        for i, (language, topic, labels) in enumerate(
            itertools.product(
                (None, "en", "en-GB", "fa"), ("python", None), ([], ["medical"])
            )
        )
    ]
    bring_in(bench, "comparisons", records, queue="q")
    for name, said in PEOPLE.items():
        people.add(bench, lead, Person(name=name, **said))
    with bench.store.write() as unit:
        unit.run("UPDATE task SET needs_expert = id % 2")
        unit.run(
            "INSERT INTO opt_in (person, label, daily_cap) "
            "VALUES ('english', 'medical', 5)"
        )
    with bench.store.read() as unit:
        cells = paces.cells(unit, "q")
        for name, said in PEOPLE.items():
            able = eligibility.of(unit, name, said["role"], at=bench.now())
            assert isinstance(able, Eligibility)
            claimant = claims.Claimant("q", name, "token", 60, able)
            counted = sum(1 for c in cells if c.is_open_to(able))
            progress = work.progress(unit, claimant, gold_rate=0.0, repeat_rate=0.0)
            assert progress == (0, counted), name
