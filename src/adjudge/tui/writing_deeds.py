"""The services of rewriting and reviewing, as the screens call them: in workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.tui.deeds_in_turn import DeedsInTurn
from adjudge.tui.writing_session import ReviewSeat, WritingSeat

if TYPE_CHECKING:
    from adjudge.domain.privacy import Span
    from adjudge.domain.rewriting import Draft, Review
    from adjudge.services.work.arriving import Sitting
    from adjudge.services.work.reviewing import InReview
    from adjudge.services.work.rewriting import Assignment, Submitted


class WritingDeeds(DeedsInTurn):
    """One person's deeds on rewrites; every method blocks, none touches a widget."""

    # --- writing ---------------------------------------------------------------

    def sit_down(self, sitting: Sitting) -> WritingSeat:
        """Take the first tasks of a queue of rewrites."""
        return WritingSeat(
            sitting, _guideline_text(sitting), self.claim(sitting.queue.name)
        )

    def claim(self, queue: str) -> tuple[Assignment, ...]:
        """Take what there is."""
        from adjudge.services.work import rewriting  # noqa: PLC0415 - late

        hand = rewriting.claim(*self._ready(), queue)
        self._prepare(hand)
        return hand

    def save(
        self,
        task: Assignment,
        draft: Draft,
        session: str,
        *,
        seq: int,
        alone: bool = False,
    ) -> tuple[tuple[str, Draft, str], ...]:
        """Keep a draft, unless its task was signed meanwhile; give other windows'."""
        from adjudge.services.work import rewriting  # noqa: PLC0415 - late

        with self._turn:
            if _key(task) in self._signed:
                return ()
            return rewriting.save_draft(
                *self._ready(),
                task,
                draft,
                session=session,
                seq=seq,
                alone=alone,
            )

    def warnings(self, draft: Draft) -> tuple[Span, ...]:
        """Find what looks private in a text."""
        from adjudge.services.work import rewriting  # noqa: PLC0415 - late

        return rewriting.warnings(*self._ready(), draft)

    def submit(
        self, task: Assignment, draft: Draft, *, seconds: float, submission_id: str
    ) -> Submitted:
        """Sign and store."""
        from adjudge.services.work import rewriting  # noqa: PLC0415 - late

        with self._turn:
            done = rewriting.submit(
                *self._ready(),
                task,
                draft,
                seconds=seconds,
                submission_id=submission_id,
            )
            self._signed.add(_key(task))
        self._prepare(done.next)
        return done

    def skip(
        self, task: Assignment, code: str, note: str, seconds: float
    ) -> tuple[Assignment, ...]:
        """Pass a task on."""
        from adjudge.services.work import rewriting  # noqa: PLC0415 - late

        with self._turn:
            hand = rewriting.skip(
                *self._ready(), task, code, note=note, seconds=seconds
            )
            self._signed.add(_key(task))
        self._prepare(hand)
        return hand

    def heartbeat(self, hand: tuple[Assignment, ...]) -> bool:
        """Prolong the leases; tell whether the first one still stands."""
        from adjudge.services.work import rewriting  # noqa: PLC0415 - late

        held = [rewriting.heartbeat(*self._ready(), task) for task in hand]
        return not held or held[0]

    def release(self, hand: tuple[Assignment, ...]) -> None:
        """Give back what was not begun."""
        from adjudge.services.work import rewriting  # noqa: PLC0415 - late

        for task in hand:
            rewriting.release(*self._ready(), task)

    def _prepare(self, hand: tuple[Assignment, ...]) -> None:
        """Make a hand ready: drafts count again, its guidelines are at hand."""
        with self._turn:
            self._signed -= {_key(task) for task in hand}
        self._readings.fetch(task.guideline for task in hand)

    # --- reviewing -------------------------------------------------------------

    def sit_down_to_review(self, queue: str) -> ReviewSeat:
        """Open a queue's reviews and hold the first."""
        from dataclasses import replace  # noqa: PLC0415 - late, with the rest

        from adjudge.services.work import arriving, reviewing  # noqa: PLC0415 - late

        ready = self._ready()
        done, left = reviewing.counts(*ready, queue)
        sitting = replace(arriving.sit_down(*ready, queue), done=done, left=left)
        return ReviewSeat(sitting, _guideline_text(sitting), self.next_review(queue))

    def next_review(self, queue: str) -> InReview | None:
        """Hold the next rewrite that waits for a review."""
        from adjudge.services.work import reviewing  # noqa: PLC0415 - late

        held = reviewing.claim(*self._ready(), queue)
        if held is not None:
            with self._turn:
                self._signed.discard(held.rewrite.id)
            self._readings.fetch([held.guideline])
        return held

    def save_review(
        self,
        held: InReview,
        said: Review,
        session: str,
        *,
        seq: int,
        alone: bool = False,
    ) -> tuple[tuple[str, Review, str], ...]:
        """Keep what was said of a rewrite, unless it was closed meanwhile."""
        from adjudge.services.work import reviewing  # noqa: PLC0415 - late

        with self._turn:
            if held.rewrite.id in self._signed:
                return ()
            return reviewing.save_draft(
                *self._ready(),
                held,
                said,
                session=session,
                seq=seq,
                alone=alone,
            )

    def decide(self, held: InReview, said: Review, seconds: float) -> InReview | None:
        """Close a review as was said; give the next."""
        from adjudge.services.work import reviewing  # noqa: PLC0415 - late

        id, ready = held.rewrite.id, self._ready()
        with self._turn:
            if said.verdict == "approve":
                reviewing.approve(*ready, id, why=said.why, seconds=seconds)
            elif said.verdict == "fix":
                reviewing.fix(*ready, id, said.text, why=said.why, seconds=seconds)
            else:
                reviewing.send_back(
                    *ready, id, why=said.why, clause=said.clause, seconds=seconds
                )
            self._signed.add(id)
        return self.next_review(held.rewrite.queue)

    def prolong(self, held: InReview) -> bool:
        """Prolong the hold on a rewrite; tell whether it still stands."""
        from adjudge.services.work import reviewing  # noqa: PLC0415 - late

        return reviewing.heartbeat(*self._ready(), held)

    def let_go(self, held: InReview) -> None:
        """Let somebody else review it."""
        from adjudge.services.work import reviewing  # noqa: PLC0415 - late

        reviewing.release(*self._ready(), held)


def _guideline_text(sitting: Sitting) -> str:
    from adjudge.services.campaign import guidelines  # noqa: PLC0415 - late

    return guidelines.body(sitting.guideline) if sitting.guideline else ""


def _key(task: Assignment) -> tuple[int, int]:
    return task.task_id, task.occasion
