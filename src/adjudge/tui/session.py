"""One person at one queue: what is in hand, what was done, how far they went back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from adjudge.domain.judging import Draft
    from adjudge.services.work.judging import Assignment, Past, Submitted
    from adjudge.tui.clock import ActiveClock, Times
    from adjudge.tui.deeds import Deeds, Seat
    from adjudge.tui.glyphs import Glyphs

MOST_BACK = 10

TaskKey = tuple[int, int]


@dataclass
class Workplace:
    """What every screen works with.

    Attributes:
        window: Names this process among the windows of one person.
        new_id: Gives a fresh id.
        keys: A person's own keys, by action.
        synced: Whether responses scroll together on a new screen.
        confirm_fast: Seconds of work under which signing is asked again; 0 for never.
        sound: Whether a refusal rings.
        away_since: Since when the store does not take anything; empty while it does.
        away_why: What is the matter with it.
    """

    deeds: Deeds
    clock: ActiveClock
    glyphs: Glyphs
    window: str
    new_id: Callable[[], str]
    keys: dict[str, str]
    synced: bool = True
    confirm_fast: float = 0.0
    sound: bool = False
    away_since: str = ""
    away_why: str = ""


@dataclass
class Session:
    """The tasks in hand and those taken back; asks nobody, draws nothing.

    Attributes:
        hand: What this person holds, in the order it is to be judged.
        past: Judgments that stand, newest first.
        current: The task on screen, or None when nothing is left.
        left_for: Tasks that were left to take a judgment back, oldest first.
        said: What the next screen says first.
        parked: Drafts of tasks that were left for another one.
        times: Time spent on tasks that were left for another one.
        opened: Tasks whose content warning was read.
        read_guidelines: Versions whose changes were read in this session.
        contested: Tasks that another window signed while this one said otherwise.
    """

    seat: Seat
    hand: tuple[Assignment, ...]
    past: tuple[Past, ...]
    done: int
    total: int
    current: Assignment | None = None
    left_for: list[Assignment | None] = field(default_factory=list)
    said: str = ""
    parked: dict[TaskKey, Draft] = field(default_factory=dict)
    times: dict[TaskKey, Times] = field(default_factory=dict)
    opened: set[TaskKey] = field(default_factory=set)
    read_guidelines: set[str] = field(default_factory=set)
    contested: set[TaskKey] = field(default_factory=set)

    @classmethod
    def begin(cls, seat: Seat) -> Session:
        """Begin with the first task in hand."""
        sitting = seat.sitting
        return cls(
            seat=seat,
            hand=seat.hand,
            past=seat.past,
            done=sitting.done,
            total=sitting.done + sitting.left,
            current=seat.hand[0] if seat.hand else None,
        ).with_news()

    def with_news(self) -> Session:
        """Let the first screen say why its task came back."""
        self.said = self.why_back
        return self

    @property
    def queue(self) -> str:
        """Name the queue."""
        return self.seat.sitting.queue.name

    @property
    def back(self) -> int:
        """Count the judgments that are taken back and not signed again."""
        return len(self.left_for)

    @property
    def why_back(self) -> str:
        """Say why the task on screen came back to this person, if it did."""
        why = self.current.why_back if self.current else None
        return f"Back to you: {why}" if why else ""

    @property
    def upcoming(self) -> Assignment | None:
        """Give the task that comes after this one, if it is in hand."""
        if self.left_for:
            return self.left_for[-1]
        here = self.current.task_id if self.current else None
        return next((a for a in self.hand if a.task_id != here), None)

    def park(self, draft: Draft | None, times: Times) -> None:
        """Put the current task aside as it stands."""
        if self.current is not None and draft is not None:
            self.parked[key_of(self.current)] = draft
            self.times[key_of(self.current)] = times

    def signed(self, submitted: Submitted) -> None:
        """Go on after a judgment was stored."""
        self.done_with(submitted.next)

    def done_with(self, hand: tuple[Assignment, ...]) -> None:
        """Count the task on screen, unless it was taken back, and let go of it."""
        if not self.left_for:
            self.done += 1
        self.take(hand)

    def remember(self, past: tuple[Past, ...]) -> None:
        """Take note of what stands, what two windows disagree about first."""
        self.past = tuple(sorted(past, key=self._is_uncontested))

    def _is_uncontested(self, past: Past) -> bool:
        return (past.task_id, past.judgment.occasion) not in self.contested

    def take(self, hand: tuple[Assignment, ...]) -> None:
        """Let go of the task on screen; go on with what was left, or comes next."""
        if self.current is not None:
            self.parked.pop(key_of(self.current), None)
            self.times.pop(key_of(self.current), None)
        self.hand = hand
        held = {a.task_id for a in hand}
        while self.left_for:
            self.current = self.left_for.pop()
            if self.current is not None and self.current.task_id in held:
                return
        self.total = max(self.total, self.done + len(hand))
        self.current = hand[0] if hand else None

    def go_back(self, assignment: Assignment) -> None:
        """Leave the task on screen for a judgment that was taken back."""
        taken = assignment.supersedes
        if taken is not None:
            self.past = tuple(p for p in self.past if p.judgment.id != taken.id)
        self.left_for.append(self.current)
        self.current = assignment

    def why_not_back(self, place: int = 0) -> str:
        """Say why the judgment at this place cannot be taken back, or nothing."""
        if self.back >= MOST_BACK:
            return f"Undo goes back {MOST_BACK} judgments, not further."
        if place >= len(self.past):
            return "There is no earlier judgment of yours in this queue."
        return ""


def key_of(assignment: Assignment) -> TaskKey:
    """Name a task on an occasion."""
    return assignment.task_id, assignment.occasion
