"""What triage asks of the events: complaints with their answers, ratings, go-ons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.record import canonical
from adjudge.storage.feedback import SEEN, STANDING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adjudge.storage.engine.store import Unit

_F, _A = SEEN.replace("<t>", "f"), SEEN.replace("<t>", "a")
_ANSWER = (
    "a.event_id, a.response_id, a.at, a.consent, a.text_id, aw.user_id, a.model, "
    "a.model_version, a.deployment, a.prompt_version, a.topic, a.locale, "
    "a.user_group, a.tenant_id, a.experiment, a.variant, a.user_id"
)
_VALUES = (
    "model",
    "model_version",
    "deployment",
    "prompt_version",
    "topic",
    "locale",
    "user_group",
    "tenant",
    "experiment",
    "variant",
)
_COMPLAINT = (
    "SELECT f.event_id, f.message_id, f.response_id, f.rater, f.user_id, f.at, "
    "f.reasons, f.has_words, f.consent, fw.user_id, f.target, f.kind, "
    f"{_ANSWER} FROM feedback f "
    f"LEFT JOIN answer a ON a.message_id = f.message_id AND {_A} "
    "LEFT JOIN withdrawn_user fw ON fw.user_id = f.user_id "
    "LEFT JOIN withdrawn_user aw ON aw.user_id = a.user_id "
)


@dataclass(frozen=True)
class Answer:
    """One generation of an answer, without its words."""

    event_id: str
    response_id: str | None
    at: str
    consent: str
    has_words: bool
    withdrawn: bool
    values: dict[str, str | None]
    user_id: str | None


@dataclass(frozen=True)
class Complaint:
    """One event about an answer, with the generation it is about, if we have it."""

    event_id: str
    message_id: str
    rater: str
    user_id: str | None
    at: str
    reasons: tuple[str, ...]
    has_words: bool
    consent: str
    withdrawn: bool
    target: str | None
    kind: str
    answer: Answer | None


def downvotes(unit: Unit) -> Iterator[Complaint]:
    """Stream ratings that stand and are down."""
    which = (
        f"JOIN ({STANDING}) s ON s.event_id = f.event_id WHERE s.polarity = -1 "
        "ORDER BY f.event_id"
    )
    # The subquery comes first: it decides which rows there are.
    return _grouped(unit, _COMPLAINT + which)


def of_kind(unit: Unit, kind: str) -> Iterator[Complaint]:
    """Stream events of one kind."""
    which = f"WHERE f.kind = :kind AND {_F} ORDER BY f.event_id"
    return _grouped(unit, _COMPLAINT + which, kind=kind)


def _grouped(unit: Unit, statement: str, **values: Any) -> Iterator[Complaint]:
    """Take the rows of one event together: an answer may have several generations."""
    rows: list[tuple[Any, ...]] = []
    for row in unit.stream(statement, **values):
        if rows and rows[0][0] != row[0]:
            yield _complaint(rows)
            rows = []
        rows.append(row)
    if rows:
        yield _complaint(rows)


def _complaint(rows: list[tuple[Any, ...]]) -> Complaint:
    head = rows[0]
    answers = [_answer(row[12:]) for row in rows if row[12] is not None]
    meant = [a for a in answers if head[2] is not None and a.response_id == head[2]]
    newest = max(meant or answers, key=lambda a: (a.at, a.event_id), default=None)
    return Complaint(
        event_id=head[0],
        message_id=head[1],
        rater=head[3],
        user_id=head[4],
        at=head[5],
        reasons=tuple(orjson.loads(head[6])),
        has_words=bool(head[7]),
        consent=head[8],
        withdrawn=head[9] is not None,
        target=head[10],
        kind=head[11],
        answer=newest,
    )


def _answer(row: tuple[Any, ...]) -> Answer:
    return Answer(
        event_id=row[0],
        response_id=row[1],
        at=row[2],
        consent=row[3],
        has_words=row[4] is not None,
        withdrawn=row[5] is not None,
        values=dict(zip(_VALUES, row[6:16], strict=True)),
        user_id=row[16],
    )


def ratings(
    unit: Unit,
) -> Iterator[tuple[str, str, str, str, int | None, bool, str]]:
    """Stream ratings: id, rater, message, time, polarity, standing, words."""
    for event_id, rater, message, at, polarity, place, body in unit.stream(
        "SELECT r.event_id, r.rater, r.message_id, r.at, r.polarity, r.place, x.body "
        "FROM (SELECT f.event_id, f.rater, f.message_id, f.at, f.polarity, "
        "CASE WHEN f.has_words = 1 THEN f.text_id END AS text_id, row_number() OVER "
        "(PARTITION BY f.message_id, f.rater ORDER BY f.at DESC, f.event_id DESC) "
        f"AS place FROM feedback f WHERE f.kind IN ('thumbs', 'stars') AND {_F}) r "
        "LEFT JOIN text x ON x.id = r.text_id ORDER BY r.rater, r.at, r.event_id"
    ):
        comment = orjson.loads(body).get("comment") if body else None
        yield event_id, rater, message, at, polarity, place == 1, comment or ""


def approved_messages(unit: Unit) -> set[tuple[str, str]]:
    """List (message, rater) of answers that were copied, shared or accepted."""
    return set(
        unit.all(
            "SELECT f.message_id, f.rater FROM feedback f WHERE f.kind IN "
            f"('copy', 'share', 'accept') AND f.message_id IS NOT NULL AND {_F} "
            "GROUP BY f.message_id, f.rater"
        )
    )


def add_signals(unit: Unit, rows: list[dict[str, Any]]) -> int:
    """Add what users' going on says about comparisons, apart from all judgments."""
    return unit.load("implicit_signal", rows)


