"""Tasks out of events: covered texts, so that everything after sees only those."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adjudge.domain.conversation import Message, Response
from adjudge.domain.ids import ResponseId
from adjudge.domain.privacy import mask, merged
from adjudge.domain.record import derived_id, digest
from adjudge.domain.rewriting import Complaint, RewriteTask
from adjudge.domain.triage import Candidate, Limits
from adjudge.services.privacy import covering
from adjudge.storage import (
    feedback,
    rewrites,
    withdrawals,
)
from adjudge.telemetry.self_naming import find_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adjudge.domain.privacy import Redactor
    from adjudge.domain.queue import Queue
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.feedback import Kept

BATCH = 200


@dataclass
class Filled:
    """What became of the complaints.

    Attributes:
        guideline: What the queue is worked under, if it names one.
        left_out: How many, by reason.
        weights: What would give the tasks the margins of the complaints.
        ranked: How many of the tasks compare more than two answers.
        answers_left_out: Answers that such a task leaves out, by reason.
        signals: Implicit signals by kind, each with the weight that is set for it.
    """

    queue: str
    source: str
    guideline: str | None = None
    found: int = 0
    filled: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    abusers: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    self_named: int = 0
    shares: dict[str, dict[str, dict[str, float | None]]] = field(default_factory=dict)
    weights: dict[str, Any] | None = None
    ranked: int = 0
    answers_left_out: Counter[str] = field(default_factory=Counter)
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
            "ranked": self.ranked,
            "answers_left_out": dict(sorted(self.answers_left_out.items())),
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
            remember(unit, rewrites.text_id(task.id), [kept, *said])
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
    count_kinds(covered, (span.kind for span in own))
    return RewriteTask(
        id=derived_id(["rewrite", queue, answer.event_id]),
        prompt=masked_prompt(kept, covered),
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
                count_kinds(covered, (span.kind for span in spans))
                into.append(mask(words, spans))
    return Complaint(
        reason_codes=covering.leaves(redactor, candidate.reasons),
        comments=tuple(comments),
        follow_ups=tuple(follow_ups),
        n_users=candidate.n_users,
    )


def masked_prompt(kept: Kept, covered: dict[str, int]) -> tuple[Message, ...]:
    """Give what was asked, covered; count what is."""
    for key, spans in kept.spans.items():
        if key.startswith("messages["):
            count_kinds(covered, (span.kind for span in spans))
    return tuple(
        covering.masked_message(message, f"messages[{i}]", kept.spans)
        for i, message in enumerate(kept.event.messages or ())
    )


def count_kinds(covered: dict[str, int], kinds: Iterable[str]) -> None:
    """Count stretches of each kind."""
    for kind in kinds:
        covered[kind] = covered.get(kind, 0) + 1


def remember(unit: Unit, text_id: str, made_of: list[Kept]) -> None:
    """Note whose words a text is made of, so that a withdrawal reaches it."""
    withdrawals.derive(unit, ((text_id, k.user_id) for k in made_of if k.user_id))
