"""The pane of the live word diff; a worker lays it out, this paints the lines."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from adjudge.domain.words import count_of
from adjudge.tui.ascii_signs import as_written, is_ascii, typed
from adjudge.tui.reading.diff_lines import DOTS, DiffLines, DiffLook

if TYPE_CHECKING:
    from textual import events
    from textual.filter import LineFilter

_TITLE = "Live diff [-removed-] {+added+}"


class DiffPane(ScrollView, can_focus=True, inherit_bindings=False):
    """What became of the original; ``wanted`` says with which width and styles."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "diff--same",
        "diff--removed",
        "diff--added",
        "diff--fold",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "Down", show=False),
        Binding("k,up", "scroll_up", "Up", show=False),
        Binding("space,pagedown", "page_down", "Page down", show=False),
        Binding("b,pageup", "page_up", "Page up", show=False),
        Binding("home", "scroll_home", "Top", show=False),
        Binding("end", "scroll_end", "End", show=False),
    ]
    DEFAULT_CSS = """
    DiffPane {
        border: round $edge;
        padding: 0 1;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        overflow-x: hidden;
        border-title-color: $foreground 75%;
        border-title-style: bold;
        border-subtitle-color: $foreground 75%;
        & .diff--same { color: $foreground; }
        & .diff--removed { color: $bad; text-style: strike; }
        & .diff--added { color: $good; text-style: bold; }
        & .diff--fold { color: $quiet; text-style: italic; }
    }
    DiffPane:focus { border: heavy $key; }
    DiffPane:ansi { background: ansi_default; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = DiffLines()
        self._at = 0
        self.border_title = Content(_TITLE)

    @property
    def wanted(self) -> tuple[int, DiffLook] | None:
        """The width and the styles to lay out with; None while it has no size."""
        width = self.scrollable_content_region.width
        return (width, self.look) if width > 0 and self.is_attached else None

    @property
    def look(self) -> DiffLook:
        """The styles to lay out with."""
        same, removed, added, fold = map(
            self._style, ("same", "removed", "added", "fold")
        )
        dots = typed(DOTS) if is_ascii(self) else DOTS
        return DiffLook(same, removed, added, fold, dots)

    def get_line_filters(self) -> list[LineFilter]:
        """Show a text with its own signs."""
        return as_written(super().get_line_filters())

    def _style(self, name: str) -> Style:
        styles = self.get_component_styles(f"diff--{name}")
        style = self.get_component_rich_style(f"diff--{name}")
        return styles.text_style + Style(color=style.color)

    def show(self, lines: DiffLines, at: int) -> None:
        """Paint other lines; what was written at ``at`` comes into sight."""
        self._lines, self._at = lines, at
        self.virtual_size = Size(
            self.scrollable_content_region.width, len(lines.strips)
        )
        changes = lines.n_changes
        told = (
            f"{count_of(changes, 'passage')} changed" if changes else "nothing changed"
        )
        self.border_subtitle = Content(told)
        self._bring_into_sight()
        self.refresh()

    def watch_show_vertical_scrollbar(self) -> None:
        """Scroll what has only now become too long: before, it cannot be."""
        self._bring_into_sight()

    def on_resize(self, _event: events.Resize) -> None:
        """Keep in sight what was; the lines may be here before the height is."""
        self._bring_into_sight()

    def _bring_into_sight(self) -> None:
        if self.has_focus:
            return
        line = max(0, bisect_right(self._lines.starts, self._at) - 1)
        half = self.scrollable_content_region.height // 2
        self.scroll_to(y=max(0, line - half), animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """Paint one line in sight."""
        base = self.rich_style
        width = self.scrollable_content_region.width
        line = y + self.scroll_offset.y
        strips = self._lines.strips
        if line >= len(strips):
            return Strip.blank(width, base)
        return strips[line].apply_style(base).crop_extend(0, width, base)

    def on_click(self, _event: events.Click) -> None:
        """Take the keys."""
        self.focus()
