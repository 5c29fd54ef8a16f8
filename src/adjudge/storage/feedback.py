"""Events in: kept once each, seen when their import is done, withdrawn for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.feedback import KNOWN_REASONS, Event, sortable
from adjudge.domain.privacy import Span, Spans
from adjudge.domain.record import canonical
from adjudge.storage import text_ids, withdrawals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from adjudge.domain.feedback import Context
    from adjudge.storage.engine.store import Unit


@dataclass(frozen=True)
class Arrival:
    """An event on its way in.

    Attributes:
        raw: The line as it came.
        digest: Of that line.
        spans: What stays covered, by the key of the text.
        is_kept: Its words are kept: consent was neither refused nor taken back.
    """

    line: int
    event: Event
    raw: bytes
    digest: str
    spans: Spans
    is_kept: bool = True


def text_id(event_id: str) -> str:
    """Name the text of an event."""
    return text_ids.of_event(event_id)


def known(unit: Unit, ids: Iterable[str]) -> dict[str, str]:
    """Find which events stand in the store, with the hash of their line."""
    rows = unit.all(
        "SELECT event_id, digest FROM answer WHERE event_id IN {among ids} UNION ALL "
        "SELECT event_id, digest FROM feedback WHERE event_id IN {among ids}",
        ids=canonical(list(ids)).decode(),
    )
    return dict(rows)


def bodies(unit: Unit, ids: Iterable[str]) -> dict[str, bytes]:
    """Read the lines of events as they came, those that are kept and not erased."""
    rows = unit.all(
        "SELECT substr(id, 7), body FROM text WHERE id IN {among ids} "
        "AND body IS NOT NULL",
        ids=canonical([text_id(id) for id in ids]).decode(),
    )
    return {id: body.encode() for id, body in rows}


def add_chunk(unit: Unit, arrivals: Sequence[Arrival], *, import_id: str | None) -> int:
    """Add events that ``known`` did not find in this unit; give how many are new.

    Words of an event without consent are not kept: what is not there cannot leak.
    """
    answers = [a for a in arrivals if a.event.is_answer]
    others = [a for a in arrivals if not a.event.is_answer]
    # In the order of their keys rows go into the same pages of an index together.
    answers.sort(key=_by_id)
    others.sort(key=_by_id)
    unit.load(
        "text",
        (
            {"id": text_id(a.event.event_id), "body": a.raw.decode(), "erased_at": None}
            for a in [*answers, *others]
            if a.is_kept
        ),
        fresh=True,
    )
    return unit.load(
        "answer", [_answer(a, import_id) for a in answers], fresh=True
    ) + unit.load("feedback", [_feedback(a, import_id) for a in others], fresh=True)


def _by_id(arrival: Arrival) -> str:
    return arrival.event.event_id


def _common(arrival: Arrival, import_id: str | None) -> dict[str, Any]:
    event = arrival.event
    kept = arrival.is_kept
    return {
        "event_id": event.event_id,
        "at": sortable(event.at),
        "message_id": event.message_id,
        "response_id": event.response_id,
        "user_id": event.user_id,
        "session_id": event.session_id,
        "consent": event.stated_consent,
        "digest": arrival.digest,
        "text_id": text_id(event.event_id) if kept else None,
        "spans": _written(arrival.spans) if kept and arrival.spans else None,
        "import_id": import_id,
        "line": arrival.line,
    }


def _answer(arrival: Arrival, import_id: str | None) -> dict[str, Any]:
    event = arrival.event
    row = _common(arrival, import_id)
    row |= {
        "user_group": event.user_group,
        "tenant_id": event.tenant_id,
        "conversation_id": event.conversation_id,
        "turn": event.turn,
        "trace_id": event.trace_id,
    }
    return row | _origin(event, event.context)


def _origin(event: Event, context: Context | None) -> dict[str, Any]:
    if context is None:
        return {**_NO_ORIGIN, "topic": event.topic}
    return {
        "model": context.model,
        "model_version": context.model_version,
        "deployment": context.deployment,
        "prompt_version": context.prompt_template_version,
        "locale": context.locale,
        "topic": event.topic or context.task_type,
        "experiment": context.experiment,
        "variant": context.variant,
        "latency_ms": context.latency_ms,
    }


_NO_ORIGIN = dict.fromkeys(
    (
        "model",
        "model_version",
        "deployment",
        "prompt_version",
        "locale",
        "topic",
        "experiment",
        "variant",
        "latency_ms",
    )
)


def _feedback(arrival: Arrival, import_id: str | None) -> dict[str, Any]:
    event = arrival.event
    row = _common(arrival, import_id)
    codes, outcome = event.reason_codes, event.outcome
    if not arrival.is_kept:
        # A code or an outcome that we do not know may hold anything.
        codes, outcome = tuple(c for c in codes if c in KNOWN_REASONS), None
    return row | {
        "kind": event.type,
        "rater": event.rater,
        "polarity": event.polarity,
        "reasons": canonical(list(codes)).decode() if codes else "[]",
        "target": event.new_message_id or event.preferred or outcome,
        "has_words": int(bool(event.comment or event.text)),
    }


def _written(spans: Spans) -> str:
    return canonical(
        {k: [tuple(s) for s in some] for k, some in spans.items()}
    ).decode()


def read_spans(written: str | None) -> Spans:
    """Read spans back as they were found at import."""
    if not written:
        return {}
    found = orjson.loads(written)
    return {key: tuple(Span(*s) for s in some) for key, some in found.items()}


# --- publishing and undoing -----------------------------------------------------
def publish(unit: Unit, import_id: str, *, at: str) -> None:
    """Let withdrawals in an import take effect, and the planner know its size."""
    withdrawals.of_import(unit, import_id, at=at)
    unit.count_again("answer", "feedback")


def discard(unit: Unit, import_id: str) -> None:
    """Undo an import of events that was never seen."""
    for table in ("answer", "feedback"):
        unit.run(
            f"DELETE FROM text WHERE id IN (SELECT text_id FROM {table} "
            "WHERE import_id = :id AND text_id IS NOT NULL)",
            id=import_id,
        )
        unit.run(f"DELETE FROM {table} WHERE import_id = :id", id=import_id)


# --- asking --------------------------------------------------------------------
# An import that is still open is nobody's to see. There are few, so the list is short.
SEEN = "coalesce(<t>.import_id, '') NOT IN (SELECT id FROM import WHERE state = 'open')"
_SEEN_F, _SEEN_A = SEEN.replace("<t>", "f"), SEEN.replace("<t>", "a")
# The rating that stands: of one rater on one message, the newest.
STANDING = (
    "SELECT r.event_id, r.message_id, r.rater, r.polarity FROM ("
    "SELECT f.event_id, f.message_id, f.rater, f.polarity, row_number() OVER "
    "(PARTITION BY f.message_id, f.rater ORDER BY f.at DESC, f.event_id DESC) AS place "
    f"FROM feedback f WHERE f.kind IN ('thumbs', 'stars') AND {_SEEN_F}) r "
    "WHERE r.place = 1"
)


def rating(unit: Unit, message_id: str, rater: str) -> int | None:
    """Tell the rating that stands: 1, 0, -1; ``None`` if none or cleared."""
    row = unit.one(
        "SELECT f.polarity FROM feedback f WHERE f.message_id = :message "
        "AND f.rater = :rater AND f.kind IN ('thumbs', 'stars') "
        f"AND {_SEEN_F} ORDER BY f.at DESC, f.event_id DESC LIMIT 1",
        message=message_id,
        rater=rater,
    )
    return row[0] if row else None


def history(unit: Unit, message_id: str, rater: str) -> list[tuple[str, int | None]]:
    """List every rating somebody gave a message, the oldest first."""
    return [
        (at, polarity)
        for at, polarity in unit.all(
            "SELECT f.at, f.polarity FROM feedback f WHERE f.message_id = :message "
            "AND f.rater = :rater AND f.kind IN ('thumbs', 'stars') "
            f"AND {_SEEN_F} ORDER BY f.at, f.event_id",
            message=message_id,
            rater=rater,
        )
    ]


def counts(unit: Unit) -> dict[str, Any]:
    """Count what is in the store: kinds, consent, orphans, ratings, unknown codes."""
    kinds = unit.all(
        "SELECT f.kind, f.consent, count(*) FROM feedback f "
        f"WHERE {_SEEN_F} GROUP BY f.kind, f.consent ORDER BY 1, 2"
    )
    answers = unit.all(
        "SELECT a.consent, count(*) FROM answer a "
        f"WHERE {_SEEN_A} GROUP BY a.consent ORDER BY 1"
    )
    by_kind: dict[str, int] = {"message": sum(int(n) for _, n in answers)}
    consent: dict[str, int] = {}
    for kind, stated, n in [*kinds, *(("message", s, n) for s, n in answers)]:
        if kind != "message":
            by_kind[kind] = by_kind.get(kind, 0) + int(n)
        if kind != "consent_withdrawn":
            consent[stated] = consent.get(stated, 0) + int(n)
    return {
        "events": sum(by_kind.values()),
        "kinds": by_kind,
        "consent": consent,
        "withdrawn_users": _number(unit, "SELECT count(*) FROM withdrawn_user"),
        "withdrawn_events": _number(
            unit,
            "SELECT (SELECT count(*) FROM answer a JOIN withdrawn_user w "
            f"ON w.user_id = a.user_id WHERE {_SEEN_A}) + (SELECT count(*) "
            "FROM feedback f JOIN withdrawn_user w ON w.user_id = f.user_id "
            f"WHERE {_SEEN_F} AND f.kind <> 'consent_withdrawn')",
        ),
        "orphans": _number(
            unit,
            "SELECT count(*) FROM feedback f WHERE f.message_id IS NOT NULL "
            f"AND f.kind <> 'consent_withdrawn' AND {_SEEN_F} AND NOT EXISTS "
            "(SELECT 1 FROM answer a WHERE a.message_id = f.message_id "
            f"AND {_SEEN_A})",
        ),
        "session_outcomes": _number(
            unit,
            "SELECT count(*) FROM feedback f WHERE f.kind = 'outcome' "
            f"AND f.message_id IS NULL AND {_SEEN_F}",
        ),
        "ratings": _ratings(unit),
        "reasons": _reasons(unit),
        "covered": _covered(unit),
    }


def _number(unit: Unit, statement: str) -> int:
    row = unit.one(statement)
    return int(row[0]) if row else 0


def _ratings(unit: Unit) -> dict[str, int]:
    given = _number(
        unit,
        "SELECT count(*) FROM feedback f "
        f"WHERE f.kind IN ('thumbs', 'stars') AND {_SEEN_F}",
    )
    names = {1: "up", -1: "down", 0: "neither", None: "cleared"}
    standing = {
        names[polarity]: int(n)
        for polarity, n in unit.all(
            f"SELECT s.polarity, count(*) FROM ({STANDING}) s GROUP BY s.polarity "
            "ORDER BY s.polarity"
        )
    }
    return {"given": given, "superseded": given - sum(standing.values()), **standing}


def _reasons(unit: Unit) -> dict[str, int]:
    """Count reason codes; of withdrawn users only those that are ours."""
    found: dict[str, int] = {}
    for written, is_gone, n in unit.all(
        "SELECT f.reasons, w.user_id IS NOT NULL, count(*) FROM feedback f "
        "LEFT JOIN withdrawn_user w ON w.user_id = f.user_id "
        f"WHERE f.reasons <> '[]' AND {_SEEN_F} "
        "GROUP BY f.reasons, w.user_id IS NOT NULL ORDER BY f.reasons"
    ):
        for code in orjson.loads(written):
            if code in KNOWN_REASONS or not is_gone:
                found[code] = found.get(code, 0) + int(n)
    return dict(sorted(found.items()))


def _covered(unit: Unit) -> dict[str, Any]:
    """Count events with covered spans, and spans by where and kind.

    Those of users who took their consent back are gone.
    """
    found: dict[str, dict[str, int]] = {}
    events = {"comments": 0, "answers": 0}
    for table, name, seen in (
        ("feedback", "comments", _SEEN_F),
        ("answer", "answers", _SEEN_A),
    ):
        alias = table[0]
        for (written,) in unit.stream(
            f"SELECT {alias}.spans FROM {table} {alias} LEFT JOIN withdrawn_user w "
            f"ON w.user_id = {alias}.user_id WHERE {alias}.spans IS NOT NULL "
            f"AND w.user_id IS NULL AND {seen}"
        ):
            events[name] += 1
            kinds = found.setdefault(name, {})
            for some in orjson.loads(written).values():
                for _, _, kind in some:
                    kinds[kind] = kinds.get(kind, 0) + 1
    return {
        "events": events,
        "spans": {k: dict(sorted(v.items())) for k, v in found.items()},
    }


# --- reading texts: what was not withdrawn, with what to cover ------------------
@dataclass(frozen=True)
class Kept:
    """An event as it came, with what stays covered."""

    event: Event
    spans: Spans
    user_id: str | None
    consent: str


def load(unit: Unit, ids: Iterable[str]) -> Iterator[Kept]:
    """Load events that may be shown, by id: consent not refused, not withdrawn."""
    for table in ("answer", "feedback"):
        for body, spans, user_id, consent in unit.stream(
            f"SELECT x.body, e.spans, e.user_id, e.consent FROM {table} e "
            "JOIN text x ON x.id = e.text_id "
            "LEFT JOIN withdrawn_user w ON w.user_id = e.user_id "
            "WHERE e.event_id IN {among ids} AND x.body IS NOT NULL "
            "AND w.user_id IS NULL AND e.consent <> 'refused' "
            f"AND {SEEN.replace('<t>', 'e')} ORDER BY e.event_id",
            chunk=200,
            ids=canonical(sorted(ids)).decode(),
        ):
            event = Event.model_validate_json(body)
            yield Kept(event, read_spans(spans), user_id, consent)
