"""The colours: dark, light, and whatever the terminal itself has.

The palette is Okabe and Ito's, chosen so that A and B differ for every kind of
colour vision; nothing is said by colour alone.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="adjudge-dark",
    primary="#56B4E9",
    secondary="#E69F00",
    accent="#F0E442",
    success="#009E73",
    warning="#E69F00",
    error="#D55E00",
    foreground="#E6E6E6",
    background="#101418",
    surface="#171D23",
    panel="#1E252D",
    dark=True,
    variables={
        "block-cursor-foreground": "#101418",
        "block-cursor-background": "#F0E442",
        "block-cursor-blurred-background": "#1E252D",
        "input-cursor-background": "#F0E442",
        "input-cursor-foreground": "#101418",
        "scrollbar": "#5B6878",
        "scrollbar-background": "#101418",
    },
)

LIGHT = Theme(
    name="adjudge-light",
    primary="#005F9E",
    secondary="#9A5B00",
    accent="#6B6100",
    success="#00664A",
    warning="#9A5B00",
    error="#A63E00",
    foreground="#1A1F24",
    background="#FFFFFF",
    surface="#F5F6F8",
    panel="#E8EBEE",
    dark=False,
    variables={
        "block-cursor-foreground": "#FFFFFF",
        "block-cursor-background": "#005F9E",
        "block-cursor-blurred-background": "#E8EBEE",
        "input-cursor-background": "#005F9E",
        "input-cursor-foreground": "#FFFFFF",
        "scrollbar": "#7C8794",
        "scrollbar-background": "#FFFFFF",
    },
)

THEMES = (DARK, LIGHT)

_DARK = {
    "side-a": "#56B4E9",
    "side-b": "#E69F00",
    "key": "#F0E442",
    "quiet": "#9AA4B2",
    "edge": "#5B6878",
    "good": "#3FC39A",
    "bad": "#FF8A4C",
}
_LIGHT = {
    "side-a": "#005F9E",
    "side-b": "#9A5B00",
    "key": "#6B6100",
    "quiet": "#56606B",
    "edge": "#7C8794",
    "good": "#00664A",
    "bad": "#A63E00",
}
_ANSI = {
    "side-a": "ansi_blue",
    "side-b": "ansi_yellow",
    "key": "ansi_default",
    "quiet": "ansi_default",
    "edge": "ansi_bright_black",
    "good": "ansi_green",
    "bad": "ansi_red",
}


def own_variables(theme: Theme) -> dict[str, str]:
    """Give our own colour names a value under any theme."""
    if theme.ansi:
        return _ANSI
    return _DARK if theme.dark else _LIGHT
