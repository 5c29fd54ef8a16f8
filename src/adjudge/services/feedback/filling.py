"""Tasks out of events: covered texts, so that everything after sees only those."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adjudge.domain.conversation import Comparison, Message, Response
from adjudge.domain.ids import ComparisonId, ResponseId
from adjudge.domain.privacy import mask, merged
from adjudge.domain.record import derived_id, digest
from adjudge.domain.rewriting import Complaint, RewriteTask
from adjudge.domain.triage import Candidate, Limits
from adjudge.services.measuring import overlaps
from adjudge.services.privacy import covering
from adjudge.storage import (
    comparisons,
    complaints,
    feedback,
    queues,
    rewrites,
    withdrawals,
)
from adjudge.telemetry.self_naming import find_names, on_every_side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from adjudge.domain.privacy import Redactor
    from adjudge.domain.queue import Queue
    from adjudge.services.bench import Bench
    from adjudge.storage.complaints import Complaint as Event
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.feedback import Kept

BATCH = 200


@dataclass
class Filled:
    """What became of the complaints.

    Attributes:
        left_out: How many, by reason.
        weights: What would give the tasks the margins of the complaints.
        signals: Implicit signals by kind, each with the weight that is set for it.
    """

    queue: str
    source: str
    found: int = 0
    filled: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    abusers: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    self_named: int = 0
    shares: dict[str, dict[str, dict[str, float | None]]] = field(default_factory=dict)
    weights: dict[str, Any] | None = None
    signals: Counter[str] = field(default_factory=Counter)
    signal_weights: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Write what ``queue fill --json`` prints."""
        return {
            "queue": self.queue,
            "from": self.source,
            "found": self.found,
            "filled": self.filled,
            "left_out": dict(sorted(self.left_out.items())),
            "abusers": dict(sorted(self.abusers.items())),
            "covered": dict(sorted(self.covered.items())),
            "self_named": self.self_named,
            "shares": self.shares,
            "weights": self.weights,
            "signals": {
                kind: {"n": n, "weight": self.signal_weights[kind]}
                for kind, n in sorted(self.signals.items())
            },
        }


@dataclass(frozen=True)
class Asked:
    """What is wanted of a filling."""

    source: str
    where: dict[str, str] = field(default_factory=dict)
    limit: int | None = None
    require_consent: bool = False
    limits: Limits = field(default_factory=Limits)


# --- rewrites ------------------------------------------------------------------
def make_rewrites(
    bench: Bench, unit: Unit, queue: Queue, chosen: Sequence[Candidate], filled: Filled
) -> int:
    """Make rewrite tasks of complaints; give how many are new."""
    fill_id = f"fill-{bench.new_id()}"
    added = 0
    for start in range(0, len(chosen), BATCH):
        some = chosen[start : start + BATCH]
        wanted = {c.answer_id for c in some} | {
            id for c in some for id in (c.event_id, *c.others)
        }
        events = {kept.event.event_id: kept for kept in feedback.load(unit, wanted)}
        made = []
        for line, candidate in enumerate(some, start=start):
            kept = events.get(candidate.answer_id)
            if kept is None:
                filled.left_out["erased"] += 1
                continue
            said = [
                events[id]
                for id in (candidate.event_id, *candidate.others)
                if id in events
            ]
            task = _rewrite_task(bench.redactor, queue.name, candidate, kept, said)
            filled.covered.update(task.covered)
            filled.self_named += "model" in task.covered
            made.append(_made(task, candidate, filled.source, line))
            _remember(unit, rewrites.text_id(task.id), [kept, *said])
        added += rewrites.add_tasks(unit, made, queue=queue.name, import_id=fill_id)
    rewrites.make_tasks(unit, queue, import_id=fill_id, batch=None)
    return added


def _made(
    task: RewriteTask, candidate: Candidate, source: str, line: int
) -> rewrites.Made:
    return rewrites.Made(
        task=task,
        digest=digest(task.model_dump(mode="json")),
        source=source,
        events=(candidate.event_id, *candidate.others),
        message_id=candidate.message_id,
        consent=candidate.consent,
        priority=candidate.risk,
        line=line,
    )


