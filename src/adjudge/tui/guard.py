"""The second line of defence: no control character leaves the process as text.

``safe_text`` is called wherever foreign text enters a widget. Should somebody
forget it, this filter sees every line that any widget paints, and takes the teeth
out of it. It keeps the width of each line, so it may cut what it makes visible:
it protects the terminal, it does not inform the reader.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.filter import LineFilter

from adjudge.domain.safe_text import safe_text

if TYPE_CHECKING:
    from rich.style import Style
    from textual.app import App
    from textual.color import Color

_HARM = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb]"
)


class Guard(LineFilter):
    """Replace what acts on a terminal by what is only seen."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Scrub the text of a line; segments of Textual's own controls pass."""
        if not any(_is_harmful(segment) for segment in segments):
            return segments
        return [
            _scrubbed(segment) if _is_harmful(segment) else segment
            for segment in segments
        ]


def install(app: App[object]) -> Guard:
    """Put a guard behind every widget of an app; call it in the app's ``__init__``."""
    for present in app._filters:  # noqa: SLF001 - no public way; a test pins it
        if isinstance(present, Guard):
            return present
    guard = Guard()
    app._filters.append(guard)  # noqa: SLF001
    return guard


def _is_harmful(segment: Segment) -> bool:
    if segment.control:
        return False
    link = segment.style.link if segment.style is not None else None
    return _HARM.search(segment.text) is not None or bool(link and _HARM.search(link))


def _scrubbed(segment: Segment) -> Segment:
    """Make one segment harmless and keep its width."""
    text = segment.text
    if _HARM.search(text):
        shown = _HARM.sub(lambda found: safe_text(found.group(), newlines=False), text)
        text = set_cell_size(shown, cell_len(text))
    return Segment(text, _unlinked(segment.style))


def _unlinked(style: Style | None) -> Style | None:
    """Take away a link whose address would act on the terminal."""
    if style is not None and style.link and _HARM.search(style.link):
        return style.update_link(None)
    return style
