"""A campaign in one file: planned, applied wholly or not at all, and again for free."""

import pytest

from adjudge.domain.people import Actor, Person, Role
from adjudge.errors import BadFileError, NotAllowedError, RefusedError, UnknownError
from adjudge.services.campaign import campaigns, gold, guidelines, policies, queueing
from adjudge.services.people import people, standing
from adjudge.wiring import shipped

GUIDELINE = """+++
name = "help"
version = {version}
kind = "compare"
title = "Help"
+++
# Help
{text}
"""

WHOLE = """
[campaign]
name = "ours"

[consent]
required = true

[pay]
per = "hour"
rate = 20.50

[[people]]
name = "lea"
role = "lead"

[[people]]
name = "ann"
role = "annotator"
languages = ["en"]
expertise = { python = 2.0 }

[[guidelines]]
file = "help.md"

[[queues]]
name = "q"
kind = "compare"
overlap = 2
guideline = "help"
adaptive = { least = 2, most = 4, sure = 0.9 }

[[gold]]
comparison = "c1"
ranking = [["a"], ["b"]]
why = "a is right"
"""


@pytest.fixture
def write(tmp_path):
    """Write the campaign and its guideline side by side; give the file's name."""

    def run(text=WHOLE, *, version=1, guideline="Read both."):
        body = GUIDELINE.format(version=version, text=guideline)
        (tmp_path / "help.md").write_text(body)
        path = tmp_path / "campaign.toml"
        path.write_text(text)
        return str(path)

    return run


def actions(plan):
    return {f"{s.kind} {s.name}": s.action for s in plan.steps}


# --- plan and apply --------------------------------------------------------------
def test_one_file_makes_a_campaign(bench, lead, write):
    plan = campaigns.apply(bench, lead, write())
    assert actions(plan) == {
        "campaign ours": "create",
        "person lea": "create",
        "person ann": "create",
        "guideline help@1": "create",
        "queue q": "create",
        "gold c1": "wait",
    }
    (queue, _), *_ = queueing.listed(bench, lead)
    assert (queue.overlap, queue.wanted, queue.guideline) == (2, 2, "help")
    assert (str(queue.pay.rate), queue.pay.currency) == ("20.5", "EUR")
    ann = next(p for p in people.everybody(bench, lead) if p.name == "ann")
    assert (ann.login, ann.languages, ann.expertise) == (True, ("en",), {"python": 2.0})
    with bench.store.read() as unit:
        assert policies.consent(unit).required


def test_applied_again_it_changes_nothing(bench, lead, write):
    file = write()
    campaigns.apply(bench, lead, file)
    plan = campaigns.apply(bench, lead, file)
    assert plan.counts == {"create": 0, "change": 0, "unchanged": 5, "wait": 1}


def test_a_check_keeps_nothing(bench, lead, write):
    plan = campaigns.check(bench, lead, write())
    assert plan.counts["create"] == 5
    assert not plan.kept
    assert queueing.listed(bench, lead) == []
    assert guidelines.listed(bench, lead) == []
    assert people.everybody(bench, lead) == []


def test_the_plan_says_what_becomes_of_each_setting(bench, lead, write):
    campaigns.apply(bench, lead, write())
    changed = (
        WHOLE.replace("overlap = 2", "overlap = 3")
        .replace("python = 2.0", "python = 2.5, sql = 1.5")
        .replace("rate = 20.50", "rate = 22")
    )
    plan = campaigns.apply(bench, lead, write(changed))
    found = {
        s.name: {(d.key, d.before, d.after) for d in s.differences} for s in plan.steps
    }
    assert found["q"] == {("overlap", "2", "3"), ("pay.rate", "20.5", "22")}
    assert found["ann"] == {
        ("expertise.python", "2.0", "2.5"),
        ("expertise.sql", None, "1.5"),
    }
    assert found["ours"] == set()


