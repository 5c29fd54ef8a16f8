"""Reviewing judgments line by line: the same services, without a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.second_looks import SecondLook
from adjudge.tui.clock import spoken
from adjudge.tui.plain.plain_lines import Reviewing
from adjudge.tui.plain.plain_talk import names_of, tell_comparison
from adjudge.tui.texts import clauses_of, verdict

if TYPE_CHECKING:
    from adjudge.services.work.second_looks import Drawn
    from adjudge.tui.deeds import Deeds
    from adjudge.tui.plain.plain_talk import Talk
    from adjudge.tui.second_look_deeds import SecondLookDeeds
    from adjudge.tui.writing_session import ReviewSeat

_DECIDE = (
    "1 accept, 3 send back; s leaves it to somebody else, f calls a lead, "
    "r reads it again, g the guideline, q leaves."
)


class PlainLooks(Reviewing):
    """One person reviewing judgments."""

    _deeds: SecondLookDeeds

    def __init__(self, deeds: Deeds, talk: Talk, seat: ReviewSeat) -> None:
        super().__init__(deeds, deeds.looks, talk, seat)

    def _next(self) -> Drawn | None:
        return self._deeds.next_review(self._session.queue, self._session.left)

    def _labels(self, held: Drawn) -> tuple[str, ...]:
        return held.comparison.labels

    def _show(self, held: Drawn) -> None:
        said, names = held.judgment, names_of(held.shown)
        tell_comparison(self._talk, held.comparison, held.shown, names)
        time = "" if said.seconds is None else f", in {spoken(said.seconds)}"
        self._talk.say(
            f"Said: {verdict(said)}{time}, under {said.guideline or 'no guideline'}."
        )
        called: dict[str, str] = dict(zip(held.shown, names, strict=True))
        for about, scores in said.ratings.items():
            listed = ", ".join(f"{name} {score:g}" for name, score in scores.items())
            self._talk.say(f"Ratings, {called.get(about, about)}: {listed}.")
        for about, tags in said.reasons.items():
            self._talk.say(f"Reasons, {called.get(about, 'whole')}: {', '.join(tags)}.")
        if said.note:
            self._talk.say(f"Note: {said.note}")

    def _decide(self, held: Drawn) -> None:
        while True:
            answer = self._talk.ask(_DECIDE)
            if self._common(answer, lambda: self._show(held), held.task_id):
                continue
            if answer == "s":
                self._let_go(held)
                return
            said = self._chosen(answer, held)
            if said is not None:
                self._deeds.decide(said, round(self._talk.clock.read().active, 3))
                self._talk.say("Kept.")
                self._session.take(self._next(), signed=True)
                return

    def _chosen(self, answer: str, held: Drawn) -> SecondLook | None:
        said = SecondLook(judgment=str(held.judgment.id))
        if answer == "1":
            return said.model_copy(update={"verdict": "accept"})
        if answer != "3":
            return None
        if not clauses_of(self._guideline):
            self._talk.say("What goes back names a clause, and no guideline has any.")
            return None
        clause, why = self._ask_clause(needs_clause=True)
        if not why:
            return None
        values = {"verdict": "return", "clause": clause, "why": why}
        return said.model_copy(update=values)

    def _let_go(self, held: Drawn) -> None:
        """Leave it to somebody else, and go on to the next."""
        self._deeds.let_go(held)
        self._talk.say("Left to another reviewer.")
        self._session.left.add(str(held.judgment.id))
        self._session.take(self._next())
