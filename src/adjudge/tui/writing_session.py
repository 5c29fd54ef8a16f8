"""One person writing, or reviewing what others wrote: what is in hand and what was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from adjudge.domain.rewriting import Draft, Review
    from adjudge.services.work.arriving import Sitting
    from adjudge.services.work.reviewing import InReview
    from adjudge.services.work.rewriting import Assignment
    from adjudge.tui.clock import Times


class WritingSeat(NamedTuple):
    """What somebody finds on sitting down at a queue of rewrites."""

    sitting: Sitting
    guideline_text: str
    hand: tuple[Assignment, ...]


class ReviewSeat(NamedTuple):
    """What a reviewer finds; ``done`` and ``left`` of the sitting count reviews."""

    sitting: Sitting
    guideline_text: str
    held: InReview | None


@dataclass
class WritingSession:
    """The rewrites in hand; asks nobody, draws nothing.

    Attributes:
        said: What the next screen says first.
        parked: What was written of tasks that were left, by task.
        times: Time spent on tasks that were left.
        opened: Tasks whose content warning was read.
        read_guidelines: Versions whose changes were read in this session.
    """

    seat: WritingSeat
    hand: tuple[Assignment, ...]
    done: int
    total: int
    said: str = ""
    parked: dict[int, Draft] = field(default_factory=dict)
    times: dict[int, Times] = field(default_factory=dict)
    opened: set[object] = field(default_factory=set)
    read_guidelines: set[str] = field(default_factory=set)

    @classmethod
    def begin(cls, seat: WritingSeat) -> WritingSession:
        """Begin with the first task in hand."""
        sitting = seat.sitting
        return cls(seat, seat.hand, sitting.done, sitting.done + sitting.left)

    @property
    def queue(self) -> str:
        """Name the queue."""
        return self.seat.sitting.queue.name

    @property
    def current(self) -> Assignment | None:
        """Give the task on screen; what came back is first."""
        return next(
            (a for a in self.hand if a.why_back),
            self.hand[0] if self.hand else None,
        )

    def take(self, hand: tuple[Assignment, ...], *, signed: bool = False) -> None:
        """Go on with what is in hand now."""
        self.done += signed
        self.hand = hand
        self.total = max(self.total, self.done + len(hand))


@dataclass
class ReviewSession:
    """The rewrite under review; asks nobody, draws nothing."""

    seat: ReviewSeat
    current: InReview | None
    done: int
    total: int
    said: str = ""
    parked: dict[str, Review] = field(default_factory=dict)
    times: dict[str, Times] = field(default_factory=dict)
    opened: set[object] = field(default_factory=set)
    read_guidelines: set[str] = field(default_factory=set)

    @classmethod
    def begin(cls, seat: ReviewSeat) -> ReviewSession:
        """Begin with the rewrite that is held."""
        sitting = seat.sitting
        return cls(seat, seat.held, sitting.done, sitting.done + sitting.left)

    @property
    def queue(self) -> str:
        """Name the queue."""
        return self.seat.sitting.queue.name

    def take(self, held: InReview | None, *, signed: bool = False) -> None:
        """Go on with what is held now."""
        self.done += signed
        self.current = held
        self.total = max(self.total, self.done + (held is not None))
