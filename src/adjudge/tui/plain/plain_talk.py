"""Asking and telling, one line at a time."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from adjudge.domain.safe_text import safe_text
from adjudge.tui.clock import ActiveClock
from adjudge.tui.texts import turns_in_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adjudge.domain.conversation import Comparison
    from adjudge.domain.ids import ResponseId
    from adjudge.tui.readings import Readings

    Read = Callable[[], str | None]
    Write = Callable[[str], None]


_HALF = re.compile("[\ud800-\udfff]")  # what Python reads a byte as that is no UTF-8


class Ended(Exception):  # noqa: N818 - an end, not an error
    """The input has ended."""


class Left(Exception):  # noqa: N818 - a wish, not an error
    """The person leaves."""


class Talk:
    """Asking and telling, one line at a time; every text is cleaned."""

    def __init__(self, read: Read, write: Write) -> None:
        self._read = read
        self._write = write
        self.clock = ActiveClock(time.monotonic)

    def say(self, text: str) -> None:
        """Tell something."""
        self._write(safe_text(text))

    def ask(self, question: str) -> str:
        """Ask something and wait for the line.

        Raises:
            Ended: If there is none.
        """
        self.say(question)
        return self.line().strip()

    def ask_code(
        self, question: str, options: dict[str, str], *, by_code: bool = False
    ) -> str:
        """Ask for one of some codes, by number or by name; empty goes back.

        Args:
            question: What is asked.
            options: What each code means.
            by_code: A number is a code, as of a clause, and no place in the list.

        Raises:
            Ended: If there is no line.
        """
        codes = list(options)
        listed = ", ".join(
            words if by_code else f"{n} {words}"
            for n, words in enumerate(options.values(), 1)
        )
        while said := self.ask(f"{question} {listed}; empty goes back:"):
            if said in options:
                return said
            if by_code:
                self.say(f"{said} is none of these: say {', '.join(codes)}.")
                continue
            if said.isdecimal() and 0 < int(said) <= len(codes):
                return codes[int(said) - 1]
            self.say(f"{said} is none of these: say a number from 1 to {len(codes)}.")
        return ""

    def line(self) -> str:
        """Wait for a line, as it was typed.

        Raises:
            Ended: If there is none.
        """
        while True:
            line = self._read()
            self.clock.touch()
            if line is None:
                raise Ended
            if not _HALF.search(line):
                return line
            self.say("That line is no UTF-8; nothing of it was taken. Once more:")


def tell_news(talk: Talk, readings: Readings, ref: str | None) -> None:
    """Read out what changed in the guideline, once, before the task.

    Raises:
        Left: If the person would rather leave.
    """
    found = readings.of(ref)
    if found is None or found.news is None:
        return
    ref, diff = found.guideline.ref, found.news.diff
    talk.say(f"\nThe guideline has changed: {found.news.before} to {ref}.")
    talk.say("\n".join(diff.lines()) if diff else found.body)
    while (said := talk.ask("y: I have read it, q leaves:")) != "y":
        if said == "q":
            raise Left
    readings.acknowledge(ref)


def tell_comparison(
    talk: Talk,
    comparison: Comparison,
    shown: Sequence[ResponseId],
    names: Sequence[str],
) -> None:
    """Read out what was asked and the responses, as they are shown."""
    for line in turns_in_lines(comparison.prompt):
        talk.say(line)
    for name, id in zip(names, shown, strict=True):
        talk.say(f"\nResponse {name}:")
        turns = comparison.response(id).turns
        if len(turns) == 1 and turns[0].content is not None:
            talk.say(turns[0].content)
            continue
        for line in turns_in_lines(turns, judged=True):
            talk.say(line)
    talk.say("")


def names_of(shown: Sequence[ResponseId]) -> list[str]:
    """Name the responses as they are shown."""
    count = len(shown)
    return ["A", "B"] if count == 2 else [str(n) for n in range(1, count + 1)]
