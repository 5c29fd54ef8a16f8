"""From a complaint to the ideal answer: the task, the draft, the signed rewrite."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, JsonValue

from adjudge.domain.clean_text import cleaned, line_end
from adjudge.domain.conversation import Prompt, Response
from adjudge.domain.feedback import Id
from adjudge.domain.guideline import Guideline, ReasonTag
from adjudge.domain.ids import AnnotatorId  # noqa: TC001 - read at run time
from adjudge.domain.record import (
    Name,
    OpenRecord,
    Record,
    Seconds,
    Time,
    canonical,
    derived_id,
)
from adjudge.domain.words import count_of
from adjudge.errors import InvalidInputError

Outcome = Literal[
    "rewritten", "patched", "original_was_fine", "prompt_unusable", "needs_expert"
]
Start = Literal["empty", "original"]
OUTCOMES: dict[str, str] = {
    "rewritten": "a new answer",
    "patched": "the original with some sentences changed",
    "original_was_fine": "nothing had to change: the complaint is overruled",
    "prompt_unusable": "the prompt cannot be answered at all",
    "needs_expert": "somebody with other knowledge should write it",
}
MOST_CHARACTERS = 100_000
HIDING = ("character that hides or controls", "characters that hide or control")
VERDICTS = ("original_was_fine", "prompt_unusable", "needs_expert")
# What users may say is wrong (CONTRACT, section 3), with a letter and a short title:
# the reasons of a queue whose guideline names none.
STANDARD_REASONS = tuple(
    ReasonTag(tag=tag, key=key, title=title)
    for tag, key, title in (
        ("incorrect", "i", "Incorrect"),
        ("hallucinated", "h", "Made-up facts"),
        ("ignored_instructions", "n", "Ignored the ask"),
        ("incomplete", "c", "Incomplete"),
        ("outdated", "o", "Outdated"),
        ("unsafe", "s", "Unsafe"),
        ("refused_wrongly", "r", "Refused wrongly"),
        ("bad_tone", "t", "Wrong tone"),
        ("too_long", "l", "Too long"),
        ("too_short", "b", "Too short"),
        ("missing_sources", "m", "No sources"),
        ("bad_formatting", "f", "Bad formatting"),
        ("off_topic", "a", "Off topic"),
        ("wrong_language", "g", "Wrong language"),
        ("tool_failed", "k", "Tool failed"),
        ("slow", "w", "Slow"),
        ("other", "x", "Other"),
    )
)


def reasons_under(guideline: Guideline | None) -> tuple[ReasonTag, ...]:
    """Give the reasons an expert can choose from: there are always some."""
    named = guideline.reasons if guideline else ()
    return named or STANDARD_REASONS


class Complaint(Record):
    """What users said was wrong, in their own words. Never to be trusted."""

    reason_codes: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    n_users: int = 0


class RewriteTask(Record):
    """An answer to be rewritten, with everything an expert needs to see."""

    id: Id
    prompt: Prompt
    original: Response
    complaint: Complaint = Complaint()
    context: dict[str, JsonValue] = Field(default_factory=dict)
    covered: dict[str, int] = Field(default_factory=dict)
    topic: str | None = None
    language: str | None = None

    def content(self) -> bytes:
        """Write the task in its canonical form."""
        return canonical(self.model_dump(mode="json", exclude_defaults=True))


class SpanReason(Record):
    """Why one stretch of the original is wrong."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    tag: str
    note: str = ""


def _not_silence(text: str) -> str:
    # Whoever learns from an ideal answer that is blank learns to say nothing.
    if not text.strip():
        raise ValueError("expected a text that is not empty")
    return text


class Rewrite(OpenRecord):
    """A rewrite as a file holds it."""

    task: Id
    prompt: Prompt
    original: Response
    annotator: Annotated[AnnotatorId, Name]
    text: Annotated[str, AfterValidator(_not_silence)]
    reasons: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    seconds: Seconds | None = None
    at: Time | None = None
    approved_by: Annotated[AnnotatorId, Name] | None = None
    topic: str | None = None
    language: str | None = None

    @property
    def id(self) -> str:
        """Name the rewrite by what it is: who wrote which text for which task."""
        return derived_id(["rewrite", self.task, self.annotator, self.text])

    @property
    def outcome(self) -> Outcome:
        """Tell a text that is the original from one that is not."""
        return outcome_of(self.original.judged, self.text, started_from=None)


class Said(Record):
    """What an expert has written so far, the task it is about apart."""

    text: str = ""
    started_from: Start = "empty"
    verdict: Outcome | None = None
    reasons: tuple[str, ...] = ()
    spans: tuple[SpanReason, ...] = ()
    sources: tuple[str, ...] = ()
    note: str = ""
    private_why: str = ""


