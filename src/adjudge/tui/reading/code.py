"""Colour short code a little, in one pass that no input can make slow.

The grammars of a highlighting library are regular expressions written for
friendly files; model text is not friendly. One expression without nested
repetition finds strings, comments, numbers and the words most languages reserve.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.style import Style

    from adjudge.tui.reading.lines import Line
    from adjudge.tui.reading.look import Look

MAX_CHARS = 6_000

_HASH = {"bash", "sh", "shell", "zsh", "python", "py", "python3", "ruby", "rb", "r"}
_HASH |= {"yaml", "yml", "toml", "perl", "make", "dockerfile", "elixir", "julia"}
_DASHES = {"sql", "lua", "haskell", "hs", "ada"}
_PROSE = {
    "",
    "text",
    "txt",
    "plain",
    "plaintext",
    "output",
    "markdown",
    "md",
    "console",
}

_KEYWORDS = (
    "abstract and as assert async await begin break case catch class const continue "
    "def default defer del delete do elif else end enum except export extends false "
    "final finally fn for foreach from func function global go if impl implements "
    "import in include interface is lambda let loop match mod module mut namespace "
    "new nil none not null or package pass private protected pub public raise return "
    "self static struct super switch template then this throw throws trait true try "
    "type typedef typeof union unless until use using val var void when where while "
    "with yield "
    "select insert update delete create table join left inner outer group order by "
    "having limit values set into distinct union on"
)
_WORDS = frozenset(_KEYWORDS.split())
_TOKEN = re.compile(
    r"(?P<string>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`\n]*`)"
    r"|(?P<mark>//|\#|--)"
    r"|(?P<number>\b\d[\w.]*)"
    r"|(?P<word>[^\W\d]\w*)"
)


def highlight(text: str, language: str, look: Look) -> Line:
    """Style one line of code."""
    language = language.lower()
    if language in _PROSE:
        return [(text, look.block)]
    line: Line = []
    start = 0
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "mark":
            if _opens_comment(match.group(), language):
                line.append((text[start : match.start()], look.block))
                return [*line, (text[match.start() :], look.block + look.comment)]
            continue
        style = _style(match, look)
        if style is not None:
            line.append((text[start : match.start()], look.block))
            line.append((match.group(), look.block + style))
            start = match.end()
    return [*line, (text[start:], look.block)]


def _style(match: re.Match[str], look: Look) -> Style | None:
    if match.lastgroup == "word":
        return look.keyword if match.group().lower() in _WORDS else None
    return look.string if match.lastgroup == "string" else look.number


def _opens_comment(mark: str, language: str) -> bool:
    if mark == "#":
        return language in _HASH
    if mark == "--":
        return language in _DASHES
    return language not in _HASH | _DASHES
