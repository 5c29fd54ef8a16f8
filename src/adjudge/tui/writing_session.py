"""One person writing, or reviewing what others did: what is in hand and what was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from adjudge.domain.words import count_of

if TYPE_CHECKING:
    from adjudge.domain.rewriting import Draft, Review
    from adjudge.domain.second_looks import SecondLook
    from adjudge.services.work.arriving import Sitting
    from adjudge.services.work.reviewing import InReview
    from adjudge.services.work.rewriting import Assignment
    from adjudge.services.work.second_looks import Drawn
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
    held: InReview | Drawn | None


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
    """The rewrite or the judgment under review; asks nobody, draws nothing.

    Attributes:
        left: Judgments that this person leaves to other reviewers.
    """

    seat: ReviewSeat
    current: InReview | Drawn | None
    done: int
    total: int
    said: str = ""
    left: set[str] = field(default_factory=set)
    parked: dict[str, Review | SecondLook] = field(default_factory=dict)
    times: dict[str, Times] = field(default_factory=dict)
    opened: set[object] = field(default_factory=set)
    read_guidelines: set[str] = field(default_factory=set)

    @classmethod
    def begin(cls, seat: ReviewSeat) -> ReviewSession:
        """Begin with what is held."""
        sitting = seat.sitting
        return cls(seat, seat.held, sitting.done, sitting.done + sitting.left)

    @property
    def queue(self) -> str:
        """Name the queue."""
        return self.seat.sitting.queue.name

    @property
    def is_of_judgments(self) -> bool:
        """Whether judgments are reviewed here, and not rewrites."""
        return self.seat.sitting.queue.kind != "rewrite"

    def take(self, held: InReview | Drawn | None, *, signed: bool = False) -> None:
        """Go on with what is held now."""
        self.done += signed
        self.current = held
        self.total = max(self.total, self.done + (held is not None))

    def why_empty(self) -> list[str]:
        """Say that nothing more waits for this person, and what they left."""
        what = "judgment" if self.is_of_judgments else "rewrite"
        lines = [f"No {what} of somebody else waits for a review here."]
        if self.left:
            n = count_of(len(self.left), what)
            lines.append(f"You left {n} to other reviewers; looking again offers them.")
        return lines