class Draft(Said):
    """What an expert has written for a task. Each edit returns a new draft."""

    task: RewriteTask

    @property
    def said(self) -> Said:
        """Take what was written out of the draft."""
        return Said(**{key: getattr(self, key) for key in Said.model_fields})

    def saying(self, said: Said) -> Self:
        """Put what was written into the draft."""
        update = {key: getattr(said, key) for key in Said.model_fields}
        return self.model_copy(update=update)

    def write(self, text: str) -> Self:
        """Take the text as it stands in the editor."""
        return self.model_copy(update={"text": text, "verdict": None})

    def from_original(self) -> Self:
        """Start from the original; that it was so is kept, since it sways edits.

        What hides or controls in it is left out.
        """
        original = self.task.original.judged
        text = cleaned(original)[0].replace("\n", line_end(original))
        return self.model_copy(update={"text": text, "started_from": "original"})

    def decide(self, verdict: Outcome | None) -> Self:
        """Say that there is nothing to write, and why; or take that back."""
        return self.model_copy(update={"verdict": verdict})

    def flip_reason(self, tag: str) -> Self:
        """Set a reason tag, or take it back."""
        have = self.reasons
        new = tuple(t for t in have if t != tag) if tag in have else (*have, tag)
        return self.model_copy(update={"reasons": new})

    @property
    def outcome(self) -> Outcome:
        """Say what this would be if it were signed now."""
        if self.verdict is not None:
            return self.verdict
        return outcome_of(
            self.task.original.judged, self.text, started_from=self.started_from
        )

    def missing(self, *, sources_required: bool = False) -> str:
        """Say in one line what keeps this from being signed; empty if nothing."""
        if self.verdict is not None:
            return ""
        checks = self.checks(sources_required=sources_required)
        return next((lacking for _, lacking in checks if lacking), "")

    def checks(self, *, sources_required: bool = False) -> tuple[tuple[str, str], ...]:
        """List what is looked at before signing, and what is missing of each.

        Returns:
            A few words for each check, and one line that says what is missing; the
            line is empty where the check holds.
        """
        named = self.reasons or self.spans
        found = [
            (
                "text",
                ""
                if self.text.strip()
                else "Write the answer first, or say why there is none to write.",
            ),
            ("changed", self._unchanged()),
            ("length", self._too_long()),
            ("plain", self._uncontrolled()),
            (
                "code",
                "A code block is not closed: ``` is missing."
                if open_fence(self.text)
                else "",
            ),
            (
                "reason",
                ""
                if named
                else "Choose at least one reason: what was wrong with the original?",
            ),
        ]
        if sources_required:
            has = any(s.strip() for s in self.sources)
            lacking = "Name at least one source: this queue asks for them."
            found.append(("source", "" if has else lacking))
        return tuple(found)

    def _unchanged(self) -> str:
        original = self.task.original.judged
        if self.text == original or cleaned(self.text)[0] == cleaned(original)[0]:
            return "Nothing is changed: change it, or say the original was fine."
        return ""

    def _too_long(self) -> str:
        if len(self.text) > MOST_CHARACTERS:
            return (
                f"The text has {len(self.text):,} characters; at most "
                f"{MOST_CHARACTERS:,} are taken."
            )
        return ""

    def _uncontrolled(self) -> str:
        left_out = cleaned(self.text)[1]
        if not left_out:
            return ""
        return f"The text holds {count_of(left_out, *HIDING)}; take them out."

    def check(self, *, sources_required: bool) -> None:
        """Refuse a draft that is not complete.

        Raises:
            InvalidInputError: With what is missing.
        """
        if lacking := self.missing(sources_required=sources_required):
            raise InvalidInputError(lacking)
        length = len(self.task.original.judged)
        if any(s.end > length or s.start >= s.end for s in self.spans):
            raise InvalidInputError(f"a reason lies outside the original (0–{length})")  # noqa: RUF001


def outcome_of(original: str, text: str, *, started_from: Start | None) -> Outcome:
    """Tell what became of an original: the same, some sentences changed, or new."""
    if text == original:
        return "original_was_fine"
    if started_from == "original" and set(_sentences(original)) & set(_sentences(text)):
        return "patched"
    return "rewritten"


def edited_share(original: str, text: str) -> float:
    """Measure how much of the words changed, in [0, 1]."""
    before, after = original.split(), text.split()
    if not before and not after:
        return 0.0
    matcher = SequenceMatcher(None, before, after, autojunk=len(before) > 2000)
    return round(1 - matcher.ratio(), 6)


def open_fence(text: str) -> bool:
    """Tell whether a Markdown code block is opened and never closed."""
    opened = ""
    for found in _FENCE.finditer(text):
        mark, rest = found[1], found[2]
        if not opened:
            opened = mark
        elif mark[0] == opened[0] and len(mark) >= len(opened) and not rest.strip():
            opened = ""
    return bool(opened)


_FENCE = re.compile(r"^ {0,3}(`{3,}(?=[^`\n]*$)|~{3,})([^\n]*)$", re.MULTILINE)


def sentences_of(text: str) -> list[tuple[int, int]]:
    """Find where each sentence of a text begins and ends."""
    found = []
    start = 0
    for match in [*_END.finditer(text), None]:
        end = match.start() if match else len(text)
        body = text[start:end]
        lead = len(body) - len(body.lstrip())
        if body.strip():
            found.append((start + lead, start + len(body.rstrip())))
        start = match.end() if match else end
    return found


class Review(Record):
    """What a second expert has said so far. Each edit returns a new one."""

    rewrite: str
    verdict: Literal["approve", "fix", "return"] | None = None
    text: str = ""
    clause: str | None = None
    why: str = ""

    def missing(self, written: str | None) -> str:
        """Say in one line what keeps this from being signed; empty if nothing.

        Args:
            written: The rewrite that is looked at; none where there is nothing to
                write.
        """
        if self.verdict is None:
            return "Decide first: 1 approve, 2 fix, 3 send back."
        if self.verdict == "fix":
            if not self.text.strip() or self.text == written:
                return "Nothing was fixed: change it, or approve it as it is."
            if open_fence(self.text):
                return "A code block is not closed: ``` is missing."
        if self.verdict != "approve" and not self.why.strip():
            return "Say why in a few words: the author will read them."
        return ""


_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")  # noqa: RUF001


def _sentences(text: str) -> list[str]:
    return [s for part in _END.split(text) if (s := part.strip())]
