"""What an editor takes in: text that hides nothing and controls nothing.

``safe_text`` shows what is foreign and keeps it; what somebody writes as the ideal
answer holds none of it in the first place. Joiners, direction marks and variation
selectors stay where a script needs them, by the same rules.
"""

from __future__ import annotations

import re

from adjudge.domain.safe_text import pieces

# Everything that ends a line somewhere becomes the one line end editors know.
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_ASCII_PLAIN = re.compile(r"[\t\n -~]*")


def cleaned(text: str) -> tuple[str, int]:
    """Take out what hides or controls; say how many characters that were.

    Line ends of every kind become line feeds, which is not counted.
    """
    text = _LINE_ENDS.sub("\n", text)
    total = 0
    while not _ASCII_PLAIN.fullmatch(text):
        # What goes may have been what its neighbour was kept for.
        text, left_out = _once(text)
        total += left_out
        if not left_out:
            break
    return text, total


def _once(text: str) -> tuple[str, int]:
    parts: list[str] = []
    left_out = 0
    for n, stretch in enumerate(text.split("\t")):
        if n:
            parts.append("\t")
        for piece in pieces(stretch):
            if piece.hidden:
                left_out += piece.hidden
            else:
                parts.append(piece.text)
    return "".join(parts), left_out


def line_end(text: str) -> str:
    """Tell the line end a text keeps to: ``CR LF`` only where every line has it."""
    pairs = text.count("\r\n")
    return "\r\n" if pairs and pairs == text.count("\n") else "\n"
