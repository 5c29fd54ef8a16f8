"""From complaints to work: what becomes a task, and what was left out and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from adjudge.domain.people import Act, Actor
from adjudge.domain.triage import (
    BALANCED,
    WHERE,
    Candidate,
    Limits,
    Rating,
    abusers,
    balance,
    is_corrective,
)
from adjudge.errors import InvalidInputError, RefusedError
from adjudge.services import auditlog
from adjudge.services.campaign import policies, queueing
from adjudge.services.feedback import disputes, filling, regenerations
from adjudge.services.feedback.filling import Asked, Filled
from adjudge.stats import near, raking
from adjudge.storage import comparisons, complaints, feedback, queues, rewrites

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from adjudge.domain.queue import Queue
    from adjudge.services.bench import Bench
    from adjudge.storage.complaints import Complaint
    from adjudge.storage.engine.store import Unit

SOURCES = ("downvotes", "regenerations", "follow-ups", "disputed")
_COMPARED = ("regenerations", "disputed")
BATCH = 500  # events whose words are read at once


def conditions(where: Iterable[str]) -> dict[str, str]:
    """Read ``key=value`` conditions against the allow-list.

    Raises:
        InvalidInputError: If a key is not on the list.
    """
    found = {}
    for condition in where:
        key, equals, value = condition.partition("=")
        if not equals or key not in WHERE:
            raise InvalidInputError(
                f"--where {condition!r} is not key=value with a known key",
                hint=f"keys: {', '.join(sorted(WHERE))}",
            )
        found[key] = value
    return found


def fill(bench: Bench, actor: Actor, queue: str, asked: Asked) -> Filled:
    """Fill a queue with what users complained about; made if missing.

    Raises:
        InvalidInputError: If there is no such source.
        RefusedError: If the queue is of another kind than the source makes.
    """
    actor.must(Act.MANAGE_QUEUES)
    if asked.source.startswith("theme:"):
        raise RefusedError(
            f"{asked.source}: this store has no themes to fill from",
            hint=f"sources: {', '.join(SOURCES)}; --where reason=… narrows them",
        )
    if asked.source not in SOURCES:
        raise InvalidInputError(
            f"there is no source {asked.source!r}",
            hint=f"sources: {', '.join(SOURCES)}",
        )
    if asked.limit is not None and asked.limit < 1:
        raise InvalidInputError("--limit: expected at least 1")
    if asked.limits.per_user < 1:
        raise InvalidInputError("--per-user: expected at least 1")
    filled = Filled(queue=queue, source=asked.source)
    with bench.store.write() as unit:
        found = _queue(bench, unit, queue, asked.source)
        filled.guideline = found.guideline
        if policies.consent(unit).required:
            asked = replace(asked, require_consent=True)
        if asked.source == "regenerations":
            _from_regenerations(bench, unit, found, asked, filled)
        elif asked.source == "disputed":
            disputes.fill(bench, unit, actor, found, asked=asked, filled=filled)
        else:
            _from_complaints(bench, unit, found, asked, filled)
        n, left_out = filled.filled, dict(filled.left_out)
        auditlog.keep(
            bench,
            unit,
            actor,
            "triage.fill",
            f"{queue} from {asked.source}",
            filled=n,
            left_out=left_out,
        )
    return filled


def _queue(bench: Bench, unit: Unit, name: str, source: str) -> Queue:
    kind = "compare" if source in _COMPARED else "rewrite"
    found = queues.find(unit, name)
    if found is None:
        options = {"overlap": 1} if kind == "rewrite" else {}
        found = queueing.fresh(name=name, kind=kind, **options)
        queues.add(unit, found, at=bench.now())
    if found.kind != kind:
        raise RefusedError(
            f"queue {name!r} is for {found.kind} tasks; {source} make {kind} tasks",
            hint="name another queue; it is made if missing",
        )
    return found


def _from_complaints(
    bench: Bench, unit: Unit, queue: Queue, asked: Asked, filled: Filled
) -> None:
    bad = abusers(_ratings(unit), asked.limits)
    filled.abusers = Counter(bad.values())
    candidates = list(_candidates(unit, asked, filled, bad))
    candidates = _by_message(candidates, filled)
    done = rewrites.asked(unit, queue.name)
    fresh = [c for c in candidates if c.message_id not in done]
    filled.left_out["already_a_task"] += len(candidates) - len(fresh)
    before = list(rewrites.prompts(unit, queue.name))
    kept = _chosen(unit, fresh, before, asked, filled)
    filled.filled = filling.make_rewrites(bench, unit, queue, kept, filled)
    filled.left_out = +filled.left_out


def _from_regenerations(
    bench: Bench, unit: Unit, queue: Queue, asked: Asked, filled: Filled
) -> None:
    bad = abusers(_ratings(unit), asked.limits)
    filled.abusers = Counter(bad.values())
    every = regenerations.chains(unit, asked, filled, bad)
    found = {chain.event.event_id: chain for chain in every}
    fresh = [chain.candidate for chain in found.values()]
    before = list(_compared(unit, queue))
    kept = _chosen(unit, fresh, before, asked, filled)
    chains = [found[candidate.event_id] for candidate in kept]
    regenerations.make_comparisons(bench, unit, queue, chains, filled)
    filled.left_out = +filled.left_out
    filled.answers_left_out = +filled.answers_left_out


def _compared(unit: Unit, queue: Queue) -> Iterator[str]:
    """Stream the prompts of a queue's comparisons as texts."""
    ids = sorted(complaints.compared_in(unit, queue.name))
    for start in range(0, len(ids), BATCH):
        for made in comparisons.stream(unit, ids[start : start + BATCH]):
            yield "\n".join(message.content or "" for message in made.prompt)


