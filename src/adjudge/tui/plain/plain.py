"""The workbench line by line: for screen readers, pipes and slow connections.

It prints a task, asks, and stores what was answered; the services and the rules
are those of the screens. The end of the input ends it, and loses nothing.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING
from uuid import uuid4

from adjudge.domain.incident import CATEGORIES
from adjudge.domain.judging import WHOLE, Draft, skips
from adjudge.errors import AdjudgeError, AlreadyJudgedError, UnknownError
from adjudge.tui.deeds import Deeds, Seat
from adjudge.tui.plain.plain_answers import Misread, grade_of, order_of, reasons_of
from adjudge.tui.plain.plain_looks import PlainLooks
from adjudge.tui.plain.plain_talk import (
    Ended,
    Left,
    Talk,
    names_of,
    tell_comparison,
    tell_news,
)
from adjudge.tui.plain.plain_writing import PlainReview, PlainWriting
from adjudge.tui.session import Session, key_of
from adjudge.tui.texts import (
    in_a_line,
    told,
    verdict,
    why_nothing_is_left,
    words_of,
)
from adjudge.tui.writing_session import WritingSeat

if TYPE_CHECKING:
    from collections.abc import Callable

    from adjudge.domain.guideline import Guideline
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.services.work.judging import Assignment
    from adjudge.tui.plain.plain_talk import Read, Write

_HELP = (
    "s passes the task on, f calls a lead, u takes the last judgment back, "
    "r reads the task again, g the guideline, q leaves."
)


def run_plain(
    bench: Bench,
    actor: Actor,
    queue: str | None = None,
    *,
    review: bool = False,
    read: Read | None = None,
    write: Write | None = None,
) -> int:
    """Work line by line until the queue or the input ends; give the exit code.

    Args:
        bench: The bench.
        actor: Who works.
        queue: The queue; asked for when absent.
        review: Review what others did in it.
        read: Gives the next line without its end, or None when there is none.
        write: Takes one line, or several.

    Raises:
        UnknownError: If there is no such queue.
    """
    if read is None and isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # told in words, line by line
    deeds = Deeds(lambda: (bench, actor))
    talk = Talk(read or _read_line, write or _write_line)
    try:
        _agree(deeds, talk)
        _tell_messages(deeds, talk)
        chosen = queue if queue is not None else _choose(deeds, talk)
        _begin(deeds, talk, bench, chosen, review=review)
    except Ended:
        talk.say("The input has ended. What you said so far is kept.")
    except Left:
        talk.say("Until next time. Your drafts are kept.")
    return 0


def _agree(deeds: Deeds, talk: Talk) -> None:
    """Read out the terms, once, and wait until they are agreed to.

    Raises:
        Left: If the person would rather leave.
    """
    found = deeds.terms()
    if found is None:
        return
    talk.say(f"Terms, version {found.version}:\n{found.text}")
    while (said := talk.ask("y: I agree, q leaves:")) != "y":
        if said == "q":
            raise Left
    deeds.accept_terms(found.version)


def _tell_messages(deeds: Deeds, talk: Talk) -> None:
    """Read out what leads say; the receipt is a command, no question on the way."""
    for message in deeds.messages():
        about = f" to everybody in {message.queue}" if message.queue else ""
        talk.say(f"Message from {message.by}{about}:\n{message.text}")
        talk.say(f"`adjudge people inbox --read {message.id}` says that you read it.")


def _begin(deeds: Deeds, talk: Talk, bench: Bench, queue: str, *, review: bool) -> None:
    """Sit down where the queue's kind wants it."""
    seat = deeds.sit_down_anywhere(queue, review=review)
    if isinstance(seat, Seat):
        _Work(deeds, talk, Session.begin(seat), bench.new_id).go()
    elif isinstance(seat, WritingSeat):
        PlainWriting(deeds, talk, seat, bench.new_id).go()
    elif seat.sitting.queue.kind == "rewrite":
        PlainReview(deeds, talk, seat).go()
    else:
        PlainLooks(deeds, talk, seat).go()


def _read_line() -> str | None:
    line = sys.stdin.readline()
    return line.rstrip("\r\n") if line else None


def _write_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _choose(deeds: Deeds, talk: Talk) -> str:
    """Ask which queue."""
    queues = deeds.desk().queues
    if not queues:
        raise UnknownError(
            "this store has no queue yet",
            hint="`adjudge demo` makes a sample campaign",
        )
    for number, (queue, done, left) in enumerate(queues, 1):
        talk.say(f"{number}. {queue.name}: {done} done, {left} left")
    while True:
        said = talk.ask("Which queue? A number, or q to leave:")
        if said == "q":
            raise Left
        if said.isdecimal() and 0 < int(said) <= len(queues):
            return queues[int(said) - 1][0].name
        talk.say(f"There is no queue {said}.")


