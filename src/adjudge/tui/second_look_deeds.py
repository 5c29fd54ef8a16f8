"""The services of second looks at judgments, as the screens call them: in workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.tui.deeds_in_turn import DeedsInTurn
from adjudge.tui.writing_session import ReviewSeat

if TYPE_CHECKING:
    from collections.abc import Collection

    from adjudge.domain.second_looks import SecondLook
    from adjudge.services.work.arriving import Sitting
    from adjudge.services.work.second_looks import Drawn


class SecondLookDeeds(DeedsInTurn):
    """One person's reviews of judgments; every method blocks, none touches a widget."""

    def sit_down(self, sitting: Sitting) -> ReviewSeat:
        """Open a queue's reviews and hold the first."""
        from dataclasses import replace  # noqa: PLC0415 - late, with the rest

        from adjudge.services.campaign import guidelines  # noqa: PLC0415 - late
        from adjudge.services.work import second_looks  # noqa: PLC0415 - late

        queue = sitting.queue.name
        done, left = second_looks.counts(*self._ready()).get(queue, (0, 0))
        body = guidelines.body(sitting.guideline) if sitting.guideline else ""
        return ReviewSeat(
            replace(sitting, done=done, left=left), body, self.next_review(queue)
        )

    def next_review(self, queue: str, leaving: Collection[str] = ()) -> Drawn | None:
        """Hold the next judgment that waits for a review."""
        from adjudge.services.work import second_looks  # noqa: PLC0415 - late

        held = second_looks.claim(*self._ready(), queue, leaving=leaving)
        if held is not None:
            with self._turn:
                self._signed.discard(str(held.judgment.id))
            self._readings.fetch([held.guideline])
        return held

    def save(self, held: Drawn, said: SecondLook, session: str, *, seq: int) -> None:
        """Keep what was said of a judgment, unless it was closed meanwhile."""
        from adjudge.services.work import second_looks  # noqa: PLC0415 - late

        with self._turn:
            if said.judgment not in self._signed:
                ready = self._ready()
                second_looks.save_draft(*ready, held, said, session=session, seq=seq)

    def decide(self, said: SecondLook, seconds: float) -> None:
        """Close a review as was said."""
        from adjudge.services.work import second_looks  # noqa: PLC0415 - late

        with self._turn:
            second_looks.review(
                *self._ready(),
                said.judgment,
                accept=said.verdict == "accept",
                clause=said.clause if said.verdict == "return" else None,
                why=said.why,
                seconds=seconds,
            )
            self._signed.add(said.judgment)

    def prolong(self, held: Drawn) -> bool:
        """Prolong the hold on a judgment; tell whether it still stands."""
        from adjudge.services.work import second_looks  # noqa: PLC0415 - late

        return second_looks.heartbeat(*self._ready(), held)

    def let_go(self, held: Drawn) -> None:
        """Let somebody else review it."""
        from adjudge.services.work import second_looks  # noqa: PLC0415 - late

        with self._turn:
            self._signed.add(str(held.judgment.id))
            second_looks.release(*self._ready(), held)
