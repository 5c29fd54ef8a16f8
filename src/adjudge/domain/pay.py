"""Time on tasks: what was worked, what of it is paid, and never twice."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field

from adjudge.domain.record import Record, digest
from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Kind = Literal["work", "rework", "training", "skip", "review", "imported", "correction"]
_TASKS = {"work", "training", "imported"}  # kinds that finish a task
_SMALL = Decimal("0.0001")  # of a line
_CENT = Decimal("0.01")  # of a total
HARM_SKIP = "unsafe"  # always paid: nobody loses money by looking away


def _decimal(value: Any) -> Any:
    """Read money as people and files write it; a float by its shortest writing."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float, str)):
        try:
            # Not the digits of other scripts, which Python reads as well.
            return Decimal(str(value).encode("ascii").decode())
        except (InvalidOperation, UnicodeEncodeError):
            raise ValueError("expected an amount like 24.50") from None
    return value


Money = Annotated[
    Decimal, BeforeValidator(_decimal), Field(ge=0, le=1_000_000, allow_inf_nan=False)
]


class PayPolicy(Record):
    """What work in a queue is paid, and which work.

    Attributes:
        per: ``hour`` pays active and research time, ``task`` each finished task.
        rate: Per hour or per task.
    """

    per: Literal["hour", "task"]
    rate: Money
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    training: bool = True
    surplus: bool = True
    skip: bool = True
    rework: bool = True

    @classmethod
    def read(cls, text: str) -> Self:
        """Read ``hour,24.50,EUR`` with ``no-training``, ``no-skip`` … after it.

        Raises:
            InvalidInputError: If it is not of that form.
        """
        parts = [part.strip() for part in text.split(",")]
        values = dict(zip(("per", "rate", "currency"), parts, strict=False))
        unpaid = {p.removeprefix("no-"): False for p in parts[3:]}
        try:
            return cls.model_validate({**values, **unpaid})
        except ValueError:
            raise InvalidInputError(
                f"--pay {text!r} is not hour|task,RATE,CURRENCY",
                hint="for example hour,24.50,EUR or task,0.80,USD,no-skip",
            ) from None

    @property
    def words(self) -> str:
        """Write it as ``read`` takes it."""
        kinds = ("training", "surplus", "skip", "rework")
        unpaid = [f"no-{kind}" for kind in kinds if not getattr(self, kind)]
        return ",".join([self.per, str(self.rate), self.currency, *unpaid])

    def pays(self, line: Line, *, is_harm: bool, was_returned: bool) -> bool:
        """Tell whether the policy pays a line at all."""
        if line.surplus and not self.surplus:
            return False
        if line.kind == "skip":
            return self.skip or is_harm
        if line.kind == "training":
            return self.training
        if line.kind == "rework":
            # Per task, only what a reviewer sent back is a task once more.
            return self.rework and (self.per == "hour" or was_returned)
        return line.kind in {"work", "review"}

    def amount(self, seconds: float, tasks: int) -> Decimal:
        """Price paid seconds and tasks, to a hundredth of a cent."""
        exact = (
            self.rate * Decimal(str(round(seconds, 3))) / 3600
            if self.per == "hour"
            else self.rate * tasks
        )
        return exact.quantize(_SMALL, ROUND_HALF_UP)


@dataclass(frozen=True)
class Work:
    """One thing somebody did: submitted, revised, passed on, reviewed.

    Attributes:
        id: Of the judgment, the skip or the review.
        at: When it ended, UTC ISO 8601.
        wall: Seconds from first sight to the end, pauses included.
        stands: Whether a judgment of the task stands, whichever revision.
        was_returned: A reviewer had sent it back.
        is_harm: Passed on because it is unsafe to read.
    """

    id: str
    kind: Kind
    task_id: int
    occasion: int
    queue: str
    at: str
    active: float = 0.0
    idle: float = 0.0
    research: float = 0.0
    wall: float = 0.0
    late: bool = False
    surplus: bool = False
    stands: bool = True
    was_returned: bool = False
    is_harm: bool = False

    @property
    def end(self) -> float:
        """Give the end in Unix seconds."""
        return datetime.fromisoformat(self.at).timestamp()