def _rewrite_task(
    redactor: Redactor, queue: str, candidate: Candidate, kept: Kept, said: list[Kept]
) -> RewriteTask:
    answer = kept.event
    covered: dict[str, int] = {}
    context = answer.context
    models = [context.model] if context is not None and context.model else []
    text = answer.response or ""
    own = merged([*kept.spans.get("response", ()), *find_names(text, models)])
    _count(covered, (span.kind for span in own))
    return RewriteTask(
        id=derived_id(["rewrite", queue, answer.event_id]),
        prompt=_prompt(kept, covered),
        original=Response(
            id=ResponseId(answer.response_id or answer.event_id),
            text=mask(text, own),
            model=context.model if context else None,
            model_version=context.model_version if context else None,
        ),
        complaint=_complaint(redactor, candidate, said, covered),
        context=covering.leaves(
            redactor,
            context.model_dump(mode="json", exclude_defaults=True) if context else {},
        ),
        covered=covered,
        topic=candidate.values.get("topic"),
        language=language(candidate.values.get("locale")),
    )


def language(locale: str | None) -> str | None:
    """Give a locale's language, by which people get their work."""
    return locale.replace("_", "-").split("-")[0].lower() if locale else None


def _complaint(
    redactor: Redactor, candidate: Candidate, said: list[Kept], covered: dict[str, int]
) -> Complaint:
    comments: list[str] = []
    follow_ups: list[str] = []
    for kept in said:
        for key, into in (("comment", comments), ("text", follow_ups)):
            words = getattr(kept.event, key)
            if words:
                spans = kept.spans.get(key, ())
                _count(covered, (span.kind for span in spans))
                into.append(mask(words, spans))
    return Complaint(
        reason_codes=covering.leaves(redactor, candidate.reasons),
        comments=tuple(comments),
        follow_ups=tuple(follow_ups),
        n_users=candidate.n_users,
    )


def _prompt(kept: Kept, covered: dict[str, int]) -> tuple[Message, ...]:
    for key, spans in kept.spans.items():
        if key.startswith("messages["):
            _count(covered, (span.kind for span in spans))
    return tuple(
        covering.masked_message(message, f"messages[{i}]", kept.spans)
        for i, message in enumerate(kept.event.messages or ())
    )


def _count(covered: dict[str, int], kinds: Iterable[str]) -> None:
    for kind in kinds:
        covered[kind] = covered.get(kind, 0) + 1


def _remember(unit: Unit, text_id: str, made_of: list[Kept]) -> None:
    """Note whose words a text is made of, so that a withdrawal reaches it."""
    withdrawals.derive(unit, ((text_id, k.user_id) for k in made_of if k.user_id))


# --- comparisons -----------------------------------------------------------------
@dataclass(frozen=True)
class Chain:
    """A first answer, the one its user went on with, and how we know."""

    first: str
    kept: str
    other: str
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
            answer_id=self.first,
            rater=self.event.rater,
            at=self.event.at,
            reasons=self.event.reasons,
            has_words=self.event.has_words,
            values=self.values,
            consent=self.consent,
        )


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
        ids = {chain.first for chain in some} | {chain.other for chain in some}
        events = {kept.event.event_id: kept for kept in feedback.load(unit, ids)}
        lines: list[tuple[int, Comparison]] = []
        for line, chain in enumerate(some, start=start + 1):
            if chain.first not in events or chain.other not in events:
                filled.left_out["erased"] += 1
                continue
            sides = events[chain.first], events[chain.other]
            made = _comparison(sides, chain, filled.covered)
            if made is None:
                filled.left_out["identical_answers"] += 1
                continue
            filled.self_named += bool(made.meta.get("self_named"))
            lines.append((line, made))
            consents[made.id] = chain.consent
            filled.signals[chain.kind] += 1
            signals.append(_signal(made, chain, bench.signal_weights))
            _remember(unit, comparisons.text_id(made.id), list(sides))
        known = comparisons.digests(unit, lines)
        added, _ = comparisons.add_chunk(unit, lines, known, import_id=fill_id)
        filled.filled += added
    open_tasks(unit, queue, fill_id)
    complaints.add_signals(unit, signals)
    for id, consent in consents.items():
        complaints.state_consent(unit, id, consent)


def open_tasks(unit: Unit, queue: Queue, fill_id: str) -> None:
    """Make tasks of the comparisons that a filling named, and open their slots."""
    comparisons.make_tasks(
        unit,
        import_id=fill_id,
        queue=queue.name,
        kind=queue.kind,
        overlap=queue.wanted,
        training=queue.training,
        batch=None,
    )
    overlaps.opened(unit, queue, fill_id)
    queues.open_slots(unit, fill_id)


