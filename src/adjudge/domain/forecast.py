"""What is left of a queue, who may do it, and who everybody will wait for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from adjudge.domain.routing import Eligibility


@dataclass(frozen=True)
class Cell:
    """Work of one sort: whoever may do one task of it may do all.

    Attributes:
        judgments: Still to be made.
    """

    topic: str | None
    language: str | None
    labels: tuple[str, ...]
    needs_expert: bool
    judgments: int

    def is_open_to(self, person: Eligibility) -> bool:
        """Tell whether a person may have such a task; the claim decides alike."""
        if person.paused_why is not None or not set(self.labels) <= person.labels:
            return False
        if self.needs_expert and not (
            person.is_expert
            and (person.knows_every_topic or (self.topic or "") in person.topics)
        ):
            return False
        return (
            self.language is None
            or not person.languages
            or any(
                self.language == known or self.language.startswith(f"{known}-")
                for known in person.languages
            )
        )

    def as_json(self) -> dict[str, Any]:
        """Write the cell."""
        return {
            "topic": self.topic,
            "language": self.language,
            "labels": list(self.labels),
            "needs_expert": self.needs_expert,
            "judgments": self.judgments,
        }

    @property
    def words(self) -> str:
        """Name the cell, for example ``python in en, for experts``."""
        named = self.topic or "any topic"
        if self.language:
            named += f" in {self.language}"
        if self.labels:
            named += f" with {', '.join(self.labels)}"
        return named + (", for experts" if self.needs_expert else "")


@dataclass(frozen=True)
class Neck:
    """Some people, and the work that nobody else can do.

    Attributes:
        pace: Judgments a day that they make together.
        stuck: Judgments that even they cannot make: each of them has met the task.
    """

    people: tuple[str, ...]
    cells: tuple[Cell, ...]
    pace: float
    stuck: int = 0

    @property
    def judgments(self) -> int:
        """Count the work that is theirs alone."""
        return sum(c.judgments for c in self.cells)

    @property
    def days(self) -> float | None:
        """Tell how long it takes them; ``None`` where it would never end."""
        return self.judgments / self.pace if self.pace > 0 else None


def bottleneck(
    cells: Iterable[Cell],
    people: Mapping[str, Eligibility],
    pace: Mapping[str, float],
    *,
    stuck: Mapping[Cell, int],
) -> Neck | None:
    """Find the people whose own work takes longest.

    For every group of people that shares the right to some cell, the work that only
    members of that group can do is divided by their common pace; the longest decides.

    Args:
        cells: What is left.
        people: Eligibility of everybody who works here, by name.
        pace: Judgments a day, by name; who is missing made none lately.
        stuck: Of each cell, judgments that nobody eligible can make any more.

    Returns:
        ``None`` where nothing is left.
    """
    may = {
        cell: frozenset(n for n, p in people.items() if cell.is_open_to(p))
        for cell in cells
        if cell.judgments
    }
    necks = []
    for group in sorted({*may.values()}, key=sorted):
        own = tuple(cell for cell, able in may.items() if able <= group)
        necks.append(
            Neck(
                people=tuple(sorted(group)),
                cells=own,
                pace=sum(pace.get(name, 0.0) for name in sorted(group)),
                stuck=sum(stuck.get(cell, 0) for cell in own),
            )
        )
    return max(necks, key=_wait, default=None)


def _wait(neck: Neck) -> tuple[bool, bool, float, int]:
    """Order by how long one waits; work that nobody may do comes first."""
    return not neck.people, neck.days is None, neck.days or 0.0, neck.judgments