def signalled(unit: Unit) -> set[str]:
    """List events that made a comparison already."""
    return {row[0] for row in unit.all("SELECT event_id FROM implicit_signal")}


def events_of(unit: Unit, comparison: str) -> list[str]:
    """List the events that a comparison was made of."""
    rows = unit.all(
        "SELECT event_id FROM implicit_signal WHERE comparison_id = :id "
        "ORDER BY event_id",
        id=comparison,
    )
    return [row[0] for row in rows]


def signals(unit: Unit) -> list[dict[str, Any]]:
    """List implicit signals, each with its source."""
    keys = ("comparison", "event", "source", "kind", "rejected", "kept", "weight")
    return [
        dict(zip(keys, row, strict=True))
        for row in unit.all(
            "SELECT comparison_id, event_id, source, kind, rejected, kept, weight "
            "FROM implicit_signal ORDER BY comparison_id, event_id"
        )
    ]


def state_consent(unit: Unit, comparison: str, consent: str) -> None:
    """Note on what consent a comparison rests."""
    unit.run(
        "UPDATE comparison SET consent = :consent WHERE id = :id",
        id=comparison,
        consent=consent,
    )


def regenerated(
    unit: Unit,
) -> Iterator[tuple[str, str, dict[str, str | None], str, bool]]:
    """Stream the answers that a regeneration touches, each message's newest last."""
    touched = (
        f"SELECT f.message_id FROM feedback f WHERE f.kind = 'regenerate' AND {_F} "
        f"UNION SELECT f.target FROM feedback f WHERE f.kind = 'regenerate' AND {_F}"
    )
    columns = ", ".join(
        f"a.{'tenant_id' if name == 'tenant' else name}" for name in _VALUES
    )
    for row in unit.stream(
        f"SELECT a.event_id, a.message_id, a.consent, w.user_id, {columns} "
        "FROM answer a LEFT JOIN withdrawn_user w ON w.user_id = a.user_id "
        f"WHERE a.message_id IN ({touched}) AND {_A} ORDER BY a.at, a.event_id"
    ):
        values = dict(zip(_VALUES, row[4:], strict=True))
        yield row[0], row[1], values, row[2], row[3] is not None


def compared_in(unit: Unit, queue: str) -> set[str]:
    """List the comparisons that are tasks of a queue already."""
    rows = unit.all(
        "SELECT comparison_id FROM task WHERE queue = :queue "
        "AND comparison_id IS NOT NULL",
        queue=queue,
    )
    return {row[0] for row in rows}


def consents(unit: Unit, comparisons: Iterable[str]) -> dict[str, str]:
    """Find on what consent comparisons rest."""
    return dict(
        unit.all(
            "SELECT id, consent FROM comparison WHERE id IN {among ids}",
            ids=canonical(list(comparisons)).decode(),
        )
    )
