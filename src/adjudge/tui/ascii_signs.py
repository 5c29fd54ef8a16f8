"""For fonts without them: our own arrows, dots and bars as ASCII.

What people wrote is shown as they wrote it: a widget for foreign text leaves the
filter out with ``as_written``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import App
    from textual.color import Color
    from textual.widget import Widget

_SIGNS = str.maketrans(
    {
        **dict(zip("·•●…§←→↑↓“”‘’", "-*o.#<>^v\"\"''", strict=True)),  # noqa: RUF001
        "\N{RIGHT-POINTING MAGNIFYING GLASS}": "> ",  # of Textual's palette
        **{chr(point): "+" for point in range(0x2500, 0x2580)},
        **dict(zip("─━═╌╍│┃║", "---==|||", strict=True)),
        **{chr(point): " " for point in range(0x2580, 0x25A0)},  # ends of scroll bars
    }
)


class AsciiSigns(LineFilter):
    """Replace signs, each by one that is as wide."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Write a line without signs of our own."""
        if all(segment.text.isascii() for segment in segments):
            return segments
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(typed(segment.text), segment.style)
            for segment in segments
        ]


def typed(text: str) -> str:
    """Write a text of ours in ASCII."""
    return text.translate(_SIGNS)


def is_ascii(widget: Widget) -> bool:
    """Whether the app that a widget is in draws nothing but ASCII."""
    return widget.app.has_class("-ascii")


def install(app: App[object]) -> None:
    """Draw nothing but ASCII of our own."""
    app._filters.append(AsciiSigns())  # noqa: SLF001 - as the guard


def as_written(filters: Sequence[LineFilter]) -> list[LineFilter]:
    """Leave the signs of a text alone."""
    return [one for one in filters if not isinstance(one, AsciiSigns)]
