"""Texts turned into strips, as far as somebody has read, and kept for a while."""

from __future__ import annotations

import hashlib
import html
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from adjudge.domain.safe_text import hidden_count
from adjudge.domain.words import count_words
from adjudge.tui.reading import lines as ln
from adjudge.tui.reading.blocks import Chunk, chunks, raw_chunks
from adjudge.tui.reading.markdown import parser, write_chunk
from adjudge.tui.reading.signs import DRAWN, Signs

if TYPE_CHECKING:
    from adjudge.tui.reading.look import Look

View = Literal["rendered", "raw"]

VIEW_CAP = 400_000  # bytes
PRERENDER_LINES = 2_000
SHELF_SIZE = 12  # two panes, two views, three tasks
SHELF_LINES = 20_000  # a line takes 1.5 KB; long texts push out the others

_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]{1,999}\]:[^\n]*$", re.MULTILINE)
_FENCE = re.compile(r"^[ >\t]*(?:```|~~~)", re.MULTILINE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{2,32});")


class Facts(NamedTuple):
    """What the pane's border says about a text.

    Attributes:
        n_words: Words in the whole text.
        n_code_blocks: Fenced code blocks.
        n_hidden: Characters that had to be made visible.
    """

    n_words: int
    n_code_blocks: int
    n_hidden: int


@dataclass(frozen=True)
class Setting:
    """Everything besides the text that decides what the strips look like.

    Attributes:
        width: Cells on a line.
        look: The styles; equal looks share strips.
        view: Rendered Markdown, or the source as it is.
        wrap_code: Fold long code lines; if false they are cut and counted.
        signs: What is drawn beside the text.
    """

    width: int
    look: Look
    view: View = "rendered"
    wrap_code: bool = True
    signs: Signs = DRAWN


class Rendered:
    """A text as strips, written chunk by chunk and safe to share among threads.

    Attributes:
        strips: What is written so far.
        setting: What it is written for.
        failed: Some of it broke the Markdown renderer and is shown as source.
    """

    def __init__(self, text: str, setting: Setting) -> None:
        self.strips: list[Strip] = []
        self.setting = setting
        self._text = text
        self._lock = threading.Lock()
        self._chunks: list[Chunk] | None = None
        self._env: dict[str, Any] = {}
        self._done = 0
        self._notice = ""
        self.failed = False

    def is_complete(self) -> bool:
        """Whether every line is written."""
        return self._chunks is not None and self._done >= len(self._chunks)

    @property
    def progress(self) -> float:
        """The share of the text that is written, 0 to 1."""
        return self._done / len(self._chunks) if self._chunks else 0.0

    def ensure(self, n_lines: int) -> None:
        """Write on until there are ``n_lines`` strips, or none are left."""
        while len(self.strips) < n_lines and self.write_on():
            pass

    def finish(self) -> None:
        """Write everything."""
        while self.write_on():
            pass

    def write_on(self) -> bool:
        """Write the next chunk; return whether there was one."""
        with self._lock:
            if self._chunks is None:
                self._begin()
            assert self._chunks is not None  # noqa: S101 - for the type checker
            if self._done >= len(self._chunks):
                return False
            self.strips.extend(self._write(self._chunks[self._done]))
            self._done += 1
            if self._done == len(self._chunks) and self._notice:
                self.strips += [Strip([], 0), self._notice_strip()]
            return True

    def _begin(self) -> None:
        """Cut the text, and learn the link definitions that its chunks share."""
        text, self._notice = _capped(self._text)
        source = ln.veiled(text)
        if self.setting.view == "raw":
            self._chunks = raw_chunks(source)
        else:
            self._chunks = chunks(source)
            if len(self._chunks) > 1 and (found := _DEFINITION.findall(source)):
                parser().parse("\n".join(found[:2_000]), self._env)
        if self._notice:
            self.strips += [self._notice_strip(), Strip([], 0)]

    def _write(self, chunk: Chunk) -> list[Strip]:
        if self.setting.view == "raw":
            return _write_raw(chunk, self.setting)
        written = self._write_markdown(chunk)
        if self.strips and not chunk.carry and written:
            written.insert(0, Strip([], 0))
        return written

    def _write_markdown(self, chunk: Chunk) -> list[Strip]:
        """Render a chunk; one that breaks the renderer is shown as source."""
        setting = self.setting
        try:
            return write_chunk(
                chunk,
                self._env,
                setting.look,
                width=setting.width,
                wrap_code=setting.wrap_code,
                signs=setting.signs,
            )
        except Exception:  # noqa: BLE001 - no text may end a person's session
            self.failed = True
            return _write_raw(chunk, setting)

    def _notice_strip(self) -> Strip:
        return Strip([Segment(self._notice, self.setting.look.strong)])


class Shelf:
    """The texts rendered last; the next task waits here before it is shown.

    An unbounded shelf grew to 150 MiB in an hour of work.
    """

    def __init__(self, size: int = SHELF_SIZE) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[bytes, Setting], Rendered] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, text: str, setting: Setting) -> Rendered:
        """Find a rendered text, or begin it; nothing is written by this."""
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        key = (digest, setting)
        with self._lock:
            rendered = self._kept.pop(key, None) or Rendered(text, setting)
            self._kept[key] = rendered
            while len(self._kept) > self._size or self._is_heavy():
                self._kept.popitem(last=False)
        return rendered

    def _is_heavy(self) -> bool:
        n_lines = sum(len(kept.strips) for kept in self._kept.values())
        return len(self._kept) > 2 and n_lines > SHELF_LINES

    def prerender(self, text: str, setting: Setting) -> Rendered:
        """Write the beginning of a text ahead of time; for a worker thread."""
        rendered = self.get(text, setting)
        rendered.ensure(PRERENDER_LINES)
        facts_of(text)
        return rendered


@lru_cache(maxsize=32)
def facts_of(text: str) -> Facts:
    """Count what the border says; a fence inside a quote counts as well."""
    decoded = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    return Facts(
        n_words=count_words(text),
        n_code_blocks=(len(_FENCE.findall(text)) + 1) // 2,
        n_hidden=hidden_count(text if len(decoded) == len(text) else decoded),
    )


def _write_raw(chunk: Chunk, setting: Setting) -> list[Strip]:
    look = setting.look
    strips: list[Strip] = []
    for text in chunk.lines:
        line = list(ln.spans(text, ln.PLAIN, look.hidden))
        for part in ln.fold_softly(line, setting.width):
            shown = ln.text_of(part)
            pad = setting.width - ln.width_of(part) if ln.is_rtl(shown) else 0
            padded = [(" " * max(0, pad), ln.PLAIN), *part]
            strips.append(Strip(ln.segments(padded), ln.width_of(padded)))
    return strips


def _capped(text: str) -> tuple[str, str]:
    """Take the part of a text that a pane shows, and the words that say so."""
    if len(text) * 4 <= VIEW_CAP:
        return text, ""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= VIEW_CAP:
        return text, ""
    end = VIEW_CAP
    while data[end] & 0xC0 == 0x80:  # inside a character
        end -= 1
    head = data[:end].decode("utf-8", "surrogatepass")
    shown = f"showing the first {_size(VIEW_CAP)} of {_size(len(data))}"
    return head, f"{shown}; F4 opens all of it"


def _size(n_bytes: int) -> str:
    if n_bytes < 1_000_000:
        return f"{n_bytes / 1_000:.0f} KB"
    return f"{n_bytes / 1_000_000:.1f} MB"
