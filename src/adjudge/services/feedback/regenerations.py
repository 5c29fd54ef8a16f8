"""Answers that users had made again become comparisons; what they kept is a signal.

Two answers are compared side by side, three to nine are ranked. Which one a user went
on with is nobody's judgment: it is kept apart, and people judge without knowing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from adjudge.domain.conversation import MOST_RESPONSES, Comparison, Response
from adjudge.domain.ids import ComparisonId, ResponseId
from adjudge.domain.privacy import mask, merged
from adjudge.domain.record import derived_id
from adjudge.domain.triage import Candidate
from adjudge.services.feedback.filling import (
    BATCH,
    count_kinds,
    language,
    masked_prompt,
    remember,
)
from adjudge.services.measuring import overlaps
from adjudge.storage import comparisons, complaints, feedback
from adjudge.telemetry.self_naming import on_every_side

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping, Sequence

    from adjudge.domain.queue import Queue
    from adjudge.services.bench import Bench
    from adjudge.services.feedback.filling import Asked, Filled
    from adjudge.storage.complaints import Complaint as Event
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.feedback import Kept

    Answers = dict[str, tuple[str, dict[str, str | None], str, bool]]


class Side(NamedTuple):
    """One answer of a chain.

    Attributes:
        answer: The event that holds it.
        made_by: The regeneration that it came out of; none for the first.
    """

    answer: str
    made_by: Event | None


@dataclass(frozen=True)
class Chain:
    """All answers to one turn, the one its user went on with, and how we know.

    Attributes:
        sides: The answers in the order they were made.
        kept: The place of the one that the user went on with.
    """

    sides: tuple[Side, ...]
    kept: int
    kind: str
    event: Event
    consent: str
    values: dict[str, str | None]

    @property
    def candidate(self) -> Candidate:
        """Write it as what triage chooses from."""
        return Candidate(
            event_id=self.event.event_id,
            message_id=self.event.message_id,
            answer_id=self.sides[0].answer,
            rater=self.event.rater,
            at=self.event.at,
            reasons=self.event.reasons,
            has_words=self.event.has_words,
            values=self.values,
            consent=self.consent,
        )


# --- finding -------------------------------------------------------------------
def chains(
    unit: Unit, asked: Asked, filled: Filled, bad: Mapping[str, str]
) -> Iterator[Chain]:
    """Follow every first answer to the last one, and find out which was kept."""
    again: dict[str, list[Event]] = {}
    for event in complaints.of_kind(unit, "regenerate"):
        again.setdefault(event.message_id, []).append(event)
    asked_users = _asked_users(unit)
    taken = complaints.approved_messages(unit)
    done = complaints.signalled(unit)
    answers = _answers(unit)
    complained = _complained(unit) if "reason" in asked.where else {}
    later = {e.target for events in again.values() for e in events}
    filled.found = sum(message not in later for message in again)
    for message in sorted(again):
        if message in later:
            continue  # in the middle of a chain
        path = _path(message, again)
        events = [event for _, event in path if event is not None]
        why = _hindered(events, [m for m, _ in path], answers, asked)
        if not why and any(event.event_id in done for event in events):
            why = "already_a_task"
        why = why or next((bad[e.rater] for e in events if e.rater in bad), "")
        first = answers.get(message)
        if why or first is None:
            filled.left_out[why or "orphan"] += 1
            continue
        reasons = {code for event in events for code in event.reasons}
        reasons.update(*(complained.get(m, ()) for m, _ in path))
        if not _fits(asked.where, first[1], reasons):
            filled.left_out["not_asked_for"] += 1
            continue
        kept, kind = _kept([m for m, _ in path], events[0].rater, asked_users, taken)
        if kept is None:
            filled.left_out["tied"] += 1
            continue
        stated = {e.consent for e in events} | {answers[m][2] for m, _ in path}
        yield Chain(
            sides=tuple(Side(answers[m][0], event) for m, event in path),
            kept=kept,
            kind=kind,
            event=events[0],
            consent="granted" if stated == {"granted"} else "unstated",
            values=first[1],
        )


def _path(
    first: str, again: Mapping[str, list[Event]]
) -> list[tuple[str, Event | None]]:
    """Give a first answer and all that were made after it, in that order."""
    path: list[tuple[str, Event | None]] = [(first, None)]
    seen, waiting = {first}, list(again.get(first, ()))
    while waiting:
        event = min(waiting, key=lambda e: (e.at, e.event_id))
        waiting.remove(event)
        made = str(event.target)
        if made not in seen:
            seen.add(made)
            path.append((made, event))
            waiting += again.get(made, ())
    return path


def _hindered(
    events: Sequence[Event], path: Sequence[str], answers: Answers, asked: Asked
) -> str:
    stated = {e.consent for e in events} | {answers[m][2] for m in path if m in answers}
    if "refused" in stated:
        return "no_consent"
    if any(e.withdrawn for e in events) or any(
        answers[m][3] for m in path if m in answers
    ):
        return "withdrawn"
    if any(m not in answers for m in path):
        return "orphan"
    if asked.require_consent and stated != {"granted"}:
        return "consent_unstated"
    return ""


def _kept(
    path: list[str],
    rater: str,
    said: dict[tuple[str, str], str],
    taken: set[tuple[str, str]],
) -> tuple[int | None, str]:
    """Find the place of the answer the user went on with, and what tells us."""
    for message in reversed(path):
        preferred = said.get((message, rater))
        if preferred == "tie":
            return None, "comparison"
        if preferred in path:
            return path.index(preferred), "comparison"
    for place, message in reversed(list(enumerate(path))):
        if (message, rater) in taken:
            return place, "taken_up"
    return len(path) - 1, "regenerate"


def _complained(unit: Unit) -> dict[str, set[str]]:
    """Find why answers were voted down: who has one made again seldom says why."""
    found: dict[str, set[str]] = {}
    for complaint in complaints.downvotes(unit):
        if complaint.consent != "refused" and not complaint.withdrawn:
            found.setdefault(complaint.message_id, set()).update(complaint.reasons)
    return found


def _fits(
    where: Mapping[str, str], values: Mapping[str, str | None], reasons: set[str]
) -> bool:
    return all(
        value in reasons if key == "reason" else values.get(key) == value
        for key, value in where.items()
    )


def _asked_users(unit: Unit) -> dict[tuple[str, str], str]:
    """Find what users said when asked which of two they prefer; the newest stands."""
    events = sorted(complaints.of_kind(unit, "comparison"), key=lambda e: e.at)
    return {(e.message_id, e.rater): str(e.target) for e in events}


def _answers(unit: Unit) -> Answers:
    """Find the newest generation of every answer that a regeneration touches."""
    found = {}
    for id, message, values, consent, withdrawn in complaints.regenerated(unit):
        found[message] = (id, values, consent, withdrawn)
    return found


# --- making --------------------------------------------------------------------
def make_comparisons(
    bench: Bench, unit: Unit, queue: Queue, chains: Sequence[Chain], filled: Filled
) -> None:
    """Make comparisons of answers that users had made again."""
    fill_id = f"fill-{bench.new_id()}"
    filled.signal_weights = dict(bench.signal_weights)
    signals: list[dict[str, Any]] = []
    consents: dict[str, str] = {}
    for start in range(0, len(chains), BATCH):
        some = chains[start : start + BATCH]
        ids = {side.answer for chain in some for side in chain.sides}
        events = {kept.event.event_id: kept for kept in feedback.load(unit, ids)}
        lines: list[tuple[int, Comparison]] = []
        for line, chain in enumerate(some, start=start + 1):
            ends = {chain.sides[0].answer, chain.sides[chain.kept].answer}
            if not ends <= events.keys():
                filled.left_out["erased"] += 1
                continue
            places = _distinct(chain, events, filled.answers_left_out)
            if len(set(places.values())) < 2:
                filled.left_out["identical_answers"] += 1
                continue
            shown = sorted(set(places.values()))
            sides = [events[chain.sides[place].answer] for place in shown]
            made = _comparison(sides, filled.covered)
            filled.self_named += bool(made.meta.get("self_named"))
            filled.ranked += len(shown) > 2
            lines.append((line, made))
            consents[made.id] = chain.consent
            named = dict(zip(shown, made.response_ids, strict=True))
            ids_of = {place: named[as_] for place, as_ in places.items()}
            said = _signals(made, chain, ids_of, bench.signal_weights)
            filled.signals[chain.kind] += len(said)
            signals += said
            remember(unit, comparisons.text_id(made.id), sides)
        known = comparisons.digests(unit, lines)
        added, _ = comparisons.add_chunk(unit, lines, known, import_id=fill_id)
        filled.filled += added
    overlaps.open_tasks(unit, queue, fill_id)
    complaints.add_signals(unit, signals)
    for id, consent in consents.items():
        complaints.state_consent(unit, id, consent)


def _distinct(
    chain: Chain, events: Mapping[str, Kept], left_out: Counter[str]
) -> dict[int, int]:
    """Give the answers to compare: each place with the place whose text it has.

    The first answer, the one that was kept and the newest go before the others.
    """
    texts: dict[str, int] = {}
    same: dict[int, int] = {}
    for place, side in enumerate(chain.sides):
        if side.answer in events:
            text = events[side.answer].event.response or ""
            same[place] = texts.setdefault(text, place)
    by_use = sorted(texts.values(), key=lambda p: (p not in {0, same[chain.kept]}, -p))
    shown = set(by_use[:MOST_RESPONSES])
    if len(chain.sides) > 2 and len(texts) > 1:
        left_out["erased"] += len(chain.sides) - len(same)
        left_out["same_text"] += len(same) - len(texts)
        left_out["beyond_nine"] += len(texts) - len(shown)
    return {place: as_ for place, as_ in same.items() if as_ in shown}


def _comparison(sides: Sequence[Kept], covered: Counter[str]) -> Comparison:
    """Make a comparison; all sides are covered alike."""
    texts = [kept.event.response or "" for kept in sides]
    contexts = [kept.event.context for kept in sides]
    names = on_every_side(texts, [c.model for c in contexts if c and c.model])
    counted: dict[str, int] = {}
    responses: list[Response] = []
    for kept, context, own in zip(sides, contexts, names, strict=True):
        spans = merged([*kept.spans.get("response", ()), *own])
        count_kinds(counted, (span.kind for span in spans))
        event = kept.event
        id = event.response_id or str(event.message_id)
        taken = sum(r.id == id for r in responses)
        responses.append(
            Response(
                id=ResponseId(f"{id}-{len(responses) + 1}" if taken else id),
                text=mask(event.response or "", spans),
                model=context.model if context else None,
                model_version=context.model_version if context else None,
            )
        )
    prompt = masked_prompt(sides[0], counted)
    covered.update(counted)
    context = contexts[0]
    made_of = [kept.event.event_id for kept in sides]
    return Comparison(
        id=ComparisonId(derived_id(["regenerate", *made_of])),
        prompt=prompt,
        responses=tuple(responses),
        topic=context.task_type if context else None,
        language=language(context.locale if context else None),
        meta={
            "source": "implicit",
            "self_named": counted.get("model", 0),
            "conversation_id": sides[0].event.conversation_id,
        },
    )


def _signals(
    made: Comparison,
    chain: Chain,
    ids: Mapping[int, ResponseId],
    weights: Mapping[str, float],
) -> list[dict[str, Any]]:
    """Say that one was kept over each other: what made an answer again gave it up."""
    kept = ids[chain.kept]
    said = []
    for place, side in enumerate(chain.sides):
        if side.made_by is None:
            continue
        rejected = ids.get(place - 1 if place <= chain.kept else place)
        if rejected is None or rejected == kept:
            continue
        said.append(
            {
                "comparison_id": made.id,
                "event_id": side.made_by.event_id,
                "task_id": None,
                "source": "implicit",
                "kind": chain.kind,
                "rejected": rejected,
                "kept": kept,
                "weight": weights[chain.kind],
                "at": side.made_by.at,
            }
        )
    return said
