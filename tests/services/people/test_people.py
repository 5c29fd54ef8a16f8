"""Adding people: a name is what the others tell a person by."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Person
from adjudge.errors import ConflictError, InvalidInputError
from adjudge.services.people import people


@pytest.mark.parametrize(
    "name", [" ann", "a\nb", "a\x1b[31m", "a\u202eb", "a\u200bb", "x" * 65]
)
def test_a_name_holds_nothing_that_nobody_sees(bench, lead, name):
    with pytest.raises(InvalidInputError, match=r"is no name|1 to 64 characters"):
        people.add(bench, lead, Person(name=name))


def test_two_people_are_told_apart_by_their_names(bench, lead):
    people.add(bench, lead, Person(name="zo\u00eb"))
    with pytest.raises(ConflictError, match="reads like"):
        people.add(bench, lead, Person(name="zoe\u0308"))
    assert people.add(bench, lead, Person(name="zo\u00eb")) == "unchanged"
    assert people.add(bench, lead, Person(name="Zoe")) == "added"
