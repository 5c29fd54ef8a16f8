"""What people said of a comparison, by number instead of name, with their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from adjudge.domain.safe_text import safe_text
from adjudge.tui.clock import spoken
from adjudge.tui.glyphs import UNICODE, Glyphs
from adjudge.tui.texts import brief, clipped
from adjudge.tui.widgets.lines import Bit, stacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from adjudge.domain.ids import ResponseId

Line = list[Bit]
_HIDDEN = (
    "\nWhat people said stays hidden\nuntil you have made your own call.\n\n"
    "Read, press a digit, then Enter."
)
_BAR = 10


class Evidence(VerticalScroll, can_focus=True):
    """Hidden until the blind call; then judgments, shares of weight, decisions."""

    DEFAULT_CSS = """
    Evidence {
        width: 44;
        border: round $edge;
        border-title-color: $foreground 75%;
        border-title-style: bold;
        padding: 0 1;
        background: $background;
        scrollbar-size-vertical: 1;
        &:focus { border: heavy $key; }
        & > Static { height: auto; width: 1fr; }
    }
    """

    HEAD: ClassVar[str] = "What people said"
    BEFORE: ClassVar[str] = _HIDDEN

    def __init__(self, glyphs: Glyphs = UNICODE, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self.border_title = Content(self.HEAD)

    def compose(self) -> ComposeResult:
        """Build the text."""
        yield Static(Content(self.BEFORE), id="testimony", markup=False)

    def show(self, lines: Sequence[Line]) -> None:
        """Show lines from the first on."""
        self.query_one("#testimony", Static).update(stacked(lines))
        self.scroll_home(animate=False)

    def reveal(
        self,
        evidence: dict[str, Any],
        shown: tuple[ResponseId, ...],
        blind: str,
    ) -> None:
        """Show everything, in the names that stand on the screen.

        Args:
            evidence: What ``adjudicate`` without a ranking lays out.
            shown: The responses as they stand on the screen.
            blind: What the lead said before.
        """
        names = names_of(shown)
        lines: list[Line] = [[Bit("Your blind call  ", "$quiet"), Bit(blind, "bold")]]
        lines += self._shares(evidence["judgments"], shown)
        for judgment in evidence["judgments"]:
            lines += [[], *_judgment(judgment, shown, names)]
        if not evidence["judgments"]:
            lines += [[], [Bit("Nobody's judgment stands here.", "$quiet")]]
        lines += _decision(evidence["decision"])
        self.show(lines)

    def _shares(
        self, judgments: list[dict[str, Any]], shown: tuple[ResponseId, ...]
    ) -> list[Line]:
        """Draw each answer's share of the weight, with the numbers beside."""
        weight: dict[str, float] = {}
        count: dict[str, int] = {}
        for one in judgments:
            said = _winner(shown, one["ranking"])
            weight[said] = weight.get(said, 0.0) + one["weight"]
            count[said] = count.get(said, 0) + 1
        total = sum(weight.values())
        lines: list[Line] = [[], [Bit("Share of weight", "bold")]]
        for said in sorted(weight, key=lambda s: (-weight[s], s)):
            share = weight[said] / total if total else 0.0
            full = round(share * _BAR)
            bar = self._glyphs.full * full + self._glyphs.rest * (_BAR - full)
            lines.append(
                [
                    Bit(f"{clipped(said, 10):<10} "),
                    Bit(bar, "$side-a"),
                    Bit(f" {share:>4.0%}", "bold"),
                    Bit(f" {count[said]} of {len(judgments)}", "$quiet"),
                ]
            )
        return lines if weight else []


def _judgment(
    one: dict[str, Any], shown: tuple[ResponseId, ...], names: dict[str, str]
) -> list[Line]:
    said = brief(
        shown, one["ranking"], one["margin"], none_acceptable=one["none_acceptable"]
    )
    seconds = one["seconds"]
    time = "time not measured" if seconds is None else f"time {spoken(seconds)}"
    lines: list[Line] = [
        [
            Bit(f"judge {one['judge']}  ", "$quiet"),
            Bit(said, "bold"),
            Bit(f"  weight {one['weight']:.2f}", "$quiet"),
        ],
        [Bit(f"  {time}", "$quiet")],
        [Bit(f"  {_reliability(one)}", "$quiet")],
    ]
    lines += reasons_in_lines(one["reasons"], names)
    if one["note"]:
        lines.append([Bit("  "), Bit(safe_text(one["note"], newlines=False))])
    return lines


def reasons_in_lines(
    reasons: Mapping[str, Sequence[str]], names: Mapping[str, str]
) -> list[Line]:
    """Write reasons, a line for each response that some are about."""
    lines = []
    for about, tags in sorted(reasons.items()):
        where = names.get(about, {1: "whole", 2: "both"}.get(len(names), "all"))
        words = safe_text(", ".join(tags), newlines=False)
        lines.append([Bit(f"  {where}: ", "bold"), Bit(words)])
    return lines


def _reliability(one: dict[str, Any]) -> str:
    if one["reliability"] is None:
        return f"declared {one['declared']:g}, not measured"
    return f"declared {one['declared']:g}, reliability {one['reliability']:.2f}"


def _decision(decision: dict[str, Any] | None) -> list[Line]:
    if decision is None:
        return []
    by = safe_text(decision["by"], newlines=False)
    why = safe_text(decision["why"] or "the words were erased", newlines=False)
    return [
        [],
        [Bit("Decided before", "bold"), Bit(f"  by {by}, {decision['at'][:10]}")],
        [Bit(f"  {why}")],
        [Bit("  A new decision stands over it; it is kept.", "$quiet")],
    ]


def names_of(shown: tuple[ResponseId, ...]) -> dict[str, str]:
    """Name the responses as they stand on the screen."""
    if len(shown) < 3:
        return dict(zip(shown, "AB" if len(shown) == 2 else ["response"], strict=True))
    return {id: str(n) for n, id in enumerate(shown, 1)}


def _winner(
    shown: tuple[ResponseId, ...], ranking: tuple[tuple[ResponseId, ...], ...]
) -> str:
    """Name an answer without its margin: margins do not split a majority."""
    if len(shown) == 2 and len(ranking) == 2:
        return f"{'A' if ranking[0][0] == shown[0] else 'B'} better"
    return brief(shown, ranking, None)
