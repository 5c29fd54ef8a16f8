"""Send work back to its author: against which clause, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.tui.dialogs.choose import Choose
from adjudge.tui.texts import NO_CLAUSE, clauses_of

if TYPE_CHECKING:
    from adjudge.domain.guideline import Guideline


class SendBack(Choose):
    """Asks for a clause of the guideline and for words.

    Args:
        guideline: The version that the work was done under.
        first: The clause that was named before.
        needs_clause: Words alone are not enough.
    """

    def __init__(
        self, guideline: Guideline | None, *, first: str, needs_clause: bool = False
    ) -> None:
        options = clauses_of(guideline)
        if not needs_clause:
            options[NO_CLAUSE] = "no clause of the guideline"
        super().__init__(
            "Send it back: against which clause, and why?",
            options,
            wanting=frozenset(options),
            first=first,
            explain="Its number chooses a clause. The author reads your words, "
            "and gets it first.",
            by_code=True,
        )
