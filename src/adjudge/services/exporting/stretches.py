"""Where lineage is cut into the stretches that the store remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adjudge.storage import lineages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from adjudge.storage.lineages import About, Stretch


class Cut(NamedTuple):
    """Lines that stay together, as `lineages.Stretch` has them.

    Attributes:
        size: Their bytes, line feeds included.
    """

    size: int
    about: About
    first: str
    last: str


class Cutting:
    """Notes, while lines are written, which of them stay together."""

    __slots__ = ("_about", "_cuts", "_first", "_last", "_rows", "_size")

    def __init__(self) -> None:
        self._cuts: list[Cut] = []
        self._about: About = "comparison"
        self._first = self._last = ""
        self._rows = self._size = 0

    def take(self, about: About, id: str, size: int, *, new: bool) -> None:
        """Note one line.

        Args:
            about: What its row is about.
            id: Of that.
            size: Bytes of the line.
            new: It begins another file.
        """
        if new or about != self._about or not 0 < self._rows < lineages.STRETCH:
            self._cut()
            self._about, self._first, self._last = about, id, id
        elif id > self._last:
            self._last = id
        elif id < self._first:
            self._first = id
        self._rows += 1
        self._size += size

    def has_room(self, about: About, n: int) -> bool:
        """Tell whether so many lines stay together with those before them, or alone."""
        goes_on = about == self._about and 0 < self._rows < lineages.STRETCH
        return (self._rows if goes_on else 0) + n <= lineages.STRETCH

    def take_all(self, about: About, ids: Sequence[str], size: int) -> None:
        """Note lines for which there is room, in a file that was begun before.

        Args:
            about: What their rows are about.
            ids: Of that.
            size: Bytes of all lines.
        """
        least, greatest = min(ids), max(ids)
        if about == self._about and 0 < self._rows < lineages.STRETCH:
            self._first = min(self._first, least)
            self._last = max(self._last, greatest)
        else:
            self._cut()
            self._about, self._first, self._last = about, least, greatest
        self._rows += len(ids)
        self._size += size

    def _cut(self) -> None:
        if self._rows:
            self._cuts.append(Cut(self._size, self._about, self._first, self._last))
        self._rows = self._size = 0

    def done(self) -> list[Cut]:
        """Give the cuts of all lines so far."""
        self._cut()
        return self._cuts


def read(config: str, cuts: Iterable[Cut], files: Iterable[Path]) -> Iterator[Stretch]:
    """Read lines back from the files they were written to: that needs no memory."""
    remaining = iter(cuts)
    for path in files:
        with path.open("rb") as file:
            left = path.stat().st_size
            while left:
                size, about, first, last = next(remaining)
                text = file.read(size).decode()
                yield lineages.Stretch(config, about, first, last, text[:-1])
                left -= size
