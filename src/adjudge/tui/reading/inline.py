"""Turn inline tokens into styled spans, with nothing of the source withheld."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adjudge.tui.reading.lines import PLAIN, VEIL, Line, spans, text_of, unveiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token
    from rich.style import Style

    from adjudge.tui.reading.look import Look

_HTML = re.compile(rf"(?<!{VEIL})</?[A-Za-z][^<>\n]{{0,500}}>|<!--[^\n]{{0,2000}}?-->")
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003fffd]")


def inline_spans(tokens: Sequence[Token], look: Look, base: Style = PLAIN) -> Line:
    """Style the children of one inline token.

    Links print their target, images their text and source, HTML itself.
    """
    return _Inline(look, base).run(tokens)


class _Inline:
    def __init__(self, look: Look, base: Style) -> None:
        self._look = look
        self._styles = [base]
        self._line: Line = []
        self._links: list[tuple[int, Token]] = []

    def run(self, tokens: Sequence[Token]) -> Line:
        opened = {
            "strong_open": self._look.strong,
            "em_open": self._look.emphasis,
            "s_open": self._look.strike,
        }
        for place, token in enumerate(tokens):
            kind = token.type
            if kind == "text":
                self._text(token.content)
            elif kind in opened:
                self._styles.append(self._styles[-1] + opened[kind])
            elif kind in {"strong_close", "em_close", "s_close"}:
                self._styles.pop()
            else:
                self._rest(token, tokens[place + 1 : place + 2])
        return self._line

    def _rest(self, token: Token, following: Sequence[Token]) -> None:
        """Everything that is rarer than words and emphasis."""
        match token.type:
            case "code_inline":
                self._add(token.content, self._styles[-1] + self._look.code)
            case "softbreak":
                self._soft_break(following)
            case "hardbreak":
                self._line.append(("\n", self._styles[-1]))
            case "link_open":
                self._links.append((len(self._line), token))
                self._styles.append(self._styles[-1] + self._look.link)
            case "link_close":
                self._styles.pop()
                self._close_link()
            case "image":
                self._image(token)
            case _:  # a kind this file does not know is shown as it stands
                self._add(token.content, self._styles[-1])

    def _text(self, content: str) -> None:
        style = self._styles[-1]
        if "<" not in content:
            self._add(content, style)
            return
        start = 0
        for match in _HTML.finditer(content):
            self._add(content[start : match.start()], style)
            self._add(match.group(), style + self._look.source)
            start = match.end()
        self._add(content[start:], style)

    def _add(self, text: str, style: Style) -> None:
        if text:
            self._line.extend(spans(text, style, self._look.hidden))

    def _soft_break(self, following: Sequence[Token]) -> None:
        """A line end in the source is a space, except between ideographs."""
        before = self._line[-1][0][-1:] if self._line else ""
        after = following[0].content[:1] if following else ""
        if not (_WIDE.match(before) and _WIDE.match(after)):
            self._line.append((" ", self._styles[-1]))

    def _close_link(self) -> None:
        start, token = self._links.pop()
        shown = text_of(self._line[start:])
        target = str(token.attrs.get("href", ""))
        if (
            unveiled(target) in {shown, f"mailto:{shown}"}
            and "title" not in token.attrs
        ):
            return
        self._target(target, token)

    def _image(self, token: Token) -> None:
        muted = self._styles[-1] + self._look.source
        self._line.append(("[image: ", muted))
        self._add(token.content, self._styles[-1])
        self._line.append(("]", muted))
        self._target(str(token.attrs.get("src", "")), token)

    def _target(self, target: str, token: Token) -> None:
        muted = self._styles[-1] + self._look.source
        title = f' "{token.attrs["title"]}"' if token.attrs.get("title") else ""
        self._add(f" ({target}{title})", muted)
