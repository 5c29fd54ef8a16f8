"""Call a lead to what is on screen: about what, and what was done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.incident import CATEGORIES
from adjudge.tui.dialogs.choose import Choice, Choose

if TYPE_CHECKING:
    from adjudge.services.work.incidents import Flagged


class CallALead(Choose):
    """Asks what it is about; what is on screen stays there.

    Args:
        what: What is on screen: a task, a text.
        besides: What can be done with it as well.
    """

    def __init__(self, what: str, besides: str) -> None:
        super().__init__(
            f"Call a lead to this {what}",
            {code: category.says for code, category in CATEGORIES.items()},
            wanting=frozenset({"other"}),
            first="other",
            explain=f"The {what} stays with you; {besides} as well.",
        )


def told(flagged: Flagged, choice: Choice, what: str) -> str:
    """Say what became of it."""
    if flagged.is_hidden:
        return f"Nobody sees this {what} any more; a lead has been called."
    still = " It stands still for others." if flagged.is_frozen else ""
    return f"A lead has been called: {CATEGORIES[choice.code].says}.{still}"
