"""Messages from a lead, and who has read them."""

from __future__ import annotations

import pytest

from adjudge.domain.people import Person, Role
from adjudge.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    UnknownError,
)
from adjudge.services.people import messages, people
from adjudge.services.work import judging


@pytest.fixture(autouse=True)
def _crew(bench, lead):
    for name, role in (("lea", "lead"), ("ann", "annotator"), ("bob", "annotator")):
        people.add(bench, lead, Person(name=name, role=Role(role)))


def _texts(bench, actor, **more):
    return [m.text for m in messages.waiting(bench, actor, **more)]


def test_a_message_waits_until_it_is_read(bench, clock, ann, bob, lead):
    sent = messages.send(bench, lead, "ann", "the new guideline is out")
    assert _texts(bench, ann) == ["the new guideline is out"]
    assert _texts(bench, bob) == []
    clock.tick(60)
    assert messages.acknowledge(bench, ann, sent.id)
    assert not messages.acknowledge(bench, ann, sent.id), "the first receipt stands"
    assert _texts(bench, ann) == []
    [found] = messages.sent(bench, lead)
    assert (found.read, found.unread) == ((("ann", "2026-01-05T09:01:00Z"),), ())


def test_a_message_to_a_queue_reaches_whoever_works_there(bench, fill, ann, bob, lead):
    fill(bench, 2)
    judging.claim(bench, ann, "q")
    messages.send(bench, lead, "q", "c7 is withdrawn")
    assert _texts(bench, ann) == ["c7 is withdrawn"]
    assert _texts(bench, bob) == []
    assert _texts(bench, bob, queue="q") == ["c7 is withdrawn"], "sitting down there"
    [found] = messages.sent(bench, lead)
    assert (found.queue, found.unread) == ("q", ("ann",))
    messages.acknowledge(bench, ann, found.id)
    [found] = messages.sent(bench, lead)
    assert [who for who, _ in found.read] == ["ann"]


def test_a_name_that_is_both_must_be_said_clearly(bench, fill, ann, lead):
    fill(bench, 1, queue="ann")
    with pytest.raises(ConflictError, match="'ann' is a person and a queue"):
        messages.send(bench, lead, "ann", "hello")
    assert messages.send(bench, lead, "ann", "hello", kind="person").person == "ann"
    assert messages.send(bench, lead, "ann", "hello", kind="queue").queue == "ann"


def test_what_cannot_be_sent_is_refused(bench, ann, lead):
    with pytest.raises(UnknownError, match="no person and no queue called 'zoe'"):
        messages.send(bench, lead, "zoe", "hello")
    with pytest.raises(InvalidInputError, match="1 to 2000 characters"):
        messages.send(bench, lead, "ann", "  ")
    with pytest.raises(NotAllowedError):
        messages.send(bench, ann, "bob", "hello")
    with pytest.raises(NotAllowedError):
        messages.sent(bench, ann)


def test_nobody_acknowledges_what_was_not_for_them(bench, bob, lead):
    sent = messages.send(bench, lead, "ann", "hello")
    with pytest.raises(UnknownError, match="no message"):
        messages.acknowledge(bench, bob, sent.id)
    with pytest.raises(UnknownError):
        messages.acknowledge(bench, bob, "nothing")


def test_a_receipt_is_never_changed(bench, ann, lead):
    sent = messages.send(bench, lead, "ann", "hello")
    messages.acknowledge(bench, ann, sent.id)
    with pytest.raises(ConflictError, match="never changed"), bench.store.write() as u:
        u.run("DELETE FROM receipt")