def _chosen(
    unit: Unit,
    fresh: list[Candidate],
    before: list[str],
    asked: Asked,
    filled: Filled,
) -> list[Candidate]:
    """Choose what becomes work: distinct, capped, balanced, the riskiest first."""
    fresh.sort(key=lambda c: (-c.risk, c.at, c.event_id))
    chosen = _capped(_distinct(unit, fresh, before, filled), asked.limits, filled)
    if asked.limit is not None and len(chosen) > asked.limit:
        filled.left_out["beyond_limit"] += len(chosen) - asked.limit
        kept = balance(chosen, asked.limit)
    else:
        kept = balance(chosen, len(chosen))
    _measure(chosen, kept, filled)
    return kept


def _ratings(unit: Unit) -> Iterator[Rating]:
    for _, rater, message, at, polarity, stands, comment in complaints.ratings(unit):
        yield Rating(rater, message, at, polarity, stands, comment)


def _candidates(
    unit: Unit, asked: Asked, filled: Filled, bad: dict[str, str]
) -> Iterator[Candidate]:
    if asked.source == "downvotes":
        found = complaints.downvotes(unit)
    else:
        found = _corrective(unit, filled)
    for complaint in found:
        filled.found += 1
        why = _hindered(complaint, asked) or bad.get(complaint.rater)
        if why:
            filled.left_out[why] += 1
            continue
        candidate = _candidate(complaint)
        if candidate.fits(asked.where):
            yield candidate
        else:
            filled.left_out["not_asked_for"] += 1


def _corrective(unit: Unit, filled: Filled) -> Iterator[Complaint]:
    """Stream follow-ups that correct the answer before them."""
    every = complaints.of_kind(unit, "follow_up")
    while some := list(islice(every, BATCH)):
        words = {
            kept.event.event_id: kept.event.text or ""
            for kept in feedback.load(unit, [c.event_id for c in some])
        }
        for complaint in some:
            text = words.get(complaint.event_id)
            if text is None or is_corrective(text):
                yield complaint
            else:
                filled.found += 1
                filled.left_out["not_corrective"] += 1


def _hindered(complaint: Complaint, asked: Asked) -> str:
    """Say what forbids using a complaint; consent first, since it decides alone."""
    answer = complaint.answer
    stated = {complaint.consent, answer.consent if answer else "unstated"}
    if "refused" in stated:
        return "no_consent"
    if complaint.withdrawn or (answer is not None and answer.withdrawn):
        return "withdrawn"
    if answer is None:
        return "orphan"
    if not answer.has_words:
        return "erased"
    if asked.require_consent and stated != {"granted"}:
        return "consent_unstated"
    return ""


