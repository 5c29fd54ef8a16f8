"""Decide a disputed comparison: one's own call first, then what people said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input, Static

from adjudge.domain.judging import Draft
from adjudge.domain.safe_text import safe_text
from adjudge.errors import AdjudgeError, ConflictError
from adjudge.tui.case_screen import WHY_LIMIT, CaseScreen
from adjudge.tui.dialogs.choose import Choice, Choose
from adjudge.tui.keys import DECIDE, bindings
from adjudge.tui.texts import (
    verdict,
    words_of,
)
from adjudge.tui.widgets.evidence import Evidence
from adjudge.tui.widgets.hints import Hint, Hints
from adjudge.tui.widgets.order import Order
from adjudge.tui.widgets.scale import Scale
from adjudge.tui.widgets.top_line import Facts, TopLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from adjudge.domain.ids import ResponseId
    from adjudge.services.work.casework import Case
    from adjudge.tui.lead_deeds import Outcome
    from adjudge.tui.session import Workplace

_OTHERWISE: dict[Outcome, str] = {
    "unclear": "the guideline is unclear: open a ticket",
    "send_back": "send it back to those who judged it",
    "exclude": "exclude it from queues and exports",
}
_NUMBERS = (
    ("weight", "declared expertise in the topic times measured reliability"),
    ("reliability", "how often a person is right on gold and, probably, elsewhere"),
    ("share", "part of the weight of all judges that stands behind an answer"),
    ("blind call", "your own, before you saw anybody's; kept with the decision"),
)


class AdjudicateScreen(CaseScreen):
    """One comparison; dismissed with words on what was done, or nothing.

    Attributes:
        draft: What the lead says.
        blind: What the lead said before anything was revealed.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(DECIDE)
    TABLE = DECIDE
    HELP_NUMBERS = _NUMBERS
    draft: reactive[Draft | None] = reactive[Draft | None](None, init=False)

    class Revealed(Message):
        """The judgments are here, perhaps with a decision made meanwhile."""

        def __init__(
            self, evidence: dict[str, Any], conflict: AdjudgeError | None = None
        ) -> None:
            super().__init__()
            self.evidence = evidence
            self.conflict = conflict

    class Done(Message):
        """It is decided, or settled otherwise."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Refused(Message):
        """The store said no."""

        def __init__(self, error: AdjudgeError) -> None:
            super().__init__()
            self.error = error

    def __init__(self, place: Workplace, case: Case) -> None:
        super().__init__()
        self.place = place
        self.case = case
        self.blind: Draft | None = None
        self.revealed = False
        self._busy = False
        self._cause: str | None = None
        self._causes: dict[str, str] = {}
        self._over: str | None = None  # the decision that was seen standing
        self._tie_next = False

    # --- building --------------------------------------------------------------

    @property
    def shown(self) -> tuple[ResponseId, ...]:
        """The responses as they stand on the screen, drawn for this lead."""
        return self.case.shown

    def compose_evidence(self) -> Evidence:
        """Build what people said, hidden until the blind call."""
        return Evidence(self.place.glyphs, id="evidence")

    def compose_verdict(self) -> ComposeResult:
        """Build the scale, or the order of more than two."""
        yield Scale(self.place.glyphs, id="scale")
        yield Order(self.place.glyphs, id="order")

    def compose_below(self) -> ComposeResult:
        """Build the line that says why people disagreed."""
        yield Static(id="cause", markup=False)

    def on_mount(self) -> None:
        """Put the comparison on the desk."""
        case = self.case
        self.lay_out(case.comparison)
        self.query_one("#scale").display = self.is_pair
        self.query_one("#order").display = not self.is_pair
        self.query_one(Scale).ties = case.ties
        name = self.titled(case.queue, case.comparison.id)
        self.query_one(TopLine).facts = Facts(queue=name)
        self.drawer.show_guideline(case.guideline, case.guideline_text, graded=False)
        self._hint()
        self._show_cause()
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        """Show the responses once there is room for them."""
        case = self.case
        self.show_responses(case.comparison)
        self.draft = Draft(comparison=case.comparison, shown=case.shown)
        self.veiled = bool(case.comparison.labels)
        self.say("Your own call first: what people said comes after it.", "key")
        if not self.veiled:
            self.bring_to_front(self.all_panes[0])
        self.opened()

    # --- what is said ----------------------------------------------------------

    def _edit(self) -> Draft | None:
        if self._busy:
            self.say("Saving… one moment.")
            return None
        if self.draft is None:
            self.say("One moment: the comparison is being opened.")
            return None
        if self.veiled:
            self.refuse("Behind a warning: o opens it.")
            return None
        self.say("")
        return self.draft

    def watch_draft(self, draft: Draft | None) -> None:
        """Show what was said so far."""
        if draft is None:
            return
        scale, order = self.query_one(Scale), self.query_one(Order)
        scale.digit, scale.none_acceptable = draft.digit, draft.none_acceptable
        numbers = {r: n for n, r in enumerate(draft.shown, 1)}
        order.places = tuple(tuple(numbers[r] for r in t) for t in draft.ranking)
        order.left = tuple(numbers[r] for r in draft.unplaced)
        order.none_acceptable = draft.none_acceptable

    def action_give_grade(self, digit: int) -> None:
        """Take a grade; of more than two responses, a place."""
        if not self.is_pair:
            self.action_digit(digit)
        elif draft := self._edit():
            if digit == 4 and not self.case.ties:
                self.say("This queue takes no ties: choose a side.", "bad")
                return
            self.draft = draft.grade(digit)

    def action_place(self, number: int) -> None:
        """Place a response that was clicked."""
        self.action_digit(number)

    def action_digit(self, number: int) -> None:
        """Place a response next."""
        if self.is_pair:
            self.say("Grades go from 1 to 7; 0 is none acceptable.", "bad")
            return
        draft = self._edit()
        if draft is None:
            return
        if number > len(draft.shown):
            self.say(f"There are {len(draft.shown)} responses.", "bad")
        elif draft.shown[number - 1] not in draft.unplaced:
            self.say(f"{number} has its place; Backspace takes back the last.", "bad")
        else:
            self.draft = draft.place(draft.shown[number - 1], tied=self._tie_next)
            self._flip_tie(on=False)

    def action_nudge(self, step: int) -> None:
        """Move the grade one step."""
        if self.is_pair and (draft := self._edit()):
            moved = draft.nudge(step)
            if moved.digit == 4 and not self.case.ties:
                moved = moved.nudge(step)
            self.draft = moved

    def action_tie_next(self) -> None:
        """Tie the next number with the last."""
        draft = self._edit()
        if draft is None:
            return
        if self.is_pair or not draft.ranking:
            self.say("= ties the next of several responses with the last.", "bad")
        elif not self.case.ties:
            self.say("This queue takes no ties.", "bad")
        else:
            self._flip_tie(on=not self._tie_next)

    def _flip_tie(self, *, on: bool) -> None:
        self._tie_next = on
        self.query_one(Order).tie_next = on

    def action_take_back(self) -> None:
        """Take back what was placed last."""
        if draft := self._edit():
            if self._tie_next:
                self._flip_tie(on=False)
            elif draft.ranking:
                self.draft = draft.take_back()
            else:
                self.say("Nothing was said yet.")

    def action_none_acceptable(self) -> None:
        """Say, or take back, that none is acceptable."""
        if draft := self._edit():
            self.draft = draft.flip_none_acceptable()

    # --- the blind call, and the decision --------------------------------------

    def action_decide(self) -> None:
        """Take the blind call; revealed, decide."""
        draft, case = self._edit(), self.case
        if draft is None:
            return
        if lacking := draft.missing(ties=case.ties):
            self.refuse(lacking)
        elif not self.revealed:
            self.blind = draft
            self._busy = True
            self.say("Your call is taken; here is what people said…")
            self._reveal()
        elif not self._why():
            self.refuse("A decision needs a reason: n writes it.")
            self.set_focus(self.query_one("#why", Input))
        else:
            self._busy = True
            self.say("Saving…")
            self._decide(case, draft, self._why(), self._cause)

    def _why(self) -> str:
        return self.query_one("#why", Input).value.strip()

    @work(thread=True, exclusive=True, group="case")
    def _reveal(self) -> None:
        try:
            case = self.case
            found = self.place.deeds.lead.evidence(case.comparison.id, case.queue)
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            self.post_message(self.Revealed(found))

    @on(Revealed)
    def _revealed(self, message: Revealed) -> None:
        self._busy, self.revealed = False, True
        self._causes = message.evidence["causes"]
        standing = message.evidence["decision"]
        self._over = standing["id"] if standing else None
        if self.blind is not None:
            self.query_one(Evidence).reveal(
                message.evidence, self.blind.shown, verdict(self.blind)
            )
        self.add_class("-revealed")
        if self.has_class("-narrow"):
            self.add_class("-evidence")
        self._hint()
        if message.conflict is not None:
            self.refuse(words_of(message.conflict))
            return
        self.say("Now decide: keep your call or change it, n the reason, Enter.", "key")

    @work(thread=True, exclusive=True, group="case")
    def _decide(self, case: Case, draft: Draft, why: str, cause: str | None) -> None:
        try:
            self.place.deeds.lead.adjudicate(
                case,
                draft.ranking,
                why=why,
                cause=cause,
                blind=self.blind.ranking if self.blind else None,
                none_acceptable=draft.none_acceptable,
                over=self._over,
            )
        except ConflictError as error:
            self._look_again(case, error)
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            said = verdict(draft)
            words = f"Decided {case.comparison.id}: {said}. The judgments are kept."
            self.post_message(self.Done(words))

    def _look_again(self, case: Case, conflict: ConflictError) -> None:
        """Lay out what stands now, beside why the decision was not taken."""
        try:
            found = self.place.deeds.lead.evidence(case.comparison.id, case.queue)
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            self.post_message(self.Revealed(found, conflict))

    def action_why(self) -> None:
        """Write the reason."""
        if not self.revealed:
            self.refuse("Your own call first: a digit, then Enter.")
        elif self._edit():
            self.set_focus(self.query_one("#why", Input))

    def action_cause(self) -> None:
        """Say why people disagreed."""
        if not self.revealed:
            self.refuse("Your own call first: a digit, then Enter.")
            return

        def take(choice: Choice | None) -> None:
            if choice is not None:
                self._cause = choice.code
                self._show_cause()

        self.app.push_screen(
            Choose("Why did people disagree?", self._causes, first=self._cause or ""),
            take,
        )

    def _show_cause(self) -> None:
        cause = self._causes.get(self._cause or "", "not said")
        self.query_one("#cause", Static).update(
            Content.assemble(("Cause  ", "$quiet"), cause)
        )

    def action_clause(self) -> None:
        """Cite a clause of the guideline in the reason."""
        guideline = self.case.guideline
        if guideline is None or not guideline.clauses:
            self.say("The guideline of this queue has no clauses.")
            return
        if not self.revealed:
            self.refuse("Your own call first: a digit, then Enter.")
            return
        clauses = {c.number: f"{c.number} {c.title}" for c in guideline.clauses}

        def take(choice: Choice | None) -> None:
            if choice is not None:
                box = self.query_one("#why", Input)
                cited = f"clause {choice.code}: {choice.words}".rstrip()
                box.value = f"{box.value} {cited}".strip()[:WHY_LIMIT]
                self.set_focus(box)

        self.app.push_screen(
            Choose("Which clause decides?", clauses, by_code=True), take
        )

    def action_otherwise(self) -> None:
        """Ask about the guideline, send it back, or exclude it."""
        case = self.case
        if self._busy:
            self.say("Saving… one moment.")
            return

        def take(choice: Choice | None) -> None:
            if choice is not None:
                self._busy = True
                self._settle(case, _outcome(choice.code), choice.words)

        options: dict[str, str] = {str(code): w for code, w in _OTHERWISE.items()}
        dialog = Choose(
            "Instead of deciding",
            options,
            wanting=frozenset(options),
            explain="Say why; those it concerns read it. Judgments are kept.",
        )
        self.app.push_screen(dialog, take)

    @work(thread=True, exclusive=True, group="case")
    def _settle(self, case: Case, outcome: Outcome, why: str) -> None:
        try:
            words = self.place.deeds.lead.settle_otherwise(case, outcome, why)
        except AdjudgeError as error:
            self.post_message(self.Refused(error))
        else:
            self.post_message(self.Done(words))

    @on(Done)
    def _done(self, message: Done) -> None:
        self.app.put_away(self, message.words)  # type: ignore[attr-defined]

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        self._busy = False
        self.refuse(words_of(message.error))

    # --- keys ------------------------------------------------------------------

    def action_evidence(self) -> None:
        """Go to what people said, or back to the responses."""
        if not self.revealed:
            self.say("Hidden until your own call: a digit, then Enter.", "bad")
        else:
            self.to_evidence()

    def action_open(self) -> None:
        """Open what stands behind a warning."""
        if not self.veiled:
            self.say("Nothing stands behind a warning here.")
            return
        self.veiled = False
        self.bring_to_front(self.front)

    def watch_veiled(self, veiled: bool) -> None:
        """Hide the texts, or show them."""
        self.set_class(veiled, "-veiled")
        if veiled:
            self.set_focus(None)
            labels = safe_text(", ".join(self.case.comparison.labels), newlines=False)
            self.query_one("#veil", Static).update(
                Content.assemble(
                    ("Content warning\n\n", "bold $bad"),
                    (labels, "bold"),
                    "\n\no opens it     q goes back",
                )
            )

    def action_back(self) -> None:
        """Go back; nothing is decided."""
        if self._busy:
            self.say("Saving… one moment.")
        else:
            self.dismiss("")

    def _hint(self) -> None:
        how = "grade" if self.is_pair else "place, best first"
        first: list[Hint] = [
            ("1-7" if self.is_pair else "1-9", how, ""),
            (self.key("none_acceptable"), "none", "screen.none_acceptable"),
        ]
        blind: list[tuple[str, str]] = [("decide", "take my blind call")]
        open_: list[tuple[str, str]] = [
            ("decide", "decide"),
            ("why", "reason"),
            ("cause", "cause"),
            ("clause", "clause"),
            ("evidence", "what was said"),
        ]
        rest = [
            ("otherwise", "otherwise"),
            ("help", "help"),
            ("guideline", "guideline"),
            ("conversation", "conversation"),
            ("home", "back"),
        ]
        chosen = [*(open_ if self.revealed else blind), *rest]
        self.query_one(Hints).keys = (
            *first,
            *self.hints_of(chosen),
        )


def _outcome(code: str) -> Outcome:
    return next(known for known in _OTHERWISE if known == code)