def chains(
    unit: Unit, asked: Asked, filled: Filled, bad: Mapping[str, str]
) -> Iterator[Chain]:
    """Follow every first answer to the last one, and find out which was kept."""
    again = {e.message_id: e for e in complaints.of_kind(unit, "regenerate")}
    asked_users = _asked_users(unit)
    taken = complaints.approved_messages(unit)
    done = complaints.signalled(unit)
    answers = _answers(unit)
    later = {e.target for e in again.values()}
    filled.found = sum(message not in later for message in again)
    for message, event in sorted(again.items()):
        if message in later:
            continue  # in the middle of a chain
        path = _path(message, again)
        why = _hindered(event, path, answers, asked)
        if not why and event.event_id in done:
            why = "already_a_task"
        why = why or bad.get(event.rater, "")
        first = answers.get(message)
        if why or first is None:
            filled.left_out[why or "orphan"] += 1
            continue
        if any(first[1].get(key) != value for key, value in asked.where.items()):
            filled.left_out["not_asked_for"] += 1
            continue
        kept, kind = _kept(path, event.rater, asked_users, taken)
        if kept is None:
            filled.left_out["tied"] += 1
            continue
        other = kept if kept != message else path[-1]
        stated = {event.consent, *(answers[m][2] for m in (message, other))}
        yield Chain(
            first=first[0],
            kept=answers[kept][0],
            other=answers[other][0],
            kind=kind,
            event=event,
            consent="granted" if stated == {"granted"} else "unstated",
            values=first[1],
        )


def _path(message: str, again: dict[str, Event]) -> list[str]:
    path = [message]
    while (event := again.get(path[-1])) and event.target not in path:
        path.append(str(event.target))
    return path


def _hindered(
    event: Event,
    path: list[str],
    answers: dict[str, tuple[str, dict[str, str | None], str, bool]],
    asked: Asked,
) -> str:
    stated = {event.consent, *(answers[m][2] for m in path if m in answers)}
    if "refused" in stated:
        return "no_consent"
    if event.withdrawn or any(answers[m][3] for m in path if m in answers):
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
) -> tuple[str | None, str]:
    """Find which answer the user went on with, and what tells us."""
    for message in reversed(path):
        preferred = said.get((message, rater))
        if preferred == "tie":
            return None, "comparison"
        if preferred in path:
            return preferred, "comparison"
    for message in reversed(path):
        if (message, rater) in taken:
            return message, "taken_up"
    return path[-1], "regenerate"


def _asked_users(unit: Unit) -> dict[tuple[str, str], str]:
    """Find what users said when asked which of two they prefer; the newest stands."""
    events = sorted(complaints.of_kind(unit, "comparison"), key=lambda e: e.at)
    return {(e.message_id, e.rater): str(e.target) for e in events}


def _answers(unit: Unit) -> dict[str, tuple[str, dict[str, str | None], str, bool]]:
    """Find the newest generation of every answer that a regeneration touches."""
    found = {}
    for id, message, values, consent, withdrawn in complaints.regenerated(unit):
        found[message] = (id, values, consent, withdrawn)
    return found


def _comparison(
    sides: tuple[Kept, Kept], chain: Chain, covered: Counter[str]
) -> Comparison | None:
    """Make a comparison; both sides are covered alike."""
    texts = [kept.event.response or "" for kept in sides]
    if texts[0] == texts[1]:
        return None
    contexts = [kept.event.context for kept in sides]
    names = on_every_side(texts, [c.model for c in contexts if c and c.model])
    counted: dict[str, int] = {}
    responses = []
    for kept, context, own in zip(sides, contexts, names, strict=True):
        spans = merged([*kept.spans.get("response", ()), *own])
        _count(counted, (span.kind for span in spans))
        event = kept.event
        responses.append(
            Response(
                id=ResponseId(event.response_id or str(event.message_id)),
                text=mask(event.response or "", spans),
                model=context.model if context else None,
                model_version=context.model_version if context else None,
            )
        )
    if responses[0].id == responses[1].id:
        responses[1] = responses[1].model_copy(update={"id": f"{responses[1].id}-2"})
    prompt = _prompt(sides[0], counted)
    covered.update(counted)
    context = contexts[0]
    return Comparison(
        id=ComparisonId(derived_id(["regenerate", chain.first, chain.other])),
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


def _signal(
    made: Comparison, chain: Chain, weights: Mapping[str, float]
) -> dict[str, Any]:
    first, other = made.response_ids
    kept = first if chain.kept == chain.first else other
    return {
        "comparison_id": made.id,
        "event_id": chain.event.event_id,
        "task_id": None,
        "source": "implicit",
        "kind": chain.kind,
        "rejected": other if kept == first else first,
        "kept": kept,
        "weight": weights[chain.kind],
        "at": chain.event.at,
    }
