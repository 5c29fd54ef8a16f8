"""Nothing is left to write or to review: say in counts why, and offer the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.message import Message

from adjudge.errors import AdjudgeError
from adjudge.tui.judging.done import DoneScreen
from adjudge.tui.writing_session import ReviewSession, WritingSession

if TYPE_CHECKING:
    from adjudge.tui.session import Workplace
    from adjudge.tui.widgets.hints import Hint


class WritingDoneScreen(DoneScreen):
    """Enter goes home, ``r`` looks again; what was signed stays signed."""

    UNDO_HINT: ClassVar[tuple[Hint, ...]] = ()

    class More(Message):
        """There is work again."""

        def __init__(self, hand: Any) -> None:
            super().__init__()
            self.hand = hand

    def __init__(
        self, place: Workplace, session: WritingSession | ReviewSession
    ) -> None:
        super().__init__(place, session)  # type: ignore[arg-type]
        self._writing = session

    def count(self) -> dict[str, int]:
        """Count why nothing is left; called in a worker."""
        if isinstance(self._writing, ReviewSession):
            return {}
        return self.place.deeds.why_empty(self._writing.queue)

    def why(self, counts: dict[str, int]) -> list[str]:
        """Say in words why nothing is left."""
        if not isinstance(self._writing, ReviewSession):
            return super().why(counts)
        return self._writing.why_empty()

    @work(thread=True, exclusive=True)
    def _look(self) -> None:
        try:
            hand = self._next()
            counts = self.count()
        except AdjudgeError as error:
            self.post_message(self.Failed(error))
            return
        self.post_message(self.More(hand) if hand else self.Counted(counts))

    def _next(self) -> Any:
        deeds, session = self.place.deeds, self._writing
        if not isinstance(session, ReviewSession):
            return deeds.writing.claim(session.queue)
        if not session.is_of_judgments:
            return deeds.writing.next_review(session.queue)
        session.left.clear()  # whoever asks again is offered them again
        return deeds.looks.next_review(session.queue)

    @on(More)
    def _more(self, message: More) -> None:
        self._writing.take(message.hand)
        self.app.show_writing(self._writing)  # type: ignore[attr-defined]

    def action_undo(self) -> None:
        """Say that a signature stands until a reviewer sends the text back."""
        if isinstance(self._writing, ReviewSession):
            self._say("What was decided stands.")
        else:
            self._say("What was signed stands; a reviewer can send it back.")

    def action_home(self) -> None:
        """Go home."""
        self.app.leave_writing(None)  # type: ignore[attr-defined]
