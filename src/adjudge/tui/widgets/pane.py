"""The pane in which a response is read.

A line-API widget: it holds strips that were rendered ahead, paints only the lines
in sight, and writes the rest of a long text between two keys.
"""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar, Literal

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from adjudge.domain.safe_text import safe_text
from adjudge.domain.words import count_of, count_words
from adjudge.tui.ascii_signs import as_written, is_ascii, typed
from adjudge.tui.reading import (
    DRAWN,
    TYPED,
    Look,
    Rendered,
    Setting,
    Shelf,
    View,
    facts_of,
)
from adjudge.tui.reading.highlights import Highlights, Place
from adjudge.tui.reading.marks import Mark, paint, plain
from adjudge.tui.reading.palette import PANE_CSS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual import events
    from textual.filter import LineFilter
    from textual.selection import Selection
    from textual.timer import Timer

Side = Literal["", "A", "B"]

_SLICE_SECONDS = 0.008  # of writing on, between two keys
_PAUSE_SECONDS = 0.02

_SHELF = Shelf()


class Pane(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows one response, rendered or as source, and knows how much was seen.

    The text is hostile until shown otherwise: it is cleaned here and nothing of
    it is ever parsed as markup. Left and right are not bound; they grade.

    Attributes:
        view: ``rendered`` or ``raw``.
        wrap_code: Fold long code lines; if false they are cut and counted.
        phrase: The phrase that is searched, empty for none.
        other: The text to compare with, or None for no comparison.
    """

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"pane--{part}" for part in Look.names()}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "Down", show=False, id="pane.down"),
        Binding("k,up", "scroll_up", "Up", show=False, id="pane.up"),
        Binding("space,pagedown", "page_down", "Page down", show=False, id="pane.page"),
        Binding("b,pageup", "page_up", "Page up", show=False, id="pane.page_back"),
        Binding("home", "scroll_home", "Top", show=False, id="pane.top"),
        Binding("end", "scroll_end", "End", show=False, id="pane.end"),
    ]
    DEFAULT_CSS = PANE_CSS

    view: reactive[View] = reactive[View]("rendered", layout=False, repaint=False)
    wrap_code: reactive[bool] = reactive(True, repaint=False)
    phrase: reactive[str] = reactive("", repaint=False)
    other: reactive[str | None] = reactive(None, repaint=False)

    class Scrolled(Message):
        """Somebody scrolled the pane; following another pane does not count.

        Attributes:
            pane: The pane that was scrolled.
            share: How far, 0 at the top and 1 at the end.
        """

        def __init__(self, pane: Pane, share: float) -> None:
            super().__init__()
            self.pane = pane
            self.share = share

        @property
        def control(self) -> Pane:
            """The pane, for ``@on`` with a selector."""
            return self.pane

    def __init__(
        self,
        text: str = "",
        *,
        side: Side = "",
        title: str | None = None,
        shelf: Shelf | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._text = text
        self._folded = 0
        self._unfold = ""
        self._n_words: int | None = None
        self._title = side if title is None else title
        self._shelf = _SHELF if shelf is None else shelf
        self._rendered: Rendered | None = None
        self._muted = False
        self._share_seen = 0.0
        self._waiting_share: float | None = None
        self._highlights = Highlights()
        self._marks: dict[int, list[tuple[int, int, Style]]] = {}
        self._timer: Timer | None = None
        self._look: Look | None = None
        if side:
            self.add_class(f"-side-{side.lower()}")

    # --- what the screen asks for ----------------------------------------------

    def show(
        self,
        text: str,
        *,
        title: str | None = None,
        folded: int = 0,
        unfold: str = "",
        n_words: int | None = None,
    ) -> None:
        """Show another text from its top; what was seen starts anew.

        Args:
            text: The text.
            title: What the border calls it, if not as before.
            folded: Leave out so many characters at the beginning, and say so.
            unfold: The key that shows them.
            n_words: How many the border tells, where not all are the text's own.
        """
        self._unfold = unfold
        self._n_words = n_words
        self._text = text
        self._folded = folded
        if title is not None:
            self._title = title
        self._share_seen = 0.0
        self._highlights = Highlights()
        self._waiting_share = None
        self._rendered = None
        with self._mute():
            self.scroll_to(y=0, animate=False, force=True)
        self._lay_out(share=0.0)

    @property
    def called(self) -> str:
        """What the border calls the text."""
        return self._title

    @property
    def text(self) -> str:
        """The text that is shown, byte for byte as it was given."""
        return self._text

    @property
    def shown_text(self) -> str:
        """The text without the beginning that is folded."""
        return self._text[self._folded :]

    @property
    def setting(self) -> Setting | None:
        """What to render with now; None before the pane has a size.

        Pass it to ``prerender`` to have the next text ready.
        """
        width = self.scrollable_content_region.width
        if width <= 0 or not self.is_attached:
            return None
        if self._look is None:
            parts = {part: self._component(f"pane--{part}") for part in Look.names()}
            self._look = Look(**parts)
        signs = TYPED if is_ascii(self) else DRAWN
        return Setting(width, self._look, self.view, self.wrap_code, signs)

    @property
    def share_seen(self) -> float:
        """The greatest share of the text that was in sight, 0 to 1."""
        return self._share_seen

    @property
    def scroll_share(self) -> float:
        """How far the pane is scrolled, 0 at the top and 1 at the end."""
        return self.scroll_y / self.max_scroll_y if self.max_scroll_y else 0.0

    def follow(self, share: float) -> None:
        """Scroll to a share without telling anybody; for panes that go together."""
        with self._mute():
            self._scroll_to_share(share)

    def n_matches(self) -> int:
        """How many places the search found."""
        return len(self._highlights.matches)

    def n_differences(self) -> int:
        """How many passages differ from ``other``."""
        return len(self._highlights.differences)

    # --- keys ------------------------------------------------------------------

    def action_scroll_down(self) -> None:
        """Scroll one line down."""
        self._scroll_by(1)

    def action_scroll_up(self) -> None:
        """Scroll one line up."""
        self._scroll_by(-1)

    def action_page_down(self) -> None:
        """Scroll a screen down; two lines stay in sight."""
        self._scroll_by(self._page)

    def action_page_up(self) -> None:
        """Scroll a screen up; two lines stay in sight."""
        self._scroll_by(-self._page)

    def action_scroll_home(self) -> None:
        """Go to the top."""
        self._waiting_share = None
        self.scroll_to(y=0, animate=False)

    def action_scroll_end(self) -> None:
        """Go to the end, as far as it is written, and on as it gets written."""
        self._scroll_to_share(1.0)

    def action_next_match(self) -> None:
        """Go to the next place that was searched."""
        self._jump(self._highlights.matches, forward=True)

    def action_previous_match(self) -> None:
        """Go to the place before."""
        self._jump(self._highlights.matches, forward=False)

    def action_next_difference(self) -> None:
        """Go to the next passage that the other text lacks."""
        self._jump(self._highlights.differences, forward=True)

    def action_previous_difference(self) -> None:
        """Go to the passage before."""
        self._jump(self._highlights.differences, forward=False)

    # --- Textual ---------------------------------------------------------------

    def get_line_filters(self) -> list[LineFilter]:
        """Show a text with its own signs."""
        return as_written(super().get_line_filters())

    def on_mount(self) -> None:
        """Prepare to write on between keys."""
        self._timer = self.set_interval(_PAUSE_SECONDS, self._write_on, pause=True)

    def on_unmount(self) -> None:
        """Stop writing."""
        if self._timer is not None:
            self._timer.stop()

    def on_resize(self, _event: events.Resize) -> None:
        """Render for the new width; the reader stays at the same place."""
        share = self.scroll_share
        if self._rendered is not None and self.setting == self._rendered.setting:
            self._after_layout()
            return
        self._lay_out(share=share)

    def on_show(self) -> None:
        """Render what was given while the pane was out of sight."""
        if self._rendered is None:
            self._lay_out()
        self._after_layout()

    def notify_style_update(self) -> None:
        """Render in the new colours."""
        super().notify_style_update()
        self._look = None
        if self._rendered is not None and self.setting != self._rendered.setting:
            self.call_later(self._lay_out, self.scroll_share)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Tell the share seen, and whoever goes along."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) == round(new_value):
            return
        self._see()
        self._write_border()
        if not self._muted:
            self.post_message(self.Scrolled(self, self.scroll_share))

    def watch_view(self) -> None:
        """Show the source, or the rendered text, at the same share."""
        self._lay_out(self.scroll_share)

    def watch_wrap_code(self) -> None:
        """Fold or cut long code lines."""
        self._lay_out(self.scroll_share)

    def watch_phrase(self) -> None:
        """Mark what is searched and go to the first place in sight or below."""
        self._mark()
        self._highlights.current = ()
        top = Mark(self.scroll_offset.y, -1, 0)
        self._jump(self._highlights.matches, forward=True, here=top)

    def watch_other(self) -> None:
        """Mark what differs."""
        self._mark()

    def render_line(self, y: int) -> Strip:
        """Paint one line in sight."""
        base = self.rich_style
        width = self.scrollable_content_region.width
        line = y + self.scroll_offset.y
        strips = self._rendered.strips if self._rendered else []
        if line >= len(strips):
            return Strip.blank(width, base)
        strip = strips[line]
        if line in self._marks:
            strip = paint(strip, self._marks[line])
        strip = strip.apply_style(base)
        if (selection := self.text_selection) is not None:
            strip = self._paint_selection(strip, selection, line)
        return strip.crop_extend(0, width, base).apply_offsets(0, line)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Give the selected text, as cleaned as it is shown."""
        if self._rendered is None:
            return None
        lines = [plain(strip).rstrip() for strip in self._rendered.strips]
        return selection.extract("\n".join(lines)), "\n"

    # --- layout ----------------------------------------------------------------

    def _lay_out(self, share: float = 0.0) -> None:
        """Take the strips for the present size and look, and go to a share."""
        setting = self.setting
        if setting is None:
            return
        self._rendered = self._shelf.get(self.shown_text, setting)
        self._rendered.ensure((self.size.height + 2) * 2)
        # Most texts are short; what cannot be written at once comes by the timer.
        started = perf_counter()
        while not self._rendered.is_complete() and perf_counter() - started < 0.03:
            self._rendered.write_on()
        self.virtual_size = Size(setting.width, len(self._rendered.strips))
        with self._mute():
            self._scroll_to_share(share)
        if self._timer is not None and not self._rendered.is_complete():
            self._timer.resume()
        self._mark()
        self._after_layout()
        self.refresh()

    def _after_layout(self) -> None:
        self._see()
        self._write_border()

    def _write_on(self) -> None:
        """Write a few more lines of a long text."""
        rendered = self._rendered
        if rendered is None or rendered.is_complete():
            if self._timer is not None:
                self._timer.pause()
            return
        started = perf_counter()
        before = len(rendered.strips)
        while not rendered.is_complete() and perf_counter() - started < _SLICE_SECONDS:
            rendered.write_on()
        self.virtual_size = Size(rendered.setting.width, len(rendered.strips))
        if self._waiting_share is not None:
            with self._mute():
                self._scroll_to_share(self._waiting_share)
        if rendered.is_complete():
            self._mark()
        self._after_layout()
        if before < self.scroll_offset.y + self.size.height:
            self.refresh()

    def _see(self) -> None:
        rendered = self._rendered
        height = self.scrollable_content_region.height
        if rendered is None or not rendered.strips or height <= 0 or not self.display:
            return
        seen = min(1.0, (self.scroll_offset.y + height) / len(rendered.strips))
        self._share_seen = max(self._share_seen, seen * rendered.progress)

    def _write_border(self) -> None:
        title = safe_text(self._title, newlines=False)
        if self._folded:
            same = count_of(count_words(self._text[: self._folded]), "word")
            title += self._own(f" · {same} as in the other, {self._unfold} shows them")
        self.border_title = Content(title)
        room = self.outer_size.width - 6  # corners, and a space beside each
        tellings = [self._facts(terse) for terse in range(3)]
        fitting = [told for told in tellings if len(told) <= room] or tellings[-1:]
        self.border_subtitle = Content(fitting[0])

    def _facts(self, terse: int) -> str:
        """Say how long the text is, what it hides and where we are in it."""
        facts = facts_of(self._text)
        n = facts.n_words if self._n_words is None else self._n_words
        parts = [count_of(n, "word") if terse < 2 else f"{n} w"]
        if facts.n_code_blocks and not terse:
            parts.append(f"{facts.n_code_blocks} code")
        if facts.n_hidden:
            hidden = count_of(facts.n_hidden, "hidden char")
            parts.append(f"! {facts.n_hidden:,} hidden" if terse else f"! {hidden}")
        if self._rendered is not None and self._rendered.failed:
            parts.append("source" if terse else "Markdown failed, showing source")
        elif self.view == "raw":
            parts.append("source")
        if self.max_scroll_y:
            parts.append(f"{round(self.scroll_share * 100)} %")
        return self._own(" · ").join(parts)

    def _own(self, words: str) -> str:
        """Write words of ours with the signs that there are."""
        return typed(words) if is_ascii(self) else words

    def _component(self, name: str) -> Style:
        """One component's own style: no background that it does not ask for."""
        styles = self.get_component_styles(name)
        style = self.get_component_rich_style(name)
        return styles.text_style + Style(
            color=style.color if styles.has_rule("color") else None,
            bgcolor=style.bgcolor if styles.has_rule("background") else None,
        )

    # --- scrolling -------------------------------------------------------------

    @property
    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height - 2)

    def _scroll_by(self, lines: int) -> None:
        self._waiting_share = None
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False)

    def _scroll_to_share(self, share: float) -> None:
        """Go to a share; if the text is not written that far, go again later."""
        unwritten = self._rendered is not None and not self._rendered.is_complete()
        self._waiting_share = share if unwritten and share > 0 else None
        self.scroll_to(y=round(share * self.max_scroll_y), animate=False, force=True)

    def _jump(
        self, places: list[Place], *, forward: bool, here: Mark | None = None
    ) -> None:
        """Go to the next place; scroll only if it is out of sight."""
        top = self.scroll_offset.y
        height = self.scrollable_content_region.height
        edge = Mark(top, -1, 0)
        found = self._highlights.step(places, here or edge, forward=forward)
        if found is None:
            return
        if not top <= found.line < top + height:
            self._waiting_share = None
            line = max(0, found.line - height // 3)
            self.scroll_to(y=line, animate=False, force=True)
        self._collect_marks()

    @contextmanager
    def _mute(self) -> Iterator[None]:
        """While this lasts, scrolling tells nobody."""
        before, self._muted = self._muted, True
        try:
            yield
        finally:
            self._muted = before

    # --- marks -----------------------------------------------------------------

    def _mark(self) -> None:
        """Find what is searched and what differs, on what is written so far."""
        rendered = self._rendered
        if rendered is not None and (self.phrase or self.other is not None):
            self._highlights.update(
                [plain(strip) for strip in rendered.strips],
                safe_text(self.phrase, newlines=False),
                self._other_lines(rendered),
            )
        else:
            self._highlights = Highlights()
        self._collect_marks()

    def _other_lines(self, rendered: Rendered) -> list[str] | None:
        """Read the other text as this pane would show it."""
        if self.other is None:
            return None
        partner = self._shelf.get(self.other, rendered.setting)
        partner.ensure(len(rendered.strips) + 400)
        return [plain(strip) for strip in partner.strips]

    def _collect_marks(self) -> None:
        rendered = self._rendered
        look = rendered.setting.look if rendered is not None else None
        self._marks = self._highlights.by_line(look) if look is not None else {}
        self.refresh()

    def _paint_selection(self, strip: Strip, selection: Selection, line: int) -> Strip:
        span = selection.get_span(line)
        if span is None:
            return strip
        start, end = span
        stop = len(plain(strip)) if end == -1 else end
        style = self.screen.get_component_rich_style("screen--selection")
        return paint(strip, [(start, stop, style)])


def prerender(
    text: str, setting: Setting | None, *, shelf: Shelf | None = None
) -> None:
    """Render a text before it is shown; call it in a worker thread.

    Args:
        text: The response that comes next.
        setting: ``Pane.setting`` of the pane that will show it.
        shelf: The pane's shelf, if it was given one of its own.
    """
    if setting is not None:
        (_SHELF if shelf is None else shelf).prerender(text, setting)
