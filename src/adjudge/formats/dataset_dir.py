"""A dataset directory or file: written beside its place, moved there when whole."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.record import canonical
from adjudge.errors import ConflictError, InvalidInputError, NoSpaceError

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = "manifest.json"
# Beside the identity of the rows: how and where they were written.
OUTSIDE = frozenset({"digest", "run", "files", "written_as", "date_like"})


@contextmanager
def fresh(out: Path) -> Iterator[Path]:
    """Give a private folder that becomes ``out`` when everything went well.

    Raises:
        ConflictError: If ``out`` exists and is not an empty directory.
        InvalidInputError: If its parent cannot be written.
        NoSpaceError: If the disk is full; nothing stays.
        KeyboardInterrupt: With words, if somebody interrupts; nothing stays.
    """
    if out.is_symlink():
        raise ConflictError(f"{out} is a symbolic link", hint="name a real directory")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConflictError(
            f"{out} exists and is not empty",
            hint="a dataset is never overwritten; name a new directory",
        )
    with _draft(out) as draft:
        yield draft
        draft.chmod(0o755)
        if out.exists():
            out.rmdir()
        draft.rename(out)


@contextmanager
def fresh_files(out: Path, *beside: str) -> Iterator[Path]:
    """Give a private folder whose file ``out.name`` becomes ``out`` in the end.

    Args:
        out: The file; it must not exist.
        beside: Names of files that come to stand beside it.

    Raises:
        ConflictError: If one of the files exists.
        InvalidInputError: If its folder cannot be written.
        NoSpaceError: If the disk is full; nothing stays.
    """
    targets = [out, *(out.parent / name for name in beside)]
    for target in targets:
        if target.is_symlink() or target.exists():
            raise ConflictError(
                f"{target} exists", hint="nothing is overwritten; name a new file"
            )
    with _draft(out) as draft:
        yield draft
        placed: list[Path] = []
        try:
            # A link never replaces: whoever was faster keeps the name.
            for target in reversed(targets):
                os.link(draft / target.name, target)
                placed.append(target)
        except BaseException:
            for target in placed:
                target.unlink(missing_ok=True)
            raise
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _draft(out: Path) -> Iterator[Path]:
    parent = out.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{out.name[:100]}.", dir=parent))
    except OSError as error:
        raise _told(error, f"{parent} cannot be written", parent) from error
    try:
        yield draft
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, KeyboardInterrupt):
            words = f"interrupted; nothing of {out} was left behind"
            raise KeyboardInterrupt(words) from None
        if isinstance(error, OSError):
            raise _told(error, f"{out} cannot be written", parent) from error
        raise


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
        raise InvalidInputError(
            f"{folder} holds no {MANIFEST}", hint="name a directory that was exported"
        )
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
