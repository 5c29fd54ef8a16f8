"""Review what somebody else wrote: approve, fix, or send back with a clause."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import on, work
from textual.widgets import Input

from adjudge.domain.clean_text import cleaned
from adjudge.domain.rewriting import OUTCOMES, Review
from adjudge.domain.words import count_of
from adjudge.errors import AdjudgeError
from adjudge.tui.dialogs.send_back import SendBack
from adjudge.tui.keys import REVIEW, Key, bindings
from adjudge.tui.texts import NO_CLAUSE, clipped
from adjudge.tui.widgets.pane import Pane
from adjudge.tui.widgets.reasons import Reasons
from adjudge.tui.widgets.ruling import Ruling
from adjudge.tui.writing.writing_screen import WritingScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from adjudge.domain.rewriting import Draft, RewriteTask
    from adjudge.services.work.reviewing import InReview
    from adjudge.tui.dialogs.choose import Choice
    from adjudge.tui.session import Workplace
    from adjudge.tui.writing_session import ReviewSession

Decision = Literal["approve", "fix", "return"]
_DONE = {
    "approve": "Approved",
    "fix": "Fixed and approved",
    "return": "Sent back to its author",
}


class ReviewScreen(WritingScreen):
    """One digit decides, Enter signs; a fix is written in the editor."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(REVIEW)
    TABLE: ClassVar[tuple[Key, ...]] = REVIEW
    TITLES = ("Downvoted answer", "Your fix")
    HINTED: ClassVar[tuple[tuple[str, str], ...]] = (
        ("F2", "sign"),
        ("write_external", "$EDITOR"),
        ("write_note", "why"),
        ("close", "keys"),
        ("find", "find"),
        ("write_context", "context"),
        ("help", "help"),
    )
    READING_HINTS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("1-3", "decide"),
        ("write_submit", "sign"),
        ("write_note", "why"),
        ("next_field", "next field"),
        ("against", "compare with"),
        ("help", "help"),
        ("write_context", "context"),
        ("write_guideline", "guideline"),
        ("write_skip", "leave it"),
        ("write_flag", "flag"),
        ("home", "leave"),
    )

    def __init__(self, place: Workplace, session: ReviewSession) -> None:
        super().__init__(place, session)
        self.session = session
        self.review: Review | None = None
        self._against_rewrite = False

    # --- what the frame asks ---------------------------------------------------

    def compose_right(self) -> ComposeResult:
        """Build the rewrite, which the editor replaces, over the diff."""
        yield Pane(title="Rewrite", id="rewritten", classes="response")
        yield from super().compose_right()

    def compose_verdict(self) -> ComposeResult:
        """Build the line of the decision."""
        yield Ruling(id="ruling")

    def on_mount(self) -> None:
        """There are no reasons to set here."""
        self.query_one(Reasons).display = False

    @property
    def held(self) -> InReview:
        """Give what is under review."""
        held = self._in_hand
        assert held is not None  # noqa: S101 - asked only while something is
        return held

    @property
    def _in_hand(self) -> InReview | None:
        return cast("InReview | None", self.session.current)

    @property
    def written(self) -> str:
        """The rewrite as it was signed."""
        return (self.held.rewrite.text or "") if self.session.current else ""

    def key_of_task(self) -> str | None:
        """Name the rewrite under review."""
        held = self._in_hand
        return held.rewrite.id if held else None

    def task_id(self) -> int | None:
        """Name the task that a flag is about."""
        held = self._in_hand
        return held.rewrite.task_id if held else None

    def task_in_hand(self) -> RewriteTask:
        """Give what was rewritten."""
        return self.held.task

    def labels(self) -> tuple[str, ...]:
        """Give the content labels."""
        return self.held.labels if self.session.current else ()

    def blank(self) -> Review:
        """Begin undecided, with the rewrite in the editor."""
        return Review(rewrite=self.held.rewrite.id, text=cleaned(self.written)[0])

    def recovered(self) -> list[tuple[Draft | Review, str]]:
        """Give what was said before."""
        return list(self.held.recovered)

    def compare_with(self) -> str:
        """Compare with the original, or with the rewrite."""
        if self.session.current is None:
            return ""
        if self._against_rewrite:
            return self.written
        return self.held.task.original.judged

    def compared(self) -> str:
        """Compare the fix while one is written, else the rewrite."""
        is_fix = self.review is not None and self.review.verdict == "fix"
        return self.box.text if is_fix else self.written

    def looked_at(self) -> int:
        """Begin at the top, until a fix is written."""
        return super().looked_at() if self.has_class("-fixing") else 0

    def save(
        self, task: InReview, said: Draft | Review, seq: int, *, alone: bool
    ) -> tuple[tuple[str, Draft | Review, str], ...]:
        """Keep what was said so far."""
        assert isinstance(said, Review)  # noqa: S101 - this screen makes no other
        window = self.place.window
        return self.deeds.save_review(task, said, window, seq=seq, alone=alone)

    def beat(self) -> bool:
        """Prolong the hold."""
        held = self._in_hand
        return held is None or self.deeds.prolong(held)

    def release(self) -> None:
        """Let somebody else review what was not begun."""
        held = self._in_hand
        if held is not None and not (self.is_begun() or held.recovered):
            self.deeds.let_go(held)

    def next_in_hand(self) -> InReview | None:
        """Hold what is next."""
        return self.deeds.next_review(self.session.queue)

    @property
    def fields(self) -> list[Widget]:
        """What Tab goes through: the editor while a fix is written, else the text."""
        first = "editor" if self.has_class("-fixing") else "rewritten"
        names = (first, "diff", "original", "complaint")
        return [self.query_one(f"#{name}") for name in names]

    def first_field(self) -> Widget:
        """Begin with the rewrite."""
        return self.fields[0]

    # --- what is said ----------------------------------------------------------

    def show_task(self) -> None:
        """Show the rewrite, and what its author said of it."""
        rewrite = self.held.rewrite
        text = rewrite.text
        if text is None:
            words = OUTCOMES.get(rewrite.outcome, rewrite.outcome)
            text = f"Nothing was written: {words}."
        mended = "" if rewrite.revision == 1 else f" · revision {rewrite.revision}"
        self.query_one("#rewritten", Pane).show(
            text, title=f"Rewrite · {rewrite.outcome}{mended}"
        )
        self._against_rewrite = False

    def take_said(self, said: Draft | Review) -> None:
        """Put it on the desk."""
        assert isinstance(said, Review)  # noqa: S101 - this screen keeps no other
        self.review = said
        self.query_one("#note", Input).value = said.why
        self._close_lines()
        self.load(said.text)
        self._show_decision()

    def said_now(self) -> Review:
        """Give what was said, the text as it stands in the editor."""
        review = self.review if self.review is not None else self.blank()
        why = self.query_one("#note", Input).value
        text = self.box.text
        if (why, text) != (review.why, review.text):
            review = review.model_copy(update={"why": why, "text": text})
        self.review = review
        return review

    def told(self, said: Draft | Review) -> str:
        """Write the decision and why."""
        assert isinstance(said, Review)  # noqa: S101 - this screen keeps no other
        parts = [said.verdict or "undecided", *([f"“{said.why}”"] if said.why else [])]
        return ", ".join(parts)

    def _show_decision(self) -> None:
        is_fix = self.review is not None and self.review.verdict == "fix"
        self.set_class(is_fix, "-fixing")
        self.paint()

    def paint(self) -> None:
        """Show the decision, the counts and what the author gave."""
        if self.session.current is None:
            return
        rewrite = self.held.rewrite
        said = self.said_now()
        ruling = self.query_one(Ruling)
        ruling.verdict = said.verdict or ""
        ruling.clause = clipped(said.clause or "", 12)
        change = self.change
        with_it = [*rewrite.reasons, *(f"source: {s}" for s in rewrite.sources)]
        ruling.facts = (
            f"{change.before:,}->{count_of(change.after, 'word')}, changed "
            f"{round(change.share * 100)} %",
            clipped(", ".join(with_it), 120),
        )

    # --- keys ------------------------------------------------------------------

    def action_decide(self, verdict: Decision) -> None:
        """Decide; a fix opens the editor, sending back asks for clause and words."""
        if self.session.current is None or not self.edit():
            return
        if verdict == "return":
            self._ask_why()
            return
        if verdict == "fix" and self.held.rewrite.text is None:
            self.refuse("There is no text to fix: approve it, or send it back.")
            return
        self._set(self.said_now().model_copy(update={"verdict": verdict}))
        if verdict == "fix":
            self.go_to(self.box)
            self.say(f"Write; {self.key('write_note')} says why, F2 signs.")

    def _ask_why(self) -> None:
        key = self.key_of_task()

        def take(choice: Choice | None) -> None:
            if choice is None or self.key_of_task() != key:
                return
            self.query_one("#note", Input).value = choice.words
            self._close_lines()
            clause = None if choice.code == NO_CLAUSE else choice.code
            values = {"verdict": "return", "clause": clause, "why": choice.words}
            self._set(self.said_now().model_copy(update=values))

        dialog = SendBack(self.guideline, first=self.said_now().clause or "")
        self.app.push_screen(dialog, take)

    def _set(self, review: Review) -> None:
        self.review = review
        self._touch()
        self.typed()
        self._show_decision()
        self.compare()

    @on(Input.Changed, "#note")
    def _why_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.review is not None and self.said_now() != self._confirmed:
            self._touch()
            self.typed()

    def action_write(self) -> None:
        """Go to the editor, where a fix is written."""
        if self.has_class("-fixing"):
            self.go_to(self.box)
        else:
            self.refuse("2 opens the editor for a fix.")

    def action_find(self) -> None:
        """Find and replace in a fix."""
        if self.has_class("-fixing"):
            super().action_find()
        else:
            self.refuse("2 opens the editor for a fix; / searches what is read.")

    def action_external(self) -> None:
        """Write a fix in the person's own editor."""
        if self.has_class("-fixing"):
            super().action_external()
        else:
            self.refuse("2 opens the editor for a fix.")

    def action_against(self) -> None:
        """Compare with the original, or with the rewrite as it was signed."""
        self._against_rewrite = not self._against_rewrite
        other = "the rewrite as signed" if self._against_rewrite else "the original"
        self.say(f"The diff compares with {other}.")
        self.compare()

    def action_submit(self) -> None:
        """Sign the review, or say in one line what is missing."""
        if self.session.current is None or not self.edit():
            return
        said = self.said_now()
        if lacking := said.missing(self.held.rewrite.text):
            self.refuse(lacking)
            return
        if self.is_unseen():
            return
        self._storing = True
        self.say("Saving…")
        self._store(self.held, said, self.place.clock.read().active)

    @work(thread=True, exclusive=True, group="store")
    def _store(self, held: InReview, said: Review, seconds: float) -> None:
        try:
            upcoming = self.deeds.decide(held, said, round(seconds, 3))
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            words = f"{_DONE[said.verdict or 'approve']}: {held.rewrite.task}."
            self.post_message(self.Moved(upcoming, clipped(words, 100), signed=True))

    def action_skip(self) -> None:
        """Leave it to another reviewer, and go home."""
        if self._storing or self.session.current is None:
            return
        self.action_home()
