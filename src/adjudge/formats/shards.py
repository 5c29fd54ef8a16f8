"""Rows into files of a bounded size, hashed on the way."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import orjson

from adjudge.domain.record import canonical
from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

SHARD_BYTES = 500_000_000  # what `datasets` writes by default
# `load_dataset` guesses types anew for every so many bytes of a JSON Lines file.
_GUESSED = 10 << 20
_AT_ONCE = 1 << 17  # bytes of lines that are hashed and written in one go
_DATE = re.compile(r"\s*[0-9]{4}-[0-9]{2}")


def shard_name(
    config: str, split: str, i: int = 0, n: int = 1, end: str = "jsonl"
) -> str:
    """Name a file inside the directory."""
    return f"{config}/{split}-{i:05d}-of-{n:05d}.{end}"


@dataclass(frozen=True)
class File:
    """One file that was written; its path inside the directory."""

    path: str
    rows: int
    size: int
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """Write what the manifest says of it."""
        return {"rows": self.rows, "bytes": self.size, "sha256": self.sha256}


@dataclass(frozen=True)
class Written:
    """The rows of one split of one config.

    Attributes:
        digest: SHA-256 over the canonical rows in order, whatever the files are.
    """

    rows: int
    digest: str
    files: tuple[File, ...]


class Shards:
    """Write rows as canonical JSON Lines, a new file whenever one is full."""

    def __init__(self, folder: Path, config: str, split: str, limit: int) -> None:
        self._folder = folder
        self._config = config
        self._split = split
        self._limit = limit
        self._whole = hashlib.sha256()
        self._done: list[tuple[int, int, str]] = []
        self._file: IO[bytes] | None = None
        self._hash = hashlib.sha256()
        self._rows = self._size = self._held = 0
        self._lines: list[bytes] = []
        self._open()

    def _path(self, i: int) -> Path:
        return self._folder / f"{self._config}/{self._split}-{i:05d}.part"

    def _open(self) -> None:
        path = self._path(len(self._done))
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
        self._file = os.fdopen(os.open(path, flags, 0o644), "wb", buffering=0)
        self._hash = hashlib.sha256()
        self._rows = self._size = self._held = 0

    def add(self, line: bytes) -> bool:
        """Write one line, which ends on a line feed; tell if it began a new file."""
        new = self._size + len(line) > self._limit and self._rows > 0
        if new:
            self._finish()
            self._open()
        self._lines.append(line)
        self._rows += 1
        self._size += len(line)
        if self._size - self._held > _AT_ONCE:
            self._flush()
        return new

    def has_room(self, size: int) -> bool:
        """Tell whether lines of so many bytes go into the file that is open."""
        return self._size + size <= self._limit

    def extend(self, lines: Sequence[bytes], size: int) -> None:
        """Write lines for which there is room, of so many bytes in all."""
        self._lines += lines
        self._rows += len(lines)
        self._size += size
        if self._size - self._held > _AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        """Hash and write the lines that wait."""
        data = b"".join(self._lines)
        self._lines.clear()
        self._held = self._size
        self._hash.update(data)
        if self._done:
            self._whole.update(data)
        rest = memoryview(data)
        while self._file is not None and rest:
            # Without a buffer, a write may take a part and leave the rest.
            rest = rest[self._file.write(rest) :]

    def _finish(self) -> None:
        if self._file is None:
            return
        self._flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        if not self._done:
            # The first file's hash so far is the hash of all rows so far.
            self._whole = self._hash.copy()
        self._done.append((self._rows, self._size, self._hash.hexdigest()))

    def close(self) -> Written:
        """Finish the files under their names and say what is in them."""
        self._finish()
        n = len(self._done)
        files = []
        for i, (rows, size, sha256) in enumerate(self._done):
            name = shard_name(self._config, self._split, i, n)
            self._path(i).rename(self._folder / name)
            files.append(File(name, rows, size, sha256))
        return Written(
            sum(f.rows for f in files), self._whole.hexdigest(), tuple(files)
        )

    def abandon(self) -> None:
        """Let go of the file that is open; its folder is thrown away."""
        if self._file is not None:
            # Closing writes what is buffered, which a full disk refuses once more.
            with suppress(OSError):
                self._file.close()
            self._file = None


class DateLike:
    """Find text columns that a reader of JSON Lines would take for times.

    It guesses for a stretch of a file at a time: one other text in a stretch is enough
    to make it leave the texts of that column alone.

    Attributes:
        waiting: Columns of which the next row has to be looked at.
    """

    def __init__(self, paths: Iterable[str], known: frozenset[str]) -> None:
        listed = list(paths)
        self._all = [tuple(p.split(".")) for p in listed if p not in known]
        self.found: set[str] = {p for p in listed if p in known}
        self.waiting = list(self._all)
        self._dates: set[tuple[str, ...]] = set()
        self._size = 0

    def watch(self, paths: Iterable[str]) -> None:
        """Look at further columns from now on, as they first occur."""
        more = [tuple(p.split(".")) for p in paths]
        self._all += more
        self.waiting += more

    def take(self, row: dict[str, Any], size: int) -> None:
        """Look at one row and the bytes of its line."""
        self.take_all((row,), size)
        if self._size > _GUESSED:
            self.end()

    def has_room(self, size: int) -> bool:
        """Tell whether rows of so many bytes end no stretch."""
        return self._size + size <= _GUESSED

    def take_all(self, rows: Sequence[dict[str, Any]], size: int) -> None:
        """Look at rows for which there is room, of so many bytes in all."""
        if self.waiting:
            self.waiting = [p for p in self.waiting if not self._settled(p, rows)]
        self._size += size

    def _settled(self, path: tuple[str, ...], rows: Sequence[dict[str, Any]]) -> bool:
        if _say_nothing(rows, path):
            return False
        for row in rows:
            for text in _texts(row, path):
                if _DATE.match(text) is None:
                    return True
                self._dates.add(path)
        return False

    def end(self) -> None:
        """End a stretch: a file ends, or so many bytes are full."""
        waiting = set(self.waiting)
        sure = self._dates & waiting
        self.found |= {".".join(p) for p in sure}
        # What was declared once needs no second look.
        self._all = [p for p in self._all if p not in sure]
        self.waiting = list(self._all)
        self._dates = set()
        self._size = 0


def _say_nothing(rows: Sequence[dict[str, Any]], path: tuple[str, ...]) -> bool:
    """Tell at a glance whether a column is empty in all rows: notes, reasons."""
    values = [row.get(path[0]) for row in rows]
    if len(path) > 1:  # a list of structures
        values = [one.get(path[1]) for value in values if value for one in value]
    return not any(values) and "" not in values


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _texts(one, path)
    elif isinstance(value, dict):
        if path:
            yield from _texts(value.get(path[0]), path[1:])
    elif isinstance(value, str):
        yield value


def line_of(row: dict[str, Any]) -> bytes:
    """Write a row as one canonical line."""
    return canonical(row) + b"\n"


def rows_of(path: Path) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    """Read the numbered lines of a file that was exported.

    Raises:
        InvalidInputError: If a line holds no JSON object; it names file and line.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise InvalidInputError(
                    f"{path}:{number}: the line is no JSON: {error}"
                ) from None
            if not isinstance(row, dict):
                raise InvalidInputError(f"{path}:{number}: the line is no JSON object")
            yield number, line, row
