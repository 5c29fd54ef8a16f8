"""The places on a page that are searched or differ, and the one we are at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.tui.reading.marks import Mark, differences, find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

    from adjudge.tui.reading.look import Look

Place = tuple[Mark, ...]


class Highlights:
    """What is marked on a page.

    Attributes:
        matches: Where the phrase stands, in order.
        differences: Runs of words the other text lacks, in order.
        current: The place that was jumped to last, empty for none.
    """

    def __init__(self) -> None:
        self.matches: list[Place] = []
        self.differences: list[Place] = []
        self.current: Place = ()

    def update(
        self, lines: Sequence[str], phrase: str, other: Sequence[str] | None
    ) -> None:
        """Look again, since the page, the phrase or the other text changed."""
        self.matches = find(lines, phrase)
        self.differences = [] if other is None else differences(lines, other)
        if self.current not in self.matches and self.current not in self.differences:
            self.current = ()

    def step(
        self, places: Sequence[Place], here: Mark, *, forward: bool
    ) -> Mark | None:
        """Go to the next or previous place, past the end on to the first.

        Args:
            places: ``matches`` or ``differences``.
            here: Where to start if there is no current place.
            forward: On, not back.

        Returns:
            Where the new current place begins; None if there are no places.
        """
        if not places:
            return None
        start = self.current[0] if self.current else here
        if forward:
            later = [place for place in places if place[0] > start]
            self.current = later[0] if later else places[0]
        else:
            earlier = [place for place in places if place[0] < start]
            self.current = earlier[-1] if earlier else places[-1]
        return self.current[0]

    def by_line(self, look: Look) -> dict[int, list[tuple[int, int, Style]]]:
        """What to paint on each line, the current place last."""
        painted: dict[int, list[tuple[int, int, Style]]] = {}
        for places, style in (
            (self.differences, look.differs),
            (self.matches, look.match),
            ([self.current], look.current),
        ):
            for place in places:
                for line, start, end in place:
                    painted.setdefault(line, []).append((start, end, style))
        return painted
