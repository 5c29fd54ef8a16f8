"""The guideline of the task on screen: the version it was taken under, and its news."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.message import Message

from adjudge.errors import AdjudgeError
from adjudge.tui.dialogs.guideline_changed import GuidelineChanged
from adjudge.tui.key_help import KeyHelp
from adjudge.tui.reading_screen import ReadingScreen
from adjudge.tui.store_watch import StoreWatch

if TYPE_CHECKING:
    from adjudge.domain.guideline import Guideline
    from adjudge.services.work.reading import Reading
    from adjudge.tui.deeds import Seat
    from adjudge.tui.session import Workplace
    from adjudge.tui.writing_session import ReviewSeat, WritingSeat


class GuidedScreen(KeyHelp, StoreWatch):
    """Shows each task under its own version; what changed is read before anything.

    Attributes:
        GRADED: The drawer says which digits give a margin.
        LISTS_PAST: The drawer lists what was judged last.
    """

    GRADED: ClassVar[bool] = False
    LISTS_PAST: ClassVar[bool] = True

    class NotKept(Message):
        """That the changes were read could not be kept."""

        def __init__(self, problem: str) -> None:
            super().__init__()
            self.problem = problem

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self.place = place
        self.set_reactive(ReadingScreen.synced, place.synced)
        self._opened_at = math.inf

    # --- what subclasses say ---------------------------------------------------

    @property
    def seat(self) -> Seat | WritingSeat | ReviewSeat:
        """What this person found on sitting down."""
        raise NotImplementedError

    @property
    def queue_name(self) -> str:
        """Name the queue."""
        return self.seat.sitting.queue.name

    @property
    def guideline_ref(self) -> str | None:
        """The version that the task on screen was taken under."""
        raise NotImplementedError

    @property
    def read_guidelines(self) -> set[str]:
        """The versions whose changes were read while sitting here."""
        raise NotImplementedError

    def action_home(self) -> None:
        """Leave the queue; the draft stays."""
        raise NotImplementedError

    # --- unseen ----------------------------------------------------------------

    def comes(self) -> None:
        """Sign nothing by a key that was typed before this was opened."""
        # Not when it is painted: whoever sees it could be refused for being quick.
        self._opened_at = time.monotonic()

    def is_unseen(self) -> bool:
        """Refuse a signature that was typed before the task stood on the screen."""
        typed_at: float = self.app.typed_at  # type: ignore[attr-defined]
        if typed_at >= self._opened_at:
            return False
        key = self.key_of("submit")
        self.refuse(f"Typed before this task was on the screen: {key} now signs it.")
        return True

    # --- the guideline ---------------------------------------------------------

    @property
    def reading(self) -> Reading | None:
        """The version of the guideline that this task is done under."""
        return self.place.deeds.readings.of(self.guideline_ref)

    @property
    def guideline(self) -> Guideline | None:
        """The guideline of the task, or of the queue where the task names none."""
        found = self.reading
        return found.guideline if found else self.seat.sitting.guideline

    @property
    def is_news(self) -> bool:
        """Whether the guideline changed, and this person has not said they read it."""
        found = self.reading
        if found is None or found.news is None:
            return False
        return found.guideline.ref not in self.read_guidelines

    def hand_out_guideline(self) -> None:
        """Put the task's version into the drawer; what changed must be read first."""
        found = self.reading
        body = found.body if found else self.seat.guideline_text
        self.drawer.show_guideline(
            self.guideline, body, graded=self.GRADED, lists_past=self.LISTS_PAST
        )
        is_shown = isinstance(self.app.screen, GuidelineChanged)
        if found is not None and self.is_news and not is_shown:
            changed = GuidelineChanged(found)
            self.call_later(self.app.push_screen, changed, self._answered)

    def say_news(self) -> None:
        """Say why nothing goes on before the changes were read."""
        self.refuse("The guideline has changed: first read what is new.")

    def _answered(self, has_read: bool | None) -> None:
        found = self.reading
        if not has_read:
            self.action_home()
        elif found is not None:
            self.read_guidelines.add(found.guideline.ref)
            key = self.key("guideline") or self.key("write_guideline")
            self.say(f"{key} opens the whole guideline.")
            self._acknowledge(found.guideline.ref)

    @work(thread=True, group="acknowledge")
    def _acknowledge(self, ref: str) -> None:
        try:
            self.place.deeds.readings.acknowledge(ref)
        except AdjudgeError as error:
            self.post_message(self.NotKept(error.message))

    @on(NotKept)
    def _not_kept(self, message: NotKept) -> None:
        self.say(f"That you read it is not kept: {message.problem}", "bad")
