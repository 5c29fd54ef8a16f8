"""Show what a text hides, before it reaches a terminal or a person's eye.

Model text is hostile until shown otherwise: an escape sequence writes the
clipboard, an override reverses a file name, a zero-width space splits a word
that a filter looks for. Nothing is dropped here. What cannot be shown as itself
is shown as a mark, and ``hidden_count`` says how many there were.

    C0 controls     control pictures, ESC as U+241B; tab becomes four spaces
    CR LF           one newline; a lone CR is U+240D
    DEL, C1         U+2421 and ``<9B>``
    bidi controls   ``<RLO>``; LRM, RLM and ALM stay beside Hebrew and Arabic
    joiners         ZWJ and ZWNJ stay where they spell a word or an emoji
    zero width      ``<ZWSP>``; it stays between Thai, Lao, Khmer, Myanmar letters
    tags            ``<TAG-x>``, signs ``<TAG-2A>``; the three British flags stay
    surrogates      ``<D800>``; everything else that is invisible ``<U+2061>``
    marks           five on one letter, then ``<+n marks>``

The function is idempotent: a character is kept only because of neighbours that
are kept as well. A text may spell ``<RLO>`` itself; ``pieces`` tells the two apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TAB = "    "
MAX_MARKS = 5
# Tibetan piles consonants as marks; nine is the tallest stack in print.
MAX_MARKS_TIBETAN = 9

_REACH = 24  # how far a direction mark may stand from the letter it serves

_CONDITIONAL = "\u061c\u180b-\u180f\u200b-\u200f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_ALWAYS = (
    "\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u034f\u115f\u1160\u17b4\u17b5"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0"
    "\ufff0-\ufffc\ufffe\uffff\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
) + "".join(
    f"{chr(p + 0xFFFE)}{chr(p + 0xFFFF)}" for p in range(0x10000, 0x110000, 0x10000)
)

# A mark is no word character; what this finds is then looked up one by one.
_MARK_BLOCKS = (
    "\u0300-\u1fff\u20d0-\u20ff\u2cef-\u2dff\u302a-\u309a\ua66f-\uabff\ufb1e"
    "\ufe20-\ufe2f\U000101fd-\U00011fff\U00013440-\U0001345f\U00016af0-\U00016ff4\U0001bc9d-\U0001e94a"
)
_FLAGS = "|".join(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in land) + "\U000e007f"
    for land in ("gbeng", "gbsct", "gbwls")
)
_HIDES = _ALWAYS + _CONDITIONAL
_MARK = f"(?:(?![\\w{_HIDES}])[{_MARK_BLOCKS}])"
_FIND = re.compile(
    f"(?P<flag>{_FLAGS})|[{_HIDES}]|(?P<marks>{_MARK}{{{MAX_MARKS + 1},}})"
)
_SUSPECT = re.compile(f"[{_HIDES}]")
_SUSPECT_ASCII = re.compile("[\x00-\x09\x0b-\x1f\x7f]")

_NAMES = {
    0x00AD: "SHY", 0x034F: "CGJ", 0x061C: "ALM", 0x115F: "HCF", 0x1160: "HJF",
    0x180B: "FVS1", 0x180C: "FVS2", 0x180D: "FVS3", 0x180E: "MVS", 0x180F: "FVS4",
    0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM",
    0x2028: "LSEP", 0x2029: "PSEP", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF",
    0x202D: "LRO", 0x202E: "RLO", 0x2060: "WJ", 0x2066: "LRI", 0x2067: "RLI",
    0x2068: "FSI", 0x2069: "PDI", 0x3164: "HF", 0xFEFF: "BOM", 0xFFA0: "HHF",
}  # fmt: skip

_CURSIVE = re.compile(
    "[\u0600-\u08ff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010ac0-\U00010aff\U00010d00-\U00010d3f\U00010f30-\U00010f6f"
    "\U0001e900-\U0001e95f]"
)
_INDIC = re.compile(
    "[\u0900-\u0dff\u0f00-\u109f\u1700-\u17ff\u1900-\u1aaf\u1b00-\u1c4f"
    "\u1cd0-\u1cff\ua800-\ua82f\ua8e0-\ua9df\uaa60-\uaaff\uabc0-\uabff"
    "\U00011000-\U00011fff]"
)
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf"
    "\ua9e0-\ua9ff\uaa60-\uaadf]"
)
_IDEOGRAPH = re.compile(
    "[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]"
)
_VARIED = re.compile(
    "[\u1000-\u109f\u2200-\u22ff\u2a00-\u2aff\u3001\u3002\ua840-\ua87f"
    "\uaa60-\uaa7f\uff00-\uff65]"
)
_MONGOLIAN = re.compile("[\u1800-\u180a\u1810-\u18af]")
_EMOJI = re.compile(
    "[\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff"
    "\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff]"
)


class Piece(NamedTuple):
    """A stretch of shown text.

    Attributes:
        text: What to print.
        hidden: How many characters of the source it makes visible; 0 for
            text that shows itself.
    """

    text: str
    hidden: int


def safe_text(text: str, *, newlines: bool = True) -> str:
    """Show every character that could deceive a reader or control a terminal.

    Args:
        text: Anything, lone surrogates included.
        newlines: Keep line feeds; if false they become U+240A, for one-line places.

    Returns:
        Text without control, override, tag or unexplained invisible characters.
    """
    if _is_suspect(text):
        text = "".join([piece.text for piece in pieces(text)])
    return text if newlines else text.replace("\n", "\u240a")


def hidden_count(text: str) -> int:
    """Count the characters that ``safe_text`` makes visible.

    Tabs and CR LF are ordinary and not counted.
    """
    if not _is_suspect(text):
        return 0
    return sum(piece.hidden for piece in pieces(text))


def pieces(text: str) -> Iterator[Piece]:
    """Split ``text`` into what shows itself and what had to be made visible."""
    text = text.replace("\r\n", "\n").replace("\t", TAB)
    printed: deque[str] = deque(maxlen=_REACH)  # the left neighbours
    start = 0
    for match in _FIND.finditer(text):
        begin, end = match.span()
        if begin > start:
            plain = text[start:begin]
            printed.append(plain[-_REACH:])
            yield Piece(plain, 0)
        found = match[0]
        rule = _RULES.get(found)
        if rule is not None:
            left = "".join(printed)[-_REACH:]
            kept = rule(left, text[end : end + _REACH], found)
            shown = Piece(found, 0) if kept else _named(found)
        elif len(found) == 1:
            shown = _named(found)
        elif match["flag"]:
            shown = Piece(found, 0)
        else:
            *lower, shown = _cap_marks(found)
            for piece in lower:
                printed.append(piece.text)
                yield piece
        printed.append(shown.text)
        yield shown
        start = end
    if start < len(text):
        yield Piece(text[start:], 0)


def _is_suspect(text: str) -> bool:
    """Look once over the text; nearly all text ends here."""
    find = _SUSPECT_ASCII if text.isascii() else _FIND
    return find.search(text) is not None


@lru_cache(maxsize=1024)
def _named(char: str) -> Piece:
    """Make one character visible."""
    return Piece(_control(ord(char)) or _token(ord(char)), 1)


def _control(code: int) -> str:
    """Name a C0 or C1 control; empty for anything else."""
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"<{code:02X}>" if code < 0xA0 else ""


def _token(code: int) -> str:
    """Name an invisible character."""
    if 0xD800 <= code <= 0xDFFF:
        return f"<{code:04X}>"
    if 0xE0000 <= code <= 0xE007F:
        low = code - 0xE0000
        # Signs stay numbers: a shown ``|`` or ``*`` would act on Markdown.
        return f"<TAG-{chr(low) if chr(low).isalnum() else f'{low:02X}'}>"
    if 0xFE00 <= code <= 0xFE0F:
        return f"<VS{code - 0xFE00 + 1}>"
    if 0xE0100 <= code <= 0xE01EF:
        return f"<VS{code - 0xE0100 + 17}>"
    return f"<{_NAMES[code]}>" if code in _NAMES else f"<U+{code:04X}>"


def _cap_marks(found: str) -> tuple[Piece, ...]:
    """Keep the first marks of each pile and count the rest."""
    shown: list[Piece] = []
    kept, surplus, height = "", 0, 0
    for char in found:
        if not _overlays(char):
            shown.extend(_pile(kept, surplus))
            kept, surplus, height = char, 0, 0
            continue
        height += 1
        tall = MAX_MARKS_TIBETAN if "\u0f00" <= char <= "\u0fff" else MAX_MARKS
        if height <= tall and not surplus:
            kept += char
        else:
            surplus += 1
    shown.extend(_pile(kept, surplus))
    return tuple(shown)


def _pile(kept: str, surplus: int) -> Iterator[Piece]:
    if kept:
        yield Piece(kept, 0)
    if surplus:
        yield Piece(f"<+{surplus} marks>", surplus)


def _overlays(char: str) -> bool:
    """Tell marks that take no cell of their own."""
    return unicodedata.category(char) in {"Mn", "Me"}


# --- when an invisible character is spelling -----------------------------------
# The left side is what was printed, the right side is source; a suspect
# character on either side ends the look, so that a kept one stays kept.


def _joins(left: str, right: str, _: str) -> bool:
    """ZWJ: inside an emoji sequence, or beside a letter that changes its form."""
    before, after = left[-1:], right[:1]
    if _EMOJI.match(after):
        base = left[-2:-1] if before == "\ufe0f" else before
        return _EMOJI.match(base) is not None
    return bool(
        _INDIC.match(before)
        or _is_cursive(before)
        or (_is_cursive(after) and _visible(before))
    )


def _separates(left: str, right: str, _: str) -> bool:
    """ZWNJ: between letters of a cursive or Indic word, or after a virama."""
    before, after = left[-1:], right[:1]
    if _is_indic(before):
        return unicodedata.combining(before) == 9 or _is_indic(after)
    if _is_cursive(before) or _is_cursive(after):
        return _is_letter(before) and _is_letter(after)
    return False


def _breaks(left: str, right: str, _: str) -> bool:
    """ZWSP: a word break in scripts written without spaces."""
    return bool(_UNSPACED.match(left[-1:]) and _UNSPACED.match(right[:1]))


def _directs(left: str, right: str, _: str) -> bool:
    """LRM, RLM, ALM: the nearest letter on one side is written right to left."""
    return _is_rtl(reversed(left)) or _is_rtl(iter(right))


def _selects_variant(left: str, right: str, found: str) -> bool:
    """Variation selectors: after a character that has variants."""
    before = left[-1:]
    if found in "\ufe0e\ufe0f":
        keycap = before in set("0123456789#*") and right[:1] == "\u20e3"
        return keycap or _EMOJI.match(before) is not None
    if found == "\ufe00" and _VARIED.match(before):
        return True
    return found not in "\ufe0e\ufe0f" and _IDEOGRAPH.match(before) is not None


def _selects_mongolian(left: str, _right: str, _: str) -> bool:
    """Mongolian selectors and separator: after a Mongolian letter."""
    return _MONGOLIAN.match(left[-1:]) is not None


_RULES: dict[str, Callable[[str, str, str], bool]] = {
    "\u200d": _joins,
    "\u200c": _separates,
    "\u200b": _breaks,
    **dict.fromkeys("\u200e\u200f\u061c", _directs),
    **dict.fromkeys(map(chr, range(0xFE00, 0xFE10)), _selects_variant),
    **dict.fromkeys(map(chr, range(0xE0100, 0xE01F0)), _selects_variant),
    **dict.fromkeys("\u180b\u180c\u180d\u180e\u180f", _selects_mongolian),
}


def _visible(char: str) -> bool:
    return _SUSPECT.match(char) is None


def _is_cursive(char: str) -> bool:
    return _CURSIVE.match(char) is not None and _is_letter(char)


def _is_indic(char: str) -> bool:
    return _INDIC.match(char) is not None and _is_letter(char)


def _is_letter(char: str) -> bool:
    """Letters, digits and the marks on them."""
    return bool(char) and (
        char.isalnum() or (unicodedata.category(char)[0] == "M" and _visible(char))
    )


def _is_rtl(chars: Iterator[str]) -> bool:
    """Whether the first letter met is written from right to left."""
    height = 0
    for char in chars:
        height = height + 1 if _overlays(char) else 0
        if char == "\n" or height > MAX_MARKS or not _visible(char):
            return False
        direction = unicodedata.bidirectional(char)
        if direction in {"R", "AL"}:
            return True
        if direction == "L":
            return False
    return False
