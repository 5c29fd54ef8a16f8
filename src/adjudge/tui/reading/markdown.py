"""Write one chunk of Markdown as lines of styled text.

What the parser leaves out is written too, dimmed: link definitions, cells beyond
the last column, lines nested deeper than it goes. HTML is text here, never markup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.rules_block.table import escapedSplit
from rich.cells import cell_len
from textual.strip import Strip

from adjudge.tui.reading import lines as ln
from adjudge.tui.reading.code import MAX_CHARS, highlight
from adjudge.tui.reading.inline import inline_spans
from adjudge.tui.reading.signs import DRAWN, Signs
from adjudge.tui.reading.table import Row, Table, draw, fit, rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token
    from rich.style import Style

    from adjudge.tui.reading.blocks import Chunk
    from adjudge.tui.reading.look import Look

MAX_NESTING = 20
MAX_BARS = 6  # quote bars drawn side by side
MIN_ROOM = 12  # cells that nesting leaves for the words

# Skipped without loss: empty lines, and the mark of an item that is empty.
_SAYS_NOTHING = re.compile(r"[ >\t]*(?:[-*+]|\d{1,9}[.)])?[ \t]*")

Env = dict[str, Any]


class _Parser(MarkdownIt):
    """CommonMark and tables; link targets stay as they were written."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's name
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """Build the parser once; parsing keeps no state in it."""
    built = _Parser("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    built.enable(["table", "strikethrough"])
    built.parse("|a|\n|-|\n|*b*|\n")  # fills its caches before threads share it
    return built


def write_chunk(
    chunk: Chunk,
    env: Env,
    look: Look,
    *,
    width: int,
    wrap_code: bool,
    signs: Signs = DRAWN,
) -> list[Strip]:
    """Render a chunk of veiled Markdown.

    Args:
        chunk: What to render.
        env: The parser's memory of link definitions, shared by all chunks.
        look: The styles.
        width: Cells on a line.
        wrap_code: Fold long code lines; if false they are cut and the rest counted.
        signs: What is drawn beside the text.
    """
    tokens = parser().parse(chunk.source, env)
    writer = _Writer(chunk, look, signs, max(width, MIN_ROOM))
    writer.wrap_code = wrap_code
    writer.write(tokens)
    return writer.strips


@dataclass
class _Indent:
    """What stands left of the lines of a list item or a quote."""

    first: str
    rest: str
    style: Style
    bullet: bool = False
    used: bool = False

    def take(self) -> str:
        """The glyphs of the next line."""
        shown = self.rest if self.used else self.first
        self.used = True
        return shown


class _Writer:
    wrap_code = True

    def __init__(self, chunk: Chunk, look: Look, signs: Signs, width: int) -> None:
        self.strips: list[Strip] = []
        self._chunk = chunk
        self._source = chunk.source.split("\n")
        self._carried = len(chunk.carry)
        self._reached = self._carried  # source lines before this one are shown
        self._look = look
        self._width = width
        self._signs = signs
        self._indents: list[_Indent] = []
        self._numbers: list[bool] = []  # open lists: is it numbered
        self._gap = False

    def write(self, tokens: Sequence[Token]) -> None:
        place = 0
        while place < len(tokens):
            token = tokens[place]
            if token.type == "table_open":
                place = self._table(tokens, place)
            elif token.type in {"paragraph_open", "heading_open"}:
                self._text_block(token, tokens[place + 1])
                place += 3
            else:
                self._structure(token)
                place += 1
        self._show_skipped(len(self._source))

    # --- blocks ----------------------------------------------------------------

    def _structure(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                self._numbers.append(token.type == "ordered_list_open")
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
                self._gap = self._gap or not self._numbers
            case "list_item_open":
                self._indents.append(self._bullet(token))
            case "blockquote_open":
                self._open_quote()
            case "list_item_close" | "blockquote_close":
                self._close_indent()
            case "fence" | "code_block":
                self._leaf(token)
                self._code(token)
            case "hr":
                self._leaf(token)
                self._put([(self._signs.rule * self._room, self._look.rule)])
                self._gap = True
            case _:
                pass  # closings

    def _text_block(self, token: Token, inline: Token) -> None:
        self._leaf(token)
        level = int(token.tag[1:]) if token.type == "heading_open" else 0
        base = self._look.heading if level else ln.PLAIN
        line = inline_spans(inline.children or (), self._look, base)
        self._paragraph(line)
        if 1 <= level <= 2 and line:
            longest = min(self._room, ln.width_of(line))
            sign = self._signs.double if level == 1 else self._signs.rule
            self._put([(sign * longest, self._look.rule)])
        self._gap = not token.hidden

    def _bullet(self, token: Token) -> _Indent:
        if self._numbers and self._numbers[-1]:
            mark = f"{token.info}{token.markup} "
        else:
            mark = f"{self._signs.bullet} " if len(self._numbers) == 1 else "- "
        if self._room < MIN_ROOM + len(mark):
            mark = ""  # so deep that the words need the room
        return _Indent(mark, " " * len(mark), self._look.rule, bullet=True)

    def _open_quote(self) -> None:
        bars = sum(not indent.bullet for indent in self._indents)
        drawn = bars < MAX_BARS and self._room > MIN_ROOM + 2
        if not drawn and bars == MAX_BARS:
            self._paragraph([("(quoted deeper)", self._look.source)])
        bar = f"{self._signs.quote} " if drawn else ""
        self._indents.append(_Indent(bar, bar, self._look.rule))

    def _close_indent(self) -> None:
        indent = self._indents[-1]
        if indent.bullet and not indent.used:
            self._put([])  # an empty item is still an item
        self._indents.pop()
        self._gap = self._gap or not indent.bullet

    def _code(self, token: Token) -> None:
        first, last = token.map or (0, 0)
        carried = self._carried == 1 and first == 0
        goes_on = self._chunk.open_end and last == len(self._source)
        info = token.info.strip()
        if not carried:
            label = f" {info}" if info else ""
            rule = self._look.rule
            opening = [(self._signs.top, rule), *self._spans(label, rule)]
            for part in ln.fold(opening, self._room):
                self._put(part)
        short = len(token.content) <= MAX_CHARS
        language = ln.unveiled(info).split(" ")[0] if short else ""
        for text in token.content.removesuffix("\n").split("\n"):
            for part in self._fit_code(self._code_line(text, language)):
                self._put([(f"{self._signs.side} ", self._look.rule), *part])
        if not goes_on:
            self._put([(self._signs.bottom, self._look.rule)])
        self._gap = True

    def _fit_code(self, line: ln.Line) -> list[ln.Line]:
        room = self._room - 2
        if self.wrap_code:
            return ln.fold(line, room)
        return [ln.cut(line, room, (self._signs.more, self._look.source))]

    def _code_line(self, text: str, language: str) -> ln.Line:
        if ln.VEIL in text or ln.UNVEIL in text:
            return self._spans(text, self._look.block)
        return highlight(text, language, self._look)

    # --- tables ----------------------------------------------------------------

    def _table(self, tokens: Sequence[Token], place: int) -> int:
        """Write a table; return the place after it."""
        opened = tokens[place]
        first, last = opened.map or (0, 0)
        carried = self._carried == 2 and first == 0
        self._leaf(opened)
        table, place = self._read_table(tokens, place)
        natural = table.natural()
        head = self._source[first]
        if head == self._chunk.head and len(self._chunk.columns) == len(natural):
            natural = [max(w) for w in zip(natural, self._chunk.columns, strict=True)]
        widths = fit(natural, self._room)
        if widths is None:
            self._source_lines(first, last)
        else:
            ruled = sum(natural) > sum(widths)
            self._draw_table(table, widths, ruled=ruled, carried=carried)
        self._gap = True
        return place

    def _draw_table(
        self, table: Table, widths: list[int], *, ruled: bool, carried: bool
    ) -> None:
        for number, row in enumerate(table.rows):
            if carried and number == 0:
                continue
            if number and (ruled or (number == 1 and not carried)):
                self._put(rule(widths, self._look, self._signs))
            gap = (f" {self._signs.side} ", self._look.rule)
            for line in draw(row, widths, table.aligns, gap):
                self._put(line)
            if row.extra:
                self._paragraph(self._spans(row.extra, self._look.source))

    def _read_table(self, tokens: Sequence[Token], place: int) -> tuple[Table, int]:
        table = Table()
        start = 0
        while tokens[place].type != "table_close":
            token = tokens[place]
            if token.type == "tr_open":
                table.rows.append(Row())
                start = (token.map or [0, 0])[0]
            elif token.type in {"th_open", "td_open"}:
                head = token.type == "th_open"
                if head:
                    style = str(token.attrs.get("style", ""))
                    table.aligns.append(style.removeprefix("text-align:"))
                cell = tokens[place + 1]
                base = self._look.heading if head else ln.PLAIN
                table.rows[-1].cells.append(
                    inline_spans(cell.children or (), self._look, base)
                )
            elif token.type == "tr_close":
                table.rows[-1].extra = self._beyond(start, len(table.aligns))
            place += 1
        return table, place + 1

    def _beyond(self, number: int, columns: int) -> str:
        """The source of a row that has more cells than the table has columns."""
        source = self._source[number].strip(" >\t")
        if source.count("|") <= columns - 1:
            return ""
        cells = escapedSplit(source.removeprefix("|").removesuffix("|"))
        return source if len(cells) > columns else ""

    # --- lines -----------------------------------------------------------------

    @property
    def _room(self) -> int:
        taken = sum(cell_len(indent.rest) for indent in self._indents)
        return max(MIN_ROOM, self._width - taken)

    def _leaf(self, token: Token) -> None:
        """Note that the source lines of a block are shown, and what came before."""
        first, last = token.map or (0, 0)
        self._show_skipped(first)
        self._reached = max(self._reached, last)

    def _show_skipped(self, until: int) -> None:
        """Show the source lines that the parser made nothing of."""
        if self._reached < until:
            self._source_lines(self._reached, until)
            self._reached = until

    def _source_lines(self, first: int, last: int) -> None:
        for text in self._source[max(first, self._carried) : last]:
            if not _SAYS_NOTHING.fullmatch(text):
                self._paragraph(self._spans(text.strip(), self._look.source))
                self._gap = True

    def _spans(self, text: str, style: Style) -> ln.Line:
        return list(ln.spans(text, style, self._look.hidden))

    def _paragraph(self, line: ln.Line) -> None:
        rtl = ln.is_rtl(ln.text_of(line))
        for part in ln.wrap(line, self._room):
            self._put(part, rtl=rtl)

    def _put(self, line: ln.Line, *, rtl: bool = False) -> None:
        if self._gap and self.strips:
            self._gap = False
            bars = [(i.rest, i.style) for i in self._indents if i.used]
            self.strips.append(_strip(bars))
        self._gap = False
        before: ln.Line = []
        after: ln.Line = []
        room = self._room
        for indent in self._indents:
            if rtl and indent.bullet:  # the bullet stands where the line begins
                mark = indent.take()
                after.insert(0, (mark.strip().rjust(len(mark)), indent.style))
            else:
                before.append((indent.take(), indent.style))
        if rtl:
            before.append((" " * max(0, room - ln.width_of(line)), ln.PLAIN))
        self.strips.append(_strip([*before, *line, *after]))


def _strip(line: ln.Line) -> Strip:
    return Strip(ln.segments(line), ln.width_of(line))
