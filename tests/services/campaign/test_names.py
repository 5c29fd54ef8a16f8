"""Nothing new gets a name that deceives; what has one is found by it."""

from __future__ import annotations

import pytest

from adjudge.domain.queue import Queue
from adjudge.errors import BadFileError, InvalidInputError
from adjudge.services.campaign import campaigns, guidelines, queueing
from adjudge.services.feedback import filling, triage
from adjudge.storage import queues

BAD = "q\u202egpj"
TEXT = (
    '+++\nname = "h\\u202Eelp"\nversion = 1\nkind = "compare"\ntitle = "H"\n+++\n# H\n'
)
FILE = """
[campaign]
name = "ours\\u001B"
[[people]]
name = "le\\u200Ba"
role = "lead"
[[queues]]
name = "q\\u202Egpj"
"""
AGAIN = """
[campaign]
name = "ours"
[[people]]
name = "lea"
role = "lead"
[[queues]]
name = "q\\u202Egpj"
overlap = 2
"""


def made(bench, lead):
    """Every way to call something new by a bad name, by hand."""
    asked = filling.Asked(source="downvotes")
    text = {"name": "h.md", "change": "major"}
    return (
        lambda: queueing.create(bench, lead, Queue(name=BAD)),
        lambda: triage.fill(bench, lead, BAD, asked),
        lambda: guidelines.add(bench, lead, TEXT, **text),
    )


def test_nothing_new_has_a_name_that_deceives(sqlite_bench, lead):
    for make in made(sqlite_bench, lead):
        with pytest.raises(InvalidInputError, match=r"name: .*<RLO>"):
            make()
    with sqlite_bench.store.read() as unit:
        assert queues.every(unit) == []


def test_a_campaign_file_hears_where_each_of_them_stands(sqlite_bench, lead, tmp_path):
    file = tmp_path / "c.toml"
    file.write_text(FILE)
    with pytest.raises(BadFileError) as why:
        campaigns.apply(sqlite_bench, lead, str(file))
    said = [str(fault).removeprefix(f"{file}:") for fault in why.value.faults]
    assert [line.split(": ")[:2] for line in said] == [
        ["3", "campaign.name"],
        ["5", "people[0].name"],
        ["8", "queues[0].name"],
    ]
    assert "<RLO>" in said[2]


def test_what_has_such_a_name_is_worked_in_as_before(
    sqlite_bench, lead, fill, tmp_path
):
    fill(sqlite_bench, 2, queue=BAD)  # an import keeps what it brings
    assert queueing.create(sqlite_bench, lead, Queue(name=BAD)) is False
    queueing.change(sqlite_bench, lead, BAD, overlap=1)
    assert queueing.show(sqlite_bench, lead, BAD).standing.tasks == 2
    file = tmp_path / "c.toml"
    file.write_text(AGAIN)
    campaigns.apply(sqlite_bench, lead, str(file))
    assert queueing.show(sqlite_bench, lead, BAD).queue.overlap == 2
