"""The reason tags of the guideline, set by their letters while this has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from adjudge.domain.judging import WHOLE
from adjudge.domain.safe_text import safe_text
from adjudge.tui.glyphs import UNICODE, Glyphs
from adjudge.tui.widgets.lines import Bit, Cell, fitting, stacked, width, wrapped

if TYPE_CHECKING:
    from textual import events
    from textual.content import Content
    from textual.geometry import Size

    from adjudge.domain.guideline import ReasonTag

_INDENT = 5
_LEAVE = frozenset({"escape", "enter", "f5"})


class Reasons(Widget, can_focus=True):
    """Each letter sets a tag or takes it back; a side's own key says about whom.

    Attributes:
        said: The tags that are set, by response.
        about: Whom the next tag is about.
    """

    DEFAULT_CSS = """
    Reasons { height: auto; padding: 0 1; }
    Reasons:focus { background: $surface; }
    Reasons:ansi { background: ansi_default; }
    """
    said: reactive[dict[str, tuple[str, ...]]] = reactive(dict, layout=True)
    about: reactive[str] = reactive(WHOLE)

    class Flipped(Message):
        """A letter was pressed."""

        def __init__(self, tag: str, about: str | None) -> None:
            super().__init__()
            self.tag = tag
            self.about = about

    class Refused(Message):
        """A key that means nothing here."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Left(Message):
        """The person is done with the tags."""

    def __init__(self, glyphs: Glyphs = UNICODE, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._tags: tuple[ReasonTag, ...] = ()
        self._names: dict[str, str] = {WHOLE: "*"}
        self._chosen: str | None = None

    def offer(self, tags: tuple[ReasonTag, ...], names: dict[str, str]) -> None:
        """Take the tags of a guideline, and the keys that name the responses."""
        self._tags = tags
        self._names = {**names, WHOLE: "*"}
        self.refresh(layout=True)

    def begin(self, about: str) -> None:
        """Take the keys; tags go to ``about`` until another side is chosen."""
        self._chosen = None
        self.about = about
        self.screen.set_focus(self)

    # --- keys ------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Take every letter; what no letter means is refused in words."""
        if event.key in _LEAVE:
            event.stop()
            self.post_message(self.Left())
            return
        if event.key == "tab":
            event.stop()
            self._choose_next()
            return
        sign = event.character if event.is_printable else None
        if sign is None or (sign.isdigit() and sign not in self._names.values()):
            return
        event.stop()
        self._take(sign)

    def _take(self, sign: str) -> None:
        sides = {name: about for about, name in self._names.items()}
        if sign in sides:
            self._chosen = self.about = sides[sign]
            return
        tag = next((t.tag for t in self._tags if t.key == sign), None)
        if tag is None:
            self.post_message(
                self.Refused(f"No reason has the letter {sign}. Esc leaves the tags.")
            )
            return
        where = [about for about, tags in self.said.items() if tag in tags]
        about = where[0] if self._chosen is None and where else self.about
        self.post_message(self.Flipped(tag, about))

    def _choose_next(self) -> None:
        order = list(self._names)
        self._chosen = self.about = order[(order.index(self.about) + 1) % len(order)]

    def on_focus(self) -> None:
        """Show all tags."""
        self.refresh(layout=True)

    def on_blur(self) -> None:
        """Show what fits."""
        self.refresh(layout=True)

    def on_click(self) -> None:
        """Take the keys."""
        self.focus()

    # --- drawing ---------------------------------------------------------------

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Need as many lines as the tags take."""
        return len(self._lines(width))

    def render(self) -> Content:
        """Draw the tags."""
        return stacked(self._lines(self.content_size.width))

    def _lines(self, room: int) -> list[list[Bit]]:
        if not self._tags:
            return [[Bit("Why  ", "$quiet"), Bit("this queue has no tags", "$quiet")]]
        cells = [self._cell(tag) for tag in self._tags]
        if self.has_focus:
            name = self._names.get(self.about, "*")
            whom = "all" if name == "*" else name
            return wrapped([(Bit(f"Why {whom}", "bold $key"),), *cells], room, _INDENT)
        head: Cell = (Bit("Why ", ""),)
        if room >= 98:
            return wrapped([head, *cells], room, _INDENT)
        first = [c for c, t in zip(cells, self._tags, strict=True) if self._where(t)]
        rest = [c for c in cells if c not in first]
        line = fitting([head, *first, *rest], room - 9)
        left = 1 + len(cells) - sum(1 for c in [head, *cells] if c[0] in line)
        if left > 0 and width(line) + 9 <= room + 1:
            line.append(Bit(f"  +{left} more", "$quiet"))
        return [line]

    def _where(self, tag: ReasonTag) -> str:
        """Name the responses that a tag is set for."""
        set_for = [about for about, tags in self.said.items() if tag.tag in tags]
        return "".join(sorted(self._names.get(about, "?") for about in set_for))

    def _cell(self, tag: ReasonTag) -> Cell:
        title = safe_text(tag.title, newlines=False)
        where = self._where(tag)
        if where:
            sign = f"{self._glyphs.check}{where if len(self._names) > 1 else ''}"
            return (Bit(f" {sign} {tag.key} {title} ", "bold reverse"),)
        key = "bold $key" if self.has_focus else "bold"
        return (Bit(tag.key, key), Bit(f" {title}", "" if self.has_focus else "$quiet"))
