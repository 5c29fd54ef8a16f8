"""Rewriting and reviewing line by line: the same services, without a screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adjudge.domain.clean_text import cleaned
from adjudge.domain.judging import skips
from adjudge.domain.rewriting import HIDING, OUTCOMES, VERDICTS, Review, reasons_under
from adjudge.domain.word_diff import word_diff
from adjudge.domain.words import count_of, count_words
from adjudge.errors import AdjudgeError, AlreadyJudgedError
from adjudge.tui.plain.plain_lines import Gone, Lines, Reviewing
from adjudge.tui.plain.plain_talk import tell_news
from adjudge.tui.texts import complaint_text, turns_in_lines, why_nothing_is_left
from adjudge.tui.writing_session import WritingSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from adjudge.domain.rewriting import Draft, RewriteTask
    from adjudge.services.work.reviewing import InReview
    from adjudge.services.work.rewriting import Assignment
    from adjudge.tui.deeds import Deeds
    from adjudge.tui.plain.plain_talk import Talk
    from adjudge.tui.writing_deeds import WritingDeeds
    from adjudge.tui.writing_session import ReviewSeat, WritingSeat

_WRITE = (
    "Write the answer; a line with a single dot ends it. Or one of these alone: "
    "o starts from the original, v nothing to write, s passes it on, f calls a lead, "
    "r reads it again, g the guideline, q leaves."
)
_DECIDE = (
    "1 approve, 2 fix, 3 send back; s leaves it to somebody else, f calls a lead, "
    "r reads it again, g the guideline, q leaves."
)


class PlainWriting(Lines):
    """One person rewriting."""

    _session: WritingSession
    _deeds: WritingDeeds

    def __init__(
        self, deeds: Deeds, talk: Talk, seat: WritingSeat, new_id: Callable[[], str]
    ) -> None:
        self._session = WritingSession.begin(seat)
        super().__init__(deeds, deeds.writing, talk, self._session)
        self._new_id = new_id

    def go(self) -> None:
        """Go from task to task."""
        try:
            while (assignment := self._session.current) is not None:
                self._talk.clock.start()
                try:
                    self._one(assignment)
                except Gone:
                    self._session.take(self._deeds.claim(self._session.queue))
            lines = why_nothing_is_left(self._why_empty(self._session.queue))
            self._talk.say("\n".join(["Nothing is left for you.", *lines]))
        finally:
            self._deeds.release(
                tuple(
                    a
                    for a in self._session.hand
                    if a is not self._session.current
                    and not (a.recovered or a.why_back)
                )
            )

    def _one(self, assignment: Assignment) -> None:
        tell_news(self._talk, self._readings, assignment.guideline)
        if not self._is_opened(assignment.labels, lambda: self._skip(assignment)):
            return
        self._show(assignment)
        draft = self._recovered(assignment)
        try:
            written = self._ask_words(assignment, draft)
            if written is None:
                return
            self._keep(assignment, written)
            if written.verdict is None:
                written = self._ask_reasons(written)
                written = self._ask_sources(assignment, written)
            self._keep(assignment, written)
            self._sign(assignment, written)
        except AlreadyJudgedError as error:
            self._talk.say(f"{error.message}, in another window.")
            raise Gone from None
        except AdjudgeError as error:
            self._talk.say(f"{error.message}. {error.hint or ''}")

    def _show(self, assignment: Assignment) -> None:
        session = self._session
        self._talk.say(f"\nText {session.done + 1} of {session.total}.")
        if assignment.why_back:
            self._talk.say(f"It came back: {assignment.why_back}")
        _tell_task(self._talk, assignment.task)

    def _recovered(self, assignment: Assignment) -> Draft:
        blank = assignment.blank()
        found = [draft for draft, _ in assignment.recovered if draft != blank]
        if not found:
            if blank.text:
                self._talk.say(f"Your text so far:\n{blank.text}\n")
            return blank
        draft = found[0]
        words = count_of(count_words(draft.text), "word")
        self._talk.say(f"A draft was kept ({words}). An empty line takes it:")
        self._talk.say(draft.text)
        return draft

    def _ask_words(self, assignment: Assignment, draft: Draft) -> Draft | None:
        """Ask for the text; None if the task went another way."""
        start = draft

        def keep(text: str) -> None:
            seq = self._deeds.next_seq()
            window = self._window
            self._deeds.save(assignment, start.write(text), window, seq=seq, alone=True)

        while True:
            said = self._talk.ask(_WRITE)
            if self._common(said, lambda: self._show(assignment), assignment.task_id):
                continue
            if said == "s":
                self._skip(assignment)
                return None
            if said == "v":
                codes = {code: OUTCOMES[code] for code in VERDICTS}
                code, words = self._ask_code("Why?", codes)
                if code:
                    draft = draft.model_copy(update={"note": words})
                    return draft.decide(code)  # type: ignore[arg-type]
            elif said == "o":
                draft = draft.from_original()
                self._talk.say(f"{draft.text}\nWrite it anew, changed:")
                return draft.write(_ask_text(self._talk, keep))
            elif said == "" and draft.text:
                return draft
            elif said:
                return draft.write(_ask_text(self._talk, keep, said))

    def _ask_reasons(self, draft: Draft) -> Draft:
        tags = {tag.key: tag for tag in reasons_under(self._guideline)}
        listed = ", ".join(f"{key} {tag.title}" for key, tag in tags.items())
        while True:
            said = self._talk.ask(
                f"Reasons, letters without spaces; empty for those there are. {listed}:"
            )
            unknown = [letter for letter in said if letter not in tags]
            if unknown:
                self._talk.say(f"No reason has the letter {unknown[0]}.")
                continue
            if said:
                chosen = tuple(dict.fromkeys(tags[letter].tag for letter in said))
                draft = draft.model_copy(update={"reasons": chosen})
            if draft.reasons or draft.spans:
                return draft
            self._talk.say("At least one: what was wrong with the original?")

    def _ask_sources(self, assignment: Assignment, draft: Draft) -> Draft:
        wanted = "at least one" if assignment.sources_required else "or empty"
        said = self._talk.ask(f"Sources, | between them, {wanted}:")
        found = tuple(s.strip() for s in said.split("|") if s.strip())
        return draft.model_copy(update={"sources": found}) if found else draft

    def _sign(self, assignment: Assignment, draft: Draft) -> None:
        kinds = {span.kind for span in self._deeds.warnings(draft)}
        if kinds and draft.verdict is None and not draft.private_why:
            why = self._talk.ask(
                f"This looks private: {', '.join(sorted(kinds))}. Say why it may "
                "stand, or nothing to write it anew:"
            )
            if not why:
                return
            draft = draft.model_copy(update={"private_why": why})
        if lacking := draft.missing(sources_required=assignment.sources_required):
            self._talk.say(lacking)
            return
        done = self._deeds.submit(
            assignment,
            draft,
            seconds=round(self._talk.clock.read().active, 3),
            submission_id=self._new_id(),
        )
        self._talk.say(f"Signed: {OUTCOMES[done.outcome]}.")
        self._session.take(done.next, signed=done.outcome != "needs_expert")

    def _skip(self, assignment: Assignment) -> None:
        code, words = self._ask_code("Why do you pass it on?", skips(1))
        if code:
            seconds = self._talk.clock.read().active
            hand = self._deeds.skip(assignment, code, words, seconds)
            self._session.take(hand)
            self._talk.say("Passed on.")

    def _keep(self, assignment: Assignment, draft: Draft) -> None:
        seq = self._deeds.next_seq()
        self._deeds.save(assignment, draft, self._window, seq=seq, alone=True)
        # What was typed is offered again should signing be refused.
        kept = ((draft, ""),)
        self._session.hand = tuple(
            _with(a, kept) if a.task_id == assignment.task_id else a
            for a in self._session.hand
        )


class PlainReview(Reviewing):
    """One person reviewing rewrites."""

    _deeds: WritingDeeds

    def __init__(self, deeds: Deeds, talk: Talk, seat: ReviewSeat) -> None:
        super().__init__(deeds, deeds.writing, talk, seat)

    def _next(self) -> InReview | None:
        return self._deeds.next_review(self._session.queue)

    def _labels(self, held: Any) -> tuple[str, ...]:
        labels: tuple[str, ...] = held.labels
        return labels

    def _show(self, held: InReview) -> None:
        rewrite = held.rewrite
        _tell_task(self._talk, held.task)
        outcome = OUTCOMES.get(rewrite.outcome, rewrite.outcome)
        self._talk.say(f"Rewrite: {outcome}; reasons: {', '.join(rewrite.reasons)}")
        if rewrite.text is not None:
            self._talk.say(f"\n{rewrite.text}\n")
            self._talk.say(f"What changed:\n{_diffed(held)}\n")

    def _decide(self, held: InReview) -> None:
        review = Review(rewrite=held.rewrite.id)
        while True:
            said = self._talk.ask(_DECIDE)
            if self._common(said, lambda: self._show(held), held.rewrite.task_id):
                continue
            if said == "s":
                self._let_go(held)
                return
            chosen = self._chosen(said, held, review)
            if chosen is None:
                continue
            if lacking := chosen.missing(held.rewrite.text):
                self._talk.say(lacking)
                continue
            seconds = round(self._talk.clock.read().active, 3)
            upcoming = self._deeds.decide(held, chosen, seconds)
            self._talk.say("Kept.")
            self._session.take(upcoming, signed=True)
            return

    def _chosen(self, said: str, held: InReview, review: Review) -> Review | None:
        if said == "1":
            return review.model_copy(update={"verdict": "approve"})
        if said == "2" and held.rewrite.text is not None:
            self._talk.say("Write it anew; a line with a single dot ends it.")
            text = _ask_text(self._talk, lambda text: self._keep(held, review, text))
            why = self._talk.ask("Why, in a few words:")
            return review.model_copy(
                update={"verdict": "fix", "text": text, "why": why}
            )
        if said == "3":
            clause, why = self._ask_clause()
            if why:
                values = {"verdict": "return", "clause": clause, "why": why}
                return review.model_copy(update=values)
        return None

    def _keep(self, held: InReview, review: Review, text: str) -> None:
        said = review.model_copy(update={"verdict": "fix", "text": text})
        seq = self._deeds.next_seq()
        self._deeds.save_review(held, said, self._window, seq=seq, alone=True)

    def _let_go(self, held: InReview) -> None:
        """Leave it to somebody else, and end here: it would only come again."""
        self._deeds.let_go(held)
        self._talk.say("Left to another reviewer.")
        self._session.take(None)


def _with(
    assignment: Assignment, recovered: tuple[tuple[Draft, str], ...]
) -> Assignment:
    return replace(assignment, recovered=recovered)


def _diffed(held: InReview) -> str:
    signs = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
    pieces = word_diff(held.task.original.judged, held.rewrite.text or "")
    return "".join(
        f"{signs[p.sort][0]}{p.text.rstrip()}{signs[p.sort][1]}"
        f"{p.text[len(p.text.rstrip()) :]}"
        for p in pieces
    )


def _tell_task(talk: Talk, task: RewriteTask) -> None:
    for line in turns_in_lines(task.prompt):
        talk.say(line)
    head, words, _ = complaint_text(task.complaint)
    talk.say(f"\n{head}:")
    for line in words.split("\n"):
        talk.say(f"> {line}")
    talk.say(f"\nDownvoted answer:\n{task.original.judged}\n")


def _ask_text(talk: Talk, keep: Callable[[str], None], first: str | None = None) -> str:
    """Take lines until a single dot; each is kept as it comes."""
    lines: list[str] = [] if first is None else [first]
    while (line := talk.line()) != ".":
        lines.append(line)
        keep("\n".join(lines))
    text, left_out = cleaned("\n".join(lines))
    if left_out:
        talk.say(f"Left out: {count_of(left_out, *HIDING)}.")
    return text
