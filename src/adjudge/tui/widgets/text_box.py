"""The box in which people write: a text area that takes in nothing that hides."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.document._document_navigator import DocumentNavigator
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from adjudge.domain.clean_text import cleaned
from adjudge.tui.ascii_signs import as_written
from adjudge.tui.widgets.line import blinks
from adjudge.tui.widgets.wrapping import Wrapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.style import Style
    from textual import events
    from textual.filter import LineFilter

# Of the stock keys, these select; here they are needed for other things.
_TAKEN = {"f6", "f7"}
# Typed in Persian, Indic and Hebrew; no printable characters for Python.
_SPELLING = "\u200c\u200d\u200e\u200f\u061c"
_LINE_FEED = "ctrl+j"  # what a terminal may send that knows no pasting
_TYPED = frozenset(f"{_SPELLING}\n")


class TextBox(TextArea, inherit_bindings=False):
    """Markdown as plain text, soft-wrapped; Tab leaves it.

    Everything that comes in is cleaned: a paste, the clipboard, a text that is put.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        binding
        for binding in TextArea.BINDINGS
        if isinstance(binding, Binding) and binding.key not in _TAKEN
    ]
    DEFAULT_CSS = """
    TextBox {
        border: round $edge;
        padding: 0 1;
        background: $background;
        scrollbar-size-vertical: 1;
        border-title-color: $foreground 75%;
        border-title-style: bold;
        border-subtitle-color: $foreground 75%;
    }
    TextBox:focus { border: heavy $key; border-title-color: $foreground; }
    TextBox:ansi { background: ansi_default; }
    """

    class Cleaned(Message):
        """Something that hides or controls was left out of what came in."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    def __init__(self, *, title: str, id: str | None = None) -> None:
        super().__init__(
            id=id,
            soft_wrap=True,
            tab_behavior="focus",
            highlight_cursor_line=False,
        )
        self.match_cursor_bracket = False
        self.border_title = Content(title)

    def on_mount(self) -> None:
        """Let the cursor blink for who wants that."""
        self.cursor_blink = blinks(self.app)

    def get_line_filters(self) -> list[LineFilter]:
        """Show a text with its own signs."""
        return as_written(super().get_line_filters())

    def put(self, text: str) -> None:
        """Replace all that is written; undo brings it back."""
        self.replace(self._clean(text), (0, 0), self.document.end)
        self.move_cursor((0, 0))

    def begin(self, text: str) -> None:
        """Show another task's text; undo never goes back behind it."""
        self.load_text(self._clean(text))
        self.move_cursor(self.document.end)

    def _clean(self, text: str) -> str:
        text, left_out = cleaned(text)
        if left_out:
            self.post_message(self.Cleaned(left_out))
        return text

    @property
    def cursor_index(self) -> int:
        """How many characters stand before the cursor."""
        row, column = self.cursor_location
        lines = self.document.lines
        return sum(len(line) + 1 for line in lines[:row]) + column

    def go_to(self, start: int, end: int) -> None:
        """Select a stretch of the text, given in characters."""
        document = self.document
        self.selection = type(self.selection)(
            document.get_location_from_index(start),  # type: ignore[attr-defined]
            document.get_location_from_index(end),  # type: ignore[attr-defined]
        )
        self.scroll_cursor_visible(center=True, animate=False)

    # --- long paragraphs -------------------------------------------------------
    # Textual wraps, draws and searches a paragraph from its beginning with every key.

    def _set_document(self, text: str, language: str | None) -> None:
        super()._set_document(text, language)
        self.wrapped_document = Wrapping(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._rewrap_and_refresh_virtual_size()

    def find_matching_bracket(self, bracket: str, search_from: tuple[int, int]) -> None:
        """Look for no partner of a bracket: none is shown."""

    def _render_line(self, y: int) -> Strip:
        """Draw one line of the screen, and no more of its paragraph than that."""
        document, theme = self.wrapped_document, self._theme
        base = theme.base_style or self.rich_style
        place = y + self.scroll_offset.y
        if place >= len(document._offset_to_line_info):  # noqa: SLF001 - see above
            return Strip.blank(self.size.width, base)
        row, section = document._offset_to_line_info[place]  # noqa: SLF001
        line = self.document.get_line(row)
        if not line or "\t" in line:
            return super()._render_line(y)
        cuts = [0, *document.get_offsets(row), len(line) + 1]
        start, end = cuts[section : section + 2]
        # One blank more than there is text: the cursor stands on it.
        text = Text(f"{line} "[start:end], end="", no_wrap=True)
        for style, first, last in self._marks(row, line):
            if first < end and last > start:
                text.stylize(style, max(0, first - start), last - start)
        width = self.scrollable_content_region.size.width
        strip = Strip(text.render(self.app.console), cell_length=text.cell_len)
        return strip.extend_cell_length(width, base).apply_style(base)

    def _marks(self, row: int, line: str) -> Iterator[tuple[Style, int, int]]:
        """Give what is selected of a line, and where the cursor stands in it."""
        theme = self._theme
        top, bottom = sorted(self.selection)
        if theme.selection_style and top != bottom and top[0] <= row <= bottom[0]:
            first = top[1] if row == top[0] else 0
            last = bottom[1] if row == bottom[0] else len(line)
            yield theme.selection_style, first, last
        cursor_row, column = self.cursor_location
        if theme.cursor_style and cursor_row == row and self._draw_cursor:
            yield theme.cursor_style, column, column + 1

    async def _on_key(self, event: events.Key) -> None:
        typed = "\n" if event.key == _LINE_FEED else event.character
        if typed in _TYPED:
            event.stop()
            event.prevent_default()
            if not self.read_only:
                self._replace_via_keyboard(typed, *self.selection)
            return
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        if not self.read_only:
            result = self._replace_via_keyboard(
                self._clean(event.text), *self.selection
            )
            if result:
                self.move_cursor(result.end_location)

    def action_paste(self) -> None:
        """Put in what was copied in this program."""
        if not self.read_only:
            text = self._clean(self.app.clipboard)
            if result := self._replace_via_keyboard(text, *self.selection):
                self.move_cursor(result.end_location)