class _Work:
    """One person at one queue."""

    def __init__(
        self,
        deeds: Deeds,
        talk: Talk,
        session: Session,
        new_id: Callable[[], str],
    ) -> None:
        self._deeds = deeds
        self._talk = talk
        self._session = session
        self._new_id = new_id
        self._window = uuid4().hex

    def go(self) -> None:
        """Go from task to task."""
        if self._deeds.told:
            self._talk.say(self._deeds.told)
        try:
            while (assignment := self._session.current) is not None:
                self._one(assignment)
            counts = self._deeds.why_empty(self._session.queue)
            is_training = self._session.seat.sitting.queue.training
            lines = why_nothing_is_left(counts, is_training=is_training)
            self._talk.say("\n".join(["Nothing is left for you.", *lines]))
        finally:
            self._give_back()

    def _give_back(self) -> None:
        said = self._session.current
        self._deeds.release(
            tuple(
                a
                for a in self._session.hand
                if a is not said and not a.recovered and not a.supersedes
            )
        )

    def _one(self, assignment: Assignment) -> None:
        """Show a task and take what is said about it."""
        self._talk.clock.start()
        tell_news(self._talk, self._deeds.readings, assignment.guideline)
        if self._session.why_back:
            self._talk.say(self._session.why_back)
        if not self._is_opened(assignment):
            return
        self._show(assignment)
        draft = assignment.blank()
        if assignment.recovered:
            drafts = [kept for kept, _ in assignment.recovered]
            if assignment.supersedes:
                drafts.append(draft)
            draft = self._ask_which(drafts)
            self._keep(assignment, draft, alone=True)
        try:
            verdict = self._ask_verdict(assignment, draft)
            if verdict is None:
                return
            self._keep(assignment, verdict)
            verdict = self._ask_reasons(assignment, verdict)
            self._keep(assignment, verdict)
            verdict = self._ask_note(verdict)
            self._keep(assignment, verdict)
            self._sign(assignment, verdict)
        except AlreadyJudgedError as error:
            self._talk.say(
                f"{error.message}, in another window. What you said here is kept: "
                "u shows both."
            )
            session = self._session
            session.contested.add(key_of(assignment))
            session.done_with(self._deeds.claim(session.queue))
            session.remember(self._deeds.past(session.queue))
        except AdjudgeError as error:
            self._talk.say(words_of(error))

    def _ask_which(self, drafts: list[Draft]) -> Draft:
        """Take up a draft; where windows said different things, one of them."""
        others = list({d.said.model_dump_json(): d for d in drafts}.values())
        if len(others) == 1:
            line = in_a_line(others[0])
            self._talk.say(f"A draft was kept: {line}. An empty line takes it.")
            return others[0]
        self._talk.say("Two windows hold drafts of this task:")
        for number, draft in enumerate(others, 1):
            self._talk.say(f"{number}. {in_a_line(draft)}")
        while True:
            said = self._talk.ask("Which? A number; empty for the newest; q leaves:")
            if said == "q":
                raise Left
            if not said or (said.isdecimal() and 0 < int(said) <= len(others)):
                taken = others[int(said or 1) - 1]
                self._talk.say(f"Taken: {in_a_line(taken)}. An empty line signs it.")
                return taken

    def _keep(
        self, assignment: Assignment, draft: Draft, *, alone: bool = False
    ) -> None:
        self._deeds.save_draft(assignment, draft, self._window, alone=alone)

    # --- showing ---------------------------------------------------------------

    def _is_opened(self, assignment: Assignment) -> bool:
        """Name the content warnings, and ask before anything is shown."""
        labels = assignment.comparison.labels
        if not labels:
            return True
        while True:
            said = self._talk.ask(
                f"Content warning: {', '.join(labels)}. o opens it, s passes it on:"
            )
            if said == "o":
                return True
            if said == "s":
                self._skip(assignment)
                return False
            if said == "q":
                raise Left

    def _show(self, assignment: Assignment) -> None:
        session, comparison = self._session, assignment.comparison
        number = session.done + 1 - session.back
        self._talk.say(f"\nTask {number} of {session.total}.")
        names = names_of(assignment.shown)
        tell_comparison(self._talk, comparison, assignment.shown, names)

    # --- asking ----------------------------------------------------------------

    def _ask_verdict(self, assignment: Assignment, draft: Draft) -> Draft | None:
        """Ask until there is a verdict; None if the task went another way."""
        question = self._question(len(assignment.shown))
        while True:
            said = self._talk.ask(f"{question} {_HELP}")
            if self._is_deed(said, assignment):
                if self._session.current is not assignment:
                    return None
                continue
            try:
                return self._verdict(said, draft)
            except Misread as error:
                self._talk.say(str(error))

    def _question(self, n_shown: int) -> str:
        """Ask for a verdict; a tie only where the queue takes one."""
        ties = self._session.seat.sitting.queue.ties
        tie, order = ("4 tie, ", "3 1=4 2") if ties else ("", "3 1 4 2")
        return {
            1: "An empty line begins the ratings.",
            2: f"Grade: 1 A far better, 2 A better, 3 A slightly, {tie}"
            "5 B slightly, 6 B better, 7 B far better; 0 before it: none acceptable.",
        }.get(
            n_shown,
            f"Order, best first, for example {order}; 0 before it: none is good.",
        )

    def _verdict(self, said: str, draft: Draft) -> Draft:
        queue = self._session.seat.sitting.queue
        if len(draft.shown) == 1:
            return self._ask_ratings(draft)
        if said:
            read = grade_of if len(draft.shown) == 2 else order_of
            draft = read(said, draft)
        if lacking := draft.missing(ties=queue.ties):
            raise Misread(lacking)
        return draft

    def _is_deed(self, said: str, assignment: Assignment) -> bool:
        """Do what a letter asks for."""
        deeds: dict[str, Callable[[], None]] = {
            "s": lambda: self._skip(assignment),
            "f": lambda: self._flag(assignment),
            "u": self._undo,
            "r": lambda: self._show(assignment),
            "g": lambda: self._talk.say(self._guideline_text(assignment) or "None."),
        }
        if said == "q":
            raise Left
        if said not in deeds:
            return False
        deeds[said]()
        return True

    @property
    def _guideline(self) -> Guideline | None:
        assignment = self._session.current
        ref = assignment.guideline if assignment else None
        found = self._deeds.readings.of(ref)
        return found.guideline if found else self._session.seat.sitting.guideline

    def _guideline_text(self, assignment: Assignment) -> str:
        found = self._deeds.readings.of(assignment.guideline)
        return found.body if found else self._session.seat.guideline_text

    def _ask_ratings(self, draft: Draft) -> Draft:
        for criterion in self._guideline.criteria if self._guideline else ():
            span = f"{criterion.low} to {criterion.high}"
            while True:
                said = self._talk.ask(f"{criterion.title}, {span}:")
                if not said:
                    break
                if said.isdecimal() and criterion.low <= int(said) <= criterion.high:
                    draft = draft.rate(draft.shown[0], criterion.name, int(said))
                    break
                self._talk.say(f"A number from {span}, or an empty line for none.")
        if lacking := draft.missing():
            raise Misread(lacking)
        return draft

    def _ask_reasons(self, assignment: Assignment, draft: Draft) -> Draft:
        if self._guideline is None or not self._guideline.reasons:
            return draft
        names = dict(zip(names_of(assignment.shown), assignment.shown, strict=True))
        tags = {tag.key: tag for tag in self._guideline.reasons}
        listed = ", ".join(f"{key} {tag.title}" for key, tag in tags.items())
        blamed = draft.ranking[-1] if len(draft.ranking) > 1 else ()
        about = blamed[0] if len(blamed) == 1 else WHOLE
        while True:
            said = self._talk.ask(
                f"Reasons, letters without spaces; {' '.join(names)} before letters "
                f"says about whom, * the whole; empty for none. {listed}:"
            )
            try:
                return reasons_of(
                    said,
                    draft,
                    tags={key: tag.tag for key, tag in tags.items()},
                    names=names,
                    about=about,
                )
            except Misread as error:
                self._talk.say(str(error))

    def _ask_note(self, draft: Draft) -> Draft:
        kept = " An empty line keeps the one there is." if draft.note else ""
        said = self._talk.ask(f"Note, empty for none.{kept}")
        return draft.with_note(said) if said else draft

    # --- deeds -----------------------------------------------------------------

    def _sign(self, assignment: Assignment, draft: Draft) -> None:
        submitted = self._deeds.submit(
            assignment,
            draft,
            times=self._talk.clock.read(),
            seen=1.0,
            submission_id=self._new_id(),
        )
        judgment = submitted.judgment
        number = "" if self._session.back else f" #{self._session.done + 1}"
        self._session.past = self._deeds.past(self._session.queue)
        self._session.signed(submitted)
        self._talk.say(f"Saved{number} {verdict(judgment)}.")
        if submitted.feedback is not None:
            self._talk.say("\n".join(told(judgment, submitted.feedback)))

    def _skip(self, assignment: Assignment) -> None:
        code, words = self._ask_code(
            "Why do you pass it on?", skips(len(assignment.shown))
        )
        if code:
            times = self._talk.clock.read()
            self._session.take(self._deeds.skip(assignment, code, words, times))
            self._talk.say("Passed on.")

    def _flag(self, assignment: Assignment) -> None:
        options = {code: c.says for code, c in CATEGORIES.items()}
        code, words = self._ask_code("What is it about?", options)
        if not code:
            return
        flagged = self._deeds.flag(assignment, code, words)
        self._talk.say("A lead has been called.")
        if flagged.is_hidden:
            self._talk.say("Nobody sees this task any more.")
            self._session.take(self._deeds.claim(self._session.queue))

    def _ask_code(self, question: str, options: dict[str, str]) -> tuple[str, str]:
        """Ask for one of some codes, and for words; empty for a change of mind."""
        code = self._talk.ask_code(question, options)
        return code, self._talk.ask("More words, or empty:") if code else ""

    def _undo(self) -> None:
        if why := self._session.why_not_back():
            self._talk.say(why)
            return
        judgment = self._session.past[0].judgment
        if judgment.id is not None:
            self._session.go_back(self._deeds.reopen(judgment.id))
            said = verdict(judgment)
            self._talk.say(f"Taken back: {said}. An empty line signs it as it was.")
