"""How long a queue will take, what it will cost, and whom everybody waits for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from adjudge.domain.forecast import bottleneck
from adjudge.domain.people import Act, Actor
from adjudge.domain.words import count_of
from adjudge.services.bench import Bench, find_queue
from adjudge.services.measuring.agreement import SEED
from adjudge.stats.intervals import Estimate, mean_estimate, ratio_estimate
from adjudge.storage import eligibility, overlaps, paces, people, standing

if TYPE_CHECKING:
    from adjudge.domain.forecast import Neck
    from adjudge.domain.queue import Queue
    from adjudge.domain.routing import Eligibility
    from adjudge.storage.engine.store import Unit

RECENT_DAYS = 28
_ENOUGH_CLOSED = 20  # tasks closed before their average says what others will take
NOBODY = "undefined: nobody judged here in the last {days}"
NO_TIMES = "undefined: no judgment of the last {days} has a time"
NO_PAY = "undefined: the queue has no pay policy"
DONE = "nothing is left"


@dataclass(frozen=True)
class Forecast:
    """What is left of a queue.

    Attributes:
        frozen: Judgments that wait for an incident to be closed.
        people: Name, judgments a day over the time looked at.
        recent_days: Calendar days from the first recent judgment until today.
    """

    queue: str
    judgments: Estimate
    frozen: int
    hours: Estimate
    days: Estimate
    money: Estimate
    currency: str | None
    seconds_per_judgment: Estimate
    people: dict[str, float]
    recent_days: int
    neck: Neck | None

    def as_json(self) -> dict[str, Any]:
        """Write what ``queue forecast --json`` prints."""
        return {
            "queue": self.queue,
            "judgments": _json(self.judgments),
            "frozen": self.frozen,
            "hours": _json(self.hours),
            "days": _json(self.days),
            "money": {**_json(self.money), "currency": self.currency},
            "pace": {
                "seconds_per_judgment": _json(self.seconds_per_judgment),
                "judgments_per_day": {k: round(v, 3) for k, v in self.people.items()},
                "days_looked_at": self.recent_days,
            },
            "bottleneck": self._neck(),
        }

    def _neck(self) -> dict[str, Any] | None:
        if self.neck is None:
            return None
        return {
            "people": list(self.neck.people),
            "judgments": self.neck.judgments,
            "judgments_per_day": round(self.neck.pace, 3),
            "days": None if self.neck.days is None else round(self.neck.days, 2),
            "stuck": self.neck.stuck,
            "cells": [cell.as_json() for cell in self.neck.cells],
            "why": self.why,
        }

    @property
    def why(self) -> str:
        """Say in words who is the bottleneck."""
        neck = self.neck
        if neck is None:
            return DONE
        work = "; ".join(c.words for c in neck.cells[:3])
        more = f" and {len(neck.cells) - 3} more" if len(neck.cells) > 3 else ""
        head = f"{count_of(neck.judgments, 'judgment')} ({work}{more})"
        if not neck.people:
            it = "it" if neck.judgments == 1 else "them"
            return f"{head}: nobody here may do {it}"
        names = ", ".join(neck.people)
        new = count_of(neck.stuck, "of them needs somebody", "of them need somebody")
        stuck = f"; {new} new" if neck.stuck else ""
        if neck.days is None:
            return f"{head} can only be done by {names}, who made none lately{stuck}"
        return (
            f"{head} can only be done by {names}: {neck.days:.1f} days at "
            f"{neck.pace:.1f} a day{stuck}"
        )


def forecast(
    bench: Bench, actor: Actor, queue: str, *, days: int = RECENT_DAYS
) -> Forecast:
    """Say what is left of a queue, from how people worked lately.

    Intervals come from a bootstrap over person-days with a fixed seed: what one
    person did on one day is one observation.

    Args:
        bench: The bench.
        actor: Who asks.
        queue: The queue.
        days: How far back to look.

    Raises:
        UnknownError: If there is no such queue.
    """
    actor.must(Act.SEE_AGREEMENT)
    today = datetime.fromisoformat(bench.now())
    since = (today - timedelta(days=days - 1)).date()
    with bench.store.read() as unit:
        found = find_queue(unit, queue)
        worked = paces.person_days(unit, queue, since=since.isoformat())
        wanted, frozen = _wanted(unit, found)
        able = _able(unit, found, at=bench.now())
        rest = paces.cells(unit, queue)
        stuck = {
            cell: paces.stuck(
                unit, queue, cell, [n for n, p in able.items() if cell.is_open_to(p)]
            )
            for cell in rest
        }
    first = min((day for day, *_ in worked), default=None)
    span = (
        (today.date() - datetime.fromisoformat(first).date()).days + 1 if first else 0
    )
    pace = _pace(worked, span)
    each = _seconds(worked, days)
    hours = _scaled(each, wanted, 1 / 3600)
    return Forecast(
        queue=queue,
        judgments=wanted,
        frozen=frozen,
        hours=hours,
        days=_days(worked, wanted, span, days),
        money=_money(found, wanted, hours),
        currency=found.pay.currency if found.pay else None,
        seconds_per_judgment=each,
        people=pace,
        recent_days=span,
        neck=bottleneck(rest, able, pace, stuck=stuck),
    )


def _wanted(unit: Unit, queue: Queue) -> tuple[Estimate, int]:
    """Count what is left; an adaptive queue may stop earlier."""
    free, held, frozen = paces.left(unit, queue.name)
    now = free + held
    rule = queue.adaptive
    if rule is None:
        return Estimate(now, now, now, now), frozen
    rows = overlaps.still_open(unit, queue.name)
    most = sum(max(rest, rule.most - done) for done, rest, _ in rows)
    closed = overlaps.saved(unit, queue.name, most=rule.most)
    n = closed.stopped + closed.at_most
    if n < _ENOUGH_CLOSED:
        reason = "at most: tasks close as soon as their result is sure"
        return Estimate(most, now, most, most, reason), frozen
    usual = closed.judgments / n
    expected = sum(
        max(rest, (rule.most if is_sampled else usual) - done)
        for done, rest, is_sampled in rows
    )
    reason = (
        f"if the others close after {usual:.1f} judgments, as {count_of(n, 'task')} did"
    )
    return Estimate(min(most, round(expected)), now, most, most, reason), frozen


def _able(unit: Unit, queue: Queue, *, at: str) -> dict[str, Eligibility]:
    """Find everybody who may claim from the queue.

    Whoever has had their share of a harm label today may have it again tomorrow.
    """
    found: dict[str, Eligibility] = {}
    for p in people.everybody(unit):
        if not p.login:
            continue
        able = eligibility.of(unit, p.name, p.role, at=at)
        stands = standing.of(unit, p.name, day=at[:10])
        agreed = frozenset(o.label for o in stands.opt_ins) if stands else able.labels
        found[str(p.name)] = replace(able, labels=agreed)
    return {
        name: e
        for name, e in found.items()
        if e.paused_why is None
        and (queue.requires is None or queue.requires in e.clearances)
    }


def _pace(
    worked: list[tuple[str, str, int, int, float]], span: int
) -> dict[str, float]:
    made: dict[str, int] = {}
    for _, who, judgments, _, _ in worked:
        made[who] = made.get(who, 0) + judgments
    return {who: n / span for who, n in sorted(made.items())}


def _seconds(worked: list[tuple[str, str, int, int, float]], days: int) -> Estimate:
    """Estimate active seconds per judgment wanted, gold and repeats included."""
    timed = [(seconds, n) for _, _, _, n, seconds in worked if n]
    if not timed:
        said = NO_TIMES if worked else NOBODY
        return Estimate(None, None, None, 0, said.format(days=count_of(days, "day")))
    above, below = zip(*timed, strict=True)
    return ratio_estimate(above, below, seed=SEED)


def _days(
    worked: list[tuple[str, str, int, int, float]],
    wanted: Estimate,
    span: int,
    days: int,
) -> Estimate:
    """Estimate calendar days, if people come as often as they did."""
    made = [n for _, _, n, _, _ in worked]
    if not sum(made):
        return Estimate(None, None, None, 0, NOBODY.format(days=count_of(days, "day")))
    a_day = mean_estimate(made, seed=SEED)
    share = len(made) / span
    low = wanted.low if wanted.low is not None else 0.0
    high = wanted.high if wanted.high is not None else 0.0
    return Estimate(
        value=(wanted.value or 0.0) / ((a_day.value or 1.0) * share),
        low=low / (a_day.high * share) if a_day.high else None,
        high=high / (a_day.low * share) if a_day.low else None,
        n=len(made),
        reason=a_day.reason,
    )


def _scaled(each: Estimate, wanted: Estimate, factor: float) -> Estimate:
    """Multiply what one judgment takes by how many are wanted."""
    if each.value is None or wanted.value is None:
        return each
    low, high = wanted.low or 0.0, wanted.high or 0.0
    return Estimate(
        value=each.value * wanted.value * factor,
        low=None if each.low is None else each.low * low * factor,
        high=None if each.high is None else each.high * high * factor,
        n=each.n,
        reason=each.reason,
    )


def _money(queue: Queue, wanted: Estimate, hours: Estimate) -> Estimate:
    """Price what is left by the queue's policy."""
    if queue.pay is None:
        return Estimate(None, None, None, 0, NO_PAY)
    rate = float(queue.pay.rate)
    one = Estimate(1.0, 1.0, 1.0, wanted.n, wanted.reason)
    if queue.pay.per == "task":
        return _scaled(one, wanted, rate)
    same = Estimate(1.0, 1.0, 1.0, hours.n)
    return _scaled(hours, same, rate)


def _json(found: Estimate) -> dict[str, Any]:
    def said(value: float | None) -> float | int | None:
        if value is None:
            return None
        return int(value) if float(value).is_integer() else round(value, 4)

    return {
        "value": said(found.value),
        "low": said(found.low),
        "high": said(found.high),
        "n": found.n,
        "reason": found.reason,
    }