def test_what_the_file_does_not_say_stays(bench, lead, write):
    """A lead changed settings by hand that the file leaves open."""
    campaigns.apply(bench, lead, write())
    queueing.change(bench, lead, "q", repeat_rate=0.2)
    people.declare_expertise(bench, lead, "ann", "sql", 3.0)
    plan = campaigns.apply(bench, lead, write())
    assert plan.counts["change"] == 0
    assert queueing.show(bench, lead, "q").queue.repeat_rate == 0.2


def test_a_major_version_of_the_guideline_suspends_gold(
    bench, lead, *, write, fill, bring_in, comparison_of
):
    campaigns.apply(bench, lead, write())
    golden = comparison_of("g1", gold={"ranking": [["a"], ["b"]]})
    bring_in(bench, "comparisons", [golden], queue="q")
    plan = campaigns.apply(bench, lead, write(version=2, guideline="Read twice."))
    step = next(s for s in plan.steps if s.kind == "guideline")
    assert (step.name, step.action) == ("help@2", "change")
    assert guidelines.suspended(bench, lead, "help") == {"q": 1}


# --- gold ---------------------------------------------------------------------------
def test_gold_waits_for_its_comparison_then_is_made_once(bench, lead, write, fill):
    file = write()
    campaigns.apply(bench, lead, file)
    fill(bench, 2)
    plan = campaigns.apply(bench, lead, file)
    assert actions(plan)["gold c1 in q"] == "create"
    assert actions(campaigns.apply(bench, lead, file))["gold c1 in q"] == "unchanged"
    (row,) = gold.listed(bench, lead, "q")
    assert (row["ranking"], row["why"]) == ((("a",), ("b",)), "a is right")

    other = write(WHOLE.replace('[["a"], ["b"]]', '[["b"], ["a"]]'))
    step = campaigns.apply(bench, lead, other).steps[-1]
    assert [(d.before, d.after) for d in step.differences] == [("a > b", "b > a")]
    (row,) = gold.listed(bench, lead, "q")
    assert row["ranking"] == (("b",), ("a",))


def test_gold_must_fit_its_comparison(bench, lead, write, fill):
    fill(bench, 1)
    for ranking, problem in (
        ('[["a"], ["c"]]', "unknown response 'c'"),
        ('[["a", "b"]]', "asserts nothing"),
    ):
        file = write(WHOLE.replace('[["a"], ["b"]]', ranking))
        with pytest.raises(BadFileError, match=problem) as refused:
            campaigns.apply(bench, lead, file)
        assert refused.value.faults[0].key == "gold[0].ranking"


# --- refusals -------------------------------------------------------------------------
def test_every_fault_has_file_line_key_and_expectation(bench, lead, write):
    file = write(
        WHOLE.replace("overlap = 2", 'overlap = "two"')
        .replace('role = "annotator"', 'role = "boss"')
        .replace("required = true", "requird = true")
    )
    with pytest.raises(BadFileError) as refused:
        campaigns.apply(bench, lead, file)
    assert [str(f).replace(file, "F") for f in refused.value.faults] == [
        "F:6: consent.requird: is a key that is not known here, found true",
        "F:18: people[1].role: expected one of annotator, expert, lead, found 'boss'",
        "F:28: queues[0].overlap: expected a whole number, found 'two'",
    ]


def test_references_to_nothing_are_faults_too(bench, lead, write):
    file = write(WHOLE.replace('guideline = "help"', 'guideline = "halp"'))
    with pytest.raises(BadFileError, match=r"queues\[0\].guideline: expected a guid"):
        campaigns.apply(bench, lead, file)
    file = write(WHOLE.replace('file = "help.md"', 'file = "gone.md"'))
    with pytest.raises(BadFileError, match=r":23: guidelines\[0\].file: expected a fi"):
        campaigns.read(file)


def test_a_name_stands_once(write):
    with pytest.raises(BadFileError, match=r"people\[2\].name: 'ann' stands twice"):
        campaigns.read(write(WHOLE + '\n[[people]]\nname = "ann"\n'))