def _candidate(complaint: Complaint) -> Candidate:
    answer = complaint.answer
    if answer is None:  # sorted out before
        raise AssertionError(complaint.event_id)
    both = {complaint.consent, answer.consent}
    return Candidate(
        event_id=complaint.event_id,
        message_id=complaint.message_id,
        answer_id=answer.event_id,
        rater=complaint.rater,
        at=complaint.at,
        reasons=complaint.reasons,
        has_words=complaint.has_words,
        values=answer.values,
        consent="granted" if both == {"granted"} else "unstated",
    )


def _by_message(found: list[Candidate], filled: Filled) -> list[Candidate]:
    """Make one of all complaints about one answer; each of them is shown."""
    by_message: dict[str, list[Candidate]] = {}
    for candidate in found:
        by_message.setdefault(candidate.message_id, []).append(candidate)
    merged = []
    for same in by_message.values():
        same.sort(key=lambda c: (-c.risk, c.at, c.event_id))
        first, *rest = same
        filled.left_out["same_answer"] += len(rest)
        reasons = tuple(dict.fromkeys(code for c in same for code in c.reasons))
        granted = all(c.consent == "granted" for c in same)
        merged.append(
            replace(
                first,
                reasons=reasons,
                n_users=len({c.rater for c in same}),
                others=tuple(c.event_id for c in rest),
                consent="granted" if granted else "unstated",
            )
        )
    return merged


def _distinct(
    unit: Unit, found: list[Candidate], before: list[str], filled: Filled
) -> list[Candidate]:
    """Keep the riskiest of near-identical prompts, and none asked before."""
    prompts: dict[str, str] = {}
    for start in range(0, len(found), BATCH):
        ids = [c.answer_id for c in found[start : start + BATCH]]
        for kept in feedback.load(unit, ids):
            said = (m.content or "" for m in kept.event.messages or ())
            prompts[kept.event.event_id] = "\n".join(said)
    readable = [c for c in found if c.answer_id in prompts]
    filled.left_out["erased"] += len(found) - len(readable)
    groups = near.groups([*before, *(prompts[c.answer_id] for c in readable)])
    own = enumerate(groups[len(before) :], start=len(before))
    distinct = [c for c, (i, first) in zip(readable, own, strict=True) if first == i]
    filled.left_out["near_identical"] += len(readable) - len(distinct)
    return distinct


def _capped(found: list[Candidate], limits: Limits, filled: Filled) -> list[Candidate]:
    """Let no user make more than so many tasks."""
    made: Counter[str] = Counter()
    kept = []
    for candidate in found:
        made[candidate.rater] += 1
        if made[candidate.rater] <= limits.per_user:
            kept.append(candidate)
    filled.left_out["user_cap"] += len(found) - len(kept)
    return kept


def _named(candidate: Candidate, key: str) -> str:
    """Name a value; what an event did not say is no value called None."""
    value = candidate.values.get(key)
    return "(none)" if value is None else str(value)


def _measure(
    found: Sequence[Candidate], kept: Sequence[Candidate], filled: Filled
) -> None:
    """Hold the margins of what was chosen against those of what could have been."""
    if not kept:
        return
    codes, targets = [], []
    for key in BALANCED:
        values = sorted({_named(c, key) for c in found})
        place = {value: i for i, value in enumerate(values)}
        there = np.bincount([place[_named(c, key)] for c in found])
        own = [place[_named(c, key)] for c in kept]
        have = np.bincount(own, minlength=len(values))
        filled.shares[key] = {
            value: {
                "found": round(float(there[i]) / len(found), 4),
                "filled": round(float(have[i]) / len(kept), 4),
            }
            for i, value in enumerate(values)
        }
        codes.append(own)
        targets.append(there / len(found))
    weights, rounds, converged = raking.rake(np.array(codes).T, targets)
    for shares, own in zip(filled.shares.values(), np.array(codes), strict=True):
        for nth, share in enumerate(shares.values()):
            theirs = weights[own == nth]
            mean = round(float(theirs.mean()), 4) if len(theirs) else None
            share["weight"] = mean
    filled.weights = {
        "low": round(float(weights.min()), 4),
        "high": round(float(weights.max()), 4),
        "rounds": rounds,
        "converged": converged,
    }
