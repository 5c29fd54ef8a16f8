"""What one person judged, in the names that stand on the screen, without theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from adjudge.domain.safe_text import safe_text
from adjudge.tui.clock import spoken
from adjudge.tui.texts import clipped, verdict
from adjudge.tui.widgets.evidence import Evidence, names_of, reasons_in_lines
from adjudge.tui.widgets.lines import Bit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adjudge.domain.guideline import Guideline
    from adjudge.domain.ids import ResponseId
    from adjudge.domain.judging import Judgment
    from adjudge.tui.widgets.evidence import Line


class Judged(Evidence):
    """The verdict, the time it took, the guideline, ratings, reasons and note."""

    HEAD: ClassVar[str] = "The judgment"
    BEFORE: ClassVar[str] = ""

    def lay_out(
        self,
        said: Judgment,
        shown: tuple[ResponseId, ...],
        guideline: Guideline | None,
    ) -> None:
        """Show a judgment; whoever reviews it judges what was said, not who did."""
        names = names_of(shown)
        time = "not measured" if said.seconds is None else spoken(said.seconds)
        under = safe_text(said.guideline or "no guideline", newlines=False)
        lines: list[Line] = [
            [Bit("Said   ", "$quiet"), Bit(verdict(said), "bold")],
            [Bit("Time   ", "$quiet"), Bit(time)],
            [Bit("Under  ", "$quiet"), Bit(under)],
        ]
        if said.ratings:
            lines += [[], [Bit("Ratings", "bold")]]
            titles = {c.name: c.title for c in guideline.criteria} if guideline else {}
            for about in shown:
                lines += _rated(said.ratings.get(about, {}), names[about], titles)
        if said.reasons:
            lines += [[], [Bit("Reasons", "bold")]]
            lines += reasons_in_lines(said.reasons, names)
        if said.note:
            lines += [[], [Bit("Note", "bold")]]
            lines.append([Bit(safe_text(said.note, newlines=False))])
        self.show(lines)


def _rated(
    scores: Mapping[str, float], name: str, titles: Mapping[str, str]
) -> list[Line]:
    return [
        [
            Bit(f"  {name}: ", "bold"),
            Bit(f"{clipped(titles.get(criterion, criterion), 30)} "),
            Bit(f"{score:g}", "bold"),
        ]
        for criterion, score in scores.items()
    ]
