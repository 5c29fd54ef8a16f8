"""How each part of a text looks; a value, so that it can be part of a cache key."""

from __future__ import annotations

from dataclasses import dataclass, fields

from rich.style import Style

_PLAIN = Style()
_BOLD = Style(bold=True)
_ITALIC = Style(italic=True)
_DIM = Style(dim=True)
_STRIKE = Style(strike=True)
_UNDERLINE = Style(underline=True)
_REVERSE = Style(reverse=True)
_FLAGGED = Style(bold=True, reverse=True)
_CURRENT = Style(bold=True, reverse=True, underline=True)
_DIFFERS = Style(bold=True, underline=True)


@dataclass(frozen=True)
class Look:
    """One style for each thing the renderer can tell apart.

    Every style differs from plain text by more than its colour, or stands beside
    a glyph that says the same, so that a terminal without colour reads as well.
    """

    heading: Style = _BOLD
    strong: Style = _BOLD
    emphasis: Style = _ITALIC
    strike: Style = _STRIKE
    code: Style = _BOLD
    block: Style = _PLAIN
    keyword: Style = _BOLD
    string: Style = _PLAIN
    comment: Style = _ITALIC
    number: Style = _PLAIN
    link: Style = _UNDERLINE
    rule: Style = _DIM
    source: Style = _DIM
    hidden: Style = _FLAGGED
    match: Style = _REVERSE
    current: Style = _CURRENT
    differs: Style = _DIFFERS

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Name the parts; the pane has one component class for each."""
        return tuple(field.name for field in fields(cls))
