"""The services as the screens call them: in worker threads, opened late.

The workbench paints its first frame before anything of the store is imported;
these methods import it, the first time one is called.
"""

from __future__ import annotations

import itertools
import threading
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from adjudge.domain.people import Role
from adjudge.errors import BusyError
from adjudge.tui import journal
from adjudge.tui.lead_deeds import LeadDeeds
from adjudge.tui.readings import Readings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adjudge.domain.ids import JudgmentId
    from adjudge.domain.judging import Draft
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.services.people.messages import Message
    from adjudge.services.people.terms import Terms
    from adjudge.services.work.arriving import Desk, Sitting
    from adjudge.services.work.incidents import Flagged
    from adjudge.services.work.judging import (
        Assignment,
        Clock,
        Past,
        Submitted,
    )
    from adjudge.tui.clock import Times
    from adjudge.tui.second_look_deeds import SecondLookDeeds
    from adjudge.tui.writing_deeds import WritingDeeds
    from adjudge.tui.writing_session import ReviewSeat, WritingSeat

    OpenBench = Callable[[], tuple[Bench, Actor]]

T = TypeVar("T")

_PATIENCE = 2  # more goes at a store that is busy; each waits for seconds by itself


class Seat(NamedTuple):
    """What somebody finds on sitting down at a queue."""

    sitting: Sitting
    guideline_text: str
    hand: tuple[Assignment, ...]
    past: tuple[Past, ...]


