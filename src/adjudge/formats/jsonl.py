"""Lines in, lines out: the only module that touches the bytes of JSON Lines."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import stat
import sys
import tempfile
import zlib
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from adjudge.domain.record import canonical
from adjudge.errors import InvalidInputError, UnknownError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_LINE = 64 * 1024 * 1024  # bytes; a longer line is no record of ours
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Source:
    """A file to be read, from the beginning and as often as needed.

    Attributes:
        name: What the user called it, for error messages.
        sha256: Of the bytes on disk.
        size: Bytes on disk.
        state: What tells that somebody wrote to it since.
    """

    name: str
    path: Path
    sha256: str
    size: int
    state: tuple[int, int]


@contextmanager
def opened(name: str) -> Iterator[Source]:
    """Make a file readable from its start; standard input is kept in a private file.

    Raises:
        UnknownError: If there is no such file.
        InvalidInputError: If it is a directory or cannot be read.
    """
    if name == "-":
        with _spooled(sys.stdin.buffer, "standard input") as source:
            yield source
        return
    with ExitStack() as stack:
        try:
            source = stack.enter_context(_named(name))
        except FileNotFoundError:
            raise UnknownError(f"there is no file {name}") from None
        except IsADirectoryError:
            raise InvalidInputError(
                f"{name} is a directory", hint="name the .jsonl files inside it"
            ) from None
        except OSError as error:
            raise InvalidInputError(
                f"{name} cannot be read: {error.strerror}"
            ) from error
        yield source


@contextmanager
def _named(name: str) -> Iterator[Source]:
    path = Path(name)
    with path.open("rb") as file:
        if not stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
            yield _source(name, path)
            return
        with _spooled(file, name) as source:
            yield source


@contextmanager
def _spooled(stream: IO[bytes], name: str) -> Iterator[Source]:
    """Keep what can be read only once in a private file."""
    with tempfile.NamedTemporaryFile(prefix="adjudge-") as spool:
        shutil.copyfileobj(stream, spool, 1 << 20)
        spool.flush()
        yield _source(name, Path(spool.name))


def _source(name: str, path: Path) -> Source:
    with path.open("rb") as file:
        state = _state(file)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return Source(name, path, sha256, file.tell(), state)


def _state(file: IO[bytes]) -> tuple[int, int]:
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


def lines(
    source: Source, *, progress: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[int, bytes]]:
    """Read numbered lines that are not blank, unpacking gzip.

    Args:
        source: The file.
        progress: Told the bytes read on disk so far, now and then.

    Raises:
        InvalidInputError: If a line is too long, the gzip data is damaged, or the
            file is no longer what it was when it was opened.
    """
    with source.path.open("rb") as raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        file: IO[bytes] = (
            io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw
        )
        number = 0
        try:
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise InvalidInputError(
                        f"{source.name}:{number}: the line is longer than 64 MiB",
                        hint="a record stands on a line of its own",
                    )
                if number % 1000 == 0:
                    progress(raw.tell())
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if stripped := line.strip():
                    yield number, stripped
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InvalidInputError(
                f"{source.name}: the gzip data is damaged after line {number}: {error}"
            ) from error
        if _state(raw) != source.state:
            raise InvalidInputError(
                f"{source.name} was written to while it was read",
                hint="nothing of it was imported; import it again when it is complete",
            )
    progress(source.size)


@dataclass(frozen=True)
class Written:
    """A file that was written.

    Attributes:
        digest: SHA-256 over the canonical rows in order, the rows' identity.
        sha256: Of the bytes on disk.
    """

    rows: int
    size: int
    sha256: str
    digest: str


class Writer:
    """Write rows as canonical JSON Lines and hash them on the way."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        self._file = os.fdopen(descriptor, "wb", buffering=1 << 20)
        self._hash = hashlib.sha256()
        self._rows = 0
        self._size = 0

    def add(self, row: dict[str, Any]) -> None:
        """Write one row."""
        line = canonical(row) + b"\n"
        self._file.write(line)
        self._hash.update(line)
        self._rows += 1
        self._size += len(line)

    def close(self) -> Written:
        """Finish the file and say what is in it."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        found = self._hash.hexdigest()
        return Written(rows=self._rows, size=self._size, sha256=found, digest=found)

    def abandon(self) -> None:
        """Let go of a file that will not be finished."""
        with suppress(OSError):  # the disk may be full
            self._file.close()