class _Day:
    """Time that is spoken for: sorted spans that do not overlap."""

    def __init__(self) -> None:
        self._starts: list[float] = []
        self._ends: list[float] = []

    def take(self, start: float, end: float, wanted: float) -> float:
        """Take free time between two moments, earliest first; give how much."""
        taken, now = 0.0, start
        i = bisect_right(self._ends, start)
        while taken < wanted and now < end:
            until = min(end, self._starts[i]) if i < len(self._starts) else end
            piece = min(wanted - taken, max(0.0, until - now))
            if piece > 0:
                self._starts.insert(i, now)
                self._ends.insert(i, now + piece)
                taken += piece
                i += 1
            if i >= len(self._starts):
                break
            now = max(now, self._ends[i])
            i += 1
        return taken


def credited(works: Iterable[Work]) -> list[Work]:
    """Count no second twice, however many windows were open at once.

    Each piece of work lies between its first sight and its end. In the order of
    their ends, each takes as much of that time as it was active and nothing else
    has taken; what was not there to take was spent elsewhere and is not counted
    again. Imported seconds come from another clock and stay as they are.
    """
    day, found = _Day(), []
    for work in sorted(works, key=lambda w: (w.end, w.id)):
        if work.kind == "imported":
            found.append(work)
            continue
        worked = work.active + work.research
        start = work.end - max(work.wall, worked)
        got = day.take(start, work.end, worked)
        share = min(1.0, got / worked) if worked else 1.0
        if share > 1 - 1e-6:  # sums of spans are not exact
            found.append(work)
            continue
        found.append(
            replace(work, active=work.active * share, research=work.research * share)
        )
    return found


@dataclass(frozen=True)
class Line:
    """One line of a statement: a task, or a correction.

    Nothing here tells gold or a repeat from other work.

    Attributes:
        id: Short; a dispute names it.
        tasks: 1 when a task was finished.
        training: Active and research seconds in training.
        review: Seconds spent on reviewing others.
        paid_seconds: What the policy pays by the hour.
        events: What it was made of, by id.
        corrects: The line that a correction is about.
        state: ``open``, ``locked``; a dispute makes it ``disputed``, then ``answered``.
    """

    id: str
    kind: Kind
    queue: str
    at: str
    tasks: int = 0
    active: float = 0.0
    idle: float = 0.0
    research: float = 0.0
    training: float = 0.0
    review: float = 0.0
    paid_seconds: float = 0.0
    amount: Decimal | None = None
    currency: str | None = None
    late: bool = False
    surplus: bool = False
    corrects: str | None = None
    why: str | None = None
    state: str = "open"
    events: tuple[str, ...] = field(default=(), repr=False)

    @property
    def worked(self) -> float:
        """Sum up what was worked, idle time apart."""
        return self.active + self.research + self.training + self.review

    def as_json(self) -> dict[str, Any]:
        """Write what the person sees: nothing that names a task or its role."""
        return {
            "line": self.id,
            "at": self.at,
            "queue": self.queue,
            "kind": self.kind,
            "tasks": self.tasks,
            "active_seconds": round(self.active, 1),
            "idle_seconds": round(self.idle, 1),
            "research_seconds": round(self.research, 1),
            "training_seconds": round(self.training, 1),
            "review_seconds": round(self.review, 1),
            "paid_seconds": round(self.paid_seconds, 1),
            "amount": str(self.amount) if self.amount is not None else None,
            "currency": self.currency,
            "late": self.late,
            "surplus": self.surplus,
            "corrects": self.corrects,
            "why": self.why,
            "state": self.state,
        }


@dataclass(frozen=True)
class PayRules:
    """Pay policies of queues as they followed each other.

    Attributes:
        by_queue: Since when, and which policy, oldest first; ``None`` pays nothing.
    """

    by_queue: dict[str, tuple[tuple[str, PayPolicy | None], ...]]

    def at(self, queue: str, when: str) -> PayPolicy | None:
        """Give the policy that was in force.

        Work from before a queue had any is paid by the first: a lead who sets it late
        leaves nobody without.
        """
        rules = self.by_queue.get(queue, ())
        first = next((i for i, (_, p) in enumerate(rules) if p is not None), 0)
        found = rules[first][1] if rules else None
        for since, policy in rules[first:]:
            if since <= when:
                found = policy
        return found


