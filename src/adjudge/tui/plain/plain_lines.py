"""What writing and reviewing line by line have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from adjudge.domain.incident import CATEGORIES
from adjudge.errors import AdjudgeError
from adjudge.tui.plain.plain_talk import Ended, Left, tell_news
from adjudge.tui.texts import NO_CLAUSE, clauses_of
from adjudge.tui.writing_session import ReviewSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from adjudge.domain.guideline import Guideline
    from adjudge.tui.deeds import Deeds
    from adjudge.tui.plain.plain_talk import Talk
    from adjudge.tui.second_look_deeds import SecondLookDeeds
    from adjudge.tui.writing_deeds import WritingDeeds
    from adjudge.tui.writing_session import ReviewSeat, WritingSession


class Gone(Exception):  # noqa: N818 - a turn of the talk, not an error
    """The text went another way."""


class Lines:
    """What both line modes do."""

    def __init__(
        self,
        deeds: Deeds,
        own: WritingDeeds | SecondLookDeeds,
        talk: Talk,
        session: WritingSession | ReviewSession,
    ) -> None:
        self._deeds = own
        self._readings = deeds.readings
        self._why_empty = deeds.why_empty
        self._talk = talk
        self._seat = session.seat
        self._window = uuid4().hex
        self._session: WritingSession | ReviewSession = session

    @property
    def _ref(self) -> str | None:
        """The version that what is in hand was taken under."""
        current = self._session.current
        return current.guideline if current else None

    @property
    def _guideline(self) -> Guideline | None:
        found = self._readings.of(self._ref)
        return found.guideline if found else self._seat.sitting.guideline

    def _is_opened(self, labels: tuple[str, ...], skip: Callable[[], None]) -> bool:
        """Name the content warnings, and ask before anything is shown."""
        while labels:
            said = self._talk.ask(
                f"Content warning: {', '.join(labels)}. o opens it, s passes it on:"
            )
            if said == "o":
                break
            if said == "s":
                skip()
                return False
            if said == "q":
                raise Left
        return True

    def _ask_code(
        self,
        question: str,
        options: dict[str, str],
        *,
        wanting: bool = False,
        by_code: bool = False,
    ) -> tuple[str, str]:
        """Ask for one of some codes, and for words; empty for a change of mind."""
        while code := self._talk.ask_code(question, options, by_code=by_code):
            words = self._talk.ask("In words:" if wanting else "In words, or empty:")
            if words or not wanting:
                return code, words
        return "", ""

    def _flag(self, task_id: int) -> bool:
        """Call a lead; tell whether the text is hidden from everybody now."""
        options = {code: c.says for code, c in CATEGORIES.items()}
        code, words = self._ask_code("What is it about?", options)
        if not code:
            return False
        flagged = self._deeds.flag(task_id, code, words)
        self._talk.say("A lead has been called.")
        if flagged.is_hidden:
            self._talk.say("Nobody sees this text any more.")
        return flagged.is_hidden

    def _common(self, said: str, read: Callable[[], None], task_id: int) -> bool:
        """Do what a letter asks for, if it is one of those both modes have.

        Raises:
            Gone: If the text is hidden now.
        """
        if said == "q":
            raise Left
        if said == "r":
            read()
        elif said == "g":
            found = self._readings.of(self._ref)
            text = found.body if found else self._seat.guideline_text
            self._talk.say(text or "None.")
        elif said == "f":
            if self._flag(task_id):
                raise Gone
        else:
            return False
        return True


class Reviewing(Lines):
    """One person reviewing what others did."""

    _session: ReviewSession

    def __init__(
        self,
        deeds: Deeds,
        own: WritingDeeds | SecondLookDeeds,
        talk: Talk,
        seat: ReviewSeat,
    ) -> None:
        super().__init__(deeds, own, talk, ReviewSession.begin(seat))

    def go(self) -> None:
        """Go from one to the next."""
        while (held := self._session.current) is not None:
            self._talk.clock.start()
            try:
                self._one(held)
            except Gone:
                self._session.take(self._next())
        self._talk.say("\n".join(self._session.why_empty()))

    def _one(self, held: Any) -> None:
        try:
            tell_news(self._talk, self._readings, held.guideline)
            if not self._is_opened(self._labels(held), lambda: self._let_go(held)):
                return
            self._show(held)
            self._decide(held)
        except (Ended, Left):
            self._deeds.let_go(held)
            raise
        except AdjudgeError as error:
            self._talk.say(f"{error.message}. {error.hint or ''}")
            raise Gone from None

    def _ask_clause(self, *, needs_clause: bool = False) -> tuple[str | None, str]:
        """Ask what it goes against and why; no words for a change of mind."""
        options = clauses_of(self._guideline)
        if not needs_clause:
            options[NO_CLAUSE] = f"{NO_CLAUSE}: no clause"
        code, why = self._ask_code(
            "Against which clause?", options, wanting=True, by_code=True
        )
        return (None if code == NO_CLAUSE else code), why

    # --- what subclasses say ---------------------------------------------------

    def _next(self) -> Any:
        """Hold what is next."""
        raise NotImplementedError

    def _labels(self, held: Any) -> tuple[str, ...]:
        """Give the content labels of what is held."""
        raise NotImplementedError

    def _show(self, held: Any) -> None:
        """Read out what is held."""
        raise NotImplementedError

    def _decide(self, held: Any) -> None:
        """Ask until it is decided, or left."""
        raise NotImplementedError

    def _let_go(self, held: Any) -> None:
        """Leave it to somebody else."""
        raise NotImplementedError
