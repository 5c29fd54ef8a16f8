"""Rewrite a downvoted answer: read left, write right, F2 signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.message import Message
from textual.widgets import Input, Static

from adjudge.domain.judging import SKIP_CODES, WHOLE, skips
from adjudge.domain.rewriting import OUTCOMES, VERDICTS, Draft, reasons_under
from adjudge.domain.words import count_of
from adjudge.errors import AdjudgeError, AlreadyJudgedError
from adjudge.tui.dialogs.choose import Choice, Choose
from adjudge.tui.dialogs.sentences import Sentences
from adjudge.tui.keys import REWRITE, Key, bindings
from adjudge.tui.widgets.lines import Bit, Cell, content, fitting
from adjudge.tui.widgets.reasons import Reasons
from adjudge.tui.writing.writing_screen import WritingScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from adjudge.domain.rewriting import Review, RewriteTask, SpanReason
    from adjudge.services.work.rewriting import Assignment
    from adjudge.tui.session import Workplace
    from adjudge.tui.writing_session import WritingSession

_MEANT = {
    "invented": "it is invented, or an example",
    "public": "it is public: a help line, an office",
    "needed": "the answer is wrong without it",
}
_CHECKED = {
    "text": "not empty",
    "changed": "changed",
    "length": "length",
    "plain": "plain text",
    "code": "code closed",
    "reason": "reason",
    "source": "source",
}

_LACKING = {"text": "a text", "changed": "a change", "code": "the end of the code"}
_MENDS = {"reason": "write_tags", "source": "sources", "text": "verdict"}


class RewriteScreen(WritingScreen):
    """The editor has the keys; F-keys do the rest, Esc gives them to letters."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(REWRITE)
    TABLE: ClassVar[tuple[Key, ...]] = REWRITE
    TITLES = ("Downvoted answer", "Ideal response")
    HINTED: ClassVar[tuple[tuple[str, str], ...]] = (
        ("write_submit", "sign"),
        ("write_tags", "reasons"),
        ("from_original", "from original"),
        ("write_external", "$EDITOR"),
        ("help", "help"),
        ("close", "keys"),
        ("verdict", "nothing to write"),
        ("write_skip", "pass on"),
        ("write_flag", "flag"),
        ("sources", "sources"),
        ("find", "find"),
        ("write_context", "context"),
        ("write_guideline", "guideline"),
    )
    READING_HINTS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("write", "write"),
        ("write_tags", "reasons of a sentence"),
        ("next_field", "next field"),
        ("write_context", "context"),
        ("help", "help"),
        ("home", "leave"),
        ("search", "search"),
        ("raw", "source"),
        ("write_skip", "pass on"),
    )

    class Private(Message):
        """Something in the text looks private; kinds, never words."""

        def __init__(self, draft: Draft, kinds: tuple[str, ...]) -> None:
            super().__init__()
            self.draft = draft
            self.kinds = kinds

    def __init__(self, place: Workplace, session: WritingSession) -> None:
        super().__init__(place, session)
        self.session = session
        self.draft: Draft | None = None
        self._newline = "\n"
        self._attempt: tuple[Draft, str] | None = None

    # --- what the frame asks ---------------------------------------------------

    def compose_verdict(self) -> ComposeResult:
        """Build the line of the checks."""
        yield Static(id="checks", markup=False)

    def key_of_task(self) -> int | None:
        """Name the task in hand."""
        current = self.session.current
        return current.task_id if current else None

    def task_id(self) -> int | None:
        """Name the task that a flag is about."""
        return self.key_of_task()

    @property
    def assignment(self) -> Assignment:
        """Give what is in hand."""
        current = self.session.current
        assert current is not None  # noqa: S101 - asked only while something is
        return current

    def task_in_hand(self) -> RewriteTask:
        """Give what is to be rewritten."""
        return self.assignment.task

    def labels(self) -> tuple[str, ...]:
        """Give the content labels."""
        return self.assignment.labels if self.session.current else ()

    def blank(self) -> Draft:
        """Begin as the queue says, or with what came back."""
        return self.assignment.blank()

    def recovered(self) -> list[tuple[Draft | Review, str]]:
        """Give the drafts that were kept."""
        return list(self.assignment.recovered)

    def compare_with(self) -> str:
        """Compare with the original."""
        current = self.session.current
        return current.task.original.judged if current else ""

    def save(
        self, task: Assignment, said: Draft | Review, seq: int, *, alone: bool
    ) -> tuple[tuple[str, Draft | Review, str], ...]:
        """Keep the draft."""
        assert isinstance(said, Draft)  # noqa: S101 - this screen makes no other
        window = self.place.window
        return self.deeds.save(task, said, window, seq=seq, alone=alone)

    def beat(self) -> bool:
        """Prolong the leases."""
        return self.deeds.heartbeat(self.session.hand)

    def release(self) -> None:
        """Give back what nothing was written of."""
        begun = {self.key_of_task()} if self.is_begun() else set()
        begun |= set(self.session.parked)
        self.deeds.release(
            tuple(
                a
                for a in self.session.hand
                if a.task_id not in begun and not (a.recovered or a.why_back)
            )
        )

    def next_in_hand(self) -> tuple[Assignment, ...]:
        """Take what there is."""
        return self.deeds.claim(self.session.queue)

    # --- the draft -------------------------------------------------------------

    def show_task(self) -> None:
        """Offer the reasons, and say why a task came back."""
        self.query_one(Reasons).offer(reasons_under(self.guideline), {})
        back = self.assignment.why_back
        if back and not self.session.said:
            self.session.said = f"It came back: {back}"

    def take_said(self, said: Draft | Review) -> None:
        """Put a draft on the desk."""
        assert isinstance(said, Draft)  # noqa: S101 - this screen keeps no other
        self._newline = "\r\n" if "\r\n" in said.text else "\n"
        self.draft = said
        self.query_one("#note", Input).value = said.note
        self.query_one("#sources", Input).value = " | ".join(said.sources)
        self._close_lines()
        self.load(said.text)
        self.paint()

    def said_now(self) -> Draft:
        """Give the draft with the text as it stands in the editor."""
        draft = self.draft if self.draft is not None else self.blank()
        text = self.box.text
        if self._newline != "\n":
            text = text.replace("\n", self._newline)
        if text != draft.text:
            draft = draft.write(text)
        note = self.query_one("#note", Input).value
        sources = _sources(self.query_one("#sources", Input).value)
        if (note, sources) != (draft.note, draft.sources):
            draft = draft.model_copy(update={"note": note, "sources": sources})
        self.draft = draft
        return draft

    def told(self, said: Draft | Review) -> str:
        """Write what was said besides the text."""
        assert isinstance(said, Draft)  # noqa: S101 - this screen keeps no other
        parts = [OUTCOMES[said.verdict]] if said.verdict else []
        parts += [*said.reasons, *([f"“{said.note}”"] if said.note else [])]
        return ", ".join(parts)

    def _set(self, draft: Draft) -> None:
        """Take an edit that is no typing."""
        self.draft = draft
        self._touch()
        self.typed()
        self.paint()

    def paint(self) -> None:
        """Show the reasons, the counts and what is missing."""
        if self.session.current is None:
            return
        draft = self.said_now()
        self.query_one(Reasons).said = {WHOLE: draft.reasons} if draft.reasons else {}
        room = self.query_one("#checks").size.width or self.size.width
        bits = fitting(self._cells(draft), room - 2)
        self.query_one("#checks", Static).update(content(bits))

    def _cells(self, draft: Draft) -> list[Cell]:
        change = self.change
        counted = f"{change.before:,}->{count_of(change.after, 'word')}"
        cells: list[Cell] = [
            (Bit(f"{counted}, changed {round(change.share * 100)} %", "bold"),)
        ]
        if draft.verdict is not None:
            words = f"{OUTCOMES[draft.verdict]}. {self.key('write_submit')} signs it"
            return [(Bit("Nothing to write: ", "$key"), Bit(words, "bold $key"))]
        checks = draft.checks(sources_required=self.assignment.sources_required)
        lacking = [name for name, words in checks if words]
        if lacking:
            named = ", ".join(self._named(name) for name in lacking)
            cells.append((Bit(f"MISSING: {named}", "bold $bad"),))
        else:
            sign = f"{self.place.glyphs.check} {self.key('write_submit')} signs"
            cells.append((Bit(sign, "bold $good"),))
        if draft.spans:
            told = count_of(len(draft.spans), "on a sentence", "on sentences")
            cells.append((Bit(told, "$key"),))
        held = [_CHECKED[name] for name, words in checks if not words]
        cells += [(Bit(f"{'ok: ' if not n else ''}{w}", "$quiet"),)
                  for n, w in enumerate(held)]  # fmt: skip
        return cells

    def _named(self, check: str) -> str:
        key = f" ({self.key(_MENDS[check])})" if check in _MENDS else ""
        return f"{_LACKING.get(check, _CHECKED[check])}{key}"

    # --- keys ------------------------------------------------------------------

    def typed(self) -> None:
        """Typing takes back that there is nothing to write."""
        super().typed()
        if self.draft is not None and self.draft.verdict is not None:
            self.paint()

    def action_from_original(self) -> None:
        """Start from the original; what stood here comes back with undo."""
        if not self.edit():
            return
        draft = self.said_now().from_original()
        self._newline = "\r\n" if "\r\n" in draft.text else "\n"
        had = bool(self.box.text.strip())
        self.box.put(draft.text)
        self._set(draft)
        self.go_to(self.box)
        words = "Started from the original."
        self.say(f"{words} ^z brings yours back." if had else words, "good")

    def action_tags(self) -> None:
        """Set reasons by their letters; in the original, of a sentence."""
        if not self.edit():
            return
        focused = self.focused
        if focused is not None and focused.id == "original":
            self._tag_sentences()
            return
        self.query_one(Reasons).begin(WHOLE)
        self.show_hints()

    def _tag_sentences(self) -> None:
        key = self.key_of_task()

        def take(spans: tuple[SpanReason, ...] | None) -> None:
            if spans is not None and self.key_of_task() == key:
                self._set(self.said_now().model_copy(update={"spans": spans}))

        tags = reasons_under(self.guideline)
        original, spans = self.compare_with(), self.said_now().spans
        self.app.push_screen(Sentences(original, tags, spans), take)

    @on(Reasons.Flipped)
    def _flipped(self, message: Reasons.Flipped) -> None:
        if self.edit():
            self._set(self.said_now().flip_reason(message.tag))

    @on(Reasons.Refused)
    def _no_such_tag(self, message: Reasons.Refused) -> None:
        self.say(message.words, "bad")

    @on(Reasons.Left)
    def _tags_done(self) -> None:
        self.go_to(self.box)

    def action_sources(self) -> None:
        """Name what the text rests on."""
        if self.edit():
            self._open_line("sources")

    @on(Input.Changed, "#note, #sources")
    def _line_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.draft is not None and self.said_now() != self._confirmed:
            self.typed()
            self.paint()

    def action_verdict(self) -> None:
        """Say that there is nothing to write, and why; or take that back."""
        if not self.edit():
            return
        draft = self.said_now()
        if draft.verdict is not None:
            self._set(draft.decide(None))
            self.say("Taken back: there is something to write.")
            return

        def take(choice: Choice | None) -> None:
            if choice is None:
                return
            said = self.said_now().decide(choice.code)  # type: ignore[arg-type]
            if choice.words:
                self.query_one("#note", Input).value = choice.words
                said = said.model_copy(update={"note": choice.words})
                self._close_lines()
            self._set(said)

        options = {code: OUTCOMES[code] for code in VERDICTS}
        self.app.push_screen(
            Choose(
                "Nothing to write, because",
                options,
                wanting=frozenset({"needs_expert", "prompt_unusable"}),
                explain="What you have written stays in the draft until you sign.",
            ),
            take,
        )

    # --- signing ---------------------------------------------------------------

    def action_submit(self) -> None:
        """Sign, or say in one line what is missing."""
        if self.session.current is None or not self.edit():
            return
        draft = self.said_now()
        required = self.assignment.sources_required
        if lacking := draft.missing(sources_required=required):
            self.refuse(f"{lacking} {self._where(draft, lacking)}".strip())
            return
        if not self.is_unseen():
            self._sign(draft)

    def _where(self, draft: Draft, lacking: str) -> str:
        """Name the key that mends it."""
        checks = draft.checks(sources_required=self.assignment.sources_required)
        name = next(name for name, words in checks if words == lacking)
        return f"({self.key(_MENDS[name])})" if name in _MENDS else ""

    def _sign(self, draft: Draft) -> None:
        if self._attempt is None or self._attempt[0] != draft:
            self._attempt = (draft, self.place.new_id())
        self._storing = True
        self.say("Saving…")
        seconds = self.place.clock.read().active
        self._store(self.assignment, draft, self._attempt[1], seconds)

    @work(thread=True, exclusive=True, group="store")
    def _store(
        self, assignment: Assignment, draft: Draft, id: str, seconds: float
    ) -> None:
        try:
            if draft.verdict is None and not draft.private_why:
                kinds = {span.kind for span in self.deeds.warnings(draft)}
                if kinds:
                    self.post_message(self.Private(draft, tuple(sorted(kinds))))
                    return
            done = self.deeds.submit(
                assignment, draft, seconds=round(seconds, 3), submission_id=id
            )
        except AlreadyJudgedError as error:
            words = (
                f"{error.message}, in another window. What stands here is kept as a "
                "draft; F4 takes it out, q leaves."
            )
            self.post_message(self.Refused(AlreadyJudgedError(words)))
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            words = f"Signed: {OUTCOMES[done.outcome]}."
            if done.outcome in {"rewritten", "patched"}:
                words += " It waits for a second expert."
            if done.late:
                words += " It came after its lease and is kept as late."
            if done.surplus:
                words += " Others were faster; it is kept as surplus."
            is_done = done.outcome != "needs_expert"
            self.post_message(self.Moved(done.next, words, signed=is_done))

    @on(Private)
    def _private(self, message: Private) -> None:
        """Ask why what looks private may stand."""
        self._storing = False
        self.app.forget_typed_ahead()  # type: ignore[attr-defined]
        self.say("")

        def take(choice: Choice | None) -> None:
            if choice is None:
                self.go_to(self.box)
                return
            why = f"{choice.code}: {choice.words}" if choice.words else choice.code
            draft = self.said_now().model_copy(update={"private_why": why})
            self._set(draft)
            self._sign(draft)

        self.app.push_screen(
            Choose(
                f"This looks private: {', '.join(message.kinds)}",
                _MEANT,
                explain="Esc goes back to take it out; your choice is kept with it.",
            ),
            take,
        )

    def action_skip(self) -> None:
        """Pass the task on, with a reason."""
        if self.session.current is None or self._storing:
            return
        assignment = self.assignment

        def take(choice: Choice | None) -> None:
            if choice is not None:
                self._storing = True
                self._skip(assignment, choice, self.place.clock.read().active)

        self.app.push_screen(
            Choose(
                "Pass this text on",
                skips(1),
                wanting=frozenset({"other"}),
                first="needs_expert",
            ),
            take,
        )

    @work(thread=True, exclusive=True, group="store")
    def _skip(self, assignment: Assignment, choice: Choice, seconds: float) -> None:
        try:
            hand = self.deeds.skip(assignment, choice.code, choice.words, seconds)
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            words = f"Passed on: {SKIP_CODES[choice.code]}."
            self.post_message(self.Moved(hand, words))


def _sources(line: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in line.split("|") if part.strip())
