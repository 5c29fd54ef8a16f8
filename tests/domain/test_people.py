"""One table says who may do what; the default is no."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from adjudge.domain.people import MAY, Act, Actor, Person, Role
from adjudge.errors import NotAllowedError

WORK = {Act.WORK, Act.SEE_QUEUES, Act.SEE_GUIDELINES}
TABLE = {
    Role.ANNOTATOR: WORK,
    Role.EXPERT: WORK | {Act.REVIEW},
    Role.LEAD: set(Act),
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("act", Act)
def test_a_role_may_what_the_table_says_and_no_more(role, act):
    actor = Actor(name="x", role=role)
    if act in TABLE[role]:
        actor.must(act)
    else:
        with pytest.raises(NotAllowedError, match=rf"x \({role}\) may not {act}"):
            actor.must(act)


def test_a_role_that_nobody_wrote_down_may_nothing():
    """Whoever adds a role and forgets the table has added a role without rights."""
    actor = Actor.model_construct(name="x", role="visitor")
    for act in Act:
        with pytest.raises(NotAllowedError):
            actor.must(act)
    assert set(MAY) == set(Role)


def test_expertise_counts_by_topic_then_for_every_topic_then_one():
    person = Person(name="x", expertise={"python": 2.0, "*": 1.5})
    assert person.weight("python") == 2.0
    assert person.weight("history") == 1.5
    assert person.weight(None) == 1.5
    assert Person(name="x").weight("python") == 1.0


@pytest.mark.parametrize("weight", [0, -1, 1001, float("nan")])
def test_a_weight_is_above_nothing_and_bounded(weight):
    with pytest.raises(ValidationError):
        Person(name="x", expertise={"*": weight})


@pytest.mark.parametrize("name", ["", "  ", "x" * 513])
def test_a_name_is_not_blank_and_not_endless(name):
    with pytest.raises(ValidationError):
        Person(name=name)