class Deeds:
    """One person's deeds on one store.

    Every method blocks; none touches a widget. Drafts and signatures take turns,
    so that a late save never leaves a draft behind for a task that was signed.
    """

    def __init__(self, open_bench: OpenBench) -> None:
        self._open = open_bench
        self._opened: tuple[Bench, Actor] | None = None
        self._opening = threading.Lock()
        self._turn = threading.Lock()
        self._signed: set[tuple[int, int]] = set()
        self.readings = Readings(self._ready)
        self._numbers = itertools.count(1)
        self.told = ""  # what became of judgments that waited outside the store
        self.lead = LeadDeeds(self._ready)

    def _ready(self) -> tuple[Bench, Actor]:
        with self._opening:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def name(self) -> str:
        """Name the person who acts."""
        return self._ready()[1].name

    def enter(self, open_bench: OpenBench) -> None:
        """Come in as somebody else than the program took this person for."""
        with self._opening:
            self._open, self._opened = open_bench, None
            self.lead.known.clear()
            self.readings.forget()

    def terms(self) -> Terms | None:
        """Give the terms that this person has not agreed to yet."""
        from adjudge.services.people import terms  # noqa: PLC0415 - late

        return terms.pending(*self._ready())

    def accept_terms(self, version: str) -> None:
        """Keep that this person agrees."""
        from adjudge.services.people import terms  # noqa: PLC0415 - late

        terms.accept(*self._ready(), version)

    def may_start(self) -> bool:
        """Tell whether this person may put a campaign into the store."""
        from adjudge.domain.people import MAY, Act  # noqa: PLC0415 - late

        return Act.MANAGE_QUEUES in MAY[self._ready()[1].role]

    def start_sample(self) -> None:
        """Put the sample campaign into the store."""
        from adjudge.services import demo  # noqa: PLC0415 - seldom wanted
        from adjudge.wiring import shipped  # noqa: PLC0415

        demo.prepare(*self._ready(), fixtures=shipped.folder("fixtures") / "sample")

    def is_lead(self) -> bool:
        """Tell whether the person who acts is a lead."""
        return self._ready()[1].role == Role.LEAD

    def desk(self) -> Desk:
        """Find the queues, what was done today, and drafts to come back to."""
        from adjudge.services.work import arriving  # noqa: PLC0415 - late

        return arriving.desk(*self._ready())

    def messages(self) -> tuple[Message, ...]:
        """List what leads say that this person has not read yet."""
        from adjudge.services.people import messages  # noqa: PLC0415 - late

        return messages.waiting(*self._ready())

    def read_message(self, id: str) -> None:
        """Keep that this person has read a message."""
        from adjudge.services.people import messages  # noqa: PLC0415 - late

        messages.acknowledge(*self._ready(), id)

    @cached_property
    def writing(self) -> WritingDeeds:
        """What can be done with rewrites."""
        from adjudge.tui.writing_deeds import WritingDeeds  # noqa: PLC0415 - late

        return WritingDeeds(self._ready, self.readings)

    @cached_property
    def looks(self) -> SecondLookDeeds:
        """What can be done with judgments under review."""
        from adjudge.tui.second_look_deeds import SecondLookDeeds  # noqa: PLC0415 - late

        return SecondLookDeeds(self._ready, self.readings)

    def sit_down_anywhere(
        self, queue: str, *, review: bool = False
    ) -> Seat | WritingSeat | ReviewSeat:
        """Open a queue of any kind, or its reviews."""
        from adjudge.services.work import arriving  # noqa: PLC0415 - late

        sitting = arriving.sit_down(*self._ready(), queue)
        if review and sitting.queue.kind != "rewrite":
            return self.looks.sit_down(sitting)
        if review:
            return self.writing.sit_down_to_review(queue)
        if sitting.queue.kind == "rewrite":
            return self.writing.sit_down(sitting)
        return self.sit_down(queue)

    def sit_down(self, queue: str) -> Seat:
        """Open a queue and take the first tasks."""
        from adjudge.services.campaign import guidelines  # noqa: PLC0415 - late
        from adjudge.services.work import arriving, judging  # noqa: PLC0415 - late

        bench, actor = self._ready()
        self._bring_in(queue)
        sitting = arriving.sit_down(bench, actor, queue)
        body = guidelines.body(sitting.guideline) if sitting.guideline else ""
        hand = self._prepare(judging.claim(bench, actor, queue))
        return Seat(sitting, body, hand, judging.history(bench, actor, queue))

    def claim(self, queue: str) -> tuple[Assignment, ...]:
        """Take what there is."""
        from adjudge.services.work import judging  # noqa: PLC0415 - late

        self._bring_in(queue)
        return self._prepare(judging.claim(*self._ready(), queue))

    def next_seq(self) -> int:
        """Number a draft when it is taken: a late save never replaces a newer one."""
        return next(self._numbers)

    def save_draft(
        self,
        assignment: Assignment,
        draft: Draft,
        session: str,
        *,
        seq: int | None = None,
        alone: bool = False,
    ) -> tuple[tuple[Draft, str], ...]:
        """Keep a draft, unless its task was signed meanwhile; give other windows'.

        Args:
            assignment: The task.
            draft: What has been said.
            session: Names this window.
            seq: The number the draft got when it was taken, if that was before.
            alone: Let go of what other windows, dead or alive, keep of the task.
        """
        from adjudge.services.work import judging  # noqa: PLC0415 - late

        with self._turn:
            if (assignment.task_id, assignment.occasion) in self._signed:
                return ()
            return judging.save_draft(
                *self._ready(),
                assignment,
                draft,
                session=session,
                seq=self.next_seq() if seq is None else seq,
                alone=alone,
            )

    def submit(
        self,
        assignment: Assignment,
        draft: Draft,
        *,
        times: Times,
        seen: float,
        submission_id: str,
    ) -> Submitted:
        """Sign and store; a store that is busy is asked again."""
        from adjudge.services.work import judging  # noqa: PLC0415 - late

        clock = _clock(times, seen)
        with self._turn:
            done = _patiently(
                lambda: judging.submit(
                    *self._ready(),
                    assignment,
                    draft,
                    clock=clock,
                    submission_id=submission_id,
                )
            )
            self._signed.add((assignment.task_id, assignment.occasion))
        self._prepare(done.next)
        return done

    def keep_aside(
        self,
        assignment: Assignment,
        draft: Draft,
        *,
        times: Times,
        seen: float,
        submission_id: str,
    ) -> Path:
        """Keep a judgment in the journal until the store takes it."""
        from adjudge.services.work import journal as entries  # noqa: PLC0415 - late

        clock = _clock(times, seen)
        who = self.name()
        entry = entries.entry(who, assignment, draft, clock, submission_id)
        with self._turn:
            path = journal.keep(self._journal(), entry)
            self._signed.add((assignment.task_id, assignment.occasion))
        return path

    def _journal(self) -> Path:
        bench, actor = self._ready()
        return journal.folder(bench.store.place, actor.name)

    def catch_up(self, queue: str) -> str:
        """Bring in what waited outside the store; say what became of it."""
        self._bring_in(queue)
        told, self.told = self.told, ""
        return told

    def _bring_in(self, queue: str) -> None:
        told = journal.bring_in(self._journal(), *self._ready(), queue=queue)
        self.told = " ".join([self.told, *told]).strip()

    def skip(
        self, assignment: Assignment, code: str, note: str, times: Times
    ) -> tuple[Assignment, ...]:
        """Pass a task on."""
        from adjudge.services.work import judging  # noqa: PLC0415 - late

        clock = _clock(times)
        with self._turn:
            hand = judging.skip(
                *self._ready(), assignment, code, note=note, clock=clock
            )
            self._signed.add((assignment.task_id, assignment.occasion))
        return self._prepare(hand)

    def flag(self, assignment: Assignment, category: str, note: str) -> Flagged:
        """Raise a hand about a task; it opens an incident."""
        from adjudge.services.work import judging  # noqa: PLC0415 - late

        return judging.flag(*self._ready(), assignment, category, note=note)

    def appeal(self, id: JudgmentId, why: str) -> None:
        """Ask a lead to look again at what became of a judgment."""
        from adjudge.services.work import appeals  # noqa: PLC0415 - late

        appeals.file(*self._ready(), id, why=why)

    def past(self, queue: str) -> tuple[Past, ...]:
        """Find what this person submitted last, newest first."""
        from adjudge.services.work import judging  # noqa: PLC0415 - late

        return judging.history(*self._ready(), queue)

    def reopen(self, id: JudgmentId) -> Assignment:
        """Take a judgment back."""
        from adjudge.services.work import judging  # noqa: PLC0415 - late

        return self._prepare((judging.reopen(*self._ready(), id),))[0]

    def heartbeat(self, hand: tuple[Assignment, ...]) -> bool:
        """Prolong the leases; tell whether the first one still stands."""
        from adjudge.services.work import judging  # noqa: PLC0415 - late

        held = [judging.heartbeat(*self._ready(), a) for a in hand]
        return not held or held[0]

    def release(self, hand: tuple[Assignment, ...]) -> None:
        """Give back what was only held ahead."""
        from adjudge.services.work import judging  # noqa: PLC0415 - late

        for assignment in hand:
            judging.release(*self._ready(), assignment)

    def why_empty(self, queue: str) -> dict[str, int]:
        """Count what keeps a queue's tasks from this person."""
        from adjudge.services.work import arriving  # noqa: PLC0415 - late

        return arriving.why_empty(*self._ready(), queue)

    def _prepare(self, hand: tuple[Assignment, ...]) -> tuple[Assignment, ...]:
        """Make a hand ready: drafts count again, its guidelines are at hand."""
        with self._turn:
            self._signed -= {(a.task_id, a.occasion) for a in hand}
        self.readings.fetch(a.guideline for a in hand)
        return hand


def _clock(times: Times, seen: float = 0.0) -> Clock:
    from adjudge.services.work import judging  # noqa: PLC0415 - late

    return judging.Clock(
        active=times.active,
        wall=times.span,
        idle=times.idle,
        research=times.research,
        seen=seen,
        fast=times.fast,
    )


def _patiently(deed: Callable[[], T]) -> T:
    """Do something; while the store is busy, a few times more."""
    for _ in range(_PATIENCE):
        try:
            return deed()
        except BusyError:
            continue
    return deed()
