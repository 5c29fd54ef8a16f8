"""What users' ratings say of answers, for exports that ask for it."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from adjudge.storage.feedback import SEEN, STANDING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.storage.engine.store import Unit


class Thumbed(NamedTuple):
    """An answer that users rated.

    Attributes:
        ups: Events that rate it up, as they stand; so are the downs.
        consents: What the answer and all its ratings state.
        withdrawn: Whether the answer's user, or one who rated it, took consent back.
        has_words: Whether its text is kept.
    """

    answer: str
    topic: str | None
    model: str | None
    conversation: str | None
    ups: tuple[str, ...]
    downs: tuple[str, ...]
    consents: frozenset[str]
    withdrawn: bool
    has_words: bool


_A, _M, _L = (SEEN.replace("<t>", name) for name in "aml")
# A rating is of the generation it names, else of the newest one of its message.
_MEANT = (
    "(f.response_id = a.response_id OR (NOT EXISTS (SELECT 1 FROM answer m "
    "WHERE m.message_id = f.message_id AND m.response_id = f.response_id "
    f"AND {_M}) AND NOT EXISTS (SELECT 1 FROM answer l "
    "WHERE l.message_id = a.message_id AND (l.at > a.at OR (l.at = a.at "
    f"AND l.event_id > a.event_id)) AND {_L})))"
)


def answers(unit: Unit) -> Iterator[Thumbed]:
    """Stream the answers that stand rated up or down, by the ids of their events."""
    rows = unit.stream(
        "SELECT a.event_id, a.topic, a.model, a.conversation_id, a.consent, "
        "CASE WHEN aw.user_id IS NULL AND fw.user_id IS NULL THEN 0 ELSE 1 END, "
        "CASE WHEN x.body IS NULL THEN 0 ELSE 1 END, f.event_id, s.polarity, f.consent "
        f"FROM ({STANDING}) s JOIN feedback f ON f.event_id = s.event_id "
        f"JOIN answer a ON a.message_id = f.message_id AND {_A} "
        "LEFT JOIN text x ON x.id = a.text_id "
        "LEFT JOIN withdrawn_user fw ON fw.user_id = f.user_id "
        "LEFT JOIN withdrawn_user aw ON aw.user_id = a.user_id "
        f"WHERE s.polarity IN (1, -1) AND {_MEANT} ORDER BY a.event_id, f.event_id"
    )
    for _, found in groupby(rows, key=itemgetter(0)):
        same = list(found)
        answer, topic, model, conversation, consent, _, has_words, *_ = same[0]
        yield Thumbed(
            answer,
            topic,
            model,
            conversation,
            ups=tuple(row[7] for row in same if row[8] == 1),
            downs=tuple(row[7] for row in same if row[8] == -1),
            consents=frozenset({consent, *(row[9] for row in same)}),
            withdrawn=any(row[5] for row in same),
            has_words=bool(has_words),
        )
