"""What is written in drafts and signed: one person's deeds, which take turns."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.services.work.incidents import Flagged
    from adjudge.tui.readings import Readings


class DeedsInTurn:
    """Drafts and signatures take turns.

    So a late save never leaves a draft behind for what was signed.
    """

    def __init__(
        self, ready: Callable[[], tuple[Bench, Actor]], readings: Readings
    ) -> None:
        self._ready = ready
        self._readings = readings
        self._turn = threading.Lock()
        self._signed: set[object] = set()  # or let go: nothing more is kept of it
        self._numbers = itertools.count(1)

    def next_seq(self) -> int:
        """Number a save when its text is read: a late one never replaces a newer."""
        return next(self._numbers)

    def flag(self, task_id: int, category: str, note: str) -> Flagged:
        """Call a lead to a task."""
        from adjudge.services.work import incidents  # noqa: PLC0415 - late

        return incidents.flag(*self._ready(), task_id, category, note=note)
