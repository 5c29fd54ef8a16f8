"""A dataset directory or file: written beside its place, moved there when whole."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.record import canonical
from adjudge.errors import ConflictError, InvalidInputError, NoSpaceError

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = "manifest.json"
PLACING = ".placing"  # of a draft that fills a folder: what it puts there
STALE = ".adjudge-draft"  # how the names of drafts end
# Beside the identity of the rows: how and where they were written.
OUTSIDE = frozenset({"digest", "run", "files", "written_as", "date_like"})


class Draft:
    """What is being written, unseen until it is published.

    Attributes:
        folder: Where to write.
    """

    def __init__(self, folder: Path, out: Path, publish: Publish) -> None:
        self.folder = folder
        self.out = out
        self._publish = publish
        self._placed: list[Path] | None = None

    def publish(self) -> None:
        """Put everything under its name, at once; done again, nothing happens.

        Raises:
            ConflictError: If somebody else has taken the name meanwhile.
            InvalidInputError: If the place cannot be written any more.
            NoSpaceError: If the disk is full.
        """
        if self._placed is None:
            self._placed = []
            try:
                self._publish(self.folder, self.out, self._placed)
            except OSError as error:
                what = f"{self.out} cannot be written"
                raise _told(error, what, self.out.parent) from error

    def withdraw(self) -> None:
        """Take back what was published, and what was not."""
        for place in self._placed or ():
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place, ignore_errors=True)
            else:
                place.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)


Publish = Callable[[Path, Path, list[Path]], None]


@contextmanager
def staged(out: Path) -> Iterator[Draft]:
    """Give a draft of a directory; it stays if it was published.

    Raises:
        ConflictError: If ``out`` exists and is not an empty directory.
        InvalidInputError: If its parent cannot be written.
        NoSpaceError: If the disk is full; nothing stays.
        KeyboardInterrupt: With words, if somebody interrupts; nothing stays.
    """
    # Without following links: the last name is what is made.
    out = Path(os.path.abspath(out))  # noqa: PTH100
    with _looking_at(out):
        if out.is_symlink():
            raise ConflictError(
                f"{out} is a symbolic link", hint="name a real directory"
            )
        if out.is_dir():
            remove_stale(out)
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise ConflictError(
                f"{out} exists and is not empty",
                hint="a dataset is never overwritten; name a new directory",
            )
        # A place that cannot be replaced is filled: where somebody stands, a disk.
        filled = out.exists() and (
            out.samefile(Path.cwd())
            or out.is_mount()
            or not os.access(out.parent, os.W_OK | os.X_OK)
        )
    parent, publish = (out, _fill) if filled else (out.parent, _replace)
    with _drafted(out, parent, publish) as draft:
        yield draft


@contextmanager
def staged_files(out: Path, *beside: str) -> Iterator[Draft]:
    """Give a draft whose file ``out.name`` becomes ``out`` when it is published.

    Args:
        out: The file; it must not exist.
        beside: Names of files that come to stand beside it.

    Raises:
        ConflictError: If one of the files exists.
        InvalidInputError: If its folder cannot be written.
        NoSpaceError: If the disk is full; nothing stays.
    """
    out = Path(os.path.abspath(out))  # noqa: PTH100
    targets = [out, *(out.parent / name for name in beside)]
    with _looking_at(out):
        remove_stale(out.parent)
        for target in targets:
            if target.is_symlink() or target.exists():
                raise ConflictError(
                    f"{target} exists", hint="nothing is overwritten; name a new file"
                )

    def link(folder: Path, _out: Path, placed: list[Path]) -> None:
        # A link never replaces: whoever was faster keeps the name.
        for target in reversed(targets):
            os.link(folder / target.name, target)
            placed.append(target)
        shutil.rmtree(folder, ignore_errors=True)

    with _drafted(out, out.parent, link) as draft:
        yield draft


def _replace(folder: Path, out: Path, placed: list[Path]) -> None:
    folder.chmod(0o755)
    folder.rename(out)  # over an empty directory, or nothing
    placed.append(out)


def _fill(folder: Path, out: Path, placed: list[Path]) -> None:
    """Move everything up; the manifest, without which it is no dataset, comes last.

    What is moved is written down before, so that whoever finds this draft half done can
    take back what it placed, and nothing else.
    """
    sources = sorted(folder.iterdir(), key=lambda p: (p.name == MANIFEST, p.name))
    numbers = {source.name: source.stat().st_ino for source in sources}
    write_text(folder / PLACING, canonical(numbers).decode())
    for source in sources:
        source.rename(out / source.name)
        placed.append(out / source.name)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _looking_at(out: Path) -> Iterator[None]:
    """Say of a place that nobody may look at, or of no such name, what is wrong."""
    try:
        yield
    except OSError as error:
        raise _told(error, f"{out} cannot be written", out.parent) from error


@contextmanager
def _drafted(out: Path, parent: Path, publish: Publish) -> Iterator[Draft]:
    try:
        parent.mkdir(parents=True, exist_ok=True)
        remove_stale(parent)
        folder, lock = _folder(out, parent)
    except OSError as error:
        raise _told(error, f"{parent} cannot be written", parent) from error
    draft = Draft(folder, out, publish)
    try:
        yield draft
    except BaseException as error:
        draft.withdraw()
        if isinstance(error, KeyboardInterrupt):
            words = f"interrupted; nothing of {out} was left behind"
            raise KeyboardInterrupt(words) from None
        if isinstance(error, OSError):
            raise _told(error, f"{out} cannot be written", parent) from error
        raise
    finally:
        os.close(lock)


# --- drafts of processes that were killed ---------------------------------------------
_NEW = ".adjudge-"  # how the names of drafts begin that nobody has locked yet
_SOON = 1.0  # seconds in which a new draft has got its name
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def _folder(out: Path, parent: Path) -> tuple[Path, int]:
    """Make a hidden folder, locked as long as this process lives."""
    made = Path(tempfile.mkdtemp(prefix=_NEW, dir=parent))
    lock = os.open(made, _FOLDER)
    fcntl.flock(lock, fcntl.LOCK_EX)
    # Under this name it may be taken for stale, and by now it cannot be.
    name = f".{out.name[:100]}.{made.name.removeprefix(_NEW)}{STALE}"
    folder = made.with_name(name)
    made.rename(folder)
    return folder, lock


def remove_stale(parent: Path) -> None:
    """Remove drafts of exports that were killed; those that still run stay."""
    for folder in parent.glob(f".*{STALE}"):
        with suppress(OSError):  # a link, no folder, or somebody who still works
            lock = os.open(folder, _FOLDER)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(lock).st_uid == os.geteuid():
                    _take_back(folder, parent)
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
    for folder in parent.glob(f"{_NEW}*"):
        # Of one that was killed before it had its name; a full one is not ours.
        with suppress(OSError):
            if time.time() - folder.lstat().st_mtime > _SOON:
                folder.rmdir()


def _take_back(folder: Path, parent: Path) -> None:
    """Remove what was placed if its draft was killed before it placed everything.

    A file is placed by a link, and a link is the same file: others are left alone.
    """
    if (folder / PLACING).exists():
        _take_back_moved(folder, parent)
        return
    files = [p for p in folder.iterdir() if p.is_file()]
    placed = [p for p in files if _is_same(p, parent / p.name)]
    if len(placed) < len(files):
        for path in placed:
            (parent / path.name).unlink()


def _take_back_moved(folder: Path, parent: Path) -> None:
    """Remove what was moved if the manifest was not; what is moved keeps its number."""
    if not (folder / MANIFEST).exists():
        return
    try:
        numbers = orjson.loads((folder / PLACING).read_bytes())
    except orjson.JSONDecodeError:
        return  # killed while it wrote this: nothing was moved yet
    for name, number in numbers.items():
        place = parent / Path(name).name
        if place.is_symlink() or not place.exists() or place.stat().st_ino != number:
            continue
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()


def is_left(path: Path) -> bool:
    """Tell whether a killed export, whose dataset is whole, has left a file there."""
    return path.name == PLACING and path.parent.name.endswith(STALE)


def _is_same(one: Path, other: Path) -> bool:
    return not other.is_symlink() and other.exists() and one.samefile(other)


def _told(error: OSError, what: str, place: Path) -> Exception:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return NoSpaceError(
            f"the disk under {place} is full; nothing of the export was left behind",
            hint="free some space, or name a place on another disk",
        )
    if (
        error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}
        and error.filename2
    ):
        return ConflictError(f"{error.filename2} appeared while it was being written")
    return InvalidInputError(f"{what}: {error.strerror}")


def write_text(path: Path, text: str) -> str:
    """Write a text file; give its SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()


def write_manifest(folder: Path, manifest: dict[str, Any], run: dict[str, Any]) -> None:
    """Write the manifest; clock and host stand under ``run``, outside its digest."""
    whole = {**manifest, "digest": digest_of(manifest), "run": run}
    data = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
    write_text(folder / MANIFEST, data.decode() + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a dataset directory.

    Raises:
        InvalidInputError: If there is none, or it is not ours.
    """
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        hint = "name a directory that was exported"
        if folder.is_dir() and any(folder.glob(f".*{STALE}")):
            hint = "an export into it was killed; export there again"
        raise InvalidInputError(f"{folder} holds no {MANIFEST}", hint=hint)
    try:
        found = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise InvalidInputError(
            f"{path}:{error.lineno}: no JSON: {error.msg}"
        ) from None
    if not isinstance(found, dict) or found.get("format") != "adjudge-dataset/1":
        raise InvalidInputError(f"{path}: not a manifest of adjudge")
    return found


def digest_of(manifest: dict[str, Any]) -> str:
    """Hash what a version says: options, counts and rows, not how they are written."""
    core = {k: v for k, v in manifest.items() if k not in OUTSIDE}
    return hashlib.sha256(canonical(core)).hexdigest()