def test_a_broken_file_says_where(write):
    with pytest.raises(BadFileError, match=r"campaign.toml:3: is not TOML"):
        campaigns.read(write("\n[campaign]\nname = \n"))
    with pytest.raises(UnknownError, match="there is no file"):
        campaigns.read("nowhere.toml")


def test_all_or_nothing(bench, lead, write):
    """The last step fails; nothing of the steps before it stays."""
    queueing.create(bench, lead, queueing.settings(name="q", kind="compare"))
    file = write(WHOLE.replace('"help"', '"halp"'))
    with pytest.raises(BadFileError):
        campaigns.apply(bench, lead, file)
    assert people.everybody(bench, lead) == []
    assert guidelines.listed(bench, lead) == []


def test_a_queue_with_tasks_keeps_its_kind(bench, lead, write, fill):
    fill(bench, 1)
    other = WHOLE.replace('kind = "compare"', 'kind = "rate"')
    file = write(other.replace("adaptive = { least = 2, most = 4, sure = 0.9 }\n", ""))
    with pytest.raises(BadFileError, match="expected 'compare' while the queue holds"):
        campaigns.apply(bench, lead, file)


def test_a_version_with_another_text_is_refused_with_its_line(bench, lead, write):
    campaigns.apply(bench, lead, write())
    with pytest.raises(BadFileError, match=r":23: guidelines\[0\].file: guideline h"):
        campaigns.apply(bench, lead, write(guideline="Something else."))


def test_somebody_stays_lead(bench, lead, write):
    people.add(bench, lead, Person(name="lea", role=Role.LEAD))
    file = write(WHOLE.replace('role = "lead"', 'role = "expert"'))
    with pytest.raises(RefusedError, match="nobody would be lead"):
        campaigns.apply(bench, lead, file)


def test_only_a_lead_applies(bench, write):
    ann = Actor(name="ann", role=Role.ANNOTATOR)
    with pytest.raises(NotAllowedError):
        campaigns.check(bench, ann, write())


def test_clearances_come_with_the_file_and_are_remembered(bench, lead, write):
    """A clearance without an end, one with; the second apply changes one end."""
    said = "clearances = { pii = true, medical = 2026-06-30 }"
    file = write(WHOLE.replace('languages = ["en"]', said))
    campaigns.apply(bench, lead, file)
    assert campaigns.apply(bench, lead, file).counts["change"] == 0
    found = standing.of(bench, lead, "ann")
    assert [(c.label, c.until) for c in found.clearances] == [
        ("medical", "2026-06-30T23:59:59Z"),
        ("pii", None),
    ]
    later = said.replace("06-30", "09-30")
    plan = campaigns.apply(
        bench, lead, write(WHOLE.replace('languages = ["en"]', later))
    )
    (step,) = [s for s in plan.steps if s.action == "change"]
    assert [(d.key, d.after) for d in step.differences] == [
        ("clearances.medical", "2026-09-30T23:59:59Z")
    ]
    assert [s.kind for s in standing.of(bench, lead, "ann").history] == ["cleared"] * 3


def test_somebody_who_came_with_judgments_gets_a_login(
    bench, lead, *, write, fill, bring_in, judgment_of
):
    fill(bench, 1)
    bring_in(bench, "judgments", [judgment_of("c1", "ann")], queue="q")
    plan = campaigns.apply(bench, lead, write())
    step = next(s for s in plan.steps if s.name == "ann")
    assert ("login", "false", "true") in {
        (d.key, d.before, d.after) for d in step.differences
    }


# --- the sample -----------------------------------------------------------------------
def test_the_sample_campaign_describes_the_sample(bench, lead):
    sample = shipped.folder("fixtures") / "sample"
    plan = campaigns.apply(bench, lead, str(sample / "campaign.toml"))
    assert plan.counts == {"create": 13, "change": 0, "unchanged": 0, "wait": 4}