def lines_of(works: Sequence[Work], rules: PayRules, *, salt: str) -> list[Line]:
    """Write one line per task and kind of work, in the order of working.

    Args:
        works: Credited work of one person.
        rules: The policy in force when a line was worked pays for it.
        salt: Makes ids of lines this person's own.
    """
    grouped: dict[tuple[int, int, Kind], list[Work]] = defaultdict(list)
    for work in works:
        grouped[work.task_id, work.occasion, work.kind].append(work)
    lines = [_line(group, rules, salt) for group in grouped.values()]
    return sorted(lines, key=lambda line: (line.at, line.id))


def _line(works: list[Work], rules: PayRules, salt: str) -> Line:
    first = works[0]
    active = sum(w.active for w in works)
    research = sum(w.research for w in works)
    is_training, is_review = first.kind == "training", first.kind == "review"
    line = Line(
        id=digest([salt, first.id])[:10],
        kind=first.kind,
        queue=first.queue,
        at=first.at,
        tasks=int(first.kind in _TASKS and any(w.stands for w in works)),
        active=0.0 if is_training or is_review else active,
        idle=sum(w.idle for w in works),
        research=0.0 if is_training or is_review else research,
        training=active + research if is_training else 0.0,
        review=active + research if is_review else 0.0,
        late=any(w.late for w in works),
        surplus=any(w.surplus for w in works),
        events=tuple(w.id for w in works),
    )
    policy = rules.at(first.queue, first.at)
    if policy is None or first.kind == "imported":
        return line
    pays = policy.pays(
        line,
        is_harm=any(w.is_harm for w in works),
        was_returned=any(w.was_returned for w in works),
    )
    seconds = line.worked if pays else 0.0
    tasks = (line.tasks if first.kind in _TASKS else 1) if pays else 0
    return replace(
        line,
        paid_seconds=seconds,
        amount=policy.amount(seconds, tasks),
        currency=policy.currency,
    )


@dataclass(frozen=True)
class Totals:
    """A statement's sums."""

    tasks: int
    active: float
    idle: float
    research: float
    training: float
    review: float
    paid_seconds: float
    amounts: dict[str, Decimal]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Self:
        """Sum up lines; amounts by currency, to the cent."""
        every = list(lines)
        sums: dict[str, Decimal] = {}
        for line in every:
            if line.currency is not None and line.amount is not None:
                have = sums.get(line.currency, Decimal(0))
                sums[line.currency] = have + line.amount
        return cls(
            tasks=sum(line.tasks for line in every),
            active=sum(line.active for line in every),
            idle=sum(line.idle for line in every),
            research=sum(line.research for line in every),
            training=sum(line.training for line in every),
            review=sum(line.review for line in every),
            paid_seconds=sum(line.paid_seconds for line in every),
            amounts={
                currency: amount.quantize(_CENT, ROUND_HALF_UP)
                for currency, amount in sorted(sums.items())
            },
        )

    def as_json(self) -> dict[str, Any]:
        """Write the sums."""
        return {
            "tasks": self.tasks,
            "active_seconds": round(self.active, 1),
            "idle_seconds": round(self.idle, 1),
            "research_seconds": round(self.research, 1),
            "training_seconds": round(self.training, 1),
            "review_seconds": round(self.review, 1),
            "paid_seconds": round(self.paid_seconds, 1),
            "amounts": {c: str(a) for c, a in self.amounts.items()},
        }


def month_span(month: str) -> tuple[str, str]:
    """Give the first day of a month and of the next one.

    Raises:
        InvalidInputError: If it is not written like 2026-01.
    """
    try:
        # One way to write it, or a month could be locked twice; no last of all months.
        first = date.fromisoformat(f"{month}-01")
        following = (first + timedelta(days=32)).replace(day=1)
        _ = first - timedelta(days=1)
    except (ValueError, OverflowError):
        raise InvalidInputError(
            f"--month {month!r} is no month", hint="for example 2026-01"
        ) from None
    return first.isoformat(), following.isoformat()
