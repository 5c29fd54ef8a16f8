"""People who are forgotten: no name is left, and everything they did still stands."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Actor, Person, Role
from adjudge.errors import (
    BadFileError,
    InvalidInputError,
    NotAllowedError,
    RefusedError,
    UnknownError,
)
from adjudge.services import auditlog, exporting
from adjudge.services.campaign import campaigns, queueing
from adjudge.services.exporting import comparing, datasets, verifying
from adjudge.services.measuring import agreement
from adjudge.services.people import messages, people, standing
from adjudge.services.work import judging
from adjudge.storage import forgetting
from adjudge.storage.engine import integrity
from adjudge.storage.tables import whole_schema

NAME = "zaphod-canary"
A, B = [["a"], ["b"]], [["b"], ["a"]]


@pytest.fixture
def working(bench, lead, bring_in, comparison_of, judgment_of, judge):
    """A store in which somebody did a bit of everything."""
    bring_in(
        bench,
        "people",
        [
            {"name": NAME, "role": "expert", "expertise": {"*": 2.0}},
            {"name": "lea", "role": "lead"},
        ],
    )
    pairs = [comparison_of(f"c{i}") for i in range(6)]
    bring_in(bench, "comparisons", pairs, queue="q")
    lines = [
        judgment_of(f"c{i}", who, A if (i + j) % 3 else B)
        for i in range(4)
        for j, who in enumerate((NAME, "bob", "cy"))
    ]
    bring_in(bench, "judgments", lines, queue="q")
    judge(bench, Actor(name=NAME, role=Role.EXPERT))
    messages.send(bench, lead, NAME, "hello")
    rewrite = {
        "task": "t1",
        "prompt": "question",
        "original": {"id": "r", "text": "worse"},
        "annotator": NAME,
        "approved_by": "rex",
        "text": "better",
    }
    bring_in(bench, "rewrites", [rewrite], queue="rw")
    return bench


def everything(bench):
    """Write down every value of every table."""
    with bench.store.read() as unit:
        return "\n".join(
            f"{name}: {row}"
            for name in sorted(whole_schema().tables)
            for row in unit.all(f'SELECT * FROM "{name}"')
        )


_ELSEWHERE = {("log_entry", "actor"), ("deed", "actor"), ("person", "name")}
_NAMED = {
    "annotator", "person", "by_person", "reviewer", "fixed_by", "owner", "opened_by",
    "closed_by", "added_by", "actor", "author", "assigned_to", "granted_by",
}  # fmt: skip


def test_every_column_that_names_a_person_is_known():
    """A table that is added later must say where it names people."""
    found = {
        (table.name, column.name)
        for table in whole_schema().tables.values()
        for column in table.columns
        if column.name in _NAMED
        or any(k.target_fullname == "person.name" for k in column.foreign_keys)
    }
    known = {(t, c) for t, columns in forgetting.NAMES.items() for c in columns}
    gone = set(forgetting.GONE.items())
    assert found | {("person", "name")} == known | gone | _ELSEWHERE


def test_no_name_is_left_and_everything_stands(working, lead):
    bench = working
    numbers = agreement.agree(bench, lead, "q")
    states = queueing.show(bench, lead, "q").states
    assert NAME in everything(bench)
    done = people.forget(bench, lead, NAME, why="they asked")
    left = everything(bench)
    assert NAME not in left
    assert bench.pseudonym(NAME) not in left
    assert done.places["judgment"] == 5
    assert done.places["rewrite"] == 1
    assert done.places["log"] > 0
    assert queueing.show(bench, lead, "q").states == states
    again = agreement.agree(bench, lead, "q")
    assert again["winner"] == numbers["winner"]
    assert {p["a"] for p in again["pairs"]} | {p["b"] for p in again["pairs"]} == {
        "bob",
        "cy",
        done.alias,
    }
    with bench.store.read() as unit:
        assert integrity.broken(unit) == []
        assert people.people.find(unit, done.alias).expertise == {"*": 2.0}


def test_the_log_holds_and_says_that_somebody_was_forgotten(working, lead):
    before = auditlog.verify(working, lead)
    assert before.bad is None
    done = people.forget(working, lead, NAME, why="they asked")
    after = auditlog.verify(working, lead)
    assert (after.bad, after.why) == (None, "")
    assert after.entries > before.entries
    last = next(e for e in auditlog.show(working, lead) if e.act != "seal")
    assert (last.act, last.actor, last.object) == ("people.forget", "lea", done.alias)


def test_lineage_stays_coherent_in_versions_before_and_after(working, lead, tmp_path):
    bench = working
    options = exporting.ExportOptions(accept_low_agreement=True, name="n")
    one = exporting.export(bench, lead, str(tmp_path / "one"), options)
    done = people.forget(bench, lead, NAME, why="they asked")
    assert done.datasets == [one.digest]
    for config in ("preference", "annotations", "sft"):
        file = tmp_path / "one" / config / "train-00000-of-00001.jsonl"
        found = datasets.why(bench, lead, f"{file}:1")
        named = {j["annotator"] for j in found["judgments"]}
        if config == "sft":
            author = found["rewrite"]["author"]
            assert (author["pseudonym"], author["weight"]) == (done.pseudonym, 2.0)
            named.add(author["name"])
        assert done.alias in named
    exporting.export(bench, lead, str(tmp_path / "two"), options)
    verifying.verify(str(tmp_path / "two"))
    text = "".join(p.read_text() for p in (tmp_path / "two").rglob("*") if p.is_file())
    assert NAME not in text
    assert bench.pseudonym(NAME) not in text
    assert done.pseudonym in text
    folders = (str(tmp_path / name) for name in ("one", "two"))
    found = comparing.diff(bench, lead, *folders)
    kinds = {d["config"] for d in found["rows"]}
    # Their rewrites have another key now; of judgments only who made them changed.
    assert kinds == {"annotations", "preference", "sft", "cases"}


def test_a_forgotten_person_comes_back_as_somebody_new(
    working, lead, bring_in, judgment_of
):
    people.forget(working, lead, NAME, why="they asked")
    with pytest.raises(UnknownError):
        people.identify(working, NAME)
    people.add(working, lead, Person(name=NAME, role=Role.ANNOTATOR))
    assert people.identify(working, NAME).role is Role.ANNOTATOR
    total = bring_in(working, "judgments", [judgment_of("c5", NAME)], queue="q")
    assert (total.added, total.forgotten) == (1, 0)


def test_no_file_brings_a_forgotten_name_back(
    working, lead, bring_in, judgment_of, tmp_path
):
    """The file that they came with is often imported again, with what is new in it."""
    people.forget(working, lead, NAME, why="they asked")
    before = results(working)
    said = [judgment_of(f"c{i}", NAME, A) for i in range(6)]
    total = bring_in(working, "judgments", [*said, judgment_of("c4", "dee")], queue="q")
    assert (total.added, total.forgotten, total.rejected) == (1, 6, 0)
    assert total.as_json()["forgotten"] == 6
    rewrite = {"prompt": "q", "original": {"id": "r", "text": "bad"}, "text": "good"}
    told = [
        {"task": "t8", "annotator": NAME, **rewrite},
        {"task": "t9", "annotator": "rex", "approved_by": NAME, **rewrite},
    ]
    assert bring_in(working, "rewrites", told, queue="rw").forgotten == 2
    person = {"name": NAME, "role": "annotator"}
    assert bring_in(working, "people", [person]).forgotten == 1
    campaign = tmp_path / "campaign.toml"
    campaign.write_text(
        f'[campaign]\nname = "ours"\n[[people]]\nname = "{NAME}"\nrole = "expert"\n'
    )
    with pytest.raises(
        BadFileError, match=r"campaign.toml:4: people\[0\].name: .*forg"
    ):
        campaigns.apply(working, lead, str(campaign))
    assert NAME not in everything(working)
    assert results(working)[:4] == before[:4]
    with working.store.read() as unit:
        assert integrity.broken(unit) == []


def results(bench):
    """List who judged what, as the store holds it."""
    with bench.store.read() as unit:
        return unit.all(
            "SELECT comparison_id, annotator FROM judgment ORDER BY comparison_id, 2"
        )


def test_a_window_that_was_open_brings_no_name_back(working, lead):
    there = people.identify(working, NAME)
    people.forget(working, lead, NAME, why="they asked")
    with pytest.raises(NotAllowedError, match="here any more"):
        judging.claim(working, there, "q")
    assert NAME not in everything(working)


def test_only_another_lead_forgets_and_says_why(working, lead, ann):
    with pytest.raises(NotAllowedError):
        people.forget(working, ann, NAME, why="x")
    with pytest.raises(InvalidInputError, match="say why"):
        people.forget(working, lead, NAME, why=" ")
    with pytest.raises(RefusedError, match="themselves"):
        people.forget(working, lead, "lea", why="x")
    with pytest.raises(UnknownError, match="nobody called"):
        people.forget(working, lead, "nobody", why="x")
    assert NAME in everything(working)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE judgment SET ranking = '1>0'",
        "UPDATE judgment SET annotator = 'bob', ranking = '0=1'",
        "UPDATE judgment SET annotator = 'bob' WHERE annotator = 'cy'",
        "DELETE FROM judgment",
        "DELETE FROM log_entry",
        "UPDATE log_entry SET act = 'nothing'",
        f"UPDATE log_entry SET actor = 'bob' WHERE actor <> '{NAME}'",
        "UPDATE deed SET payload = 'nothing'",
        "UPDATE person_step SET at = '2020-01-01T00:00:00Z'",
        f"UPDATE person_step SET by_person = 'bob' WHERE by_person <> '{NAME}'",
        "DELETE FROM person_step",
    ],
)
def test_forgetting_opens_nothing_else(working, lead, statement):
    standing.pause(working, lead, "bob", why="a rest")

    def tamper():
        with working.store.write() as unit:
            unit.run(
                "INSERT INTO fact (name, value) VALUES ('forgetting', :name)", name=NAME
            )
            unit.run(statement)

    with pytest.raises(Exception, match="never"):
        tamper()
