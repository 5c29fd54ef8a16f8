"""A queue: an ordered source of work with one task kind and its rules."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adjudge.domain.ids import QueueName
from adjudge.domain.pay import PayPolicy
from adjudge.domain.record import Name, Record

TaskKind = Literal["compare", "rewrite", "rate"]
Share = Annotated[float, Field(ge=0, le=1)]
SAMPLED = 0.1  # of an adaptive queue's tasks always get MAX, drawn at random


class Adaptive(Record):
    """Stop asking when the posterior is sure: between MIN and MAX judgments."""

    least: Annotated[int, Field(ge=1, le=99)]
    most: Annotated[int, Field(ge=1, le=99)]
    sure: Annotated[float, Field(gt=0.5, lt=1)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.least > self.most:
            raise ValueError("expected MIN not above MAX")
        return self


class Queue(Record):
    """The settings of one queue."""

    name: Annotated[QueueName, Name]
    kind: TaskKind = "compare"
    overlap: Annotated[int, Field(ge=1, le=99)] = 3
    adaptive: Adaptive | None = None
    guideline: str | None = None
    gold_rate: Share = 0.0
    repeat_rate: Share = 0.0
    review_rate: Share = 0.0
    topic: str | None = None
    requires: str | None = None
    lease_minutes: Annotated[float, Field(gt=0, le=10_080)] = 30.0
    ties: bool = True
    training: bool = False
    sources_required: bool = False  # of rewrites: each names what it rests on
    start_from: Literal["empty", "original"] = "empty"  # of rewrites
    paused: bool = False
    paused_why: str | None = None
    pay: PayPolicy | None = None

    @model_validator(mode="after")
    def _adapts(self) -> Self:
        if self.adaptive is not None and (self.kind != "compare" or self.training):
            raise ValueError("expected no adaptive overlap but for comparing")
        return self

    @property
    def wanted(self) -> int:
        """Judgments a task opens with: the overlap, or MIN of an adaptive queue."""
        return self.adaptive.least if self.adaptive else self.overlap

    @property
    def range(self) -> str:
        """Say how many judgments a task gets: ``3``, or ``2 to 5``."""
        rule = self.adaptive
        return f"{rule.least} to {rule.most}" if rule else str(self.overlap)


class Standing(Record):
    """How far a queue is, in counts.

    Attributes:
        open: Slots that somebody may take.
        frozen: Slots that nobody may take until an incident is closed.
    """

    open: int = 0
    frozen: int = 0
    leased: int = 0
    done: int = 0
    tasks: int = 0
    judgments: int = 0
    late: int = 0
    surplus: int = 0


class Batch(Record):
    """One wave of a queue's work: its tasks, and their slots.

    Attributes:
        name: ``None`` for tasks that came in no batch.
        complete: Tasks that want no more judgments.
    """

    name: str | None
    added_at: str | None = None
    tasks: int = 0
    open: int = 0
    frozen: int = 0
    leased: int = 0
    done: int = 0
    complete: int = 0
